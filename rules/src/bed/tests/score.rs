//! NEWS2 at the bed: rising, falling, incomplete, aged, and under ventilation.

use super::*;
use crate::age::Age;
use crate::alert::Priority;
use crate::event::Spo2Scale;
use crate::score::choice::{Chart, Mode};

const SCORE: Condition = Condition::News2;

/// For so many seconds a score must be lower before it has stopped.
const A_WHILE: u32 = 180;

/// RR 22 (2) and pulse 115 (2), temperature 38.5 (1): 5 in all, and no limit is crossed.
fn five() -> Vec<Reading> {
    well_but(&[
        (Sign::RespRate, 22),
        (Sign::HeartRate, 115),
        (Sign::PulseRatePleth, 115),
        (Sign::Temperature, 385),
    ])
}

/// The same with a systolic pressure of 95 (2): 7.
fn seven() -> Vec<Reading> {
    with(&five(), &[good(Sign::CuffSystolic, 95)])
}

#[test]
fn a_patient_who_is_well_is_quiet() {
    let mut story = Story::with_round();
    let log = story.lives(600, &WELL);
    assert!(log.is_empty(), "{log:?}");
    assert_eq!(story.bed.news2(story.now).total(), Some(0));
}

#[test]
fn five_calls_and_seven_is_worse() {
    let mut story = Story::with_round();
    let log = story.lives(3, &five());
    assert_eq!(of(&log, SCORE), [What::Raised, What::Call { step: 0 }]);
    assert_eq!(story.alert(SCORE).priority, Priority::Medium);
    let log = story.lives(16, &seven());
    assert_eq!(of(&log, SCORE), [What::Worsened, What::Call { step: 0 }]);
    assert_eq!(story.alert(SCORE).priority, Priority::High);
    assert_eq!(story.alert(SCORE).evidence.quantity.unwrap().value.to_string(), "7");
}

#[test]
fn an_acknowledged_seven_that_falls_to_five_eases_and_rising_again_sounds_again() {
    let mut story = Story::with_round();
    story.lives(3, &seven());
    assert_eq!(story.acknowledges(SCORE), What::Acknowledged);
    assert!(!story.alert(SCORE).sounds());
    let log = story.lives(A_WHILE, &five());
    assert_eq!(of(&log, SCORE), [What::Eased]);
    assert_eq!(story.alert(SCORE).priority, Priority::Medium);
    let log = story.lives(16, &seven());
    assert_eq!(of(&log, SCORE), [What::Worsened, What::Call { step: 0 }]);
    assert!(story.alert(SCORE).sounds());
    assert_eq!(story.alert(SCORE).answered, crate::alert::Answered::default());
}

#[test]
fn back_to_well_after_an_answer_is_over() {
    let mut story = Story::with_round();
    story.lives(3, &five());
    story.acknowledges(SCORE);
    let log = story.lives(A_WHILE - 1, &WELL);
    assert!(of(&log, SCORE).is_empty(), "not yet for long enough");
    let log = story.lives(1, &WELL);
    assert_eq!(of(&log, SCORE), [What::Resolved]);
}

#[test]
fn a_total_that_goes_to_and_fro_is_one_alert() {
    let mut story = Story::with_round();
    let mut log = Log::new();
    for _ in 0..20 {
        log.extend(story.lives(100, &five()));
        log.extend(story.lives(100, &WELL));
    }
    let raised = of(&log, SCORE).iter().filter(|what| **what == What::Raised).count();
    assert_eq!(raised, 1);
    let [lower] =
        include_str!("../../../charts/news2.md").split("lower for ").skip(1).collect::<Vec<_>>()[..]
    else {
        panic!("the page says it once")
    };
    assert!(lower.starts_with("3 minutes"), "{lower}");
}

#[test]
fn a_score_is_not_over_because_a_sign_that_it_may_stand_on_was_lost() {
    let mut story = Story::with_round();
    story.lives(3, &five());
    let lost = [absent(Sign::RespRate, Absence::ProbeOff), absent(Sign::HeartRate, Absence::ProbeOff)];
    let lost = with(&five(), &[lost[0], lost[1], absent(Sign::PulseRatePleth, Absence::ProbeOff)]);
    assert!(of(&story.lives(3, &lost), SCORE).is_empty(), "1, and up to 6 by what is lost");
    let calm = with(&lost, &[good(Sign::HeartRate, 70), good(Sign::PulseRatePleth, 70)]);
    assert_eq!(of(&story.lives(A_WHILE, &calm), SCORE), [What::Resolved], "1, and at most 3 more");
}

