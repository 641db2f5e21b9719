//! The ROX index of patients on high-flow oxygen: `charts/rox.md` is the source, and a test holds every
//! figure of the page against this file.
//!
//! A low index is the bad one. It never speaks of patients under other support, and never calls before every
//! value of what is missing would.

use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "ROX (Roca 2019)";

/// What the index and its cut-offs stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Oxygen saturation.
    SpO2,
    /// Inspired oxygen.
    FiO2,
    /// Respiratory rate.
    RespRate,
    /// The support, and since when.
    Support,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 4] = [Self::SpO2, Self::FiO2, Self::RespRate, Self::Support];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SpO2 => "spo2",
            Self::FiO2 => "fio2",
            Self::RespRate => "resp_rate",
            Self::Support => "support",
        }
    }
}

/// What helps the patient breathe, as far as this chart asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Support {
    /// High-flow nasal oxygen.
    HighFlow {
        /// Complete hours since it began.
        hours: i32,
    },
    /// Anything else, or nothing.
    Other,
}

/// What the chart finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Finding {
    /// The chart does not apply.
    NotOnHighFlow,
    /// High flow has not yet lasted until the first cut-off.
    TooEarly,
    /// A lower risk of intubation.
    LowerRisk,
    /// Between the cut-offs.
    Undecided,
    /// High flow is likely to fail.
    FailureLikely,
}

impl Finding {
    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotOnHighFlow => "not on high flow",
            Self::TooEarly => "too early",
            Self::LowerRisk => "lower risk",
            Self::Undecided => "undecided",
            Self::FailureLikely => "failure likely",
        }
    }
}

/// What the index is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Percent.
    pub spo2: Result<i32, Absence>,
    /// Percent.
    pub fio2: Result<i32, Absence>,
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// The support, and since when.
    pub support: Result<Support, Absence>,
}

/// A ROX index as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rox {
    /// What it stands on.
    pub parts: Inputs,
}

impl Rox {
    /// Takes what is there.
    #[must_use]
    pub const fn of(inputs: &Inputs) -> Self {
        Self { parts: *inputs }
    }

    /// The index in hundredths, if all three signs are there and none stands still.
    #[must_use]
    pub fn total(&self) -> Option<i32> {
        let Inputs { spo2: Ok(spo2), fio2: Ok(fio2), resp_rate: Ok(resp_rate), .. } = self.parts else {
            return None;
        };
        index(spo2, fio2, resp_rate)
    }

    /// The lowest index that is still possible, in hundredths: no saturation, pure oxygen.
    #[must_use]
    pub fn lower(&self) -> i32 {
        let Inputs { spo2, fio2, resp_rate, .. } = self.parts;
        let lowest = resp_rate.ok().and_then(|rate| index(spo2.unwrap_or(0), fio2.unwrap_or(100), rate));
        lowest.unwrap_or(0)
    }

    /// The highest index that is still possible, in hundredths; without rate or oxygen there is no bound.
    #[must_use]
    pub fn upper(&self) -> i32 {
        let Inputs { spo2, fio2: Ok(fio2), resp_rate: Ok(rate), .. } = self.parts else { return i32::MAX };
        index(spo2.unwrap_or(100), fio2, rate).unwrap_or(i32::MAX)
    }

    /// What is missing, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        let Inputs { spo2, fio2, resp_rate, support } = self.parts;
        let reasons = [spo2.err(), fio2.err(), resp_rate.err(), support.err()];
        Part::ALL.into_iter().zip(reasons).filter_map(|(part, why)| Some((part, why?)))
    }

    /// What the chart finds; `None` where what is missing could still lead to another finding.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        let worst = finding(self.parts.support.ok()?, self.lower());
        let best = finding(self.parts.support.ok()?, self.upper());
        (worst == best).then_some(worst)
    }
}

/// In hundredths, rounded half away from zero; `None` where a divisor is not above zero.
fn index(spo2: i32, fio2: i32, resp_rate: i32) -> Option<i32> {
    if fio2 <= 0 || resp_rate <= 0 {
        return None;
    }
    let dividend = 10_000 * i64::from(spo2.max(0));
    let divisor = i64::from(fio2) * i64::from(resp_rate);
    Some(i32::try_from((dividend + divisor / 2) / divisor).unwrap_or(i32::MAX))
}

const fn finding(support: Support, hundredths: i32) -> Finding {
    let Support::HighFlow { hours } = support else { return Finding::NotOnHighFlow };
    match (hours, hundredths) {
        (..=1, _) => Finding::TooEarly,
        (_, 488..) => Finding::LowerRisk,
        (2..=5, ..=284) | (6..=11, ..=346) | (12.., ..=384) => Finding::FailureLikely,
        (2.., ..=487) => Finding::Undecided,
    }
}

#[cfg(test)]
mod tests;
