//! NPEWS, the national early warning system for children: `charts/npews.md` is the source, and a test holds
//! every figure of the page against this room.
//!
//! It never guesses an age, never reads a pressure that nobody mentioned as one that nobody worried about,
//! and gives neither temperature nor consciousness any points. A set that lacks a parameter never yields a
//! total: it calls on the lowest one that is still possible.

mod bands;
mod level;

pub use level::{Level, Pupils, Said, Sepsis, Trigger};

use crate::score::{self, Points};
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "NPEWS (NHS England 2023)";

/// Which of the four charts applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Age {
    /// 0 to 11 months.
    Infant,
    /// 1 to 4 years.
    Small,
    /// 5 to 12 years.
    School,
    /// 13 years and over.
    Teen,
}

impl Age {
    /// Every age, youngest first.
    pub const ALL: [Self; 4] = [Self::Infant, Self::Small, Self::School, Self::Teen];

    /// The chart for so many whole calendar months since birth. Whoever has the birthday counts them, so that
    /// the chart changes on the birthday itself.
    #[must_use]
    pub const fn of_months(whole: u32) -> Self {
        match whole {
            0..=11 => Self::Infant,
            12..=59 => Self::Small,
            60..=155 => Self::School,
            156.. => Self::Teen,
        }
    }

    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Infant => "0-11 months",
            Self::Small => "1-4 years",
            Self::School => "5-12 years",
            Self::Teen => "13 years and over",
        }
    }
}

/// The seven parameters that have points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Respiratory rate.
    RespRate,
    /// Respiratory distress.
    Distress,
    /// Oxygen saturation.
    SpO2,
    /// Oxygen, by device and level.
    Oxygen,
    /// Heart rate.
    HeartRate,
    /// Systolic pressure.
    Systolic,
    /// Capillary refill.
    Refill,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 7] = [
        Self::RespRate,
        Self::Distress,
        Self::SpO2,
        Self::Oxygen,
        Self::HeartRate,
        Self::Systolic,
        Self::Refill,
    ];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RespRate => "resp_rate",
            Self::Distress => "resp_distress",
            Self::SpO2 => "spo2",
            Self::Oxygen => "oxygen",
            Self::HeartRate => "heart_rate",
            Self::Systolic => "systolic",
            Self::Refill => "capillary_refill",
        }
    }

    /// The most points that it can have.
    #[must_use]
    pub const fn most(self) -> u8 {
        match self {
            Self::Refill => 2,
            _ => 4,
        }
    }
}

/// The parts that a sensor measures.
pub const MEASURED: [Part; 4] = [Part::RespRate, Part::SpO2, Part::HeartRate, Part::Systolic];

/// How hard the child works to breathe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Distress {
    /// Not at all.
    None,
    /// Mild.
    Mild,
    /// Moderate.
    Moderate,
    /// Severe.
    Severe,
}

/// Through what the child breathes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Device {
    /// Nothing: room air.
    Air,
    /// Nasal prongs.
    NasalProngs,
    /// Face mask.
    FaceMask,
    /// Head box.
    HeadBox,
    /// Non-rebreathing mask.
    NonRebreather,
    /// High flow.
    HighFlow,
    /// BiPAP.
    Bipap,
    /// CPAP.
    Cpap,
}

/// How much oxygen, in the measure in which the device is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Amount {
    /// Hundredths of a litre per minute.
    Flow(i32),
    /// FiO₂ in percent.
    Fraction(i32),
}

/// The systolic pressure, or what a nurse says instead of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Pressure {
    /// mmHg.
    Measured(i32),
    /// NCO: not attempted, and no concern.
    NotAttempted,
    /// U0: attempted without success, and no concern.
    Unsuccessful,
    /// U4: attempted without success, and that is a concern.
    UnsuccessfulWithConcern,
}

/// What a nurse says in place of a pressure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum NoPressure {
    /// NCO: not attempted, and no concern.
    NotAttempted,
    /// U0: attempted without success, and no concern.
    Unsuccessful,
    /// U4: attempted without success, and that is a concern.
    UnsuccessfulWithConcern,
}

impl From<NoPressure> for Pressure {
    fn from(said: NoPressure) -> Self {
        match said {
            NoPressure::NotAttempted => Self::NotAttempted,
            NoPressure::Unsuccessful => Self::Unsuccessful,
            NoPressure::UnsuccessfulWithConcern => Self::UnsuccessfulWithConcern,
        }
    }
}

