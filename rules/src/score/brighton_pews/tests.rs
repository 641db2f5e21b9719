//! The page `charts/brighton_pews.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/brighton_pews.md");

/// A child who is well: every sign scores 0.
const WELL: Inputs = Inputs {
    behaviour: Ok(Behaviour::Appropriate),
    colour: Ok(Colour::Pink),
    refill: Ok(1),
    heart_rate: Ok(HeartRate::Above(0)),
    resp_rate: Ok(RespRate::Above(0)),
    work: Ok(Work::Normal),
    oxygen: Ok(Oxygen::Air),
    nebulisers: Ok(false),
    vomiting: Ok(false),
};

fn points_of(part: Part, inputs: &Inputs) -> u8 {
    match BrightonPews::of(inputs).parts[part as usize] {
        Points::Known(points) => points,
        Points::Missing { .. } => panic!("{part:?} is missing"),
    }
}

/// Which part a row of bands speaks of, its places, and the inputs with a value in it.
fn coded(sign: &str) -> (Part, u8, fn(i32) -> Inputs) {
    match sign {
        "capillary refill s" => (Part::Refill, 0, |value| Inputs { refill: Ok(value), ..WELL }),
        "heart rate above normal /min" => {
            (Part::HeartRate, 0, |value| Inputs { heart_rate: Ok(HeartRate::Above(value)), ..WELL })
        }
        "respiratory rate above normal /min" => {
            (Part::RespRate, 0, |value| Inputs { resp_rate: Ok(RespRate::Above(value)), ..WELL })
        }
        "respiratory rate below normal /min" => {
            (Part::RespRate, 0, |value| Inputs { resp_rate: Ok(RespRate::Below(value)), ..WELL })
        }
        "oxygen FiO₂ %" => {
            (Part::Oxygen, 0, |value| Inputs { oxygen: Ok(Oxygen::Given(Amount::Fraction(value))), ..WELL })
        }
        "oxygen L/min" => {
            (Part::Oxygen, 2, |value| Inputs { oxygen: Ok(Oxygen::Given(Amount::Flow(value))), ..WELL })
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
    assert_eq!(rows, [6, 20, 4], "a row was added or lost");
}

/// The page is the source: every value lies in exactly one band of its row, and has that band's points.
#[test]
fn every_value_scores_as_the_page_says() {
    const POINTS: [u8; 4] = [0, 1, 2, 3];
    let rows = &tables(PAGE)[0];
    assert!(are_all_different(rows, 2));
    for row in rows {
        assert_eq!(row.len(), 6, "{row:?}");
        let (part, places, inputs) = coded(row[1]);
        assert_eq!(part.component().word(), row[0]);
        for value in -100..=1_000 {
            let bands = row[2..].iter().zip(POINTS).filter(|(cell, _)| band(cell, places).contains(&value));
            let on_page: Vec<u8> = bands.map(|(_, points)| points).collect();
            assert_eq!(on_page, [points_of(part, &inputs(value))], "{} at {value}", row[1]);
        }
    }
}

fn behaviour_of(words: &str) -> Behaviour {
    match words {
        "playing or appropriate" => Behaviour::Appropriate,
        "sleeping" => Behaviour::Sleeping,
        "irritable" => Behaviour::Irritable,
        "lethargic" => Behaviour::Lethargic,
        "confused" => Behaviour::Confused,
        "reduced response to pain" => Behaviour::ReducedPainResponse,
        other => panic!("{other:?}"),
    }
}

fn colour_of(words: &str) -> Colour {
    match words {
        "pink" => Colour::Pink,
        "pale" => Colour::Pale,
        "grey" => Colour::Grey,
        "grey and mottled" => Colour::Mottled,
        other => panic!("{other:?}"),
    }
}

fn work_of(words: &str) -> Work {
    match words {
        "normal" => Work::Normal,
        "accessory muscles" => Work::AccessoryMuscles,
        "recession" => Work::Recession,
        "grunting" => Work::Grunting,
        other => panic!("{other:?}"),
    }
}

/// The part and the inputs in which a child has the finding of a row.
fn found(sign: &str, finding: &str) -> (Part, Inputs) {
    match (sign, finding) {
        ("behaviour", words) => (Part::Behaviour, Inputs { behaviour: Ok(behaviour_of(words)), ..WELL }),
        ("colour", words) => (Part::Colour, Inputs { colour: Ok(colour_of(words)), ..WELL }),
        ("heart rate", "bradycardia") => {
            (Part::HeartRate, Inputs { heart_rate: Ok(HeartRate::Bradycardia), ..WELL })
        }
        ("work of breathing", words) => (Part::Work, Inputs { work: Ok(work_of(words)), ..WELL }),
        ("oxygen", "air") => (Part::Oxygen, WELL),
        ("nebulisers every quarter of an hour", word) => {
            (Part::Nebulisers, Inputs { nebulisers: Ok(word == "yes"), ..WELL })
        }
        ("vomiting that persists after surgery", word) => {
            (Part::Vomiting, Inputs { vomiting: Ok(word == "yes"), ..WELL })
        }
        other => panic!("the page has a row {other:?} that the code does not know"),
    }
}

#[test]
fn every_finding_scores_as_the_page_says() {
    let rows = &tables(PAGE)[1];
    assert!(are_all_different(rows, 3));
    for row in rows {
        let (part, inputs) = found(row[1], row[2]);
        assert_eq!(part.component().word(), row[0], "{row:?}");
        assert_eq!(row[3], points_of(part, &inputs).to_string(), "{row:?}");
        assert_eq!(BrightonPews::of(&inputs).total(), Some(points_of(part, &inputs)), "{row:?}");
    }
}

#[test]
fn every_component_has_the_most_that_the_page_says() {
    let words = Component::ALL.map(Component::word);
    assert!(tables(PAGE)[2].iter().map(|row| row[0]).eq(words));
    for (row, component) in tables(PAGE)[2].iter().zip(Component::ALL) {
        assert_eq!(row[1], component.most().to_string(), "{row:?}");
        assert_eq!(row[1], BrightonPews::of(&WORST).bounds(component).1.to_string(), "{row:?}");
    }
}

/// A child with the gravest of every sign.
const WORST: Inputs = Inputs {
    behaviour: Ok(Behaviour::Lethargic),
    colour: Ok(Colour::Mottled),
    refill: Ok(6),
    heart_rate: Ok(HeartRate::Bradycardia),
    resp_rate: Ok(RespRate::Below(8)),
    work: Ok(Work::Grunting),
    oxygen: Ok(Oxygen::Given(Amount::Flow(1_000))),
    nebulisers: Ok(true),
    vomiting: Ok(true),
};

#[test]
fn a_component_scores_its_gravest_sign_and_not_their_sum() {
    assert_eq!(BrightonPews::of(&WORST).total(), Some(11));
    let pale_and_slow = Inputs { colour: Ok(Colour::Pale), refill: Ok(4), ..WELL };
    let score = BrightonPews::of(&pale_and_slow);
    assert_eq!((score.total(), score.bounds(Component::Cardiovascular)), (Some(2), (2, 2)));
}

#[test]
fn nothing_at_all_is_unknown_not_well() {
    let score = BrightonPews::of(&without(&WELL, u32::MAX));
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 11));
    assert!(score.missing().map(|(part, _)| part).eq(Part::ALL));
}

