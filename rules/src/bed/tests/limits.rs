//! Limits at the bed: delays that run out though nothing arrives, age, and values that are not the patient's.

use super::*;
use crate::alert::{Priority, Side};
use crate::limit::Band;
use crate::sign::Parameter;

const SATURATION: Condition = Condition::Limit(Parameter::SpO2, Side::Low);
const FAST: Condition = Condition::Limit(Parameter::PulseRate, Side::High);

#[test]
fn a_delay_runs_out_on_one_value_alone() {
    let mut story = Story::begin();
    let log = story.sees(&[good(Sign::SpO2, 79)]);
    assert!(of(&log, SATURATION).is_empty());
    let log = story.wait(Span(9_999));
    assert!(of(&log, SATURATION).is_empty());
    let log = story.wait(Span(1));
    assert_eq!(of(&log, SATURATION), [What::Raised, What::Call { step: 0 }]);
    assert_eq!(story.alert(SATURATION).priority, Priority::High);
}

/// The sign that supplies a parameter on its own.
fn sign_of(parameter: Parameter) -> Sign {
    parameter.signs()[0]
}

/// Every shipped limit, with the delay of a value one beyond it and what it must become.
fn shipped() -> impl Iterator<Item = (Parameter, Side, i32, Span, Priority)> {
    let sides = [Side::Low, Side::High];
    Parameter::ALL.into_iter().flat_map(move |parameter| {
        let limits = *SHIPPED.limits(Band::Adult, parameter);
        sides.into_iter().flat_map(move |side| {
            let pair = limits.pair(side);
            let red = pair.red.map(|at| (parameter, side, at, limits.red_delay, Priority::High));
            let towards_red = pair.yellow.zip(pair.red).map_or(0, |(yellow, red)| {
                (limits.yellow_delay.0 - limits.red_delay.0) / red.abs_diff(yellow)
            });
            let delay = Span(limits.yellow_delay.0 - towards_red);
            let yellow = pair.yellow.map(|at| (parameter, side, at, delay, Priority::Medium));
            red.into_iter().chain(yellow)
        })
    })
}

const fn outward(side: Side) -> i32 {
    match side {
        Side::Low => -1,
        Side::High => 1,
    }
}

#[test]
fn every_shipped_limit_calls_one_beyond_it_after_its_delay() {
    assert_eq!(shipped().count(), 23, "as many as the page has figures");
    for (parameter, side, limit, delay, priority) in shipped() {
        let condition = Condition::Limit(parameter, side);
        let mut story = Story::begin();
        story.sees(&[good(sign_of(parameter), limit + outward(side))]);
        let log = story.wait(Span(delay.0 - 1));
        assert!(of(&log, condition).is_empty(), "{parameter:?} {side:?}: before its delay");
        story.wait(Span(1));
        assert_eq!(story.alert(condition).priority, priority, "{parameter:?} {side:?} {limit}");
        assert_eq!(story.alert(condition).evidence.crossed.unwrap().side, side);
    }
}

#[test]
fn no_shipped_limit_calls_on_the_limit_itself() {
    for (parameter, side, limit, _, priority) in shipped() {
        let mut story = Story::begin();
        story.lives(60, &[good(sign_of(parameter), limit)]);
        let condition = Condition::Limit(parameter, side);
        let called = story.open().contains(&condition).then(|| story.alert(condition).priority);
        assert!(called < Some(priority), "{parameter:?} {side:?} {limit}: {called:?}");
    }
}

/// A bed that judges by `policy` from here on.
pub(super) fn by(policy: Policy) -> Story {
    Story { bed: Bed::new(BedNo(1), Box::leak(Box::new(policy))), ..Story::begin() }
}

#[test]
fn what_a_ventilator_measures_calls_by_the_wards_limits_alone() {
    let high = Condition::Limit(Parameter::PeakPressure, Side::High);
    let silent = Condition::Limit(Parameter::MinuteVolume, Side::Low);
    let readings = [good(Sign::PeakPressure, 60), good(Sign::MinuteVolume, 0), good(Sign::TidalVolume, 0)];
    let mut story = Story::begin();
    assert!(story.lives(60, &readings).is_empty(), "no value alone is a disconnected ventilator");
    let mut policy = Policy::shipped();
    policy.limits_mut(Band::Adult, Parameter::PeakPressure).high.red = Some(40);
    policy.limits_mut(Band::Adult, Parameter::MinuteVolume).low.yellow = Some(40);
    let mut story = by(policy);
    story.lives(30, &readings);
    assert_eq!(story.alert(high).priority, Priority::High);
    assert_eq!(story.alert(silent).evidence.crossed.unwrap().limit.to_string(), "4.0");
}

