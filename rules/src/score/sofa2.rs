//! SOFA-2: `charts/sofa2.md` is the source, and a test holds every figure of the page against this file.
//!
//! It never carries an old value forward, never takes what is missing for normal, and names no risk. Which
//! values of a day count is the business of whoever asks.

use crate::score::oxygenation::{pf_step, sf_step};
use crate::score::sofa::plausible_gcs;
use crate::score::{self, Points};
use crate::vital::Absence;

/// Name and edition of the chart, as every score and alert that stands on it says.
pub const CHART: &str = "SOFA-2 (JAMA 2025)";

/// The six organs, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Brain: Glasgow Coma Scale, drugs for delirium.
    Brain,
    /// Respiration: P/F or S/F, and support.
    Respiration,
    /// Circulation: mean pressure, vasoactive drugs, mechanical support.
    Circulation,
    /// Liver: bilirubin.
    Liver,
    /// Kidney: creatinine, urine, renal replacement and the need of it.
    Kidney,
    /// Coagulation: platelets.
    Coagulation,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 6] =
        [Self::Brain, Self::Respiration, Self::Circulation, Self::Liver, Self::Kidney, Self::Coagulation];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Brain => "brain",
            Self::Respiration => "respiration",
            Self::Circulation => "circulation",
            Self::Liver => "liver",
            Self::Kidney => "kidney",
            Self::Coagulation => "coagulation",
        }
    }
}

/// How breathing is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Support {
    /// Not, or with less than the chart calls advanced.
    NotAdvanced,
    /// High-flow oxygen, CPAP, BiPAP, or ventilation of any kind.
    Advanced,
    /// Extracorporeal oxygenation for the lungs' sake.
    Ecmo,
}

/// The vasoactive drugs that run, each at its rate per kilogram; 0 where it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drugs {
    /// Thousandths of a microgram of base per kilogram and minute.
    pub noradrenaline: u32,
    /// Thousandths of a microgram per kilogram and minute.
    pub adrenaline: u32,
    /// Tenths of a microgram per kilogram and minute.
    pub dopamine: u32,
    /// Whether any other vasopressor or inotrope runs.
    pub others: bool,
}

/// How the circulation is held up by drugs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vasoactive {
    /// By these, at rates that may all be 0.
    Running(Drugs),
    /// The house has none to give: the pressure alone says.
    NoneToBeHad,
}

/// For how many minutes, until now, the urine has been under each rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Urine {
    /// Under 0.5 mL per kilogram and hour.
    pub under_0_5: i32,
    /// Under 0.3 mL per kilogram and hour.
    pub under_0_3: i32,
    /// None at all.
    pub none: i32,
}

/// What SOFA-2 is computed from. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Sum of the Glasgow Coma Scale.
    pub gcs: Result<i32, Absence>,
    /// Whether a drug for delirium is given.
    pub delirium_drug: Result<bool, Absence>,
    /// Whole mmHg, as [`oxygenation`](crate::score::oxygenation) forms it.
    pub pf: Result<i32, Absence>,
    /// Whole percent, as [`oxygenation`](crate::score::oxygenation) forms it. Counts where P/F is missing.
    pub sf: Result<i32, Absence>,
    /// How breathing is supported.
    pub support: Result<Support, Absence>,
    /// mmHg.
    pub mean_pressure: Result<i32, Absence>,
    /// Drugs that hold the circulation up.
    pub vasoactive: Result<Vasoactive, Absence>,
    /// Whether a machine holds the circulation up.
    pub mechanical: Result<bool, Absence>,
    /// Tenths of a mg/dL.
    pub bilirubin: Result<i32, Absence>,
    /// Tenths of a mg/dL.
    pub creatinine: Result<i32, Absence>,
    /// Minutes of little urine.
    pub urine: Result<Urine, Absence>,
    /// Whether the kidneys are replaced.
    pub replacement: Result<bool, Absence>,
    /// Tenths of a mmol/L.
    pub potassium: Result<i32, Absence>,
    /// Hundredths.
    pub ph: Result<i32, Absence>,
    /// Tenths of a mmol/L.
    pub bicarbonate: Result<i32, Absence>,
    /// 10⁹ per litre.
    pub platelets: Result<i32, Absence>,
}

