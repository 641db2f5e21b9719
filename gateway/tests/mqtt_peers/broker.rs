//! The broker's client against Mosquitto.

use gateway::event::{Arrival, Event, Outcome, Verdict};
use gateway::traffic::Line;

use crate::peers::{Mosquitto, publish, received};
use crate::ward::{FRAME, Ward, frame, online, topic};

/// Starts a broker of the test's own.
macro_rules! mosquitto {
    () => {
        match Mosquitto::start().await {
            Some(mosquitto) => mosquitto,
            None => return,
        }
    };
}

fn numbered(seq: u32) -> String {
    FRAME.replace('#', &seq.to_string())
}

/// Whether the broker is missed, by the ward's own finding.
fn missed(arrival: &Arrival) -> bool {
    match arrival.events.first() {
        Some(Event::Found(found)) => found.on,
        other => panic!("not a finding: {other:?}"),
    }
}

/// Waits until the ward has subscribed: the retained alert state of its bed is published after that.
async fn subscribed(port: u16) {
    received(port, "wardlight/v1/icu/07/alerts").await;
}

#[tokio::test]
async fn what_could_not_be_stored_comes_again() {
    let broker = mosquitto!();
    let mut ward = Ward::behind_broker(broker.port);
    subscribed(broker.port).await;
    assert!(publish(broker.port, &topic("readings"), &numbered(1), &[]).await);
    let knock = ward.knock().await;
    let first = frame(&knock.arrival);
    knock.verdict.send(Verdict::NotNow("the disk is full")).expect("awaited");
    assert!(missed(&ward.store().await), "the connection is given up, and that is told");
    assert!(!missed(&ward.store().await));
    assert_eq!(frame(&ward.store().await), first);
    assert_eq!(ward.counted().not_now, 1);
}

#[tokio::test]
async fn what_is_published_while_the_ward_is_away_waits_for_it() {
    let broker = mosquitto!();
    let mut ward = Ward::behind_broker(broker.port);
    subscribed(broker.port).await;
    ward.stop().await;
    for seq in 1..=3 {
        assert!(publish(broker.port, &topic("readings"), &numbered(seq), &[]).await);
    }
    ward.connect(broker.port);
    for seq in 1..=3 {
        assert_eq!(frame(&ward.store().await).0, seq);
    }
}

#[tokio::test]
async fn what_the_broker_retained_is_never_live() {
    let broker = mosquitto!();
    assert!(publish(broker.port, &topic("status"), "offline", &["-r"]).await);
    let mut ward = Ward::behind_broker(broker.port);
    let arrival = ward.store().await;
    assert!(arrival.events.is_empty());
    let raw = arrival.raw.expect("kept");
    assert_eq!((raw.outcome, raw.kind.as_str()), (Outcome::NotNeeded, "status"));
    assert!(publish(broker.port, &topic("status"), "online", &["-r"]).await);
    assert!(online(&ward.store().await), "to one who is there it is live");
}

#[tokio::test]
async fn a_foreign_program_is_heard_on_its_own_topic() {
    let broker = mosquitto!();
    let mut ward = Ward::behind_broker(broker.port);
    subscribed(broker.port).await;
    let numbers = r#"[{"Timestamp":"21-11-2026 02:13:00.250","Relativetimestamp":"1","DeviceID":"m",
        "SystemLocalTime":"21-11-2026 02:13:04.120","PhysioID":"NOM_PULS_OXIM_SAT_O2","Value":"97"}]"#;
    assert!(publish(broker.port, "vscapture/07/monitor", numbers, &["-r"]).await);
    match ward.store().await.events.as_slice() {
        [Event::Frame(frame)] => {
            assert_eq!((frame.readings.len(), frame.device.as_str()), (1, "monitor"));
            assert_eq!(frame.readings[0].judged.map(|(_, value, _)| value), Some(Ok(97)));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_broker_that_restarts_is_found_again() {
    let broker = mosquitto!();
    let port = broker.port;
    let mut ward = Ward::behind_broker(port);
    subscribed(port).await;
    assert_eq!(*ward.line.borrow(), Line::Up);
    drop(broker);
    assert!(missed(&ward.store().await));
    assert!(matches!(&*ward.line.borrow(), Line::Down(why) if !why.is_empty()));
    let Some(broker) = Mosquitto::start_on(port).await else { return };
    assert!(!missed(&ward.store().await));
    subscribed(broker.port).await;
    assert!(publish(port, &topic("readings"), &numbered(7), &[]).await);
    assert_eq!(frame(&ward.store_frame().await).0, 7);
}

#[tokio::test]
async fn what_can_never_be_read_does_not_block_the_queue() {
    let broker = mosquitto!();
    let mut ward = Ward::behind_broker(broker.port);
    subscribed(broker.port).await;
    let home = tempfile::tempdir().expect("a directory");
    let huge = home.path().join("huge");
    std::fs::write(&huge, vec![b'x'; 17 * 1_024 * 1_024]).expect("written");
    let file = huge.to_string_lossy();
    let mut command = crate::peers::mosquitto("mosquitto_pub").expect("installed");
    let port = broker.port.to_string();
    command.args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", &topic("readings"), "-f", &file]);
    assert!(command.status().await.is_ok_and(|status| status.success()));
    assert!(missed(&ward.store().await));
    let record = ward.store().await.raw.expect("what is lost leaves a record");
    assert!(record.reason.contains("too large"), "{}", record.reason);
    let sending = async {
        loop {
            publish(broker.port, &topic("readings"), &numbered(1), &[]).await;
        }
    };
    tokio::select! {
        () = sending => {}
        arrival = ward.store_frame() => assert_eq!(frame(&arrival).0, 1),
    }
}
