//! Whose a result is: by patient id, by its order, by the place; and what the laboratory takes back.

use super::*;
use crate::event::{OrderNumber, Ordered};
use crate::owed::Destination;

fn accession(text: &str) -> OrderNumber {
    OrderNumber::Accession(text.to_owned())
}

fn order(patient: &str, numbers: &[OrderNumber]) -> Event {
    Event::Ordered(Ordered { patient: uhid(patient), numbers: numbers.to_vec() })
}

/// A report that names its order by `number`, and whom and where it says.
fn under(number: &str, patient: Option<&str>, location: &str, item: LabItem) -> Event {
    Event::Report(LabReport {
        patient: patient.map(uhid),
        candidates: Vec::new(),
        numbers: Vec::new(),
        place: if location.is_empty() { Place::Nowhere } else { Place::Location(location.to_owned()) },
        accession: number.to_owned(),
        message: "L1".to_owned(),
        attending: None,
        results: vec![item],
    })
}

fn only(ward: &Ward, now: Now) -> Arc<AlertRecord> {
    let alerts = open(ward, now);
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    Arc::clone(&alerts[0])
}

fn no_longer(value: &str, status: ResultStatus) -> LabItem {
    LabItem { status, flags: String::new(), flag: Flag::NotCritical, ..potassium(value) }
}

#[test]
fn a_result_without_a_patient_finds_its_order() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&order("A", &[accession("ACC9"), OrderNumber::Placer("ORD9".to_owned())]), at(0));
    let _ = ward.on(&under("ACC9", None, "", potassium("7.1")), at(1));
    let alert = only(&ward, at(1));
    assert_eq!((alert.bed.as_deref(), alert.patient.clone()), (Some("03"), Some(uhid("A"))));
    assert_eq!(alert.notes, ["no patient id: matched by its order"]);
    assert!(!alert.charting_held);
}

#[test]
fn a_result_without_a_patient_finds_an_earlier_one_of_its_order() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&under("ACC9", Some("A"), "", potassium("7.1")), at(1));
    let turn = ward.on(&under("ACC9", None, "", no_longer("4.1", ResultStatus::Corrected)), at(60));
    assert!(turn.alerts_changed && open(&ward, at(60)).is_empty(), "no times, no id, one order");
}

#[test]
fn a_result_whose_order_is_anothers_calls_and_is_never_charted() {
    let mut ward = ward();
    let _ = ward.on(&admit("B", "ICU-1^^05"), at(0));
    let _ = ward.on(&order("A", &[accession("ACC9")]), at(0));
    let turn = ward.on(&under("ACC9", Some("B"), "ICU-1^^03", potassium("7.1")), at(1));
    let alert = only(&ward, at(1));
    assert_eq!((alert.bed.as_deref(), alert.patient.clone()), (Some("05"), Some(uhid("B"))));
    assert_eq!(alert.notes, ["the order is another patient's: whose result is this?"]);
    assert!(alert.charting_held && alert.whose_in_doubt);
    let charted = |turn: &Turn| owed(turn).iter().any(|owed| owed.parcel.patient().is_some());
    let bell = |turn: &Turn| owed(turn).iter().any(|owed| matches!(owed.parcel, Parcel::Notice { .. }));
    assert!(bell(&turn) && !charted(&turn), "the bell calls as the phone does, and names no patient");
    let turn = ward.on(&moves(Movement::Transfer, "B", "ICU-1^^06"), at(2));
    assert!(
        !bell(&turn) && !charted(&turn) && only(&ward, at(2)).charting_held,
        "no movement ends that doubt"
    );
    assert_eq!(only(&ward, at(2)).bed.as_deref(), Some("06"), "but it follows the patient");
}

