//! The ward as a value: what happens to it, and what must follow.

mod ages;
mod called_off;
mod duty;
mod handed_over;
mod held_back;
mod movements;
mod own_critical;
mod own_limits;
mod quiet;
mod reasons;
mod receipts;
mod recorded;
mod results;
mod signed;
mod silence;
mod strangers;
mod tasks;
mod trends;

use super::*;
use crate::config::Faults;
use crate::event::{
    Admission, Burst, DeviceFrame, LabItem, LabReport, Measured, Movement, Place, Stage, Uhid,
};
use crate::owed::{Destination, Owed, Parcel};
use crate::record::AlertRecord;
use rules::alert::{Comparator, Kind, Quantity};
use rules::critical::Known;
use rules::event::{Flag, ResultStatus, Role, Say, Via};
use rules::{Decimal, Priority, Quality, Sign, Span, Technical, Unit};

const START: Moment = Moment(1_000_000);

fn plan() -> Arc<WardPlan> {
    let mut faults = Faults::default();
    let plan =
        crate::config::ward::read(include_str!("../../../deploy/ward.toml").parse().unwrap(), &mut faults);
    assert_eq!(faults.0, []);
    Arc::new(plan)
}

fn ward() -> Ward {
    Ward::new(plan())
}

fn at(seconds: u32) -> Now {
    Now { moment: START + Span::seconds(seconds), offset_ms: 0 }
}

fn frame(bed: &str, key: u64, signs: &[(Sign, i32)]) -> Event {
    let readings = signs.iter().map(|(sign, value)| Measured {
        code: format!("{sign:?}").into(),
        text: value.to_string().into(),
        unit: sign.facts().unit.ucum().into(),
        status: "".into(),
        taken: None,
        judged: Some((*sign, Ok(*value), Quality::Good)),
    });
    Event::Frame(DeviceFrame {
        silence_s: None,
        place: Place::Bed(bed.to_owned()),
        patient: None,
        device: "monitor".to_owned(),
        sent: None,
        seq: Some(key),
        key: MessageKey(key),
        readings: readings.collect(),
    })
}

fn potassium(text: &str) -> LabItem {
    let value = Decimal::parse(text.as_bytes()).unwrap();
    LabItem {
        code: "2823-3".to_owned(),
        name: "Potassium".to_owned(),
        text: text.to_owned(),
        unit: "mmol/L".to_owned(),
        range: "3.5-5.1".to_owned(),
        flags: "HH".to_owned(),
        known: Some(Known::Potassium),
        quantity: Some(Quantity { comparator: Comparator::Exactly, value, unit: Unit::MmolPerL }),
        flag: Flag::CriticalHigh,
        status: ResultStatus::Stands,
        sampled: None,
        key: MessageKey(77),
        provenance: crate::event::Provenance::default(),
    }
}

fn report(patient: &str, location: &str, results: Vec<LabItem>) -> Event {
    Event::Report(LabReport {
        patient: Some(uhid(patient)),
        candidates: Vec::new(),
        numbers: Vec::new(),
        place: Place::Location(location.to_owned()),
        accession: "ACC1".to_owned(),
        message: "L1".to_owned(),
        attending: None,
        results,
    })
}

fn uhid(text: &str) -> Uhid {
    Uhid(text.to_owned())
}

fn admit(patient: &str, location: &str) -> Event {
    moves(Movement::Admit, patient, location)
}

/// A movement that carries no time: it counts from its arrival.
fn moves(movement: Movement, patient: &str, location: &str) -> Event {
    Event::Admission(Admission {
        movement,
        patient: uhid(patient),
        name: "Test Patient".to_owned(),
        place: Place::Location(location.to_owned()),
        prior: Place::Nowhere,
        born: None,
        attending: None,
        at: None,
    })
}

fn answer(alert: AlertId, role: Role, say: Say) -> Event {
    let by = Person { name: format!("{role:?}"), role, station: "desk".to_owned() };
    Event::Answer(PersonAnswer { alert, by, via: Via::Station, say, note: String::new() })
}

fn owed(turn: &Turn) -> Vec<&Owed> {
    turn.records
        .iter()
        .filter_map(|record| if let Record::Owed(owed) = record { Some(owed) } else { None })
        .collect()
}

