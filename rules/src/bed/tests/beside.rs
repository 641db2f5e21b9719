//! What is shown beside NEWS2, and calls nobody: here ROX, on high flow.

use super::*;
use crate::score::npews::{Amount, Device};
use crate::score::rox::{Finding, Part, Rox};

/// A patient on high flow at 60 %, RR 30: 92 / 0.6 / 30 is 5.11.
fn on_high_flow() -> Story {
    let mut story = Story::with_round();
    story.enters(Entry::Device(Device::HighFlow));
    story.enters(Entry::Amount(Amount::Fraction(60)));
    story.sees(&struggling(30));
    story
}

fn struggling(rate: i32) -> Vec<Reading> {
    well_but(&[(Sign::SpO2, 92), (Sign::RespRate, rate)])
}

/// The same nurse says the same again every hour, and the monitor goes on.
fn said_again(story: &mut Story, hours: u32, rate: i32) {
    for _ in 0..hours {
        story.wait(Span::hours(1));
        story.enters(Entry::Device(Device::HighFlow));
        story.enters(Entry::Amount(Amount::Fraction(60)));
        story.sees(&struggling(rate));
    }
}

fn rox(story: &Story) -> Option<Rox> {
    story.bed.beside(story.now).unwrap().rox
}

#[test]
fn rox_is_shown_on_high_flow_alone() {
    let mut story = Story::with_round();
    story.sees(&WELL);
    assert_eq!(rox(&story), None);
    for device in [Device::Air, Device::FaceMask, Device::Cpap] {
        story.enters(Entry::Device(device));
        assert_eq!(rox(&story), None, "{device:?}");
    }
    let mut story = on_high_flow();
    assert_eq!(rox(&story).unwrap().total(), Some(511));
    story.enters(Entry::Ventilated(true));
    assert_eq!(rox(&story), None, "a machine breathes");
    story.enters(Entry::Ventilated(false));
    story.enters(Entry::Breathing(Breathing::Air));
    assert_eq!(rox(&story), None);
}

#[test]
fn its_cut_off_goes_by_the_hours_since_high_flow_was_first_said() {
    let mut story = on_high_flow();
    said_again(&mut story, 1, 60);
    assert_eq!(rox(&story).unwrap().finding(), Some(Finding::TooEarly));
    said_again(&mut story, 1, 60);
    assert_eq!(rox(&story).unwrap().total(), Some(256));
    assert_eq!(rox(&story).unwrap().finding(), Some(Finding::FailureLikely));
    story.enters(Entry::Device(Device::FaceMask));
    story.enters(Entry::Device(Device::HighFlow));
    story.enters(Entry::Amount(Amount::Fraction(60)));
    assert_eq!(rox(&story).unwrap().finding(), Some(Finding::TooEarly), "it began anew");
}

#[test]
fn a_word_that_lapsed_has_no_finding_and_begins_nothing_new() {
    let mut story = on_high_flow();
    story.wait(Span::hours(3));
    story.sees(&struggling(30));
    let index = rox(&story).unwrap();
    assert_eq!(index.finding(), None);
    assert!(index.missing().eq([(Part::FiO2, Absence::Stale), (Part::Support, Absence::Stale)]));
    said_again(&mut story, 3, 46);
    assert_eq!(rox(&story).unwrap().total(), Some(333));
    assert_eq!(rox(&story).unwrap().finding(), Some(Finding::FailureLikely), "six hours in all");
}

#[test]
fn measured_oxygen_counts_before_what_somebody_said() {
    let mut story = on_high_flow();
    story.sees(&[good(Sign::InspiredOxygen, 40)]);
    assert_eq!(rox(&story).unwrap().total(), Some(767));
    let mut story = on_high_flow();
    story.enters(Entry::Amount(Amount::Flow(5_000)));
    assert!(rox(&story).unwrap().missing().eq([(Part::FiO2, Absence::NeverHeard)]), "a flow is no share");
}

#[test]
fn the_same_device_said_again_keeps_its_level() {
    let mut story = on_high_flow();
    story.enters(Entry::Device(Device::HighFlow));
    assert_eq!(rox(&story).unwrap().total(), Some(511));
}

#[test]
fn rox_calls_nobody() {
    let mut story = on_high_flow();
    story.enters(Entry::Sedated(true));
    said_again(&mut story, 12, 29);
    story.enters(Entry::Amount(Amount::Fraction(100)));
    let log = story.lives(3, &struggling(29));
    assert_eq!(rox(&story).unwrap().finding(), Some(Finding::FailureLikely));
    let scores = log.iter().filter(|(_, about, _)| about.kind() == crate::alert::Kind::Score);
    assert_eq!(scores.count(), 0);
}
