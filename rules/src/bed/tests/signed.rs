//! The charts of mothers and children that a hospital has signed: they call, and end, as NEWS2 does; and only
//! one chart calls at a time.

use super::early::{child, mother, npews, well_child};
use super::properties::any_story;
use super::*;
use crate::age::Age;
use crate::alert::{Answered, Kind, Priority};
use crate::score::choice::{Calling, Mode};
use crate::score::maternal::{Mind, PreEclampsia};
use crate::score::npews::{Device, Distress, Level, NoPressure, Pupils, Sepsis};
use proptest::prelude::*;

const CHILDS: Condition = Condition::Npews;
const MOTHERS: Condition = Condition::Maternal;
const ADULTS: Condition = Condition::News2;

/// For so many seconds a score must be lower before it has stopped.
const A_WHILE: u32 = 180;

static SIGNED: LazyLock<Policy> = LazyLock::new(|| policy(Calling { npews: true, maternal: true }));

fn policy(calling: Calling) -> Policy {
    let mut policy = Policy::shipped();
    policy.calling = calling;
    policy
}

/// A story in a ward that has signed both pages.
fn signed(story: Story) -> Story {
    Story { bed: Bed::restored(story.bed.state().clone(), &SIGNED), ..story }
}

fn priority(story: &Story, condition: Condition) -> Option<Priority> {
    let calling = story.bed.alerts().find(|alert| alert.condition == condition && alert.holds());
    calling.map(|alert| alert.priority)
}

/// A child whose breathing and pulse give 2 and 4 points: 6, medium.
fn six() -> Vec<Reading> {
    well_child(&[(Sign::RespRate, 42), (Sign::HeartRate, 165), (Sign::PulseRatePleth, 165)])
}

#[test]
fn a_child_calls_by_the_levels_of_its_chart() {
    for (findings, expected) in [
        (&[Entry::Distress(Distress::Mild)][..], Priority::Low),
        (&[Entry::Distress(Distress::Severe)], Priority::Low),
        (&[Entry::Distress(Distress::Severe), Entry::Refill(40)], Priority::Medium),
        (
            &[Entry::Distress(Distress::Severe), Entry::Device(Device::HighFlow), Entry::Refill(40)],
            Priority::High,
        ),
    ] {
        let mut story = signed(child());
        for finding in findings {
            story.enters(*finding);
        }
        assert_eq!(priority(&story, CHILDS), Some(expected), "{findings:?}");
        assert_eq!(story.alert(CHILDS).sounds(), expected > Priority::Low);
    }
}

#[test]
fn a_trigger_calls_without_points() {
    for (word, expected) in [
        (Entry::Sepsis(Sepsis::Suspected), Priority::Medium),
        (Entry::Sepsis(Sepsis::Shock), Priority::High),
        (Entry::Consciousness(Consciousness::Voice), Priority::High),
        (Entry::Pupils(Pupils::Abnormal), Priority::High),
        (Entry::Intuition(Level::Low), Priority::Low),
        (Entry::Carer(Level::Emergency), Priority::High),
    ] {
        let mut story = signed(child());
        let log = story.enters(word);
        assert_eq!(of(&log, CHILDS), [What::Raised, What::Call { step: 0 }], "{word:?}");
        assert_eq!(priority(&story, CHILDS), Some(expected), "{word:?}");
    }
}

#[test]
fn an_emergency_calls_anew_whoever_answered_the_high_level() {
    let mut story = signed(child());
    story.enters(Entry::Sepsis(Sepsis::Shock));
    story.acknowledges(CHILDS);
    assert!(of(&story.lives(60, &well_child(&[])), CHILDS).is_empty());
    let log = story.enters(Entry::Pupils(Pupils::Abnormal));
    assert_eq!(of(&log, CHILDS), [What::Worsened, What::Call { step: 0 }]);
    assert_eq!(story.alert(CHILDS).answered, Answered::default());
    story.acknowledges(CHILDS);
    assert!(of(&story.lives(60, &well_child(&[])), CHILDS).is_empty(), "once");
}

