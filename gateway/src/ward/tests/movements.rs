//! Patients move, are mistaken for others, and become one: their alerts go with them, and doubts end.

use super::*;
use crate::event::{Merge, OrderNumber, Ordered, Settlement, Unidentified};

/// The same alert as the rules hold it, but for what a move may change.
fn ladder(ward: &Ward, now: Now) -> (String, Moment, u16, Option<Moment>) {
    let alerts = open(ward, now);
    let record = alerts.iter().find(|record| record.kind == Kind::Laboratory).unwrap();
    let alert = &record.alert;
    (record.id.clone(), alert.called_from, alert.steps_called, alert.next_at)
}

/// The patient is on bed 03 with a critical potassium whose second step was called a minute later.
fn with_potassium(patient: &str) -> Ward {
    let mut ward = ward();
    let _ = ward.on(&admit(patient, "ICU-1^^03"), at(0));
    let _ = ward.on(&report(patient, "ICU-1^^03", vec![potassium("7.1")]), at(0));
    let _ = ward.tick(at(60));
    assert_eq!(ladder(&ward, at(60)).2, 2);
    ward
}

fn settles(bed: &str, patient: &str) -> Event {
    let by = Person { name: "asha".to_owned(), role: Role::Nurse, station: "desk".to_owned() };
    Event::Settle(Settlement { bed: bed.to_owned(), by, patient: uhid(patient) })
}

fn frame_of(patient: Option<&str>, key: u64) -> Event {
    let Event::Frame(mut frame) = frame("03", key, &[(Sign::HeartRate, 80)]) else { panic!("another event") };
    frame.patient = patient.map(uhid);
    Event::Frame(frame)
}

fn changes(turn: &Turn) -> Vec<(String, String)> {
    let change = |record: &Record| match record {
        Record::Change(change) => Some((change.what.clone(), change.actor.clone())),
        _ => None,
    };
    turn.records.iter().filter_map(change).collect()
}

#[test]
fn a_transfer_carries_the_critical_potassium_with_its_ladder() {
    let mut ward = with_potassium("A");
    let before = ladder(&ward, at(60));
    let turn = ward.on(&moves(Movement::Transfer, "A", "ICU-1^^05"), at(70));
    assert!(changes(&turn).contains(&("moved to bed 05 with the patient".to_owned(), "his".to_owned())));
    assert!(owed(&turn).is_empty(), "nobody is called anew");
    assert_eq!(ladder(&ward, at(70)), before);
    let alerts = open(&ward, at(70));
    assert_eq!((alerts.len(), alerts[0].bed.as_deref()), (1, Some("05")));
    assert_eq!(alerts[0].notes, ["moved from bed 03 with the patient"]);
    let turn = ward.tick(at(120));
    assert_eq!(ladder(&ward, at(120)).2, 3, "the third step comes when it would have");
    assert!(turn.alerts_changed);
    let again = ward.on(&report("A", "ICU-1^^03", vec![potassium("7.1")]), at(130));
    assert!(again.alerts.is_empty(), "sent again, it is known at the new bed");
}

#[test]
fn after_a_crash_the_alert_is_where_the_patient_is() {
    let mut lived = with_potassium("A");
    let saved = lived.save().unwrap();
    let moved = moves(Movement::Transfer, "A", "ICU-1^^05");
    let _ = lived.on(&moved, at(70));
    let mut recovered = ward();
    assert!(recovered.restore(&saved, at(60).moment));
    recovered.relive(at(70).moment, &moved, 0);
    let records = open(&lived, at(80)).iter().map(|record| AlertRecord::clone(record)).collect();
    recovered.recorded(records, at(80).moment);
    assert_eq!(ladder(&recovered, at(80)), ladder(&lived, at(80)));
    let alerts = open(&recovered, at(80));
    assert_eq!((alerts.len(), alerts[0].bed.as_deref()), (1, Some("05")));
    assert!(!alerts[0].notes.iter().any(|note| note.contains("recorded")), "the replay moved it, too");
    assert_eq!(recovered.view(1, at(80)).beds[2].bindings.len(), 1, "the history is there");
}

