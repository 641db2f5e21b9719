//! A critical value within a day of one that was answered in full: shown, not heard, unless it is worse.

use super::laboratory::{HYPERKALAEMIA, MEDIC, WARD, mmol, read_back};
use super::*;
use crate::age::Age;
use crate::alert::{Analyte, Priority, Quantity};
use crate::event::{Flag, LabResult, OrderKey, Refusal, ResultStatus};
use crate::ladder::Class;
use crate::unit::Unit;
use proptest::prelude::*;

impl Story {
    fn nurse_reads(&mut self, value: &str) -> What {
        self.answers(HYPERKALAEMIA, WARD, Via::Station, read_back(value))
    }

    fn doctor_accepts(&mut self) -> What {
        self.answers(HYPERKALAEMIA, MEDIC, Via::Remote, Say::Accept)
    }

    /// A potassium of 6.8 that a nurse and a doctor have answered, and its result.
    fn answered() -> (Self, LabResult) {
        let (mut story, first) = Self::critical();
        assert_eq!(story.nurse_reads("6.8"), What::Acknowledged);
        assert_eq!(story.doctor_accepts(), What::Resolved);
        (story, first)
    }

    /// The next potassium, some time later.
    fn later(&mut self, span: Span, value: &str) -> Log {
        self.wait(span);
        let result = self.potassium(value);
        self.reports(result)
    }

    fn class(&self) -> Class {
        self.alert(HYPERKALAEMIA).class
    }
}

#[test]
fn a_repeat_is_shown_and_not_heard() {
    let (mut story, _) = Story::answered();
    let log = story.later(Span::hours(6), "6.9");
    assert_eq!(
        of(&log, HYPERKALAEMIA),
        [What::Raised, What::Call { step: 0 }],
        "on the record and the board"
    );
    let alert = story.alert(HYPERKALAEMIA);
    assert_eq!((alert.class, alert.priority, alert.sounds()), (Class::Repeat, Priority::High, false));
    assert_eq!(story.nurse_reads("6.9"), What::Acknowledged, "it ends like any other");
    assert_eq!(story.doctor_accepts(), What::Resolved);
}

#[test]
fn a_day_after_the_answered_specimen_it_is_a_first_again() {
    for (span, class) in [(Span::hours(24), Class::Repeat), (Span(Span::hours(24).0 + 1), Class::Laboratory)]
    {
        let (mut story, _) = Story::answered();
        story.later(span, "6.8");
        assert_eq!(story.class(), class, "{span:?}");
    }
}

#[test]
fn a_repeat_that_stays_open_beyond_a_day_is_heard_with_the_next() {
    let (mut story, _) = Story::answered();
    story.later(Span::hours(20), "6.8");
    assert_eq!(story.class(), Class::Repeat);
    let log = story.later(Span::hours(5), "6.8");
    assert!(of(&log, HYPERKALAEMIA).contains(&What::Worsened));
    assert!(story.alert(HYPERKALAEMIA).sounds());
}

#[test]
fn worse_than_the_answered_value_by_a_tenth_is_heard() {
    for (value, heard) in [("7.47", false), ("7.48", true)] {
        let (mut story, _) = Story::answered();
        story.later(Span::hours(1), value);
        assert_eq!(story.alert(HYPERKALAEMIA).sounds(), heard, "{value}");
    }
    let (mut story, _) = Story::answered();
    story.later(Span::hours(1), "7.2");
    story.later(Span::hours(1), "7.48");
    assert!(story.alert(HYPERKALAEMIA).sounds(), "not than the repeat before it, but than what was answered");
}

#[test]
fn a_value_that_had_come_back_and_rises_again_is_heard() {
    for (between, heard) in [("4.5", true), ("6.2", false)] {
        let (mut story, _) = Story::answered();
        story.later(Span::hours(1), between);
        story.later(Span::hours(1), "6.7");
        assert_eq!(story.alert(HYPERKALAEMIA).sounds(), heard, "after {between}");
    }
}

#[test]
fn a_second_repeat_is_as_quiet_as_the_first() {
    let (mut story, _) = Story::answered();
    story.later(Span::hours(1), "6.9");
    let log = story.later(Span::hours(1), "6.8");
    assert!(of(&log, HYPERKALAEMIA).is_empty(), "it is on the board already");
    assert_eq!(story.class(), Class::Repeat);
}

