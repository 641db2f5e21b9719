//! Laboratory criticals: read back, accepted, corrected, withdrawn, older and newer than what is here.

use super::*;
use crate::alert::{Analyte, Comparator, Priority, Quantity};
use crate::critical::{Band, Known};
use crate::decimal::Decimal;
use crate::event::{Flag, LabResult, OrderKey, Refusal, ResultStatus};
use crate::unit::Unit;

pub(super) const POTASSIUM: Analyte = Analyte::Known(Known::Potassium);
pub(super) const HYPERKALAEMIA: Condition = Condition::Laboratory(POTASSIUM, PATIENT);
pub(super) const WARD: (Actor, Role) = (NURSE, Role::Nurse);
pub(super) const MEDIC: (Actor, Role) = (DOCTOR, Role::Doctor);

pub(super) fn mmol(text: &str) -> Quantity {
    Quantity::exactly(Decimal::parse(text.as_bytes()).unwrap(), Unit::MmolPerL)
}

pub(super) fn read_back(text: &str) -> Say {
    Say::Acknowledge(Some(mmol(text)))
}

impl Story {
    /// A potassium of the patient, sampled now.
    pub(super) fn potassium(&mut self, value: &str) -> LabResult {
        let key = self.key();
        LabResult {
            analyte: POTASSIUM,
            patient: PATIENT,
            quantity: Some(mmol(value)),
            flag: Flag::NotCritical,
            status: ResultStatus::Stands,
            sampled: self.now,
            is_timed: true,
            order: None,
            key,
        }
    }

    pub(super) fn reports(&mut self, result: LabResult) -> Log {
        self.on(&Event::Result(result))
    }

    /// A bed with an open critical potassium of 6.80.
    pub(super) fn critical() -> (Self, LabResult) {
        let mut story = Self::begin();
        let result = story.potassium("6.80");
        let log = story.reports(result);
        assert_eq!(of(&log, HYPERKALAEMIA), [What::Raised, What::Call { step: 0 }]);
        assert_eq!(story.alert(HYPERKALAEMIA).priority, Priority::High);
        (story, result)
    }
}

#[test]
fn a_normal_result_is_quiet() {
    let mut story = Story::begin();
    let result = story.potassium("4.5");
    assert!(story.reports(result).is_empty());
}

#[test]
fn nurse_then_doctor_end_it() {
    let (mut story, _) = Story::critical();
    assert_eq!(story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.8")), What::Acknowledged);
    assert!(!story.alert(HYPERKALAEMIA).sounds());
    let log = story.wait(Span::seconds(130));
    assert_eq!(calls(&log, HYPERKALAEMIA), [(60, 1), (120, 2)], "the doctor's steps go on");
    assert_eq!(story.answers(HYPERKALAEMIA, MEDIC, Via::Station, Say::Accept), What::Resolved);
    assert!(story.wait(Span::hours(1)).is_empty());
}

#[test]
fn a_doctor_from_afar_does_not_end_it() {
    let (mut story, _) = Story::critical();
    assert_eq!(story.answers(HYPERKALAEMIA, MEDIC, Via::Remote, Say::Accept), What::Accepted);
    assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active));
    assert!(story.alert(HYPERKALAEMIA).sounds(), "nobody has read the value back");
    assert_eq!(story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.80")), What::Resolved);
}

#[test]
fn a_missing_or_wrong_read_back_is_refused_and_it_goes_on() {
    let (mut story, _) = Story::critical();
    let refused = |story: &mut Story, say| story.answers(HYPERKALAEMIA, WARD, Via::Station, say);
    assert_eq!(refused(&mut story, Say::Acknowledge(None)), What::Refused(Refusal::ReadBackMissing));
    assert_eq!(refused(&mut story, Say::AcknowledgeText), What::Refused(Refusal::ReadBackMissing));
    assert_eq!(refused(&mut story, read_back("8.6")), What::Refused(Refusal::ReadBackWrong));
    let above = Quantity { comparator: Comparator::Above, ..mmol("6.8") };
    let above = Say::Acknowledge(Some(above));
    assert_eq!(refused(&mut story, above), What::Refused(Refusal::ReadBackWrong), "more than 6.8 is not 6.8");
    assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active));
    assert_eq!(calls(&story.wait(Span::seconds(60)), HYPERKALAEMIA), [(60, 1)]);
}

