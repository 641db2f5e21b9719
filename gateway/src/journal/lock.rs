//! The lock beside the store: one gateway holds a store at a time. It is let go with the process, however
//! that ends.

use std::fs::File;
use std::path::Path;

use super::{JournalError, aside};

/// The lock that a gateway holds on its store.
pub(super) fn held(path: &Path) -> Result<File, JournalError> {
    let lock = aside::beside(path, "lock");
    let unreachable = |fault| JournalError::Unreachable { path: lock.clone(), fault };
    let file = File::options().create(true).append(true).open(&lock).map_err(unreachable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(JournalError::InUse(path.to_owned())),
        Err(std::fs::TryLockError::Error(fault)) => Err(unreachable(fault)),
    }
}
