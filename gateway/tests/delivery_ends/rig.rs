//! An outbox, a courier and a ward's ear, for as long as a test lasts. The ward's time runs fast, so that a
//! pause of a minute passes in a moment.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway::clock::{Clock, Wall};
use gateway::delivery::{End, courier};
use gateway::event::{Door, Event, Knocks, Uhid, Verdict};
use gateway::journal::{DeliveryRow, DeliveryState, Entry, Journal, Record, Tag};
use gateway::owed::{Charted, Destination, Owed, Parcel};
use rules::{AlertId, Moment, Sign};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// 2026-11-20T20:43:00Z, which is 02:13 of the next day in India.
pub(crate) const AT: Wall = Wall(1_795_207_380_000);

/// How fast the ward's time runs.
const SPEED: u32 = 500;

/// How long anything may take before the test is lost.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Rig {
    _folder: TempDir,
    journal: Journal,
    clock: Clock,
    door: Door,
    told: watch::Receiver<Vec<Event>>,
    pub(crate) stop: CancellationToken,
    pub(crate) running: JoinSet<()>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let tag = Tag { rules: 1, policy: [0; 32] };
        let journal = Journal::open(&folder.path().join("wardlight.db"), AT, &tag).unwrap().journal;
        let (door, behind) = Door::new();
        let (tell, told) = watch::channel(Vec::new());
        let mut running = JoinSet::new();
        running.spawn(ward(behind, tell));
        let clock = Clock::at_speed(Moment(0), SPEED);
        Self { _folder: folder, journal, clock, door, told, stop: CancellationToken::new(), running }
    }

    /// Starts the courier of one end.
    pub(crate) fn deliver(&mut self, end: impl End + 'static) {
        self.deliver_by(Arc::new(end));
    }

    pub(crate) fn deliver_by(&mut self, end: Arc<impl End + 'static>) {
        let run =
            courier::run(self.journal.clone(), end, self.clock.clone(), self.door.clone(), self.stop.clone());
        self.running.spawn(async move { run.await.unwrap() });
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn door(&self) -> Door {
        self.door.clone()
    }

    pub(crate) fn owe(&self, owed: impl IntoIterator<Item = Owed>) {
        let records = owed.into_iter().map(Record::Owed).collect();
        self.journal.submit(Entry { records, then: None }).unwrap();
    }

    /// Waits until nothing waits in the outbox; returns all rows, oldest first.
    pub(crate) async fn settled(&self) -> Vec<DeliveryRow> {
        self.journal.flush().await.unwrap();
        let mut changed = self.journal.owed_changed();
        let settled = async {
            while !self.rows(Some(DeliveryState::Waiting)).await.is_empty() {
                changed.changed().await.unwrap();
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, settled).await;
        assert!(in_time.is_ok(), "still waiting: {:?}", self.rows(Some(DeliveryState::Waiting)).await);
        let mut rows = self.rows(None).await;
        rows.reverse();
        rows
    }

    pub(crate) async fn rows(&self, state: Option<DeliveryState>) -> Vec<DeliveryRow> {
        self.journal.deliveries(state, 10_000).await.unwrap()
    }

    /// What the ward was told until now.
    pub(crate) fn so_far(&self) -> Vec<Event> {
        self.told.borrow().clone()
    }

    /// Waits until the ward was told something of this kind.
    pub(crate) async fn told(&mut self, what: impl Fn(&Event) -> bool) -> Event {
        let found = self.told.wait_for(|told| told.iter().any(&what));
        let told = tokio::time::timeout(PATIENCE, found).await.unwrap().unwrap();
        told.iter().find(|event| what(event)).cloned().unwrap()
    }
}

/// Everything is durable at once.
async fn ward(mut behind: Knocks, tell: watch::Sender<Vec<Event>>) {
    while let Some(knock) = behind.next().await {
        tell.send_modify(|told| told.extend(knock.arrival.events));
        let _ = knock.verdict.send(Verdict::Stored(Vec::new()));
    }
}

pub(crate) async fn free_port() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The vital signs of one patient at one minute; the minute is also the pulse, to tell them apart.
pub(crate) fn vitals(to: Destination, patient: &str, minute: i32) -> Owed {
    let at = Wall(AT.0 + i64::from(minute) * 60_000);
    let charted = |sign, value| Charted { sign, value, taken: at };
    let parcel = Parcel::Vitals {
        patient: Uhid(patient.into()),
        bed: "07".into(),
        at,
        values: vec![
            charted(Sign::HeartRate, 60 + minute),
            charted(Sign::SpO2, 91),
            charted(Sign::Temperature, 381),
        ],
        news2: None,
        note: "systolic missing".into(),
    };
    let key = format!("vitals-{}-{patient}-{minute}", to.word());
    Owed { key, destination: to, alert: None, due: Moment(0), parcel }
}

pub(crate) const ALERT: AlertId = AlertId(0xAB);
