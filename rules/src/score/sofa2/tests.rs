//! The page `charts/sofa2.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use core::ops::RangeInclusive;
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/sofa2.md");

const NO_DRUGS: Drugs = Drugs { noradrenaline: 0, adrenaline: 0, dopamine: 0, others: false };

const MUCH_URINE: Urine = Urine { under_0_5: 0, under_0_3: 0, none: 0 };

/// Every organ scores 0.
const WELL: Inputs = Inputs {
    gcs: Ok(15),
    delirium_drug: Ok(false),
    pf: Ok(450),
    sf: Ok(460),
    support: Ok(Support::NotAdvanced),
    mean_pressure: Ok(85),
    vasoactive: Ok(Vasoactive::Running(NO_DRUGS)),
    mechanical: Ok(false),
    bilirubin: Ok(8),
    creatinine: Ok(9),
    urine: Ok(MUCH_URINE),
    replacement: Ok(false),
    potassium: Ok(42),
    ph: Ok(740),
    bicarbonate: Ok(240),
    platelets: Ok(250),
};

/// The points of the one part that is not well.
fn points(inputs: &Inputs) -> u8 {
    let score = Sofa2::of(inputs);
    assert!(score.parts.iter().filter(|points| points.upper() > 0).count() <= 1, "one part alone: {score:?}");
    let total = score.total().unwrap();
    assert_eq!((score.lower(), score.upper()), (total, total));
    total
}

fn on(drugs: Drugs) -> u8 {
    points(&Inputs { vasoactive: Ok(Vasoactive::Running(drugs)), ..WELL })
}

fn dry(urine: Urine) -> u8 {
    points(&Inputs { urine: Ok(urine), ..WELL })
}

/// The places of a row, the values that its input can have, and the code's points of one.
type Row = (u8, RangeInclusive<i32>, fn(i32) -> u8);

fn coded(row: &str) -> Row {
    match row {
        "Glasgow Coma Scale" => (0, 3..=15, |sum| points(&Inputs { gcs: Ok(sum), ..WELL })),
        "bilirubin mg/dL" => (1, -9..=700, |tenths| points(&Inputs { bilirubin: Ok(tenths), ..WELL })),
        "creatinine mg/dL" => (1, -9..=700, |tenths| points(&Inputs { creatinine: Ok(tenths), ..WELL })),
        "platelets 10*9/L" => (0, -9..=700, |count| points(&Inputs { platelets: Ok(count), ..WELL })),
        "urine under 0.5 mL/kg/h, min" => {
            (0, 0..=3_000, |minutes| dry(Urine { under_0_5: minutes, ..MUCH_URINE }))
        }
        "urine under 0.3 mL/kg/h, min" => {
            (0, 0..=3_000, |minutes| dry(Urine { under_0_3: minutes, ..MUCH_URINE }))
        }
        "no urine, min" => (0, 0..=3_000, |minutes| dry(Urine { none: minutes, ..MUCH_URINE })),
        other => coded_ratio(other).or_else(|| coded_circulation(other)).unwrap_or_else(|| {
            panic!("the page has a row {other:?} that the code does not know");
        }),
    }
}

fn coded_ratio(row: &str) -> Option<Row> {
    const WITH: Inputs = Inputs { support: Ok(Support::Advanced), ..WELL };
    const NO_PF: Result<i32, Absence> = Err(Absence::NeverHeard);
    let points: fn(i32) -> u8 = match row {
        "P/F mm[Hg], with advanced support" => |ratio| points(&Inputs { pf: Ok(ratio), ..WITH }),
        "P/F mm[Hg], without" => |ratio| points(&Inputs { pf: Ok(ratio), ..WELL }),
        "S/F, with advanced support" => |ratio| points(&Inputs { pf: NO_PF, sf: Ok(ratio), ..WITH }),
        "S/F, without" => |ratio| points(&Inputs { pf: NO_PF, sf: Ok(ratio), ..WELL }),
        _ => return None,
    };
    Some((0, -9..=700, points))
}

