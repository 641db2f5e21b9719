//! The charts of mothers and children at the bed: computed from signs and from people's words, shown, and
//! calling nobody before they are signed.

use super::*;
use crate::age::Age;
use crate::bed::EarlyWarning;
use crate::score::choice::{Chart, Mode};
use crate::score::maternal::{Criterion, Finding, Maternal, Mind, Part, PreEclampsia};
use crate::score::npews::{self, Amount, Device, Distress, Level, NoPressure, Npews, Pupils, Sepsis};

/// A woman in labour of whom everything was asked, and her devices.
pub(super) fn mother() -> Story {
    let mut story = Story::with_round();
    story.enters(Entry::Pregnant(true));
    for entry in [Entry::Mind(Mind::Clear), Entry::PreEclampsia(PreEclampsia::NoneKnown), Entry::Urine(60)] {
        story.enters(entry);
    }
    story.sees(&well_but(&[(Sign::CuffDiastolic, 70)]));
    story
}

fn maternal(story: &Story) -> Maternal {
    match story.bed.early_warning(story.now) {
        EarlyWarning::Maternal(maternal) => maternal,
        other => panic!("{other:?}"),
    }
}

fn stands(story: &Story, part: Part) -> Criterion {
    maternal(story).parts[part as usize]
}

#[test]
fn a_mother_is_judged_by_her_own_criteria() {
    let mut story = mother();
    assert_eq!((maternal(&story).total(), maternal(&story).finding()), (Some(0), Finding::NoneMet));
    story.sees(&[good(Sign::HeartRate, 121), good(Sign::PulseRatePleth, 121)]);
    assert_eq!(maternal(&story).finding(), Finding::Verify);
    story.sees(&[good(Sign::CuffDiastolic, 101)]);
    assert_eq!(maternal(&story).finding(), Finding::Evaluate);
    assert!(maternal(&story).met().eq([Part::Diastolic, Part::Pulse]));
}

#[test]
fn her_criteria_call_nobody() {
    let mut story = mother();
    story.enters(Entry::Urine(0));
    story.enters(Entry::Mind(Mind::Agitated));
    let log = story.lives(60, &well_but(&[(Sign::CuffDiastolic, 110)]));
    assert_eq!(maternal(&story).lower(), 3);
    assert!(log.is_empty(), "nobody has signed: {log:?}");
    let choice = story.bed.choice(story.now);
    assert_eq!((choice.chart, choice.mode), (Chart::Maternal, Mode::Shown));
}

#[test]
fn what_nobody_said_of_her_is_not_known_and_never_not_met() {
    let mut story = Story::begin();
    story.enters(Entry::Pregnant(true));
    story.sees(&WELL);
    let criteria = maternal(&story);
    let missing = [Part::Diastolic, Part::SpO2, Part::Urine, Part::Mind, Part::PreEclampsia];
    assert!(criteria.missing().eq(missing.map(|part| (part, Absence::NeverHeard))));
    assert_eq!((criteria.lower(), criteria.upper(), criteria.total()), (0, 5, None));
}

#[test]
fn a_good_saturation_on_oxygen_is_not_judged() {
    let mut story = mother();
    story.enters(Entry::Breathing(Breathing::Oxygen));
    assert_eq!(stands(&story, Part::SpO2), Criterion::NotJudged);
}

#[test]
fn that_she_is_alert_says_nothing_of_agitation() {
    let mut story = Story::with_round();
    story.enters(Entry::Pregnant(true));
    assert_eq!(stands(&story, Part::Mind), Criterion::Unknown(Absence::NeverHeard));
    story.enters(Entry::Mind(Mind::Agitated));
    story.wait(Span::minutes(1));
    story.enters(Entry::Consciousness(Consciousness::Alert));
    assert_eq!(stands(&story, Part::Mind), Criterion::Met);
}

#[test]
fn of_two_words_on_her_mind_the_later_counts() {
    for grave in
        [Consciousness::Confusion, Consciousness::Voice, Consciousness::Pain, Consciousness::Unresponsive]
    {
        let mut story = mother();
        story.wait(Span::minutes(1));
        story.enters(Entry::Consciousness(grave));
        assert_eq!(stands(&story, Part::Mind), Criterion::Met, "{grave:?}");
        story.wait(Span::minutes(1));
        story.enters(Entry::Mind(Mind::Clear));
        assert_eq!(stands(&story, Part::Mind), Criterion::NotMet, "{grave:?}");
    }
}

