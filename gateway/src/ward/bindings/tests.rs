//! Movements as the HIS sends them, and who lies where after them.

use super::*;
use crate::event::Place;

fn uhid(text: &str) -> Uhid {
    Uhid(text.to_owned())
}

pub(super) fn says(movement: Movement, patient: &str, at: i64) -> Admission {
    Admission {
        movement,
        patient: uhid(patient),
        name: String::new(),
        place: Place::Nowhere,
        prior: Place::Nowhere,
        born: None,
        attending: None,
        at: Some(Wall(at)),
    }
}

/// Three beds, the ward itself included.
struct Ward(Bindings);

impl Ward {
    fn new() -> Self {
        Self(Bindings::empty(4))
    }

    fn told(&mut self, movement: Movement, patient: &str, to: To, at: i64) -> Result<Vec<At>, NotApplied> {
        self.0.apply(&says(movement, patient, at), to, Wall(at))
    }

    /// What is settled: patient, and since when.
    fn at(&self, at: At) -> Option<(&str, i64)> {
        self.0.settled(at).map(|binding| (binding.patient.0.as_str(), binding.since.0))
    }

    /// The past and present of a bed, the latest first: who, from, until, whether it counts.
    fn history(&self, at: At) -> Vec<(String, i64, Option<i64>, bool)> {
        let shown = self.0.history(at);
        let row = |one: &BindingInterval| {
            (one.patient.0.clone(), one.since.0, one.until.map(|until| until.0), one.stands)
        };
        shown.iter().map(row).collect()
    }
}

fn his() -> Origin {
    Origin { by: "asha".to_owned(), station: "desk".to_owned(), reason: "settled".to_owned() }
}

#[test]
fn two_patients_on_one_bed_are_a_doubt_until_one_leaves() {
    let mut ward = Ward::new();
    assert_eq!(ward.told(Movement::Admit, "A", To::Bed(1), 1), Ok(vec![1]));
    assert_eq!(ward.told(Movement::Admit, "B", To::Bed(1), 2), Ok(vec![1]));
    assert_eq!(ward.0.occupancy(1), Occupancy::InDoubt);
    assert_eq!(ward.0.candidates(1), [uhid("A"), uhid("B")]);
    assert_eq!(ward.told(Movement::Discharge, "A", To::Unsaid, 3), Ok(vec![1]));
    assert_eq!(ward.at(1), Some(("B", 2)));
    assert!(!ward.0.standby_offered(1), "somebody lies there");
}

#[test]
fn a_transfer_moves_and_a_repeat_changes_nothing() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "A", To::Bed(1), 1);
    assert_eq!(ward.told(Movement::Transfer, "A", To::Bed(2), 5), Ok(vec![1, 2]));
    let _ = ward.told(Movement::Transfer, "A", To::Bed(2), 6);
    assert_eq!(ward.at(2), Some(("A", 5)), "the binding keeps its start");
    assert_eq!(ward.history(1), [("A".to_owned(), 1, Some(5), true)]);
    let origin = ward.0.history(2)[0].began.clone();
    assert_eq!((origin.by.as_str(), origin.reason.as_str()), ("his", "transferred"));
}

#[test]
fn an_older_movement_is_not_applied_and_says_so() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "A", To::Bed(1), 10);
    let older = ward.told(Movement::Discharge, "A", To::Unsaid, 9);
    assert_eq!(older, Err(NotApplied::Older(Wall(10))));
    assert!(older.unwrap_err().to_string().starts_with("older than 1970-01-01T00:00:00.01Z"));
    assert!(ward.at(1).is_some());
    let _ = ward.told(Movement::Discharge, "A", To::Unsaid, 12);
    assert!(ward.told(Movement::Admit, "A", To::Bed(2), 11).is_err(), "one who is gone does not come back");
}

#[test]
fn an_update_makes_no_movement_old() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "A", To::Bed(1), 1);
    let _ = ward.told(Movement::Update, "A", To::Bed(1), 20);
    assert!(ward.told(Movement::Transfer, "A", To::Bed(2), 10).is_ok());
    assert!(ward.told(Movement::Update, "A", To::Bed(2), 19).is_err(), "but an older update is old");
}

#[test]
fn a_transfer_out_of_the_ward_ends_the_binding_and_one_to_nowhere_does_not() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "A", To::Bed(1), 1);
    let _ = ward.told(Movement::Transfer, "A", To::Unsaid, 2);
    assert_eq!(ward.at(1), Some(("A", 1)), "it does not say where to");
    let _ = ward.told(Movement::Transfer, "A", To::Elsewhere, 3);
    assert_eq!(ward.0.occupancy(1), Occupancy::Unbound);
    assert!(!ward.0.standby_offered(1), "only a discharge offers it");
}

