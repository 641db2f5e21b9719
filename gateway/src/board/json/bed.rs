//! One bed as JSON: binding, signs, scores, priority.

use rules::{Absence, Moment, Quality};
use serde::Serialize;
use serde_json::Value;

use super::own_limits::{OwnCriticalJson, OwnLimitsJson};
use super::score::ScoreJson;
use super::{NameShown, Showing, number, rfc3339};
use crate::record::priority;
use crate::view::{BedView, BindingView, NotJudgedView, QuietView, VitalView};
use crate::words::sentence;

/// One bed.
#[derive(Debug, Serialize)]
pub(crate) struct BedJson<'a> {
    bed: &'a str,
    binding: BindingJson<'a>,
    vitals: Vec<VitalJson<'a>>,
    /// The early warning chart first, then what is shown beside it.
    scores: Vec<ScoreJson<'a>>,
    /// The highest priority of its unanswered alerts.
    priority: Option<&'static str>,
    /// How many alerts found no room.
    folded: u16,
    /// Whether its patient was discharged and nobody came since.
    standby_offered: bool,
    /// Its patient's own limits, while they hold.
    own_limits: Vec<OwnLimitsJson<'a>>,
    /// Its patient's own critical laboratory limits, while they hold.
    own_critical: Vec<OwnCriticalJson<'a>>,
    /// Until when nobody is here to be watched, where a person has said so.
    standby: Option<QuietJson<'a>>,
    /// Until when its sound is paused.
    audio_pause: Option<QuietJson<'a>>,
    /// Its signs that are sent and not judged now.
    not_judged: Vec<NotJudgedJson>,
}

/// What a person keeps quiet for a time.
#[derive(Debug, Serialize)]
struct QuietJson<'a> {
    until: String,
    ends_in_s: u32,
    by: &'a str,
}

/// A sign that is not judged now.
#[derive(Debug, Serialize)]
struct NotJudgedJson {
    code: &'static str,
    /// Which, why, and what is judged in its place.
    sentence: String,
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

impl<'a> BedJson<'a> {
    pub(crate) fn of(bed: &'a BedView, showing: &Showing<'_>) -> Self {
        let now = showing.clock.now();
        Self {
            bed: &bed.label,
            binding: BindingJson::of(&bed.binding, showing.names),
            vitals: bed.vitals.iter().map(|vital| VitalJson::of(vital, showing, now)).collect(),
            scores: ScoreJson::all(bed),
            priority: bed.priority.map(priority::word),
            folded: bed.folded,
            standby_offered: bed.standby_offered,
            own_limits: bed.own_limits.iter().filter_map(|own| OwnLimitsJson::of(own, showing)).collect(),
            own_critical: bed.own_critical.iter().map(|own| OwnCriticalJson::of(own, showing)).collect(),
            standby: bed.standby.as_ref().map(|quiet| QuietJson::of(quiet, showing)),
            audio_pause: bed.audio_pause.as_ref().map(|quiet| QuietJson::of(quiet, showing)),
            not_judged: bed.not_judged.iter().map(|sign| NotJudgedJson::of(sign, showing)).collect(),
        }
    }
}

impl<'a> QuietJson<'a> {
    fn of(quiet: &'a QuietView, showing: &Showing<'_>) -> Self {
        Self {
            until: rfc3339(showing.clock.wall_of(quiet.until)),
            ends_in_s: quiet.until.since(showing.clock.now()).whole_seconds(),
            by: &quiet.by,
        }
    }
}

impl NotJudgedJson {
    fn of(view: &NotJudgedView, showing: &Showing<'_>) -> Self {
        Self {
            code: showing.plumbing.codes(view.sign).mdc,
            sentence: sentence::not_judged(view.sign, view.why, view.instead),
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
