//! Rates of change at the bed: what calls, what is too slow, what is no change of the patient, and the end.

use super::limits::by;
use super::*;
use crate::age::Age;
use crate::alert::{Priority, Side};
use crate::ladder::Class;
use crate::limit::Band;
use crate::sign::Parameter;
use crate::trend::{Course, Trend};

const FALL: Condition = Condition::Change(Parameter::MeanPressure, Side::Low);
const FAST: Condition = Condition::Change(Parameter::PulseRate, Side::High);

/// A fall of a pressure by 30 mmHg within five minutes; a rise of the pulse by 40 within two.
fn watchful() -> Story {
    let mut policy = Policy::shipped();
    for (band, pressure) in [
        (Band::Adult, Parameter::MeanPressure),
        (Band::Adult, Parameter::Systolic),
        (Band::Child, Parameter::MeanPressure),
    ] {
        *policy.trend_mut(band, pressure) = Trend { fall: Some(30), rise: None, within: Span::minutes(5) };
    }
    *policy.trend_mut(Band::Adult, Parameter::PulseRate) =
        Trend { fall: Some(40), rise: Some(40), within: Span::minutes(2) };
    by(policy)
}

const fn mean(pressure: i32) -> [Reading; 1] {
    [good(Sign::ArterialMean, pressure)]
}

/// A mean pressure of 95 for five minutes.
fn settled() -> Story {
    let mut story = watchful();
    assert!(story.lives(300, &mean(95)).is_empty());
    story
}

/// A fall to 63 that has just called.
fn fallen() -> Story {
    let mut story = settled();
    story.lives(31, &mean(63));
    assert_eq!(story.state(FALL), Some(AlertState::Active));
    story
}

#[test]
fn what_has_fallen_far_calls_when_it_has_stood_for_the_delay() {
    let mut story = settled();
    let log = story.lives(30, &mean(65));
    assert_eq!(log.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [330_000, 330_000]);
    assert_eq!(of(&log, FALL), [What::Raised, What::Call { step: 0 }]);
    let alert = story.alert(FALL);
    assert_eq!((alert.priority, alert.class), (Priority::Medium, Class::Yellow));
    assert_eq!(alert.evidence.quantity.unwrap().value.to_string(), "65");
    assert_eq!(alert.evidence.crossed.unwrap().limit.to_string(), "95", "from where it fell");
}

#[test]
fn less_does_not_call() {
    assert!(settled().lives(400, &mean(66)).is_empty());
}

#[test]
fn a_ramp_calls_and_a_slow_drift_does_not() {
    let falls = |seconds_each: u32| {
        let mut story = settled();
        let mut log: Log = (0..31).flat_map(|by| story.lives(seconds_each, &mean(95 - by))).collect();
        log.extend(story.lives(60, &mean(65)));
        of(&log, FALL).first().copied()
    };
    assert_eq!(falls(4), Some(What::Raised), "30 mmHg in two minutes");
    assert_eq!(falls(11), None, "30 mmHg in five and a half");
}

#[test]
fn one_odd_value_is_neither_a_fall_nor_what_it_fell_from() {
    let mut story = settled();
    for odd in [20, 160, 63, 95] {
        assert!(of(&story.lives(1, &mean(odd)), FALL).is_empty());
        assert!(of(&story.lives(60, &mean(95)), FALL).is_empty());
    }
    let mut story = settled();
    story.lives(50, &mean(140));
    let log = story.lives(60, &mean(100));
    assert!(of(&log, FALL).is_empty(), "a line flushed for the better part of a minute settles nothing");
}

#[test]
fn a_missing_value_neither_raises_nor_ends() {
    let mut story = settled();
    story.lives(20, &mean(63));
    story.lives(20, &[absent(Sign::ArterialMean, Absence::Unavailable)]);
    assert!(of(&story.lives(29, &mean(63)), FALL).is_empty(), "what was pending starts anew");
    assert_eq!(of(&story.lives(2, &mean(63)), FALL)[0], What::Raised);
    let gone = [absent(Sign::ArterialMean, Absence::Unavailable)];
    assert!(!of(&story.lives(200, &gone), FALL).contains(&What::Resolved));
    let log = story.lives(151, &gone);
    assert!(of(&log, FALL).contains(&What::Resolved), "nothing of it is left within the time: {log:?}");
}

#[test]
fn it_ends_when_it_is_back_by_the_margin() {
    let mut story = fallen();
    assert!(of(&story.lives(5, &mean(69)), FALL).is_empty());
    assert_eq!(of(&story.sees(&mean(70)), FALL), [What::Resolved]);
}

#[test]
fn a_new_level_is_the_level() {
    let mut story = fallen();
    let log = story.lives(210, &mean(63));
    assert!(!of(&log, FALL).contains(&What::Resolved), "it was higher within five minutes");
    let log = story.lives(50, &mean(63));
    assert!(of(&log, FALL).contains(&What::Resolved));
    let log = story.lives(600, &mean(63));
    assert!(of(&log, FALL).is_empty());
}

