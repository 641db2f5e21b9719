//! Why a score calls: one reason for each part of its chart, and the baseline over which it rose.

use rules::alert::Quantity;
use rules::score::Points;
use rules::score::choice::{Mode, RISE_LEAST};
use rules::score::news2::{CHART, Part};
use rules::sign::Parameter;
use rules::{Decimal, Moment, Sign};

use super::{Scene, signs};
use crate::record::Reason;
use crate::words::sentence::{self, Seen};

/// What a part of the score stands on.
struct Found {
    value: String,
    unit: &'static str,
    /// The value as it is said at a bed.
    said: String,
    taken: Moment,
    /// The sign that was measured; none where a nurse entered it.
    sign: Option<Sign>,
}

/// The reasons of a NEWS2 that calls.
pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let score = scene.bed.bed.news2(scene.now.moment);
    let chart = format!("{CHART}, {}, rules {}", scene.signed().mark("news2"), rules::VERSION);
    let part = |(part, points): (&Part, &Points)| of_part(scene, *part, *points, &chart);
    let parts = Part::ALL.iter().zip(&score.parts).map(part);
    parts.chain(of_rise(scene, &chart, score.lower())).collect()
}

fn of_part(scene: &Scene<'_>, part: Part, points: Points, chart: &str) -> Reason {
    let limit = match points {
        Points::Known(points) => format!("{points} points"),
        Points::Missing { least, most, why } => format!("missing ({}), {least} to {most} points", why.word()),
    };
    let found = matches!(points, Points::Known(_)).then(|| found(scene, part)).flatten();
    let sign = found.as_ref().and_then(|found| found.sign);
    let said = found.as_ref().map(|found| {
        let entered = Seen { source: "", age: scene.now.moment.since(found.taken) };
        (found.said.as_str(), sign.map_or(entered, |sign| signs::seen(scene, sign)))
    });
    Reason {
        code: part.word().to_owned(),
        sentence: sentence::part(name_of(part), said, points),
        limit: Some(limit),
        chart: chart.to_owned(),
        message: sign.map_or_else(String::new, |sign| signs::key_text(scene.bed.bed.vital(sign).key)),
        source: sign.map_or("", |sign| signs::source(scene, sign)).to_owned(),
        taken_at: found.as_ref().map(|found| scene.now.wall_of(found.taken)),
        unit: found.as_ref().map_or("", |found| found.unit).to_owned(),
        value: found.map(|found| found.value),
    }
}

/// What stands behind a part: the sign that supplies it, else what a nurse entered.
fn found(scene: &Scene<'_>, part: Part) -> Option<Found> {
    let bed = &scene.bed.bed;
    let entered = |word: &str, taken| Found {
        value: word.to_owned(),
        unit: "",
        said: word.to_owned(),
        taken,
        sign: None,
    };
    let measured = signs_of(part).iter().find_map(|sign| {
        let value = bed.believed(*sign, scene.now.moment).ok()?;
        let facts = sign.facts();
        let quantity = Quantity::exactly(Decimal::new(i64::from(value), facts.places), facts.unit);
        Some(Found {
            value: quantity.value.to_string(),
            unit: facts.unit.ucum(),
            said: sentence::spoken(&quantity),
            taken: bed.vital(*sign).taken,
            sign: Some(*sign),
        })
    });
    measured.or_else(|| match part {
        Part::Consciousness => bed.consciousness_found().map(|(found, at)| entered(found.word(), at)),
        Part::Breathing => bed.breathing_found().map(|(breathing, at)| entered(breathing.word(), at)),
        _ => None,
    })
}

/// Over which total it rose, where only a rise calls.
fn of_rise(scene: &Scene<'_>, chart: &str, total: u8) -> Option<Reason> {
    let bed = &scene.bed.bed;
    let baseline = bed.baseline().filter(|_| bed.choice(scene.now.moment).mode == Mode::OnARise)?;
    let from = baseline.saturating_add(RISE_LEAST);
    Some(Reason {
        code: "baseline".to_owned(),
        value: Some(baseline.to_string()),
        unit: String::new(),
        limit: Some(format!("calls from {from} on: ventilated or sedated")),
        chart: chart.to_owned(),
        message: String::new(),
        taken_at: None,
        source: String::new(),
        sentence: format!(
            "NEWS2 {total} has risen over the {baseline} that a doctor accepted as this patient's own: \
             ventilated or sedated, it calls from {from} on"
        ),
    })
}

const fn signs_of(part: Part) -> &'static [Sign] {
    match part {
        Part::RespRate => Parameter::RespRate.signs(),
        Part::SpO2 => Parameter::SpO2.signs(),
        Part::Systolic => Parameter::Systolic.signs(),
        Part::Pulse => Parameter::PulseRate.signs(),
        Part::Temperature => Parameter::Temperature.signs(),
        Part::Breathing => &[Sign::InspiredOxygen],
        Part::Consciousness => &[],
    }
}

const fn name_of(part: Part) -> &'static str {
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