#[test]
fn a_questionable_value_is_judged_all_the_same() {
    let mut story = Story::begin();
    let quality = crate::vital::Quality::Questionable;
    story.lives(11, &[Reading { quality, ..good(Sign::SpO2, 75) }]);
    assert_eq!(story.alert(SATURATION).priority, Priority::High);
}

#[test]
fn an_arterial_line_is_judged_before_the_cuff_and_the_cuff_when_it_is_gone() {
    let low = Condition::Limit(Parameter::MeanPressure, Side::Low);
    let mut story = Story::begin();
    story.lives(40, &[good(Sign::ArterialMean, 70), good(Sign::CuffMean, 45)]);
    assert!(!story.open().contains(&low));
    story.lives(16, &[absent(Sign::ArterialMean, Absence::ProbeOff), good(Sign::CuffMean, 45)]);
    assert_eq!(story.alert(low).priority, Priority::High);
    assert_eq!(story.alert(low).evidence.quantity.unwrap().value.to_string(), "45");
}

#[test]
fn two_monitors_at_one_bed_do_not_disturb_each_other() {
    let mut story = Story::begin();
    for _ in 0..30 {
        story.hears(MONITOR, &[good(Sign::SpO2, 75)]);
        story.hears(Source(2), &[absent(Sign::SpO2, Absence::Unavailable), good(Sign::RespRate, 14)]);
        story.wait(Span::seconds(1));
    }
    assert_eq!(story.alert(SATURATION).priority, Priority::High, "the second one has no probe");
}

#[test]
fn it_names_the_value_and_the_limit_that_it_crossed() {
    let mut story = Story::begin();
    story.lives(11, &well_but(&[(Sign::SpO2, 79)]));
    let evidence = story.alert(SATURATION).evidence;
    assert_eq!(evidence.quantity.unwrap().value.to_string(), "79");
    assert_eq!(evidence.crossed.unwrap().limit.to_string(), "80");
}

#[test]
fn yellow_that_turns_red_is_worse_and_back_down_does_not_vanish() {
    let mut story = Story::begin();
    let log = story.lives(40, &well_but(&[(Sign::SpO2, 85)]));
    assert_eq!(of(&log, SATURATION)[0], What::Raised);
    assert_eq!(story.alert(SATURATION).priority, Priority::Medium);
    let log = story.lives(15, &well_but(&[(Sign::SpO2, 75)]));
    assert_eq!(of(&log, SATURATION), [What::Worsened, What::Call { step: 0 }]);
    assert_eq!(story.alert(SATURATION).priority, Priority::High);
    let log = story.lives(5, &WELL);
    assert_eq!(of(&log, SATURATION), [What::Latched]);
    assert!(!story.alert(SATURATION).sounds(), "it is shown, and sounds no more");
    assert_eq!(story.alert(SATURATION).next_at, None);
}

#[test]
fn a_yellow_limit_ends_by_itself() {
    let mut story = Story::begin();
    story.lives(40, &well_but(&[(Sign::HeartRate, 130)]));
    let log = story.lives(1, &well_but(&[(Sign::HeartRate, 117)]));
    assert!(of(&log, FAST).is_empty(), "inside the limit, not yet by the margin");
    let log = story.lives(1, &well_but(&[(Sign::HeartRate, 115)]));
    assert_eq!(of(&log, FAST), [What::Resolved]);
}

#[test]
fn a_latched_limit_that_is_crossed_again_returns() {
    let mut story = Story::begin();
    story.lives(15, &well_but(&[(Sign::SpO2, 75)]));
    story.lives(5, &WELL);
    let log = story.lives(15, &well_but(&[(Sign::SpO2, 75)]));
    assert_eq!(of(&log, SATURATION), [What::Returned, What::Call { step: 0 }]);
}

