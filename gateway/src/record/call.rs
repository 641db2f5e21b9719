//! The record of a laboratory's call, as a reviewer asks for it: which result of which specimen, who was told
//! how and when, what was read back as it was typed, and what was done. It is read off an alert and what
//! happened to it; nothing here is kept twice, and no name of a patient is part of it.

use serde::Serialize;

use super::{ACKNOWLEDGED, AlertChange, AlertRecord, ENDED, Laboratory, READ_BACK_WRONG, REFUSED, Receipt};
use crate::clock::Wall;
use crate::event::Stage;

/// What stands before a read-back in the reason of an answer.
const READ_BACK: &str = "read back: ";

/// What a person typed beside an answer, in one line of the record: the note, and the read-back as typed.
#[must_use]
pub fn noted(note: &str, read_back: Option<&str>) -> String {
    match read_back {
        Some(typed) if note.is_empty() => format!("{READ_BACK}{typed}"),
        Some(typed) => format!("{note}; {READ_BACK}{typed}"),
        None => note.to_owned(),
    }
}

/// The note and the read-back of such a line.
fn apart(line: &str) -> (&str, Option<&str>) {
    match line.rsplit_once(READ_BACK) {
        Some((note, typed)) => (note.trim_end_matches("; "), Some(typed)),
        None => (line, None),
    }
}

/// One call of the laboratory, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The name of the result.
    pub result: String,
    /// Its code.
    pub code: String,
    /// Its value, as it came.
    pub value: String,
    /// Its unit, as it came.
    pub unit: String,
    /// The limit that it crossed, or the laboratory's flag that called.
    pub limit: String,
    /// The specimen's accession number.
    pub specimen: String,
    /// When the specimen was taken.
    #[serde(with = "super::moment")]
    pub taken_at: Option<Wall>,
    /// When the laboratory gave the result out.
    #[serde(with = "super::moment")]
    pub reported_at: Option<Wall>,
    /// When it called here.
    #[serde(serialize_with = "written")]
    pub called_at: Wall,
    /// What else the laboratory says of it, as it came.
    pub laboratory: Laboratory,
    /// Who was told, how and when.
    pub notified: Vec<Told>,
    /// What was read back, right and wrong, as it was typed.
    pub read_back: Vec<ReadBack>,
    /// What people did.
    pub actions: Vec<Action>,
}

/// One telling that went as far as this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Whom: a role or an account.
    pub whom: String,
    /// By which channel.
    pub how: String,
    /// How far it went.
    pub stage: Stage,
    /// When.
    #[serde(serialize_with = "written")]
    pub at: Wall,
    /// What went wrong, if anything.
    pub error: Option<String>,
}

/// One value read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadBack {
    /// As it was typed.
    pub typed: String,
    /// Whether it was the value.
    pub right: bool,
    /// Who.
    pub by: String,
    /// When.
    #[serde(serialize_with = "written")]
    pub at: Wall,
    /// Where.
    pub station: String,
}

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// What: `acknowledged`, `responsibility accepted` …
    pub what: String,
    /// Who.
    pub by: String,
    /// When.
    #[serde(serialize_with = "written")]
    pub at: Wall,
    /// Where.
    pub station: String,
    /// The note that was typed with it.
    pub note: String,
}

impl Call {
    /// Of an alert of the laboratory and what happened to it, in order; `None` of any other alert.
    #[must_use]
    pub fn of(record: &AlertRecord, changes: &[AlertChange]) -> Option<Self> {
        let reason = record.reasons.iter().find(|reason| reason.laboratory.is_some())?;
        let laboratory = reason.laboratory.clone()?;
        Some(Self {
            result: laboratory.name.clone(),
            code: reason.code.clone(),
            value: reason.value.clone().unwrap_or_default(),
            unit: reason.unit.clone(),
            limit: reason.limit.clone().unwrap_or_default(),
            specimen: reason.source.clone(),
            taken_at: reason.taken_at,
            reported_at: laboratory.reported_at,
            called_at: record.raised_at,
            notified: record.receipts.iter().filter_map(Told::of).collect(),
            read_back: changes.iter().filter_map(ReadBack::of).collect(),
            actions: changes.iter().filter(|change| change.is_answer()).map(Action::of).collect(),
            laboratory,
        })
    }
}

