//! NEWS, version 1 of 2012: `charts/news.md` is the source, and a test holds every figure of the page against
//! this file.
//!
//! It differs from NEWS2 in two rows, so it has no bands of its own: it asks NEWS2 on scale 1, and never
//! tells it of a confusion. An incomplete set never yields a total.

pub use super::news2::Part;
use super::news2::{self, News2};
use crate::event::{Breathing, Consciousness, Spo2Scale};
use crate::score::{self, Points, Risk};
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "NEWS (RCP 2012)";

/// What NEWS is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// Percent.
    pub spo2: Result<i32, Absence>,
    /// Air or oxygen.
    pub breathing: Result<Breathing, Absence>,
    /// mmHg.
    pub systolic: Result<i32, Absence>,
    /// Beats per minute.
    pub pulse: Result<i32, Absence>,
    /// As a nurse finds it; the chart counts a confusion as alert.
    pub consciousness: Result<Consciousness, Absence>,
    /// Tenths of a degree Celsius.
    pub temperature: Result<i32, Absence>,
}

/// A NEWS as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// The points of each part, in the order of [`Part::ALL`].
    pub parts: [Points; 7],
}

impl News {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let News2 { parts } = News2::of(&news2::Inputs {
            resp_rate: inputs.resp_rate,
            spo2: inputs.spo2,
            scale: Spo2Scale::One,
            breathing: inputs.breathing,
            systolic: inputs.systolic,
            pulse: inputs.pulse,
            consciousness: inputs.consciousness.map(without_confusion),
            temperature: inputs.temperature,
        });
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

    /// The risk, of the lower bound when the set is incomplete; its thresholds are those of NEWS2.
    #[must_use]
    pub fn risk(&self) -> Risk {
        News2 { parts: self.parts }.risk()
    }
}

/// Whoever is confused is awake, which is all that this chart asks.
const fn without_confusion(found: Consciousness) -> Consciousness {
    match found {
        Consciousness::Confusion => Consciousness::Alert,
        found => found,
    }
}

#[cfg(test)]
mod tests;
