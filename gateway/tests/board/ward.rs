//! A ward on a free port: the real loop and the real board, each on a thread of its own that a test can
//! freeze.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use gateway::board::accounts::{Account, AccountRole, Accounts, Asked};
use gateway::board::{Access, Deps};
use gateway::clock::Clock;
use gateway::config::ward::{BedPlan, WardPlan};
use gateway::event::{Arrival, Door, Event, Peer, Raw, Verdict};
use gateway::journal::{Entry, Record};
use gateway::record::{AlertChange, AlertRecord};
use gateway::view::Desired;
use gateway::ward::Ward;
use gateway::ward::driver::{Driver, Outlets, Paper};
use rules::{Moment, Policy};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::sheet::{Gateway, Shelf};

/// The people of the ward, their roles and PINs.
const PEOPLE: [(&str, AccountRole, &str); 6] = [
    ("asha", AccountRole::Nurse, "2468"),
    ("ben", AccountRole::Nurse, "1357"),
    ("dr.rao", AccountRole::Doctor, "8642"),
    ("bo", AccountRole::Biomed, "3333"),
    ("ada", AccountRole::Admin, "4444"),
    ("vic", AccountRole::Viewer, "1111"),
];

/// The badge that asha has.
pub(crate) const BADGE: &str = "04A2:19F3-asha";

/// The token of a program that looks only.
pub(crate) const TOKEN: &str = "a-token-of-a-program";

/// The token of a workstation.
pub(crate) const STATION_TOKEN: &str = "a-token-of-a-workstation";

/// What the ward wrote down.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) alerts: BTreeMap<String, AlertRecord>,
    pub(crate) changes: Vec<AlertChange>,
    pub(crate) messages: Vec<Raw>,
}

/// A store in memory, which can be told to take nothing.
#[derive(Clone, Default)]
pub(crate) struct Store {
    kept: Arc<Mutex<Kept>>,
    refuses: Arc<AtomicBool>,
}

impl Store {
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }
}

impl Paper for Store {
    fn submit(&self, entry: Entry) -> Result<(), Entry> {
        let refuses = self.refuses.load(Ordering::Relaxed);
        for record in entry.records {
            match record {
                Record::Alert(alert) => {
                    self.kept().alerts.insert(alert.id.clone(), AlertRecord::clone(&alert));
                }
                Record::Change(change) => self.kept().changes.push(change),
                Record::Message { raw, .. } => self.kept().messages.push(raw),
                _ => {}
            }
        }
        if let Some((waiting, verdict)) = entry.then {
            let verdict = if refuses { Verdict::NotNow("the disk is full") } else { verdict };
            let _ = waiting.send(verdict);
        }
        Ok(())
    }
}

struct People(BTreeMap<&'static str, Account>);

impl Accounts for People {
    fn account<'a>(&'a self, name: &'a str) -> Asked<'a, Option<Account>> {
        Box::pin(async move { Ok(self.0.get(name).cloned()) })
    }

    fn holder<'a>(&'a self, badge: &'a str) -> Asked<'a, Option<Account>> {
        self.account(if badge == BADGE { "asha" } else { "" })
    }

    fn token(&self, hash: [u8; 32]) -> Asked<'_, Option<AccountRole>> {
        let known = [(TOKEN, AccountRole::Viewer), (STATION_TOKEN, AccountRole::Nurse)];
        let role = known.into_iter().find(|(token, _)| Sha256::digest(token) == hash).map(|(_, role)| role);
        Box::pin(async move { Ok(role) })
    }
}

/// PINs hashed as cheaply as can be: the tests check who may do what, not how hard a PIN is to guess.
fn people() -> People {
    let cheap = Argon2::from(argon2::Params::new(8, 1, 1, None).unwrap());
    let account = |(name, role, pin): (&'static str, AccountRole, &str)| {
        let pin_hash = cheap.hash_password(pin.as_bytes()).unwrap().to_string();
        (name, Account { name: name.to_owned(), role, pin_hash, badge: None })
    };
    People(PEOPLE.map(account).into_iter().collect())
}

fn listener(address: SocketAddr) -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind(address).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn plan(beds: u32) -> WardPlan {
    let bed = |at| BedPlan { label: format!("{at:02}"), locations: Vec::new() };
    WardPlan {
        name: "icu-1".to_owned(),
        beds: (1..=beds).map(bed).collect(),
        strips: vec!["DEMO — not for patient care".to_owned()],
        ..WardPlan::of_no_beds(Box::leak(Box::new(Policy::shipped())))
    }
}

