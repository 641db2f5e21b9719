//! The message log: every message in and out, with its bytes, whose it is, what became of it, and the alerts
//! it led to. It decides none of that, and reads no wire format.
//!
//! Bytes are kept packed where that makes them smaller: a row that holds fewer bytes than its `length` holds
//! them packed.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::JournalError;
use super::entry::Sent;
use super::number::from_count;
use crate::clock::Wall;
use crate::event::{Outcome, Peer, Raw, Uhid};
use crate::message::{Repeat, Way, packed, unpacked};

/// Which messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// From or to one peer only, by its name or its endpoint.
    pub peer: Option<String>,
    /// Of one kind only, such as `ORU^R01`.
    pub kind: Option<String>,
    /// With one outcome only.
    pub outcome: Option<Outcome>,
    /// Those of one patient only.
    pub patient: Option<Uhid>,
    /// Those that led to one alert only, or were sent for it.
    pub alert: Option<String>,
    /// At this time or later.
    pub from: Option<Wall>,
    /// At this time or earlier.
    pub to: Option<Wall>,
    /// Those whose bytes, control id or reason contain this.
    pub text: Option<String>,
    /// Older than this one, for the next page.
    pub before: Option<i64>,
    /// How many at most.
    pub most: usize,
}

/// One message of the log, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its number.
    pub id: i64,
    /// When it arrived or left.
    pub wall: Wall,
    /// Which way it went.
    pub way: Way,
    /// By which endpoint.
    pub endpoint: String,
    /// From whom or to whom.
    pub peer: String,
    /// What kind; empty where it could not be told.
    pub kind: String,
    /// The sender's control id; empty where it has none.
    pub control_id: String,
    /// Whose, where it names one patient.
    pub patient: Option<Uhid>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// The names of the alerts that it raised or changed, or was sent for.
    pub alerts: Vec<String>,
    /// The first copy, where this is a second one.
    pub duplicate_of: Option<i64>,
    /// The row of the outbox, where it is ours.
    pub delivery: Option<i64>,
    /// How many bytes it has.
    pub length: u32,
}

/// One message, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageWhole {
    /// What is known of it.
    pub row: MessageRow,
    /// Its bytes as they came or went.
    pub bytes: Vec<u8>,
    /// What came back for it, where it is ours.
    pub answer: Option<Vec<u8>>,
}

/// A message that arrived, for its row.
pub(super) struct Arrived<'a> {
    pub(super) wall: Wall,
    pub(super) peer: &'a Peer,
    pub(super) raw: &'a Raw,
    pub(super) packed: Option<&'a [u8]>,
    pub(super) alerts: &'a [String],
    pub(super) duplicate_of: Option<i64>,
}