#[test]
fn a_changed_limit_or_another_bed_does_not_forget_who_lies_where() {
    let mut lived = ward();
    let _ = lived.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = lived.on(&admit("B", "ICU-1^^04"), at(0));
    let transfer = moves(Movement::Transfer, "B", "ICU-1^^05");
    let _ = lived.on(&transfer, at(10));
    let mut other = WardPlan::clone(&plan());
    other.beds.remove(2);
    let mut changed = Ward::new(Arc::new(other));
    assert!(!changed.restore(&lived.save().unwrap(), at(20).moment));
    assert!(changed.take_over(&lived.save().unwrap(), at(20).moment));
    let patients = |ward: &Ward| -> Vec<(String, Option<Uhid>)> {
        let beds = ward.view(1, at(20)).beds;
        beds.iter().map(|bed| (bed.label.clone(), bed.binding.patient.clone())).take(4).collect()
    };
    let there = |label: &str, patient: Option<&str>| (label.to_owned(), patient.map(uhid));
    let expected = [there("01", None), there("02", None), there("04", None), there("05", Some("B"))];
    assert_eq!(patients(&changed), expected, "bed 03 is gone, and whoever lay there with it");
    // What happened since yesterday is lived through again, and is older than what is known.
    changed.relive(at(0).moment, &admit("B", "ICU-1^^04"), 0);
    changed.relive(at(10).moment, &transfer, 0);
    assert_eq!(patients(&changed), expected);
    let _ = changed.on(&moves(Movement::CancelTransfer, "B", "ICU-1^^04"), at(30));
    assert_eq!(changed.view(1, at(30)).beds[2].binding.patient, Some(uhid("B")));
    assert!(owed(&changed.tick(at(200))).is_empty(), "nothing was measured");
    assert!(!changed.take_over(b"nonsense", at(40).moment));
}

#[test]
fn who_leaves_the_ward_takes_the_alert_off_the_bed_and_brings_it_back() {
    let mut ward = with_potassium("A");
    let before = ladder(&ward, at(60));
    let _ = ward.on(&moves(Movement::Discharge, "A", "ICU-1^^03"), at(70));
    let mut alerts = open(&ward, at(70));
    // The hand-over is its own story.
    alerts.retain(|alert| alert.kind == Kind::Laboratory);
    assert_eq!((alerts.len(), alerts[0].bed.as_deref()), (1, None), "nobody else's bed shows it");
    assert_eq!(alerts[0].notes, ["A has left bed 03"]);
    assert!(ward.view(1, at(70)).beds[2].standby_offered);
    let _ = ward.on(&moves(Movement::CancelDischarge, "A", "ICU-1^^03"), at(80));
    let alerts = open(&ward, at(80));
    assert_eq!((alerts[0].bed.as_deref(), alerts[0].notes.len()), (Some("03"), 0));
    assert_eq!(ladder(&ward, at(80)), before);
    assert!(!ward.view(1, at(80)).beds[2].standby_offered);
}

#[test]
fn a_merge_moves_binding_alert_and_order_to_the_name_that_stays() {
    let mut ward = ward();
    let order = Ordered { patient: uhid("MRN0041"), numbers: vec![OrderNumber::Placer("ORD1".to_owned())] };
    let _ = ward.on(&Event::Ordered(order), at(0));
    let _ = ward.on(&admit("MRN0041", "ICU-1^^03"), at(0));
    let _ = ward.on(&report("MRN0041", "ICU-1^^03", vec![potassium("7.1")]), at(0));
    let _ = ward.tick(at(60));
    let before = ladder(&ward, at(60));
    let merge = Merge { into: uhid("MRN0042"), from: uhid("MRN0041"), at: None };
    let turn = ward.on(&Event::Merge(merge), at(70));
    assert!(owed(&turn).is_empty());
    assert_eq!(ladder(&ward, at(70)), before);
    let alerts = open(&ward, at(70));
    assert_eq!(alerts[0].patient, Some(uhid("MRN0042")));
    assert_eq!(alerts[0].notes, ["MRN0041 is MRN0042 now"]);
    assert_eq!(ward.view(1, at(70)).beds[2].binding.patient, Some(uhid("MRN0042")));
    let corrected = LabItem {
        status: ResultStatus::Corrected,
        flag: Flag::NotCritical,
        sampled: Some(at(0).wall()),
        ..potassium("4.1")
    };
    let Event::Report(mut report) = report("MRN0042", "", vec![corrected]) else { panic!("another event") };
    report.patient = None;
    report.numbers = vec![OrderNumber::Placer("ORD1".to_owned())];
    let turn = ward.on(&Event::Report(report), at(80));
    assert!(open(&ward, at(80)).is_empty(), "the order is the other name's now: {:?}", changes(&turn));
}

