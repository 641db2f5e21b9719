//! What rows of one time, one bed and one device say: of the signs a device frame, of the results a report,
//! and each event of the device's own an alarm that begins (`start`) or is over (`end`).

use rules::Moment;
use rules::alert::Quantity;
use rules::vital::MessageKey;

use super::super::raised::{self, Raised};
use super::rows::Row;
use crate::clock::Wall;
use crate::event::{
    DeviceFrame, DeviceRaised, Event, LabItem, LabReport, Measured, Place, Provenance, key_of,
};
use crate::ingest::profile;
use crate::ingest::terminology::{self, events};
use crate::journal::Happened;

/// What the rows of one sending say.
pub(super) fn told(rows: &[Row]) -> Vec<Happened> {
    let Some(first) = rows.first() else { return Vec::new() };
    let seq = first.seq.unwrap_or_default().to_be_bytes();
    let bed = first.bed.as_bytes();
    let key = key_of(&[b"replay", bed, first.device.as_bytes(), &seq, &first.at.to_be_bytes()]);
    let (frame, report) = (frame(rows, first, key), report(rows, first, key));
    let alarms = rows.iter().filter_map(|row| alarm(row, key));
    let happened = |event| Happened {
        at: Moment(u64::try_from(first.at).unwrap_or(0)),
        wall: Wall(first.at),
        bed: Some(first.bed.clone()),
        event,
    };
    let signs = frame.map(Event::Frame).into_iter().chain(alarms.map(Event::Alarm));
    signs.chain(report.map(Event::Report)).map(happened).collect()
}

fn frame(rows: &[Row], first: &Row, key: MessageKey) -> Option<DeviceFrame> {
    // A frame was sent when the newest of its values was taken.
    let sent = rows.iter().filter_map(|row| row.taken).max().unwrap_or(first.at);
    let values = rows.iter().filter(|row| row.alarm.is_none());
    let readings: Vec<Measured> = values.filter_map(|row| measured(row, sent)).collect();
    (!readings.is_empty()).then(|| DeviceFrame {
        place: Place::Bed(first.bed.to_string()),
        patient: None,
        device: first.device.to_string(),
        sent: Some(Wall(sent)),
        seq: first.seq,
        key,
        readings,
        silence_s: None,
    })
}

fn report(rows: &[Row], first: &Row, key: MessageKey) -> Option<LabReport> {
    let values = rows.iter().filter(|row| row.alarm.is_none());
    let results: Vec<LabItem> = values.filter_map(|row| result(row, key)).collect();
    (!results.is_empty()).then(|| LabReport {
        patient: None,
        candidates: Vec::new(),
        numbers: Vec::new(),
        place: Place::Bed(first.bed.to_string()),
        accession: String::new(),
        message: format!("{:016x}", key.0),
        attending: None,
        results,
    })
}

/// An alarm of the device's own: a row that says so, else one of an event.
fn alarm(row: &Row, key: MessageKey) -> Option<DeviceRaised> {
    let assumed = || events::names_an_event(&row.code).then(|| Raised::assumed(&row.code));
    let said = row.alarm.as_deref().cloned().or_else(assumed)?;
    let identity = [row.code.as_bytes(), said.source.as_bytes(), row.value.as_bytes()];
    let key = key_of(&[&key.0.to_be_bytes(), &key_of(&identity).0.to_be_bytes()]);
    let Raised { about, priority, source, text, episode, passing, inactivation } = said;
    Some(DeviceRaised {
        place: Place::Bed(row.bed.to_string()),
        patient: None,
        device: row.device.to_string(),
        event: row.code.to_string(),
        source,
        text,
        about,
        priority,
        on: raised::is_on(&row.value),
        passing,
        episode,
        inactivation,
        key,
    })
}

fn measured(row: &Row, sent: i64) -> Option<Measured> {
    let judged = terminology::judge(&row.code, &row.value, &row.unit, &row.status)?;
    Some(Measured {
        code: row.code.clone(),
        text: row.value.clone(),
        unit: row.unit.clone(),
        status: row.status.clone(),
        taken: row.taken.filter(|taken| *taken != sent).map(Wall),
        judged: Some(judged),
    })
}

fn result(row: &Row, key: MessageKey) -> Option<LabItem> {
    let known = profile::known_analyte(&row.code)?;
    let value = rules::Decimal::parse(row.value.as_bytes());
    let unit = profile::laboratory_unit(&row.unit);
    Some(LabItem {
        code: row.code.to_string(),
        name: known.word().to_owned(),
        text: row.value.to_string(),
        unit: row.unit.to_string(),
        range: String::new(),
        flags: String::new(),
        known: Some(known),
        quantity: value.map(|value| Quantity::exactly(value, unit)),
        flag: rules::event::Flag::default(),
        status: rules::event::ResultStatus::default(),
        sampled: Some(Wall(row.at)),
        key: key_of(&[&key.0.to_be_bytes(), row.code.as_bytes()]),
        provenance: Provenance::default(),
    })
}