const INSERT: &str = "
    INSERT INTO message (wall, way, endpoint, peer, kind, control_id, patient, outcome, reason, alerts,
                         duplicate_of, delivery, identity, length, answered, answer, bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";

/// Writes down a message that arrived; gives its number.
pub(super) fn write(connection: &Connection, arrived: &Arrived<'_>) -> Result<i64, JournalError> {
    let Arrived { wall, peer, raw, packed, alerts, duplicate_of } = arrived;
    let remembered = match raw.marks.repeat {
        Some(Repeat::Remembered(identity)) if duplicate_of.is_none() => Some(identity.0),
        _ => None,
    };
    connection.prepare_cached(INSERT)?.execute(params![
        wall.0,
        Way::In.word(),
        peer.endpoint,
        peer.name,
        raw.kind,
        raw.control_id,
        raw.marks.patient.as_ref().map(|patient| &patient.0),
        raw.outcome.word(),
        raw.reason,
        json(alerts)?,
        duplicate_of,
        None::<i64>,
        remembered,
        from_count(raw.bytes.len()),
        0,
        [0_u8; 0],
        packed.unwrap_or(&raw.bytes),
    ])?;
    let id = connection.last_insert_rowid();
    link(connection, id, alerts)?;
    Ok(id)
}

/// Writes down a try of ours.
pub(super) fn write_sent(connection: &Connection, sent: &Sent) -> Result<(), JournalError> {
    let alerts: Vec<String> = sent.alert.iter().cloned().collect();
    let kept = |bytes: &[u8]| packed(bytes).unwrap_or_else(|| bytes.to_vec());
    connection.prepare_cached(INSERT)?.execute(params![
        sent.wall.0,
        Way::Out.word(),
        sent.endpoint,
        sent.peer,
        sent.exchange.kind,
        sent.control_id,
        sent.patient.as_ref().map(|patient| &patient.0),
        sent.outcome.word(),
        sent.reason,
        json(&alerts)?,
        None::<i64>,
        sent.delivery,
        None::<[u8; 16]>,
        from_count(sent.exchange.sent.len()),
        from_count(sent.exchange.answer.len()),
        kept(&sent.exchange.answer),
        kept(&sent.exchange.sent),
    ])?;
    link(connection, connection.last_insert_rowid(), &alerts)
}

fn json(alerts: &[String]) -> Result<String, JournalError> {
    serde_json::to_string(alerts).map_err(|fault| JournalError::Unwritable(fault.to_string()))
}

fn link(connection: &Connection, id: i64, alerts: &[String]) -> Result<(), JournalError> {
    for alert in alerts {
        connection
            .prepare_cached("INSERT OR IGNORE INTO message_alert VALUES (?1, ?2)")?
            .execute(params![alert, id])?;
    }
    Ok(())
}

const COLUMNS: &str = "id, wall, way, endpoint, peer, kind, control_id, patient, outcome, reason, alerts,
                       duplicate_of, delivery, length";

/// Messages, the newest first.
pub(super) fn messages(
    connection: &Connection,
    query: &MessageQuery,
) -> Result<Vec<MessageRow>, JournalError> {
    let (conditions, values) = conditions(query);
    let bytes = if query.text.is_some() { ", answered, answer, bytes" } else { "" };
    let sql = format!("SELECT {COLUMNS}{bytes} FROM message WHERE {conditions} ORDER BY id DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while found.len() < query.most
        && let Some(row) = rows.next()?
    {
        let message = read(row)?;
        let holds = match &query.text {
            Some(text) => holds(row, &message, text)?,
            None => true,
        };
        if holds {
            found.push(message);
        }
    }
    Ok(found)
}

/// What a query asks for, as SQL with its values. Only what is asked for stands in it, so that SQLite finds
/// the index that fits.
fn conditions(query: &MessageQuery) -> (String, Vec<Value>) {
    let mut sql = vec!["id < ?"];
    let mut values = vec![Value::Integer(query.before.unwrap_or(i64::MAX))];
    let mut also = |condition, more: &[Value]| {
        sql.push(condition);
        values.extend_from_slice(more);
    };
    let text = |text: &str| Value::Text(text.to_owned());
    if let Some(peer) = &query.peer {
        also("(peer = ? OR endpoint = ?)", &[text(peer), text(peer)]);
    }
    if let Some(kind) = &query.kind {
        also("kind = ?", &[text(kind)]);
    }
    if let Some(outcome) = query.outcome {
        also("outcome = ?", &[text(outcome.word())]);
    }
    if let Some(patient) = &query.patient {
        also("patient = ?", &[text(&patient.0)]);
    }
    if let Some(alert) = &query.alert {
        also("id IN (SELECT message FROM message_alert WHERE alert = ?)", &[text(alert)]);
    }
    if let Some(from) = query.from {
        also("wall >= ?", &[Value::Integer(from.0)]);
    }
    if let Some(to) = query.to {
        also("wall <= ?", &[Value::Integer(to.0)]);
    }
    (sql.join(" AND "), values)
}

fn holds(row: &Row<'_>, message: &MessageRow, text: &str) -> rusqlite::Result<bool> {
    if message.control_id.contains(text) || message.reason.contains(text) {
        return Ok(true);
    }
    let (wanted, whole) = (text.as_bytes(), whole(row, message.clone())?);
    let found = |bytes: &[u8]| bytes.windows(wanted.len().max(1)).any(|window| window == wanted);
    Ok(found(&whole.bytes) || whole.answer.is_some_and(|answer| found(&answer)))
}

/// One message, whole.
pub(super) fn message(connection: &Connection, id: i64) -> Result<Option<MessageWhole>, JournalError> {
    let sql = format!("SELECT {COLUMNS}, answered, answer, bytes FROM message WHERE id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([id], |row| whole(row, read(row)?)).optional()?)
}

fn whole(row: &Row<'_>, message: MessageRow) -> rusqlite::Result<MessageWhole> {
    let answered: u32 = row.get("answered")?;
    let answer = (answered > 0).then(|| kept(row, "answer", answered)).transpose()?;
    Ok(MessageWhole { bytes: kept(row, "bytes", message.length)?, answer, row: message })
}

/// The bytes of a column whose whole length is known. What cannot be unpacked is shown as it is kept.
fn kept(row: &Row<'_>, column: &str, length: u32) -> rusqlite::Result<Vec<u8>> {
    let bytes: Vec<u8> = row.get(column)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Ok(if bytes.len() < length { unpacked(&bytes, length).unwrap_or(bytes) } else { bytes })
}

fn read(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let (way, outcome, alerts): (String, String, String) =
        (row.get("way")?, row.get("outcome")?, row.get("alerts")?);
    Ok(MessageRow {
        id: row.get("id")?,
        wall: Wall(row.get("wall")?),
        way: Way::parse(&way).unwrap_or(Way::In),
        endpoint: row.get("endpoint")?,
        peer: row.get("peer")?,
        kind: row.get("kind")?,
        control_id: row.get("control_id")?,
        patient: row.get::<_, Option<String>>("patient")?.map(Uhid),
        outcome: Outcome::parse(&outcome).unwrap_or(Outcome::Refused),
        reason: row.get("reason")?,
        alerts: serde_json::from_str(&alerts).unwrap_or_default(),
        duplicate_of: row.get("duplicate_of")?,
        delivery: row.get("delivery")?,
        length: row.get("length")?,
    })
}

#[cfg(test)]
mod tests;
