//! The page `charts/oxygenation.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/oxygenation.md");

const BREATHING_AIR: Inputs = Inputs { pao2: Ok(900), spo2: Ok(95), fio2: Ok(21), pressure: Ok(0) };

/// Inputs whose P/F is exactly `ratio`: on pure oxygen the pressure is the ratio.
fn at_pf(ratio: i32) -> Inputs {
    Inputs { pao2: Ok(ratio * 10), fio2: Ok(100), pressure: Ok(10), ..BREATHING_AIR }
}

#[test]
fn a_ratio_is_formed_where_the_page_says() {
    let rows = &tables(PAGE)[0];
    let [fio2, spo2] = rows.as_slice() else { panic!("a row was added or lost") };
    assert_eq!((fio2[0], spo2[0]), ("inspired oxygen %", "saturation % for S/F"));
    for value in -60..=4_000 {
        let score = Oxygenation::of(&Inputs { fio2: Ok(value), ..BREATHING_AIR });
        assert_eq!(score.pf.is_ok(), band(fio2[1], 0).contains(&value), "{value} %");
        assert_eq!(score.sf.is_ok(), band(fio2[1], 0).contains(&value), "{value} %");
        let score = Oxygenation::of(&Inputs { spo2: Ok(value), ..BREATHING_AIR });
        assert_eq!(score.sf.is_ok(), band(spo2[1], 0).contains(&value), "{value} %");
    }
}

#[test]
fn every_ratio_has_the_berlin_band_that_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), 4, "a row was added or lost");
    for ratio in 0..=700 {
        let on_page: Vec<&str> =
            rows.iter().filter(|row| band(row[0], 0).contains(&ratio)).map(|row| row[1]).collect();
        let score = Oxygenation::of(&at_pf(ratio));
        assert_eq!(score.pf, Ok(ratio));
        assert_eq!(on_page, [score.berlin().unwrap().word()], "{ratio}");
    }
}

#[test]
fn the_pressure_counts_from_where_the_page_says() {
    let rows = &tables(PAGE)[2];
    let [row] = rows.as_slice() else { panic!("a row was added or lost") };
    assert_eq!(row[0], "PEEP or CPAP cm[H2O]");
    for pressure in -20..=120 {
        let berlin = Oxygenation::of(&Inputs { pressure: Ok(pressure), ..at_pf(90) }).berlin();
        let counts = band(row[1], 0).contains(&pressure);
        assert_eq!(berlin, Some(if counts { Berlin::Severe } else { Berlin::NotMet }), "{pressure}");
    }
}

#[test]
fn every_ratio_reaches_the_step_that_the_page_says() {
    let rows = &tables(PAGE)[3];
    assert_eq!(rows.len(), 2, "a row was added or lost");
    let coded: [fn(i32) -> u8; 2] = [pf_step, sf_step];
    for ((row, name), step) in rows.iter().zip(["P/F", "S/F"]).zip(coded) {
        assert_eq!((row[0], row.len()), (name, 6));
        for ratio in -10..=700 {
            let steps = row[1..].iter().zip(0u8..).filter(|(cell, _)| band(cell, 0).contains(&ratio));
            let on_page: Vec<u8> = steps.map(|(_, step)| step).collect();
            assert_eq!(on_page, [step(ratio)], "{name} at {ratio}");
        }
    }
}

#[test]
fn a_ratio_is_rounded_half_away_from_zero_before_it_is_banded() {
    let at = |pao2, fio2| Oxygenation::of(&Inputs { pao2: Ok(pao2), fio2: Ok(fio2), ..at_pf(0) });
    assert_eq!((at(2_005, 100).pf, at(2_005, 100).berlin()), (Ok(201), Some(Berlin::Mild)));
    assert_eq!((at(2_004, 100).pf, at(2_004, 100).berlin()), (Ok(200), Some(Berlin::Moderate)));
    assert_eq!(at(630, 21).pf, Ok(300));
    assert_eq!(at(i32::MAX, 21).pf, Ok(1_022_611_260), "far beyond any body, and still no overflow");
    assert_eq!(Oxygenation::of(&BREATHING_AIR).sf, Ok(452));
}

