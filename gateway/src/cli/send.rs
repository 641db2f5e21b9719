//! `wardlight send`: sends HL7 files over MLLP and prints each acknowledgement.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpStream;

use crate::ingest::hl7::syntax::Message;
use crate::ingest::mllp::send;

/// How long an acknowledgement may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to send, and where to.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The listener, as HOST:PORT.
    #[arg(long, value_name = "HOST:PORT")]
    mllp: String,
    /// The files, each one block, in this order.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Sends every file over one connection; fails when any was not accepted.
///
/// # Errors
/// A file that cannot be read, or a peer that cannot be reached or does not answer.
pub(super) async fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut stream = TcpStream::connect(&args.mllp)
        .await
        .with_context(|| format!("cannot reach {}; is the gateway running?", args.mllp))?;
    let mut all_accepted = true;
    for file in &args.files {
        let message = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let answer = send(&mut stream, &message, PATIENCE)
            .await
            .with_context(|| format!("{}: no acknowledgement", file.display()))?;
        all_accepted &= is_accepted(&answer);
        writeln!(out, "{}", String::from_utf8_lossy(&answer).trim_end().replace('\r', "\n"))?;
    }
    Ok(if all_accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_accepted(answer: &[u8]) -> bool {
    let Ok(message) = Message::parse(answer) else { return false };
    message.first("MSA").is_some_and(|msa| matches!(msa.field(1).raw(), "AA" | "CA"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_acceptance_is_success() {
        let answer =
            |code: &str| format!("MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5\rMSA|{code}|L1\r").into_bytes();
        assert!(is_accepted(&answer("AA")) && is_accepted(&answer("CA")));
        assert!(!is_accepted(&answer("AE")) && !is_accepted(&answer("AR")) && !is_accepted(b"nonsense"));
    }
}
