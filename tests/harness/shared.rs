//! Recordings and messages that may be used and not copied: the folder that `WARDLIGHT_SHARED` names.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

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
    // The folder may be named by itself or by the one that holds its data.
    let folder = PathBuf::from(folder);
    let found = [folder.join("data").join(path), folder.join(path)].into_iter().find(|file| file.exists());
    Ok(Some(found.with_context(|| format!("{path} is not below {}", folder.display()))?))
}
