//! Writing frames: the sequence number, the check, and the stuffing.

use heapless::Vec;

use crate::check::crc32;
use crate::message::Message;
use crate::{FRAME_MOST, PLAIN_MOST, VERSION};

/// The bytes of one frame, ready for the wire.
pub type Bytes = Vec<u8, FRAME_MOST>;

/// The longest run that one COBS code byte can count, itself included.
const RUN_MOST: u8 = 0xff;

/// The writing end of one line: it numbers what it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoder {
    sent: u16,
}

impl Encoder {
    /// An end that has sent nothing yet. Its first frame has the number 0, which no later one has: a reader
    /// knows by it that the sender began anew.
    #[must_use]
    pub const fn new() -> Self {
        Self { sent: 0 }
    }

    /// The bytes of `message`.
    pub fn encode(&mut self, message: &Message) -> Bytes {
        let seq = self.sent;
        self.sent = after(seq);
        stuffed(&plain(seq, message))
    }
}

/// The number after `seq`; 0 is never used twice.
pub(crate) const fn after(seq: u16) -> u16 {
    if seq == u16::MAX { 1 } else { seq + 1 }
}

fn plain(seq: u16, message: &Message) -> Vec<u8, PLAIN_MOST> {
    let mut plain = Vec::new();
    let [low, high] = seq.to_le_bytes();
    // The bound is that of the longest message; a test fills it.
    let mut put = |bytes: &[u8]| {
        let _ = plain.extend_from_slice(bytes);
    };
    put(&[VERSION, message.kind(), low, high]);
    message.body(&mut put);
    let check = crc32(&plain).to_le_bytes();
    let _ = plain.extend_from_slice(&check);
    plain
}

/// COBS: every zero is replaced by how far the next one is; the first code byte says where the first is.
fn stuffed(plain: &[u8]) -> Bytes {
    let mut out = Bytes::new();
    let _ = out.push(0);
    for block in plain.split(|byte| *byte == 0) {
        stuffed_block(block, &mut out);
    }
    let _ = out.push(0);
    out
}

/// One stretch without a zero. A stretch longer than a code can count is split; the pieces carry no zero
/// between them.
fn stuffed_block(block: &[u8], out: &mut Bytes) {
    let piece_most = usize::from(RUN_MOST - 1);
    let mut rest = block;
    while let Some((piece, further)) = rest.split_at_checked(piece_most) {
        let _ = out.push(RUN_MOST);
        let _ = out.extend_from_slice(piece);
        rest = further;
    }
    let _ = out.push(u8::try_from(rest.len() + 1).unwrap_or(RUN_MOST));
    let _ = out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_is_cobs() {
        let frame = |plain: &[u8]| stuffed(plain).as_slice().to_vec();
        assert_eq!(frame(&[]), [0, 1, 0]);
        assert_eq!(frame(&[0]), [0, 1, 1, 0]);
        assert_eq!(frame(&[0x11, 0x22, 0, 0x33]), [0, 3, 0x11, 0x22, 2, 0x33, 0]);
        assert_eq!(frame(&[0x11, 0, 0, 0]), [0, 2, 0x11, 1, 1, 1, 0]);
    }

    #[test]
    fn the_number_zero_is_used_once() {
        assert_eq!(after(0), 1);
        assert_eq!(after(u16::MAX), 1);
    }
}
