//! Recordings and messages that may be used and not copied: the folder that `WARDLIGHT_SHARED` names.

use std::io::Write;
use std::path::PathBuf;

/// Where `path` lies in the shared folder. `None` where there is no such folder; then the story has said so,
/// and is over.
///
/// # Errors
/// The folder is named and the file is not in it.
pub fn shared(path: &str) -> anyhow::Result<Option<PathBuf>> {
    let Some(folder) = std::env::var_os("WARDLIGHT_SHARED") else {
        // It is no program that could be installed: nobody is failed for what may not be copied, `CI` or not.
        writeln!(std::io::stderr(), "SKIPPED: WARDLIGHT_SHARED is not set, and {path} may not be copied")?;
        return Ok(None);
    };
    let file = PathBuf::from(folder).join(path);
    anyhow::ensure!(file.exists(), "{} is not there", file.display());
    Ok(Some(file))
}
