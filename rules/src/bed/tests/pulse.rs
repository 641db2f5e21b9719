//! A rate on the ECG that makes no pulse, an arterial line in somebody's hands, and two rates that differ.

use super::*;
use crate::age::Age;
use crate::alert::{Priority, Side};
use crate::bed::Heart;
use crate::sign::Parameter;
use proptest::prelude::*;

const LINE: Condition = Condition::Technical(Technical::NotRead(Sign::ArterialMean));
const APART: Condition = Condition::Technical(Technical::RatesApart);
const HYPOTENSION: Condition = Condition::Limit(Parameter::MeanPressure, Side::Low);

const fn line(systolic: i32, diastolic: i32, mean: i32) -> [Reading; 3] {
    [
        good(Sign::ArterialSystolic, systolic),
        good(Sign::ArterialDiastolic, diastolic),
        good(Sign::ArterialMean, mean),
    ]
}

/// A rate on the ECG and an arterial line, and what else there is.
fn ecg_and(line: [Reading; 3], others: &[Reading]) -> Vec<Reading> {
    [&[good(Sign::HeartRate, 70), good(Sign::RespRate, 16)], line.as_slice(), others].concat()
}

#[test]
fn a_rate_without_a_pulse_in_the_line_is_no_pulse() {
    let mut story = Story::begin();
    story.lives(5, &ecg_and(line(120, 70, 87), &[]));
    let log = story.lives(9, &ecg_and(line(20, 14, 16), &[]));
    assert!(of(&log, Condition::NoPulse).is_empty());
    let log = story.lives(1, &ecg_and(line(20, 14, 16), &[]));
    assert_eq!(of(&log, Condition::NoPulse), [What::Raised, What::Call { step: 0 }]);
    let alert = story.alert(Condition::NoPulse);
    assert!(alert.is_immediate() && alert.priority == Priority::High);
    assert_eq!(alert.evidence.quantity.unwrap().value.to_string(), "16");
    assert_eq!(alert.evidence.crossed.unwrap().limit.to_string(), "30");
}

#[test]
fn a_flat_line_runs_out_though_nothing_more_arrives() {
    let mut story = Story::begin();
    story.sees(&ecg_and(line(20, 14, 16), &[]));
    assert!(of(&story.wait(Span(9_999)), Condition::NoPulse).is_empty());
    assert_eq!(of(&story.wait(Span(1)), Condition::NoPulse)[0], What::Raised);
}

#[test]
fn a_flat_line_needs_no_ecg() {
    let mut story = Story::begin();
    story.lives(11, &line(20, 14, 16));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active));
}

#[test]
fn a_pulse_at_the_finger_or_in_the_line_contradicts() {
    for (sign, rate, calls) in [
        (Sign::PulseRatePleth, 70, false),
        (Sign::PulseRatePleth, 20, false),
        (Sign::PulseRatePleth, 19, true),
        (Sign::PulseRatePleth, 0, true),
        (Sign::PulseRateArterial, 70, false),
        (Sign::PulseRateCuff, 70, true),
    ] {
        let mut story = Story::begin();
        story.lives(20, &ecg_and(line(20, 14, 16), &[good(sign, rate)]));
        assert_eq!(story.open().contains(&Condition::NoPulse), calls, "{sign:?} {rate}");
        assert!(story.open().contains(&HYPOTENSION), "the pressure is judged all the same");
    }
}

#[test]
fn a_damped_line_is_not_flat() {
    let mut story = Story::begin();
    let log = story.lives(60, &ecg_and(line(76, 70, 72), &[]));
    assert!(of(&log, Condition::NoPulse).is_empty());
    assert_eq!(story.bed.believed(Sign::ArterialMean, story.now), Ok(72));
}

#[test]
fn a_flush_is_technical_and_raises_no_pressure_alarm() {
    let mut story = Story::begin();
    let readings = with(&ecg_and(line(298, 292, 295), &[good(Sign::CuffSystolic, 110)]), &[]);
    let log = story.lives(60, &readings);
    assert_eq!(of(&log, LINE)[0], What::Raised);
    assert_eq!(story.open(), [LINE], "one transducer, one alert");
    assert_eq!(story.bed.believed(Sign::ArterialSystolic, story.now), Err(Absence::Contradicted));
    let log = story.sees(&ecg_and(line(120, 70, 87), &[]));
    assert_eq!(of(&log, LINE), [What::Resolved]);
}

