//! The records of the ward's alerts: built when an alert is raised, changed with every order, written with
//! every change.
//!
//! The rules decide; the ledger says it in words, names the people, and keeps what a reviewer asks for.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use rules::alert::{Alert, AlertState};
use rules::bed::What;
use rules::{AlertId, Moment, Refusal};

use crate::clock::Wall;
use crate::event::{Received, Stage};
use crate::journal::Record;
use crate::owed::Destination;
use crate::record::{
    ACCEPTED, ACKNOWLEDGED, AlertChange, AlertRecord, By, ENDED, Escalation, READ_BACK_WRONG, REFUSED,
    REJECTED, Receipt, SEEN, SHELVED, Shelved,
};
use crate::words;

/// How many resolved alerts are remembered, so that a late answer hears who was first.
const RECENT_MOST: usize = 256;

/// Who caused a change.
#[derive(Clone, Debug, Default)]
pub(super) struct Author {
    /// In place: a cause is made for each frame.
    pub(super) name: CompactString,
    pub(super) station: String,
    pub(super) reason: String,
    /// The alert that this is an answer to.
    pub(super) answers: Option<AlertId>,
}

impl Author {
    /// The rules themselves.
    pub(super) fn rules() -> Self {
        Self { name: CompactString::const_new("rules"), ..Self::default() }
    }
}

impl By {
    fn of(author: &Author, at: Wall) -> Self {
        Self { by: author.name.to_string(), at, station: author.station.clone() }
    }
}

impl Shelved {
    fn new(until: Wall, by: &By, author: &Author) -> Self {
        Self { until, by: by.by.clone(), reason: author.reason.clone() }
    }
}

/// All records of the ward that are open, and the last that were.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    open: HashMap<AlertId, Arc<AlertRecord>>,
    recent: VecDeque<Arc<AlertRecord>>,
}

impl Ledger {
    pub(super) fn open(&self) -> impl Iterator<Item = &Arc<AlertRecord>> {
        self.open.values()
    }

    pub(super) fn get(&self, id: AlertId) -> Option<&Arc<AlertRecord>> {
        self.open.get(&id)
    }

    /// A record that is over but not forgotten.
    pub(super) fn recently(&self, id: AlertId) -> Option<&Arc<AlertRecord>> {
        let text = words::alert_id(id);
        self.recent.iter().find(|record| record.id == text)
    }

    /// Takes a record in, new or read from the journal.
    pub(super) fn put(&mut self, id: AlertId, record: AlertRecord) {
        self.open.insert(id, Arc::new(record));
    }

    /// Takes a record out that is of no alert: what a replay raised and the journal never knew.
    pub(super) fn forget(&mut self, id: AlertId) {
        self.open.remove(&id);
    }

    /// Changes an open record in place.
    pub(super) fn edit(&mut self, id: AlertId, change: impl FnOnce(&mut AlertRecord)) {
        if let Some(record) = self.open.get_mut(&id) {
            change(Arc::make_mut(record));
        }
    }

    /// Brings the record up to what the rules now hold of the alert, and writes both down.
    pub(super) fn follow(&mut self, alert: &Alert, wall_of: impl Fn(Moment) -> Wall) {
        self.edit(alert.id, |record| {
            record.alert = *alert;
            record.priority = alert.priority;
            record.state = alert.state;
            record.changed_at = wall_of(alert.changed_at);
            record.escalation = Escalation { step: alert.steps_called, next_at: alert.next_at.map(wall_of) };
            if alert.state != AlertState::Active || alert.next_at.is_some() {
                record.held_back = None;
            }
        });
    }

    /// The order's line for the append-only list, and what the record remembers of its author.
    pub(super) fn note(&mut self, id: AlertId, what: What, author: &Author, at: Wall) -> AlertChange {
        let by = By::of(author, at);
        let ends = what == What::Resolved && author.answers == Some(id);
        self.edit(id, |record| match what {
            What::Acknowledged => {
                record.acknowledged = Some(by.clone());
                takes_responsibility(record, by);
            }
            What::Shelved => {
                record.shelved = record.escalation.next_at.map(|until| Shelved::new(until, &by, author));
                record.acknowledged = Some(by);
            }
            What::Accepted => record.accepted = Some(by),
            What::Rejected => record.accepted = None,
            What::Resolved if ends => {
                record.acknowledged.get_or_insert_with(|| by.clone());
                takes_responsibility(record, by);
            }
            What::Resolved | What::Withdrawn if record.acknowledged.is_none() => {
                record.notes.push("resolved unread".to_owned());
            }
            What::Worsened | What::Returned | What::Recalled => {
                (record.acknowledged, record.accepted, record.shelved) = (None, None, None);
            }
            _ => {}
        });
        self.receipt_of_responsibility(id, author, at);
        AlertChange {
            alert: words::alert_id(id),
            at,
            what: if ends { ENDED.to_owned() } else { what_word(what) },
            actor: author.name.to_string(),
            station: author.station.clone(),
            reason: author.reason.clone(),
        }
    }

