//! Doses and figures: how much of a test to run, and where a measured number is written down.
//!
//! The short dose measures and says; only a long dose appends to `tests/figures.csv`, so that an ordinary run
//! leaves the tree as it was. Nothing here judges a figure.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;

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

/// The time by this machine: what devices and stand-ins write into their messages.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a device, a stand-in and a figure are dated by their own machine"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// How long something took. It measures and never waits.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// A stopwatch that runs from now on.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "a story is outside the product and has no clock of the house"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Says a measured figure and, in the long dose, appends it: `time,what,value,unit`.
///
/// # Errors
/// The file cannot be written.
pub fn note(what: &str, value: f64, unit: &str) -> anyhow::Result<()> {
    // A thousandth of its unit is more than any of them is worth.
    let value = (value * 1_000.0).round() / 1_000.0;
    writeln!(std::io::stderr(), "figure: {what} = {value} {unit}")?;
    if dose() == Dose::Short {
        return Ok(());
    }
    let now = now();
    let file = super::top().join("tests/figures.csv");
    let mut figures = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&file)
        .with_context(|| format!("cannot append to {}", file.display()))?;
    writeln!(figures, "{now:.0},\"{what}\",{value},{unit}")?;
    Ok(())
}
