//! NEWS2, complete: `charts/news2.md` is the source, and a test holds every figure of the page against this
//! file.
//!
//! A set that lacks a parameter never yields a total. It yields the lowest and the highest total that are
//! still possible, and alarms on the lower one.

use crate::event::{Breathing, Consciousness, Spo2Scale};
use crate::score::{self, Points, Risk};
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "NEWS2 (RCP 2017)";

/// The highest total that the chart has.
pub const TOTAL_MOST: u8 = 20;

/// The seven parameters, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Respiratory rate.
    RespRate,
    /// Oxygen saturation, on the scale that applies.
    SpO2,
    /// Air or oxygen.
    Breathing,
    /// Systolic pressure.
    Systolic,
    /// Pulse rate.
    Pulse,
    /// Consciousness.
    Consciousness,
    /// Temperature.
    Temperature,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 7] = [
        Self::RespRate,
        Self::SpO2,
        Self::Breathing,
        Self::Systolic,
        Self::Pulse,
        Self::Consciousness,
        Self::Temperature,
    ];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RespRate => "resp_rate",
            Self::SpO2 => "spo2",
            Self::Breathing => "oxygen",
            Self::Systolic => "systolic",
            Self::Pulse => "pulse",
            Self::Consciousness => "consciousness",
            Self::Temperature => "temperature",
        }
    }
}

/// The parts that a sensor measures.
pub const MEASURED: [Part; 5] = [Part::RespRate, Part::SpO2, Part::Systolic, Part::Pulse, Part::Temperature];

/// What NEWS2 is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// Percent.
    pub spo2: Result<i32, Absence>,
    /// Which scale applies.
    pub scale: Spo2Scale,
    /// Air or oxygen.
    pub breathing: Result<Breathing, Absence>,
    /// mmHg.
    pub systolic: Result<i32, Absence>,
    /// Beats per minute.
    pub pulse: Result<i32, Absence>,
    /// ACVPU.
    pub consciousness: Result<Consciousness, Absence>,
    /// Tenths of a degree Celsius.
    pub temperature: Result<i32, Absence>,
}

/// A NEWS2 as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News2 {
    /// The points of each part, in the order of [`Part::ALL`].
    pub parts: [Points; 7],
}

impl News2 {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let parts = [
            Points::of(inputs.resp_rate, resp_rate, 3),
            spo2(inputs),
            Points::of(inputs.breathing, breathing_points, 2),
            Points::of(inputs.systolic, systolic, 3),
            Points::of(inputs.pulse, pulse, 3),
            Points::of(inputs.consciousness, consciousness_points, 3),
            // The chart's coldest row scores 3; a fever at most 2.
            Points::of(inputs.temperature, temperature, 3),
        ];
        Self { parts }
    }

    /// The total, if the set is complete.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        score::total(&self.parts)
    }

    /// The lowest total that is still possible; the one that alarms.
    #[must_use]
    pub fn lower(&self) -> u8 {
        score::lower(&self.parts)
    }

    /// The highest total that is still possible.
    #[must_use]
    pub fn upper(&self) -> u8 {
        score::upper(&self.parts)
    }

    /// What is missing, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        score::missing(&Part::ALL, &self.parts)
    }

    /// Whether any single parameter that is there scores 3.
    #[must_use]
    pub fn has_single_three(&self) -> bool {
        self.parts.iter().any(|points| points.lower() == 3)
    }

    /// The points of one part.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each part")]
    pub const fn points(&self, part: Part) -> Points {
        self.parts[part as usize]
    }

    /// The risk, of the lower bound when the set is incomplete.
    #[must_use]
    pub fn risk(&self) -> Risk {
        self.risk_of(self.lower())
    }

    /// The risk if only so many of its points counted.
    #[must_use]
    pub fn risk_of(&self, total: u8) -> Risk {
        match total {
            7.. => Risk::High,
            5..=6 => Risk::Medium,
            0..=4 if self.has_single_three() => Risk::LowMedium,
            0..=4 => Risk::Low,
        }
    }

    /// The score if every sign that was there before and is lost now were at its worst; `None` where no sign
    /// is known.
    #[must_use]
    pub fn with_lost_signs(&self) -> Option<Self> {
        let mut known = false;
        let mut worst = *self;
        for (part, points) in Part::ALL.iter().zip(&mut worst.parts) {
            match *points {
                Points::Known(_) => known |= MEASURED.contains(part),
                Points::Missing { why: Absence::NeverHeard, .. } => {}
                Points::Missing { most, .. } if MEASURED.contains(part) => *points = Points::Known(most),
                Points::Missing { .. } => {}
            }
        }
        known.then_some(worst)
    }
}

const fn resp_rate(per_minute: i32) -> u8 {
    match per_minute {
        ..=8 | 25.. => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
    }
}

/// On scale 2 a saturation of 93 and more scores nothing on air and up to 3 on oxygen: without knowing which,
/// the part is missing, with the reason for which the air is unknown.
fn spo2(inputs: &Inputs) -> Points {
    let percent = match inputs.spo2 {
        Ok(percent) => percent,
        Err(why) => return Points::up_to(3, why),
    };
    match (inputs.scale, inputs.breathing) {
        (Spo2Scale::One, _) => Points::Known(spo2_scale_1(percent)),
        (Spo2Scale::Two, Ok(Breathing::Oxygen)) => Points::Known(spo2_scale_2_on_oxygen(percent)),
        (Spo2Scale::Two, Ok(Breathing::Air)) => Points::Known(spo2_scale_2_on_air(percent)),
        (Spo2Scale::Two, Err(why)) => {
            let on_oxygen = spo2_scale_2_on_oxygen(percent);
            if on_oxygen == spo2_scale_2_on_air(percent) {
                Points::Known(on_oxygen)
            } else {
                Points::up_to(on_oxygen, why)
            }
        }
    }
}

const fn spo2_scale_1(percent: i32) -> u8 {
    match percent {
        ..=91 => 3,
        92..=93 => 2,
        94..=95 => 1,
        96.. => 0,
    }
}

const fn spo2_scale_2_on_oxygen(percent: i32) -> u8 {
    match percent {
        ..=83 | 97.. => 3,
        84..=85 | 95..=96 => 2,
        86..=87 | 93..=94 => 1,
        88..=92 => 0,
    }
}

const fn spo2_scale_2_on_air(percent: i32) -> u8 {
    match percent {
        ..=83 => 3,
        84..=85 => 2,
        86..=87 => 1,
        88.. => 0,
    }
}

const fn breathing_points(breathing: Breathing) -> u8 {
    match breathing {
        Breathing::Air => 0,
        Breathing::Oxygen => 2,
    }
}

const fn systolic(mmhg: i32) -> u8 {
    match mmhg {
        ..=90 | 220.. => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
    }
}

const fn pulse(per_minute: i32) -> u8 {
    match per_minute {
        ..=40 | 131.. => 3,
        41..=50 | 91..=110 => 1,
        51..=90 => 0,
        111..=130 => 2,
    }
}

const fn consciousness_points(consciousness: Consciousness) -> u8 {
    match consciousness {
        Consciousness::Alert => 0,
        Consciousness::Confusion
        | Consciousness::Voice
        | Consciousness::Pain
        | Consciousness::Unresponsive => 3,
    }
}

const fn temperature(tenths: i32) -> u8 {
    match tenths {
        ..=350 => 3,
        351..=360 | 381..=390 => 1,
        361..=380 => 0,
        391.. => 2,
    }
}

#[cfg(test)]
mod tests;