fn open(ward: &Ward, now: Now) -> Vec<Arc<AlertRecord>> {
    ward.view(1, now).alerts
}

#[test]
fn a_result_for_somebody_who_is_not_admitted_calls_by_bed_and_names_no_patient_in_the_his() {
    let mut ward = ward();
    let turn = ward.on(&report("MRN0042", "ICU^BED-07^1^HOSP", vec![potassium("7.1")]), at(0));
    let alerts = open(&ward, at(0));
    assert_eq!(alerts[0].bed.as_deref(), Some("07"));
    assert_eq!(alerts[0].notes, ["MRN0042 is not admitted here"]);
    assert_eq!(alerts[0].title, "Potassium 7.1 mmol/L > 6.2 mmol/L (HH)");
    assert!(alerts[0].charting_held);
    match owed(&turn).as_slice() {
        [
            Owed { parcel: Parcel::Notice { user, subject, patient: None, .. }, .. },
            Owed { parcel: Parcel::Task { patient: None, .. }, .. },
            Owed { parcel: Parcel::Phone { .. }, .. },
        ] => {
            assert_eq!(user, "dr.sample@example.org");
            let told = "bed 07: Potassium 7.1 mmol/L > 6.2 mmol/L (HH); whose it is, is not settled";
            assert!(subject.ends_with(told), "{subject}");
        }
        other => panic!("the bell waits no more than the phone: {other:?}"),
    }
    let told: Vec<String> = owed(&turn).iter().map(|owed| owed.key.clone()).collect();

    let turn = ward.on(&admit("MRN0042", "ICU^BED-07^1^HOSP"), at(5));
    let alerts = open(&ward, at(5));
    assert!(alerts[0].notes.is_empty() && !alerts[0].charting_held);
    assert!(owed(&turn).iter().all(|owed| told.contains(&owed.key)), "nothing twice: {turn:?}");
    let done = ward.on(&answer(alerts[0].alert.id, Role::Doctor, Say::Accept), at(6));
    let close = owed(&done).into_iter().find(|owed| matches!(owed.parcel, Parcel::TaskDone { .. })).unwrap();
    assert_eq!(close.parcel.line(), Some(alerts[0].id.as_str()), "it waits behind the task");
    assert_eq!(close.parcel.patient(), Some(&uhid("MRN0042")));
}

#[test]
fn a_critical_result_of_a_stranger_calls_the_whole_ward_and_a_normal_one_does_not() {
    let mut ward = ward();
    let _ = ward.on(&report("MRN9", "ELSEWHERE^^1", vec![potassium("7.1")]), at(0));
    let alerts = open(&ward, at(0));
    assert_eq!((alerts.len(), alerts[0].bed.as_deref()), (1, None));
    assert_eq!(alerts[0].notes, ["MRN9 is not on a bed here"]);
    let normal = LabItem { flags: String::new(), flag: Flag::NotCritical, ..potassium("4.1") };
    let _ = ward.on(&report("MRN10", "ELSEWHERE^^1", vec![normal]), at(1));
    assert_eq!(open(&ward, at(1)).len(), 1);
}

#[test]
fn a_result_follows_the_patient_to_the_bed_they_are_in_now() {
    let mut ward = ward();
    let _ = ward.on(&admit("MRN0042", "ICU-1^^03"), at(0));
    let _ = ward.on(&report("MRN0042", "ICU^BED-07^1^HOSP", vec![potassium("7.1")]), at(1));
    let alerts = open(&ward, at(1));
    assert_eq!(alerts[0].bed.as_deref(), Some("03"));
    assert!(alerts[0].notes.is_empty());
}

#[test]
fn a_step_is_owed_once_to_each_person_and_in_its_time() {
    let mut ward = ward();
    let _ = ward.on(&admit("MRN0042", "ICU-1^^03"), at(0));
    let first = ward.on(&report("MRN0042", "ICU-1^^03", vec![potassium("7.1")]), at(1));
    assert_eq!(owed(&first).len(), 3, "HIS, task and phone of the attending");
    assert!(owed(&ward.tick(at(60))).is_empty());
    let second = ward.tick(at(61));
    assert_eq!(owed(&second).len(), 3, "the duty doctor");
    let keys: std::collections::BTreeSet<&str> =
        owed(&first).iter().chain(&owed(&second)).map(|owed| owed.key.as_str()).collect();
    assert_eq!(keys.len(), 5, "they are one person, with one task");
}

