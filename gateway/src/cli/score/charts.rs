//! The charts as a table of signs can be scored by them: which columns each reads, and what it says of a row.
//! The figures are the rules' own.

use rules::event::{Breathing, Consciousness, Spo2Scale};
use rules::score::mews::{self, Mews};
use rules::score::news::{self, News};
use rules::score::news2::{self, News2};
use rules::score::oxygenation::{self, NoRatio, Oxygenation};
use rules::score::qsofa::{self, Qsofa};
use rules::score::rox::{self, Rox, Support};
use rules::score::shock_index::{self, ShockIndex};
use rules::score::sirs::{self, Sirs};
use rules::score::sofa::{self, Drugs, Sofa};
use rules::sign::Parameter;
use rules::{Absence, Decimal, Sign};

use super::row::Row;

/// Which chart scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Chart {
    /// NEWS2 (Royal College of Physicians, 2017).
    News2,
    /// NEWS (Royal College of Physicians, 2012).
    News,
    /// MEWS in the variant of Subbe (2001).
    Mews,
    /// qSOFA.
    Qsofa,
    /// SIRS: `temperature,heart_rate,resp_rate,paco2,white_cells,band_forms`, in °C, mmHg, 10⁹/L and percent.
    Sirs,
    /// The shock index: `pulse,systolic`.
    ShockIndex,
    /// The shock index in its obstetric reading: `pulse,systolic`.
    ObstetricShockIndex,
    /// The ROX index: `spo2,fio2,resp_rate,support`; `fio2` in percent, `support` the complete hours on
    /// high-flow oxygen, or `other`.
    Rox,
    /// SOFA: `pao2,fio2,supported,platelets,bilirubin,mean_pressure`, `dopamine,dobutamine,noradrenaline,
    /// adrenaline` and `gcs,creatinine,urine`, in mmHg, percent, yes or no, 10⁹/L, mg/dL, µg/kg/min and mL a
    /// day.
    Sofa,
}

/// What a chart says of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The total, where nothing is missing.
    pub(super) total: Option<Decimal>,
    /// The lowest total that is still possible.
    pub(super) lower: Decimal,
    /// The highest; `None` where there is no bound.
    pub(super) upper: Option<Decimal>,
    /// What is missing, by its column; where two feed one criterion, by the criterion.
    pub(super) missing: Vec<&'static str>,
    /// How grave the lowest is, in the chart's own word.
    pub(super) risk: &'static str,
}

impl Chart {
    /// The columns that it reads.
    pub(super) const fn inputs(self) -> &'static [&'static str] {
        match self {
            Self::News2 => &[
                "resp_rate",
                "spo2",
                "spo2_scale",
                "oxygen",
                "systolic",
                "pulse",
                "consciousness",
                "temperature",
            ],
            Self::News => {
                &["resp_rate", "spo2", "oxygen", "systolic", "pulse", "consciousness", "temperature"]
            }
            Self::Mews => &["systolic", "pulse", "resp_rate", "temperature", "consciousness"],
            Self::Qsofa => &["resp_rate", "systolic", "consciousness"],
            Self::Sirs => &["temperature", "heart_rate", "resp_rate", "paco2", "white_cells", "band_forms"],
            Self::ShockIndex | Self::ObstetricShockIndex => &["pulse", "systolic"],
            Self::Rox => &["spo2", "fio2", "resp_rate", "support"],
            Self::Sofa => &[
                "pao2",
                "fio2",
                "supported",
                "platelets",
                "bilirubin",
                "mean_pressure",
                "dopamine",
                "dobutamine",
                "noradrenaline",
                "adrenaline",
                "gcs",
                "creatinine",
                "urine",
            ],
        }
    }

    pub(super) fn score(self, row: &mut Row<'_>) -> Outcome {
        match self {
            Self::News2 => news2(row),
            Self::News => news(row),
            Self::Mews => mews(row),
            Self::Qsofa => qsofa(row),
            Self::Sirs => sirs(row),
            Self::ShockIndex => shock_index(row, |score| score.level().map(shock_index::Level::word)),
            Self::ObstetricShockIndex => {
                shock_index(row, |score| score.obstetric_level().map(shock_index::ObstetricLevel::word))
            }
            Self::Rox => rox(row),
            Self::Sofa => sofa(row),
        }
    }
}

