//! Who is called: the people as they were when the climb began, whoever stands in for them, and what follows
//! when nobody answers.

use super::*;
use crate::config::roster::Contact;
use crate::event::{Duty, DutyRead, Shift};

fn contact(id: &str, phone: &str) -> Contact {
    Contact { id: id.to_owned(), his_user: format!("{id}@example.org"), phone: phone.to_owned() }
}

/// A plan whose people are told apart.
fn plan_of(duty: &str) -> Arc<WardPlan> {
    let mut plan = WardPlan::clone(&plan());
    plan.roster.attending_of_last_resort = contact("dr.last", "+910000000011");
    plan.roster.duty_doctor = contact(duty, "+910000000012");
    plan.roster.doctor = vec![contact("dr.known", "+910000000013"), Contact::default()];
    plan.roster.doctor[1].id = "dr.unreached".to_owned();
    plan.roster.csv = Some("roster.csv".into());
    Arc::new(plan)
}

/// Whom a turn calls: role and phone or account.
fn called(turn: &Turn) -> Vec<(String, String)> {
    let mut called: Vec<_> = owed(turn)
        .into_iter()
        .filter_map(|owed| match &owed.parcel {
            Parcel::Phone { to, number, .. } => Some((to.clone(), number.clone())),
            Parcel::Notice { to, user, .. } => Some((to.clone(), user.clone())),
            _ => None,
        })
        .collect();
    called.sort();
    called
}

fn phones(turn: &Turn) -> Vec<String> {
    let mut phones: Vec<String> = called(turn).into_iter().map(|(_, reach)| reach).collect();
    phones.retain(|reach| reach.starts_with('+'));
    phones
}

fn attended_by(attending: &str) -> Event {
    let Event::Admission(admission) = admit("MRN0042", "ICU-1^^03") else { panic!("an admission") };
    let attending = Some(attending.to_owned()).filter(|id| !id.is_empty());
    Event::Admission(Admission { attending, ..admission })
}

fn critical() -> Event {
    report("MRN0042", "ICU-1^^03", vec![potassium("7.1")])
}

/// The phones that are called first for a patient of this attending doctor.
fn first_called(attending: &str) -> Vec<String> {
    let mut ward = Ward::new(plan_of("dr.night"));
    let _ = ward.on(&attended_by(attending), at(0));
    phones(&ward.on(&critical(), at(1)))
}

#[test]
fn an_attending_who_cannot_be_resolved_is_replaced_by_the_duty_doctor_at_once() {
    assert_eq!(first_called("dr.known"), ["+910000000013"]);
    assert_eq!(first_called("stranger"), ["+910000000012"]);
    assert_eq!(first_called("dr.unreached"), ["+910000000012"], "known, but nothing reaches them");
    assert_eq!(first_called(""), ["+910000000011", "+910000000012"], "nobody is named: both");
}

#[test]
fn who_has_no_phone_is_called_on_the_ward_s() {
    let mut plan = WardPlan::clone(&plan_of("dr.night"));
    plan.roster.doctor[0].phone.clear();
    let mut ward = Ward::new(Arc::new(plan));
    let _ = ward.on(&attended_by("dr.known"), at(0));
    let turn = ward.on(&critical(), at(1));
    let ward_phone = ("ward for attending".to_owned(), "+910000000003".to_owned());
    assert_eq!(called(&turn), [("attending".to_owned(), "dr.known@example.org".to_owned()), ward_phone]);
}

#[test]
fn a_climb_calls_the_people_of_its_beginning_also_after_a_restart_with_another_roster() {
    let mut lived = Ward::new(plan_of("dr.night"));
    let _ = lived.on(&critical(), at(1));
    let records: Vec<AlertRecord> =
        open(&lived, at(2)).iter().map(|record| AlertRecord::clone(record)).collect();
    // The store keeps a record as JSON.
    let kept = serde_json::from_str(&serde_json::to_string(&records).unwrap()).unwrap();
    let mut other = WardPlan::clone(&plan_of("dr.day"));
    other.roster.duty_doctor.phone = "+910000000099".to_owned();
    let mut ward = Ward::new(Arc::new(other));
    assert!(ward.restore(&lived.save().unwrap(), at(2).moment));
    ward.recorded(kept, at(2).moment);
    assert_eq!(phones(&ward.tick(at(61))), ["+910000000012"], "the doctor of its beginning");

    let mut anew = potassium("7.9");
    anew.key = MessageKey(78);
    let turn = ward.on(&report("MRN0042", "ICU-1^^03", vec![anew]), at(70));
    assert!(phones(&turn).contains(&"+910000000099".to_owned()), "worse: a new climb, and who is on now");
}

