//! What one turn of the ward's loop wants written. Values alone: nothing here touches the store.

use std::sync::Arc;

use compact_str::CompactString;
use rules::{AlertId, Moment};
use tokio::sync::oneshot;

use crate::clock::Wall;
use crate::event::{Event, Outcome, Peer, Raw, Uhid, Verdict};
use crate::message::{Exchange, Repeat};
use crate::owed::Owed;
use crate::record::{AlertChange, AlertRecord};

/// What is written together or not at all, in one transaction with its neighbours in the queue.
#[derive(Debug, Default)]
pub struct Entry {
    /// The rows, in order.
    pub records: Vec<Record>,
    /// Who waits for the commit, and what they are told after it. When the commit fails they are told
    /// [`Verdict::NotNow`] instead.
    pub then: Option<(oneshot::Sender<Verdict>, Verdict)>,
}

/// One thing to be written.
#[derive(Debug)]
pub enum Record {
    /// Something happened. Device frames go to a table of their own.
    Event {
        /// When, on the ward's line of time.
        at: Moment,
        /// When, for people.
        wall: Wall,
        /// At which bed of this ward, by its label.
        bed: Option<CompactString>,
        /// What.
        event: Arc<Event>,
    },
    /// A message for the log, with its bytes.
    Message {
        /// When it arrived.
        wall: Wall,
        /// Who sent it.
        peer: Peer,
        /// What came, and what became of it.
        raw: Raw,
        /// The same bytes, made smaller; `None` where they could not be.
        packed: Option<Vec<u8>>,
        /// The names of the alerts that it raised or changed.
        alerts: Vec<String>,
    },
    /// A message of ours for the log, with what came back.
    Sent(Box<Sent>),
    /// The newest state of an alert; it replaces the one before.
    Alert(Arc<AlertRecord>),
    /// One change of an alert; added, never rewritten.
    Change(AlertChange),
    /// Something owed to others; a key that is there already is left as it is.
    Owed(Owed),
    /// Nobody need come for this alert any more: calls that still wait are not owed.
    CalledOff {
        /// When.
        wall: Wall,
        /// Which alert.
        alert: AlertId,
    },
    /// The ward's beds as values. The last three are kept.
    Checkpoint {
        /// When, on the ward's line of time.
        at: Moment,
        /// The version of the rules that made it.
        rules: u32,
        /// The SHA-256 of the policy that it was made under.
        policy: [u8; 32],
        /// The beds, in the ward's own encoding.
        body: Vec<u8>,
    },
    /// The wall clock was stepped.
    ClockStep {
        /// The time after the step.
        wall: Wall,
        /// By how much, in milliseconds; negative is back.
        by_ms: i64,
    },
    /// Something that somebody must be able to prove later; added, never rewritten.
    Audit {
        /// When.
        wall: Wall,
        /// Who.
        actor: String,
        /// Where.
        station: String,
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
}

/// One try of ours to deliver something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub wall: Wall,
    /// By which endpoint.
    pub endpoint: &'static str,
    /// To whom: a role or a place, never a number.
    pub peer: String,
    /// Its row in the outbox.
    pub delivery: i64,
    /// The name under which the receiver can drop a duplicate.
    pub control_id: String,
    /// Whose it is, where it is one patient's.
    pub patient: Option<Uhid>,
    /// For which alert.
    pub alert: Option<String>,
    /// What the receiver made of it.
    pub outcome: Outcome,
    /// Why, where it did not simply take it.
    pub reason: String,
    /// What left and what came back.
    pub exchange: Exchange,
}

/// By which rules and which policy a checkpoint was made. Another tag means that its beds cannot be taken
/// over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The version of the rules.
    pub rules: u32,
    /// The SHA-256 of the policy.
    pub policy: [u8; 32],
}

impl Record {
    /// By what a second copy of this message is known, where it is the first.
    pub(super) fn first_of(&self) -> Option<Repeat> {
        match self {
            Self::Message { raw, .. } if raw.outcome != Outcome::Duplicate => raw.marks.repeat,
            _ => None,
        }
    }

    /// Of which first copy this message is a second one.
    pub(super) fn again_of(&self) -> Option<Repeat> {
        match self {
            Self::Message { raw, .. } if raw.outcome == Outcome::Duplicate => raw.marks.repeat,
            _ => None,
        }
    }

    /// Whether it is written from the reserve when the disk is full, and kept for the next commit when one
    /// fails: what the ward has decided and what people have said. Frames, messages and checkpoints are not;
    /// their senders send again, and the next checkpoint covers them.
    pub(super) fn is_essential(&self) -> bool {
        match self {
            Self::Alert(_)
            | Self::Change(_)
            | Self::Owed(_)
            | Self::CalledOff { .. }
            | Self::Audit { .. }
            | Self::ClockStep { .. } => true,
            Self::Event { event, .. } => {
                matches!(
                    **event,
                    Event::Answer(_)
                        | Event::Entry(_)
                        | Event::Settle(_)
                        | Event::Limits(_)
                        | Event::Critical(_)
                )
            }
            Self::Message { .. } | Self::Sent(_) | Self::Checkpoint { .. } => false,
        }
    }
}
