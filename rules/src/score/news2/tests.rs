//! The page `charts/news2.md` and the boundary vectors, held against the code value by value.

use super::*;
use crate::score::page::{band, tables, whole};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/news2.md");
const VECTORS: &str = include_str!("boundary_vectors.csv");

/// A healthy patient on air: every part scores 0.
const WELL: Inputs = Inputs {
    resp_rate: Ok(16),
    spo2: Ok(98),
    scale: Spo2Scale::One,
    breathing: Ok(Breathing::Air),
    systolic: Ok(120),
    pulse: Ok(70),
    consciousness: Ok(Consciousness::Alert),
    temperature: Ok(370),
};

fn points_of(part: Part, inputs: &Inputs) -> u8 {
    match News2::of(inputs).parts[part as usize] {
        Points::Known(points) => points,
        Points::Missing { .. } => panic!("{part:?} is missing"),
    }
}

/// Which part a row of the first table speaks of, its places, and the code's points of a value.
fn coded(row: &str) -> (u8, fn(i32) -> u8) {
    match row {
        "respiratory rate /min" => {
            (0, |value| points_of(Part::RespRate, &Inputs { resp_rate: Ok(value), ..WELL }))
        }
        "SpO₂ scale 1 %" => (0, |value| points_of(Part::SpO2, &Inputs { spo2: Ok(value), ..WELL })),
        "SpO₂ scale 2 % on oxygen" => (0, |value| {
            let breathing = Ok(Breathing::Oxygen);
            points_of(Part::SpO2, &Inputs { spo2: Ok(value), scale: Spo2Scale::Two, breathing, ..WELL })
        }),
        "SpO₂ scale 2 % on air" => {
            (0, |value| points_of(Part::SpO2, &Inputs { spo2: Ok(value), scale: Spo2Scale::Two, ..WELL }))
        }
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

/// The page is the source: every value lies in exactly one band of its row, and has that band's points.
#[test]
fn every_value_scores_as_the_page_says() {
    const POINTS: [u8; 7] = [3, 2, 1, 0, 1, 2, 3];
    assert!(PAGE.contains("\n| parameter | 3 | 2 | 1 | 0 | 1 | 2 | 3 |\n"), "the head was changed");
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 7, "a row was added or lost");
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
        let conscious = |found| points_of(Part::Consciousness, &Inputs { consciousness: Ok(found), ..WELL });
        let points = match (row[0], row[1]) {
            ("air or oxygen", "air") => breathing(Breathing::Air),
            ("air or oxygen", "oxygen") => breathing(Breathing::Oxygen),
            ("consciousness", "alert") => conscious(Consciousness::Alert),
            ("consciousness", "confusion") => conscious(Consciousness::Confusion),
            ("consciousness", "voice") => conscious(Consciousness::Voice),
            ("consciousness", "pain") => conscious(Consciousness::Pain),
            ("consciousness", "unresponsive") => conscious(Consciousness::Unresponsive),
            other => panic!("the page has a row {other:?} that the code does not know"),
        };
        assert_eq!(row[2], points.to_string(), "{row:?}");
    }
}