#[test]
fn the_same_person_twice_is_told_so() {
    let (mut story, _) = Story::critical();
    story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.8"));
    let again = story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.8"));
    assert_eq!(again, What::Refused(Refusal::Already));
    let (mut story, _) = Story::critical();
    story.answers(HYPERKALAEMIA, MEDIC, Via::Remote, Say::Accept);
    let again = story.answers(HYPERKALAEMIA, MEDIC, Via::Remote, Say::Accept);
    assert_eq!(again, What::Refused(Refusal::Already));
}

#[test]
fn a_nurse_from_afar_has_only_seen_it() {
    let (mut story, _) = Story::critical();
    assert_eq!(story.answers(HYPERKALAEMIA, WARD, Via::Remote, read_back("6.8")), What::Seen);
    assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active));
}

#[test]
fn the_laboratorys_own_flag_calls_alone() {
    for flag in [Flag::CriticalLow, Flag::CriticalHigh, Flag::Critical] {
        let mut story = Story::begin();
        let troponin = Analyte::Other(10_839);
        let result = LabResult { analyte: troponin, flag, ..story.potassium("0.9") };
        let log = story.reports(result);
        assert_eq!(of(&log, Condition::Laboratory(troponin, PATIENT))[0], What::Raised, "{flag:?}");
        assert_eq!(story.alert(Condition::Laboratory(troponin, PATIENT)).evidence.crossed, None);
    }
}

#[test]
fn a_coded_result_is_read_back_by_its_text() {
    let mut story = Story::begin();
    let culture = Analyte::Other(6_007);
    let condition = Condition::Laboratory(culture, PATIENT);
    let result = LabResult { analyte: culture, quantity: None, flag: Flag::Critical, ..story.potassium("0") };
    story.reports(result);
    let said = |story: &mut Story, say| story.answers(condition, WARD, Via::Station, say);
    assert_eq!(said(&mut story, Say::Acknowledge(None)), What::Refused(Refusal::ReadBackMissing));
    assert_eq!(said(&mut story, read_back("1")), What::Refused(Refusal::ReadBackWrong));
    assert_eq!(said(&mut story, Say::AcknowledgeText), What::Acknowledged);
}

#[test]
fn a_missing_unit_is_not_judged_but_the_flag_still_calls() {
    let unjudged = Condition::Technical(Technical::Unjudged(Known::Potassium as u32));
    let bare = Some(Quantity { unit: Unit::Missing, ..mmol("7.1") });
    let mut story = Story::begin();
    let result = LabResult { quantity: bare, ..story.potassium("0") };
    let log = story.reports(result);
    assert!(of(&log, HYPERKALAEMIA).is_empty());
    assert_eq!(of(&log, unjudged)[0], What::Raised);
    assert_eq!(story.alert(unjudged).priority, Priority::Low);

    let mut story = Story::begin();
    let result = LabResult { quantity: bare, flag: Flag::CriticalHigh, ..story.potassium("0") };
    let log = story.reports(result);
    assert_eq!(of(&log, HYPERKALAEMIA)[0], What::Raised);
    assert_eq!(of(&log, unjudged)[0], What::Raised);
    let result = story.potassium("7.1");
    let log = story.reports(result);
    assert_eq!(of(&log, unjudged), [What::Resolved], "with its unit the next one can be judged");
}

#[test]
fn an_older_sample_changes_nothing() {
    let mut story = Story::begin();
    story.wait(Span::minutes(10));
    let newer = story.potassium("4.4");
    story.reports(newer);
    let older = LabResult { sampled: START, ..story.potassium("7.1") };
    assert!(story.reports(older).is_empty());
}

#[test]
fn a_critical_result_calls_whatever_its_age() {
    let mut story = Story::begin();
    let result = LabResult { sampled: START - Span::hours(20), ..story.potassium("7.1") };
    let log = story.reports(result);
    assert_eq!(of(&log, HYPERKALAEMIA)[0], What::Raised);
    assert_eq!(story.alert(HYPERKALAEMIA).evidence.taken, START - Span::hours(20), "and says how old it is");
}

