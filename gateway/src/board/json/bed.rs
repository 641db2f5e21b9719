//! One bed as JSON: binding, signs, scores, priority.

use rules::score::Points;
use rules::score::choice::{Chart, Mode};
use rules::score::news2::{self, News2, Part};
use rules::score::{maternal, npews};
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
    scores: [ScoreJson; 1],
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
struct ScoreJson {
    chart: &'static str,
    version: &'static str,
    total: Option<u8>,
    /// Like the rest, `null` where the score is withheld.
    lower: Option<u8>,
    upper: Option<u8>,
    missing: Vec<&'static str>,
    risk: Option<&'static str>,
    parts: Vec<PartJson>,
    /// Whether it calls, calls on a rise over the baseline, or is withheld.
    mode: &'static str,
    /// Why this chart speaks for this patient.
    because: &'static str,
    /// The total that a doctor accepted as this patient's own.
    baseline: Option<u8>,
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

impl ScoreJson {
    fn of(bed: &BedView) -> Self {
        let score = Some(&bed.news2).filter(|_| bed.choice.mode != Mode::Withheld);
        let (chart, version) = name_of(bed.choice.chart);
        let parts = score.into_iter().flat_map(|score| Part::ALL.iter().zip(&score.parts));
        Self {
            chart,
            version,
            total: score.and_then(News2::total),
            lower: score.map(News2::lower),
            upper: score.map(News2::upper),
            missing: score.into_iter().flat_map(News2::missing).map(|(part, _)| part.word()).collect(),
            risk: score.map(|score| score.risk().word()),
            parts: parts.map(|(part, points)| PartJson::of(*part, *points)).collect(),
            mode: match bed.choice.mode {
                Mode::Calls => "calls",
                Mode::OnARise => "on-a-rise",
                Mode::Withheld => "withheld",
            },
            because: bed.choice.because.word(),
            baseline: bed.baseline,
        }
    }
}

/// A chart's name and its edition.
fn name_of(chart: Chart) -> (&'static str, &'static str) {
    let whole = match chart {
        Chart::News2 => news2::CHART,
        Chart::Npews => npews::CHART,
        Chart::Maternal => maternal::CHART,
    };
    let (name, edition) = whole.split_once(" (").unwrap_or((whole, ""));
    (name, edition.trim_end_matches(')'))
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
