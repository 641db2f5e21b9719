//! Somebody was turned away at a door of the house: the station hears of it, and IT's phone is called once.

use super::*;
use crate::strangers::{Tried, of_devices};

/// Whose phones are owed a message when this is found out.
fn phones(ward: &mut Ward, what: Technical, on: bool, second: u32) -> Vec<String> {
    let found = Found { bed: None, what, on, text: "call IT".to_owned() };
    let turn = ward.on(&Event::Found(found), at(second));
    let to = |owed: &Owed| match &owed.parcel {
        Parcel::Phone { to, number, .. } => Some(format!("{to} {number}")),
        _ => None,
    };
    owed(&turn).into_iter().filter_map(to).collect()
}

#[test]
fn it_is_called_when_somebody_is_turned_away_and_once_for_each_alert() {
    let mut ward = ward();
    for what in Tried::ALL.map(Tried::alert).into_iter().chain([of_devices()]) {
        assert_eq!(phones(&mut ward, what, true, 1), ["IT +910000000004"], "{what:?}");
        assert!(phones(&mut ward, what, true, 2).is_empty(), "told again, and nobody anew");
        assert!(phones(&mut ward, what, false, 3).is_empty());
    }
    assert_eq!(phones(&mut ward, Tried::Pins.alert(), true, 4), ["IT +910000000004"], "a new alert");
}

#[test]
fn a_nurse_who_has_heard_of_it_does_not_take_the_call_back() {
    let mut ward = ward();
    assert_eq!(phones(&mut ward, Tried::Token.alert(), true, 1).len(), 1);
    let id = open(&ward, at(1))[0].alert.id;
    let turn = ward.on(&answer(id, Role::Nurse, Say::Acknowledge(None)), at(2));
    assert!(!turn.records.iter().any(|record| matches!(record, Record::CalledOff { .. })));
}

#[test]
fn any_other_channel_calls_nobody_s_phone() {
    assert!(phones(&mut ward(), Technical::Channel(3), true, 1).is_empty());
}