    /// Whoever took responsibility with this very change has a receipt for it.
    fn receipt_of_responsibility(&mut self, id: AlertId, author: &Author, at: Wall) {
        let by = By::of(author, at);
        if self.get(id).is_some_and(|record| record.accepted.as_ref() == Some(&by)) {
            let (channel, to) = (channel_of(&by.station).to_owned(), by.by);
            self.receipt(id, &Received { alert: id, stage: Stage::Accepted, channel, to, error: None }, at);
        }
    }

    /// Adds a receipt, once for each stage, channel and recipient.
    pub(super) fn receipt(&mut self, id: AlertId, received: &Received, at: Wall) -> bool {
        let receipt = Receipt {
            stage: received.stage,
            channel: received.channel.clone(),
            to: received.to.clone(),
            at,
            error: received.error.clone(),
        };
        let Some(record) = self.open.get_mut(&id) else { return false };
        let same = |known: &Receipt| {
            (known.stage, &known.channel, &known.to, &known.error)
                == (receipt.stage, &receipt.channel, &receipt.to, &receipt.error)
        };
        if record.receipts.iter().any(same) {
            return false;
        }
        Arc::make_mut(record).receipts.push(receipt);
        true
    }

    /// The record to be written; a resolved one leaves the open ones.
    pub(super) fn write(&mut self, id: AlertId) -> Option<Record> {
        let record = Arc::clone(self.open.get(&id)?);
        if record.state == AlertState::Resolved {
            self.open.remove(&id);
            self.recent.push_front(Arc::clone(&record));
            self.recent.truncate(RECENT_MOST);
        }
        Some(Record::Alert(record))
    }
}

/// By which way somebody answered: any station that is no program's or phone's is a place with a board.
fn channel_of(station: &str) -> &str {
    match station {
        "whatsapp" | "cli" | "api" => station,
        "his" => Destination::Frappe.word(),
        _ => "board",
    }
}

/// A doctor's read-back, and the answer that ends an alert, take responsibility without an order of its own
/// that says so: nobody had it before, and now the rules know of somebody.
fn takes_responsibility(record: &mut AlertRecord, by: By) {
    if record.alert.answered.accepted.is_some() {
        record.accepted.get_or_insert(by);
    }
}

fn what_word(what: What) -> String {
    match what {
        What::Raised => "raised".to_owned(),
        What::Returned => "returned".to_owned(),
        What::Worsened => "worsened".to_owned(),
        What::Eased => "eased".to_owned(),
        What::Reminded => "reminded: kept quiet and still true".to_owned(),
        What::Recalled => "called again: acknowledged long ago and still true".to_owned(),
        What::HeldBack => "held back: a graver alert calls for it, or the bed is in standby".to_owned(),
        What::LetGo => "calls by itself again".to_owned(),
        What::Call { step } => format!("called step {step}"),
        What::Acknowledged => ACKNOWLEDGED.to_owned(),
        What::Shelved => SHELVED.to_owned(),
        What::Seen => SEEN.to_owned(),
        What::Accepted => ACCEPTED.to_owned(),
        What::Rejected => REJECTED.to_owned(),
        What::Latched => "condition over, not yet seen".to_owned(),
        What::Resolved => "resolved".to_owned(),
        What::Withdrawn => "withdrawn or corrected by its sender".to_owned(),
        What::Folded => "no room at the bed: kept in the record alone".to_owned(),
        What::Refused(refusal) => format!("{REFUSED}{}", refusal_word(refusal)),
    }
}

/// Why an answer changed nothing, in words.
const fn refusal_word(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unknown => "no such open alert",
        Refusal::Already => "answered already",
        Refusal::ReadBackMissing => "a laboratory critical needs its value read back",
        Refusal::ReadBackWrong => READ_BACK_WRONG,
        Refusal::DoctorOnly => "only a doctor takes or rejects responsibility",
        Refusal::NeverShelved => "what kills in minutes or must be read back is never shelved",
    }
}
