//! A recording read into events: the long form (`time,bed,code,value,unit,status`) or a wide one by its
//! column map.
//!
//! Times out of order are sorted within ten seconds and refused beyond, with the line.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use rules::Moment;
use rules::alert::Quantity;

use super::columns::Layout;
use crate::clock::Wall;
use crate::event::{DeviceFrame, Event, LabItem, LabReport, Measured, Place, key_of};
use crate::ingest::terminology;

/// How far a time may lie behind the latest one before it.
const OUT_OF_ORDER_MOST_MS: i64 = 10_000;

/// Everything of one file, in the order of time.
pub(super) struct Recording {
    pub(super) beds: BTreeSet<String>,
    pub(super) events: Vec<(Moment, Event)>,
}

/// One value of the file.
struct Row {
    at: i64,
    bed: String,
    code: String,
    value: String,
    unit: String,
    status: String,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub(super) fn read(path: &Path, columns: Option<&str>) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let bed =
            path.file_stem().map_or_else(|| "01".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let mut rows = rows(&text, &bed, columns)?;
        rows.sort_by_key(|row| row.at);
        let beds = rows.iter().map(|row| row.bed.clone()).collect();
        let events = rows.chunk_by(|a, b| a.at == b.at && a.bed == b.bed).flat_map(events_of).collect();
        Ok(Self { beds, events })
    }

    /// From the first to the last value: for so long each of its beds was watched.
    pub(super) fn span_ms(&self) -> i64 {
        let (Some((first, _)), Some((last, _))) = (self.events.first(), self.events.last()) else { return 0 };
        i64::try_from(last.0.saturating_sub(first.0)).unwrap_or(0)
    }
}

fn rows(text: &str, bed: &str, columns: Option<&str>) -> anyhow::Result<Vec<Row>> {
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.contains('|') { b'|' } else { b',' };
    let mut csv = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let headers: Vec<String> = csv.headers()?.iter().map(str::to_owned).collect();
    let names: Vec<&str> = headers.iter().map(String::as_str).collect();
    let layout = match columns {
        Some(text) => Some(Layout::parse(text)?),
        None => Layout::known(&names),
    };
    let mut rows = Vec::new();
    let mut latest = i64::MIN;
    for (line, record) in (2..).zip(csv.records()) {
        let record = record.with_context(|| format!("line {line}"))?;
        let read = match &layout {
            Some(layout) => wide(&record, &names, layout, bed),
            None => long(&record, &names).map(|row| vec![row]),
        };
        let read = read.with_context(|| format!("line {line}"))?;
        for row in &read {
            if latest.saturating_sub(row.at) > OUT_OF_ORDER_MOST_MS {
                bail!("line {line}: its time lies more than 10 s before that of an earlier line");
            }
            latest = latest.max(row.at);
        }
        rows.extend(read);
    }
    Ok(rows)
}

fn long(record: &csv::StringRecord, names: &[&str]) -> anyhow::Result<Row> {
    let cell = |name: &str| {
        let at = names.iter().position(|known| *known == name);
        at.and_then(|at| record.get(at)).map(|text| text.trim().to_owned())
    };
    let need = |name: &str| {
        cell(name).with_context(|| format!("no column {name}; write time,bed,code,value,unit,status"))
    };
    Ok(Row {
        at: time(&need("time")?, 0)?,
        bed: need("bed")?,
        code: need("code")?,
        value: need("value")?,
        unit: cell("unit").unwrap_or_default(),
        status: cell("status").unwrap_or_default(),
    })
}

fn wide(record: &csv::StringRecord, names: &[&str], layout: &Layout, bed: &str) -> anyhow::Result<Vec<Row>> {
    let cell = |name: &str| names.iter().position(|known| *known == name).and_then(|at| record.get(at));
    let at = cell(&layout.time).with_context(|| format!("no column {}", layout.time))?;
    let at = time(at.trim(), layout.time_unit_ms)?;
    let row = |column: &super::columns::Column| {
        let value =
            cell(&column.header).map(str::trim).filter(|value| !value.is_empty() && *value != "NaN")?;
        Some(Row {
            at,
            bed: bed.to_owned(),
            code: column.code.clone(),
            value: value.to_owned(),
            unit: column.unit.clone(),
            status: String::new(),
        })
    };
    Ok(layout.columns.iter().filter_map(row).collect())
}

/// A time: a timestamp, or a count of units from the start of the recording.
fn time(text: &str, unit_ms: i64) -> anyhow::Result<i64> {
    if unit_ms > 0 {
        let count: i64 = text.parse().with_context(|| format!("{text:?} is no count of time"))?;
        return count.checked_mul(unit_ms).context("a time beyond reason");
    }
    let timestamp: jiff::Timestamp =
        text.parse().with_context(|| format!("{text:?} is no time with a zone"))?;
    Ok(timestamp.as_millisecond())
}

/// The events of one bed at one time: a device frame of the signs, a report of the results.
fn events_of(rows: &[Row]) -> Vec<(Moment, Event)> {
    let Some(first) = rows.first() else { return Vec::new() };
    let at = Moment(u64::try_from(first.at).unwrap_or(0));
    let key = key_of(&[b"replay", first.bed.as_bytes(), &first.at.to_be_bytes()]);
    let readings: Vec<Measured> = rows.iter().filter_map(measured).collect();
    let results: Vec<LabItem> = rows.iter().filter_map(|row| result(row, key)).collect();
    let mut events = Vec::new();
    if !readings.is_empty() {
        let place = Place::Bed(first.bed.clone());
        let (device, sent) = ("recording".to_owned(), Some(Wall(first.at)));
        let frame =
            DeviceFrame { place, patient: None, device, sent, seq: None, key, readings, silence_s: None };
        events.push((at, Event::Frame(frame)));
    }
    if !results.is_empty() {
        let place = Place::Bed(first.bed.clone());
        let (accession, message) = (String::new(), format!("{:016x}", key.0));
        let report = LabReport {
            patient: None,
            candidates: Vec::new(),
            numbers: Vec::new(),
            place,
            accession,
            message,
            attending: None,
            results,
        };
        events.push((at, Event::Report(report)));
    }
    events
}

fn measured(row: &Row) -> Option<Measured> {
    let judged = terminology::judge(&row.code, &row.value, &row.unit, &row.status)?;
    Some(Measured {
        code: (&row.code).into(),
        text: (&row.value).into(),
        unit: (&row.unit).into(),
        status: (&row.status).into(),
        taken: None,
        judged: Some(judged),
    })
}

fn result(row: &Row, key: rules::vital::MessageKey) -> Option<LabItem> {
    let known = crate::ingest::profile::known_analyte(&row.code)?;
    let value = rules::Decimal::parse(row.value.as_bytes());
    let unit = crate::ingest::profile::laboratory_unit(&row.unit);
    Some(LabItem {
        code: (&row.code).into(),
        name: known.word().to_owned(),
        text: (&row.value).into(),
        unit: (&row.unit).into(),
        range: String::new(),
        flags: String::new(),
        known: Some(known),
        quantity: value.map(|value| Quantity::exactly(value, unit)),
        flag: rules::event::Flag::default(),
        status: rules::event::ResultStatus::default(),
        sampled: Some(Wall(row.at)),
        key: key_of(&[&key.0.to_be_bytes(), row.code.as_bytes()]),
    })
}
