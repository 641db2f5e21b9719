//! Alarms of devices as the ward shows them: begun, paused, gone on, and over.

use std::sync::Arc;

use rules::event::{About, Role, Say, Via};
use rules::vital::MessageKey;
use rules::{AlertState, Kind, Moment, Priority, Span};

use super::*;
use crate::config::Faults;
use crate::event::{Admission, Event, Movement, Person, PersonAnswer, Place, Said, Uhid};
use crate::record::AlertRecord;

fn ward() -> Ward {
    let mut faults = Faults::default();
    let plan =
        crate::config::ward::read(include_str!("../../../../deploy/ward.toml").parse().unwrap(), &mut faults);
    Ward::new(Arc::new(plan))
}

fn at(seconds: u32) -> Now {
    Now { moment: Moment(1_000_000) + Span::seconds(seconds), offset_ms: 0 }
}

fn low_saturation() -> DeviceRaised {
    DeviceRaised {
        patient: None,
        place: Place::Bed("07".to_owned()),
        device: "monitor".to_owned(),
        event: "MDC_EVT_LO".to_owned(),
        source: "MDC_PULS_OXIM_SAT_O2".to_owned(),
        text: "Low SpO2".to_owned(),
        about: About::Patient,
        priority: Priority::Medium,
        on: true,
        passing: false,
        episode: Some("e1".to_owned()),
        inactivation: String::new(),
        key: MessageKey(1),
    }
}

fn came(patient: &str, bed: &str) -> Admission {
    Admission {
        movement: Movement::Admit,
        patient: Uhid(patient.to_owned()),
        name: String::new(),
        place: Place::Bed(bed.to_owned()),
        prior: Place::Nowhere,
        born: None,
        attending: None,
        at: None,
    }
}

fn shown(ward: &Ward, now: Now) -> Vec<Arc<AlertRecord>> {
    ward.view(1, now).alerts
}

fn happen(ward: &mut Ward, seconds: u32, alarm: &DeviceRaised) -> Vec<Arc<AlertRecord>> {
    let turn = ward.on(&Event::Alarm(alarm.clone()), at(seconds));
    assert_eq!(turn.bed.as_deref(), Some("07"));
    shown(ward, at(seconds))
}

#[test]
fn an_alarm_is_shown_with_its_device_and_ends_when_the_device_says_so() {
    let mut ward = ward();
    let alerts = happen(&mut ward, 0, &low_saturation());
    assert_eq!(
        (alerts[0].title.as_str(), alerts[0].code.as_str()),
        ("monitor: Low SpO2", "device.MDC_EVT_LO")
    );
    assert_eq!((alerts[0].kind, alerts[0].priority), (Kind::Physiological, Priority::Medium));
    let goes_on = DeviceRaised { episode: None, key: MessageKey(2), ..low_saturation() };
    assert_eq!(happen(&mut ward, 5, &goes_on)[0].id, alerts[0].id, "one episode is one alert");
    let over = DeviceRaised { on: false, key: MessageKey(3), ..low_saturation() };
    assert!(happen(&mut ward, 9, &over).is_empty());
}

#[test]
fn the_same_event_of_another_sign_is_another_alert() {
    let mut ward = ward();
    happen(&mut ward, 0, &low_saturation());
    let rate = DeviceRaised { source: "MDC_ECG_HEART_RATE".to_owned(), ..low_saturation() };
    assert_eq!(happen(&mut ward, 1, &rate).len(), 2);
    let rate_over = DeviceRaised { on: false, ..rate };
    assert_eq!(happen(&mut ward, 2, &rate_over).len(), 1);
}

#[test]
fn an_old_end_does_not_end_what_began_since() {
    let mut ward = ward();
    happen(&mut ward, 0, &low_saturation());
    let again = DeviceRaised { episode: Some("e2".to_owned()), key: MessageKey(2), ..low_saturation() };
    let second = happen(&mut ward, 60, &again);
    assert_eq!((second.len(), second[0].state), (1, AlertState::Active));
    let old_end = DeviceRaised { on: false, key: MessageKey(3), ..low_saturation() };
    assert_eq!(
        happen(&mut ward, 61, &old_end).len(),
        1,
        "the end of the first episode was on its way for long"
    );
    let end = DeviceRaised { on: false, key: MessageKey(4), ..again };
    assert!(happen(&mut ward, 62, &end).is_empty());
}

