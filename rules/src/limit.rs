//! Limits: beyond which value, for how long, a parameter calls; and when it has stopped.
//!
//! `charts/limits.md` is the source of the shipped rows; a test reads it. The deeper a value lies beyond
//! its limit, the sooner it calls. A missing value neither raises nor ends anything: what was pending starts
//! anew, what calls goes on calling until the value is back or long gone.

use crate::age::{ADULT_YEARS, Age};
use crate::alert::Side;
use crate::event::Actor;
use crate::sign::Parameter;
use crate::time::{Moment, Since, Span};

/// The ages that have limits of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Band {
    /// Under one month.
    Neonate,
    /// Under one year.
    Infant,
    /// Under sixteen.
    Child,
    /// Sixteen and more, or of an age that nobody has told.
    Adult,
}

impl Band {
    /// Every band, in order; `Band::ALL[band as usize] == band`.
    pub const ALL: [Self; 4] = [Self::Neonate, Self::Infant, Self::Child, Self::Adult];

    /// The band of an age, where it is known.
    #[must_use]
    pub const fn of(age: Option<Age>) -> Self {
        match age {
            Some(age) if age.in_months() < 1 => Self::Neonate,
            Some(age) if age.is_under(1) => Self::Infant,
            Some(age) if age.is_under(ADULT_YEARS) => Self::Child,
            _ => Self::Adult,
        }
    }

    /// The word a nurse would say.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Neonate => "neonate",
            Self::Infant => "infant",
            Self::Child => "child",
            Self::Adult => "adult",
        }
    }
}

/// How far beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Level {
    /// Medium priority.
    Yellow,
    /// High priority.
    Red,
}

/// The two limits of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pair {
    /// The nearer one.
    pub yellow: Option<i32>,
    /// The farther one.
    pub red: Option<i32>,
}

/// The limits of one parameter, in its whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Limits {
    /// Below these it calls.
    pub low: Pair,
    /// Above these it calls.
    pub high: Pair,
    /// How long a value must be beyond red.
    pub red_delay: Span,
    /// How long a value must be just beyond yellow; the closer to red, the nearer this comes to red's own.
    pub yellow_delay: Span,
    /// How far inside the limit a value must come back before the alert ends.
    pub margin: i32,
}

impl Limits {
    /// What ships for `band` (`charts/limits.md`). Under sixteen that is what is too low for an adult, too:
    /// pulse, breath and saturation.
    #[must_use]
    pub const fn shipped_for(band: Band, parameter: Parameter) -> Self {
        const NONE: Pair = Pair { yellow: None, red: None };
        let shipped = Self::shipped(parameter);
        match (band, parameter) {
            (Band::Adult, _) => shipped,
            (_, Parameter::PulseRate | Parameter::RespRate | Parameter::SpO2) => {
                Self { high: NONE, ..shipped }
            }
            _ => Self { low: NONE, high: NONE, ..shipped },
        }
    }

    /// The shipped limits of `parameter` for adults (`charts/limits.md`).
    #[must_use]
    pub const fn shipped(parameter: Parameter) -> Self {
        const NONE: (Option<i32>, Option<i32>) = (None, None);
        let (low, high, delays_s, margin) = match parameter {
            Parameter::PulseRate => ((Some(50), Some(40)), (Some(120), Some(150)), (10, 30), 5),
            Parameter::SpO2 => ((Some(88), Some(80)), (None, None), (10, 30), 2),
            Parameter::RespRate => ((Some(8), Some(6)), (Some(30), Some(40)), (30, 30), 2),
            Parameter::Systolic => ((Some(90), Some(80)), (Some(180), Some(220)), (15, 30), 5),
            Parameter::MeanPressure => ((Some(60), Some(50)), (Some(120), None), (15, 30), 5),
            Parameter::Temperature => ((Some(350), None), (Some(395), None), (15, 30), 2),
            Parameter::EtCo2 => ((Some(25), Some(15)), (Some(60), Some(80)), (15, 30), 3),
            // No source sets these for every patient: a ward or a doctor does.
            Parameter::PeakPressure => (NONE, NONE, (15, 30), 3),
            Parameter::TidalVolume => (NONE, NONE, (15, 30), 20),
            Parameter::MinuteVolume => (NONE, NONE, (15, 30), 5),
        };
        Self {
            low: Pair { yellow: low.0, red: low.1 },
            high: Pair { yellow: high.0, red: high.1 },
            red_delay: Span::seconds(delays_s.0),
            yellow_delay: Span::seconds(delays_s.1),
            margin,
        }
    }

    /// The limits of one side.
    #[must_use]
    pub const fn pair(&self, side: Side) -> Pair {
        match side {
            Side::Low => self.low,
            Side::High => self.high,
        }
    }

    /// The limit of one side and level, where there is one.
    #[must_use]
    pub const fn limit(&self, side: Side, level: Level) -> Option<i32> {
        match level {
            Level::Yellow => self.pair(side).yellow,
            Level::Red => self.pair(side).red,
        }
    }

    /// Whether they rise as far as there are any: red lies beyond yellow, and low below high.
    #[must_use]
    pub fn rise(&self) -> bool {
        let all = [self.low.red, self.low.yellow, self.high.yellow, self.high.red];
        let mut given = all.into_iter().flatten();
        let Some(mut last) = given.next() else { return true };
        given.all(|limit| core::mem::replace(&mut last, limit) < limit)
    }

