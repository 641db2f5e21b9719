//! Connections over an in-memory socket, with paused time: the test plays the client, byte by byte, and the
//! ward.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinSet;

use super::*;
use crate::clock::Clock;
use crate::event::{Door, Event, Knock, Knocks, Outcome, Verdict};
use crate::ingest::mqtt::identity::{Known, Proof};
use crate::ingest::mqtt::outward;
use crate::ingest::mqtt::testing::{
    V3, V5, alert, bed, cheap_hash, connect, connect_as, connect_with, connect_with_will, packet, publish,
    subscribe, view,
};
use crate::view::WardView;
use rules::Moment;

const STATUS: &str = "wardlight/v1/icu/07/m/status";

/// A listener's house with the ward's end of its door.
struct Bench {
    house: Arc<House>,
    knocks: Knocks,
    shown: watch::Sender<Arc<WardView>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Bench {
    fn new() -> Self {
        let (door, knocks) = Door::new();
        let (shown, view) = watch::channel(Arc::new(view(vec![bed("07")], vec![])));
        let clock = Clock::starting_after(Moment(0));
        let port = DevicePort {
            ward: "icu".into(),
            door,
            clock: clock.clone(),
            site: Arc::default(),
            view: view.clone(),
            counts: Arc::default(),
        };
        let (states, seen) = watch::channel(Arc::default());
        let budget = Arc::new(Semaphore::new(140));
        let (strangers, _) = Strangers::new();
        let admission = Admission::Anybody;
        let registry = Arc::default();
        let house = Arc::new(House { port, admission, strangers, registry, states: seen, budget });
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { outward::render(view, &clock, states).await });
        Self { house, knocks, shown, stop: CancellationToken::new(), tasks }
    }

    /// The same, which knows one device of bed 07 by its password.
    fn knowing_one_device() -> Self {
        let by = Proof::Password("m7".into(), cheap_hash("right"));
        let known = Known { bed: "07".into(), device: "m".into(), by };
        let mut bench = Self::new();
        let house = Arc::get_mut(&mut bench.house).unwrap();
        house.admission = Admission::new(([127, 0, 0, 1], 0).into(), vec![known]);
        bench
    }

    /// Opens a connection and says something first.
    async fn open(&mut self, first: &[u8]) -> Client {
        let (ours, theirs) = tokio::io::duplex(4_096);
        self.tasks.spawn(converse(theirs, None, Arc::clone(&self.house), self.stop.clone()));
        let mut client = Client(ours);
        client.say(first).await;
        client
    }

    /// Opens a connection that is let in.
    async fn enter(&mut self, first: &[u8]) -> Client {
        let mut client = self.open(first).await;
        let connack = client.hear().await;
        assert_eq!((connack[0], connack[3]), (0x20, 0), "{connack:x?}");
        client
    }

    async fn knock(&mut self) -> Knock {
        self.knocks.next().await.expect("something arrives")
    }

    /// Takes the next arrival in and stores it.
    async fn store(&mut self) -> Arrival {
        let knock = self.knock().await;
        let _ = knock.verdict.send(Verdict::Stored(vec![]));
        knock.arrival
    }
}

struct Client(DuplexStream);

impl Client {
    async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn publish(&mut self, version: u8, qos: u8, id: u16, payload: &[u8]) {
        self.say(&publish(version, qos, id, STATUS, payload)).await;
    }

    /// The reason code of a DISCONNECT; none where the connection just ends.
    async fn goodbye(&mut self) -> Option<u8> {
        let packet = self.hear().await;
        assert!(packet.first().is_none_or(|first| *first == 0xe0), "{packet:x?}");
        packet.get(2).copied()
    }

    /// The next packet; empty at the end of the connection.
    async fn hear(&mut self) -> Vec<u8> {
        let mut head = [0; 2];
        if self.0.read_exact(&mut head).await.is_err() {
            return Vec::new();
        }
        assert!(head[1] < 0x80, "only short packets are read here");
        let mut packet = head.to_vec();
        packet.resize(2 + usize::from(head[1]), 0);
        self.0.read_exact(&mut packet[2..]).await.unwrap();
        packet
    }
}

