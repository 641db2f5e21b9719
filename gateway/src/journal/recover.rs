//! Opening the store and finding out where the ward was. Our own corrupt state never stops the start: what
//! cannot be trusted is set aside or passed over, and said so.

use std::fs;
use std::path::{Path, PathBuf};

use rules::{Moment, Span};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::number::{from_moment, to_moment};
use super::replay::Replay;
use super::reserve::Reserve;
use super::rows::sum_of;
use super::{AuditRow, JournalError, Tag, aside, audit, read, schema};
use crate::clock::Wall;
use crate::record::AlertRecord;

/// How much of the record is replayed when no checkpoint fits: a day of ward time.
const WITHOUT_CHECKPOINT: Span = Span::hours(24);

/// What is read at every start whatever the size of the file: small tables checked page by page, and the rows
/// of the outbox that still wait. Open alerts are read in any case.
const CHECKED: [&str; 4] = [
    "PRAGMA quick_check(account)",
    "PRAGMA quick_check(token)",
    "PRAGMA quick_check(checkpoint)",
    "SELECT iif(total(length(parcel)) < 0, '', 'ok') FROM outbox WHERE state = 'waiting'",
];

/// Below this size the whole file is checked at every start; above it that would keep the ward waiting, and
/// damage in the long tables is found where it is read or written.
const CHECKED_WHOLE_BYTES: u64 = 64 << 20;

/// Who tells of the policy in the audit, and by what file.
pub const OF_THE_POLICY: (&str, &str) = ("gateway", "ward.toml");

/// Where the ward was.
#[derive(Debug)]
pub struct Recovered {
    /// The latest moment in the record; `Moment(0)` for a fresh store. The clock goes on from here.
    pub last: Moment,
    /// The newest whole checkpoint whose tag matches; else the newest whole one.
    pub checkpoint: Option<Checkpoint>,
    /// What happened after the checkpoint; all of the last 24 h of ward time when none matches.
    pub events_after: Replay,
    /// The alerts that were open. What was recorded wins over a replay that lacks it.
    pub open_alerts: Vec<AlertRecord>,
    /// How many open alerts are in the record and cannot be read by this version: worth a technical alert.
    pub alerts_unread: u64,
    /// Where the store was put that could not be trusted: worth a technical alert.
    pub set_aside: Option<PathBuf>,
    /// What the audit last says of the policy.
    pub policy_told: Option<AuditRow>,
}

/// The ward's beds as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// When, on the ward's line of time.
    pub at: Moment,
    /// By which rules and policy.
    pub tag: Tag,
    /// The beds, in the ward's own encoding.
    pub body: Vec<u8>,
    /// Whether it was made by the rules and the policy that run now. Otherwise only what it says beside the
    /// beds may be taken over.
    pub matches: bool,
    /// The last event that it covers.
    seq: i64,
}

/// An opened store.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) next_seq: i64,
    pub(super) recovered: Recovered,
}

/// Opens the store for the gateway: the file if it can be trusted, else a fresh one in its place. A full disk
/// costs the ballast, not the start.
pub(super) fn open(path: &Path, now: Wall, tag: &Tag) -> Result<Opened, JournalError> {
    if aside::is_suspect(path) && path.exists() {
        return open_afresh(path, now, tag);
    }
    match open_trusted(path, tag) {
        Err(fault) if fault.is_damage() || !fault.is_of_the_machine() => {
            tracing::error!(%fault, "the store cannot be trusted");
            open_afresh(path, now, tag)
        }
        Err(fault) if Reserve::beside(path).is_laid() => {
            tracing::error!(%fault, "the store cannot be opened; tried again without the ballast");
            let _ = Reserve::beside(path).release();
            open_trusted(path, tag)
        }
        opened => opened,
    }
}

fn open_afresh(path: &Path, now: Wall, tag: &Tag) -> Result<Opened, JournalError> {
    let (fresh, set_aside) = aside::begin_afresh(path, now)?;
    let mut opened = find_out(path, fresh, tag)?;
    opened.recovered.set_aside = Some(set_aside);
    Ok(opened)
}

fn open_trusted(path: &Path, tag: &Tag) -> Result<Opened, JournalError> {
    let mut connection = schema::open_to_write(path)?;
    schema::migrate(&mut connection)?;
    if fs::metadata(path).map_or(0, |found| found.len()) <= CHECKED_WHOLE_BYTES {
        check(&connection, "PRAGMA quick_check(1)")?;
    }
    for sql in CHECKED {
        check(&connection, sql)?;
    }
    find_out(path, connection, tag)
}