#[test]
fn an_older_movement_says_so_to_whoever_looks_at_its_message() {
    let mut ward = ward();
    let told = |movement, location: &str, seconds: i64| {
        let Event::Admission(told) = moves(movement, "A", location) else { panic!("another event") };
        Event::Admission(Admission { at: Some(Wall(at(0).wall().0 + seconds * 1_000)), ..told })
    };
    let turn = ward.on(&told(Movement::Transfer, "ICU-1^^05", 10), at(20));
    assert_eq!(turn.remark, None);
    let turn = ward.on(&told(Movement::Admit, "ICU-1^^03", 5), at(21));
    let remark = turn.remark.unwrap();
    assert!(remark.starts_with("older than ") && remark.ends_with("; not applied"), "{remark}");
    assert_eq!(ward.view(1, at(21)).beds[4].binding.patient, Some(uhid("A")));
}

fn unidentified(place: &str, candidates: &[&str]) -> Event {
    Event::Unidentified(Unidentified {
        trigger: "A01".to_owned(),
        arrives: true,
        place: Place::Location(place.to_owned()),
        candidates: candidates.iter().map(|name| uhid(name)).collect(),
    })
}

#[test]
fn a_movement_of_nobody_is_an_alert_until_somebody_is_named() {
    let mut ward = ward();
    let turn = ward.on(&unidentified("ICU-1^^03", &[]), at(0));
    assert!(turn.remark.unwrap().contains("names no patient"));
    let alerts = open(&ward, at(0));
    assert_eq!((alerts.len(), alerts[0].bed.as_deref()), (1, None));
    assert!(alerts[0].title.starts_with("A01 for ICU-1^^03 names no patient"), "{}", alerts[0].title);
    assert_eq!(ward.view(1, at(0)).beds[2].binding.patient, None);
    let _ = ward.on(&admit("A", "ICU-1^^04"), at(1));
    assert_eq!(open(&ward, at(1)).len(), 1, "that was another bed");
    let _ = ward.on(&admit("B", "ICU-1^^03"), at(2));
    assert!(open(&ward, at(2)).is_empty());
}

#[test]
fn two_ids_in_one_admission_are_a_doubt_that_a_person_settles() {
    let mut ward = ward();
    let _ = ward.on(&unidentified("ICU-1^^03", &["A", "B"]), at(0));
    let view = ward.view(1, at(0));
    assert!(view.beds[2].binding.in_doubt);
    assert_eq!(view.beds[2].binding.candidates, [uhid("A"), uhid("B")]);
    assert_eq!(view.alerts[0].code, "technical.binding-in-doubt");
    assert!(
        view.alerts[0].title.starts_with("the HIS does not name one patient"),
        "{}",
        view.alerts[0].title
    );
    assert_eq!(ward.on(&settles("03", "C"), at(1)).said, [Said::Refused(Refusal::Unknown, None)]);
    let turn = ward.on(&settles("03", "B"), at(2));
    assert_eq!(turn.said, [Said::Done]);
    assert!(changes(&turn).contains(&("resolved".to_owned(), "asha".to_owned())), "{:?}", changes(&turn));
    let audited =
        turn.records.iter().any(|record| matches!(record, Record::Audit { actor, .. } if actor == "asha"));
    assert!(audited);
    let view = ward.view(1, at(2));
    assert_eq!((view.beds[2].binding.patient.clone(), view.alerts.len()), (Some(uhid("B")), 0));
    assert_eq!(view.beds[2].bindings[0].began.by, "asha");
    assert_eq!(ward.on(&settles("03", "B"), at(3)).said, [Said::Refused(Refusal::Already, None)]);
}

