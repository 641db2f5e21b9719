//! Brighton PEWS, as a nurse finds the child: `charts/brighton_pews.md` is the source, and a test holds every
//! figure of the page against this file.
//!
//! It never computes from monitors alone, never knows what is normal for an age (rates come as their distance
//! from it), and has no level: its page names no total at which somebody is called.

use super::npews::Amount;
use crate::score::{self, Points};
use crate::vital::Absence;

/// Name and edition of the chart, as every score that stands on it says.
pub const CHART: &str = "Brighton PEWS (Monaghan 2005)";

/// What the score adds up. Each component scores its gravest sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Component {
    /// Behaviour.
    Behaviour,
    /// Colour, capillary refill and heart rate.
    Cardiovascular,
    /// Respiratory rate, work of breathing and oxygen.
    Respiratory,
    /// What is added for nebulisers or for vomiting.
    Extra,
}

impl Component {
    /// Every component, in the order of the chart.
    pub const ALL: [Self; 4] = [Self::Behaviour, Self::Cardiovascular, Self::Respiratory, Self::Extra];

    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Behaviour => "behaviour",
            Self::Cardiovascular => "cardiovascular",
            Self::Respiratory => "respiratory",
            Self::Extra => "extra",
        }
    }

    /// The most points that it can have.
    #[must_use]
    pub const fn most(self) -> u8 {
        match self {
            Self::Behaviour | Self::Cardiovascular | Self::Respiratory => 3,
            Self::Extra => 2,
        }
    }
}

/// The signs that a nurse looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Behaviour.
    Behaviour,
    /// Colour of the skin.
    Colour,
    /// Capillary refill.
    Refill,
    /// Heart rate.
    HeartRate,
    /// Respiratory rate.
    RespRate,
    /// Work of breathing.
    Work,
    /// Oxygen.
    Oxygen,
    /// Nebulisers every quarter of an hour.
    Nebulisers,
    /// Vomiting that persists after surgery.
    Vomiting,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 9] = [
        Self::Behaviour,
        Self::Colour,
        Self::Refill,
        Self::HeartRate,
        Self::RespRate,
        Self::Work,
        Self::Oxygen,
        Self::Nebulisers,
        Self::Vomiting,
    ];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Behaviour => "behaviour",
            Self::Colour => "colour",
            Self::Refill => "capillary_refill",
            Self::HeartRate => "heart_rate",
            Self::RespRate => "resp_rate",
            Self::Work => "work_of_breathing",
            Self::Oxygen => "oxygen",
            Self::Nebulisers => "nebulisers",
            Self::Vomiting => "vomiting",
        }
    }

    /// To which component it belongs.
    #[must_use]
    pub const fn component(self) -> Component {
        match self {
            Self::Behaviour => Component::Behaviour,
            Self::Colour | Self::Refill | Self::HeartRate => Component::Cardiovascular,
            Self::RespRate | Self::Work | Self::Oxygen => Component::Respiratory,
            Self::Nebulisers | Self::Vomiting => Component::Extra,
        }
    }
}

/// How the child behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Behaviour {
    /// Plays, or is as one expects.
    Appropriate,
    /// Sleeps.
    Sleeping,
    /// Irritable.
    Irritable,
    /// Lethargic.
    Lethargic,
    /// Confused.
    Confused,
    /// Answers pain less than it should.
    ReducedPainResponse,
}

/// The colour of the skin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Colour {
    /// Pink.
    Pink,
    /// Pale.
    Pale,
    /// Grey.
    Grey,
    /// Grey and mottled.
    Mottled,
}

/// The heart rate, beside what is normal for the age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HeartRate {
    /// So many beats per minute above normal; none above is normal.
    Above(i32),
    /// Too slow, by the nurse's word: the sources have no figure for it.
    Bradycardia,
}

/// The respiratory rate, beside what is normal for the age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RespRate {
    /// So many breaths per minute above normal; none above is normal.
    Above(i32),
    /// So many breaths per minute below normal; none below is normal.
    Below(i32),
}

/// How hard the child works to breathe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Work {
    /// As it should.
    Normal,
    /// With accessory muscles.
    AccessoryMuscles,
    /// With recession.
    Recession,
    /// Grunting.
    Grunting,
}

/// What the child breathes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Oxygen {
    /// Room air.
    Air,
    /// So much oxygen.
    Given(Amount),
}

/// What Brighton PEWS is computed from. Each input is a finding or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// How the child behaves.
    pub behaviour: Result<Behaviour, Absence>,
    /// The colour of the skin.
    pub colour: Result<Colour, Absence>,
    /// Capillary refill in whole seconds.
    pub refill: Result<i32, Absence>,
    /// The heart rate, beside what is normal for the age.
    pub heart_rate: Result<HeartRate, Absence>,
    /// The respiratory rate, beside what is normal for the age.
    pub resp_rate: Result<RespRate, Absence>,
    /// How hard the child works to breathe.
    pub work: Result<Work, Absence>,
    /// What the child breathes.
    pub oxygen: Result<Oxygen, Absence>,
    /// Whether it has nebulisers every quarter of an hour.
    pub nebulisers: Result<bool, Absence>,
    /// Whether it goes on vomiting after surgery.
    pub vomiting: Result<bool, Absence>,
}

