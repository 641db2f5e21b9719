//! The bound of open alerts: what makes room, what folds, and what never goes.

use super::*;
use crate::alert::Priority;
use crate::bed::ALERTS;
use crate::event::{About, DeviceAlarm, Fault};

/// As many alerts as a bed keeps.
const OPEN: u32 = 24;

impl Story {
    /// A device raises or ends its alarm number `event`.
    fn alarm(&mut self, event: u32, priority: Priority, on: bool) -> Log {
        let key = self.key();
        self.on(&Event::DeviceAlarm(DeviceAlarm {
            source: MONITOR,
            event,
            about: About::Patient,
            priority,
            on,
            key,
        }))
    }

    /// A low technical condition begins or ends.
    fn trifle(&mut self, number: u32, on: bool) -> Log {
        let key = self.key();
        self.on(&Event::Fault(Fault { what: Technical::Unjudged(number), on, key }))
    }

    fn full_of(priority: Priority) -> Self {
        let mut story = Self::begin();
        for event in 0..OPEN {
            story.alarm(event, priority, true);
        }
        assert_eq!(story.open().len(), ALERTS);
        story
    }
}

#[test]
fn the_oldest_resolved_one_makes_room_first() {
    let mut story = Story::full_of(Priority::Medium);
    story.wait(Span(1));
    story.alarm(3, Priority::Medium, false);
    story.wait(Span(1));
    story.alarm(5, Priority::Medium, false);
    let log = story.alarm(100, Priority::Low, true);
    assert_eq!(of(&log, Condition::DeviceRaised(100))[0], What::Raised);
    assert_eq!(story.state(Condition::DeviceRaised(3)), None, "it was resolved first");
    assert_eq!(story.state(Condition::DeviceRaised(5)), Some(AlertState::Resolved));
    assert_eq!(story.bed.folded(), 0);
}

#[test]
fn low_technical_ones_fold_then_and_are_counted() {
    let mut story = Story::begin();
    story.trifle(1, true);
    for event in 1..OPEN {
        story.alarm(event, Priority::Low, true);
    }
    let log = story.alarm(100, Priority::Low, true);
    let trifle = Condition::Technical(Technical::Unjudged(1));
    assert_eq!(of(&log, trifle), [What::Folded]);
    assert_eq!(story.bed.folded(), 1);
    assert_eq!(story.open().len(), ALERTS);
}

#[test]
fn a_graver_one_takes_the_place_of_a_lesser_one() {
    let mut story = Story::full_of(Priority::Medium);
    let log = story.alarm(100, Priority::High, true);
    assert_eq!(of(&log, Condition::DeviceRaised(0)), [What::Folded]);
    assert_eq!(of(&log, Condition::DeviceRaised(100))[0], What::Raised);
}

#[test]
fn a_high_one_never_goes() {
    let mut story = Story::full_of(Priority::High);
    let before = story.open();
    for event in 100..200 {
        let orders = story.alarm(event, Priority::High, true);
        assert_eq!(orders.len(), 1, "it is folded and that is said: {orders:?}");
        story.trifle(event, true);
    }
    assert_eq!(story.open(), before);
    assert_eq!(usize::from(story.bed.folded()), super::super::alerts::FOLDED, "the count stops at its bound");
}

#[test]
fn what_folded_is_said_once_and_counted_once() {
    let mut story = Story::full_of(Priority::Medium);
    story.sees(&WELL);
    let off = with(&WELL, &[absent(Sign::SpO2, Absence::ProbeOff), absent(Sign::RespRate, Absence::Invalid)]);
    let orders = story.sees(&off);
    assert_eq!(orders.iter().filter(|(.., what)| *what == What::Folded).count(), 2);
    for _ in 0..100 {
        story.wait(Span(10));
        assert!(story.sees(&off).is_empty());
    }
    assert_eq!(story.bed.folded(), 2);
}

#[test]
fn what_folded_comes_back_when_there_is_room_and_ends_like_any_other() {
    let mut story = Story::full_of(Priority::Medium);
    story.sees(&WELL);
    let off = with(&WELL, &[absent(Sign::SpO2, Absence::ProbeOff), absent(Sign::RespRate, Absence::Invalid)]);
    story.sees(&off);
    let log = story.alarm(1, Priority::Medium, false);
    let back = log.iter().filter(|(.., what)| *what == What::Raised).count();
    assert_eq!((back, story.bed.folded()), (1, 1));
    let log = story.sees(&WELL);
    assert_eq!(log.iter().filter(|(.., what)| *what == What::Resolved).count(), 2, "{log:?}");
    assert_eq!(story.bed.folded(), 0);
}

#[test]
fn a_recorded_alert_that_finds_no_room_is_counted() {
    let mut other = Story::begin();
    other.trifle(1, true);
    let recorded = other.alert(Condition::Technical(Technical::Unjudged(1)));
    let mut story = Story::full_of(Priority::High);
    story.bed.put_back(recorded);
    assert_eq!(story.bed.folded(), 1);
    assert_eq!(story.open().len(), ALERTS);
}
