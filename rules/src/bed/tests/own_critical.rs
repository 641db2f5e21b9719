//! One patient's own critical limits: they are moved for a time, call nobody less than the ward's would for
//! anybody else, and come back with a notice.

use super::laboratory::{HYPERKALAEMIA, MEDIC, POTASSIUM, WARD, read_back};
use super::*;
use crate::critical::{Known, OWN_CRITICAL_MOST, OwnCritical};
use crate::decimal::Decimal;
use crate::event::{Flag, LabResult};
use crate::limit::OWN_LIMITS_LONGEST;
use proptest::prelude::*;

const ENDED: Condition = Condition::Technical(Technical::OwnCriticalEnded(Known::Potassium));

fn number(text: &str) -> Decimal {
    Decimal::parse(text.as_bytes()).unwrap()
}

impl Story {
    fn with_patient() -> Self {
        let mut story = Self::begin();
        story.moves(Occupancy::Bound(PATIENT));
        story
    }

    /// A doctor moves the upper limit of potassium for so long.
    fn moves_potassium(&mut self, high: &str, span: Span) -> Log {
        self.moves_row(Known::Potassium, None, Some(number(high)), span)
    }

    fn moves_row(&mut self, known: Known, low: Option<Decimal>, high: Option<Decimal>, span: Span) -> Log {
        let own = OwnCritical { known, low, high, until: self.now + span, by: DOCTOR };
        self.on(&Event::Critical(own))
    }

    fn says_potassium(&mut self, value: &str) -> Log {
        let result = self.potassium(value);
        self.reports(result)
    }
}

#[test]
fn a_moved_limit_is_the_one_that_calls() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    assert!(story.says_potassium("6.8").is_empty());
    story.says_potassium("7.1");
    let crossed = story.alert(HYPERKALAEMIA).evidence.crossed.unwrap();
    assert_eq!(crossed.limit.to_string(), "7", "as people write it");
    story.moves_row(Known::Potassium, Some(number("3.25")), None, Span::hours(4));
    let own = story.bed.own_critical(Known::Potassium, PATIENT).unwrap();
    assert_eq!((own.low, own.high, own.by), (Some(number("3.25")), None, DOCTOR), "set anew as a whole");
}

#[test]
fn what_is_not_given_stays_the_wards() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.says_potassium("2.7");
    assert_eq!(story.alert(HYPERKALAEMIA).evidence.crossed.unwrap().limit.to_string(), "2.8");
}

#[test]
fn the_laboratorys_own_flag_calls_whatever_they_are() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    let flagged = LabResult { flag: Flag::CriticalHigh, ..story.potassium("6.8") };
    story.reports(flagged);
    assert_eq!(story.alert(HYPERKALAEMIA).evidence.crossed, None);
}

#[test]
fn another_patients_result_at_the_bed_never_meets_them() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    let other = PatientKey(43);
    let result = LabResult { patient: other, ..story.potassium("6.8") };
    story.reports(result);
    let condition = Condition::Laboratory(POTASSIUM, other);
    assert_eq!(story.alert(condition).evidence.crossed.unwrap().limit.to_string(), "6.2");
}

#[test]
fn a_nearer_limit_calls_for_what_is_already_known() {
    let mut story = Story::with_patient();
    story.says_potassium("5.8");
    let log = story.moves_potassium("5.5", Span::hours(4));
    assert_eq!(of(&log, HYPERKALAEMIA)[0], What::Raised);
}

#[test]
fn they_end_no_alert() {
    let mut story = Story::with_patient();
    story.says_potassium("6.8");
    story.moves_potassium("7.0", Span::hours(4));
    assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active), "a person or a result ends it");
}

#[test]
fn at_the_end_the_wards_hold_again_and_what_they_kept_back_calls() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.says_potassium("6.8");
    let before = Span(Span::hours(4).0 - 1);
    assert!(of(&story.wait(before), HYPERKALAEMIA).is_empty());
    let log = story.wait(Span(1));
    assert_eq!(of(&log, ENDED), [What::Raised, What::Call { step: 0 }]);
    assert_eq!(of(&log, HYPERKALAEMIA)[0], What::Raised);
    assert!(!story.alert(ENDED).sounds());
    assert_eq!(story.answers(ENDED, WARD, Via::Station, Say::Acknowledge(None)), What::Acknowledged);
    assert!(!story.open().contains(&ENDED), "a notice that was read is over");
}

#[test]
fn a_bed_that_is_asked_too_late_ends_them_then() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.says_potassium("6.8");
    story.now = story.now + Span::hours(5);
    let log = story.on(&Event::Tick);
    assert_eq!(of(&log, ENDED)[0], What::Raised);
    assert_eq!(of(&log, HYPERKALAEMIA)[0], What::Raised);
}