/// A SOFA-2 as far as its inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sofa2 {
    /// The points of each organ, in the order of [`Part::ALL`].
    pub parts: [Points; 6],
}

impl Sofa2 {
    /// Scores what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let inputs = Inputs { gcs: inputs.gcs.and_then(plausible_gcs), ..*inputs };
        let [brain, respiration, circulation, liver, kidney, coagulation] = reasons(&inputs);
        let (best, worst) = (at_best(&inputs), at_worst(&inputs));
        let organ =
            |points: fn(&Complete) -> u8, missing| Points::between(points(&best), points(&worst), missing);
        let parts = [
            organ(brain_points, brain),
            organ(respiration_points, respiration),
            organ(circulation_points, circulation),
            organ(|all| bilirubin_points(all.bilirubin), liver),
            organ(kidney_points, kidney),
            organ(|all| platelet_points(all.platelets), coagulation),
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
    gcs: i32,
    delirium_drug: bool,
    /// The step that the ratio reaches, whatever the support.
    step: u8,
    support: Support,
    mean_pressure: i32,
    vasoactive: Vasoactive,
    mechanical: bool,
    bilirubin: i32,
    creatinine: i32,
    urine: Urine,
    replacement: bool,
    potassium: i32,
    ph: i32,
    bicarbonate: i32,
    platelets: i32,
}

fn at_best(inputs: &Inputs) -> Complete {
    Complete {
        gcs: inputs.gcs.unwrap_or(i32::MAX),
        delirium_drug: inputs.delirium_drug.unwrap_or(false),
        step: step(inputs).unwrap_or(0),
        support: inputs.support.unwrap_or(Support::NotAdvanced),
        mean_pressure: inputs.mean_pressure.unwrap_or(i32::MAX),
        vasoactive: inputs.vasoactive.unwrap_or(Vasoactive::Running(Drugs::default())),
        mechanical: inputs.mechanical.unwrap_or(false),
        bilirubin: inputs.bilirubin.unwrap_or(i32::MIN),
        creatinine: inputs.creatinine.unwrap_or(i32::MIN),
        urine: inputs.urine.unwrap_or_default(),
        replacement: inputs.replacement.unwrap_or(false),
        potassium: inputs.potassium.unwrap_or(i32::MIN),
        ph: inputs.ph.unwrap_or(i32::MAX),
        bicarbonate: inputs.bicarbonate.unwrap_or(i32::MAX),
        platelets: inputs.platelets.unwrap_or(i32::MAX),
    }
}

fn at_worst(inputs: &Inputs) -> Complete {
    let flooded = Vasoactive::Running(Drugs { noradrenaline: u32::MAX, ..Drugs::default() });
    let dry = Urine { under_0_5: i32::MAX, under_0_3: i32::MAX, none: i32::MAX };
    Complete {
        gcs: inputs.gcs.unwrap_or(i32::MIN),
        delirium_drug: inputs.delirium_drug.unwrap_or(true),
        step: step(inputs).unwrap_or(4),
        support: inputs.support.unwrap_or(Support::Ecmo),
        mean_pressure: inputs.mean_pressure.unwrap_or(i32::MIN),
        vasoactive: inputs.vasoactive.unwrap_or(flooded),
        mechanical: inputs.mechanical.unwrap_or(true),
        bilirubin: inputs.bilirubin.unwrap_or(i32::MAX),
        creatinine: inputs.creatinine.unwrap_or(i32::MAX),
        urine: inputs.urine.unwrap_or(dry),
        replacement: inputs.replacement.unwrap_or(true),
        potassium: inputs.potassium.unwrap_or(i32::MAX),
        ph: inputs.ph.unwrap_or(i32::MIN),
        bicarbonate: inputs.bicarbonate.unwrap_or(i32::MIN),
        platelets: inputs.platelets.unwrap_or(i32::MIN),
    }
}

/// Why something of each organ is missing, in the order of [`Part::ALL`].
fn reasons(inputs: &Inputs) -> [Option<Absence>; 6] {
    let blood = inputs.potassium.err().or(inputs.ph.err()).or(inputs.bicarbonate.err());
    let kidney = inputs.creatinine.err().or(inputs.urine.err()).or(inputs.replacement.err());
    let circulation = inputs.vasoactive.err().or(inputs.mean_pressure.err());
    [
        inputs.gcs.err().or(inputs.delirium_drug.err()),
        step(inputs).err().or(inputs.support.err()),
        circulation.or(inputs.mechanical.err()),
        inputs.bilirubin.err(),
        kidney.or(blood),
        inputs.platelets.err(),
    ]
}

/// The step of P/F; of S/F where there is no P/F; else why there is no P/F.
fn step(inputs: &Inputs) -> Result<u8, Absence> {
    inputs.pf.map(pf_step).or_else(|why| inputs.sf.map(sf_step).map_err(|_| why))
}

fn brain_points(all: &Complete) -> u8 {
    gcs_points(all.gcs).max(u8::from(all.delirium_drug))
}

const fn gcs_points(sum: i32) -> u8 {
    match sum {
        ..=5 => 4,
        6..=8 => 3,
        9..=12 => 2,
        13..=14 => 1,
        15.. => 0,
    }
}

/// The two gravest steps ask for advanced support.
fn respiration_points(all: &Complete) -> u8 {
    match all.support {
        Support::NotAdvanced => all.step.min(2),
        Support::Advanced => all.step,
        Support::Ecmo => 4,
    }
}

fn circulation_points(all: &Complete) -> u8 {
    match &all.vasoactive {
        _ if all.mechanical => 4,
        Vasoactive::Running(drugs) => drug_points(drugs).max(u8::from(all.mean_pressure < 70)),
        Vasoactive::NoneToBeHad => pressure_points(all.mean_pressure),
    }
}

/// A drug more never scores less: dopamine keeps its own row beside other drugs.
fn drug_points(drugs: &Drugs) -> u8 {
    let dopamine = dopamine_points(drugs.dopamine);
    let has_another = drugs.others || dopamine > 0;
    let another = u8::from(has_another);
    let rate = drugs.noradrenaline.saturating_add(drugs.adrenaline);
    let adrenaline = match rate {
        0 => 2 * another,
        1..=200 => 2 + another,
        201..=400 => 3 + another,
        401.. => 4,
    };
    adrenaline.max(dopamine)
}

const fn dopamine_points(tenths: u32) -> u8 {
    match tenths {
        0 => 0,
        1..=200 => 2,
        201..=400 => 3,
        401.. => 4,
    }
}

const fn pressure_points(mmhg: i32) -> u8 {
    match mmhg {
        ..=39 => 4,
        40..=49 => 3,
        50..=59 => 2,
        60..=69 => 1,
        70.. => 0,
    }
}

const fn bilirubin_points(tenths: i32) -> u8 {
    match tenths {
        ..=12 => 0,
        13..=30 => 1,
        31..=60 => 2,
        61..=120 => 3,
        121.. => 4,
    }
}

fn kidney_points(all: &Complete) -> u8 {
    if all.replacement || needs_replacement(all) {
        return 4;
    }
    creatinine_points(all.creatinine).max(urine_points(&all.urine))
}

const fn needs_replacement(all: &Complete) -> bool {
    let is_failing = all.creatinine > 12 || all.urine.under_0_3 > 360;
    let is_acid = all.ph <= 720 && all.bicarbonate <= 120;
    is_failing && (all.potassium >= 60 || is_acid)
}

const fn creatinine_points(tenths: i32) -> u8 {
    match tenths {
        ..=12 => 0,
        13..=20 => 1,
        21..=35 => 2,
        36.. => 3,
    }
}

const fn urine_points(minutes: &Urine) -> u8 {
    match minutes {
        Urine { under_0_3: 1_440.., .. } | Urine { none: 720.., .. } => 3,
        Urine { under_0_5: 720.., .. } => 2,
        Urine { under_0_5: 360.., .. } => 1,
        _ => 0,
    }
}

const fn platelet_points(giga_per_litre: i32) -> u8 {
    match giga_per_litre {
        ..=50 => 4,
        51..=80 => 3,
        81..=100 => 2,
        101..=150 => 1,
        151.. => 0,
    }
}

#[cfg(test)]
mod tests;