#[test]
fn what_is_known_of_a_component_counts_though_another_sign_is_missing() {
    let grey = Inputs { colour: Ok(Colour::Grey), refill: Err(Absence::NeverHeard), ..WELL };
    let score = BrightonPews::of(&grey);
    assert_eq!((score.total(), score.bounds(Component::Cardiovascular)), (None, (2, 3)));
    let settled = BrightonPews::of(&Inputs { colour: Ok(Colour::Mottled), ..grey });
    assert_eq!(settled.total(), Some(3), "it cannot become graver");
    assert!(settled.missing().eq([(Part::Refill, Absence::NeverHeard)]), "and is named all the same");
}

fn any_oxygen() -> impl Strategy<Value = Oxygen> {
    prop_oneof![
        Just(Oxygen::Air),
        (0i32..1_200).prop_map(|flow| Oxygen::Given(Amount::Flow(flow))),
        (21i32..=100).prop_map(|percent| Oxygen::Given(Amount::Fraction(percent))),
    ]
}

fn any_heart_rate() -> impl Strategy<Value = HeartRate> {
    prop_oneof![4 => (-10i32..50).prop_map(HeartRate::Above), 1 => Just(HeartRate::Bradycardia)]
}

fn any_resp_rate() -> impl Strategy<Value = RespRate> {
    prop_oneof![(-5i32..40).prop_map(RespRate::Above), (-5i32..20).prop_map(RespRate::Below)]
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let behaviours = ["playing or appropriate", "sleeping", "irritable", "lethargic", "confused"];
    let colours = ["pink", "pale", "grey", "grey and mottled"];
    let works = ["normal", "accessory muscles", "recession", "grunting"];
    let seen = (0usize..5, 0usize..4, 0usize..4, any::<bool>(), any::<bool>());
    (seen, 0i32..8, any_heart_rate(), any_resp_rate(), any_oxygen()).prop_map(
        move |((behaviour, colour, work, nebulisers, vomiting), refill, heart_rate, resp_rate, oxygen)| {
            Inputs {
                behaviour: Ok(behaviour_of(behaviours[behaviour])),
                colour: Ok(colour_of(colours[colour])),
                refill: Ok(refill),
                heart_rate: Ok(heart_rate),
                resp_rate: Ok(resp_rate),
                work: Ok(work_of(works[work])),
                oxygen: Ok(oxygen),
                nebulisers: Ok(nebulisers),
                vomiting: Ok(vomiting),
            }
        },
    )
}

