//! Which chart speaks follows from the date of birth that the HIS tells, on the day itself.

use super::*;
use crate::clock::Wall;
use crate::event::Born;
use rules::score::choice::{Because, Mode};

const DAY_S: u32 = 86_400;

/// So many seconds into the day before the sixteenth birthday.
fn eve(seconds: u32) -> Now {
    let midnight: jiff::Timestamp = "2026-11-25T00:00:00Z".parse().unwrap();
    let at = at(seconds);
    Now { offset_ms: Wall::from(midnight).0 - i64::try_from(START.0).unwrap(), ..at }
}

fn told(movement: Movement, born: Option<Born>) -> Event {
    let Event::Admission(admission) = moves(movement, "A", "ICU-1^^03") else { panic!("a movement") };
    Event::Admission(Admission { born, ..admission })
}

fn sixteenth_tomorrow() -> Born {
    jiff::civil::date(2010, 11, 26).into()
}

fn choice(ward: &Ward, now: Now) -> (Mode, Because) {
    let choice = ward.view(1, now).beds[2].choice;
    (choice.mode, choice.because)
}

#[test]
fn the_chart_changes_on_the_birthday_itself() {
    let mut ward = ward();
    let _ = ward.on(&told(Movement::Admit, Some(sixteenth_tomorrow())), eve(0));
    assert_eq!(choice(&ward, eve(0)), (Mode::Shown, Because::Child));
    let _ = ward.tick(eve(DAY_S - 1));
    assert_eq!(choice(&ward, eve(DAY_S - 1)), (Mode::Shown, Because::Child));
    let _ = ward.tick(eve(DAY_S));
    assert_eq!(choice(&ward, eve(DAY_S)), (Mode::Calls, Because::Adult));
}

#[test]
fn a_date_of_birth_may_come_later_and_is_not_lost_by_a_message_without_one() {
    let mut ward = ward();
    let _ = ward.on(&told(Movement::Admit, None), eve(0));
    assert_eq!(choice(&ward, eve(0)), (Mode::Calls, Because::AgeUnknown));
    let _ = ward.on(&told(Movement::Update, Some(sixteenth_tomorrow())), eve(10));
    assert_eq!(choice(&ward, eve(10)), (Mode::Shown, Because::Child));
    let _ = ward.on(&told(Movement::Update, None), eve(20));
    assert_eq!(choice(&ward, eve(20)), (Mode::Shown, Because::Child));
    let _ = ward.on(&told(Movement::Discharge, None), eve(30));
    let _ = ward.on(&admit("B", "ICU-1^^03"), eve(40));
    assert_eq!(
        choice(&ward, eve(40)),
        (Mode::Calls, Because::AgeUnknown),
        "the next one is not sixteen, too"
    );
}

#[test]
fn a_ward_that_changed_its_policy_knows_the_ages_before_it_judges() {
    let mut lived = ward();
    let _ = lived.on(&told(Movement::Admit, Some(sixteenth_tomorrow())), eve(0));
    let mut changed = ward();
    assert!(changed.take_over(&lived.save().unwrap(), eve(10).moment));
    let _ = changed.on(&frame("03", 1, &[(Sign::SpO2, 97)]), eve(20));
    assert_eq!(choice(&changed, eve(20)), (Mode::Shown, Because::Child));
}