/// A Brighton PEWS as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrightonPews {
    /// The points of each sign, in the order of [`Part::ALL`]. They are not summed: see [`Component`].
    pub parts: [Points; 9],
}

impl BrightonPews {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let points = |part| match part {
            Part::Behaviour => inputs.behaviour.map(behaviour),
            Part::Colour => inputs.colour.map(colour),
            Part::Refill => inputs.refill.map(refill),
            Part::HeartRate => inputs.heart_rate.map(heart_rate),
            Part::RespRate => inputs.resp_rate.map(resp_rate),
            Part::Work => inputs.work.map(work),
            Part::Oxygen => inputs.oxygen.map(oxygen),
            Part::Nebulisers => inputs.nebulisers.map(extra),
            Part::Vomiting => inputs.vomiting.map(extra),
        };
        let parts = Part::ALL.map(|part| match points(part) {
            Ok(points) => Points::Known(points),
            Err(why) => Points::up_to(part.component().most(), why),
        });
        Self { parts }
    }

    /// The total, if nothing that is missing could change it.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        (self.lower() == self.upper()).then(|| self.lower())
    }

    /// The lowest total that is still possible; the one to call on.
    #[must_use]
    pub fn lower(&self) -> u8 {
        self.sum_of_gravest(Points::lower)
    }

    /// The highest total that is still possible.
    #[must_use]
    pub fn upper(&self) -> u8 {
        self.sum_of_gravest(Points::upper)
    }

    /// Which signs are missing, and why, even where the total is settled without them.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        score::missing(&Part::ALL, &self.parts)
    }

    /// The fewest and the most points that a component can still have.
    #[must_use]
    pub fn bounds(&self, component: Component) -> (u8, u8) {
        (self.gravest(component, Points::lower), self.gravest(component, Points::upper))
    }

    fn gravest(&self, component: Component, bound: fn(Points) -> u8) -> u8 {
        let signs = Part::ALL.iter().zip(&self.parts).filter(|(part, _)| part.component() == component);
        signs.map(|(_, points)| bound(*points)).max().unwrap_or(0)
    }

    fn sum_of_gravest(&self, bound: fn(Points) -> u8) -> u8 {
        Component::ALL.into_iter().map(|component| self.gravest(component, bound)).sum()
    }
}

const fn behaviour(found: Behaviour) -> u8 {
    match found {
        Behaviour::Appropriate => 0,
        Behaviour::Sleeping => 1,
        Behaviour::Irritable => 2,
        Behaviour::Lethargic | Behaviour::Confused | Behaviour::ReducedPainResponse => 3,
    }
}

const fn colour(found: Colour) -> u8 {
    match found {
        Colour::Pink => 0,
        Colour::Pale => 1,
        Colour::Grey => 2,
        Colour::Mottled => 3,
    }
}

const fn refill(seconds: i32) -> u8 {
    match seconds {
        ..=2 => 0,
        3 => 1,
        4 => 2,
        5.. => 3,
    }
}

const fn heart_rate(found: HeartRate) -> u8 {
    match found {
        HeartRate::Above(..=19) => 0,
        HeartRate::Above(20..=29) => 2,
        HeartRate::Above(30..) | HeartRate::Bradycardia => 3,
    }
}

const fn resp_rate(found: RespRate) -> u8 {
    match found {
        RespRate::Above(..=10) | RespRate::Below(..=4) => 0,
        RespRate::Above(11..=20) => 1,
        RespRate::Above(21..) => 2,
        RespRate::Below(5..) => 3,
    }
}

const fn work(found: Work) -> u8 {
    match found {
        Work::Normal => 0,
        Work::AccessoryMuscles => 1,
        Work::Recession => 2,
        Work::Grunting => 3,
    }
}

const fn oxygen(found: Oxygen) -> u8 {
    match found {
        Oxygen::Air | Oxygen::Given(Amount::Flow(..=299) | Amount::Fraction(..=29)) => 0,
        Oxygen::Given(Amount::Flow(300..=599) | Amount::Fraction(30..=39)) => 1,
        Oxygen::Given(Amount::Flow(600..=799) | Amount::Fraction(40..=49)) => 2,
        Oxygen::Given(Amount::Flow(800..) | Amount::Fraction(50..)) => 3,
    }
}

const fn extra(is_so: bool) -> u8 {
    if is_so { 2 } else { 0 }
}

#[cfg(test)]
mod tests;
