//! Readings, and alarms of devices, as `wardlight export` writes them: one JSON object a line. What was at no
//! bed of the ward is passed over: here each bed stands for itself, and nobody would be called.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use compact_str::CompactString;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::raised::Raised;
use super::rows::{Line, Row, Source, timestamp};

/// One line. A reading keeps the digits with which it was written.
#[derive(Deserialize)]
struct Exported<'a> {
    received: &'a str,
    time: Option<&'a str>,
    bed: Option<CompactString>,
    device: CompactString,
    seq: Option<u64>,
    code: CompactString,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    unit: CompactString,
    status: CompactString,
    #[serde(default)]
    alarm: Option<Box<Raised>>,
}

/// An opened file of lines.
pub(super) struct Lines {
    file: BufReader<File>,
    number: u64,
    read: u64,
    bytes: u64,
    text: String,
}

impl Lines {
    /// Opens a file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file: BufReader::new(file), number: 0, read: 0, bytes, text: String::new() })
    }

    fn row(&self) -> anyhow::Result<Option<Row>> {
        let line: Exported<'_> =
            serde_json::from_str(&self.text).context("not a reading as `wardlight export` writes it")?;
        let Some(bed) = line.bed else { return Ok(None) };
        Ok(Some(Row {
            at: timestamp(line.received)?,
            bed,
            code: line.code,
            value: line.value.map(text_of).transpose()?.unwrap_or_default(),
            unit: line.unit,
            status: line.status,
            device: line.device,
            seq: line.seq,
            taken: line.time.map(timestamp).transpose()?,
            alarm: line.alarm,
        }))
    }
}

impl Source for Lines {
    fn next(&mut self) -> anyhow::Result<Option<Line>> {
        self.text.clear();
        self.number += 1;
        let number = self.number;
        let length = self.file.read_line(&mut self.text).with_context(|| format!("line {number}"))?;
        if length == 0 {
            return Ok(None);
        }
        self.read += u64::try_from(length).unwrap_or(0);
        let rows = self.row().with_context(|| format!("line {number}"))?;
        Ok(Some(Line { number, rows: rows.into_iter().collect() }))
    }

    fn progress(&self) -> (u64, u64) {
        (self.read, self.bytes)
    }
}

/// What the device sent: a number to its digits, a text as it was.
fn text_of(value: &RawValue) -> anyhow::Result<CompactString> {
    let text = value.get();
    if text.starts_with('"') { Ok(serde_json::from_str(text)?) } else { Ok(text.into()) }
}
