//! The outbox, for those who look why something did or did not arrive.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Query;
use crate::board::Shared;
use crate::board::access::Reader;
use crate::board::archive::{DeliveryRow, DeliveryState};
use crate::board::json::rfc3339;
use crate::board::problem::Problem;
use crate::clock::Clock;
use crate::owed::Parcel;
use crate::words;

/// How many rows one answer holds.
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
            Parcel::Task { to, .. } => ("task", Some(to.as_str()), None),
            Parcel::TaskDone { .. } => ("task_done", None, None),
            Parcel::Alarm(alarm) => ("alarm", None, Some(alarm.bed.as_str()).filter(|bed| !bed.is_empty())),
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
