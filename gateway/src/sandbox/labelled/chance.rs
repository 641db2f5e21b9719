//! Numbers drawn one after the other from a seed: the same seed gives the same numbers, on any machine.

use crate::sandbox::physiology::mix;

/// A source of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// A source of its own for each `stream` of a seed.
    pub(super) const fn of(seed: u64, stream: u64) -> Self {
        Self(mix(seed ^ mix(stream)))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        let choices = u64::from(high.abs_diff(low)) + 1;
        low.saturating_add(i32::try_from(self.next() % choices).unwrap_or(0))
    }

    /// Seconds from `low` to `high`, both included.
    pub(super) fn seconds(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high.saturating_sub(low) + 1)
    }

    /// True in so many of a hundred cases.
    pub(super) fn in_percent(&mut self, percent: i32) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of several.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let at = usize::try_from(self.next() % (all.len().max(1) as u64)).unwrap_or(0);
        all.get(at).copied()
    }
}

/// The point after `part` of `all` steps on the straight line from one number to another.
pub(super) fn between(from: i32, to: i32, part: u64, all: u64) -> i32 {
    let (part, all) = (i64::try_from(part).unwrap_or(i64::MAX), i64::try_from(all).unwrap_or(i64::MAX));
    let moved = i64::from(to - from).saturating_mul(part) / all.max(1);
    from + i32::try_from(moved).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut chance = Chance::of(1, 2);
        let drawn: Vec<i32> = (0..1_000).map(|_| chance.between(-3, 4)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-3), Some(&4)));
        assert_eq!(Chance::of(1, 2).next(), Chance::of(1, 2).next());
        assert_ne!(Chance::of(1, 2).next(), Chance::of(1, 3).next());
    }
}
