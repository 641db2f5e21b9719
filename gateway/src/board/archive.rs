//! What the store has kept, as the board asks for it: alerts, deliveries, messages. It reads; it never
//! writes.

use super::accounts::Asked;
pub use crate::journal::{AlertQuery, DeliveryRow, DeliveryState, MessageQuery, MessageRow, MessageWhole};
use crate::record::{AlertChange, AlertRecord};

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

    /// One message with its bytes as they came or went.
    fn message(&self, id: i64) -> Asked<'_, Option<MessageWhole>>;
}