#[test]
fn an_incomplete_set_calls_on_what_is_certain() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.on(&Event::Age(Some(Age::years(7))));
    let mut story = signed(story);
    let log = story.sees(&six());
    assert_eq!(of(&log, CHILDS)[0], What::Raised, "a first value");
    assert_eq!(priority(&story, CHILDS), Some(Priority::Medium), "6, and up to 16");
    assert_eq!(story.alert(CHILDS).evidence.quantity.unwrap().value.to_string(), "6");
}

#[test]
fn what_a_childs_sensors_add_stands_and_what_calls_stops_late() {
    let mut story = signed(child());
    story.lives(60, &well_child(&[]));
    let worse = well_child(&[(Sign::RespRate, 42)]);
    assert!(of(&story.lives(29, &worse), CHILDS).is_empty());
    let log = story.lives(2, &worse);
    assert_eq!(of(&log, CHILDS)[0], What::Raised, "low, after half a minute");
    let log = story.sees(&six());
    assert!(of(&log, CHILDS).is_empty());
    let log = story.lives(31, &six());
    assert_eq!(of(&log, CHILDS), [What::Worsened, What::Call { step: 0 }]);
    story.acknowledges(CHILDS);
    let log = story.lives(A_WHILE + 1, &well_child(&[]));
    assert_eq!(of(&log, CHILDS), [What::Resolved]);
}

/// More points than sensors are followed for, and too few at once for a fall: they must not wait for ever.
#[test]
fn what_stood_high_becomes_an_emergency_at_once() {
    let mut story = signed(child());
    story.enters(Entry::Distress(Distress::Mild));
    story.lives(60, &well_child(&[]));
    let fast = [(Sign::RespRate, 55), (Sign::HeartRate, 165), (Sign::PulseRatePleth, 165)];
    let high = well_child(&[&fast[..], &[(Sign::SpO2, 93)]].concat());
    story.lives(60, &high);
    assert_eq!(priority(&story, CHILDS), Some(Priority::High), "10");
    story.acknowledges(CHILDS);
    let log = story.sees(&with(&high, &[good(Sign::SpO2, 90)]));
    assert_eq!(of(&log, CHILDS), [What::Worsened, What::Call { step: 0 }], "13");
}

#[test]
fn a_level_is_not_over_because_a_sign_that_it_may_stand_on_was_lost() {
    let mut story = signed(child());
    story.sees(&six());
    story.lives(31, &six());
    story.acknowledges(CHILDS);
    let off = [Sign::HeartRate, Sign::PulseRatePleth, Sign::RespRate];
    let lost = with(&six(), &off.map(|sign| absent(sign, Absence::ProbeOff)));
    assert!(of(&story.lives(2 * A_WHILE, &lost), CHILDS).iter().all(|what| *what != What::Resolved));
    assert!(of(&story.lives(A_WHILE + 1, &well_child(&[])), CHILDS).contains(&What::Resolved));
}

#[test]
fn a_word_that_a_pressure_could_not_be_taken_calls_within_half_a_minute() {
    let mut story = signed(child());
    story.enters(Entry::Distress(Distress::Mild));
    story.lives(60, &well_child(&[]));
    story.enters(Entry::NoPressure(NoPressure::UnsuccessfulWithConcern));
    story.wait(Span::seconds(30));
    assert_eq!(priority(&story, CHILDS), Some(Priority::Medium));
}

#[test]
fn under_ventilation_a_child_calls_on_a_rise_or_by_a_persons_word() {
    let ventilated = || {
        let mut story = signed(child());
        story.enters(Entry::Ventilated(true));
        story.enters(Entry::Consciousness(Consciousness::Unresponsive));
        story
    };
    let mut story = ventilated();
    story.lives(60, &six());
    assert_eq!(story.bed.choice(story.now).mode, Mode::OnARise);
    assert_eq!(priority(&story, CHILDS), None, "who sleeps answers to nobody");
    for (baseline, expected) in [(4, Some(Priority::Medium)), (5, None)] {
        story.enters(Entry::Baseline(baseline));
        assert_eq!(priority(&story, CHILDS), expected, "6 over {baseline}");
    }
    let mut story = ventilated();
    story.enters(Entry::Pupils(Pupils::Abnormal));
    assert_eq!(priority(&story, CHILDS), Some(Priority::High));
    story.enters(Entry::Pupils(Pupils::Normal));
    story.wait(Span::minutes(4));
    assert_eq!(priority(&story, CHILDS), None);
}

