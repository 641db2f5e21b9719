//! What a sender of FHIR is told: ids and statuses for what was taken, OperationOutcomes for what was not.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::fault::{Fault, outcome, said, status_of};
use super::meaning::Done;
use super::message::Shape;

/// Where this face begins; ids are told as addresses below it.
pub(super) const BASE: &str = "/fhir/r4";

/// The media type of FHIR in JSON.
pub(super) const FHIR_JSON: &str = "application/fhir+json";

/// How soon what could not be stored may be sent again, in seconds.
const RETRY_AFTER_S: u8 = 2;

/// What the sender wants to see of a resource that was taken (the `Prefer` header).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Preferred {
    /// The resource as it was taken.
    #[default]
    Representation,
    /// Nothing.
    Minimal,
    /// What was made of it.
    OperationOutcome,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The address of the one resource that was taken.
    pub(super) location: Option<String>,
    /// FHIR in JSON; empty for none.
    pub(super) body: String,
}

impl Answer {
    fn of(status: StatusCode, body: &Value) -> Self {
        Self { status, location: None, body: body.to_string() }
    }

    /// One sentence about no element: what the transport turned away.
    pub(super) fn turned_away(status: StatusCode, code: &str, sentence: &str) -> Self {
        Self::of(status, &said("error", code, sentence))
    }

    /// Nothing was stored: the same may be sent again.
    pub(super) fn not_now(why: &str) -> Self {
        Self::turned_away(StatusCode::SERVICE_UNAVAILABLE, "transient", why)
    }

    /// The message as a whole is refused.
    pub(super) fn refused(faults: &[Fault]) -> Self {
        Self::of(status_of(faults), &outcome(faults))
    }

    /// One resource was taken.
    pub(super) fn single(done: &Done, sent: &[u8], preferred: Preferred) -> Self {
        let status = if done.is_new { StatusCode::CREATED } else { StatusCode::OK };
        let body = match preferred {
            Preferred::Minimal => String::new(),
            Preferred::OperationOutcome => remark(done).to_string(),
            Preferred::Representation => {
                done.id.as_deref().and_then(|id| with_id(sent, id)).unwrap_or_default()
            }
        };
        let location = done.id.as_ref().map(|id| format!("{BASE}/{}/{id}", done.kind));
        Self { status, location, body }
    }

    /// A Bundle was taken: each entry with what became of it.
    pub(super) fn bundle(shape: Shape, answers: &[Result<Done, Fault>]) -> Self {
        let sort = if shape == Shape::Batch { "batch-response" } else { "transaction-response" };
        let entries: Vec<Value> =
            answers.iter().map(|answer| json!({"response": response(answer)})).collect();
        Self::of(StatusCode::OK, &json!({"resourceType": "Bundle", "type": sort, "entry": entries}))
    }
}

fn response(answer: &Result<Done, Fault>) -> Value {
    match answer {
        Ok(Done { id: Some(id), is_new, kind, remark: word }) => {
            let status = if *is_new { StatusCode::CREATED } else { StatusCode::OK };
            let mut response = json!({"status": status.to_string(), "location": format!("{kind}/{id}")});
            if let (false, Ok(done), Value::Object(members)) = (word.is_empty(), answer, &mut response) {
                members.insert("outcome".to_owned(), remark(done));
            }
            response
        }
        Ok(done) => json!({"status": StatusCode::OK.to_string(), "outcome": remark(done)}),
        Err(fault) => json!({"status": fault.status().to_string(), "outcome": outcome([fault])}),
    }
}

fn remark(done: &Done) -> Value {
    let sentence = if done.remark.is_empty() { "taken, and stored" } else { done.remark };
    said("information", "informational", sentence)
}

/// The resource as it was sent, with its id. Its numbers keep their text.
fn with_id(sent: &[u8], id: &str) -> Option<String> {
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(sent).ok()?;
    members.insert("id".to_owned(), to_raw_value(id).ok()?);
    serde_json::to_string(&members).ok()
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
        if let Some(location) = self.location.and_then(|location| HeaderValue::try_from(location).ok()) {
            headers.insert(header::LOCATION, location);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(u16::from(RETRY_AFTER_S)));
        }
        response
    }
}
