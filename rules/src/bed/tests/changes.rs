//! A laboratory value that changed too much since the sample before it: somebody looks at the specimen.

use super::laboratory::mmol;
use super::*;
use crate::alert::{Analyte, Priority};
use crate::critical::Known;
use crate::event::{LabResult, ResultStatus};

const CHANGED: Condition = Condition::Technical(Technical::Changed(Known::Sodium as u32));

impl Story {
    fn sodium(&mut self, after: Span, value: &str) -> (Log, LabResult) {
        self.wait(after);
        let result = LabResult {
            analyte: Analyte::Known(Known::Sodium),
            quantity: Some(mmol(value)),
            ..self.potassium("4")
        };
        (self.reports(result), result)
    }
}

#[test]
fn a_sodium_that_jumps_within_three_days_asks_for_another_look() {
    for (after, value, asks) in [
        (Span::hours(72), "142.1", true),
        (Span::hours(72), "142", false),
        (Span(Span::hours(72).0 + 1), "150", false),
    ] {
        let mut story = Story::begin();
        story.sodium(Span::ZERO, "129");
        let (log, _) = story.sodium(after, value);
        assert_eq!(of(&log, CHANGED).contains(&What::Raised), asks, "{value}");
        assert!(!asks || story.alert(CHANGED).priority == Priority::Low && !story.alert(CHANGED).sounds());
    }
}

#[test]
fn the_next_sample_that_did_not_jump_ends_it() {
    let mut story = Story::begin();
    story.sodium(Span::ZERO, "129");
    story.sodium(Span::hours(1), "145");
    let (log, _) = story.sodium(Span::hours(1), "144");
    assert_eq!(of(&log, CHANGED), [What::Resolved]);
}

#[test]
fn a_sample_that_was_taken_back_is_no_sample_before() {
    let mut story = Story::begin();
    let (_, first) = story.sodium(Span::ZERO, "129");
    let withdrawn = LabResult { status: ResultStatus::Withdrawn, key: story.key(), ..first };
    story.reports(withdrawn);
    let (log, _) = story.sodium(Span::hours(1), "145");
    assert!(log.is_empty());
}

#[test]
fn a_change_that_is_switched_off_is_not_looked_for() {
    let mut policy = Policy::shipped();
    *policy.change_mut(Known::Sodium) = false;
    *policy.change_mut(Known::Potassium) = true;
    let policy: &'static Policy = Box::leak(Box::new(policy));
    let mut story = Story::begin();
    story.bed = Bed::new(BedNo(1), policy);
    story.sodium(Span::ZERO, "129");
    assert!(story.sodium(Span::hours(1), "145").0.is_empty());
    let first = story.potassium("4.0");
    story.reports(first);
    story.wait(Span::hours(1));
    let next = story.potassium("5.1");
    assert_eq!(story.reports(next).len(), 2, "raised, and shown");
}