#[test]
fn a_pause_at_the_bedside_is_noted_once_and_silences_nothing_here() {
    let mut ward = ward();
    let paused = DeviceRaised { inactivation: "audio-paused".to_owned(), ..low_saturation() };
    happen(&mut ward, 0, &low_saturation());
    for seconds in [1, 2] {
        let alerts = happen(&mut ward, seconds, &paused);
        assert_eq!((alerts[0].notes.len(), alerts[0].state), (1, AlertState::Active));
        assert_eq!(alerts[0].notes[0], "the device says: audio-paused");
    }
}

#[test]
fn a_fault_of_the_device_is_technical_and_said_in_its_words() {
    let mut ward = ward();
    let occlusion = DeviceRaised {
        event: "MDC_EVT_FLUID_LINE_OCCL".to_owned(),
        text: "Occlusion".to_owned(),
        about: About::Device,
        ..low_saturation()
    };
    let alerts = happen(&mut ward, 0, &occlusion);
    assert_eq!((alerts[0].kind, alerts[0].title.as_str()), (Kind::Technical, "monitor: Occlusion"));
    assert!(happen(&mut ward, 1, &DeviceRaised { on: false, ..occlusion }).is_empty());
}

#[test]
fn what_was_a_point_in_time_is_over_when_somebody_has_answered() {
    let mut ward = ward();
    for (seconds, passing) in [(0, true), (10, false)] {
        let alarm = DeviceRaised { passing, key: MessageKey(u64::from(seconds)), ..low_saturation() };
        happen(&mut ward, seconds, &alarm);
        let alert = ward.beds[7].bed.alerts().find(|alert| alert.is_open()).map(|alert| alert.id).unwrap();
        let by = Person { name: "n".to_owned(), role: Role::Nurse, station: "desk".to_owned() };
        let say = Say::Acknowledge(None);
        let answer = PersonAnswer { alert, by, via: Via::Station, say, note: String::new() };
        let turn = ward.on(&Event::Answer(answer), at(seconds + 1));
        assert_eq!(turn.said, [Said::Done]);
        assert_eq!(shown(&ward, at(seconds + 1)).is_empty(), passing, "an episode goes on");
    }
}

#[test]
fn a_checkpoint_keeps_which_episode_is_open() {
    let mut ward = ward();
    let second = DeviceRaised { episode: Some("e2".to_owned()), ..low_saturation() };
    happen(&mut ward, 0, &second);
    let records = shown(&ward, at(0)).iter().map(|record| AlertRecord::clone(record)).collect();
    let saved = ward.save().expect("a ward can be written down");
    let mut again = self::ward();
    assert!(again.restore(&saved, at(0).moment));
    again.recorded(records, at(0).moment);
    let old_end = DeviceRaised { on: false, ..low_saturation() };
    assert_eq!(happen(&mut again, 1, &old_end).len(), 1);
}

#[test]
fn an_end_that_leaves_out_what_it_is_about_still_ends() {
    let bare = DeviceRaised { source: String::new(), on: false, key: MessageKey(2), ..low_saturation() };
    let of_its_episode = DeviceRaised { event: "MDC_EVT_OTHER".to_owned(), ..bare.clone() };
    let unnamed = DeviceRaised { episode: None, ..bare.clone() };
    for end in [&bare, &of_its_episode, &unnamed] {
        let mut ward = ward();
        assert_eq!(happen(&mut ward, 0, &low_saturation()).len(), 1);
        assert!(happen(&mut ward, 5, end).iter().all(|alert| alert.state != AlertState::Active), "{end:?}");
    }
    let of_another = DeviceRaised { episode: Some("e2".to_owned()), ..bare };
    let mut ward = ward();
    let _ = happen(&mut ward, 0, &low_saturation());
    assert_eq!(happen(&mut ward, 5, &of_another)[0].state, AlertState::Active);
}

#[test]
fn an_immediate_alarm_calls_where_the_patient_lies_else_everybody() {
    let apnoea = DeviceRaised {
        place: Place::Nowhere,
        patient: Some(Uhid("A".to_owned())),
        about: About::Immediate,
        priority: Priority::High,
        ..low_saturation()
    };
    let called = |ward: &mut Ward| {
        let _ = ward.on(&Event::Alarm(apnoea.clone()), at(1));
        let high = shown(ward, at(1)).into_iter().filter(|alert| alert.priority == Priority::High);
        high.map(|alert| alert.bed.clone()).collect::<Vec<_>>()
    };
    let mut nobody_known = ward();
    assert_eq!(called(&mut nobody_known), [None]);
    let mut admitted = ward();
    let _ = admitted.on(&Event::Admission(came("A", "07")), at(0));
    assert_eq!(called(&mut admitted), [Some("07".to_owned())]);
}
