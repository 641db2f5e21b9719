//! A credential for a receiver. It lives in memory alone, is never printed, and is read again from its file
//! when the receiver refuses it, so that IT can change a key without a restart.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A credential.
pub struct Token {
    file: Option<PathBuf>,
    current: Mutex<String>,
}

impl Clone for Token {
    fn clone(&self) -> Self {
        Self { file: self.file.clone(), current: Mutex::new(self.current()) }
    }
}

impl Token {
    /// A credential that is known as text; it is never read again.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self { file: None, current: Mutex::new(text.trim().to_owned()) }
    }

    /// The credential in `file`; blanks and line ends around it are not part of it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn from_file(file: &Path) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(file)?;
        Ok(Self { file: Some(file.to_owned()), current: Mutex::new(text.trim().to_owned()) })
    }

    /// The credential as it is now. For the wire only.
    pub(super) fn current(&self) -> String {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again; says whether the credential is another now. A few bytes, after a refusal alone:
    /// no need to leave the task for it.
    pub(super) fn read_again(&self) -> bool {
        let Some(text) = self.file.as_ref().and_then(|file| std::fs::read_to_string(file).ok()) else {
            return false;
        };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *current != text.trim();
        if changed {
            text.trim().clone_into(&mut current);
        }
        changed
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Token").field("file", &self.file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_taken_and_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "first:secret\n").unwrap();
        let token = Token::from_file(&file).unwrap();
        assert_eq!(token.current(), "first:secret");
        assert!(!token.read_again());
        std::fs::write(&file, "second:secret\n").unwrap();
        assert!(token.read_again());
        assert_eq!(token.current(), "second:secret");
        std::fs::remove_file(&file).unwrap();
        assert!(!token.read_again(), "a file that is gone leaves the credential as it is");
        assert!(!format!("{token:?}").contains("secret"));
    }
}
