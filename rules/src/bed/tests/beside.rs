//! What is shown beside NEWS2, and calls nobody: ROX on high flow, and P/F.

use super::*;
use crate::alert::{Comparator, Quantity};
use crate::bed::beside::ARTERIAL_VALIDITY;
use crate::bed::signs::OXYGEN_STEADY;
use crate::decimal::Decimal;
use crate::event::{Flag, LabResult, ResultStatus};
use crate::score::npews::{Amount, Device};
use crate::score::oxygenation::{self, Berlin, NoRatio};
use crate::score::page::tables;
use crate::score::rox::{Finding, Part, Rox};
use crate::unit::Unit;

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
    story.bed.beside(ARTERIAL_OXYGEN, story.now).unwrap().rox
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

/// An arterial oxygen of 80.0 mmHg, taken so long ago.
fn blood_gas(story: &Story, ago: Span) -> LabResult {
    LabResult {
        analyte: ARTERIAL_OXYGEN,
        patient: PATIENT,
        quantity: Some(Quantity::exactly(Decimal::new(800, 1), Unit::MmHg)),
        flag: Flag::NotCritical,
        status: ResultStatus::Stands,
        sampled: story.now - ago,
        is_timed: true,
        order: None,
        key: MessageKey(9_999),
    }
}

/// On 40 % for a quarter of an hour, at a PEEP of 8.
fn on_oxygen() -> Story {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    breathes(&mut story, 15, 40);
    story
}

fn breathes(story: &mut Story, minutes: u32, percent: i32) {
    for _ in 0..minutes {
        story.wait(Span::minutes(1));
        story.sees(&[good(Sign::InspiredOxygen, percent), good(Sign::Peep, 8)]);
    }
}

fn pf(story: &Story) -> Result<i32, NoRatio> {
    story.bed.beside(ARTERIAL_OXYGEN, story.now).unwrap().oxygenation.pf
}

const fn no_pf(why: Absence) -> Result<i32, NoRatio> {
    Err(NoRatio::Missing(oxygenation::Part::ArterialOxygen, why))
}

#[test]
fn p_f_is_the_laboratorys_oxygen_over_the_measured_share() {
    let mut story = on_oxygen();
    assert_eq!(pf(&story), no_pf(Absence::NeverHeard));
    let result = blood_gas(&story, Span::minutes(10));
    story.on(&Event::Result(result));
    assert_eq!(pf(&story), Ok(200));
    let oxygenation = story.bed.beside(ARTERIAL_OXYGEN, story.now).unwrap().oxygenation;
    assert_eq!(oxygenation.berlin(), Some(Berlin::Moderate));
    let kilopascal = Quantity::exactly(Decimal::new(12, 0), Unit::KiloPascal);
    let sampled = story.now;
    story.on(&Event::Result(LabResult { quantity: Some(kilopascal), sampled, ..result }));
    assert_eq!(pf(&story), Ok(225), "12 kPa are 90.0 mmHg");
}

#[test]
fn p_f_is_of_one_moment() {
    let mut story = on_oxygen();
    story.on(&Event::Result(blood_gas(&story, Span::minutes(16))));
    assert_eq!(pf(&story), no_pf(Absence::Stale), "nobody knows what was breathed then");
    story.on(&Event::Result(blood_gas(&story, Span::minutes(10))));
    breathes(&mut story, 3, 42);
    assert_eq!(pf(&story), Ok(190), "a sensor is no better");
    breathes(&mut story, 1, 43);
    assert_eq!(pf(&story), no_pf(Absence::Stale), "another share of oxygen");
    breathes(&mut story, 1, 40);
    assert_eq!(pf(&story), no_pf(Absence::Stale), "and what it was before does not bring it back");
}

#[test]
fn after_a_gap_nobody_knows_what_was_breathed() {
    for (minutes, ratio) in [(5, Ok(200)), (6, no_pf(Absence::Stale))] {
        let mut story = on_oxygen();
        story.on(&Event::Result(blood_gas(&story, Span::minutes(10))));
        story.wait(Span::minutes(minutes - 1));
        breathes(&mut story, 1, 40);
        assert_eq!(pf(&story), ratio, "{minutes}");
    }
    let mut story = on_oxygen();
    story.on(&Event::Result(blood_gas(&story, Span::minutes(10))));
    story.sees(&[absent(Sign::InspiredOxygen, Absence::Unavailable)]);
    breathes(&mut story, 1, 40);
    assert_eq!(pf(&story), no_pf(Absence::Stale));
}

#[test]
fn an_arterial_oxygen_counts_for_four_hours() {
    let mut story = on_oxygen();
    story.on(&Event::Result(blood_gas(&story, Span::ZERO)));
    breathes(&mut story, 4 * 60, 40);
    assert_eq!(pf(&story), Ok(200));
    story.wait(Span(1));
    assert_eq!(pf(&story), no_pf(Absence::Stale));
}

#[test]
fn what_is_no_sure_pressure_forms_no_ratio() {
    let with = |unit, comparator| Some(Quantity { comparator, value: Decimal::new(800, 1), unit });
    let good = blood_gas(&on_oxygen(), Span::minutes(1));
    let table = [
        (LabResult { quantity: None, ..good }, Absence::NotANumber),
        (LabResult { quantity: with(Unit::MmHg, Comparator::Above), ..good }, Absence::NotANumber),
        (LabResult { quantity: with(Unit::Missing, Comparator::Exactly), ..good }, Absence::UnitMissing),
        (LabResult { quantity: with(Unit::MmolPerL, Comparator::Exactly), ..good }, Absence::UnitUnknown),
        (LabResult { status: ResultStatus::Withdrawn, ..good }, Absence::Invalid),
        (LabResult { is_timed: false, ..good }, Absence::Unavailable),
        (LabResult { patient: PatientKey(43), ..good }, Absence::NeverHeard),
        (LabResult { analyte: Analyte::Other(1), ..good }, Absence::NeverHeard),
    ];
    for (result, why) in table {
        let mut story = on_oxygen();
        story.on(&Event::Result(result));
        assert_eq!(pf(&story), no_pf(why), "{result:?}");
    }
}

#[test]
fn the_page_says_how_long_and_how_near() {
    let page = tables(include_str!("../../../charts/oxygenation.md"));
    let rows = page.last().unwrap();
    assert_eq!(
        rows[0],
        ["hours since its specimen was taken", &(ARTERIAL_VALIDITY.0 / 3_600_000).to_string()]
    );
    assert_eq!(rows[1], ["percent points of the inspired oxygen of then", &OXYGEN_STEADY.to_string()]);
}
