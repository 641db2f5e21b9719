//! Whether the rate on the ECG makes a pulse: the arterial line and the SpO₂ probe against it.
//!
//! `charts/cross-checks.md` is the source of the figures; a test reads it. A line that is flushed, zeroed or
//! open to the air is not the patient and says nothing; a damped one keeps its mean and is no flat one.

use super::Bed;
use super::signs::{Heart, Signs};
use crate::limit::{Band, Limits};
use crate::sign::{Parameter, Sign};
use crate::time::{Moment, Since, Span};

/// Systolic less diastolic pressure below this is no pulse.
const PULSE_PRESSURE_LEAST: i32 = 10;

/// A mean below this perfuses nothing.
pub(super) const FLAT_MEAN: i32 = 30;

/// How long a line must lie flat.
const FLAT_FOR: Span = Span::seconds(10);

/// A systolic pressure below this is that of the air.
const AIR: i32 = 3;

/// How long a line may read the air while nothing shows a pulse.
const OPEN_FOR: Span = Span::seconds(30);

/// A mean above this, without a pulse, is that of the pressure bag.
const FLUSH: i32 = 200;

/// Two rates further apart than this are not of one heart.
const APART: i32 = 20;

/// How long two rates must be apart.
const APART_FOR: Span = Span::seconds(30);

/// Two rates no further apart than this agree again.
const TOGETHER: i32 = 15;

/// How long a saturation must be beyond a limit while its probe does not count the heart's rate.
const UNSURE_FOR: Span = Span::seconds(30);

/// How long a probe must count the heart's rate again before its saturation is as good as any.
const SURE_AFTER: Span = Span::seconds(15);

/// What the arterial line shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// There are no three pressures of one moment.
    Unknown,
    /// A pulse, or a pressure that a heart must have made.
    Pressed,
    /// No pulse, and next to no pressure.
    Flat,
    /// The air: zeroed, or disconnected.
    Open,
    /// The pressure bag.
    Flushed,
}

impl Line {
    /// What three pressures of one moment show.
    pub(super) const fn of(systolic: i32, diastolic: i32, mean: i32) -> Self {
        if systolic < AIR && mean < AIR {
            return Self::Open;
        }
        let pulses = systolic.saturating_sub(diastolic) >= PULSE_PRESSURE_LEAST;
        match mean {
            _ if pulses => Self::Pressed,
            ..FLAT_MEAN => Self::Flat,
            mean if mean > FLUSH => Self::Flushed,
            _ => Self::Pressed,
        }
    }

    /// Whether its pressures are somebody's doing and not the patient's.
    pub(super) const fn is_in_hand(self) -> bool {
        matches!(self, Self::Open | Self::Flushed)
    }

    /// How long it may be so while nothing shows a pulse. A line open to the air says something only of a
    /// patient who is on the monitor.
    const fn patience(self, heart: Heart) -> Option<Span> {
        match (self, heart) {
            (Self::Flat, _) => Some(FLAT_FOR),
            (Self::Open, Heart::Beats(..)) => Some(OPEN_FOR),
            _ => None,
        }
    }
}

/// Whether the figures of a flat line hold at that age: the pressures of a small child are not much higher.
const fn has_figures(band: Band) -> bool {
    matches!(band, Band::Child | Band::Adult)
}

/// Since when the signs of the pulse contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Pulse {
    flat_since: Since,
    /// Since when the line has shown that there is no pulse, and nothing has shown one since.
    missing_since: Since,
    apart_since: Since,
    /// When the probe was last heard to count another rate than the heart's.
    miscounted: Since,
}

