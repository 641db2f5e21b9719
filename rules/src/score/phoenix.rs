//! The Phoenix Sepsis Score of children: `charts/phoenix.md` is the source, and a test holds every figure of
//! the page against this file.
//!
//! An incomplete set yields the lowest and the highest total that are still possible, and calls on the lower
//! one. It never calls sepsis before somebody has said that infection is suspected.

use crate::score::{self, Points};
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "Phoenix (JAMA 2024)";

/// The items, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Respiratory support and oxygenation.
    Respiratory,
    /// Systemic vasoactive drugs.
    Vasoactives,
    /// Lactate.
    Lactate,
    /// Mean pressure, by age.
    MeanPressure,
    /// Platelets.
    Platelets,
    /// International normalised ratio.
    Inr,
    /// D-dimer.
    DDimer,
    /// Fibrinogen.
    Fibrinogen,
    /// Glasgow Coma Scale.
    ComaScale,
    /// Pupils.
    Pupils,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 10] = [
        Self::Respiratory,
        Self::Vasoactives,
        Self::Lactate,
        Self::MeanPressure,
        Self::Platelets,
        Self::Inr,
        Self::DDimer,
        Self::Fibrinogen,
        Self::ComaScale,
        Self::Pupils,
    ];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Respiratory => "respiratory",
            Self::Vasoactives => "vasoactives",
            Self::Lactate => "lactate",
            Self::MeanPressure => "mean_pressure",
            Self::Platelets => "platelets",
            Self::Inr => "inr",
            Self::DDimer => "d_dimer",
            Self::Fibrinogen => "fibrinogen",
            Self::ComaScale => "coma_scale",
            Self::Pupils => "pupils",
        }
    }
}

/// The organs that the items speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Organ {
    /// Support and oxygenation.
    Respiratory,
    /// Drugs, lactate and mean pressure.
    Cardiovascular,
    /// Platelets, INR, D-dimer and fibrinogen.
    Coagulation,
    /// Coma scale and pupils.
    Neurologic,
}

impl Organ {
    /// Every organ, in the order of the chart.
    pub const ALL: [Self; 4] = [Self::Respiratory, Self::Cardiovascular, Self::Coagulation, Self::Neurologic];

    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Respiratory => "respiratory",
            Self::Cardiovascular => "cardiovascular",
            Self::Coagulation => "coagulation",
            Self::Neurologic => "neurologic",
        }
    }
}

/// What helps the child breathe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Support {
    /// Nothing.
    None,
    /// Any support but invasive ventilation.
    Other,
    /// Invasive mechanical ventilation.
    Invasive,
}

/// One ratio of oxygenation, in whole numbers, with the inspired oxygen as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Oxygenation {
    /// Arterial pressure of oxygen in mmHg, by inspired oxygen.
    Arterial(i32),
    /// Saturation in percent, by inspired oxygen.
    Saturation(i32),
}

/// The chart's age bands. An adult has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Age {
    /// In the first month.
    Newborn,
    /// 1 to 11 months.
    Infant,
    /// 12 to 23 months.
    Year1,
    /// 24 to 59 months.
    Year2To4,
    /// 60 to 143 months.
    Year5To11,
    /// 144 to 215 months.
    Year12To17,
}

impl Age {
    /// Every band, the youngest first.
    pub const ALL: [Self; 6] =
        [Self::Newborn, Self::Infant, Self::Year1, Self::Year2To4, Self::Year5To11, Self::Year12To17];

    /// The band of so many complete months; `None` for whom the chart is not.
    #[must_use]
    pub const fn of_months(months: i32) -> Option<Self> {
        match months {
            0 => Some(Self::Newborn),
            1..=11 => Some(Self::Infant),
            12..=23 => Some(Self::Year1),
            24..=59 => Some(Self::Year2To4),
            60..=143 => Some(Self::Year5To11),
            144..=215 => Some(Self::Year12To17),
            ..=-1 | 216.. => None,
        }
    }
}

/// Both pupils, as a person finds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Pupils {
    /// At least one reacts.
    NotBothFixed,
    /// Neither reacts.
    BothFixed,
}