#[test]
fn read_back_and_responsibility_end_a_laboratory_critical() {
    let mut ward = ward();
    let _ = ward.on(&report("MRN0042", "ICU-1^^03", vec![potassium("6.80")]), at(0));
    let id = open(&ward, at(0))[0].alert.id;
    let said = |text: &str| {
        let value = Decimal::parse(text.as_bytes()).unwrap();
        Say::Acknowledge(Some(Quantity { comparator: Comparator::Exactly, value, unit: Unit::Missing }))
    };
    let turn = ward.on(&answer(id, Role::Nurse, said("8.6")), at(1));
    assert_eq!(turn.said, [Said::Refused(Refusal::ReadBackWrong, None)]);
    let turn = ward.on(&answer(id, Role::Nurse, said("6.8")), at(2));
    assert_eq!(turn.said, [Said::Done]);
    let turn = ward.on(&answer(id, Role::Nurse, said("6.8")), at(3));
    assert_eq!(turn.said, [Said::Refused(Refusal::Already, None)]);
    assert!(open(&ward, at(3))[0].acknowledged.as_ref().unwrap().by.contains("Nurse"), "who was first");
    let turn = ward.on(&answer(id, Role::Doctor, Say::Accept), at(4));
    assert_eq!(turn.said, [Said::Done]);
    assert!(open(&ward, at(4)).is_empty());
    let turn = ward.on(&answer(id, Role::Doctor, Say::Accept), at(5));
    assert_eq!(turn.said, [Said::Refused(Refusal::Already, None)], "it is over");
    let turn = ward.on(&answer(AlertId(1), Role::Doctor, Say::Accept), at(6));
    assert_eq!(turn.said, [Said::Refused(Refusal::Unknown, None)]);
}

/// A frame whose sender knows the patient, and perhaps a location.
fn frame_of(patient: &str, location: &str, key: u64) -> Event {
    let Event::Frame(frame) = frame("", key, &[(Sign::HeartRate, 80)]) else { panic!("a frame") };
    let place = Place::WithPatient(location.to_owned());
    Event::Frame(DeviceFrame { place, patient: Some(Uhid(patient.to_owned())), ..frame })
}

#[test]
fn a_frame_goes_to_the_bed_of_its_patient_then_to_the_place_that_is_named() {
    let mut ward = ward();
    let _ = ward.on(&admit("MRN0042", "ICU-1^^03"), at(0));
    let bed = |turn: Turn| turn.bed;
    let first = ward.on(&frame_of("MRN0042", "ICU-1^^07", 1), at(1));
    assert_eq!(bed(first).as_deref(), Some("03"), "the binding goes before a place that may be old");
    let second = ward.on(&frame_of("MRN0043", "ICU-1^^07", 2), at(1));
    assert_eq!(bed(second).as_deref(), Some("07"));
    let _ = ward.on(&admit("MRN0044", "ICU-1^^03"), at(2));
    let third = ward.on(&frame_of("MRN0044", "", 3), at(3));
    assert_eq!(bed(third).as_deref(), Some("03"), "in doubt alarms go on by bed");
}

#[test]
fn a_frame_of_a_patient_on_no_bed_is_shown_without_their_identity() {
    let mut ward = ward();
    let turn = ward.on(&frame_of("MRN0043", "", 1), at(0));
    assert_eq!(turn.bed, None);
    let alerts = open(&ward, at(0));
    assert_eq!((alerts.len(), alerts[0].code.as_str()), (1, "technical.unknown-bed"));
    assert!(
        alerts[0].title.contains("admission") && !alerts[0].title.contains("MRN0043"),
        "{}",
        alerts[0].title
    );
}

