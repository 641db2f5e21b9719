//! The listener against paho (both versions) and Mosquitto's command-line clients.

use gateway::event::Verdict;
use serde_json::{Value, json};

use crate::peers::{Paho, mosquitto, publish, received};
use crate::ward::{FRAME, Ward, frame, online, refusal, topic};

/// Starts paho and lets one client in.
macro_rules! paho {
    () => {
        match Paho::start() {
            Some(paho) => paho,
            None => return,
        }
    };
}

async fn enter(paho: &mut Paho, order: Value) -> Value {
    let name = order["name"].as_str().expect("named").to_owned();
    paho.order(order).await;
    let connected = paho.expect(&name, "connected").await;
    assert_eq!(connected["code"], 0, "{connected}");
    connected
}

#[tokio::test]
async fn a_second_connection_takes_over() {
    let mut paho = paho!();
    let (mut ward, port) = Ward::listening().await;
    for v5 in [false, true] {
        let will = topic("status");
        enter(&mut paho, json!({"do":"connect","name":"old","id":"m1","port":port,"v5":v5,"will":will}))
            .await;
        enter(&mut paho, json!({"do":"connect","name":"new","id":"m1","port":port,"v5":v5,"will":will}))
            .await;
        let gone = paho.expect("old", "disconnected").await;
        if v5 {
            assert_eq!(gone["code"], 0x8e, "session taken over");
        }
        paho.order(json!({"do":"publish","name":"new","topic":topic("status"),"payload":"online"})).await;
        assert!(online(&ward.store().await), "the device lives: no last will came first");
        paho.expect("new", "published").await;
        paho.order(json!({"do":"disconnect","name":"new"})).await;
        paho.expect("new", "disconnected").await;
    }
    assert!(ward.is_quiet(), "an orderly goodbye publishes no last will");
}

#[tokio::test]
async fn a_device_that_dies_is_told_of() {
    for v5 in [false, true] {
        let mut paho = paho!();
        let (mut ward, port) = Ward::listening().await;
        let will = topic("status");
        enter(&mut paho, json!({"do":"connect","name":"m","id":"m1","port":port,"v5":v5,"will":will})).await;
        paho.order(json!({"do":"die","name":"m"})).await;
        assert!(!online(&ward.store().await));
    }
}

/// The receive maximum that our listener announces, and keeps to with clients of 3.1.1, too.
const IN_FLIGHT_MOST: u64 = 128;

#[tokio::test]
async fn as_many_as_may_are_in_flight_and_all_arrive_in_order() {
    for v5 in [false, true] {
        let mut paho = paho!();
        let (mut ward, port) = Ward::listening().await;
        enter(&mut paho, json!({"do":"connect","name":"m","id":"m1","port":port,"v5":v5,"inflight":200}))
            .await;
        let frames = json!({"do":"publish","name":"m","topic":topic("readings"),"payload":FRAME,"times":200});
        paho.order(frames).await;
        let mut waiting = Vec::new();
        for seq in 0..IN_FLIGHT_MOST {
            let knock = ward.knock().await;
            assert_eq!(frame(&knock.arrival).0, seq);
            waiting.push(knock);
        }
        assert!(ward.is_quiet(), "nothing more is taken in before a verdict");
        // Verdicts may come in any order; acknowledgements keep that of the publications.
        for knock in waiting.into_iter().rev() {
            knock.verdict.send(Verdict::Stored(vec![])).expect("awaited");
        }
        for seq in IN_FLIGHT_MOST..200 {
            assert_eq!(frame(&ward.store().await).0, seq);
        }
        for mid in 1..=200 {
            let published = paho.expect("m", "published").await;
            assert_eq!((&published["mid"], &published["code"]), (&json!(mid), &json!(0)));
        }
    }
}

#[tokio::test]
async fn what_was_not_stored_is_sent_again() {
    for v5 in [false, true] {
        let mut paho = paho!();
        let (mut ward, port) = Ward::listening().await;
        let order =
            json!({"do":"connect","name":"m","id":"m1","port":port,"v5":v5,"kept":true,"returns":true});
        enter(&mut paho, order).await;
        paho.order(json!({"do":"publish","name":"m","topic":topic("readings"),"payload":FRAME})).await;
        let knock = ward.knock().await;
        let first = frame(&knock.arrival);
        knock.verdict.send(Verdict::NotNow("the disk is full")).expect("awaited");
        let gone = paho.expect("m", "disconnected").await;
        if v5 {
            assert_eq!(gone["code"], 0x89, "busy: come again");
        }
        let back = paho.expect("m", "connected").await;
        assert_eq!(back["present"], true, "the session goes on");
        assert_eq!(frame(&ward.store().await), first, "the same frame, by the same key");
        assert_eq!(paho.expect("m", "published").await["code"], 0);
        assert_eq!(ward.counted().not_now, 1);
    }
}

