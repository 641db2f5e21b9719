//! Alarm bursts as figures, and the samples that they make. Pure: it knows no device, no clock and no alert.
//!
//! The figures follow IEC 60601-1-8:2006 + A1:2012 + A2:2020, tables 3 and 4, as public sources quote them;
//! whoever answers for the product confirms them against the bought edition. Pulse duration and spacing are
//! measured between the points where the envelope passes 90 %: the synthesis starts from those points and
//! puts the ramps around them.

use std::f64::consts::TAU;

use rules::{Priority, Span};

use crate::config::loudness::{FLOOR_PERCENT, FULL_PERCENT};

/// Samples in a second, one channel.
pub const SAMPLE_RATE: u32 = 48_000;

const SAMPLES_PER_MS: u32 = SAMPLE_RATE / 1_000;

/// One period of the fundamental: 120 samples are 400 Hz, of 150 to 1000 Hz allowed. It divides the sample
/// rate, so that one table holds the whole timbre and nothing drifts.
const PERIOD_SAMPLES: u32 = 120;

/// The partials, as multiple of the fundamental and amplitude. The standard wants at least four harmonics
/// between 300 and 4000 Hz within 15 dB of the fundamental; these are 400, 1200, 2000, 2800 and 3600 Hz, the
/// weakest at -8 dB.
const PARTIALS: [(u32, f64); 5] = [(1, 1.0), (3, 0.85), (5, 0.6), (7, 0.5), (9, 0.4)];

/// The rise from 10 to 90 %, and the fall, in hundredths of the pulse duration: 10 to 20 allowed.
const RISE_PERCENT: u32 = 15;

/// What lies between two pulses of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The pulse spacing, x or y.
    Spacing,
    /// Between the groups of three and two: twice the spacing and a pulse.
    Group,
    /// Between the two halves of a high burst.
    Half,
}

/// A burst as figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// Pulse duration td, between the 90 % points.
    pub pulse_ms: u32,
    /// Pulse spacing ts, from the 90 % point of a fall to that of the next rise.
    pub spacing_ms: u32,
    /// What lies between the pulses; one fewer than there are pulses.
    pub gaps: &'static [Gap],
    /// Silence from the end of a burst to the start of the next.
    pub interval_ms: u32,
    /// Peak amplitude at full volume. The standard wants high no quieter than medium, and medium than low.
    pub level: f64,
}

/// Pause between the halves of a high burst: 350 to 1300 ms allowed.
const HALF_GAP_MS: u32 = 700;

/// Ten pulses, 3+2 and 3+2. Allowed: td 75 to 200 ms, x 50 to 125 ms, interval 2.5 to 15 s.
const HIGH: Burst = Burst {
    pulse_ms: 150,
    spacing_ms: 95,
    gaps: &[
        Gap::Spacing,
        Gap::Spacing,
        Gap::Group,
        Gap::Spacing,
        Gap::Half,
        Gap::Spacing,
        Gap::Spacing,
        Gap::Group,
        Gap::Spacing,
    ],
    interval_ms: 5_000,
    level: 0.9,
};

/// Three pulses. Allowed: td and y 125 to 250 ms, interval 2.5 to 30 s.
const MEDIUM: Burst = Burst {
    pulse_ms: 200,
    spacing_ms: 190,
    gaps: &[Gap::Spacing, Gap::Spacing],
    interval_ms: 10_000,
    level: 0.72,
};

/// Two pulses. Allowed: one or two, td and y 125 to 250 ms, interval above 15 s.
const LOW: Burst =
    Burst { pulse_ms: 200, spacing_ms: 190, gaps: &[Gap::Spacing], interval_ms: 30_000, level: 0.58 };

/// The burst of a priority.
#[must_use]
pub const fn burst(priority: Priority) -> Burst {
    match priority {
        Priority::High => HIGH,
        Priority::Medium => MEDIUM,
        Priority::Low => LOW,
    }
}

impl Burst {
    const fn gap_ms(&self, gap: Gap) -> u32 {
        match gap {
            Gap::Spacing => self.spacing_ms,
            Gap::Group => 2 * self.spacing_ms + self.pulse_ms,
            Gap::Half => HALF_GAP_MS,
        }
    }

    /// From the start of a burst to its end; the outer ramps are left out.
    #[must_use]
    pub fn length(&self) -> Span {
        let gaps = self.gaps.iter().map(|&gap| self.gap_ms(gap) + self.pulse_ms);
        Span(self.pulse_ms + gaps.sum::<u32>())
    }

