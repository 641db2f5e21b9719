//! The end from outside: requests by HTTP, and the webhooks it posts to a listener of the test.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::webhook::signature;
use super::{Account, Code, Refusal, SubscribeFault, Template, WhatsApp};
use crate::sandbox::door::Door;
use crate::sandbox::rig::{Rig, web};

const TO: &str = "910000000001";

struct Phone {
    end: WhatsApp,
    rig: Rig,
}

async fn phone() -> Phone {
    let account = Account {
        phone_number_id: "1001".to_owned(),
        access_token: "token".to_owned(),
        app_secret: "app-secret".to_owned(),
        templates: vec![Template {
            name: "icu_critical_alert".to_owned(),
            language: "en".to_owned(),
            body_parameters: 2,
            quick_replies: vec!["Acknowledge".to_owned()],
        }],
        seed: 7,
        lateness_ms: 5,
    };
    let end = WhatsApp::new(account, web(), || Timestamp::from_second(1_795_000_000).unwrap());
    let rig = Rig::start({
        let end = end.clone();
        |listener, shutdown| end.run(listener, shutdown)
    })
    .await;
    Phone { end, rig }
}

fn message() -> Value {
    json!({
        "messaging_product": "whatsapp", "to": TO, "type": "template",
        "biz_opaque_callback_data": "alert-1",
        "template": {
            "name": "icu_critical_alert", "language": {"code": "en"},
            "components": [
                {"type": "body", "parameters": [
                    {"type": "text", "text": "Bed 07"}, {"type": "text", "text": "high"}]},
                {"type": "button", "sub_type": "quick_reply", "index": "0",
                 "parameters": [{"type": "payload", "payload": "ack:alert-1:n0nce"}]},
            ],
        },
    })
}

/// The message with the value at a JSON pointer replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut message = message();
    *message.pointer_mut(pointer).unwrap() = value;
    message
}

