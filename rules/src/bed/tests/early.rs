//! The charts of mothers at the bed: computed from signs and from people's words, shown, and calling nobody.
//! And how long each word counts, held against its page.

use super::*;
use crate::bed::EarlyWarning;
use crate::event::Spo2Scale;
use crate::score::choice::{Chart, Mode};
use crate::score::maternal::{Criterion, Finding, Maternal, Mind, Part, PreEclampsia};
use crate::score::page::tables;

/// A woman in labour of whom everything was asked, and her devices.
fn mother() -> Story {
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
        Some(EarlyWarning::Maternal(maternal)) => maternal,
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
    assert!(log.is_empty(), "{log:?}");
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

/// Why the part that wants a word is missing.
type Why = fn(&Story) -> Option<Absence>;

/// Who lies there, what is entered, and what wants it.
fn asked(code: &str) -> (Entry, Entry, Why) {
    let of_mother = Entry::Pregnant(true);
    match code {
        "consciousness" => (Entry::Pregnant(false), Entry::Consciousness(Consciousness::Alert), |story| {
            of_news2(story, "consciousness")
        }),
        "oxygen" => {
            (Entry::Pregnant(false), Entry::Breathing(Breathing::Air), |story| of_news2(story, "oxygen"))
        }
        "mind" => (of_mother, Entry::Mind(Mind::Clear), |story| of_maternal(story, Part::Mind)),
        "pre_eclampsia" => (of_mother, Entry::PreEclampsia(PreEclampsia::NoneKnown), |story| {
            of_maternal(story, Part::PreEclampsia)
        }),
        "urine" => (of_mother, Entry::Urine(60), |story| of_maternal(story, Part::Urine)),
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

fn of_news2(story: &Story, word: &str) -> Option<Absence> {
    story.bed.news2(story.now).missing().find(|(part, _)| part.word() == word).map(|(_, why)| why)
}

fn of_maternal(story: &Story, part: Part) -> Option<Absence> {
    maternal(story).missing().find(|(missing, _)| *missing == part).map(|(_, why)| why)
}

/// The page is the source: each word counts for its hours, and not a millisecond longer.
#[test]
fn every_word_counts_for_as_long_as_the_page_says() {
    let [rows] = &tables(include_str!("../../../charts/entries.md"))[..] else { panic!("one table") };
    assert_eq!(rows.len(), 5, "a row was added or lost");
    for row in rows {
        let [code, _, hours] = row[..] else { panic!("three cells: {row:?}") };
        let (patient, entry, why) = asked(code);
        let mut story = Story::begin();
        story.enters(patient);
        assert_eq!(why(&story), Some(Absence::NeverHeard), "{code}");
        story.enters(entry);
        story.wait(Span::hours(hours.parse().unwrap()));
        assert_eq!(why(&story), None, "{code}");
        assert_eq!(story.bed.deadline(story.now), Some(story.now + Span(1)), "{code}: somebody must look");
        story.wait(Span(1));
        assert_eq!(why(&story), Some(Absence::Stale), "{code}");
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
