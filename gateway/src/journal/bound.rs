//! The bound of the store: how much it holds, and what goes when it is full, the oldest first. What was never
//! delivered stays whatever it costs, as do alerts, accounts, the audit and the newest message, whose number
//! would be given again.
//!
//! One call is one small batch, as with the sweep, and under the same condition: the wall clock can be
//! trusted. Pages that become free are used again; the file does not get smaller.

use rusqlite::{Connection, params};

use super::JournalError;
use super::sweep::{BATCH_ROWS, HOUR_MS, thin};
use crate::clock::Wall;

/// However full it is, messages and frames of the last hour stay as they are: they are what people look at.
const UNTOUCHED_MS: i64 = HOUR_MS;

/// Readings and events of the last day stay in some form: a start without a fitting checkpoint lives through
/// them again.
const RELIVED_MS: i64 = 24 * HOUR_MS;

/// How many messages one batch takes: some are as large as ten thousand others.
const MESSAGES_AT_ONCE: i64 = 50;

/// What one batch found and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Squeezed {
    /// How many bytes the store holds now.
    pub bytes: u64,
    /// How many frames were thinned before their time.
    pub thinned: usize,
    /// How many messages and deliveries went before their time.
    pub messages: usize,
    /// How many thinned frames and events went before their time.
    pub readings: usize,
    /// Whether there is more to do at once.
    pub more: bool,
}

/// What may go, the oldest first.
const MESSAGES: &str = "
    DELETE FROM message WHERE id IN (
        SELECT m.id FROM message m WHERE m.wall < ?1 AND m.id < (SELECT max(id) FROM message)
        AND NOT EXISTS (
            SELECT 1 FROM outbox o WHERE o.id = m.delivery AND o.state IN ('waiting', 'parked'))
        ORDER BY m.wall LIMIT ?2)";
const DELIVERIES: &str = "
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE settled_at < ?1 AND state IN ('done', 'cancelled')
        ORDER BY settled_at LIMIT ?2)";
const READINGS: [&str; 2] = [
    "DELETE FROM frame WHERE seq IN (SELECT seq FROM frame WHERE wall < ?1 ORDER BY wall LIMIT ?2)",
    "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE wall < ?1 ORDER BY wall LIMIT ?2)",
];

/// One batch towards a store of `most` bytes, in the caller's transaction.
pub(super) fn batch(connection: &Connection, now: Wall, most: u64) -> Result<Squeezed, JournalError> {
    let mut squeezed = Squeezed::default();
    if bytes_held(connection)? > most {
        let untouched = now.0.saturating_sub(UNTOUCHED_MS);
        let (thinned, looked_at) = thin(connection, untouched)?;
        squeezed.thinned = thinned;
        if looked_at == 0 {
            squeezed.messages = remove(connection, MESSAGES, untouched, MESSAGES_AT_ONCE)?;
            squeezed.messages += remove(connection, DELIVERIES, untouched, MESSAGES_AT_ONCE)?;
        }
        if looked_at == 0 && squeezed.messages == 0 {
            for sql in READINGS {
                let relived = now.0.saturating_sub(RELIVED_MS);
                squeezed.readings += remove(connection, sql, relived, BATCH_ROWS)?;
            }
        }
        squeezed.more = looked_at > 0 || squeezed.messages + squeezed.readings > 0;
    }
    squeezed.bytes = bytes_held(connection)?;
    squeezed.more &= squeezed.bytes > most;
    Ok(squeezed)
}

fn remove(connection: &Connection, sql: &str, before: i64, most: i64) -> Result<usize, JournalError> {
    Ok(connection.prepare_cached(sql)?.execute(params![before, most])?)
}

/// How many bytes are in use, by SQLite's own count of its pages.
fn bytes_held(connection: &Connection) -> Result<u64, JournalError> {
    let count = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let pages = count("page_count")?.saturating_sub(count("freelist_count")?);
    Ok(u64::try_from(pages.saturating_mul(count("page_size")?)).unwrap_or(0))
}

#[cfg(test)]
mod tests;
