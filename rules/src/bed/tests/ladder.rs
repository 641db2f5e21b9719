//! Ladders and answers: who is called when, what an answer holds, and what nobody answered.

use super::*;
use crate::alert::Side;
use crate::event::{Refusal, SHELVE_LONGEST};
use crate::ladder::Class;
use crate::sign::Parameter;

const FAST: Condition = Condition::Limit(Parameter::PulseRate, Side::High);

/// A pulse of 160 that was just called as red, and goes on.
fn fast() -> (Story, Vec<Reading>) {
    let readings = well_but(&[(Sign::HeartRate, 160), (Sign::PulseRatePleth, 160)]);
    let mut story = Story::begin();
    story.lives(10, &readings);
    story.sees(&readings);
    assert_eq!(story.alert(FAST).class, Class::Red);
    (story, readings)
}

const WARD: (Actor, Role) = (NURSE, Role::Nurse);
const MEDIC: (Actor, Role) = (DOCTOR, Role::Doctor);

#[test]
fn the_steps_come_at_their_seconds_and_the_last_repeats() {
    let (mut story, readings) = fast();
    let log = story.lives(400, &readings);
    // It was called 10 s into the story: 10, then 60, 120 after it, then every 120.
    assert_eq!(calls(&log, FAST), [(70, 1), (130, 2), (250, 3), (370, 4)]);
}

#[test]
fn after_an_outage_every_missed_step_is_called_once_and_no_repeat() {
    let (mut story, readings) = fast();
    story.now = story.now + Span::hours(1);
    let log = story.lives(1, &readings);
    assert_eq!(calls(&log, FAST), [(3_610, 1), (3_610, 2)]);
    let log = story.lives(130, &readings);
    assert_eq!(calls(&log, FAST), [(3_730, 3)]);
}

#[test]
fn an_acknowledgement_stops_the_ladder_reminds_once_and_is_recalled() {
    let (mut story, readings) = fast();
    assert_eq!(story.acknowledges(FAST), What::Acknowledged);
    assert!(of(&story.lives(299, &readings), FAST).is_empty());
    assert_eq!(of(&story.lives(2, &readings), FAST), [What::Reminded]);
    assert!(of(&story.lives(298, &readings), FAST).is_empty());
    let log = story.lives(2, &readings);
    assert_eq!(of(&log, FAST), [What::Recalled, What::Call { step: 0 }]);
    assert_eq!(story.state(FAST), Some(AlertState::Active));
}

#[test]
fn an_outage_longer_than_the_recall_leaves_no_reminder_behind() {
    let (mut story, readings) = fast();
    story.acknowledges(FAST);
    story.now = story.now + Span::hours(1);
    assert_eq!(of(&story.sees(&readings), FAST), [What::Recalled, What::Call { step: 0 }]);
}

#[test]
fn what_is_shelved_calls_anew_after_that_time_and_no_sooner() {
    let (mut story, readings) = fast();
    story.sees(&readings);
    let shelve = |minutes| Say::Shelve(Span::minutes(minutes));
    assert_eq!(story.answers(FAST, WARD, Via::Station, shelve(20)), What::Shelved);
    assert!(of(&story.lives(1_199, &readings), FAST).is_empty(), "neither reminder nor recall");
    assert_eq!(of(&story.lives(2, &readings), FAST), [What::Recalled, What::Call { step: 0 }]);
    story.answers(FAST, WARD, Via::Station, shelve(100));
    assert_eq!(story.alert(FAST).next_at, Some(story.now + SHELVE_LONGEST));
}

#[test]
fn what_is_shelved_and_becomes_graver_calls_at_once() {
    let readings = well_but(&[(Sign::HeartRate, 130), (Sign::PulseRatePleth, 130)]);
    let mut story = Story::begin();
    story.lives(31, &readings);
    story.answers(FAST, WARD, Via::Station, Say::Shelve(SHELVE_LONGEST));
    let worse = well_but(&[(Sign::HeartRate, 160), (Sign::PulseRatePleth, 160)]);
    assert_eq!(of(&story.lives(11, &worse), FAST), [What::Worsened, What::Call { step: 0 }]);
}

