//! The page against the table, delays and margins of one watch, and what holds for any signal.

use super::*;
use crate::decimal::Decimal;
use proptest::option;
use proptest::prelude::*;

const PULSE: Limits = Limits::shipped(Parameter::PulseRate);

fn at(watch: &mut Watch, seconds: u32, value: Option<i32>) -> Option<Level> {
    let now = Moment(0) + Span::seconds(seconds);
    watch.look(value.map(|value| Measured { value, taken: now }), &PULSE, Side::High, now)
}

/// The page is the source: every figure on it must be the table's, in the order of the parameters.
#[test]
fn the_page_is_the_table() {
    let page = include_str!("../../charts/limits.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| parameter | red low"))
        .skip(2)
        .map_while(|line| line.strip_prefix('|')?.strip_suffix('|'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), Parameter::ALL.len());
    for (cells, parameter) in rows.iter().zip(Parameter::ALL) {
        let limits = Limits::shipped(parameter);
        let whole = |cell: &str| {
            Decimal::parse(cell.as_bytes())
                .map(|number| i32::try_from(number.rounded(parameter.facts().places)).unwrap())
        };
        assert_eq!(cells[0], parameter.word());
        assert_eq!(Pair { red: whole(cells[1]), yellow: whole(cells[2]) }, limits.low, "{parameter:?}");
        assert_eq!(Pair { yellow: whole(cells[3]), red: whole(cells[4]) }, limits.high, "{parameter:?}");
        assert_eq!(Span::seconds(cells[5].parse().unwrap()), limits.red_delay, "{parameter:?}");
        assert_eq!(Span::seconds(cells[6].parse().unwrap()), limits.yellow_delay, "{parameter:?}");
        assert_eq!(whole(cells[7]), Some(limits.margin), "{parameter:?}");
    }
}

/// The page says for some depths how long they wait.
#[test]
fn the_page_works_out_the_delay_by_depth() {
    let page = include_str!("../../charts/limits.md");
    let rows: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.starts_with("| SpO₂ % | calls"))
        .skip(2)
        .map_while(|line| line.strip_prefix('|')?.strip_suffix('|'))
        .collect();
    assert_eq!(rows.len(), 4);
    let saturation = Limits::shipped(Parameter::SpO2);
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let value: i32 = cells[0].parse().unwrap();
        let after = Decimal::parse(cells[2].as_bytes()).unwrap().rounded(3);
        let (level, mut watch) = (cells[1], Watch::default());
        let mut look = |ms: i64| {
            let now = Moment(0) + Span(u32::try_from(ms).unwrap());
            watch.look(Some(Measured { value, taken: now }), &saturation, Side::Low, now)
        };
        look(0);
        assert_eq!(look(after - 1), None, "{row}");
        let expected = if level == "red" { Level::Red } else { Level::Yellow };
        assert_eq!(look(after), Some(expected), "{row}");
    }
}

#[test]
fn a_band_ends_on_its_birthday() {
    let bands = [0, 1, 11, 12, 191, 192].map(|months| Band::of(Some(Age::months(months))));
    assert_eq!(bands, [Band::Neonate, Band::Infant, Band::Infant, Band::Child, Band::Child, Band::Adult]);
    assert_eq!(Band::of(None), Band::Adult);
    for (at, band) in Band::ALL.iter().enumerate() {
        assert_eq!(*band as usize, at);
    }
}

#[test]
fn what_is_too_low_for_an_adult_is_so_at_any_age_and_nothing_else_ships() {
    let too_low = [Parameter::PulseRate, Parameter::SpO2, Parameter::RespRate];
    for parameter in Parameter::ALL {
        for band in [Band::Neonate, Band::Infant, Band::Child] {
            let limits = Limits::shipped_for(band, parameter);
            let low =
                if too_low.contains(&parameter) { Limits::shipped(parameter).low } else { Pair::default() };
            assert_eq!((limits.low, limits.high), (low, Pair::default()), "{band:?} {parameter:?}");
            assert_eq!(limits.margin, Limits::shipped(parameter).margin);
        }
        assert_eq!(Limits::shipped_for(Band::Adult, parameter), Limits::shipped(parameter));
    }
}

