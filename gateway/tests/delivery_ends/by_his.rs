//! Phones by way of the HIS: it sends, we look before we ask twice, and how far it got is asked for, or told
//! by a webhook that a relay forwards.

use std::sync::Arc;

use axum::Router;
use gateway::delivery::frappe::{ByHis, FrappePhone, FrappeSite, SentByHis, follow};
use gateway::delivery::route::{Sender, WebhookKeys, router};
use gateway::delivery::{Token, Wording};
use gateway::event::{Event, Received, Stage};
use gateway::journal::DeliveryState;
use gateway::sandbox::his::{Account, CustomFields, Exception, His, Refusal, Setup};
use gateway::strangers::Strangers;
use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::date;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::phones::call;
use crate::rig::{ALERT, Rig, free_port};

const NUMBER: &str = "+910000000001";

async fn by_his(custom_fields: CustomFields, granted: bool) -> (Rig, His) {
    sending(custom_fields, granted, SentByHis::default()).await
}

async fn sending(custom_fields: CustomFields, granted: bool, sent: SentByHis) -> (Rig, His) {
    let mut rig = Rig::new();
    let account = Account {
        api_key: "key".into(),
        api_secret: "secret".into(),
        user: "wardlight@example.org".into(),
        roles: vec!["System Manager".into()],
    };
    let setup = Setup { accounts: vec![account], custom_fields, rate_limit_us: None };
    let his = His::new(setup, || date(2026, 11, 21).at(9, 0, 0, 0)).unwrap();
    if granted {
        his.grant("icu_critical_alert", "en", 4).unwrap();
    }
    let (listener, at) = free_port().await;
    let (served, stop) = (his.clone(), rig.stop.clone());
    rig.running.spawn(async move { served.run(listener, stop).await.unwrap() });
    let site = FrappeSite {
        base_url: format!("http://{at}"),
        token: Token::of("key:secret"),
        company: String::new(),
        zone: "Asia/Kolkata".into(),
        board_url: String::new(),
    };
    let by = ByHis {
        template: "icu_critical_alert".into(),
        language: "en".into(),
        wording: Wording { board_url: "https://ward.example.org".into(), shows_value: false },
    };
    let phone = Arc::new(FrappePhone::new(site, by, sent, rig.clock()).unwrap());
    let (asking, door, stop) = (Arc::clone(&phone), rig.door(), rig.stop.clone());
    rig.running.spawn(async move { follow(asking, door, stop).await.unwrap() });
    rig.deliver_by(phone);
    (rig, his)
}

fn of_stage(event: &Event, wanted: Stage) -> bool {
    matches!(event, Event::Received(Received { stage, error: None, .. }) if *stage == wanted)
}

#[tokio::test]
async fn the_his_sends_and_says_how_far_it_got() {
    let (mut rig, his) = by_his(CustomFields::Installed, true).await;
    rig.owe([call(0, NUMBER)]);
    rig.settled().await;
    let left = his.left();
    assert_eq!(left[0].to, "910000000001");
    let texts = ["07", "HIGH", "lab.2823-3", "https://ward.example.org/?alert=00000000000000ab"];
    assert_eq!(left[0].texts, texts);
    rig.told(|event| of_stage(event, Stage::Sent)).await;
    let document = &his.documents("WhatsApp Message")[0];
    his.got(document["name"].as_str().unwrap(), "read");
    rig.told(|event| of_stage(event, Stage::Read)).await;
}

/// A call of the provider's webhook, which holds `value`, as a relay forwards it.
async fn forward(to: &str, secret: &[u8], value: Value) -> u16 {
    let body = json!({ "entry": [{ "changes": [{ "value": value }] }] }).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(body.as_bytes());
    let digest =
        mac.finalize().into_bytes().iter().fold(String::new(), |digest, byte| format!("{digest}{byte:02x}"));
    let call = reqwest::Client::new().post(to).header("X-Hub-Signature-256", format!("sha256={digest}"));
    call.body(body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_forwarded_webhook_tells_how_far_a_message_of_the_his_got_and_answers_nothing() {
    let sent = SentByHis::default();
    let (mut rig, his) = sending(CustomFields::Installed, true, sent.clone()).await;
    let (listener, at) = free_port().await;
    let keys = WebhookKeys::of("app-secret", "verify");
    let routes: Router = router(keys, Sender::His(sent), rig.door(), Strangers::new().0);
    rig.running.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let to = format!("http://{at}/webhooks/whatsapp");
    rig.owe([call(0, NUMBER)]);
    rig.settled().await;
    let document = his.documents("WhatsApp Message")[0].clone();
    let wamid = document["message_id"].as_str().unwrap();
    let status = |id: &str, status: &str| json!({ "statuses": [{ "id": id, "status": status }] });
    let button = json!({ "payload": "Acknowledge", "text": "Acknowledge" });
    let tap =
        json!({ "id": "wamid.tap", "from": "910000000001", "context": { "id": wamid }, "button": button });
    assert_eq!(forward(&to, b"another's", status(wamid, "read")).await, 401);
    assert_eq!(forward(&to, b"app-secret", status("wamid.of_others", "read")).await, 200);
    assert_eq!(forward(&to, b"app-secret", json!({ "messages": [tap] })).await, 200);
    assert_eq!(forward(&to, b"app-secret", status(wamid, "delivered")).await, 200);
    let Event::Received(told) = rig.told(|event| of_stage(event, Stage::Delivered)).await else {
        panic!("no receipt")
    };
    assert_eq!(told.alert, ALERT);
    let nothing_else = |event: &Event| of_stage(event, Stage::Read) || matches!(event, Event::Answer(_));
    assert!(!rig.so_far().iter().any(nothing_else));
}

#[tokio::test]
async fn a_message_that_left_without_an_answer_is_found_and_not_sent_again() {
    for custom_fields in [CustomFields::Installed, CustomFields::Absent] {
        let (rig, his) = by_his(custom_fields, true).await;
        his.script().lose_next(1);
        rig.owe([call(0, NUMBER)]);
        let rows = rig.settled().await;
        assert_eq!((rows[0].state, rows[0].tries), (DeliveryState::Done, 2));
        assert_eq!(his.left().len(), 1, "{custom_fields:?}");
    }
}

#[tokio::test]
async fn a_fault_of_the_site_may_have_come_after_the_message_left() {
    let (rig, his) = by_his(CustomFields::Installed, true).await;
    his.script().fail_next(2, &Refusal::new(Exception::QueryDeadlock, "(1213, 'Deadlock found')"));
    rig.owe([call(0, NUMBER)]);
    let rows = rig.settled().await;
    assert_eq!(
        (rows[0].state, rows[0].tries),
        (DeliveryState::Parked, 2),
        "told once more, and not a third time"
    );
}

#[tokio::test]
async fn a_template_that_the_site_does_not_have_is_told_of() {
    let (rig, his) = by_his(CustomFields::Installed, false).await;
    rig.owe([call(0, NUMBER)]);
    let rows = rig.settled().await;
    assert_eq!(rows[0].state, DeliveryState::Parked);
    assert!(rows[0].why.contains("template"), "{}", rows[0].why);
    assert!(his.left().is_empty());
}
