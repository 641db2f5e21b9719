//! The Maternal Early Warning Trigger tool: `charts/mewt.md` is the source, and a test holds every figure of
//! the page against this file.
//!
//! It judges one set. It never knows for how long a trigger has been there; the caller asks it with what has
//! been sustained for longer than [`SUSTAINED`].

use crate::event::Consciousness;
use crate::score::{self, Points};
use crate::time::Span;
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "MEWT (Shields 2016)";

/// A trigger counts once it has been there for longer than this, which is the caller's business.
pub const SUSTAINED: Span = Span::minutes(20);

/// The triggers, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Pulse rate.
    Pulse,
    /// Respiratory rate.
    RespRate,
    /// Mean pressure.
    MeanPressure,
    /// Oxygen saturation.
    SpO2,
    /// Systolic and diastolic pressure, one trigger.
    Pressure,
    /// Temperature.
    Temperature,
    /// Fetal heart rate.
    FetalHeart,
    /// Consciousness.
    Consciousness,
    /// Pain.
    Pain,
    /// The nurse's concern.
    Nurse,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 10] = [
        Self::Pulse,
        Self::RespRate,
        Self::MeanPressure,
        Self::SpO2,
        Self::Pressure,
        Self::Temperature,
        Self::FetalHeart,
        Self::Consciousness,
        Self::Pain,
        Self::Nurse,
    ];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pulse => "pulse",
            Self::RespRate => "resp_rate",
            Self::MeanPressure => "mean_pressure",
            Self::SpO2 => "spo2",
            Self::Pressure => "pressure",
            Self::Temperature => "temperature",
            Self::FetalHeart => "fetal_heart",
            Self::Consciousness => "consciousness",
            Self::Pain => "pain",
            Self::Nurse => "nurse",
        }
    }
}

/// The child's heart, as long as it is heard from within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Fetus {
    /// Born: there is nothing to listen to.
    Delivered,
    /// Beats per minute.
    HeartRate(i32),
}

/// Her pain, beside what her state explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Pain {
    /// None, or as expected.
    AsExpected,
    /// More than her state explains.
    Disproportionate,
}

/// What the nurse thinks of it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Nurse {
    /// Not concerned.
    Calm,
    /// Concerned.
    Concerned,
}

/// What the triggers together say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Finding {
    /// No trigger that anybody knows of.
    NoTrigger,
    /// One that calls only beside another.
    OneNonSevere,
    /// Two or more of those: it calls.
    TwoNonSevere,
    /// One that calls by itself.
    Severe,
}

impl Finding {
    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoTrigger => "no trigger",
            Self::OneNonSevere => "one non-severe",
            Self::TwoNonSevere => "two non-severe",
            Self::Severe => "severe",
        }
    }
}

/// What the triggers are judged by. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Beats per minute.
    pub pulse: Result<i32, Absence>,
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// mmHg.
    pub mean_pressure: Result<i32, Absence>,
    /// Percent.
    pub spo2: Result<i32, Absence>,
    /// mmHg.
    pub systolic: Result<i32, Absence>,
    /// mmHg.
    pub diastolic: Result<i32, Absence>,
    /// Tenths of a degree Celsius.
    pub temperature: Result<i32, Absence>,
    /// The child's heart.
    pub fetus: Result<Fetus, Absence>,
    /// ACVPU.
    pub consciousness: Result<Consciousness, Absence>,
    /// Her pain.
    pub pain: Result<Pain, Absence>,
    /// What the nurse thinks.
    pub nurse: Result<Nurse, Absence>,
}

/// The triggers as far as their inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mewt {
    /// The weight of each trigger, in the order of [`Part::ALL`]: 1 non-severe, 2 severe.
    pub parts: [Points; 10],
}

