//! The one reader of time.
//!
//! The ward lives on [`Moment`]s: they run on the monotonic clock, start where the ward's record ended, and
//! never go back. Wall time is only for people and other systems; a step of it is noticed, written down and
//! shown, and moves no timer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rules::{Moment, Span};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, Sleep};

/// Measures how long something takes, on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it is since then.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A point of wall time: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Wall(pub i64);

impl Wall {
    /// Before 2020 stand clocks that were never set: their times repeat at every start and identify nothing.
    pub const EARLIEST: Self = Self(1_577_836_800_000);

    /// Whether it is still to come, seen from `now`, as nothing is that has happened: a sender's clock may be
    /// a minute ahead, and a time that is further ahead would make every right one after it look old.
    #[must_use]
    pub const fn is_still_to_come(self, now: Self) -> bool {
        const AHEAD_MOST_MS: i64 = 60_000;
        self.0 > now.0.saturating_add(AHEAD_MOST_MS)
    }

    /// The same point for the calendar library; out-of-range values stop at its ends.
    #[must_use]
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Wall {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Self(timestamp.as_millisecond())
    }
}

/// A step of the wall clock against the monotonic one, as it was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockStep {
    /// By how much, in milliseconds; negative is back.
    pub by_ms: i64,
}

/// A wall clock that drifts less than this from the monotonic one between two looks was not stepped, only
/// disciplined.
const STEP_LEAST_MS: i64 = 1_000;

/// The clock of one running gateway. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    first: Moment,
    speed: u32,
    /// Wall time minus ward time, in milliseconds, as last looked at.
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that goes on from `last`, the last moment that the ward's record knows, or from the wall clock
    /// where that is later.
    #[must_use]
    pub fn starting_after(last: Moment) -> Self {
        Self::at_speed(last, 1)
    }

    /// A clock that runs `speed` times as fast, for demonstrations. Its wall time starts right and runs fast
    /// too.
    #[must_use]
    pub fn at_speed(last: Moment, speed: u32) -> Self {
        let wall = system_wall();
        let first = Moment(u64::try_from(wall.0).unwrap_or(0)).max(last);
        let offset = wall.0 - signed(first);
        Self {
            start: Instant::now(),
            first,
            speed: speed.max(1),
            offset_ms: Arc::new(AtomicI64::new(offset)),
        }
    }

    /// Now, on the ward's line of time.
    #[must_use]
    pub fn now(&self) -> Moment {
        let elapsed = self.start.elapsed().as_millis().saturating_mul(u128::from(self.speed));
        Moment(self.first.0.saturating_add(u64::try_from(elapsed).unwrap_or(u64::MAX)))
    }

    /// The wall time of a moment, by the offset as it is now.
    #[must_use]
    pub fn wall_of(&self, moment: Moment) -> Wall {
        Wall(signed(moment).saturating_add(self.offset_ms.load(Ordering::Relaxed)))
    }

    /// The wall time now.
    #[must_use]
    pub fn wall(&self) -> Wall {
        self.wall_of(self.now())
    }

    /// The moment of a wall time, by the offset as it is now.
    #[must_use]
    pub fn moment_of(&self, wall: Wall) -> Moment {
        Moment(u64::try_from(wall.0.saturating_sub(self.offset_ms.load(Ordering::Relaxed))).unwrap_or(0))
    }

    /// Looks whether the wall clock was stepped since the last look, and if so takes the new offset.
    ///
    /// A clock that runs fast for a demonstration has no wall clock to be compared with, and never finds a
    /// step.
    #[must_use]
    pub fn look_for_step(&self) -> Option<ClockStep> {
        if self.speed != 1 {
            return None;
        }
        let offset = system_wall().0 - signed(self.now());
        let by_ms = offset - self.offset_ms.load(Ordering::Relaxed);
        (by_ms.abs() >= STEP_LEAST_MS).then(|| {
            self.offset_ms.store(offset, Ordering::Relaxed);
            ClockStep { by_ms }
        })
    }

    /// Sleeps until `moment`; returns at once when it has passed.
    pub async fn sleep_until(&self, moment: Moment) {
        tokio::time::sleep(self.real(moment.since(self.now()))).await;
    }

    /// A bell that is not set.
    #[must_use]
    pub fn bell(&self) -> Bell {
        Bell { sleep: Box::pin(tokio::time::sleep(Duration::ZERO)), at: None, clock: self.clone() }
    }

    /// How long a span of the ward's time lasts for the machine.
    #[must_use]
    pub fn real(&self, span: Span) -> Duration {
        Duration::from_millis(u64::from(span.0)) / self.speed
    }
}

/// A bell for the next deadline of somebody who has many, one after the other. Each new sleep may wake the
/// thread that waits for the network, to tell it of an earlier end; a bell that is set later wakes nobody.
#[derive(Debug)]
pub struct Bell {
    sleep: Pin<Box<Sleep>>,
    at: Option<Moment>,
    clock: Clock,
}

impl Bell {
    /// Sets it to a moment, or to none.
    pub fn set(&mut self, at: Option<Moment>) {
        if let Some(moment) = at.filter(|_| at != self.at) {
            let left = self.clock.real(moment.since(self.clock.now()));
            self.sleep.as_mut().reset(Instant::now() + left);
        }
        self.at = at;
    }

    /// Rings when the moment has come, again and again until it is set anew; never while it is not set.
    pub async fn rings(&mut self) {
        match self.at {
            Some(_) => self.sleep.as_mut().await,
            None => std::future::pending().await,
        }
    }
}

fn signed(moment: Moment) -> i64 {
    i64::try_from(moment.0).unwrap_or(i64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
fn system_wall() -> Wall {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Wall(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn time_goes_on_from_the_record_and_never_back() {
        let far_ahead = Moment(u64::MAX / 4);
        let clock = Clock::starting_after(far_ahead);
        assert_eq!(clock.now(), far_ahead);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(clock.now(), far_ahead + Span::seconds(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fast_clock_runs_fast_and_sleeps_short() {
        let clock = Clock::at_speed(Moment(0), 10);
        let before = clock.now();
        clock.sleep_until(before + Span::seconds(30)).await;
        assert!(clock.now().since(before) >= Span::seconds(30));
        assert_eq!(clock.real(Span::seconds(30)), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_bell_rings_at_the_moment_that_it_was_set_to_last() {
        let clock = Clock::at_speed(Moment(0), 10);
        let (begun, mut bell) = (clock.now(), clock.bell());
        let rung = |bell: &mut Bell| bell.rings().now_or_never().is_some();
        assert!(!rung(&mut bell), "it was never set");
        for (to, passed, rings) in [(60, 30, false), (90, 30, false), (80, 30, true), (100, 0, false)] {
            bell.set(Some(begun + Span::seconds(to)));
            tokio::time::advance(Duration::from_secs(passed) / 10).await;
            assert_eq!(rung(&mut bell), rings, "set to {to} s");
        }
        bell.set(None);
        tokio::time::advance(Duration::from_mins(10)).await;
        assert!(!rung(&mut bell), "it was taken back");
    }

    #[tokio::test(start_paused = true)]
    async fn moments_and_wall_times_translate_both_ways() {
        let clock = Clock::starting_after(Moment(0));
        let moment = clock.now();
        assert_eq!(clock.moment_of(clock.wall_of(moment)), moment);
    }
}
