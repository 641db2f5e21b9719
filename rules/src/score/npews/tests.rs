//! The page `charts/npews.md`, held against the code value by value.

use super::*;
use crate::event::Consciousness;
use crate::score::page::{band, tables};
use crate::time::Span;
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/npews.md");

const WORRIED_ABOUT_NOTHING: Said = Said {
    sepsis: Ok(Sepsis::NotSuspected),
    consciousness: Ok(Consciousness::Alert),
    pupils: Ok(Pupils::Normal),
    intuition: Ok(Level::None),
    carer: Ok(Level::None),
};

/// A healthy child of so many years on air: every part scores 0.
const fn well(age: Age) -> Inputs {
    let (resp_rate, heart_rate, systolic) = match age {
        Age::Infant => (40, 130, 80),
        Age::Small => (30, 110, 90),
        Age::School => (22, 100, 100),
        Age::Teen => (18, 80, 110),
    };
    Inputs {
        age,
        resp_rate: Ok(resp_rate),
        distress: Ok(Distress::None),
        spo2: Ok(98),
        device: Ok(Device::Air),
        amount: Err(Absence::NeverHeard),
        heart_rate: Ok(heart_rate),
        pressure: Ok(Pressure::Measured(systolic)),
        refill: Ok(15),
        temperature: Ok(370),
        said: WORRIED_ABOUT_NOTHING,
    }
}

const WELL: Inputs = well(Age::Small);

fn points_of(part: Part, inputs: &Inputs) -> u8 {
    match Npews::of(inputs).parts[part as usize] {
        Points::Known(points) => points,
        Points::Missing { .. } => panic!("{part:?} is missing"),
    }
}

fn on(device: Device, amount: Amount) -> Inputs {
    Inputs { device: Ok(device), amount: Ok(amount), ..WELL }
}