#[test]
fn a_correction_to_normal_or_a_withdrawal_takes_it_back() {
    for (value, status) in [("4.8", ResultStatus::Corrected), ("6.80", ResultStatus::Withdrawn)] {
        let (mut story, result) = Story::critical();
        let result = LabResult { status, sampled: result.sampled, ..story.potassium(value) };
        let log = story.reports(result);
        assert_eq!(of(&log, HYPERKALAEMIA), [What::Withdrawn], "{status:?}");
        assert!(story.open().is_empty());
    }
}

#[test]
fn a_corrected_report_that_changes_nothing_does_not_reopen_what_was_answered() {
    let (mut story, result) = Story::critical();
    story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.8"));
    story.answers(HYPERKALAEMIA, MEDIC, Via::Remote, Say::Accept);
    let corrected = LabResult { status: ResultStatus::Corrected, key: story.key(), ..result };
    assert!(story.reports(corrected).is_empty(), "another line of the report was corrected");
}

#[test]
fn what_is_taken_back_of_an_older_specimen_leaves_the_newer_one_to_be_judged() {
    let unjudged = Some(Quantity { unit: Unit::Missing, ..mmol("4.4") });
    for (newer, expected) in [(Some(mmol("6.7")), What::Worsened), (unjudged, What::Withdrawn)] {
        let (mut story, first) = Story::critical();
        story.wait(Span::minutes(5));
        let next = LabResult { quantity: newer, ..story.potassium("0") };
        assert!(of(&story.reports(next), HYPERKALAEMIA).is_empty());
        let withdrawn = LabResult { status: ResultStatus::Withdrawn, key: story.key(), ..first };
        assert_eq!(of(&story.reports(withdrawn), HYPERKALAEMIA)[0], expected);
        if expected == What::Worsened {
            assert_eq!(story.alert(HYPERKALAEMIA).evidence.quantity, newer, "that is to be read back now");
        }
    }
}

#[test]
fn a_newer_specimen_that_is_withdrawn_leaves_the_alert_of_the_older_one() {
    let (mut story, _) = Story::critical();
    story.wait(Span::minutes(5));
    let newer = story.potassium("6.9");
    story.reports(newer);
    let withdrawn = LabResult { status: ResultStatus::Withdrawn, key: story.key(), ..newer };
    assert_eq!(of(&story.reports(withdrawn), HYPERKALAEMIA), []);
    assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active));
}

#[test]
fn a_withdrawn_sample_is_no_newer_sample() {
    let mut story = Story::begin();
    story.wait(Span::minutes(5));
    let withdrawn = LabResult { status: ResultStatus::Withdrawn, ..story.potassium("4.0") };
    story.reports(withdrawn);
    let older = LabResult { sampled: START, ..story.potassium("7.1") };
    assert_eq!(of(&story.reports(older), HYPERKALAEMIA)[0], What::Raised);
}

#[test]
fn what_has_no_value_ends_nothing() {
    let nothing = [None, Some(Quantity { unit: Unit::Missing, ..mmol("4.1") }), Some(mmol("41"))];
    for quantity in nothing {
        let (mut story, _) = Story::critical();
        story.wait(Span::minutes(5));
        let result = LabResult { quantity, ..story.potassium("0") };
        assert!(!of(&story.reports(result), HYPERKALAEMIA).contains(&What::Resolved), "{quantity:?}");
        assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active), "{quantity:?}");
    }
}

#[test]
fn a_correction_to_another_critical_value_calls_anew() {
    let (mut story, result) = Story::critical();
    story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.8"));
    let corrected =
        LabResult { status: ResultStatus::Corrected, sampled: result.sampled, ..story.potassium("6.4") };
    let log = story.reports(corrected);
    assert_eq!(of(&log, HYPERKALAEMIA), [What::Worsened, What::Call { step: 0 }]);
    let answer = story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.4"));
    assert_eq!(answer, What::Acknowledged, "the corrected value is the one to read back");
}