#[test]
fn the_notice_of_their_end_is_nothing_to_the_next_patient() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.wait(Span::hours(4));
    assert!(story.open().contains(&ENDED));
    story.moves(Occupancy::Bound(PatientKey(43)));
    assert!(!story.open().contains(&ENDED));
}

#[test]
fn a_doctor_may_end_them_before_their_time() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.says_potassium("6.8");
    let log = story.moves_potassium("7.0", Span::ZERO);
    assert_eq!(of(&log, HYPERKALAEMIA)[0], What::Raised);
    assert!(story.bed.own_critical(Known::Potassium, PATIENT).is_none());
}

#[test]
fn they_hold_no_longer_than_a_day() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(100));
    let until = story.bed.own_critical(Known::Potassium, PATIENT).unwrap().until;
    assert_eq!(until, story.now + OWN_LIMITS_LONGEST);
}

#[test]
fn they_go_with_the_patient_and_are_nobodys_without_one() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.moves(Occupancy::Bound(PatientKey(43)));
    story.moves(Occupancy::Bound(PATIENT));
    assert!(story.bed.own_critical(Known::Potassium, PATIENT).is_none());
    let mut story = Story::begin();
    story.moves_potassium("7.0", Span::hours(4));
    story.moves(Occupancy::Bound(PATIENT));
    assert!(story.bed.own_critical(Known::Potassium, PATIENT).is_none());
}

#[test]
fn who_goes_for_an_hour_comes_back_to_them_and_to_their_end() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.says_potassium("6.5");
    story.moves(Occupancy::Unbound);
    story.wait(Span::hours(1));
    story.moves(Occupancy::Bound(PATIENT));
    assert!(story.bed.own_critical(Known::Potassium, PATIENT).is_some());
    let log = story.wait(Span::hours(3));
    assert_eq!(of(&log, HYPERKALAEMIA)[0], What::Raised, "what they kept back calls at their end");
}

#[test]
fn what_they_keep_back_calls_at_their_end_whoever_lies_there() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.says_potassium("6.5");
    story.moves(Occupancy::Unbound);
    let log = story.wait(Span::hours(4));
    assert_eq!(of(&log, HYPERKALAEMIA)[0], What::Raised);
}

#[test]
fn they_go_from_bed_to_bed_with_the_results_that_they_keep_back() {
    let mut story = Story::with_patient();
    story.moves_potassium("7.0", Span::hours(4));
    story.says_potassium("6.5");
    let taken = story.bed.take_out(PATIENT);
    assert!(story.bed.own_critical(Known::Potassium, PATIENT).is_none());
    story.bed = Bed::new(BedNo(9), &SHIPPED);
    story.moves(Occupancy::Bound(PATIENT));
    let _ = story.bed.put_in(taken, story.now);
    assert!(story.says_potassium("6.6").is_empty());
    let renamed = PatientKey(44);
    let _ = story.bed.rename(PATIENT, renamed, story.now);
    assert!(story.bed.own_critical(Known::Potassium, renamed).is_some());
    let log = story.wait(Span::hours(4));
    let calls = Condition::Laboratory(POTASSIUM, renamed);
    assert_eq!(of(&log, calls)[0], What::Raised);
}

#[test]
fn one_too_many_changes_none_of_the_others() {
    let mut story = Story::with_patient();
    for known in &Known::ALL[..=OWN_CRITICAL_MOST] {
        story.moves_row(*known, None, Some(number("9")), Span::hours(4));
    }
    let held = Known::ALL.map(|known| story.bed.own_critical(known, PATIENT).is_some());
    assert_eq!(held[..=OWN_CRITICAL_MOST], [true, true, true, true, false]);
}

#[test]
fn a_repeat_of_what_was_answered_by_them_is_one() {
    let mut story = Story::with_patient();
    story.moves_potassium("5.5", Span::hours(12));
    story.says_potassium("5.8");
    story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("5.8"));
    story.answers(HYPERKALAEMIA, MEDIC, Via::Station, Say::Accept);
    story.wait(Span::hours(1));
    story.says_potassium("5.9");
    assert!(!story.alert(HYPERKALAEMIA).sounds());
}

proptest! {
    /// Whatever a doctor sets, when it is over the ward's row has judged the last result.
    #[test]
    fn no_critical_value_stays_silent_after_them(
        high in 1i64..200, low in 1i64..200, value in 6i64..150, hours in 0u32..30,
    ) {
        let (mut own, mut wards) = (Story::with_patient(), Story::with_patient());
        let tenths = |digits| Some(Decimal::new(digits, 1));
        own.moves_row(Known::Potassium, tenths(low), tenths(high), Span::hours(hours));
        for story in [&mut own, &mut wards] {
            let text = Decimal::new(value, 1).to_string();
            story.says_potassium(&text);
            story.wait(Span::hours(24));
        }
        if wards.open().contains(&HYPERKALAEMIA) {
            prop_assert!(own.open().contains(&HYPERKALAEMIA));
        }
    }
}