#[test]
fn a_record_of_an_earlier_version_calls_who_is_on_now() {
    let mut lived = Ward::new(plan_of("dr.night"));
    let _ = lived.on(&critical(), at(1));
    let mut record = serde_json::to_value(&*open(&lived, at(2))[0]).unwrap();
    record.as_object_mut().unwrap().remove("chain").unwrap();
    let mut ward = Ward::new(plan_of("dr.night"));
    assert!(ward.restore(&lived.save().unwrap(), at(2).moment));
    ward.recorded(vec![serde_json::from_value(record).unwrap()], at(2).moment);
    assert_eq!(phones(&ward.tick(at(61))), ["+910000000012"]);
}

fn unanswered(ward: &Ward, second: u32) -> Vec<Arc<AlertRecord>> {
    let mut alerts = open(ward, at(second));
    alerts.retain(|alert| alert.code == "technical.unanswered");
    alerts
}

#[test]
fn the_end_of_a_ladder_is_a_call_to_everybody_and_a_condition_of_its_own_until_somebody_answers() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let _ = ward.on(&critical(), at(0));
    let id = open(&ward, at(0))[0].alert.id;
    for second in [60, 120] {
        let _ = ward.tick(at(second));
        assert!(unanswered(&ward, second).is_empty(), "a step is left to be answered");
    }
    let _ = ward.tick(at(240));
    let raised = unanswered(&ward, 240);
    assert_eq!(
        (raised.len(), raised[0].bed.as_deref(), raised[0].priority),
        (1, Some("03"), Priority::Medium)
    );
    assert!(raised[0].title.contains("7.1"), "{}", raised[0].title);
    let _ = ward.tick(at(360));
    assert_eq!(unanswered(&ward, 360), raised, "once for the episode");

    let value = Decimal::parse(b"7.1").unwrap();
    let read = Quantity { comparator: Comparator::Exactly, value, unit: Unit::Missing };
    let _ = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(Some(read))), at(361));
    assert_eq!(unanswered(&ward, 361).len(), 1, "a doctor is still missing");
    let _ = ward.on(&answer(id, Role::Doctor, Say::Accept), at(362));
    assert!(unanswered(&ward, 362).is_empty());
}

#[test]
fn a_result_that_only_a_nurse_has_read_back_comes_to_the_end_of_its_ladder_too() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let _ = ward.on(&critical(), at(0));
    let id = open(&ward, at(0))[0].alert.id;
    let value = Decimal::parse(b"7.1").unwrap();
    let read = Quantity { comparator: Comparator::Exactly, value, unit: Unit::Missing };
    let _ = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(Some(read))), at(5));
    for second in [60, 120, 240] {
        let _ = ward.tick(at(second));
    }
    let raised = unanswered(&ward, 240);
    assert!(raised[0].title.contains("no doctor has answered"), "{}", raised[0].title);
    assert!(ward.signal(at(240)).is_some(), "and that is heard");
}

#[test]
fn a_ladder_that_ends_with_the_doctor_calls_everybody_once_it_is_unanswered() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let mut told = Vec::new();
    for second in (0..=660).step_by(10) {
        let key = u64::from(second) + 1;
        let heard = ward.on(&frame("05", key, &[(Sign::SpO2, 86)]), at(second));
        told.extend(phones(&heard).into_iter().chain(phones(&ward.tick(at(second)))));
    }
    let codes: Vec<String> = open(&ward, at(660)).iter().map(|alert| alert.code.clone()).collect();
    told.retain(|phone| phone == "+910000000003");
    assert_eq!(told.len(), 1, "{codes:?}");
    assert!(codes.contains(&"technical.unanswered".to_owned()), "{codes:?}");
}