#[test]
fn one_parameter_of_three_is_shown_and_not_heard() {
    let mut story = Story::begin();
    story.sees(&WELL);
    let log = story.enters(Entry::Consciousness(Consciousness::Confusion));
    assert_eq!(of(&log, SCORE)[0], What::Raised);
    assert_eq!(story.alert(SCORE).priority, Priority::Low);
    assert_eq!(story.bed.sounding(story.now), None);
}

#[test]
fn an_incomplete_set_calls_on_what_is_certain() {
    let mut story = Story::begin();
    let log = story.lives(3, &seven());
    let score = story.bed.news2(story.now);
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 7, 12));
    assert_eq!(of(&log, SCORE)[0], What::Raised);
    assert_eq!(story.alert(SCORE).priority, Priority::High);
}

#[test]
fn a_finding_ages_out_and_then_counts_as_missing() {
    let mut story = Story::with_round();
    story.sees(&WELL);
    story.wait(Span::hours(1));
    let missing = |story: &Story| -> Vec<Absence> {
        story.bed.news2(story.now).missing().map(|(_, why)| why).collect()
    };
    story.sees(&WELL);
    assert!(missing(&story).is_empty());
    story.wait(Span(1));
    assert_eq!(missing(&story), [Absence::Stale], "air or oxygen is known for an hour");
}

#[test]
fn a_grave_score_wants_consciousness_renewed_within_the_hour() {
    let mut story = Story::with_round();
    story.wait(Span(3_600_001));
    story.enters(Entry::Breathing(Breathing::Air));
    story.sees(&WELL);
    assert_eq!(story.bed.news2(story.now).total(), Some(0), "calm: four hours");
    story.sees(&five());
    let score = story.bed.news2(story.now);
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 5, 8), "grave: one hour");
}

#[test]
fn measured_oxygen_speaks_for_itself() {
    let mut story = Story::with_round();
    story.sees(&with(&WELL, &[good(Sign::InspiredOxygen, 40)]));
    assert_eq!(story.bed.news2(story.now).total(), Some(2));
    story.sees(&with(&WELL, &[good(Sign::InspiredOxygen, 21)]));
    assert_eq!(story.bed.news2(story.now).total(), Some(0));
}

fn calling(story: &Story) -> Option<Alert> {
    story.bed.alerts().find(|alert| alert.condition == SCORE && alert.holds()).copied()
}

fn mode(story: &Story) -> Mode {
    story.bed.choice(story.now).mode
}

#[test]
fn under_ventilation_or_sedation_it_is_shown_and_does_not_call() {
    for entry in [Entry::Ventilated(true), Entry::Sedated(true)] {
        let mut story = Story::with_round();
        story.enters(entry);
        let log = story.lives(3, &seven());
        assert!(of(&log, SCORE).is_empty(), "{entry:?}");
        assert_eq!(mode(&story), Mode::OnARise);
        assert_eq!(story.bed.news2(story.now).total(), Some(7));
    }
}

#[test]
fn under_ventilation_a_rise_of_two_over_the_accepted_baseline_calls() {
    for (baseline, priority) in [(4, Some(Priority::High)), (5, Some(Priority::High)), (6, None), (7, None)] {
        let mut story = Story::with_round();
        story.enters(Entry::Ventilated(true));
        story.enters(Entry::Baseline(baseline));
        story.lives(3, &seven());
        assert_eq!(calling(&story).map(|alert| alert.priority), priority, "7 over {baseline}");
    }
}

#[test]
fn a_rise_from_a_low_baseline_is_never_less_than_medium() {
    let mut story = Story::with_round();
    story.enters(Entry::Sedated(true));
    story.enters(Entry::Baseline(0));
    story.lives(3, &with(&WELL, &[good(Sign::InspiredOxygen, 40)]));
    assert_eq!(story.bed.news2(story.now).total(), Some(2));
    assert_eq!(calling(&story).unwrap().priority, Priority::Medium);
    story.enters(Entry::Baseline(2));
    assert!(calling(&story).is_none(), "what was accepted is no rise any more");
}

