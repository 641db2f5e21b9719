//! The charts as a table of signs can be scored by them: which columns each reads, and what it says of a row.
//! The figures are the rules' own.

use rules::Absence;
use rules::event::{Breathing, Consciousness, Spo2Scale};
use rules::score::mews::{self, Mews};
use rules::score::news::{self, News};
use rules::score::news2::{self, News2};
use rules::score::qsofa::{self, Qsofa};
use rules::sign::Parameter;

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
}

/// What a chart says of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The total, where nothing is missing.
    pub(super) total: Option<u8>,
    /// The lowest total that is still possible.
    pub(super) lower: u8,
    /// The highest.
    pub(super) upper: u8,
    /// What is missing, by its column.
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
        }
    }

    pub(super) fn score(self, row: &mut Row<'_>) -> Outcome {
        match self {
            Self::News2 => news2(row),
            Self::News => news(row),
            Self::Mews => mews(row),
            Self::Qsofa => qsofa(row),
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
    let (total, lower, upper) = (score.total(), score.lower(), score.upper());
    Outcome { total, lower, upper, missing, risk: score.risk().word() }
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
    let (total, lower, upper) = (score.total(), score.lower(), score.upper());
    Outcome { total, lower, upper, missing, risk: score.risk().word() }
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
    let (total, lower, upper) = (score.total(), score.lower(), score.upper());
    Outcome { total, lower, upper, missing, risk: score.level().word() }
}

fn qsofa(row: &mut Row<'_>) -> Outcome {
    let score = Qsofa::of(&qsofa::Inputs {
        resp_rate: row.parameter("resp_rate", Parameter::RespRate),
        systolic: row.parameter("systolic", Parameter::Systolic),
        consciousness: row.choice("consciousness", consciousness),
    });
    let missing = words(score.missing(), qsofa::Part::word);
    let (total, lower, upper) = (score.total(), score.lower(), score.upper());
    Outcome { total, lower, upper, missing, risk: score.finding().word() }
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

fn consciousness(cell: &str) -> Option<Consciousness> {
    Consciousness::of_letter(&cell.to_ascii_uppercase())
}