impl Pulse {
    /// Looks at the signs again.
    pub(super) fn look(&mut self, signs: &Signs, band: Band, now: Moment) {
        let line = signs.line(now);
        let flat =
            has_figures(band) && line.patience(signs.heart(now)).is_some() && !signs.contradict(line, now);
        self.flat_since = if flat { self.flat_since.or_now(now) } else { Since::default() };
        self.look_for_a_pulse(signs, now);
        let most = if self.is_apart(now) { TOGETHER } else { APART };
        let far = signs.rates_apart(now).is_some_and(|apart| apart > most);
        self.apart_since = if far { self.apart_since.or_now(now) } else { Since::default() };
        if signs.off_the_heart(Sign::PulseRatePleth, now).is_some_and(|apart| apart > APART) {
            // By the time of the reading: to be asked more often must change nothing.
            self.miscounted = Since::default().or_now(signs.vital(Sign::PulseRatePleth).heard);
        }
    }

    fn look_for_a_pulse(&mut self, signs: &Signs, now: Moment) {
        if let Some(from) = self.missing_from(signs, now).filter(|from| *from <= now) {
            self.missing_since = self.missing_since.or_now(from);
        } else if self.missing_since.at().is_some_and(|since| signs.prove_a_pulse(since, now)) {
            self.missing_since = Since::default();
        }
    }

    /// Whether the probe counts, or counted a moment ago, what is not the heart.
    pub(super) fn probe_is_unsure(&self, now: Moment) -> bool {
        self.miscounted.at().is_some_and(|at| now.since(at) < SURE_AFTER)
    }

    /// Whether the circulation stands still by the arterial line, for as long as it takes to say so.
    pub(super) fn is_missing(&self, signs: &Signs, now: Moment) -> bool {
        self.missing_from(signs, now).is_some_and(|from| from <= now)
    }

    /// Whether the line has shown that there is no pulse, and nothing has shown one since. A rate on the ECG
    /// is no proof against that, nor is a line that is taken off.
    pub(super) fn was_missing(&self) -> bool {
        self.missing_since.at().is_some()
    }

    /// Whether heart rate and pulse stay apart: for long enough, and not come together since.
    pub(super) fn is_apart(&self, now: Moment) -> bool {
        self.apart_since.is_for(APART_FOR, now)
    }

    /// When it must be looked at again though nothing arrives.
    pub(super) fn deadline(&self, signs: &Signs, now: Moment) -> Option<Moment> {
        let apart = self.apart_since.at().map(|since| since + APART_FOR);
        let sure = self.miscounted.at().map(|at| at + SURE_AFTER);
        let due = [self.missing_from(signs, now), apart, sure];
        due.into_iter().flatten().filter(|at| *at > now).min()
    }

    fn missing_from(&self, signs: &Signs, now: Moment) -> Option<Moment> {
        let since = self.flat_since.at()?;
        signs.line(now).patience(signs.heart(now)).map(|patience| since + patience)
    }
}

impl Signs {
    /// What the arterial line shows now.
    pub(super) fn line(&self, now: Moment) -> Line {
        let pressure = |sign| self.beside(sign, Sign::ArterialMean, now);
        match (
            pressure(Sign::ArterialSystolic),
            pressure(Sign::ArterialDiastolic),
            pressure(Sign::ArterialMean),
        ) {
            (Some(systolic), Some(diastolic), Some(mean)) => Line::of(systolic, diastolic, mean),
            _ => Line::Unknown,
        }
    }

    /// Whether the pressures of the line are not the patient's. Most means lie in between, and settle it.
    pub(super) fn line_is_in_hand(&self, now: Moment) -> bool {
        let settles = |mean| (AIR..=FLUSH).contains(&mean);
        !self.vital(Sign::ArterialMean).value.is_ok_and(settles) && self.line(now).is_in_hand()
    }

    /// Whether a pulse is counted at the finger or in the line, beside the pressures of the line. Against a
    /// line that reads the air a saturation is proof enough: no probe reads one without a pulse for long.
    fn contradict(&self, line: Line, now: Moment) -> bool {
        let counted = [Sign::PulseRatePleth, Sign::PulseRateArterial]
            .iter()
            .any(|sign| self.shows_a_pulse(*sign, Sign::ArterialMean, now));
        let saturation = self.beside(Sign::SpO2, Sign::ArterialMean, now);
        counted || (line == Line::Open && saturation.is_some_and(|percent| percent > 0))
    }