/// What NPEWS is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Which chart applies.
    pub age: Age,
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// How hard the child works to breathe.
    pub distress: Result<Distress, Absence>,
    /// Percent.
    pub spo2: Result<i32, Absence>,
    /// Through what the child breathes.
    pub device: Result<Device, Absence>,
    /// How much oxygen; only asked where the device scores by its level.
    pub amount: Result<Amount, Absence>,
    /// Beats per minute.
    pub heart_rate: Result<i32, Absence>,
    /// The systolic pressure, or what a nurse says instead.
    pub pressure: Result<Pressure, Absence>,
    /// Tenths of a second.
    pub refill: Result<i32, Absence>,
    /// Tenths of a degree Celsius. It has no points.
    pub temperature: Result<i32, Absence>,
    /// What people say that may raise the level.
    pub said: Said,
}

/// An NPEWS as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Npews {
    /// The points of each part, in the order of [`Part::ALL`].
    pub parts: [Points; 7],
    /// The level for which each trigger calls, in the order of [`Trigger::ALL`], or why it is not known.
    pub triggers: [Result<Level, Absence>; 5],
    /// Whether the temperature asks people to think of sepsis. It raises no level by itself.
    pub think_sepsis: Result<bool, Absence>,
}

impl Npews {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let age = inputs.age;
        let scored = |part: Part, points: Result<u8, Absence>| match points {
            Ok(points) => Points::Known(points),
            Err(why) => Points::up_to(part.most(), why),
        };
        let points = |part| match part {
            Part::RespRate => inputs.resp_rate.map(|rate| bands::resp_rate(age, rate)),
            Part::Distress => inputs.distress.map(distress),
            Part::SpO2 => inputs.spo2.map(bands::spo2),
            Part::Oxygen => inputs.device.and_then(|device| oxygen(device, inputs.amount)),
            Part::HeartRate => inputs.heart_rate.map(|rate| bands::heart_rate(age, rate)),
            Part::Systolic => inputs.pressure.map(|found| pressure(age, found)),
            Part::Refill => inputs.refill.map(bands::refill),
        };
        Self {
            parts: Part::ALL.map(|part| scored(part, points(part))),
            triggers: inputs.said.levels(),
            think_sepsis: inputs.temperature.map(level::asks_for_sepsis),
        }
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

    /// The points of one part.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each part")]
    pub const fn points(&self, part: Part) -> Points {
        self.parts[part as usize]
    }

    /// Which parts are missing, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        score::missing(&Part::ALL, &self.parts)
    }

    /// Of which triggers nothing is known, and why.
    pub fn not_known(&self) -> impl Iterator<Item = (Trigger, Absence)> + '_ {
        Trigger::ALL.iter().zip(&self.triggers).filter_map(|(trigger, level)| Some((*trigger, level.err()?)))
    }

    /// The level: the graver one of the lower bound and of what the known triggers call for.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level_of(self.lower())
    }

    /// The level if only so many of its points counted.
    #[must_use]
    pub fn level_of(&self, points: u8) -> Level {
        Level::of(points).max(self.triggered())
    }

    /// The level for which the known triggers call, whatever the points.
    #[must_use]
    pub fn triggered(&self) -> Level {
        self.triggers.iter().flatten().copied().fold(Level::None, Level::max)
    }

    /// The same without the trigger of consciousness, which says nothing of a child that sleeps by a drug.
    #[must_use]
    pub const fn without_consciousness(mut self) -> Self {
        let [_, consciousness, ..] = &mut self.triggers;
        *consciousness = Ok(Level::None);
        self
    }

    /// The score if every sign that was there before and is lost now were at its worst; `None` where no sign
    /// is known.
    #[must_use]
    pub fn with_lost_signs(&self) -> Option<Self> {
        let mut worst = *self;
        let known = MEASURED.iter().any(|part| self.points(*part).known().is_some());
        for (part, points) in Part::ALL.iter().zip(&mut worst.parts) {
            if MEASURED.contains(part) && points.missing().is_some_and(|why| why != Absence::NeverHeard) {
                *points = Points::Known(points.upper());
            }
        }
        known.then_some(worst)
    }
}

const fn distress(found: Distress) -> u8 {
    match found {
        Distress::None => 0,
        Distress::Mild => 1,
        Distress::Moderate => 2,
        Distress::Severe => 4,
    }
}

fn oxygen(device: Device, amount: Result<Amount, Absence>) -> Result<u8, Absence> {
    match device {
        Device::Air => Ok(0),
        Device::NasalProngs | Device::FaceMask | Device::HeadBox | Device::NonRebreather => {
            amount.map(bands::amount)
        }
        Device::HighFlow | Device::Bipap | Device::Cpap => Ok(4),
    }
}

const fn pressure(age: Age, found: Pressure) -> u8 {
    match found {
        Pressure::Measured(mmhg) => bands::systolic(age, mmhg),
        Pressure::NotAttempted | Pressure::Unsuccessful => 0,
        Pressure::UnsuccessfulWithConcern => 4,
    }
}

#[cfg(test)]
mod tests;
