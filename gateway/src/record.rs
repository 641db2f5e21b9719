//! The record of an alert: what the board shows, the API answers, the journal keeps and a reviewer reads.
//!
//! A record is written by the ward alone. Its JSON is the public shape of `GET /api/v1/alerts`; a change of a
//! field here is a change of that face.

mod call;
mod chain;

use rules::alert::{Alert, AlertState, Kind, Priority};
use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::event::{LabItem, Provenance, Stage, Uhid};
pub use call::{Call, noted};
pub use chain::Chain;

/// One alert, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertRecord {
    /// Its name, as text: the same after a crash. See [`crate::words::alert_id`].
    pub id: String,
    /// The bed's label; `None` where it belongs to no bed of this ward.
    pub bed: Option<String>,
    /// Whose it is, where that is settled.
    pub patient: Option<Uhid>,
    /// What sort of condition.
    #[serde(with = "kind")]
    pub kind: Kind,
    /// The condition as a code: `limit.spo2.low`, `change.spo2.fall`, `news2`, `npews`, `lab.2823-3`,
    /// `technical.device-silent` …
    pub code: String,
    /// One sentence that a nurse would say.
    pub title: String,
    /// How soon somebody must act.
    #[serde(with = "priority")]
    pub priority: Priority,
    /// Where it stands.
    #[serde(with = "state")]
    pub state: AlertState,
    /// When it was raised.
    pub raised_at: Wall,
    /// When its state last changed.
    pub changed_at: Wall,
    /// What it stands on: each value with its limit, chart and message.
    pub reasons: Vec<Reason>,
    /// Marks a person must see: "MRN… is not admitted here", "age 6 h", "recorded before the last start".
    pub notes: Vec<String>,
    /// Who acknowledged or read back, and when.
    pub acknowledged: Option<By>,
    /// Which doctor took responsibility, and when.
    pub accepted: Option<By>,
    /// Until when a person lets it wait; `None` where nobody does.
    #[serde(default)]
    pub shelved: Option<Shelved>,
    /// Where its ladder stands.
    pub escalation: Escalation,
    /// The graver alert that calls for this one too; `None` where it calls by itself.
    #[serde(default)]
    pub held_back: Option<HeldBack>,
    /// Who was told, by which channel, and how far that got.
    pub receipts: Vec<Receipt>,
    /// The attending doctor, where one is known: the HIS's identifier.
    pub attending: Option<String>,
    /// Whether the charting of it is held because the binding is unknown or in doubt.
    pub charting_held: bool,
    /// Whether the message itself leaves it in doubt whose result it is: then no admission ends the hold.
    #[serde(default)]
    pub whose_in_doubt: bool,
    /// Whom its ladder calls, as that was when it began to call. No face shows it: it holds phone numbers.
    #[serde(default)]
    pub chain: Chain,
    /// The rules' own view of it, for recovery: what was recorded wins over a replay that lacks it.
    pub alert: Alert,
}

/// One value that an alert stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The code as it came, or the parameter's name.
    pub code: String,
    /// The value as it came; `None` where the reason is an absence.
    pub value: Option<String>,
    /// The unit as it came.
    pub unit: String,
    /// The limit that was crossed, such as `> 6.2 mmol/L`; the laboratory's flag where it called alone.
    pub limit: Option<String>,
    /// Which chart, in which version.
    pub chart: String,
    /// The message it came from: the id in the message log, or device and sequence.
    pub message: String,
    /// When it was measured, entered or taken from the patient, where anybody says.
    #[serde(default, with = "moment")]
    pub taken_at: Option<Wall>,
    /// Which device said it, or the accession number of its specimen; empty where it is neither's.
    #[serde(default)]
    pub source: String,
    /// All of it as one sentence that a nurse would say, at the moment of the call.
    #[serde(default)]
    pub sentence: String,
    /// What else the laboratory says of its result; none where it is no result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub laboratory: Option<Laboratory>,
}

/// What a laboratory says of a result beside its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Laboratory {
    /// The name of the result, as it came.
    pub name: String,
    /// The reference range (OBX-7), as it came.
    pub range: String,
    /// The flags (OBX-8), as they came.
    pub flags: String,
    /// Who produced it (OBX-15), as it came.
    pub producer: String,
    /// Who answers for it (OBX-16), as it came.
    pub observer: String,
    /// By which method (OBX-17), as it came.
    pub method: String,
    /// When it was analysed (OBX-19), as it came.
    pub analysed: String,
    /// The laboratory that performed it (OBX-23), as it came.
    pub performer: String,
    /// Its address (OBX-24), as it came.
    pub address: String,
    /// When the laboratory gave it out.
    #[serde(default, with = "moment")]
    pub reported_at: Option<Wall>,
}

impl Laboratory {
    /// Of a result.
    #[must_use]
    pub fn of(item: &LabItem) -> Self {
        let Provenance { producer, observer, method, analysed, performer, address, reported } =
            item.provenance.clone();
        Self {
            name: item.name.clone(),
            range: item.range.clone(),
            flags: item.flags.clone(),
            producer,
            observer,
            method,
            analysed,
            performer,
            address,
            reported_at: reported,
        }
    }
}