#[test]
fn a_line_being_zeroed_is_technical_while_the_finger_has_a_pulse() {
    for (shown, calls) in
        [(good(Sign::PulseRatePleth, 70), false), (good(Sign::SpO2, 97), false), (good(Sign::SpO2, 0), true)]
    {
        let mut story = Story::begin();
        story.lives(300, &ecg_and(line(0, 0, 0), &[shown]));
        assert!(story.open().contains(&LINE));
        assert_eq!(story.open().contains(&Condition::NoPulse), calls, "{shown:?}");
    }
}

#[test]
fn a_saturation_does_not_contradict_a_flat_line() {
    let mut story = Story::begin();
    story.lives(11, &ecg_and(line(20, 14, 16), &[good(Sign::SpO2, 97)]));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active), "it is held for some seconds");
}

#[test]
fn a_line_at_zero_and_no_pulse_anywhere_calls_after_half_a_minute() {
    let mut story = Story::begin();
    let log = story.lives(29, &ecg_and(line(0, 0, 0), &[]));
    assert!(of(&log, Condition::NoPulse).is_empty(), "as long as a transducer takes to be zeroed");
    let log = story.lives(1, &ecg_and(line(0, 0, 0), &[]));
    assert_eq!(of(&log, Condition::NoPulse)[0], What::Raised);
}

#[test]
fn a_transducer_in_the_air_beside_nobody_calls_nothing() {
    let mut story = Story::begin();
    story.lives(120, &line(0, 0, 0));
    assert_eq!(story.open(), [LINE]);
}

#[test]
fn a_small_childs_low_pressure_is_no_flat_line() {
    for (months, calls) in [(11, false), (12, true)] {
        let mut story = Story::begin();
        story.on(&Event::Age(Some(Age::months(months))));
        story.lives(30, &ecg_and(line(28, 20, 23), &[]));
        assert_eq!(story.state(Condition::NoPulse).is_some(), calls, "{months} months");
    }
}

#[test]
fn a_line_that_was_flat_for_too_short_has_shown_nothing() {
    let off = [Sign::ArterialSystolic, Sign::ArterialDiastolic, Sign::ArterialMean]
        .map(|sign| absent(sign, Absence::ProbeOff));
    let mut story = Story::begin();
    story.lives(5, &ecg_and(line(20, 14, 16), &[]));
    story.lives(1, &with(&off, &[good(Sign::HeartRate, 0)]));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active), "by the ECG");
    story.lives(1, &with(&off, &[good(Sign::HeartRate, 60)]));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Latched), "and over by it");
}

#[test]
fn a_pulse_of_the_very_moment_proves_none_after_it() {
    let counted = [good(Sign::PulseRatePleth, 60)];
    let mut story = Story::begin();
    story.lives(10, &ecg_and(line(20, 14, 16), &[]));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active));
    assert!(of(&story.sees(&ecg_and(line(20, 14, 16), &counted)), Condition::NoPulse).is_empty());
    story.wait(Span::seconds(1));
    let log = story.sees(&ecg_and(line(20, 14, 16), &counted));
    assert_eq!(of(&log, Condition::NoPulse), [What::Latched]);
}

#[test]
fn a_probe_that_counts_nothing_is_no_second_rate() {
    let mut story = Story::begin();
    story.lives(60, &[good(Sign::HeartRate, 70), good(Sign::PulseRatePleth, 0)]);
    assert_eq!(story.state(APART), None);
}

#[test]
fn only_a_pulse_ends_it_not_the_ecg() {
    let mut story = Story::begin();
    story.lives(11, &ecg_and(line(20, 14, 16), &[]));
    let off = [Sign::ArterialSystolic, Sign::ArterialDiastolic, Sign::ArterialMean]
        .map(|sign| absent(sign, Absence::ProbeOff));
    story.lives(20, &ecg_and(off, &[]));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active), "the line was taken off");
    story.lives(1, &ecg_and(line(0, 0, 0), &[]));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active), "or is being zeroed");
    let log = story.sees(&ecg_and(line(70, 40, 50), &[]));
    assert_eq!(of(&log, Condition::NoPulse), [What::Latched]);
}

#[test]
fn a_pulse_at_the_finger_ends_it_too() {
    let mut story = Story::begin();
    story.lives(11, &ecg_and(line(20, 14, 16), &[]));
    let log = story.sees(&ecg_and(line(20, 14, 16), &[good(Sign::PulseRatePleth, 60)]));
    assert_eq!(of(&log, Condition::NoPulse), [What::Latched]);
}

#[test]
fn the_line_of_one_patient_says_nothing_of_the_next() {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story.lives(9, &ecg_and(line(20, 14, 16), &[]));
    story.moves(Occupancy::Bound(PatientKey(43)));
    story.sees(&ecg_and(line(20, 14, 16), &[]));
    assert!(of(&story.wait(Span::seconds(9)), Condition::NoPulse).is_empty());
}

