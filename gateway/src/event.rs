//! What can happen to a ward, and (in `door`) how adapters hand it over.
//!
//! The list is closed: everything that can wake the ward's loop is on this page. Nothing here is a wire
//! format; the shapes are what the journal keeps and what a replay reads again, so a field once written is
//! never reinterpreted.

mod door;
mod duty;
mod patient;
mod provenance;

use compact_str::CompactString;
use rules::event::{About, Entry, Flag, ResultStatus, Role, Say, Via};
use rules::limit::Pair;
use rules::sign::Parameter;
use rules::vital::{MessageKey, Quality};
use rules::{Absence, AlertId, Priority, Sign, Technical};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Wall;
use crate::message::Marks;
pub use door::{Door, Knock, Knocks};
pub use duty::{Duty, DutyRead, Shift};
pub use patient::{
    Admission, Born, Heard, Merge, Movement, OrderNumber, Ordered, PeerKind, Settlement, Unidentified,
};
pub use provenance::Provenance;

/// A patient's hospital identity (UHID): the only thing by which patients are told apart. Never logged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Uhid(pub String);

/// Where something was measured or where a patient lies, as the sender named it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// A bed by its own label (the MQTT topic).
    Bed(String),
    /// PV1-3 as it came, such as `ICU^BED-07^1^HOSP`; `ward.toml` says which bed that is.
    Location(String),
    /// The message names no place.
    Nowhere,
    /// The bed on which the patient of the message lies; where they lie on none here, the one that the sender
    /// names in the form of PV1-3, if it names any.
    WithPatient(String),
}

/// One value of one device frame: what was sent, and what the rules may know of it. Its words are short, so
/// they stand in place: a ward's frames carry some thousand of them in a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The code as it came: MDC reference id, MDC number or LOINC.
    pub code: CompactString,
    /// The value as it came; empty where there is none.
    pub text: CompactString,
    /// The unit as it came.
    pub unit: CompactString,
    /// The status as it came; empty is ok.
    pub status: CompactString,
    /// When it was taken by the device's clock, where that differs from the frame's own time.
    pub taken: Option<Wall>,
    /// What the rules judge: the sign with its value in whole units or the reason for its absence. `None` for
    /// codes that no rule asks for: kept, exported, not judged.
    pub judged: Option<(Sign, Result<i32, Absence>, Quality)>,
}

/// One frame of one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceFrame {
    /// Where.
    pub place: Place,
    /// Whom the device believes to measure, if it says so.
    pub patient: Option<Uhid>,
    /// The device's name, unique within its bed.
    pub device: String,
    /// The time of the frame by the device's clock; `None` where it has none.
    pub sent: Option<Wall>,
    /// The sender's sequence number.
    pub seq: Option<u64>,
    /// The stable key of the frame: the same when it is sent again.
    pub key: MessageKey,
    /// What it read.
    pub readings: Vec<Measured>,
    /// How long it may be silent, in seconds, where its profile says so.
    pub silence_s: Option<u32>,
}

/// One laboratory result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabItem {
    /// The code as it came (LOINC where the laboratory sends it).
    pub code: String,
    /// The name as it came, for people.
    pub name: String,
    /// The value as it came, comparator included.
    pub text: String,
    /// The unit as it came.
    pub unit: String,
    /// The laboratory's reference range as it came.
    pub range: String,
    /// The laboratory's flags as they came.
    pub flags: String,
    /// Which analyte of the chart this is, if any.
    pub known: Option<rules::critical::Known>,
    /// The value as the rules read it, if it is a number in any form.
    pub quantity: Option<rules::alert::Quantity>,
    /// The laboratory's own judgement.
    pub flag: Flag,
    /// Where the result stands in its life.
    pub status: ResultStatus,
    /// When the specimen was taken.
    pub sampled: Option<Wall>,
    /// The stable key of this result within its message.
    pub key: MessageKey,
    /// How it came about, for whoever reviews the call.
    pub provenance: Provenance,
}

/// A laboratory report: results of one patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabReport {
    /// Whose, where the message names exactly one.
    pub patient: Option<Uhid>,
    /// The UHIDs that it names, where they are more than one; then `patient` is none.
    pub candidates: Vec<Uhid>,
    /// The numbers under which its order may be known.
    pub numbers: Vec<OrderNumber>,
    /// Where the laboratory believes the patient to be.
    pub place: Place,
    /// The accession number.
    pub accession: String,
    /// The control id of the message, for whoever looks it up.
    pub message: String,
    /// The attending doctor, where PV1-7 names one.
    pub attending: Option<String>,
    /// The results.
    pub results: Vec<LabItem>,
}

