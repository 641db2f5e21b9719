//! Early warning scores: one file and one chart page each.

pub mod brighton_pews;
pub mod maternal;
pub mod mews;
pub mod mewt;
pub mod news;
pub mod news2;
pub mod npews;
pub mod oxygenation;
#[cfg(test)]
mod page;
pub mod phoenix;
pub mod qsofa;
pub mod rox;
pub mod shock_index;
pub mod sirs;
pub mod sofa;
pub mod sofa2;

use crate::vital::Absence;

/// Points of one part: known, or between two bounds for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Points {
    /// As scored.
    Known(u8),
    /// Missing; any of `0..=most` is possible.
    Missing {
        /// The most points that this part could still have.
        most: u8,
        /// Why there is no value.
        why: Absence,
    },
}

impl Points {
    /// The fewest that are still possible.
    #[must_use]
    pub const fn lower(self) -> u8 {
        match self {
            Self::Known(points) => points,
            Self::Missing { .. } => 0,
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
    let is_known = |points: &Points| matches!(points, Points::Known(_));
    parts.iter().all(is_known).then(|| lower(parts))
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
