//! A damaged store is set aside, a fresh one begun, and what can still be read of the small tables carried
//! over.
//!
//! Nothing is deleted: the file and its WAL keep their content under another name, for whoever finds out what
//! happened. Frames, events and messages stay there; accounts, open alerts and what is owed are worth more
//! than the order of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use super::JournalError;
use super::audit::{self, AuditRow};
use super::schema;
use crate::clock::Wall;

/// What is carried over, in this order.
const CARRIED: [&str; 7] = ["account", "token", "audit", "alert", "alert_change", "outbox", "checkpoint"];

/// The path of a file that stands beside the store under its name.
pub(super) fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Leaves a mark that the store was found damaged while it was in use: the next start does not trust it.
pub(super) fn mark_suspect(store: &Path) {
    if let Err(fault) = fs::write(beside(store, "suspect"), b"") {
        tracing::error!(%fault, "cannot leave the mark that the store is damaged");
    }
}

/// Whether the mark is there.
pub(super) fn is_suspect(store: &Path) -> bool {
    beside(store, "suspect").exists()
}

/// Sets the store aside, opens a fresh one in its place, and carries over what can be read.
pub(super) fn begin_afresh(store: &Path, at: Wall) -> Result<(Connection, PathBuf), JournalError> {
    let aside =
        rename(store, at).map_err(|fault| JournalError::Unreachable { path: store.to_owned(), fault })?;
    let mut fresh = schema::open_to_write(store)?;
    schema::migrate(&mut fresh)?;
    let carried = carry_over(&aside, &fresh);
    let what = format!("the store was damaged and set aside; {carried} rows were carried over");
    tracing::error!(aside = %aside.display(), carried, "the store was damaged and set aside");
    let (actor, station) = ("journal".to_owned(), "gateway".to_owned());
    let reason = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
    audit::append(&fresh, AuditRow { id: 0, wall: at, actor, station, what, reason })?;
    let _ = fs::remove_file(beside(store, "suspect"));
    Ok((fresh, aside))
}

/// The WAL goes with its file, under the name by which SQLite finds it again.
fn rename(store: &Path, at: Wall) -> io::Result<PathBuf> {
    let name = format!("corrupt-{}", at.0);
    let mut aside = beside(store, &name);
    for number in 1.. {
        if !aside.exists() {
            break;
        }
        aside = beside(store, &format!("{name}-{number}"));
    }
    fs::rename(store, &aside)?;
    if with_suffix(store, "-wal").exists() {
        fs::rename(with_suffix(store, "-wal"), with_suffix(&aside, "-wal"))?;
    }
    // The index of the WAL is made anew from the WAL by whoever opens it next.
    let _ = fs::remove_file(with_suffix(store, "-shm"));
    Ok(aside)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Copies the small tables as far as they can be read; says how many rows that were.
fn carry_over(aside: &Path, fresh: &Connection) -> u64 {
    let Ok(old) = schema::open_to_read(aside) else { return 0 };
    CARRIED.into_iter().map(|table| carry_table(&old, fresh, table)).sum()
}

/// Row by row: the rows before the damage are saved, the table ends where it can no longer be read.
fn carry_table(old: &Connection, fresh: &Connection, table: &str) -> u64 {
    let Ok(mut select) = old.prepare(&format!("SELECT * FROM {table}")) else { return 0 };
    let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
    let Ok(mut rows) = select.query([]) else { return 0 };
    let Ok(one_commit) = fresh.unchecked_transaction() else { return 0 };
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT OR IGNORE INTO {table} ({}) VALUES ({marks})", columns.join(", "));
    let mut carried = 0;
    while let Ok(Some(row)) = rows.next() {
        let written = values(row, columns.len())
            .and_then(|values| fresh.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(values)));
        carried += u64::try_from(written.unwrap_or(0)).unwrap_or(0);
    }
    if one_commit.commit().is_ok() { carried } else { 0 }
}

fn values(row: &Row<'_>, count: usize) -> rusqlite::Result<Vec<Value>> {
    (0..count).map(|column| row.get(column)).collect()
}
