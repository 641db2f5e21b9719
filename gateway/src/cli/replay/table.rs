//! A table of readings: the long form (`time,bed,code,value,unit,status`) or a wide one by its column map.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context;
use csv::StringRecord;

use super::columns::{Column, Layout};
use super::rows::{Line, Row, Source};

/// What the device of a table is called.
const DEVICE: &str = "recording";

/// An opened table.
pub(super) struct Table {
    csv: csv::Reader<BufReader<File>>,
    headers: Vec<String>,
    layout: Option<Layout>,
    /// The bed of a wide file: its own name.
    bed: String,
    bytes: u64,
    record: StringRecord,
}

impl Table {
    /// Opens a table and reads its headers.
    ///
    /// # Errors
    /// A file that cannot be read, or a column map that is none.
    pub(super) fn open(path: &Path, columns: Option<&str>) -> anyhow::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let separator = if first_line(path)?.contains('|') { b'|' } else { b',' };
        let mut csv = csv::ReaderBuilder::new().delimiter(separator).from_reader(BufReader::new(file));
        let headers: Vec<String> = csv.headers()?.iter().map(str::to_owned).collect();
        let names: Vec<&str> = headers.iter().map(String::as_str).collect();
        let layout = match columns {
            Some(text) => Some(Layout::parse(text)?),
            None => Layout::known(&names),
        };
        let bed =
            path.file_stem().map_or_else(|| "01".to_owned(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self { csv, headers, layout, bed, bytes, record: StringRecord::new() })
    }

    fn rows(&self) -> anyhow::Result<Vec<Row>> {
        match &self.layout {
            Some(layout) => self.wide(layout),
            None => Ok(vec![self.long()?]),
        }
    }

    fn cell(&self, name: &str) -> Option<&str> {
        let at = self.headers.iter().position(|known| known == name)?;
        self.record.get(at).map(str::trim)
    }

    fn long(&self) -> anyhow::Result<Row> {
        let need = |name: &str| {
            self.cell(name)
                .with_context(|| format!("no column {name}; write time,bed,code,value,unit,status"))
        };
        Ok(Row {
            at: time(need("time")?, 0)?,
            bed: need("bed")?.into(),
            code: need("code")?.into(),
            value: need("value")?.into(),
            unit: self.cell("unit").unwrap_or_default().into(),
            status: self.cell("status").unwrap_or_default().into(),
            device: DEVICE.into(),
            seq: None,
            taken: None,
            alarm: None,
        })
    }

    fn wide(&self, layout: &Layout) -> anyhow::Result<Vec<Row>> {
        let at = self.cell(&layout.time).with_context(|| format!("no column {}", layout.time))?;
        let at = time(at, layout.time_unit_ms)?;
        let row = |column: &Column| {
            let value = self.cell(&column.header).filter(|value| !value.is_empty() && *value != "NaN")?;
            Some(Row {
                at,
                bed: self.bed.as_str().into(),
                code: column.code.as_str().into(),
                value: value.into(),
                unit: column.unit.as_str().into(),
                status: "".into(),
                device: DEVICE.into(),
                seq: None,
                taken: None,
                alarm: None,
            })
        };
        Ok(layout.columns.iter().filter_map(row).collect())
    }
}

impl Source for Table {
    fn next(&mut self) -> anyhow::Result<Option<Line>> {
        let mut record = std::mem::take(&mut self.record);
        let number = self.csv.position().line();
        let is_there = self.csv.read_record(&mut record).with_context(|| format!("line {number}"))?;
        let number = record.position().map_or(number, csv::Position::line);
        self.record = record;
        if !is_there {
            return Ok(None);
        }
        let rows = self.rows().with_context(|| format!("line {number}"))?;
        Ok(Some(Line { number, rows }))
    }

    fn progress(&self) -> (u64, u64) {
        (self.csv.position().byte(), self.bytes)
    }
}

fn first_line(path: &Path) -> std::io::Result<String> {
    let mut line = String::new();
    std::io::BufRead::read_line(&mut BufReader::new(File::open(path)?), &mut line)?;
    Ok(line)
}

/// A time: a timestamp, or a count of units from the start of the recording.
fn time(text: &str, unit_ms: i64) -> anyhow::Result<i64> {
    if unit_ms > 0 {
        let count: i64 = text.parse().with_context(|| format!("{text:?} is no count of time"))?;
        return count.checked_mul(unit_ms).context("a time beyond reason");
    }
    super::rows::timestamp(text)
}
