//! Early warning scores: one file and one chart page each.

pub mod news2;

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
