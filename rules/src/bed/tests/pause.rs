//! The audio pause: what it covers, for how long, and of what somebody is reminded meanwhile.

use super::super::{pause, standby};
use super::laboratory::HYPERKALAEMIA;
use super::*;
use crate::alert::Side;
use crate::event::SHELVE_LONGEST;
use crate::ladder::{Class, Ladder};
use crate::score::page::tables;
use crate::sign::Parameter;

const FAST: Condition = Condition::Limit(Parameter::PulseRate, Side::High);
const SLOW_BREATH: Condition = Condition::Limit(Parameter::RespRate, Side::High);

/// A pulse of 130, which calls after half a minute.
fn yellow() -> Vec<Reading> {
    well_but(&[(Sign::HeartRate, 130), (Sign::PulseRatePleth, 130)])
}

fn calling() -> Story {
    let mut story = Story::begin();
    story.lives(31, &yellow());
    assert!(story.is_heard(FAST));
    story.wait(Span::seconds(1));
    story
}

impl Story {
    fn pauses(&mut self, minutes: u32) -> Log {
        self.on(&Event::AudioPause(NURSE, Span::minutes(minutes)))
    }

    fn is_heard(&self, condition: Condition) -> bool {
        self.bed.is_heard(&self.alert(condition), self.now)
    }
}

#[test]
fn the_page_is_the_figures() {
    let page = tables(include_str!("../../../charts/quiet.md"));
    let [figures, holds] = &page[..] else { panic!("two tables") };
    let minutes = |span: Span| (span.whole_seconds() / 60).to_string();
    let in_code = [
        minutes(AUDIO_PAUSE_LONGEST),
        minutes(pause::IMMEDIATE_LONGEST),
        minutes(pause::REMIND_EVERY),
        minutes(SHELVE_LONGEST),
        minutes(STANDBY_LONGEST),
        standby::SEEN_FOR.whole_seconds().to_string(),
        minutes(standby::APART),
    ];
    assert!(figures.iter().map(|row| row[1]).eq(in_code.iter().map(String::as_str)));
    let classes = [Class::Immediate, Class::Red, Class::Yellow, Class::TechnicalOwn, Class::TechnicalDevice];
    let in_code = classes.map(|class| minutes(Ladder::shipped(class).recall));
    assert!(holds.iter().map(|row| row[1]).eq(in_code.iter().map(String::as_str)));
}

#[test]
fn what_calls_is_quiet_until_its_end_and_then_heard_again() {
    let mut story = calling();
    story.pauses(5);
    assert_eq!(story.bed.audio_pause(), Some((story.now + Span::minutes(5), NURSE)));
    story.lives(299, &yellow());
    assert!(!story.is_heard(FAST) && story.bed.sounding(story.now).is_none());
    story.lives(2, &yellow());
    assert!(story.is_heard(FAST));
    assert_eq!(story.bed.audio_pause(), None);
}

#[test]
fn people_are_called_as_if_there_were_none() {
    let (mut quiet, mut loud) = (calling(), calling());
    quiet.pauses(30);
    let log = quiet.lives(600, &yellow());
    assert_eq!(calls(&log, FAST), calls(&loud.lives(600, &yellow()), FAST));
    assert!(!calls(&log, FAST).is_empty());
}

#[test]
fn somebody_is_reminded_once_a_minute_while_something_is_covered() {
    let mut story = calling();
    story.pauses(4);
    let log = story.lives(181, &yellow());
    assert_eq!(log.iter().filter(|(.., what)| *what == What::Reminded).count(), 3);
    let log = story.lives(120, &WELL);
    assert!(log.iter().all(|(.., what)| *what != What::Reminded), "nothing is covered any more");
}

#[test]
fn what_is_new_and_what_is_graver_sounds_through_it() {
    let mut story = calling();
    story.pauses(10);
    let both = well_but(&[(Sign::HeartRate, 130), (Sign::PulseRatePleth, 130), (Sign::RespRate, 34)]);
    story.lives(40, &both);
    assert!(story.is_heard(SLOW_BREATH) && !story.is_heard(FAST));
    let graver = well_but(&[(Sign::HeartRate, 160), (Sign::PulseRatePleth, 160)]);
    story.lives(12, &graver);
    assert!(story.is_heard(FAST));
}

#[test]
fn a_pause_covers_no_result_that_comes_after_it() {
    let mut story = calling();
    story.pauses(10);
    let result = story.potassium("6.80");
    story.reports(result);
    assert!(story.is_heard(HYPERKALAEMIA));
}

#[test]
fn what_kills_in_minutes_is_quiet_for_two_minutes_and_only_once_it_sounds() {
    let stopped = well_but(&[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)]);
    let mut story = calling();
    story.pauses(10);
    story.lives(12, &stopped);
    assert!(story.is_heard(Condition::NoPulse), "a pause set before it began");
    story.pauses(10);
    assert!(!story.is_heard(Condition::NoPulse));
    story.lives(119, &stopped);
    assert!(!story.is_heard(Condition::NoPulse));
    story.lives(2, &stopped);
    assert!(story.is_heard(Condition::NoPulse));
}

#[test]
fn whoever_comes_brings_what_calls_for_them_and_is_heard() {
    let (mut elsewhere, _) = Story::critical();
    let mut empty = Story::begin();
    empty.now = elsewhere.now + Span::seconds(60);
    empty.pauses(30);
    let belongings = elsewhere.bed.take_out(PATIENT);
    empty.now = empty.now + Span::seconds(60);
    empty.moves(Occupancy::Bound(PATIENT));
    let _ = empty.bed.put_in(belongings, empty.now);
    assert!(empty.is_heard(HYPERKALAEMIA));
}

#[test]
fn it_ends_by_word_by_time_and_with_the_patient() {
    let mut story = calling();
    story.pauses(100);
    assert_eq!(story.bed.audio_pause().unwrap().0, story.now + AUDIO_PAUSE_LONGEST);
    story.pauses(0);
    assert_eq!(story.bed.audio_pause(), None);
    assert!(story.is_heard(FAST));
    story.moves(Occupancy::Bound(PATIENT));
    story.pauses(10);
    story.moves(Occupancy::Unbound);
    assert_eq!(story.bed.audio_pause(), None);
}