/// Which part a row of bands speaks of, its places, and the inputs with a value in it.
fn coded(row: &str) -> (Part, u8, Box<dyn Fn(i32) -> Inputs>) {
    let (name, age) = row.split_once(", ").unwrap_or((row, "1-4 years"));
    let age = Age::ALL.into_iter().find(|known| known.word() == age).unwrap();
    let well = well(age);
    match name {
        "respiratory rate /min" => {
            (Part::RespRate, 0, Box::new(move |value| Inputs { resp_rate: Ok(value), ..well }))
        }
        "heart rate /min" => {
            (Part::HeartRate, 0, Box::new(move |value| Inputs { heart_rate: Ok(value), ..well }))
        }
        "systolic pressure mm[Hg]" => (
            Part::Systolic,
            0,
            Box::new(move |value| Inputs { pressure: Ok(Pressure::Measured(value)), ..well }),
        ),
        "SpO₂ %" => (Part::SpO2, 0, Box::new(move |value| Inputs { spo2: Ok(value), ..well })),
        "capillary refill s" => {
            (Part::Refill, 1, Box::new(move |value| Inputs { refill: Ok(value), ..well }))
        }
        "oxygen L/min" => (Part::Oxygen, 2, Box::new(|value| on(Device::FaceMask, Amount::Flow(value)))),
        "oxygen FiO₂ %" => {
            (Part::Oxygen, 0, Box::new(|value| on(Device::HeadBox, Amount::Fraction(value))))
        }
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

fn are_all_different(rows: &[Vec<&str>], columns: usize) -> bool {
    rows.iter().enumerate().all(|(at, row)| rows[..at].iter().all(|other| other[..columns] != row[..columns]))
}

#[test]
fn the_page_has_its_tables() {
    let rows: Vec<usize> = tables(PAGE).iter().map(Vec::len).collect();
    assert_eq!(rows, [4, 16, 15, 12, 3, 5, 5], "a row was added or lost");
}

#[test]
fn every_month_of_age_has_the_chart_that_the_page_says() {
    for months in 0..=300 {
        let on_page = tables(PAGE)[0]
            .iter()
            .filter(|row| band(row[0], 0).contains(&months))
            .map(|row| row[1])
            .collect::<Vec<_>>();
        assert_eq!(on_page, [Age::of_months(months.unsigned_abs()).word()], "{months} months");
    }
}

/// The page is the source: every value lies in exactly one band of its row, and has that band's points.
#[test]
fn every_value_scores_as_the_page_says() {
    const POINTS: [u8; 7] = [4, 2, 1, 0, 1, 2, 4];
    let rows = &tables(PAGE)[1];
    assert!(are_all_different(rows, 1));
    for row in rows {
        assert_eq!(row.len(), 8, "{row:?}");
        let (part, places, inputs) = coded(row[0]);
        for value in -100..=700 {
            let bands = row[1..].iter().zip(POINTS).filter(|(cell, _)| band(cell, places).contains(&value));
            let on_page: Vec<u8> = bands.map(|(_, points)| points).collect();
            assert_eq!(on_page, [points_of(part, &inputs(value))], "{} at {value}", row[0]);
        }
    }
}

fn distress_of(word: &str) -> Distress {
    match word {
        "none" => Distress::None,
        "mild" => Distress::Mild,
        "moderate" => Distress::Moderate,
        "severe" => Distress::Severe,
        other => panic!("{other:?}"),
    }
}

fn device_of(word: &str) -> Device {
    match word {
        "air" => Device::Air,
        "nasal prongs" => Device::NasalProngs,
        "face mask" => Device::FaceMask,
        "head box" => Device::HeadBox,
        "non-rebreather" => Device::NonRebreather,
        "high flow" => Device::HighFlow,
        "BiPAP" => Device::Bipap,
        "CPAP" => Device::Cpap,
        other => panic!("{other:?}"),
    }
}

fn pressure_of(words: &str) -> Pressure {
    match words {
        "NCO: not attempted, no concern" => Pressure::NotAttempted,
        "U0: unsuccessful, no concern" => Pressure::Unsuccessful,
        "U4: unsuccessful, concern" => Pressure::UnsuccessfulWithConcern,
        other => panic!("{other:?}"),
    }
}

/// What the page writes for a device: its points, or that they depend on the level.
fn oxygen_in_words(device: Device) -> String {
    let without = Npews::of(&Inputs { device: Ok(device), ..WELL }).parts[Part::Oxygen as usize];
    let at = |litres: i32| points_of(Part::Oxygen, &on(device, Amount::Flow(litres * 100)));
    match without {
        Points::Known(points) => {
            assert_eq!([at(0), at(1), at(3), at(9)], [points; 4], "{device:?} scores whatever its level");
            points.to_string()
        }
        Points::Missing { most, .. } => {
            assert_eq!((most, [at(0), at(1), at(3), at(9)]), (4, [0, 1, 2, 4]), "{device:?}");
            "by level".into()
        }
    }
}

#[test]
fn every_finding_scores_as_the_page_says() {
    let rows = &tables(PAGE)[2];
    assert!(are_all_different(rows, 2));
    for row in rows {
        let points = match row[0] {
            "respiratory distress" => {
                points_of(Part::Distress, &Inputs { distress: Ok(distress_of(row[1])), ..WELL }).to_string()
            }
            "oxygen device" => oxygen_in_words(device_of(row[1])),
            "systolic pressure" => {
                points_of(Part::Systolic, &Inputs { pressure: Ok(pressure_of(row[1])), ..WELL }).to_string()
            }
            other => panic!("the page has a row {other:?} that the code does not know"),
        };
        assert_eq!(row[2], points, "{row:?}");
    }
}

fn level_if(said: Said) -> &'static str {
    Npews::of(&Inputs { said, ..WELL }).level().word()
}

/// What the page writes for a trigger that takes any level.
fn any_level(said: fn(Level) -> Said) -> &'static str {
    for level in [Level::None, Level::Low, Level::Medium, Level::High, Level::Emergency] {
        assert_eq!(level_if(said(level)), level.word());
    }
    "any"
}

#[test]
fn every_trigger_raises_the_level_that_the_page_says() {
    let rows = &tables(PAGE)[3];
    assert!(are_all_different(rows, 2));
    let quiet = WORRIED_ABOUT_NOTHING;
    let sepsis = |found| level_if(Said { sepsis: Ok(found), ..quiet });
    let conscious = |found| level_if(Said { consciousness: Ok(found), ..quiet });
    let pupils = |found| level_if(Said { pupils: Ok(found), ..quiet });
    for row in rows {
        let level = match (row[0], row[1]) {
            ("sepsis", "not suspected") => sepsis(Sepsis::NotSuspected),
            ("sepsis", "newly suspected") => sepsis(Sepsis::Suspected),
            ("sepsis", "septic shock") => sepsis(Sepsis::Shock),
            ("consciousness", "alert") => conscious(Consciousness::Alert),
            ("consciousness", "confusion") => conscious(Consciousness::Confusion),
            ("consciousness", "voice") => conscious(Consciousness::Voice),
            ("consciousness", "pain") => conscious(Consciousness::Pain),
            ("consciousness", "unresponsive") => conscious(Consciousness::Unresponsive),
            ("pupils", "normal") => pupils(Pupils::Normal),
            ("pupils", "abnormal") => pupils(Pupils::Abnormal),
            ("clinical intuition", _) => {
                any_level(|level| Said { intuition: Ok(level), ..WORRIED_ABOUT_NOTHING })
            }
            ("carer's question", _) => any_level(|level| Said { carer: Ok(level), ..WORRIED_ABOUT_NOTHING }),
            other => panic!("the page has a row {other:?} that the code does not know"),
        };
        assert_eq!(row[2], level, "{row:?}");
    }
}