#[test]
fn two_rates_that_stay_apart_are_shown() {
    let rates = |heart, pulse| [good(Sign::HeartRate, heart), good(Sign::PulseRatePleth, pulse)];
    let mut story = Story::begin();
    assert!(of(&story.lives(60, &rates(100, 80)), APART).is_empty(), "20 apart is not more than 20");
    assert!(of(&story.lives(29, &rates(100, 79)), APART).is_empty());
    assert_eq!(of(&story.lives(1, &rates(100, 79)), APART)[0], What::Raised);
    assert!(!story.alert(APART).sounds(), "shown alone");
    assert_eq!(story.bed.heart(story.now), Heart::Beats(Sign::HeartRate, 100), "and judged on");
    assert!(of(&story.lives(5, &rates(100, 84)), APART).is_empty(), "not yet together");
    assert_eq!(of(&story.sees(&rates(100, 85)), APART), [What::Resolved]);
}

#[test]
fn beside_a_heart_that_stands_still_no_rate_is_apart() {
    let rates = |heart, pulse| [good(Sign::HeartRate, heart), good(Sign::PulseRatePleth, pulse)];
    let mut story = Story::begin();
    story.lives(60, &rates(100, 70));
    assert_eq!(story.state(APART), Some(AlertState::Active));
    // So few beats prove no pulse: the heart is believed to stand still, and that is what calls.
    assert_eq!(of(&story.sees(&rates(0, 17)), APART), [What::Resolved]);
}

#[test]
fn an_arrest_that_the_line_has_shown_is_not_over_for_the_ecg_whoever_called_first() {
    let mut story = Story::begin();
    story.sees(&ecg_and(line(120, 70, 87), &[]));
    story.sees(&with(&ecg_and(line(20, 14, 16), &[]), &[good(Sign::HeartRate, 0)]));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active), "by the ECG");
    story.acknowledges(Condition::NoPulse);
    story.lives(20, &ecg_and(line(20, 14, 16), &[good(Sign::HeartRate, 40)]));
    story.lives(20, &ecg_and(line(298, 291, 295), &[]));
    assert!(story.alert(Condition::NoPulse).holds(), "a flush shows no pulse");
    story.lives(1, &ecg_and(line(90, 50, 63), &[]));
    assert!(!story.alert(Condition::NoPulse).holds());
}

#[test]
fn a_pulse_from_before_the_arrest_proves_none_after_it() {
    let mut story = Story::begin();
    story.sees(&ecg_and(line(120, 70, 87), &[good(Sign::PulseRatePleth, 72)]));
    story.lives(30, &ecg_and(line(20, 14, 16), &[]));
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active));
    let off = [Sign::ArterialSystolic, Sign::ArterialDiastolic, Sign::ArterialMean]
        .map(|sign| absent(sign, Absence::ProbeOff));
    story.lives(30, &with(&[good(Sign::HeartRate, 70)], &off));
    assert!(story.alert(Condition::NoPulse).holds(), "the line was taken off; the 72 is a minute old");
    story.sees(&[good(Sign::HeartRate, 70), good(Sign::PulseRatePleth, 70)]);
    assert!(!story.alert(Condition::NoPulse).holds());
}

const DESATURATION: Condition = Condition::Limit(Parameter::SpO2, Side::Low);

/// A saturation, and how many beats the ECG and the probe count.
fn probe(saturation: i32, rate: i32, pulse: i32) -> Vec<Reading> {
    well_but(&[(Sign::SpO2, saturation), (Sign::HeartRate, rate), (Sign::PulseRatePleth, pulse)])
}

#[test]
fn a_saturation_whose_probe_counts_another_rate_waits_for_half_a_minute() {
    for (pulse, after) in [(70, 10), (90, 10), (50, 10), (91, 30), (49, 30), (140, 30)] {
        let mut story = Story::begin();
        story.lives(5, &probe(98, 70, 70));
        let log = story.lives(after - 1, &probe(75, 70, pulse));
        assert!(of(&log, DESATURATION).is_empty(), "{pulse}");
        let log = story.lives(1, &probe(75, 70, pulse));
        assert_eq!(of(&log, DESATURATION)[0], What::Raised, "{pulse}");
        assert_eq!(story.alert(DESATURATION).priority, Priority::High);
    }
}

/// A ward whose yellow saturation calls after five seconds.
static HASTY: LazyLock<Policy> = LazyLock::new(|| {
    let mut policy = Policy::shipped();
    let limits = policy.limits_mut(crate::limit::Band::Adult, Parameter::SpO2);
    (limits.red_delay, limits.yellow_delay) = (Span::seconds(5), Span::seconds(5));
    policy
});

