//! What the board asks about one message of the log: its parts, what would come of it, and to let it in
//! again. Those who speak the message's language answer; nothing of it is read here.

use super::accounts::Asked;
use crate::event::Verdict;
use crate::journal::MessageWhole;
use crate::record::AlertRecord;

/// One field of a segment that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldView {
    /// Its number, as the standard counts.
    pub number: usize,
    /// Its repeats, each with its components as text.
    pub repeats: Vec<Vec<String>>,
}

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentView {
    /// Its name, such as `OBX`.
    pub name: String,
    /// Its fields, empty ones left out.
    pub fields: Vec<FieldView>,
}

/// The parts of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Its segments, in their order.
    pub segments: Vec<SegmentView>,
    /// How many further ones it has that are not shown.
    pub more: usize,
}

/// What would come of a message, in a ward of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsed {
    /// How many events it means.
    pub events: usize,
    /// The alerts that it would raise.
    pub alerts: Vec<AlertRecord>,
    /// Why nothing would come of it, where nothing would.
    pub not_needed: Option<String>,
}

/// Who lets a message in again, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The account.
    pub name: String,
    /// Where.
    pub station: String,
    /// Why.
    pub reason: String,
}

/// Those who can read a message again.
pub trait Replays: Send + Sync {
    /// The parts of a message; `None` where its bytes are of no kind that has parts.
    fn parsed(&self, bytes: &[u8]) -> Option<Parsed>;

    /// Its bytes, with the patient's names left empty where its kind has a place for them.
    fn without_names(&self, bytes: &[u8]) -> Vec<u8>;

    /// What would come of it now, judged by a ward of its own; nothing is published, charted or sounded.
    ///
    /// # Errors
    /// Why it cannot be replayed, for the person who asks.
    fn rehearse(&self, message: &MessageWhole) -> Result<Rehearsed, String>;

    /// Lets it in once more, as an arrival that is no second copy, and writes down who did so and why.
    fn let_in<'a>(
        &'a self,
        message: &'a MessageWhole,
        author: &'a Author,
    ) -> Asked<'a, Result<Verdict, String>>;
}
