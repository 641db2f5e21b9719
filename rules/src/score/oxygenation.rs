//! P/F and S/F, the ratios of oxygenation: `charts/oxygenation.md` is the source, and a test holds every
//! figure of the page against this file.
//!
//! It never takes an inspired oxygen for granted, never forms S/F where a saturation says nothing of the
//! reserve, and never diagnoses: a band is what the ratio and the pressure say, and no more.

use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "Oxygenation (Berlin; SOFA-2 2025)";

/// What the ratios and their bands are formed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Arterial oxygen pressure.
    ArterialOxygen,
    /// Oxygen saturation.
    SpO2,
    /// Inspired fraction of oxygen.
    InspiredOxygen,
    /// Positive end-expiratory or continuous pressure.
    Pressure,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 4] = [Self::ArterialOxygen, Self::SpO2, Self::InspiredOxygen, Self::Pressure];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ArterialOxygen => "pao2",
            Self::SpO2 => "spo2",
            Self::InspiredOxygen => "fio2",
            Self::Pressure => "peep",
        }
    }
}

/// Why there is no ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum NoRatio {
    /// An input is missing, or is not plausible.
    Missing(Part, Absence),
    /// The saturation is so high that it says nothing of the reserve.
    Saturated,
}

impl NoRatio {
    /// The reason as a score that needs the ratio states it. A saturation that is too high is a measurement
    /// that the oximeter cannot make.
    #[must_use]
    pub const fn absence(self) -> Absence {
        match self {
            Self::Missing(_, why) => why,
            Self::Saturated => Absence::Unavailable,
        }
    }
}

/// What the Berlin definition calls a ratio under enough pressure. The order is from the least grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Berlin {
    /// The ratio is above every band, or the pressure below the one that counts.
    NotMet,
    /// The band of mild.
    Mild,
    /// The band of moderate.
    Moderate,
    /// The band of severe.
    Severe,
}

impl Berlin {
    /// The page's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotMet => "not met",
            Self::Mild => "mild",
            Self::Moderate => "moderate",
            Self::Severe => "severe",
        }
    }

    const fn of(ratio: i32) -> Self {
        match ratio {
            ..=100 => Self::Severe,
            101..=200 => Self::Moderate,
            201..=300 => Self::Mild,
            301.. => Self::NotMet,
        }
    }
}

/// What the ratios are formed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Arterial oxygen pressure, tenths of a mmHg.
    pub pao2: Result<i32, Absence>,
    /// Oxygen saturation, percent.
    pub spo2: Result<i32, Absence>,
    /// Inspired oxygen, percent.
    pub fio2: Result<i32, Absence>,
    /// PEEP or CPAP, cmH2O; 0 where there is none.
    pub pressure: Result<i32, Absence>,
}

/// The ratios as far as the inputs allow, in whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oxygenation {
    /// Arterial oxygen pressure over inspired fraction, mmHg.
    pub pf: Result<i32, NoRatio>,
    /// Saturation over inspired fraction, percent.
    pub sf: Result<i32, NoRatio>,
    /// Each input as it counts, in the order of [`Part::ALL`].
    inputs: [Result<i32, Absence>; 4],
}

impl Oxygenation {
    /// Forms what may be formed.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let pao2 = inputs.pao2.and_then(not_negative);
        let spo2 = inputs.spo2.and_then(not_negative);
        let fio2 = inputs.fio2.and_then(plausible_fio2);
        Self {
            pf: over(Part::ArterialOxygen, pao2, 10, fio2),
            sf: over(Part::SpO2, spo2, 1, fio2).and_then(|ratio| match spo2 {
                Ok(98..) => Err(NoRatio::Saturated),
                _ => Ok(ratio),
            }),
            inputs: [pao2, spo2, fio2, inputs.pressure],
        }
    }

    /// The Berlin band, if nothing that is missing could change it.
    #[must_use]
    pub fn berlin(&self) -> Option<Berlin> {
        let lower = self.berlin_lower();
        (lower == self.berlin_upper()).then_some(lower)
    }

    /// The least grave Berlin band that is still possible; the one that may be acted on.
    #[must_use]
    pub fn berlin_lower(&self) -> Berlin {
        match (self.pf, self.pressure().map(is_enough_pressure)) {
            (Ok(ratio), Ok(true)) => Berlin::of(ratio),
            _ => Berlin::NotMet,
        }
    }

    /// The gravest Berlin band that is still possible.
    #[must_use]
    pub fn berlin_upper(&self) -> Berlin {
        match (self.pf, self.pressure().map(is_enough_pressure)) {
            (_, Ok(false)) => Berlin::NotMet,
            (Ok(ratio), _) => Berlin::of(ratio),
            (Err(_), _) => Berlin::Severe,
        }
    }

    /// Which inputs are missing or not plausible, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        Part::ALL.iter().zip(&self.inputs).filter_map(|(part, input)| Some((*part, input.err()?)))
    }

    const fn pressure(&self) -> Result<i32, Absence> {
        let [.., pressure] = self.inputs;
        pressure
    }
}

/// The step of SOFA-2 that a P/F ratio reaches, whatever the support.
#[must_use]
pub const fn pf_step(ratio: i32) -> u8 {
    match ratio {
        ..=75 => 4,
        76..=150 => 3,
        151..=225 => 2,
        226..=300 => 1,
        301.. => 0,
    }
}

/// The step of SOFA-2 that an S/F ratio reaches, whatever the support.
#[must_use]
pub const fn sf_step(ratio: i32) -> u8 {
    match ratio {
        ..=120 => 4,
        121..=200 => 3,
        201..=250 => 2,
        251..=300 => 1,
        301.. => 0,
    }
}

const fn is_enough_pressure(cm_h2o: i32) -> bool {
    cm_h2o >= 5
}

const fn not_negative(value: i32) -> Result<i32, Absence> {
    match value {
        0.. => Ok(value),
        _ => Err(Absence::Implausible),
    }
}

const fn plausible_fio2(percent: i32) -> Result<i32, Absence> {
    match percent {
        21..=100 => Ok(percent),
        _ => Err(Absence::Implausible),
    }
}

/// `value` in `parts_of_one` over a fraction given in percent, rounded half away from zero. Neither is ever
/// negative here.
fn over(
    part: Part,
    value: Result<i32, Absence>,
    parts_of_one: i64,
    fio2: Result<i32, Absence>,
) -> Result<i32, NoRatio> {
    let value = value.map_err(|why| NoRatio::Missing(part, why))?;
    let fio2 = fio2.map_err(|why| NoRatio::Missing(Part::InspiredOxygen, why))?;
    let unit = i64::from(fio2).saturating_mul(parts_of_one).max(1);
    let ratio = (i64::from(value) * 100 + unit / 2) / unit;
    Ok(i32::try_from(ratio).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests;