#[test]
fn what_was_said_of_one_mother_never_counts_for_the_next() {
    let mut story = mother();
    story.moves(Occupancy::Bound(PATIENT));
    assert_eq!(stands(&story, Part::Urine), Criterion::NotMet);
    story.moves(Occupancy::Bound(PatientKey(43)));
    story.enters(Entry::Pregnant(true));
    assert_eq!(stands(&story, Part::Urine), Criterion::Unknown(Absence::NeverHeard));
}

/// A child of seven who is well and of whom everything was asked, on air.
pub(super) fn child() -> Story {
    let mut story = of_age(7);
    let asked = [
        Entry::Consciousness(Consciousness::Alert),
        Entry::Breathing(Breathing::Air),
        Entry::Distress(Distress::None),
        Entry::Refill(15),
        Entry::Sepsis(Sepsis::NotSuspected),
        Entry::Pupils(Pupils::Normal),
        Entry::Intuition(Level::None),
        Entry::Carer(Level::None),
    ];
    for entry in asked {
        story.enters(entry);
    }
    story.sees(&well_child(&[]));
    story
}

fn of_age(years: u16) -> Story {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.on(&Event::Age(Some(Age::years(years))));
    story
}

pub(super) fn well_child(but: &[(Sign, i32)]) -> Vec<Reading> {
    let well = [
        (Sign::HeartRate, 100),
        (Sign::PulseRatePleth, 100),
        (Sign::RespRate, 22),
        (Sign::CuffSystolic, 100),
    ];
    let but: Vec<Reading> = but.iter().map(|(sign, value)| good(*sign, *value)).collect();
    with(&well_but(&well), &but)
}

pub(super) fn npews(story: &Story) -> Npews {
    match story.bed.early_warning(story.now) {
        EarlyWarning::Npews(npews) => npews,
        other => panic!("{other:?}"),
    }
}

fn points(story: &Story, part: npews::Part) -> Option<u8> {
    npews(story).parts[part as usize].known()
}

#[test]
fn a_child_is_scored_by_the_chart_of_its_age() {
    let mut story = child();
    assert_eq!((npews(&story).total(), npews(&story).level()), (Some(0), Level::None));
    assert_eq!(npews(&story).not_known().count(), 0);
    story.on(&Event::Age(Some(Age::months(5 * 12 - 1))));
    let of = |part| points(&story, part);
    assert_eq!(
        (of(npews::Part::HeartRate), of(npews::Part::Systolic)),
        (Some(0), Some(1)),
        "100 is high at 4"
    );
    story.on(&Event::Age(Some(Age::years(13))));
    assert_eq!(points(&story, npews::Part::HeartRate), Some(1));
}

#[test]
fn a_childs_score_calls_nobody() {
    let mut story = child();
    for entry in [
        Entry::Distress(Distress::Severe),
        Entry::Device(Device::HighFlow),
        Entry::Refill(40),
        Entry::Pupils(Pupils::Abnormal),
    ] {
        assert!(story.enters(entry).is_empty(), "{entry:?}");
    }
    let log = story.lives(60, &well_child(&[]));
    assert!(log.is_empty(), "{log:?}");
    assert_eq!((npews(&story).lower(), npews(&story).level()), (10, Level::Emergency));
    let choice = story.bed.choice(story.now);
    assert_eq!((choice.chart, choice.mode), (Chart::Npews, Mode::Shown));
}

#[test]
fn what_nobody_said_of_a_child_is_missing_by_name() {
    let mut story = of_age(7);
    story.sees(&well_child(&[]));
    let score = npews(&story);
    let missing = [npews::Part::Distress, npews::Part::Oxygen, npews::Part::Refill];
    assert!(score.missing().eq(missing.map(|part| (part, Absence::NeverHeard))));
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 10));
    assert_eq!(score.not_known().count(), 5);
    assert_eq!(score.think_sepsis, Ok(false));
}

