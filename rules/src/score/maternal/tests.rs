//! The page `charts/maternal.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables, whole};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/maternal.md");

const MINDS: [Mind; 4] = [Mind::Clear, Mind::Agitated, Mind::Confused, Mind::Unresponsive];

const PRE_ECLAMPSIAS: [PreEclampsia; 4] =
    [PreEclampsia::NoneKnown, PreEclampsia::NeitherComplaint, PreEclampsia::Headache, PreEclampsia::Dyspnoea];

/// A healthy woman on air: no criterion is met.
const WELL: Inputs = Inputs {
    systolic: Ok(120),
    diastolic: Ok(70),
    pulse: Ok(80),
    resp_rate: Ok(16),
    spo2: Ok(98),
    breathing: Ok(Breathing::Air),
    urine: Ok(60),
    mind: Ok(Mind::Clear),
    pre_eclampsia: Ok(PreEclampsia::NoneKnown),
};

/// The set of a row of the first table with a value in its place.
fn coded(row: &str, value: i32) -> Inputs {
    let value = Ok(value);
    match row {
        "systolic pressure mm[Hg]" => Inputs { systolic: value, ..WELL },
        "diastolic pressure mm[Hg]" => Inputs { diastolic: value, ..WELL },
        "pulse /min" => Inputs { pulse: value, ..WELL },
        "respiratory rate /min" => Inputs { resp_rate: value, ..WELL },
        "SpO₂ % on air" => Inputs { spo2: value, ..WELL },
        "urine mL/h" => Inputs { urine: value, ..WELL },
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

/// How the page judges a value: the one band of the row in which it lies.
fn on_page(row: &[&'static str], value: i32) -> &'static str {
    const WORDS: [&str; 3] = ["met", "not met", "met"];
    assert_eq!(row.len(), 4, "{row:?}");
    let bands = row[1..].iter().zip(WORDS).filter(|(cell, _)| band(cell, 0).contains(&value));
    let words: Vec<&str> = bands.map(|(_, word)| word).collect();
    assert_eq!(words.len(), 1, "{} at {value}: {words:?}", row[0]);
    words[0]
}

#[test]
fn every_value_is_judged_as_the_page_says() {
    assert_eq!(tables(PAGE).len(), 5, "a table was added or lost");
    assert!(PAGE.contains("\n| criterion | met | not met | met |\n"), "the head was changed");
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 6, "a row was added or lost");
    for (row, part) in rows.iter().zip(Part::ALL) {
        for value in -100..=400 {
            let criteria = Maternal::of(&coded(row[0], value));
            assert_eq!(criteria.parts[part as usize].word(), on_page(row, value), "{part:?} at {value}");
            assert_eq!(criteria.total(), Some(criteria.parts[part as usize].is_met().into()));
        }
    }
}

#[test]
fn every_finding_is_judged_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), 10, "a row was added or lost");
    let mind = |at| Maternal::of(&Inputs { mind: Ok(MINDS[at]), ..WELL }).parts[Part::Mind as usize];
    let pre_eclampsia = |at| {
        let pre_eclampsia = Ok(PRE_ECLAMPSIAS[at]);
        Maternal::of(&Inputs { pre_eclampsia, ..WELL }).parts[Part::PreEclampsia as usize]
    };
    let on_oxygen = |percent| {
        let breathing = Ok(Breathing::Oxygen);
        Maternal::of(&Inputs { spo2: Ok(percent), breathing, ..WELL }).parts[Part::SpO2 as usize]
    };
    let spo2 = &tables(PAGE)[0][4];
    for row in rows {
        let stands = match (row[0], row[1]) {
            ("SpO₂ within its band on oxygen", "low") => on_oxygen(whole(&spo2[1][2..], 0)),
            ("SpO₂ within its band on oxygen", "enough") => on_oxygen(whole(&spo2[2][2..], 0)),
            ("mind", "clear") => mind(0),
            ("mind", "agitated") => mind(1),
            ("mind", "confused") => mind(2),
            ("mind", "unresponsive") => mind(3),
            ("pre-eclampsia", "none known") => pre_eclampsia(0),
            ("pre-eclampsia", "neither complaint") => pre_eclampsia(1),
            ("pre-eclampsia", "headache that does not remit") => pre_eclampsia(2),
            ("pre-eclampsia", "shortness of breath") => pre_eclampsia(3),
            other => panic!("the page has a row {other:?} that the code does not know"),
        };
        assert_eq!(stands.word(), row[2], "{row:?}");
    }
}

#[test]
fn urine_is_counted_for_as_long_as_the_page_says() {
    let hours = URINE_SPAN.whole_seconds() / 3600;
    assert_eq!(tables(PAGE)[2], [["oliguria", &hours.to_string()]]);
}

/// Every way in which the eight criteria can be met and not met.
#[test]
fn every_combination_is_found_as_the_page_says() {
    let rows = &tables(PAGE)[3];
    assert_eq!(rows.len(), 5, "a row was added or lost");
    let holds = |cell: &'static str, count: i32| match cell.parse() {
        Ok(exactly) => count == exactly,
        Err(_) => band(cell, 0).contains(&count),
    };
    for bits in 0u8..=255 {
        let is_met = |part: Part| bits & (1 << part as u8) != 0;
        let parts = Part::ALL.map(|part| if is_met(part) { Criterion::Met } else { Criterion::NotMet });
        let pressure = is_met(Part::Systolic) || is_met(Part::Diastolic);
        let signs = [pressure, is_met(Part::Pulse), is_met(Part::RespRate), is_met(Part::SpO2)];
        let others = [is_met(Part::Urine), is_met(Part::Mind), is_met(Part::PreEclampsia)];
        let count = |met: &[bool]| met.iter().map(|met| i32::from(*met)).sum();
        let found = rows.iter().filter(|row| holds(row[0], count(&signs)) && holds(row[1], count(&others)));
        let criteria = Maternal { parts };
        assert_eq!(found.map(|row| row[2]).collect::<Vec<_>>(), [criteria.finding().word()], "{bits:b}");
        assert!(criteria.met().eq(Part::ALL.into_iter().filter(|part| is_met(*part))));
    }
}

