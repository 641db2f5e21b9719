//! What a person set for one patient and for a time: a day at most, then it ends.
//!
//! It knows no limit; what ends, and with which notice, is the business of whoever keeps it.

use crate::limit::OWN_LIMITS_LONGEST;
use crate::time::Moment;

/// At most `N` things, each until its own moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct ForATime<T, const N: usize> {
    list: heapless::Vec<(Moment, T), N>,
}

impl<T, const N: usize> Default for ForATime<T, N> {
    fn default() -> Self {
        Self { list: heapless::Vec::new() }
    }
}

impl<T: Copy, const N: usize> ForATime<T, N> {
    /// The one that is so, and until when it holds.
    pub(super) fn find(&self, is: impl Fn(&T) -> bool) -> Option<(Moment, T)> {
        self.list.iter().copied().find(|(_, held)| is(held))
    }

    /// When the first of them end.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.list.iter().map(|(until, _)| *until).min()
    }

    /// Takes one in, in place of those that it `replaces`; no longer than it may hold. A time that is past
    /// only ends those. Where there is no room it is not taken: whoever sets one too many is refused before.
    pub(super) fn take(&mut self, new: T, until: Moment, replaces: impl Fn(&T) -> bool, now: Moment) {
        self.list.retain(|(_, held)| !replaces(held));
        if until > now {
            let _ = self.list.push((until.min(now + OWN_LIMITS_LONGEST), new));
        }
    }

    /// Takes out all that are so.
    pub(super) fn take_out(&mut self, are: impl Fn(&T) -> bool) -> Self {
        let mut taken = Self::default();
        self.list.retain(|held| !are(&held.1) || taken.list.push(*held).is_err());
        taken
    }

    /// Takes in what was taken out elsewhere, as far as there is room.
    pub(super) fn put_in(&mut self, taken: Self) {
        for held in taken.list {
            let _ = self.list.push(held);
        }
    }

    /// Each that is held.
    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut T> {
        self.list.iter_mut().map(|(_, held)| held)
    }

    /// Whether nothing is held.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Takes out one whose time is over.
    pub(super) fn ended(&mut self, now: Moment) -> Option<(Moment, T)> {
        let at = self.list.iter().position(|(until, _)| *until <= now)?;
        Some(self.list.remove(at))
    }
}
