//! SOFA in the table of Sepsis-3: `charts/sofa.md` is the source, and a test holds every figure of the page
//! against this file.
//!
//! It never looks for the worst value of a day nor at how long a drug has run: who asks knows the times. It
//! never takes what is missing for normal, and it names no risk.

use crate::score::{self, Points};
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "SOFA (Sepsis-3)";

/// The six organs, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Respiration: P/F and support.
    Respiration,
    /// Coagulation: platelets.
    Coagulation,
    /// Liver: bilirubin.
    Liver,
    /// Circulation: mean pressure and vasoactive drugs.
    Circulation,
    /// Brain: Glasgow Coma Scale.
    Brain,
    /// Kidney: creatinine and urine.
    Kidney,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 6] =
        [Self::Respiration, Self::Coagulation, Self::Liver, Self::Circulation, Self::Brain, Self::Kidney];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Respiration => "respiration",
            Self::Coagulation => "coagulation",
            Self::Liver => "liver",
            Self::Circulation => "circulation",
            Self::Brain => "brain",
            Self::Kidney => "kidney",
        }
    }
}

/// The vasoactive drugs that run, each at its rate per kilogram; 0 where it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drugs {
    /// Tenths of a microgram per kilogram and minute.
    pub dopamine: u32,
    /// Whether it runs at any rate.
    pub dobutamine: bool,
    /// Thousandths of a microgram per kilogram and minute.
    pub noradrenaline: u32,
    /// Thousandths of a microgram per kilogram and minute.
    pub adrenaline: u32,
}

/// What SOFA is computed from: the worst of 24 hours. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Whole mmHg, as [`oxygenation`](crate::score::oxygenation) forms it.
    pub pf: Result<i32, Absence>,
    /// Whether breathing is supported.
    pub is_supported: Result<bool, Absence>,
    /// 10⁹ per litre.
    pub platelets: Result<i32, Absence>,
    /// Tenths of a mg/dL.
    pub bilirubin: Result<i32, Absence>,
    /// mmHg.
    pub mean_pressure: Result<i32, Absence>,
    /// What has run for an hour.
    pub drugs: Result<Drugs, Absence>,
    /// Sum of the Glasgow Coma Scale.
    pub gcs: Result<i32, Absence>,
    /// Tenths of a mg/dL.
    pub creatinine: Result<i32, Absence>,
    /// Millilitres in 24 hours.
    pub urine: Result<i32, Absence>,
}

/// A SOFA as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sofa {
    /// The points of each organ, in the order of [`Part::ALL`].
    pub parts: [Points; 6],
}

impl Sofa {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let inputs = Inputs { gcs: inputs.gcs.and_then(plausible_gcs), ..*inputs };
        let [respiration, coagulation, liver, circulation, brain, kidney] = reasons(&inputs);
        let (best, worst) = (at_best(&inputs), at_worst(&inputs));
        let organ =
            |points: fn(&Complete) -> u8, missing| Points::between(points(&best), points(&worst), missing);
        let parts = [
            organ(|all| pf_points(all.pf, all.is_supported), respiration),
            organ(|all| platelet_points(all.platelets), coagulation),
            organ(|all| bilirubin_points(all.bilirubin), liver),
            organ(|all| circulation_points(all.mean_pressure, &all.drugs), circulation),
            organ(|all| gcs_points(all.gcs), brain),
            organ(|all| creatinine_points(all.creatinine).max(urine_points(all.urine)), kidney),
        ];
        Self { parts }
    }

    /// The total, if nothing that matters is missing.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        score::total(&self.parts)
    }

    /// The lowest total that is still possible; the only one that may be acted on.
    #[must_use]
    pub fn lower(&self) -> u8 {
        score::lower(&self.parts)
    }

    /// The highest total that is still possible.
    #[must_use]
    pub fn upper(&self) -> u8 {
        score::upper(&self.parts)
    }

    /// Which organs are not known, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        score::missing(&Part::ALL, &self.parts)
    }
}

/// The inputs with an assumption in the place of each that is missing.
struct Complete {
    pf: i32,
    is_supported: bool,
    platelets: i32,
    bilirubin: i32,
    mean_pressure: i32,
    drugs: Drugs,
    gcs: i32,
    creatinine: i32,
    urine: i32,
}

