//! Phones by way of the HIS: it sends, we look before we ask twice, and how far it got is asked for.

use std::sync::Arc;

use gateway::delivery::frappe::{ByHis, FrappePhone, FrappeSite, follow};
use gateway::delivery::{Token, Wording};
use gateway::event::{Event, Received, Stage};
use gateway::journal::DeliveryState;
use gateway::sandbox::his::{Account, CustomFields, Exception, His, Refusal, Setup};
use jiff::civil::date;

use crate::phones::call;
use crate::rig::{Rig, free_port};

const NUMBER: &str = "+910000000001";

async fn by_his(custom_fields: CustomFields, granted: bool) -> (Rig, His) {
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
    let phone = Arc::new(FrappePhone::new(site, by, rig.clock()).unwrap());
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
