//! What must reach somebody else: the HIS by REST and by HL7, and phones.
//!
//! Each destination is an idempotent "send what is due": [`courier`] takes what the outbox owes, an [`End`]
//! speaks the destination's language, and what came of it is written back. Nothing here decides what is owed
//! or to whom, and nothing here keeps anything: what must survive a crash is in the outbox.

use std::future::Future;
use std::time::Duration;

use rules::{Moment, Span};
use tokio::sync::watch;

use crate::clock::Wall;
use crate::event::{Stage, key_of};
use crate::message::Exchange;
use crate::owed::{Charted, Destination};

pub mod afar;
pub mod backoff;
pub(crate) mod call;
pub mod courier;
pub mod frappe;
mod gather;
pub mod heartbeat;
pub mod hook;
mod http;
pub mod loopback;
pub mod mllp;
pub mod route;
pub mod tap;
mod token;
pub mod webhook;
pub mod whatsapp;

pub use crate::journal::{Due, LostAnswers, Sent, Settled};
pub use call::Wording;
pub use http::{ANSWER_MOST, HttpFault};
pub use token::Token;

/// One set of vital signs for a chart, whichever language it is written in.
struct Set<'a> {
    /// The patient, by the name that the receiver knows: its own for a REST site, the UHID in HL7.
    patient: &'a str,
    bed: &'a str,
    at: Wall,
    values: &'a [Charted],
    news2: Option<u8>,
    note: &'a str,
}

/// The outbox as delivery sees it. The journal is one; tests have one in memory.
pub trait Outbox: Send + Sync {
    /// Why the outbox could not be asked or told.
    type Error: std::fmt::Display + Send;

    /// What is due, oldest first; of each patient only the head of the line. Parked rows hold up nobody.
    fn due(
        &self,
        to: Destination,
        now: Moment,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Due>, Self::Error>> + Send;

    /// When the next row is due; `None` where nothing is owed.
    fn next_due(&self, to: Destination) -> impl Future<Output = Result<Option<Moment>, Self::Error>> + Send;

    /// Writes down what became of a row; returns after the commit. `false` where the row is no longer owed:
    /// it was cancelled meanwhile.
    fn settle(
        &self,
        id: i64,
        how: Settled,
        at: Wall,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// The destination is reached again: what was tried there in vain is due now, not only once each
    /// row's own pause is over.
    fn hasten(&self, to: Destination, now: Moment) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Keeps one try for the message log. Nobody waits for it.
    fn keep(&self, sent: Sent);

    /// Changes after every commit that touched the outbox.
    fn owed_changed(&self) -> watch::Receiver<u64>;
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Done {
        /// The receiver's own name for it.
        proof: String,
    },
    /// Not this time: it is tried again for as long as its pace allows.
    NotNow {
        /// What went wrong.
        why: String,
        /// The receiver's own wish when to come back.
        after: Option<Duration>,
        /// Whether the receiver may have taken it all the same.
        uncertain: bool,
    },
    /// The receiver failed and does not say whether it would again: it is tried a bounded number of times.
    Doubtful {
        /// What went wrong.
        why: String,
        /// Whether the receiver may have taken it all the same.
        uncertain: bool,
    },
    /// Nothing gets into this destination until a person changes something there or in our configuration.
    Closed {
        /// What that person must do. No identifiers: it is shown on the board.
        why: String,
    },
    /// This one will never be taken as it is.
    Never {
        /// What a person must know to mend it.
        why: String,
    },
}

impl Outcome {
    /// What was said of it: the receiver's own name where it has it, else what went wrong.
    #[must_use]
    pub fn why(self) -> String {
        match self {
            Self::Done { proof } => proof,
            Self::NotNow { why, .. }
            | Self::Doubtful { why, .. }
            | Self::Closed { why }
            | Self::Never { why } => why,
        }
    }
}

/// How patiently a row is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The longest pause between two tries.
    pub pause_most: Span,
    /// After so many tries it is parked; `None` for a destination that is waited for as long as it takes.
    pub tries_most: Option<u32>,
}

impl Pace {
    /// For what belongs into a chart: a HIS may be down for a night.
    pub const PATIENT: Self = Self { pause_most: Span::minutes(1), tries_most: None };

    /// For what is news for some two hours; then it is parked, where people see it, and holds up nobody.
    pub const TWO_HOURS: Self = Self { pause_most: Span::minutes(1), tries_most: Some(120) };
}

/// One destination, as its adapter speaks to it.
pub trait End: Send + Sync {
    /// Which one.
    fn destination(&self) -> Destination;

    /// How many rows may be under way at once.
    fn abreast(&self) -> usize;

    /// What a delivered row means for the alert it belongs to.
    fn stage(&self) -> Stage;

    /// How patiently this row is tried.
    fn pace(&self, _due: &Due) -> Pace {
        Pace::PATIENT
    }

    /// How long two messages are to be apart that could be one; what is due meanwhile goes together.
    fn apart(&self) -> Span {
        Span::ZERO
    }

    /// Tries to deliver one row, and `with` it, in the same message, what goes together with it; what
    /// comes of it came of each. Must be idempotent as far as the receiver allows: `due.lost` says whether an
    /// earlier try may have arrived. What left and what came back is taken down in `exchange`, without
    /// credentials and telephone numbers; nothing where nothing left.
    fn send(&self, due: &Due, with: &[Due], exchange: &mut Exchange) -> impl Future<Output = Outcome> + Send;
}

/// The longest key that travels as it is: Frappe's `Data` fields hold 140 characters, and a prefix must fit
/// too.
const WIRE_ID_MOST: usize = 120;

/// The name under which a receiver can drop a duplicate: the row's key where every receiver can carry it,
/// else 16 hexadecimal digits made of it. The same key always gives the same name.
#[must_use]
pub fn wire_id(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'/' | b'_');
    if !key.is_empty() && key.len() <= WIRE_ID_MOST && key.bytes().all(plain) {
        return key.to_owned();
    }
    format!("{:016x}", key_of(&[b"wire", key.as_bytes()]).0)
}

/// The first `most` characters of what a receiver said, on one line, for the person who looks at the row.
fn short(text: &str, most: usize) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_key_travels_as_it_is_and_any_other_as_a_stable_name() {
        assert_eq!(wire_id("vitals:07:1763692380000"), "vitals:07:1763692380000");
        let odd = wire_id("vitals|07^%");
        assert_eq!(odd.len(), 16);
        assert_eq!(odd, wire_id("vitals|07^%"));
        assert_ne!(odd, wire_id("vitals|08^%"));
        assert_eq!(wire_id(&"k".repeat(121)).len(), 16);
        assert_eq!(wire_id("").len(), 16);
    }

    #[test]
    fn what_a_receiver_said_is_cut_between_characters() {
        assert_eq!(short("Größe\n  zu viel", 7), "Größe z");
    }
}