#[test]
fn a_device_that_names_another_patient_holds_the_chart_and_asks_once() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    for second in 1..5 {
        let _ = ward.on(&frame_of(Some("B"), u64::from(second)), at(second));
    }
    let alerts = open(&ward, at(5));
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert!(alerts[0].title.starts_with("a device names another patient"), "{}", alerts[0].title);
    assert!(owed(&ward.tick(at(70))).iter().all(|owed| !matches!(owed.parcel, Parcel::Vitals { .. })));
    let _ = ward.on(&frame("03", 90, &[(Sign::HeartRate, 0)]), at(71));
    let alarm = open(&ward, at(71)).into_iter().find(|record| record.code == "no-pulse").unwrap();
    assert_eq!((alarm.bed.as_deref(), alarm.patient.clone()), (Some("03"), None), "it calls by bed");
    let _ = ward.on(&frame_of(None, 91), at(72));
    assert!(ward.view(1, at(72)).beds[2].binding.in_doubt, "a frame that names nobody settles nothing");
    let _ = ward.on(&frame_of(Some("A"), 92), at(73));
    let view = ward.view(1, at(73));
    assert_eq!(view.beds[2].binding.patient, Some(uhid("A")));
    assert!(view.alerts.iter().all(|record| record.code != "technical.binding-in-doubt"));
    let charted = ward.tick(at(140));
    assert!(owed(&charted).iter().any(|owed| matches!(owed.parcel, Parcel::Vitals { .. })), "it goes on");
}

#[test]
fn a_person_who_believes_the_device_gives_the_bed_to_that_patient() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&frame_of(Some("B"), 1), at(1));
    let _ = ward.on(&settles("03", "B"), at(2));
    let view = ward.view(1, at(2));
    assert_eq!(view.beds[2].binding.patient, Some(uhid("B")));
    assert!(view.beds[2].vitals.is_empty(), "what was measured for the one never counts for the other");
    let _ = ward.on(&frame_of(Some("B"), 3), at(3));
    assert!(!ward.view(1, at(3)).beds[2].binding.in_doubt);
}

#[test]
fn an_alarm_from_before_the_binding_is_nobodys_of_it() {
    let mut ward = ward();
    let _ = ward.on(&frame("03", 1, &[(Sign::HeartRate, 0)]), at(0));
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(10));
    let alarm = open(&ward, at(10)).into_iter().find(|record| record.code == "no-pulse").unwrap();
    assert!(alarm.patient.is_none() && alarm.charting_held);
}

#[test]
fn what_ends_elsewhere_takes_nobody_off_a_bed_and_somebody_looks() {
    for ends in [Movement::Discharge, Movement::CancelAdmit] {
        let mut ward = ward();
        let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
        let _ = ward.on(&moves(Movement::Register, "A", "CLINIC^^1"), at(1));
        let turn = ward.on(&moves(ends, "A", "CLINIC^^1"), at(2));
        assert!(turn.remark.unwrap().ends_with("; not applied"));
        assert_eq!(ward.view(1, at(2)).beds[2].binding.patient, Some(uhid("A")));
        let alerts = open(&ward, at(2));
        assert_eq!((alerts.len(), alerts[0].bed.as_deref()), (1, Some("03")));
        let title = "CLINIC^^1 says that the patient of this bed has gone";
        assert!(alerts[0].title.starts_with(title), "{}", alerts[0].title);
        let _ = ward.on(&moves(Movement::Register, "A", "CLINIC^^1"), at(3));
        assert_eq!(open(&ward, at(3)).len(), 1, "the clinic knows no more of it than before");
        let _ = ward.on(&moves(Movement::Update, "A", "ICU-1^^03"), at(4));
        assert!(open(&ward, at(4)).is_empty(), "the patient is said to be here");
        let _ = ward.on(&moves(ends, "A", "CLINIC^^1"), at(5));
        let _ = ward.on(&moves(ends, "A", "ICU-1^^03"), at(6));
        assert_eq!(ward.view(1, at(6)).beds[2].binding.patient, None, "it names this bed");
        assert!(open(&ward, at(6)).is_empty());
    }
}