#[test]
fn a_frame_for_a_bed_that_is_not_ours_is_shown_once() {
    let mut ward = ward();
    let _ = ward.on(&frame("99", 1, &[(Sign::HeartRate, 80)]), at(0));
    let _ = ward.on(&frame("99", 2, &[(Sign::HeartRate, 80)]), at(1));
    let alerts = open(&ward, at(1));
    assert_eq!(
        (alerts.len(), alerts[0].kind, alerts[0].code.as_str()),
        (1, Kind::Technical, "technical.unknown-bed")
    );
    assert!(alerts[0].title.contains("99"));
}

/// A frame of a device that has a clock, arriving some seconds after it was sent.
fn sent_at(sent_s: u32, key: u64, rate: i32) -> Event {
    let Event::Frame(frame) = frame("03", key, &[(Sign::HeartRate, rate)]) else { panic!("a frame") };
    Event::Frame(DeviceFrame { sent: Some(at(sent_s).wall()), ..frame })
}

#[test]
fn what_arrives_later_than_it_is_valid_is_kept_and_does_not_sound() {
    let validity = Sign::HeartRate.facts().validity.whole_seconds();
    for (delay, sounds) in [(validity + 10, false), (validity - 10, true)] {
        let mut ward = ward();
        let _ = ward.on(&sent_at(0, 1, 80), at(0));
        let turn = ward.on(&sent_at(1, 2, 0), at(1 + delay));
        assert_eq!(turn.bed.as_deref(), Some("03"), "the frame is the bed's, whatever its age");
        let codes: Vec<String> = open(&ward, at(1 + delay)).iter().map(|alert| alert.code.clone()).collect();
        assert_eq!(codes.contains(&"no-pulse".to_owned()), sounds, "{delay} s late: {codes:?}");
    }
}

#[test]
fn a_device_whose_clock_is_years_off_is_never_late() {
    let mut ward = ward();
    let years = 400_000_000;
    for (second, rate) in [(0, 80), (1, 0)] {
        let _ = ward.on(&sent_at(second, u64::from(second), rate), at(years + second));
    }
    assert_eq!(open(&ward, at(years + 1))[0].code, "no-pulse");
}

#[test]
fn a_device_s_value_without_a_unit_is_said_so_and_judged_by_nothing() {
    let mut ward = ward();
    let Event::Frame(mut frame) = frame("03", 1, &[(Sign::SpO2, 60)]) else { panic!("a frame") };
    frame.readings[0].judged = Some((Sign::SpO2, Err(rules::Absence::UnitMissing), Quality::Good));
    let _ = ward.on(&Event::Frame(frame), at(0));
    let alerts = open(&ward, at(0));
    assert_eq!((alerts.len(), alerts[0].kind), (1, Kind::Technical));
    assert_eq!(alerts[0].title, "SpO₂ could not be judged: unit missing");
}

#[test]
fn two_patients_on_one_bed_hold_the_chart_and_ask() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&admit("B", "ICU-1^^03"), at(1));
    let _ = ward.on(&frame("03", 1, &[(Sign::HeartRate, 80)]), at(2));
    let view = ward.view(1, at(2));
    assert!(view.beds[2].binding.in_doubt);
    assert_eq!(view.alerts[0].code, "technical.binding-in-doubt");
    assert!(owed(&ward.tick(at(2_000))).iter().all(|owed| !matches!(owed.parcel, Parcel::Vitals { .. })));
}

#[test]
fn vital_signs_of_a_settled_patient_are_charted_by_the_clock_and_never_from_before() {
    let mut ward = ward();
    let _ = ward.on(&frame("03", 1, &[(Sign::Temperature, 372)]), at(0));
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(10));
    let _ = ward.on(&frame("03", 2, &[(Sign::HeartRate, 80)]), at(60));
    let turn = ward.tick(at(70));
    match owed(&turn).as_slice() {
        [Owed { parcel: Parcel::Vitals { patient, values, .. }, destination: Destination::Mllp, .. }] => {
            assert_eq!(patient.0, "A");
            assert_eq!(values.iter().map(|value| value.sign).collect::<Vec<_>>(), [Sign::HeartRate]);
        }
        other => panic!("one set was expected: {other:?}"),
    }
}

