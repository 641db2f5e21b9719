//! A patient moves, or gets another name: what is theirs goes along, and no ladder begins anew.

use super::*;
use crate::alert::{Analyte, Quantity};
use crate::bed::Put;
use crate::critical::Known;
use crate::decimal::Decimal;
use crate::event::{Flag, LabResult, ResultStatus, Spo2Scale};
use crate::unit::Unit;

const OTHER: PatientKey = PatientKey(43);
const POTASSIUM: Analyte = Analyte::Known(Known::Potassium);
const HYPERKALAEMIA: Condition = Condition::Laboratory(POTASSIUM, PATIENT);

fn potassium(patient: PatientKey, tenths: i64, sampled: Moment) -> LabResult {
    LabResult {
        analyte: POTASSIUM,
        patient,
        quantity: Some(Quantity::exactly(Decimal::new(tenths, 1), Unit::MmolPerL)),
        flag: Flag::NotCritical,
        status: ResultStatus::Stands,
        sampled,
        is_timed: true,
        order: None,
        key: MessageKey(sampled.0 ^ tenths.cast_unsigned()),
    }
}

/// A bed with the patient on it, a critical potassium that has called twice, and scale 2.
fn with_patient() -> Story {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.enters(Entry::Scale(Spo2Scale::Two));
    story.on(&Event::Result(potassium(PATIENT, 71, START)));
    story.wait(Span::seconds(70));
    story
}

fn another_bed(now: Moment) -> Bed<'static> {
    let mut bed = Bed::new(BedNo(9), &SHIPPED);
    let _ = bed.on(&Event::Occupancy(Occupancy::Bound(PATIENT)), now);
    bed
}

#[test]
fn an_alert_goes_with_the_patient_as_it_is() {
    let mut story = with_patient();
    let before = story.alert(HYPERKALAEMIA);
    let taken = story.bed.take_out(PATIENT);
    assert_eq!(taken.alerts().collect::<Vec<_>>(), [before.id]);
    assert!(story.bed.alert(before.id).is_none(), "it calls at one bed only");
    let mut bed = another_bed(story.now);
    assert_eq!(bed.put_in(taken, story.now), Put::default());
    assert_eq!(bed.alert(before.id), Some(&before), "name, steps and next step");
    assert_eq!(bed.deadline(story.now), before.next_at);
    assert_eq!(bed.scale(), Spo2Scale::Two, "what a doctor decided for the patient");
    let same = bed.on(&Event::Result(potassium(PATIENT, 71, START)), story.now);
    assert!(same.is_empty(), "the result is known here, too");
}

#[test]
fn what_is_of_the_bed_stays() {
    let mut story = with_patient();
    story.on(&Event::Result(potassium(OTHER, 69, START)));
    story.sees(&[Reading::fresh(Sign::HeartRate, 0)]);
    let taken = story.bed.take_out(PATIENT);
    assert_eq!(taken.alerts().count(), 1);
    assert!(story.state(Condition::NoPulse).is_some());
    assert!(story.state(Condition::Laboratory(POTASSIUM, OTHER)).is_some(), "another's result");
}

#[test]
fn what_people_entered_waits_for_a_settled_bed() {
    let mut story = with_patient();
    let taken = story.bed.take_out(PATIENT);
    let mut bed = Bed::new(BedNo(9), &SHIPPED);
    let _ = bed.put_in(taken, story.now);
    assert_eq!(bed.scale(), Spo2Scale::One);
    assert_eq!(bed.alerts().filter(|alert| alert.is_open()).count(), 1, "the alert does not wait");
}

#[test]
fn of_two_results_of_one_analyte_the_newer_calls() {
    for (there, sampled) in [(69, START - Span::minutes(9)), (70, START + Span::minutes(9))] {
        let mut story = with_patient();
        let taken = story.bed.take_out(PATIENT);
        let mut bed = another_bed(story.now);
        let _ = bed.on(&Event::Result(potassium(PATIENT, there, sampled)), story.now);
        let put = bed.put_in(taken, story.now);
        assert_eq!(put.superseded.len(), 1);
        assert_eq!(put.superseded[0].state, AlertState::Resolved);
        let open: Vec<_> = bed.alerts().filter(|alert| alert.is_open()).collect();
        assert_eq!(open.len(), 1, "one open alert of one condition");
        assert_eq!(open[0].evidence.taken, sampled.max(START));
    }
}

#[test]
fn a_patient_under_another_name_keeps_everything() {
    let mut story = with_patient();
    story.sees(&WELL);
    let before = story.alert(HYPERKALAEMIA);
    let put = story.bed.rename(PATIENT, OTHER, story.now);
    assert_eq!(put, Put::default());
    let renamed = *story.bed.alert(before.id).unwrap();
    assert_eq!(renamed, Alert { condition: Condition::Laboratory(POTASSIUM, OTHER), ..before });
    assert_eq!(story.bed.patient(), Some(OTHER));
    let log = story.moves(Occupancy::Bound(OTHER));
    assert!(log.is_empty(), "{log:?}");
    assert_eq!(story.bed.scale(), Spo2Scale::Two);
    assert_eq!(story.bed.believed(Sign::HeartRate, story.now), Ok(70), "the signs are the same person's");
    let corrected = LabResult { status: ResultStatus::Corrected, ..potassium(OTHER, 41, START) };
    let log = story.on(&Event::Result(corrected));
    assert_eq!(log.iter().map(|(.., what)| *what).collect::<Vec<_>>(), [What::Withdrawn]);
}

#[test]
fn only_results_beside_an_alert_go_to_a_ward_s_own_bed() {
    let mut story = with_patient();
    let sodium = LabResult { analyte: Analyte::Known(Known::Sodium), ..potassium(PATIENT, 1400, START) };
    story.on(&Event::Result(sodium));
    let mut taken = story.bed.take_out(PATIENT);
    assert_eq!(taken.results.len(), 2);
    taken.keep_only_alerts();
    assert_eq!(taken.results.len(), 1);
    assert!(!taken.is_empty());
}
