//! The webhook's route: what WhatsApp tells us, verified over its raw bytes, becomes receipts.
//!
//! What the provider has signed is in the message log, but for the numbers of phones. A forged call changes
//! nothing, and nothing of it is kept here, for whoever finds this address could fill the store; the watch
//! over the house is told, and notes the first of a series. A tap on a button is an answer where
//! [`super::tap`] says so; one that is none is kept with the reason.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::tap::{Button, Tapped, Taps};
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
    let (arrival, buttons, status) = match read {
        Ok(notices) => {
            let (arrival, buttons) = signed(&body, &notices, &hook.taps);
            (arrival, buttons, StatusCode::OK)
        }
        Err(fault @ Forged::Unreadable) => (unreadable(&body, fault), Vec::new(), StatusCode::BAD_REQUEST),
        Err(Forged::Unsigned | Forged::Wrong) => {
            tracing::warn!(bytes = body.len(), "a webhook that is not WhatsApp's was turned away");
            hook.strangers.tell(Tried::Webhook);
            return StatusCode::UNAUTHORIZED.into_response();
        }
    };
    match hook.door.hand_over(arrival).await {
        Verdict::Stored(_) => status.into_response(),
        // The provider sends it again, for days.
        Verdict::NotNow(_) => {
            hook.taps.give_back(&buttons);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// A call of the provider's, and the buttons that it uses. What it tells a second time, byte for byte, is
/// known as such.
fn signed(body: &Bytes, notices: &[Notice], taps: &Taps) -> (Arrival, Vec<Button>) {
    let (mut events, mut none, mut buttons) = (Vec::new(), None, Vec::new());
    for notice in notices {
        let meant = meant_by(notice, taps);
        events.extend(meant.events);
        none = none.or(meant.none);
        buttons.extend(meant.button);
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
    (Arrival { events, ..kept(body, outcome, reason, Marks { repeat, patient: None }) }, buttons)
}

fn meant_by(notice: &Notice, taps: &Taps) -> Tapped {
    match notice {
        Notice::Status { key, phase, error, .. } => {
            Tapped { events: receipts(key, *phase, error), ..Tapped::default() }
        }
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
    use hmac::{Hmac, KeyInit, Mac};
    use rules::event::Role;
    use rules::{AlertId, Moment};
    use sha2::Sha256;

    use super::*;
    use crate::delivery::afar::{Callees, Reach};
    use crate::delivery::whatsapp::{Secret, payload};
    use crate::event::{Knocks, Person};
    use crate::owed::Destination;

    const SECRET: Secret = Secret([7; 32]);
    const CALL: Call = Call { alert: AlertId(0xAB), climb: Moment(31), step: 1 };

    /// One doctor, whose every phone it is, and one alert that climbs on whatever is answered.
    struct Sample;

    impl Callees for Sample {
        fn whose(&self, _reached: Reach<'_>) -> Option<Person> {
            let station = "whatsapp".to_owned();
            Some(Person { name: "dr.sample".to_owned(), role: Role::Doctor, station })
        }

        fn climbs_since(&self, _alert: AlertId) -> Option<Moment> {
            Some(CALL.climb)
        }
    }

    fn signature(body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"app-secret").unwrap();
        mac.update(body.as_bytes());
        format!("sha256={}", crate::hex::of(&mac.finalize().into_bytes()))
    }

    /// A batch with the tap of the doctor's button; the provider names batches and taps anew.
    fn batch(no: u8) -> String {
        let key = CALL.key(Destination::Whatsapp, "+911");
        let button = serde_json::json!({ "payload": payload(&SECRET, &key, "+911"), "text": "Acknowledge" });
        let tap = serde_json::json!({ "id": format!("wamid.{no}"), "from": "911", "button": button });
        let change = serde_json::json!({ "field": "messages", "value": { "messages": [tap] } });
        let entry = serde_json::json!({ "id": no.to_string(), "changes": [change] });
        serde_json::json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
    }

    /// Brings a batch to the route of a ward that says `verdict`; how it is answered, and what arrived.
    async fn bring(hook: &Webhook, knocks: &mut Knocks, body: String, verdict: Verdict) -> (u16, Arrival) {
        let mut headers = HeaderMap::new();
        headers.insert("X-Hub-Signature-256", signature(&body).parse().unwrap());
        let ward = async {
            let knock = knocks.next().await.unwrap();
            knock.verdict.send(verdict).unwrap();
            knock.arrival
        };
        let (answer, arrival) = tokio::join!(told(State(hook.clone()), headers, body.into()), ward);
        (answer.status().as_u16(), arrival)
    }

    #[tokio::test]
    async fn a_button_counts_once_whatever_batch_brings_it_again() {
        let (door, mut knocks) = Door::new();
        let taps = Taps::of(SECRET, Arc::new(Sample));
        let keys = WebhookKeys::of("app-secret", "verify");
        let hook = Webhook { keys, taps, door, strangers: Strangers::new().0 };
        let stored = || Verdict::Stored(Vec::new());
        let is_answered = |arrival: &Arrival| {
            arrival
                .events
                .iter()
                .any(|event| matches!(event, Event::Answer(answer) if answer.alert == CALL.alert))
        };
        let (status, lost) = bring(&hook, &mut knocks, batch(1), Verdict::NotNow("the disk is slow")).await;
        assert_eq!((status, is_answered(&lost)), (503, true));
        let (status, first) = bring(&hook, &mut knocks, batch(1), stored()).await;
        assert_eq!(
            (status, is_answered(&first)),
            (200, true),
            "what was not taken counts when it comes again"
        );
        let (status, again) = bring(&hook, &mut knocks, batch(2), stored()).await;
        assert_eq!((status, again.events.len()), (200, 0));
        let raw = again.raw.unwrap();
        assert_eq!(raw.outcome, Outcome::Refused);
        assert!(raw.reason.contains("answered before"), "{}", raw.reason);
    }

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