/// Finds out where the ward was.
fn find_out(path: &Path, connection: Connection, tag: &Tag) -> Result<Opened, JournalError> {
    let last_seq = last_seq(&connection)?;
    let checkpoint = newest_checkpoint(&connection, tag)?;
    let last = last_moment(&connection, checkpoint.as_ref())?;
    let after = match &checkpoint {
        Some(Checkpoint { matches: true, seq, .. }) => *seq,
        _ => last_before(&connection, last - WITHOUT_CHECKPOINT, last_seq)?,
    };
    let (open_alerts, alerts_unread) = read::open_alerts(&connection)?;
    let events_after = Replay::new(schema::open_to_read(path)?, after, last_seq);
    let recovered = Recovered {
        last,
        checkpoint,
        events_after,
        open_alerts,
        alerts_unread,
        set_aside: None,
        policy_told: audit::newest_of(&connection, OF_THE_POLICY.0, OF_THE_POLICY.1)?,
    };
    Ok(Opened { connection, next_seq: last_seq + 1, recovered })
}

fn check(connection: &Connection, sql: &str) -> Result<(), JournalError> {
    let found: String = connection.query_row(sql, [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(JournalError::Damaged(found)) }
}

/// The number of the last frame or event, or of the last that a checkpoint covers: checkpoints are carried
/// over from a damaged store without the events that they cover.
pub(super) fn last_seq(connection: &Connection) -> Result<i64, JournalError> {
    let sql =
        "SELECT max(coalesce((SELECT max(seq) FROM frame), 0), coalesce((SELECT max(seq) FROM event), 0),
               coalesce((SELECT max(seq) FROM checkpoint), 0))";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn last_moment(connection: &Connection, checkpoint: Option<&Checkpoint>) -> Result<Moment, JournalError> {
    let sql = "SELECT max(coalesce((SELECT at FROM frame ORDER BY seq DESC LIMIT 1), 0),
               coalesce((SELECT at FROM event ORDER BY seq DESC LIMIT 1), 0))";
    let happened: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(to_moment(happened).max(checkpoint.map_or(Moment(0), |checkpoint| checkpoint.at)))
}

/// Checkpoints that are not whole are passed over: the ones before them stand.
fn newest_checkpoint(connection: &Connection, tag: &Tag) -> Result<Option<Checkpoint>, JournalError> {
    let mut statement = connection.prepare("SELECT * FROM checkpoint ORDER BY id DESC")?;
    let mut rows = statement.query([])?;
    let mut newest = None;
    while let Some(row) = rows.next()? {
        match read_checkpoint(row, tag) {
            Some(checkpoint) if checkpoint.matches => return Ok(Some(checkpoint)),
            Some(checkpoint) => newest = newest.or(Some(checkpoint)),
            None => tracing::error!("a checkpoint is damaged; the one before it is taken"),
        }
    }
    Ok(newest)
}

fn read_checkpoint(row: &Row<'_>, tag: &Tag) -> Option<Checkpoint> {
    let body: Vec<u8> = row.get("body").ok()?;
    let sum: [u8; 32] = row.get("sum").ok()?;
    let made_by = Tag { rules: row.get("rules").ok()?, policy: row.get("policy").ok()? };
    let (at, seq) = (to_moment(row.get("at").ok()?), row.get("seq").ok()?);
    (sum == sum_of(&body)).then(|| Checkpoint { at, tag: made_by, body, matches: made_by == *tag, seq })
}

/// The last row before `moment`: the ward's time never goes back, so it is found by halving.
fn last_before(connection: &Connection, moment: Moment, last: i64) -> Result<i64, JournalError> {
    let mut statement = connection.prepare(
        "SELECT at FROM (SELECT * FROM (SELECT seq, at FROM frame WHERE seq >= ?1 ORDER BY seq LIMIT 1)
         UNION ALL SELECT * FROM (SELECT seq, at FROM event WHERE seq >= ?1 ORDER BY seq LIMIT 1))
         ORDER BY seq LIMIT 1",
    )?;
    // Everything up to `before` lies before the moment, everything from `after` on does not.
    let (mut before, mut after) = (0, last + 1);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        let at: Option<i64> = statement.query_row(params![middle], |row| row.get(0)).optional()?;
        if at.is_some_and(|at| at < from_moment(moment)) {
            before = middle;
        } else {
            after = middle;
        }
    }
    Ok(before)
}

#[cfg(test)]
mod tests;
