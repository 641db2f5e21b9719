//! A rise of the score that sensors make: how long it stands before it calls, and what calls at once.

use super::*;
use crate::alert::Priority;
use crate::score::Risk;
use proptest::prelude::*;

const SCORE: Condition = Condition::News2;

/// Pulse 95 (1), temperature 38.5 (1), pressure 105 (1): 3 in all, and no limit is crossed.
const THREE: [(Sign, i32); 3] = [(Sign::HeartRate, 95), (Sign::CuffSystolic, 105), (Sign::Temperature, 385)];

fn three_and(others: &[(Sign, i32)]) -> Vec<Reading> {
    let signs = [THREE.as_slice(), &[(Sign::PulseRatePleth, 95)], others].concat();
    well_but(&signs)
}

/// A patient who has stood at 3 for a minute.
fn at_three() -> Story {
    let mut story = Story::with_round();
    assert!(story.lives(60, &three_and(&[])).is_empty());
    story
}

/// How gravely the score calls now, where that is heard.
fn heard(story: &Story) -> Option<Priority> {
    let calling = story.bed.alerts().find(|alert| alert.condition == SCORE && alert.holds());
    calling.map(|alert| alert.priority).filter(|priority| *priority > Priority::Low)
}

/// After how many seconds of these readings the score was heard first, and how gravely.
fn called(story: &mut Story, readings: &[Reading]) -> Option<(u32, Priority)> {
    (0..120).find_map(|second| {
        story.sees(readings);
        let found = heard(story).map(|priority| (second, priority));
        story.wait(Span::seconds(1));
        found
    })
}

#[test]
fn what_the_sensors_add_calls_when_it_has_stood_and_a_fall_at_once() {
    for (resp_rate, spo2, expected) in [
        (22, 98, Some((30, Priority::Medium))),
        (27, 98, Some((30, Priority::Medium))),
        (11, 95, Some((30, Priority::Medium))),
        (22, 93, Some((15, Priority::High))),
        (27, 95, Some((15, Priority::High))),
        (27, 93, Some((0, Priority::High))),
        (11, 98, None),
    ] {
        let worse = three_and(&[(Sign::RespRate, resp_rate), (Sign::SpO2, spo2)]);
        assert_eq!(called(&mut at_three(), &worse), expected, "{resp_rate} and {spo2}");
    }
}

#[test]
fn five_points_count_together_within_ten_seconds() {
    for (apart, expected) in [(9, Some((0, Priority::High))), (10, Some((5, Priority::High)))] {
        let mut story = at_three();
        story.lives(apart, &three_and(&[(Sign::RespRate, 22), (Sign::SpO2, 93)]));
        let worse = three_and(&[(Sign::RespRate, 27), (Sign::SpO2, 93)]);
        assert_eq!(called(&mut story, &worse), expected, "{apart} s apart");
    }
}

#[test]
fn what_calls_already_need_not_stand_again() {
    let mut story = at_three();
    story.lives(31, &three_and(&[(Sign::RespRate, 22)]));
    assert_eq!(heard(&story), Some(Priority::Medium));
    story.acknowledges(SCORE);
    story.lives(60, &three_and(&[]));
    let log = story.lives(60, &three_and(&[(Sign::SpO2, 93)]));
    assert!(of(&log, SCORE).is_empty(), "one alert, and no less true: {log:?}");
    assert!(story.alert(SCORE).holds());
}

#[test]
fn an_artefact_of_a_moment_calls_nobody() {
    let mut story = at_three();
    for _ in 0..10 {
        story.lives(29, &three_and(&[(Sign::SpO2, 90)]));
        assert_eq!(heard(&story), None);
        story.lives(5, &three_and(&[]));
    }
}

#[test]
fn sensors_in_turn_cannot_keep_it_waiting() {
    let mut story = at_three();
    let mut log = story.lives(20, &three_and(&[(Sign::SpO2, 93)]));
    assert!(of(&log, SCORE).is_empty());
    log.extend(story.lives(11, &three_and(&[(Sign::RespRate, 22)])));
    assert_eq!(of(&log, SCORE)[0], What::Raised, "5 for half a minute, whoever made it");
}

#[test]
fn a_finding_of_a_person_and_a_first_value_call_at_once() {
    let mut story = at_three();
    story.enters(Entry::Consciousness(Consciousness::Voice));
    assert_eq!(heard(&story), Some(Priority::Medium));
    let mut story = Story::with_round();
    let lost = with(&three_and(&[]), &[absent(Sign::RespRate, Absence::ProbeOff)]);
    story.lives(60, &lost);
    assert_eq!(called(&mut story, &three_and(&[(Sign::RespRate, 22)])), Some((0, Priority::Medium)));
}

#[test]
fn a_sensor_that_comes_back_is_no_first_value() {
    let mut story = at_three();
    for _ in 0..10 {
        story.sees(&three_and(&[(Sign::SpO2, 93)]));
        assert_eq!(heard(&story), None);
        story.wait(Span::seconds(1));
        story.sees(&with(&three_and(&[]), &[absent(Sign::SpO2, Absence::ProbeOff)]));
        story.wait(Span::seconds(1));
    }
}

#[test]
fn who_has_stood_at_many_points_waits_for_no_finding() {
    // 3 each for breathing, saturation and pulse; the ventilator makes it call on a rise alone.
    let grave = well_but(&[(Sign::RespRate, 26), (Sign::SpO2, 90), (Sign::HeartRate, 135)]);
    let grave = with(&grave, &[good(Sign::PulseRatePleth, 135)]);
    let mut story = Story::with_round();
    story.enters(Entry::Ventilated(true));
    story.lives(120, &grave);
    story.enters(Entry::Baseline(10));
    assert_eq!(heard(&story), None);
    story.enters(Entry::Consciousness(Consciousness::Voice));
    assert_eq!(heard(&story), Some(Priority::High), "a person's finding counts at once");
}

#[test]
fn it_calls_though_nothing_more_arrives() {
    let mut story = at_three();
    story.sees(&three_and(&[(Sign::SpO2, 93)]));
    assert!(of(&story.wait(Span(29_999)), SCORE).is_empty());
    assert_eq!(of(&story.wait(Span(1)), SCORE)[0], What::Raised);
}

proptest! {
    /// Whatever the signs do: a score that has been medium for half a minute, or high for a quarter, calls.
    #[test]
    fn no_score_waits_for_longer_than_it_may(
        seconds in proptest::collection::vec((8i32..30, 90i32..100, 60i32..125, 92i32..125), 200),
    ) {
        let mut story = Story::with_round();
        let (mut medium, mut high) = (0, 0);
        for (resp_rate, spo2, pulse, systolic) in seconds {
            let signs = [
                (Sign::RespRate, resp_rate),
                (Sign::SpO2, spo2),
                (Sign::HeartRate, pulse),
                (Sign::PulseRatePleth, pulse),
                (Sign::CuffSystolic, systolic),
            ];
            story.sees(&well_but(&signs));
            let risk = story.bed.news2(story.now).risk();
            medium = if risk >= Risk::Medium { medium + 1 } else { 0 };
            high = if risk >= Risk::High { high + 1 } else { 0 };
            prop_assert!(medium <= 30 || heard(&story) >= Some(Priority::Medium));
            prop_assert!(high <= 15 || heard(&story) >= Some(Priority::High));
            story.wait(Span::seconds(1));
        }
    }
}
