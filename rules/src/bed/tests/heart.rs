//! The heart and the breath: zero is data, until another live source contradicts it.

use super::*;
use crate::alert::{Priority, Side};
use crate::bed::Heart;
use crate::sign::Parameter;

const ECG: Condition = Condition::Technical(Technical::NotRead(Sign::HeartRate));
const PROBE: Condition = Condition::Technical(Technical::NotRead(Sign::SpO2));

#[test]
fn a_heart_that_stops_by_every_source_calls_at_once() {
    let mut story = Story::begin();
    story.lives(5, &WELL);
    let log = story.sees(&well_but(&[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)]));
    assert_eq!(of(&log, Condition::NoPulse), [What::Raised, What::Call { step: 0 }]);
    let alert = story.alert(Condition::NoPulse);
    assert_eq!((alert.priority, alert.class), (Priority::High, crate::ladder::Class::Immediate));
    assert_eq!(alert.evidence.key, MessageKey(story.key), "it names the message that it came from");
}

#[test]
fn a_monitor_without_a_probe_is_believed_when_it_says_zero() {
    let mut story = Story::begin();
    let log = story.sees(&[good(Sign::HeartRate, 0)]);
    assert_eq!(of(&log, Condition::NoPulse)[0], What::Raised);
}

#[test]
fn a_live_pulse_beside_zero_is_an_ecg_that_is_not_read() {
    for pulse in [20, 72, 250] {
        let mut story = Story::begin();
        let log = story.sees(&well_but(&[(Sign::HeartRate, 0), (Sign::PulseRatePleth, pulse)]));
        assert!(of(&log, Condition::NoPulse).is_empty(), "{pulse} /min contradicts 0");
        assert_eq!(of(&log, ECG)[0], What::Raised);
        assert_eq!(story.alert(ECG).priority, Priority::Low);
        assert_eq!(story.bed.heart(story.now), Heart::Beats(Sign::PulseRatePleth, pulse));
    }
}

#[test]
fn the_other_pulse_is_the_one_that_is_judged() {
    let mut story = Story::with_round();
    let readings = well_but(&[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 160)]);
    let log = story.lives(12, &readings);
    assert_eq!(of(&log, Condition::Limit(Parameter::PulseRate, Side::High))[0], What::Raised);
    assert_eq!(story.bed.news2(story.now).total(), Some(3), "160 /min scores 3");
}

#[test]
fn what_no_heart_beats_does_not_contradict() {
    for pulse in [19, 251, 277] {
        let mut story = Story::begin();
        let log = story.sees(&[good(Sign::HeartRate, 0), good(Sign::PulseRatePleth, pulse)]);
        assert_eq!(of(&log, Condition::NoPulse)[0], What::Raised, "{pulse} /min");
    }
}

#[test]
fn an_arterial_line_contradicts_as_well_as_a_probe() {
    let mut story = Story::begin();
    let readings =
        [good(Sign::HeartRate, 0), good(Sign::PulseRatePleth, 0), good(Sign::PulseRateArterial, 64)];
    let log = story.sees(&readings);
    assert!(of(&log, Condition::NoPulse).is_empty());
    assert_eq!(story.bed.heart(story.now), Heart::Beats(Sign::PulseRateArterial, 64));
}

#[test]
fn the_pulse_of_the_last_cuff_proves_nothing() {
    let mut story = Story::begin();
    let log = story.sees(&[good(Sign::HeartRate, 0), good(Sign::PulseRateCuff, 80)]);
    assert_eq!(of(&log, Condition::NoPulse)[0], What::Raised);
}

#[test]
fn a_pulse_from_before_does_not_contradict() {
    let mut story = Story::begin();
    story.sees(&[good(Sign::HeartRate, 70), good(Sign::PulseRatePleth, 70)]);
    story.wait(Span::seconds(11));
    let log = story.sees(&[good(Sign::HeartRate, 0)]);
    assert_eq!(of(&log, Condition::NoPulse)[0], What::Raised, "that pulse was 11 s ago");
}

#[test]
fn a_probe_that_falls_off_is_technical_not_clinical() {
    let mut story = Story::with_round();
    story.lives(5, &WELL);
    let log = story.lives(60, &well_but(&[(Sign::SpO2, 0), (Sign::PulseRatePleth, 0)]));
    assert_eq!(of(&log, PROBE)[0], What::Raised);
    assert!(log.iter().all(|(_, about, _)| *about == PROBE), "one sensor, one alert: {log:?}");
    let score = story.bed.news2(story.now);
    assert_eq!((score.total(), score.lower(), score.upper()), (None, 0, 3), "missing is never normal");
}

#[test]
fn a_probe_that_says_so_itself_is_the_same() {
    let mut story = Story::begin();
    story.lives(5, &WELL);
    let log = story.sees(&with(&WELL, &[absent(Sign::SpO2, Absence::ProbeOff)]));
    assert_eq!(of(&log, PROBE)[0], What::Raised);
    let log = story.sees(&WELL);
    assert_eq!(of(&log, PROBE), [What::Resolved]);
}

#[test]
fn a_chest_that_stops_calls_at_once() {
    let mut story = Story::begin();
    story.lives(5, &WELL);
    let log = story.sees(&well_but(&[(Sign::RespRate, 0)]));
    assert_eq!(of(&log, Condition::Apnoea), [What::Raised, What::Call { step: 0 }]);
    let log = story.lives(60, &well_but(&[(Sign::RespRate, 0)]));
    let low = Condition::Limit(Parameter::RespRate, Side::Low);
    assert!(of(&log, low).is_empty(), "it is called as what it is, not as a low rate beside it");
}

#[test]
fn breath_in_the_ventilator_contradicts_a_flat_impedance() {
    let mut story = Story::begin();
    let log = story.sees(&[good(Sign::RespRate, 0), good(Sign::RespRateVentilator, 14)]);
    assert!(of(&log, Condition::Apnoea).is_empty());
    assert_eq!(story.bed.believed(Sign::RespRate, story.now), Err(Absence::Contradicted));
}

#[test]
fn a_heart_that_beats_again_stays_until_somebody_has_seen_it() {
    let mut story = Story::begin();
    story.sees(&[good(Sign::HeartRate, 0)]);
    let log = story.sees(&[good(Sign::HeartRate, 60)]);
    assert_eq!(of(&log, Condition::NoPulse), [What::Latched]);
    assert!(story.alert(Condition::NoPulse).sounds(), "an asystole nobody saw goes on sounding");
    assert_eq!(story.acknowledges(Condition::NoPulse), What::Resolved);
}

#[test]
fn a_heart_that_nobody_can_see_has_not_recovered() {
    let mut story = Story::begin();
    story.sees(&[good(Sign::HeartRate, 0)]);
    let log = story.sees(&[absent(Sign::HeartRate, Absence::ProbeOff)]);
    assert!(of(&log, Condition::NoPulse).is_empty());
    assert_eq!(story.state(Condition::NoPulse), Some(AlertState::Active));
}
