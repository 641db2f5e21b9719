//! What the fuzz targets share: a bound on memory, and a device port that is entered over the loopback.
//!
//! Nothing here knows what is right for a message; each target says so itself.

use std::alloc::System;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use cap::Cap;
use gateway::clock::Clock;
use gateway::event::{Door, Knocks};
use gateway::ingest::mqtt::identity::Admission;
use gateway::ingest::mqtt::{Counts, DevicePort, listener};
use gateway::ingest::profile::{Profiles, Site};
use gateway::view::WardView;
use jiff::tz::TimeZone;
use rules::Moment;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Runs a case that may have so many bytes beyond what is already held; one more ends the process, and
/// libFuzzer keeps the input.
pub fn within<T>(most: usize, case: impl FnOnce() -> T) -> T {
    HEAP.set_limit(HEAP.allocated() + most).expect("more than is held");
    let result = case();
    HEAP.set_limit(usize::MAX).expect("no limit");
    result
}

/// A site whose times are the same everywhere. Its profiles are read once, outside of any case.
pub static SITE: LazyLock<Site> = LazyLock::new(|| Site {
    zone: TimeZone::UTC,
    uhid_authority: String::new(),
    profiles: Profiles::shipped(),
});

/// The device port on the loopback, with its ward in the hands of the target.
#[derive(Debug)]
pub struct Devices {
    /// Where everything runs.
    pub runtime: Runtime,
    /// What arrives.
    pub knocks: Knocks,
    /// What is counted.
    pub counts: Arc<Counts>,
    to: SocketAddr,
    connected: u32,
    _shown: watch::Sender<Arc<WardView>>,
    _serving: JoinSet<Result<(), listener::ListenerError>>,
}

impl Devices {
    /// Opens the port of the ward `icu`.
    #[must_use]
    pub fn open() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (door, knocks) = Door::new();
        let (shown, view) = watch::channel(Arc::new(WardView::default()));
        let counts = Arc::<Counts>::default();
        let clock = runtime.block_on(async { Clock::starting_after(Moment(0)) });
        let (ward, site) = ("icu".into(), Arc::new(SITE.clone()));
        let port = DevicePort { ward, door, clock, site, view, counts: Arc::clone(&counts) };
        let mut serving = JoinSet::new();
        let to = runtime.block_on(async {
            let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let to = socket.local_addr().expect("bound");
            let gate = listener::Gate { entrance: None, admission: Admission::Anybody };
            serving.spawn(listener::serve(socket, gate, port, CancellationToken::new()));
            to
        });
        Self { runtime, knocks, counts, to, connected: 0, _shown: shown, _serving: serving }
    }

    /// The way to a new connection. Each few thousand come from an address of their own: ports that were used
    /// a moment ago are not to be had again for a minute.
    pub fn connect(&mut self) -> impl Future<Output = TcpStream> + use<> {
        self.connected += 1;
        let [_, high, low, _] = (self.connected >> 4 & 0x00ff_ffff).to_be_bytes();
        let (from, to) = (Ipv4Addr::new(127, 1, high, low), self.to);
        async move {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind((from, 0).into()).expect("an address of the loopback");
            socket.connect(to).await.expect("it listens")
        }
    }
}

/// A CONNECT of a clean session, kept alive for a minute: 4 is MQTT 3.1.1, 5 is 5.0.
#[must_use]
pub fn hello(version: u8, client: &str) -> Vec<u8> {
    let mut body = text("MQTT");
    body.extend([version, 2, 0, 60]);
    if version == 5 {
        body.push(0);
    }
    body.extend(text(client));
    packet(0x10, &body)
}

/// A PUBLISH of 5.0 at QoS 1.
#[must_use]
pub fn publish(id: u16, topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = text(topic);
    body.extend(id.to_be_bytes());
    body.push(0);
    body.extend(payload);
    packet(0x32, &body)
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = body.len();
    loop {
        let seven = u8::try_from(left % 128).unwrap_or_default();
        left /= 128;
        bytes.push(if left > 0 { seven | 0x80 } else { seven });
        if left == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap_or_default().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}
