//! What the store has kept, as the board asks for it: alerts, deliveries, messages. It reads; it never
//! writes.

use super::accounts::Asked;
pub use crate::journal::{
    AlertQuery, AuditLink, DeliveryRow, DeliveryState, MessageQuery, MessageRow, MessageWhole, PastAlert,
    Stretch,
};
use crate::record::{AlertChange, AlertRecord};

/// The reads of the store.
pub trait Archive: Send + Sync {
    /// Alerts, in the order in which they were raised.
    fn alerts(&self, query: AlertQuery) -> Asked<'_, Vec<AlertRecord>>;

    /// One alert, open or over.
    fn alert<'a>(&'a self, id: &'a str) -> Asked<'a, Option<AlertRecord>>;

    /// The beds of which there are alerts; none for the ward itself.
    fn alert_beds(&self) -> Asked<'_, Vec<Option<String>>>;

    /// One page of a bed's alerts, with what happened to each.
    fn past_alerts(&self, stretch: Stretch) -> Asked<'_, Vec<PastAlert>>;

    /// What happened to an alert, in order.
    fn changes<'a>(&'a self, id: &'a str) -> Asked<'a, Vec<AlertChange>>;

    /// Rows of the outbox, the newest first; of one state only, where one is named.
    fn deliveries(&self, state: Option<DeliveryState>, most: usize) -> Asked<'_, Vec<DeliveryRow>>;

    /// One row of the outbox.
    fn delivery(&self, id: i64) -> Asked<'_, Option<DeliveryRow>>;

    /// Rows of the audit below `before`, the newest first.
    fn audit(&self, before: Option<i64>, most: usize) -> Asked<'_, Vec<AuditLink>>;

    /// Messages, the newest first.
    fn messages(&self, query: MessageQuery) -> Asked<'_, Vec<MessageRow>>;

    /// One message with its bytes as they came or went.
    fn message(&self, id: i64) -> Asked<'_, Option<MessageWhole>>;
}