#[test]
fn what_is_not_a_patients_own_stays_the_wards() {
    let own = OwnLimits {
        parameter: Parameter::PulseRate,
        low: Pair { yellow: Some(45), red: None },
        high: Pair::default(),
        until: Moment(1),
        by: Actor(1),
    };
    let limits = own.over(&PULSE);
    assert_eq!(limits.low, Pair { yellow: Some(45), red: Some(40) });
    assert_eq!((limits.high, limits.margin), (PULSE.high, PULSE.margin));
}

#[test]
fn a_short_excursion_does_not_call() {
    let mut watch = Watch::default();
    assert_eq!(at(&mut watch, 0, Some(121)), None);
    assert_eq!(at(&mut watch, 29, Some(121)), None);
    assert_eq!(at(&mut watch, 30, Some(118)), None);
    assert_eq!(at(&mut watch, 31, Some(121)), None);
    assert_eq!(at(&mut watch, 60, Some(121)), None, "the delay begins anew");
    assert_eq!(at(&mut watch, 61, Some(121)), Some(Level::Yellow));
}

/// 121 waits 29.3 s, 135 half of the way to red's 10 s, 150 no longer than red.
#[test]
fn the_deeper_the_sooner() {
    let due = |value| {
        let mut watch = Watch::default();
        at(&mut watch, 0, Some(value));
        watch.deadline(&PULSE, Moment(0)).unwrap()
    };
    assert_eq!([121, 135, 149, 150, 151].map(|value| due(value).0), [29_334, 20_000, 10_667, 10_000, 10_000]);
    let cold = Limits::shipped(Parameter::Temperature);
    assert_eq!(cold.yellow_delay(Side::Low, 40), cold.yellow_delay, "there is no red to come close to");
    let upside_down = Limits { yellow_delay: Span::seconds(5), ..PULSE };
    assert_eq!(upside_down.yellow_delay(Side::High, 15), Span::seconds(5), "never longer than yellow's own");
}

#[test]
fn the_limit_itself_is_inside() {
    let mut watch = Watch::default();
    at(&mut watch, 0, Some(150));
    at(&mut watch, 60, Some(150));
    assert_eq!(watch.calling, Some(Level::Yellow), "150 is beyond yellow, not beyond red");
}

#[test]
fn deeper_calls_sooner_and_higher() {
    let mut watch = Watch::default();
    assert_eq!(at(&mut watch, 0, Some(151)), None);
    assert_eq!(watch.deadline(&PULSE, Moment(0)), Some(Moment(10_000)));
    assert_eq!(at(&mut watch, 10, Some(151)), Some(Level::Red));
    let unknown = Moment(10_001) + Span::minutes(5);
    assert_eq!(watch.deadline(&PULSE, Moment(10_000)), Some(unknown), "then nobody has measured it for long");
}

#[test]
fn it_ends_only_inside_the_margin() {
    let mut watch = Watch::default();
    at(&mut watch, 0, Some(130));
    assert_eq!(at(&mut watch, 30, Some(130)), Some(Level::Yellow));
    assert_eq!(at(&mut watch, 31, Some(119)), Some(Level::Yellow));
    assert_eq!(at(&mut watch, 32, Some(115)), None);
}

#[test]
fn red_falls_to_yellow_inside_its_own_margin() {
    let mut watch = Watch::default();
    at(&mut watch, 0, Some(160));
    assert_eq!(at(&mut watch, 30, Some(160)), Some(Level::Red));
    assert_eq!(at(&mut watch, 31, Some(148)), Some(Level::Red));
    assert_eq!(at(&mut watch, 32, Some(145)), Some(Level::Yellow));
}

#[test]
fn a_missing_value_ends_nothing_for_five_minutes() {
    let mut watch = Watch::default();
    at(&mut watch, 0, Some(160));
    at(&mut watch, 10, Some(160));
    assert_eq!(at(&mut watch, 20, None), Some(Level::Red));
    assert_eq!(at(&mut watch, 310, None), Some(Level::Red));
    assert_eq!(at(&mut watch, 311, None), None);
}

