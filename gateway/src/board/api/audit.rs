//! The audit, for those who look who changed what and why. It adds nothing and vouches for nothing: the chain
//! is walked by `wardlight audit verify`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Query;
use crate::board::Shared;
use crate::board::access::Reader;
use crate::board::archive::AuditLink;
use crate::board::json::rfc3339;
use crate::board::problem::Problem;
use crate::hex;

/// How many rows one answer holds; `before` asks for the next ones.
const ROWS_MOST: usize = 500;

/// Which rows.
#[derive(Deserialize)]
pub(in crate::board) struct Asked {
    before: Option<i64>,
}

/// `GET /audit`: the newest first.
pub(in crate::board) async fn rows(
    reader: Reader,
    State(board): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let rows = board.deps.archive.audit(asked.before, ROWS_MOST).await?;
    let json = rows.iter().map(|link| RowJson::of(link, reader.is_signed_in));
    Ok(Json(json.collect::<Vec<_>>()).into_response())
}

/// One row with its sum, which is made of the row and of the sum before it.
#[derive(Serialize)]
struct RowJson<'a> {
    id: i64,
    at: String,
    actor: &'a str,
    station: &'a str,
    what: &'a str,
    /// For those who signed in: it may name a patient, or what was found.
    reason: Option<&'a str>,
    sum: String,
}

impl<'a> RowJson<'a> {
    fn of(link: &'a AuditLink, whole: bool) -> Self {
        let row = &link.row;
        Self {
            id: row.id,
            at: rfc3339(row.wall),
            actor: &row.actor,
            station: &row.station,
            what: &row.what,
            reason: whole.then_some(row.reason.as_str()),
            sum: hex::of(&link.sum),
        }
    }
}
