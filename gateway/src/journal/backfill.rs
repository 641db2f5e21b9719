//! Moves committed pages from the WAL into the store's file, off the commit's path. It writes no row.
//!
//! A commit that also had to do this would take ten times as long at its 99th percentile. The same thread
//! gives the writer its pulse, by which a writer in trouble tries again though nothing new arrives, and which
//! tells it when the file cannot grow: a full disk shows here first, while the WAL still has room of its own.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use rusqlite::Connection;

use super::job::Job;
use super::{JournalError, schema};

/// The pace of backfill and pulse.
const PACE: Duration = Duration::from_secs(1);

/// Above this many pages (64 MiB) the WAL is emptied to its end even if that makes one commit wait.
const WAL_PAGES_MOST: i64 = 16_384;

/// Above this many pages (4 MiB) that are not yet in the file, the writer moves them itself: a burst pays for
/// itself. It is half of the ballast, so that after the ballast is gone the file can take what waits and
/// alerts still fit.
const BACKLOG_PAGES_MOST: i64 = 1_024;

/// How long emptying the WAL may hold up the writer while somebody still reads from it.
const HOLD_MOST: Duration = Duration::from_millis(50);

/// Runs until `stop` is dropped.
pub(super) fn run(connection: &Connection, jobs: &Sender<Job>, stop: &Receiver<()>) {
    let mut failing = false;
    while stop.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
        let fault = backfill(connection).err();
        if let Some(fault) = &fault
            && !failing
        {
            tracing::warn!(%fault, "the WAL cannot be moved into the store; it is tried again each second");
        }
        failing = fault.is_some();
        let disk_is_full = fault.is_some_and(|fault| fault.is_full());
        if jobs.send(Job::Pulse { disk_is_full }).is_err() {
            return;
        }
    }
}

/// One round. Without readers or commits in its way it moves everything; what is left is moved the next time.
fn backfill(connection: &Connection) -> Result<(), JournalError> {
    if checkpoint(connection, "PASSIVE")?.pages > WAL_PAGES_MOST {
        checkpoint(connection, "TRUNCATE")?;
    }
    Ok(())
}

/// The writer's part, after a commit: nothing, unless a burst outran this thread.
pub(super) fn bound(connection: &Connection) -> Result<(), JournalError> {
    if checkpoint(connection, "NOOP")?.backlog > BACKLOG_PAGES_MOST {
        checkpoint(connection, "PASSIVE")?;
    }
    Ok(())
}

/// How full the WAL is.
struct Wal {
    /// Pages in the WAL, moved or not.
    pages: i64,
    /// Pages that are not yet in the file.
    backlog: i64,
}

fn checkpoint(connection: &Connection, mode: &str) -> Result<Wal, JournalError> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    let (pages, moved): (i64, i64) = statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(Wal { pages, backlog: pages - moved })
}

/// A connection for this thread.
pub(super) fn open(store: &Path) -> Result<Connection, JournalError> {
    let connection = schema::open_to_write(store)?;
    connection.busy_timeout(HOLD_MOST)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_pages_move_and_the_wal_is_used_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ward.db");
        let mut writer = schema::open_to_write(&path).unwrap();
        schema::migrate(&mut writer).unwrap();
        let mover = open(&path).unwrap();
        backfill(&mover).unwrap();
        let wal = || std::fs::metadata(dir.path().join("ward.db-wal")).unwrap().len();
        let before = wal();
        for n in 0..50_i64 {
            writer.execute("INSERT INTO clock_step (wall, by_ms) VALUES (?1, 0)", [n]).unwrap();
            backfill(&mover).unwrap();
        }
        assert_eq!(wal(), before, "each commit starts the WAL again");
        checkpoint(&mover, "TRUNCATE").unwrap();
        assert_eq!(wal(), 0);
    }

    #[test]
    fn a_burst_is_moved_by_the_writer_itself() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = schema::open_to_write(&dir.path().join("ward.db")).unwrap();
        schema::migrate(&mut writer).unwrap();
        for _ in 0..20 {
            let burst = "INSERT INTO event SELECT abs(random()), 0, 0, NULL, zeroblob(1000000)";
            writer.execute(burst, []).unwrap();
            bound(&writer).unwrap();
            let wal = checkpoint(&writer, "NOOP").unwrap();
            assert!(wal.backlog <= BACKLOG_PAGES_MOST, "{} pages", wal.backlog);
        }
    }
}
