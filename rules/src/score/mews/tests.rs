//! The page `charts/mews.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/mews.md");

const FOUND: [(&str, Consciousness); 5] = [
    ("alert", Consciousness::Alert),
    ("confusion", Consciousness::Confusion),
    ("voice", Consciousness::Voice),
    ("pain", Consciousness::Pain),
    ("unresponsive", Consciousness::Unresponsive),
];

/// A healthy patient: every part scores 0.
const WELL: Inputs = Inputs {
    systolic: Ok(120),
    pulse: Ok(70),
    resp_rate: Ok(12),
    temperature: Ok(370),
    consciousness: Ok(Consciousness::Alert),
};

/// The set of a row of the first table with a value in its place, and the places of that value.
fn coded(row: &str) -> (u8, fn(i32) -> Inputs) {
    match row {
        "systolic pressure mm[Hg]" => (0, |value| Inputs { systolic: Ok(value), ..WELL }),
        "pulse /min" => (0, |value| Inputs { pulse: Ok(value), ..WELL }),
        "respiratory rate /min" => (0, |value| Inputs { resp_rate: Ok(value), ..WELL }),
        "temperature Cel" => (1, |value| Inputs { temperature: Ok(value), ..WELL }),
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

#[test]
fn every_value_scores_as_the_page_says() {
    const POINTS: [u8; 7] = [3, 2, 1, 0, 1, 2, 3];
    assert_eq!(tables(PAGE).len(), 3, "a table was added or lost");
    assert!(PAGE.contains("\n| parameter | 3 | 2 | 1 | 0 | 1 | 2 | 3 |\n"), "the head was changed");
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 4, "a row was added or lost");
    for (row, part) in rows.iter().zip(Part::ALL) {
        assert_eq!(row.len(), 8, "{row:?}");
        let (places, inputs) = coded(row[0]);
        for value in -100..=700 {
            let bands = row[1..].iter().zip(POINTS).filter(|(cell, _)| band(cell, places).contains(&value));
            let on_page: Vec<u8> = bands.map(|(_, points)| points).collect();
            let score = Mews::of(&inputs(value));
            assert_eq!(on_page, [score.parts[part as usize].lower()], "{} at {value}", row[0]);
            assert_eq!(score.total(), Some(on_page[0]), "{} at {value} moved another part", row[0]);
        }
    }
}

#[test]
fn every_finding_scores_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), FOUND.len(), "a row was added or lost");
    for (row, (word, found)) in rows.iter().zip(FOUND) {
        let score = Mews::of(&Inputs { consciousness: Ok(found), ..WELL });
        assert_eq!((row[0], row[1]), (word, score.total().unwrap().to_string().as_str()));
    }
}

#[test]
fn every_total_has_the_level_that_the_page_says() {
    let rows = &tables(PAGE)[2];
    assert_eq!(rows.len(), 2, "a row was added or lost");
    for total in 0..=14 {
        let mut parts = [Points::Known(0); 5];
        parts[0] = Points::Known(total);
        let words = rows.iter().filter(|row| band(row[0], 0).contains(&i32::from(total))).map(|row| row[1]);
        assert_eq!(words.collect::<Vec<_>>(), [Mews { parts }.level().word()], "{total}");
    }
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let score = without(&WELL, 31);
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 14));
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    (40i32..300, 0i32..250, 0i32..60, 300i32..430, 0usize..5).prop_map(
        |(systolic, pulse, resp_rate, temperature, at)| Inputs {
            systolic: Ok(systolic),
            pulse: Ok(pulse),
            resp_rate: Ok(resp_rate),
            temperature: Ok(temperature),
            consciousness: Ok(FOUND[at].1),
        },
    )
}

/// `whole` without the parts whose bit is set.
fn without(whole: &Inputs, gone: u8) -> Mews {
    fn keep<T>(part: Part, value: Result<T, Absence>, gone: u8) -> Result<T, Absence> {
        if gone & (1 << part as u8) == 0 { value } else { Err(Absence::Stale) }
    }
    Mews::of(&Inputs {
        systolic: keep(Part::Systolic, whole.systolic, gone),
        pulse: keep(Part::Pulse, whole.pulse, gone),
        resp_rate: keep(Part::RespRate, whole.resp_rate, gone),
        temperature: keep(Part::Temperature, whole.temperature, gone),
        consciousness: keep(Part::Consciousness, whole.consciousness, gone),
    })
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u8..32) {
        let total = Mews::of(&whole).total().unwrap();
        let partial = without(&whole, gone);
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.level() <= Mews::of(&whole).level(), "what is missing never makes it graver");
        prop_assert_eq!(partial.total().is_some(), gone == 0);
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u8..32, more in 0u8..32) {
        let (less, least) = (without(&whole, gone), without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn farther_from_health_never_scores_less(whole in any_inputs(), further in 0i32..100) {
        let away = |value: Result<i32, Absence>, least, most| {
            value.map(|value| match value {
                value if value > most => value + further,
                value if value < least => value - further,
                value => value,
            })
        };
        let worse = Inputs {
            systolic: away(whole.systolic, 101, 199),
            pulse: away(whole.pulse, 51, 100),
            resp_rate: away(whole.resp_rate, 9, 14),
            temperature: away(whole.temperature, 350, 384),
            ..whole
        };
        for (worse, before) in Mews::of(&worse).parts.iter().zip(Mews::of(&whole).parts) {
            prop_assert!(worse.lower() >= before.lower());
        }
    }
}
