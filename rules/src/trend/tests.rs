//! One course by itself: what it is measured against, when it forgets, and what holds for any signal.

use super::*;
use crate::sign::Parameter;
use proptest::prelude::*;

/// 30 within two minutes, whose parts are 20 s.
const FALL: Trend = Trend { fall: Some(30), rise: Some(30), within: Span::minutes(2) };
const LIMITS: Limits = Limits::shipped(Parameter::MeanPressure);
const BOUNDS: Bounds<'_> = Bounds { trend: &FALL, limits: &LIMITS };
const WITHIN_S: usize = 120;
const DELAY_S: usize = 30;

/// From which value it has moved, second by second. It is asked at its deadlines, as a bed is.
fn lives(course: &mut Course, side: Side, values: &[i32]) -> Vec<Option<i32>> {
    let look = |(second, value): (u32, &i32)| {
        let taken = Moment(600_000) + Span::seconds(second);
        let found = Some((Sign::ArterialMean, Measured { value: *value, taken }));
        course.look(found, side, BOUNDS, taken)
    };
    (0..).zip(values).map(look).collect()
}

fn called(side: Side, values: &[i32]) -> bool {
    lives(&mut Course::default(), side, values).iter().any(Option::is_some)
}

/// The page is the source.
#[test]
fn the_page_is_the_figures() {
    let page = include_str!("../../charts/limits.md");
    let says = |words: &str| assert!(page.contains(words), "{words}");
    says(&std::format!("cut in **{PARTS} parts**"));
    let two_parts_less = (PARTS - 2) * 3 / PARTS;
    assert_eq!((PARTS - 2) * 3 % PARTS, 0);
    says(&std::format!("within **{two_parts_less} thirds** of the time"));
}

#[test]
fn what_two_parts_kept_to_is_what_it_fell_from() {
    // 97 in one part alone, 95 in two.
    let values = [[97; 20], [95; 20], [96; 20], [94; 20]].concat();
    let mut course = Course::default();
    let mut fallen = values;
    fallen.extend([60; 31]);
    assert_eq!(lives(&mut course, Side::Low, &fallen).last(), Some(&Some(96)));
}

#[test]
fn a_course_of_another_time_begins_anew() {
    let mut course = Course::default();
    lives(&mut course, Side::Low, &[95; 120]);
    let longer = Trend { within: Span::hours(1), ..FALL };
    let now = Moment(720_000);
    let found = Some((Sign::ArterialMean, Measured { value: 60, taken: now }));
    assert_eq!(course.look(found, Side::Low, Bounds { trend: &longer, ..BOUNDS }, now), None);
    assert_eq!(course.newest, longer.part_at(now));
    assert_eq!(course.within(&longer, now).count(), 1);
}

/// A mean pressure that fell from 95 to 60 and calls, and when that is.
fn calling() -> (Course, Moment) {
    let mut course = Course::default();
    let values = [vec![95; 120], vec![60; 31]].concat();
    assert_eq!(lives(&mut course, Side::Low, &values).last(), Some(&Some(95)));
    (course, Moment(600_000) + Span::seconds(150))
}

#[test]
fn a_value_that_was_taken_long_ago_is_looked_at_and_settles_nothing() {
    let (course, now) = calling();
    let old = Measured { value: 58, taken: Moment(0) };
    let look = |sign| { course }.look(Some((sign, old)), Side::Low, BOUNDS, now);
    assert_eq!(look(Sign::ArterialMean), Some(95));
    assert_eq!(look(Sign::CuffMean), None, "another sensor");
}

#[test]
fn it_is_asked_with_each_part_while_it_calls_and_else_when_nothing_is_left() {
    let (course, now) = calling();
    let kept: Vec<Moment> = course.within(&FALL, now).map(|(number, _)| FALL.over(number)).collect();
    assert!(kept.len() > 2);
    assert_eq!(course.deadline(BOUNDS, now), kept.iter().min().copied());
    let mut calm = Course::default();
    lives(&mut calm, Side::Low, &[95; 120]);
    let last = calm.within(&FALL, now).map(|(number, _)| FALL.over(number)).max();
    assert_eq!(calm.deadline(BOUNDS, now), last);
}

#[test]
fn every_plausible_value_is_kept() {
    for parameter in Parameter::ALL {
        let facts = parameter.facts();
        assert!(i16::try_from(facts.least).is_ok() && i16::try_from(facts.most).is_ok(), "{parameter:?}");
    }
}

#[test]
fn the_lower_half_of_a_moment_is_enough_across_its_end() {
    let since = lower_half(Moment(u64::from(u32::MAX) - 1_000));
    assert_eq!(far_for(since, Moment(u64::from(u32::MAX) + 9_000)), Span(10_000));
}

proptest! {
    /// What falls far and then stands, all within two thirds of the time, is never missed.
    #[test]
    fn what_falls_and_stands_within_two_thirds_of_the_time_calls(
        plateau in WITHIN_S..200, falls_s in 1usize..=(WITHIN_S * 2 / 3 - DELAY_S), deeper in 0i32..60,
    ) {
        let by = 30 + deeper;
        let ramp = (1..=falls_s).map(|second| {
            let (second, all) = (i32::try_from(second).unwrap(), i32::try_from(falls_s).unwrap());
            120 - by * second / all
        });
        let fall: Vec<i32> = (0..plateau).map(|_| 120).chain(ramp).chain([120 - by; DELAY_S]).collect();
        prop_assert!(called(Side::Low, &fall));
        let rise: Vec<i32> = fall.iter().map(|value| 200 - value).collect();
        prop_assert!(called(Side::High, &rise), "a rise is a fall in the mirror");
    }

    /// Whatever the signal: what calls lies as far from a value that was there within the time.
    #[test]
    fn it_names_a_value_that_was_there_within_the_time(
        steps in proptest::collection::vec((1usize..60, 40i32..140), 1..12),
    ) {
        let values: Vec<i32> = steps.iter().flat_map(|(seconds, value)| vec![*value; *seconds]).collect();
        let from = lives(&mut Course::default(), Side::Low, &values);
        for (second, from) in from.iter().enumerate().filter_map(|(at, from)| Some((at, (*from)?))) {
            prop_assert!(from - values[second] > 30 - LIMITS.margin);
            let within = &values[second.saturating_sub(WITHIN_S)..second];
            prop_assert!(within.iter().filter(|value| **value >= from).count() >= 2, "second {}", second);
        }
    }

    /// However odd, values within one part settle nothing, and for less than the delay they call nothing.
    #[test]
    fn what_is_odd_for_a_moment_never_calls(
        odd in proptest::collection::vec(0i32..300, 1..20), at in 0usize..200, plateau in 40i32..140,
    ) {
        let mut values = vec![plateau; 300];
        let part = (at / 20) * 20;
        for (value, odd) in values.iter_mut().skip(part).zip(&odd) {
            *value = *odd;
        }
        prop_assert!(!called(Side::Low, &values) && !called(Side::High, &values));
    }
}
