//! The child as the parent holds it: started, spoken to, listened to, and ended. It judges nothing.

use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio_util::codec::{FramedRead, LinesCodec};

use super::line::{LINE_MOST, Report};

/// How long the child may take to read a line, and to die.
const PATIENCE: Duration = Duration::from_secs(1);

/// What came from a child.
#[derive(Debug)]
pub(super) enum Said {
    /// A line of ours.
    Report(Report),
    /// Something else.
    Garbage,
    /// Its output ended, hence so did it.
    Ended,
}

/// A running child.
#[derive(Debug)]
pub(super) struct Running {
    process: Child,
    orders: ChildStdin,
    reports: FramedRead<ChildStdout, LinesCodec>,
    noise: Option<FramedRead<ChildStderr, LinesCodec>>,
}

impl Running {
    /// Starts the child in a process group of its own, so that a Ctrl-C at the terminal ends the parent
    /// alone, which then ends the child in order.
    ///
    /// # Errors
    /// When the operating system cannot start it.
    pub(super) fn start(command: &[OsString]) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(orders), Some(reports), noise) = pipes else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let lines = || LinesCodec::new_with_max_length(LINE_MOST);
        Ok(Self {
            process,
            orders,
            reports: FramedRead::new(reports, lines()),
            noise: noise.map(|noise| FramedRead::new(noise, lines())),
        })
    }

    /// Says a line, or several.
    ///
    /// # Errors
    /// When the child does not read them in time, or has closed its input.
    pub(super) async fn say(&mut self, lines: &str) -> io::Result<()> {
        match tokio::time::timeout(PATIENCE, self.orders.write_all(lines.as_bytes())).await {
            Ok(said) => said,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Waits for the next line. What the sound libraries print beside it goes to the log. May be dropped at
    /// any point.
    pub(super) async fn hear(&mut self) -> Said {
        loop {
            tokio::select! {
                biased;
                line = self.reports.next() => return match line {
                    Some(Ok(line)) => serde_json::from_str(&line).map_or(Said::Garbage, Said::Report),
                    Some(Err(_)) => Said::Garbage,
                    None => Said::Ended,
                },
                line = noise(self.noise.as_mut()) => match line {
                    Some(Ok(line)) => tracing::debug!(line, "the sound libraries say"),
                    Some(Err(_)) => {}
                    None => self.noise = None,
                },
            }
        }
    }

    /// Closes its input, which tells it to end, and kills it when it does not.
    pub(super) async fn end(self) {
        let Self { mut process, orders, .. } = self;
        drop(orders);
        if tokio::time::timeout(PATIENCE, process.wait()).await.is_err() {
            kill(process).await;
        }
    }

    /// Kills it, without a word.
    pub(super) async fn kill(self) {
        kill(self.process).await;
    }
}

/// A child that hangs in the kernel dies later; it is not waited for.
async fn kill(mut process: Child) {
    if tokio::time::timeout(PATIENCE, process.kill()).await.is_err() {
        tracing::warn!("a sound process does not die yet; the operating system holds it");
    }
}

async fn noise(
    from: Option<&mut FramedRead<ChildStderr, LinesCodec>>,
) -> Option<Result<String, tokio_util::codec::LinesCodecError>> {
    match from {
        Some(from) => from.next().await,
        None => std::future::pending().await,
    }
}