#[test]
fn a_result_that_names_two_patients_is_neithers() {
    let mut ward = ward();
    let _ = ward.on(&admit("B", "ICU-1^^05"), at(0));
    let Event::Report(mut told) = under("ACC9", None, "ICU-1^^03", potassium("7.1")) else {
        panic!("another event")
    };
    told.candidates = vec![uhid("A"), uhid("B")];
    let _ = ward.on(&Event::Report(told), at(1));
    let alert = only(&ward, at(1));
    assert_eq!((alert.bed.as_deref(), alert.patient.clone()), (Some("05"), None));
    assert!(alert.charting_held && alert.whose_in_doubt);
    assert!(alert.notes[0].starts_with("the message names more than one patient"), "{:?}", alert.notes);
}

#[test]
fn a_result_calls_at_the_bed_in_doubt_and_is_charted_once_that_is_settled() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&admit("B", "ICU-1^^03"), at(1));
    let _ = ward.on(&report("B", "ICU-1^^09", vec![potassium("7.1")]), at(2));
    let find = |ward: &Ward, now| {
        open(ward, now).into_iter().find(|record| record.kind == Kind::Laboratory).unwrap()
    };
    let alert = find(&ward, at(2));
    assert_eq!((alert.bed.as_deref(), alert.charting_held), (Some("03"), true));
    let turn = ward.on(&moves(Movement::Discharge, "A", "ICU-1^^03"), at(3));
    assert!(!find(&ward, at(3)).charting_held);
    assert!(owed(&turn).iter().any(|owed| matches!(owed.parcel, Parcel::Notice { .. })));
}

#[test]
fn a_sample_from_before_the_binding_is_not_the_new_patients() {
    for (sampled, theirs) in [(5, false), (15, true)] {
        let mut ward = ward();
        let item = LabItem { sampled: Some(at(sampled).wall()), ..potassium("7.1") };
        let Event::Report(mut told) = report("", "ICU-1^^03", vec![item]) else { panic!("another event") };
        told.patient = None;
        let Event::Admission(came) = admit("A", "ICU-1^^03") else { panic!("another event") };
        let came = Admission { at: Some(at(10).wall()), ..came };
        let _ = ward.on(&Event::Report(told), at(20));
        let turn = ward.on(&Event::Admission(came), at(30));
        let alert = only(&ward, at(30));
        assert_eq!(alert.patient, theirs.then(|| uhid("A")), "sampled at {sampled}");
        assert_eq!(alert.charting_held, !theirs);
        assert_eq!(owed(&turn).len(), 2 * usize::from(theirs), "a notice and its task");
    }
}

#[test]
fn a_patients_own_sample_from_before_the_admission_is_theirs() {
    let mut ward = ward();
    let item = LabItem { sampled: Some(at(0).wall()), ..potassium("7.1") };
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(10));
    let _ = ward.on(&report("A", "ICU-1^^03", vec![item]), at(20));
    assert!(!only(&ward, at(20)).charting_held, "the laboratory names the patient, wherever they lay then");
}

#[test]
fn two_patients_whom_nobody_names_call_twice() {
    let mut ward = ward();
    let _ = ward.on(&under("ACC1", None, "", potassium("7.1")), at(0));
    let _ = ward.on(&under("ACC2", None, "", potassium("7.2")), at(1));
    assert_eq!(open(&ward, at(1)).len(), 2);
}

#[test]
fn what_the_laboratory_takes_back_is_told_on_the_alert() {
    let rows = [
        (no_longer("4.1", ResultStatus::Corrected), "corrected by the laboratory: 7.1 → 4.1", true),
        (no_longer("7.1", ResultStatus::Withdrawn), "withdrawn by the laboratory: 7.1", true),
        (
            LabItem { status: ResultStatus::Corrected, ..potassium("6.9") },
            "corrected by the laboratory: 7.1 → 6.9",
            false,
        ),
    ];
    for (item, note, over) in rows {
        let mut ward = ward();
        let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
        let taken = Some(at(0).wall());
        let first = LabItem { sampled: taken, ..potassium("7.1") };
        let _ = ward.on(&report("A", "ICU-1^^03", vec![first]), at(1));
        let turn = ward.on(&report("A", "ICU-1^^03", vec![LabItem { sampled: taken, ..item }]), at(60));
        let written = turn.records.iter().rev().find_map(|record| match record {
            Record::Alert(record) => Some(Arc::clone(record)),
            _ => None,
        });
        let written = written.unwrap();
        assert!(written.notes.iter().any(|told| told == note), "{note}: {:?}", written.notes);
        assert_eq!(written.state == AlertState::Resolved, over);
        assert_eq!(open(&ward, at(60)).is_empty(), over);
    }
}