#[test]
fn a_burst_is_a_receipt_for_every_alert_it_announced() {
    let mut ward = ward();
    let _ = ward.on(&frame("03", 1, &[(Sign::HeartRate, 0)]), at(0));
    let burst = Event::Sounded(Burst { priority: Priority::High, to: "station".to_owned() });
    let _ = ward.on(&burst, at(1));
    let _ = ward.on(&burst, at(6));
    let alerts = open(&ward, at(6));
    let no_pulse = alerts.iter().find(|record| record.code == "no-pulse").unwrap();
    assert_eq!(no_pulse.receipts.iter().filter(|receipt| receipt.stage == Stage::Sounded).count(), 1);
}

#[test]
fn sound_that_is_off_says_so_in_the_receipt() {
    let mut ward = ward();
    ward.sound_is_off(true);
    let _ = ward.on(&frame("03", 1, &[(Sign::HeartRate, 0)]), at(0));
    let alerts = open(&ward, at(0));
    assert!(
        alerts[0].receipts.iter().any(|receipt| receipt.error.as_deref() == Some("off by configuration"))
    );
    assert_eq!(ward.view(1, at(0)).strips, ["SOUND OFF BY CONFIGURATION"]);
}

/// The events of an afternoon, for recovery.
fn afternoon() -> Vec<(u32, Event)> {
    let mut events =
        vec![(0, admit("A", "ICU-1^^03")), (1, report("A", "ICU-1^^03", vec![potassium("7.1")]))];
    for second in 2..90 {
        events.push((second, frame("03", u64::from(second), &[(Sign::HeartRate, 160), (Sign::SpO2, 97)])));
    }
    events
}

fn open_ids(ward: &Ward) -> Vec<(String, u16)> {
    let mut ids: Vec<_> =
        open(ward, at(100)).iter().map(|record| (record.id.clone(), record.alert.steps_called)).collect();
    ids.sort();
    ids
}

#[test]
fn a_checkpoint_and_the_events_after_it_give_the_same_ward() {
    let mut lived = ward();
    let mut saved = None;
    for (second, event) in afternoon() {
        while lived.deadline().is_some_and(|deadline| deadline < at(second).moment) {
            let _ = lived.tick(Now { moment: lived.deadline().unwrap(), offset_ms: 0 });
        }
        let _ = lived.on(&event, at(second));
        if second == 40 {
            saved = lived.save();
        }
    }
    let mut recovered = ward();
    assert!(recovered.restore(&saved.unwrap(), at(40).moment));
    for (second, event) in afternoon().into_iter().filter(|(second, _)| *second > 40) {
        recovered.relive(at(second).moment, &event, 0);
    }
    let records = open(&lived, at(90)).iter().map(|record| AlertRecord::clone(record)).collect();
    recovered.recorded(records, at(90).moment);
    assert_eq!(open_ids(&recovered), open_ids(&lived));
    assert!(
        open(&recovered, at(90)).iter().all(|record| record.notes.is_empty()),
        "the replay reproduced them all"
    );
}

#[test]
fn what_was_recorded_wins_over_a_replay_that_lacks_it() {
    let mut lived = ward();
    let _ = lived.on(&frame("03", 1, &[(Sign::HeartRate, 0)]), at(0));
    let records: Vec<AlertRecord> =
        open(&lived, at(0)).iter().map(|record| AlertRecord::clone(record)).collect();
    let mut recovered = ward();
    recovered.recorded(records, at(1).moment);
    let alerts = open(&recovered, at(1));
    assert_eq!(alerts[0].notes, ["recorded before the last start"]);
    let turn = recovered.tick(at(200));
    assert!(turn.alerts_changed, "its next step is overdue, and is called at once");
    assert_eq!(recovered.signal(at(0)).map(|signal| signal.alert), Some(alerts[0].id.clone()));
}

#[test]
fn a_checkpoint_of_another_ward_is_not_taken() {
    let bytes = ward().save().unwrap();
    let mut other = WardPlan::clone(&plan());
    other.beds.truncate(3);
    assert!(!Ward::new(Arc::new(other)).restore(&bytes, START));
    assert!(!ward().restore(b"nonsense", START));
}
