//! The story's own time: how long ago it began, on the ward's clock and at the ward's speed, and what the
//! calendar on the wall of a simulated ward says. It reads no time itself; it asks the clock.

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::clock::{Clock, Wall};

/// Time since the story began. Clones count from the same start.
#[derive(Clone, Debug)]
pub(super) struct Stopwatch {
    clock: Clock,
    zone: TimeZone,
    started_ms: u64,
}

impl Stopwatch {
    /// A stopwatch that begins now, in a ward of `zone`.
    pub(super) fn start(clock: Clock, zone: TimeZone) -> Self {
        let started_ms = clock.now().0;
        Self { clock, zone, started_ms }
    }

    /// How long the story has lasted, in milliseconds of ward time.
    pub(super) fn elapsed_ms(&self) -> u64 {
        self.clock.now().0.saturating_sub(self.started_ms)
    }

    /// Waits until the story is this old; returns at once when it is.
    pub(super) async fn until_ms(&self, age_ms: u64) {
        let mut due = self.clock.now();
        due.0 = self.started_ms.saturating_add(age_ms);
        self.clock.sleep_until(due).await;
    }

    /// The wall time now, with its zone.
    pub(super) fn wall(&self) -> Zoned {
        self.wall_ago(0)
    }

    /// The wall time `seconds` ago, with its zone.
    pub(super) fn wall_ago(&self, seconds: i64) -> Zoned {
        let now = self.clock.wall();
        Wall(now.0.saturating_sub(seconds.saturating_mul(1_000))).timestamp().to_zoned(self.zone.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn the_story_ages_at_the_speed_of_the_ward() {
        let clock = Clock::at_speed(Clock::starting_after(<_>::default()).now(), 10);
        let watch = Stopwatch::start(clock, TimeZone::UTC);
        let before = tokio::time::Instant::now();
        watch.until_ms(30_000).await;
        let real = before.elapsed();
        assert!(real >= Duration::from_secs(3) && real < Duration::from_secs(4), "{real:?}");
        assert!(watch.elapsed_ms() >= 30_000);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_past_is_not_waited_for() {
        let watch = Stopwatch::start(Clock::starting_after(<_>::default()), TimeZone::UTC);
        tokio::time::advance(Duration::from_secs(5)).await;
        let before = tokio::time::Instant::now();
        watch.until_ms(4_000).await;
        assert_eq!(before.elapsed(), Duration::ZERO);
        assert_eq!(watch.wall().timestamp().as_second() - watch.wall_ago(60).timestamp().as_second(), 60);
    }
}
