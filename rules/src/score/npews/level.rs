//! How grave the chart says it is, and what raises that beside the points.

use crate::event::Consciousness;
use crate::time::Span;
use crate::vital::Absence;

/// The level of escalation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Level {
    /// Nothing to escalate.
    #[default]
    None,
    /// Reassessment.
    Low,
    /// Medical review.
    Medium,
    /// Rapid review.
    High,
    /// Emergency call.
    Emergency,
}

impl Level {
    /// The level of so many points.
    #[must_use]
    pub const fn of(points: u8) -> Self {
        match points {
            0 => Self::None,
            1..=4 => Self::Low,
            5..=8 => Self::Medium,
            9..=12 => Self::High,
            13.. => Self::Emergency,
        }
    }

    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Emergency => "emergency",
        }
    }

    /// Within which time somebody has to come; nothing at all means at once.
    #[must_use]
    pub const fn answer_within(self) -> Option<Span> {
        match self {
            Self::None => None,
            Self::Low => Some(Span::minutes(60)),
            Self::Medium => Some(Span::minutes(30)),
            Self::High => Some(Span::minutes(15)),
            Self::Emergency => Some(Span::minutes(0)),
        }
    }

    /// How often the chart wants a new set of observations, where it says so.
    #[must_use]
    pub const fn observe_every(self) -> Option<Span> {
        match self {
            Self::None | Self::Low | Self::Medium => None,
            Self::High => Some(Span::minutes(30)),
            Self::Emergency => Some(Span::minutes(15)),
        }
    }
}

/// What raises the level by itself, without points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Trigger {
    /// Sepsis.
    Sepsis,
    /// Consciousness below alert.
    Consciousness,
    /// Pupils.
    Pupils,
    /// A nurse or doctor is worried whatever the figures say.
    Intuition,
    /// A parent or another carer is worried.
    Carer,
}

impl Trigger {
    /// Every trigger; `Trigger::ALL[trigger as usize] == trigger`.
    pub const ALL: [Self; 5] =
        [Self::Sepsis, Self::Consciousness, Self::Pupils, Self::Intuition, Self::Carer];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sepsis => "sepsis",
            Self::Consciousness => "consciousness",
            Self::Pupils => "pupils",
            Self::Intuition => "intuition",
            Self::Carer => "carer",
        }
    }
}

/// What people think of sepsis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Sepsis {
    /// Nobody suspects it.
    NotSuspected,
    /// It is newly suspected.
    Suspected,
    /// Septic shock.
    Shock,
}

/// The pupils.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Pupils {
    /// Nothing is wrong with them.
    Normal,
    /// Anything else.
    Abnormal,
}

/// What people say that may raise the level. Each is their word or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// What they think of sepsis.
    pub sepsis: Result<Sepsis, Absence>,
    /// ACVPU; confusion counts as voice.
    pub consciousness: Result<Consciousness, Absence>,
    /// The pupils.
    pub pupils: Result<Pupils, Absence>,
    /// For which level a nurse or doctor asks; `Level::None` is "for none".
    pub intuition: Result<Level, Absence>,
    /// For which level a carer's question asks; `Level::None` is "for none".
    pub carer: Result<Level, Absence>,
}

impl Said {
    /// The level for which each trigger calls, in the order of [`Trigger::ALL`].
    pub(super) fn levels(&self) -> [Result<Level, Absence>; 5] {
        [
            self.sepsis.map(sepsis),
            self.consciousness.map(consciousness),
            self.pupils.map(pupils),
            self.intuition,
            self.carer,
        ]
    }
}

const fn sepsis(found: Sepsis) -> Level {
    match found {
        Sepsis::NotSuspected => Level::None,
        Sepsis::Suspected => Level::Medium,
        Sepsis::Shock => Level::High,
    }
}

const fn consciousness(found: Consciousness) -> Level {
    match found {
        Consciousness::Alert => Level::None,
        Consciousness::Confusion | Consciousness::Voice => Level::High,
        Consciousness::Pain | Consciousness::Unresponsive => Level::Emergency,
    }
}

const fn pupils(found: Pupils) -> Level {
    match found {
        Pupils::Normal => Level::None,
        Pupils::Abnormal => Level::Emergency,
    }
}

/// Whether a temperature in tenths of a degree asks people to think of sepsis.
pub(super) const fn asks_for_sepsis(tenths: i32) -> bool {
    match tenths {
        ..=359 | 380.. => true,
        360..=379 => false,
    }
}
