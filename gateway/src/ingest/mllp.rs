//! MLLP: HL7 messages in blocks over TCP, in both directions.
//!
//! Each connection is one conversation: blocks in, acknowledgements out in the same order, several on their
//! way at once so that they can be committed together. Who decides what an acknowledgement says is behind
//! [`Intake`]. Nothing here acknowledges by itself, and nothing here grows with what a peer does not read or
//! does not finish.

pub mod codec;
mod conversation;
mod send;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use codec::{Frame, Refusal};
pub use send::{SendError, send};

use conversation::{Conversation, Terms};

/// How long a stop waits for answers that are being committed.
const DRAIN: Duration = Duration::from_secs(8);

/// The pause after the system refused to give us a connection (no more file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Where frames go, and where their acknowledgements come from.
pub trait Intake: Clone + Send + Sync + 'static {
    /// Takes one frame and says what is to be answered: one block for each acknowledgement, in order, and
    /// none for no answer. It completes once the frame is durable or refused; until then the sender waits.
    fn take(&self, peer: SocketAddr, frame: Frame) -> impl Future<Output = Vec<Vec<u8>>> + Send;
}

/// The bounds of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of one message; above it the head is handed on as refused and the connection is closed.
    pub frame_bytes: usize,
    /// The most connections; at it the one that has said nothing for longest makes room for whoever comes,
    /// and where every one has spoken the next one waits.
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
            in_flight: 64,
            in_flight_bytes: 256 * 1024,
            held_bytes: 256 * 1024 * 1024,
            stall: Duration::from_secs(30),
            unframed_stall: Duration::from_secs(5),
            idle: Duration::from_hours(24),
        }
    }
}

/// Serves a listener until `shutdown`; then it reads no more, and waits a while for answers that are being
/// committed.
pub async fn serve(listener: TcpListener, door: impl Intake, limits: Limits, shutdown: CancellationToken) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let terms = Terms::new(limits, shutdown.clone());
    let mut conversations = JoinSet::new();
    let mut newcomer = None;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = conversations.join_next() => note(ended),
            Ok(slot) = Arc::clone(&slots).acquire_owned(), if newcomer.is_some() => {
                let Some((stream, peer)) = newcomer.take() else { continue };
                let conversation = Conversation::new(stream, peer, terms.clone());
                let door = door.clone();
                conversations.spawn(async move {
                    conversation.run(door).await;
                    drop(slot);
                });
            }
            accepted = accept(&listener), if newcomer.is_none() => match accepted {
                Ok(accepted) => {
                    newcomer = Some(accepted);
                    if slots.available_permits() == 0 {
                        terms.make_room();
                    }
                }
                Err(fault) => {
                    tracing::warn!(%fault, "MLLP: no connection could be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let drained = async { while conversations.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!("MLLP: stopped before every message was answered; their senders will send them again");
    }
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept().await?;
    // Acknowledgements are small and waited for: they must not wait for company.
    stream.set_nodelay(true)?;
    Ok((stream, peer))
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(fault) = ended {
        tracing::error!(%fault, "MLLP: a connection ended by a fault of ours");
    }
}

#[cfg(test)]
mod tests;
