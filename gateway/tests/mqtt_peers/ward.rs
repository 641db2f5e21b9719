//! The ward behind the door, played by the test: it sees what arrives and decides what becomes of it.

use std::sync::Arc;

use gateway::clock::Clock;
use gateway::config::signed::Signed;
use gateway::event::{Arrival, Door, Event, Knock, Knocks, Outcome, Verdict};
use gateway::ingest::mqtt::identity::Admission;
use gateway::ingest::mqtt::listener::Gate;
use gateway::ingest::mqtt::{Counted, Counts, DevicePort, broker, listener};
use gateway::traffic::Line;
use gateway::view::{BedView, BindingView, WardView};
use rules::bed::EarlyWarning;
use rules::score::Points;
use rules::score::choice::{Because, Chart, Choice, Mode};
use rules::score::news2::News2;
use rules::{Absence, Moment, Policy};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::peers::PATIENCE;

/// A readable frame; `#` is replaced by a number where many are published.
pub(crate) const FRAME: &str =
    r#"{"time":"2026-11-21T02:13:00Z","seq":#,"readings":[{"code":"150456","value":97,"unit":"%"}]}"#;

pub(crate) fn topic(subject: &str) -> String {
    format!("wardlight/v1/icu/07/monitor/{subject}")
}

pub(crate) struct Ward {
    knocks: Knocks,
    device_port: DevicePort,
    /// Kept so that the view does not end.
    _shown: watch::Sender<Arc<WardView>>,
    /// How the line to the broker is.
    pub(crate) line: watch::Sender<Line>,
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Ward {
    fn new() -> Self {
        let (door, knocks) = Door::new();
        let (shown, view) = watch::channel(Arc::new(quiet()));
        let clock = Clock::starting_after(Moment(0));
        let device_port = DevicePort {
            ward: "icu".into(),
            door,
            clock,
            site: Arc::default(),
            view,
            counts: Arc::new(Counts::default()),
        };
        let line = watch::Sender::new(Line::not_yet());
        let (stop, running) = (CancellationToken::new(), JoinSet::new());
        Self { knocks, device_port, _shown: shown, line, stop, running }
    }

    /// A ward with its own listener, and the listener's port.
    pub(crate) async fn listening() -> (Self, u16) {
        Self::behind(Gate { entrance: None, admission: Admission::Anybody }).await
    }

    /// The same behind a gate.
    pub(crate) async fn behind(gate: Gate) -> (Self, u16) {
        let mut ward = Self::new();
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = socket.local_addr().expect("bound").port();
        let (device_port, stop) = (ward.device_port.clone(), ward.stop.clone());
        ward.running
            .spawn(async move { listener::serve(socket, gate, device_port, stop).await.expect("serves") });
        (ward, port)
    }

    /// A ward that is the client of a broker.
    pub(crate) fn behind_broker(port: u16) -> Self {
        let mut ward = Self::new();
        ward.connect(port);
        ward
    }

    /// The same with access of the test's own.
    pub(crate) fn behind_broker_by(access: broker::Access) -> Self {
        let mut ward = Self::new();
        ward.connect_by(access);
        ward
    }

    /// Connects to a broker.
    pub(crate) fn connect(&mut self, port: u16) {
        let url = format!("mqtt://127.0.0.1:{port}");
        self.connect_by(broker::Access { url, tls: None, login: None });
    }

    fn connect_by(&mut self, access: broker::Access) {
        self.stop = CancellationToken::new();
        let (device_port, stop) = (self.device_port.clone(), self.stop.clone());
        let line = self.line.clone();
        self.running.spawn(async move {
            broker::run(access, device_port, line, stop).await.expect("an address");
        });
    }

    /// Stops what runs, and waits for it.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
    }

    pub(crate) async fn knock(&mut self) -> Knock {
        let knock = tokio::time::timeout(PATIENCE, self.knocks.next()).await;
        knock.expect("something arrives").expect("the door stands")
    }

    /// Whether nothing more has arrived.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.knocks.at_hand().is_none()
    }

    /// Takes the next arrival in and stores it.
    pub(crate) async fn store(&mut self) -> Arrival {
        let knock = self.knock().await;
        let _ = knock.verdict.send(Verdict::Stored(vec![]));
        knock.arrival
    }

    /// Stores what comes until a frame does.
    pub(crate) async fn store_frame(&mut self) -> Arrival {
        loop {
            let arrival = self.store().await;
            if matches!(arrival.events.first(), Some(Event::Frame(_))) {
                return arrival;
            }
        }
    }

    pub(crate) fn counted(&self) -> Counted {
        self.device_port.counts.read()
    }
}

/// One bed, no alerts.
pub(crate) fn quiet() -> WardView {
    let unknown = Points::Missing { least: 0, most: 3, why: Absence::NeverHeard };
    let bed = BedView {
        label: "07".into(),
        binding: BindingView {
            patient: None,
            name: String::new(),
            in_doubt: false,
            candidates: Vec::new(),
            since: None,
        },
        vitals: vec![],
        early: EarlyWarning::News2(News2 { parts: [unknown; 7] }),
        choice: Choice { chart: Chart::News2, mode: Mode::Calls, because: Because::AgeUnknown },
        baseline: None,
        beside: None,
        signed: Arc::new(Signed::by_nobody(&Policy::shipped())),
        priority: None,
        folded: 0,
        bindings: Arc::default(),
        standby_offered: false,
        own_limits: Vec::new(),
        own_critical: Vec::new(),
        standby: None,
        audio_pause: None,
        not_judged: Vec::new(),
    };
    WardView { ward: "icu".into(), beds: vec![Arc::new(bed)], ..WardView::default() }
}

/// The sequence number and the key of a frame.
pub(crate) fn frame(arrival: &Arrival) -> (u64, u64) {
    match arrival.events.first() {
        Some(Event::Frame(frame)) => (frame.seq.expect("numbered"), frame.key.0),
        other => panic!("not a frame: {other:?} {:?}", arrival.raw),
    }
}

/// What a presence says.
pub(crate) fn online(arrival: &Arrival) -> bool {
    match arrival.events.first() {
        Some(Event::Presence(presence)) => presence.online,
        other => panic!("not a presence: {other:?}"),
    }
}

/// Why a message was refused.
pub(crate) fn refusal(arrival: &Arrival) -> &str {
    let raw = arrival.raw.as_ref().expect("kept raw");
    assert_eq!(raw.outcome, Outcome::Refused);
    &raw.reason
}
