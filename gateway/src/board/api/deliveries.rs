//! The outbox, for those who look why something did or did not arrive, and the word of a person on what came
//! to nothing. Whether that still can be done is for those who keep it to say.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::hand_over::Credentials;
use super::{Body, Path, Query};
use crate::board::access::Reader;
use crate::board::accounts::AccountRole;
use crate::board::archive::{DeliveryRow, DeliveryState};
use crate::board::json::rfc3339;
use crate::board::outbox::Wish;
use crate::board::problem::Problem;
use crate::board::replays::Author;
use crate::board::{Board, Shared};
use crate::clock::Clock;
use crate::owed::Parcel;
use crate::words;

/// How many rows one answer holds.
const ROWS_MOST: usize = 500;

/// The longest reason that is taken, in bytes.
const REASON_MOST: usize = 500;

/// Which deliveries.
#[derive(Deserialize)]
pub(in crate::board) struct DeliveriesAsked {
    state: Option<String>,
}

/// `GET /deliveries`.
pub(in crate::board) async fn some(
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

/// What a person says with their wish.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Wishing {
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
    reason: String,
}

impl Wishing {
    /// Who wishes it, proven, and why.
    async fn author(&self, board: &Board) -> Result<Author, Problem> {
        let credentials = Credentials {
            by: self.by.as_deref(),
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        };
        let account = credentials.account(board, &[&self.reason]).await?;
        if !matches!(account.role, AccountRole::Admin | AccountRole::Biomed) {
            return Err(Problem::forbidden("only biomed or an admin lets deliveries go again or ends them"));
        }
        let reason = self.reason.trim();
        if reason.is_empty() || reason.len() > REASON_MOST {
            return Err(Problem::value(
                "reason",
                "say why in \"reason\", in at most 500 bytes: it is audited",
            ));
        }
        let station = credentials.station().to_owned();
        Ok(Author { name: account.name, station, reason: reason.to_owned() })
    }
}

/// `POST /deliveries/{id}/retry`: a parked one goes again.
pub(in crate::board) async fn retry(
    State(board): State<Shared>,
    Path(id): Path<i64>,
    Body(wishing): Body<Wishing>,
) -> Result<Response, Problem> {
    mend(&board, id, Wish::Again, &wishing).await
}

/// `POST /deliveries/{id}/cancel`: one that waits or is parked ends.
pub(in crate::board) async fn cancel(
    State(board): State<Shared>,
    Path(id): Path<i64>,
    Body(wishing): Body<Wishing>,
) -> Result<Response, Problem> {
    mend(&board, id, Wish::End, &wishing).await
}

async fn mend(board: &Board, id: i64, wish: Wish, wishing: &Wishing) -> Result<Response, Problem> {
    let author = wishing.author(board).await?;
    let done = board.deps.outbox.mend(id, wish, &author).await?;
    let row = board.deps.archive.delivery(id).await?;
    let row = row.ok_or_else(|| Problem::not_found(&format!("delivery {id}")))?;
    if done {
        return Ok(Json(DeliveryJson::of(&row, &board.deps.clock)).into_response());
    }
    let state = row.state.word();
    let needs = match wish {
        Wish::Again => "only a parked one goes again",
        Wish::End => "only one that waits or is parked can be ended",
    };
    let problem = Problem::new(StatusCode::CONFLICT, "already", format!("delivery {id} is {state}: {needs}"));
    Err(problem.with("state", state))
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
            Parcel::Canary { .. } => ("canary", None, None),
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