#[test]
fn another_order_on_the_answered_specimen_is_a_repeat() {
    let (mut story, first) = Story::answered();
    let other = LabResult { order: Some(OrderKey::of(6)), key: story.key(), ..first };
    story.reports(other);
    assert_eq!(story.class(), Class::Repeat);
}

#[test]
fn the_other_direction_is_another_value() {
    let (mut story, _) = Story::answered();
    story.later(Span::hours(1), "2.5");
    assert!(story.alert(HYPERKALAEMIA).sounds());
}

#[test]
fn one_answer_of_two_quiets_nothing() {
    for nurse in [true, false] {
        let (mut story, _) = Story::critical();
        let _ = if nurse { story.nurse_reads("6.8") } else { story.doctor_accepts() };
        story.later(Span::hours(1), "4.5");
        story.later(Span::hours(1), "6.3");
        assert_eq!(story.class(), Class::Laboratory, "ended by a normal result, never answered in full");
        let (mut story, _) = Story::critical();
        let _ = if nurse { story.nurse_reads("6.8") } else { story.doctor_accepts() };
        story.later(Span::hours(1), "4.5");
        let half = story.alert(HYPERKALAEMIA);
        assert_eq!(story.doctor_accepts(), What::Refused(Refusal::Unknown), "too late");
        story.bed.put_back(half);
        story.later(Span::hours(1), "6.1");
        story.later(Span::hours(1), "6.3");
        assert_eq!(story.class(), Class::Laboratory);
    }
}

#[test]
fn what_was_answered_and_taken_back_quiets_nothing() {
    let (mut story, first) = Story::answered();
    let withdrawn = LabResult { status: ResultStatus::Withdrawn, key: story.key(), ..first };
    story.reports(withdrawn);
    story.later(Span::hours(1), "6.8");
    assert_eq!(story.class(), Class::Laboratory);
}

#[test]
fn a_correction_of_what_was_answered_is_heard() {
    let (mut story, first) = Story::answered();
    let corrected =
        LabResult { status: ResultStatus::Corrected, sampled: first.sampled, ..story.potassium("6.6") };
    story.reports(corrected);
    assert!(story.alert(HYPERKALAEMIA).sounds());
}

#[test]
fn another_unit_is_not_compared() {
    let (mut story, _) = Story::answered();
    story.wait(Span::hours(1));
    let quantity = Some(Quantity { unit: Unit::MeqPerL, ..mmol("6.7") });
    let result = LabResult { quantity, ..story.potassium("6.7") };
    story.reports(result);
    assert!(story.alert(HYPERKALAEMIA).sounds());
}

/// What has no row of ours repeats by the laboratory's own direction; what has no number never does.
#[test]
fn a_flagged_result_repeats_by_its_flag() {
    let troponin = Analyte::Other(10_839);
    let condition = Condition::Laboratory(troponin, PATIENT);
    for (flag, number, class) in [
        (Flag::CriticalHigh, true, Class::Repeat),
        (Flag::Critical, true, Class::Laboratory),
        (Flag::CriticalHigh, false, Class::Laboratory),
    ] {
        let mut story = Story::begin();
        let quantity = number.then(|| mmol("0.9"));
        let result = LabResult { analyte: troponin, flag, quantity, ..story.potassium("0") };
        story.reports(result);
        let say = if number { read_back("0.9") } else { Say::AcknowledgeText };
        story.answers(condition, WARD, Via::Station, say);
        story.answers(condition, MEDIC, Via::Remote, Say::Accept);
        story.wait(Span::hours(1));
        let next = LabResult { key: story.key(), sampled: story.now, ..result };
        story.reports(next);
        assert_eq!(story.alert(condition).class, class, "{flag:?} {number}");
    }
}

