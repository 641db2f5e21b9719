//! `wardlight audit verify`: walks the audit of the store from its first row to its last, and says whether
//! each hangs on the one before. It mends nothing.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;

use super::settings::{Files, Settings};
use crate::hex;
use crate::journal::{AuditCheck, Journal};

/// What to do with the audit.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub(super) enum Audit {
    /// Say whether every row hangs on the one before it. Write the head down: it shows later that no newest
    /// row was cut off.
    Verify,
}

/// Carries it out; fails where the chain is broken.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn run(files: &Files, what: Audit, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Audit::Verify = what;
    let path = Settings::read(files)?.gateway.store.path;
    // A misspelled path must not make an empty store.
    std::fs::metadata(&path).with_context(|| format!("there is no store at {}", path.display()))?;
    let found = Journal::attach(&path)?.check_audit().await?;
    writeln!(out, "{}", told(&found))?;
    Ok(if found.broken_at.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(found: &AuditCheck) -> String {
    let (rows, head) = (found.rows, hex::of(&found.head));
    match found.broken_at {
        None => format!("the audit hangs together: {rows} rows, head {head}"),
        Some(row) => format!(
            "the audit is BROKEN at row {row}: it was changed, or one before it was taken out; the {rows} \
             rows before it hang together, head {head}. Keep the store and a backup from before as evidence"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_chain_names_its_row() {
        let of = |broken_at| told(&AuditCheck { rows: 2, broken_at, head: [0xab; 32] });
        assert!(of(None).starts_with("the audit hangs together: 2 rows, head abab"));
        assert!(of(Some(3)).contains("BROKEN at row 3"));
    }
}