#[test]
fn a_preliminary_result_that_becomes_final_calls_once() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&under("ACC9", Some("A"), "", potassium("7.1")), at(1));
    let id = only(&ward, at(1)).alert.id;
    let value = Decimal::parse(b"7.1").unwrap();
    let said = Quantity { comparator: Comparator::Exactly, value, unit: Unit::Missing };
    let _ = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(Some(said))), at(2));
    let _ = ward.on(&answer(id, Role::Doctor, Say::Accept), at(3));
    let again = LabItem { key: MessageKey(78), ..potassium("7.1") };
    let _ = ward.on(&under("ACC9", Some("A"), "", again), at(600));
    assert!(open(&ward, at(600)).is_empty(), "final, with no time of its own: the same specimen");
}

#[test]
fn a_time_that_nobody_can_have_meant_silences_no_later_result() {
    let timed = |value: &str, sampled| LabItem { sampled, ..no_longer(value, ResultStatus::Stands) };
    let years = Some(Wall(at(0).wall().0 + 36 * 365 * 86_400_000));
    for (first, second) in [
        (years, Some(at(60).wall())),
        (Some(at(3_700).wall()), Some(at(60).wall())),
        (None, Some(at(0).wall())),
        (Some(at(1).wall()), None),
    ] {
        let mut ward = ward();
        let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
        let _ = ward.on(&report("A", "ICU-1^^03", vec![timed("4.1", first)]), at(2));
        assert!(open(&ward, at(2)).is_empty());
        let _ = ward.on(&report("A", "ICU-1^^03", vec![timed("7.6", second)]), at(120));
        assert_eq!(only(&ward, at(120)).priority, Priority::High, "{first:?} {second:?}");
    }
}

#[test]
fn a_result_without_a_number_is_told() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let item = LabItem { quantity: None, text: "NaN".to_owned(), ..no_longer("4.1", ResultStatus::Stands) };
    let _ = ward.on(&report("A", "ICU-1^^03", vec![item]), at(1));
    let alert = only(&ward, at(1));
    assert_eq!((alert.kind, alert.priority), (Kind::Technical, Priority::Low));
    assert!(alert.title.contains("not a number"), "{}", alert.title);
    let _ = ward.on(&report("A", "ICU-1^^03", vec![no_longer("4.1", ResultStatus::Stands)]), at(2));
    assert!(open(&ward, at(2)).is_empty(), "the next one can be judged");
}

/// A total calcium in mg/dL.
fn calcium(text: &str) -> LabItem {
    let value = Decimal::parse(text.as_bytes()).unwrap();
    LabItem {
        code: "17861-6".to_owned(),
        name: "Calcium".to_owned(),
        unit: "mg/dL".to_owned(),
        known: Some(Known::CalciumTotal),
        quantity: Some(Quantity::exactly(value, Unit::MgPerDl)),
        ..no_longer(text, ResultStatus::Stands)
    }
}

#[test]
fn a_calcium_that_may_be_another_unit_says_so() {
    let alert = |value| {
        let mut ward = ward();
        let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
        let _ = ward.on(&report("A", "ICU-1^^03", vec![calcium(value)]), at(1));
        only(&ward, at(1))
    };
    let ionised = alert("1.15");
    assert_eq!(ionised.kind, Kind::Technical);
    assert_eq!(ionised.title, "Calcium could not be judged: ionised or mmol/L?");
    let perhaps = alert("4.6");
    assert_eq!((perhaps.kind, perhaps.priority), (Kind::Laboratory, Priority::High));
    assert_eq!(perhaps.notes, ["check unit"]);
    assert_eq!(perhaps.reasons[0].limit.as_deref(), Some("< 1.65 mmol/L, check unit"));
    assert_eq!(alert("13.5").notes, [""; 0], "a high one is no ionised calcium");
}

