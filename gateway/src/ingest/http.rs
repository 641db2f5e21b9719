//! HL7 over HTTP: `POST /hl7` with `application/hl7-v2`.
//!
//! Every acknowledgement, refusals too, comes with status 200; other statuses speak of the transport alone.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::bearer::{self, Gate, Tokens};
use super::intake::Hl7Intake;

/// The most bytes of one body, as on MLLP.
const BODY_MOST: usize = 16 * 1024 * 1024;

/// The media type of HL7 version 2 in its vertical-bar form.
const HL7_V2: &str = "application/hl7-v2";

/// What a body of another media type is answered.
const UNSUPPORTED: &str = "send HL7 version 2 as application/hl7-v2";

/// The route, to be merged into the gateway's own. From other machines it takes only who has a token.
pub fn router(intake: Hl7Intake, tokens: Arc<dyn Tokens>) -> Router {
    let gate = Gate::new(tokens, intake.counts(), |status, why| (status, why.to_owned()).into_response());
    Router::new()
        .route("/hl7", post(take))
        .layer(DefaultBodyLimit::max(BODY_MOST))
        .layer(from_fn_with_state(gate, bearer::check))
        .with_state(intake)
}

async fn take(
    State(intake): State<Hl7Intake>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let from = peer.ip().to_string();
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            intake.keep_refused(&from, &[], &rejection.body_text()).await;
            return rejection.into_response();
        }
    };
    let sent_as = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if sent_as.split(';').next().map(str::trim) != Some(HL7_V2) {
        intake.keep_refused(&from, &body, UNSUPPORTED).await;
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED).into_response();
    }
    let answers = intake.take_bytes(&from, &body).await;
    ([(header::CONTENT_TYPE, HL7_V2)], answers.concat()).into_response()
}
