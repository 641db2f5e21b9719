//! One cause, one call: what is held back, by what, for how long; and that it never falls silent.

use super::*;
use crate::alert::{Priority, Side};
use crate::sign::Parameter;

const SATURATION: Condition = Condition::Limit(Parameter::SpO2, Side::Low);
const SYSTOLIC: Condition = Condition::Limit(Parameter::Systolic, Side::Low);
const MEAN: Condition = Condition::Limit(Parameter::MeanPressure, Side::Low);

/// No heartbeat, and what follows from it.
const STOPPED: [Reading; 4] = [
    good(Sign::HeartRate, 0),
    good(Sign::SpO2, 60),
    good(Sign::ArterialSystolic, 40),
    good(Sign::ArterialMean, 35),
];

impl Story {
    fn heard(&self) -> Vec<Condition> {
        self.bed.alerts().filter(|alert| alert.sounds()).map(|alert| alert.condition).collect()
    }
}

#[test]
fn a_stopped_heart_calls_for_what_follows_from_it() {
    let mut story = Story::begin();
    let log = story.lives(120, &STOPPED);
    for effect in [SATURATION, SYSTOLIC, MEAN] {
        assert_eq!(of(&log, effect), [What::Raised, What::HeldBack], "{effect:?}");
        assert_eq!(story.state(effect), Some(AlertState::Active), "it is shown");
    }
    assert_eq!(story.heard(), [Condition::NoPulse]);
    assert_eq!(calls(&log, Condition::NoPulse).len(), 3, "whose own ladder goes on");
}

#[test]
fn what_called_before_the_heart_stopped_is_held_back_from_then_on() {
    let mut story = Story::begin();
    story.lives(15, &[good(Sign::HeartRate, 70), good(Sign::SpO2, 60)]);
    assert_eq!(story.heard(), [SATURATION]);
    let log = story.sees(&STOPPED);
    assert_eq!(of(&log, SATURATION), [What::HeldBack]);
    assert_eq!(story.heard(), [Condition::NoPulse]);
    assert!(of(&story.wait(Span::minutes(4)), SATURATION).is_empty(), "no doctor is called twice");
}

#[test]
fn what_is_still_true_calls_when_the_cause_is_answered() {
    let mut story = Story::begin();
    story.lives(60, &STOPPED);
    assert_eq!(story.acknowledges(Condition::NoPulse), What::Acknowledged);
    let heard = story.heard();
    assert!([SATURATION, MEAN, Condition::News2].iter().all(|condition| heard.contains(condition)));
    assert!(!heard.contains(&SYSTOLIC), "of two pressures one");
    assert_eq!(story.alert(SATURATION).called_from, story.now, "from the foot of its ladder");
    let log = story.wait(Span::minutes(2));
    assert_eq!(calls(&log, SATURATION), [(120, 1)]);
    assert_eq!(of(&log, SATURATION).last(), Some(&What::HeldBack), "no pulse calls again");
}

#[test]
fn what_is_still_true_calls_when_the_heart_beats_again() {
    let mut story = Story::begin();
    story.lives(60, &STOPPED);
    let log = story.sees(&with(&STOPPED, &[good(Sign::HeartRate, 60)]));
    assert_eq!(of(&log, Condition::NoPulse), [What::Latched]);
    assert_eq!(of(&log, SATURATION), [What::LetGo, What::Call { step: 0 }]);
    assert!(story.heard().contains(&SATURATION));
}

#[test]
fn what_is_over_while_it_was_held_back_is_over() {
    let mut story = Story::begin();
    story.lives(60, &STOPPED);
    let log = story.lives(1, &with(&STOPPED, &[good(Sign::SpO2, 97)]));
    assert_eq!(of(&log, SATURATION), [What::Latched], "as red it waits to be seen");
    assert_eq!(story.acknowledges(SATURATION), What::Resolved);
}

#[test]
fn what_is_held_back_may_be_answered_by_itself() {
    let mut story = Story::begin();
    story.lives(60, &STOPPED);
    assert_eq!(story.acknowledges(SATURATION), What::Acknowledged);
    let log = story.lives(601, &STOPPED);
    assert_eq!(of(&log, SATURATION), [What::Reminded, What::Recalled, What::HeldBack]);
}

#[test]
fn of_two_pressures_the_graver_calls() {
    let pressures = |systolic, mean| [good(Sign::ArterialSystolic, systolic), good(Sign::ArterialMean, mean)];
    let mut story = Story::begin();
    story.lives(40, &pressures(85, 55));
    assert_eq!(story.heard(), [MEAN], "of two as grave the mean");
    story.lives(20, &pressures(70, 55));
    assert_eq!(story.alert(SYSTOLIC).priority, Priority::High);
    assert_eq!(story.heard(), [SYSTOLIC], "the graver");
    story.lives(20, &pressures(70, 45));
    assert_eq!(story.heard(), [MEAN]);
    story.acknowledges(MEAN);
    assert_eq!(story.heard(), [SYSTOLIC], "an answer to one is none to the other");
}

#[test]
fn a_stopped_chest_calls_for_the_saturation_and_not_for_the_pressure() {
    let mut story = Story::begin();
    let readings = [good(Sign::RespRate, 0), good(Sign::SpO2, 60), good(Sign::ArterialMean, 45)];
    story.lives(60, &readings);
    assert_eq!(story.heard(), [Condition::Apnoea, MEAN]);
}

#[test]
fn what_goes_the_other_way_is_no_consequence() {
    let mut story = Story::begin();
    story.lives(60, &[good(Sign::HeartRate, 0), good(Sign::ArterialMean, 130), good(Sign::RespRate, 45)]);
    let heard = story.heard();
    assert!(heard.contains(&Condition::Limit(Parameter::MeanPressure, Side::High)));
    assert!(heard.contains(&Condition::Limit(Parameter::RespRate, Side::High)));
}

#[test]
fn an_alert_that_was_held_back_before_a_crash_is_let_go_where_its_cause_is_gone() {
    let mut story = Story::begin();
    story.lives(60, &STOPPED);
    let held = story.alert(SATURATION);
    assert_eq!(held.next_at, None);
    let mut story = Story { now: story.now, ..Story::begin() };
    story.bed.put_back(held);
    let log = story.on(&Event::Tick);
    assert_eq!(of(&log, SATURATION), [What::LetGo, What::Call { step: 0 }]);
}
