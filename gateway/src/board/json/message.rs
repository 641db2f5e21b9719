//! One message of the log as JSON, without its bytes: what the API lists and the command line writes.

use serde::Serialize;

use super::rfc3339;
use crate::journal::MessageRow;

/// One message of the log.
#[derive(Debug, Serialize)]
pub(crate) struct MessageJson<'a> {
    id: i64,
    at: String,
    way: &'static str,
    endpoint: &'a str,
    peer: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    control_id: &'a str,
    patient: Option<&'a str>,
    state: &'static str,
    reason: &'a str,
    alerts: &'a [String],
    duplicate_of: Option<i64>,
    delivery: Option<i64>,
    length: u32,
}

impl<'a> MessageJson<'a> {
    pub(crate) fn of(row: &'a MessageRow) -> Self {
        Self {
            id: row.id,
            at: rfc3339(row.wall),
            way: row.way.word(),
            endpoint: &row.endpoint,
            peer: &row.peer,
            kind: &row.kind,
            control_id: &row.control_id,
            patient: row.patient.as_ref().map(|patient| patient.0.as_str()),
            state: row.outcome.word(),
            reason: &row.reason,
            alerts: &row.alerts,
            duplicate_of: row.duplicate_of,
            delivery: row.delivery,
            length: row.length,
        }
    }
}
