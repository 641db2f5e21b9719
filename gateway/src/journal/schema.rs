//! How the store's file is opened, what is demanded of it, and how its shape grows. It reads and writes no
//! row.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::JournalError;

/// The shapes, oldest first; `user_version` counts how many of them a file has. A shape once shipped is never
/// edited.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
];

/// How long a connection waits for another process (the command line adding an account) before it gives up.
const BUSY_MOST: Duration = Duration::from_secs(5);

/// How large the WAL's file may stay on the disk after it was used up: 64 MiB.
const WAL_BYTES_KEPT: i64 = 64 << 20;

/// How many prepared statements a connection keeps. The writer has about thirty.
const STATEMENTS_KEPT: usize = 64;

/// `PRAGMA synchronous` as it reads back when every commit waits for the disk.
const SYNCHRONOUS_FULL: i64 = 2;

/// Opens the file for writing, and makes sure that a commit means what an acknowledgement promises.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, JournalError> {
    make_private(path)?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    make_durable(&connection)?;
    Ok(connection)
}

/// Makes the file if it is not there, readable by the gateway's own user alone: it names patients. SQLite
/// gives the WAL the same rights.
fn make_private(path: &Path) -> Result<(), JournalError> {
    match File::options().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(fault) => Err(JournalError::Unreachable { path: path.to_owned(), fault }),
    }
}

/// Opens the file for reading alone.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_MOST)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// Sets what durability needs and reads it back: a setting that SQLite quietly did not take is found here and
/// not after a power cut. The file is never mapped into memory, where a failing disk would be a signal
/// instead of an error.
fn make_durable(connection: &Connection) -> Result<(), JournalError> {
    connection.busy_timeout(BUSY_MOST)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    demand("journal_mode", mode == "wal", &mode)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    demand("synchronous", synchronous == SYNCHRONOUS_FULL, &synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let foreign_keys: i64 = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    demand("foreign_keys", foreign_keys == 1, &foreign_keys)?;
    // Moving pages from the WAL is the backfill thread's work, off the commit's path.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
    Ok(())
}

fn demand(setting: &'static str, met: bool, found: &impl ToString) -> Result<(), JournalError> {
    if met { Ok(()) } else { Err(JournalError::NotDurable { setting, found: found.to_string() }) }
}

/// The shape of a file, which must be one that this version knows.
pub(super) fn demand_known(connection: &Connection) -> Result<i64, JournalError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known { Err(JournalError::Newer { found, known }) } else { Ok(found) }
}

/// Brings the file to the newest shape, one transaction for each step.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    let found = demand_known(connection)?;
    for (version, shape) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        let step = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have taken the step while we waited for the lock.
        let now: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if now < version {
            step.execute_batch(shape)?;
            step.pragma_update(None, "user_version", version)?;
        }
        step.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_grows_to_the_newest_shape_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ward.db");
        std::fs::write(&path, b"").unwrap();
        for _ in 0..2 {
            let mut connection = open_to_write(&path).unwrap();
            migrate(&mut connection).unwrap();
            let rows: i64 = connection.query_row("SELECT count(*) FROM sweep", [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 1);
        }
    }

    #[test]
    fn the_accounts_of_an_older_store_are_kept_and_have_no_badge() {
        let mut memory = Connection::open_in_memory().unwrap();
        MIGRATIONS[..3].iter().for_each(|shape| memory.execute_batch(shape).unwrap());
        memory.pragma_update(None, "user_version", 3).unwrap();
        memory.execute("INSERT INTO account VALUES ('asha', 'nurse', '$a$')", []).unwrap();
        migrate(&mut memory).unwrap();
        let read = "SELECT name, badge FROM account";
        let kept = memory.query_row(read, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(kept, ("asha".to_owned(), None::<[u8; 32]>));
    }

    #[test]
    fn the_messages_of_an_older_store_keep_their_numbers_and_their_alerts() {
        let mut memory = Connection::open_in_memory().unwrap();
        MIGRATIONS[..4].iter().for_each(|shape| memory.execute_batch(shape).unwrap());
        memory.pragma_update(None, "user_version", 4).unwrap();
        let arrives = |memory: &Connection, id: Option<i64>, alerts: &str| {
            let insert =
                "INSERT INTO message VALUES (?1, 7, 'in', 'mllp', 'LIS', 'ORU', 'L1', NULL, 'accepted',
                          '', ?2, NULL, NULL, NULL, 1, 0, x'', x'61')";
            memory.execute(insert, rusqlite::params![id, alerts]).unwrap();
            memory.last_insert_rowid()
        };
        arrives(&memory, Some(41), "[\"aa\"]");
        memory.execute("INSERT INTO message_alert VALUES ('aa', 41)", []).unwrap();
        migrate(&mut memory).unwrap();
        let count = |sql: &str| memory.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(arrives(&memory, None, "[]"), 42);
        let whole: String = memory.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
        assert_eq!(count("SELECT count(*) FROM sqlite_sequence WHERE name = 'message'"), 0);
        let linked = "SELECT count(*) FROM message_alert JOIN message ON id = message WHERE alert = 'aa'";
        assert_eq!(count(linked), 1);
        memory.execute("DELETE FROM message WHERE id = 41", []).unwrap();
        assert_eq!(count("SELECT count(*) FROM message_alert"), 0, "the link goes with its message");
    }

    #[test]
    fn nobody_else_may_read_the_store_or_its_wal() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let mut connection = open_to_write(&dir.path().join("ward.db")).unwrap();
        migrate(&mut connection).unwrap();
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let rights = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(rights & 0o077, 0);
        }
    }

    #[test]
    fn a_later_shape_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = open_to_write(&dir.path().join("ward.db")).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(migrate(&mut connection), Err(JournalError::Newer { found: 99, .. })));
    }

    #[test]
    fn a_store_without_a_wal_is_refused() {
        let memory = Connection::open_in_memory().unwrap();
        assert!(matches!(
            make_durable(&memory),
            Err(JournalError::NotDurable { setting: "journal_mode", .. })
        ));
    }

    #[test]
    fn the_audit_and_the_changes_cannot_be_rewritten() {
        let mut memory = Connection::open_in_memory().unwrap();
        migrate(&mut memory).unwrap();
        memory
            .execute_batch(
                "INSERT INTO audit VALUES (1, 0, 'a', 'b', 'c', 'd', x'', x'');
                 INSERT INTO alert_change VALUES (1, 'a', 0, 'b', 'c', 'd', 'e');",
            )
            .unwrap();
        memory.execute("UPDATE audit SET actor = 'x'", []).unwrap_err();
        memory.execute("DELETE FROM audit", []).unwrap_err();
        memory.execute("UPDATE alert_change SET what = 'x'", []).unwrap_err();
    }
}
