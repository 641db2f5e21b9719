//! `wardlight export`: what the store holds, one JSON line for each reading or alert, whether or not the
//! gateway runs. It reads a page at a time, changes nothing, and judges nothing.
//!
//! A device's own alarm is a line among the readings: its event, and whether that begins or ends. A replay
//! without them would be silent about what only a device can know.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::raised::{self, Raised};
use super::settings::{Files, Settings};
use crate::clock::Wall;
use crate::event::{Measured, Uhid};
use crate::journal::{AlertQuery, Journal, StoredAlarm, StoredFrame};
use crate::record::{AlertRecord, By, Reason, kind, priority, state};

/// What to export.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Every value of every device frame, and every alarm that a device raised or ended.
    Readings,
    /// Every alert.
    Alerts,
}

/// What to export, and of when.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// What.
    #[arg(long, value_enum, default_value = "readings")]
    kind: Kind,
    /// Only what arrived, or alerts that changed, at this time or later: `2026-11-21T02:13:00Z`.
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Only what arrived, or alerts that were raised, at this time or earlier.
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
}

/// Writes what was asked for, one JSON object a line.
///
/// # Errors
/// The store cannot be read, or nobody reads what is written.
pub(super) async fn run(files: &Files, args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let path = Settings::read(files)?.gateway.store.path;
    // A misspelled path must not make an empty store.
    std::fs::metadata(&path).with_context(|| format!("there is no store at {}", path.display()))?;
    let journal = Journal::attach(&path)?;
    let mut out = std::io::BufWriter::new(out);
    match args.kind {
        Kind::Readings => readings(&journal, args, &mut out).await?,
        Kind::Alerts => alerts(&journal, args, &mut out).await?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

async fn readings(journal: &Journal, args: &Args, out: &mut impl Write) -> anyhow::Result<()> {
    let from = args.from.map_or(Wall(0), Wall::from);
    let to = args.to.map_or(Wall(i64::MAX), Wall::from);
    let mut pages = journal.readings(None, from, to);
    let mut alarms = journal.alarms(from, to);
    while let Some(page) = pages.next().await? {
        for frame in &page {
            while let Some(stored) = alarms.next_before(Some(frame.wall)).await? {
                write_line(out, &ReadingLine::of_alarm(&stored))?;
            }
            for measured in &frame.frame.readings {
                write_line(out, &ReadingLine::of(frame, measured))?;
            }
        }
    }
    while let Some(stored) = alarms.next_before(None).await? {
        write_line(out, &ReadingLine::of_alarm(&stored))?;
    }
    Ok(())
}

async fn alerts(journal: &Journal, args: &Args, out: &mut impl Write) -> anyhow::Result<()> {
    let query = AlertQuery { all: true, bed: None, since: args.from.map(Wall::from) };
    let to = args.to.map_or(Wall(i64::MAX), Wall::from);
    for record in journal.alerts(query).await?.iter().filter(|record| record.raised_at <= to) {
        write_line(out, &AlertLine::of(record))?;
    }
    Ok(())
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    Ok(out.write_all(b"\n")?)
}

/// One value of one frame, or one alarm of a device, as the contract names its parts.
#[derive(Debug, Serialize)]
struct ReadingLine<'a> {
    received: String,
    time: Option<String>,
    bed: Option<&'a str>,
    device: &'a str,
    seq: Option<u64>,
    code: &'a str,
    value: Option<Value<'a>>,
    unit: &'a str,
    status: &'a str,
    /// What else the device said of its alarm; only such a line has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<Raised>,
}

/// A number keeps the digits that it came with; what is no number stays text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Number(&'a RawValue),
    Text(&'a str),
}

impl<'a> ReadingLine<'a> {
    fn of(stored: &'a StoredFrame, measured: &'a Measured) -> Self {
        let frame = &stored.frame;
        Self {
            received: rfc3339(stored.wall),
            time: measured.taken.or(frame.sent).map(rfc3339),
            bed: stored.bed.as_deref(),
            device: &frame.device,
            seq: frame.seq,
            code: &measured.code,
            value: value_of(&measured.text),
            unit: &measured.unit,
            status: if measured.status.is_empty() { "ok" } else { &measured.status },
            alarm: None,
        }
    }

    fn of_alarm(stored: &'a StoredAlarm) -> Self {
        let alarm = &stored.alarm;
        Self {
            received: rfc3339(stored.wall),
            time: None,
            bed: stored.bed.as_deref(),
            device: &alarm.device,
            seq: None,
            code: &alarm.event,
            value: Some(Value::Text(raised::phase(alarm.on))),
            unit: "",
            status: "ok",
            alarm: Some(Raised::of(alarm)),
        }
    }
}

fn value_of(text: &str) -> Option<Value<'_>> {
    if text.is_empty() {
        return None;
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(number) if serde_json::from_str::<f64>(text).is_ok() => Some(Value::Number(number)),
        _ => Some(Value::Text(text)),
    }
}

/// One alert, with what it stands on and who answered.
#[derive(Debug, Serialize)]
struct AlertLine<'a> {
    id: &'a str,
    bed: Option<&'a str>,
    patient: Option<&'a Uhid>,
    kind: &'static str,
    code: &'a str,
    title: &'a str,
    priority: &'static str,
    state: &'static str,
    raised: String,
    changed: String,
    reasons: &'a [Reason],
    notes: &'a [String],
    acknowledged: Option<Answered<'a>>,
    accepted: Option<Answered<'a>>,
}

/// Who answered, when and where.
#[derive(Debug, Serialize)]
struct Answered<'a> {
    by: &'a str,
    at: String,
    station: &'a str,
}

impl<'a> AlertLine<'a> {
    fn of(record: &'a AlertRecord) -> Self {
        Self {
            id: &record.id,
            bed: record.bed.as_deref(),
            patient: record.patient.as_ref(),
            kind: kind::word(record.kind),
            code: &record.code,
            title: &record.title,
            priority: priority::word(record.priority),
            state: state::word(record.state),
            raised: rfc3339(record.raised_at),
            changed: rfc3339(record.changed_at),
            reasons: &record.reasons,
            notes: &record.notes,
            acknowledged: record.acknowledged.as_ref().map(Answered::of),
            accepted: record.accepted.as_ref().map(Answered::of),
        }
    }
}

impl<'a> Answered<'a> {
    fn of(answer: &'a By) -> Self {
        Self { by: &answer.by, at: rfc3339(answer.at), station: &answer.station }
    }
}

fn rfc3339(wall: Wall) -> String {
    wall.timestamp().to_string()
}

#[cfg(test)]
impl Args {
    /// All readings.
    pub(super) const fn readings() -> Self {
        Self { kind: Kind::Readings, from: None, to: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_the_rest_stays_text() {
        let told = ["6.80", "118", "-", "1e999", "true", ""]
            .map(|text| serde_json::to_string(&value_of(text)).unwrap());
        assert_eq!(told, ["6.80", "118", r#""-""#, r#""1e999""#, r#""true""#, "null"]);
    }
}
