//! The wire format between a bedside node and its gateway, and between a device's adapter and the node.
//!
//! A frame is `00`, its bytes stuffed by COBS so that they hold no zero, and `00`: wherever a reader falls
//! in, the next zero is the end of a frame. The bytes are version, kind, sequence number (2), body, and
//! CRC-32 (4); numbers have their little end first. The sequence number tells how many frames were lost
//! before this one, so that a loss leaves a record. What the numbers of signs and absences mean is the
//! business of both ends, never of this crate.
#![cfg_attr(not(test), no_std)]

mod check;
mod decode;
mod encode;
mod message;

pub use decode::{Decoder, Frame, FrameError};
pub use encode::{Bytes, Encoder};
pub use message::{Acknowledge, Alerts, Beat, Message, READINGS_MOST, Reading, Readings};

/// The version of this format; a reader refuses any other.
pub const VERSION: u8 = 1;

/// The longest frame before stuffing: head, the longest body (a full set of readings), and the check.
const PLAIN_MOST: usize = 4 + 13 + 6 * READINGS_MOST + 4;

/// The longest frame on the wire: COBS adds one byte for each 254, and a zero stands at either end.
pub const FRAME_MOST: usize = PLAIN_MOST + 1 + PLAIN_MOST / 254 + 2;