#[test]
fn a_registration_at_a_clinic_moves_nobody_off_a_bed() {
    let mut ward = Ward::new();
    assert_eq!(ward.told(Movement::Register, "A", To::Bed(1), 1), Ok(vec![1]));
    let _ = ward.told(Movement::Register, "A", To::Elsewhere, 2);
    assert_eq!(ward.at(1), Some(("A", 1)));
    let _ = ward.told(Movement::CancelAdmit, "A", To::Bed(1), 3);
    assert_eq!(ward.at(1), None, "a registration is cancelled like an admission");
}

#[test]
fn a_cancelled_transfer_restores_the_binding_with_its_start() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "A", To::Bed(1), 1);
    let _ = ward.told(Movement::Transfer, "A", To::Bed(2), 5);
    assert_eq!(ward.told(Movement::CancelTransfer, "A", To::Bed(1), 7), Ok(vec![1, 2]));
    assert_eq!(ward.at(1), Some(("A", 1)));
    assert_eq!(ward.history(2), [("A".to_owned(), 5, Some(7), false)], "what was cancelled does not count");
    assert_eq!(ward.history(1).len(), 1);
    assert_eq!(ward.told(Movement::CancelAdmit, "A", To::Bed(1), 8), Ok(vec![1]));
    assert_eq!(ward.0.lies_on(&uhid("A")), None);
    assert_eq!(ward.history(1), [("A".to_owned(), 1, Some(8), false)]);
}

#[test]
fn a_cancelled_discharge_restores_the_binding_and_takes_the_standby_back() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "A", To::Bed(1), 1);
    let _ = ward.told(Movement::Discharge, "A", To::Bed(1), 5);
    assert!(ward.0.standby_offered(1));
    let _ = ward.told(Movement::CancelDischarge, "A", To::Unsaid, 6);
    assert_eq!(ward.at(1), Some(("A", 1)));
    assert!(!ward.0.standby_offered(1));
}

#[test]
fn what_was_not_seen_is_cancelled_by_the_bed_that_the_message_names() {
    let mut ward = Ward::new();
    assert_eq!(ward.told(Movement::CancelTransfer, "A", To::Bed(1), 1), Ok(vec![1]));
    assert_eq!(ward.at(1), Some(("A", 1)));
    assert_eq!(ward.told(Movement::CancelDischarge, "B", To::Bed(2), 2), Ok(vec![2]));
    let nothing = ward.told(Movement::CancelDischarge, "C", To::Elsewhere, 3);
    assert_eq!(nothing, Err(NotApplied::NothingToCancel));
}

#[test]
fn a_clock_far_ahead_shuts_nothing_out_and_begins_nothing_in_the_future() {
    let mut ward = Ward::new();
    let year = 365 * 24 * 3_600_000;
    let _ = ward.0.apply(&says(Movement::Admit, "A", year), To::Bed(1), Wall(100));
    assert_eq!(ward.at(1), Some(("A", 100)));
    assert!(ward.0.apply(&says(Movement::Transfer, "A", 200), To::Bed(2), Wall(200)).is_ok());
}

#[test]
fn several_names_are_a_doubt_until_a_message_or_a_person_says_which() {
    let mut ward = Ward::new();
    assert_eq!(ward.0.name(1, &[uhid("A"), uhid("B")]), [1]);
    assert_eq!(ward.0.doubt(1), Some(Doubt::Named));
    let _ = ward.told(Movement::Admit, "B", To::Bed(1), 5);
    assert_eq!(ward.at(1), Some(("B", 5)));
    let _ = ward.0.name(2, &[uhid("C"), uhid("D")]);
    let _ = ward.told(Movement::Admit, "C", To::Bed(3), 6);
    assert_eq!(ward.0.doubt(2), None, "it is known where that one is");
}

#[test]
fn a_device_contradicts_until_it_agrees_or_a_person_overrules_it() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "A", To::Bed(1), 1);
    let device = Source(3);
    assert!(!ward.0.device_says(1, device, Some(&uhid("A"))));
    assert!(!ward.0.device_says(1, device, None));
    assert!(ward.0.device_says(1, device, Some(&uhid("B"))));
    assert!(!ward.0.device_says(1, device, Some(&uhid("B"))), "one doubt");
    assert_eq!(ward.0.doubt(1), Some(Doubt::Device));
    assert!(ward.0.device_says(1, device, Some(&uhid("A"))), "it agrees again");
    assert!(ward.0.device_says(1, device, Some(&uhid("B"))));
    assert_eq!(ward.0.settle(1, &uhid("A"), &his(), Wall(9)), Ok(vec![1]));
    assert!(!ward.0.device_says(1, device, Some(&uhid("B"))), "a person has said so");
    assert_eq!(ward.at(1), Some(("A", 1)));
    assert!(ward.0.device_says(1, device, Some(&uhid("C"))), "of this one nobody has spoken");
    let _ = ward.told(Movement::Discharge, "A", To::Unsaid, 11);
    let _ = ward.told(Movement::Admit, "D", To::Bed(1), 12);
    assert!(ward.0.device_says(1, device, Some(&uhid("B"))), "another binding");
}

