//! The two retentions: frames at full rate for 72 h and around every alert, then one each minute; everything
//! for 90 days. What was never delivered is never swept, nor is the audit; and the newest message stays, so
//! that its number is not given again.
//!
//! One call is one small batch, so that commits never wait long. It must not be called while the wall clock
//! may be wrong: a clock that is a year ahead makes everything old.

use rusqlite::{Connection, params};

use super::JournalError;
use crate::clock::Wall;

const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How long frames stay at full rate.
const FULL_RATE_MS: i64 = 72 * HOUR_MS;

/// How long anything stays.
const KEEP_MS: i64 = 90 * 24 * HOUR_MS;

/// How long before and after an alert was raised at a bed its frames stay at full rate.
const AROUND_ALERT_MS: i64 = 15 * MINUTE_MS;

/// How many rows of a table one batch looks at.
pub(super) const BATCH_ROWS: i64 = 500;

/// What one batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many frames were taken out between the ones that stay.
    pub thinned: usize,
    /// How many rows were at the end of their time.
    pub removed: usize,
    /// Whether there is more to do at once.
    pub more: bool,
}

/// One batch, in the caller's transaction.
pub(super) fn batch(connection: &Connection, now: Wall) -> Result<Swept, JournalError> {
    let (thinned, looked_at) = thin(connection, now.0.saturating_sub(FULL_RATE_MS))?;
    let cutoff = now.0.saturating_sub(KEEP_MS);
    let mut removed = 0;
    let mut most = looked_at;
    for sql in REMOVALS {
        let count = connection.prepare_cached(sql)?.execute([cutoff, BATCH_ROWS])?;
        removed += count;
        most = most.max(i64::try_from(count).unwrap_or(i64::MAX));
    }
    Ok(Swept { thinned, removed, more: most >= BATCH_ROWS })
}

/// Each takes the oldest first. Alerts go with their changes, and only when they are over.
const REMOVALS: [&str; 6] = [
    "DELETE FROM frame WHERE seq IN (SELECT seq FROM frame WHERE wall < ?1 ORDER BY wall LIMIT ?2)",
    "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE wall < ?1 ORDER BY wall LIMIT ?2)",
    "DELETE FROM message WHERE id IN (
        SELECT id FROM message WHERE wall < ?1 AND id < (SELECT max(id) FROM message)
        ORDER BY wall LIMIT ?2)",
    "DELETE FROM alert_change WHERE id IN (
        SELECT c.id FROM alert a JOIN alert_change c ON c.alert = a.id
        WHERE a.changed_at < ?1 AND a.state = 'resolved' LIMIT ?2)",
    "DELETE FROM alert WHERE id IN (
        SELECT id FROM alert a WHERE changed_at < ?1 AND state = 'resolved'
        AND NOT EXISTS (SELECT 1 FROM alert_change c WHERE c.alert = a.id) LIMIT ?2)",
    "DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE settled_at < ?1 AND state IN ('done', 'cancelled') LIMIT ?2)",
];

/// Thins the next frames that have had their full rate; says how many went and how many were looked at.
pub(super) fn thin(connection: &Connection, until: i64) -> Result<(usize, i64), JournalError> {
    let thinned_to: i64 =
        connection.prepare_cached("SELECT thinned_to FROM sweep")?.query_row([], |row| row.get(0))?;
    // A clock that once was far ahead must not keep frames from being thinned for ever after.
    let from = if thinned_to > until + FULL_RATE_MS { 0 } else { thinned_to };
    let (to, looked_at): (Option<i64>, i64) = connection
        .prepare_cached(
            "SELECT max(wall), count(*) FROM
             (SELECT wall FROM frame WHERE wall > ?1 AND wall < ?2 ORDER BY wall LIMIT ?3)",
        )?
        .query_row([from, until, BATCH_ROWS], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(to) = to else { return Ok((0, 0)) };
    let thinned = connection
        .prepare_cached(
            "DELETE FROM frame AS f WHERE f.wall > ?1 AND f.wall <= ?2
             AND EXISTS (SELECT 1 FROM frame e
                WHERE e.bed IS f.bed AND e.device = f.device
                AND e.wall >= f.wall - f.wall % ?3 AND e.wall <= f.wall
                AND (e.wall < f.wall OR e.seq < f.seq))
             AND NOT EXISTS (SELECT 1 FROM alert a
                WHERE a.bed = f.bed AND a.raised_at BETWEEN f.wall - ?4 AND f.wall + ?4)",
        )?
        .execute(params![from, to, MINUTE_MS, AROUND_ALERT_MS])?;
    connection.prepare_cached("UPDATE sweep SET thinned_to = ?1")?.execute([to])?;
    Ok((thinned, looked_at))
}

#[cfg(test)]
mod tests;
