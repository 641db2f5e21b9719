//! The page `charts/sofa.md`, held against the code value by value.

use super::*;
use crate::Decimal;
use crate::score::page::{band, tables, whole};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/sofa.md");

const NO_DRUGS: Drugs = Drugs { dopamine: 0, dobutamine: false, noradrenaline: 0, adrenaline: 0 };

/// Every organ scores 0.
const WELL: Inputs = Inputs {
    pf: Ok(450),
    is_supported: Ok(false),
    platelets: Ok(250),
    bilirubin: Ok(8),
    mean_pressure: Ok(85),
    drugs: Ok(NO_DRUGS),
    gcs: Ok(15),
    creatinine: Ok(9),
    urine: Ok(1_500),
};

fn points_of(part: Part, inputs: &Inputs) -> u8 {
    let score = Sofa::of(inputs);
    assert_eq!(Some(score.parts[part as usize].lower()), score.total(), "only {part:?} scores");
    assert_eq!((score.lower(), score.upper()), (score.total().unwrap(), score.total().unwrap()));
    score.parts[part as usize].known().unwrap()
}

/// `WELL` with a drug that is not of this table's row at 0.
fn on(drugs: Drugs) -> u8 {
    points_of(Part::Circulation, &Inputs { drugs: Ok(drugs), ..WELL })
}

/// The places of a row, the values that its input can have, and the code's points of one.
fn coded(row: &str) -> (u8, core::ops::RangeInclusive<i32>, fn(i32) -> u8) {
    match row {
        "P/F mm[Hg], with respiratory support" => (0, -9..=700, |value| {
            points_of(Part::Respiration, &Inputs { pf: Ok(value), is_supported: Ok(true), ..WELL })
        }),
        "P/F mm[Hg], without" => {
            (0, -9..=700, |value| points_of(Part::Respiration, &Inputs { pf: Ok(value), ..WELL }))
        }
        "platelets 10*9/L" => {
            (0, -9..=700, |value| points_of(Part::Coagulation, &Inputs { platelets: Ok(value), ..WELL }))
        }
        "bilirubin mg/dL" => {
            (1, -9..=700, |value| points_of(Part::Liver, &Inputs { bilirubin: Ok(value), ..WELL }))
        }
        "mean pressure mm[Hg], no drug" => {
            (0, -9..=300, |value| points_of(Part::Circulation, &Inputs { mean_pressure: Ok(value), ..WELL }))
        }
        "dopamine ug/kg/min" => {
            (1, 1..=700, |value| on(Drugs { dopamine: value.unsigned_abs(), ..NO_DRUGS }))
        }
        "noradrenaline ug/kg/min" => {
            (3, 1..=700, |value| on(Drugs { noradrenaline: value.unsigned_abs(), ..NO_DRUGS }))
        }
        "adrenaline ug/kg/min" => {
            (3, 1..=700, |value| on(Drugs { adrenaline: value.unsigned_abs(), ..NO_DRUGS }))
        }
        "Glasgow Coma Scale" => {
            (0, 3..=15, |value| points_of(Part::Brain, &Inputs { gcs: Ok(value), ..WELL }))
        }
        "creatinine mg/dL" => {
            (1, -9..=700, |value| points_of(Part::Kidney, &Inputs { creatinine: Ok(value), ..WELL }))
        }
        "urine mL/d" => {
            (0, -9..=5_000, |value| points_of(Part::Kidney, &Inputs { urine: Ok(value), ..WELL }))
        }
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

/// The points that a row gives a value: exactly one band must hold it.
fn on_page(row: &[&str], places: u8, value: i32) -> u8 {
    let bands = row[1..].iter().zip(0u8..).filter(|(cell, _)| band(cell, places).contains(&value));
    let points: Vec<u8> = bands.map(|(_, points)| points).collect();
    assert_eq!(points.len(), 1, "{} at {value} has {points:?}", row[0]);
    points[0]
}

#[test]
fn every_value_scores_as_the_page_says() {
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 11, "a row was added or lost");
    for row in rows {
        assert_eq!(row.len(), 6, "{row:?}");
        let (places, values, points) = coded(row[0]);
        // A finite band beyond the values that the input can have would promise what the code cannot keep.
        for cell in row[1..].iter().filter(|cell| !cell.starts_with(['<', '>'])) {
            let band = band(cell, places);
            assert!(band.is_empty() || (values.contains(band.start()) && values.contains(band.end())));
        }
        for value in values {
            assert_eq!(on_page(row, places, value), points(value), "{} at {value}", row[0]);
        }
    }
}

#[test]
fn every_finding_scores_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    let [row] = rows.as_slice() else { panic!("a row was added or lost") };
    assert_eq!(row[0], "dobutamine at any rate");
    assert_eq!(row[1], on(Drugs { dobutamine: true, ..NO_DRUGS }).to_string());
}

