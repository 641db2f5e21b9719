//! Silence is an event; doubt, faults and the alarms that devices raise themselves.

use super::*;
use crate::alert::{Kind, Priority};
use crate::event::{About, DeviceAlarm, Fault, Presence};
use crate::ladder::Class;

const SILENT: Condition = Condition::Technical(Technical::DeviceSilent(MONITOR));
const DOUBT: Condition = Condition::Technical(Technical::BindingInDoubt);

/// Sends the well patient every `seconds`, `times` over.
fn every(story: &mut Story, seconds: u32, times: u32) -> Log {
    let mut log = Log::new();
    for _ in 0..times {
        log.extend(story.sees(&WELL));
        log.extend(story.wait(Span::seconds(seconds)));
    }
    log
}

/// When, in seconds after the last frame, a device with this interval is called silent.
fn silent_after(seconds: u32) -> u64 {
    let mut story = Story::begin();
    every(&mut story, seconds, 10);
    story.sees(&WELL);
    let last = story.now.0 - START.0;
    let log = story.wait(Span::hours(2));
    let raised = log.iter().find(|(_, about, what)| *about == SILENT && *what == What::Raised);
    (raised.unwrap().0 - last) / 1_000
}

#[test]
fn a_device_is_missed_after_three_of_its_intervals() {
    assert_eq!(silent_after(1), 15, "but not sooner than after 15 s");
    assert_eq!(silent_after(10), 30);
    assert_eq!(silent_after(60), 180);
}

#[test]
fn a_device_that_is_missed_silences_what_depends_on_it_and_is_heard_itself() {
    let mut story = Story::begin();
    every(&mut story, 1, 10);
    let log = story.wait(Span::minutes(10));
    assert_eq!(of(&log, SILENT)[..2], [What::Raised, What::Call { step: 0 }]);
    assert_eq!(story.alert(SILENT).priority, Priority::Medium);
    assert_eq!(story.open(), [SILENT]);
    assert_eq!(story.bed.believed(Sign::SpO2, story.now), Err(Absence::Stale), "and all of it is grey");
    let log = story.sees(&WELL);
    assert_eq!(of(&log, SILENT), [What::Resolved]);
}

#[test]
fn a_goodbye_is_a_loss_at_once() {
    let mut story = Story::begin();
    story.sees(&WELL);
    let offline = Presence { source: MONITOR, online: false, key: story.key() };
    let log = story.on(&Event::Presence(offline));
    assert_eq!(of(&log, SILENT)[0], What::Raised);
    let online = Presence { online: true, key: story.key(), ..offline };
    assert_eq!(of(&story.on(&Event::Presence(online)), SILENT), [What::Resolved]);
}

#[test]
fn a_burst_at_the_start_does_not_make_a_slow_device_lost_for_ever() {
    let mut story = Story::begin();
    story.sees(&WELL);
    story.wait(Span(10));
    every(&mut story, 60, 20);
    let log = every(&mut story, 60, 30);
    assert!(of(&log, SILENT).is_empty(), "its rhythm was learnt: {log:?}");
}

#[test]
fn values_that_come_one_by_one_are_one_beat() {
    let mut story = Story::begin();
    let mut log = Log::new();
    for _ in 0..20 {
        for reading in WELL {
            story.sees(&[reading]);
            story.wait(Span(100));
        }
        log = story.wait(Span::minutes(2));
    }
    assert!(of(&log, SILENT).is_empty(), "two minutes are its rhythm, not the tenth of a second: {log:?}");
}

#[test]
fn a_long_loss_does_not_make_a_fast_device_slow() {
    let mut story = Story::begin();
    every(&mut story, 1, 10);
    story.wait(Span::hours(1));
    every(&mut story, 1, 5);
    let log = story.wait(Span::seconds(16));
    assert_eq!(of(&log, SILENT)[0], What::Raised);
}

