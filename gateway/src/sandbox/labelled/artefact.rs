//! What sensors, cables and hands do to the numbers on a monitor: artefacts, drawn from a seed of their own
//! and laid over what is true.
//!
//! How often: a ward hears some 187 alarms per bed and day, 31 % of them technical (Drew, PLoS One 2014
//! e110274; there 88.8 % of the annotated arrhythmia alarms were false, six of them a day); the median alarm
//! lasts 17 s (Görges, Anesth Analg 2009;108:1546). A sensor that is off is written as 0 by some monitors
//! (MIMIC-II numerics), as unavailable by others. The share of each cause is a proposal of this simulator.
//!
//! A critical event is one that its sensors saw: nothing is laid over the sensors that such an event needs,
//! as its definition asks for a valid pleth, a valid pressure, a rate that the pulse confirms.

use super::chance::Chance;
use super::patient::{Line, Patient, wander};
use super::truth::{Course, Kind};

/// What an artefact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The hand moves: the saturation dips and the pulse is that of the hand.
    Motion,
    /// The probe is off the finger.
    ProbeOff,
    /// An electrode is off: no rate, and no breath by impedance.
    LeadOff,
    /// T waves or extra beats are counted as well.
    CountedTwice,
    /// Small beats are not counted.
    NotCounted,
    /// Movement is counted as breath.
    BreathsTooMany,
    /// Shallow breath is not counted.
    BreathsTooFew,
    /// Shallow breath is not counted for so long that the monitor shows none.
    BreathsNone,
    /// The cuff presses the arm of the probe.
    CuffOnArm,
    /// The arterial line is damped.
    Damped,
    /// The line is flushed.
    Flush,
    /// Blood is drawn, or the transducer is zeroed.
    Sampling,
    /// The airway is suctioned.
    Suction,
    /// The temperature probe has slipped.
    TemperatureSlipped,
    /// The monitor takes noise for a ventricular tachycardia.
    FalseTachycardia,
}

/// The sensors that something touches or needs, as bits.
const ECG: u8 = 1;
const PLETH: u8 = 2;
const BREATH: u8 = 4;
const PRESSURE: u8 = 8;
const AIRWAY: u8 = 16;
const SKIN: u8 = 32;

/// One artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Artefact {
    pub(super) cause: Cause,
    pub(super) from_s: u64,
    pub(super) until_s: u64,
    /// How bad, and in which of its forms.
    pub(super) form: i32,
    seed: u64,
}

/// A cause with how often it comes in ten days of an ordinary patient, and for how many seconds it stays.
const HABITS: [(Cause, i32, [u64; 2]); 14] = [
    (Cause::Motion, 280, [4, 20]),
    (Cause::ProbeOff, 70, [8, 120]),
    (Cause::LeadOff, 30, [5, 90]),
    (Cause::CountedTwice, 80, [3, 9]),
    (Cause::NotCounted, 40, [3, 8]),
    (Cause::BreathsTooMany, 300, [3, 25]),
    (Cause::BreathsTooFew, 150, [3, 14]),
    (Cause::BreathsNone, 5, [3, 12]),
    (Cause::Damped, 10, [180, 1_200]),
    (Cause::Flush, 60, [3, 8]),
    (Cause::Sampling, 30, [20, 60]),
    (Cause::Suction, 60, [10, 25]),
    (Cause::TemperatureSlipped, 3, [300, 1_800]),
    (Cause::FalseTachycardia, 17, [4, 20]),
];

/// How restless a patient is, in percent of the ordinary: a few make most of the noise.
const RESTLESS: [i32; 8] = [40, 50, 60, 80, 90, 100, 130, 250];

/// How long before and after a critical event its sensors are left alone.
const CLEAR_S: u64 = 45;

impl Artefact {
    /// A number for each second of it, from 0 to `most`.
    pub(super) fn noise(&self, second: u64, stream: u64, most: i32) -> i32 {
        wander(self.seed ^ stream, second, 3, most / 2) + most / 2
    }

