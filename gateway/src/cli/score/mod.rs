//! `wardlight score`: a table of signs in, the same table with each row's score out.
//!
//! It asks no store and no configuration, and judges by the chart alone: no validity window, no signature, no
//! patient. Columns that it does not know pass through as they are.

mod charts;
mod row;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use csv::ByteRecord;

pub(super) use charts::Chart;
use charts::Outcome;
use row::{Columns, Row};

/// What is appended to each row.
const APPENDED: [&str; 6] = ["total", "lower", "upper", "missing", "risk", "error"];

/// What to score.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Which chart scores.
    #[arg(long, value_enum)]
    chart: Chart,
    /// Which column holds what, where it has another name: `resp_rate=rr,oxygen=on_o2,…`.
    #[arg(long)]
    columns: Option<String>,
    /// A CSV file with a column for each of the chart's inputs; for NEWS2
    /// `resp_rate,spo2,spo2_scale,oxygen,systolic,pulse,consciousness,temperature`. `-` is standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
}

/// Scores every row.
///
/// # Errors
/// The table cannot be read or written, with the line that is wrong.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut table = csv::Reader::from_reader(open(&args.file)?);
    let head = table.byte_headers().context("the first line names no columns")?.clone();
    let renamed = args.columns.as_deref().unwrap_or_default();
    let columns = match Columns::find(args.chart.inputs(), &head, renamed) {
        Ok(columns) => columns,
        Err(why) => {
            writeln!(io::stderr(), "wardlight: {why}")?;
            return Ok(ExitCode::from(2));
        }
    };
    let unreadable = score(args.chart, &mut table, &head, &columns, out)?;
    if unreadable > 0 {
        bail!("{unreadable} cells cannot be read; each is named in its row's `error`");
    }
    Ok(ExitCode::SUCCESS)
}

fn open(file: &Path) -> anyhow::Result<Box<dyn Read>> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Box::new(opened))
}

/// Writes each row with its score; says how many cells could not be read.
fn score(
    chart: Chart,
    table: &mut csv::Reader<impl Read>,
    head: &ByteRecord,
    columns: &Columns,
    out: &mut impl Write,
) -> anyhow::Result<usize> {
    let mut written = csv::Writer::from_writer(out);
    written.write_record(head.iter().chain(APPENDED.map(str::as_bytes)))?;
    let (mut cells, mut unreadable) = (ByteRecord::new(), 0);
    while table.read_byte_record(&mut cells).context("the table cannot be read on")? {
        let mut row = Row::new(columns, &cells);
        let outcome = chart.score(&mut row);
        unreadable += row.errors().len();
        let appended = appended(&outcome, row.errors());
        written.write_record(cells.iter().chain(appended.iter().map(String::as_bytes)))?;
    }
    written.flush()?;
    Ok(unreadable)
}

fn appended(outcome: &Outcome, errors: &[String]) -> [String; 6] {
    [
        outcome.total.map_or_else(String::new, |total| total.to_string()),
        outcome.lower.to_string(),
        outcome.upper.map_or_else(String::new, |upper| upper.to_string()),
        outcome.missing.join(" "),
        outcome.risk.to_owned(),
        errors.join("; "),
    ]
}

#[cfg(test)]
mod tests;