/// What a doctor thinks of the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Infection {
    /// No infection is suspected.
    NotSuspected,
    /// Infection is suspected or known.
    Suspected,
}

/// What the chart finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Finding {
    /// Fewer points than the definition asks for.
    BelowThreshold,
    /// Enough points, and nobody has said that infection is suspected.
    OrganDysfunction,
    /// Sepsis.
    Sepsis,
    /// Septic shock.
    SepticShock,
}

impl Finding {
    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BelowThreshold => "below the threshold",
            Self::OrganDysfunction => "organ dysfunction",
            Self::Sepsis => "sepsis",
            Self::SepticShock => "septic shock",
        }
    }
}

/// What Phoenix is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// What helps the child breathe.
    pub support: Result<Support, Absence>,
    /// One ratio; the arterial one where there is one.
    pub oxygenation: Result<Oxygenation, Absence>,
    /// How many systemic vasoactive drugs.
    pub vasoactives: Result<i32, Absence>,
    /// Hundredths of a mmol/L.
    pub lactate: Result<i32, Absence>,
    /// The band of the child's age.
    pub age: Result<Age, Absence>,
    /// mmHg.
    pub mean_pressure: Result<i32, Absence>,
    /// 10⁹ per litre.
    pub platelets: Result<i32, Absence>,
    /// Hundredths.
    pub inr: Result<i32, Absence>,
    /// Hundredths of a mg/L, in fibrinogen equivalents.
    pub d_dimer: Result<i32, Absence>,
    /// mg/dL.
    pub fibrinogen: Result<i32, Absence>,
    /// Points of the Glasgow Coma Scale.
    pub coma_scale: Result<i32, Absence>,
    /// Both pupils.
    pub pupils: Result<Pupils, Absence>,
    /// What a doctor thinks of the cause.
    pub infection: Result<Infection, Absence>,
}

/// A Phoenix score as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phoenix {
    /// The points of each item, in the order of [`Part::ALL`].
    pub parts: [Points; 10],
    /// What a doctor thinks of the cause. It has no points; without it there is no sepsis.
    pub infection: Result<Infection, Absence>,
}

impl Phoenix {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let parts = [
            respiratory(inputs.support, inputs.oxygenation),
            Points::of(inputs.vasoactives, vasoactives, 2),
            Points::of(inputs.lactate, lactate, 2),
            mean_pressure(inputs.age, inputs.mean_pressure),
            Points::of(inputs.platelets, |giga_per_l| u8::from(giga_per_l < 100), 1),
            Points::of(inputs.inr, |hundredths| u8::from(hundredths > 130), 1),
            Points::of(inputs.d_dimer, |hundredths| u8::from(hundredths > 200), 1),
            Points::of(inputs.fibrinogen, |mg_per_dl| u8::from(mg_per_dl < 100), 1),
            Points::of(inputs.coma_scale, |points| u8::from(points <= 10), 1),
            Points::of(inputs.pupils, pupils, 2),
        ];
        Self { parts, infection: inputs.infection }
    }

    /// The total, if nothing that is missing could change it.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        (self.lower() == self.upper()).then(|| self.lower())
    }

    /// The lowest total that is still possible; the one that calls.
    #[must_use]
    pub fn lower(&self) -> u8 {
        Organ::ALL.iter().map(|organ| self.lower_of(*organ)).sum()
    }

    /// The highest total that is still possible.
    #[must_use]
    pub fn upper(&self) -> u8 {
        Organ::ALL.iter().map(|organ| self.upper_of(*organ)).sum()
    }

    /// The fewest points that one organ can still have.
    #[must_use]
    pub fn lower_of(&self, organ: Organ) -> u8 {
        organ_points(organ, self.parts.map(Points::lower))
    }

    /// The most points that one organ can still have.
    #[must_use]
    pub fn upper_of(&self, organ: Organ) -> u8 {
        organ_points(organ, self.parts.map(Points::upper))
    }

    /// Which items are missing, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        score::missing(&Part::ALL, &self.parts)
    }

    /// What the chart finds, of the lower bound when the set is incomplete.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match (self.lower(), self.infection) {
            (..=1, _) => Finding::BelowThreshold,
            (2.., Err(_) | Ok(Infection::NotSuspected)) => Finding::OrganDysfunction,
            (2.., Ok(Infection::Suspected)) => match self.lower_of(Organ::Cardiovascular) {
                0 => Finding::Sepsis,
                1.. => Finding::SepticShock,
            },
        }
    }
}