fn online(arrival: &Arrival) -> Option<bool> {
    match arrival.events.first() {
        Some(Event::Presence(presence)) => Some(presence.online),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_waits_for_the_verdict_and_keeps_its_order() {
    let mut bench = Bench::new();
    let mut client = bench.enter(&connect(V3, "m1")).await;
    client.publish(V3, 1, 1, b"online").await;
    client.publish(V3, 1, 2, b"offline").await;
    let (first, second) = (bench.knock().await, bench.knock().await);
    second.verdict.send(Verdict::Stored(vec![])).unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(5), client.hear()).await.is_err());
    first.verdict.send(Verdict::Stored(vec![])).unwrap();
    assert_eq!(client.hear().await, [0x40, 2, 0, 1]);
    assert_eq!(client.hear().await, [0x40, 2, 0, 2]);
    let counted = bench.house.port.counts.read();
    assert_eq!((counted.received, counted.accepted, counted.connections), (2, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_came_whole_waits_for_nothing_that_came_in_part() {
    let mut bench = Bench::new();
    let mut client = bench.enter(&connect(V3, "m1")).await;
    let each = [1, 2, 3].map(|id| publish(V3, 1, id, STATUS, b"online"));
    let (whole, part) = (each.concat(), each[2].len() / 2);
    client.say(&whole[..whole.len() - part]).await;
    for id in 1..=2 {
        bench.store().await;
        assert_eq!(client.hear().await, [0x40, 2, 0, id]);
    }
    // What breaks the protocol right behind them holds nothing up either.
    client.say(&[&whole[whole.len() - part..], &[0xff; 8]].concat()).await;
    assert_eq!(online(&bench.store().await), Some(true));
    assert_eq!(bench.store().await.raw.map(|raw| raw.outcome), Some(Outcome::Refused));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_stored_is_not_acknowledged() {
    for (version, goodbye) in [(V3, None), (V5, Some(0x89))] {
        let mut bench = Bench::new();
        let mut client = bench.enter(&connect_with_will(version, "m1", STATUS)).await;
        client.publish(version, 1, 1, b"online").await;
        bench.knock().await.verdict.send(Verdict::NotNow("full")).unwrap();
        assert_eq!(client.goodbye().await, goodbye);
        assert_eq!(client.hear().await, [0u8; 0], "the connection is closed");
        assert!(bench.knocks.at_hand().is_none(), "a device that was sent away has not died");
        assert_eq!(bench.house.port.counts.read().not_now, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_may_be_in_flight_and_no_more_is_read() {
    let mut bench = Bench::new();
    let mut client = bench.enter(&connect(V3, "m1")).await;
    for id in 1..=300 {
        let sent = client.publish(V3, 1, id, b"online");
        if tokio::time::timeout(Duration::from_secs(1), sent).await.is_err() {
            break;
        }
    }
    let mut waiting = Vec::new();
    while let Ok(Some(knock)) = tokio::time::timeout(Duration::from_secs(1), bench.knocks.next()).await {
        waiting.push(knock);
    }
    assert_eq!(waiting.len(), usize::from(IN_FLIGHT_MOST));
    waiting.remove(0).verdict.send(Verdict::Stored(vec![])).unwrap();
    assert_eq!(client.hear().await, [0x40, 2, 0, 1]);
    assert!(
        tokio::time::timeout(Duration::from_secs(1), bench.knocks.next()).await.is_ok(),
        "one more is read"
    );
}

#[tokio::test(start_paused = true)]
async fn the_memory_of_all_connections_has_one_bound() {
    let mut bench = Bench::new();
    let topic = "wardlight/v1/icu/07/m/readings";
    let big = publish(V3, 1, 1, topic, &vec![b'x'; 80 * 1_024]);
    let mut first = bench.enter(&connect(V3, "m1")).await;
    first.say(&big).await;
    let waiting = bench.knock().await;
    let mut second = bench.enter(&connect(V3, "m2")).await;
    second.say(&big).await;
    assert!(tokio::time::timeout(Duration::from_secs(1), bench.knocks.next()).await.is_err());
    waiting.verdict.send(Verdict::Stored(vec![])).unwrap();
    assert_eq!(bench.store().await.peer.name, "m2");
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_payload_is_kept_and_the_connection_stays() {
    for (version, topic, answer) in [
        (V3, STATUS, &[0x40, 2, 0, 1][..]),
        (V5, STATUS, &[0x40, 3, 0, 1, 0x99]),
        (V5, "somewhere/else", &[0x40, 3, 0, 1, 0x90]),
    ] {
        let mut bench = Bench::new();
        let mut client = bench.enter(&connect(version, "m1")).await;
        client.say(&publish(version, 1, 1, topic, b"garbage")).await;
        let arrival = bench.store().await;
        assert!(arrival.raw.is_some_and(|raw| raw.outcome == Outcome::Refused && raw.bytes == b"garbage"));
        assert_eq!(client.hear().await, answer);
        client.publish(version, 1, 2, b"online").await;
        assert_eq!(online(&bench.store().await), Some(true));
        assert_eq!(client.hear().await, [0x40, 2, 0, 2]);
        assert_eq!(bench.house.port.counts.read().refused, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_will_is_published_when_a_device_dies_and_not_when_it_leaves() {
    let mut bench = Bench::new();
    let client = bench.enter(&connect_with_will(V3, "m1", STATUS)).await;
    drop(client);
    assert_eq!(online(&bench.store().await), Some(false));
    let mut client = bench.enter(&connect_with_will(V3, "m1", STATUS)).await;
    client.say(&[0xe0, 0]).await;
    assert_eq!(client.hear().await, [0u8; 0]);
    assert!(bench.knocks.at_hand().is_none());
    let mut client = bench.enter(&connect_with_will(V5, "m1", STATUS)).await;
    client.say(&[0xe0, 1, 4]).await;
    assert_eq!(online(&bench.store().await), Some(false), "5.0 may ask for it");
}

#[tokio::test(start_paused = true)]
async fn silence_beyond_the_keep_alive_ends_a_connection() {
    for (version, goodbye) in [(V3, None), (V5, Some(0x8d))] {
        let mut bench = Bench::new();
        let mut client = bench.enter(&connect_with_will(version, "m1", STATUS)).await;
        tokio::time::sleep(Duration::from_secs(89)).await;
        client.say(&packet(0xc0, &[])).await;
        assert_eq!(client.hear().await, [0xd0, 0]);
        tokio::time::sleep(Duration::from_secs(89)).await;
        assert!(bench.knocks.at_hand().is_none(), "it is still within its time");
        assert_eq!(client.goodbye().await, goodbye);
        assert_eq!(online(&bench.store().await), Some(false));
    }
}

#[tokio::test(start_paused = true)]
async fn back_pressure_is_not_silence() {
    let mut bench = Bench::new();
    let mut client = bench.enter(&connect(V3, "m1")).await;
    for id in 1..=IN_FLIGHT_MOST + 2 {
        client.publish(V3, 1, id, b"online").await;
    }
    let mut waiting = Vec::new();
    while let Ok(Some(knock)) = tokio::time::timeout(Duration::from_mins(10), bench.knocks.next()).await {
        waiting.push(knock);
    }
    for knock in waiting {
        knock.verdict.send(Verdict::Stored(vec![])).unwrap();
    }
    assert_eq!(client.hear().await, [0x40, 2, 0, 1], "ten minutes later the connection still stands");
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_takes_over_without_a_last_will() {
    for (version, goodbye) in [(V3, None), (V5, Some(0x8e))] {
        let mut bench = Bench::new();
        let mut old = bench.enter(&connect_with_will(version, "m1", STATUS)).await;
        let mut new = bench.enter(&connect_with_will(version, "m1", STATUS)).await;
        assert_eq!(old.goodbye().await, goodbye);
        assert_eq!(old.hear().await, [0u8; 0]);
        new.publish(version, 1, 1, b"online").await;
        assert_eq!(online(&bench.store().await), Some(true), "the device lives, and says so first");
        drop(new);
        assert_eq!(online(&bench.store().await), Some(false));
    }
}

#[tokio::test(start_paused = true)]
async fn qos_2_is_refused_with_a_record() {
    for (version, goodbye) in [(V3, None), (V5, Some(0x9b))] {
        let mut bench = Bench::new();
        let mut client = bench.enter(&connect(version, "m1")).await;
        client.publish(version, 2, 1, b"online").await;
        let raw = bench.store().await.raw.expect("a record");
        assert!(raw.reason.contains("QoS 2") && raw.outcome == Outcome::Refused, "{}", raw.reason);
        assert_eq!(client.goodbye().await, goodbye);
        assert_eq!(client.hear().await, [0u8; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_speak_mqtt_is_closed_and_recorded() {
    let mut bench = Bench::new();
    let mut client = bench.open(b"GET / HTTP/1.1\r\nHost: ward\r\n\r\n".repeat(8).as_slice()).await;
    let raw = bench.store().await.raw.expect("a record");
    assert!(raw.bytes.starts_with(b"GET /"));
    assert_eq!(client.hear().await, [0u8; 0]);
    let mut client = bench.enter(&connect(V3, "m1")).await;
    client.say(&[0x32, 0xff, 0xff, 0xff, 0x7f]).await;
    let raw = bench.store().await.raw.expect("a record");
    assert!(raw.reason.contains("256 KiB"), "{}", raw.reason);
    assert_eq!(client.hear().await, [0u8; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_sent_away_after_ten_seconds() {
    let mut bench = Bench::new();
    let mut client = bench.open(&[0x10]).await;
    assert_eq!(client.hear().await, [0u8; 0]);
    assert_eq!(bench.house.port.counts.read().connections, 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_without_an_id_is_given_one() {
    let mut bench = Bench::new();
    let mut client = bench.open(&connect(V5, "")).await;
    let connack = client.hear().await;
    assert!(connack.windows(8).any(|part| part == b"assigned"), "{connack:x?}");
    let mut client = bench.enter(&connect(V3, "")).await;
    client.publish(V3, 1, 1, b"online").await;
    assert!(bench.store().await.peer.name.starts_with("assigned-"));
    let mut client = bench.open(&connect_with(V3, "", 0, &[])).await;
    assert_eq!(client.hear().await, [0x20, 2, 0, 2], "without a clean session it could never come back");
    let mut client = bench.open(&connect(V3, &"m".repeat(129))).await;
    assert_eq!(client.hear().await, [0x20, 2, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_kept_is_announced() {
    let mut bench = Bench::new();
    let kept = connect_with(V3, "m1", 0, &[]);
    drop(bench.enter(&kept).await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut client = bench.open(&kept).await;
    assert_eq!(client.hear().await, [0x20, 2, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn alert_state_is_told_on_subscribing_and_on_change() {
    let mut bench = Bench::new();
    let mut client = bench.enter(&connect(V3, "node")).await;
    client.say(&subscribe(5, "wardlight/v1/icu/07/alerts")).await;
    assert_eq!(client.hear().await, [0x90, 3, 0, 5, 0]);
    let state = client.hear().await;
    assert_eq!(state[0], 0x31, "retained");
    assert!(state.ends_with(br#""alerts":[]}"#), "{}", String::from_utf8_lossy(&state));
    bench.shown.send_replace(Arc::new(view(vec![bed("07")], vec![alert("00000000000000aa", Some("07"))])));
    let mut head = [0; 3];
    client.0.read_exact(&mut head).await.unwrap();
    assert_eq!(head[0], 0x30, "live");
    client.say(&subscribe(6, "#")).await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_to_anything_else_fails() {
    let mut bench = Bench::new();
    let mut client = bench.enter(&connect(V3, "node")).await;
    client.say(&subscribe(5, "wardlight/v1/icu/#")).await;
    assert_eq!(client.hear().await, [0x90, 3, 0, 5, 0x80]);
}

#[tokio::test(start_paused = true)]
async fn stopping_acknowledges_what_was_handed_over_and_closes() {
    let mut bench = Bench::new();
    let mut client = bench.enter(&connect_with_will(V5, "m1", STATUS)).await;
    client.publish(V5, 1, 1, b"online").await;
    let knock = bench.knock().await;
    bench.stop.cancel();
    tokio::task::yield_now().await;
    knock.verdict.send(Verdict::Stored(vec![])).unwrap();
    assert_eq!(client.hear().await, [0x40, 2, 0, 1]);
    assert_eq!(client.goodbye().await, Some(0x8b));
    assert_eq!(client.hear().await, [0u8; 0]);
    assert!(bench.knocks.at_hand().is_none(), "the device has not died");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_sent_away() {
    let mut bench = Bench::new();
    let mut client = bench.enter(&connect(V3, "m1")).await;
    let pings = packet(0xc0, &[]).repeat(20_000);
    let _ = tokio::time::timeout(Duration::from_mins(1), client.0.write_all(&pings)).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(bench.house.port.counts.read().connections, 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_known_stays_outside() {
    for (version, code) in [(V3, 5), (V5, 0x87)] {
        let mut bench = Bench::knowing_one_device();
        for (client, hello) in [
            ("nameless", connect(version, "nameless")),
            ("guessing", connect_as(version, "guessing", "m7", "wrong")),
            ("unknown", connect_as(version, "unknown", "m8", "right")),
        ] {
            let mut client_end = bench.open(&hello).await;
            assert_eq!(client_end.hear().await[3], code, "{client}");
            assert_eq!(client_end.hear().await, [0u8; 0], "{client}: the connection is closed");
        }
        assert_eq!(bench.house.port.counts.read().refused, 3);
        assert!(bench.knocks.at_hand().is_none(), "nothing of it reaches the ward from here");
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_publishes_below_its_own_topic_alone() {
    for (version, answer) in [(V3, &[0x40, 2, 0, 2][..]), (V5, &[0x40, 3, 0, 2, 0x87])] {
        let mut bench = Bench::knowing_one_device();
        let mut client = bench.enter(&connect_as(version, "m1", "m7", "right")).await;
        client.publish(version, 1, 1, b"online").await;
        assert_eq!(online(&bench.store().await), Some(true));
        assert_eq!(client.hear().await, [0x40, 2, 0, 1]);
        let elsewhere = "wardlight/v1/icu/08/m/status";
        client.say(&publish(version, 1, 2, elsewhere, b"online")).await;
        let raw = bench.store().await.raw.unwrap();
        assert_eq!((raw.outcome, raw.bytes.as_slice()), (Outcome::Refused, &b"online"[..]));
        assert!(raw.reason.contains("not below 07/m"), "{}", raw.reason);
        assert_eq!(client.hear().await, answer);
        client.publish(version, 1, 3, b"offline").await;
        assert_eq!(online(&bench.store().await), Some(false), "the connection stays");
        assert_eq!(bench.house.port.counts.read().refused, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_hears_of_its_own_bed_alone() {
    let mut bench = Bench::knowing_one_device();
    let mut client = bench.enter(&connect_as(V3, "m1", "m7", "right")).await;
    for (id, filter, granted) in [
        (1, "wardlight/v1/icu/+/alerts", 0x80),
        (2, "wardlight/v1/icu/08/alerts", 0x80),
        (3, "wardlight/v1/icu/07/alerts", 0),
    ] {
        client.say(&subscribe(id, filter)).await;
        assert_eq!(client.hear().await[4], granted, "{filter}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_protocol_at_this_port_is_named() {
    for (said, named) in [
        (&b"\x16\x03\x01\x02\x00\x01"[..], "TLS was spoken to the plain MQTT port"),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP was spoken to the MQTT port"),
        (b"\x0bMSH|^~\\&|", "HL7 was spoken to the MQTT port"),
        (b"\x10", "no CONNECT within 10 s"),
    ] {
        let mut bench = Bench::new();
        let mut client = bench.open(said).await;
        let raw = bench.store().await.raw.unwrap();
        assert!(raw.reason.contains(named), "{}", raw.reason);
        assert_eq!(raw.bytes, said);
        assert_eq!(client.hear().await, [0u8; 0]);
        assert_eq!(bench.house.port.counts.read().refused, 1);
    }
}
