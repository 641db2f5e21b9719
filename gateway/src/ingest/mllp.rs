//! MLLP: HL7 messages in blocks over TCP, in both directions.
//!
//! Each connection is one conversation: blocks in, acknowledgements out in the same order, several on their
//! way at once so that they can be committed together. Who decides what an acknowledgement says is behind
//! [`Intake`]. Nothing here acknowledges by itself, and nothing here grows with what a peer does not read or
//! does not finish.

pub mod codec;
mod conversation;
mod dial;
mod large;
mod places;
mod send;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use codec::{Frame, Refusal};
pub use dial::{Called, dial};
pub use large::LargeAside;
pub use send::{SendError, send};

use crate::tls::{Entrance, TurnedAway};
use conversation::{Conversation, Terms};
use places::{Place, Places};

/// How long a stop waits for answers that are being committed: a little less than the house waits for us.
const DRAIN: Duration = Duration::from_secs(5);

/// The pause after the system refused to give us a connection (no more file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Where frames go, and where their acknowledgements come from.
pub trait Intake: Clone + Send + Sync + 'static {
    /// Takes one frame and says what is to be answered: one block for each acknowledgement, in order, and
    /// none for no answer. It completes once the frame is durable or refused; until then the sender waits.
    fn take(&self, peer: SocketAddr, frame: Frame) -> impl Future<Output = Vec<Vec<u8>>> + Send;

    /// Keeps and counts a connection that did not get through its TLS handshake.
    fn turn_away(&self, peer: SocketAddr, turned: TurnedAway) -> impl Future<Output = ()> + Send;
}

/// The bounds of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of one message; above it the head is handed on as refused and the connection is closed.
    pub frame_bytes: usize,
    /// The most connections. At it a newcomer takes the place of the one that never sent a message and has
    /// been silent longest; where every one has sent a message, it waits until one ends.
    pub connections: usize,
    /// The most frames of one connection that wait for their acknowledgement; at it, no more is read.
    pub in_flight: usize,
    /// The most bytes of one connection that wait for their acknowledgement; at it, no more is read.
    pub in_flight_bytes: usize,
    /// The most bytes of buffers for large messages (above 128 KiB) over all connections; at it, a large one
    /// is refused for now.
    pub held_bytes: usize,
    /// How long a block may pause, and how long a peer may leave our answer unread.
    pub stall: Duration,
    /// How long bytes outside of any block may wait for an end.
    pub unframed_stall: Duration,
    /// How long a connection may say nothing at all: long enough for a quiet night, short enough that the
    /// connections of devices that were switched off do not use up the places.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: codec::FRAME_BYTES,
            connections: 1_000,
            in_flight: 4,
            in_flight_bytes: 256 * 1024,
            held_bytes: 256 * 1024 * 1024,
            stall: Duration::from_secs(30),
            unframed_stall: Duration::from_secs(5),
            idle: Duration::from_hours(24),
        }
    }
}

/// Serves a listener until `shutdown`; then it reads no more, and waits a while for answers that are being
/// committed. With an `entrance` it speaks TLS.
pub async fn serve(
    listener: TcpListener,
    entrance: Option<Entrance>,
    door: impl Intake,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let terms = Terms::new(limits, shutdown.clone());
    let wakeful = terms.wakeful();
    let places = Places::new(limits.connections);
    let doorway = Doorway { listener, entrance, door, terms, places, waiting: None };
    tokio::select! {
        () = attend_to_all(doorway, shutdown) => {}
        never = wakeful.keep() => match never {},
    }
}

async fn attend_to_all(mut doorway: Doorway<impl Intake>, shutdown: CancellationToken) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = conversations.join_next() => note(ended),
            accepted = doorway.next() => match accepted {
                Ok((stream, peer, place)) => drop(conversations.spawn(doorway.attend(stream, peer, place))),
                Err(fault) => {
                    tracing::warn!(%fault, "MLLP: no connection could be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(doorway);
    let drained = async { while conversations.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!("MLLP: stopped before every message was answered; their senders will send them again");
    }
}

/// Where connections come in.
struct Doorway<D> {
    listener: TcpListener,
    entrance: Option<Entrance>,
    door: D,
    terms: Terms,
    places: Arc<Places>,
    /// One that was accepted and has no place yet; kept here so that waiting may be interrupted.
    waiting: Option<(TcpStream, SocketAddr)>,
}

impl<D: Intake> Doorway<D> {
    /// The next connection and its place.
    async fn next(&mut self) -> io::Result<(TcpStream, SocketAddr, Place)> {
        if self.waiting.is_none() {
            self.waiting = Some(self.listener.accept().await?);
        }
        let place = self.places.take().await;
        let Some((stream, peer)) = self.waiting.take() else {
            return Err(io::Error::other("a connection was lost before it had its place"));
        };
        // Acknowledgements are small and waited for: they must not wait for company.
        stream.set_nodelay(true)?;
        Ok((stream, peer, place))
    }

    /// One connection, from its handshake to its end.
    fn attend(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Place,
    ) -> impl Future<Output = ()> + Send + use<D> {
        let (entrance, door, terms) = (self.entrance.clone(), self.door.clone(), self.terms.clone());
        async move {
            let Some(entrance) = entrance else {
                Conversation::new(stream, peer, terms).at(place).run(door).await;
                return;
            };
            let admitted = place.leave().run_until_cancelled_owned(entrance.admit(stream)).await;
            match admitted {
                Some(Ok(secured)) => {
                    Conversation::new(secured, peer, terms).at(place).run(door).await;
                }
                Some(Err(turned)) if !turned.seen.is_empty() => door.turn_away(peer, turned).await,
                Some(Err(_)) | None => {}
            }
        }
    }
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(fault) = ended {
        tracing::error!(%fault, "MLLP: a connection ended by a fault of ours");
    }
}

#[cfg(test)]
mod tests;
