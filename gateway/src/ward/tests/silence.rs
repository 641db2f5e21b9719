//! Peers fall silent, on the arrival clock, and are heard again.

use super::*;
use crate::event::{Heard, Outcome, Peer, PeerKind, Raw};

const HOUR: u32 = 3_600;

/// Ten in the morning, UTC, at the start.
fn by_day(seconds: u32) -> Now {
    let offset_ms = 10 * 3_600_000 - i64::try_from(START.0).unwrap();
    Now { moment: START + Span::seconds(seconds), offset_ms }
}

fn heard(kind: PeerKind) -> Event {
    Event::Heard(Heard { kind, peer: "LIS".to_owned(), endpoint: "mllp".to_owned() })
}

/// Wakes the ward at every deadline until `seconds`; how often it said anything of an alert.
fn wait(ward: &mut Ward, seconds: u32) -> usize {
    let mut said = 0;
    while let Some(deadline) = ward.deadline().filter(|deadline| *deadline <= by_day(seconds).moment) {
        let turn = ward.tick(Now { moment: deadline, ..by_day(0) });
        said += turn
            .records
            .iter()
            .filter(|record| matches!(record, Record::Change(change) if change.what == "raised"))
            .count();
    }
    said
}

#[test]
fn a_laboratory_that_was_never_heard_is_not_silent() {
    let mut ward = ward();
    assert_eq!(wait(&mut ward, 30 * 24 * HOUR), 0);
    assert_eq!(ward.deadline(), None);
}

#[test]
fn a_silent_laboratory_is_told_once_and_ends_with_its_next_message() {
    let mut ward = ward();
    let _ = ward.on(&heard(PeerKind::Laboratory), by_day(0));
    assert_eq!(wait(&mut ward, 2 * HOUR - 1), 0);
    assert_eq!(wait(&mut ward, 2 * HOUR), 1);
    let alerts = open(&ward, by_day(2 * HOUR));
    assert_eq!((alerts[0].code.as_str(), alerts[0].bed.as_deref()), ("technical.channel", None));
    let title = &alerts[0].title;
    assert!(
        title.starts_with("the laboratory (LIS) is silent: its last message came at 10:00 on 01 Jan"),
        "{title}"
    );
    let hub = ward.view(1, by_day(2 * HOUR)).silent;
    assert_eq!(
        hub.iter().map(|peer| (peer.endpoint.as_str(), &peer.text)).collect::<Vec<_>>(),
        [("mllp", title)]
    );
    assert_eq!(wait(&mut ward, 24 * HOUR), 0, "once");
    let _ = ward.on(&heard(PeerKind::Laboratory), by_day(24 * HOUR));
    assert!(open(&ward, by_day(24 * HOUR)).is_empty());
    assert!(ward.view(2, by_day(24 * HOUR)).silent.is_empty());
}

#[test]
fn a_laboratory_sleeps_and_the_his_does_not() {
    let mut ward = ward();
    let _ = ward.on(&heard(PeerKind::Laboratory), by_day(11 * HOUR));
    let _ = ward.on(&heard(PeerKind::Adt), by_day(11 * HOUR));
    assert_eq!(wait(&mut ward, 22 * HOUR - 1), 0, "the night, and two hours of the next morning");
    assert_eq!(wait(&mut ward, 22 * HOUR), 1);
    assert_eq!(wait(&mut ward, 23 * HOUR), 1);
    let titles: Vec<String> =
        open(&ward, by_day(23 * HOUR)).iter().map(|record| record.title.clone()).collect();
    assert!(titles[0].starts_with("the laboratory") && titles[1].starts_with("the HIS"), "{titles:?}");
}

#[test]
fn silence_survives_a_restart() {
    let mut lived = ward();
    let _ = lived.on(&heard(PeerKind::Laboratory), by_day(0));
    let mut restarted = ward();
    assert!(restarted.restore(&lived.save().unwrap(), by_day(HOUR).moment));
    assert_eq!(wait(&mut restarted, 2 * HOUR), 1);
    let mut again = ward();
    assert!(again.restore(&restarted.save().unwrap(), by_day(3 * HOUR).moment));
    assert_eq!(wait(&mut again, 20 * HOUR), 0, "it is known already");
    let records =
        open(&restarted, by_day(3 * HOUR)).iter().map(|record| AlertRecord::clone(record)).collect();
    again.recorded(records, by_day(3 * HOUR).moment);
    let _ = again.on(&heard(PeerKind::Laboratory), by_day(4 * HOUR));
    assert!(open(&again, by_day(4 * HOUR)).is_empty());
}

#[test]
fn who_was_heard_is_told_by_what_came_and_a_duplicate_counts() {
    let mut ward = ward();
    let lis = Peer { endpoint: "mllp", name: "LIS".to_owned() };
    let raw = |kind: &str, outcome| Raw {
        kind: kind.to_owned(),
        control_id: String::new(),
        bytes: Vec::new(),
        outcome,
        reason: String::new(),
        marks: crate::message::Marks::default(),
    };
    let result = report("A", "ICU-1^^03", vec![potassium("4.1")]);
    let known = heard(PeerKind::Laboratory);
    let bare = raw("ORU^R01", Outcome::NotNeeded);
    assert_eq!(ward.heard_in(&lis, Some(&bare), &[]), None, "a device, for all that is known");
    assert_eq!(ward.heard_in(&lis, None, &[result]), Some(known.clone()));
    let _ = ward.on(&known, by_day(0));
    assert_eq!(ward.heard_in(&lis, Some(&bare), &[]), Some(known));
    let refused = raw("ORU^R01", Outcome::Refused);
    assert_eq!(ward.heard_in(&lis, Some(&refused), &[]), None, "nobody can say who that was");
    let adt = raw("ADT^A31", Outcome::NotNeeded);
    assert_eq!(ward.heard_in(&lis, Some(&adt), &[]), Some(heard(PeerKind::Adt)));
    let frames = [frame("03", 1, &[(Sign::HeartRate, 80)])];
    assert_eq!(ward.heard_in(&lis, Some(&bare), &frames), None);
}
