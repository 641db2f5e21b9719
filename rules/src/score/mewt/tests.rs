//! The page `charts/mewt.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/mewt.md");

const WORDS: [&str; 3] = ["none", "non-severe", "severe"];

const FOUND: [Consciousness; 5] = [
    Consciousness::Alert,
    Consciousness::Confusion,
    Consciousness::Voice,
    Consciousness::Pain,
    Consciousness::Unresponsive,
];

/// A healthy woman: no trigger.
const WELL: Inputs = Inputs {
    pulse: Ok(80),
    resp_rate: Ok(16),
    mean_pressure: Ok(85),
    spo2: Ok(98),
    systolic: Ok(120),
    diastolic: Ok(70),
    temperature: Ok(370),
    fetus: Ok(Fetus::HeartRate(140)),
    consciousness: Ok(Consciousness::Alert),
    pain: Ok(Pain::AsExpected),
    nurse: Ok(Nurse::Calm),
};

/// Which part a row of the first table speaks of, its places, and the set with a value in its place.
fn coded(row: &str) -> (Part, u8, fn(i32) -> Inputs) {
    match row {
        "pulse /min" => (Part::Pulse, 0, |value| Inputs { pulse: Ok(value), ..WELL }),
        "respiratory rate /min" => (Part::RespRate, 0, |value| Inputs { resp_rate: Ok(value), ..WELL }),
        "mean pressure mm[Hg]" => {
            (Part::MeanPressure, 0, |value| Inputs { mean_pressure: Ok(value), ..WELL })
        }
        "SpO₂ %" => (Part::SpO2, 0, |value| Inputs { spo2: Ok(value), ..WELL }),
        "systolic pressure mm[Hg]" => (Part::Pressure, 0, |value| Inputs { systolic: Ok(value), ..WELL }),
        "diastolic pressure mm[Hg]" => (Part::Pressure, 0, |value| Inputs { diastolic: Ok(value), ..WELL }),
        "temperature Cel" => (Part::Temperature, 1, |value| Inputs { temperature: Ok(value), ..WELL }),
        "fetal heart rate /min" => {
            (Part::FetalHeart, 0, |value| Inputs { fetus: Ok(Fetus::HeartRate(value)), ..WELL })
        }
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

/// The word of one trigger, while no other is there.
fn word_of(part: Part, inputs: &Inputs) -> &'static str {
    let mewt = Mewt::of(inputs);
    assert_eq!(Points::Known(mewt.lower()), mewt.parts[part as usize], "{part:?} moved another part");
    WORDS[usize::from(mewt.lower())]
}

#[test]
fn every_value_is_judged_as_the_page_says() {
    const COLUMNS: [&str; 5] = ["severe", "non-severe", "none", "non-severe", "severe"];
    assert_eq!(tables(PAGE).len(), 5, "a table was added or lost");
    let head = "\n| trigger | severe | non-severe | none | non-severe | severe |\n";
    assert!(PAGE.contains(head), "the head was changed");
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 8, "a row was added or lost");
    for row in rows {
        assert_eq!(row.len(), 6, "{row:?}");
        let (part, places, inputs) = coded(row[0]);
        for value in -100..=700 {
            let bands = row[1..].iter().zip(COLUMNS).filter(|(cell, _)| band(cell, places).contains(&value));
            let on_page: Vec<&str> = bands.map(|(_, word)| word).collect();
            assert_eq!(on_page, [word_of(part, &inputs(value))], "{} at {value}", row[0]);
        }
    }
}

#[test]
fn every_finding_is_judged_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), 10, "a row was added or lost");
    let conscious = |at| word_of(Part::Consciousness, &Inputs { consciousness: Ok(FOUND[at]), ..WELL });
    let pain = |pain| word_of(Part::Pain, &Inputs { pain: Ok(pain), ..WELL });
    let nurse = |nurse| word_of(Part::Nurse, &Inputs { nurse: Ok(nurse), ..WELL });
    for row in rows {
        let word = match (row[0], row[1]) {
            ("fetal heart rate", "delivered") => {
                word_of(Part::FetalHeart, &Inputs { fetus: Ok(Fetus::Delivered), ..WELL })
            }
            ("consciousness", "alert") => conscious(0),
            ("consciousness", "confusion") => conscious(1),
            ("consciousness", "voice") => conscious(2),
            ("consciousness", "pain") => conscious(3),
            ("consciousness", "unresponsive") => conscious(4),
            ("pain", "as expected") => pain(Pain::AsExpected),
            ("pain", "disproportionate") => pain(Pain::Disproportionate),
            ("nurse", "not concerned") => nurse(Nurse::Calm),
            ("nurse", "concerned") => nurse(Nurse::Concerned),
            other => panic!("the page has a row {other:?} that the code does not know"),
        };
        assert_eq!(word, row[2], "{row:?}");
    }
}

#[test]
fn every_weight_is_as_the_page_says() {
    let weights = WORDS.iter().zip([NONE, NON_SEVERE, SEVERE]);
    let in_code: Vec<_> = weights.map(|(word, points)| [(*word).to_owned(), points.to_string()]).collect();
    assert_eq!(tables(PAGE)[2], in_code);
}