/// A device came or went, by its own word or its last will.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DevicePresence {
    /// Where.
    pub place: Place,
    /// Which device.
    pub device: String,
    /// Whether it is there.
    pub online: bool,
    /// The stable key of the message.
    pub key: MessageKey,
}

/// An alarm that a device raised itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRaised {
    /// Where.
    pub place: Place,
    /// Whom the device believes to measure, if it says so: where it names no bed of ours, theirs is meant.
    pub patient: Option<Uhid>,
    /// Which device.
    pub device: String,
    /// Which of its events, by code or name.
    pub event: String,
    /// What it is about, by the code of the measurement or the part; empty where the device does not say.
    pub source: String,
    /// What the device says of it.
    pub text: String,
    /// Whether it is about the patient or about the device, and whether it is immediate.
    pub about: About,
    /// How grave.
    pub priority: Priority,
    /// Whether it is on.
    pub on: bool,
    /// Whether it is about a point in time, so that the device will never say that it is over.
    pub passing: bool,
    /// The device's own name for this episode, from its start to its end. `None` where it gives none: then it
    /// is about whatever episode of that event is open.
    pub episode: Option<String>,
    /// What the device says of its own signal (`audio-paused`, `alarm-off`); empty where it is as usual.
    pub inactivation: String,
    /// The stable key of the message.
    pub key: MessageKey,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The account's name.
    pub name: String,
    /// In which role.
    pub role: Role,
    /// Where: a station's label, `cli`, `whatsapp`, `his`.
    pub station: String,
}

/// A person's answer to an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonAnswer {
    /// Which alert.
    pub alert: AlertId,
    /// Who.
    pub by: Person,
    /// From where.
    pub via: Via,
    /// What they say.
    pub say: Say,
    /// A note, as typed; also the read-back as typed.
    pub note: String,
}

/// Something that a person entered at a bed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BedEntry {
    /// Which bed.
    pub bed: String,
    /// Who.
    pub by: Person,
    /// What.
    pub entry: Entry,
}

/// A patient's own limits of one parameter, set by a person for a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BedLimits {
    /// On which bed the patient lies.
    pub bed: String,
    /// Who.
    pub by: Person,
    /// Of which parameter.
    pub parameter: Parameter,
    /// The lower limits, in whole units; what is not given stays the ward's.
    pub low: Pair,
    /// The upper limits, likewise.
    pub high: Pair,
    /// For how long; 0 ends them.
    pub minutes: u32,
    /// Why.
    pub reason: String,
}

/// A person's critical laboratory limits for one patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BedCritical {
    /// On which bed the patient lies.
    pub bed: String,
    /// Who.
    pub by: Person,
    /// Of which analyte.
    pub known: rules::critical::Known,
    /// Below this a value is critical, in the chart's unit; what is not given stays the ward's.
    pub low: Option<rules::Decimal>,
    /// Above this, likewise.
    pub high: Option<rules::Decimal>,
    /// For how long; 0 ends them.
    pub minutes: u32,
    /// Why.
    pub reason: String,
}

/// A person keeps a bed quiet for a time: an audio pause, or standby.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BedQuiet {
    /// Which bed; `None` for what belongs to no bed.
    pub bed: Option<String>,
    /// Who; a station itself where nobody has to sign there.
    pub by: Person,
    /// For how long; 0 ends it.
    pub minutes: u32,
    /// Why.
    pub reason: String,
}

/// What the plumbing found out about itself or about a peer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// At which bed; `None` for the ward.
    pub bed: Option<String>,
    /// What.
    pub what: Technical,
    /// Whether it is wrong now.
    pub on: bool,
    /// One sentence that tells its reader what to do next. No identifiers.
    pub text: String,
}

/// A round of the canary, by the ward's clock in milliseconds when it was let out: a later one is greater,
/// after a restart, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Round(pub u64);

/// A frame of the canary: signs that must call, at a bed that no ward has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Canary {
    /// Which round.
    pub round: Round,
    /// What a device would have sent.
    pub frame: DeviceFrame,
}

/// How a receipt of a delivery came back, for the alert's ladder of receipts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// For which alert.
    pub alert: AlertId,
    /// `sounded`, `sent`, `delivered`, `read`, `filed` …
    pub stage: Stage,
    /// By which channel.
    pub channel: String,
    /// To whom: a role or an account, never a number.
    pub to: String,
    /// What went wrong, if anything.
    pub error: Option<String>,
}