#[tokio::test]
async fn in_5_0_a_refusal_says_why_and_the_connection_stays() {
    let mut paho = paho!();
    let (mut ward, port) = Ward::listening().await;
    let welcome = enter(&mut paho, json!({"do":"connect","name":"m","id":"m1","port":port,"v5":true})).await;
    let said = &welcome["properties"];
    assert_eq!((&said["MaximumQoS"], &said["ReceiveMaximum"]), (&json!(1), &json!(IN_FLIGHT_MOST)), "{said}");
    assert_eq!(said["MaximumPacketSize"], 256 * 1_024);
    let many = format!(r#"{{"readings":[{}]}}"#, vec!["{}"; 501].join(","));
    let deep = format!(r#"{{"readings":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (at, payload, code) in [
        (topic("readings"), "garbage", 0x99),
        (topic("readings"), r#"{"readings":[NaN]}"#, 0x99),
        (topic("readings"), &deep, 0x99),
        (topic("readings"), &many, 0x83),
        ("home/kitchen".to_owned(), FRAME, 0x90),
        ("wardlight/v1/other/07/m/readings".to_owned(), FRAME, 0x90),
    ] {
        paho.order(json!({"do":"publish","name":"m","topic":at,"payload":payload})).await;
        assert!(!refusal(&ward.store().await).is_empty());
        assert_eq!(paho.expect("m", "published").await["code"], code, "{at} {payload:.40}");
    }
    paho.order(json!({"do":"publish","name":"m","topic":topic("readings"),"payload":FRAME,"retain":true}))
        .await;
    frame(&ward.store().await);
    assert_eq!(paho.expect("m", "published").await["code"], 0, "RETAIN is live here");
    assert_eq!((ward.counted().refused, ward.counted().accepted), (6, 1));
}

#[tokio::test]
async fn qos_2_ends_the_connection_and_is_recorded() {
    for v5 in [false, true] {
        let mut paho = paho!();
        let (mut ward, port) = Ward::listening().await;
        enter(&mut paho, json!({"do":"connect","name":"m","id":"m1","port":port,"v5":v5})).await;
        paho.order(json!({"do":"publish","name":"m","topic":topic("readings"),"payload":FRAME,"qos":2}))
            .await;
        assert!(refusal(&ward.store().await).contains("QoS 2"));
        let gone = paho.expect("m", "disconnected").await;
        if v5 {
            assert_eq!(gone["code"], 0x9b);
        }
    }
}

#[tokio::test]
async fn a_subscriber_gets_the_retained_state_and_nothing_else() {
    for v5 in [false, true] {
        let mut paho = paho!();
        let (_ward, port) = Ward::listening().await;
        enter(&mut paho, json!({"do":"connect","name":"node","id":"node","port":port,"v5":v5})).await;
        paho.order(json!({"do":"subscribe","name":"node","topic":"wardlight/v1/icu/+/alerts"})).await;
        assert_eq!(paho.expect("node", "subscribed").await["codes"], json!([0]));
        let state = paho.expect("node", "message").await;
        assert_eq!((&state["topic"], &state["retain"]), (&json!("wardlight/v1/icu/07/alerts"), &json!(true)));
        let payload: Value = serde_json::from_str(state["payload"].as_str().expect("text")).expect("JSON");
        assert_eq!((&payload["bed"], &payload["alerts"]), (&json!("07"), &json!([])));
        for filter in ["#", "wardlight/v1/icu/+/+/readings"] {
            paho.order(json!({"do":"subscribe","name":"node","topic":filter})).await;
            let code = if v5 { 0x87 } else { 0x80 };
            assert_eq!(paho.expect("node", "subscribed").await["codes"], json!([code]));
        }
    }
}

#[tokio::test]
async fn mosquittos_clients_are_served() {
    if mosquitto("mosquitto_pub").is_none() {
        return;
    }
    let (mut ward, port) = Ward::listening().await;
    let at = topic("readings");
    for version in ["mqttv311", "mqttv5"] {
        let payload = FRAME.replace('#', "1");
        let more = ["-V", version];
        let sent = publish(port, &at, &payload, &more);
        let stored = async { frame(&ward.store().await) };
        let (sent, _) = tokio::join!(sent, stored);
        assert!(sent, "{version}");
    }
    let state = received(port, "wardlight/v1/icu/07/alerts").await;
    assert!(state.ends_with(r#""alerts":[]}"#), "{state}");
}