/// A roster by which doctors are on duty, each between two seconds.
fn roster(shifts: &[(&str, u32, u32)]) -> Event {
    let shift = |(id, from, until): &(&str, u32, u32)| Shift {
        role: rules::ladder::Recipient::DutyDoctor,
        who: contact(id, &format!("+9190000000{}", id.len())),
        from: at(*from).wall(),
        until: at(*until).wall(),
    };
    let shifts: Vec<Shift> = shifts.iter().map(shift).collect();
    let roles = shifts.iter().map(|shift| shift.role).collect();
    let duty = Duty { shifts, roles, ..Duty::default() };
    Event::Duty(DutyRead { from: "csv".to_owned(), at: at(0).wall(), duty: Some(duty) })
}

/// Whom a new critical result of a stranger calls after a minute: the duty doctor of its beginning.
fn on_duty(ward: &mut Ward, second: u32, key: u64) -> Vec<String> {
    let mut item = potassium("7.1");
    item.key = MessageKey(key);
    let patient = format!("MRN{key}");
    let mut told = phones(&ward.on(&report(&patient, "ICU-1^^03", vec![item]), at(second)));
    // Nobody is named as attending: the doctor of last resort is called beside.
    told.retain(|phone| phone != "+910000000011");
    told
}

fn nobody_on_duty(ward: &Ward, second: u32) -> bool {
    open(ward, at(second)).iter().any(|alert| alert.title.contains("nobody who can be reached is on duty"))
}

#[test]
fn the_shift_of_now_is_called_and_two_on_duty_are_both() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let _ = ward.on(&roster(&[("a", 0, 100), ("bb", 100, 200), ("ccc", 150, 200)]), at(0));
    assert_eq!(on_duty(&mut ward, 99, 1), ["+91900000001"]);
    assert_eq!(on_duty(&mut ward, 100, 2), ["+91900000002"], "to the second");
    let turn = ward.on(&report("MRN3", "ICU-1^^04", vec![potassium("7.1")]), at(150));
    let roles: Vec<String> = called(&turn).into_iter().map(|(role, _)| role).collect();
    assert!(roles.contains(&"attending bb".to_owned()) && roles.contains(&"attending ccc".to_owned()));
    assert!(!nobody_on_duty(&ward, 150));
}

#[test]
fn where_nobody_is_on_duty_the_file_s_contact_is_called_and_the_ward_is_told_until_somebody_is() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let _ = ward.on(&roster(&[("a", 0, 100), ("bb", 200, 300)]), at(0));
    assert_eq!(ward.deadline(), Some(at(100).moment), "the end of a shift wakes the ward");
    let _ = ward.tick(at(100));
    assert!(nobody_on_duty(&ward, 100));
    assert_eq!(on_duty(&mut ward, 101, 1), ["+910000000012"]);
    let _ = ward.tick(at(200));
    assert!(!nobody_on_duty(&ward, 200));
}

#[test]
fn one_whom_nothing_reaches_is_nobody() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let Event::Duty(mut read) = roster(&[("a", 0, 100)]) else { panic!("a roster") };
    let duty = read.duty.as_mut().unwrap();
    (duty.shifts[0].who.phone, duty.shifts[0].who.his_user) = (String::new(), String::new());
    let _ = ward.on(&Event::Duty(read), at(0));
    assert!(nobody_on_duty(&ward, 0));
    assert_eq!(on_duty(&mut ward, 1, 1), ["+910000000012"]);
}

#[test]
fn beside_an_account_alone_whoever_the_file_names_is_called() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let Event::Duty(mut read) = roster(&[("a", 0, 100)]) else { panic!("a roster") };
    let duty = read.duty.as_mut().unwrap();
    duty.shifts[0].who.phone = String::new();
    duty.shifts[0].who.his_user = "a@example.org".to_owned();
    let desk = Contact { his_user: "desk@example.org".to_owned(), ..Contact::default() };
    duty.shifts.push(Shift { role: rules::ladder::Recipient::Ward, who: desk, ..duty.shifts[0].clone() });
    let _ = ward.on(&Event::Duty(read), at(0));
    assert!(on_duty(&mut ward, 1, 1).contains(&"+910000000012".to_owned()), "the file's duty doctor");
    let view = ward.view(1, at(1)).duty;
    let of_ward = view.roles.iter().find(|on| on.role == rules::ladder::Recipient::Ward).unwrap();
    assert!(of_ward.people.iter().any(|person| person.phone == "+910000000003"), "the ward's phone rings");
}

