//! The self-test of an annunciator, in two calls: sound it, and say whether it was heard.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::hand_over::Credentials;
use super::{Body, Path};
use crate::board::Shared;
use crate::board::accounts::AccountRole;
use crate::board::annunciators::{NoTest, Tester};
use crate::board::json::rfc3339;
use crate::board::problem::Problem;

/// For how long a person may listen before their word counts no more, in seconds.
const LISTENS_S: u32 = 300;

/// A test as it is wanted, or with `heard` as it is answered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Testing {
    heard: Option<bool>,
    by: String,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
}

impl Testing {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            by: &self.by,
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        }
    }
}

/// `POST /annunciators/{id}/test`.
pub(in crate::board) async fn test(
    State(board): State<Shared>,
    Path(id): Path<String>,
    Body(testing): Body<Testing>,
) -> Result<Response, Problem> {
    let credentials = testing.credentials();
    let account = credentials.account(&board).await?;
    if account.role == AccountRole::Viewer {
        return Err(Problem::forbidden("viewer looks only; ask a nurse or an engineer to test the sound"));
    }
    let by = Tester { name: account.name, station: credentials.station().to_owned() };
    let annunciators = &board.deps.annunciators;
    let refused = |why| match why {
        NoTest::Unknown => Problem::not_found(&format!("annunciator {id}")),
        NoTest::Conflict(why) => Problem::new(StatusCode::CONFLICT, "no-test", why),
    };
    let Some(heard) = testing.heard else {
        annunciators.begin_test(&id, &by).await?.map_err(refused)?;
        let asks = "did you hear ten pulses, at the station, as loud as an alert must be? Send \"heard\"";
        return Ok(Json(json!({ "id": id, "asks": asks, "answer_within_s": LISTENS_S })).into_response());
    };
    let at = annunciators.answer_test(&id, heard, &by).await?.map_err(refused)?;
    Ok(Json(json!({ "id": id, "heard": heard, "at": rfc3339(at), "by": by.name })).into_response())
}
