//! TLS and identities against foreign peers: paho and Mosquitto's clients at our listener, and our client at
//! a Mosquitto that asks for everything.

use std::path::Path;

use argon2::password_hash::PasswordHasher;
use argon2::{Argon2, Params};
use gateway::event::{Arrival, Event};
use gateway::ingest::mqtt::broker::Access;
use gateway::ingest::mqtt::identity::{Admission, Known, Proof};
use gateway::ingest::mqtt::listener::Gate;
use gateway::tls::{ClientFiles, Entrance, Outward, ServerFiles};
use serde_json::{Value, json};

use crate::authority::{Authority, Pair};
use crate::peers::{Mosquitto, Paho, mosquitto, publish};
use crate::ward::{FRAME, Ward, frame, refusal, topic};

/// The hash of a password, with the least parameters there can be: it is not the hash that is tested.
fn hash_of(password: &str) -> String {
    let params = Params::new(8, 1, 1, None).expect("parameters");
    Argon2::from(params).hash_password(password.as_bytes()).expect("hashed").to_string()
}

fn authority(folder: &Path) -> Authority {
    Authority::new(folder, "hospital").expect("made")
}

/// The gate of a ward that knows the monitor of bed 07.
fn gate(authority: &Authority, asks_for_certificates: bool, by: Proof) -> Gate {
    let Pair { certificate, key } = authority.server().expect("made");
    let client_ca = asks_for_certificates.then(|| authority.ca());
    let entrance = Entrance::open(ServerFiles { certificate, key, client_ca }).expect("good files");
    let known = Known { bed: "07".to_owned(), device: "monitor".to_owned(), by };
    let admission = Admission::new(([127, 0, 0, 1], 0).into(), vec![known]);
    Gate { entrance: Some(entrance), admission }
}

fn by_certificate() -> Proof {
    Proof::Certificate("monitor-7".to_owned())
}

/// Whether wrong credentials were found, or found to have ended.
fn strangers(arrival: &Arrival) -> bool {
    match arrival.events.first() {
        Some(Event::Found(found)) => found.on && found.text.contains("credentials"),
        _ => false,
    }
}

/// A connection as paho makes it, on the way to `port` with these files.
fn order(port: u16, v5: bool, ca: &Path, own: Option<&Pair>) -> Value {
    let mut order = json!({"do":"connect","name":"m","id":"m1","port":port,"v5":v5,"ca":ca});
    if let Some(pair) = own {
        order["certificate"] = json!(pair.certificate);
        order["key"] = json!(pair.key);
    }
    order
}