#[test]
fn breaths_that_a_ventilator_delivers_set_the_mode_and_a_person_may_end_it() {
    let ventilated = with(&WELL, &[good(Sign::TidalVolume, 450)]);
    let mut story = Story::with_round();
    story.sees(&WELL);
    assert_eq!(mode(&story), Mode::Calls);
    story.sees(&ventilated);
    assert_eq!(mode(&story), Mode::OnARise);
    story.enters(Entry::Ventilated(false));
    assert_eq!(mode(&story), Mode::Calls, "a person's word goes before the machine's");
    let mut story = Story::with_round();
    story.sees(&ventilated);
    story.sees(&with(&WELL, &[good(Sign::TidalVolume, 0)]));
    assert_eq!(mode(&story), Mode::Calls, "nothing is delivered");
}

#[test]
fn no_news2_calls_under_sixteen_or_in_pregnancy() {
    let mut story = Story::with_round();
    story.moves(Occupancy::Bound(PATIENT));
    story.on(&Event::Age(Some(Age::months(16 * 12 - 1))));
    let log = story.lives(3, &seven());
    assert!(of(&log, SCORE).is_empty());
    let log = story.on(&Event::Age(Some(Age::years(16))));
    assert_eq!(of(&log, SCORE)[0], What::Raised, "from the birthday on");
    story.enters(Entry::Pregnant(true));
    assert!(calling(&story).is_none());
    assert_eq!(story.bed.choice(story.now).chart, Chart::Maternal);
}

#[test]
fn ventilation_that_ends_lets_the_score_call_again() {
    let mut story = Story::with_round();
    story.enters(Entry::Ventilated(true));
    story.lives(3, &seven());
    let log = story.enters(Entry::Ventilated(false));
    assert_eq!(of(&log, SCORE)[0], What::Raised);
}

#[test]
fn a_new_patient_begins_with_nothing_of_the_last() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.enters(Entry::Consciousness(Consciousness::Alert));
    story.enters(Entry::Scale(Spo2Scale::Two));
    story.sees(&WELL);
    story.moves(Occupancy::Bound(PatientKey(43)));
    assert_eq!(story.bed.scale(), Spo2Scale::One);
    let score = story.bed.news2(story.now);
    assert_eq!((score.lower(), score.upper()), (0, 20), "not even a temperature of eight hours' validity");
    story.sees(&WELL);
    assert_eq!(story.bed.news2(story.now).missing().count(), 2);
}

#[test]
fn what_was_entered_before_the_admission_counts_after_it() {
    let mut story = Story::with_round();
    story.sees(&WELL);
    story.moves(Occupancy::Bound(PATIENT));
    assert_eq!(story.bed.news2(story.now).total(), Some(0));
}

#[test]
fn a_doubt_settled_for_the_same_patient_keeps_all_and_for_another_nothing() {
    for (patient, total) in [(PATIENT, Some(0)), (PatientKey(43), None)] {
        let mut story = Story::with_round();
        story.moves(Occupancy::Bound(PATIENT));
        story.sees(&WELL);
        story.wait(Span::seconds(1));
        story.moves(Occupancy::InDoubt);
        assert_eq!(story.bed.news2(story.now).total(), Some(0), "in doubt the alarm goes on by bed");
        story.moves(Occupancy::Bound(patient));
        assert_eq!(story.bed.news2(story.now).total(), total, "{patient:?}");
    }
}

#[test]
fn qsofa_shock_index_and_s_f_stand_beside_news2_and_call_nobody() {
    let signs = [(Sign::HeartRate, 72), (Sign::CuffSystolic, 96), (Sign::SpO2, 96)];
    let mut story = Story::with_round();
    let log = story.lives(60, &with(&well_but(&signs), &[good(Sign::InspiredOxygen, 21)]));
    assert!(of(&log, SCORE).is_empty());
    let beside = story.bed.beside(ARTERIAL_OXYGEN, story.now).unwrap();
    assert_eq!((beside.qsofa.total(), beside.qsofa.finding().calls()), (Some(1), false));
    assert_eq!(beside.shock_index.total(), Some(75), "72 over 96, in hundredths");
    assert_eq!(beside.oxygenation.sf, Ok(457), "96 over 0.21");
    assert!(beside.oxygenation.pf.is_err());
    story.moves(Occupancy::Bound(PATIENT));
    story.on(&Event::Age(Some(Age::years(15))));
    assert_eq!(story.bed.beside(ARTERIAL_OXYGEN, story.now), None, "they are for adults");
}