impl Outcome {
    /// Of a chart that adds points.
    fn points(
        [lower, upper]: [u8; 2],
        total: Option<u8>,
        missing: Vec<&'static str>,
        risk: &'static str,
    ) -> Self {
        let points = |points| Decimal::new(i64::from(points), 0);
        Self { total: total.map(points), lower: points(lower), upper: Some(points(upper)), missing, risk }
    }

    /// Of an index, which is kept in hundredths.
    fn index(
        [lower, upper]: [i32; 2],
        total: Option<i32>,
        missing: Vec<&'static str>,
        risk: Option<&'static str>,
    ) -> Self {
        let index = |hundredths| Decimal::new(i64::from(hundredths), 2);
        // What the rules call unbounded is no figure.
        let upper = Some(upper).filter(|upper| *upper < i32::MAX).map(index);
        Self {
            total: total.map(index),
            lower: index(lower),
            upper,
            missing,
            risk: risk.unwrap_or("not known"),
        }
    }
}

fn news2(row: &mut Row<'_>) -> Outcome {
    let score = News2::of(&news2::Inputs {
        resp_rate: row.parameter("resp_rate", Parameter::RespRate),
        spo2: row.parameter("spo2", Parameter::SpO2),
        scale: row.choice("spo2_scale", Spo2Scale::of_number).unwrap_or_default(),
        breathing: row.choice("oxygen", breathing),
        systolic: row.parameter("systolic", Parameter::Systolic),
        pulse: row.parameter("pulse", Parameter::PulseRate),
        consciousness: row.choice("consciousness", consciousness),
        temperature: row.parameter("temperature", Parameter::Temperature),
    });
    let missing = words(score.missing(), news2::Part::word);
    Outcome::points([score.lower(), score.upper()], score.total(), missing, score.risk().word())
}

fn news(row: &mut Row<'_>) -> Outcome {
    let score = News::of(&news::Inputs {
        resp_rate: row.parameter("resp_rate", Parameter::RespRate),
        spo2: row.parameter("spo2", Parameter::SpO2),
        breathing: row.choice("oxygen", breathing),
        systolic: row.parameter("systolic", Parameter::Systolic),
        pulse: row.parameter("pulse", Parameter::PulseRate),
        consciousness: row.choice("consciousness", consciousness),
        temperature: row.parameter("temperature", Parameter::Temperature),
    });
    let missing = words(score.missing(), news::Part::word);
    Outcome::points([score.lower(), score.upper()], score.total(), missing, score.risk().word())
}

fn mews(row: &mut Row<'_>) -> Outcome {
    let score = Mews::of(&mews::Inputs {
        systolic: row.parameter("systolic", Parameter::Systolic),
        pulse: row.parameter("pulse", Parameter::PulseRate),
        resp_rate: row.parameter("resp_rate", Parameter::RespRate),
        temperature: row.parameter("temperature", Parameter::Temperature),
        consciousness: row.choice("consciousness", consciousness),
    });
    let missing = words(score.missing(), mews::Part::word);
    Outcome::points([score.lower(), score.upper()], score.total(), missing, score.level().word())
}

fn qsofa(row: &mut Row<'_>) -> Outcome {
    let score = Qsofa::of(&qsofa::Inputs {
        resp_rate: row.parameter("resp_rate", Parameter::RespRate),
        systolic: row.parameter("systolic", Parameter::Systolic),
        consciousness: row.choice("consciousness", consciousness),
    });
    let missing = words(score.missing(), qsofa::Part::word);
    Outcome::points([score.lower(), score.upper()], score.total(), missing, score.finding().word())
}

fn sirs(row: &mut Row<'_>) -> Outcome {
    let score = Sirs::of(&sirs::Inputs {
        temperature: row.parameter("temperature", Parameter::Temperature),
        heart_rate: row.parameter("heart_rate", Parameter::PulseRate),
        resp_rate: row.parameter("resp_rate", Parameter::RespRate),
        paco2: row.amount("paco2", 1),
        white_cells: row.amount("white_cells", 1),
        band_forms: row.amount("band_forms", 0),
    });
    let missing = words(score.missing(), sirs::Part::word);
    Outcome::points([score.lower(), score.upper()], score.total(), missing, score.finding().word())
}