#[test]
fn a_table_whose_last_shift_is_long_over_still_speaks_of_its_role() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let Event::Duty(mut read) = roster(&[("a", 0, 100)]) else { panic!("a roster") };
    read.duty.as_mut().unwrap().shifts.clear();
    let _ = ward.on(&Event::Duty(read), at(0));
    assert!(nobody_on_duty(&ward, 0));
}

#[test]
fn a_roster_that_the_file_no_longer_names_calls_nobody() {
    let mut lived = Ward::new(plan_of("dr.night"));
    let _ = lived.on(&roster(&[("a", 0, 100)]), at(0));
    let mut without = WardPlan::clone(&plan_of("dr.night"));
    without.roster.csv = None;
    let mut ward = Ward::new(Arc::new(without));
    assert!(ward.restore(&lived.save().unwrap(), at(1).moment));
    let _ = ward.on(&roster(&[("a", 0, 100)]), at(1));
    assert_eq!(on_duty(&mut ward, 2, 1), ["+910000000012"]);
}

#[test]
fn a_roster_holds_for_days_and_over_a_restart_and_keeps_its_age() {
    const DAY: u32 = 86_400;
    let mut lived = Ward::new(plan_of("dr.night"));
    let _ = lived.on(&roster(&[("a", 0, DAY), ("bb", 3 * DAY, 4 * DAY)]), at(0));
    let again =
        |second: u32| Event::Duty(DutyRead { from: "csv".to_owned(), at: at(second).wall(), duty: None });
    let _ = lived.on(&again(60), at(60));
    let mut ward = Ward::new(plan_of("dr.night"));
    assert!(ward.restore(&lived.save().unwrap(), at(70).moment));
    let late = at(3 * DAY + 1);
    assert_eq!(on_duty(&mut ward, 3 * DAY + 1, 1), ["+91900000002"]);
    let view = ward.view(1, late).duty;
    assert_eq!(view.read, [("csv".to_owned(), at(60).wall())], "read again is as good as read");
    assert_eq!(view.roles[0].until, Some(at(4 * DAY).wall()));
    assert_eq!(view.roles[1].until, None, "of no roster: the file's contact stands in");
}

#[test]
fn the_attending_of_the_stay_is_called_where_no_message_names_one() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let Event::Duty(mut read) = roster(&[("a", 0, 100)]) else { panic!("a roster") };
    let duty = read.duty.as_mut().unwrap();
    duty.attending = vec![(uhid("MRN0042"), "dr.his".to_owned())];
    duty.doctors = vec![contact("dr.his", "+910000000014")];
    let _ = ward.on(&Event::Duty(read), at(0));
    let _ = ward.on(&admit("MRN0042", "ICU-1^^03"), at(1));
    assert_eq!(phones(&ward.on(&critical(), at(2))), ["+910000000014"]);
    assert_eq!(open(&ward, at(2))[0].attending.as_deref(), Some("dr.his"));
}

#[test]
fn an_attending_whom_only_the_admission_names_is_told_in_the_his_and_nobody_twice() {
    let mut ward = Ward::new(plan_of("dr.night"));
    let keys = |turn: &Turn| -> Vec<String> { owed(turn).iter().map(|owed| owed.key.clone()).collect() };
    let told = keys(&ward.on(&critical(), at(0)));
    let turn = ward.on(&attended_by("dr.known"), at(5));
    let new: Vec<&Owed> = owed(&turn).into_iter().filter(|owed| !told.contains(&owed.key)).collect();
    match new.as_slice() {
        [
            Owed { parcel: Parcel::Notice { user, patient, .. }, .. },
            Owed { parcel: Parcel::Task { .. }, .. },
        ] => {
            assert_eq!((user.as_str(), patient), ("dr.known@example.org", &Some(uhid("MRN0042"))));
        }
        other => panic!("one notice and its task were expected: {other:?}"),
    }
    let mut ward = Ward::new(plan_of("dr.night"));
    let _ = ward.on(&critical(), at(0));
    let id = open(&ward, at(0))[0].alert.id;
    let _ = ward.on(&answer(id, Role::Doctor, Say::Accept), at(1));
    let turn = ward.on(&attended_by("dr.known"), at(5));
    assert!(owed(&turn).is_empty(), "a doctor has it already");
}