/// A point of time as people and programs read it: RFC 3339, in UTC.
mod moment {
    use super::{Deserialize, Wall};

    #[expect(clippy::ref_option, reason = "serde gives the field by reference")]
    pub(super) fn serialize<S: serde::Serializer>(at: &Option<Wall>, out: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => out.collect_str(&at.timestamp()),
            None => out.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<Wall>, D::Error> {
        let text = Option::<String>::deserialize(input)?;
        let read = |text: String| text.parse::<jiff::Timestamp>().map(Wall::from);
        text.map(read).transpose().map_err(serde::de::Error::custom)
    }
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The account's name.
    pub by: String,
    /// When.
    pub at: Wall,
    /// Where.
    pub station: String,
}

/// An alert that a person lets wait for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelved {
    /// Until when: then it calls anew.
    pub until: Wall,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Where the ladder of an alert stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// How many steps have been called.
    pub step: u16,
    /// When the next is due; `None` where nothing more is owed.
    pub next_at: Option<Wall>,
}

impl AlertRecord {
    /// Whose it is, where that is settled: in whose documents it may stand.
    #[must_use]
    pub const fn settled_patient(&self) -> Option<&Uhid> {
        if self.charting_held { None } else { self.patient.as_ref() }
    }

    /// The value that calls, with its unit; empty where none does.
    #[must_use]
    pub fn value(&self) -> String {
        let told = self.reasons.first().and_then(|reason| Some((reason.value.as_deref()?, &reason.unit)));
        told.map(|(value, unit)| format!("{value} {unit}").trim().to_owned()).unwrap_or_default()
    }
}

/// The alert under which another is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    /// Its id.
    pub under: String,
    /// Its code.
    pub code: String,
    /// Its sentence.
    pub title: String,
}

impl HeldBack {
    /// Under that alert.
    #[must_use]
    pub fn under(cause: &AlertRecord) -> Self {
        Self { under: cause.id.clone(), code: cause.code.clone(), title: cause.title.clone() }
    }
}

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// How far it got.
    pub stage: Stage,
    /// By which channel.
    pub channel: String,
    /// To whom: a role or an account, never a number.
    pub to: String,
    /// When.
    pub at: Wall,
    /// What went wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

/// One change of one alert: append-only, with its author, its time and its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertChange {
    /// Which alert.
    pub alert: String,
    /// When.
    pub at: Wall,
    /// What: `raised`, `called step 1`, `acknowledged`, `refused: read-back wrong` …
    pub what: String,
    /// Who: an account, or `rules`.
    pub actor: String,
    /// Where.
    pub station: String,
    /// Why, or what was typed.
    pub reason: String,
}

/// The change of an acknowledgement.
pub(crate) const ACKNOWLEDGED: &str = "acknowledged";

/// The change of a doctor's taking responsibility.
pub(crate) const ACCEPTED: &str = "responsibility accepted";

/// The change of a doctor's giving it to the next.
pub(crate) const REJECTED: &str = "responsibility rejected";

/// The change of an answer from afar that ends nothing.
pub(crate) const SEEN: &str = "seen from afar";

/// The change of letting it wait.
pub(crate) const SHELVED: &str = "shelved";

/// The change of an answer that ended it.
pub(crate) const ENDED: &str = "resolved by an answer";

/// How a change begins that was none: an answer that the rules did not take.
pub(crate) const REFUSED: &str = "answer refused: ";

/// Why an answer with another value than the result's was not taken.
pub(crate) const READ_BACK_WRONG: &str = "what was read back is not the value";

impl AlertChange {
    /// Whether somebody answered. Whoever enters a finding or moves a patient is the author of what follows
    /// from it, and has answered nothing.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        [ACKNOWLEDGED, ACCEPTED, REJECTED, SEEN, SHELVED, ENDED].contains(&self.what.as_str())
    }

    /// Whether it is an answer that changed nothing.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.what.starts_with(REFUSED)
    }
}

/// The API's words for enums of `rules`, which knows no wire format.
macro_rules! words {
    ($module:ident, $type:ty, { $($variant:ident => $word:literal),+ }) => {
        /// The API's words for this enum.
        pub mod $module {
            use super::*;

            /// The word.
            #[must_use]
            pub const fn word(value: $type) -> &'static str {
                match value { $(<$type>::$variant => $word),+ }
            }

            pub(crate) fn serialize<S: serde::Serializer>(value: &$type, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(word(*value))
            }

            pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(input: D) -> Result<$type, D::Error> {
                let text = String::deserialize(input)?;
                match text.as_str() {
                    $($word => Ok(<$type>::$variant),)+
                    _ => Err(serde::de::Error::custom(concat!("unknown ", stringify!($module)))),
                }
            }
        }
    };
}

words!(kind, Kind, {
    Physiological => "physiological", Laboratory => "laboratory", Score => "score", Technical => "technical"
});
words!(priority, Priority, { High => "high", Medium => "medium", Low => "low" });
words!(state, AlertState, {
    Active => "active", Acknowledged => "acknowledged", Latched => "latched", Resolved => "resolved"
});