#[test]
fn late_data_is_kept_and_does_not_sound() {
    let mut story = Story::begin();
    let late = Reading { age: Span(300_001), ..good(Sign::SpO2, 60) };
    story.sees(&[late]);
    let log = story.wait(Span::minutes(2));
    assert!(of(&log, SATURATION).is_empty());
    assert_eq!(story.bed.vital(Sign::SpO2).value, Ok(60));
    assert_eq!(story.bed.believed(Sign::SpO2, story.now), Err(Absence::Stale));
}

#[test]
fn a_value_that_is_a_little_late_counts() {
    let mut story = Story::begin();
    story.sees(&[Reading { age: Span::minutes(4), ..good(Sign::SpO2, 60) }]);
    let log = story.wait(Span::seconds(10));
    assert_eq!(of(&log, SATURATION)[0], What::Raised);
}

#[test]
fn what_is_not_the_patient_never_calls() {
    for why in [Absence::Setting, Absence::Demonstration, Absence::Test, Absence::Calibrating] {
        let mut story = Story::with_round();
        story.lives(2, &WELL);
        let readings: Vec<Reading> = WELL.iter().map(|reading| absent(reading.sign, why)).collect();
        let log = story.lives(60, &readings);
        assert!(log.is_empty(), "{why:?}: {log:?}");
        let kept = story.bed.vital(Sign::SpO2).value;
        let expected = if why == Absence::Setting { Ok(98) } else { Err(why) };
        assert_eq!(kept, expected, "a setting is no measurement and replaces none");
    }
}

#[test]
fn a_limit_that_nobody_measures_any_more_is_over_after_five_minutes() {
    let mut story = Story::begin();
    story.lives(40, &well_but(&[(Sign::HeartRate, 130), (Sign::PulseRatePleth, 130)]));
    let gone = [absent(Sign::HeartRate, Absence::ProbeOff), absent(Sign::PulseRatePleth, Absence::ProbeOff)];
    let log = story.lives(299, &with(&WELL, &gone));
    assert!(of(&log, FAST).iter().all(|what| matches!(what, What::Call { .. })), "it goes on calling");
    let log = story.lives(2, &with(&WELL, &gone));
    assert_eq!(of(&log, FAST), [What::Resolved]);
}

#[test]
fn what_was_answered_for_one_patient_mutes_nobody_else() {
    for straight in [true, false] {
        let mut story = Story::begin();
        story.moves(Occupancy::Bound(PATIENT));
        story.lives(30, &[good(Sign::SpO2, 79)]);
        assert_eq!(story.acknowledges(SATURATION), What::Acknowledged);
        if !straight {
            assert!(of(&story.moves(Occupancy::Unbound), SATURATION).contains(&What::Resolved));
        }
        let log = story.moves(Occupancy::Bound(PatientKey(43)));
        assert_eq!(of(&log, SATURATION).contains(&What::Resolved), straight);
        let log = story.lives(30, &[good(Sign::SpO2, 79)]);
        assert!(of(&log, SATURATION).contains(&What::Raised), "it calls anew: {log:?}");
        assert_eq!(story.state(SATURATION), Some(AlertState::Active));
    }
}

#[test]
fn what_nobody_answered_calls_until_somebody_else_lies_there() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.lives(30, &[good(Sign::SpO2, 79)]);
    story.moves(Occupancy::Unbound);
    assert_eq!(story.state(SATURATION), Some(AlertState::Active));
    story.moves(Occupancy::Bound(PATIENT));
    assert_eq!(story.state(SATURATION), Some(AlertState::Active), "the same one is back");
    story.moves(Occupancy::Unbound);
    story.wait(Span::seconds(1));
    let log = story.lives(30, &[good(Sign::PulseRatePleth, 200)]);
    assert!(of(&log, FAST).contains(&What::Raised), "somebody lies there: {log:?}");
    let log = story.moves(Occupancy::Bound(PatientKey(43)));
    assert_eq!(of(&log, SATURATION), [What::Resolved]);
    assert!(of(&log, FAST).is_empty(), "what began since goes on, for it may be theirs");
}

#[test]
fn what_was_measured_in_doubt_counts_for_nobody() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.moves(Occupancy::InDoubt);
    story.sees(&[good(Sign::Temperature, 399)]);
    story.moves(Occupancy::Bound(PATIENT));
    assert!(story.bed.believed(Sign::Temperature, story.now).is_err());
}