#[test]
fn every_temperature_asks_as_the_page_says_and_has_no_points() {
    for tenths in 200..=450 {
        let on_page: Vec<&str> = tables(PAGE)[4]
            .iter()
            .filter(|row| band(row[0], 1).contains(&tenths))
            .map(|row| row[1])
            .collect();
        let score = Npews::of(&Inputs { temperature: Ok(tenths), ..WELL });
        assert_eq!(on_page, [if score.think_sepsis == Ok(true) { "yes" } else { "no" }], "{tenths}");
        assert_eq!((score.total(), score.level()), (Some(0), Level::None));
    }
}

/// A score of so many points, as full parts and a rest.
fn score_of(total: u8) -> Npews {
    let mut left = total;
    let parts = Part::ALL.map(|part| {
        let points = left.min(part.most());
        left -= points;
        Points::Known(points)
    });
    Npews { parts, ..Npews::of(&WELL) }
}

#[test]
fn every_total_has_the_level_and_the_times_that_the_page_says() {
    let in_words =
        |span: Option<Span>| span.map_or("-".to_owned(), |span| (span.whole_seconds() / 60).to_string());
    let rows = &tables(PAGE)[5];
    for total in 0..=26 {
        let score = score_of(total);
        assert_eq!(score.total(), Some(total));
        let on_page: Vec<_> = rows.iter().filter(|row| band(row[0], 0).contains(&i32::from(total))).collect();
        let level = score.level();
        let coded = [level.word(), &in_words(level.answer_within()), &in_words(level.observe_every())];
        assert_eq!(on_page.len(), 1, "{total}");
        assert_eq!(on_page[0][1..], coded, "{total}");
    }
}

#[test]
fn a_healthy_child_of_every_age_scores_nothing() {
    for age in Age::ALL {
        let score = Npews::of(&well(age));
        assert_eq!((score.total(), score.level()), (Some(0), Level::None), "{age:?}");
    }
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let score = Npews::of(&without(&WELL, u32::MAX));
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 26));
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
    assert!(score.not_known().map(|(trigger, _)| trigger).eq(Trigger::ALL));
    assert_eq!(score.think_sepsis, Err(Absence::Stale));
}

#[test]
fn the_level_is_the_graver_of_points_and_triggers() {
    let ill = Inputs { spo2: Ok(85), distress: Ok(Distress::Severe), heart_rate: Ok(200), ..WELL };
    let suspected = Said { sepsis: Ok(Sepsis::Suspected), ..WORRIED_ABOUT_NOTHING };
    assert_eq!(Npews::of(&Inputs { said: suspected, ..ill }).level(), Level::High, "12 points");
    let asleep = Said { consciousness: Ok(Consciousness::Pain), ..WORRIED_ABOUT_NOTHING };
    assert_eq!(Npews::of(&Inputs { said: asleep, ..ill }).level(), Level::Emergency);
}

fn any_said() -> impl Strategy<Value = Said> {
    const LEVELS: [Level; 5] = [Level::None, Level::Low, Level::Medium, Level::High, Level::Emergency];
    let findings = [
        Consciousness::Alert,
        Consciousness::Confusion,
        Consciousness::Voice,
        Consciousness::Pain,
        Consciousness::Unresponsive,
    ];
    let sepsis = [Sepsis::NotSuspected, Sepsis::Suspected, Sepsis::Shock];
    (0usize..3, 0usize..5, any::<bool>(), 0usize..5, 0usize..5).prop_map(
        move |(thought, found, normal, intuition, carer)| Said {
            sepsis: Ok(sepsis[thought]),
            consciousness: Ok(findings[found]),
            pupils: Ok(if normal { Pupils::Normal } else { Pupils::Abnormal }),
            intuition: Ok(LEVELS[intuition]),
            carer: Ok(LEVELS[carer]),
        },
    )
}

fn any_pressure() -> impl Strategy<Value = Pressure> {
    prop_oneof![
        6 => (0i32..200).prop_map(Pressure::Measured),
        1 => Just(Pressure::NotAttempted),
        1 => Just(Pressure::Unsuccessful),
        1 => Just(Pressure::UnsuccessfulWithConcern),
    ]
}

