//! What can go wrong with the store, and whose fault it is.

use std::path::PathBuf;

use rusqlite::{ErrorCode, ffi};
use thiserror::Error;

/// Why the store did not do what it was asked.
#[derive(Debug, Error)]
pub enum JournalError {
    /// Another gateway has the store.
    #[error("{0} is in use by another gateway: stop that one, or set another store.path")]
    InUse(PathBuf),
    /// The file cannot be reached at all.
    #[error("cannot reach the store at {path}: {fault}; check that its folder exists and may be written to")]
    Unreachable {
        /// Which file.
        path: PathBuf,
        /// What the machine said.
        fault: std::io::Error,
    },
    /// SQLite would not promise what an acknowledgement rests on.
    #[error("the store would not be durable: {setting} is {found}; put store.path on a local disk")]
    NotDurable {
        /// Which setting.
        setting: &'static str,
        /// What it reads back as.
        found: String,
    },
    /// The store was written by a later version of this program.
    #[error("the store has shape {found}, this version knows up to {known}; start the later version")]
    Newer {
        /// The shape of the file.
        found: i64,
        /// The last shape that we know.
        known: i64,
    },
    /// The store's own check found damage.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// SQLite reported a fault.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A record could not be put into bytes.
    #[error("a record cannot be written down: {0}; report it to the maker with the log")]
    Unwritable(String),
    /// A row could not be read by this version.
    #[error("row {row} of {table} cannot be read by this version; keep the file and report it to the maker")]
    Unreadable {
        /// Which table.
        table: &'static str,
        /// Which row.
        row: i64,
    },
    /// The store takes nothing now.
    #[error("the store takes nothing now: {0}; try again when the ward's board says that it does")]
    NotNow(String),
    /// The delivery is settled already, or was never owed.
    #[error("delivery {0} is no longer owed: it was delivered, cancelled or never there")]
    NoLongerOwed(i64),
    /// An account of that name is there already.
    #[error("an account named {0} is there already: remove it first, or choose another name")]
    AccountExists(String),
    /// The badge is another account's.
    #[error("this badge is {0}'s: take it from them first (wardlight user badge {0} --remove)")]
    BadgeTaken(String),
    /// No account of that name.
    #[error("there is no account named {0}")]
    NoSuchAccount(String),
    /// The gateway is stopping.
    #[error("the gateway is stopping")]
    Stopping,
}

impl JournalError {
    /// Whether the disk has no room left.
    pub(super) fn is_full(&self) -> bool {
        self.codes().is_some_and(|(code, extended)| {
            code == ErrorCode::DiskFull || extended == ffi::SQLITE_IOERR_SHMSIZE
        })
    }

    /// Whether the file itself is wrong, so that trying again cannot help.
    pub(super) fn is_damage(&self) -> bool {
        const UNREADABLE: [i32; 3] =
            [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_SHORT_READ, ffi::SQLITE_IOERR_CORRUPTFS];
        matches!(self, Self::Damaged(_))
            || self.codes().is_some_and(|(code, extended)| {
                matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                    || UNREADABLE.contains(&extended)
            })
    }

    /// Whether the machine is at fault and not what was to be written: every other entry would fail as well.
    pub(super) fn is_of_the_machine(&self) -> bool {
        self.is_damage()
            || matches!(self, Self::Unreachable { .. } | Self::NotDurable { .. } | Self::InUse(_))
            || self.codes().is_some_and(|(code, _)| {
                matches!(
                    code,
                    ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::CannotOpen
                        | ErrorCode::ReadOnly
                        | ErrorCode::PermissionDenied
                        | ErrorCode::FileLockingProtocolFailed
                        | ErrorCode::OutOfMemory
                )
            })
    }

    fn codes(&self) -> Option<(ErrorCode, i32)> {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(fault, _)) => Some((fault.code, fault.extended_code)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(extended: i32) -> JournalError {
        rusqlite::Error::SqliteFailure(ffi::Error::new(extended), None).into()
    }

    #[test]
    fn whose_fault_it_is() {
        assert!(sqlite(ffi::SQLITE_FULL).is_full());
        assert!(sqlite(ffi::SQLITE_FULL).is_of_the_machine());
        assert!(!sqlite(ffi::SQLITE_FULL).is_damage());
        assert!(sqlite(ffi::SQLITE_NOTADB).is_damage());
        assert!(sqlite(ffi::SQLITE_IOERR_READ).is_damage());
        assert!(!sqlite(ffi::SQLITE_IOERR_FSYNC).is_damage());
        assert!(!sqlite(ffi::SQLITE_CONSTRAINT).is_of_the_machine());
        assert!(!JournalError::Unwritable(String::new()).is_of_the_machine());
    }
}