#[test]
fn a_ninth_device_takes_the_place_of_the_quietest_and_of_its_alert() {
    let mut story = Story::begin();
    story.sees(&WELL);
    let offline = Presence { source: MONITOR, online: false, key: story.key() };
    story.on(&Event::Presence(offline));
    story.wait(Span::seconds(1));
    let mut log = Log::new();
    for source in 2..=9 {
        log.extend(story.hears(Source(source), &[good(Sign::EtCo2, 40)]));
    }
    assert_eq!(of(&log, SILENT), [What::Resolved]);
}

#[test]
fn one_sign_that_is_no_longer_sent_is_missed_on_its_own() {
    let silent = Condition::Technical(Technical::Silent(Sign::RespRate));
    let mut story = Story::begin();
    story.sees(&WELL);
    let others: Vec<Reading> = WELL.into_iter().filter(|reading| reading.sign != Sign::RespRate).collect();
    let log = story.lives(300, &others);
    assert!(of(&log, silent).is_empty());
    let log = story.lives(2, &others);
    assert_eq!(of(&log, silent)[0], What::Raised);
    assert_eq!(story.alert(silent).priority, Priority::Low);
    assert_eq!(of(&story.sees(&WELL), silent), [What::Resolved]);
}

#[test]
fn a_cuff_between_two_measurements_is_no_fault() {
    let mut story = Story::begin();
    story.sees(&WELL);
    let log = story.lives(60, &with(&WELL, &[absent(Sign::CuffSystolic, Absence::Unavailable)]));
    assert!(log.is_empty(), "{log:?}");
    let log = story.sees(&with(&WELL, &[absent(Sign::RespRate, Absence::Unavailable)]));
    assert_eq!(of(&log, Condition::Technical(Technical::NotRead(Sign::RespRate)))[0], What::Raised);
}

#[test]
fn what_cannot_be_a_body_is_not_read() {
    let mut story = Story::begin();
    let log = story.sees(&[Reading::fresh(Sign::Temperature, 500)]);
    assert_eq!(of(&log, Condition::Technical(Technical::NotRead(Sign::Temperature)))[0], What::Raised);
    assert_eq!(story.open().len(), 1, "and nothing clinical");
}

#[test]
fn a_doubtful_binding_is_shown_until_it_is_settled() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    let log = story.moves(Occupancy::InDoubt);
    assert_eq!(of(&log, DOUBT)[0], What::Raised);
    assert_eq!(story.bed.patient(), None);
    let log = story.moves(Occupancy::Bound(PATIENT));
    assert_eq!(of(&log, DOUBT), [What::Resolved]);
    assert_eq!(story.bed.patient(), Some(PATIENT));
}

#[test]
fn our_own_faults_are_high_and_call_it() {
    let mut story = Story::begin();
    let fault = Fault { what: Technical::Store, on: true, key: MessageKey(1) };
    let log = story.on(&Event::Fault(fault));
    assert_eq!(of(&log, Condition::Technical(Technical::Store))[0], What::Raised);
    let alert = story.alert(Condition::Technical(Technical::Store));
    assert_eq!((alert.priority, alert.class), (Priority::High, Class::TechnicalOwn));
    assert_eq!(calls(&story.wait(Span::seconds(60)), alert.condition), [(60, 1)]);
    let log = story.on(&Event::Fault(Fault { on: false, ..fault }));
    assert_eq!(of(&log, alert.condition), [What::Resolved], "technical alerts do not latch");
}

#[test]
fn how_long_a_kind_of_device_may_be_silent_goes_before_its_own_rhythm() {
    let mut story = Story::begin();
    for _ in 0..5 {
        let key = story.key();
        let silence = Some(Span::seconds(90));
        story.on(&Event::Frame(Frame { source: MONITOR, key, readings: &WELL, silence }));
        story.wait(Span::seconds(1));
    }
    assert!(of(&story.wait(Span::seconds(85)), SILENT).is_empty(), "its rhythm alone would have called");
    assert_eq!(of(&story.wait(Span::seconds(10)), SILENT)[0], What::Raised);
}

