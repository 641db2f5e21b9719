//! One alert as JSON, and what happened to it.

use rules::Sign;
use rules::alert::{Condition, Kind, Side};
use rules::event::Role;
use serde::Serialize;

use super::bed::PatientJson;
use super::{Showing, rfc3339};
use crate::board::read_back;
use crate::record::{AlertChange, AlertRecord, By, HeldBack, Reason, kind, priority, state};

/// One alert.
#[derive(Debug, Serialize)]
pub(crate) struct AlertJson<'a> {
    id: &'a str,
    bed: Option<&'a str>,
    patient: Option<PatientJson<'a>>,
    kind: &'static str,
    code: &'a str,
    title: &'a str,
    priority: &'static str,
    state: &'static str,
    raised_at: String,
    changed_at: String,
    reasons: &'a [Reason],
    notes: &'a [String],
    acknowledged: Option<ByJson<'a>>,
    accepted: Option<ByJson<'a>>,
    /// The parts that nobody has done yet.
    waits_for: Vec<&'static str>,
    /// Until when a person lets it wait.
    shelved: Option<ShelvedJson<'a>>,
    escalation: EscalationJson,
    /// The graver alert that calls for this one too.
    held_back: Option<&'a HeldBack>,
    receipts: Vec<ReceiptJson<'a>>,
    attending: Option<&'a str>,
    charting_held: bool,
    /// Whether a person may let it wait.
    may_shelve: bool,
    /// Whether its value must be read back when it is acknowledged at a station.
    read_back: bool,
    /// The texts to choose from where its value is no number.
    read_back_choices: Option<[String; 3]>,
    /// The codes of the signs that it is about, the most trusted first.
    vitals: Vec<&'static str>,
    /// Which way the limit was crossed.
    side: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ByJson<'a> {
    by: &'a str,
    at: String,
    station: &'a str,
}

#[derive(Debug, Serialize)]
struct ShelvedJson<'a> {
    until: String,
    by: &'a str,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct EscalationJson {
    step: u16,
    next_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct ReceiptJson<'a> {
    stage: crate::event::Stage,
    channel: &'a str,
    to: &'a str,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// One change of an alert.
#[derive(Debug, Serialize)]
pub(crate) struct ChangeJson<'a> {
    at: String,
    what: &'a str,
    actor: &'a str,
    station: &'a str,
    reason: &'a str,
}

impl<'a> AlertJson<'a> {
    pub(crate) fn of(record: &'a AlertRecord, showing: &Showing<'_>) -> Self {
        let (signs, side) = concerns(record.alert.condition);
        Self {
            id: &record.id,
            bed: record.bed.as_deref(),
            patient: record.patient.as_ref().map(|uhid| PatientJson { uhid: &uhid.0 }),
            kind: kind::word(record.kind),
            code: &record.code,
            title: &record.title,
            priority: priority::word(record.priority),
            state: state::word(record.state),
            raised_at: rfc3339(record.raised_at),
            changed_at: rfc3339(record.changed_at),
            reasons: &record.reasons,
            notes: &record.notes,
            acknowledged: record.acknowledged.as_ref().map(ByJson::of),
            accepted: record.accepted.as_ref().map(ByJson::of),
            waits_for: waits_for(record),
            shelved: record.shelved.as_ref().map(|shelved| ShelvedJson {
                until: rfc3339(shelved.until),
                by: &shelved.by,
                reason: &shelved.reason,
            }),
            escalation: EscalationJson {
                step: record.escalation.step,
                next_at: record.escalation.next_at.map(rfc3339),
            },
            held_back: record.held_back.as_ref(),
            receipts: receipts(record),
            attending: record.attending.as_deref(),
            charting_held: record.charting_held,
            may_shelve: record.alert.may_be_shelved(),
            read_back: record.kind == Kind::Laboratory,
            read_back_choices: read_back::choices(record),
            vitals: signs.iter().map(|sign| showing.plumbing.codes(*sign).mdc).collect(),
            side,
        }
    }
}

impl<'a> ByJson<'a> {
    fn of(by: &'a By) -> Self {
        Self { by: &by.by, at: rfc3339(by.at), station: &by.station }
    }
}

impl<'a> ChangeJson<'a> {
    pub(crate) fn of(change: &'a AlertChange) -> Self {
        let AlertChange { alert: _, at, what, actor, station, reason } = change;
        Self { at: rfc3339(*at), what, actor, station, reason }
    }
}

/// The parts of an answer that are still missing, as words.
fn waits_for(record: &AlertRecord) -> Vec<&'static str> {
    let parts = [("nurse", Role::Nurse), ("doctor", Role::Doctor)];
    parts.into_iter().filter(|(_, part)| record.alert.lacks(*part)).map(|(word, _)| word).collect()
}

fn receipts(record: &AlertRecord) -> Vec<ReceiptJson<'_>> {
    let json = record.receipts.iter().map(|receipt| ReceiptJson {
        stage: receipt.stage,
        channel: &receipt.channel,
        to: &receipt.to,
        at: rfc3339(receipt.at),
        error: receipt.error.as_deref(),
    });
    json.collect()
}

/// Which signs a condition is about, and on which side of its limit they are.
const fn concerns(condition: Condition) -> (&'static [Sign], Option<&'static str>) {
    use rules::sign::Parameter;
    match condition {
        Condition::Limit(parameter, Side::Low) => (parameter.signs(), Some("low")),
        Condition::Limit(parameter, Side::High) => (parameter.signs(), Some("high")),
        // It may be well inside its limits.
        Condition::Change(parameter, _) => (parameter.signs(), None),
        Condition::NoPulse => (Parameter::PulseRate.signs(), Some("low")),
        Condition::Apnoea => (Parameter::RespRate.signs(), Some("low")),
        Condition::Technical(_)
        | Condition::News2
        | Condition::Npews
        | Condition::Maternal
        | Condition::Laboratory(..)
        | Condition::DeviceRaised(_) => (&[], None),
    }
}
