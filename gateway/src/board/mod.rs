//! The ward board and its API: what anybody may see of the ward, and the way in for a person's answer.
//!
//! It shows what the ward's loop publishes and what the store has kept, and hands answers to the ward's door.
//! It never decides: whether an answer counts is the bed's to say, and it is told only after the commit. What
//! others must bring (the store, the accounts, the endpoints' figures) stands in the traits here; the board
//! imports no other adapter.

mod access;
pub mod accounts;
pub mod annunciators;
mod api;
pub mod archive;
mod events;
pub(crate) mod json;
pub mod outbox;
mod page;
pub mod pin;
pub mod plumbing;
mod problem;
mod read_back;
pub mod replays;
mod routes;
mod secured;
mod session;
mod shown;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener, ListenerExt};
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

pub use access::{Access, NameShown, Station};

use crate::clock::Clock;
use crate::event::Door;
use crate::tls::Entrance;
use crate::view::WardView;
use accounts::Accounts;
use annunciators::Annunciators;
use archive::Archive;
use outbox::Outbox;
use pin::Pins;
use plumbing::Plumbing;
use replays::Replays;
use secured::Secured;
use session::Sessions;
use shown::Shown;

/// How many event streams may be open at once: every screen of a ward many times over, and a bound on memory.
const STREAMS_MOST: usize = 64;

/// How long requests that are under way may still take after the stop.
const DRAIN_MOST: Duration = Duration::from_secs(3);

/// All that the board stands on.
pub struct Deps {
    /// The ward's door, for answers and entries.
    pub door: Door,
    /// The time.
    pub clock: Clock,
    /// The ward as it may be seen.
    pub view: watch::Receiver<Arc<WardView>>,
    /// Grows with every turn of the ward's loop. While it stands still no beat goes out: a board never says
    /// LIVE of a ward that nobody judges.
    pub turns: Arc<AtomicU64>,
    /// Who may sign in.
    pub accounts: Arc<dyn Accounts>,
    /// What the store has kept.
    pub archive: Arc<dyn Archive>,
    /// What the rest of the gateway says of itself.
    pub plumbing: Arc<dyn Plumbing>,
    /// Who tests the annunciators.
    pub annunciators: Arc<dyn Annunciators>,
    /// Who reads a message of the log again.
    pub replays: Arc<dyn Replays>,
    /// Who does with deliveries what a person wants.
    pub outbox: Arc<dyn Outbox>,
    /// From where the board may be read, and whether it shows names.
    pub access: Access,
    /// Where the ward is: on its clock shifts begin and registers are written.
    pub zone: TimeZone,
    /// Ends the event streams.
    pub stop: CancellationToken,
}

/// The board: what its calls share.
struct Board {
    deps: Deps,
    sessions: Sessions,
    pins: Pins,
    streams: Arc<Semaphore>,
    shown: Shown,
}

impl Board {
    /// The ward as it is published now.
    fn view(&self) -> Arc<WardView> {
        Arc::clone(&self.deps.view.borrow())
    }
}

/// What every call is given.
type Shared = Arc<Board>;

/// The page, the API, the event stream and the health calls. Further routes may be merged into it.
pub fn router(deps: Deps) -> Router {
    let board = Board {
        deps,
        sessions: Sessions::default(),
        pins: Pins::default(),
        streams: Arc::new(Semaphore::new(STREAMS_MOST)),
        shown: Shown::default(),
    };
    routes::router(Arc::new(board))
}

/// Serves until `stop`, then lets requests end that are under way, for three seconds at most. With an
/// `entrance` it speaks TLS.
///
/// # Errors
/// When the listener itself fails.
pub async fn serve(
    listener: TcpListener,
    entrance: Option<Entrance>,
    router: Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    if let Some(entrance) = entrance {
        return serve_on(Secured::new(listener, entrance), router, stop).await;
    }
    // A beat of a few bytes must not wait in the kernel for company.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    serve_on(listener, router, stop).await
}

async fn serve_on(
    listener: impl Listener<Addr = SocketAddr>,
    router: Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    // Only a tapped listener tells each request the address of its peer, whatever it is underneath.
    let listener = listener.tap_io(|_| {});
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let cut_off = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN_MOST).await;
    };
    tokio::select! {
        ended = IntoFuture::into_future(served) => ended,
        () = cut_off => Ok(()),
    }
}
