//! `wardlight annunciator --gateway URL`: a gateway's alerts, sounded on a nurses' workstation. And, hidden,
//! `--child`: the process that holds the sound device, which the gateway or the workstation starts; people do
//! not.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::reach::{Gateway, Where};
use super::workstation;
use crate::annunciator::run_child;

/// Where to sound, and whose alerts.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Be the sound process.
    #[arg(long, hide = true, conflicts_with_all = ["gateway", "ca", "token_file", "id"])]
    child: bool,
    /// The gateway, such as https://ward.example.org. Plain http is spoken to this machine alone.
    #[arg(long, value_name = "URL", required_unless_present = "child")]
    gateway: Option<String>,
    /// The issuer of its certificate (PEM), where this machine does not know it.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The file that holds a token of that gateway (`wardlight token create`), of any role but viewer.
    #[arg(long, value_name = "FILE", required_unless_present = "child")]
    token_file: Option<PathBuf>,
    /// What the gateway calls this workstation; left out, the name of this machine.
    #[arg(long, value_name = "NAME")]
    id: Option<String>,
    /// The sound device: `default`, `alsa:…` or `pulse:…`.
    #[arg(long, default_value = "default")]
    device: String,
}

impl Args {
    /// Whether this is the sound process, which needs no runtime.
    pub(super) const fn is_child(&self) -> bool {
        self.child
    }
}

/// Plays until standard input ends.
pub(super) fn play(args: &Args, out: &mut impl Write) -> ExitCode {
    ExitCode::from(run_child(&args.device, out))
}

/// Sounds what the gateway wants until SIGTERM.
///
/// # Errors
/// A token or an address that cannot be used.
pub(super) async fn follow(args: Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let place = Where { gateway: args.gateway, ca: args.ca, token_file: args.token_file };
    let gateway = place.gateway.as_deref().context("--gateway says whose alerts sound here")?;
    let gateway = Gateway::at_url(gateway, &place)?;
    let line = workstation::Line::new(gateway, args.id.map_or_else(machine_name, Ok)?);
    workstation::run(line, &args.device, out).await
}

/// The name of this machine.
fn machine_name() -> anyhow::Result<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").context("give this machine an --id")?;
    Ok(name.trim().to_owned())
}