#[test]
fn a_ward_that_calls_sooner_waits_as_long_for_a_hand_that_moves() {
    for (pulse, after) in [(70, 5), (140, 30)] {
        let mut story = Story { bed: Bed::new(BedNo(1), &HASTY), ..Story::begin() };
        story.lives(5, &probe(98, 70, 70));
        assert!(of(&story.lives(after - 1, &probe(87, 70, pulse)), DESATURATION).is_empty(), "{pulse}");
        assert_eq!(of(&story.lives(1, &probe(87, 70, pulse)), DESATURATION)[0], What::Raised, "{pulse}");
    }
}

#[test]
fn a_probe_that_counts_the_heart_again_is_as_good_as_any_after_a_while() {
    let mut story = Story::begin();
    story.lives(5, &probe(98, 70, 70));
    story.sees(&probe(75, 70, 120));
    story.wait(Span::seconds(1));
    story.sees(&probe(75, 70, 70));
    let log = story.wait(Span(13_999));
    assert!(of(&log, DESATURATION).is_empty(), "the hand moved less than 15 s ago");
    let log = story.wait(Span(1));
    assert_eq!(of(&log, DESATURATION)[0], What::Raised, "and nothing more arrived");
}

#[test]
fn without_a_heart_rate_nothing_makes_a_probe_unsure() {
    let off = [absent(Sign::HeartRate, Absence::ProbeOff)];
    let mut story = Story::begin();
    story.lives(5, &with(&probe(98, 70, 70), &off));
    let log = story.lives(11, &with(&probe(75, 70, 160), &off));
    assert_eq!(of(&log, DESATURATION)[0], What::Raised);
}

#[test]
fn what_calls_goes_on_calling_while_the_hand_moves() {
    let mut story = Story::begin();
    story.lives(12, &probe(75, 70, 70));
    let log = story.lives(60, &probe(75, 70, 140));
    assert!(of(&log, DESATURATION).iter().all(|what| matches!(what, What::Call { .. })), "{log:?}");
    assert!(story.alert(DESATURATION).holds());
}

#[test]
fn electrodes_that_are_off_count_no_breath_either() {
    let none = [(Sign::HeartRate, 0), (Sign::RespRate, 0)];
    let mut story = Story::begin();
    story.sees(&WELL);
    let log = story.sees(&well_but(&none));
    assert!(of(&log, Condition::Apnoea).is_empty() && of(&log, Condition::NoPulse).is_empty());
    let unread = |sign| story.open().contains(&Condition::Technical(Technical::NotRead(sign)));
    assert!(unread(Sign::HeartRate) && unread(Sign::RespRate), "both are shown as not read");
    let log = story.sees(&with(&well_but(&none), &[good(Sign::RespRateCo2, 0)]));
    assert_eq!(of(&log, Condition::Apnoea)[0], What::Raised, "the capnograph counts none either");
}

#[test]
fn no_breath_is_believed_while_the_heart_is_counted_or_nothing_shows_a_pulse() {
    for rates in [
        [(Sign::HeartRate, 70), (Sign::PulseRatePleth, 70)],
        [(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)],
    ] {
        let mut story = Story::begin();
        story.sees(&WELL);
        let log = story.sees(&well_but(&[rates.as_slice(), &[(Sign::RespRate, 0)]].concat()));
        assert_eq!(of(&log, Condition::Apnoea)[0], What::Raised, "{rates:?}");
    }
}

proptest! {
    /// Whatever the line showed before: no pulse in it and none at the finger is called in time, and a pulse
    /// at the finger is never called none.
    #[test]
    fn a_standing_circulation_is_called(
        before in proptest::collection::vec((0i32..300, 0i32..300, 0i32..300, 0i32..120), 0..30),
        systolic in 3i32..12, mean in 3i32..30,
    ) {
        let mut story = Story::begin();
        for (systolic, diastolic, mean, pulse) in before {
            story.sees(&ecg_and(line(systolic, diastolic, mean), &[good(Sign::PulseRatePleth, pulse)]));
            story.wait(Span::seconds(1));
            let called = story.state(Condition::NoPulse) == Some(AlertState::Active);
            prop_assert!(pulse < 20 || !called, "{} /min at the finger", pulse);
        }
        let flat = ecg_and(line(systolic, 3, mean), &[absent(Sign::PulseRatePleth, Absence::ProbeOff)]);
        story.lives(10, &flat);
        story.sees(&flat);
        prop_assert!(story.bed.alerts().any(|alert| alert.condition == Condition::NoPulse && alert.holds()));
        prop_assert!(story.bed.sounding(story.now).is_some());
    }
}
