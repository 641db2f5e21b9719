//! The program under test: the one that is shipped, never a library call.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, ensure};

/// The release program: what `WARDLIGHT_BIN` names, else built from the tree as it stands, so that a story
/// never tells of yesterday's program.
///
/// # Errors
/// The named program is not there, or the tree does not build.
pub fn binary() -> anyhow::Result<&'static Path> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BINARY.get_or_init(|| find().map_err(|fault| format!("{fault:#}"))).as_deref().map_err(anyhow::Error::msg)
}

fn find() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("WARDLIGHT_BIN") {
        let named = PathBuf::from(named);
        ensure!(named.is_file(), "WARDLIGHT_BIN names {}, which is not there", named.display());
        return Ok(named);
    }
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--release", "--package", "gateway"])
        .current_dir(super::top())
        .status()
        .context("cannot start cargo")?;
    ensure!(built.success(), "the gateway does not build");
    Ok(super::target().join("release/wardlight"))
}
