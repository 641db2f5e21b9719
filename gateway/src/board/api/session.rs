//! Signing in and out with a browser.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use rules::Span;
use serde::Deserialize;
use serde_json::json;

use super::Body;
use super::hand_over::Credentials;
use crate::board::Shared;
use crate::board::problem::Problem;
use crate::board::session::{LASTS_MOST, cookie_of, set_cookie, token_hash};

/// Who signs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct SignIn {
    name: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
    /// For how long; a screen that everybody passes wants less than a shift.
    minutes: Option<u32>,
}

impl SignIn {
    fn lasts(&self) -> Result<Span, Problem> {
        let most = LASTS_MOST.whole_seconds() / 60;
        let Some(minutes) = self.minutes else { return Ok(LASTS_MOST) };
        let wrong = || Problem::value("minutes", format!("send \"minutes\", 1 to {most}, or leave it out"));
        (1..=most).contains(&minutes).then_some(Span::minutes(minutes)).ok_or_else(wrong)
    }
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
    let lasts = who.lasts()?;
    let account = credentials.account(&board, &[]).await?;
    let (deps, now) = (&board.deps, board.deps.clock.now());
    let full = || Problem::not_now("no session could be opened");
    let token = board.sessions.open(now, lasts).ok_or_else(full)?;
    let cookie = set_cookie(Some((&token, lasts)), deps.access.over_tls);
    Ok(([(SET_COOKIE, cookie)], Json(json!({ "name": account.name, "role": account.role.word() }))))
}

/// `DELETE /session`.
pub(in crate::board) async fn sign_out(State(board): State<Shared>, headers: HeaderMap) -> impl IntoResponse {
    if let Some(token) = cookie_of(&headers) {
        board.sessions.end(token_hash(token));
    }
    (StatusCode::NO_CONTENT, [(SET_COOKIE, set_cookie(None, board.deps.access.over_tls))])
}
