//! The page `charts/rox.md`, held against the code value by value.

use super::*;
use crate::score::page::{band, tables};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../charts/rox.md");

const STILL_THERE: Inputs =
    Inputs { spo2: Ok(95), fio2: Ok(50), resp_rate: Ok(20), support: Ok(Support::HighFlow { hours: 12 }) };

/// What the page finds at an index after so many hours: one column of one row.
fn on_page(hours: i32, hundredths: i32) -> &'static str {
    const WORDS: [&str; 3] = ["failure likely", "undecided", "lower risk"];
    let rows = &tables(PAGE)[0];
    assert_eq!(rows.len(), 4, "a row was added or lost");
    let rows: Vec<_> = rows.iter().filter(|row| band(row[0], 0).contains(&hours)).collect();
    let [row] = rows.as_slice() else { panic!("{hours} hours lie in {} rows", rows.len()) };
    assert_eq!(row.len(), 4, "{row:?}");
    let cells = row[1..].iter().zip(WORDS).filter(|(cell, _)| band(cell, 2).contains(&hundredths));
    match cells.map(|(_, word)| word).collect::<Vec<_>>().as_slice() {
        [] if row[1..] == ["-"; 3] => "too early",
        [word] => word,
        other => panic!("{hundredths} hundredths after {hours} hours: {other:?}"),
    }
}

#[test]
fn every_index_is_found_as_the_page_says() {
    assert_eq!(tables(PAGE).len(), 1, "a table was added or lost");
    let head = "\n| complete hours on high flow | failure likely | undecided | lower risk |\n";
    assert!(PAGE.contains(head), "the head was changed");
    for hours in -1..=30 {
        for hundredths in 0..=1000 {
            let found = finding(Support::HighFlow { hours }, hundredths);
            assert_eq!(found.word(), on_page(hours, hundredths), "{hundredths} after {hours} h");
        }
    }
}

#[test]
fn the_index_is_saturation_by_fraction_by_rate() {
    assert_eq!(Rox::of(&STILL_THERE).total(), Some(950), "95 / 0.5 / 20");
    let at = |spo2, fio2, rate| {
        Rox::of(&Inputs { spo2: Ok(spo2), fio2: Ok(fio2), resp_rate: Ok(rate), ..STILL_THERE }).total()
    };
    assert_eq!(at(90, 60, 40), Some(375));
    assert_eq!(at(94, 80, 32), Some(367), "3.671");
    assert_eq!(at(93, 100, 40), Some(233), "2.325, half away from zero");
    assert_eq!(at(i32::MAX, 1, 1), Some(i32::MAX));
    assert_eq!(at(0, i32::MAX, i32::MAX), Some(0));
}

#[test]
fn a_chest_that_stands_still_has_no_index_and_no_good_finding() {
    for (fio2, rate) in [(50, 0), (0, 20), (0, 0), (50, -1)] {
        let still = Rox::of(&Inputs { fio2: Ok(fio2), resp_rate: Ok(rate), ..STILL_THERE });
        assert_eq!((still.total(), still.finding()), (None, None));
        assert_eq!(still.missing().count(), 0);
    }
}

#[test]
fn it_speaks_of_high_flow_alone() {
    let other = Rox::of(&Inputs { support: Ok(Support::Other), ..STILL_THERE });
    assert_eq!(other.finding(), Some(Finding::NotOnHighFlow));
    let unknown = Rox::of(&Inputs { support: Err(Absence::NeverHeard), ..STILL_THERE });
    assert_eq!((unknown.total(), unknown.finding()), (Some(950), None));
}

#[test]
fn what_no_missing_value_could_change_is_found_all_the_same() {
    let hopeless =
        Rox::of(&Inputs { spo2: Err(Absence::ProbeOff), fio2: Ok(100), resp_rate: Ok(40), ..STILL_THERE });
    assert_eq!((hopeless.lower(), hopeless.upper()), (0, 250));
    assert_eq!(hopeless.finding(), Some(Finding::FailureLikely));
    let calm = Rox::of(&Inputs { fio2: Err(Absence::Stale), resp_rate: Ok(15), ..STILL_THERE });
    assert_eq!((calm.lower(), calm.upper()), (633, i32::MAX));
    assert_eq!(calm.finding(), Some(Finding::LowerRisk));
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    (0i32..=100, 1i32..=100, 1i32..70, 0i32..20).prop_map(|(spo2, fio2, rate, hours)| Inputs {
        spo2: Ok(spo2),
        fio2: Ok(fio2),
        resp_rate: Ok(rate),
        support: Ok(Support::HighFlow { hours }),
    })
}

/// `whole` without the parts whose bit is set.
fn without(whole: &Inputs, gone: u8) -> Rox {
    let is_gone = |part: Part| gone & (1 << part as u8) != 0;
    let keep = |part, value: Result<i32, Absence>| if is_gone(part) { Err(Absence::Stale) } else { value };
    Rox::of(&Inputs {
        spo2: keep(Part::SpO2, whole.spo2),
        fio2: keep(Part::FiO2, whole.fio2),
        resp_rate: keep(Part::RespRate, whole.resp_rate),
        support: if is_gone(Part::Support) { Err(Absence::Stale) } else { whole.support },
    })
}

proptest! {
    #[test]
    fn an_incomplete_set_bounds_every_completion(whole in any_inputs(), gone in 0u8..16) {
        let complete = Rox::of(&whole);
        let total = complete.total().unwrap();
        let partial = without(&whole, gone);
        prop_assert!(partial.lower() <= total && total <= partial.upper());
        let finding = partial.finding();
        prop_assert!(finding.is_none() || finding == complete.finding(), "{finding:?}");
        prop_assert_eq!(partial.missing().count(), gone.count_ones() as usize);
    }

    #[test]
    fn losing_more_never_narrows_the_bounds(whole in any_inputs(), gone in 0u8..16, more in 0u8..16) {
        let (less, least) = (without(&whole, gone), without(&whole, gone | more));
        prop_assert!(least.lower() <= less.lower() && less.upper() <= least.upper());
    }

    #[test]
    fn worse_signs_never_raise_the_index(
        whole in any_inputs(), drop in 0i32..50, oxygen in 0i32..50, faster in 0i32..50,
    ) {
        let worse = Inputs {
            spo2: whole.spo2.map(|percent| percent - drop),
            fio2: whole.fio2.map(|percent| percent + oxygen),
            resp_rate: whole.resp_rate.map(|rate| rate + faster),
            ..whole
        };
        prop_assert!(Rox::of(&worse).total() <= Rox::of(&whole).total());
    }
}
