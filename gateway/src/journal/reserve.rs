//! The ballast: a file beside the store that is thrown overboard when the disk is full, so that alerts still
//! get through. It knows nothing of SQLite.
//!
//! While the ballast is there, everything is written. Without it only what is essential is. It is laid again
//! once twice its size can be written, so that a disk at the brink does not flap.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How much is held back: 8 MiB, some thousands of alerts with their changes and what is owed for them.
const RESERVE_BYTES: u64 = 8 << 20;

/// How much must be writable before the ballast counts as laid: twice the reserve.
const PROOF_BLOCKS: u64 = 2 * RESERVE_BYTES / BLOCK_BYTES as u64;

const BLOCK_BYTES: usize = 64 << 10;

/// The ballast of one store.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// The ballast of the store at `store`; it may or may not be there.
    pub(super) fn beside(store: &Path) -> Self {
        Self { path: super::aside::beside(store, "ballast") }
    }

    /// Whether it is there, whole.
    pub(super) fn is_laid(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| found.len() == RESERVE_BYTES)
    }

    /// Lays it. A disk without the room is left as it was.
    pub(super) fn lay(&self) -> io::Result<()> {
        if self.is_laid() {
            return Ok(());
        }
        let laid = self.fill();
        if laid.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        laid
    }

    fn fill(&self) -> io::Result<()> {
        let mut file = File::create(&self.path)?;
        for number in 0..PROOF_BLOCKS {
            file.write_all(&noise(number))?;
        }
        file.sync_all()?;
        file.set_len(RESERVE_BYTES)?;
        file.sync_all()
    }

    /// Throws it overboard.
    pub(super) fn release(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// A block that no file system can store in less space than it has: xorshift64, seeded by the block's number.
fn noise(number: u64) -> Vec<u8> {
    let mut state = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    words.take(BLOCK_BYTES / 8).flat_map(u64::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_laid_once_and_released() {
        let dir = tempfile::tempdir().unwrap();
        let reserve = Reserve::beside(&dir.path().join("ward.db"));
        assert!(!reserve.is_laid());
        reserve.lay().unwrap();
        reserve.lay().unwrap();
        assert!(reserve.is_laid());
        assert_eq!(fs::metadata(dir.path().join("ward.db.ballast")).unwrap().len(), RESERVE_BYTES);
        reserve.release().unwrap();
        assert!(!reserve.is_laid());
    }

    #[test]
    fn a_torn_ballast_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let reserve = Reserve::beside(&dir.path().join("ward.db"));
        fs::write(dir.path().join("ward.db.ballast"), b"half").unwrap();
        assert!(!reserve.is_laid());
        reserve.lay().unwrap();
        assert!(reserve.is_laid());
    }
}