fn coded_circulation(row: &str) -> Option<Row> {
    let coded: Row = match row {
        "mean pressure mm[Hg], no drug" => {
            (0, -9..=300, |mmhg| points(&Inputs { mean_pressure: Ok(mmhg), ..WELL }))
        }
        "mean pressure mm[Hg], no drug to be had" => (0, -9..=300, |mmhg| {
            let vasoactive = Ok(Vasoactive::NoneToBeHad);
            points(&Inputs { mean_pressure: Ok(mmhg), vasoactive, ..WELL })
        }),
        "noradrenaline and adrenaline ug/kg/min" => (3, 1..=900, |rate| {
            let adrenaline = rate.unsigned_abs() / 3;
            on(Drugs { noradrenaline: rate.unsigned_abs() - adrenaline, adrenaline, ..NO_DRUGS })
        }),
        "noradrenaline and adrenaline ug/kg/min, with another drug" => (3, 1..=900, |rate| {
            let noradrenaline = rate.unsigned_abs();
            let with = on(Drugs { noradrenaline, others: true, ..NO_DRUGS });
            assert_eq!(
                with,
                on(Drugs { noradrenaline, dopamine: 1, ..NO_DRUGS }),
                "dopamine is another drug"
            );
            with
        }),
        "dopamine ug/kg/min" => {
            (1, 1..=900, |tenths| on(Drugs { dopamine: tenths.unsigned_abs(), ..NO_DRUGS }))
        }
        _ => return None,
    };
    Some(coded)
}

/// The page is the source: every value lies in exactly one band of its row, and has that band's points.
#[test]
fn every_value_scores_as_the_page_says() {
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 16, "a row was added or lost");
    for row in rows {
        assert_eq!(row.len(), 6, "{row:?}");
        let (places, values, points) = coded(row[0]);
        // A finite band beyond the values that the input can have would promise what the code cannot keep.
        for cell in row[1..].iter().filter(|cell| !cell.starts_with(['<', '>'])) {
            let band = band(cell, places);
            assert!(band.is_empty() || (values.contains(band.start()) && values.contains(band.end())));
        }
        for value in values {
            let bands = row[1..].iter().zip(0u8..).filter(|(cell, _)| band(cell, places).contains(&value));
            let on_page: Vec<u8> = bands.map(|(_, points)| points).collect();
            assert_eq!(on_page, [points(value)], "{} at {value}", row[0]);
        }
    }
}

#[test]
fn every_finding_scores_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), 5, "a row was added or lost");
    for row in rows {
        let points = match row[0] {
            "a drug for delirium" => points(&Inputs { delirium_drug: Ok(true), ..WELL }),
            "another vasoactive drug, at any rate" => on(Drugs { others: true, ..NO_DRUGS }),
            "mechanical circulatory support" => points(&Inputs { mechanical: Ok(true), ..WELL }),
            "ECMO for breathing" => points(&Inputs { support: Ok(Support::Ecmo), ..WELL }),
            "renal replacement" => points(&Inputs { replacement: Ok(true), ..WELL }),
            other => panic!("the page has a row {other:?} that the code does not know"),
        };
        assert_eq!(row[1], points.to_string(), "{row:?}");
    }
}

/// Each criterion in turn decides, while all else that replacement hangs on is fulfilled.
#[test]
fn replacement_is_needed_where_the_page_says() {
    const ACID: Inputs = Inputs { creatinine: Ok(20), ph: Ok(700), bicarbonate: Ok(80), ..WELL };
    const HIGH: Inputs = Inputs { potassium: Ok(70), ..WELL };
    let rows = &tables(PAGE)[2];
    assert_eq!(rows.len(), 5, "a row was added or lost");
    for row in rows {
        let (places, inputs): (u8, fn(i32) -> Inputs) = match row[0] {
            "creatinine mg/dL" => (1, |value| Inputs { creatinine: Ok(value), ..HIGH }),
            "urine under 0.3 mL/kg/h, min" => {
                (0, |value| Inputs { urine: Ok(Urine { under_0_3: value, ..MUCH_URINE }), ..HIGH })
            }
            "potassium mmol/L" => (1, |value| Inputs { potassium: Ok(value), ph: Ok(740), ..ACID }),
            "pH" => (2, |value| Inputs { ph: Ok(value), ..ACID }),
            "bicarbonate mmol/L" => (1, |value| Inputs { bicarbonate: Ok(value), ..ACID }),
            other => panic!("the page has a row {other:?} that the code does not know"),
        };
        for value in 0..=900 {
            let is_needed = points(&inputs(value)) == 4;
            assert_eq!(is_needed, band(row[1], places).contains(&value), "{} at {value}", row[0]);
        }
    }
}

