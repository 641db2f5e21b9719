//! Doses and figures: how much of a test to run, and where a measured number is written down.
//!
//! The short dose measures and says; only a long dose appends to `tests/figures.csv`, so that an ordinary run
//! leaves the tree as it was. Nothing here judges a figure.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::Context;

/// How much of a test to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dose {
    /// What everybody waits for.
    Short,
    /// What `deploy/test.sh --long` asks for.
    Long,
}

impl Dose {
    /// This many in the short dose, that many in the long one.
    #[must_use]
    pub fn of(self, short: usize, long: usize) -> usize {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

/// The dose that was asked for.
#[must_use]
pub fn dose() -> Dose {
    if std::env::var_os("WARDLIGHT_DOSE").is_some_and(|dose| dose == "long") {
        Dose::Long
    } else {
        Dose::Short
    }
}

/// Says a measured figure and, in the long dose, appends it: `time,what,value,unit`.
///
/// # Errors
/// The file cannot be written.
pub fn note(what: &str, value: f64, unit: &str) -> anyhow::Result<()> {
    writeln!(std::io::stderr(), "figure: {what} = {value} {unit}")?;
    if dose() == Dose::Short {
        return Ok(());
    }
    #[expect(clippy::disallowed_methods, reason = "a figure is dated by the machine that measured it")]
    let now = jiff::Timestamp::now();
    let file = super::top().join("tests/figures.csv");
    let mut figures = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&file)
        .with_context(|| format!("cannot append to {}", file.display()))?;
    writeln!(figures, "{now:.0},{what},{value},{unit}")?;
    Ok(())
}
