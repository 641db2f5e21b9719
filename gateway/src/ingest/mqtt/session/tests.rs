//! The session against byte strings as a client would send them.

use super::*;
use crate::ingest::mqtt::payload::Fault;
use crate::ingest::mqtt::testing::{V3, V5, connect, packet, publish};

fn hear_all(session: &mut Session, bytes: &[u8]) -> Option<Heard> {
    let (taken, heard) = session.hear(bytes);
    assert_eq!(taken, bytes.len());
    heard
}

fn connected(version: u8) -> Session {
    let mut session = Session::new();
    assert!(matches!(hear_all(&mut session, &connect(version, "m1")), Some(Heard::Hello(_))));
    session.welcome(&Welcome::default());
    session.take_output();
    session
}

#[test]
fn both_versions_are_told_apart_and_welcomed() {
    for version in [V3, V5] {
        let mut session = Session::new();
        let Some(Heard::Hello(hello)) = hear_all(&mut session, &connect(version, "m1")) else {
            panic!("no hello")
        };
        assert_eq!((hello.client.as_str(), hello.clean, hello.keep_alive_s), ("m1", true, 60));
        session.welcome(&Welcome::default());
        let connack = session.take_output();
        assert_eq!((connack[0], connack[2], connack[3]), (0x20, 0, 0));
        let maximum_qos_1 = connack.windows(2).any(|pair| pair == [0x24, 1]);
        assert_eq!(maximum_qos_1, version == V5);
    }
}

#[test]
fn nothing_is_acknowledged_before_its_owner_says_so() {
    for version in [V3, V5] {
        let mut session = connected(version);
        let heard = hear_all(&mut session, &publish(version, 1, 7, "t", b"x"));
        let Some(Heard::Publication(publication)) = heard else { panic!("no publication") };
        assert_eq!((publication.packet, publication.payload.as_slice()), (Some(7), &b"x"[..]));
        assert_eq!(session.backlog(), 0);
        session.acknowledge(7, None);
        assert_eq!(session.take_output()[..], [0x40, 2, 0, 7]);
    }
}

#[test]
fn a_refusal_has_its_reason_in_5_0_alone() {
    let fault = Fault::Unreadable(String::new());
    for (version, answer) in [(V3, &[0x40, 2, 0, 7][..]), (V5, &[0x40, 3, 0, 7, 0x99])] {
        let mut session = connected(version);
        hear_all(&mut session, &publish(version, 1, 7, "t", b"x"));
        session.acknowledge(7, Some(&fault));
        assert_eq!(session.take_output()[..], *answer);
    }
}

#[test]
fn bytes_may_come_one_by_one_and_packets_together() {
    let mut session = connected(V3);
    let mut bytes = publish(V3, 1, 7, "t", b"x");
    bytes.extend(packet(0xc0, &[]));
    let mut heard = Vec::new();
    for byte in &bytes {
        heard.extend(session.hear(&[*byte]).1);
    }
    assert!(matches!(heard[..], [Heard::Publication(_), Heard::Alive]));
    assert_eq!(session.take_output()[..], [0xd0, 0], "the ping is answered");
    let (taken, _) = session.hear(&bytes);
    assert_eq!(taken, bytes.len() - 2, "one packet at a time");
}

#[test]
fn a_packet_above_the_cap_is_refused_by_its_header() {
    let mut session = connected(V5);
    let (_, heard) = session.hear(&[0x32, 0xff, 0xff, 0xff, 0x7f]);
    assert!(matches!(heard, Some(Heard::Broken(MqttError::PacketTooLarge))));
    assert_eq!(session.take_output()[..3], [0xe0, 1, 0x95], "5.0 says why");
}

#[test]
fn what_is_not_the_protocol_is_broken() {
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 2, 0], &[0x30, 3, 0, 1, b't'], &[0x10, 0]] {
        let (_, heard) = Session::new().hear(bytes);
        assert!(matches!(heard, None | Some(Heard::Broken(_))), "{bytes:?}");
    }
    let mut session = connected(V3);
    assert!(matches!(hear_all(&mut session, &connect(V3, "m1")), Some(Heard::Broken(_))), "a second CONNECT");
}

#[test]
fn the_ends_of_a_connection_are_told_apart() {
    let rows: [(u8, &[u8], bool); 3] =
        [(V3, &[0xe0, 0], false), (V5, &[0xe0, 0], false), (V5, &[0xe0, 1, 4], true)];
    for (version, bytes, expected) in rows {
        let heard = hear_all(&mut connected(version), bytes);
        let Some(Heard::Goodbye { with_will }) = heard else { panic!("{heard:?}") };
        assert_eq!(with_will, expected);
    }
}

#[test]
fn closing_says_why_in_5_0_alone() {
    for (version, code) in [(V3, None), (V5, Some(0x8e))] {
        let mut session = connected(version);
        session.close(Closing::TakenOver);
        assert_eq!(session.take_output().get(2).copied(), code);
    }
}

#[test]
fn subscriptions_are_granted_one_by_one() {
    for (version, refused) in [(V3, 0x80), (V5, 0x87)] {
        let mut session = connected(version);
        let mut body = vec![0, 9];
        if version == V5 {
            body.push(0);
        }
        body.extend([0, 1, b'a', 1, 0, 1, b'b', 0]);
        let heard = hear_all(&mut session, &packet(0x82, &body));
        let Some(Heard::Subscribe { packet, wanted }) = heard else { panic!("{heard:?}") };
        assert_eq!((packet, wanted.len(), wanted[1].filter.as_str()), (9, 2, "b"));
        session.granted(packet, &[true, false]);
        let suback = session.take_output();
        assert_eq!((suback[0], &suback[suback.len() - 2..]), (0x90, &[0, refused][..]));
    }
}
