//! Sending one message over MLLP, and waiting for its acknowledgement.
//!
//! The acknowledgement may come in many pieces. What it says, and whether it names our message, is for the
//! caller to read; nothing is sent twice here.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::codec::{Decoder, Encoder};

use super::codec::{Frame, Mllp, Refusal};

/// The largest acknowledgement that is read.
const ANSWER_BYTES: usize = 1024 * 1024;

/// How much of an unexpected answer a fault shows: enough to see what it is, too little for a patient's name
/// in an echo.
const SHOWN_BYTES: usize = 48;

/// Why there is no acknowledgement. After any of these but [`SendError::Write`] the peer may have the
/// message.
#[derive(Debug, Error)]
pub enum SendError {
    /// The message could not be written.
    #[error("the message could not be sent: {0}")]
    Write(#[source] io::Error),
    /// The connection failed while the answer was awaited.
    #[error("the connection failed before the acknowledgement: {0}")]
    Read(#[source] io::Error),
    /// Nothing complete came in time.
    #[error("no acknowledgement within {}: {}", seconds(.patience), shown(.seen))]
    TimedOut {
        /// How long it was waited for, writing included.
        patience: Duration,
        /// What had come by then.
        seen: Bytes,
    },
    /// The peer closed without an acknowledgement.
    #[error("the peer closed the connection without an acknowledgement")]
    Closed,
    /// The peer answered with something that is no MLLP block.
    #[error("the answer cannot be read ({why}): {}", shown(.seen))]
    Unreadable {
        /// What came.
        seen: Bytes,
        /// What is wrong with it.
        why: Refusal,
    },
    /// The peer said by MLLP release 2 that it has not received the message.
    #[error("the peer's MLLP layer says that it has not received the message")]
    NotReceived,
}

/// Sends `message` in one block and returns the content of the block that answers it.
///
/// After an error the stream is of no more use: a late answer would be taken for the next message's. Close
/// it.
///
/// # Errors
/// Why there is no answer.
pub async fn send<S>(stream: &mut S, message: &[u8], patience: Duration) -> Result<Vec<u8>, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut seen = BytesMut::new();
    match tokio::time::timeout(patience, exchange(stream, message, &mut seen)).await {
        Ok(answered) => answered,
        Err(_) => Err(SendError::TimedOut { patience, seen: seen.freeze() }),
    }
}

async fn exchange<S>(stream: &mut S, message: &[u8], seen: &mut BytesMut) -> Result<Vec<u8>, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut codec = Mllp::new(ANSWER_BYTES);
    let mut block = BytesMut::new();
    codec.encode(message, &mut block).map_err(SendError::Write)?;
    stream.write_all(&block).await.map_err(SendError::Write)?;
    stream.flush().await.map_err(SendError::Write)?;
    loop {
        while let Some(frame) = codec.decode(seen).map_err(SendError::Read)? {
            if let Some(answer) = answer(frame)? {
                return Ok(answer);
            }
        }
        if stream.read_buf(seen).await.map_err(SendError::Read)? == 0 {
            let rest = codec.decode_eof(seen).map_err(SendError::Read)?;
            return rest.map(answer).transpose()?.flatten().ok_or(SendError::Closed);
        }
    }
}

/// The acknowledgement in a frame; `None` for a frame that only says that bytes have arrived.
fn answer(frame: Frame) -> Result<Option<Vec<u8>>, SendError> {
    match frame {
        Frame::Message(bytes) => Ok(Some(bytes.to_vec())),
        Frame::Transport { received: true } => Ok(None),
        Frame::Transport { received: false } => Err(SendError::NotReceived),
        Frame::Refused { bytes, why } => Err(SendError::Unreadable { seen: bytes, why }),
    }
}

fn seconds(patience: &Duration) -> String {
    format!("{} s", patience.as_secs_f32())
}

fn shown(seen: &Bytes) -> String {
    if seen.is_empty() {
        return "nothing came".to_owned();
    }
    let head = seen.get(..SHOWN_BYTES.min(seen.len())).unwrap_or_default();
    format!("{} bytes came, beginning with \"{}\"", seen.len(), head.escape_ascii())
}
