//! What went wrong with a call, as an RFC 9457 problem document. Its sentences tell a person what to do next.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::accounts::Unreadable;
use super::pin::PinFault;

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    status: StatusCode,
    /// The name of its kind; stable, for programs.
    kind: &'static str,
    detail: String,
    more: Map<String, Value>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), more: Map::new() }
    }

    /// Whether the caller was turned away for good, as against told to come again.
    pub(super) fn is_refusal(&self) -> bool {
        self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS
    }

    /// Whether a PIN or a badge was tried and is not theirs.
    pub(super) fn is_of_a_pin(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    /// Its sentence.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// With one more member, for programs.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("{what}: there is no such thing here"))
    }

    /// A value that cannot be taken as it is.
    pub(super) fn value(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail)
    }

    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "role", detail)
    }

    /// Nothing was stored; the same call may be made again.
    pub(super) fn not_now(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-now", detail).with("retry_after_s", 2)
    }

    fn paused(kind: &'static str, detail: String, wait_s: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, kind, detail).with("retry_after_s", wait_s)
    }

    pub(super) fn sign_in_needed() -> Self {
        let detail = "this address is no registered station: sign in, or send a token";
        Self::new(StatusCode::UNAUTHORIZED, "sign-in-needed", detail)
    }

    pub(super) fn token_needed() -> Self {
        let detail = "only a program with a token may do this: send it as Authorization: Bearer";
        Self::new(StatusCode::UNAUTHORIZED, "token-needed", detail)
    }

    pub(super) fn token_unknown() -> Self {
        let detail = "this token is not known here: ask for a new one (wardlight token create)";
        Self::new(StatusCode::UNAUTHORIZED, "token-unknown", detail)
    }
}

impl From<PinFault> for Problem {
    fn from(fault: PinFault) -> Self {
        let detail = fault.to_string();
        match fault {
            PinFault::Wrong => Self::new(StatusCode::UNAUTHORIZED, "pin-wrong", detail),
            PinFault::UnknownBadge => Self::new(StatusCode::UNAUTHORIZED, "badge-unknown", detail),
            PinFault::Paused { wait_s } => Self::paused("pin-paused", detail, wait_s),
            PinFault::BadgesPaused { wait_s } => Self::paused("badge-paused", detail, wait_s),
            PinFault::Unreadable(_) | PinFault::Broken => Self::not_now(detail),
        }
    }
}

impl From<Unreadable> for Problem {
    fn from(fault: Unreadable) -> Self {
        Self::not_now(fault.to_string())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "body", rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), "query", rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), "path", rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let wait_s = self.more.get("retry_after_s").and_then(Value::as_u64);
        let mut document = json!({
            "type": format!("urn:wardlight:problem:{}", self.kind),
            "title": self.kind.replace('-', " "),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Value::Object(members) = &mut document {
            members.extend(self.more);
        }
        let mut response = (self.status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait_s) = wait_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait_s));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