#[test]
fn the_next_sample_calls_again_only_when_it_is_worse_by_a_tenth() {
    let (mut story, _) = Story::critical();
    story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.8"));
    story.wait(Span::seconds(30));
    let same = story.potassium("7.0");
    assert!(story.reports(same).is_empty());
    story.wait(Span::seconds(20));
    let worse = story.potassium("7.48");
    let log = story.reports(worse);
    assert_eq!(of(&log, HYPERKALAEMIA), [What::Worsened, What::Call { step: 0 }]);
}

#[test]
fn a_normal_sample_ends_a_critical_one_that_nobody_saw() {
    let (mut story, _) = Story::critical();
    story.wait(Span::seconds(30));
    let normal = story.potassium("4.5");
    let log = story.reports(normal);
    assert_eq!(of(&log, HYPERKALAEMIA), [What::Resolved]);
    assert!(story.wait(Span::hours(1)).is_empty(), "and calls nobody");
}

#[test]
fn the_same_result_again_does_not_reopen_what_was_answered() {
    let (mut story, result) = Story::critical();
    story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.8"));
    story.answers(HYPERKALAEMIA, MEDIC, Via::Remote, Say::Accept);
    story.wait(Span::minutes(10));
    assert!(story.reports(result).is_empty(), "sent again");
    let final_report = LabResult { key: story.key(), ..result };
    assert!(story.reports(final_report).is_empty(), "the final report of the same specimen");
    let next = story.potassium("6.8");
    assert_eq!(of(&story.reports(next), HYPERKALAEMIA)[0], What::Raised, "a new specimen");
}

#[test]
fn results_of_two_patients_are_kept_apart() {
    let (mut story, _) = Story::critical();
    let other = LabResult { patient: PatientKey(43), ..story.potassium("4.2") };
    assert!(story.reports(other).is_empty());
    assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active));
}

/// A result of `analyte` with our chart's own unit, sampled now.
fn result_of(story: &mut Story, known: Known, value: Decimal) -> LabResult {
    let quantity = Some(Quantity::exactly(value, known.row(Band::Adult).unit));
    LabResult { analyte: Analyte::Known(known), quantity, ..story.potassium("0") }
}

#[test]
fn every_row_of_the_chart_calls_beyond_its_limits_and_names_them() {
    let hundredth = |limit: Decimal, by: i64| Decimal::new(limit.rounded(2) + by, 2);
    for known in Known::ALL {
        let row = known.row(Band::Adult);
        let limits = [row.low.map(|limit| (limit, -1)), row.high.map(|limit| (limit, 1))];
        for (limit, outward) in limits.into_iter().flatten() {
            let condition = Condition::Laboratory(Analyte::Known(known), PATIENT);
            let mut story = Story::begin();
            let on_it = result_of(&mut story, known, limit);
            assert!(story.reports(on_it).is_empty(), "{known:?} {limit}");
            story.wait(Span(1));
            let beyond = result_of(&mut story, known, hundredth(limit, outward));
            assert_eq!(of(&story.reports(beyond), condition)[0], What::Raised, "{known:?} {limit}");
            assert_eq!(story.alert(condition).evidence.crossed.unwrap().limit, limit);
        }
    }
}

#[test]
fn a_ph_is_worse_by_five_hundredths() {
    let acidosis = Condition::Laboratory(Analyte::Known(Known::Ph), PATIENT);
    let mut story = Story::begin();
    let mut at = |hundredths: i64| {
        story.wait(Span::minutes(1));
        let result = result_of(&mut story, Known::Ph, Decimal::new(hundredths, 2));
        of(&story.reports(result), acidosis)
    };
    assert_eq!(at(715)[0], What::Raised);
    assert!(!at(711).contains(&What::Worsened), "0.04 lower");
    assert!(at(710).contains(&What::Worsened), "0.05 lower");
}

