//! Both ends of a line: what goes in comes out, and what is damaged on the way leaves a record.

use super::*;
use crate::encode::{Bytes, Encoder};
use crate::message::{Acknowledge, Alerts, Beat, READINGS_MOST, Reading, Readings};
use proptest::prelude::*;
use std::vec::Vec;

fn any_reading() -> impl Strategy<Value = Reading> {
    let value = prop_oneof![any::<i32>().prop_map(Ok), any::<u8>().prop_map(Err)];
    (any::<u8>(), value, any::<bool>()).prop_map(|(sign, value, questionable)| Reading {
        sign,
        value,
        questionable,
    })
}

fn any_message() -> impl Strategy<Value = Message> {
    let readings = proptest::collection::vec(any_reading(), 0..=READINGS_MOST);
    prop_oneof![
        4 => (any::<u32>(), any::<u64>(), readings).prop_map(|(source, time_ms, readings)| {
            Message::Readings(Readings { source, time_ms, readings: readings.into_iter().collect() })
        }),
        1 => (0u8..4, any::<u8>(), any::<u64>())
            .prop_map(|(highest, open, alert)| Message::Alerts(Alerts { highest, open, alert })),
        1 => any::<u64>().prop_map(|alert| Message::Acknowledge(Acknowledge { alert })),
        1 => any::<u64>().prop_map(|time_ms| Message::Beat(Beat { time_ms })),
    ]
}

fn beat(time_ms: u64) -> Message {
    Message::Beat(Beat { time_ms })
}

fn decoded(bytes: &[u8]) -> Vec<Result<Frame, FrameError>> {
    let mut decoder = Decoder::new();
    bytes.iter().filter_map(|byte| decoder.push(*byte)).collect()
}

/// What `messages` are on the wire, one after the other.
fn wire(messages: &[Message]) -> Vec<Bytes> {
    let mut encoder = Encoder::new();
    messages.iter().map(|message| encoder.encode(message)).collect()
}

/// The bytes of a frame that its sender made whole, whatever it holds.
fn whole(plain: &[u8]) -> Vec<u8> {
    let mut bytes = plain.to_vec();
    bytes.extend_from_slice(&crc32(plain).to_le_bytes());
    let mut out = vec![];
    for block in bytes.split(|byte| *byte == 0) {
        out.push(u8::try_from(block.len() + 1).unwrap());
        out.extend_from_slice(block);
    }
    out.push(0);
    out
}

#[test]
fn the_longest_message_fits() {
    let reading = Reading { sign: 0xff, value: Ok(-1), questionable: true };
    let readings = core::iter::repeat_n(reading, READINGS_MOST).collect();
    let longest = Message::Readings(Readings { source: u32::MAX, time_ms: u64::MAX, readings });
    let bytes = &wire(core::slice::from_ref(&longest))[0];
    assert!(bytes.len() <= crate::FRAME_MOST);
    assert_eq!(decoded(bytes), [Ok(Frame { seq: 0, lost: 0, message: longest })]);
}

#[test]
fn a_lost_frame_is_counted_by_the_next() {
    let frames = wire(&[beat(1), beat(2), beat(3), beat(4)]);
    let bytes: Vec<u8> = [&frames[0], &frames[3]].into_iter().flatten().copied().collect();
    let lost: Vec<u16> = decoded(&bytes).into_iter().map(|frame| frame.unwrap().lost).collect();
    assert_eq!(lost, [0, 2]);
}

#[test]
fn a_sender_that_begins_anew_has_lost_nothing() {
    let bytes: Vec<u8> = [wire(&[beat(1), beat(2)]), wire(&[beat(3)])].concat().concat();
    assert!(decoded(&bytes).into_iter().all(|frame| frame.unwrap().lost == 0));
}

#[test]
fn the_numbers_go_round() {
    let mut decoder = Decoder { expected: Some(65_535), ..Decoder::new() };
    assert_eq!(decoder.lost_before(65_535), 0);
    assert_eq!(decoder.lost_before(2), 2, "65535 and 1");
    decoder.expected = Some(1);
    assert_eq!(decoder.lost_before(1), 0);
}