#[test]
fn a_repeat_says_that_it_is_one() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&report("A", "ICU-1^^03", vec![potassium("7.1")]), at(1));
    let id = only(&ward, at(1)).alert.id;
    let value = Decimal::parse(b"7.1").unwrap();
    let said = Quantity { comparator: Comparator::Exactly, value, unit: Unit::Missing };
    let _ = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(Some(said))), at(2));
    let _ = ward.on(&answer(id, Role::Doctor, Say::Accept), at(3));
    let next = LabItem { sampled: Some(at(600).wall()), key: MessageKey(78), ..potassium("7.2") };
    let turn = ward.on(&report("A", "ICU-1^^03", vec![next]), at(600));
    let alert = only(&ward, at(600));
    assert_eq!(alert.notes, ["repeats a value that was answered within 24 h"]);
    assert!(!alert.alert.sounds());
    let owed: Vec<Destination> = turn
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Owed(owed) => Some(owed.destination),
            _ => None,
        })
        .collect();
    assert_eq!(owed, [Destination::Frappe], "charted, and nobody's phone rings");
}

#[test]
fn a_limit_says_whose_row_it_is_of() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&report("A", "ICU-1^^03", vec![potassium("7.1")]), at(1));
    let chart = only(&ward, at(1)).reasons[0].chart.clone();
    assert!(chart.starts_with("critical laboratory values, adult row (age not known),"), "{chart}");
}

#[test]
fn a_normal_result_ends_what_nobody_read_and_says_so() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&report("A", "ICU-1^^03", vec![potassium("7.1")]), at(1));
    let turn = ward.on(&report("A", "ICU-1^^03", vec![no_longer("4.4", ResultStatus::Stands)]), at(60));
    let written = turn.records.iter().rev().find_map(|record| match record {
        Record::Alert(record) => Some(Arc::clone(record)),
        _ => None,
    });
    let written = written.unwrap();
    assert_eq!(
        (written.state, written.notes.last().unwrap().as_str()),
        (AlertState::Resolved, "resolved unread")
    );
}

#[test]
fn a_sodium_that_jumped_asks_to_check_the_specimen() {
    let sodium = |text: &str, at: Now| LabItem {
        code: "2951-2".to_owned(),
        name: "Sodium".to_owned(),
        known: Some(Known::Sodium),
        sampled: Some(at.wall()),
        key: MessageKey(at.moment.0),
        ..no_longer(text, ResultStatus::Stands)
    };
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&report("A", "ICU-1^^03", vec![sodium("129", at(1))]), at(1));
    let _ = ward.on(&report("A", "ICU-1^^03", vec![sodium("145", at(600))]), at(600));
    let alert = only(&ward, at(600));
    assert_eq!((alert.code.as_str(), alert.priority), ("technical.check-specimen", Priority::Low));
    assert_eq!(alert.title, "Sodium 145 changed by more than 13 mmol/L within 72 h: check the specimen");
}

#[test]
fn the_laboratorys_arterial_oxygen_stands_over_the_share_that_is_measured() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&frame("03", 1, &[(Sign::InspiredOxygen, 40)]), at(1));
    let gas = LabItem {
        code: "2703-7".to_owned(),
        known: None,
        quantity: Some(Quantity::exactly(Decimal::new(80, 0), Unit::MmHg)),
        sampled: Some(at(5).wall()),
        ..no_longer("4.1", ResultStatus::Stands)
    };
    let _ = ward.on(&report("A", "ICU-1^^03", vec![gas]), at(60));
    assert_eq!(ward.view(1, at(60)).beds[2].beside.unwrap().oxygenation.pf, Ok(200));
}