/// As many severe and non-severe triggers as ten parts can hold.
#[test]
fn every_combination_is_found_as_the_page_says() {
    let rows = &tables(PAGE)[3];
    assert_eq!(rows.len(), 4, "a row was added or lost");
    let holds = |cell: &'static str, count: usize| match cell.parse() {
        Ok(exactly) => count == exactly,
        Err(_) => band(cell, 0).contains(&i32::try_from(count).unwrap()),
    };
    for severe in 0..=10 {
        for non_severe in 0..=10 - severe {
            let mut parts = [Points::Known(NONE); 10];
            parts[..severe].fill(Points::Known(SEVERE));
            parts[severe..severe + non_severe].fill(Points::Known(NON_SEVERE));
            let found = rows.iter().filter(|row| holds(row[0], severe) && holds(row[1], non_severe));
            let mewt = Mewt { parts };
            let words: Vec<&str> = found.map(|row| row[2]).collect();
            assert_eq!(words, [mewt.finding().word()], "{severe} severe, {non_severe} non-severe");
            assert_eq!(mewt.finding() >= Finding::TwoNonSevere, mewt.lower() >= SEVERE, "what calls has 2");
        }
    }
}

#[test]
fn a_trigger_is_sustained_for_as_long_as_the_page_says() {
    let minutes = SUSTAINED.whole_seconds() / 60;
    assert_eq!(tables(PAGE)[4], [["every trigger", &minutes.to_string()]]);
}

#[test]
fn one_pressure_can_be_the_trigger_without_the_other() {
    let why = Absence::Stale;
    let of = |systolic, diastolic| Mewt::of(&Inputs { systolic, diastolic, ..WELL }).parts[4];
    assert_eq!(of(Ok(170), Err(why)), Points::Known(NON_SEVERE));
    assert_eq!(of(Err(why), Ok(40)), Points::Known(NON_SEVERE));
    assert_eq!(of(Ok(120), Err(why)), Points::Missing { least: 0, most: NON_SEVERE, why });
    assert_eq!(of(Err(why), Ok(70)), Points::Missing { least: 0, most: NON_SEVERE, why });
    assert_eq!(of(Ok(170), Ok(115)), Points::Known(NON_SEVERE), "one trigger, not two");
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let mewt = without(&WELL, u16::MAX);
    assert_eq!((mewt.total(), mewt.lower(), mewt.upper()), (None, 0, 15));
    assert!(mewt.missing().map(|(part, _)| part).eq(Part::ALL));
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let rates = (20i32..180, 0i32..50, 30i32..120, 80i32..=100, 60i32..220, 30i32..150);
    let others = (330i32..420, 80i32..200, any::<bool>(), 0usize..5, any::<bool>(), any::<bool>());
    (rates, others).prop_map(|(rates, others)| {
        let (pulse, resp_rate, mean_pressure, spo2, systolic, diastolic) = rates;
        let (temperature, fetal, born, at, hurts, concerned) = others;
        Inputs {
            pulse: Ok(pulse),
            resp_rate: Ok(resp_rate),
            mean_pressure: Ok(mean_pressure),
            spo2: Ok(spo2),
            systolic: Ok(systolic),
            diastolic: Ok(diastolic),
            temperature: Ok(temperature),
            fetus: Ok(if born { Fetus::Delivered } else { Fetus::HeartRate(fetal) }),
            consciousness: Ok(FOUND[at]),
            pain: Ok(if hurts { Pain::Disproportionate } else { Pain::AsExpected }),
            nurse: Ok(if concerned { Nurse::Concerned } else { Nurse::Calm }),
        }
    })
}

/// `whole` without the inputs whose bit is set, in the order of [`Inputs`].
fn without(whole: &Inputs, gone: u16) -> Mewt {
    fn keep<T>(bit: u8, value: Result<T, Absence>, gone: u16) -> Result<T, Absence> {
        if gone & (1 << bit) == 0 { value } else { Err(Absence::Stale) }
    }
    Mewt::of(&Inputs {
        pulse: keep(0, whole.pulse, gone),
        resp_rate: keep(1, whole.resp_rate, gone),
        mean_pressure: keep(2, whole.mean_pressure, gone),
        spo2: keep(3, whole.spo2, gone),
        systolic: keep(4, whole.systolic, gone),
        diastolic: keep(5, whole.diastolic, gone),
        temperature: keep(6, whole.temperature, gone),
        fetus: keep(7, whole.fetus, gone),
        consciousness: keep(8, whole.consciousness, gone),
        pain: keep(9, whole.pain, gone),
        nurse: keep(10, whole.nurse, gone),
    })
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u16..2048) {
        let complete = Mewt::of(&whole);
        let total = complete.total().unwrap();
        let partial = without(&whole, gone);
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.finding() <= complete.finding(), "what is missing never makes it graver");
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u16..2048, more in 0u16..2048) {
        let (less, least) = (without(&whole, gone), without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn farther_from_health_never_weighs_less(whole in any_inputs(), further in 0i32..100) {
        let away = |value: Result<i32, Absence>, least, most| {
            value.map(|value| match value {
                value if value > most => value + further,
                value if value < least => value - further,
                value => value,
            })
        };
        let worse = Mewt::of(&Inputs {
            pulse: away(whole.pulse, 50, 110),
            resp_rate: away(whole.resp_rate, 10, 24),
            mean_pressure: whole.mean_pressure.map(|mmhg| mmhg - further),
            spo2: whole.spo2.map(|percent| percent - further),
            systolic: away(whole.systolic, 85, 160),
            diastolic: away(whole.diastolic, 45, 110),
            temperature: away(whole.temperature, 360, 380),
            ..whole
        });
        let before = Mewt::of(&whole);
        prop_assert!(worse.lower() >= before.lower() && worse.finding() >= before.finding());
    }
}
