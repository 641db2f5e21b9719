//! The page `charts/news.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/news.md");

const FOUND: [Consciousness; 5] = [
    Consciousness::Alert,
    Consciousness::Confusion,
    Consciousness::Voice,
    Consciousness::Pain,
    Consciousness::Unresponsive,
];

/// A healthy patient on air: every part scores 0.
const WELL: Inputs = Inputs {
    resp_rate: Ok(16),
    spo2: Ok(98),
    breathing: Ok(Breathing::Air),
    systolic: Ok(120),
    pulse: Ok(70),
    consciousness: Ok(Consciousness::Alert),
    temperature: Ok(370),
};

/// The points of one part, while all others score nothing.
fn points_of(part: Part, inputs: &Inputs) -> u8 {
    let score = News::of(inputs);
    assert_eq!(score.total(), Some(score.parts[part as usize].lower()), "{part:?} moved another part");
    score.lower()
}

/// The places of a row of the first table, and the code's points of a value in it.
fn coded(row: &str) -> (u8, fn(i32) -> u8) {
    match row {
        "respiratory rate /min" => {
            (0, |value| points_of(Part::RespRate, &Inputs { resp_rate: Ok(value), ..WELL }))
        }
        "SpO₂ %" => (0, |value| points_of(Part::SpO2, &Inputs { spo2: Ok(value), ..WELL })),
        "systolic pressure mm[Hg]" => {
            (0, |value| points_of(Part::Systolic, &Inputs { systolic: Ok(value), ..WELL }))
        }
        "pulse /min" => (0, |value| points_of(Part::Pulse, &Inputs { pulse: Ok(value), ..WELL })),
        "temperature Cel" => {
            (1, |value| points_of(Part::Temperature, &Inputs { temperature: Ok(value), ..WELL }))
        }
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

#[test]
fn every_value_scores_as_the_page_says() {
    const POINTS: [u8; 7] = [3, 2, 1, 0, 1, 2, 3];
    assert_eq!(tables(PAGE).len(), 3, "a table was added or lost");
    assert!(PAGE.contains("\n| parameter | 3 | 2 | 1 | 0 | 1 | 2 | 3 |\n"), "the head was changed");
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 5, "a row was added or lost");
    for row in rows {
        assert_eq!(row.len(), 8, "{row:?}");
        let (places, points) = coded(row[0]);
        for value in -100..=700 {
            let bands = row[1..].iter().zip(POINTS).filter(|(cell, _)| band(cell, places).contains(&value));
            let on_page: Vec<u8> = bands.map(|(_, points)| points).collect();
            assert_eq!(on_page, [points(value)], "{} at {value}", row[0]);
        }
    }
}

#[test]
fn every_finding_scores_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), 7, "a row was added or lost");
    for row in rows {
        let breathing = |found| points_of(Part::Breathing, &Inputs { breathing: Ok(found), ..WELL });
        let conscious = |at| points_of(Part::Consciousness, &Inputs { consciousness: Ok(FOUND[at]), ..WELL });
        let points = match (row[0], row[1]) {
            ("air or oxygen", "air") => breathing(Breathing::Air),
            ("air or oxygen", "oxygen") => breathing(Breathing::Oxygen),
            ("consciousness", "alert") => conscious(0),
            ("consciousness", "confusion") => conscious(1),
            ("consciousness", "voice") => conscious(2),
            ("consciousness", "pain") => conscious(3),
            ("consciousness", "unresponsive") => conscious(4),
            other => panic!("the page has a row {other:?} that the code does not know"),
        };
        assert_eq!(row[2], points.to_string(), "{row:?}");
    }
}

/// A set whose points are `total`, with a part of 3 in it or, as long as that is possible, without.
fn set_of(total: u8, with_three: bool) -> Option<News> {
    let mut left = total;
    let parts = Part::ALL.map(|part| {
        let most = if part == Part::Breathing || !with_three { 2 } else { 3 };
        let points = left.min(most);
        left -= points;
        Points::Known(points)
    });
    (left == 0 && parts.contains(&Points::Known(3)) == with_three).then_some(News { parts })
}

#[test]
fn every_total_has_the_risk_that_the_page_says() {
    let rows = &tables(PAGE)[2];
    let [low, single, medium, high] = rows.as_slice() else { panic!("a row was added or lost") };
    assert_eq!(single[0], "3 in one parameter");
    for total in 0..=20 {
        for with_three in [false, true] {
            let Some(score) = set_of(total, with_three) else { continue };
            let is_of = |row: &&Vec<&'static str>| band(row[0], 0).contains(&i32::from(total));
            let rows: Vec<_> = [low, medium, high].into_iter().filter(is_of).collect();
            let [row] = rows.as_slice() else { panic!("{total} lies in {} rows", rows.len()) };
            let row = if with_three && *row == low { single } else { row };
            assert_eq!(score.risk().word(), row[1], "{total}, a three: {with_three}");
            assert_eq!(score.total(), Some(total));
        }
    }
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let score = without(&WELL, 127);
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 20));
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let signs = (0i32..60, 50i32..=100, 40i32..300, 0i32..250, 300i32..430);
    (signs, any::<bool>(), 0usize..5).prop_map(|((resp, spo2, systolic, pulse, temperature), oxygen, at)| {
        Inputs {
            resp_rate: Ok(resp),
            spo2: Ok(spo2),
            breathing: Ok(if oxygen { Breathing::Oxygen } else { Breathing::Air }),
            systolic: Ok(systolic),
            pulse: Ok(pulse),
            consciousness: Ok(FOUND[at]),
            temperature: Ok(temperature),
        }
    })
}

/// `whole` without the parts whose bit is set.
fn without(whole: &Inputs, gone: u8) -> News {
    let is_gone = |part: Part| gone & (1 << part as u8) != 0;
    let keep = |part, value: Result<i32, Absence>| if is_gone(part) { Err(Absence::Stale) } else { value };
    News::of(&Inputs {
        resp_rate: keep(Part::RespRate, whole.resp_rate),
        spo2: keep(Part::SpO2, whole.spo2),
        breathing: if is_gone(Part::Breathing) { Err(Absence::Stale) } else { whole.breathing },
        systolic: keep(Part::Systolic, whole.systolic),
        pulse: keep(Part::Pulse, whole.pulse),
        consciousness: if is_gone(Part::Consciousness) { Err(Absence::Stale) } else { whole.consciousness },
        temperature: keep(Part::Temperature, whole.temperature),
    })
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u8..128) {
        let total = News::of(&whole).total().unwrap();
        let partial = without(&whole, gone);
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.risk() <= News::of(&whole).risk(), "what is missing never makes it graver");
        prop_assert_eq!(partial.total().is_some(), gone == 0);
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u8..128, more in 0u8..128) {
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
            resp_rate: away(whole.resp_rate, 12, 20),
            spo2: whole.spo2.map(|percent| percent - further),
            systolic: away(whole.systolic, 111, 219),
            pulse: away(whole.pulse, 51, 90),
            temperature: away(whole.temperature, 361, 380),
            ..whole
        };
        for (worse, before) in News::of(&worse).parts.iter().zip(News::of(&whole).parts) {
            prop_assert!(worse.lower() >= before.lower());
        }
    }
}
