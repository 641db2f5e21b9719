//! qSOFA: `charts/qsofa.md` is the source, and a test holds every figure of the page against this file.
//!
//! Three criteria of one point each. It never decides whether an infection is suspected, and a criterion that
//! is not known never counts as one that is not met.

use crate::event::Consciousness;
use crate::score::{self, Points};
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "qSOFA (openEHR v1)";

/// The total from which the chart calls the score positive.
const POSITIVE_FROM: u8 = 2;

/// The three criteria, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Respiratory rate.
    RespRate,
    /// Systolic pressure.
    Systolic,
    /// Consciousness.
    Consciousness,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 3] = [Self::RespRate, Self::Systolic, Self::Consciousness];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RespRate => "resp_rate",
            Self::Systolic => "systolic",
            Self::Consciousness => "consciousness",
        }
    }
}

/// What a set of criteria comes to. The order is from the least grave to the one that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Finding {
    /// Too few criteria are met, whatever the missing ones turn out to be.
    Negative,
    /// It hangs on what is missing.
    NotKnown,
    /// Enough criteria are met, whatever the missing ones turn out to be.
    Positive,
}

impl Finding {
    /// What the bounds of a sum say, where `least` points make it positive.
    #[must_use]
    pub const fn between(lower: u8, upper: u8, least: u8) -> Self {
        if lower >= least {
            Self::Positive
        } else if upper >= least {
            Self::NotKnown
        } else {
            Self::Negative
        }
    }

    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::NotKnown => "not known",
            Self::Positive => "positive",
        }
    }

    /// Whether it calls: only what the lower bound says does.
    #[must_use]
    pub const fn calls(self) -> bool {
        matches!(self, Self::Positive)
    }
}

/// What qSOFA is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// mmHg.
    pub systolic: Result<i32, Absence>,
    /// ACVPU.
    pub consciousness: Result<Consciousness, Absence>,
}

/// A qSOFA as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qsofa {
    /// The point of each criterion, in the order of [`Part::ALL`].
    pub parts: [Points; 3],
}

impl Qsofa {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let parts = [
            criterion(inputs.resp_rate.map(is_fast)),
            criterion(inputs.systolic.map(is_low)),
            criterion(inputs.consciousness.map(is_altered)),
        ];
        Self { parts }
    }

    /// The total, if the set is complete.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        score::total(&self.parts)
    }

    /// The lowest total that is still possible; the one that calls.
    #[must_use]
    pub fn lower(&self) -> u8 {
        score::lower(&self.parts)
    }

    /// The highest total that is still possible.
    #[must_use]
    pub fn upper(&self) -> u8 {
        score::upper(&self.parts)
    }

    /// Which criteria are met.
    pub fn met(&self) -> impl Iterator<Item = Part> + '_ {
        Part::ALL.iter().zip(&self.parts).filter(|(_, points)| points.lower() > 0).map(|(part, _)| *part)
    }

    /// Which criteria are not known, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        score::missing(&Part::ALL, &self.parts)
    }

    /// What the chart says of it.
    #[must_use]
    pub fn finding(&self) -> Finding {
        Finding::between(self.lower(), self.upper(), POSITIVE_FROM)
    }
}

/// One point for a criterion that is met.
pub(super) fn criterion(met: Result<bool, Absence>) -> Points {
    Points::of(met, u8::from, 1)
}

const fn is_fast(per_minute: i32) -> bool {
    per_minute >= 22
}

const fn is_low(mmhg: i32) -> bool {
    mmhg <= 100
}

const fn is_altered(consciousness: Consciousness) -> bool {
    !matches!(consciousness, Consciousness::Alert)
}

#[cfg(test)]
mod tests;