#[test]
fn what_is_over_before_its_recall_is_over() {
    let (mut story, _) = fast();
    story.acknowledges(FAST);
    let log = story.lives(1_000, &WELL);
    assert_eq!(of(&log, FAST), [What::Resolved]);
}

#[test]
fn an_asystole_is_recalled_after_two_minutes() {
    let mut story = Story::begin();
    let flat = [good(Sign::HeartRate, 0)];
    story.sees(&flat);
    story.acknowledges(Condition::NoPulse);
    let log = story.lives(125, &flat);
    assert_eq!(calls(&log, Condition::NoPulse), [(120, 0)]);
}

#[test]
fn a_latched_asystole_climbs_on_until_somebody_has_seen_it() {
    let mut story = Story::begin();
    story.sees(&[good(Sign::HeartRate, 0)]);
    let log = story.lives(65, &WELL);
    assert_eq!(calls(&log, Condition::NoPulse), [(30, 1), (60, 2)]);
    assert_eq!(story.acknowledges(Condition::NoPulse), What::Resolved);
}

#[test]
fn the_second_answer_hears_that_there_was_a_first() {
    let (mut story, _) = fast();
    assert_eq!(story.acknowledges(FAST), What::Acknowledged);
    assert_eq!(story.acknowledges(FAST), What::Refused(Refusal::Already));
    assert_eq!(story.answers(FAST, MEDIC, Via::Remote, Say::Accept), What::Accepted);
    assert_eq!(story.answers(FAST, MEDIC, Via::Remote, Say::Accept), What::Refused(Refusal::Already));
    assert_eq!(story.alert(FAST).answered.acknowledged.unwrap().0, NURSE);
}

#[test]
fn a_doctor_who_accepts_from_afar_ends_the_calling() {
    let (mut story, readings) = fast();
    assert_eq!(story.answers(FAST, MEDIC, Via::Remote, Say::Acknowledge(None)), What::Acknowledged);
    assert_eq!(story.alert(FAST).answered.accepted.unwrap().0, DOCTOR);
    assert_eq!(of(&story.lives(300, &readings), FAST), [What::Reminded]);
}

#[test]
fn responsibility_is_a_doctors() {
    let (mut story, _) = fast();
    assert_eq!(story.answers(FAST, WARD, Via::Station, Say::Accept), What::Refused(Refusal::DoctorOnly));
    assert_eq!(story.answers(FAST, WARD, Via::Station, Say::Reject), What::Refused(Refusal::DoctorOnly));
    assert_eq!(story.state(FAST), Some(AlertState::Active));
}

#[test]
fn a_doctor_who_rejects_has_the_next_called_at_once() {
    let (mut story, _) = fast();
    let alert = story.alert(FAST).id;
    let answer = Answer { alert, by: DOCTOR, role: Role::Doctor, via: Via::Remote, say: Say::Reject };
    let log = story.on(&Event::Answer(answer));
    assert_eq!(of(&log, FAST), [What::Rejected, What::Call { step: 1 }]);
}

#[test]
fn a_responsibility_that_is_given_back_calls_anew() {
    let (mut story, _) = fast();
    story.answers(FAST, MEDIC, Via::Remote, Say::Accept);
    let alert = story.alert(FAST).id;
    let reject = |by| Answer { alert, by, role: Role::Doctor, via: Via::Remote, say: Say::Reject };
    let log = story.on(&Event::Answer(reject(Actor(99))));
    assert_eq!(of(&log, FAST), [What::Rejected], "another doctor's word does not take it from the first");
    let log = story.on(&Event::Answer(reject(DOCTOR)));
    assert_eq!(of(&log, FAST), [What::Rejected, What::Recalled, What::Call { step: 0 }]);
}

