//! One bed as JSON: binding, signs, scores, priority.

use rules::score::Points;
use rules::score::news2::{self, Part};
use rules::{Absence, Moment, Quality};
use serde::Serialize;
use serde_json::Value;

use super::{NameShown, Showing, number, rfc3339};
use crate::record::priority;
use crate::view::{BedView, BindingView, VitalView};

/// One bed.
#[derive(Debug, Serialize)]
pub(crate) struct BedJson<'a> {
    bed: &'a str,
    binding: BindingJson<'a>,
    vitals: Vec<VitalJson<'a>>,
    scores: [ScoreJson<'a>; 1],
    /// The highest priority of its unanswered alerts.
    priority: Option<&'static str>,
    /// How many alerts found no room.
    folded: u16,
    /// Whether its patient was discharged and nobody came since.
    standby_offered: bool,
}

/// Who lies on it, as far as it is settled.
#[derive(Debug, Serialize)]
pub(crate) struct BindingJson<'a> {
    state: &'static str,
    patient: Option<PatientJson<'a>>,
    name: Option<String>,
    since: Option<String>,
    /// In doubt, who could be meant.
    candidates: Vec<PatientJson<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct PatientJson<'a> {
    pub(super) uhid: &'a str,
}

#[derive(Debug, Serialize)]
struct VitalJson<'a> {
    code: &'static str,
    loinc: &'static str,
    name: &'static str,
    /// What may be judged now.
    value: Option<Value>,
    unit: &'static str,
    status: &'static str,
    /// Why there is no value, in words.
    why: Option<&'static str>,
    /// How long ago it was taken, in seconds.
    age_s: u32,
    source: &'a str,
    /// The last value, where it may not be judged: to be shown grey.
    last: Option<Value>,
}

#[derive(Debug, Serialize)]
struct ScoreJson<'a> {
    chart: &'static str,
    version: &'static str,
    /// By whom the chart is signed, or that it is not.
    signed: &'a str,
    total: Option<u8>,
    lower: u8,
    upper: u8,
    missing: Vec<&'static str>,
    risk: &'static str,
    parts: Vec<PartJson>,
    /// Whether it calls, or is only shown.
    mode: &'static str,
}

#[derive(Debug, Serialize)]
struct PartJson {
    part: &'static str,
    points: Option<u8>,
    /// The most points that it can have: more than `points` only where it is missing.
    most: u8,
    why: Option<&'static str>,
}

impl<'a> BedJson<'a> {
    pub(crate) fn of(bed: &'a BedView, showing: &Showing<'_>) -> Self {
        let now = showing.clock.now();
        Self {
            bed: &bed.label,
            binding: BindingJson::of(&bed.binding, showing.names),
            vitals: bed.vitals.iter().map(|vital| VitalJson::of(vital, showing, now)).collect(),
            scores: [ScoreJson::of(bed)],
            priority: bed.priority.map(priority::word),
            folded: bed.folded,
            standby_offered: bed.standby_offered,
        }
    }
}

impl<'a> BindingJson<'a> {
    pub(crate) fn of(binding: &'a BindingView, names: NameShown) -> Self {
        let state = match (binding.in_doubt, &binding.patient) {
            (true, _) => "in-doubt",
            (false, Some(_)) => "bound",
            (false, None) => "unbound",
        };
        Self {
            state,
            patient: binding.patient.as_ref().map(|uhid| PatientJson { uhid: &uhid.0 }),
            name: names.shown(&binding.name),
            since: binding.since.map(rfc3339),
            candidates: binding.candidates.iter().map(|uhid| PatientJson { uhid: &uhid.0 }).collect(),
        }
    }
}

impl<'a> VitalJson<'a> {
    fn of(vital: &'a VitalView, showing: &Showing<'_>, now: Moment) -> Self {
        let codes = showing.plumbing.codes(vital.sign);
        let shown = |value: Result<i32, Absence>| value.ok().map(|whole| number(vital.sign, whole));
        let (status, why) = match (vital.believed, vital.quality) {
            (Ok(_), Quality::Good) => ("ok", None),
            (Ok(_), Quality::Questionable) => ("questionable", Some("the device is not sure")),
            (Err(absence), _) => (status_of(absence), Some(absence.word())),
        };
        Self {
            code: codes.mdc,
            loinc: codes.loinc,
            name: vital.sign.word(),
            value: shown(vital.believed),
            unit: vital.sign.facts().unit.ucum(),
            status,
            why,
            age_s: now.since(vital.taken).whole_seconds(),
            source: &vital.source,
            last: vital.believed.is_err().then(|| shown(vital.last)).flatten(),
        }
    }
}

/// The API's word for the reason of an absence.
const fn status_of(absence: Absence) -> &'static str {
    match absence {
        Absence::NeverHeard => "missing",
        Absence::Unavailable => "unavailable",
        Absence::Invalid => "invalid",
        Absence::ProbeOff => "probe-off",
        Absence::Setting => "setting",
        Absence::Demonstration => "demo",
        Absence::Test => "test",
        Absence::Calibrating => "calibrating",
        Absence::Implausible => "implausible",
        Absence::UnitMissing => "unit-missing",
        Absence::UnitUnknown => "unit-unknown",
        Absence::NotANumber => "not-a-number",
        Absence::Contradicted => "contradicted",
        Absence::Stale => "stale",
    }
}

impl<'a> ScoreJson<'a> {
    fn of(bed: &'a BedView) -> Self {
        let score = &bed.news2;
        let (chart, version) = news2::CHART.split_once(" (").unwrap_or((news2::CHART, ""));
        Self {
            chart,
            version: version.trim_end_matches(')'),
            signed: &bed.news2_signed,
            total: score.total(),
            lower: score.lower(),
            upper: score.upper(),
            missing: score.missing().map(|(part, _)| part.word()).collect(),
            risk: score.risk().word(),
            parts: Part::ALL
                .iter()
                .zip(&score.parts)
                .map(|(part, points)| PartJson::of(*part, *points))
                .collect(),
            mode: if bed.news2_calls { "calls" } else { "shown-only" },
        }
    }
}

impl PartJson {
    const fn of(part: Part, points: Points) -> Self {
        let (points, most, why) = match points {
            Points::Known(points) => (Some(points), points, None),
            Points::Missing { most, why, .. } => (None, most, Some(why.word())),
        };
        Self { part: part.word(), points, most, why }
    }
}
