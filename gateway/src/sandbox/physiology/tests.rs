//! What the story relies on: calm patients call nobody, a course does what it is named for, and numbers
//! repeat.

use super::*;
use crate::sandbox::chart::{news2, points, within_yellow};

const SEEDS: std::ops::Range<u64> = 0..50;

#[test]
fn a_calm_patient_calls_nobody_for_hours() {
    for seed in SEEDS {
        let patient = Patient::new(seed, 3);
        for second in (0..4 * 3_600).step_by(3) {
            let signs = patient.at(second, &[]);
            assert!(within_yellow(&signs), "seed {seed}, second {second}: {signs:?}");
            // On oxygen, which is the worst that the nurse of the story enters.
            let points = points(&signs, true);
            assert!(points.iter().sum::<u32>() < 5, "seed {seed}, second {second}: {signs:?}");
            assert!(points.iter().all(|points| *points < 3), "seed {seed}, second {second}: {signs:?}");
        }
    }
}

#[test]
fn the_same_seed_is_the_same_patient_and_another_is_not() {
    let courses = [Course::deterioration(10)];
    let hour = |seed, number| {
        let patient = Patient::new(seed, number);
        (0..3_600).map(|second| patient.at(second, &courses)).collect::<Vec<_>>()
    };
    assert_eq!(hour(7, 1), hour(7, 1));
    assert_ne!(hour(7, 1), hour(7, 2));
    assert_ne!(hour(7, 1), hour(8, 1));
}

#[test]
fn a_patient_is_alive_and_does_not_jump() {
    let patient = Patient::new(1, 1);
    let rates: Vec<i32> = (0..600).map(|second| patient.at(second, &[]).heart_rate).collect();
    assert!(rates.iter().any(|rate| *rate != rates[0]), "a frozen number is no patient");
    assert!(rates.windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 2), "{rates:?}");
}

#[test]
fn a_deterioration_rests_at_5_then_passes_7_and_is_over_in_time() {
    for seed in SEEDS {
        let patient = Patient::new(seed, 1);
        let score = |second| news2(&patient.at(second, &[Course::deterioration(100)]));
        let medium = (100..230).find(|second| score(*second) >= 5).unwrap();
        let high = (100..230).find(|second| score(*second) >= 7).unwrap();
        assert!(medium <= 112, "seed {seed}: {medium}");
        assert!((medium..high).all(|second| score(second) < 7) && high - medium >= 8, "seed {seed}: {high}");
        assert!((120..=131).contains(&high), "seed {seed}: {high}");
        assert!((131..204).all(|second| score(second) >= 7), "seed {seed}");
        let over = patient.at(230, &[Course::deterioration(100)]);
        assert_eq!(over, patient.at(230, &[]), "seed {seed}");
    }
}

#[test]
fn a_grave_patient_desaturates_below_yellow_and_crosses_no_other_limit() {
    for seed in SEEDS {
        let patient = Patient::new(seed, 1);
        for second in 31..104 {
            let signs = patient.at(second, &[Course::deterioration(0)]);
            assert!((80..88).contains(&signs.spo2), "seed {seed}, second {second}: {signs:?}");
            assert!(within_yellow(&Signs { spo2: 97, ..signs }), "seed {seed}, second {second}: {signs:?}");
        }
    }
}

#[test]
fn a_desaturation_is_longer_than_the_yellow_delay_and_touches_nothing_else() {
    let patient = Patient::new(1, 1);
    let courses = [Course::desaturation(10)];
    let low = (0..100).filter(|second| patient.at(*second, &courses).spo2 < 88).count();
    assert!((31..50).contains(&low), "{low} s");
    for second in 0..100 {
        let (led, own) = (patient.at(second, &courses), patient.at(second, &[]));
        assert_eq!(Signs { spo2: own.spo2, ..led }, own);
    }
}

#[test]
fn a_fallen_probe_reads_zero_beside_a_heart_that_beats() {
    let patient = Patient::new(1, 1);
    let courses = [Course::probe_off(30)];
    for second in [30, 50, 69] {
        let signs = patient.at(second, &courses);
        assert_eq!((signs.spo2, signs.pulse), (0, 0));
        assert_eq!(signs.heart_rate, patient.at(second, &[]).heart_rate);
    }
    for second in [29, 70] {
        assert_eq!(patient.at(second, &courses), patient.at(second, &[]));
    }
}