    /// From the start of a burst to the start of the next.
    #[must_use]
    pub fn period(&self) -> Span {
        Span(self.length().0 + self.interval_ms)
    }
}

/// How loud, in hundredths of the level of each priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume(u8);

impl Volume {
    /// As loud as the synthesis goes.
    pub const FULL: Self = Self(FULL_PERCENT);

    /// A volume in hundredths of full, never below the floor nor above full.
    #[must_use]
    pub fn percent(percent: u8) -> Self {
        Self(percent.clamp(FLOOR_PERCENT, FULL_PERCENT))
    }

    /// The same as a factor.
    #[must_use]
    pub fn factor(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

/// One priority's burst and the silence after it, ready to be read sample by sample.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// The 90 % points of the rises, in samples from the start of the cycle.
    onsets: Vec<u32>,
    pulse: u32,
    ramp: u32,
    burst: u32,
    length: u32,
    /// One period of the carrier at the wanted amplitude.
    carrier: Vec<f64>,
}

impl Cycle {
    /// The cycle of a priority, at full volume.
    #[must_use]
    pub fn of(priority: Priority) -> Self {
        let figures = burst(priority);
        let pulse = figures.pulse_ms * SAMPLES_PER_MS;
        // From 10 to 90 % is eight tenths of a straight ramp.
        let ramp = pulse * RISE_PERCENT / 80;
        let mut onsets = vec![before_onset(ramp)];
        let mut onset = before_onset(ramp);
        for &gap in figures.gaps {
            onset += pulse + figures.gap_ms(gap) * SAMPLES_PER_MS;
            onsets.push(onset);
        }
        let burst = onset + pulse + before_onset(ramp);
        let length = burst + figures.interval_ms * SAMPLES_PER_MS;
        Self { onsets, pulse, ramp, burst, length, carrier: carrier(figures.level) }
    }

    /// Length of burst and silence, in samples.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.length
    }

    /// Length of the burst, in samples.
    #[must_use]
    pub const fn burst_length(&self) -> u32 {
        self.burst
    }

    /// The sample at a place in the cycle.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an amplitude within 1 loses only digits nobody hears"
    )]
    pub fn sample(&self, at: u32) -> f32 {
        let lead = before_onset(self.ramp);
        let begun = self.onsets.partition_point(|onset| onset.saturating_sub(lead) <= at);
        let Some(onset) = begun.checked_sub(1).and_then(|last| self.onsets.get(last)) else {
            return 0.0;
        };
        let since = at - (onset - lead);
        let left = (self.pulse + 2 * lead).saturating_sub(since);
        let envelope = f64::from(since.min(left).min(self.ramp)) / f64::from(self.ramp);
        let place = usize::try_from(since % PERIOD_SAMPLES).unwrap_or(0);
        (envelope * self.carrier.get(place).copied().unwrap_or(0.0)) as f32
    }
}

/// The part of a ramp that lies before its 90 % point.
const fn before_onset(ramp: u32) -> u32 {
    ramp * 9 / 10
}

