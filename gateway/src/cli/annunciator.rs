//! `wardlight annunciator --child`: the process that holds the sound device. The gateway starts it; people do
//! not.

use std::io::Write;
use std::process::ExitCode;

use crate::annunciator::run_child;

/// What the gateway tells its child at the start.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Be the sound process.
    #[arg(long, required = true)]
    child: bool,
    /// The device: `default`, `alsa:…` or `pulse:…`.
    #[arg(long)]
    device: String,
}

/// Plays until standard input ends.
pub(super) fn run(args: &Args, out: &mut impl Write) -> ExitCode {
    ExitCode::from(run_child(&args.device, out))
}
