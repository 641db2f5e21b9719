//! Signing in and out with a browser.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;

use super::Body;
use super::hand_over::Credentials;
use crate::board::Shared;
use crate::board::problem::Problem;
use crate::board::session::{cookie_of, set_cookie, token_hash};

/// Who signs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct SignIn {
    name: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
}

/// `POST /session`.
pub(in crate::board) async fn sign_in(
    State(board): State<Shared>,
    Body(who): Body<SignIn>,
) -> Result<impl IntoResponse, Problem> {
    let credentials = Credentials {
        by: who.name.as_deref(),
        pin: who.pin.as_deref(),
        badge: who.badge.as_deref(),
        station: who.station.as_deref(),
    };
    let account = credentials.account(&board).await?;
    let (deps, now) = (&board.deps, board.deps.clock.now());
    let token = board.sessions.open(now).ok_or_else(|| Problem::not_now("no session could be opened"))?;
    let cookie = set_cookie(Some(&token), deps.access.over_tls);
    Ok(([(SET_COOKIE, cookie)], Json(json!({ "name": account.name, "role": account.role.word() }))))
}

/// `DELETE /session`.
pub(in crate::board) async fn sign_out(State(board): State<Shared>, headers: HeaderMap) -> impl IntoResponse {
    if let Some(token) = cookie_of(&headers) {
        board.sessions.end(token_hash(token));
    }
    (StatusCode::NO_CONTENT, [(SET_COOKIE, set_cookie(None, board.deps.access.over_tls))])
}
