//! What holds of the bindings after any order of movements.

use proptest::prelude::*;

use super::tests::says;
use super::*;
use crate::event::Place;

const BEDS: usize = 5;

#[derive(Clone, Debug)]
enum Happening {
    Moves(Movement, usize, To, i64),
    Merges(usize, usize, i64),
    Names(At, usize, usize),
    Device(At, u32, usize),
    Settles(At, usize),
    Waits(i64),
}

fn patient(number: usize) -> Uhid {
    Uhid(format!("P{number}"))
}

fn any_movement() -> impl Strategy<Value = Movement> {
    prop_oneof![
        4 => Just(Movement::Admit),
        1 => Just(Movement::Register),
        4 => Just(Movement::Transfer),
        2 => Just(Movement::Discharge),
        1 => Just(Movement::Update),
        1 => Just(Movement::CancelAdmit),
        2 => Just(Movement::CancelTransfer),
        1 => Just(Movement::CancelDischarge),
    ]
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let to = prop_oneof![
        6 => (1..BEDS).prop_map(To::Bed),
        1 => Just(To::Elsewhere),
        1 => Just(To::Unsaid),
    ];
    let who = 0..4_usize;
    prop_oneof![
        // Some arrive late, some from a clock that runs ahead.
        12 => (any_movement(), who.clone(), to, -40..20_i64)
            .prop_map(|(what, who, to, late)| Happening::Moves(what, who, to, late)),
        1 => (who.clone(), who.clone(), -20..5_i64)
            .prop_map(|(into, from, late)| Happening::Merges(into, from, late)),
        1 => (1..BEDS, who.clone(), who.clone()).prop_map(|(at, a, b)| Happening::Names(at, a, b)),
        2 => (1..BEDS, 0..3_u32, who.clone()).prop_map(|(at, no, who)| Happening::Device(at, no, who)),
        2 => (1..BEDS, who).prop_map(|(at, who)| Happening::Settles(at, who)),
        4 => (0..30_i64).prop_map(Happening::Waits),
    ]
}

/// Lives through one happening; `None` where it was refused.
fn happens(bindings: &mut Bindings, happening: &Happening, now: &mut Wall) -> Option<Vec<At>> {
    let origin = Origin { by: "asha".to_owned(), station: String::new(), reason: "settled".to_owned() };
    match happening {
        Happening::Moves(movement, who, to, late) => {
            let told = Admission { place: Place::Nowhere, ..says(*movement, &patient(*who).0, now.0 + late) };
            bindings.apply(&told, *to, *now).ok()
        }
        Happening::Merges(into, from, late) => {
            let merge = Merge { into: patient(*into), from: patient(*from), at: Some(Wall(now.0 + late)) };
            bindings.merge(&merge, *now).ok()
        }
        Happening::Names(at, one, other) if one != other => {
            Some(bindings.name(*at, &[patient(*one), patient(*other)]))
        }
        Happening::Device(at, device, who) => {
            bindings.device_says(*at, Source(*device), Some(&patient(*who))).then(|| vec![*at])
        }
        Happening::Settles(at, who) => bindings.settle(*at, &patient(*who), &origin, *now).ok(),
        Happening::Waits(span) => {
            now.0 += span;
            None
        }
        Happening::Names(..) => None,
    }
}

/// One patient is on one bed at most, and once.
fn lies_once(bindings: &Bindings, who: &Uhid) -> bool {
    let lying = bindings.beds.iter().flat_map(|on| &on.lying);
    lying.filter(|binding| binding.patient == *who).count() <= 1
}

/// No two intervals of one patient that count have a moment in common.
fn never_overlap(bindings: &Bindings, who: &Uhid) -> bool {
    let standing: Vec<_> = bindings.beds.iter().flat_map(|on| on.standing(who)).collect();
    let pairs = |at: usize| standing.iter().skip(at + 1).map(move |other| (at, *other));
    (0..standing.len()).flat_map(pairs).all(|(at, other)| !on_bed::overlap(standing[at], other))
}

/// What the beds are told is what changed, and nothing else changed.
fn told_of_every_change(before: &Bindings, after: &Bindings, changed: &[At]) -> bool {
    (0..BEDS).all(|at| before.occupancy(at) == after.occupancy(at) || changed.contains(&at))
}

fn written(bindings: &Bindings) -> Vec<u8> {
    postcard::to_stdvec(bindings).unwrap()
}

proptest! {
    #[test]
    fn any_order_of_movements_leaves_each_patient_on_one_bed_with_one_past(
        story in proptest::collection::vec(any_happening(), 0..60),
    ) {
        let mut bindings = Bindings::empty(BEDS);
        let mut now = Wall(1_000);
        for happening in &story {
            let before = bindings.clone();
            let changed = happens(&mut bindings, happening, &mut now);
            for who in (0..4).map(patient) {
                prop_assert!(lies_once(&bindings, &who), "{who:?} lies twice after {happening:?}");
                prop_assert!(never_overlap(&bindings, &who), "{who:?} overlaps after {happening:?}");
            }
            let changed = changed.unwrap_or_default();
            prop_assert!(told_of_every_change(&before, &bindings, &changed), "{happening:?} {changed:?}");
            for at in 0..BEDS {
                let begun = bindings.beds[at].lying.iter().all(|binding| binding.since <= now);
                prop_assert!(begun, "a binding begins in the future after {happening:?}");
            }
        }
        let again: Bindings = postcard::from_bytes(&written(&bindings)).unwrap();
        prop_assert_eq!(written(&again), written(&bindings));
    }

    #[test]
    fn what_is_older_than_what_was_applied_changes_nothing(
        story in proptest::collection::vec(any_happening(), 0..30),
        movement in any_movement(),
        who in 0..4_usize,
        to in 1..BEDS,
    ) {
        let mut bindings = Bindings::empty(BEDS);
        let mut now = Wall(1_000);
        for happening in &story {
            let _ = happens(&mut bindings, happening, &mut now);
        }
        let applied = bindings.apply(&says(Movement::Transfer, &patient(who).0, now.0), To::Bed(to), now);
        if applied.is_ok() {
            let before = written(&bindings);
            let older = says(movement, &patient(who).0, now.0 - 1);
            prop_assert!(bindings.apply(&older, To::Bed(1), now).is_err());
            prop_assert_eq!(written(&bindings), before);
        }
    }
}