/// The cuff measures seldom: what it said a quarter of an hour ago is not within the time.
#[test]
fn two_cuff_pressures_far_apart_in_time_are_no_fall() {
    let mut story = watchful();
    let mut log = Log::new();
    for pressure in [95, 94, 60] {
        log.extend(story.sees(&[good(Sign::CuffMean, pressure)]));
        log.extend(story.wait(Span::minutes(15)));
    }
    assert!(of(&log, FALL).is_empty(), "{log:?}");
}

#[test]
fn two_sensors_that_differ_are_no_change_of_the_patient() {
    let mut story = settled();
    let cuff = [absent(Sign::ArterialMean, Absence::Unavailable), good(Sign::CuffMean, 63)];
    assert!(of(&story.lives(900, &cuff), FALL).is_empty());
    assert!(of(&story.lives(60, &mean(95)), FALL).is_empty());
    let mut story = settled();
    story.lives(400, &[absent(Sign::ArterialMean, Absence::Unavailable), good(Sign::CuffMean, 95)]);
    let log = story.lives(31, &[absent(Sign::ArterialMean, Absence::Unavailable), good(Sign::CuffMean, 64)]);
    assert_eq!(of(&log, FALL)[0], What::Raised, "after a while the cuff is the one that is followed");
}

#[test]
fn a_rise_calls_as_a_fall_does_and_a_stopped_heart_is_neither() {
    let mut story = watchful();
    story.lives(120, &[good(Sign::HeartRate, 70)]);
    let log = story.lives(31, &[good(Sign::HeartRate, 110)]);
    assert_eq!(of(&log, FAST)[0], What::Raised);
    let mut story = watchful();
    story.lives(120, &[good(Sign::HeartRate, 70)]);
    let mut log = story.lives(60, &[good(Sign::HeartRate, 0)]);
    log.extend(story.lives(60, &[good(Sign::HeartRate, 70)]));
    let is_change = |(_, condition, _): &(u64, Condition, What)| matches!(condition, Condition::Change(..));
    assert!(!log.iter().any(is_change), "{log:?}");
}

#[test]
fn of_another_patient_nothing_is_compared() {
    let mut story = watchful();
    story.moves(Occupancy::Bound(PATIENT));
    story.lives(300, &mean(95));
    story.moves(Occupancy::Bound(PatientKey(43)));
    assert!(of(&story.lives(120, &mean(63)), FALL).is_empty());
}

#[test]
fn what_was_measured_in_doubt_is_nothing_to_have_fallen_from() {
    let mut story = watchful();
    story.moves(Occupancy::Bound(PATIENT));
    story.moves(Occupancy::InDoubt);
    story.lives(300, &mean(95));
    story.moves(Occupancy::Bound(PATIENT));
    assert!(of(&story.lives(120, &mean(63)), FALL).is_empty());
}

#[test]
fn of_another_age_it_is_another_trend() {
    let mut story = fallen();
    let log = story.on(&Event::Age(Some(Age::months(6))));
    assert_eq!(of(&log, FALL), [What::Resolved], "none is set for an infant");
    let mut story = settled();
    story.on(&Event::Age(Some(Age::months(60))));
    assert!(of(&story.lives(60, &mean(63)), FALL).is_empty(), "it begins anew");
}

#[test]
fn the_limit_of_the_same_parameter_calls_for_its_change() {
    for (sign, before, after) in [(Sign::ArterialMean, 95, 55), (Sign::ArterialSystolic, 125, 85)] {
        let parameter =
            if sign == Sign::ArterialMean { Parameter::MeanPressure } else { Parameter::Systolic };
        let [fall, limit] = [Condition::Change, Condition::Limit].map(|of| of(parameter, Side::Low));
        let mut story = watchful();
        story.lives(300, &[good(sign, before)]);
        let log = story.lives(60, &[good(sign, after)]);
        assert_eq!(of(&log, fall), [What::Raised, What::HeldBack]);
        assert_eq!(story.alert(limit).priority, Priority::Medium, "as grave, and the first to call");
        assert_eq!(story.heard_changes_and_limits(), [limit]);
        story.acknowledges(limit);
        assert_eq!(story.heard_changes_and_limits(), [fall], "an answer to one is none to the other");
    }
}

impl Story {
    fn heard_changes_and_limits(&self) -> Vec<Condition> {
        let heard = self.bed.alerts().filter(|alert| alert.sounds()).map(|alert| alert.condition);
        heard.filter(|of| matches!(of, Condition::Change(..) | Condition::Limit(..))).collect()
    }
}

#[test]
fn where_none_is_set_nothing_is_kept_and_what_was_recorded_is_over() {
    let recorded = fallen().alert(FALL);
    let mut story = Story::begin();
    story.lives(60, &mean(95));
    story.lives(60, &mean(63));
    assert_eq!(story.bed.state.courses, [Course::default(); Parameter::ALL.len()]);
    story.bed.put_back(recorded);
    assert_eq!(of(&story.sees(&mean(63)), FALL), [What::Resolved]);
}
