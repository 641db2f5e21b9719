//! The command line: one file for each command. Standard output carries results, standard error carries logs.
//!
//! Exit codes: 0 done, 1 a fault that is explained, 2 wrong usage.

mod accounts;
mod ack;
mod alerts;
mod annunciator;
mod audit;
mod check;
mod deliveries;
mod demo;
mod export;
mod messages;
mod raised;
mod reach;
mod replay;
mod run;
mod score;
mod send;
mod settings;
mod sheet;
mod simulate;
mod status;
mod workstation;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use rules::Policy;

use crate::config::ward::WardPlan;
use settings::Files;

/// An edge gateway for intensive care: takes in monitors, ventilators and the laboratory, judges on the spot,
/// is heard, and keeps calling until a person accepts responsibility.
///
/// Not a certified medical device. Bedside alarms stay on.
#[derive(Debug, Parser)]
#[command(name = "wardlight", version)]
struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway until SIGTERM.
    Run,
    /// Run a whole simulated ward on this machine.
    Demo(demo::Args),
    /// Sound a gateway's alerts on this workstation.
    Annunciator(annunciator::Args),
    /// Check both configuration files; print the policy in force as a sheet.
    Check,
    /// Judge recorded readings: the alerts that would have been.
    Replay(replay::Args),
    /// Score a table of signs, row by row.
    Score(score::Args),
    /// Simulate a ward whose true events are known: sent to a gateway, or written as a recording.
    Simulate(simulate::Args),
    /// Send HL7 files over MLLP and print each acknowledgement.
    Send(send::Args),
    /// Write what the store holds as JSON lines.
    Export(export::Args),
    /// Answer an alert of the gateway that runs.
    Ack(ack::Args),
    /// How the gateway that runs is.
    Status(status::Args),
    /// What calls at the gateway that runs, or did.
    Alerts(alerts::Args),
    /// What is owed to others, and where each of it stands.
    Deliveries(deliveries::Args),
    /// The message log: what came and went, and what became of it.
    Messages(messages::Args),
    /// The audit: who changed what.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Who may sign in.
    #[command(subcommand)]
    User(accounts::User),
    /// Which programs may call the API.
    #[command(subcommand)]
    Token(accounts::Token),
    /// Write the completions of all this for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match carry_out(&arguments) {
        Ok(code) => code,
        Err(fault) => {
            let _ = writeln!(std::io::stderr(), "wardlight: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match &arguments.command {
        Command::Run => runtime()?.block_on(run::run(&arguments.files, &mut out)),
        Command::Demo(args) => runtime()?.block_on(demo::run(&arguments.files, args, &mut out)),
        Command::Export(args) => runtime()?.block_on(export::run(&arguments.files, args, &mut out)),
        Command::Ack(args) => runtime()?.block_on(ack::run(&arguments.files, args, &mut out)),
        Command::Status(args) => runtime()?.block_on(status::run(&arguments.files, args, &mut out)),
        Command::Alerts(args) => runtime()?.block_on(alerts::run(&arguments.files, args, &mut out)),
        Command::Deliveries(args) => runtime()?.block_on(deliveries::run(&arguments.files, args, &mut out)),
        Command::Messages(args) => runtime()?.block_on(messages::run(&arguments.files, args, &mut out)),
        Command::Audit(what) => runtime()?.block_on(audit::run(&arguments.files, *what, &mut out)),
        Command::User(what) => runtime()?.block_on(accounts::user(&arguments.files, what, &mut out)),
        Command::Token(what) => runtime()?.block_on(accounts::token(&arguments.files, what, &mut out)),
        Command::Annunciator(args) if args.is_child() => Ok(annunciator::play(args, &mut out)),
        Command::Annunciator(args) => {
            runtime()?.block_on(annunciator::follow(args.clone(), &arguments.files.sets, &mut out))
        }
        Command::Check => check::run(&arguments.files, &mut out),
        Command::Replay(args) => {
            let against = args.against.as_deref().map(settings::ward).transpose()?;
            let ward = ward_of(arguments.files.ward.as_deref())?;
            replay::run(args, &ward, against.as_ref(), &mut out)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Score(args) => score::run(args, &mut out),
        Command::Simulate(args) => {
            simulate::run(args, &mut out)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Send(args) => runtime()?.block_on(send::run(args, &mut out)),
        Command::Completions { shell } => {
            out.write_all(&completions(*shell))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn completions(shell: Shell) -> Vec<u8> {
    // Written to memory first: the generator would panic on a pipe that nobody reads.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "wardlight", &mut script);
    script
}

/// The runtime of a command that talks to the network.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    // What speaks TLS asks for a provider by default; there is one, and it is named here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The ward of the file that was named, else one of no beds with the shipped policy.
fn ward_of(file: Option<&Path>) -> anyhow::Result<WardPlan> {
    file.map_or_else(|| Ok(WardPlan::of_no_beds(Box::leak(Box::new(Policy::shipped())))), settings::ward)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn completions_know_every_command_that_is_shown() {
        let script = String::from_utf8(completions(Shell::Bash)).unwrap();
        let arguments = Arguments::command();
        let shown = arguments.get_subcommands().filter(|command| !command.is_hide_set());
        for command in shown {
            assert!(script.contains(command.get_name()), "{}", command.get_name());
        }
    }

    /// Runs a command that writes its result to `out`.
    fn run(words: &[&str], out: &mut Vec<u8>) {
        match Arguments::try_parse_from(std::iter::once(&"wardlight").chain(words)).unwrap().command {
            Command::Simulate(args) => simulate::run(&args, out).unwrap(),
            Command::Replay(args) => replay::run(&args, &ward_of(None).unwrap(), None, out).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_simulated_is_replayed_and_what_is_true_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let [recording, labels] = ["r.csv", "l.jsonl"].map(|name| folder.path().join(name));
        let (mut table, mut alerts) = (Vec::new(), Vec::new());
        let labels_at = labels.to_str().unwrap();
        run(&["simulate", "--seed", "94", "--beds", "4", "--for", "150m", "--labels", labels_at], &mut table);
        std::fs::write(&recording, table).unwrap();
        run(&["replay", recording.to_str().unwrap()], &mut alerts);
        let lines = |text: &str| -> Vec<serde_json::Value> {
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let alerts = lines(std::str::from_utf8(&alerts).unwrap());
        let time =
            |value: &serde_json::Value| value.as_str().map(|text| text.parse::<jiff::Timestamp>().unwrap());
        let mut called = BTreeSet::new();
        for label in lines(&std::fs::read_to_string(&labels).unwrap()) {
            let code = match label["kind"].as_str().unwrap() {
                "desaturation" => "limit.spo2.low",
                "bradycardia" => "limit.pulse_rate.low",
                "tachycardia" => "limit.pulse_rate.high",
                "apnoea" => "apnoea",
                "critical-result" => "lab.",
                "ventricular-tachycardia" => "device.MDC_EVT_ECG_V_TACHY",
                "ventilator-disconnect" => "device.MDC_EVT_DISCONN",
                // The others are the bench's.
                _ => continue,
            };
            let [begin, counts] = ["begin", "counts_from"].map(|key| time(&label[key]).unwrap());
            let heard = alerts.iter().any(|alert| {
                let Some(raised) = time(&alert["raised_at"]) else { return false };
                let in_time = raised <= counts + jiff::SignedDuration::from_secs(15);
                let tells = alert["code"].as_str().is_some_and(|told| told.starts_with(code));
                tells && alert["bed"] == label["bed"] && raised >= begin && in_time
            });
            assert!(heard, "{label}");
            called.insert(code);
        }
        assert_eq!(
            called.into_iter().collect::<Vec<_>>(),
            ["device.MDC_EVT_DISCONN", "device.MDC_EVT_ECG_V_TACHY", "lab.", "limit.pulse_rate.high"]
        );
    }
}
