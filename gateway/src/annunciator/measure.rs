//! Measures alarm pulses in recorded samples, as the standard defines them: between the 90 % points of the
//! envelope.
//!
//! Tests only. It shares no figure with the synthesis, and knows of it nothing but the range of fundamentals.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::struct_field_names,
    reason = "a minute of samples fits every number here, and every field is in ms"
)]

/// The window of the envelope, in ms: one period of 400 Hz, and whole periods of its multiples.
const WINDOW_MS: f64 = 2.5;

/// A pulse begins where the envelope passes this share of the loudest.
const FLOOR: f64 = 0.05;

/// One pulse.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    /// The 90 % point of its rise.
    pub(super) from_ms: f64,
    /// The 90 % point of its fall.
    pub(super) to_ms: f64,
    /// From 10 to 90 %.
    pub(super) rise_ms: f64,
    /// From 90 to 10 %.
    pub(super) fall_ms: f64,
}

impl Pulse {
    /// td.
    pub(super) fn duration_ms(&self) -> f64 {
        self.to_ms - self.from_ms
    }
}

/// Every pulse in the samples, each measured against its own peak.
pub(super) fn pulses(samples: &[f32], rate: u32) -> Vec<Pulse> {
    let per_ms = f64::from(rate) / 1_000.0;
    let envelope = envelope(samples, (WINDOW_MS * per_ms).round() as usize);
    let loudest = envelope.iter().copied().fold(0.0, f64::max);
    let mut found = Vec::new();
    let mut from = None;
    for (at, &level) in envelope.iter().enumerate() {
        match (from, level > loudest * FLOOR) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                found.push(pulse(&envelope, start.saturating_sub(1)..at, per_ms));
                from = None;
            }
            _ => {}
        }
    }
    found
}

/// The silences between pulses: ts and the longer gaps.
pub(super) fn spacings_ms(pulses: &[Pulse]) -> Vec<f64> {
    pulses.windows(2).map(|pair| pair[1].from_ms - pair[0].to_ms).collect()
}

/// The inner part of a pulse, where its envelope is flat; 50 ms, so that frequencies 20 Hz apart are told
/// apart.
pub(super) fn steady<'a>(samples: &'a [f32], pulse: &Pulse, rate: u32) -> &'a [f32] {
    let per_ms = f64::from(rate) / 1_000.0;
    let from = ((f64::midpoint(pulse.from_ms, pulse.to_ms) - 25.0) * per_ms) as usize;
    &samples[from..from + (50.0 * per_ms) as usize]
}

/// The strongest frequency between 100 and 1100 Hz.
pub(super) fn fundamental_hz(samples: &[f32], rate: u32) -> f64 {
    let candidates = (100..=1_100).step_by(5).map(f64::from);
    candidates
        .max_by(|a, b| amplitude(samples, *a, rate).total_cmp(&amplitude(samples, *b, rate)))
        .unwrap_or_default()
}

/// The partials up to the twelfth, as frequency and level against the fundamental.
pub(super) fn harmonics_db(samples: &[f32], fundamental_hz: f64, rate: u32) -> Vec<(f64, f64)> {
    let whole = amplitude(samples, fundamental_hz, rate);
    (1..=12)
        .map(|multiple| fundamental_hz * f64::from(multiple))
        .map(|hz| (hz, 20.0 * (amplitude(samples, hz, rate) / whole).log10()))
        .collect()
}

/// The amplitude of one frequency, by Goertzel's recurrence.
fn amplitude(samples: &[f32], hz: f64, rate: u32) -> f64 {
    let turn = std::f64::consts::TAU * hz / f64::from(rate);
    let factor = 2.0 * turn.cos();
    let (mut one, mut two) = (0.0, 0.0);
    for &sample in samples {
        (one, two) = (f64::from(sample) + factor * one - two, one);
    }
    (one * one + two * two - factor * one * two).max(0.0).sqrt() * 2.0 / samples.len() as f64
}

/// The root mean square of a window around each sample.
fn envelope(samples: &[f32], window: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    for &sample in samples {
        sums.push(sums[sums.len() - 1] + f64::from(sample).powi(2));
    }
    (0..samples.len())
        .map(|at| {
            let from = at.saturating_sub(window / 2);
            let to = (from + window).min(samples.len());
            ((sums[to] - sums[from]).max(0.0) / window as f64).sqrt()
        })
        .collect()
}

fn pulse(envelope: &[f64], range: std::ops::Range<usize>, per_ms: f64) -> Pulse {
    // The flat part decides what 100 % is; a median does not mind a click.
    let mut levels: Vec<f64> = envelope[range.clone()].to_vec();
    levels.sort_by(f64::total_cmp);
    let whole = levels[levels.len() * 3 / 4];
    let rise = |share: f64| {
        let at = range.clone().find(|&at| envelope[at] >= share * whole).unwrap_or(range.start);
        crossing(envelope, at, share * whole) / per_ms
    };
    let fall = |share: f64| {
        let at = range.clone().rev().find(|&at| envelope[at] >= share * whole).unwrap_or(range.start);
        crossing(envelope, at + 1, share * whole) / per_ms
    };
    Pulse {
        from_ms: rise(0.9),
        to_ms: fall(0.9),
        rise_ms: rise(0.9) - rise(0.1),
        fall_ms: fall(0.1) - fall(0.9),
    }
}

/// Where between `at - 1` and `at` the envelope passes a level.
fn crossing(envelope: &[f64], at: usize, level: f64) -> f64 {
    let (before, after) = (envelope[at.saturating_sub(1)], envelope[at.min(envelope.len() - 1)]);
    let back = if (after - before).abs() < f64::EPSILON { 0.0 } else { (after - level) / (after - before) };
    at as f64 - back
}