impl Phone {
    async fn ask(&self, number: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let mut request = web().post(format!("http://{}/v21.0/{number}/messages", self.rig.at)).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn send(&self, body: &Value) -> (u16, Value) {
        self.ask("1001", Some("token"), body).await
    }

    async fn refused(&self, body: &Value) -> Option<u64> {
        self.send(body).await.1["error"]["code"].as_u64()
    }
}

/// What the webhook of the test got: its signature's truth and its body.
type Told = (bool, Value);

/// A webhook that returns the challenge, answers the first post with 500, and hands every other one over.
async fn webhook() -> (Rig, mpsc::UnboundedReceiver<Told>) {
    let (tell, told) = mpsc::unbounded_channel();
    let faults = Arc::new(Mutex::new(1));
    let rig = Rig::start(|listener, shutdown| {
        let router = Router::new().route("/hook", get(challenge).post(take)).with_state((tell, faults));
        crate::sandbox::serve(listener, Door::default(), router, shutdown)
    })
    .await;
    (rig, told)
}

async fn challenge(Query(query): Query<Vec<(String, String)>>) -> String {
    assert!(query.contains(&("hub.mode".to_owned(), "subscribe".to_owned())));
    let right = query.contains(&("hub.verify_token".to_owned(), "verify".to_owned()));
    let challenge = query.into_iter().find(|(name, _)| name == "hub.challenge").unwrap().1;
    if right { challenge } else { String::new() }
}

async fn take(
    State((tell, faults)): State<(mpsc::UnboundedSender<Told>, Arc<Mutex<u32>>)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let mut left = faults.lock().unwrap();
    if *left > 0 {
        *left -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let expected = signature("app-secret", &body).unwrap();
    let signed = headers["x-hub-signature-256"].to_str().unwrap() == expected;
    tell.send((signed, serde_json::from_slice(&body).unwrap())).unwrap();
    StatusCode::OK
}

fn value_of(body: &Value) -> &Value {
    &body["entry"][0]["changes"][0]["value"]
}

#[tokio::test]
async fn a_template_that_fits_is_accepted_and_remembered() {
    let phone = phone().await;
    let (status, answer) = phone.send(&message()).await;
    let sent = phone.end.sent();
    assert_eq!((status, &answer["messages"][0]["id"]), (200, &json!(sent[0].wamid)));
    assert_eq!(answer["contacts"][0], json!({"input": TO, "wa_id": TO}));
    assert_eq!(sent[0].message.body, ["Bed 07", "high"]);
    assert_eq!(sent[0].message.payloads, ["ack:alert-1:n0nce"]);
    let mut bare = message();
    bare["template"]["components"].as_array_mut().unwrap().pop();
    assert_eq!(phone.send(&bare).await.0, 200);
    assert_eq!(
        phone.end.sent()[1].message.payloads,
        ["Acknowledge"],
        "a button without payload returns its label"
    );
}

#[tokio::test]
async fn the_token_and_the_number_are_checked_first() {
    let phone = phone().await;
    let (status, answer) = phone.ask("1001", None, &message()).await;
    assert_eq!((status, &answer["error"]["code"]), (401, &json!(0)));
    let (status, answer) = phone.ask("1001", Some("old"), &message()).await;
    assert_eq!((status, &answer["error"]["code"]), (401, &json!(190)));
    let (status, answer) = phone.ask("1002", Some("token"), &message()).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(33)));
    assert!(phone.end.sent().is_empty());
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_metas_code() {
    let phone = phone().await;
    let text = "/template/components/0/parameters/0/text";
    let payload = "/template/components/1/parameters/0/payload";
    for (pointer, value, code) in [
        ("/messaging_product", json!("sms"), 100),
        ("/to", json!("+910000000001"), 100),
        ("/to", json!("bed 7"), 100),
        ("/type", json!("text"), 131_047),
        ("/biz_opaque_callback_data", json!("x".repeat(513)), 100),
        ("/template/name", json!("no_such_template"), 132_001),
        ("/template/language/code", json!("hi"), 132_001),
        ("/template/components/0/parameters", json!([{"type": "text", "text": "Bed 07"}]), 132_000),
        (text, json!("Bed 07\nhigh"), 100),
        ("/template/components/1/index", json!("1"), 100),
        ("/template/components/1/sub_type", json!("url"), 100),
        (payload, json!(""), 100),
        ("/template", json!("icu_critical_alert"), 100),
    ] {
        assert_eq!(phone.refused(&with(pointer, value.clone())).await, Some(code), "{pointer} {value}");
    }
    assert!(phone.end.sent().is_empty());
}

#[tokio::test]
async fn the_46th_message_to_one_person_is_too_many() {
    let phone = phone().await;
    for _ in 0..45 {
        assert_eq!(phone.send(&message()).await.0, 200);
    }
    assert_eq!(phone.refused(&message()).await, Some(131_056));
    assert_eq!(phone.send(&with("/to", json!("910000000002"))).await.0, 200);
}

#[tokio::test]
async fn answers_can_be_planned_and_lost() {
    let phone = phone().await;
    phone.end.script().fail_next(1, &Refusal::new(Code::Throughput, "planned"));
    phone.end.script().lose_next(1);
    assert_eq!(phone.refused(&message()).await, Some(130_429));
    let url = format!("http://{}/v21.0/1001/messages", phone.rig.at);
    assert!(web().post(url).bearer_auth("token").json(&message()).send().await.is_err());
    assert_eq!(phone.end.sent().len(), 1, "the lost one was accepted all the same");
}

#[tokio::test]
async fn statuses_come_signed_all_of_them_and_one_twice() {
    let phone = phone().await;
    let (hook, mut told) = webhook().await;
    phone.end.subscribe(&format!("http://{}/hook", hook.at), "verify").await.unwrap();
    phone.send(&message()).await;
    let mut stages = Vec::new();
    while stages.len() < 4 {
        let (signed, body) = told.recv().await.unwrap();
        assert!(signed, "the signature is over the raw body");
        assert_eq!(value_of(&body)["metadata"]["phone_number_id"], "1001");
        for status in value_of(&body)["statuses"].as_array().unwrap() {
            assert_eq!(status["id"], phone.end.sent()[0].wamid);
            assert_eq!(status["biz_opaque_callback_data"], "alert-1");
            stages.push(status["status"].as_str().unwrap().to_owned());
        }
    }
    let different: BTreeSet<&str> = stages.iter().map(String::as_str).collect();
    assert_eq!(different, BTreeSet::from(["delivered", "read", "sent"]));
}

#[tokio::test]
async fn a_lost_phone_fails_after_it_was_accepted() {
    let phone = phone().await;
    let (hook, mut told) = webhook().await;
    phone.end.subscribe(&format!("http://{}/hook", hook.at), "verify").await.unwrap();
    phone.end.lose_phone(TO);
    assert_eq!(phone.send(&message()).await.0, 200);
    let (_, body) = told.recv().await.unwrap();
    assert_eq!(value_of(&body)["statuses"][0]["status"], "failed");
    assert_eq!(value_of(&body)["statuses"][0]["errors"][0]["code"], 131_026);
}

#[tokio::test]
async fn a_tap_names_the_message_and_brings_the_payload() {
    let phone = phone().await;
    phone.send(&message()).await;
    let (hook, mut told) = webhook().await;
    phone.end.subscribe(&format!("http://{}/hook", hook.at), "verify").await.unwrap();
    let wamid = phone.end.sent()[0].wamid.clone();
    assert!(phone.end.tap(&wamid, 1).is_err());
    assert!(phone.end.tap("wamid.other", 0).is_err());
    phone.end.tap(&wamid, 0).unwrap();
    let (signed, body) = told.recv().await.unwrap();
    let tap = &value_of(&body)["messages"][0];
    assert!(signed);
    assert_eq!((&tap["type"], &tap["from"]), (&json!("button"), &json!(TO)));
    assert_eq!(tap["context"]["id"], wamid);
    assert_eq!(tap["button"], json!({"text": "Acknowledge", "payload": "ack:alert-1:n0nce"}));
}

#[tokio::test]
async fn a_webhook_that_cannot_return_the_challenge_is_not_taken() {
    let phone = phone().await;
    let (hook, _told) = webhook().await;
    let url = format!("http://{}/hook", hook.at);
    let fault = phone.end.subscribe(&url, "another token").await;
    assert!(matches!(fault, Err(SubscribeFault::ChallengeLost)));
}
