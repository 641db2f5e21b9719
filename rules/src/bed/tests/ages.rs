//! Laboratory rows by age: a newborn's, a child's, an adult's, and the adult's for whoever has no known age.

use super::laboratory::{HYPERKALAEMIA, MEDIC, WARD, read_back};
use super::*;
use crate::age::Age;
use crate::event::LabResult;

const NEWBORN: Option<Age> = Some(Age::months(0));
const CHILD: Option<Age> = Some(Age::years(7));

impl Story {
    /// A bed with the patient in it, of that age.
    fn of_age(age: Option<Age>) -> Self {
        let mut story = Self::begin();
        story.moves(Occupancy::Bound(PATIENT));
        story.ages(age);
        story
    }

    fn ages(&mut self, age: Option<Age>) -> Log {
        self.on(&Event::Age(age))
    }

    /// Whether a potassium of so much calls.
    fn calls_at(mut self, value: &str) -> bool {
        let result = self.potassium(value);
        !of(&self.reports(result), HYPERKALAEMIA).is_empty()
    }
}

#[test]
fn each_band_has_its_own_limit() {
    for (age, limit, beyond) in [
        (None, "6.2", "6.21"),
        (Some(Age::years(16)), "6.2", "6.21"),
        (CHILD, "6.4", "6.41"),
        (NEWBORN, "7.8", "7.81"),
    ] {
        assert!(!Story::of_age(age).calls_at(limit), "{age:?}");
        assert!(Story::of_age(age).calls_at(beyond), "{age:?}");
    }
}

#[test]
fn the_age_of_whoever_lies_here_is_nobody_elses() {
    let mut story = Story::of_age(NEWBORN);
    let mother = LabResult { patient: PatientKey(43), ..story.potassium("6.5") };
    let log = story.reports(mother);
    assert_eq!(of(&log, mother.condition())[0], What::Raised);
}

#[test]
fn an_age_that_comes_late_judges_again_what_is_here() {
    let mut story = Story::of_age(None);
    let result = story.potassium("6.3");
    assert_eq!(of(&story.reports(result), HYPERKALAEMIA)[0], What::Raised);
    assert!(
        of(&story.ages(CHILD), HYPERKALAEMIA).is_empty(),
        "an age ends nothing: a person or the next result does"
    );
    let mut story = Story::of_age(CHILD);
    story.reports(result);
    assert_eq!(of(&story.ages(None), HYPERKALAEMIA)[0], What::Raised);
}

#[test]
fn an_age_that_changes_nothing_calls_nobody_again() {
    let mut story = Story::of_age(None);
    let result = story.potassium("7.1");
    story.reports(result);
    story.answers(HYPERKALAEMIA, WARD, Via::Station, read_back("7.1"));
    story.answers(HYPERKALAEMIA, MEDIC, Via::Station, Say::Accept);
    assert!(of(&story.ages(CHILD), HYPERKALAEMIA).is_empty(), "critical by both rows, and answered");
}

#[test]
fn an_age_says_nothing_new_of_yesterdays_specimen() {
    for (waited, calls) in [(Span::hours(24), true), (Span::hours(25), false)] {
        let mut story = Story::of_age(CHILD);
        let result = story.potassium("6.3");
        story.reports(result);
        story.wait(waited);
        assert_eq!(!of(&story.ages(None), HYPERKALAEMIA).is_empty(), calls);
    }
}