fn shock_index(row: &mut Row<'_>, read: fn(&ShockIndex) -> Option<&'static str>) -> Outcome {
    let score = ShockIndex::of(&shock_index::Inputs {
        pulse: row.parameter("pulse", Parameter::PulseRate),
        systolic: row.parameter("systolic", Parameter::Systolic),
    });
    let missing = words(score.missing(), shock_index::Part::word);
    Outcome::index([score.lower(), score.upper()], score.total(), missing, read(&score))
}

fn rox(row: &mut Row<'_>) -> Outcome {
    let score = Rox::of(&rox::Inputs {
        spo2: row.parameter("spo2", Parameter::SpO2),
        fio2: row.sign("fio2", Sign::InspiredOxygen.facts()),
        resp_rate: row.parameter("resp_rate", Parameter::RespRate),
        support: row.choice("support", support),
    });
    let missing = words(score.missing(), rox::Part::word);
    let finding = score.finding().map(rox::Finding::word);
    Outcome::index([score.lower(), score.upper()], score.total(), missing, finding)
}

fn sofa(row: &mut Row<'_>) -> Outcome {
    let score = Sofa::of(&sofa::Inputs {
        pf: pf(row).map_err(NoRatio::absence),
        is_supported: row.choice("supported", yes_or_no),
        platelets: row.amount("platelets", 0),
        bilirubin: row.amount("bilirubin", 1),
        mean_pressure: row.parameter("mean_pressure", Parameter::MeanPressure),
        drugs: drugs(row),
        gcs: row.amount("gcs", 0),
        creatinine: row.amount("creatinine", 1),
        urine: row.amount("urine", 0),
    });
    let missing = words(score.missing(), sofa::Part::word);
    // The chart has points and no words for them.
    Outcome::points([score.lower(), score.upper()], score.total(), missing, "")
}

fn pf(row: &mut Row<'_>) -> Result<i32, NoRatio> {
    let nothing = Err(Absence::NeverHeard);
    let (pao2, fio2) = (row.amount("pao2", 1), row.sign("fio2", Sign::InspiredOxygen.facts()));
    Oxygenation::of(&oxygenation::Inputs { pao2, spo2: nothing, fio2, pressure: nothing }).pf
}

/// An empty cell is no drug that does not run: that is a 0. Each column is read, so that each fault is named.
fn drugs(row: &mut Row<'_>) -> Result<Drugs, Absence> {
    let mut rate = |name, places| row.amount(name, places).map(i32::unsigned_abs);
    let (dopamine, dobutamine) = (rate("dopamine", 1), rate("dobutamine", 3));
    let (noradrenaline, adrenaline) = (rate("noradrenaline", 3), rate("adrenaline", 3));
    Ok(Drugs {
        dopamine: dopamine?,
        dobutamine: dobutamine? > 0,
        noradrenaline: noradrenaline?,
        adrenaline: adrenaline?,
    })
}

/// What is missing, by the names of the columns.
fn words<P>(missing: impl Iterator<Item = (P, Absence)>, word: fn(P) -> &'static str) -> Vec<&'static str> {
    missing.map(|(part, _)| word(part)).collect()
}

/// `0` and `1` stand in many exports for what the chart calls air and oxygen.
fn breathing(cell: &str) -> Option<Breathing> {
    match cell {
        "0" => Some(Breathing::Air),
        "1" => Some(Breathing::Oxygen),
        word => Breathing::of_word(&word.to_ascii_lowercase()),
    }
}

fn yes_or_no(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "yes" | "1" => Some(true),
        "no" | "0" => Some(false),
        _ => None,
    }
}

fn consciousness(cell: &str) -> Option<Consciousness> {
    Consciousness::of_letter(&cell.to_ascii_uppercase())
}

/// Complete hours on high-flow oxygen; any other support, and none, is `other`.
fn support(cell: &str) -> Option<Support> {
    if cell.eq_ignore_ascii_case("other") {
        return Some(Support::Other);
    }
    cell.parse::<u16>().ok().map(|hours| Support::HighFlow { hours: hours.into() })
}
