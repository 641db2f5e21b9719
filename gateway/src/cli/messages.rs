//! `wardlight messages`: the message log of the store, as JSON lines or as a table, and the bytes of one
//! message. It reads, whether or not the gateway runs, and changes nothing.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::Timestamp;

use super::settings::{Files, Settings};
use crate::board::json::MessageJson;
use crate::clock::Wall;
use crate::event::{Outcome, Uhid};
use crate::journal::{Journal, MessageQuery, MessageRow};

/// How many rows are read at a time.
const PAGE_ROWS: usize = 500;

/// Which messages, and how.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Only from or to this peer or endpoint.
    #[arg(long)]
    peer: Option<String>,
    /// Only of this type, such as `ORU^R01`.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only with this state: accepted, not-needed, refused, duplicate, unanswered.
    #[arg(long, value_parser = outcome)]
    state: Option<Outcome>,
    /// Only of this patient.
    #[arg(long, value_name = "UHID")]
    patient: Option<String>,
    /// Only those that led to this alert or were sent for it.
    #[arg(long, value_name = "ID")]
    alert: Option<String>,
    /// Only those that contain this.
    #[arg(long = "text", value_name = "TEXT")]
    text: Option<String>,
    /// Only at this time or later: `2026-11-21T02:13:00Z`.
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Only at this time or earlier.
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// At most so many, the newest first.
    #[arg(long, value_name = "N")]
    most: Option<usize>,
    /// A table for people in place of JSON lines.
    #[arg(long)]
    table: bool,
    /// Write the bytes of this message, as they came or went, and nothing else.
    #[arg(long, value_name = "ID", conflicts_with_all = ["peer", "kind", "state", "alert", "text"])]
    raw: Option<i64>,
}

fn outcome(word: &str) -> Result<Outcome, String> {
    Outcome::parse(word).ok_or_else(|| Outcome::ALL.map(Outcome::word).join(", "))
}

/// Writes what was asked for, the newest first.
///
/// # Errors
/// The store cannot be read, has no such message, or nobody reads what is written.
pub(super) async fn run(files: &Files, args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let path = Settings::read(files)?.gateway.store.path;
    // A misspelled path must not make an empty store.
    std::fs::metadata(&path).with_context(|| format!("there is no store at {}", path.display()))?;
    let journal = Journal::attach(&path)?;
    let mut out = std::io::BufWriter::new(out);
    match args.raw {
        Some(id) => {
            let Some(message) = journal.message(id).await? else { bail!("there is no message {id}") };
            out.write_all(&message.bytes)?;
        }
        None => list(&journal, args, &mut out).await?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

async fn list(journal: &Journal, args: &Args, out: &mut impl Write) -> anyhow::Result<()> {
    let (mut left, mut before) = (args.most.unwrap_or(usize::MAX), None);
    if args.table {
        writeln!(
            out,
            "{:>8}  {:<24}  {:<3}  {:<10}  {:<10}  PEER, TYPE, REASON",
            "ID", "TIME", "WAY", "ENDPOINT", "STATE"
        )?;
    }
    while left > 0 {
        let query = MessageQuery {
            peer: args.peer.clone(),
            kind: args.kind.clone(),
            outcome: args.state,
            patient: args.patient.clone().map(Uhid),
            alert: args.alert.clone(),
            from: args.from.map(Wall::from),
            to: args.to.map(Wall::from),
            text: args.text.clone(),
            before,
            most: left.min(PAGE_ROWS),
        };
        let page = journal.messages(query).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        left -= page.len();
        for row in &page {
            if args.table { write_row(out, row)? } else { write_line(out, row)? }
        }
    }
    Ok(())
}

fn write_row(out: &mut impl Write, row: &MessageRow) -> anyhow::Result<()> {
    let time = rfc3339(row.wall);
    let (way, state) = (row.way.word(), row.outcome.word());
    write!(out, "{:>8}  {time:<24}  {way:<3}  {:<10}  {state:<10}  {}", row.id, row.endpoint, row.peer)?;
    for more in [&row.kind, &row.reason].into_iter().filter(|text| !text.is_empty()) {
        write!(out, ", {more}")?;
    }
    Ok(writeln!(out)?)
}

fn write_line(out: &mut impl Write, row: &MessageRow) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, &MessageJson::of(row))?;
    Ok(out.write_all(b"\n")?)
}

fn rfc3339(wall: Wall) -> String {
    wall.timestamp().to_string()
}