fn merges(from: &str, into: &str) -> Event {
    Event::Merge(Merge { into: uhid(into), from: uhid(from), at: None })
}

#[test]
fn a_name_that_is_no_more_still_means_the_patient() {
    let placed = OrderNumber::Placer("P4".to_owned());
    let mut lived = ward();
    let _ = lived.on(&admit("OLD", "ICU-1^^03"), at(0));
    let order = Ordered { patient: uhid("OLD"), numbers: vec![placed.clone()] };
    let _ = lived.on(&Event::Ordered(order), at(0));
    let _ = lived.on(&merges("OLD", "NEW"), at(1));
    let _ = lived.on(&merges("NEW", "NEWER"), at(2));
    let mut ward = ward();
    assert!(ward.restore(&lived.save().unwrap(), at(2).moment), "it is in the checkpoint");
    let Event::Report(mut told) = report("OLD", "", vec![potassium("7.1")]) else { panic!("another event") };
    told.numbers = vec![placed];
    let _ = ward.on(&Event::Report(told), at(3));
    let alerts = open(&ward, at(3));
    assert_eq!((alerts[0].bed.as_deref(), alerts[0].patient.clone()), (Some("03"), Some(uhid("NEWER"))));
    assert!(alerts[0].notes.is_empty() && !alerts[0].charting_held, "{:?}", alerts[0].notes);
    let _ = ward.on(&frame_of(Some("OLD"), 1), at(4));
    assert!(!ward.view(1, at(4)).beds[2].binding.in_doubt, "the monitor means the same patient");
    let _ = ward.on(&moves(Movement::Transfer, "OLD", "ICU-1^^05"), at(5));
    assert_eq!(ward.view(1, at(5)).beds[4].binding.patient, Some(uhid("NEWER")));
}

#[test]
fn a_name_that_was_taken_back_is_alive_again() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&merges("A", "B"), at(1));
    let _ = ward.on(&merges("B", "A"), at(2));
    assert_eq!(ward.view(1, at(2)).beds[2].binding.patient, Some(uhid("A")));
    let _ = ward.on(&moves(Movement::Transfer, "B", "ICU-1^^05"), at(3));
    assert_eq!(ward.view(1, at(3)).beds[4].binding.patient, Some(uhid("A")));
}

#[test]
fn a_result_that_names_nobody_is_charted_to_none_who_lay_there_all_along() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let Event::Report(mut told) = report("", "ICU-1^^03", vec![potassium("7.1")]) else {
        panic!("another event")
    };
    told.patient = None;
    let _ = ward.on(&Event::Report(told), at(10));
    let potassium = |ward: &Ward, now| {
        let found = open(ward, now).into_iter().find(|record| record.kind == Kind::Laboratory).unwrap();
        (found.patient.clone(), found.charting_held)
    };
    assert_eq!(potassium(&ward, at(10)), (None, true));
    let turn = ward.on(&moves(Movement::Update, "A", "ICU-1^^03"), at(20));
    assert_eq!(potassium(&ward, at(20)), (None, true), "whose address changed is not who was meant");
    assert!(owed(&turn).is_empty());
    let _ = ward.on(&frame_of(Some("B"), 1), at(30));
    let _ = ward.on(&frame_of(Some("A"), 2), at(31));
    assert_eq!(potassium(&ward, at(31)), (None, true), "a device that changed its mind explains nothing");
    let _ = ward.on(&frame_of(Some("B"), 3), at(32));
    let turn = ward.on(&settles("03", "A"), at(33));
    assert_eq!(potassium(&ward, at(33)), (Some(uhid("A")), false), "a person has said who lies here");
    assert!(owed(&turn).iter().any(|owed| matches!(owed.parcel, Parcel::Notice { .. })));
}
