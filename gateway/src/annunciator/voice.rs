//! Which sample comes next: bursts in their rhythm, and what happens to it when something else must sound.
//! Pure.

use rules::Priority;

use super::tone::{Cycle, SAMPLE_RATE, Volume};

/// The least silence between two bursts, whatever they announce: the shortest inter-burst interval of the
/// standard.
const INTERVAL_LEAST: u32 = SAMPLE_RATE * 5 / 2;

/// The silence before a lower priority goes on where a higher one was cut, so that the two are not heard as
/// one burst.
const STEP_DOWN: u32 = SAMPLE_RATE;

/// What must sound: a priority, and a number that tells one alert from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Which burst.
    pub(super) priority: Priority,
    /// Which alert.
    pub(super) number: u64,
}

/// The voice of one device.
#[derive(Debug)]
pub(super) struct Voice {
    cycles: [Cycle; 3],
    wanted: Option<Call>,
    /// Whether a burst has begun for what is wanted.
    announced: bool,
    /// The place in the cycle.
    at: u32,
    /// How loud the next burst is, and how loud this one.
    volume: Volume,
    factor: f32,
}

impl Default for Voice {
    /// Silence.
    fn default() -> Self {
        let cycles = [Priority::Low, Priority::Medium, Priority::High].map(Cycle::of);
        let (volume, factor) = (Volume::FULL, Volume::FULL.factor());
        Self { cycles, wanted: None, announced: false, at: 0, volume, factor }
    }
}

impl Voice {
    /// Takes what must sound from here on, and how loud. A burst that sounds keeps its volume to its end: its
    /// pulses are alike.
    ///
    /// Silence and a higher priority cut what sounds. A lower one follows after a second. Another alert of
    /// the same priority leaves a burst alone and gets the next one as soon as the rhythm allows.
    pub(super) fn want(&mut self, wanted: Option<Call>, volume: Volume) {
        self.volume = volume;
        let before = std::mem::replace(&mut self.wanted, wanted);
        let Some(after) = wanted.filter(|_| before != wanted) else { return };
        self.announced = false;
        self.at = match before {
            Some(before) if before.priority == after.priority => self.at,
            Some(before) if before.priority > after.priority => self.earliest(after.priority) - STEP_DOWN,
            _ => 0,
        };
    }

    /// The next sample, and the call whose burst begins with it.
    pub(super) fn sound(&mut self) -> (f32, Option<Call>) {
        let Some(call) = self.wanted else { return (0.0, None) };
        if !self.announced && self.at >= self.earliest(call.priority) {
            self.at = 0;
        }
        if self.at == 0 {
            self.factor = self.volume.factor();
        }
        let cycle = self.cycle(call.priority);
        let (sample, length) = (cycle.sample(self.at) * self.factor, cycle.length());
        let begun = (self.at == 0).then_some(call);
        self.announced |= begun.is_some();
        self.at = (self.at + 1) % length;
        (sample, begun)
    }

    /// The place in the cycle after which another burst may come.
    const fn earliest(&self, priority: Priority) -> u32 {
        self.cycle(priority).burst_length() + INTERVAL_LEAST
    }

    const fn cycle(&self, priority: Priority) -> &Cycle {
        let [low, medium, high] = &self.cycles;
        match priority {
            Priority::Low => low,
            Priority::Medium => medium,
            Priority::High => high,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: usize = SAMPLE_RATE as usize;

    fn call(priority: Priority, number: u64) -> Call {
        Call { priority, number }
    }

    fn voice() -> Voice {
        Voice::default()
    }

    fn want(voice: &mut Voice, wanted: Option<Call>) {
        voice.want(wanted, Volume::FULL);
    }

    /// Sounds for so many samples; where bursts began, and which.
    fn begun(voice: &mut Voice, samples: usize) -> Vec<(usize, Call)> {
        (0..samples).filter_map(|at| voice.sound().1.map(|call| (at, call))).collect()
    }

    fn loud(voice: &mut Voice, samples: usize) -> bool {
        (0..samples).any(|_| voice.sound().0.abs() > 0.01)
    }

    #[test]
    fn nothing_wanted_is_silence() {
        assert!(!loud(&mut voice(), SECOND));
    }

    #[test]
    fn a_burst_begins_at_once_and_repeats_while_it_is_wanted() {
        let mut voice = voice();
        want(&mut voice, Some(call(Priority::High, 1)));
        let starts = begun(&mut voice, 20 * SECOND);
        assert_eq!(starts.len(), 3, "{starts:?}");
        assert_eq!(starts[0].0, 0);
        want(&mut voice, None);
        assert!(!loud(&mut voice, SECOND), "silence comes at once");
    }

    #[test]
    fn a_higher_priority_cuts_a_lower_one() {
        let mut voice = voice();
        want(&mut voice, Some(call(Priority::Medium, 1)));
        begun(&mut voice, SECOND / 4);
        want(&mut voice, Some(call(Priority::High, 2)));
        assert_eq!(begun(&mut voice, 1), [(0, call(Priority::High, 2))]);
    }

    #[test]
    fn a_lower_priority_follows_after_a_second() {
        let mut voice = voice();
        want(&mut voice, Some(call(Priority::High, 1)));
        begun(&mut voice, SECOND / 4);
        want(&mut voice, Some(call(Priority::Low, 2)));
        let starts = begun(&mut voice, 2 * SECOND);
        assert_eq!(starts, [(SECOND, call(Priority::Low, 2))]);
    }

    #[test]
    fn another_alert_of_the_same_priority_waits_no_longer_than_the_rhythm_needs() {
        let burst = Cycle::of(Priority::Medium).burst_length() as usize;
        for (heard, waits) in [
            (SECOND / 4, burst + SECOND * 9 / 4),
            (burst, SECOND * 5 / 2),
            (burst + SECOND, SECOND * 3 / 2),
            (burst + 4 * SECOND, 0),
        ] {
            let mut voice = voice();
            want(&mut voice, Some(call(Priority::Medium, 1)));
            begun(&mut voice, heard);
            want(&mut voice, Some(call(Priority::Medium, 2)));
            let starts = begun(&mut voice, 6 * SECOND);
            assert_eq!(starts.len(), 1, "{starts:?}");
            assert_eq!(starts[0].0, waits, "after {heard} samples");
        }
    }

    #[test]
    fn the_same_call_again_changes_nothing() {
        let mut voice = voice();
        want(&mut voice, Some(call(Priority::High, 1)));
        begun(&mut voice, SECOND);
        want(&mut voice, Some(call(Priority::High, 1)));
        assert!(begun(&mut voice, SECOND).is_empty());
    }

    #[test]
    fn a_burst_keeps_its_volume_to_its_end_and_the_next_has_the_new_one() {
        let mut voice = voice();
        let mut peak = |percent, samples| {
            voice.want(Some(call(Priority::High, 1)), Volume::percent(percent));
            (0..samples).map(|_| voice.sound().0.abs()).fold(0.0, f32::max)
        };
        let cycle = Cycle::of(Priority::High);
        let full = peak(100, SECOND / 4);
        let rest = peak(50, cycle.length() as usize - SECOND / 4);
        assert!((full - rest).abs() < 0.01, "{full} and {rest}: the pulses of one burst are alike");
        let next = peak(50, SECOND / 4);
        assert!((next - full / 2.0).abs() < 0.01, "{next}");
        assert!(peak(0, cycle.length() as usize) > 0.2, "never below the floor");
    }
}