fn at_best(inputs: &Inputs) -> Complete {
    Complete {
        pf: inputs.pf.unwrap_or(i32::MAX),
        is_supported: inputs.is_supported.unwrap_or(false),
        platelets: inputs.platelets.unwrap_or(i32::MAX),
        bilirubin: inputs.bilirubin.unwrap_or(i32::MIN),
        mean_pressure: inputs.mean_pressure.unwrap_or(i32::MAX),
        drugs: inputs.drugs.unwrap_or_default(),
        gcs: inputs.gcs.unwrap_or(i32::MAX),
        creatinine: inputs.creatinine.unwrap_or(i32::MIN),
        urine: inputs.urine.unwrap_or(i32::MAX),
    }
}

fn at_worst(inputs: &Inputs) -> Complete {
    Complete {
        pf: inputs.pf.unwrap_or(i32::MIN),
        is_supported: inputs.is_supported.unwrap_or(true),
        platelets: inputs.platelets.unwrap_or(i32::MIN),
        bilirubin: inputs.bilirubin.unwrap_or(i32::MAX),
        mean_pressure: inputs.mean_pressure.unwrap_or(i32::MIN),
        drugs: inputs.drugs.unwrap_or(Drugs { noradrenaline: u32::MAX, ..Drugs::default() }),
        gcs: inputs.gcs.unwrap_or(i32::MIN),
        creatinine: inputs.creatinine.unwrap_or(i32::MAX),
        urine: inputs.urine.unwrap_or(i32::MIN),
    }
}

/// Why something of each organ is missing, in the order of [`Part::ALL`].
fn reasons(inputs: &Inputs) -> [Option<Absence>; 6] {
    [
        inputs.pf.err().or(inputs.is_supported.err()),
        inputs.platelets.err(),
        inputs.bilirubin.err(),
        inputs.drugs.err().or(inputs.mean_pressure.err()),
        inputs.gcs.err(),
        inputs.creatinine.err().or(inputs.urine.err()),
    ]
}

/// The sum of the Glasgow Coma Scale, if it can be one.
pub(super) const fn plausible_gcs(sum: i32) -> Result<i32, Absence> {
    match sum {
        3..=15 => Ok(sum),
        _ => Err(Absence::Implausible),
    }
}

/// The two gravest rows ask for support.
const fn pf_points(ratio: i32, is_supported: bool) -> u8 {
    match ratio {
        ..=99 if is_supported => 4,
        100..=199 if is_supported => 3,
        ..=299 => 2,
        300..=399 => 1,
        400.. => 0,
    }
}

const fn platelet_points(giga_per_litre: i32) -> u8 {
    match giga_per_litre {
        ..=19 => 4,
        20..=49 => 3,
        50..=99 => 2,
        100..=149 => 1,
        150.. => 0,
    }
}

const fn bilirubin_points(tenths: i32) -> u8 {
    match tenths {
        ..=11 => 0,
        12..=19 => 1,
        20..=59 => 2,
        60..=119 => 3,
        120.. => 4,
    }
}

fn circulation_points(mean_pressure: i32, drugs: &Drugs) -> u8 {
    let dobutamine = if drugs.dobutamine { 2 } else { 0 };
    pressure_points(mean_pressure)
        .max(dobutamine)
        .max(dopamine_points(drugs.dopamine))
        .max(adrenaline_points(drugs.noradrenaline))
        .max(adrenaline_points(drugs.adrenaline))
}

const fn pressure_points(mmhg: i32) -> u8 {
    match mmhg {
        ..=69 => 1,
        70.. => 0,
    }
}

const fn dopamine_points(tenths: u32) -> u8 {
    match tenths {
        0 => 0,
        1..=49 => 2,
        50..=150 => 3,
        151.. => 4,
    }
}

/// Adrenaline and noradrenaline have the same row.
const fn adrenaline_points(thousandths: u32) -> u8 {
    match thousandths {
        0 => 0,
        1..=100 => 3,
        101.. => 4,
    }
}

const fn gcs_points(sum: i32) -> u8 {
    match sum {
        ..=5 => 4,
        6..=9 => 3,
        10..=12 => 2,
        13..=14 => 1,
        15.. => 0,
    }
}

const fn creatinine_points(tenths: i32) -> u8 {
    match tenths {
        ..=11 => 0,
        12..=19 => 1,
        20..=34 => 2,
        35..=49 => 3,
        50.. => 4,
    }
}

const fn urine_points(millilitres: i32) -> u8 {
    match millilitres {
        ..=199 => 4,
        200..=499 => 3,
        500.. => 0,
    }
}

#[cfg(test)]
mod tests;