proptest! {
    #[test]
    fn whatever_is_beyond_red_for_its_delay_calls_red(
        start in proptest::collection::vec(0i32..300, 0..20), depth in 151i32..300,
    ) {
        let mut watch = Watch::default();
        for (second, value) in (0u32..).zip(&start) {
            at(&mut watch, second, Some(*value));
        }
        at(&mut watch, 100, Some(depth));
        prop_assert_eq!(at(&mut watch, 110, Some(depth)), Some(Level::Red));
    }

    /// Whatever came before: a signal that always lies at least as deep calls no later, and no lower.
    #[test]
    fn what_is_always_as_deep_calls_no_later(
        signal in proptest::collection::vec((option::weighted(0.95, 100i32..170), 0i32..40), 1..200),
    ) {
        let (mut shallow, mut deep) = (Watch::default(), Watch::default());
        for (second, (value, deeper)) in (0u32..).zip(&signal) {
            let shallow = at(&mut shallow, second, *value);
            let deep = at(&mut deep, second, value.map(|value| value + deeper));
            prop_assert!(deep >= shallow, "second {}: {:?} is deeper than {:?}", second, deep, shallow);
        }
    }

    #[test]
    fn a_pending_watch_always_has_a_deadline(values in proptest::collection::vec(0i32..300, 1..40)) {
        let mut watch = Watch::default();
        for (second, value) in (0u32..).zip(&values) {
            let calling = at(&mut watch, second, Some(*value));
            if *value > 120 && calling.is_none() {
                prop_assert!(watch.deadline(&PULSE, Moment(0)).is_some());
            }
        }
    }
}

/// `ward.toml` knows the bands by these names.
#[test]
fn every_band_has_its_name() {
    assert_eq!(Band::ALL.map(Band::word), ["neonate", "infant", "child", "adult"]);
}

#[test]
fn a_patients_own_upper_limits_hold_too() {
    let high = Pair { yellow: Some(130), red: None };
    let own = OwnLimits {
        parameter: Parameter::PulseRate,
        low: Pair::default(),
        high,
        until: Moment(1),
        by: Actor(1),
    };
    assert_eq!(own.over(&PULSE).high, Pair { yellow: Some(130), red: PULSE.high.red });
    assert_eq!(own.over(&PULSE).low, PULSE.low);
}

/// A cuff counts for longer than five minutes. While it calls, there is nothing to wait for but the next one.
#[test]
fn what_still_counts_though_it_is_old_asks_for_no_look_at_once() {
    let mut watch = Watch::default();
    at(&mut watch, 0, Some(160));
    at(&mut watch, 10, Some(160));
    let now = Moment(10_001) + UNKNOWN_AFTER;
    watch.look(Some(Measured { value: 160, taken: Moment(10_000) }), &PULSE, Side::High, now);
    assert!(watch.is_calling());
    assert_eq!(watch.deadline(&PULSE, now), None);
    assert!(!Watch::default().is_calling());
}

#[test]
fn it_says_since_when_the_value_is_beyond_the_limit_that_calls() {
    let mut watch = Watch::default();
    at(&mut watch, 5, Some(130));
    assert_eq!(watch.beyond_since(), None, "it does not call yet");
    at(&mut watch, 40, Some(130));
    assert_eq!((watch.calling, watch.beyond_since()), (Some(Level::Yellow), Some(Moment(5_000))));
    at(&mut watch, 41, Some(160));
    at(&mut watch, 60, Some(160));
    assert_eq!((watch.calling, watch.beyond_since()), (Some(Level::Red), Some(Moment(41_000))));
    at(&mut watch, 61, Some(118));
    assert_eq!((watch.is_calling(), watch.beyond_since()), (true, None), "it comes back inside");
}

#[test]
fn limits_rise_where_there_are_any() {
    let limits = |[red_low, low, high, red_high]: [Option<i32>; 4]| Limits {
        low: Pair { yellow: low, red: red_low },
        high: Pair { yellow: high, red: red_high },
        ..PULSE
    };
    for (given, expected) in [
        ([None; 4], true),
        ([None, None, Some(5), None], true),
        ([Some(1), Some(2), Some(3), Some(4)], true),
        ([Some(1), None, None, Some(2)], true),
        ([Some(2), Some(2), None, None], false),
        ([Some(1), Some(3), Some(2), None], false),
        ([Some(3), None, None, Some(2)], false),
        ([None, None, Some(4), Some(3)], false),
    ] {
        assert_eq!(limits(given).rise(), expected, "{given:?}");
    }
}
