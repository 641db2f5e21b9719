//! Phones: what Meta takes, what it refuses, and what it tells afterwards, late, twice and out of order.

use std::sync::Arc;

use axum::Router;
use gateway::delivery::afar::{Callees, Reach};
use gateway::delivery::route::{Sender, WebhookKeys, router};
use gateway::delivery::tap::Taps;
use gateway::delivery::whatsapp::{Secret, Whatsapp, WhatsappAccount};
use gateway::delivery::{Token, Wording};
use gateway::event::{Event, Person, PersonAnswer, Received, Stage};
use gateway::journal::DeliveryState;
use gateway::owed::{Destination, Owed, Parcel};
use gateway::sandbox::whatsapp::{Account, Code, Refusal, Template, WhatsApp};
use gateway::strangers::Strangers;
use rules::event::Role;
use rules::{AlertId, Moment, Technical};

use crate::rig::{ALERT, AT, Rig, free_port};

const SECRET: Secret = Secret([7; 32]);

/// A ward whose one alert climbs its ladder since one millisecond, and whose every phone is the doctor's.
struct Ward;

impl Callees for Ward {
    fn whose(&self, _reached: Reach<'_>) -> Option<Person> {
        let (name, station) = ("dr.sample".to_owned(), "whatsapp".to_owned());
        Some(Person { name, role: Role::Doctor, station })
    }

    fn climbs_since(&self, alert: AlertId) -> Option<Moment> {
        (alert == ALERT).then_some(Moment(1))
    }
}

async fn calling(token: &str) -> (Rig, WhatsApp) {
    let mut rig = Rig::new();
    let account = Account {
        phone_number_id: "1055".into(),
        access_token: "token".into(),
        app_secret: "app-secret".into(),
        templates: vec![Template {
            name: "icu_critical_alert".into(),
            language: "en".into(),
            body_parameters: 4,
            quick_replies: vec!["Acknowledge".into()],
        }],
        seed: 7,
        lateness_ms: 1,
    };
    let phones = WhatsApp::new(account, reqwest::Client::new(), || AT.timestamp());
    let (listener, at) = free_port().await;
    let (served, stop) = (phones.clone(), rig.stop.clone());
    rig.running.spawn(async move { served.run(listener, stop).await.unwrap() });
    let account = WhatsappAccount {
        base_url: format!("http://{at}"),
        version: "v23.0".into(),
        phone_number_id: "1055".into(),
        template: "icu_critical_alert".into(),
        language: "en".into(),
        token: Token::of(token),
        wording: Wording { board_url: "https://ward.example.org".into(), shows_value: false },
        proxy: None,
        secret: SECRET,
    };
    rig.deliver(Whatsapp::new(account).unwrap());
    (rig, phones)
}

/// A call of a step of the alert's ladder.
pub(crate) fn call(step: u16, number: &str) -> Owed {
    let parcel = Parcel::Phone {
        number: number.into(),
        to: "attending".into(),
        bed: "07".into(),
        high: true,
        code: "lab.2823-3".into(),
        value: String::new(),
        alert: "00000000000000ab".into(),
    };
    let key = format!("00000000000000ab-1-{step}-whatsapp-00000001");
    Owed { key, destination: Destination::Whatsapp, alert: Some((ALERT, step)), due: Moment(0), parcel }
}

#[tokio::test]
async fn a_call_is_a_template_with_bed_priority_code_and_link_alone() {
    let (mut rig, phones) = calling("token").await;
    rig.owe([call(0, "+910000000001")]);
    let rows = rig.settled().await;
    let sent = phones.sent();
    assert_eq!((rows[0].state, &rows[0].proof), (DeliveryState::Done, &sent[0].wamid));
    assert_eq!(sent[0].message.to, "910000000001");
    let body = ["07", "HIGH", "lab.2823-3", "https://ward.example.org/?alert=00000000000000ab"];
    assert_eq!(sent[0].message.body, body);
    let is_sent = |event: &Event| matches!(event, Event::Received(Received { stage: Stage::Sent, .. }));
    rig.told(is_sent).await;
}

#[tokio::test]
async fn a_lost_answer_is_told_again_once() {
    let (rig, phones) = calling("token").await;
    phones.script().lose_next(5);
    rig.owe([call(0, "+910000000001")]);
    let rows = rig.settled().await;
    assert_eq!(rows[0].state, DeliveryState::Parked);
    assert_eq!(phones.sent().len(), 2, "the phone rang twice and not a third time");
}

#[tokio::test]
async fn faults_of_theirs_are_waited_out_and_faults_of_ours_parked() {
    let (rig, phones) = calling("token").await;
    phones.script().fail_next(3, &Refusal::new(Code::Unavailable, "try later"));
    phones.script().fail_next(1, &Refusal::new(Code::InvalidParameter, "to"));
    rig.owe([call(0, "+910000000001")]);
    let rows = rig.settled().await;
    assert_eq!((rows[0].state, rows[0].tries), (DeliveryState::Parked, 4));
    assert!(phones.sent().is_empty());
}

#[tokio::test]
async fn an_expired_token_is_reported_as_the_channel() {
    let (mut rig, _phones) = calling("expired").await;
    rig.owe([call(0, "+910000000001")]);
    let of_channel = |event: &Event| match event {
        Event::Found(found) => found.on && matches!(found.what, Technical::Channel(_)),
        _ => false,
    };
    let Event::Found(found) = rig.told(of_channel).await else { panic!("no report") };
    assert!(found.text.contains("190"), "{}", found.text);
}

#[tokio::test]
async fn what_becomes_of_a_message_and_a_tap_on_it_come_back_to_its_alert() {
    let (mut rig, phones) = calling("token").await;
    let (listener, at) = free_port().await;
    let taps = Taps::of(SECRET, Arc::new(Ward));
    let keys = WebhookKeys::of("app-secret", "verify");
    let routes: Router = router(keys, Sender::Gateway(taps), rig.door(), Strangers::new().0);
    rig.running.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let url = format!("http://{at}/webhooks/whatsapp");
    assert!(phones.subscribe(&url, "wrong").await.is_err(), "another's token");
    phones.subscribe(&url, "verify").await.unwrap();
    rig.owe([call(0, "+910000000001")]);
    let delivered = |event: &Event| {
        matches!(event, Event::Received(Received { alert: ALERT, stage: Stage::Delivered, .. }))
    };
    rig.told(delivered).await;
    phones.tap(&phones.sent()[0].wamid, 0).unwrap();
    let answered = |event: &Event| matches!(event, Event::Answer(PersonAnswer { alert: ALERT, .. }));
    let Event::Answer(answer) = rig.told(answered).await else { panic!("no answer") };
    assert_eq!(answer.by.name, "dr.sample");
}