fn alarm(about: About, priority: Priority, on: bool) -> Event<'static> {
    let key = MessageKey(5);
    Event::DeviceAlarm(DeviceAlarm { source: MONITOR, event: 77, about, priority, on, key })
}

#[test]
fn an_alarm_that_a_device_raised_itself_is_taken_at_its_word() {
    let raised = Condition::DeviceRaised(77);
    let mut story = Story::begin();
    let log = story.on(&alarm(About::Patient, Priority::Medium, true));
    assert_eq!(of(&log, raised)[0], What::Raised);
    assert_eq!(of(&story.on(&alarm(About::Patient, Priority::Medium, true)), raised), [], "it goes on");
    let log = story.on(&alarm(About::Patient, Priority::High, true));
    assert_eq!(of(&log, raised), [What::Worsened, What::Call { step: 0 }]);
    assert_eq!(story.alert(raised).class, Class::Red);
    assert_eq!(of(&story.on(&alarm(About::Patient, Priority::High, false)), raised), [What::Latched]);
    assert!(!story.alert(raised).sounds(), "what is over and grave is shown, not sounded");
}

#[test]
fn what_a_device_calls_asystole_is_immediate_whatever_priority_it_gives() {
    let raised = Condition::DeviceRaised(77);
    let mut story = Story::begin();
    story.on(&alarm(About::Immediate, Priority::Low, true));
    let alert = story.alert(raised);
    assert_eq!(
        (alert.priority, alert.class, alert.condition.kind()),
        (Priority::High, Class::Immediate, Kind::Physiological)
    );
    let calls = calls(&story.wait(Span::seconds(60)), raised);
    assert_eq!(calls, [(30, 1), (60, 2)], "the duty doctor after 30 s, the whole ward after 60 s");
    assert_eq!(of(&story.on(&alarm(About::Immediate, Priority::Low, false)), raised), [What::Latched]);
    assert!(story.alert(raised).sounds(), "it goes on until somebody has seen it");
}

#[test]
fn what_a_device_says_of_itself_is_technical() {
    let raised = Condition::Technical(Technical::Raised(77));
    let mut story = Story::begin();
    story.on(&alarm(About::Device, Priority::Medium, true));
    let alert = story.alert(raised);
    assert_eq!((alert.condition.kind(), alert.class), (Kind::Technical, Class::TechnicalDevice));
    let log = story.on(&alarm(About::Patient, Priority::Medium, false));
    assert_eq!(of(&log, raised), [What::Resolved], "an end ends it, whatever it says that it was about");
}

#[test]
fn a_frame_that_is_sent_again_changes_nothing() {
    let mut story = Story::begin();
    every(&mut story, 1, 5);
    let key = story.key();
    let frame = Frame { source: MONITOR, key, readings: &WELL, silence: None };
    story.on(&Event::Frame(frame));
    story.wait(Span::seconds(1));
    let before = story.bed.state().clone();
    assert!(story.on(&Event::Frame(frame)).is_empty());
    assert_eq!(*story.bed.state(), before);
}

/// The names must be the same in every version and on every machine: the journal and the nodes hold them.
/// These were computed beside: FNV-1a over the bed (2 bytes), each variant (8), its numbers, and the key (8),
/// little end first.
#[test]
fn alerts_keep_their_names() {
    let mut story = Story::begin();
    story.sees(&[good(Sign::HeartRate, 0)]);
    assert_eq!(story.alert(Condition::NoPulse).id, AlertId(0xc6e4_4a99_df41_67e5));
    let fault = Fault { what: Technical::Channel(3), on: true, key: MessageKey(9) };
    story.on(&Event::Fault(fault));
    assert_eq!(story.alert(Condition::Technical(Technical::Channel(3))).id, AlertId(0xdcc2_af3f_f202_1d3e));
}
