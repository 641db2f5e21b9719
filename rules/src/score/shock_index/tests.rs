//! The page `charts/shock_index.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/shock_index.md");

fn index(pulse: i32, systolic: i32) -> ShockIndex {
    ShockIndex::of(&Inputs { pulse: Ok(pulse), systolic: Ok(systolic) })
}

/// The word of the one row of that table in which the hundredths lie.
fn on_page(table: usize, hundredths: i32) -> &'static str {
    let rows = &tables(PAGE)[table];
    assert_eq!(rows.len(), 4, "a row was added or lost");
    let words: Vec<&str> =
        rows.iter().filter(|row| band(row[0], 2).contains(&hundredths)).map(|row| row[1]).collect();
    assert_eq!(words.len(), 1, "{hundredths} hundredths: {words:?}");
    words[0]
}

/// A pressure of 100 makes the pulse the index in hundredths.
#[test]
fn every_index_has_the_levels_that_the_page_says() {
    assert_eq!(tables(PAGE).len(), 2, "a table was added or lost");
    for pulse in 1..=400 {
        let index = index(pulse, 100);
        assert_eq!(index.total(), Some(pulse));
        assert_eq!(index.level().unwrap().word(), on_page(0, pulse), "{pulse}");
        assert_eq!(index.obstetric_level().unwrap().word(), on_page(1, pulse), "{pulse}");
    }
}

#[test]
fn halves_round_away_from_zero_before_banding() {
    assert_eq!(index(119, 200).total(), Some(60), "0.595");
    assert_eq!(index(119, 200).level(), Some(Level::Mild));
    assert_eq!(index(118, 200).level(), Some(Level::NotRaised));
    assert_eq!(index(281, 200).level(), Some(Level::Severe), "1.405");
    assert_eq!(index(80, 120).total(), Some(67), "0.666");
    assert_eq!((index(80, 120).lower(), index(80, 120).upper()), (67, 67));
    assert_eq!(index(179, 200).obstetric_level(), Some(ObstetricLevel::Raised), "0.895");
}

#[test]
fn what_stands_still_has_no_index_and_is_not_missing() {
    for (pulse, systolic) in [(0, 120), (120, 0), (0, 0), (-1, 120), (120, -1)] {
        let still = index(pulse, systolic);
        assert_eq!((still.total(), still.level(), still.obstetric_level()), (None, None, None));
        assert_eq!((still.lower(), still.upper()), (0, i32::MAX));
        assert_eq!(still.missing().count(), 0);
    }
}

#[test]
fn no_number_is_too_large() {
    assert_eq!(index(i32::MAX, 1).level(), Some(Level::Severe));
    assert_eq!(index(1, i32::MAX).level(), Some(Level::NotRaised));
}

fn without(pulse: i32, systolic: i32, gone: u8) -> ShockIndex {
    let keep = |bit, value| if gone & bit == 0 { Ok(value) } else { Err(Absence::Stale) };
    ShockIndex::of(&Inputs { pulse: keep(1, pulse), systolic: keep(2, systolic) })
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(pulse in 1i32..300, systolic in 1i32..300, gone in 0u8..4) {
        let total = index(pulse, systolic).total().unwrap();
        let partial = without(pulse, systolic, gone);
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        prop_assert_eq!(partial.level().is_some(), gone == 0, "what is missing is no level");
        prop_assert_eq!(partial.missing().count(), gone.count_ones() as usize);
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(
        pulse in 0i32..300, systolic in 0i32..300, gone in 0u8..4, more in 0u8..4,
    ) {
        let less = without(pulse, systolic, gone);
        let least = without(pulse, systolic, gone | more);
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn faster_or_weaker_never_scores_less(
        pulse in 1i32..300, systolic in 1i32..300, faster in 0i32..100, weaker in 0i32..100,
    ) {
        let before = index(pulse, systolic);
        let after = index(pulse + faster, (systolic - weaker).max(1));
        prop_assert!(after.total() >= before.total() && after.level() >= before.level());
        prop_assert!(after.obstetric_level() >= before.obstetric_level());
    }
}
