//! Tests of the framing against the byte streams of real quirks, and against any bytes in any pieces.

use proptest::prelude::*;

use super::*;

/// The frames of a stream that arrives in pieces of the given sizes and then ends.
fn frames(stream: &[u8], pieces: &[usize], cap: usize) -> Vec<Frame> {
    let mut codec = Mllp::new(cap);
    let (mut buffer, mut out) = (BytesMut::new(), Vec::new());
    let mut rest = stream;
    let mut sizes = pieces.iter().copied().cycle();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(sizes.next().unwrap_or(rest.len()).clamp(1, rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        while let Some(frame) = codec.decode(&mut buffer).unwrap() {
            out.push(frame);
        }
    }
    while let Some(frame) = codec.decode_eof(&mut buffer).unwrap() {
        out.push(frame);
    }
    out
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/data/hl7/mllp_{name}.bin", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A short picture of a frame: the name of the message in it, or the reason of its refusal.
fn picture(frame: &Frame) -> String {
    match frame {
        Frame::Message(bytes) => {
            let id = bytes.split(|byte| *byte == b'|').nth(9).unwrap_or_default();
            let whole = bytes.ends_with(b"|M\r") || bytes.ends_with(b"|M");
            format!("{}{}", String::from_utf8_lossy(id), if whole { "" } else { " cut" })
        }
        Frame::Refused { why, .. } => format!("{why:?}"),
        Frame::Transport { received } => format!("transport {received}"),
    }
}

fn pictures(stream: &[u8]) -> Vec<String> {
    frames(stream, &[], FRAME_BYTES).iter().map(picture).collect()
}

#[test]
fn every_quirk_of_the_field_is_survived() {
    for (name, expected) in [
        ("two_pipelined", &["M1", "M2"][..]),
        ("fs_only", &["M1", "M2"]),
        ("fs_lf", &["M1", "M2"]),
        ("fs_cr_lf", &["M1", "M2"]),
        ("double_wrapped", &["M1"]),
        ("no_vt", &["M1"]),
        ("no_framing", &["Unframed"]),
        ("vt_midpayload", &["CutShort", "M2"]),
        ("garbage_before", &["Http", "M1"]),
        ("empty_frame", &["Empty", "M1"]),
        ("keepalive_cr", &["M1"]),
        ("truncated_eof", &["Unfinished"]),
        ("fs_inside_payload", &["M1"]),
        ("nul_bytes", &["M1"]),
        ("tls_clienthello_on_plain", &["Tls"]),
    ] {
        let stream = sample(name);
        assert_eq!(pictures(&stream), expected, "{name}");
        for size in [1, 2, 3, 7] {
            assert_eq!(
                frames(&stream, &[size], FRAME_BYTES),
                frames(&stream, &[], FRAME_BYTES),
                "{name} by {size}"
            );
        }
    }
}

#[test]
fn a_block_is_complete_without_waiting_for_more() {
    for stream in [&b"\x0bMSH|^~\\&|\r\x1c"[..], b"\x0bMSH|^~\\&|\x1c\r", b"MSH|^~\\&|\r\x1c\r", b"\x0b\x1c"]
    {
        let mut buffer = BytesMut::from(stream);
        assert!(Mllp::new(FRAME_BYTES).decode(&mut buffer).unwrap().is_some(), "{stream:?}");
    }
}

#[test]
fn a_soft_line_break_in_a_report_is_text() {
    assert_eq!(
        frames(b"\x0bMSH|^~\\&|one\x0btwo\r\x1c\r", &[1], FRAME_BYTES),
        [Frame::Message(Bytes::from_static(b"MSH|^~\\&|one\x0btwo\r"))]
    );
}

#[test]
fn transport_blocks_are_told_apart() {
    assert_eq!(pictures(b"\x0b\x06\x1c\r\x0b\x15\x1c\r"), ["transport true", "transport false"]);
}

#[test]
fn over_the_cap_the_head_is_kept_and_the_stream_is_lost() {
    let stream =
        [b"\x0bMSH|^~\\&|LIS".to_vec(), vec![b'x'; 300], b"\x1c\r\x0bMSH|\r\x1c\r".to_vec()].concat();
    let whole = frames(&stream, &[], 200);
    let [Frame::Refused { bytes, why }] = &whole[..] else { panic!("{whole:?}") };
    assert_eq!((bytes.len(), *why), (200, Refusal::TooLong { cap: 200 }));
    assert!(bytes.starts_with(b"MSH|^~\\&|LIS") && why.closes() && !why.may_succeed_later());
    assert_eq!(frames(&stream, &[1], 200), whole);
    let exact = [b"\x0bMSH".to_vec(), vec![b'x'; 197], b"\x1c\r".to_vec()].concat();
    assert!(matches!(&frames(&exact, &[1], 200)[..], [Frame::Message(bytes)] if bytes.len() == 200));
}

#[test]
fn what_is_encoded_is_decoded() {
    let mut buffer = BytesMut::new();
    let mut codec = Mllp::new(FRAME_BYTES);
    codec.encode(b"MSH|1\r", &mut buffer).unwrap();
    codec.encode(b"MSH|2\r", &mut buffer).unwrap();
    assert_eq!(codec.decode(&mut buffer).unwrap(), Some(Frame::Message(Bytes::from_static(b"MSH|1\r"))));
    assert_eq!(codec.decode(&mut buffer).unwrap(), Some(Frame::Message(Bytes::from_static(b"MSH|2\r"))));
    assert_eq!(codec.decode(&mut buffer).unwrap(), None);
}

#[test]
fn each_byte_is_looked_at_once() {
    // Quadratic scanning of a million bytes in single ones would keep this test from ending.
    let stream = [b"\x0bMSH|".to_vec(), vec![b'x'; 1_000_000], b"\r\x1c\r".to_vec()].concat();
    assert_eq!(frames(&stream, &[1], FRAME_BYTES).len(), 1);
}

/// Streams made of everything that means something to the framing.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 13] = [
        b"\x0b",
        b"\x1c",
        b"\x1c\r",
        b"\r",
        b"\n",
        b"MSH|",
        b"MS",
        b"\x06",
        b"\x15",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xEF\xBB\xBF",
        b"some text",
        b"\x16\x03",
    ];
    let piece = proptest::sample::select(&PIECES[..]);
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn without_framing(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(*byte, VT | FS | b'\r' | b'\n')).collect()
}

proptest! {
    #[test]
    fn pieces_do_not_matter(
        stream in stream(),
        sizes in proptest::collection::vec(1_usize..9, 1..9),
        cap in 4_usize..80,
    ) {
        prop_assert_eq!(frames(&stream, &sizes, cap), frames(&stream, &[], cap));
    }

    #[test]
    fn nothing_vanishes_but_framing(stream in stream()) {
        let all = frames(&stream, &[], FRAME_BYTES);
        let is_tls = |frame: &Frame| matches!(frame, Frame::Refused { why: Refusal::Tls, .. });
        // Of what looks like TLS only the record header is kept.
        if all.iter().any(is_tls) {
            return Ok(());
        }
        let out: Vec<u8> = all.into_iter().flat_map(|frame| match frame {
            Frame::Message(bytes) | Frame::Refused { bytes, .. } => bytes.to_vec(),
            Frame::Transport { received } => vec![if received { 0x06 } else { 0x15 }],
        }).collect();
        prop_assert_eq!(without_framing(&out), without_framing(&stream));
    }

    #[test]
    fn any_bytes_in_any_pieces(stream in any::<Vec<u8>>(), size in 1_usize..9) {
        prop_assert_eq!(frames(&stream, &[size], 64), frames(&stream, &[], 64));
    }
}