#[test]
fn the_level_of_a_device_is_the_one_entered_for_it_else_the_one_measured() {
    let oxygen = |story: &Story| points(story, npews::Part::Oxygen);
    let mut story = child();
    assert_eq!(oxygen(&story), Some(0), "air, by a nurse's word");
    story.enters(Entry::Device(Device::FaceMask));
    assert_eq!(oxygen(&story), None);
    story.sees(&[good(Sign::InspiredOxygen, 35)]);
    assert_eq!(oxygen(&story), Some(2), "as measured");
    story.enters(Entry::Amount(Amount::Flow(600)));
    assert_eq!(oxygen(&story), Some(4), "as entered");
    story.enters(Entry::Device(Device::NasalProngs));
    assert_eq!(oxygen(&story), Some(2), "another device has another level");
}

#[test]
fn a_word_against_the_device_makes_it_void() {
    let oxygen = |story: &Story| npews(story).parts[npews::Part::Oxygen as usize];
    let mut story = child();
    story.enters(Entry::Device(Device::Cpap));
    story.enters(Entry::Breathing(Breathing::Oxygen));
    assert_eq!(oxygen(&story).known(), Some(4), "oxygen says nothing against CPAP");
    story.enters(Entry::Breathing(Breathing::Air));
    assert_eq!(oxygen(&story).known(), Some(0));
    story.enters(Entry::Device(Device::Air));
    story.enters(Entry::Breathing(Breathing::Oxygen));
    assert_eq!(oxygen(&story).missing(), Some(Absence::NeverHeard), "by which device nobody said");
}

#[test]
fn measured_oxygen_contradicts_air() {
    let mut story = child();
    story.enters(Entry::Device(Device::Air));
    story.sees(&[good(Sign::InspiredOxygen, 22)]);
    assert_eq!(points(&story, npews::Part::Oxygen), Some(0));
    story.sees(&[good(Sign::InspiredOxygen, 23)]);
    let oxygen = npews(&story).parts[npews::Part::Oxygen as usize];
    assert_eq!(oxygen.missing(), Some(Absence::Contradicted));
}

#[test]
fn a_device_says_to_news2_whether_it_is_air_or_oxygen() {
    let mut story = Story::with_round();
    story.sees(&WELL);
    story.enters(Entry::Device(Device::HighFlow));
    assert_eq!(story.bed.news2(story.now).total(), Some(2));
    story.enters(Entry::Device(Device::Air));
    assert_eq!(story.bed.news2(story.now).total(), Some(0));
}

#[test]
fn a_concern_about_a_pressure_that_could_not_be_taken_counts_before_an_older_one() {
    let systolic = |story: &Story| points(story, npews::Part::Systolic);
    let mut story = child();
    story.wait(Span::minutes(2));
    for calm in [NoPressure::NotAttempted, NoPressure::Unsuccessful] {
        story.sees(&[good(Sign::CuffSystolic, 112)]);
        story.wait(Span::minutes(1));
        story.enters(Entry::NoPressure(calm));
        assert_eq!(systolic(&story), Some(1), "{calm:?} hides no measurement");
    }
    story.wait(Span(500));
    story.sees(&[good(Sign::CuffSystolic, 112)]);
    story.wait(Span(400));
    story.enters(Entry::NoPressure(NoPressure::UnsuccessfulWithConcern));
    assert_eq!(systolic(&story), Some(4), "within the same second, too");
    story.wait(Span::minutes(1));
    story.sees(&[good(Sign::CuffSystolic, 100)]);
    assert_eq!(systolic(&story), Some(0), "it was taken after all");
}

#[test]
fn where_no_pressure_was_measured_the_nurses_word_counts() {
    let mut story = of_age(7);
    assert_eq!(npews(&story).parts[npews::Part::Systolic as usize].missing(), Some(Absence::NeverHeard));
    story.enters(Entry::NoPressure(NoPressure::NotAttempted));
    assert_eq!(points(&story, npews::Part::Systolic), Some(0));
}

#[test]
fn a_pregnant_child_has_the_mothers_criteria() {
    let mut story = child();
    story.enters(Entry::Pregnant(true));
    assert_eq!(stands(&story, Part::Pulse), Criterion::NotMet);
}
