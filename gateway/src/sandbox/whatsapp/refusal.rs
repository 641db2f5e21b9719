//! How the Cloud API says no. The code is what counts; the HTTP status and the words are not to be relied on.
//!
//! Source of codes: Meta's error reference, as gathered from several copies of it. 132000, 132001 and 132015
//! are not confirmed against Meta's own page.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The codes this end can answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 0: nobody signed the request.
    NoToken,
    /// 2: Meta's own fault; try again.
    Unavailable,
    /// 33: no such phone number id.
    NumberGone,
    /// 100: a parameter is wrong, missing or misspelled.
    InvalidParameter,
    /// 190: the token is wrong or has expired.
    TokenExpired,
    /// 368: blocked for breach of policy.
    PolicyBlock,
    /// 130429: more messages a second than the number may send.
    Throughput,
    /// 131047: the 24-hour window is closed; only a template may be sent.
    WindowClosed,
    /// 131048: too many of the number's messages were blocked or reported.
    SpamRate,
    /// 131056: too many messages to one person.
    PairRate,
    /// 131057: the number is being upgraded.
    Maintenance,
    /// 132000: the template takes another number of parameters.
    ParameterCount,
    /// 132001: no such template in that language.
    NoTemplate,
    /// 132015: the template is paused for low quality.
    TemplatePaused,
}

impl Code {
    /// The number, the HTTP status and the title.
    fn row(self) -> (u32, StatusCode, &'static str) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        match self {
            Self::NoToken => (0, StatusCode::UNAUTHORIZED, "AuthException"),
            Self::Unavailable => (2, StatusCode::SERVICE_UNAVAILABLE, "API Service"),
            Self::NumberGone => (33, BAD, "Parameter value is not valid"),
            Self::InvalidParameter => (100, BAD, "Invalid parameter"),
            Self::TokenExpired => (190, StatusCode::UNAUTHORIZED, "Access token has expired"),
            Self::PolicyBlock => (368, StatusCode::FORBIDDEN, "Temporarily blocked for policies violations"),
            Self::Throughput => (130_429, BAD, "Rate limit hit"),
            Self::WindowClosed => (131_047, BAD, "Re-engagement message"),
            Self::SpamRate => (131_048, BAD, "Spam rate limit hit"),
            Self::PairRate => (131_056, BAD, "Business account, consumer account pair rate limit hit"),
            Self::Maintenance => (131_057, BAD, "Account in maintenance mode"),
            Self::ParameterCount => (132_000, BAD, "Template Param Count Mismatch"),
            Self::NoTemplate => (132_001, StatusCode::NOT_FOUND, "Template does not exist"),
            Self::TemplatePaused => (132_015, BAD, "Template is Paused"),
        }
    }
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: Code,
    details: String,
}

impl Refusal {
    /// Refuses with `code`, for the reason in `details`.
    #[must_use]
    pub fn new(code: Code, details: impl Into<String>) -> Self {
        Self { code, details: details.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, status, title) = self.code.row();
        let body = json!({"error": {
            "message": format!("(#{code}) {title}"),
            "type": "OAuthException",
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": "sandbox",
        }});
        (status, Json(body)).into_response()
    }
}