    /// How long a value that lies `depth` beyond the yellow limit must stay there. From the yellow limit to
    /// the red one it falls evenly, so that a value close to red waits hardly longer than red.
    fn yellow_delay(&self, side: Side, depth: i32) -> Span {
        let Pair { yellow: Some(yellow), red: Some(red) } = self.pair(side) else { return self.yellow_delay };
        let between = u64::from(red.abs_diff(yellow).max(1));
        let beyond = u64::try_from(depth).unwrap_or(0).min(between);
        let longer = self.yellow_delay.0.saturating_sub(self.red_delay.0);
        let shorter = u64::from(longer) * beyond / between;
        Span(self.yellow_delay.0 - u32::try_from(shorter).unwrap_or(longer))
    }
}

/// How long one patient's own limits may hold without being set anew.
pub const OWN_LIMITS_LONGEST: Span = Span::hours(24);

/// One patient's own limits of one parameter, set by a person for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OwnLimits {
    /// Of which parameter.
    pub parameter: Parameter,
    /// The lower limits. What is not given stays as the ward has it: nobody can leave a patient without.
    pub low: Pair,
    /// The upper limits, likewise.
    pub high: Pair,
    /// Until when, [`OWN_LIMITS_LONGEST`] at most. A time that is past ends them.
    pub until: Moment,
    /// Who set them.
    pub by: Actor,
}

impl OwnLimits {
    /// The ward's limits with these in their place.
    #[must_use]
    pub fn over(&self, wards: &Limits) -> Limits {
        let over =
            |own: Pair, wards: Pair| Pair { yellow: own.yellow.or(wards.yellow), red: own.red.or(wards.red) };
        Limits { low: over(self.low, wards.low), high: over(self.high, wards.high), ..*wards }
    }
}

/// How far `value` lies beyond `limit` on `side`; negative inside.
const fn depth(value: i32, limit: i32, side: Side) -> i32 {
    match side {
        Side::Low => limit.saturating_sub(value),
        Side::High => value.saturating_sub(limit),
    }
}

/// A value of a parameter, and when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) value: i32,
    pub(crate) taken: Moment,
}

/// The watch over one side of one parameter at one bed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Watch {
    yellow_since: Since,
    red_since: Since,
    calling: Option<Level>,
    /// How long the last value must stay beyond yellow.
    yellow_delay: Span,
    last_taken: Moment,
}

/// How long a calling limit outlives its last value: then the condition is unknown, and the alert no longer
/// true.
const UNKNOWN_AFTER: Span = Span::minutes(5);

impl Watch {
    /// Whether it calls, as it was looked at last.
    pub(crate) const fn is_calling(&self) -> bool {
        self.calling.is_some()
    }

    /// Since when the value has been beyond the limit that calls; none while it comes back inside.
    pub(crate) fn beyond_since(&self) -> Option<Moment> {
        match self.calling? {
            Level::Yellow => self.yellow_since.at(),
            Level::Red => self.red_since.at(),
        }
    }

    /// Looks at the parameter again and says at which level it calls now. `measured` is `None` while there is
    /// no value.
    pub(crate) fn look(
        &mut self,
        measured: Option<Measured>,
        limits: &Limits,
        side: Side,
        now: Moment,
    ) -> Option<Level> {
        if let Some(Measured { value, taken }) = measured {
            self.last_taken = taken;
            let beyond = |level| limits.limit(side, level).map(|limit| depth(value, limit, side));
            let (red, yellow) = (beyond(Level::Red), beyond(Level::Yellow));
            self.yellow_delay = limits.yellow_delay(side, yellow.unwrap_or(0));
            let red = self.level(Level::Red, red, limits, now);
            let yellow = self.level(Level::Yellow, yellow, limits, now);
            self.calling = if red { Some(Level::Red) } else { yellow.then_some(Level::Yellow) };
        } else {
            (self.yellow_since, self.red_since) = (Since::default(), Since::default());
            if now.since(self.last_taken) > UNKNOWN_AFTER {
                self.calling = None;
            }
        }
        self.calling
    }

    /// When it must be looked at again though nothing arrives.
    pub(crate) fn deadline(&self, limits: &Limits, now: Moment) -> Option<Moment> {
        let due = |since: Since, level| {
            since.at().filter(|_| self.calling < Some(level)).map(|since| since + self.delay(level, limits))
        };
        let unknown = self.calling.map(|_| self.last_taken + UNKNOWN_AFTER + Span(1)).filter(|at| *at > now);
        let due = [due(self.yellow_since, Level::Yellow), due(self.red_since, Level::Red), unknown];
        due.into_iter().flatten().min()
    }

    const fn delay(&self, level: Level, limits: &Limits) -> Span {
        match level {
            Level::Yellow => self.yellow_delay,
            Level::Red => limits.red_delay,
        }
    }

    /// Whether `level` calls: beyond for its delay, or called already and not yet back inside by the margin.
    /// `depth` is how far the value is beyond, where there is such a limit.
    fn level(&mut self, level: Level, depth: Option<i32>, limits: &Limits, now: Moment) -> bool {
        let called = self.calling >= Some(level);
        let delay = self.delay(level, limits);
        let since = match level {
            Level::Yellow => &mut self.yellow_since,
            Level::Red => &mut self.red_since,
        };
        match depth {
            Some(depth) if depth > 0 => {
                *since = since.or_now(now);
                called || since.is_for(delay, now)
            }
            _ => {
                *since = Since::default();
                called && depth.is_some_and(|depth| depth > -limits.margin)
            }
        }
    }
}

#[cfg(test)]
mod tests;
