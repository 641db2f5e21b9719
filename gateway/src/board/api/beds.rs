//! The beds as they are now.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::{Path, bed_of};
use crate::board::Shared;
use crate::board::access::Reader;
use crate::board::json::BedJson;
use crate::board::problem::Problem;

/// `GET /beds`.
pub(in crate::board) async fn all(_reader: Reader, State(board): State<Shared>) -> Response {
    let (view, showing) = (board.view(), board.showing());
    Json(view.beds.iter().map(|bed| BedJson::of(bed, &showing)).collect::<Vec<_>>()).into_response()
}

/// `GET /beds/{bed}`.
pub(in crate::board) async fn one(
    _reader: Reader,
    State(board): State<Shared>,
    Path(label): Path<String>,
) -> Result<Response, Problem> {
    let bed = bed_of(&board, &label)?;
    Ok(Json(BedJson::of(&bed, &board.showing())).into_response())
}
