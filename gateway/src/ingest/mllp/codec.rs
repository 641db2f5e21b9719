//! MLLP framing: a stream of bytes divided into blocks, as real senders divide it.
//!
//! A block is `0B`, the message, `1C 0D`. Whatever else arrives is handed on as refused with the reason,
//! never dropped; only the framing bytes themselves and line ends between blocks vanish. Each byte is looked
//! at once, however small the reads are. Nothing here knows what a message says beyond the letters `MSH` at
//! its head.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;
use tokio_util::codec::{Decoder, Encoder};

/// Starts a block.
const VT: u8 = 0x0B;

/// Ends a block, together with the carriage return that should follow.
const FS: u8 = 0x1C;

/// The largest message that is taken by default: 16 MiB, which is an embedded report of 12 MiB.
pub const FRAME_BYTES: usize = 16 * 1024 * 1024;

/// How much is kept of what is too long to be kept: enough for the header and for a person to know what it
/// was.
const KEPT_BYTES: usize = 64 * 1024;

/// Messages up to this size are copied out, so that they do not keep a large read buffer alive.
const COPIED_BYTES: usize = 64 * 1024;

/// How many bytes name a TLS record; the rest of it is noise to everybody but TLS.
const TLS_RECORD_HEADER_BYTES: usize = 5;

/// How far the end of an HTTP request's head is looked for before it counts as any other noise.
const HTTP_HEAD_BYTES: usize = 16 * 1024;

/// What came out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The content of one block: nearly always one message.
    Message(Bytes),
    /// Bytes that are no block, and why.
    Refused {
        /// The bytes without their framing; only the head of what was too long.
        bytes: Bytes,
        /// Why they were refused.
        why: Refusal,
    },
    /// A block of one byte by which MLLP release 2 acknowledges transport: `06` (true) or `15` (false).
    Transport {
        /// Whether the peer has received what was sent.
        received: bool,
    },
}

impl Frame {
    /// How many bytes wait for an answer with it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Message(bytes) | Self::Refused { bytes, .. } => bytes.len(),
            Self::Transport { .. } => 1,
        }
    }
}

/// Why bytes are no block. The sentences are sent back and shown, so they say what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Refusal {
    /// More bytes than are taken; the rest of the stream cannot be divided any more.
    #[error("the message is longer than {cap} bytes: the sender should divide it")]
    TooLong {
        /// The most bytes that are taken.
        cap: usize,
    },
    /// The connection ended or fell silent inside a block.
    #[error("the message stopped before its end: the sender should send it again")]
    Unfinished,
    /// A new block began inside this one.
    #[error("the message was cut short by the start of another one: the sender should send it again")]
    CutShort,
    /// A block with nothing in it.
    #[error("an empty MLLP block")]
    Empty,
    /// A message without a start and an end.
    #[error("an HL7 message without MLLP framing: the sender should put 0B before it and 1C 0D after it")]
    Unframed,
    /// Something else outside of any block.
    #[error("bytes outside of an MLLP block: this port speaks HL7 over MLLP")]
    Noise,
    /// The first bytes of a TLS connection.
    #[error("TLS was spoken to the plain MLLP port: use the TLS port, or switch TLS off at the sender")]
    Tls,
    /// An HTTP request.
    #[error("HTTP was spoken to the MLLP port: HL7 over HTTP is POST /hl7 on the HTTP port")]
    Http,
    /// Too many large messages are on their way at once.
    #[error("no room for a message of this size now: the sender should send it again later")]
    NoRoom,
}

impl Refusal {
    /// Whether nothing more can be read from the connection, which should be answered and closed.
    #[must_use]
    pub const fn closes(self) -> bool {
        matches!(self, Self::TooLong { .. } | Self::Tls | Self::NoRoom)
    }

    /// Whether sending the same again may succeed (AE and not AR).
    #[must_use]
    pub const fn may_succeed_later(self) -> bool {
        matches!(self, Self::Unfinished | Self::CutShort | Self::NoRoom)
    }
}

/// Where in the stream the codec stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Between,
    Inside,
    /// The stream cannot be divided any more; whatever follows is discarded.
    Lost,
}

/// The framing of one connection, in both directions.
#[derive(Debug)]
pub struct Mllp {
    cap: usize,
    state: State,
    /// How much of the buffer has been looked at.
    scanned: usize,
}

/// What a mark inside a block turned out to be.
enum Mark {
    Boundary,
    Text,
    /// The byte that decides has not arrived.
    Undecided,
}

