//! SIRS: `charts/sirs.md` is the source, and a test holds every figure of the page against this file.
//!
//! Four criteria of one point each, two of them with a second parameter that meets them as well. It never
//! decides whether there is an infection, and a parameter that is not known never counts as a normal one.

use crate::score::qsofa::{Finding, criterion};
use crate::score::{self, Points};
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "SIRS (MIMIC-IV)";

/// The total from which the chart calls the score positive.
const POSITIVE_FROM: u8 = 2;

/// The four criteria, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Temperature.
    Temperature,
    /// Heart rate.
    HeartRate,
    /// Respiratory rate or arterial carbon dioxide.
    Breathing,
    /// White cells or their band forms.
    WhiteCells,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 4] = [Self::Temperature, Self::HeartRate, Self::Breathing, Self::WhiteCells];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::HeartRate => "heart_rate",
            Self::Breathing => "breathing",
            Self::WhiteCells => "white_cells",
        }
    }
}

/// What SIRS is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Tenths of a degree Celsius.
    pub temperature: Result<i32, Absence>,
    /// Beats per minute.
    pub heart_rate: Result<i32, Absence>,
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// Arterial carbon dioxide, tenths of a mmHg.
    pub paco2: Result<i32, Absence>,
    /// Tenths of 10⁹ per litre.
    pub white_cells: Result<i32, Absence>,
    /// Band forms, percent of the white cells.
    pub band_forms: Result<i32, Absence>,
}

/// A SIRS as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sirs {
    /// The point of each criterion, in the order of [`Part::ALL`].
    pub parts: [Points; 4],
}

impl Sirs {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let parts = [
            criterion(inputs.temperature.map(is_cold_or_hot)),
            criterion(inputs.heart_rate.map(is_fast_heart)),
            criterion(either(inputs.resp_rate.map(is_fast_breath), inputs.paco2.map(is_low_carbon_dioxide))),
            criterion(either(
                inputs.white_cells.map(is_few_or_many),
                inputs.band_forms.map(is_many_band_forms),
            )),
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

/// Met by one of two; not met only where both are known.
const fn either(one: Result<bool, Absence>, other: Result<bool, Absence>) -> Result<bool, Absence> {
    match (one, other) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (Ok(false), Ok(false)) => Ok(false),
        (Err(why), _) | (_, Err(why)) => Err(why),
    }
}

const fn is_cold_or_hot(tenths: i32) -> bool {
    tenths < 360 || tenths > 380
}

const fn is_fast_heart(per_minute: i32) -> bool {
    per_minute > 90
}

const fn is_fast_breath(per_minute: i32) -> bool {
    per_minute > 20
}

const fn is_low_carbon_dioxide(tenths: i32) -> bool {
    tenths < 320
}

const fn is_few_or_many(tenths: i32) -> bool {
    tenths < 40 || tenths > 120
}

const fn is_many_band_forms(percent: i32) -> bool {
    percent > 10
}

#[cfg(test)]
mod tests;
