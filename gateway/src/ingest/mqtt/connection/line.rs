//! The two ends of a socket around one session: reading packet by packet, writing whatever waits.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use super::super::session::{Heard, Session};

/// How much is read at once, in bytes.
const READ_MOST: usize = 16 * 1024;

/// How much may wait to be written, in bytes, before nothing more is read or told.
const BACKLOG_MOST: usize = 64 * 1024;

/// How long a client may refuse to take a single byte.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// Why a connection to such a client ends.
const NOT_TAKEN: &str = "the client has not taken a byte for 10 s";

/// How much of what broke the protocol is kept, in bytes.
const SEEN_MOST: usize = 1_024;

/// The session, shared by everything that goes on in one connection. The lock is never held over a wait.
pub(super) struct Line {
    session: Mutex<Session>,
    to_write: Notify,
    written: Notify,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { session: Mutex::new(Session::new()), to_write: Notify::new(), written: Notify::new() }
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the writing side that there is something to write.
    pub(super) fn wake_writer(&self) {
        self.to_write.notify_one();
    }

    /// Waits until there is room for more to be written.
    pub(super) async fn has_room(&self) {
        loop {
            let written = self.written.notified();
            tokio::pin!(written);
            written.as_mut().enable();
            if self.is_roomy() {
                return;
            }
            written.await;
        }
    }

    fn is_roomy(&self) -> bool {
        self.session().backlog() <= BACKLOG_MOST
    }
}

/// The reading end.
pub(super) struct Reading<R> {
    socket: R,
    buffer: Box<[u8]>,
    /// What of the buffer is filled, and how much of that was taken.
    filled: usize,
    taken: usize,
}

impl<R: AsyncRead + Unpin> Reading<R> {
    pub(super) fn new(socket: R) -> Self {
        Self { socket, buffer: vec![0; READ_MOST].into(), filled: 0, taken: 0 }
    }

    /// Reads what comes first, and takes nothing of it yet.
    ///
    /// # Errors
    /// Why nothing will come.
    pub(super) async fn first(&mut self) -> Result<(), String> {
        self.filled = self.read().await?;
        Ok(())
    }

    async fn read(&mut self) -> Result<usize, String> {
        match self.socket.read(&mut self.buffer).await {
            Ok(0) => Err("the network connection ended without DISCONNECT".to_owned()),
            Ok(read) => Ok(read),
            Err(fault) => Err(format!("the network connection failed: {fault}")),
        }
    }

    /// The next thing that the client says.
    ///
    /// # Errors
    /// Why nothing more will come.
    pub(super) async fn next(&mut self, line: &Line) -> Result<Heard, String> {
        loop {
            line.has_room().await;
            if let Some(heard) = self.at_hand(line) {
                return Ok(heard);
            }
            if self.taken < self.filled {
                continue;
            }
            // What was seen stays seen until there is more: whoever waits in vain shows it.
            self.filled = self.read().await?;
            self.taken = 0;
        }
    }

    /// The next thing that the client has said already, while there is room for what must be written.
    pub(super) fn at_hand(&mut self, line: &Line) -> Option<Heard> {
        while self.taken < self.filled && line.is_roomy() {
            let waiting = self.buffer.get(self.taken..self.filled).unwrap_or_default();
            let (taken, heard) = line.session().hear(waiting);
            self.taken += taken.max(1);
            line.wake_writer();
            if heard.is_some() {
                return heard;
            }
        }
        None
    }

    /// The beginning of what was read last, for the message log.
    pub(super) fn seen(&self) -> &[u8] {
        self.buffer.get(..self.filled.min(SEEN_MOST)).unwrap_or_default()
    }
}

/// The writing end.
pub(super) struct Writing<W> {
    socket: W,
    pending: Bytes,
}

impl<W: AsyncWrite + Unpin> Writing<W> {
    pub(super) fn new(socket: W) -> Self {
        Self { socket, pending: Bytes::new() }
    }

    /// Writes whatever waits, for as long as the client takes it; then says why it stopped.
    pub(super) async fn run(&mut self, line: &Line) -> String {
        loop {
            if let Err(why) = self.drain(line).await {
                return why;
            }
            line.to_write.notified().await;
        }
    }

    /// Writes the rest and closes the sending side.
    pub(super) async fn finish(&mut self, line: &Line) {
        if self.drain(line).await.is_ok() {
            let _ = self.socket.shutdown().await;
        }
    }

    /// Writes until nothing waits. What was begun is remembered, so that it may be interrupted and gone on
    /// with.
    async fn drain(&mut self, line: &Line) -> Result<(), String> {
        loop {
            if !self.pending.has_remaining() {
                self.pending = line.session().take_output();
                line.written.notify_waiters();
            }
            if !self.pending.has_remaining() {
                // TLS holds back what the socket did not take at once.
                return match tokio::time::timeout(WRITE_PATIENCE, self.socket.flush()).await {
                    Ok(flushed) => flushed.map_err(|fault| fault.to_string()),
                    Err(_) => Err(NOT_TAKEN.to_owned()),
                };
            }
            match tokio::time::timeout(WRITE_PATIENCE, self.socket.write_buf(&mut self.pending)).await {
                Ok(Ok(0)) => return Err("the client closed its receiving side".to_owned()),
                Ok(Ok(_)) => {}
                Ok(Err(fault)) => return Err(format!("the network connection failed: {fault}")),
                Err(_) => return Err(NOT_TAKEN.to_owned()),
            }
        }
    }
}