/// One period of the fundamental with its partials, scaled to a peak.
fn carrier(peak: f64) -> Vec<f64> {
    let raw: Vec<f64> = (0..PERIOD_SAMPLES)
        .map(|at| {
            let turn = TAU * f64::from(at) / f64::from(PERIOD_SAMPLES);
            PARTIALS.iter().map(|&(multiple, amplitude)| amplitude * (turn * f64::from(multiple)).sin()).sum()
        })
        .collect();
    let most = raw.iter().fold(f64::MIN_POSITIVE, |most: f64, value| most.max(value.abs()));
    raw.into_iter().map(|value| value * peak / most).collect()
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::super::measure::{self, Pulse};
    use super::*;

    /// A row of tables 3 and 4 of the standard, in ms.
    struct Row {
        priority: Priority,
        pulses: RangeInclusive<usize>,
        td: RangeInclusive<f64>,
        ts: RangeInclusive<f64>,
        interval: RangeInclusive<f64>,
    }

    const TABLE: [Row; 3] = [
        Row {
            priority: Priority::High,
            pulses: 10..=10,
            td: 75.0..=200.0,
            ts: 50.0..=125.0,
            interval: 2_500.0..=15_000.0,
        },
        Row {
            priority: Priority::Medium,
            pulses: 3..=3,
            td: 125.0..=250.0,
            ts: 125.0..=250.0,
            interval: 2_500.0..=30_000.0,
        },
        Row {
            priority: Priority::Low,
            pulses: 1..=2,
            td: 125.0..=250.0,
            ts: 125.0..=250.0,
            interval: 15_000.0..=f64::INFINITY,
        },
    ];

    fn two_cycles(priority: Priority) -> Vec<f32> {
        let cycle = Cycle::of(priority);
        let once: Vec<f32> = (0..cycle.length()).map(|at| cycle.sample(at)).collect();
        once.repeat(2)
    }

    fn measured(priority: Priority) -> Vec<Pulse> {
        measure::pulses(&two_cycles(priority), SAMPLE_RATE)
    }

    #[test]
    fn pulses_and_spacings_lie_in_the_table() {
        for row in &TABLE {
            let pulses = measured(row.priority);
            let (first, second) = pulses.split_at(pulses.len() / 2);
            assert!(row.pulses.contains(&first.len()), "{:?}: {} pulses", row.priority, first.len());
            assert_eq!(first.len(), second.len());
            for pulse in &pulses {
                assert!(row.td.contains(&pulse.duration_ms()), "{:?}: {pulse:?}", row.priority);
                let share = pulse.rise_ms / pulse.duration_ms();
                assert!((0.10..=0.20).contains(&share), "{:?}: rise is {share} of td", row.priority);
                assert!(pulse.fall_ms <= row.ts.start() - pulse.rise_ms);
            }
            let plain = burst(row.priority).gaps.iter().zip(measure::spacings_ms(first));
            for (gap, spacing) in plain.filter(|(gap, _)| **gap == Gap::Spacing) {
                assert!(row.ts.contains(&spacing), "{:?} {gap:?}: {spacing} ms", row.priority);
            }
            let interval = second[0].from_ms - first[first.len() - 1].to_ms;
            assert!(row.interval.contains(&interval), "{:?}: every {interval} ms", row.priority);
        }
    }

    #[test]
    fn the_high_burst_is_three_and_two_twice() {
        let pulses = measured(Priority::High);
        let gaps = measure::spacings_ms(&pulses[..10]);
        let x = gaps[0];
        let td = pulses[0].duration_ms();
        for at in [1, 3, 5, 6, 8] {
            assert!((gaps[at] - x).abs() <= 0.05 * x, "gap {at} is {} ms, x is {x} ms", gaps[at]);
        }
        for at in [2, 7] {
            assert!((gaps[at] - (2.0 * x + td)).abs() < 1.0, "group gap {} ms", gaps[at]);
        }
        assert!((350.0..=1_300.0).contains(&gaps[4]), "half gap {} ms", gaps[4]);
    }

    #[test]
    fn the_figures_are_those_between_the_90_percent_points() {
        for priority in [Priority::High, Priority::Medium, Priority::Low] {
            let pulses = measured(priority);
            let wanted = burst(priority);
            assert!((pulses[0].duration_ms() - f64::from(wanted.pulse_ms)).abs() < 0.5, "{pulses:?}");
            if let Some(spacing) = measure::spacings_ms(&pulses[..2]).first() {
                assert!((spacing - f64::from(wanted.spacing_ms)).abs() < 0.5, "{spacing}");
            }
        }
    }

    #[test]
    fn the_timbre_has_its_fundamental_and_four_harmonics() {
        for row in &TABLE {
            let samples = two_cycles(row.priority);
            let pulse = &measured(row.priority)[0];
            let steady = measure::steady(&samples, pulse, SAMPLE_RATE);
            let fundamental = measure::fundamental_hz(steady, SAMPLE_RATE);
            assert!((150.0..=1_000.0).contains(&fundamental), "{fundamental} Hz");
            let harmonics = measure::harmonics_db(steady, fundamental, SAMPLE_RATE);
            let near = harmonics.iter().filter(|(hz, db)| (300.0..=4_000.0).contains(hz) && db.abs() <= 15.0);
            assert!(near.count() >= 4, "{harmonics:?}");
        }
    }

    #[test]
    fn a_higher_priority_is_never_quieter_and_nothing_clips() {
        let peaks: Vec<f32> = [Priority::Low, Priority::Medium, Priority::High]
            .map(|priority| two_cycles(priority).iter().fold(0.0, |most: f32, sample| most.max(sample.abs())))
            .to_vec();
        assert!(peaks.is_sorted(), "{peaks:?}");
        assert!(peaks[2] <= 1.0);
    }

    #[test]
    fn the_volume_has_a_floor() {
        assert_eq!(Volume::percent(0), Volume::percent(FLOOR_PERCENT));
        assert_eq!(Volume::percent(255), Volume::FULL);
        assert!((Volume::percent(0).factor() - 0.25).abs() < 1e-6, "12 dB below full");
        assert!((Volume::percent(50).factor() - 0.5).abs() < 1e-6);
    }
}
