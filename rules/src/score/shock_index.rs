//! The shock index, pulse by systolic pressure, in its ordinary and its obstetric reading:
//! `charts/shock_index.md` is the source, and a test holds every figure of the page against this file.
//!
//! It never guesses: without pulse or pressure, or where either stands still, there is no index.

use crate::vital::Absence;

/// Name and edition of the ordinary reading, as every score and alert that stands on it says.
pub const CHART: &str = "Shock index (fpnotebook)";

/// Name and edition of the obstetric reading.
pub const OBSTETRIC_CHART: &str = "Obstetric shock index (Nathan 2015)";

/// The two signs that the index is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Pulse rate.
    Pulse,
    /// Systolic pressure.
    Systolic,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 2] = [Self::Pulse, Self::Systolic];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pulse => "pulse",
            Self::Systolic => "systolic",
        }
    }
}

/// How grave the ordinary reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Level {
    /// Below every grade of the chart.
    NotRaised,
    /// Mild shock; up to 0.7 also usual.
    Mild,
    /// Moderate shock.
    Moderate,
    /// Severe shock.
    Severe,
}

impl Level {
    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotRaised => "not raised",
            Self::Mild => "mild",
            Self::Moderate => "moderate",
            Self::Severe => "severe",
        }
    }
}

/// How grave the obstetric reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ObstetricLevel {
    /// Lower than in nine of ten women after childbirth.
    BelowUsual,
    /// As in nine of ten women after childbirth.
    Usual,
    /// At the threshold that misses nobody.
    Raised,
    /// At the threshold that is rarely wrong.
    High,
}

impl ObstetricLevel {
    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BelowUsual => "below the usual range",
            Self::Usual => "usual",
            Self::Raised => "raised",
            Self::High => "high",
        }
    }
}

/// What the index is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Beats per minute.
    pub pulse: Result<i32, Absence>,
    /// mmHg.
    pub systolic: Result<i32, Absence>,
}

/// A shock index as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShockIndex {
    /// The two signs, in the order of [`Part::ALL`].
    pub parts: [Result<i32, Absence>; 2],
}

impl ShockIndex {
    /// Takes what is there.
    #[must_use]
    pub const fn of(inputs: &Inputs) -> Self {
        Self { parts: [inputs.pulse, inputs.systolic] }
    }

    /// The index in hundredths; `None` where a sign is missing or stands still.
    #[must_use]
    pub fn total(&self) -> Option<i32> {
        let [Ok(pulse), Ok(systolic)] = self.parts else { return None };
        (pulse > 0 && systolic > 0).then(|| hundredths(pulse, systolic))
    }

    /// The lowest index that is still possible, in hundredths.
    #[must_use]
    pub fn lower(&self) -> i32 {
        self.total().unwrap_or(0)
    }

    /// The highest index that is still possible, in hundredths; without an index there is no bound.
    #[must_use]
    pub fn upper(&self) -> i32 {
        self.total().unwrap_or(i32::MAX)
    }

    /// What is missing, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        Part::ALL.iter().zip(&self.parts).filter_map(|(part, value)| Some((*part, value.err()?)))
    }

    /// The ordinary reading; `None` where there is no index, which is not the same as *not raised*.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.total().map(level)
    }

    /// The obstetric reading; `None` where there is no index, which is not the same as *usual*.
    #[must_use]
    pub fn obstetric_level(&self) -> Option<ObstetricLevel> {
        self.total().map(obstetric_level)
    }
}

/// Rounded half away from zero; both signs are above zero here.
fn hundredths(pulse: i32, systolic: i32) -> i32 {
    let (pulse, systolic) = (i64::from(pulse), i64::from(systolic));
    i32::try_from((200 * pulse + systolic) / (2 * systolic)).unwrap_or(i32::MAX)
}

const fn level(hundredths: i32) -> Level {
    match hundredths {
        ..=59 => Level::NotRaised,
        60..=99 => Level::Mild,
        100..=140 => Level::Moderate,
        141.. => Level::Severe,
    }
}

const fn obstetric_level(hundredths: i32) -> ObstetricLevel {
    match hundredths {
        ..=51 => ObstetricLevel::BelowUsual,
        52..=89 => ObstetricLevel::Usual,
        90..=169 => ObstetricLevel::Raised,
        170.. => ObstetricLevel::High,
    }
}

#[cfg(test)]
mod tests;
