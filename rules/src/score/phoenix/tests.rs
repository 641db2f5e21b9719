//! The page `charts/phoenix.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables, whole};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/phoenix.md");

/// A child on room air with nothing amiss: every item scores 0.
const WELL: Inputs = Inputs {
    support: Ok(Support::None),
    oxygenation: Ok(Oxygenation::Arterial(450)),
    vasoactives: Ok(0),
    lactate: Ok(100),
    age: Ok(Age::Year2To4),
    mean_pressure: Ok(70),
    platelets: Ok(250),
    inr: Ok(100),
    d_dimer: Ok(50),
    fibrinogen: Ok(300),
    coma_scale: Ok(15),
    pupils: Ok(Pupils::NotBothFixed),
    infection: Ok(Infection::Suspected),
};

/// The points of one part, while all others score nothing.
fn points_of(part: Part, inputs: &Inputs) -> usize {
    let score = Phoenix::of(inputs);
    assert_eq!(Points::Known(score.lower()), score.parts[part as usize], "{part:?} moved another part");
    assert_eq!(score.total(), Some(score.lower()));
    usize::from(score.lower())
}

/// The points of the one cell in which the value lies; the first cell stands for 0.
fn on_page(cells: &[&'static str], places: u8, value: i32) -> usize {
    let holds = |cell: &'static str| cell == "any" || band(cell, places).contains(&value);
    let points: Vec<usize> = (0..cells.len()).filter(|points| holds(cells[*points])).collect();
    assert_eq!(points.len(), 1, "{value} in {cells:?}");
    points[0]
}

#[test]
fn every_head_is_as_the_code_reads_it() {
    assert_eq!(tables(PAGE).len(), 6, "a table was added or lost");
    for head in [
        "\n| support | ratio | 0 | 1 | 2 | 3 |\n",
        "\n| item | 0 | 1 | 2 |\n",
        "\n| complete months | mean pressure mm[Hg]: 0 | 1 | 2 |\n",
        "\n| total | of these cardiovascular | infection | finding |\n",
    ] {
        assert!(PAGE.contains(head), "{head:?} was changed");
    }
}

#[test]
fn every_ratio_scores_as_the_page_says() {
    let rows = &tables(PAGE)[0];
    let supports = [("none", Support::None), ("other", Support::Other), ("invasive", Support::Invasive)];
    let pairs = supports.into_iter().flat_map(|support| {
        [(support, "PaO₂/FiO₂", Oxygenation::Arterial as fn(i32) -> _), {
            (support, "SpO₂/FiO₂", Oxygenation::Saturation as fn(i32) -> _)
        }]
    });
    assert_eq!(rows.len(), pairs.clone().count(), "a row was added or lost");
    for (row, ((word, support), ratio, oxygenation)) in rows.iter().zip(pairs) {
        assert_eq!((row[0], row[1]), (word, ratio));
        for value in 0..=700 {
            let oxygenation = Ok(oxygenation(value));
            let points = points_of(Part::Respiratory, &Inputs { support: Ok(support), oxygenation, ..WELL });
            assert_eq!(points, on_page(&row[2..], 0, value), "{word} {ratio} at {value}");
        }
    }
}

/// Which part a row of the second table speaks of, its places, and the set with a value in its place.
fn coded(row: &str) -> (Part, u8, fn(i32) -> Inputs) {
    match row {
        "systemic vasoactive drugs" => {
            (Part::Vasoactives, 0, |value| Inputs { vasoactives: Ok(value), ..WELL })
        }
        "lactate mmol/L" => (Part::Lactate, 2, |value| Inputs { lactate: Ok(value), ..WELL }),
        "platelets 10*9/L" => (Part::Platelets, 0, |value| Inputs { platelets: Ok(value), ..WELL }),
        "INR" => (Part::Inr, 2, |value| Inputs { inr: Ok(value), ..WELL }),
        "D-dimer mg/L FEU" => (Part::DDimer, 2, |value| Inputs { d_dimer: Ok(value), ..WELL }),
        "fibrinogen mg/dL" => (Part::Fibrinogen, 0, |value| Inputs { fibrinogen: Ok(value), ..WELL }),
        "Glasgow Coma Scale" => (Part::ComaScale, 0, |value| Inputs { coma_scale: Ok(value), ..WELL }),
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

#[test]
fn every_item_scores_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert_eq!(rows.len(), 7, "a row was added or lost");
    for row in rows {
        assert_eq!(row.len(), 4, "{row:?}");
        let (part, places, inputs) = coded(row[0]);
        for value in -10..=1500 {
            let points = points_of(part, &inputs(value));
            assert_eq!(points, on_page(&row[1..], places, value), "{} at {value}", row[0]);
        }
    }
}

#[test]
fn every_pressure_scores_at_every_age_as_the_page_says() {
    let rows = &tables(PAGE)[2];
    assert_eq!(rows.len(), Age::ALL.len(), "a row was added or lost");
    for months in -5..=300 {
        let of_age: Vec<_> = rows.iter().filter(|row| band(row[0], 0).contains(&months)).collect();
        let Some(age) = Age::of_months(months) else {
            assert!(of_age.is_empty(), "the page has a row for {months} months");
            continue;
        };
        let [row] = of_age.as_slice() else { panic!("{months} months lie in {} rows", of_age.len()) };
        for mmhg in 0..=150 {
            let inputs = Inputs { age: Ok(age), mean_pressure: Ok(mmhg), ..WELL };
            let points = points_of(Part::MeanPressure, &inputs);
            assert_eq!(points, on_page(&row[1..], 0, mmhg), "{mmhg} mmHg at {months} months");
        }
    }
}

#[test]
fn pupils_score_as_the_page_says() {
    let points = |pupils| points_of(Part::Pupils, &Inputs { pupils: Ok(pupils), ..WELL }).to_string();
    let in_code = [
        ["not both fixed".to_owned(), points(Pupils::NotBothFixed)],
        ["both fixed".to_owned(), points(Pupils::BothFixed)],
    ];
    assert_eq!(tables(PAGE)[3], in_code);
}

/// Everything at its worst, and everything missing: neither can pass the most of an organ.
#[test]
fn every_organ_has_at_most_what_the_page_says() {
    let rows = &tables(PAGE)[4];
    assert_eq!(rows.len(), Organ::ALL.len(), "a row was added or lost");
    let worst = Phoenix::of(&WORST);
    let nothing = without(&WELL, u16::MAX);
    for (row, organ) in rows.iter().zip(Organ::ALL) {
        assert_eq!((row[0], row[2]), (organ.word(), worst.lower_of(organ).to_string().as_str()));
        assert_eq!((nothing.lower_of(organ), nothing.upper_of(organ)), (0, worst.upper_of(organ)));
    }
    assert_eq!((worst.total(), nothing.total(), nothing.upper()), (Some(13), None, 13));
    assert!(nothing.missing().map(|(part, _)| part).eq(Part::ALL));
    assert_eq!(nothing.finding(), Finding::BelowThreshold);
}

const WORST: Inputs = Inputs {
    support: Ok(Support::Invasive),
    oxygenation: Ok(Oxygenation::Arterial(60)),
    vasoactives: Ok(3),
    lactate: Ok(1500),
    age: Ok(Age::Newborn),
    mean_pressure: Ok(10),
    platelets: Ok(20),
    inr: Ok(300),
    d_dimer: Ok(900),
    fibrinogen: Ok(50),
    coma_scale: Ok(3),
    pupils: Ok(Pupils::BothFixed),
    infection: Ok(Infection::Suspected),
};

#[test]
fn every_total_is_found_as_the_page_says() {
    let rows = &tables(PAGE)[5];
    assert_eq!(rows.len(), 5, "a row was added or lost");
    let infections = [
        ("suspected", Ok(Infection::Suspected)),
        ("not suspected", Ok(Infection::NotSuspected)),
        ("not known", Err(Absence::NeverHeard)),
    ];
    for (respiratory, vasoactives) in (0..=3).flat_map(|lungs| (0..=2).map(move |heart| (lungs, heart))) {
        for (word, infection) in infections {
            let mut score = Phoenix::of(&Inputs { infection, ..WELL });
            score.parts[Part::Respiratory as usize] = Points::Known(respiratory);
            score.parts[Part::Vasoactives as usize] = Points::Known(vasoactives);
            let holds = |cell, points: u8| band(cell, 0).contains(&i32::from(points));
            let found = rows.iter().filter(|row| {
                holds(row[0], respiratory + vasoactives)
                    && holds(row[1], vasoactives)
                    && (row[2] == word || row[2] == "any")
            });
            let found: Vec<&str> = found.map(|row| row[3]).collect();
            assert_eq!(found, [score.finding().word()], "{respiratory} and {vasoactives}, {word}");
        }
    }
}

#[test]
fn what_no_missing_value_could_change_is_known() {
    let why = Absence::NeverHeard;
    let two_labs =
        Inputs { platelets: Ok(20), inr: Ok(200), d_dimer: Err(why), fibrinogen: Err(why), ..WELL };
    assert_eq!(Phoenix::of(&two_labs).total(), Some(2), "coagulation stops at 2");
    let unsupported = Inputs { oxygenation: Err(why), ..WELL };
    assert_eq!(Phoenix::of(&unsupported).total(), Some(0), "no ratio scores without support");
    assert_eq!(Phoenix::of(&unsupported).missing().count(), 0, "so none is missed");
    let good = Inputs { support: Err(why), ..WELL };
    assert_eq!(Phoenix::of(&good).total(), Some(0), "a good ratio scores nothing under any support");
    let fixed = Inputs { coma_scale: Err(why), pupils: Ok(Pupils::BothFixed), ..WELL };
    assert_eq!(Phoenix::of(&fixed).total(), Some(2), "fixed pupils score the most");
    let coma = Phoenix::of(&Inputs { coma_scale: Ok(10), pupils: Err(why), ..WELL });
    assert_eq!((coma.lower(), coma.upper()), (1, 2));
}

#[test]
fn without_an_age_a_pressure_is_known_only_where_every_age_agrees() {
    let highest = whole(&tables(PAGE)[2][5][1][2..], 0);
    let lowest = whole(&tables(PAGE)[2][0][3][2..], 0);
    for mmhg in 0..=80 {
        let why = Absence::NeverHeard;
        let of = |age| Phoenix::of(&Inputs { age, mean_pressure: Ok(mmhg), ..WELL });
        let points = Age::ALL.map(|age| of(Ok(age)).lower());
        let ageless = of(Err(why));
        assert_eq!(ageless.upper(), *points.iter().max().unwrap(), "{mmhg}");
        assert_eq!(ageless.total().is_some(), points.iter().all(|each| *each == points[0]), "{mmhg}");
        assert!(ageless.total().is_none() || mmhg >= highest || mmhg <= lowest, "{mmhg}");
    }
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let lungs = (0usize..3, any::<bool>(), 40i32..500);
    let heart = (0i32..4, 0i32..1500, 0i32..216, 0i32..100);
    let others = (20i32..300, 50i32..300, 0i32..500, 20i32..300, 3i32..=15, any::<bool>(), any::<bool>());
    (lungs, heart, others).prop_map(|(lungs, heart, others)| {
        let (support, is_arterial, ratio) = lungs;
        let (vasoactives, lactate, months, mean_pressure) = heart;
        let (platelets, inr, d_dimer, fibrinogen, coma_scale, fixed, suspected) = others;
        let oxygenation = if is_arterial { Oxygenation::Arterial } else { Oxygenation::Saturation };
        Inputs {
            support: Ok([Support::None, Support::Other, Support::Invasive][support]),
            oxygenation: Ok(oxygenation(ratio)),
            vasoactives: Ok(vasoactives),
            lactate: Ok(lactate),
            age: Ok(Age::of_months(months).unwrap()),
            mean_pressure: Ok(mean_pressure),
            platelets: Ok(platelets),
            inr: Ok(inr),
            d_dimer: Ok(d_dimer),
            fibrinogen: Ok(fibrinogen),
            coma_scale: Ok(coma_scale),
            pupils: Ok(if fixed { Pupils::BothFixed } else { Pupils::NotBothFixed }),
            infection: Ok(if suspected { Infection::Suspected } else { Infection::NotSuspected }),
        }
    })
}

/// `whole` without the inputs whose bit is set, in the order of [`Inputs`].
fn without(whole: &Inputs, gone: u16) -> Phoenix {
    fn keep<T>(bit: u8, value: Result<T, Absence>, gone: u16) -> Result<T, Absence> {
        if gone & (1 << bit) == 0 { value } else { Err(Absence::Stale) }
    }
    Phoenix::of(&Inputs {
        support: keep(0, whole.support, gone),
        oxygenation: keep(1, whole.oxygenation, gone),
        vasoactives: keep(2, whole.vasoactives, gone),
        lactate: keep(3, whole.lactate, gone),
        age: keep(4, whole.age, gone),
        mean_pressure: keep(5, whole.mean_pressure, gone),
        platelets: keep(6, whole.platelets, gone),
        inr: keep(7, whole.inr, gone),
        d_dimer: keep(8, whole.d_dimer, gone),
        fibrinogen: keep(9, whole.fibrinogen, gone),
        coma_scale: keep(10, whole.coma_scale, gone),
        pupils: keep(11, whole.pupils, gone),
        infection: keep(12, whole.infection, gone),
    })
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u16..8192) {
        let complete = Phoenix::of(&whole);
        let total = complete.total().unwrap();
        let partial = without(&whole, gone);
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.finding() <= complete.finding(), "what is missing never makes it graver");
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u16..8192, more in 0u16..8192) {
        let (less, least) = (without(&whole, gone), without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn worse_never_scores_less(whole in any_inputs(), further in 0i32..200) {
        let lower = |value: Result<i32, Absence>| value.map(|value| value - further);
        let higher = |value: Result<i32, Absence>| value.map(|value| value + further);
        let worse = Phoenix::of(&Inputs {
            oxygenation: whole.oxygenation.map(|ratio| match ratio {
                Oxygenation::Arterial(ratio) => Oxygenation::Arterial(ratio - further),
                Oxygenation::Saturation(ratio) => Oxygenation::Saturation(ratio - further),
            }),
            vasoactives: higher(whole.vasoactives),
            lactate: higher(whole.lactate),
            mean_pressure: lower(whole.mean_pressure),
            platelets: lower(whole.platelets),
            inr: higher(whole.inr),
            d_dimer: higher(whole.d_dimer),
            fibrinogen: lower(whole.fibrinogen),
            coma_scale: lower(whole.coma_scale),
            ..whole
        });
        let before = Phoenix::of(&whole);
        prop_assert!(worse.lower() >= before.lower() && worse.finding() >= before.finding());
    }
}
