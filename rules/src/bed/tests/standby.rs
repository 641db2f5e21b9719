//! Standby: what is held while nobody is here, and what ends it.

use super::laboratory::HYPERKALAEMIA;
use super::*;
use crate::alert::{Priority, Side};
use crate::event::{About, DeviceAlarm};
use crate::sign::Parameter;

const FAST: Condition = Condition::Limit(Parameter::PulseRate, Side::High);
const UNREAD: Condition = Condition::Technical(Technical::NotRead(Sign::HeartRate));

/// Electrodes and probe that dangle from the monitor.
fn dangling() -> Vec<Reading> {
    [Sign::HeartRate, Sign::PulseRatePleth, Sign::SpO2].map(|sign| absent(sign, Absence::ProbeOff)).to_vec()
}

fn away() -> Story {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.lives(1, &WELL);
    story.stands_by(60);
    story
}

impl Story {
    fn stands_by(&mut self, minutes: u32) -> Log {
        self.on(&Event::Standby(NURSE, Span::minutes(minutes)))
    }

    fn is_standing_by(&self) -> bool {
        self.bed.standby().is_some()
    }
}

#[test]
fn what_dangles_is_not_said_until_its_end() {
    let mut story = away();
    assert_eq!(story.bed.standby(), Some((story.now + Span::minutes(60), NURSE)));
    story.lives(1_800, &dangling());
    assert!(story.open().is_empty() && story.is_standing_by());
    let log = story.lives(1_801, &dangling());
    assert!(!story.is_standing_by());
    assert_eq!(of(&log, UNREAD)[0], What::Raised);
}

#[test]
fn a_device_that_is_switched_off_meanwhile_is_missed_afterwards() {
    let mut story = away();
    let silent = Condition::Technical(Technical::DeviceSilent(MONITOR));
    assert!(of(&story.wait(Span::minutes(59)), silent).is_empty());
    assert_eq!(of(&story.wait(Span::minutes(2)), silent)[..2], [What::Raised, What::Call { step: 0 }]);
}

#[test]
fn limits_are_shown_and_call_nobody_until_its_end() {
    let mut story = away();
    let one_sensor = [good(Sign::HeartRate, 160)];
    let log = story.lives(600, &one_sensor);
    assert_eq!(of(&log, FAST), [What::Raised, What::HeldBack]);
    assert!(story.bed.sounding(story.now).is_none());
    let log = story.stands_by(0);
    assert_eq!(of(&log, FAST), [What::LetGo, What::Call { step: 0 }]);
}

#[test]
fn a_stopped_heart_is_never_held() {
    let mut story = away();
    story.lives(11, &[good(Sign::HeartRate, 0)]);
    assert!(story.bed.sounding(story.now).is_some());
}

#[test]
fn two_sensors_for_half_a_minute_end_it_and_one_never_does() {
    let mut story = away();
    story.lives(300, &[good(Sign::HeartRate, 70)]);
    assert!(story.is_standing_by());
    let both = [good(Sign::HeartRate, 70), good(Sign::SpO2, 97)];
    story.lives(29, &both);
    story.lives(20, &dangling());
    story.lives(30, &both);
    assert!(story.is_standing_by(), "half a minute without a gap");
    story.lives(2, &both);
    assert!(!story.is_standing_by());
}

#[test]
fn a_critical_result_ends_it_and_another_does_not() {
    let mut story = away();
    let well = story.potassium("4.5");
    story.reports(well);
    assert!(story.is_standing_by());
    let result = story.potassium("6.80");
    let log = story.reports(result);
    assert_eq!(of(&log, HYPERKALAEMIA), [What::Raised, What::Call { step: 0 }]);
    assert!(!story.is_standing_by());
}

#[test]
fn an_immediate_alarm_of_a_device_ends_it_and_another_does_not() {
    let alarm = |about| {
        let (event, key) = (7, MessageKey(9));
        Event::DeviceAlarm(DeviceAlarm {
            source: MONITOR,
            event,
            about,
            priority: Priority::High,
            on: true,
            key,
        })
    };
    let mut story = away();
    story.on(&alarm(About::Device));
    assert!(story.is_standing_by());
    story.on(&alarm(About::Immediate));
    assert!(!story.is_standing_by());
}

#[test]
fn whoever_comes_ends_it_and_whoever_is_said_again_does_not() {
    let mut story = away();
    story.moves(Occupancy::Bound(PATIENT));
    assert!(story.is_standing_by());
    story.moves(Occupancy::Unbound);
    assert!(story.is_standing_by(), "an empty bed");
    story.moves(Occupancy::Bound(PatientKey(43)));
    assert!(!story.is_standing_by());
}

#[test]
fn it_is_four_hours_at_most() {
    let mut story = away();
    story.stands_by(1_000);
    assert_eq!(story.bed.standby().unwrap().0, story.now + STANDBY_LONGEST);
}
