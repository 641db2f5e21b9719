//! Limits by age, and one patient's own for a time.

use super::limits::by;
use super::*;
use crate::age::Age;
use crate::alert::{Priority, Side};
use crate::limit::{Band, OWN_LIMITS_LONGEST, OwnLimits, Pair};
use crate::sign::Parameter;
use proptest::prelude::*;

const SATURATION: Condition = Condition::Limit(Parameter::SpO2, Side::Low);
const NOBODY_SET: Condition = Condition::Technical(Technical::NoLimits);
const ENDED: Condition = Condition::Technical(Technical::OwnLimitsEnded(Parameter::SpO2));

impl Story {
    /// What is open, but for the score.
    fn judged(&self) -> Vec<Condition> {
        self.open().into_iter().filter(|condition| *condition != Condition::News2).collect()
    }

    /// A doctor sets the lower limits of SpO₂ for so long.
    fn sets(&mut self, yellow: i32, red: i32, span: Span) -> Log {
        let own = OwnLimits {
            parameter: Parameter::SpO2,
            low: Pair { yellow: Some(yellow), red: Some(red) },
            high: Pair::default(),
            until: self.now + span,
            by: DOCTOR,
        };
        self.on(&Event::Limits(own))
    }
}

#[test]
fn a_patients_own_limits_are_the_ones_that_call() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.sets(84, 78, Span::hours(4));
    story.lives(60, &[good(Sign::SpO2, 84)]);
    assert!(!story.open().contains(&SATURATION));
    story.lives(12, &[good(Sign::SpO2, 77)]);
    assert_eq!(story.alert(SATURATION).priority, Priority::High);
    assert_eq!(story.alert(SATURATION).evidence.crossed.unwrap().limit.to_string(), "78");
    assert_eq!(story.bed.own_limits(Parameter::SpO2).unwrap().by, DOCTOR);
}

#[test]
fn they_end_what_called_by_the_wards_and_that_is_seen() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.lives(40, &[good(Sign::SpO2, 86)]);
    let log = story.sets(84, 78, Span::hours(4));
    assert_eq!(of(&log, SATURATION), [What::Resolved]);
}

#[test]
fn at_the_end_the_wards_hold_again_and_say_so_until_it_is_read() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.sets(84, 78, Span::seconds(60));
    story.lives(59, &[good(Sign::SpO2, 85)]);
    let log = story.lives(1, &[good(Sign::SpO2, 85)]);
    assert_eq!(of(&log, ENDED)[0], What::Raised);
    assert_eq!(story.alert(ENDED).priority, Priority::Low);
    assert!(!story.alert(ENDED).sounds());
    story.lives(40, &[good(Sign::SpO2, 85)]);
    assert_eq!(story.alert(SATURATION).evidence.crossed.unwrap().limit.to_string(), "88");
    let alert = story.alert(ENDED).id;
    let read = Answer { alert, by: NURSE, role: Role::Nurse, via: Via::Station, say: Say::Acknowledge(None) };
    let log = story.on(&Event::Answer(read));
    assert_eq!(of(&log, ENDED), [What::Acknowledged, What::Resolved]);
}

#[test]
fn they_end_by_themselves_though_nothing_arrives() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.sets(84, 78, Span::hours(100));
    story.wait(Span(OWN_LIMITS_LONGEST.0 - 1));
    assert!(story.bed.own_limits(Parameter::SpO2).is_some());
    let log = story.wait(Span(1));
    assert_eq!(of(&log, ENDED)[0], What::Raised, "a day is the longest");
    assert_eq!(story.bed.limits(Parameter::SpO2), *SHIPPED.limits(Band::Adult, Parameter::SpO2));
}

#[test]
fn whoever_ends_them_needs_no_notice_and_new_ones_take_it_away() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.sets(84, 78, Span::hours(1));
    assert!(story.sets(84, 78, Span::ZERO).is_empty());
    assert!(story.bed.own_limits(Parameter::SpO2).is_none());
    story.sets(84, 78, Span::seconds(1));
    story.wait(Span::seconds(1));
    assert!(story.open().contains(&ENDED));
    assert_eq!(of(&story.sets(85, 79, Span::hours(1)), ENDED), [What::Resolved]);
}

