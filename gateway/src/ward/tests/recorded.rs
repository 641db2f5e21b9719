//! After a recovery what was recorded is open once, can be answered, and goes on as it was.

use super::*;
use rules::AlertState;

/// What the store holds as open.
fn store(ward: &Ward, now: Now) -> Vec<AlertRecord> {
    open(ward, now).iter().map(|record| AlertRecord::clone(record)).collect()
}

/// A ward of another list of beds, without the one named.
fn without(bed: &str) -> Ward {
    let mut other = WardPlan::clone(&plan());
    other.beds.retain(|known| known.label != bed);
    Ward::new(Arc::new(other))
}

/// Recovers from a checkpoint that another policy or list of beds made unusable.
fn recover(mut ward: Ward, lived: &Ward, events: &[(u32, Event)], now: Now) -> Ward {
    assert!(ward.take_over(&lived.save().unwrap(), now.moment));
    for (second, event) in events {
        ward.relive(at(*second).moment, event, 0);
    }
    ward.recorded(store(lived, now), now.moment);
    assert_held(&ward, now);
    ward
}

/// Whatever the board shows as open some bed holds, and the other way round; nothing is held twice.
fn assert_held(ward: &Ward, now: Now) {
    let mut shown: Vec<String> = open(ward, now).iter().map(|record| record.id.clone()).collect();
    let alerts = ward.beds.iter().flat_map(|bed| bed.bed.alerts());
    let mut held: Vec<String> =
        alerts.filter(|alert| alert.is_open()).map(|alert| words::alert_id(alert.id)).collect();
    shown.sort();
    held.sort();
    assert_eq!(shown, held);
}

fn acknowledges(ward: &mut Ward, alert: AlertId, seconds: u32) -> Turn {
    let turn = ward.on(&answer(alert, Role::Nurse, Say::Acknowledge(None)), at(seconds));
    assert_eq!(turn.said, [Said::Done]);
    turn
}

/// What a turn writes of alerts: name, bed and state.
fn written(turn: &Turn) -> Vec<(String, Option<String>, AlertState)> {
    let alert = |record: &Record| match record {
        Record::Alert(record) => Some((record.id.clone(), record.bed.clone(), record.state)),
        _ => None,
    };
    turn.records.iter().filter_map(alert).collect()
}

/// A ward to which this has happened, each at its second.
fn live(events: &[(u32, Event)]) -> Ward {
    let mut lived = ward();
    for (second, event) in events {
        let _ = lived.on(event, at(*second));
    }
    lived
}

#[test]
fn a_changed_limit_does_not_show_the_alert_of_a_patient_who_moved_twice() {
    let events = [
        (0, admit("A", "ICU-1^^05")),
        (1, report("A", "ICU-1^^05", vec![potassium("7.1")])),
        (10, moves(Movement::Transfer, "A", "ICU-1^^06")),
    ];
    let mut lived = live(&events);
    let _ = lived.tick(at(61));
    let before = store(&lived, at(62));
    let mut recovered = recover(ward(), &lived, &events, at(62));
    assert_eq!(store(&recovered, at(62)), before, "once, under its name, where its ladder was");
    assert_eq!(written(&recovered.tick(at(62))), [], "the store knows all of it");
    let normal = LabItem { flags: String::new(), flag: Flag::NotCritical, ..potassium("4.1") };
    let _ = recovered.on(&report("A", "ICU-1^^06", vec![normal]), at(70));
    assert_eq!(store(&recovered, at(70)), []);
}

#[test]
fn what_a_replay_raises_at_another_bed_gives_way() {
    let events = [
        (0, admit("A", "ICU-1^^05")),
        (1, report("A", "ICU-1^^05", vec![potassium("7.1")])),
        (10, moves(Movement::Discharge, "A", "ICU-1^^05")),
    ];
    let lived = live(&events);
    assert_eq!(store(&lived, at(20))[0].bed, None);
    let mut recovered = recover(ward(), &lived, &events, at(20));
    let mut alerts = store(&recovered, at(20));
    assert!(alerts.iter().any(|alert| alert.code == "technical.hand-over"), "it is shown until it is read");
    alerts.retain(|alert| alert.kind == Kind::Laboratory);
    assert_eq!((alerts.len(), alerts[0].bed.as_deref()), (1, None));
    let mut written_of_it = written(&recovered.tick(at(20)));
    written_of_it.retain(|(id, ..)| *id == alerts[0].id);
    assert_eq!(written_of_it, [(alerts[0].id.clone(), None, AlertState::Active)], "it is marked");
    assert_eq!(written(&recovered.tick(at(21))), [], "and written once");
}

