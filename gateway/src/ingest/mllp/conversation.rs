//! One connection: blocks are read, handed on, and answered in their order.
//!
//! One task and no queue: while too much waits for its answer, or an answer waits to be read by the peer,
//! nothing more is read. A frame that has begun and does not go on is refused after a while, so that it does
//! not hold its memory.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::codec::{Decoder, Encoder};
use tokio_util::sync::CancellationToken;

use super::codec::Mllp;
use super::places::Place;
use super::{Frame, Intake, Limits, Refusal};
use crate::linger::Wakeful;

/// The most by which a buffer is made larger at once; a connection may hold twice as much without asking for
/// room.
const READ_BYTES: usize = 64 * 1024;

/// How much is reserved before a read, enough for a report of thirty results at once: an idle connection
/// holds no more than this.
const RESERVED_BYTES: usize = 8 * 1024;

/// Room for large messages is counted in these.
const ROOM_UNIT_BYTES: usize = 1024;

/// How long bytes are discarded after a refusal that closes, so that the peer can read why.
const LINGER: Duration = Duration::from_secs(10);

/// What all connections of a listener share.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    limits: Limits,
    room: Arc<Semaphore>,
    shutdown: CancellationToken,
    /// Kept awake while somebody waits for an answer, or has just had one.
    wakeful: Wakeful,
}

impl Terms {
    pub(super) fn new(limits: Limits, shutdown: CancellationToken) -> Self {
        let units = (limits.held_bytes / ROOM_UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        Self { limits, room: Arc::new(Semaphore::new(units)), shutdown, wakeful: Wakeful::default() }
    }

    /// What the listener's thread is to be kept awake by.
    pub(super) fn wakeful(&self) -> Wakeful {
        self.wakeful.clone()
    }
}

/// One connection and its peer.
#[derive(Debug)]
pub(super) struct Conversation<S> {
    stream: S,
    peer: SocketAddr,
    inbox: Inbox,
    terms: Terms,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    pub(super) fn new(stream: S, peer: SocketAddr, terms: Terms) -> Self {
        let inbox = Inbox::new(terms.limits, Arc::clone(&terms.room));
        Self { stream, peer, inbox, terms }
    }

    /// The same in a place that may be asked for.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.inbox.place = Some(place);
        self
    }

    /// Reads and answers until the peer or the gateway ends it. Says whether a whole message came.
    pub(super) async fn run(mut self, intake: impl Intake) -> bool {
        match self.converse(&intake).await {
            Ok(()) => tracing::debug!(peer = %self.peer, "MLLP: connection closed"),
            Err(fault) => tracing::info!(peer = %self.peer, %fault, "MLLP: connection lost"),
        }
        self.inbox.has_had_a_message
    }

    async fn converse(&mut self, intake: &impl Intake) -> io::Result<()> {
        let limits = self.terms.limits;
        let mut waiting = FuturesOrdered::new();
        let mut waiting_bytes = 0;
        let mut reading = true;
        let leave = self.inbox.place.as_ref().map_or_else(CancellationToken::new, Place::leave);
        loop {
            let has_place = waiting.len() < limits.in_flight && waiting_bytes < limits.in_flight_bytes;
            tokio::select! {
                biased;
                Some((bytes, answers)) = waiting.next() => {
                    waiting_bytes -= bytes;
                    self.answer(answers).await?;
                    self.terms.wakeful.stir();
                }
                arrived = self.inbox.next(&mut self.stream), if reading && has_place => match arrived {
                    Some((frame, room)) => {
                        let bytes = frame.bytes();
                        waiting_bytes += bytes;
                        reading = !closes(&frame);
                        let answers = intake.take(self.peer, frame);
                        waiting.push_back(async move {
                            let answers = answers.await;
                            drop(room);
                            (bytes, answers)
                        });
                        self.terms.wakeful.stir();
                        if waiting.len() > 1 {
                            // Who sends without waiting gives way to everybody else after each frame.
                            tokio::task::yield_now().await;
                        }
                    }
                    None => reading = false,
                },
                () = self.terms.shutdown.cancelled(), if reading => reading = false,
                // What has arrived is still handed on, as far as it goes.
                () = leave.cancelled(), if reading && !self.inbox.has_ended => self.inbox.has_ended = true,
                else => break,
            }
        }
        self.close().await
    }