#[test]
fn a_mother_is_verified_and_evaluated() {
    let mut story = signed(mother());
    story.lives(60, &WELL);
    let fast = well_but(&[(Sign::HeartRate, 121), (Sign::PulseRatePleth, 121)]);
    assert!(of(&story.lives(29, &fast), MOTHERS).is_empty());
    assert_eq!(of(&story.lives(2, &fast), MOTHERS), [What::Raised, What::Call { step: 0 }]);
    assert_eq!(priority(&story, MOTHERS), Some(Priority::Medium), "one sign: measure it again");
    let log = story.enters(Entry::PreEclampsia(PreEclampsia::Headache));
    assert_eq!(of(&log, MOTHERS), [What::Worsened, What::Call { step: 0 }]);
    assert_eq!(priority(&story, MOTHERS), Some(Priority::High));
    story.acknowledges(MOTHERS);
    story.enters(Entry::PreEclampsia(PreEclampsia::NeitherComplaint));
    let log = story.lives(A_WHILE + 1, &WELL);
    assert_eq!(of(&log, MOTHERS).last(), Some(&What::Resolved));
}

#[test]
fn a_mothers_criterion_is_not_over_because_its_sign_was_lost() {
    let mut story = signed(mother());
    let fast = well_but(&[(Sign::HeartRate, 121), (Sign::PulseRatePleth, 121)]);
    story.lives(60, &fast);
    story.acknowledges(MOTHERS);
    let off = [Sign::HeartRate, Sign::PulseRatePleth].map(|sign| absent(sign, Absence::ProbeOff));
    let log = story.lives(2 * A_WHILE, &with(&fast, &off));
    assert!(of(&log, MOTHERS).iter().all(|what| *what != What::Resolved), "{log:?}");
}

#[test]
fn unsigned_neither_calls_and_one_signature_lets_the_other_stay_silent() {
    for (signed_npews, signed_maternal) in [(false, false), (true, false), (false, true)] {
        let calling = Calling { npews: signed_npews, maternal: signed_maternal };
        let policy: &'static Policy = Box::leak(Box::new(policy(calling)));
        let mut story = child();
        story.bed = Bed::restored(story.bed.state().clone(), policy);
        story.enters(Entry::Pupils(Pupils::Abnormal));
        assert_eq!(priority(&story, CHILDS).is_some(), signed_npews);
        let mut story = mother();
        story.bed = Bed::restored(story.bed.state().clone(), policy);
        story.enters(Entry::Mind(Mind::Agitated));
        assert_eq!(priority(&story, MOTHERS).is_some(), signed_maternal);
    }
}

#[test]
fn on_the_sixteenth_birthday_the_childs_alert_is_over_and_news2_judges() {
    let mut story = signed(child());
    story.enters(Entry::Distress(Distress::Severe));
    story.enters(Entry::Device(Device::HighFlow));
    story.enters(Entry::Consciousness(Consciousness::Alert));
    let fast = [(Sign::HeartRate, 135), (Sign::PulseRatePleth, 135), (Sign::RespRate, 22)];
    story.lives(40, &well_child(&fast));
    assert_eq!(priority(&story, CHILDS), Some(Priority::High));
    story.enters(Entry::Sedated(false));
    story.acknowledges(CHILDS);
    let log = story.on(&Event::Age(Some(Age::years(16))));
    assert_eq!(of(&log, CHILDS), [What::Resolved]);
    assert_eq!(of(&log, ADULTS)[0], What::Raised, "pulse 3, breathing 2, oxygen 2, pressure 2");
    let log = story.on(&Event::Age(Some(Age::years(15))));
    assert_eq!(of(&log, ADULTS), [What::Latched], "high, and nobody has answered");
    assert_eq!(of(&log, CHILDS)[0], What::Raised);
}