#[test]
fn without_knowing_the_air_a_good_saturation_is_not_known() {
    let at = |percent| {
        let breathing = Err(Absence::Stale);
        Maternal::of(&Inputs { spo2: Ok(percent), breathing, ..WELL }).parts[Part::SpO2 as usize]
    };
    assert_eq!(at(95), Criterion::Unknown(Absence::Stale));
    assert_eq!(at(94), Criterion::Met, "low is low on oxygen too");
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let criteria = without(&WELL, u16::MAX);
    assert_eq!((criteria.total(), criteria.lower(), criteria.upper()), (None, 0, 8));
    assert!(criteria.missing().map(|(part, _)| part).eq(Part::ALL));
    assert_eq!(criteria.met().count(), 0);
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let signs = (50i32..220, 30i32..150, 20i32..180, 0i32..50, 80i32..=100, 0i32..100);
    (signs, any::<bool>(), 0usize..4, 0usize..4).prop_map(|(signs, oxygen, mind, pre_eclampsia)| {
        let (systolic, diastolic, pulse, resp_rate, spo2, urine) = signs;
        Inputs {
            systolic: Ok(systolic),
            diastolic: Ok(diastolic),
            pulse: Ok(pulse),
            resp_rate: Ok(resp_rate),
            spo2: Ok(spo2),
            breathing: Ok(if oxygen { Breathing::Oxygen } else { Breathing::Air }),
            urine: Ok(urine),
            mind: Ok(MINDS[mind]),
            pre_eclampsia: Ok(PRE_ECLAMPSIAS[pre_eclampsia]),
        }
    })
}

/// `whole` without the inputs whose bit is set; the ninth is air or oxygen.
fn without(whole: &Inputs, gone: u16) -> Maternal {
    fn keep<T>(bit: u8, value: Result<T, Absence>, gone: u16) -> Result<T, Absence> {
        if gone & (1 << bit) == 0 { value } else { Err(Absence::Stale) }
    }
    Maternal::of(&Inputs {
        systolic: keep(Part::Systolic as u8, whole.systolic, gone),
        diastolic: keep(Part::Diastolic as u8, whole.diastolic, gone),
        pulse: keep(Part::Pulse as u8, whole.pulse, gone),
        resp_rate: keep(Part::RespRate as u8, whole.resp_rate, gone),
        spo2: keep(Part::SpO2 as u8, whole.spo2, gone),
        breathing: keep(8, whole.breathing, gone),
        urine: keep(Part::Urine as u8, whole.urine, gone),
        mind: keep(Part::Mind as u8, whole.mind, gone),
        pre_eclampsia: keep(Part::PreEclampsia as u8, whole.pre_eclampsia, gone),
    })
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u16..512) {
        let complete = Maternal::of(&whole);
        let partial = without(&whole, gone);
        prop_assert!(partial.lower() <= complete.lower() && complete.upper() <= partial.upper());
        prop_assert!(partial.finding() <= complete.finding(), "what is missing never makes it graver");
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u16..512, more in 0u16..512) {
        let (less, least) = (without(&whole, gone), without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn farther_from_health_never_meets_fewer(whole in any_inputs(), further in 0i32..100) {
        let away = |value: Result<i32, Absence>, least, most| {
            value.map(|value| match value {
                value if value > most => value + further,
                value if value < least => value - further,
                value => value,
            })
        };
        let worse = Maternal::of(&Inputs {
            systolic: away(whole.systolic, 90, 160),
            diastolic: whole.diastolic.map(|mmhg| mmhg + further),
            pulse: away(whole.pulse, 50, 120),
            resp_rate: away(whole.resp_rate, 10, 30),
            spo2: whole.spo2.map(|percent| percent - further),
            urine: whole.urine.map(|ml_per_hour| ml_per_hour - further),
            ..whole
        });
        let before = Maternal::of(&whole);
        prop_assert!(worse.lower() >= before.lower() && worse.finding() >= before.finding());
    }
}

/// Only a sign that was there and is lost is taken as beyond its band: none that was never heard, and nothing
/// that people say.
#[test]
fn what_is_lost_is_a_sign_that_was_there() {
    let set = Inputs {
        systolic: Err(Absence::Stale),
        spo2: Err(Absence::NeverHeard),
        mind: Err(Absence::Stale),
        urine: Err(Absence::Stale),
        ..WELL
    };
    let found = Maternal::of(&set);
    let worst = found.with_lost_signs().unwrap();
    let changed: Vec<Part> = (Part::ALL.into_iter())
        .zip(found.parts.iter().zip(&worst.parts))
        .filter(|(_, (now, lost))| now != lost)
        .map(|(part, _)| part)
        .collect();
    assert_eq!(changed, [Part::Systolic]);
    let before = Maternal::of(&Inputs { systolic: Ok(120), ..set });
    assert_eq!(before.with_lost_signs(), Some(before), "nothing that was measured was lost");
}