/// A whole number of umol/L in tenths of a mg/dL, by the factor on the page.
fn converted(umol: i32, factor: &str) -> i32 {
    let thousandths = u32::try_from(whole(factor, 3)).unwrap();
    i32::try_from(Decimal::new(umol.into(), 0).scaled(1_000, thousandths).rounded(1)).unwrap()
}

#[test]
fn the_brackets_differ_where_the_page_says_and_nowhere_else() {
    let tables = tables(PAGE);
    let (factors, brackets, page) = (&tables[2], &tables[3], &tables[5]);
    assert!(factors.iter().map(|row| row[2]).eq(["17.104", "88.42", "0.13332"]), "{factors:?}");
    assert_eq!(brackets.len(), 2, "a row was added or lost");
    let mut differ: Vec<(String, i32, i32, u8, u8)> = Vec::new();
    for (row, factor) in brackets.iter().zip(factors) {
        assert_eq!((row[0], factor[1]), (factor[0], "mg/dL"));
        let (_, _, points) = coded(&row[0].replace("umol/L", "mg/dL"));
        for umol in 0..=1_000 {
            let (bracket, here) = (on_page(row, 0, umol), points(converted(umol, factor[2])));
            match differ.last_mut() {
                _ if bracket == here => {}
                Some((name, _, last, was, is))
                    if name == row[0] && *last == umol - 1 && (*was, *is) == (bracket, here) =>
                {
                    *last = umol;
                }
                _ => differ.push((row[0].to_owned(), umol, umol, bracket, here)),
            }
        }
    }
    let row = |(name, least, most, bracket, here): &(String, i32, i32, u8, u8)| {
        let analyte = name.trim_end_matches(" umol/L");
        [format!("{analyte} {least}-{most}"), bracket.to_string(), here.to_string()]
    };
    assert_eq!(
        page.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        differ.iter().map(row).collect::<Vec<_>>()
    );
}

#[test]
fn kilopascals_are_the_same_edges() {
    let tables = tables(PAGE);
    let (factor, edges) = (&tables[2][2], &tables[4]);
    assert_eq!(factor[..2], ["pressure kPa", "mm[Hg]"]);
    assert_eq!(edges.len(), 4, "a row was added or lost");
    let (_, _, points) = coded("P/F mm[Hg], with respiratory support");
    for (edge, below) in edges.iter().zip(1u8..) {
        let (mmhg, factor) = (whole(edge[0], 0), u32::try_from(whole(factor[2], 5)).unwrap());
        assert_eq!((points(mmhg), points(mmhg - 1)), (below - 1, below));
        let kilopascals = Decimal::new(mmhg.into(), 0).scaled(factor, 100_000).rounded(1);
        assert_eq!(kilopascals, i64::from(whole(edge[1], 1)), "{mmhg}");
    }
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let score = Sofa::of(&without(&WELL, 0x1FF));
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 24));
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

#[test]
fn what_one_input_has_scored_stays_scored_while_another_is_missing() {
    let why = Absence::NeverHeard;
    let kidney = |inputs: &Inputs| Sofa::of(inputs).parts[Part::Kidney as usize];
    let between = |least, most| Points::Missing { least, most, why };
    assert_eq!(kidney(&Inputs { creatinine: Ok(40), urine: Err(why), ..WELL }), between(3, 4));
    assert_eq!(kidney(&Inputs { creatinine: Ok(50), urine: Err(why), ..WELL }), Points::Known(4));
    let lungs = |inputs: &Inputs| Sofa::of(inputs).parts[Part::Respiration as usize];
    assert_eq!(lungs(&Inputs { pf: Ok(90), is_supported: Err(why), ..WELL }), between(2, 4));
    assert_eq!(lungs(&Inputs { pf: Err(why), is_supported: Ok(false), ..WELL }), between(0, 2));
    let running = Ok(Drugs { dobutamine: true, ..NO_DRUGS });
    let heart = Sofa::of(&Inputs { drugs: running, mean_pressure: Err(why), ..WELL });
    assert_eq!(heart.parts[Part::Circulation as usize], Points::Known(2), "with a drug no pressure counts");
}

