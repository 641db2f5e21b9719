//! The bursts of the buzzer, by IEC 60601-1-8, as times: the standard's envelopes and harmonics are the
//! station's, a buzzer has its pulses, their grouping, and the pauses.

use rules::Priority;

/// One pulse and the silence after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// How long it sounds, in milliseconds.
    pub on_ms: u16,
    /// How long it is silent before the next, in milliseconds.
    pub off_ms: u16,
}

/// A burst: its pulses, again and again. The silence after the last one is that between two bursts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst(pub &'static [Pulse]);

const HIGH_ON_MS: u16 = 150;
const HIGH_OFF_MS: u16 = 95;
const MEDIUM_ON_MS: u16 = 200;
const MEDIUM_OFF_MS: u16 = 190;

const fn high(off_ms: u16) -> Pulse {
    Pulse { on_ms: HIGH_ON_MS, off_ms }
}

const fn medium(off_ms: u16) -> Pulse {
    Pulse { on_ms: MEDIUM_ON_MS, off_ms }
}

/// Five pulses, three and two, twice.
const HIGH: [Pulse; 10] = {
    const WITHIN: Pulse = high(HIGH_OFF_MS);
    const GROUP: Pulse = high(2 * HIGH_OFF_MS + HIGH_ON_MS);
    const HALF: Pulse = high(700);
    const LAST: Pulse = high(5_000);
    [WITHIN, WITHIN, GROUP, WITHIN, HALF, WITHIN, WITHIN, GROUP, WITHIN, LAST]
};

const MEDIUM: [Pulse; 3] = [medium(MEDIUM_OFF_MS), medium(MEDIUM_OFF_MS), medium(10_000)];

impl Burst {
    /// The burst of a priority; a low one is only shown.
    #[must_use]
    pub const fn of(priority: Priority) -> Option<Self> {
        match priority {
            Priority::High => Some(Self(&HIGH)),
            Priority::Medium => Some(Self(&MEDIUM)),
            Priority::Low => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(priority: Priority) -> &'static [Pulse] {
        Burst::of(priority).map_or(&[], |burst| burst.0)
    }

    #[test]
    fn the_high_burst_is_ten_pulses_in_the_standards_times() {
        let pulses = pulses(Priority::High);
        assert_eq!(pulses.len(), 10);
        assert!(pulses.iter().all(|pulse| (75..=200).contains(&pulse.on_ms)));
        let off: Vec<u16> = pulses.iter().map(|pulse| pulse.off_ms).collect();
        for within in [0, 1, 3, 5, 6, 8] {
            assert!((50..=125).contains(&off[within]), "after pulse {within}");
        }
        for group in [2, 7] {
            assert_eq!(off[group], 2 * off[0] + pulses[0].on_ms);
        }
        assert!((350..=1_300).contains(&off[4]), "between the halves");
        assert!((2_500..=15_000).contains(&off[9]), "between two bursts");
    }

    #[test]
    fn the_medium_burst_is_three_pulses_in_the_standards_times() {
        let pulses = pulses(Priority::Medium);
        assert_eq!(pulses.len(), 3);
        assert!(pulses.iter().all(|pulse| (125..=250).contains(&pulse.on_ms)));
        assert!(pulses[..2].iter().all(|pulse| (125..=250).contains(&pulse.off_ms)));
        assert!((2_500..=30_000).contains(&pulses[2].off_ms));
    }

    #[test]
    fn a_low_one_is_silent() {
        assert_eq!(Burst::of(Priority::Low), None);
    }
}
