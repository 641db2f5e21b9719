//! How a Frappe site says no: the exception's name, the status it travels with, and the two shapes of its
//! answer.
//!
//! Source of names and statuses: frappe 15.44.2 `frappe/exceptions.py`, and what a live site was seen to
//! answer.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The exceptions this site can raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is Frappe's own exception of that name")]
pub enum Exception {
    Authentication,
    CharacterLengthExceeded,
    DocstatusTransition,
    DocumentLocked,
    DoesNotExist,
    DuplicateEntry,
    Import,
    JsonDecode,
    LinkValidation,
    Mandatory,
    Operational,
    Permission,
    QueryDeadlock,
    QueryTimeout,
    TimestampMismatch,
    TooManyRequests,
    Type,
    UniqueValidation,
    UpdateAfterSubmit,
    Validation,
}

impl Exception {
    /// The class name (`exc_type`) and the HTTP status.
    fn row(self) -> (&'static str, StatusCode) {
        const BROKEN: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
        const INVALID: StatusCode = StatusCode::EXPECTATION_FAILED;
        match self {
            Self::Authentication => ("AuthenticationError", StatusCode::UNAUTHORIZED),
            Self::CharacterLengthExceeded => ("CharacterLengthExceededError", INVALID),
            Self::DocstatusTransition => ("DocstatusTransitionError", INVALID),
            Self::DocumentLocked => ("DocumentLockedError", INVALID),
            Self::DoesNotExist => ("DoesNotExistError", StatusCode::NOT_FOUND),
            Self::DuplicateEntry => ("DuplicateEntryError", StatusCode::CONFLICT),
            Self::Import => ("ImportError", BROKEN),
            Self::JsonDecode => ("JSONDecodeError", BROKEN),
            Self::LinkValidation => ("LinkValidationError", INVALID),
            Self::Mandatory => ("MandatoryError", INVALID),
            Self::Operational => ("OperationalError", BROKEN),
            Self::Permission => ("PermissionError", StatusCode::FORBIDDEN),
            Self::QueryDeadlock => ("QueryDeadlockError", BROKEN),
            Self::QueryTimeout => ("QueryTimeoutError", BROKEN),
            Self::TimestampMismatch => ("TimestampMismatchError", INVALID),
            Self::TooManyRequests => ("TooManyRequestsError", StatusCode::TOO_MANY_REQUESTS),
            Self::Type => ("TypeError", BROKEN),
            Self::UniqueValidation => ("UniqueValidationError", INVALID),
            Self::UpdateAfterSubmit => ("UpdateAfterSubmitError", INVALID),
            Self::Validation => ("ValidationError", INVALID),
        }
    }
}

/// One refusal: what was raised, in which words, and when to come back if the site says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox HIS refuses: {exception:?}: {message}")]
pub struct Refusal {
    exception: Exception,
    message: String,
    retry_after_s: Option<u32>,
}

impl Refusal {
    /// Raises `exception` with `message`.
    #[must_use]
    pub fn new(exception: Exception, message: impl Into<String>) -> Self {
        Self { exception, message: message.into(), retry_after_s: None }
    }

    /// The site's rate limiter: come back after so many seconds.
    #[must_use]
    pub fn too_many_requests(retry_after_s: u32) -> Self {
        let message = "Too Many Requests".to_owned();
        Self { exception: Exception::TooManyRequests, message, retry_after_s: Some(retry_after_s) }
    }

    /// What was raised.
    #[must_use]
    pub fn exception(&self) -> Exception {
        self.exception
    }

    /// The answer on the wire.
    pub(super) fn answer(&self, api: Api) -> Response {
        let (_, status) = self.exception.row();
        let mut response = (status, Json(self.body(api))).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn body(&self, api: Api) -> Value {
        let (name, status) = self.exception.row();
        // What breaks below Frappe's own checks carries no message for the user.
        let told = !status.is_server_error();
        match (api, told) {
            (Api::V1, true) => {
                let message = json!({"message": self.message, "title": "Message", "raise_exception": 1});
                let messages = json!([message.to_string()]).to_string();
                json!({"exc_type": name, "exception": self.exception_line(), "_server_messages": messages})
            }
            (Api::V1, false) => json!({"exc_type": name, "exception": self.exception_line()}),
            (Api::V2, true) => {
                json!({"errors": [{"type": name, "message": self.message, "title": "Message"}]})
            }
            (Api::V2, false) => json!({"errors": [{"type": name, "exception": self.exception_line()}]}),
        }
    }

    /// The last line of the traceback, with the module the class comes from.
    fn exception_line(&self) -> String {
        let (name, _) = self.exception.row();
        let module = match self.exception {
            Exception::Operational => "pymysql.err.",
            Exception::JsonDecode => "json.decoder.",
            Exception::Import | Exception::Type => "",
            _ => "frappe.exceptions.",
        };
        format!("{module}{name}: {}", self.message)
    }
}

/// Which of the two faces was asked; it decides the shape of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// `/api/resource`, `/api/method`
    V1,
    /// `/api/v2`
    V2,
}

impl<S: Sync> FromRequestParts<S> for Api {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(if parts.uri.path().starts_with("/api/v2/") { Self::V2 } else { Self::V1 })
    }
}