#[test]
fn a_person_settles_with_whom_somebody_spoke_of() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "A", To::Bed(1), 1);
    assert_eq!(ward.0.settle(1, &uhid("A"), &his(), Wall(2)), Err(Refusal::Already), "no doubt");
    let _ = ward.told(Movement::Admit, "B", To::Bed(2), 2);
    let _ = ward.0.device_says(1, Source(3), Some(&uhid("B")));
    assert_eq!(ward.0.settle(1, &uhid("Z"), &his(), Wall(3)), Err(Refusal::Unknown));
    assert_eq!(ward.0.settle(1, &uhid("B"), &his(), Wall(4)), Ok(vec![1, 2]));
    assert_eq!((ward.at(1), ward.at(2)), (Some(("B", 4)), None), "one patient, one bed");
    let ended = ward.0.history(1)[1].ended.clone().unwrap();
    assert_eq!((ended.by.as_str(), ended.reason.as_str()), ("asha", "settled"));
    assert!(ward.told(Movement::Transfer, "A", To::Bed(3), 3).is_err(), "older than the person's word");
    assert!(ward.told(Movement::Transfer, "A", To::Bed(3), 5).is_ok());
}

fn merged(into: &str, from: &str, at: i64) -> Merge {
    Merge { into: uhid(into), from: uhid(from), at: Some(Wall(at)) }
}

#[test]
fn a_merge_gives_binding_and_history_another_name() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "41", To::Bed(1), 1);
    let _ = ward.told(Movement::Transfer, "41", To::Bed(2), 5);
    assert_eq!(ward.0.merge(&merged("42", "41", 7), Wall(7)), Ok(vec![2]));
    assert_eq!(ward.at(2), Some(("42", 5)));
    assert_eq!(ward.history(1), [("42".to_owned(), 1, Some(5), true)]);
    let _ = ward.told(Movement::CancelTransfer, "42", To::Bed(1), 8);
    assert_eq!(ward.at(1), Some(("42", 1)), "what the one did can be cancelled for the other");
    assert!(ward.0.merge(&merged("43", "42", 2), Wall(9)).is_err(), "older");
}

#[test]
fn a_merge_makes_no_movement_old() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "41", To::Bed(1), 1);
    assert_eq!(ward.0.merge(&merged("42", "41", 20), Wall(20)), Ok(vec![1]));
    assert_eq!(ward.told(Movement::Transfer, "42", To::Bed(2), 10), Ok(vec![1, 2]));
    assert_eq!(ward.at(2), Some(("42", 10)));
}

#[test]
fn one_person_on_two_beds_is_a_doubt_at_one_of_them() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "41", To::Bed(1), 1);
    let _ = ward.told(Movement::Admit, "42", To::Bed(2), 2);
    let _ = ward.0.merge(&merged("42", "41", 7), Wall(7));
    assert_eq!(ward.at(2), Some(("42", 2)));
    assert_eq!((ward.0.doubt(1), ward.0.candidates(1)), (Some(Doubt::Named), vec![uhid("42")]));
    assert_eq!(ward.0.settle(1, &uhid("42"), &his(), Wall(8)), Ok(vec![1, 2]));
    assert_eq!((ward.at(1), ward.at(2)), (Some(("42", 8)), None));
}

#[test]
fn two_names_on_one_bed_become_one() {
    let mut ward = Ward::new();
    let _ = ward.told(Movement::Admit, "41", To::Bed(1), 1);
    let _ = ward.told(Movement::Admit, "42", To::Bed(1), 2);
    assert_eq!(ward.0.merge(&merged("42", "41", 7), Wall(7)), Ok(vec![1]));
    assert_eq!(ward.at(1), Some(("42", 2)));
}

#[test]
fn only_so_much_of_the_past_is_remembered() {
    let mut ward = Ward::new();
    for round in 0..200_i64 {
        let _ = ward.told(Movement::Admit, "A", To::Bed(1), 2 * round);
        let _ = ward.told(Movement::Discharge, "A", To::Unsaid, 2 * round + 1);
    }
    assert_eq!(ward.history(1).len(), on_bed::PAST_MOST);
    assert_eq!(ward.history(1)[0].1, 398, "the latest first");
}
