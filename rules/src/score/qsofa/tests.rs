//! The page `charts/qsofa.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/qsofa.md");

/// No criterion is met.
const WELL: Inputs = Inputs { resp_rate: Ok(16), systolic: Ok(120), consciousness: Ok(Consciousness::Alert) };

const FOUND: [Consciousness; 5] = [
    Consciousness::Alert,
    Consciousness::Confusion,
    Consciousness::Voice,
    Consciousness::Pain,
    Consciousness::Unresponsive,
];

fn points_of(part: Part, inputs: &Inputs) -> u8 {
    match Qsofa::of(inputs).parts[part as usize] {
        Points::Known(points) => points,
        Points::Missing { .. } => panic!("{part:?} is missing"),
    }
}

/// The page is the source: every value lies in exactly one band of its row, and has that band's point.
#[test]
fn every_value_scores_as_the_page_says() {
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 2, "a row was added or lost");
    for (row, part) in rows.iter().zip([Part::RespRate, Part::Systolic]) {
        assert_eq!(row.len(), 3, "{row:?}");
        for value in -10..=400 {
            let (name, inputs) = match part {
                Part::RespRate => ("respiratory rate /min", Inputs { resp_rate: Ok(value), ..WELL }),
                _ => ("systolic pressure mm[Hg]", Inputs { systolic: Ok(value), ..WELL }),
            };
            assert_eq!(row[0], name);
            let bands = row[1..].iter().zip([1u8, 0]).filter(|(cell, _)| band(cell, 0).contains(&value));
            let on_page: Vec<u8> = bands.map(|(_, points)| points).collect();
            assert_eq!(on_page, [points_of(part, &inputs)], "{name} at {value}");
        }
    }
}

#[test]
fn every_finding_scores_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), FOUND.len(), "a row was added or lost");
    for ((row, word), found) in
        rows.iter().zip(["alert", "confusion", "voice", "pain", "unresponsive"]).zip(FOUND)
    {
        assert_eq!(row[..2], ["consciousness", word]);
        let inputs = Inputs { consciousness: Ok(found), ..WELL };
        assert_eq!(row[2], points_of(Part::Consciousness, &inputs).to_string(), "{row:?}");
    }
}

/// A complete set of which the first `total` criteria are met.
fn set_of(total: usize) -> Qsofa {
    Qsofa { parts: [0, 1, 2].map(|at| Points::Known(u8::from(at < total))) }
}

#[test]
fn every_total_has_the_finding_that_the_page_says() {
    let rows = &tables(PAGE)[2];
    assert_eq!(rows.len(), 2, "a row was added or lost");
    for total in 0..=3u8 {
        let score = set_of(usize::from(total));
        let row = rows.iter().filter(|row| band(row[0], 0).contains(&i32::from(total)));
        let words: Vec<&str> = row.map(|row| row[1]).collect();
        assert_eq!(words, [score.finding().word()], "{total}");
        assert_eq!(score.total(), Some(total));
        assert_eq!(score.met().count(), usize::from(total));
    }
    let reach = rows.iter().map(|row| band(row[0], 0).count()).sum::<usize>();
    assert_eq!(reach, 4, "the page has totals that do not exist");
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let why = Absence::NeverHeard;
    let score = Qsofa::of(&Inputs { resp_rate: Err(why), systolic: Err(why), consciousness: Err(why) });
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 3));
    assert_eq!(score.finding(), Finding::NotKnown);
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

#[test]
fn two_criteria_call_whatever_the_third_is() {
    let score =
        Qsofa::of(&Inputs { resp_rate: Ok(22), systolic: Ok(100), consciousness: Err(Absence::Stale) });
    assert!(score.finding().calls());
    assert!(score.met().eq([Part::RespRate, Part::Systolic]));
    let one = Qsofa::of(&Inputs { systolic: Ok(100), consciousness: Err(Absence::Stale), ..WELL });
    assert_eq!((one.finding().word(), one.finding().calls()), ("not known", false));
    let none = Qsofa::of(&Inputs { consciousness: Err(Absence::Stale), ..WELL });
    assert_eq!(none.finding(), Finding::Negative, "the third alone cannot make it positive");
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    (0i32..60, 40i32..300, 0usize..5).prop_map(|(resp, systolic, found)| Inputs {
        resp_rate: Ok(resp),
        systolic: Ok(systolic),
        consciousness: Ok(FOUND[found]),
    })
}

/// `whole` without the parts whose bit is set.
fn without(whole: &Inputs, gone: u8) -> Inputs {
    let is_gone = |part: Part| gone & (1 << part as u8) != 0;
    let keep = |part, value: Result<i32, Absence>| if is_gone(part) { Err(Absence::Stale) } else { value };
    let is_unseen = is_gone(Part::Consciousness);
    Inputs {
        resp_rate: keep(Part::RespRate, whole.resp_rate),
        systolic: keep(Part::Systolic, whole.systolic),
        consciousness: if is_unseen { Err(Absence::Stale) } else { whole.consciousness },
    }
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u8..8) {
        let complete = Qsofa::of(&whole);
        let total = complete.total().unwrap();
        let partial = Qsofa::of(&without(&whole, gone));
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(!partial.finding().calls() || complete.finding().calls());
        prop_assert!(partial.finding() != Finding::Negative || complete.finding() == Finding::Negative);
        prop_assert_eq!(partial.total().is_some(), gone == 0);
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u8..8, more in 0u8..8) {
        let less = Qsofa::of(&without(&whole, gone));
        let least = Qsofa::of(&without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn worse_signs_never_score_less(whole in any_inputs(), further in 0i32..100, found in 0usize..5) {
        let worse = [
            Inputs { resp_rate: whole.resp_rate.map(|value| value + further), ..whole },
            Inputs { systolic: whole.systolic.map(|value| value - further), ..whole },
            Inputs { consciousness: whole.consciousness.map(|_| FOUND[found.max(1)]), ..whole },
        ];
        for worse in worse {
            prop_assert!(Qsofa::of(&worse).total() >= Qsofa::of(&whole).total(), "{:?}", worse);
        }
    }
}
