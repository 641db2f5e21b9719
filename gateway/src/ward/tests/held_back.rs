//! What a graver alert calls for says so, by its name, for as long as that is so.

use super::*;
use crate::record::HeldBack;

/// No heartbeat, and a saturation that follows from it.
const STOPPED: [(Sign, i32); 2] = [(Sign::HeartRate, 0), (Sign::SpO2, 60)];

/// A ward with a stopped heart at bed 03, for long enough that the saturation is beyond its limit, too.
fn stopped() -> Ward {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    for second in 0..15 {
        let _ = ward.on(&frame("03", second.into(), &STOPPED), at(second));
    }
    ward
}

fn of_code(ward: &Ward, code: &str, now: Now) -> Arc<AlertRecord> {
    open(ward, now).into_iter().find(|record| record.code == code).unwrap()
}

#[test]
fn it_is_named_and_no_longer_when_it_is_let_go() {
    let mut ward = stopped();
    let cause = of_code(&ward, "no-pulse", at(14));
    let effect = of_code(&ward, "limit.spo2.low", at(14));
    assert_eq!(cause.held_back, None);
    assert_eq!(effect.held_back, Some(HeldBack::under(&cause)));
    let turn = ward.on(&answer(cause.alert.id, Role::Nurse, Say::Acknowledge(None)), at(20));
    let effect = of_code(&ward, "limit.spo2.low", at(20));
    assert_eq!(effect.held_back, None, "its cause is answered: it calls by itself");
    let written = turn.records.iter().rev().find_map(|record| match record {
        Record::Alert(record) if record.id == effect.id => Some(Arc::clone(record)),
        _ => None,
    });
    assert_eq!(written.unwrap().held_back, None, "the record that a crash leaves says the same");
}

#[test]
fn what_is_answered_or_over_is_held_back_no_longer() {
    let mut ward = stopped();
    let effect = of_code(&ward, "limit.spo2.low", at(14));
    let _ = ward.on(&answer(effect.alert.id, Role::Nurse, Say::Acknowledge(None)), at(15));
    assert_eq!(of_code(&ward, "limit.spo2.low", at(15)).held_back, None);
}

#[test]
fn the_record_that_says_it_is_written() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let mut written = Vec::new();
    for second in 0..15 {
        let turn = ward.on(&frame("03", second.into(), &STOPPED), at(second));
        written.extend(turn.records.into_iter().filter_map(|record| match record {
            Record::Alert(record) if record.code == "limit.spo2.low" => Some(record),
            _ => None,
        }));
    }
    let last = written.last().unwrap();
    assert_eq!(last.held_back.as_ref().map(|held| held.code.as_str()), Some("no-pulse"));
}
