//! What the board and the command line ask of the store. It only reads, on connections that cannot write.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, params};
use tokio::sync::Semaphore;

use super::{JournalError, schema};
use crate::clock::Wall;
use crate::record::{AlertChange, AlertRecord};

/// How many reads go on at once; the others wait their turn. A slow export never takes all of them.
const READS_MOST: usize = 4;

/// A few connections that only read, shared by everybody who asks.
#[derive(Debug)]
pub(super) struct Readers {
    store: PathBuf,
    turns: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(store: PathBuf) -> Self {
        Self { store, turns: Semaphore::new(READS_MOST), idle: Mutex::default() }
    }

    /// Where the store is.
    pub(super) fn store(&self) -> &Path {
        &self.store
    }

    /// Reads on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let _turn = self.turns.acquire().await.map_err(|_| JournalError::Stopping)?;
        let readers = Arc::clone(self);
        let blocking = tokio::task::spawn_blocking(move || {
            let connection = readers.take()?;
            let found = query(&connection)?;
            readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok(found)
        });
        blocking.await.map_err(|_| JournalError::Stopping)?
    }

    /// A connection on which a read failed is not given back, so the next read opens a fresh one.
    fn take(&self) -> Result<Connection, JournalError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| schema::open_to_read(&self.store), Ok)
    }
}

/// Which alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertQuery {
    /// Those that are over as well.
    pub all: bool,
    /// Of one bed only.
    pub bed: Option<String>,
    /// Those that changed at or after this time only.
    pub since: Option<Wall>,
}

/// Alerts, the oldest first. Those that this version cannot read are left out and logged.
pub(super) fn alerts(connection: &Connection, query: &AlertQuery) -> Result<Vec<AlertRecord>, JournalError> {
    let sql = match query {
        AlertQuery { all: false, .. } => {
            "SELECT body FROM alert WHERE state <> 'resolved' AND (?1 IS NULL OR bed = ?1)
             AND changed_at >= ?2 ORDER BY raised_at"
        }
        AlertQuery { bed: Some(_), .. } => {
            "SELECT body FROM alert WHERE bed = ?1 AND changed_at >= ?2 ORDER BY raised_at"
        }
        AlertQuery { .. } => {
            "SELECT body FROM alert WHERE ?1 IS NULL AND changed_at >= ?2 ORDER BY raised_at"
        }
    };
    let since = query.since.map_or(i64::MIN, |since| since.0);
    Ok(parse_alerts(connection, sql, params![query.bed, since])?.0)
}

/// One alert, open or over.
pub(super) fn alert(connection: &Connection, id: &str) -> Result<Option<AlertRecord>, JournalError> {
    Ok(parse_alerts(connection, "SELECT body FROM alert WHERE id = ?1", [id])?.0.pop())
}

/// The alerts that are not over, and how many of them this version cannot read.
pub(super) fn open_alerts(connection: &Connection) -> Result<(Vec<AlertRecord>, u64), JournalError> {
    parse_alerts(connection, "SELECT body FROM alert WHERE state <> 'resolved' ORDER BY raised_at", [])
}

fn parse_alerts(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<(Vec<AlertRecord>, u64), JournalError> {
    let (mut found, mut unread) = (Vec::new(), 0);
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        match serde_json::from_str(row.get_ref("body")?.as_str().unwrap_or_default()) {
            Ok(alert) => found.push(alert),
            Err(fault) => {
                unread += 1;
                tracing::error!(%fault, "an alert in the store cannot be read by this version");
            }
        }
    }
    Ok((found, unread))
}

/// Everything that happened to one alert, in order.
pub(super) fn changes(connection: &Connection, alert: &str) -> Result<Vec<AlertChange>, JournalError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM alert_change WHERE alert = ?1 ORDER BY id")?;
    let rows = statement.query_map([alert], |row| {
        Ok(AlertChange {
            alert: row.get("alert")?,
            at: Wall(row.get("at")?),
            what: row.get("what")?,
            actor: row.get("actor")?,
            station: row.get("station")?,
            reason: row.get("reason")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