/// A set whose points are `total`, with a part of 3 in it or, as long as that is possible, without.
fn set_of(total: u8, with_three: bool) -> Option<News2> {
    let mut left = total;
    let most = |part: Part| if part == Part::Breathing || !with_three { 2 } else { 3 };
    let parts = Part::ALL.map(|part| {
        let points = left.min(most(part));
        left -= points;
        Points::Known(points)
    });
    let score = News2 { parts };
    (left == 0 && score.has_single_three() == with_three).then_some(score)
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

fn consciousness_of(letter: &str) -> Consciousness {
    match letter {
        "A" => Consciousness::Alert,
        "C" => Consciousness::Confusion,
        "V" => Consciousness::Voice,
        "P" => Consciousness::Pain,
        "U" => Consciousness::Unresponsive,
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_boundary_vectors_hold() {
    let rows: Vec<Vec<&str>> = VECTORS.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 173);
    for row in rows {
        let scale = if row[4] == "2" { Spo2Scale::Two } else { Spo2Scale::One };
        let breathing = if row[5] == "1" { Breathing::Oxygen } else { Breathing::Air };
        let score = News2::of(&Inputs {
            resp_rate: Ok(whole(row[2], 0)),
            spo2: Ok(whole(row[3], 0)),
            scale,
            breathing: Ok(breathing),
            temperature: Ok(whole(row[6], 1)),
            systolic: Ok(whole(row[7], 0)),
            pulse: Ok(whole(row[8], 0)),
            consciousness: Ok(consciousness_of(row[9])),
        });
        let columns = [
            Part::RespRate,
            Part::SpO2,
            Part::Breathing,
            Part::Temperature,
            Part::Systolic,
            Part::Pulse,
            Part::Consciousness,
        ];
        for (part, points) in columns.into_iter().zip(&row[10..17]) {
            let points = Points::Known(points.parse().unwrap());
            assert_eq!(score.parts[part as usize], points, "{part:?} in case {}", row[0]);
        }
        assert_eq!(score.total(), Some(row[17].parse().unwrap()), "case {}", row[0]);
        assert_eq!(score.has_single_three(), row[18] == "1", "case {}", row[0]);
        assert_eq!(score.risk().word(), row[19], "case {}", row[0]);
    }
}

/// A published implementation forgets that scale 2 above 92 % counts on oxygen alone.
#[test]
fn scale_2_above_92_on_air_scores_nothing() {
    for percent in 93..=100 {
        let score = News2::of(&Inputs { spo2: Ok(percent), scale: Spo2Scale::Two, ..WELL });
        assert_eq!(score.total(), Some(0), "{percent} %");
    }
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let why = Absence::NeverHeard;
    let score = News2::of(&Inputs {
        resp_rate: Err(why),
        spo2: Err(why),
        breathing: Err(why),
        systolic: Err(why),
        pulse: Err(why),
        consciousness: Err(why),
        temperature: Err(why),
        ..WELL
    });
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 20));
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

#[test]
fn on_scale_2_the_air_must_be_known_where_it_matters() {
    let at = |percent| {
        let breathing = Err(Absence::Stale);
        News2::of(&Inputs { spo2: Ok(percent), scale: Spo2Scale::Two, breathing, ..WELL })
    };
    assert_eq!((at(95).lower(), at(95).upper()), (0, 4), "95 % scores 2 on oxygen, and oxygen 2 more");
    assert_eq!((at(83).lower(), at(83).upper()), (3, 5), "83 % scores 3 either way");
    assert_eq!(at(83).risk(), Risk::LowMedium);
}

/// What was never heard, and what people enter, stay as missing as they are.
#[test]
fn only_signs_that_were_there_are_taken_at_their_worst() {
    let lost = News2::of(&Inputs {
        spo2: Err(Absence::Stale),
        temperature: Err(Absence::NeverHeard),
        breathing: Err(Absence::Stale),
        consciousness: Err(Absence::Stale),
        ..WELL
    });
    let worst = lost.with_lost_signs().unwrap();
    assert_eq!((worst.lower(), worst.upper()), (3, 11));
    assert!(worst.missing().map(|(part, _)| part).eq([
        Part::Breathing,
        Part::Consciousness,
        Part::Temperature
    ]));
    let entered = without(&WELL, !(1 << Part::Breathing as u8 | 1 << Part::Consciousness as u8));
    assert_eq!(News2::of(&entered).with_lost_signs(), None, "no sign is known");
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let rates = (0i32..60, 50i32..=100, 40i32..300, 0i32..250, 300i32..430);
    let findings = (any::<bool>(), any::<bool>(), 0usize..5);
    (rates, findings).prop_map(|((resp, spo2, systolic, pulse, temperature), (oxygen, two, found))| Inputs {
        resp_rate: Ok(resp),
        spo2: Ok(spo2),
        scale: if two { Spo2Scale::Two } else { Spo2Scale::One },
        breathing: Ok(if oxygen { Breathing::Oxygen } else { Breathing::Air }),
        systolic: Ok(systolic),
        pulse: Ok(pulse),
        consciousness: Ok(consciousness_of(["A", "C", "V", "P", "U"][found])),
        temperature: Ok(temperature),
    })
}

/// `whole` without the parts whose bit is set.
fn without(whole: &Inputs, gone: u8) -> Inputs {
    let is_gone = |part: Part| gone & (1 << part as u8) != 0;
    let keep = |part, value: Result<i32, Absence>| if is_gone(part) { Err(Absence::Stale) } else { value };
    Inputs {
        resp_rate: keep(Part::RespRate, whole.resp_rate),
        spo2: keep(Part::SpO2, whole.spo2),
        breathing: if is_gone(Part::Breathing) { Err(Absence::Stale) } else { whole.breathing },
        systolic: keep(Part::Systolic, whole.systolic),
        pulse: keep(Part::Pulse, whole.pulse),
        consciousness: if is_gone(Part::Consciousness) { Err(Absence::Stale) } else { whole.consciousness },
        temperature: keep(Part::Temperature, whole.temperature),
        ..*whole
    }
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u8..128) {
        let total = News2::of(&whole).total().unwrap();
        let partial = News2::of(&without(&whole, gone));
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.risk() <= News2::of(&whole).risk(), "what is missing never makes it graver");
        prop_assert_eq!(partial.total().is_some(), gone == 0);
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u8..128, more in 0u8..128) {
        let less = News2::of(&without(&whole, gone));
        let least = News2::of(&without(&whole, gone | more));
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
        let worse = [
            Inputs { resp_rate: away(whole.resp_rate, 12, 20), ..whole },
            Inputs { spo2: away(whole.spo2, 88, 100), ..whole },
            Inputs { systolic: away(whole.systolic, 111, 219), ..whole },
            Inputs { pulse: away(whole.pulse, 51, 90), ..whole },
            Inputs { temperature: away(whole.temperature, 361, 380), ..whole },
        ];
        for worse in worse {
            prop_assert!(News2::of(&worse).total() >= News2::of(&whole).total(), "{:?}", worse);
        }
    }
}