    const fn touches(&self) -> u8 {
        match self.cause {
            Cause::Motion | Cause::ProbeOff | Cause::CuffOnArm => PLETH,
            Cause::LeadOff => ECG | BREATH,
            Cause::CountedTwice | Cause::NotCounted | Cause::FalseTachycardia => ECG,
            Cause::BreathsTooMany | Cause::BreathsTooFew | Cause::BreathsNone => BREATH,
            Cause::Damped | Cause::Flush | Cause::Sampling => PRESSURE,
            Cause::Suction => AIRWAY | BREATH,
            Cause::TemperatureSlipped => SKIN,
        }
    }

    fn spoils(&self, course: &Course) -> bool {
        let from = course.starts_s.saturating_sub(CLEAR_S);
        let meets = self.from_s < course.ends_s() + CLEAR_S && from < self.until_s;
        meets && self.touches() & needs(course.kind) != 0
    }
}

const fn needs(kind: Kind) -> u8 {
    match kind {
        Kind::Asystole | Kind::Bradycardia | Kind::Tachycardia => ECG | PLETH,
        Kind::VentricularTachycardia => ECG,
        Kind::Desaturation => PLETH,
        Kind::Hypotension => PRESSURE,
        Kind::Apnoea => BREATH,
        Kind::VentilatorDisconnect => AIRWAY,
        // Only its height must be seen; but the seed of the noise may not decide when that is.
        Kind::Sepsis => ECG | PLETH | BREATH | SKIN,
        Kind::CriticalResult | Kind::Excursion => 0,
    }
}

/// The artefacts of a stay, by when they begin.
pub(super) fn artefacts(noise: u64, patient: &Patient, courses: &[Course], lasts_s: u64) -> Vec<Artefact> {
    let mut chance = Chance::of(noise, 200);
    let restless = chance.one_of(&RESTLESS).unwrap_or(100);
    let mut artefacts = Vec::new();
    for (cause, in_ten_days, [least, most]) in HABITS {
        if !is_of(cause, patient) {
            continue;
        }
        // In each quarter of an hour once, or not at all.
        let in_a_million = in_ten_days * restless / 100 * 1_000_000 / 960;
        for quarter in 0..lasts_s / 900 {
            let comes = chance.between(1, 1_000_000) <= in_a_million;
            let (from_s, lasts) = (quarter * 900 + chance.seconds(0, 899), chance.seconds(least, most));
            let (form, seed) = (chance.between(0, 99), chance.seconds(0, u64::MAX - 1));
            if comes {
                artefacts.push(Artefact { cause, from_s, until_s: from_s + lasts, form, seed });
            }
        }
    }
    if let Line::Cuff { every_s, on_the_probe_s_arm: true } = patient.line {
        artefacts.extend(
            (1..lasts_s / every_s).filter_map(|number| under_the_cuff(&mut chance, number * every_s)),
        );
    }
    artefacts.retain(|artefact| !courses.iter().any(|course| artefact.spoils(course)));
    artefacts.sort_by_key(|artefact| artefact.from_s);
    artefacts
}

/// Three of ten measurements of a cuff on the arm of the probe are taken while nobody has put the probe on
/// the other hand. The value comes at their end.
fn under_the_cuff(chance: &mut Chance, measured_s: u64) -> Option<Artefact> {
    let (lasts, form) = (chance.seconds(25, 45), chance.between(0, 99));
    let from_s = measured_s.saturating_sub(lasts);
    chance.in_percent(30).then_some(Artefact {
        cause: Cause::CuffOnArm,
        from_s,
        until_s: measured_s,
        form,
        seed: measured_s,
    })
}

const fn is_of(cause: Cause, patient: &Patient) -> bool {
    match cause {
        Cause::Damped | Cause::Flush | Cause::Sampling => matches!(patient.line, Line::Arterial),
        Cause::Suction => patient.is_ventilated,
        // The ventilator counts its own breaths.
        Cause::BreathsTooMany | Cause::BreathsTooFew | Cause::BreathsNone => !patient.is_ventilated,
        _ => true,
    }
}
