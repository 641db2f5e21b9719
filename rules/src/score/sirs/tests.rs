//! The page `charts/sirs.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/sirs.md");

/// No criterion is met.
const WELL: Inputs = Inputs {
    temperature: Ok(370),
    heart_rate: Ok(70),
    resp_rate: Ok(16),
    paco2: Ok(400),
    white_cells: Ok(70),
    band_forms: Ok(2),
};

/// The part of a row, its places, and `WELL` with its parameter at a value.
fn coded(row: &str) -> (Part, u8, fn(i32) -> Inputs) {
    match row {
        "temperature Cel" => (Part::Temperature, 1, |value| Inputs { temperature: Ok(value), ..WELL }),
        "heart rate /min" => (Part::HeartRate, 0, |value| Inputs { heart_rate: Ok(value), ..WELL }),
        "respiratory rate /min" => (Part::Breathing, 0, |value| Inputs { resp_rate: Ok(value), ..WELL }),
        "arterial carbon dioxide mm[Hg]" => (Part::Breathing, 1, |value| Inputs { paco2: Ok(value), ..WELL }),
        "white cells 10*9/L" => (Part::WhiteCells, 1, |value| Inputs { white_cells: Ok(value), ..WELL }),
        "band forms %" => (Part::WhiteCells, 0, |value| Inputs { band_forms: Ok(value), ..WELL }),
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

/// The page is the source: every value lies in exactly one band of its row, and has that band's point.
#[test]
fn every_value_scores_as_the_page_says() {
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 6, "a row was added or lost");
    for row in rows {
        assert_eq!(row.len(), 5, "{row:?}");
        let (part, places, inputs) = coded(row[1]);
        assert_eq!(row[0], part.word());
        for value in -50..=700 {
            let bands =
                row[2..].iter().zip([1u8, 0, 1]).filter(|(cell, _)| band(cell, places).contains(&value));
            let on_page: Vec<Points> = bands.map(|(_, points)| Points::Known(points)).collect();
            let score = Sirs::of(&inputs(value));
            assert_eq!(on_page, [score.parts[part as usize]], "{} at {value}", row[1]);
            assert_eq!(Some(on_page[0].lower()), score.total(), "only {part:?} scores");
        }
    }
}

/// A complete set of which the first `total` criteria are met.
fn set_of(total: usize) -> Sirs {
    Sirs { parts: [0, 1, 2, 3].map(|at| Points::Known(u8::from(at < total))) }
}

#[test]
fn every_total_has_the_finding_that_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), 2, "a row was added or lost");
    for total in 0..=4u8 {
        let score = set_of(usize::from(total));
        let row = rows.iter().filter(|row| band(row[0], 0).contains(&i32::from(total)));
        let words: Vec<&str> = row.map(|row| row[1]).collect();
        assert_eq!(words, [score.finding().word()], "{total}");
        assert_eq!(score.total(), Some(total));
        assert_eq!(score.met().count(), usize::from(total));
    }
    let reach = rows.iter().map(|row| band(row[0], 0).count()).sum::<usize>();
    assert_eq!(reach, 5, "the page has totals that do not exist");
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let score = Sirs::of(&without(&WELL, 0x3F));
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 4));
    assert_eq!(score.finding(), Finding::NotKnown);
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

#[test]
fn one_of_two_parameters_meets_a_criterion_and_only_both_can_miss_it() {
    let why = Absence::NeverHeard;
    let breathing = |inputs: &Inputs| Sirs::of(inputs).parts[Part::Breathing as usize];
    assert_eq!(breathing(&Inputs { paco2: Err(why), ..WELL }), Points::Missing { least: 0, most: 1, why });
    assert_eq!(
        breathing(&Inputs { resp_rate: Err(why), ..WELL }),
        Points::Missing { least: 0, most: 1, why }
    );
    assert_eq!(breathing(&Inputs { resp_rate: Ok(21), paco2: Err(why), ..WELL }), Points::Known(1));
    assert_eq!(breathing(&Inputs { resp_rate: Ok(21), paco2: Ok(300), ..WELL }), Points::Known(1));
}

#[test]
fn two_criteria_call_whatever_the_others_are() {
    let score = Sirs::of(&Inputs { temperature: Ok(381), heart_rate: Ok(91), ..without(&WELL, 0x3C) });
    assert!(score.finding().calls());
    assert!(score.met().eq([Part::Temperature, Part::HeartRate]));
    let one_open = Sirs::of(&Inputs { band_forms: Err(Absence::Stale), ..WELL });
    assert_eq!(one_open.finding(), Finding::Negative, "one more cannot make it positive");
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let ranges = (330i32..420, 30i32..200, 4i32..50, 150i32..800, 0i32..300, 0i32..=40);
    ranges.prop_map(|(temperature, heart_rate, resp_rate, paco2, white_cells, band_forms)| Inputs {
        temperature: Ok(temperature),
        heart_rate: Ok(heart_rate),
        resp_rate: Ok(resp_rate),
        paco2: Ok(paco2),
        white_cells: Ok(white_cells),
        band_forms: Ok(band_forms),
    })
}

/// `whole` without the inputs whose bit is set, in the order in which they are declared.
fn without(whole: &Inputs, gone: u8) -> Inputs {
    let keep = |value: Result<i32, Absence>, bit: u8| {
        if gone & (1 << bit) != 0 { Err(Absence::Stale) } else { value }
    };
    Inputs {
        temperature: keep(whole.temperature, 0),
        heart_rate: keep(whole.heart_rate, 1),
        resp_rate: keep(whole.resp_rate, 2),
        paco2: keep(whole.paco2, 3),
        white_cells: keep(whole.white_cells, 4),
        band_forms: keep(whole.band_forms, 5),
    }
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u8..64) {
        let complete = Sirs::of(&whole);
        let total = complete.total().unwrap();
        let partial = Sirs::of(&without(&whole, gone));
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.total().is_none_or(|known| known == total));
        prop_assert!(!partial.finding().calls() || complete.finding().calls());
        prop_assert!(partial.finding() != Finding::Negative || complete.finding() == Finding::Negative);
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u8..64, more in 0u8..64) {
        let less = Sirs::of(&without(&whole, gone));
        let least = Sirs::of(&without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn farther_from_health_never_scores_less(whole in any_inputs(), further in 0i32..100) {
        let up = |value: Result<i32, Absence>| value.map(|value| value + further);
        let away = |value: Result<i32, Absence>, middle| {
            value.map(|value| if value < middle { value - further } else { value + further })
        };
        let worse = [
            Inputs { temperature: away(whole.temperature, 370), ..whole },
            Inputs { heart_rate: up(whole.heart_rate), ..whole },
            Inputs { resp_rate: up(whole.resp_rate), ..whole },
            Inputs { paco2: whole.paco2.map(|tenths| tenths - further), ..whole },
            Inputs { white_cells: away(whole.white_cells, 80), ..whole },
            Inputs { band_forms: up(whole.band_forms), ..whole },
        ];
        for worse in worse {
            prop_assert!(Sirs::of(&worse).total() >= Sirs::of(&whole).total(), "{:?}", worse);
        }
    }
}
