//! `wardlight status`: how the gateway that runs is: ready or why not, its sound, its endpoints, what calls
//! and what is parked. It changes nothing.

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

use super::reach::{Gateway, Where};
use super::settings::Files;
use super::sheet::{Output, cell, list, table};

/// Of which gateway, and how.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Tables for people, or one JSON line.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    #[command(flatten)]
    place: Where,
}

/// What a gateway says of itself.
#[derive(Debug, Serialize)]
struct Status {
    ready: bool,
    /// Why it is not, one sentence each.
    faults: Value,
    /// How many alerts are open.
    open: usize,
    /// How many of them nobody has answered.
    active: usize,
    /// How many deliveries a person must look at.
    parked: usize,
    annunciators: Value,
    endpoints: Value,
}

/// Tells it; fails when the gateway is not ready.
///
/// # Errors
/// The gateway cannot be found or does not answer.
pub(super) async fn run(files: &Files, args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::find(files, &args.place)?;
    let status = of(&gateway).await?;
    match args.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string(&status)?)?,
        Output::Table => tell(&status, out)?,
    }
    Ok(if status.ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn of(gateway: &Gateway) -> anyhow::Result<Status> {
    // It says why it is not ready with a status of its own.
    let ready = gateway.look(&["readyz"], &[]).await?;
    let alerts = gateway.get(&["api", "v1", "alerts"], &[]).await?;
    let parked = gateway.get(&["api", "v1", "deliveries"], &[("state", "parked")]).await?;
    Ok(Status {
        ready: ready.is_good(),
        faults: ready.body.get("faults").cloned().unwrap_or_default(),
        open: list(&alerts).len(),
        active: list(&alerts).iter().filter(|alert| cell(alert, "/state") == "active").count(),
        parked: list(&parked).len(),
        annunciators: gateway.get(&["api", "v1", "annunciators"], &[]).await?,
        endpoints: gateway.get(&["api", "v1", "endpoints"], &[]).await?,
    })
}

fn tell(status: &Status, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "{}", if status.ready { "ready" } else { "NOT READY" })?;
    for fault in list(&status.faults) {
        writeln!(out, "  {}", fault.as_str().unwrap_or_default())?;
    }
    writeln!(out, "alerts: {} open, {} of them unanswered", status.open, status.active)?;
    writeln!(out, "deliveries that a person must look at: {}\n", status.parked)?;
    let sounds: Vec<_> = list(&status.annunciators).iter().map(annunciator).collect();
    table(out, ["ANNUNCIATOR", "STATE", "BURSTS", "DEVICE", "WHY"], &sounds)?;
    writeln!(out)?;
    let ends: Vec<_> = list(&status.endpoints).iter().map(endpoint).collect();
    table(out, ["ENDPOINT", "WAY", "STATE", "PASSED", "REFUSED", "QUEUED", "LAST MESSAGE", "WHY"], &ends)?;
    Ok(())
}

fn annunciator(view: &Value) -> [String; 5] {
    ["/id", "/state", "/bursts", "/device", "/why"].map(|pointer| cell(view, pointer))
}

fn endpoint(view: &Value) -> [String; 8] {
    ["/id", "/direction", "/state", "/passed", "/refused", "/queued", "/last_message_at", "/why"]
        .map(|pointer| cell(view, pointer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_gateway_that_is_not_ready_says_why_at_the_top() {
        let status = Status {
            ready: false,
            faults: json!(["the store takes nothing: free some disk"]),
            open: 3,
            active: 2,
            parked: 1,
            annunciators: json!([{"id": "station"}]),
            endpoints: json!([{"id": "mllp", "direction": "in", "state": "up", "passed": 7}]),
        };
        let mut out = Vec::new();
        tell(&status, &mut out).unwrap();
        let told = String::from_utf8(out).unwrap();
        assert!(told.starts_with("NOT READY\n  the store takes nothing: free some disk\n"), "{told}");
        assert!(told.contains("3 open, 2 of them unanswered") && told.contains("mllp"), "{told}");
    }
}