impl Mllp {
    /// A connection that takes messages of at most `cap` bytes.
    #[must_use]
    pub const fn new(cap: usize) -> Self {
        Self { cap, state: State::Between, scanned: 0 }
    }

    /// Whether a block has begun and not ended.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.state == State::Inside
    }

    /// Gives up on what has arrived of the current block, and on the stream.
    pub fn abandon(&mut self, buffer: &mut BytesMut, why: Refusal) -> Frame {
        let kept = KEPT_BYTES.min(self.cap).min(buffer.len());
        let bytes = Bytes::copy_from_slice(buffer.get(..kept).unwrap_or_default());
        buffer.clear();
        self.state = State::Lost;
        Frame::Refused { bytes, why }
    }

    /// The next frame; `None` when more bytes are needed, or, at the end, when there is nothing left.
    fn next(&mut self, buffer: &mut BytesMut, at_end: bool) -> Option<Frame> {
        loop {
            match self.state {
                State::Lost => {
                    buffer.clear();
                    return None;
                }
                State::Inside => return self.inside(buffer, at_end),
                State::Between => {
                    self.skip_line_ends(buffer);
                    if buffer.first() != Some(&VT) {
                        return self.between(buffer, at_end);
                    }
                    buffer.advance(1);
                    self.enter(State::Inside);
                }
            }
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.scanned = 0;
    }

    /// Line ends keep connections alive, and the end mark of a block that was wrapped twice says nothing.
    fn skip_line_ends(&mut self, buffer: &mut BytesMut) {
        if self.scanned == 0 {
            let skipped = buffer.iter().take_while(|byte| matches!(**byte, b'\r' | b'\n' | FS)).count();
            buffer.advance(skipped);
        }
    }

    fn inside(&mut self, buffer: &mut BytesMut, at_end: bool) -> Option<Frame> {
        while let Some(at) = self.next_mark(buffer) {
            if at > self.cap {
                break;
            }
            let is_end = buffer.get(at) == Some(&FS);
            let mark = if is_end { end_mark(buffer, at, at_end) } else { start_mark(buffer, at, at_end) };
            match mark {
                Mark::Undecided => {
                    self.scanned = at;
                    return None;
                }
                Mark::Text => self.scanned = at + 1,
                // Wrapped twice: the second start mark says nothing.
                Mark::Boundary if !is_end && at == 0 => buffer.advance(1),
                Mark::Boundary => {
                    self.enter(State::Between);
                    let bytes = detach(buffer, at);
                    return Some(if is_end { content(bytes) } else { refused(bytes, Refusal::CutShort) });
                }
            }
        }
        if buffer.len() > self.cap {
            return Some(self.abandon(buffer, Refusal::TooLong { cap: self.cap }));
        }
        self.scanned = buffer.len();
        at_end.then(|| self.abandon_whole(buffer, Refusal::Unfinished))
    }

    /// Bytes outside of a block: a message whose start mark is missing, or noise. Not empty, not starting
    /// with VT.
    fn between(&mut self, buffer: &mut BytesMut, at_end: bool) -> Option<Frame> {
        if buffer.is_empty() {
            return None;
        }
        if starts_like_tls(buffer) {
            let is_whole = at_end || buffer.len() >= TLS_RECORD_HEADER_BYTES;
            buffer.truncate(TLS_RECORD_HEADER_BYTES);
            return is_whole.then(|| self.abandon(buffer, Refusal::Tls));
        }
        let http_end = self.http_end(buffer);
        let mark = self.next_mark(buffer);
        if let Some(end) = http_end.filter(|end| mark.is_none_or(|mark| *end <= mark)) {
            self.enter(State::Between);
            return Some(refused(detach(buffer, end), Refusal::Http));
        }
        let Some(at) = mark.filter(|at| *at <= self.cap) else {
            if buffer.len() > self.cap {
                return Some(self.abandon(buffer, Refusal::TooLong { cap: self.cap }));
            }
            self.scanned = buffer.len();
            return at_end.then(|| self.abandon_whole(buffer, why_unframed(buffer)));
        };
        let is_message = buffer.get(at) == Some(&FS) && starts_like_a_message(buffer);
        let why = why_unframed(buffer);
        self.enter(State::Between);
        let bytes = detach(buffer, at);
        Some(if is_message { Frame::Message(bytes) } else { refused(bytes, why) })
    }

    /// The next start or end mark that has not been looked at.
    fn next_mark(&self, buffer: &BytesMut) -> Option<usize> {
        let rest = buffer.get(self.scanned..)?;
        rest.iter().position(|byte| matches!(*byte, VT | FS)).map(|at| self.scanned + at)
    }

    /// Where the head of an HTTP request ends, if this is one.
    fn http_end(&self, buffer: &BytesMut) -> Option<usize> {
        const END: &[u8] = b"\r\n\r\n";
        if !starts_like_http(buffer) {
            return None;
        }
        let from = self.scanned.saturating_sub(END.len());
        let window = buffer.get(from..)?;
        let end = window.windows(END.len()).position(|bytes| bytes == END).map(|at| from + at + END.len())?;
        (end <= HTTP_HEAD_BYTES.min(self.cap)).then_some(end)
    }

    /// Hands on everything that is left: the stream ended.
    fn abandon_whole(&mut self, buffer: &mut BytesMut, why: Refusal) -> Frame {
        self.state = State::Lost;
        refused(detach(buffer, buffer.len()), why)
    }
}

