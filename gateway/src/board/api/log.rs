//! The log of messages and the outbox, for those who look why something did or did not arrive.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Path, Query};
use crate::board::access::Reader;
use crate::board::archive::{DeliveryRow, DeliveryState, MessageQuery, MessageRow};
use crate::board::json::rfc3339;
use crate::board::problem::Problem;
use crate::board::{Shared, hex};
use crate::clock::Clock;
use crate::event::Outcome;
use crate::owed::Parcel;
use crate::words;

/// How many rows one answer holds; `before` asks for the next ones.
const ROWS_MOST: usize = 500;

/// Which deliveries.
#[derive(Deserialize)]
pub(in crate::board) struct DeliveriesAsked {
    state: Option<String>,
}

/// `GET /deliveries`.
pub(in crate::board) async fn deliveries(
    _reader: Reader,
    State(board): State<Shared>,
    Query(asked): Query<DeliveriesAsked>,
) -> Result<Response, Problem> {
    let unknown = || Problem::value("state", "state is one of waiting, done, parked, cancelled");
    let state = asked.state.map(|word| DeliveryState::parse(&word).ok_or_else(unknown)).transpose()?;
    let rows = board.deps.archive.deliveries(state, ROWS_MOST).await?;
    let clock = &board.deps.clock;
    Ok(Json(rows.iter().map(|row| DeliveryJson::of(row, clock)).collect::<Vec<_>>()).into_response())
}

/// One row of the outbox. No phone number: the role it belongs to.
#[derive(Serialize)]
struct DeliveryJson<'a> {
    id: i64,
    key: &'a str,
    destination: &'static str,
    what: &'static str,
    to: Option<&'a str>,
    bed: Option<&'a str>,
    alert: Option<String>,
    step: Option<u16>,
    state: &'static str,
    due_at: String,
    tries: u32,
    uncertain: bool,
    why: &'a str,
    proof: &'a str,
    settled_at: Option<String>,
}

impl<'a> DeliveryJson<'a> {
    fn of(row: &'a DeliveryRow, clock: &Clock) -> Self {
        let owed = &row.owed;
        let (what, to, bed) = match &owed.parcel {
            Parcel::Vitals { bed, .. } => ("vitals", None, Some(bed.as_str())),
            Parcel::Notice { to, .. } => ("notice", Some(to.as_str()), None),
            Parcel::Phone { to, bed, .. } => ("phone", Some(to.as_str()), Some(bed.as_str())),
        };
        Self {
            id: row.id,
            key: &owed.key,
            destination: owed.destination.word(),
            what,
            to,
            bed,
            alert: owed.alert.map(|(alert, _)| words::alert_id(alert)),
            step: owed.alert.map(|(_, step)| step),
            state: row.state.word(),
            due_at: rfc3339(clock.wall_of(owed.due)),
            tries: row.tries,
            uncertain: row.uncertain,
            why: &row.why,
            proof: &row.proof,
            settled_at: row.settled_at.map(rfc3339),
        }
    }
}

/// Which messages.
#[derive(Deserialize)]
pub(in crate::board) struct MessagesAsked {
    peer: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    state: Option<String>,
    q: Option<String>,
    before: Option<i64>,
}

/// `GET /messages`.
pub(in crate::board) async fn messages(
    _reader: Reader,
    State(board): State<Shared>,
    Query(asked): Query<MessagesAsked>,
) -> Result<Response, Problem> {
    let outcome = asked.state.as_deref().map(outcome_of).transpose()?;
    let query = MessageQuery {
        peer: asked.peer,
        kind: asked.kind,
        outcome,
        text: asked.q,
        before: asked.before,
        most: ROWS_MOST,
    };
    let rows = board.deps.archive.messages(query).await?;
    Ok(Json(rows.iter().map(MessageJson::of).collect::<Vec<_>>()).into_response())
}

/// `GET /messages/{id}`: with the bytes as they came, as text, and in hexadecimal where they are none.
pub(in crate::board) async fn message(
    _reader: Reader,
    State(board): State<Shared>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let found = board.deps.archive.message(id).await?;
    let (row, bytes) = found.ok_or_else(|| Problem::not_found(&format!("message {id}")))?;
    let mut json = serde_json::to_value(MessageJson::of(&row)).unwrap_or_default();
    if let Value::Object(members) = &mut json {
        let (name, text) = match String::from_utf8(bytes) {
            Ok(text) => ("raw", text),
            Err(other) => ("raw_hex", hex(other.as_bytes())),
        };
        members.insert(name.to_owned(), Value::String(text));
    }
    Ok(Json(json).into_response())
}

#[derive(Serialize)]
struct MessageJson<'a> {
    id: i64,
    at: String,
    endpoint: &'a str,
    peer: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    control_id: &'a str,
    state: &'static str,
    reason: &'a str,
    alerts: &'a [String],
    length: u32,
}

impl<'a> MessageJson<'a> {
    fn of(row: &'a MessageRow) -> Self {
        Self {
            id: row.id,
            at: rfc3339(row.wall),
            endpoint: &row.endpoint,
            peer: &row.peer,
            kind: &row.kind,
            control_id: &row.control_id,
            state: outcome_word(row.outcome),
            reason: &row.reason,
            alerts: &row.alerts,
            length: row.length,
        }
    }
}

const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::NotNeeded => "not-needed",
        Outcome::Refused => "refused",
    }
}

fn outcome_of(word: &str) -> Result<Outcome, Problem> {
    let all = [Outcome::Accepted, Outcome::NotNeeded, Outcome::Refused];
    let known = all.into_iter().find(|outcome| outcome_word(*outcome) == word);
    known.ok_or_else(|| Problem::value("state", "state is one of accepted, not-needed, refused"))
}
