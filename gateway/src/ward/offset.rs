//! A device's own clock against ours: how late a frame is, measured, not believed.
//!
//! The smallest difference between arrival and device time that was ever seen is the clock's offset; what a
//! frame has beyond it, it spent on the way. A clock that was set back would make every later frame look
//! late, so a lateness that stays the same while time goes on is taken for what it is: a new offset.

use rules::Span;
use serde::{Deserialize, Serialize};

use crate::clock::Wall;

/// Two latenesses this close are the same: no queue drains that evenly.
const SAME_MS: i64 = 500;

/// For how long a lateness must stay the same to be a clock that was set.
const SETTLED_MS: i64 = 3_000;

/// The measured offset of one device's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Offset {
    least_ms: Option<i64>,
    steady: Option<(Wall, i64)>,
    /// The device's time when it last moved on, and when that arrived.
    moved: Option<(Wall, Wall)>,
}

impl Offset {
    /// How late a frame is that was sent at `sent` by the device's clock and arrived at `arrived` by ours.
    pub(super) fn lateness(&mut self, sent: Wall, arrived: Wall) -> Span {
        if self.stands_still(sent, arrived) {
            return Span::ZERO;
        }
        let difference = arrived.0.saturating_sub(sent.0);
        let least = self.least_ms.map_or(difference, |least| least.min(difference));
        self.least_ms = Some(least);
        let late_ms = difference - least;
        match self.steady {
            Some((since, steady)) if (late_ms - steady).abs() <= SAME_MS => {
                if arrived.0.saturating_sub(since.0) >= SETTLED_MS {
                    self.least_ms = Some(difference);
                    self.steady = None;
                    return Span::ZERO;
                }
            }
            _ => self.steady = Some((arrived, late_ms)),
        }
        Span(u32::try_from(late_ms).unwrap_or(u32::MAX))
    }

    /// Whether the device's clock has not moved on for some seconds: it is no clock, and such a device is
    /// never late.
    fn stands_still(&mut self, sent: Wall, arrived: Wall) -> bool {
        match self.moved {
            Some((last, since)) if last == sent => arrived.0.saturating_sub(since.0) >= SETTLED_MS,
            _ => {
                self.moved = Some((sent, arrived));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;

    #[test]
    fn a_clock_that_is_years_wrong_is_never_late() {
        let mut offset = Offset::default();
        for second in 0..10 {
            let sent = Wall(second * SECOND);
            assert_eq!(offset.lateness(sent, Wall(sent.0 + 400_000_000_000)), Span::ZERO);
        }
    }

    #[test]
    fn a_queue_that_drains_is_late_by_what_it_waited() {
        let mut offset = Offset::default();
        assert_eq!(offset.lateness(Wall(0), Wall(0)), Span::ZERO);
        let outage_end = 600 * SECOND;
        for queued in 1..600 {
            let sent = Wall(queued * SECOND);
            let arrived = Wall(outage_end + queued * 10);
            assert_eq!(i64::from(offset.lateness(sent, arrived).0), arrived.0 - sent.0, "frame {queued}");
        }
        assert_eq!(offset.lateness(Wall(700 * SECOND), Wall(700 * SECOND)), Span::ZERO);
    }

    #[test]
    fn a_clock_set_back_is_believed_after_a_few_seconds() {
        let mut offset = Offset::default();
        assert_eq!(offset.lateness(Wall(0), Wall(0)), Span::ZERO);
        let hour = 3_600 * SECOND;
        let late: Vec<u32> = (1..8)
            .map(|second| {
                offset.lateness(Wall(second * SECOND - hour), Wall(second * SECOND)).whole_seconds()
            })
            .collect();
        assert_eq!(late, [3_600, 3_600, 3_600, 0, 0, 0, 0]);
    }

    #[test]
    fn a_clock_that_stands_still_is_no_clock() {
        let mut offset = Offset::default();
        let late: Vec<u32> =
            (0..400).map(|second| offset.lateness(Wall(0), Wall(second * SECOND)).whole_seconds()).collect();
        assert_eq!((late[..3].to_vec(), late[3..].iter().max()), (vec![0, 1, 2], Some(&0)));
    }
}