impl Decoder for Mllp {
    type Item = Frame;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Frame>> {
        Ok(self.next(buffer, false))
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Frame>> {
        Ok(self.next(buffer, true))
    }
}

impl Encoder<&[u8]> for Mllp {
    type Error = io::Error;

    fn encode(&mut self, message: &[u8], out: &mut BytesMut) -> io::Result<()> {
        out.reserve(message.len() + 3);
        out.extend_from_slice(&[VT]);
        out.extend_from_slice(message);
        out.extend_from_slice(&[FS, b'\r']);
        Ok(())
    }
}

/// Whether FS at `at` ends the block: after a line end always, else by what follows it.
///
/// So a sender that leaves out the last carriage return and waits for an answer gets one, and a stray FS
/// inside a field does not cut the message in two.
fn end_mark(buffer: &BytesMut, at: usize, at_end: bool) -> Mark {
    let before = at.checked_sub(1).and_then(|before| buffer.get(before));
    match (before, buffer.get(at + 1)) {
        (None | Some(b'\r' | b'\n'), _) | (_, Some(b'\r' | b'\n' | &VT | &FS)) => Mark::Boundary,
        (_, Some(_)) => Mark::Text,
        (_, None) if at_end => Mark::Boundary,
        (_, None) => Mark::Undecided,
    }
}

/// Whether VT at `at` starts another block: at the head of this one, or when a header follows.
///
/// Reports pasted from word processors hold VT as a soft line break; it is text there.
fn start_mark(buffer: &BytesMut, at: usize, at_end: bool) -> Mark {
    const HEADS: [&[u8]; 4] = [b"MSH", b"FHS", b"BHS", b"\xEF\xBB\xBF"];
    let after = buffer.get(at + 1..).unwrap_or_default();
    let undecided = !at_end && HEADS.iter().any(|head| after.len() < head.len() && head.starts_with(after));
    if at == 0 || HEADS.iter().any(|head| after.starts_with(head)) {
        Mark::Boundary
    } else if undecided {
        Mark::Undecided
    } else {
        Mark::Text
    }
}

/// What the content of a whole block is.
fn content(bytes: Bytes) -> Frame {
    match bytes.as_ref() {
        [0x06] => Frame::Transport { received: true },
        [0x15] => Frame::Transport { received: false },
        _ if bytes.iter().all(u8::is_ascii_whitespace) => refused(bytes, Refusal::Empty),
        _ => Frame::Message(bytes),
    }
}

const fn refused(bytes: Bytes, why: Refusal) -> Frame {
    Frame::Refused { bytes, why }
}

fn why_unframed(bytes: &[u8]) -> Refusal {
    if starts_like_a_message(bytes) {
        Refusal::Unframed
    } else if starts_like_http(bytes) {
        Refusal::Http
    } else {
        Refusal::Noise
    }
}

fn starts_like_a_message(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    [b"MSH", b"FHS", b"BHS"].iter().any(|head| bytes.starts_with(*head))
}

/// The head of a TLS record (`16 03 …`), or as much of it as has arrived.
fn starts_like_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16] | [0x16, 0x03, ..])
}

fn starts_like_http(bytes: &[u8]) -> bool {
    const METHODS: [&[u8]; 8] =
        [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"PRI * HTTP/2"];
    METHODS.iter().any(|method| bytes.starts_with(method))
}

fn detach(buffer: &mut BytesMut, length: usize) -> Bytes {
    let bytes = buffer.split_to(length.min(buffer.len()));
    if bytes.len() <= COPIED_BYTES { Bytes::copy_from_slice(&bytes) } else { bytes.freeze() }
}

#[cfg(test)]
mod tests;
