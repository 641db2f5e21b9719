//! The webhook's route: what WhatsApp tells us, verified over its raw bytes, becomes receipts.
//!
//! What the provider has signed is in the message log, but for the numbers of phones. A forged call changes
//! nothing, and nothing of it is kept here, for whoever finds this address could fill the store; the watch
//! over the house is told, and notes the first of a series. A tap on a button is an answer where
//! [`super::tap`] says so; one that is none is kept with the reason. Where the HIS sends, the hospital's
//! other messages come along: nothing of those is kept, and no tap is an answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rules::AlertId;
use serde::Deserialize;

use super::frappe::SentByHis;
use super::tap::{Button, Tapped, Taps};
use super::webhook::{self, Forged, Notice, Phase};
use crate::event::{Arrival, Door, Event, Outcome, Peer, Raw, Verdict};
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

/// Who sends the messages that the webhook tells of.
#[derive(Clone)]
pub enum Sender {
    /// This gateway: a status names our row of the outbox, and a button carries our proof.
    Gateway(Taps),
    /// The HIS: a status names a message at Meta alone, and so does a tap, on a button that anybody's message
    /// may have.
    His(SentByHis),
}

#[derive(Clone)]
struct Webhook {
    keys: WebhookKeys,
    sender: Sender,
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
pub fn router(keys: WebhookKeys, sender: Sender, door: Door, strangers: Strangers) -> Router {
    let hook = Webhook { keys, sender, door, strangers };
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
    if let Err(Forged::Unsigned | Forged::Wrong) = read {
        tracing::warn!(bytes = body.len(), "a webhook that is not WhatsApp's was turned away");
        hook.strangers.tell(Tried::Webhook);
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match &hook.sender {
        Sender::Gateway(taps) => of_ours(&hook.door, &body, read, taps).await.into_response(),
        Sender::His(sent) => of_the_his(&hook.door, read, sent).await.into_response(),
    }
}

/// What is told of messages that we sent.
async fn of_ours(door: &Door, body: &Bytes, read: Result<Vec<Notice>, Forged>, taps: &Taps) -> StatusCode {
    let (arrival, buttons, status) = match read {
        Ok(notices) => {
            let (arrival, buttons) = signed(body, &notices, taps);
            (arrival, buttons, StatusCode::OK)
        }
        Err(fault) => (unreadable(body, fault), Vec::new(), StatusCode::BAD_REQUEST),
    };
    match door.hand_over(arrival).await {
        Verdict::Stored(_) => status,
        // The provider sends it again, for days.
        Verdict::NotNow(_) => {
            taps.give_back(&buttons);
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// What is told of messages that the HIS sent, ours among them. Nobody else's is kept: a call may hold what a
/// patient wrote to the hospital. What is not ours is well received all the same, or it would come for days.
async fn of_the_his(door: &Door, read: Result<Vec<Notice>, Forged>, sent: &SentByHis) -> StatusCode {
    let Ok(notices) = read else { return StatusCode::BAD_REQUEST };
    let events: Vec<Event> = notices.iter().flat_map(|notice| got_by_his(notice, sent)).collect();
    if events.is_empty() {
        return StatusCode::OK;
    }
    match door.hand_over(Arrival { peer: peer(), raw: None, events }).await {
        Verdict::Stored(_) => StatusCode::OK,
        Verdict::NotNow(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn got_by_his(notice: &Notice, sent: &SentByHis) -> Vec<Event> {
    match notice {
        Notice::Status { message, phase, error, .. } => {
            receipts(sent.alerts_of(message).into_iter(), *phase, error)
        }
        Notice::Tap { .. } => Vec::new(),
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
            Tapped { events: receipts(alerts_of(key), *phase, error), ..Tapped::default() }
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
    Arrival { peer: peer(), raw: Some(raw), events: Vec::new() }
}

fn peer() -> Peer {
    Peer { endpoint: "whatsapp", name: "webhook".to_owned() }
}

/// The alerts of the calls that a message of ours stood for. A row of no alert has none.
fn alerts_of(keys: &str) -> impl Iterator<Item = AlertId> {
    keys.split(' ').filter_map(Call::of).map(|call| call.alert)
}

/// The receipts that a status is: one for each alert that its message called for.
fn receipts(alerts: impl Iterator<Item = AlertId>, phase: Phase, error: &str) -> Vec<Event> {
    alerts.map(|alert| Event::Received(phase.receipt(alert, error))).collect()
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use rules::Moment;
    use rules::event::Role;
    use sha2::Sha256;

    use super::*;
    use crate::delivery::afar::{Callees, Reach};
    use crate::delivery::whatsapp::{Secret, payload};
    use crate::event::{Knocks, Person, Stage};
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
        let hook = Webhook { keys, sender: Sender::Gateway(taps), door, strangers: Strangers::new().0 };
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
            let told = receipts(alerts_of(keys), Phase::Delivered, "");
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