/// What a real collection of records holds in this column.
#[test]
fn an_inspired_oxygen_that_cannot_be_is_never_air() {
    for nonsense in [-50, 0, 2, 20, 101, 4_000] {
        let score = Oxygenation::of(&Inputs { fio2: Ok(nonsense), ..BREATHING_AIR });
        let why = NoRatio::Missing(Part::InspiredOxygen, Absence::Implausible);
        assert_eq!((score.pf, score.sf), (Err(why), Err(why)));
        assert!(score.missing().eq([(Part::InspiredOxygen, Absence::Implausible)]));
    }
}

#[test]
fn no_ratio_has_its_reason() {
    let high = Oxygenation::of(&Inputs { spo2: Ok(98), ..BREATHING_AIR });
    assert_eq!(high.sf, Err(NoRatio::Saturated));
    assert_eq!(high.missing().count(), 0, "a saturation that is too high is not missing");
    let stale = Oxygenation::of(&Inputs { spo2: Err(Absence::Stale), ..BREATHING_AIR });
    assert_eq!(stale.sf.map_err(NoRatio::absence), Err(Absence::Stale));
    let below = Oxygenation::of(&Inputs { pao2: Ok(-1), spo2: Ok(-1), ..BREATHING_AIR });
    assert_eq!(below.pf.map_err(NoRatio::absence), Err(Absence::Implausible));
    assert_eq!(below.sf.map_err(NoRatio::absence), Err(Absence::Implausible));
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let why = Absence::NeverHeard;
    let score =
        Oxygenation::of(&Inputs { pao2: Err(why), spo2: Err(why), fio2: Err(why), pressure: Err(why) });
    assert_eq!(score.berlin(), None);
    assert_eq!((score.berlin_lower(), score.berlin_upper()), (Berlin::NotMet, Berlin::Severe));
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    (0i32..6_000, 0i32..=100, 21i32..=100, 0i32..30).prop_map(|(pao2, spo2, fio2, pressure)| Inputs {
        pao2: Ok(pao2),
        spo2: Ok(spo2),
        fio2: Ok(fio2),
        pressure: Ok(pressure),
    })
}

/// `whole` without the parts whose bit is set.
fn without(whole: &Inputs, gone: u8) -> Inputs {
    let keep = |part: Part, value: Result<i32, Absence>| {
        if gone & (1 << part as u8) != 0 { Err(Absence::Stale) } else { value }
    };
    Inputs {
        pao2: keep(Part::ArterialOxygen, whole.pao2),
        spo2: keep(Part::SpO2, whole.spo2),
        fio2: keep(Part::InspiredOxygen, whole.fio2),
        pressure: keep(Part::Pressure, whole.pressure),
    }
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u8..16) {
        let complete = Oxygenation::of(&whole);
        let partial = Oxygenation::of(&without(&whole, gone));
        let berlin = complete.berlin().unwrap();
        prop_assert!(partial.berlin_lower() <= berlin && berlin <= partial.berlin_upper());
        prop_assert!(partial.pf.is_err() || partial.pf == complete.pf);
        prop_assert!(partial.sf.is_err() || partial.sf == complete.sf);
        prop_assert_eq!(partial.missing().count(), gone.count_ones() as usize);
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u8..16, more in 0u8..16) {
        let less = Oxygenation::of(&without(&whole, gone));
        let least = Oxygenation::of(&without(&whole, gone | more));
        prop_assert!(least.berlin_lower() <= less.berlin_lower());
        prop_assert!(less.berlin_upper() <= least.berlin_upper());
    }

    #[test]
    fn less_oxygen_or_more_of_it_needed_is_never_less_grave(
        whole in any_inputs(), lost in 0i32..500, more in 0i32..80,
    ) {
        let worse = Inputs {
            pao2: whole.pao2.map(|tenths| (tenths - lost).max(0)),
            spo2: whole.spo2.map(|percent| (percent - lost / 10).max(0)),
            fio2: whole.fio2.map(|percent| (percent + more).min(100)),
            ..whole
        };
        let (worse, whole) = (Oxygenation::of(&worse), Oxygenation::of(&whole));
        prop_assert!(worse.berlin() >= whole.berlin());
        prop_assert!(worse.pf.ok().map(pf_step) >= whole.pf.ok().map(pf_step));
        if let (Ok(worse), Ok(whole)) = (worse.sf, whole.sf) {
            prop_assert!(sf_step(worse) >= sf_step(whole));
        }
    }
}