#[test]
fn they_go_with_the_patient() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.sets(84, 78, Span::hours(4));
    story.moves(Occupancy::Bound(PatientKey(43)));
    assert!(story.bed.own_limits(Parameter::SpO2).is_none());
    assert!(!story.open().contains(&ENDED), "there is nobody to whom it would matter");
}

#[test]
fn what_was_set_while_nobody_knew_who_lies_there_ends_with_a_notice() {
    let mut story = Story::begin();
    story.sets(84, 78, Span::hours(4));
    let log = story.moves(Occupancy::Bound(PATIENT));
    assert_eq!(of(&log, ENDED)[0], What::Raised);
    story.sets(84, 78, Span::hours(4));
    for occupancy in [Occupancy::InDoubt, Occupancy::Bound(PATIENT)] {
        story.moves(occupancy);
        assert!(story.bed.own_limits(Parameter::SpO2).is_some(), "the same one lies there");
    }
}

#[test]
fn a_bed_with_a_child_says_that_nobody_has_set_limits() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    let log = story.on(&Event::Age(Some(Age::years(4))));
    assert_eq!(of(&log, NOBODY_SET)[0], What::Raised);
    assert!(story.alert(NOBODY_SET).sounds(), "somebody must set them");
    story.lives(60, &[good(Sign::HeartRate, 155), good(Sign::RespRate, 35)]);
    assert_eq!(story.judged(), [NOBODY_SET], "an adult's are not used in their place");
    story.lives(1, &[good(Sign::HeartRate, 0)]);
    assert!(story.open().contains(&Condition::NoPulse), "a stopped heart is one at every age");
    story.moves(Occupancy::Unbound);
    assert!(!story.open().contains(&NOBODY_SET));
}

#[test]
fn an_unknown_age_is_judged_as_an_adults() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.on(&Event::Age(None));
    story.lives(12, &[good(Sign::SpO2, 75)]);
    assert_eq!(story.judged(), [SATURATION]);
}

#[test]
fn a_childs_limits_are_the_wards_own() {
    let mut policy = Policy::shipped();
    policy.limits_mut(Band::Child, Parameter::SpO2).low.red = Some(85);
    let mut story = by(policy);
    story.on(&Event::Age(Some(Age::years(15))));
    story.lives(12, &[good(Sign::SpO2, 84), good(Sign::HeartRate, 155)]);
    let missing = Condition::Technical(Technical::NoLimits);
    assert_eq!(story.judged(), [missing, SATURATION], "what the ward has not set is not judged, and said");
    story.on(&Event::Age(Some(Age::years(16))));
    assert_eq!(story.bed.limits(Parameter::SpO2), *SHIPPED.limits(Band::Adult, Parameter::SpO2));
}

#[test]
fn a_childs_own_limits_call_where_the_ward_has_none() {
    let mut story = Story::begin();
    story.on(&Event::Age(Some(Age::months(0))));
    story.sets(88, 80, Span::hours(1));
    story.lives(12, &[good(Sign::SpO2, 79)]);
    assert_eq!(story.alert(SATURATION).priority, Priority::High);
    assert!(story.open().contains(&NOBODY_SET), "of the other signs it is still true");
}

proptest! {
    /// Whenever own limits come, change and end: a value beyond both theirs and the ward's calls in time.
    #[test]
    fn no_change_of_limits_loses_a_call(
        changes in proptest::collection::vec((80i32..90, 70i32..80, 0u32..20_000), 0..20),
    ) {
        let mut story = Story::begin();
        story.moves(Occupancy::Bound(PATIENT));
        let mut beyond = 0;
        for (yellow, red, span) in changes {
            story.sets(yellow, red, Span(span));
            story.lives(1, &[good(Sign::SpO2, 69)]);
            beyond += 1;
            let called = story.bed.alerts().any(|alert| alert.condition == SATURATION && alert.holds());
            prop_assert!(called || beyond < 10, "not called after {} s", beyond);
        }
    }
}