/// A running ward with its board. It ends when it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// The same board, for callers whose address is not known to be a station's.
    pub(crate) away: SocketAddr,
    pub(crate) door: Door,
    pub(crate) store: Store,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) stop: CancellationToken,
    judging: Cell,
    serving: Cell,
}

/// A thread with its own little runtime, which stands still on demand as if it had been stopped by a signal.
struct Cell {
    freeze: mpsc::UnboundedSender<std::sync::mpsc::Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

/// While it lives, a cell stands still.
pub(crate) struct Frozen {
    _thaw: Sender<()>,
}

impl Cell {
    fn run(work: impl Future<Output = ()> + Send + 'static) -> Self {
        let (freeze, mut frozen) = mpsc::unbounded_channel::<std::sync::mpsc::Receiver<()>>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let stand_still = async {
                    while let Some(until) = frozen.recv().await {
                        // Blocks the only thread of this runtime: nothing of it moves until the test lets go.
                        let _ = until.recv();
                    }
                };
                tokio::select! {
                    () = work => {}
                    () = stand_still => {}
                }
            });
        });
        Self { freeze, thread: Some(thread) }
    }

    fn freeze(&self) -> Frozen {
        let (thaw, until) = std::sync::mpsc::channel();
        self.freeze.send(until).unwrap();
        Frozen { _thaw: thaw }
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Running {
    /// A ward of `beds` beds, read without a sign-in from this machine.
    pub(crate) fn start(beds: u32) -> Self {
        Self::start_at(beds, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// The same at an address that an earlier one had.
    pub(crate) fn start_at(beds: u32, address: SocketAddr) -> Self {
        // The client of these tests is built with TLS, though nothing here speaks it. The first test installs
        // it for all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (listener, address) = listener(address);
        let (elsewhere, away) = self::listener(SocketAddr::from(([127, 0, 0, 1], 0)));
        let (stop, (door, knocks)) = (CancellationToken::new(), Door::new());
        let (clock, store, gateway) = (Clock::starting_after(Moment(0)), Store::default(), Arc::default());
        let (views, view) = watch::channel(Arc::default());
        let turns = Arc::new(AtomicU64::new(0));
        let ward = Ward::new(Arc::new(plan(beds)));
        let (desired, _) = watch::channel(Desired::default());
        let outlets = Outlets { views, desired, turns: Arc::clone(&turns) };
        let driver = Driver::new(ward, clock.clone(), store.clone(), outlets);
        let judging = Cell::run(driver.run(knocks, stop.clone()));
        let deps = Deps {
            door: door.clone(),
            clock,
            view,
            turns,
            accounts: Arc::new(people()),
            archive: Arc::new(Shelf(store.clone())),
            plumbing: Arc::<Gateway>::clone(&gateway),
            annunciators: Arc::<Gateway>::clone(&gateway),
            replays: Arc::<Gateway>::clone(&gateway),
            outbox: Arc::<Gateway>::clone(&gateway),
            access: Access::default(),
            zone: jiff::tz::TimeZone::UTC,
            stop: stop.clone(),
        };
        let stopped = stop.clone();
        let serving = Cell::run(async move {
            let router = gateway::board::router(deps);
            let elsewhere = axum::serve(TcpListener::from_std(elsewhere).unwrap(), router.clone());
            let here = gateway::board::serve(TcpListener::from_std(listener).unwrap(), None, router, stopped);
            tokio::select! {
                ended = here => ended.unwrap(),
                ended = async { elsewhere.await } => ended.unwrap(),
            }
        });
        Self { address, away, door, store, gateway, stop, judging, serving }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Hands events to the ward and waits until they are stored.
    pub(crate) async fn tell(&self, events: Vec<Event>) {
        let peer = Peer { endpoint: "mqtt", name: "test".to_owned() };
        let verdict = self.door.hand_over(Arrival { peer, raw: None, events }).await;
        assert!(matches!(verdict, Verdict::Stored(_)), "{verdict:?}");
    }

    /// From now on the store takes nothing.
    pub(crate) fn refuse_to_store(&self) {
        self.store.refuses.store(true, Ordering::Relaxed);
    }

    /// Stops the board's thread, as a signal would.
    pub(crate) fn freeze_board(&self) -> Frozen {
        self.serving.freeze()
    }

    /// Stops the ward's thread; the board goes on.
    pub(crate) fn freeze_ward(&self) -> Frozen {
        self.judging.freeze()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
