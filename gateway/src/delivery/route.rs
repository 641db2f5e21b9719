//! The webhook's route: what WhatsApp tells us, verified over its raw bytes, becomes receipts.
//!
//! What the provider has signed is in the message log, but for the numbers of phones. A forged call changes
//! nothing and leaves nothing there, for whoever finds this address could fill the store; the watch over the
//! house is told. A tap on a button answers nothing: only the board takes answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::webhook::{self, Forged, Notice, Phase};
use crate::event::{Arrival, Door, Event, Outcome, Peer, Raw, Received, Stage, Verdict};
use crate::message::{Identity, Marks, Repeat};
use crate::strangers::{Strangers, Tried};
use crate::words;

/// By what a webhook of the provider is known. Empty keys open nothing.
#[derive(Clone)]
pub struct WebhookKeys {
    app_secret: Arc<str>,
    verify_token: Arc<str>,
}

impl WebhookKeys {
    /// The app's secret, which signs, and the token by which the provider asks whether this address is ours.
    #[must_use]
    pub fn of(app_secret: &str, verify_token: &str) -> Self {
        Self { app_secret: app_secret.into(), verify_token: verify_token.into() }
    }
}

impl std::fmt::Debug for WebhookKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("WebhookKeys(..)")
    }
}

#[derive(Clone)]
struct Webhook {
    keys: WebhookKeys,
    door: Door,
    strangers: Strangers,
}

/// The provider's question, as it asks it.
#[derive(Deserialize)]
struct Question {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.verify_token", default)]
    token: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
}

/// The route, to be merged into the gateway's own.
pub fn router(keys: WebhookKeys, door: Door, strangers: Strangers) -> Router {
    let hook = Webhook { keys, door, strangers };
    Router::new().route("/webhooks/whatsapp", get(ours).post(told)).with_state(hook)
}

async fn ours(State(hook): State<Webhook>, Query(question): Query<Question>) -> Response {
    let expected: &str = &hook.keys.verify_token;
    if expected.is_empty() {
        return StatusCode::FORBIDDEN.into_response();
    }
    match webhook::challenge(&question.mode, &question.token, &question.challenge, expected) {
        Some(challenge) => challenge.to_owned().into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

async fn told(State(hook): State<Webhook>, headers: HeaderMap, body: Bytes) -> Response {
    let signature =
        headers.get("X-Hub-Signature-256").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = hook.keys.app_secret.as_bytes();
    let read = if secret.is_empty() { Err(Forged::Wrong) } else { webhook::read(&body, signature, secret) };
    let (arrival, status) = match read {
        Ok(notices) => (signed(&body, &notices), StatusCode::OK),
        Err(fault @ Forged::Unreadable) => (unreadable(&body, fault), StatusCode::BAD_REQUEST),
        Err(Forged::Unsigned | Forged::Wrong) => {
            tracing::warn!(bytes = body.len(), "a webhook that is not WhatsApp's was turned away");
            hook.strangers.tell(Tried::Webhook);
            return StatusCode::UNAUTHORIZED.into_response();
        }
    };
    match hook.door.hand_over(arrival).await {
        Verdict::Stored(_) => status.into_response(),
        // The provider sends it again, for days.
        Verdict::NotNow(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// A call of the provider's. What it tells a second time, byte for byte, is known as such.
fn signed(body: &Bytes, notices: &[Notice]) -> Arrival {
    let events: Vec<Event> = notices.iter().filter_map(receipt).collect();
    let outcome = if events.is_empty() { Outcome::NotNeeded } else { Outcome::Accepted };
    let repeat = Some(Repeat::Remembered(Identity::of(&[b"whatsapp", body])));
    Arrival { events, ..kept(body, outcome, String::new(), Marks { repeat, patient: None }) }
}

fn unreadable(body: &Bytes, fault: Forged) -> Arrival {
    kept(body, Outcome::Refused, fault.to_string(), Marks::default())
}

fn kept(body: &Bytes, outcome: Outcome, reason: String, marks: Marks) -> Arrival {
    let kind = "webhook".to_owned();
    let bytes = webhook::without_numbers(body);
    let raw = Raw { kind, control_id: String::new(), bytes, outcome, reason, marks };
    let peer = Peer { endpoint: "whatsapp", name: "webhook".to_owned() };
    Arrival { peer, raw: Some(raw), events: Vec::new() }
}

/// The receipt that a status is. The outbox key begins with the alert's name; a row of no alert has no
/// receipt.
fn receipt(notice: &Notice) -> Option<Event> {
    let Notice::Status { key, phase, error, .. } = notice else { return None };
    let alert = words::parse_alert_id(key.split('-').next()?)?;
    let (stage, error) = match phase {
        Phase::Sent => (Stage::Sent, None),
        Phase::Delivered => (Stage::Delivered, None),
        Phase::Read => (Stage::Read, None),
        Phase::Failed => (Stage::Sent, Some(error.clone())),
    };
    let (channel, to) = ("whatsapp".to_owned(), "phone".to_owned());
    Some(Event::Received(Received { alert, stage, channel, to, error }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_finds_its_alert_by_the_key() {
        let status = |key: &str| Notice::Status {
            message: "wamid.1".to_owned(),
            key: key.to_owned(),
            phase: Phase::Delivered,
            at_s: 0,
            error: String::new(),
        };
        let received = receipt(&status("0123456789abcdef-1f-0-whatsapp-00000001"));
        assert!(matches!(received, Some(Event::Received(Received { stage: Stage::Delivered, .. }))));
        assert!(receipt(&status("vitals-frappe-03-1")).is_none());
    }
}
