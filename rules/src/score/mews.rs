//! MEWS in the variant of Subbe: `charts/mews.md` is the source, and a test holds every figure of the page
//! against this file.
//!
//! An incomplete set never yields a total. It yields the lowest and the highest that are still possible, and
//! alarms on the lower one.

use crate::event::Consciousness;
use crate::score::{self, Points};
use crate::vital::Absence;

/// Name, variant and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "MEWS (Subbe 2001)";

/// The five parameters, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Systolic pressure.
    Systolic,
    /// Pulse rate.
    Pulse,
    /// Respiratory rate.
    RespRate,
    /// Temperature.
    Temperature,
    /// Consciousness.
    Consciousness,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 5] =
        [Self::Systolic, Self::Pulse, Self::RespRate, Self::Temperature, Self::Consciousness];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Systolic => "systolic",
            Self::Pulse => "pulse",
            Self::RespRate => "resp_rate",
            Self::Temperature => "temperature",
            Self::Consciousness => "consciousness",
        }
    }
}

/// Whether the total stands for a raised risk of death or of intensive care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Level {
    /// Below the threshold.
    NotRaised,
    /// At or above the threshold.
    Raised,
}

impl Level {
    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotRaised => "not raised",
            Self::Raised => "raised",
        }
    }
}

/// What MEWS is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// mmHg.
    pub systolic: Result<i32, Absence>,
    /// Beats per minute.
    pub pulse: Result<i32, Absence>,
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// Tenths of a degree Celsius.
    pub temperature: Result<i32, Absence>,
    /// As a nurse finds it; the chart counts a confusion as alert.
    pub consciousness: Result<Consciousness, Absence>,
}

/// A MEWS as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mews {
    /// The points of each part, in the order of [`Part::ALL`].
    pub parts: [Points; 5],
}

impl Mews {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let parts = [
            Points::of(inputs.systolic, systolic, 3),
            Points::of(inputs.pulse, pulse, 3),
            Points::of(inputs.resp_rate, resp_rate, 3),
            Points::of(inputs.temperature, temperature, 2),
            Points::of(inputs.consciousness, consciousness, 3),
        ];
        Self { parts }
    }

    /// The total, if the set is complete.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        score::total(&self.parts)
    }

    /// The lowest total that is still possible; the one that alarms.
    #[must_use]
    pub fn lower(&self) -> u8 {
        score::lower(&self.parts)
    }

    /// The highest total that is still possible.
    #[must_use]
    pub fn upper(&self) -> u8 {
        score::upper(&self.parts)
    }

    /// What is missing, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        score::missing(&Part::ALL, &self.parts)
    }

    /// The level, of the lower bound when the set is incomplete.
    #[must_use]
    pub fn level(&self) -> Level {
        match self.lower() {
            ..=4 => Level::NotRaised,
            5.. => Level::Raised,
        }
    }
}

const fn systolic(mmhg: i32) -> u8 {
    match mmhg {
        ..=70 => 3,
        71..=80 | 200.. => 2,
        81..=100 => 1,
        101..=199 => 0,
    }
}

const fn pulse(per_minute: i32) -> u8 {
    match per_minute {
        ..=40 | 111..=129 => 2,
        41..=50 | 101..=110 => 1,
        51..=100 => 0,
        130.. => 3,
    }
}

const fn resp_rate(per_minute: i32) -> u8 {
    match per_minute {
        ..=8 | 21..=29 => 2,
        9..=14 => 0,
        15..=20 => 1,
        30.. => 3,
    }
}

const fn temperature(tenths: i32) -> u8 {
    match tenths {
        ..=349 | 385.. => 2,
        350..=384 => 0,
    }
}

const fn consciousness(found: Consciousness) -> u8 {
    match found {
        Consciousness::Alert | Consciousness::Confusion => 0,
        Consciousness::Voice => 1,
        Consciousness::Pain => 2,
        Consciousness::Unresponsive => 3,
    }
}

#[cfg(test)]
mod tests;