#[test]
fn a_pregnancy_entered_or_ended_changes_who_calls() {
    let mut story = signed(Story::with_round());
    let ill = well_but(&[(Sign::RespRate, 31), (Sign::HeartRate, 115), (Sign::PulseRatePleth, 115)]);
    story.lives(3, &ill);
    assert_eq!(priority(&story, ADULTS), Some(Priority::Medium));
    let log = story.enters(Entry::Pregnant(true));
    assert_eq!(of(&log, ADULTS), [What::Resolved]);
    assert_eq!(of(&log, MOTHERS)[0], What::Raised, "31 breaths");
    let log = story.enters(Entry::Pregnant(false));
    assert_eq!(of(&log, MOTHERS), [What::Resolved]);
    assert_eq!(of(&log, ADULTS)[0], What::Raised);
}

#[test]
fn a_baseline_is_void_where_another_chart_speaks() {
    let mut story = signed(child());
    story.enters(Entry::Baseline(6));
    story.on(&Event::Age(Some(Age::years(8))));
    assert_eq!(story.bed.baseline(), Some(6), "the same chart, another band");
    story.on(&Event::Age(Some(Age::years(16))));
    assert_eq!(story.bed.baseline(), None);
    story.enters(Entry::Baseline(4));
    story.enters(Entry::Pregnant(true));
    assert_eq!(story.bed.baseline(), None);
}

#[test]
fn a_stopped_heart_calls_for_the_childs_score() {
    let mut story = signed(child());
    story.enters(Entry::Pupils(Pupils::Abnormal));
    let log = story.sees(&[good(Sign::HeartRate, 0), good(Sign::PulseRatePleth, 0)]);
    assert!(of(&log, CHILDS).contains(&What::HeldBack), "{log:?}");
    assert_eq!(story.bed.sounding(story.now).unwrap().condition, Condition::NoPulse);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever happens: of the three charts at most one calls, and a bed that is signed holds together.
    #[test]
    fn one_chart_calls_at_a_time(happenings in any_story()) {
        let mut story = signed(Story::with_round());
        let mut last = None;
        for happening in &happenings {
            story.happens(happening, &mut last);
            story.holds_together()?;
            let of_scores = story.bed.alerts().filter(|alert| alert.condition.kind() == Kind::Score);
            let holding: Vec<Condition> =
                of_scores.filter(|alert| alert.holds()).map(|alert| alert.condition).collect();
            prop_assert!(holding.len() <= 1, "{holding:?}");
            let speaks = story.bed.choice(story.now).chart.condition();
            prop_assert!(holding.iter().all(|condition| *condition == speaks), "{holding:?}");
        }
    }

    /// Whatever the signs do: a child that has been medium for half a minute, or high for a quarter, calls.
    #[test]
    fn no_level_waits_for_longer_than_it_may(
        seconds in proptest::collection::vec((8i32..60, 88i32..100, 60i32..180, 60i32..140), 200),
    ) {
        let mut story = signed(child());
        let (mut medium, mut high) = (0, 0);
        for (resp_rate, spo2, heart_rate, systolic) in seconds {
            story.sees(&well_child(&[
                (Sign::RespRate, resp_rate),
                (Sign::SpO2, spo2),
                (Sign::HeartRate, heart_rate),
                (Sign::PulseRatePleth, heart_rate),
                (Sign::CuffSystolic, systolic),
            ]));
            let level = npews(&story).level();
            medium = if level >= Level::Medium { medium + 1 } else { 0 };
            high = if level >= Level::High { high + 1 } else { 0 };
            prop_assert!(medium <= 30 || priority(&story, CHILDS) >= Some(Priority::Medium));
            prop_assert!(high <= 15 || priority(&story, CHILDS) >= Some(Priority::High));
            story.wait(Span::seconds(1));
        }
    }
}