fn any_oxygen() -> impl Strategy<Value = (Device, Amount)> {
    const WORDS: [&str; 8] =
        ["air", "nasal prongs", "face mask", "head box", "non-rebreather", "high flow", "BiPAP", "CPAP"];
    let amount = prop_oneof![(0i32..900).prop_map(Amount::Flow), (15i32..=100).prop_map(Amount::Fraction)];
    ((0usize..8).prop_map(|at| device_of(WORDS[at])), amount)
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let rates = (0i32..90, 50i32..=100, 0i32..250, 5i32..60, 330i32..420);
    let findings = (0usize..4, 0usize..4, any_oxygen(), any_pressure(), any_said());
    (rates, findings).prop_map(
        |((resp, spo2, heart, refill, temperature), (age, distress, (device, amount), pressure, said))| {
            Inputs {
                age: Age::ALL[age],
                resp_rate: Ok(resp),
                distress: Ok(distress_of(["none", "mild", "moderate", "severe"][distress])),
                spo2: Ok(spo2),
                device: Ok(device),
                amount: Ok(amount),
                heart_rate: Ok(heart),
                pressure: Ok(pressure),
                refill: Ok(refill),
                temperature: Ok(temperature),
                said,
            }
        },
    )
}

/// `whole` without the inputs whose bit is set.
fn without(whole: &Inputs, gone: u32) -> Inputs {
    fn keep<T>(value: Result<T, Absence>, gone: u32, bit: u32) -> Result<T, Absence> {
        if gone & (1 << bit) == 0 { value } else { Err(Absence::Stale) }
    }
    Inputs {
        age: whole.age,
        resp_rate: keep(whole.resp_rate, gone, 0),
        distress: keep(whole.distress, gone, 1),
        spo2: keep(whole.spo2, gone, 2),
        device: keep(whole.device, gone, 3),
        amount: keep(whole.amount, gone, 4),
        heart_rate: keep(whole.heart_rate, gone, 5),
        pressure: keep(whole.pressure, gone, 6),
        refill: keep(whole.refill, gone, 7),
        temperature: keep(whole.temperature, gone, 8),
        said: Said {
            sepsis: keep(whole.said.sepsis, gone, 9),
            consciousness: keep(whole.said.consciousness, gone, 10),
            pupils: keep(whole.said.pupils, gone, 11),
            intuition: keep(whole.said.intuition, gone, 12),
            carer: keep(whole.said.carer, gone, 13),
        },
    }
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u32..1 << 14) {
        let complete = Npews::of(&whole);
        let total = complete.total().unwrap();
        let partial = Npews::of(&without(&whole, gone));
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.level() <= complete.level(), "what is missing never makes it graver");
        prop_assert_eq!(partial.total().is_some(), partial.missing().next().is_none());
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(
        whole in any_inputs(),
        gone in 0u32..1 << 14,
        more in 0u32..1 << 14,
    ) {
        let less = Npews::of(&without(&whole, gone));
        let least = Npews::of(&without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
        prop_assert!(least.level() <= less.level());
    }

    #[test]
    fn farther_from_health_never_scores_less(whole in any_inputs(), further in 0i32..100) {
        let away = |value: i32, healthy: i32| if value < healthy { value - further } else { value + further };
        let healthy = well(whole.age);
        let worse = [
            Inputs {
                resp_rate: Ok(away(whole.resp_rate.unwrap(), healthy.resp_rate.unwrap())),
                ..whole
            },
            Inputs {
                heart_rate: Ok(away(whole.heart_rate.unwrap(), healthy.heart_rate.unwrap())),
                ..whole
            },
            Inputs { spo2: whole.spo2.map(|percent| percent - further), ..whole },
            Inputs { refill: whole.refill.map(|tenths| tenths + further), ..whole },
            Inputs { distress: Ok(Distress::Severe), ..whole },
            Inputs {
                pressure: whole.pressure.map(|found| match (found, healthy.pressure) {
                    (Pressure::Measured(mmhg), Ok(Pressure::Measured(healthy))) => {
                        Pressure::Measured(away(mmhg, healthy))
                    }
                    (other, _) => other,
                }),
                ..whole
            },
            Inputs {
                amount: whole.amount.map(|amount| match amount {
                    Amount::Flow(hundredths) => Amount::Flow(hundredths + further),
                    Amount::Fraction(percent) => Amount::Fraction(percent + further),
                }),
                ..whole
            },
        ];
        for worse in worse {
            prop_assert!(Npews::of(&worse).total() >= Npews::of(&whole).total(), "{:?}", worse);
        }
    }
}

/// Only a sign that was there and is lost is taken at its worst: none that was never heard, nothing that a
/// nurse finds.
#[test]
fn what_is_lost_is_a_sign_that_was_there() {
    let set = Inputs {
        heart_rate: Err(Absence::Stale),
        spo2: Err(Absence::NeverHeard),
        distress: Err(Absence::Stale),
        refill: Err(Absence::Stale),
        ..WELL
    };
    let found = Npews::of(&set);
    let worst = found.with_lost_signs().unwrap();
    let parts = Part::ALL.into_iter().zip(found.parts.iter().zip(&worst.parts));
    let changed: Vec<Part> = parts.filter(|(_, (now, lost))| now != lost).map(|(part, _)| part).collect();
    assert_eq!(changed, [Part::HeartRate]);
}
