//! What passes at one endpoint: how much, when the last time, how fast, and what is wrong now; and whether a
//! line that we keep stands. It counts and knows no endpoint.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Wall;

/// Buckets of the histogram: four to each doubling, from a microsecond to some twenty minutes.
const BUCKETS: usize = 4 * 31;

/// At so many messages all counts of the histogram are halved: what is old weighs less and less.
const WEIGHED_MOST: u32 = 65_536;

/// The rate is that of the last minute, in slots of ten seconds.
const SLOTS: usize = 6;
const SLOT_MS: i64 = 10_000;

/// How the line to somebody whom we call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Connected.
    Up,
    /// Not connected, and why.
    Down(String),
}

impl Line {
    /// The line before the first call.
    #[must_use]
    pub fn not_yet() -> Self {
        Self::Down("it has not answered yet".to_owned())
    }

    /// Whether it is up.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }
}

/// What passed at one endpoint since the start.
#[derive(Debug)]
pub struct Traffic(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    passed: u64,
    failed: u64,
    last: Option<Wall>,
    why: Option<String>,
    buckets: [u32; BUCKETS],
    weighed: u32,
    slots: [(i64, u64); SLOTS],
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Taken: by us, or by the receiver.
    Taken,
    /// Refused, by us or by the receiver: the endpoint works.
    Refused,
    /// Not taken because something does not work, and what.
    Failed(String),
}

/// The figures of an endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Messages taken.
    pub passed: u64,
    /// Messages refused, and tries that failed.
    pub failed: u64,
    /// When the last message passed or was tried.
    pub last: Option<Wall>,
    /// What does not work now.
    pub why: Option<String>,
    /// Messages in the last minute.
    pub a_minute: u64,
    /// The time that half of the messages took at most; `None` before the first.
    pub p50: Option<Duration>,
    /// The time that 99 of 100 took at most.
    pub p99: Option<Duration>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self(Mutex::new(Counted {
            passed: 0,
            failed: 0,
            last: None,
            why: None,
            buckets: [0; BUCKETS],
            weighed: 0,
            slots: [(0, 0); SLOTS],
        }))
    }
}

impl Traffic {
    /// One message passed, at this time, and took so long from its arrival to its answer.
    pub fn count(&self, at: Wall, took: Duration, passed: Passed) {
        let mut counted = self.lock();
        counted.last = Some(at);
        counted.weigh(took);
        counted.slot(at);
        match passed {
            Passed::Taken => (counted.passed, counted.why) = (counted.passed + 1, None),
            Passed::Refused => (counted.failed, counted.why) = (counted.failed + 1, None),
            Passed::Failed(why) => (counted.failed, counted.why) = (counted.failed + 1, Some(why)),
        }
    }

    /// The figures at this time.
    #[must_use]
    pub fn figures(&self, at: Wall) -> Figures {
        let counted = self.lock();
        let now = at.0.div_euclid(SLOT_MS);
        let recent = |slot: &&(i64, u64)| (0..i64::try_from(SLOTS).unwrap_or(0)).contains(&(now - slot.0));
        Figures {
            passed: counted.passed,
            failed: counted.failed,
            last: counted.last,
            why: counted.why.clone(),
            a_minute: counted.slots.iter().filter(recent).map(|slot| slot.1).sum(),
            p50: counted.percentile(50),
            p99: counted.percentile(99),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn weigh(&mut self, took: Duration) {
        if self.weighed >= WEIGHED_MOST {
            self.buckets.iter_mut().for_each(|bucket| *bucket /= 2);
            self.weighed = self.buckets.iter().sum();
        }
        if let Some(bucket) = self.buckets.get_mut(bucket_of(took)) {
            *bucket += 1;
            self.weighed += 1;
        }
    }

    fn slot(&mut self, at: Wall) {
        let number = at.0.div_euclid(SLOT_MS);
        let place = usize::try_from(number.rem_euclid(i64::try_from(SLOTS).unwrap_or(1))).unwrap_or(0);
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = if slot.0 == number { (number, slot.1 + 1) } else { (number, 1) };
        }
    }

    /// The upper end of the bucket in which this percentile lies.
    fn percentile(&self, percent: u32) -> Option<Duration> {
        let wanted = (self.weighed * percent).div_ceil(100);
        let mut seen = 0;
        let found = self.buckets.iter().position(|bucket| {
            seen += bucket;
            seen >= wanted && seen > 0
        });
        found.map(upper_end)
    }
}

/// The bucket of a time: which doubling of a microsecond, and which quarter of it.
fn bucket_of(took: Duration) -> usize {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
    let doubling = micros.ilog2();
    let quarter = if doubling < 2 { 0 } else { (micros >> (doubling - 2)) & 3 };
    (doubling as usize * 4 + usize::try_from(quarter).unwrap_or(0)).min(BUCKETS - 1)
}

fn upper_end(bucket: usize) -> Duration {
    let (doubling, quarter) = (bucket / 4, u64::try_from(bucket % 4).unwrap_or(0));
    Duration::from_micros(((quarter + 5) << doubling) / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_time_is_told_within_a_quarter(micros in 4..1_000_000_000_u64) {
            let told = upper_end(bucket_of(Duration::from_micros(micros))).as_micros();
            prop_assert!(told >= u128::from(micros));
            prop_assert!(told * 4 <= u128::from(micros) * 5 + 4);
        }
    }

    #[test]
    fn the_slow_hundredth_is_not_the_middle() {
        let traffic = Traffic::default();
        for n in 0..1_000_u64 {
            let took = if n < 980 { Duration::from_millis(2) } else { Duration::from_millis(500) };
            traffic.count(Wall(0), took, Passed::Taken);
        }
        let figures = traffic.figures(Wall(0));
        assert!(figures.p50.unwrap() < Duration::from_millis(3), "{figures:?}");
        assert!(figures.p99.unwrap() >= Duration::from_millis(500), "{figures:?}");
        assert_eq!((figures.passed, figures.failed), (1_000, 0));
    }

    #[test]
    fn the_rate_is_that_of_the_last_minute() {
        let traffic = Traffic::default();
        for second in 0..120 {
            traffic.count(Wall(second * 1_000), Duration::ZERO, Passed::Taken);
        }
        assert_eq!(traffic.figures(Wall(119_000)).a_minute, 60);
        assert_eq!(traffic.figures(Wall(150_000)).a_minute, 20, "by whole slots");
        assert_eq!(traffic.figures(Wall(600_000)).a_minute, 0);
    }

    #[test]
    fn what_is_wrong_stays_until_something_passes() {
        let traffic = Traffic::default();
        assert_eq!(traffic.figures(Wall(0)), Figures::default());
        traffic.count(Wall(1), Duration::ZERO, Passed::Failed("not reached".to_owned()));
        assert_eq!(traffic.figures(Wall(1)).why.as_deref(), Some("not reached"));
        traffic.count(Wall(2), Duration::ZERO, Passed::Refused);
        assert_eq!((traffic.figures(Wall(2)).why, traffic.figures(Wall(2)).failed), (None, 2));
    }

    #[test]
    fn what_is_old_weighs_less() {
        let traffic = Traffic::default();
        for _ in 0..WEIGHED_MOST {
            traffic.count(Wall(0), Duration::from_secs(1), Passed::Taken);
        }
        for _ in 0..2 * WEIGHED_MOST {
            traffic.count(Wall(0), Duration::from_millis(1), Passed::Taken);
        }
        assert!(traffic.figures(Wall(0)).p50.unwrap() < Duration::from_millis(2));
    }
}