    /// Writes acknowledgements; a peer that leaves them unread ends the conversation.
    async fn answer(&mut self, answers: Vec<Vec<u8>>) -> io::Result<()> {
        let mut out = BytesMut::new();
        for answer in answers {
            self.inbox.codec.encode(&answer, &mut out)?;
        }
        let written = async {
            self.stream.write_all(&out).await?;
            // TLS holds back what the socket did not take at once.
            self.stream.flush().await
        };
        timeout(self.terms.limits.stall, written).await?
    }

    /// Ends the connection. What a refused peer is still sending is read and dropped for a while: closing on
    /// unread bytes would reset the connection and take our answer with it.
    async fn close(&mut self) -> io::Result<()> {
        timeout(self.terms.limits.stall, self.stream.shutdown()).await??;
        if self.inbox.is_lost {
            let mut rest = vec![0; READ_BYTES];
            let discard = async { while self.stream.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
            // Running out of time is the expected end for a peer that never stops.
            let _ = timeout(LINGER, discard).await;
        }
        Ok(())
    }
}

fn closes(frame: &Frame) -> bool {
    matches!(frame, Frame::Refused { why, .. } if why.closes())
}

/// What has arrived and is not yet a frame.
#[derive(Debug)]
struct Inbox {
    codec: Mllp,
    buffer: BytesMut,
    limits: Limits,
    room: Arc<Semaphore>,
    /// Room for what the buffer holds beyond twice [`READ_BYTES`]; it goes along with the frame.
    held: Option<OwnedSemaphorePermit>,
    has_ended: bool,
    /// Whether the stream was given up with bytes still to come.
    is_lost: bool,
    /// The place among the listener's connections; `None` for one that we dialled.
    place: Option<Place>,
    has_had_a_message: bool,
}

impl Inbox {
    fn new(limits: Limits, room: Arc<Semaphore>) -> Self {
        Self {
            codec: Mllp::new(limits.frame_bytes),
            buffer: BytesMut::new(),
            limits,
            room,
            held: None,
            has_ended: false,
            is_lost: false,
            place: None,
            has_had_a_message: false,
        }
    }

    /// The next frame with the room it takes; `None` at the end. Nothing is lost when the future is dropped.
    async fn next<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
    ) -> Option<(Frame, Option<OwnedSemaphorePermit>)> {
        loop {
            let frame = if self.has_ended {
                Some(self.codec.decode_eof(&mut self.buffer).ok().flatten()?)
            } else {
                self.codec.decode(&mut self.buffer).ok().flatten()
            };
            if let Some(frame) = frame.or_else(|| self.make_room()) {
                self.is_lost |= closes(&frame);
                self.prove(&frame);
                return Some((frame, self.held.take()));
            }
            self.read(stream).await;
        }
    }

    /// A peer that has sent a whole message keeps its place.
    fn prove(&mut self, frame: &Frame) {
        if matches!(frame, Frame::Message(_)) {
            self.has_had_a_message = true;
            if let Some(place) = &self.place {
                place.prove();
            }
        }
    }

    /// Reads once. The end of the stream, its failure, and a pause that is too long all end the reading.
    async fn read<S: AsyncRead + Unpin>(&mut self, stream: &mut S) {
        let patience = match (self.codec.is_inside(), self.buffer.is_empty()) {
            (true, _) => self.limits.stall,
            (false, false) => self.limits.unframed_stall,
            (false, true) => self.limits.idle,
        };
        match timeout(patience, stream.read_buf(&mut self.buffer)).await {
            Ok(Ok(1..)) => {
                if let Some(place) = &self.place {
                    place.heard();
                }
            }
            Ok(Ok(0) | Err(_)) => self.has_ended = true,
            Err(_) => {
                self.has_ended = true;
                self.is_lost = !self.buffer.is_empty();
            }
        }
    }

    /// Makes the buffer large enough for the next read; refuses a large message when there is no room for it.
    fn make_room(&mut self) -> Option<Frame> {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        // Growing by what is there already keeps the copying of large messages linear.
        self.buffer.reserve(self.buffer.len().clamp(RESERVED_BYTES, READ_BYTES));
        let needed = self.buffer.capacity().saturating_sub(2 * READ_BYTES).div_ceil(ROOM_UNIT_BYTES);
        let has = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(needed.saturating_sub(has)).unwrap_or(u32::MAX);
        if missing == 0 {
            return None;
        }
        let Ok(more) = Arc::clone(&self.room).try_acquire_many_owned(missing) else {
            return Some(self.codec.abandon(&mut self.buffer, Refusal::NoRoom));
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        None
    }
}
