//! `wardlight`: arguments to a command to an exit code. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::cli::main()
}
