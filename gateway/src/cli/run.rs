//! `wardlight run`: the gateway, until SIGTERM.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::settings::{Files, Settings};
use crate::config::gateway::LogFormat;
use crate::house::{Addresses, Blueprint, House};

/// Runs the gateway as both files describe it.
///
/// # Errors
/// What the house cannot be without, with what to do next.
pub(super) async fn run(files: &Files, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(files)?;
    log_as(settings.gateway.log.format);
    let house = House::build(blueprint(settings, 1)?).await?;
    until_told(house.tasks.stop().clone())?;
    writeln!(out, "{}", ready(house.addresses))?;
    out.flush()?;
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    house.live().await;
    Ok(ExitCode::SUCCESS)
}

/// What the house is built from.
pub(super) fn blueprint(settings: Settings, speed: u32) -> anyhow::Result<Blueprint> {
    let program = std::env::current_exe().context("cannot find this very program, which makes the sound")?;
    let Settings { gateway, ward, profiles } = settings;
    Ok(Blueprint { gateway, ward: Arc::new(ward), profiles, program, speed })
}

/// The line by which whoever started the gateway knows that it listens, and where.
pub(super) fn ready(addresses: Addresses) -> Value {
    let mut line = json!({ "ready": true, "http": addresses.http });
    if let Some(line) = line.as_object_mut() {
        line.extend(addresses.mllp.map(|address| ("mllp".to_owned(), json!(address))));
        line.extend(addresses.mqtt.map(|address| ("mqtt".to_owned(), json!(address))));
    }
    line
}

/// Tells the tasks to stop at SIGTERM or Ctrl-C.
#[expect(clippy::disallowed_methods, reason = "it waits for the end of the process and belongs to no room")]
pub(super) fn until_told(stop: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stop.cancel();
    });
    Ok(())
}

/// Logs go to standard error; `RUST_LOG` widens or narrows them.
pub(super) fn log_as(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let to_stderr =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // A second subscriber in one process is a test's business, and the first one stays.
    let _ = match format {
        LogFormat::Text => to_stderr.try_init(),
        LogFormat::Json => to_stderr.json().try_init(),
    };
}
