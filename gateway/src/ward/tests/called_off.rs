//! When calls that did not get through are no longer owed: once nobody need come, and not before.

use super::*;
use crate::event::Found;

/// Whether a turn calls off what an alert is still owed.
fn calls_off(turn: &Turn, alert: AlertId) -> bool {
    turn.records.iter().any(|record| matches!(record, Record::CalledOff { alert: of, .. } if *of == alert))
}

fn id_of(ward: &Ward, second: u32, code: &str) -> AlertId {
    let alerts = open(ward, at(second));
    let found = alerts.iter().find(|alert| alert.code.starts_with(code));
    found.unwrap_or_else(|| panic!("{code} is open among {alerts:#?}")).alert.id
}

/// A heart that is too fast, for long enough to call.
fn fast() -> Ward {
    let mut ward = ward();
    for second in (0..=60).step_by(5) {
        let _ = ward.on(&frame("03", u64::from(second) + 1, &[(Sign::HeartRate, 170)]), at(second));
        let _ = ward.tick(at(second));
    }
    ward
}

#[test]
fn whoever_answers_a_limit_calls_off_the_rest_and_its_end_alone_does_not() {
    let mut ward = fast();
    let id = id_of(&ward, 60, "limit.");
    for second in (65..=180).step_by(5) {
        let calm = ward.on(&frame("03", u64::from(second) + 1, &[(Sign::HeartRate, 80)]), at(second));
        assert!(!calls_off(&calm, id) && !calls_off(&ward.tick(at(second)), id), "nobody has seen it");
    }
    let answered = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(None)), at(181));
    assert_eq!(answered.said, [Said::Done]);
    assert!(calls_off(&answered, id));
}

#[test]
fn a_critical_result_is_owed_until_nurse_and_doctor_have_answered() {
    let mut ward = ward();
    let _ = ward.on(&report("MRN0042", "ICU-1^^03", vec![potassium("7.1")]), at(0));
    let id = id_of(&ward, 0, "lab.");
    let value = Decimal::parse(b"7.1").unwrap();
    let read = Quantity { comparator: Comparator::Exactly, value, unit: Unit::Missing };
    let half = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(Some(read))), at(5));
    assert!(half.said == [Said::Done] && !calls_off(&half, id), "a doctor is still owed");
    assert!(calls_off(&ward.on(&answer(id, Role::Doctor, Say::Accept), at(6)), id));
}

#[test]
fn a_hand_over_goes_whoever_has_read_it_here() {
    let mut ward = ward();
    let _ = ward.on(&admit("MRN0042", "ICU-1^^03"), at(0));
    let _ = ward.on(&report("MRN0042", "ICU-1^^03", vec![potassium("7.1")]), at(1));
    let _ = ward.on(&moves(Movement::Discharge, "MRN0042", "ICU-1^^03"), at(10));
    let id = id_of(&ward, 10, "technical.hand-over");
    let read = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(None)), at(20));
    assert!(read.said == [Said::Done] && !calls_off(&read, id));
}

#[test]
fn what_the_gateway_found_wrong_with_itself_is_owed_though_it_is_well_for_a_moment() {
    let finding = |on| {
        let text = "the loudspeaker is silent".to_owned();
        Event::Found(Found { bed: None, what: Technical::Sound, on, text })
    };
    let mut ward = ward();
    let _ = ward.on(&finding(true), at(0));
    let id = id_of(&ward, 0, "technical.sound");
    let _ = ward.tick(at(61));
    assert!(!calls_off(&ward.on(&finding(false), at(62)), id), "nobody has answered");

    let _ = ward.on(&finding(true), at(100));
    let again = id_of(&ward, 100, "technical.sound");
    assert!(calls_off(&ward.on(&answer(again, Role::Nurse, Say::Acknowledge(None)), at(170)), again));
}