impl Told {
    /// What the gateway computed for itself told nobody.
    fn of(receipt: &Receipt) -> Option<Self> {
        (receipt.stage != Stage::Computed).then(|| Self {
            whom: receipt.to.clone(),
            how: receipt.channel.clone(),
            stage: receipt.stage,
            at: receipt.at,
            error: receipt.error.clone(),
        })
    }
}

impl ReadBack {
    fn of(change: &AlertChange) -> Option<Self> {
        // Only an acknowledgement is read back; what a note says is no more than a note.
        let right = [ACKNOWLEDGED, ENDED].contains(&change.what.as_str());
        let wrong = change.what.strip_prefix(REFUSED) == Some(READ_BACK_WRONG);
        let (_, typed) = apart(&change.reason);
        typed.filter(|_| right || wrong).map(|typed| Self {
            typed: typed.to_owned(),
            right,
            by: change.actor.clone(),
            at: change.at,
            station: change.station.clone(),
        })
    }
}

impl Action {
    fn of(change: &AlertChange) -> Self {
        Self {
            what: change.what.clone(),
            by: change.actor.clone(),
            at: change.at,
            station: change.station.clone(),
            note: apart(&change.reason).0.to_owned(),
        }
    }
}

/// A time as a reviewer and a program read it: RFC 3339, in UTC.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives the field by reference")]
fn written<S: serde::Serializer>(at: &Wall, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(&at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read_apart_again() {
        for (note, typed) in [
            ("", Some("7.1")),
            ("calcium given; repeat sent", Some("> 10")),
            ("dialysis called", None),
            ("", None),
            ("she said: read back: 6", Some("7.1")),
        ] {
            let line = noted(note, typed);
            assert_eq!(apart(&line), (note, typed), "{line}");
        }
    }

    #[test]
    fn a_wrong_read_back_stands_beside_the_right_one_and_is_no_action() {
        let change = |what: &str, actor: &str, reason: &str| AlertChange {
            alert: "a".to_owned(),
            at: Wall(1_000),
            what: what.to_owned(),
            actor: actor.to_owned(),
            station: "desk".to_owned(),
            reason: reason.to_owned(),
        };
        let mut record = crate::journal::samples::alert(1);
        assert_eq!(Call::of(&record, &[]), None, "what is no result is no call of the laboratory");
        record.reasons = vec![super::super::Reason {
            code: "2823-3".to_owned(),
            value: Some("7.1".to_owned()),
            unit: "mmol/L".to_owned(),
            limit: Some("> 6.2 mmol/L".to_owned()),
            chart: String::new(),
            message: "L1".to_owned(),
            taken_at: Some(Wall(0)),
            source: "ACC1".to_owned(),
            sentence: String::new(),
            laboratory: Some(Laboratory { name: "Potassium".to_owned(), ..Laboratory::default() }),
        }];
        let changes = [
            change("raised", "rules", ""),
            change("answer refused: what was read back is not the value", "asha", "read back: 6.1"),
            change("acknowledged", "asha", "calcium given; read back: 7.10"),
            change(ENDED, "rao", ""),
            change("moved to 04 with the patient", "his", ""),
        ];
        let call = Call::of(&record, &changes).unwrap();
        assert_eq!((call.result.as_str(), call.specimen.as_str()), ("Potassium", "ACC1"));
        let json = serde_json::to_value(&call).unwrap();
        assert_eq!(json["taken_at"], "1970-01-01T00:00:00Z");
        assert_eq!(json["read_back"][0]["at"], "1970-01-01T00:00:01Z");
        let read: Vec<_> = call.read_back.iter().map(|read| (read.typed.as_str(), read.right)).collect();
        assert_eq!(read, [("6.1", false), ("7.10", true)]);
        let done: Vec<_> = call.actions.iter().map(|done| (done.by.as_str(), done.note.as_str())).collect();
        assert_eq!(done, [("asha", "calcium given"), ("rao", "")]);
    }
}