    /// Whether anything that is not the ECG, and was taken later than that, shows that the heart moves blood.
    fn prove_a_pulse(&self, after: Moment, now: Moment) -> bool {
        let later = |sign| self.vital(sign).taken > after;
        let counted = [Sign::PulseRatePleth, Sign::PulseRateArterial].into_iter().any(|sign| {
            later(sign) && self.believed(sign, now).is_ok_and(|rate| super::signs::LIVE_RATE.contains(&rate))
        });
        counted || (later(Sign::ArterialMean) && self.line(now) == Line::Pressed)
    }

    /// How far the heart rate lies from the pulse that was taken with it, where both are there.
    fn rates_apart(&self, now: Moment) -> Option<i32> {
        [Sign::PulseRatePleth, Sign::PulseRateArterial].iter().find_map(|sign| self.off_the_heart(*sign, now))
    }

    /// How far one pulse lies from the heart rate that was taken with it, where both are there.
    fn off_the_heart(&self, sign: Sign, now: Moment) -> Option<i32> {
        let rate = self.believed(Sign::HeartRate, now).ok().filter(|rate| *rate > 0)?;
        let pulse = self.beside(sign, Sign::HeartRate, now).filter(|pulse| *pulse > 0)?;
        Some((rate - pulse).abs())
    }
}

impl Bed<'_> {
    /// The limits of a parameter as they are judged now: a saturation whose probe does not count the heart's
    /// rate may be that of a hand that moves, and waits for longer. It is never left out.
    pub(super) fn limits_in_doubt(&self, parameter: Parameter, now: Moment) -> Limits {
        let limits = self.limits(parameter);
        if parameter != Parameter::SpO2 || !self.state.pulse.probe_is_unsure(now) {
            return limits;
        }
        Limits {
            red_delay: limits.red_delay.max(UNSURE_FOR),
            yellow_delay: limits.yellow_delay.max(UNSURE_FOR),
            ..limits
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page is the source.
    #[test]
    fn the_page_is_the_table() {
        let page = include_str!("../../charts/cross-checks.md");
        let figures: Vec<i32> = page
            .lines()
            .skip_while(|line| !line.starts_with("| figure"))
            .skip(2)
            .filter_map(|line| line.split('|').nth(2))
            .map(|cell| cell.trim().parse().unwrap())
            .collect();
        let seconds = |span: Span| i32::try_from(span.whole_seconds()).unwrap();
        let code = [
            PULSE_PRESSURE_LEAST,
            FLAT_MEAN,
            seconds(FLAT_FOR),
            AIR,
            seconds(OPEN_FOR),
            FLUSH,
            APART,
            seconds(APART_FOR),
            TOGETHER,
            seconds(UNSURE_FOR),
            seconds(SURE_AFTER),
        ];
        assert_eq!(figures, code);
    }

    #[test]
    fn a_line_is_what_its_pressures_say() {
        let table = [
            ((120, 70, 87), Line::Pressed),
            ((40, 30, 33), Line::Pressed),
            ((39, 20, 29), Line::Pressed),
            ((33, 24, 29), Line::Flat),
            ((30, 20, 29), Line::Pressed),
            ((18, 15, 16), Line::Flat),
            ((3, 3, 3), Line::Flat),
            ((3, 0, 2), Line::Flat),
            ((2, 0, 1), Line::Open),
            ((0, 0, 0), Line::Open),
            ((80, 72, 75), Line::Pressed),
            ((35, 30, 30), Line::Pressed),
            ((205, 200, 200), Line::Pressed),
            ((298, 291, 295), Line::Flushed),
            ((250, 190, 210), Line::Pressed),
            ((i32::MIN, i32::MAX, 3), Line::Flat),
        ];
        for ((systolic, diastolic, mean), line) in table {
            assert_eq!(Line::of(systolic, diastolic, mean), line, "{systolic}/{diastolic} ({mean})");
        }
    }
}
