//! MLLP framing: any stream, in any pieces. The pieces do not matter, nothing vanishes but framing, what is
//! encoded is decoded again, and memory follows the stream.
#![no_main]

use bytes::BytesMut;
use fuzz::within;
use gateway::ingest::mllp::codec::{Frame, Mllp, Refusal};
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::{Decoder, Encoder};

/// Small, so that the cap is met too.
const CAP: usize = 700;

fuzz_target!(|input: &[u8]| {
    let Some((size, stream)) = input.split_first() else { return };
    within(16 * stream.len() + 256 * 1024, || {
        let whole = frames(stream, stream.len().max(1));
        assert_eq!(frames(stream, usize::from(*size).max(1)), whole, "pieces do not matter");
        nothing_vanishes(stream, &whole);
        for frame in &whole {
            if let Frame::Message(bytes) = frame {
                let mut block = BytesMut::new();
                Mllp::new(CAP).encode(bytes, &mut block).expect("encoded");
                assert_eq!(frames(&block, block.len()), [frame.clone()], "what is encoded is decoded");
            }
        }
    });
});

fn frames(stream: &[u8], size: usize) -> Vec<Frame> {
    let mut codec = Mllp::new(CAP);
    let (mut buffer, mut out) = (BytesMut::new(), Vec::new());
    for piece in stream.chunks(size) {
        buffer.extend_from_slice(piece);
        while let Some(frame) = codec.decode(&mut buffer).expect("no fault") {
            out.push(frame);
        }
    }
    while let Some(frame) = codec.decode_eof(&mut buffer).expect("no fault") {
        out.push(frame);
    }
    out
}

fn nothing_vanishes(stream: &[u8], frames: &[Frame]) {
    let gives_up =
        |frame: &Frame| matches!(frame, Frame::Refused { why: Refusal::Tls | Refusal::TooLong { .. }, .. });
    if frames.iter().any(gives_up) {
        // Of what cannot be divided any more only the head is kept.
        return;
    }
    let out: Vec<u8> = frames
        .iter()
        .flat_map(|frame| match frame {
            Frame::Message(bytes) | Frame::Refused { bytes, .. } => bytes.to_vec(),
            Frame::Transport { received } => vec![if *received { 0x06 } else { 0x15 }],
        })
        .collect();
    assert_eq!(text(&out), text(stream), "nothing vanishes but framing");
}

fn text(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(*byte, 0x0b | 0x1c | b'\r' | b'\n')).collect()
}
