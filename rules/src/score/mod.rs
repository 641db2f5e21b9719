//! Early warning scores: one file and one chart page each.

pub mod brighton_pews;
pub mod choice;
pub mod maternal;
pub mod mews;
pub mod mewt;
pub mod news;
pub mod news2;
pub mod npews;
pub mod oxygenation;
#[cfg(test)]
pub(crate) mod page;
pub mod phoenix;
pub mod qsofa;
pub mod rox;
pub mod shock_index;
pub mod sirs;
pub mod sofa;
pub mod sofa2;

use crate::vital::Absence;

/// Points of one part: known, or between two bounds for a reason.
///
/// A part may be judged by several inputs of which the gravest counts. What one of them has scored stays
/// scored while another is missing: hence a lower bound that need not be 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Points {
    /// As scored.
    Known(u8),
    /// Missing; any of `least..=most` is possible.
    Missing {
        /// The fewest points that this part could still have.
        least: u8,
        /// The most points that it could still have.
        most: u8,
        /// Why there is no value.
        why: Absence,
    },
}

impl Points {
    /// The points of a value by its band; without a value anything up to `most`.
    fn of<T>(value: Result<T, Absence>, band: fn(T) -> u8, most: u8) -> Self {
        value.map_or_else(|why| Self::up_to(most, why), |value| Self::Known(band(value)))
    }

    /// Nothing is known but the most that it could be.
    const fn up_to(most: u8, why: Absence) -> Self {
        Self::Missing { least: 0, most, why }
    }

    /// The points with what is missing at its best and at its worst. Where both agree, what is missing cannot
    /// matter and the part is known.
    const fn between(least: u8, most: u8, missing: Option<Absence>) -> Self {
        match missing {
            Some(why) if least < most => Self::Missing { least, most, why },
            _ => Self::Known(least),
        }
    }

    /// The fewest that are still possible.
    #[must_use]
    pub const fn lower(self) -> u8 {
        match self {
            Self::Known(points) => points,
            Self::Missing { least, .. } => least,
        }
    }

    /// The most that are still possible.
    #[must_use]
    pub const fn upper(self) -> u8 {
        match self {
            Self::Known(points) => points,
            Self::Missing { most, .. } => most,
        }
    }

    /// The points, if they are known.
    #[must_use]
    pub const fn known(self) -> Option<u8> {
        match self {
            Self::Known(points) => Some(points),
            Self::Missing { .. } => None,
        }
    }

    /// Why they are not known.
    #[must_use]
    pub const fn missing(self) -> Option<Absence> {
        match self {
            Self::Known(_) => None,
            Self::Missing { why, .. } => Some(why),
        }
    }
}

/// The lowest sum that is still possible; the one that calls.
#[must_use]
pub fn lower(parts: &[Points]) -> u8 {
    parts.iter().map(|points| points.lower()).sum()
}

/// The highest sum that is still possible.
#[must_use]
pub fn upper(parts: &[Points]) -> u8 {
    parts.iter().map(|points| points.upper()).sum()
}

/// The sum, if nothing is missing.
#[must_use]
pub fn total(parts: &[Points]) -> Option<u8> {
    parts.iter().map(|points| points.known()).sum()
}

/// Which of `all` parts are missing, and why; `all` and `parts` are in one order.
fn missing<P: Copy>(all: &'static [P], parts: &[Points]) -> impl Iterator<Item = (P, Absence)> {
    all.iter().zip(parts).filter_map(|(part, points)| Some((*part, points.missing()?)))
}

/// How grave a score says the patient's state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Risk {
    /// Routine monitoring.
    Low,
    /// A single parameter of 3: urgent review on the ward.
    LowMedium,
    /// Urgent response.
    Medium,
    /// Emergency response.
    High,
}

impl Risk {
    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::LowMedium => "low-medium",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests;
