//! What the HIS and others are told beside the call: tasks of doctors, and what becomes of an alert.

use super::*;
use crate::owed::AlarmPhase;

fn called() -> (Ward, Turn, AlertId) {
    let mut ward = ward();
    ward.tells(vec![Destination::Pcd04, Destination::Webhook]);
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let turn = ward.on(&report("A", "ICU-1^^03", vec![potassium("7.1")]), at(1));
    let id = open(&ward, at(1))[0].alert.id;
    (ward, turn, id)
}

fn tasks(turn: &Turn) -> (usize, usize) {
    let count = |is: fn(&Parcel) -> bool| owed(turn).iter().filter(|owed| is(&owed.parcel)).count();
    (
        count(|parcel| matches!(parcel, Parcel::Task { .. })),
        count(|parcel| matches!(parcel, Parcel::TaskDone { .. })),
    )
}

fn phases(turn: &Turn) -> Vec<(Destination, AlarmPhase)> {
    let phase = |owed: &&Owed| match &owed.parcel {
        Parcel::Alarm(alarm) => Some((owed.destination, alarm.phase)),
        _ => None,
    };
    owed(turn).iter().filter_map(phase).collect()
}

#[test]
fn a_doctor_has_one_task_and_it_is_done_when_somebody_accepts() {
    let (mut ward, turn, id) = called();
    assert_eq!(tasks(&turn), (1, 0));
    let task =
        owed(&turn).into_iter().find(|owed| matches!(owed.parcel, Parcel::Task { .. })).unwrap().clone();
    assert!(task.key.starts_with(&format!("task-{}-", words::alert_id(id))), "{}", task.key);
    let keys: Vec<String> = owed(&ward.tick(at(62))).iter().map(|owed| owed.key.clone()).collect();
    assert!(
        keys.iter().all(|key| !key.starts_with("task-") || *key == task.key),
        "one of each climb: {keys:?}"
    );
    let turn = ward.on(&answer(id, Role::Doctor, Say::Accept), at(70));
    assert_eq!(tasks(&turn), (0, 1));
}

#[test]
fn others_are_told_of_start_change_and_end() {
    let (mut ward, turn, id) = called();
    let to_both = |phase| vec![(Destination::Pcd04, phase), (Destination::Webhook, phase)];
    assert_eq!(phases(&turn), to_both(AlarmPhase::Start));
    assert_eq!(
        phases(&ward.on(&answer(id, Role::Doctor, Say::Accept), at(5))),
        to_both(AlarmPhase::Continue)
    );
    let value = open(&ward, at(5))[0].alert.evidence.quantity;
    let turn = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(value)), at(6));
    assert_eq!(phases(&turn), to_both(AlarmPhase::End));
}

#[test]
fn nobody_is_told_who_did_not_ask() {
    let mut ward = ward();
    let turn = ward.on(&report("A", "ICU-1^^03", vec![potassium("7.1")]), at(1));
    assert_eq!(phases(&turn), []);
}
