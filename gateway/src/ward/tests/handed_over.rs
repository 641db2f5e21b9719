//! A patient leaves with an open alert: who answers for them is told, and the station is shown it until it is
//! read.

use super::*;
use rules::AlertState;

fn left_with_a_critical() -> (Ward, Turn) {
    let mut ward = ward();
    let _ = ward.on(&admit("MRN0042", "ICU-1^^03"), at(0));
    let _ = ward.on(&report("MRN0042", "ICU-1^^03", vec![potassium("7.1")]), at(1));
    let left = ward.on(&moves(Movement::Discharge, "MRN0042", "ICU-1^^03"), at(10));
    (ward, left)
}

fn hand_overs(ward: &Ward, second: u32) -> Vec<Arc<AlertRecord>> {
    let mut alerts = open(ward, at(second));
    alerts.retain(|alert| alert.code == "technical.hand-over");
    alerts
}

#[test]
fn the_doctor_is_told_by_both_ways_and_the_station_is_shown_it() {
    let (ward, left) = left_with_a_critical();
    let shown = hand_overs(&ward, 10);
    assert_eq!((shown.len(), shown[0].priority, &shown[0].bed), (1, Priority::Medium, &None));
    assert_eq!(shown[0].patient, Some(uhid("MRN0042")), "whose it is stands in the record");
    assert!(shown[0].title.contains("bed 03") && shown[0].title.contains("7.1"), "{}", shown[0].title);
    assert!(!shown[0].title.contains("MRN0042"), "and in no sentence: {}", shown[0].title);
    let id = Some((shown[0].alert.id, 0));
    let told: Vec<Destination> =
        owed(&left).iter().filter(|owed| owed.alert == id).map(|owed| owed.destination).collect();
    assert_eq!(told, [Destination::Frappe, Destination::Whatsapp]);
    let written = |record: &Record| matches!(record, Record::Alert(alert) if alert.id == shown[0].id);
    let Some(Record::Alert(last)) = left.records.iter().rfind(|record| written(record)) else {
        panic!("it is written");
    };
    assert_eq!(last.patient, shown[0].patient, "as it is shown");
}

#[test]
fn it_is_shown_until_somebody_reads_it_at_the_station() {
    let (mut ward, _) = left_with_a_critical();
    let _ = ward.tick(at(4_000));
    let id = hand_overs(&ward, 4_000)[0].alert.id;
    let turn = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(None)), at(4_001));
    assert_eq!(turn.said, [Said::Done]);
    assert!(hand_overs(&ward, 4_001).is_empty());
    let critical = open(&ward, at(4_001));
    assert!(
        critical.iter().any(|alert| alert.kind == Kind::Laboratory),
        "the result is not answered by that"
    );
}

#[test]
fn it_is_shown_until_the_message_is_read_and_not_until_it_is_delivered() {
    let (mut ward, _) = left_with_a_critical();
    let alert = hand_overs(&ward, 10)[0].alert.id;
    let receipt = |stage| {
        let (channel, to) = ("whatsapp".to_owned(), "attending".to_owned());
        Event::Received(Received { alert, stage, channel, to, error: None })
    };
    for stage in [Stage::Sent, Stage::Delivered] {
        let _ = ward.on(&receipt(stage), at(11));
        assert_eq!(hand_overs(&ward, 11).len(), 1, "{stage:?}");
    }
    let _ = ward.on(&receipt(Stage::Read), at(12));
    assert!(hand_overs(&ward, 12).is_empty());
}

#[test]
fn nothing_is_handed_over_of_who_leaves_well_moves_within_the_ward_or_comes_back() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^04"), at(0));
    let _ = ward.on(&moves(Movement::Discharge, "A", "ICU-1^^04"), at(1));
    assert!(hand_overs(&ward, 1).is_empty(), "well");
    let _ = ward.on(&admit("B", "ICU-1^^05"), at(2));
    let _ = ward.on(&report("B", "ICU-1^^05", vec![potassium("7.1")]), at(3));
    let _ = ward.on(&moves(Movement::Transfer, "B", "ICU-1^^06"), at(4));
    assert!(hand_overs(&ward, 4).is_empty(), "within");
    let _ = ward.on(&moves(Movement::Discharge, "B", "ICU-1^^06"), at(5));
    assert_eq!(hand_overs(&ward, 5).len(), 1);
    let _ = ward.on(&moves(Movement::CancelDischarge, "B", "ICU-1^^06"), at(6));
    assert!(hand_overs(&ward, 6).is_empty(), "back");
}

#[test]
fn what_a_device_saw_is_handed_over_too() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^04"), at(0));
    let _ = ward.on(&frame("04", 1, &[(Sign::HeartRate, 0)]), at(1));
    let _ = ward.on(&moves(Movement::Discharge, "A", "ICU-1^^04"), at(2));
    let shown = hand_overs(&ward, 2);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].state, AlertState::Active);
}