#[tokio::test]
async fn paho_with_a_certificate_speaks_for_its_own_bed_alone() {
    let folder = tempfile::tempdir().expect("a directory");
    let ours = authority(folder.path());
    let device = ours.client("monitor-7").expect("made");
    for v5 in [false, true] {
        let Some(mut paho) = Paho::start() else { return };
        let (mut ward, port) = Ward::behind(gate(&ours, true, by_certificate())).await;
        paho.order(order(port, v5, &ours.ca(), Some(&device))).await;
        assert_eq!(paho.expect("m", "connected").await["code"], 0);
        paho.order(json!({"do":"publish","name":"m","topic":topic("readings"),"payload":FRAME})).await;
        frame(&ward.store().await);
        assert_eq!(paho.expect("m", "published").await["code"], 0);
        let other = "wardlight/v1/icu/08/monitor/readings";
        paho.order(json!({"do":"publish","name":"m","topic":other,"payload":FRAME})).await;
        assert!(refusal(&ward.store().await).contains("not below 07/monitor"));
        assert_eq!(paho.expect("m", "published").await["code"], if v5 { 0x87 } else { 0 });
        for (filter, code) in [("wardlight/v1/icu/07/alerts", 0), ("wardlight/v1/icu/+/alerts", 0x80)] {
            paho.order(json!({"do":"subscribe","name":"m","topic":filter})).await;
            let said = paho.expect("m", "subscribed").await["codes"][0].as_u64().expect("a code");
            assert_eq!(said & 0x80, code, "{filter}: {said:#x}");
        }
        assert_eq!((ward.counted().refused, ward.counted().accepted), (1, 1));
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_known_is_one_alert_however_often_it_comes() {
    let folder = tempfile::tempdir().expect("a directory");
    let ours = authority(folder.path());
    let stranger = ours.client("monitor-8").expect("made");
    let (mut ward, port) = Ward::behind(gate(&ours, true, by_certificate())).await;
    for v5 in [false, true] {
        let Some(mut paho) = Paho::start() else { return };
        paho.order(order(port, v5, &ours.ca(), Some(&stranger))).await;
        // paho names the 5 of 3.1.1 by its meaning in 5.0.
        assert_eq!(paho.expect("m", "connected").await["code"], 0x87);
    }
    assert!(strangers(&ward.store().await));
    assert!(ward.is_quiet(), "one alert for both");
    assert_eq!(ward.counted().refused, 2);
}

#[tokio::test]
async fn a_password_over_tls_is_as_good_as_a_certificate() {
    let folder = tempfile::tempdir().expect("a directory");
    let ours = authority(folder.path());
    let Some(mut paho) = Paho::start() else { return };
    let by = Proof::Password("m7".to_owned(), hash_of("right"));
    let (mut ward, port) = Ward::behind(gate(&ours, false, by)).await;
    for (password, code) in [("right", 0), ("wrong", 0x87)] {
        let mut order = order(port, true, &ours.ca(), None);
        order["user"] = json!("m7");
        order["password"] = json!(password);
        paho.order(order).await;
        assert_eq!(paho.expect("m", "connected").await["code"], code, "{password}");
    }
    assert!(strangers(&ward.store().await));
}

#[tokio::test]
async fn mosquittos_client_comes_in_with_its_certificate_and_not_without() {
    if mosquitto("mosquitto_pub").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a directory");
    let ours = authority(folder.path());
    let device = ours.client("monitor-7").expect("made");
    let (mut ward, port) = Ward::behind(gate(&ours, true, by_certificate())).await;
    let (at, payload) = (topic("readings"), FRAME.replace('#', "1"));
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (ca, certificate, key) = (text(&ours.ca()), text(&device.certificate), text(&device.key));
    let known = ["--cafile", &ca, "--cert", &certificate, "--key", &key];
    let sent = publish(port, &at, &payload, &known);
    let (sent, arrival) = tokio::join!(sent, async { ward.store().await });
    assert!(sent);
    frame(&arrival);
    assert!(!publish(port, &at, &payload, &["--cafile", &ca]).await, "no certificate, no way in");
    assert!(refusal(&ward.store().await).contains("no certificates"));
    assert!(!publish(port, &at, &payload, &[]).await, "no TLS, no way in");
    assert!(refusal(&ward.store().await).contains("MQTT was spoken without TLS"));
    assert_eq!(ward.counted().refused, 2);
}

#[tokio::test]
async fn a_broker_that_asks_for_everything_is_served_and_found_again() {
    let folder = tempfile::tempdir().expect("a directory");
    let ours = authority(folder.path());
    let Some(broker) = Mosquitto::start_secured(&ours).await else { return };
    let own = ours.client("wardlight").expect("made");
    let files = |pair: &Pair| ClientFiles {
        ca: ours.ca(),
        certificate: Some(pair.certificate.clone()),
        key: Some(pair.key.clone()),
    };
    let access = Access {
        url: format!("mqtts://localhost:{}", broker.port),
        tls: Some(Outward::open(&files(&own)).expect("good files")),
        login: Some(("ward".to_owned(), "open".to_owned())),
    };
    let mut ward = Ward::behind_broker_by(access);
    let device = ours.client("device").expect("made");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (ca, certificate, key) = (text(&ours.ca()), text(&device.certificate), text(&device.key));
    let more = ["--cafile", &ca, "--cert", &certificate, "--key", &key, "-u", "ward", "-P", "open"];
    let (at, payload) = (topic("readings"), FRAME.replace('#', "1"));
    // Until the ward has subscribed, the broker keeps nothing for it.
    let sending = async {
        loop {
            assert!(publish(broker.port, &at, &payload, &more).await);
        }
    };
    tokio::select! {
        () = sending => {}
        arrival = ward.store_frame() => assert_eq!(frame(&arrival).0, 1),
    }
}

#[tokio::test]
async fn a_broker_of_another_issuer_is_not_believed() {
    let folder = tempfile::tempdir().expect("a directory");
    let ours = authority(folder.path());
    let Some(broker) = Mosquitto::start_secured(&ours).await else { return };
    let foreign = Authority::new(folder.path(), "foreign").expect("made");
    let files = ClientFiles { ca: foreign.ca(), certificate: None, key: None };
    let access = Access {
        url: format!("mqtts://localhost:{}", broker.port),
        tls: Some(Outward::open(&files).expect("good files")),
        login: None,
    };
    let mut ward = Ward::behind_broker_by(access);
    let arrival = ward.store().await;
    assert!(matches!(arrival.events.first(), Some(Event::Found(found)) if found.on), "{arrival:?}");
}