/// `whole` without the parts whose bit is set.
fn without(whole: &Inputs, gone: u32) -> Inputs {
    fn keep<T>(value: Result<T, Absence>, gone: u32, part: Part) -> Result<T, Absence> {
        if gone & (1 << part as u32) == 0 { value } else { Err(Absence::Stale) }
    }
    Inputs {
        behaviour: keep(whole.behaviour, gone, Part::Behaviour),
        colour: keep(whole.colour, gone, Part::Colour),
        refill: keep(whole.refill, gone, Part::Refill),
        heart_rate: keep(whole.heart_rate, gone, Part::HeartRate),
        resp_rate: keep(whole.resp_rate, gone, Part::RespRate),
        work: keep(whole.work, gone, Part::Work),
        oxygen: keep(whole.oxygen, gone, Part::Oxygen),
        nebulisers: keep(whole.nebulisers, gone, Part::Nebulisers),
        vomiting: keep(whole.vomiting, gone, Part::Vomiting),
    }
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u32..1 << 9) {
        let total = BrightonPews::of(&whole).total().unwrap();
        let partial = BrightonPews::of(&without(&whole, gone));
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert!(partial.total().is_none_or(|settled| settled == total));
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(
        whole in any_inputs(),
        gone in 0u32..1 << 9,
        more in 0u32..1 << 9,
    ) {
        let less = BrightonPews::of(&without(&whole, gone));
        let least = BrightonPews::of(&without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn farther_from_health_never_scores_less(whole in any_inputs(), further in 0i32..100) {
        let worse = [
            Inputs { behaviour: Ok(Behaviour::ReducedPainResponse), ..whole },
            Inputs { colour: Ok(Colour::Mottled), ..whole },
            Inputs { refill: whole.refill.map(|seconds| seconds + further), ..whole },
            Inputs {
                heart_rate: whole.heart_rate.map(|rate| match rate {
                    HeartRate::Above(beats) => HeartRate::Above(beats + further),
                    HeartRate::Bradycardia => HeartRate::Bradycardia,
                }),
                ..whole
            },
            Inputs {
                resp_rate: whole.resp_rate.map(|rate| match rate {
                    RespRate::Above(breaths) => RespRate::Above(breaths + further),
                    RespRate::Below(breaths) => RespRate::Below(breaths + further),
                }),
                ..whole
            },
            Inputs { work: Ok(Work::Grunting), ..whole },
            Inputs {
                oxygen: whole.oxygen.map(|oxygen| match oxygen {
                    Oxygen::Air => Oxygen::Given(Amount::Flow(further)),
                    Oxygen::Given(Amount::Flow(flow)) => Oxygen::Given(Amount::Flow(flow + further)),
                    Oxygen::Given(Amount::Fraction(of)) => Oxygen::Given(Amount::Fraction(of + further)),
                }),
                ..whole
            },
            Inputs { nebulisers: Ok(true), ..whole },
            Inputs { vomiting: Ok(true), ..whole },
        ];
        for worse in worse {
            prop_assert!(BrightonPews::of(&worse).total() >= BrightonPews::of(&whole).total(), "{:?}", worse);
        }
    }
}