#[test]
fn what_was_answered_goes_with_the_patient_and_over_a_crash() {
    let (mut story, _) = Story::answered();
    let answered = story.alert(HYPERKALAEMIA);
    let taken = story.bed.take_out(PATIENT);
    let mut moved = Bed::new(BedNo(9), &SHIPPED);
    let _ = moved.on(&Event::Occupancy(Occupancy::Bound(PATIENT)), story.now);
    let _ = moved.put_in(taken, story.now);
    let mut recovered = Bed::new(BedNo(9), &SHIPPED);
    recovered.put_back(answered);
    let mut repeats_at = |bed| {
        story.bed = bed;
        story.later(Span::hours(1), "6.8");
        assert_eq!(story.class(), Class::Repeat);
    };
    repeats_at(moved);
    repeats_at(recovered);
    let (mut story, _) = Story::answered();
    let other = PatientKey(43);
    let _ = story.bed.rename(PATIENT, other, story.now);
    story.wait(Span::hours(1));
    let result = LabResult { patient: other, ..story.potassium("6.8") };
    story.reports(result);
    assert_eq!(story.alert(result.condition()).class, Class::Repeat, "under another name");
}

#[derive(Clone, Debug)]
enum Turn {
    Sample(i64),
    Again,
    NurseReads,
    DoctorAccepts,
    Ages(Option<u16>),
}

fn any_turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => (20i64..90).prop_map(Turn::Sample),
        1 => Just(Turn::Again),
        2 => Just(Turn::NurseReads),
        2 => Just(Turn::DoctorAccepts),
        1 => proptest::option::of(0u16..400).prop_map(Turn::Ages),
    ]
}

proptest! {
    /// Only what both have answered is ever quiet, and what nobody answered is heard until somebody does.
    #[test]
    fn a_repeat_never_silences_a_first(turns in proptest::collection::vec(any_turn(), 1..40)) {
        let mut story = Story::begin();
        story.moves(Occupancy::Bound(PATIENT));
        let (mut answered_once, mut last) = (false, None);
        for turn in turns {
            story.wait(Span::minutes(30));
            let critical = |story: &Story| {
                let alerts = story.bed.alerts();
                alerts.filter(|alert| alert.is_open()).find(|alert| alert.condition == HYPERKALAEMIA).copied()
            };
            let before = critical(&story);
            let value = before.and_then(|alert| alert.evidence.quantity);
            match (&turn, before) {
                (Turn::Sample(tenths), _) => {
                    let text = crate::Decimal::new(*tenths, 1).to_string();
                    let result = story.potassium(&text);
                    last = Some(result);
                    story.reports(result);
                }
                (Turn::Again, _) => {
                    if let Some(result) = last {
                        prop_assert!(story.reports(result).is_empty(), "a duplicate changed something");
                    }
                }
                (Turn::NurseReads, Some(_)) => {
                    let what = story.answers(HYPERKALAEMIA, WARD, Via::Station, Say::Acknowledge(value));
                    answered_once |= what == What::Resolved;
                }
                (Turn::DoctorAccepts, Some(_)) => {
                    answered_once |= story.doctor_accepts() == What::Resolved;
                }
                (Turn::Ages(years), _) => {
                    story.on(&Event::Age(years.map(Age::years)));
                }
                _ => {}
            }
            let open = critical(&story);
            prop_assert!(answered_once || open.is_none_or(|alert| alert.class == Class::Laboratory));
            let heard = before.filter(Alert::sounds).map(|alert| alert.id);
            if let Some(alert) = open.filter(|alert| Some(alert.id) == heard) {
                let answer = matches!(turn, Turn::NurseReads);
                prop_assert!(alert.sounds() || answer, "{turn:?} silenced {alert:?}");
            }
        }
    }

    /// In whatever order and however often results come, what is open and heard at the end is the same.
    #[test]
    fn order_and_duplicates_change_nothing(
        (results, shuffled) in proptest::collection::vec(20i64..90, 1..8).prop_flat_map(|values| {
            let results: Vec<(u32, i64)> = (0..).zip(values).collect();
            let twice = [results.clone(), results.clone()].concat();
            (Just(results), Just(twice).prop_shuffle())
        }),
    ) {
        let [in_order, otherwise] = [results, shuffled].map(|results| {
            let mut story = Story::begin();
            for (at, tenths) in results {
                let text = crate::Decimal::new(tenths, 1).to_string();
                let sampled = START - Span::minutes(100 - at);
                let result = LabResult { sampled, key: MessageKey(at.into()), ..story.potassium(&text) };
                story.reports(result);
            }
            (story.open(), story.bed.sounding(story.now).is_some())
        });
        prop_assert_eq!(in_order, otherwise);
    }
}
