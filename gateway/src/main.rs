//! `wardlight`: arguments to a command to an exit code. Everything else is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Frames are read on one thread and freed on another, which the system's allocator answers with locks.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    gateway::cli::main()
}