#[test]
fn a_glasgow_sum_that_cannot_be_is_missing() {
    for sum in [-1, 0, 2, 16] {
        let score = Sofa::of(&Inputs { gcs: Ok(sum), ..WELL });
        assert!(score.missing().eq([(Part::Brain, Absence::Implausible)]));
    }
}

fn any_drugs() -> impl Strategy<Value = Drugs> {
    let rate = |most| prop_oneof![Just(0), 0u32..most];
    (rate(300), any::<bool>(), rate(300), rate(300)).prop_map(
        |(dopamine, dobutamine, noradrenaline, adrenaline)| Drugs {
            dopamine,
            dobutamine,
            noradrenaline,
            adrenaline,
        },
    )
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let lungs = (0i32..600, any::<bool>());
    let blood = (0i32..400, 0i32..200, 0i32..100, 0i32..3_000);
    (lungs, blood, 30i32..150, any_drugs(), 3i32..=15).prop_map(
        |((pf, supported), (platelets, bilirubin, creatinine, urine), mean_pressure, drugs, gcs)| Inputs {
            pf: Ok(pf),
            is_supported: Ok(supported),
            platelets: Ok(platelets),
            bilirubin: Ok(bilirubin),
            mean_pressure: Ok(mean_pressure),
            drugs: Ok(drugs),
            gcs: Ok(gcs),
            creatinine: Ok(creatinine),
            urine: Ok(urine),
        },
    )
}

/// `whole` without the inputs whose bit is set, in the order in which they are declared.
fn without(whole: &Inputs, gone: u16) -> Inputs {
    fn keep<T>(value: Result<T, Absence>, bit: u8, gone: u16) -> Result<T, Absence> {
        if gone & (1 << bit) != 0 { Err(Absence::Stale) } else { value }
    }
    Inputs {
        pf: keep(whole.pf, 0, gone),
        is_supported: keep(whole.is_supported, 1, gone),
        platelets: keep(whole.platelets, 2, gone),
        bilirubin: keep(whole.bilirubin, 3, gone),
        mean_pressure: keep(whole.mean_pressure, 4, gone),
        drugs: keep(whole.drugs, 5, gone),
        gcs: keep(whole.gcs, 6, gone),
        creatinine: keep(whole.creatinine, 7, gone),
        urine: keep(whole.urine, 8, gone),
    }
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u16..0x200) {
        let complete = Sofa::of(&whole);
        let total = complete.total().unwrap();
        let partial = Sofa::of(&without(&whole, gone));
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.total().is_none_or(|known| known == total), "known only where nothing matters");
        for (part, points) in partial.parts.iter().zip(complete.parts) {
            prop_assert!((part.lower()..=part.upper()).contains(&points.known().unwrap()));
        }
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(
        whole in any_inputs(), gone in 0u16..0x200, more in 0u16..0x200,
    ) {
        let less = Sofa::of(&without(&whole, gone));
        let least = Sofa::of(&without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn worse_signs_never_score_less(whole in any_inputs(), by in 0i32..100, more in any_drugs()) {
        let down = |value: Result<i32, Absence>| value.map(|value| value - by);
        let up = |value: Result<i32, Absence>| value.map(|value| value + by);
        let added = whole.drugs.map(|drugs| Drugs {
            dopamine: drugs.dopamine + more.dopamine,
            dobutamine: drugs.dobutamine | more.dobutamine,
            noradrenaline: drugs.noradrenaline + more.noradrenaline,
            adrenaline: drugs.adrenaline + more.adrenaline,
        });
        let worse = [
            Inputs { pf: down(whole.pf), is_supported: Ok(true), ..whole },
            Inputs { platelets: down(whole.platelets), ..whole },
            Inputs { bilirubin: up(whole.bilirubin), ..whole },
            Inputs { mean_pressure: down(whole.mean_pressure), drugs: added, ..whole },
            Inputs { gcs: whole.gcs.map(|sum| (sum - by % 12).max(3)), ..whole },
            Inputs { creatinine: up(whole.creatinine), urine: down(whole.urine), ..whole },
        ];
        for worse in worse {
            prop_assert!(Sofa::of(&worse).total() >= Sofa::of(&whole).total(), "{:?}", worse);
        }
    }
}