#[test]
fn a_rejection_does_not_undo_what_a_nurse_has_answered() {
    let (mut story, readings) = fast();
    story.acknowledges(FAST);
    assert_eq!(story.answers(FAST, MEDIC, Via::Remote, Say::Reject), What::Rejected);
    assert!(of(&story.lives(60, &readings), FAST).is_empty());
}

#[test]
fn a_rejection_lengthens_no_silence() {
    let recalled_after = |rejects: bool| {
        let (mut story, readings) = fast();
        story.acknowledges(FAST);
        let begun = story.now;
        story.lives(50, &readings);
        if rejects {
            story.answers(FAST, MEDIC, Via::Remote, Say::Reject);
        }
        while !of(&story.lives(1, &readings), FAST).contains(&What::Recalled) {}
        story.now.since(begun)
    };
    assert_eq!(recalled_after(true), recalled_after(false));
}

#[test]
fn an_answer_to_nothing_is_refused() {
    let mut story = Story::begin();
    let answer = Answer {
        alert: AlertId(1),
        by: NURSE,
        role: Role::Nurse,
        via: Via::Station,
        say: Say::Acknowledge(None),
    };
    let orders = story.bed.on(&Event::Answer(answer), story.now);
    let whats: Vec<What> = orders.iter().map(|order| order.what).collect();
    assert_eq!(whats, [What::Refused(Refusal::Unknown)]);
}

#[test]
fn the_gravest_sounds_first_and_of_these_the_oldest() {
    let (mut story, readings) = fast();
    story.hears(Source(2), &[good(Sign::EtCo2, 70)]);
    story.lives(31, &readings);
    assert!(story.open().contains(&Condition::Limit(Parameter::EtCo2, Side::High)));
    assert_eq!(story.bed.sounding(story.now).map(|alert| alert.condition), Some(FAST));
    story.acknowledges(FAST);
    assert_eq!(
        story.bed.sounding(story.now).map(|alert| alert.condition),
        Some(Condition::Limit(Parameter::EtCo2, Side::High))
    );
}

#[test]
fn what_was_recorded_open_is_put_back_and_calls_until_it_is_judged_again() {
    let (story, readings) = fast();
    let mut after = Story::begin();
    after.now = story.now + Span::minutes(1);
    after.bed.put_back(story.alert(FAST));
    assert_eq!(calls(&after.wait(Span::ZERO), FAST), [(70, 1)], "its overdue step");
    assert_eq!(calls(&after.wait(Span::hours(1)), FAST).len(), 30, "no value, no end");
    after.key = 1_000;
    after.lives(10, &readings);
    assert_eq!(after.state(FAST), Some(AlertState::Active));
    assert_eq!(of(&after.lives(1, &WELL), FAST), [What::Latched]);
}

#[test]
fn what_is_put_back_into_an_empty_bed_is_not_over_for_want_of_values() {
    let mut story = Story::begin();
    story.lives(3, &well_but(&[(Sign::RespRate, 22), (Sign::HeartRate, 115), (Sign::Temperature, 385)]));
    story.sees(&with(&WELL, &[absent(Sign::SpO2, Absence::ProbeOff)]));
    let mut after = Story::begin();
    for alert in story.bed.alerts().filter(|alert| alert.is_open()) {
        after.bed.put_back(*alert);
    }
    after.now = story.now;
    after.wait(Span::minutes(1));
    assert_eq!(after.open(), story.open());
    after.key = 1_000;
    after.sees(&WELL);
    assert!(after.open().is_empty(), "and over when they come");
}

#[test]
fn a_checkpoint_goes_on_as_if_nothing_had_happened() {
    let (mut story, readings) = fast();
    let mut restored = Story::begin();
    restored.bed = Bed::restored(story.bed.state().clone(), &SHIPPED);
    (restored.now, restored.key) = (story.now, story.key);
    assert_eq!(calls(&restored.lives(70, &readings), FAST), calls(&story.lives(70, &readings), FAST));
    assert_eq!(restored.bed.state(), story.bed.state());
}
