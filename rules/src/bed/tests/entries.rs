//! What people enter, and how long each word counts: `charts/entries.md`, held against the bed row by row.

use super::*;
use crate::age::Age;
use crate::bed::EarlyWarning;
use crate::event::Spo2Scale;
use crate::score::maternal::{Mind, PreEclampsia};
use crate::score::npews::{Amount, Device, Distress, Level, NoPressure, Pupils, Sepsis};
use crate::score::page::tables;

/// Whom a word is asked of first: a chart that wants it.
#[derive(Clone, Copy)]
enum Who {
    Adult,
    Mother,
    Child,
}

/// Who, what is entered, and which part or trigger wants it.
fn asked(code: &str) -> (Who, Entry, &str) {
    match code {
        "consciousness" => (Who::Adult, Entry::Consciousness(Consciousness::Alert), code),
        "oxygen" => (Who::Adult, Entry::Breathing(Breathing::Air), code),
        "mind" => (Who::Mother, Entry::Mind(Mind::Clear), code),
        "pre_eclampsia" => (Who::Mother, Entry::PreEclampsia(PreEclampsia::NoneKnown), code),
        "urine" => (Who::Mother, Entry::Urine(60), code),
        "resp_distress" => (Who::Child, Entry::Distress(Distress::Severe), code),
        "oxygen_device" => (Who::Child, Entry::Device(Device::Cpap), "oxygen"),
        "oxygen_level" => (Who::Child, Entry::Amount(Amount::Flow(200)), "oxygen"),
        "no_pressure" => (Who::Child, Entry::NoPressure(NoPressure::Unsuccessful), "systolic"),
        "capillary_refill" => (Who::Child, Entry::Refill(20), code),
        "sepsis" => (Who::Child, Entry::Sepsis(Sepsis::Shock), code),
        "pupils" => (Who::Child, Entry::Pupils(Pupils::Abnormal), code),
        "intuition" => (Who::Child, Entry::Intuition(Level::None), code),
        "carer" => (Who::Child, Entry::Carer(Level::High), code),
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

fn with_patient(who: Who) -> Story {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    match who {
        Who::Adult => {}
        Who::Mother => drop(story.enters(Entry::Pregnant(true))),
        Who::Child => drop(story.on(&Event::Age(Some(Age::years(7))))),
    }
    story
}

/// Why a part or a trigger of the chart that speaks is not known.
fn why(story: &Story, word: &str) -> Option<Absence> {
    let missing: Vec<(&str, Absence)> = match story.bed.early_warning(story.now) {
        EarlyWarning::News2(score) => score.missing().map(|(part, why)| (part.word(), why)).collect(),
        EarlyWarning::Maternal(score) => score.missing().map(|(part, why)| (part.word(), why)).collect(),
        EarlyWarning::Npews(score) => {
            let parts = score.missing().map(|(part, why)| (part.word(), why));
            parts.chain(score.not_known().map(|(trigger, why)| (trigger.word(), why))).collect()
        }
    };
    missing.into_iter().find(|(known, _)| *known == word).map(|(_, why)| why)
}

/// The page is the source: each word counts for its hours, and not a millisecond longer.
#[test]
fn every_word_counts_for_as_long_as_the_page_says() {
    let [rows] = &tables(include_str!("../../../charts/entries.md"))[..] else { panic!("one table") };
    assert_eq!(rows.len(), 14, "a row was added or lost");
    for row in rows {
        let [code, _, hours] = row[..] else { panic!("three cells: {row:?}") };
        let (who, entry, word) = asked(code);
        let mut story = with_patient(who);
        if code == "oxygen_level" {
            story.enters(Entry::Device(Device::FaceMask));
        }
        assert_eq!(why(&story, word), Some(Absence::NeverHeard), "{code}");
        story.enters(entry);
        story.wait(Span::hours(hours.parse().unwrap()));
        assert_eq!(why(&story, word), None, "{code}");
        assert_eq!(story.bed.deadline(story.now), Some(story.now + Span(1)), "{code}: somebody must look");
        story.wait(Span(1));
        assert_eq!(why(&story, word), Some(Absence::Stale), "{code}");
    }
}

#[test]
fn no_word_counts_for_the_next_patient() {
    let [rows] = &tables(include_str!("../../../charts/entries.md"))[..] else { panic!("one table") };
    for row in rows {
        let (who, entry, word) = asked(row[0]);
        let mut story = with_patient(who);
        story.enters(entry);
        story.moves(Occupancy::Bound(PatientKey(43)));
        let _ = story.on(&Event::Age(Some(Age::years(if matches!(who, Who::Child) { 7 } else { 30 }))));
        story.enters(Entry::Pregnant(matches!(who, Who::Mother)));
        assert_eq!(why(&story, word), Some(Absence::NeverHeard), "{row:?}");
    }
}

#[test]
fn only_what_changes_how_a_score_is_read_is_a_doctors() {
    for decision in [Entry::Scale(Spo2Scale::Two), Entry::Ventilated(false), Entry::Sedated(true)] {
        assert!(decision.is_a_decision(), "{decision:?}");
    }
    assert!(Entry::Pregnant(false).is_a_decision() && Entry::Baseline(4).is_a_decision());
    for word in [Entry::Breathing(Breathing::Air), Entry::Mind(Mind::Clear), Entry::Urine(60)] {
        assert!(!word.is_a_decision(), "{word:?}");
    }
}
