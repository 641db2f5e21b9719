//! Time as a value: moments on the ward's own line of time, and spans between them.
//!
//! Nothing here reads a clock. A [`Moment`] never goes backwards in the life of a ward, whatever the wall
//! clock does: the gateway keeps it so (`gateway::clock`), and turns it into wall time where a person reads
//! it.

use core::num::NonZeroU64;
use core::ops::{Add, Sub};

/// A point on the ward's line of time, in milliseconds. It looks like Unix time but only differences mean
/// anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Moment(pub u64);

/// A length of time in milliseconds; at most some 49 days, which is longer than any rule looks back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Span(pub u32);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole seconds.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn hours(hours: u32) -> Self {
        Self::minutes(hours.saturating_mul(60))
    }

    /// The span in whole seconds, rounded down.
    #[must_use]
    pub const fn whole_seconds(self) -> u32 {
        self.0 / 1_000
    }
}

impl Moment {
    /// How long ago `earlier` was; nothing when it lies ahead, the longest span when it is further back than
    /// a span holds.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        Span(u32::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(u32::MAX))
    }
}

/// Since when something is so, if it is. A bed keeps dozens of these, so each has eight bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Since(Option<NonZeroU64>);

impl Since {
    /// For longer than anybody remembers.
    pub(crate) const EVER: Self = Self(Some(NonZeroU64::MIN));

    /// Since when, by the moment after: none is zero.
    pub(crate) fn at(self) -> Option<Moment> {
        self.0.map(|after| Moment(after.get() - 1))
    }

    /// It is so now, and was perhaps before.
    pub(crate) fn or_now(self, now: Moment) -> Self {
        Self(self.0.or(NonZeroU64::MIN.checked_add(now.0)))
    }

    /// Whether it has been so for as long as that.
    pub(crate) fn is_for(self, span: Span, now: Moment) -> bool {
        self.at().is_some_and(|since| now.since(since) >= span)
    }
}

impl Add<Span> for Moment {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(u64::from(span.0)))
    }
}

impl Sub<Span> for Moment {
    type Output = Self;

    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(u64::from(span.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_ahead_is_not_ago() {
        assert_eq!(Moment(5).since(Moment(9)), Span::ZERO);
        assert_eq!(Moment(9).since(Moment(5)), Span(4));
        assert_eq!(Moment(u64::MAX).since(Moment(0)), Span(u32::MAX));
    }

    #[test]
    fn sums_stop_at_the_ends_of_time() {
        assert_eq!(Moment(u64::MAX) + Span(1), Moment(u64::MAX));
        assert_eq!(Moment(0) - Span(1), Moment(0));
    }
}