#[test]
fn a_bound_where_a_number_was_is_worse() {
    let (mut story, _) = Story::critical();
    story.wait(Span::minutes(1));
    let above = Some(Quantity { comparator: Comparator::Above, ..mmol("10") });
    let result = LabResult { quantity: above, ..story.potassium("10") };
    assert!(of(&story.reports(result), HYPERKALAEMIA).contains(&What::Worsened));
}

#[test]
fn an_implausible_value_is_not_judged_and_a_person_is_asked_to_look() {
    let mut story = Story::begin();
    let result = story.potassium("71");
    let log = story.reports(result);
    assert_eq!(story.open(), [Condition::Technical(Technical::Unjudged(Known::Potassium as u32))], "{log:?}");
}

#[test]
fn a_withdrawal_of_what_was_never_heard_of_is_quiet() {
    let mut story = Story::begin();
    let result = LabResult { status: ResultStatus::Withdrawn, ..story.potassium("7.1") };
    assert!(story.reports(result).is_empty());
}

#[test]
fn what_was_withdrawn_and_is_said_again_calls_again() {
    let (mut story, result) = Story::critical();
    let withdrawn = LabResult { status: ResultStatus::Withdrawn, key: story.key(), ..result };
    story.reports(withdrawn);
    let again = LabResult { key: story.key(), ..result };
    assert_eq!(of(&story.reports(again), HYPERKALAEMIA)[0], What::Raised);
}

#[test]
fn the_admission_of_the_patient_keeps_what_the_laboratory_said_before() {
    let (mut story, _) = Story::critical();
    story.wait(Span::minutes(1));
    story.moves(Occupancy::Bound(PATIENT));
    let older = LabResult { sampled: START - Span::minutes(5), ..story.potassium("7.9") };
    assert!(story.reports(older).is_empty(), "the newer sample is still known");
    assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active));
}

#[test]
fn of_too_many_analytes_the_oldest_that_nobody_judges_is_forgotten_first() {
    let (mut story, first) = Story::critical();
    story.wait(Span::hours(1));
    for code in 0..38 {
        let result = LabResult { analyte: Analyte::Other(code), ..story.potassium("1") };
        story.reports(result);
    }
    let mut calls = |code| {
        let analyte = Analyte::Other(code);
        let (flag, sampled) = (Flag::CriticalHigh, START);
        let older = LabResult { analyte, flag, sampled, ..story.potassium("1") };
        !story.reports(older).is_empty()
    };
    assert!(!calls(37) && !calls(1), "their newer samples are known");
    assert!(calls(0), "forgotten: a critical value calls, rather too often than never");
    story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("6.8"));
    story.answers(HYPERKALAEMIA, MEDIC, Via::Remote, Say::Accept);
    assert!(story.reports(first).is_empty(), "what has a row is still known");
}

#[test]
fn what_is_taken_back_is_of_its_order_whatever_time_it_gives() {
    for (status, value) in [(ResultStatus::Withdrawn, "7.1"), (ResultStatus::Corrected, "4.1")] {
        let mut story = Story::begin();
        let first = LabResult { order: Some(OrderKey::of(5)), ..story.potassium("7.1") };
        story.reports(first);
        story.wait(Span::minutes(5));
        let back = LabResult { order: Some(OrderKey::of(5)), status, ..story.potassium(value) };
        assert_eq!(of(&story.reports(back), HYPERKALAEMIA), [What::Withdrawn], "{status:?}");
    }
}

#[test]
fn another_order_on_the_same_specimen_ends_nothing() {
    let mut story = Story::begin();
    let first = LabResult { order: Some(OrderKey::of(5)), ..story.potassium("7.1") };
    story.reports(first);
    let normal = LabResult { quantity: Some(mmol("4.0")), ..first };
    let other = LabResult { order: Some(OrderKey::of(6)), key: story.key(), ..normal };
    assert!(of(&story.reports(other), HYPERKALAEMIA).is_empty());
    assert_eq!(story.state(HYPERKALAEMIA), Some(AlertState::Active));
    story.wait(Span::minutes(1));
    let later = LabResult { order: Some(OrderKey::of(6)), ..story.potassium("4.0") };
    assert!(of(&story.reports(later), HYPERKALAEMIA).contains(&What::Resolved), "a later one says otherwise");
}
