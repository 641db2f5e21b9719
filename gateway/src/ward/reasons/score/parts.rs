//! What stands behind each part of a chart: the sign that supplies it, else what a person entered. It judges
//! nothing, not even whether what was entered still counts.

use rules::Sign;
use rules::event::{Consciousness, Entry, FINDING_VALIDITY};
use rules::score::npews::{self, NoPressure, Trigger};
use rules::score::{maternal, news2};
use rules::sign::Parameter;

use super::{Found, Scene};
use crate::words::entered::Entered;
use crate::words::sentence;

impl Found {
    /// What a person entered last of those.
    fn entered(scene: &Scene<'_>, is_meant: impl Fn(Entry) -> bool) -> Option<Self> {
        let entries = scene.bed.bed.findings().filter(|(entry, _)| is_meant(*entry));
        let (entry, taken) = entries.max_by_key(|(_, at)| *at)?;
        let Entered { value, unit, .. } = Entered::of(entry);
        Some(Self { said: sentence::with_spoken(&value, unit), value, unit, taken, sign: None })
    }
}

pub(super) fn of_news2(scene: &Scene<'_>, part: news2::Part) -> Option<Found> {
    use news2::Part;
    let signs = match part {
        Part::RespRate => Parameter::RespRate.signs(),
        Part::SpO2 => Parameter::SpO2.signs(),
        Part::Systolic => Parameter::Systolic.signs(),
        Part::Pulse => Parameter::PulseRate.signs(),
        Part::Temperature => Parameter::Temperature.signs(),
        Part::Breathing => &[Sign::InspiredOxygen],
        Part::Consciousness => &[],
    };
    Found::measured(scene, signs).or_else(|| match part {
        Part::Consciousness => Found::entered(scene, is_consciousness),
        Part::Breathing => Found::entered(scene, |entry| matches!(entry, Entry::Breathing(_))),
        _ => None,
    })
}

pub(super) fn of_npews(scene: &Scene<'_>, part: npews::Part) -> Option<Found> {
    use npews::Part;
    match part {
        Part::RespRate => Found::measured(scene, Parameter::RespRate.signs()),
        Part::SpO2 => Found::measured(scene, Parameter::SpO2.signs()),
        Part::HeartRate => Found::measured(scene, Parameter::PulseRate.signs()),
        Part::Systolic => pressure(scene),
        Part::Distress => Found::entered(scene, |entry| matches!(entry, Entry::Distress(_))),
        Part::Refill => Found::entered(scene, |entry| matches!(entry, Entry::Refill(_))),
        Part::Oxygen => oxygen(scene),
    }
}

/// What was measured; but a concern that is newer counts before it.
fn pressure(scene: &Scene<'_>) -> Option<Found> {
    let said = Found::entered(scene, |entry| matches!(entry, Entry::NoPressure(_)));
    let concern = Entry::NoPressure(NoPressure::UnsuccessfulWithConcern);
    let is_concern = scene.bed.bed.findings().any(|(entry, _)| entry == concern);
    match (Found::measured(scene, Parameter::Systolic.signs()), said) {
        (Some(measured), Some(said)) if is_concern && said.taken > measured.taken => Some(said),
        (measured, said) => measured.or(said),
    }
}

/// The device with its level as it was entered, else what the patient breathes.
fn oxygen(scene: &Scene<'_>) -> Option<Found> {
    let device = Found::entered(scene, |entry| matches!(entry, Entry::Device(_)));
    let counts = |found: &Found| scene.now.moment.since(found.taken) <= FINDING_VALIDITY;
    let level = Found::entered(scene, |entry| matches!(entry, Entry::Amount(_))).filter(counts);
    match device.filter(counts) {
        Some(device) => Some(match level {
            Some(level) => Found { said: format!("{}, {}", device.said, level.said), ..device },
            None => device,
        }),
        None => Found::entered(scene, |entry| matches!(entry, Entry::Breathing(_))),
    }
}

pub(super) fn of_maternal(scene: &Scene<'_>, part: maternal::Part) -> Option<Found> {
    use maternal::Part;
    match part {
        Part::Systolic => Found::measured(scene, Parameter::Systolic.signs()),
        Part::Diastolic => Found::measured(scene, &[Sign::ArterialDiastolic, Sign::CuffDiastolic]),
        Part::Pulse => Found::measured(scene, Parameter::PulseRate.signs()),
        Part::RespRate => Found::measured(scene, Parameter::RespRate.signs()),
        Part::SpO2 => Found::measured(scene, Parameter::SpO2.signs()),
        Part::Urine => Found::entered(scene, |entry| matches!(entry, Entry::Urine(_))),
        // That she is alert says nothing of agitation.
        Part::Mind => Found::entered(scene, |entry| match entry {
            Entry::Mind(_) => true,
            Entry::Consciousness(found) => found != Consciousness::Alert,
            _ => false,
        }),
        Part::PreEclampsia => Found::entered(scene, |entry| matches!(entry, Entry::PreEclampsia(_))),
    }
}

pub(super) fn of_trigger(scene: &Scene<'_>, trigger: Trigger) -> Option<Found> {
    Found::entered(scene, |entry| match trigger {
        Trigger::Sepsis => matches!(entry, Entry::Sepsis(_)),
        Trigger::Consciousness => is_consciousness(entry),
        Trigger::Pupils => matches!(entry, Entry::Pupils(_)),
        Trigger::Intuition => matches!(entry, Entry::Intuition(_)),
        Trigger::Carer => matches!(entry, Entry::Carer(_)),
    })
}

const fn is_consciousness(entry: Entry) -> bool {
    matches!(entry, Entry::Consciousness(_))
}

pub(super) const fn name_of_news2(part: news2::Part) -> &'static str {
    use news2::Part;
    match part {
        Part::RespRate => Parameter::RespRate.word(),
        Part::SpO2 => Parameter::SpO2.word(),
        Part::Systolic => Parameter::Systolic.word(),
        Part::Pulse => Parameter::PulseRate.word(),
        Part::Temperature => Parameter::Temperature.word(),
        Part::Breathing => "oxygen",
        Part::Consciousness => "consciousness",
    }
}

pub(super) const fn name_of_npews(part: npews::Part) -> &'static str {
    use npews::Part;
    match part {
        Part::RespRate => Parameter::RespRate.word(),
        Part::Distress => "respiratory distress",
        Part::SpO2 => Parameter::SpO2.word(),
        Part::Oxygen => "oxygen",
        Part::HeartRate => "heart rate",
        Part::Systolic => Parameter::Systolic.word(),
        Part::Refill => "capillary refill",
    }
}

pub(super) const fn name_of_maternal(part: maternal::Part) -> &'static str {
    use maternal::Part;
    match part {
        Part::Systolic => Parameter::Systolic.word(),
        Part::Diastolic => "diastolic pressure",
        Part::Pulse => Parameter::PulseRate.word(),
        Part::RespRate => Parameter::RespRate.word(),
        Part::SpO2 => Parameter::SpO2.word(),
        Part::Urine => "urine",
        Part::Mind => "mind",
        Part::PreEclampsia => "pre-eclampsia",
    }
}
