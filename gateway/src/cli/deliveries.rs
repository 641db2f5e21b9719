//! `wardlight deliveries`: what is owed to others and where each of it stands, as the gateway that runs tells
//! it. It sends nothing.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use super::reach::{Gateway, Where};
use super::settings::Files;
use super::sheet::{Output, cell, lines, list, table};

/// Which deliveries, and how.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Only those that are waiting, done, parked or cancelled.
    #[arg(long)]
    state: Option<String>,
    /// A table for people, or a JSON line for each delivery.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    #[command(flatten)]
    place: Where,
}

/// Lists them, the newest first.
///
/// # Errors
/// The gateway cannot be found, does not answer, or does not understand what is asked.
pub(super) async fn run(files: &Files, args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::find(files, &args.place)?;
    let query: Vec<_> = args.state.as_deref().map(|state| ("state", state)).into_iter().collect();
    let deliveries = gateway.get(&["api", "v1", "deliveries"], &query).await?;
    match args.output {
        Output::Json => lines(out, list(&deliveries))?,
        Output::Table => {
            let rows: Vec<_> = list(&deliveries).iter().map(row).collect();
            table(out, ["ID", "STATE", "BY", "WHAT", "TO", "BED", "DUE", "TRIES", "WHY"], &rows)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(delivery: &Value) -> [String; 9] {
    ["/id", "/state", "/destination", "/what", "/to", "/bed", "/due_at", "/tries", "/why"]
        .map(|pointer| cell(delivery, pointer))
}