/// Coagulation stops at 2 points, and of coma and pupils the worse one counts.
fn organ_points(organ: Organ, parts: [u8; 10]) -> u8 {
    let [respiratory, drugs, lactate, pressure, platelets, inr, d_dimer, fibrinogen, coma, pupils] = parts;
    match organ {
        Organ::Respiratory => respiratory,
        Organ::Cardiovascular => drugs + lactate + pressure,
        Organ::Coagulation => (platelets + inr + d_dimer + fibrinogen).min(2),
        Organ::Neurologic => coma.max(pupils),
    }
}

/// What is missing does not matter where no value of it could score: no support, or a good ratio.
fn respiratory(support: Result<Support, Absence>, oxygenation: Result<Oxygenation, Absence>) -> Points {
    let most = most_under(support.unwrap_or(Support::Invasive));
    let points = oxygenation.map_or(3, oxygenation_points).min(most);
    match (support, oxygenation) {
        (Ok(_), Ok(_)) => Points::Known(points),
        (Err(why), _) | (_, Err(why)) => Points::between(0, points, Some(why)),
    }
}

const fn most_under(support: Support) -> u8 {
    match support {
        Support::None => 0,
        Support::Other => 1,
        Support::Invasive => 3,
    }
}

const fn oxygenation_points(oxygenation: Oxygenation) -> u8 {
    match oxygenation {
        Oxygenation::Arterial(400..) | Oxygenation::Saturation(292..) => 0,
        Oxygenation::Arterial(200..=399) | Oxygenation::Saturation(220..=291) => 1,
        Oxygenation::Arterial(100..=199) | Oxygenation::Saturation(148..=219) => 2,
        Oxygenation::Arterial(..=99) | Oxygenation::Saturation(..=147) => 3,
    }
}

const fn vasoactives(drugs: i32) -> u8 {
    match drugs {
        ..=0 => 0,
        1 => 1,
        2.. => 2,
    }
}

const fn lactate(hundredths: i32) -> u8 {
    match hundredths {
        ..=499 => 0,
        500..=1099 => 1,
        1100.. => 2,
    }
}

/// Without an age the pressure is missing, unless it scores alike at every age.
fn mean_pressure(age: Result<Age, Absence>, mmhg: Result<i32, Absence>) -> Points {
    match (age, mmhg) {
        (_, Err(why)) => Points::up_to(2, why),
        (Ok(age), Ok(mmhg)) => Points::Known(pressure_points(age, mmhg)),
        (Err(why), Ok(mmhg)) => {
            // What is low for the youngest is lower still for everybody else.
            let most = pressure_points(Age::Year12To17, mmhg);
            if pressure_points(Age::Newborn, mmhg) == most {
                Points::Known(most)
            } else {
                Points::up_to(most, why)
            }
        }
    }
}

const fn pressure_points(age: Age, mmhg: i32) -> u8 {
    let (lowest_of_1, lowest_of_0) = match age {
        Age::Newborn => (17, 31),
        Age::Infant => (25, 39),
        Age::Year1 => (31, 44),
        Age::Year2To4 => (32, 45),
        Age::Year5To11 => (36, 49),
        Age::Year12To17 => (38, 52),
    };
    if mmhg < lowest_of_1 {
        2
    } else if mmhg < lowest_of_0 {
        1
    } else {
        0
    }
}

const fn pupils(pupils: Pupils) -> u8 {
    match pupils {
        Pupils::NotBothFixed => 0,
        Pupils::BothFixed => 2,
    }
}

#[cfg(test)]
mod tests;