#[test]
fn an_alert_of_a_bed_that_is_gone_calls_at_the_ward_until_somebody_answers() {
    let events = [(0, frame("02", 1, &[(Sign::HeartRate, 0)])), (0, frame("03", 2, &[(Sign::HeartRate, 0)]))];
    let lived = live(&events);
    let before = store(&lived, at(5)).into_iter().find(|record| record.bed.as_deref() == Some("02")).unwrap();
    let other = WardPlan { beds: plan().beds[3..].to_vec(), ..WardPlan::clone(&plan()) };
    let mut recovered = recover(Ward::new(Arc::new(other)), &lived, &events, at(5));
    let turn = recovered.tick(at(5));
    let alerts: Vec<AlertRecord> =
        store(&recovered, at(5)).into_iter().filter(|record| record.code == "no-pulse").collect();
    assert_eq!(alerts.len(), 2, "two beds are gone, and at both a heart stands still");
    let asystole = alerts.iter().find(|record| record.id == before.id).unwrap();
    assert_eq!(asystole.bed, None);
    let notes = ["recorded before the last start", "raised at bed 02, which is no bed of this ward any more"];
    assert_eq!(asystole.notes, notes);
    assert_eq!(asystole.title, before.title);
    let ladder =
        |record: &AlertRecord| (record.alert.called_from, record.alert.steps_called, record.alert.next_at);
    assert_eq!(ladder(asystole), ladder(&before), "nothing began anew");
    assert!(written(&turn).contains(&(before.id.clone(), None, AlertState::Active)));
    assert_eq!(recovered.signal(at(0)).map(|signal| signal.priority), Some(Priority::High));

    // Limits change once more, before anybody has come.
    let other = WardPlan { beds: plan().beds[3..].to_vec(), ..WardPlan::clone(&plan()) };
    let mut again = recover(Ward::new(Arc::new(other)), &recovered, &events, at(10));
    let kept = store(&again, at(10)).into_iter().find(|record| record.id == before.id).unwrap();
    assert_eq!(kept.notes, notes, "said once");
    let turn = acknowledges(&mut again, kept.alert.id, 11);
    assert_eq!(written(&turn).last(), Some(&(before.id.clone(), None, AlertState::Resolved)));
    assert!(store(&again, at(11)).iter().all(|record| record.id != before.id), "nothing can judge it again");
    assert_held(&again, at(11));
}

#[test]
fn a_critical_result_of_a_bed_that_is_gone_is_once_at_the_ward() {
    let events = [(0, admit("A", "ICU-1^^02")), (1, report("A", "ICU-1^^02", vec![potassium("7.1")]))];
    let lived = live(&events);
    let before = store(&lived, at(5)).remove(0);
    let mut recovered = recover(without("02"), &lived, &events, at(5));
    let alerts = store(&recovered, at(5));
    assert_eq!(alerts.iter().map(|record| &record.id).collect::<Vec<_>>(), [&before.id]);
    assert_eq!(alerts[0].alert, before.alert, "still the patient's, with its ladder");
    let _ = recovered.on(&admit("A", "ICU-1^^05"), at(6));
    assert_eq!(store(&recovered, at(6))[0].bed.as_deref(), Some("05"), "and goes with them");
}

#[test]
fn of_two_that_were_recorded_for_one_condition_the_store_learns_that_one_is_over() {
    let mut lived = ward();
    let _ = lived.on(&frame("03", 1, &[(Sign::HeartRate, 0)]), at(0));
    let newer = store(&lived, at(1)).remove(0);
    let mut ghost = newer.clone();
    (ghost.alert.id, ghost.id) = (AlertId(7), words::alert_id(AlertId(7)));
    ghost.alert.changed_at = Moment(1);
    let mut recovered = ward();
    recovered.recorded(vec![newer.clone(), ghost.clone()], at(2).moment);
    assert_held(&recovered, at(2));
    assert_eq!(store(&recovered, at(2)).len(), 1);
    let written = written(&recovered.tick(at(2)));
    assert!(written.contains(&(ghost.id, Some("03".to_owned()), AlertState::Resolved)), "{written:?}");
    assert!(written.contains(&(newer.id, Some("03".to_owned()), AlertState::Active)), "{written:?}");
}

#[test]
fn what_finds_no_room_at_the_ward_leaves_a_record() {
    let mut lived = ward();
    let _ = lived.on(&frame("02", 1, &[(Sign::HeartRate, 0)]), at(0));
    let one = store(&lived, at(1)).remove(0);
    let numbered = |number: u64| {
        let mut record = one.clone();
        (record.alert.id, record.id) = (AlertId(number), words::alert_id(AlertId(number)));
        record.bed = Some(format!("gone {number}"));
        record
    };
    let mut recovered = ward();
    recovered.recorded((0..30).map(numbered).collect(), at(2).moment);
    assert_held(&recovered, at(2));
    let over = written(&recovered.tick(at(2)));
    let count = |state| {
        over.iter()
            .filter(|(.., written)| *written == state)
            .map(|(id, ..)| id)
            .collect::<std::collections::HashSet<_>>()
            .len()
    };
    assert_eq!((count(AlertState::Active), count(AlertState::Resolved)), (24, 6));
}
