//! What a person keeps quiet for a time: seen, audited, reminded of, and over by itself.

use super::*;
use crate::event::BedQuiet;

fn quiet(bed: &str, minutes: u32) -> BedQuiet {
    let by = Person { name: "mary".to_owned(), role: Role::Nurse, station: "desk".to_owned() };
    BedQuiet { bed: Some(bed.to_owned()), by, minutes, reason: "washing".to_owned() }
}

fn audited(turn: &Turn) -> Vec<(String, String, String)> {
    let audit = turn.records.iter().filter_map(|record| match record {
        Record::Audit { actor, what, reason, .. } => Some((actor.clone(), what.clone(), reason.clone())),
        _ => None,
    });
    audit.collect()
}

fn said(actor: &str, what: &str, reason: &str) -> Vec<(String, String, String)> {
    vec![(actor.to_owned(), what.to_owned(), reason.to_owned())]
}

/// A ward in which the pulse of bed 03 calls as yellow.
fn calling() -> Ward {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    for second in 0..=31 {
        let _ = ward.on(&frame("03", second.into(), &[(Sign::HeartRate, 130)]), at(second));
    }
    assert!(ward.signal(at(31)).is_some());
    ward
}

#[test]
fn a_pause_is_not_heard_is_seen_and_is_audited() {
    let mut ward = calling();
    let turn = ward.on(&Event::AudioPause(quiet("03", 5)), at(32));
    assert_eq!((&turn.said[..], turn.alerts_changed), (&[Said::Done][..], true));
    assert_eq!(audited(&turn), said("mary", "audio pause of bed 03, 5 min", "washing"));
    assert_eq!(ward.signal(at(32)), None);
    let view = ward.view(1, at(32));
    let bed = view.beds.iter().find(|bed| bed.label == "03").unwrap();
    assert_eq!(bed.audio_pause.as_ref().map(|pause| pause.by.as_str()), Some("mary"));
    let _ = ward.on(&Event::AudioPause(quiet("03", 0)), at(33));
    assert!(ward.signal(at(33)).is_some());
    let turn = ward.on(&Event::AudioPause(quiet("03", 0)), at(33));
    assert_eq!(turn.said, [Said::Refused(Refusal::Already, None)], "there is nothing to end");
    assert!(audited(&turn).is_empty());
}

#[test]
fn a_reminder_asks_for_one_burst_and_is_over() {
    let mut ward = calling();
    let _ = ward.on(&Event::AudioPause(quiet("03", 5)), at(32));
    for second in 33..92 {
        let _ = ward.on(&frame("03", second.into(), &[(Sign::HeartRate, 130)]), at(second));
        assert_eq!(ward.signal(at(second)), None);
    }
    let turn = ward.tick(at(92));
    assert!(turn.alerts_changed);
    assert_eq!(ward.signal(at(92)).map(|signal| signal.priority), Some(Priority::Low));
    assert_eq!(ward.deadline(), Some(at(93).moment));
    assert!(ward.tick(at(93)).alerts_changed && ward.signal(at(93)).is_none());
}

#[test]
fn a_standby_that_a_result_ends_is_audited_with_the_reason() {
    let mut ward = calling();
    let _ = ward.on(&Event::Standby(quiet("03", 60)), at(32));
    assert_eq!(ward.signal(at(32)), None);
    assert_eq!(ward.view(1, at(32)).beds[2].standby.as_ref().unwrap().by, "mary");
    let turn = ward.on(&report("A", "ICU-1^^03", vec![potassium("6.8")]), at(40));
    let ended = "standby of bed 03 ended";
    assert_eq!(audited(&turn), said("rules", ended, "a critical result came"));
    let _ = ward.on(&Event::Standby(quiet("03", 1)), at(41));
    assert_eq!(audited(&ward.tick(at(101))), said("rules", ended, "its time is over"));
}

#[test]
fn what_belongs_to_no_bed_is_paused_with_the_station() {
    let mut ward = ward();
    let text = "the store is full".to_owned();
    let _ = ward.on(&Event::Found(Found { bed: None, what: Technical::Store, on: true, text }), at(0));
    assert!(ward.signal(at(1)).is_some());
    let turn = ward.on(&Event::AudioPause(BedQuiet { bed: None, ..quiet("", 2) }), at(1));
    assert_eq!(audited(&turn), said("mary", "audio pause of the ward, 2 min", "washing"));
    assert_eq!(ward.signal(at(2)), None);
    assert!(ward.view(1, at(2)).strips.contains(&"SOUND PAUSED at the station by mary".to_owned()));
}

#[test]
fn a_bed_that_is_not_here_is_refused() {
    for event in [Event::AudioPause(quiet("99", 5)), Event::Standby(quiet("99", 5))] {
        assert!(matches!(ward().on(&event, at(0)).said[..], [Said::Refused(..)]));
    }
}

#[test]
fn a_shelf_is_remembered_with_its_end_and_reason() {
    let mut ward = calling();
    let alert = open(&ward, at(32))[0].alert.id;
    let by = quiet("03", 0).by;
    let shelve = Say::Shelve(Span::minutes(20));
    let answer = PersonAnswer { alert, by, via: Via::Station, say: shelve, note: "known".to_owned() };
    assert_eq!(ward.on(&Event::Answer(answer), at(32)).said, [Said::Done]);
    let record = &open(&ward, at(32))[0];
    let shelved = record.shelved.as_ref().unwrap();
    assert_eq!((shelved.by.as_str(), shelved.reason.as_str()), ("mary", "known"));
    assert_eq!(shelved.until, at(32 + 1_200).wall());
}
