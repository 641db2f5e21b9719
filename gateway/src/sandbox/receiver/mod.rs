//! An HL7 receiver over MLLP, the other side of what we deliver: it reads the header and no more,
//! acknowledges by MSH-15 and MSH-16 after it has kept the message, and keeps all of them in the order they
//! came.
//!
//! Its framing is its own on purpose: a fault shared by both ends would never be seen.

mod header;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::{Arc, Mutex};

use axum::serve::Listener as _;
use jiff::civil::DateTime;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::door::{Door, DoorListener, Line, Outage};
use super::held;
use super::script::{Script, Turn};
use header::{Header, Outcome};

/// Start of a message, its end, and what follows the end.
const START: u8 = 0x0B;
const END: u8 = 0x1C;
const RETURN: u8 = 0x0D;

/// The longest message taken, in bytes; a longer one closes the connection.
const LONGEST_BYTES: u64 = 16 << 20;

/// A planned refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nack {
    /// AE or CE: not now, send it again.
    Error,
    /// AR or CR: never.
    Reject,
}

/// The handle of the receiver. Clones are the same receiver.
#[derive(Clone)]
pub struct Receiver {
    inner: Arc<Inner>,
}

struct Inner {
    now: Box<dyn Fn() -> DateTime + Send + Sync>,
    // Several connections may bring messages; the lock is held for one push.
    received: Mutex<Vec<Vec<u8>>>,
    door: Door,
    script: Script<Nack>,
}

impl Receiver {
    /// An empty receiver. `now` dates its acknowledgements.
    #[must_use]
    pub fn new(now: impl Fn() -> DateTime + Send + Sync + 'static) -> Self {
        let inner = Inner {
            now: Box::new(now),
            received: Mutex::new(Vec::new()),
            door: Door::default(),
            script: Script::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The door, to shut and open. Shut as [`Outage::Busy`] it answers AE or CE and keeps nothing.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.inner.door
    }

    /// The plan for the next messages. A lost answer is a message kept and a line cut before the
    /// acknowledgement.
    #[must_use]
    pub fn script(&self) -> &Script<Nack> {
        &self.inner.script
    }

    /// Every message kept, without its frame, first received first; a message sent twice is here twice.
    #[must_use]
    pub fn received(&self) -> Vec<Vec<u8>> {
        held(&self.inner.received).clone()
    }

    /// Receives until `shutdown`; what is under way is cut then.
    ///
    /// # Errors
    /// The listener is not usable.
    pub async fn run(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let mut listener = DoorListener::new(listener, self.inner.door.clone())?;
        let mut lines = JoinSet::new();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                (line, _) = listener.accept() => {
                    lines.spawn(self.clone().converse(line));
                }
                Some(_) = lines.join_next() => {}
            }
        }
    }

    /// One connection, until it ends or is cut.
    async fn converse(self, line: Line) {
        let mut line = BufReader::new(line);
        while let Ok(Some(message)) = next_frame(&mut line).await {
            if self.inner.door.outage() == Some(Outage::Refused) {
                return;
            }
            while self.inner.door.outage() == Some(Outage::Silent) {
                self.inner.door.leaves(Outage::Silent).await;
            }
            let answered = match self.judge(message) {
                Verdict::Cut => return,
                Verdict::Quiet => Ok(()),
                Verdict::Acknowledge(answer) => line.write_all(&framed(&answer)).await,
            };
            if answered.is_err() {
                return;
            }
        }
    }

    /// Keeps or refuses one message, and says what goes back.
    fn judge(&self, message: Vec<u8>) -> Verdict {
        let header = Header::read(&message);
        let turn = self.inner.script.take();
        let outcome = match turn {
            _ if header.control_id.is_empty() => Outcome::Rejected,
            _ if self.inner.door.outage() == Some(Outage::Busy) => Outcome::NotNow,
            Some(Turn::Answer(Nack::Error)) => Outcome::NotNow,
            Some(Turn::Answer(Nack::Reject)) => Outcome::Rejected,
            Some(Turn::LoseAnswer) | None => Outcome::Kept,
        };
        let answer = header.answer(outcome, (self.inner.now)());
        if outcome == Outcome::Kept {
            held(&self.inner.received).push(message);
        }
        match (turn, answer) {
            (Some(Turn::LoseAnswer), _) => Verdict::Cut,
            (_, Some(answer)) => Verdict::Acknowledge(answer),
            (_, None) => Verdict::Quiet,
        }
    }
}

/// What a connection does after a message.
enum Verdict {
    Acknowledge(Vec<u8>),
    Quiet,
    Cut,
}

/// The next message: what stands between START and END RETURN. Bytes before START are passed over; END
/// without RETURN is part of the message. `None` at the end of the stream.
async fn next_frame(line: &mut BufReader<Line>) -> io::Result<Option<Vec<u8>>> {
    let mut before = Vec::new();
    line.take(LONGEST_BYTES).read_until(START, &mut before).await?;
    if before.last() != Some(&START) {
        return Ok(None);
    }
    let mut message = Vec::new();
    let mut left = line.take(LONGEST_BYTES);
    while !message.ends_with(&[END, RETURN]) {
        if left.read_until(RETURN, &mut message).await? == 0 {
            return Ok(None);
        }
    }
    message.truncate(message.len() - 2);
    Ok(Some(message))
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&[START], message, &[END, RETURN]].concat()
}