#[test]
fn a_ratio_of_saturation_counts_only_without_one_of_pressure() {
    assert_eq!(points(&Inputs { pf: Ok(400), sf: Ok(100), ..WELL }), 0);
    assert_eq!(points(&Inputs { pf: Ok(200), sf: Err(Absence::Unavailable), ..WELL }), 2);
    let neither = Inputs { pf: Err(Absence::NeverHeard), sf: Err(Absence::Unavailable), ..WELL };
    let why = Absence::NeverHeard;
    let lungs = |inputs: &Inputs| Sofa2::of(inputs).parts[Part::Respiration as usize];
    assert_eq!(lungs(&neither), Points::Missing { least: 0, most: 2, why });
    assert_eq!(lungs(&Inputs { support: Ok(Support::Ecmo), ..neither }), Points::Known(4));
}

/// The two transcriptions of the table disagree here.
#[test]
fn the_lowest_ratio_without_support_is_2() {
    assert_eq!(points(&Inputs { pf: Ok(60), ..WELL }), 2);
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let score = Sofa2::of(&without(&WELL, u16::MAX));
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 24));
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

#[test]
fn what_cannot_matter_is_not_missed() {
    let why = Absence::NeverHeard;
    let kidney = |inputs: &Inputs| Sofa2::of(inputs).parts[Part::Kidney as usize];
    let no_gas = Inputs { potassium: Err(why), ph: Err(why), bicarbonate: Err(why), ..WELL };
    assert_eq!(kidney(&no_gas), Points::Known(0), "a kidney that works needs no gas");
    let failing = Inputs { creatinine: Ok(40), ..no_gas };
    assert_eq!(kidney(&failing), Points::Missing { least: 3, most: 4, why });
    assert_eq!(kidney(&Inputs { urine: Err(why), ..WELL }), Points::Missing { least: 0, most: 3, why });
    let impossible = Sofa2::of(&Inputs { gcs: Ok(2), ..WELL });
    assert!(impossible.missing().eq([(Part::Brain, Absence::Implausible)]));
}

fn any_drugs() -> impl Strategy<Value = Drugs> {
    let rate = |most| prop_oneof![Just(0), 0u32..most];
    (rate(300), rate(300), rate(600), any::<bool>()).prop_map(
        |(noradrenaline, adrenaline, dopamine, others)| Drugs { noradrenaline, adrenaline, dopamine, others },
    )
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    const SUPPORT: [Support; 3] = [Support::NotAdvanced, Support::Advanced, Support::Ecmo];
    let vasoactive = prop_oneof![any_drugs().prop_map(Vasoactive::Running), Just(Vasoactive::NoneToBeHad)];
    let machines = (any::<bool>(), any::<bool>(), any::<bool>(), proptest::sample::select(&SUPPORT[..]));
    let counts = (3i32..=15, 0i32..600, 0i32..600, 20i32..150, 0i32..200, 0i32..100, 0i32..400);
    let blood = (30i32..80, 680i32..760, 50i32..350);
    let urine = (0i32..2_000, 0i32..2_000, 0i32..1_000);
    let urine = urine.prop_map(|(under_0_5, under_0_3, none)| Urine { under_0_5, under_0_3, none });
    (machines, counts, blood, urine, vasoactive).prop_map(|(machines, counts, blood, urine, vasoactive)| {
        Inputs {
            gcs: Ok(counts.0),
            delirium_drug: Ok(machines.0),
            pf: Ok(counts.1),
            sf: Ok(counts.2),
            support: Ok(machines.3),
            mean_pressure: Ok(counts.3),
            vasoactive: Ok(vasoactive),
            mechanical: Ok(machines.1),
            bilirubin: Ok(counts.4),
            creatinine: Ok(counts.5),
            urine: Ok(urine),
            replacement: Ok(machines.2),
            potassium: Ok(blood.0),
            ph: Ok(blood.1),
            bicarbonate: Ok(blood.2),
            platelets: Ok(counts.6),
        }
    })
}

