//! `wardlight alerts`: what calls now, or what did, as the gateway that runs tells it. It answers nothing.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use super::reach::{Gateway, Where};
use super::settings::Files;
use super::sheet::{Output, cell, lines, list, table};

/// Which alerts, and how.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// open, all, active, acknowledged, latched or resolved.
    #[arg(long, default_value = "open")]
    state: String,
    /// Only of this bed.
    #[arg(long)]
    bed: Option<String>,
    /// Only those that changed at this time or later: `2026-11-21T02:13:00Z`.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// A table for people, or a JSON line for each alert.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    #[command(flatten)]
    place: Where,
}

/// Lists them.
///
/// # Errors
/// The gateway cannot be found, does not answer, or does not understand what is asked.
pub(super) async fn run(files: &Files, args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::find(files, &args.place)?;
    let mut query = vec![("state", args.state.as_str())];
    query.extend(args.bed.as_deref().map(|bed| ("bed", bed)));
    query.extend(args.since.as_deref().map(|since| ("since", since)));
    let alerts = gateway.get(&["api", "v1", "alerts"], &query).await?;
    match args.output {
        Output::Json => lines(out, list(&alerts))?,
        Output::Table => {
            let rows: Vec<_> = list(&alerts).iter().map(row).collect();
            table(out, ["ID", "PRIORITY", "STATE", "BED", "RAISED", "NEXT STEP", "WHAT"], &rows)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(alert: &Value) -> [String; 7] {
    ["/id", "/priority", "/state", "/bed", "/raised_at", "/escalation/next_at", "/title"]
        .map(|pointer| cell(alert, pointer))
}
