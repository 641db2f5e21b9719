//! Reading frames, byte by byte, out of whatever comes over the wire.
//!
//! No bytes make it panic, and none make it lose its place for longer than to the next zero.

use heapless::Vec;

use crate::check::crc32;
use crate::encode::after;
use crate::message::{Message, NotABody};
use crate::{PLAIN_MOST, VERSION};

/// One frame as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its number.
    pub seq: u16,
    /// How many frames before it were sent and never came whole; 0 for the first after either end began anew.
    pub lost: u16,
    /// What it says.
    pub message: Message,
}

/// Why a stretch between two zeros was no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Its bytes were damaged on the way, or are noise.
    Damaged,
    /// It is longer than any frame.
    TooLong,
    /// It is whole, and of another version of this format.
    Version(u8),
    /// It is whole, and of a kind that nobody here knows.
    Kind(u8),
    /// It is whole, and its body is not formed as its kind is.
    Body,
}

impl core::fmt::Display for FrameError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Damaged => {
                out.write_str("a frame was damaged: check the cable, its shield and the baud rate")
            }
            Self::TooLong => out.write_str("bytes without end: another device may be on this line"),
            Self::Version(version) => {
                write!(out, "frame version {version}, not {VERSION}: update the older end")
            }
            Self::Kind(kind) => write!(out, "unknown kind of frame {kind}: update the older end"),
            Self::Body => out.write_str("a whole frame with a malformed body: its sender is at fault"),
        }
    }
}

impl core::error::Error for FrameError {}

/// The reading end of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoder {
    plain: Vec<u8, PLAIN_MOST>,
    /// How many bytes of the current COBS block are still to come.
    left: u8,
    /// Whether a zero follows the current block, if another block does.
    zero_due: bool,
    /// What is wrong with the current frame, if anything.
    fault: Option<FrameError>,
    /// Whether the current frame has begun.
    begun: bool,
    /// The number that the next frame should have.
    expected: Option<u16>,
}

impl Decoder {
    /// An end that has read nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { plain: Vec::new(), left: 0, zero_due: false, fault: None, begun: false, expected: None }
    }

    /// Takes one byte; at the end of a frame says what it was.
    pub fn push(&mut self, byte: u8) -> Option<Result<Frame, FrameError>> {
        if byte == 0 {
            return self.end();
        }
        self.begun = true;
        if self.fault.is_some() {
            return None;
        }
        if self.left > 0 {
            self.left -= 1;
            self.keep(byte);
        } else {
            if self.zero_due {
                self.keep(0);
            }
            self.left = byte - 1;
            self.zero_due = byte != u8::MAX;
        }
        None
    }

    fn keep(&mut self, byte: u8) {
        if self.plain.push(byte).is_err() {
            self.fault = Some(FrameError::TooLong);
        }
    }

    /// A zero: whatever came since the last one is a frame, or was to be one.
    fn end(&mut self) -> Option<Result<Frame, FrameError>> {
        let Self { plain, left, fault, begun, expected, .. } = core::mem::take(self);
        self.expected = expected;
        if !begun {
            return None;
        }
        let fault = fault.or((left > 0).then_some(FrameError::Damaged));
        Some(match fault {
            Some(fault) => Err(fault),
            None => self.whole(&plain),
        })
    }

    fn whole(&mut self, plain: &[u8]) -> Result<Frame, FrameError> {
        let (bytes, check) = plain.split_last_chunk::<4>().ok_or(FrameError::Damaged)?;
        if crc32(bytes) != u32::from_le_bytes(*check) {
            return Err(FrameError::Damaged);
        }
        let ([version, kind, low, high], body) = bytes.split_first_chunk::<4>().ok_or(FrameError::Damaged)?;
        if *version != VERSION {
            return Err(FrameError::Version(*version));
        }
        let seq = u16::from_le_bytes([*low, *high]);
        let lost = self.lost_before(seq);
        self.expected = Some(after(seq));
        let message = Message::of(*kind, body).map_err(|not| match not {
            NotABody::Kind(kind) => FrameError::Kind(kind),
            NotABody::Form => FrameError::Body,
        })?;
        Ok(Frame { seq, lost, message })
    }

    /// How many numbers were skipped; the numbers go round from 65535 to 1.
    fn lost_before(&self, seq: u16) -> u16 {
        match self.expected {
            Some(expected) if seq != 0 && seq >= expected => seq - expected,
            Some(expected) if seq != 0 => u16::MAX - expected + seq,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests;