impl Mewt {
    /// Judges what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let parts = [
            Points::of(inputs.pulse, pulse, SEVERE),
            Points::of(inputs.resp_rate, resp_rate, SEVERE),
            Points::of(inputs.mean_pressure, mean_pressure, SEVERE),
            Points::of(inputs.spo2, spo2, SEVERE),
            pressure(inputs.systolic, inputs.diastolic),
            Points::of(inputs.temperature, temperature, NON_SEVERE),
            Points::of(inputs.fetus, fetus, NON_SEVERE),
            Points::of(inputs.consciousness, consciousness, NON_SEVERE),
            Points::of(inputs.pain, pain, NON_SEVERE),
            Points::of(inputs.nurse, nurse, SEVERE),
        ];
        Self { parts }
    }

    /// The weight of all triggers, if the set is complete.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        score::total(&self.parts)
    }

    /// The lowest weight that is still possible; the one that alarms.
    #[must_use]
    pub fn lower(&self) -> u8 {
        score::lower(&self.parts)
    }

    /// The highest weight that is still possible.
    #[must_use]
    pub fn upper(&self) -> u8 {
        score::upper(&self.parts)
    }

    /// What is missing, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        score::missing(&Part::ALL, &self.parts)
    }

    /// What the triggers that are there say together.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let severe = self.parts.iter().any(|points| points.lower() == SEVERE);
        match self.lower() {
            _ if severe => Finding::Severe,
            0 => Finding::NoTrigger,
            1 => Finding::OneNonSevere,
            2.. => Finding::TwoNonSevere,
        }
    }
}

const NONE: u8 = 0;
const NON_SEVERE: u8 = 1;
const SEVERE: u8 = 2;

/// Either figure is the trigger; as long as one is missing, only the other can settle it.
fn pressure(systolic: Result<i32, Absence>, diastolic: Result<i32, Absence>) -> Points {
    let pair = (Points::of(systolic, systolic_weight, 1), Points::of(diastolic, diastolic_weight, 1));
    match pair {
        (Points::Known(NON_SEVERE), _) | (_, Points::Known(NON_SEVERE)) => Points::Known(NON_SEVERE),
        (missing @ Points::Missing { .. }, _) | (_, missing) => missing,
    }
}

const fn pulse(per_minute: i32) -> u8 {
    match per_minute {
        ..=49 | 111..=130 => NON_SEVERE,
        50..=110 => NONE,
        131.. => SEVERE,
    }
}

const fn resp_rate(per_minute: i32) -> u8 {
    match per_minute {
        ..=9 | 25..=30 => NON_SEVERE,
        10..=24 => NONE,
        31.. => SEVERE,
    }
}

const fn mean_pressure(mmhg: i32) -> u8 {
    match mmhg {
        ..=54 => SEVERE,
        55.. => NONE,
    }
}

const fn spo2(percent: i32) -> u8 {
    match percent {
        ..=89 => SEVERE,
        90..=92 => NON_SEVERE,
        93.. => NONE,
    }
}

const fn systolic_weight(mmhg: i32) -> u8 {
    match mmhg {
        ..=84 | 161.. => NON_SEVERE,
        85..=160 => NONE,
    }
}

const fn diastolic_weight(mmhg: i32) -> u8 {
    match mmhg {
        ..=44 | 111.. => NON_SEVERE,
        45..=110 => NONE,
    }
}

const fn temperature(tenths: i32) -> u8 {
    match tenths {
        ..=359 | 381.. => NON_SEVERE,
        360..=380 => NONE,
    }
}

const fn fetus(fetus: Fetus) -> u8 {
    match fetus {
        Fetus::Delivered | Fetus::HeartRate(..=160) => NONE,
        Fetus::HeartRate(161..) => NON_SEVERE,
    }
}

const fn consciousness(found: Consciousness) -> u8 {
    match found {
        Consciousness::Alert => NONE,
        Consciousness::Confusion
        | Consciousness::Voice
        | Consciousness::Pain
        | Consciousness::Unresponsive => NON_SEVERE,
    }
}

const fn pain(pain: Pain) -> u8 {
    match pain {
        Pain::AsExpected => NONE,
        Pain::Disproportionate => NON_SEVERE,
    }
}

const fn nurse(nurse: Nurse) -> u8 {
    match nurse {
        Nurse::Calm => NONE,
        Nurse::Concerned => SEVERE,
    }
}

#[cfg(test)]
mod tests;
