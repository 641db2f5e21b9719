//! The webhook's route: what WhatsApp tells us, verified over its raw bytes, becomes receipts.
//!
//! What the provider has signed is in the message log, but for the numbers of phones. A forged call changes
//! nothing, and nothing of it is kept here, for whoever finds this address could fill the store; the watch over
//! the house is told, and notes the first of a series. A tap on a button is an answer where [`super::tap`] says so; one that is none is kept with
//! the reason.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::tap::{NoAnswer, Taps};
use super::webhook::{self, Forged, Notice, Phase};
use crate::event::{Arrival, Door, Event, Outcome, Peer, Raw, Received, Stage, Verdict};
use crate::message::{Identity, Marks, Repeat};
use crate::owed::Call;
use crate::strangers::{Strangers, Tried};

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
    taps: Taps,
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
pub fn router(keys: WebhookKeys, taps: Taps, door: Door, strangers: Strangers) -> Router {
    let hook = Webhook { keys, taps, door, strangers };
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
        Ok(notices) => (signed(&body, &notices, &hook.taps), StatusCode::OK),
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
fn signed(body: &Bytes, notices: &[Notice], taps: &Taps) -> Arrival {
    let (mut events, mut none) = (Vec::new(), None);
    for notice in notices {
        let (meant, no_answer) = events_of(notice, taps);
        events.extend(meant);
        none = none.or(no_answer);
    }
    if let Some(why) = none {
        tracing::warn!(%why, "a tap on a phone");
    }
    let outcome = match (events.as_slice(), none) {
        ([], Some(_)) => Outcome::Refused,
        ([], None) => Outcome::NotNeeded,
        _ => Outcome::Accepted,
    };
    let repeat = Some(Repeat::Remembered(Identity::of(&[b"whatsapp", body])));
    let reason = none.map(|why| why.to_string()).unwrap_or_default();
    Arrival { events, ..kept(body, outcome, reason, Marks { repeat, patient: None }) }
}

fn events_of(notice: &Notice, taps: &Taps) -> (Vec<Event>, Option<NoAnswer>) {
    match notice {
        Notice::Status { key, phase, error, .. } => (receipts(key, *phase, error), None),
        Notice::Tap { from, payload, .. } => taps.read(payload, from),
    }
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

/// The receipts that a status is: one for each call that its message stood for. A row of no alert has none.
fn receipts(keys: &str, phase: Phase, error: &str) -> Vec<Event> {
    let (stage, error) = match phase {
        Phase::Sent => (Stage::Sent, None),
        Phase::Delivered => (Stage::Delivered, None),
        Phase::Read => (Stage::Read, None),
        Phase::Failed => (Stage::Sent, Some(error.to_owned())),
    };
    let receipt = |call: Call| {
        let (channel, to) = ("whatsapp".to_owned(), "phone".to_owned());
        Event::Received(Received { alert: call.alert, stage, channel, to, error: error.clone() })
    };
    keys.split(' ').filter_map(Call::of).map(receipt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_finds_its_alerts_by_their_keys() {
        let one = "0123456789abcdef-1f-0-whatsapp-00000001";
        let stages = |keys: &str| {
            let told = receipts(keys, Phase::Delivered, "");
            let stage = |event: &Event| match event {
                Event::Received(received) => (received.alert.0, received.stage),
                other => panic!("{other:?}"),
            };
            told.iter().map(stage).collect::<Vec<_>>()
        };
        assert_eq!(stages(one), [(0x0123_4567_89ab_cdef, Stage::Delivered)]);
        let two = format!("{one} 00000000000000ab-2-1-whatsapp-00000001");
        assert_eq!(stages(&two).len(), 2);
        assert_eq!(stages("vitals-frappe-03-1"), []);
    }
}