/// The receipt ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The gateway decided.
    Computed,
    /// A board showed it.
    Shown,
    /// The annunciator pulled the samples of its burst.
    Sounded,
    /// A provider took it.
    Sent,
    /// The provider delivered it.
    Delivered,
    /// A person opened it.
    Read,
    /// A person took responsibility.
    Accepted,
    /// It is in the chart.
    Filed,
}

/// The first samples of a burst were pulled by a sound device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// How grave it sounds.
    pub priority: Priority,
    /// Which annunciator: `station`, or a workstation's id.
    pub to: String,
}

/// Everything that can happen to a ward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A device sent readings.
    Frame(DeviceFrame),
    /// The laboratory reported.
    Report(LabReport),
    /// A patient moved.
    Admission(Admission),
    /// A device came or went.
    Presence(DevicePresence),
    /// A device raised or ended an alarm of its own.
    Alarm(DeviceRaised),
    /// A person entered something.
    Entry(BedEntry),
    /// A person answered.
    Answer(PersonAnswer),
    /// The plumbing found something out.
    Found(Found),
    /// A delivery came back with a receipt.
    Received(Received),
    /// An annunciator sounded.
    Sounded(Burst),
    /// Two identities became one.
    Merge(Merge),
    /// A movement that cannot be applied.
    Unidentified(Unidentified),
    /// Whose an order is.
    Ordered(Ordered),
    /// A person settled who lies on a bed.
    Settle(Settlement),
    /// A peer was heard.
    Heard(Heard),
    /// A person set a patient's own limits, or ended them.
    Limits(BedLimits),
    /// A person moved a patient's own critical laboratory limits, or ended them.
    Critical(BedCritical),
    /// A person pauses the sound of a bed.
    AudioPause(BedQuiet),
    /// A person says that nobody is at a bed to be watched.
    Standby(BedQuiet),
    /// A roster was read.
    Duty(DutyRead),
    /// The gateway tries itself.
    Canary(Canary),
}

/// Who sent something, as the hub shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    /// The endpoint: `mqtt`, `broker`, `mllp`, `http`, `fhir`, `board`, `cli`, `gateway`.
    pub endpoint: &'static str,
    /// The client id, the sending application, the account.
    pub name: String,
}

/// What becomes of the bytes of a message in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Understood. Of what we sent: the receiver took it.
    Accepted,
    /// Understood, and nothing in it is for this ward.
    NotNeeded,
    /// Not understood, or not allowed: refused on the wire, kept for a person to look at. Of what we sent:
    /// the receiver refused it.
    Refused,
    /// Came before, byte for byte: answered as the first was, and not judged again.
    Duplicate,
    /// Of what we sent: no answer came.
    Unanswered,
}

/// The bytes of a message, for the message log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// What kind of message: `ORU^R01`, `readings`, `status` …; empty when it could not be told.
    pub kind: String,
    /// The sender's control id; empty where it has none.
    pub control_id: String,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why, when it is not simply accepted: one sentence for the person who looks at it.
    pub reason: String,
    /// What the log is to know of it beside this.
    pub marks: Marks,
}

/// Something that arrived: what it means, and the bytes where they must be kept.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who sent it.
    pub peer: Peer,
    /// The bytes for the message log. `None` for what is kept in full as an event (a readable device frame,
    /// an answer).
    pub raw: Option<Raw>,
    /// What it means, in order. Empty for what could not be read or is not needed.
    pub events: Vec<Event>,
}

/// What came of an arrival, told once it is durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Stored. For each answer in it, what the bed said to it.
    Stored(Vec<Said>),
    /// Not stored, now: no acknowledgement may go out. The reason is for the sender.
    NotNow(&'static str),
}

/// What the bed said to a person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It counts.
    Done,
    /// It changed nothing; with a sentence where the refusal alone does not say why. For
    /// [`rules::Refusal::Already`] the record says who was first.
    Refused(rules::Refusal, Option<String>),
}

/// The stable key of a message, from what identifies it: the same parts give the same key, on any day, on any
/// machine.
#[must_use]
pub fn key_of(parts: &[&[u8]]) -> MessageKey {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(digest.get(..8).unwrap_or(&[0; 8]));
    MessageKey(u64::from_be_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_run_into_each_other() {
        assert_ne!(key_of(&[b"ab", b"c"]), key_of(&[b"a", b"bc"]));
        assert_eq!(key_of(&[b"ab", b"c"]), key_of(&[b"ab", b"c"]));
    }
}
