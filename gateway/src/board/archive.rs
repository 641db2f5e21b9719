//! What the store has kept, as the board asks for it: alerts, deliveries, messages. It reads; it never writes.

use super::accounts::Asked;
use crate::clock::Wall;
use crate::event::Outcome;
use crate::owed::Owed;
use crate::record::{AlertChange, AlertRecord};

/// Which alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertQuery {
    /// Those that are over as well.
    pub all: bool,
    /// Of one bed only.
    pub bed: Option<String>,
    /// Those that changed at or after this time only.
    pub since: Option<Wall>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// In its line.
    Waiting,
    /// Delivered.
    Done,
    /// Refused for good; a person must look.
    Parked,
    /// Ended by a person.
    Cancelled,
}

impl DeliveryState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Done, Self::Parked, Self::Cancelled];

    /// Its name in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Parked => "parked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads its name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRow {
    /// Its number.
    pub id: i64,
    /// What is owed.
    pub owed: Owed,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// Whether a try may have reached the receiver without our knowing.
    pub uncertain: bool,
    /// Why it waits, was parked or cancelled; empty where there is nothing to say.
    pub why: String,
    /// What the receiver said when it took it.
    pub proof: String,
    /// When it was delivered or cancelled.
    pub settled_at: Option<Wall>,
}

/// Which messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// From one sender only, by its name or its endpoint.
    pub peer: Option<String>,
    /// Of one kind only, such as `ORU^R01`.
    pub kind: Option<String>,
    /// With one outcome only.
    pub outcome: Option<Outcome>,
    /// Those whose bytes, control id or reason contain this.
    pub text: Option<String>,
    /// Older than this one, for the next page.
    pub before: Option<i64>,
    /// How many at most.
    pub most: usize,
}

/// One message of the log, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its number.
    pub id: i64,
    /// When it arrived.
    pub at: Wall,
    /// By which endpoint.
    pub endpoint: String,
    /// From whom.
    pub peer: String,
    /// What kind; empty where it could not be told.
    pub kind: String,
    /// The sender's control id; empty where it has none.
    pub control_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// The names of the alerts that it raised or changed.
    pub alerts: Vec<String>,
    /// How many bytes it has.
    pub length: u32,
}

/// The reads of the store.
pub trait Archive: Send + Sync {
    /// Alerts, in the order in which they were raised.
    fn alerts(&self, query: AlertQuery) -> Asked<'_, Vec<AlertRecord>>;

    /// One alert, open or over.
    fn alert<'a>(&'a self, id: &'a str) -> Asked<'a, Option<AlertRecord>>;

    /// What happened to an alert, in order.
    fn changes<'a>(&'a self, id: &'a str) -> Asked<'a, Vec<AlertChange>>;

    /// Rows of the outbox, the newest first; of one state only, where one is named.
    fn deliveries(&self, state: Option<DeliveryState>, most: usize) -> Asked<'_, Vec<DeliveryRow>>;

    /// Messages, the newest first.
    fn messages(&self, query: MessageQuery) -> Asked<'_, Vec<MessageRow>>;

    /// One message with its bytes as they came.
    fn message(&self, id: i64) -> Asked<'_, Option<(MessageRow, Vec<u8>)>>;
}