#[test]
fn garbage_before_a_frame_costs_only_itself() {
    let mut bytes = vec![7, 7, 7];
    bytes.extend_from_slice(&wire(&[beat(1)])[0]);
    let decoded = decoded(&bytes);
    assert_eq!(decoded[0], Err(FrameError::Damaged));
    assert_eq!(decoded[1].as_ref().unwrap().message, beat(1));
}

#[test]
fn a_line_that_never_ends_is_one_fault() {
    let mut bytes = vec![9; 5_000];
    bytes.extend_from_slice(&wire(&[beat(1)])[0]);
    let decoded = decoded(&bytes);
    assert_eq!(decoded[0], Err(FrameError::TooLong));
    assert_eq!(decoded.len(), 2);
}

#[test]
fn what_is_whole_and_strange_is_told_apart() {
    let first = |plain: &[u8]| decoded(&whole(plain)).remove(0);
    assert_eq!(first(&[2, 4, 0, 0]), Err(FrameError::Version(2)));
    assert_eq!(first(&[VERSION, 9, 0, 0]), Err(FrameError::Kind(9)));
    assert_eq!(first(&[VERSION, 4, 0, 0, 1]), Err(FrameError::Body), "a beat of one byte");
    let bad_status = [VERSION, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5, 0x80, 0];
    assert_eq!(first(&bad_status), Err(FrameError::Body));
    let longer = [VERSION, 3, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    assert_eq!(first(&longer), Err(FrameError::Body), "nothing may be left over");
}

#[test]
fn every_fault_tells_its_reader_what_to_do() {
    for fault in [
        FrameError::Damaged,
        FrameError::TooLong,
        FrameError::Version(3),
        FrameError::Kind(8),
        FrameError::Body,
    ] {
        assert!(fault.to_string().contains(':'), "{fault}");
    }
}

/// How a line damages what goes over it.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Drop(usize),
    Insert(usize, u8),
}

fn any_damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), 1u8..=255).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        any::<usize>().prop_map(Damage::Drop),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
    ]
}

fn damaged(bytes: &mut Vec<u8>, damage: &Damage) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    match damage {
        Damage::Flip(at, bits) => bytes[at % len] ^= bits,
        Damage::Drop(at) => drop(bytes.remove(at % len)),
        Damage::Insert(at, byte) => bytes.insert(at % len, *byte),
    }
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(messages in proptest::collection::vec(any_message(), 0..8)) {
        let bytes = wire(&messages).concat();
        let frames: Vec<Frame> = decoded(&bytes).into_iter().map(Result::unwrap).collect();
        prop_assert!(frames.iter().all(|frame| frame.lost == 0));
        prop_assert!(frames.into_iter().map(|frame| frame.message).eq(messages));
    }

    #[test]
    fn no_bytes_make_it_panic_or_lose_its_place(
        noise in proptest::collection::vec(any::<u8>(), 0..600),
        message in any_message(),
    ) {
        let mut bytes = noise;
        bytes.extend_from_slice(&wire(core::slice::from_ref(&message))[0]);
        prop_assert_eq!(&decoded(&bytes).pop().unwrap().unwrap().message, &message);
    }

    /// However a line damages its bytes: nothing arrives that was not sent, and what does not arrive is
    /// counted.
    #[test]
    fn damage_is_found_or_counted(
        messages in proptest::collection::vec(any_message(), 1..8),
        damages in proptest::collection::vec(any_damage(), 1..6),
    ) {
        let mut bytes = wire(&messages).concat();
        for damage in &damages {
            damaged(&mut bytes, damage);
        }
        // After the damage the line is good again: the last frame comes through and tells what was lost.
        let mut encoder = Encoder::new();
        for message in &messages {
            encoder.encode(message);
        }
        let last = beat(0);
        bytes.extend_from_slice(&encoder.encode(&last));
        let frames: Vec<Frame> = decoded(&bytes).into_iter().filter_map(Result::ok).collect();
        let mut next = 0usize;
        for (place, frame) in frames.iter().enumerate() {
            let seq = usize::from(frame.seq);
            prop_assert_eq!(&frame.message, messages.get(seq).unwrap_or(&last));
            // What was lost before the first frame that came, nobody can count.
            prop_assert!(place == 0 || usize::from(frame.lost) == seq - next);
            next = seq + 1;
        }
        prop_assert_eq!(next, messages.len() + 1, "the last frame came");
    }
}
