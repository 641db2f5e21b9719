//! `wardlight annunciator --gateway URL`: a gateway's alerts, sounded on a nurses' workstation. And, hidden,
//! `--child`: the process that holds the sound device, which the gateway or the workstation starts; people do
//! not.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use toml::{Table, Value};

use super::reach::{Gateway, Where};
use super::workstation;
use crate::annunciator::run_child;
use crate::config::set;

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
    /// The file that holds a token of that gateway (`wardlight token create`), of any role but viewer. A
    /// workstation that the gateway knows as a station, and its own machine, need none.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// What the gateway calls this workstation; left out, the name of this machine.
    #[arg(long, value_name = "NAME")]
    id: Option<String>,
    /// The sound device: `default`, `alsa:…` or `pulse:…`. Left out, what `--set audio.device=…` says, else
    /// `default`; no file is read here.
    #[arg(long)]
    device: Option<String>,
}

/// Where to sound if nobody says it.
const DEVICE: &str = "default";

impl Args {
    /// Whether this is the sound process, which needs no runtime.
    pub(super) const fn is_child(&self) -> bool {
        self.child
    }

    /// Where to sound, by its own word or by one of the `--set`s.
    fn device(&self, sets: &[String]) -> anyhow::Result<String> {
        let mut table = Table::new();
        for assignment in sets {
            set(&mut table, assignment).map_err(anyhow::Error::msg)?;
        }
        let of_sets = table.get("audio").and_then(|audio| audio.get("device")).and_then(Value::as_str);
        Ok(self.device.as_deref().or(of_sets).unwrap_or(DEVICE).to_owned())
    }
}

/// Plays until standard input ends.
pub(super) fn play(args: &Args, out: &mut impl Write) -> ExitCode {
    ExitCode::from(run_child(args.device.as_deref().unwrap_or(DEVICE), out))
}

/// Sounds what the gateway wants until SIGTERM.
///
/// # Errors
/// A token, an address or a `--set` that cannot be used.
pub(super) async fn follow(args: Args, sets: &[String], out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let device = args.device(sets)?;
    let place = Where { gateway: args.gateway, ca: args.ca, token_file: args.token_file };
    let gateway = place.gateway.as_deref().context("--gateway says whose alerts sound here")?;
    let gateway = Gateway::at_url(gateway, &place)?;
    let line = workstation::Line::new(gateway, args.id.map_or_else(machine_name, Ok)?);
    workstation::run(line, &device, out).await
}

/// The name of this machine.
fn machine_name() -> anyhow::Result<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").context("give this machine an --id")?;
    Ok(name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn a_workstation_sounds_where_it_is_told_and_needs_no_token() {
        let device = |words: &[&str], sets: &[&str]| {
            let words = ["annunciator", "--gateway", "http://127.0.0.1:1"].iter().chain(words);
            let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
            Line::try_parse_from(words).unwrap().args.device(&sets)
        };
        assert_eq!(device(&[], &[]).unwrap(), "default");
        assert_eq!(device(&[], &["audio.device=pulse:desk", "log.format=json"]).unwrap(), "pulse:desk");
        assert_eq!(device(&["--device", "alsa:hw"], &["audio.device=pulse:desk"]).unwrap(), "alsa:hw");
        assert!(device(&[], &["audio.device"]).is_err());
        assert!(Line::try_parse_from(["annunciator"]).is_err(), "whose alerts?");
    }
}