/// `whole` without the inputs whose bit is set, in the order in which they are declared. S/F goes with P/F:
/// alone it is another way to score, not less of the same.
fn without(whole: &Inputs, gone: u16) -> Inputs {
    fn keep<T>(value: Result<T, Absence>, bit: u8, gone: u16) -> Result<T, Absence> {
        if gone & (1 << bit) != 0 { Err(Absence::Stale) } else { value }
    }
    Inputs {
        gcs: keep(whole.gcs, 0, gone),
        delirium_drug: keep(whole.delirium_drug, 1, gone),
        pf: keep(whole.pf, 2, gone),
        sf: keep(whole.sf, 2, gone),
        support: keep(whole.support, 4, gone),
        mean_pressure: keep(whole.mean_pressure, 5, gone),
        vasoactive: keep(whole.vasoactive, 6, gone),
        mechanical: keep(whole.mechanical, 7, gone),
        bilirubin: keep(whole.bilirubin, 8, gone),
        creatinine: keep(whole.creatinine, 9, gone),
        urine: keep(whole.urine, 10, gone),
        replacement: keep(whole.replacement, 11, gone),
        potassium: keep(whole.potassium, 12, gone),
        ph: keep(whole.ph, 13, gone),
        bicarbonate: keep(whole.bicarbonate, 14, gone),
        platelets: keep(whole.platelets, 15, gone),
    }
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in any::<u16>()) {
        let complete = Sofa2::of(&whole);
        let total = complete.total().unwrap();
        let partial = Sofa2::of(&without(&whole, gone));
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.total().is_none_or(|known| known == total), "known only where nothing matters");
        for (part, points) in partial.parts.iter().zip(complete.parts) {
            prop_assert!((part.lower()..=part.upper()).contains(&points.known().unwrap()));
        }
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(
        whole in any_inputs(), gone in any::<u16>(), more in any::<u16>(),
    ) {
        let less = Sofa2::of(&without(&whole, gone));
        let least = Sofa2::of(&without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn worse_signs_never_score_less(whole in any_inputs(), by in 0i32..100, more in any_drugs()) {
        let down = |value: Result<i32, Absence>| value.map(|value| value - by);
        let up = |value: Result<i32, Absence>| value.map(|value| value + by);
        let added = whole.vasoactive.map(|vasoactive| match vasoactive {
            Vasoactive::NoneToBeHad => vasoactive,
            Vasoactive::Running(drugs) => Vasoactive::Running(Drugs {
                noradrenaline: drugs.noradrenaline + more.noradrenaline,
                adrenaline: drugs.adrenaline + more.adrenaline,
                dopamine: drugs.dopamine + more.dopamine,
                others: drugs.others | more.others,
            }),
        });
        let drier = whole.urine.map(|urine| Urine {
            under_0_5: urine.under_0_5 + by,
            under_0_3: urine.under_0_3 + by,
            none: urine.none + by,
        });
        let worse = [
            Inputs { gcs: whole.gcs.map(|sum| (sum - by % 12).max(3)), delirium_drug: Ok(true), ..whole },
            Inputs { pf: down(whole.pf), ..whole },
            Inputs { support: Ok(Support::Ecmo), ..whole },
            Inputs { mean_pressure: down(whole.mean_pressure), vasoactive: added, ..whole },
            Inputs { bilirubin: up(whole.bilirubin), ..whole },
            Inputs { creatinine: up(whole.creatinine), urine: drier, ..whole },
            Inputs { potassium: up(whole.potassium), ph: down(whole.ph), ..whole },
            Inputs { bicarbonate: down(whole.bicarbonate), ..whole },
            Inputs { platelets: down(whole.platelets), ..whole },
        ];
        for worse in worse {
            prop_assert!(Sofa2::of(&worse).total() >= Sofa2::of(&whole).total(), "{:?}", worse);
        }
    }
}
