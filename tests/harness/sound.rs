//! A private sound server with sinks that nobody hears, and a recording of what such a sink plays. It needs
//! no sound card, no session and no network, and leaves nothing behind. It measures nothing.
//!
//! It stands alone, because the gateway's own tests take it in as well.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};

/// Samples in a second of a recording.
pub const RATE: u32 = 48_000;

/// What must be installed.
pub const PROGRAMS: [&str; 3] = ["pulseaudio", "parec", "pactl"];

/// Bytes of a frame: two channels of 16 bits.
const FRAME_BYTES: usize = 4;

/// How long the slowest of what is waited for may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that goes before others where this user may say so, as sound does on a real machine; else as any
/// other.
fn ahead_of_others(program: &str) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", "-15", program]).stderr(Stdio::null());
    command
}

/// A program that dies with its holder.
#[derive(Debug)]
pub struct Leashed(pub Child);

impl Drop for Leashed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a program says, line by line, read to its end so that it never waits for us.
pub fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = told.send(line);
        }
    });
    heard
}

/// The next line that contains a text.
///
/// # Errors
/// Nobody says it in time.
pub fn wait_for(lines: &Receiver<String>, part: &str) -> anyhow::Result<String> {
    loop {
        let line = lines.recv_timeout(PATIENCE).with_context(|| format!("nobody said {part}"))?;
        if line.contains(part) {
            return Ok(line);
        }
    }
}

/// A private sound server.
#[derive(Debug)]
pub struct Pulse {
    _server: Leashed,
    folder: tempfile::TempDir,
}

impl Pulse {
    /// Starts one without any sink, and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not come up.
    pub fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("start.pa");
        let socket = folder.path().join("socket");
        let listen =
            format!("load-module module-native-protocol-unix auth-anonymous=1 socket={}\n", socket.display());
        std::fs::write(&script, listen)?;
        let mut server = ahead_of_others("pulseaudio")
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "-v", "-F"])
            .arg(&script)
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = lines(server.stderr.take().context("no standard error")?);
        let pulse = Self { _server: Leashed(server), folder };
        wait_for(&log, "startup complete")?;
        Ok(pulse)
    }

    /// What tells a program where this server is.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 3] {
        let folder = self.folder.path().display().to_string();
        let server = format!("unix:{}", self.folder.path().join("socket").display());
        [("PULSE_SERVER", server), ("XDG_RUNTIME_DIR", folder.clone()), ("HOME", folder)]
    }

    /// A program that finds this server.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = ahead_of_others(program);
        command.envs(self.environment());
        command
    }

    /// Asks the server something; `None` when it refuses.
    #[must_use]
    pub fn pactl(&self, arguments: &[&str]) -> Option<String> {
        let said = self.command("pactl").args(arguments).output().ok()?;
        said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
    }

    /// Adds a sink that nobody hears; the number of its module.
    ///
    /// # Errors
    /// The server refuses.
    pub fn add_sink(&self, name: &str) -> anyhow::Result<String> {
        let name = format!("sink_name={name}");
        let sink = ["load-module", "module-null-sink", &name, "rate=48000", "channels=2", "format=s16le"];
        self.pactl(&sink).context("the sound server takes no sink")
    }
}

/// What a sink plays, recorded from its monitor.
#[derive(Debug)]
pub struct Recording {
    sheet: Arc<(Mutex<Vec<u8>>, Condvar)>,
    _parec: Leashed,
}

impl Recording {
    /// Records a sink; returns when its first samples have come, for a sink that sleeps clips what comes
    /// first.
    ///
    /// # Errors
    /// The recorder cannot be started, or records nothing.
    pub fn of(pulse: &Pulse, sink: &str) -> anyhow::Result<Self> {
        let mut parec = pulse
            .command("parec")
            .args(["--raw", "--latency-msec=10", "--format=s16le", "--rate=48000", "--channels=2", "-d"])
            .arg(format!("{sink}.monitor"))
            .stdout(Stdio::piped())
            .spawn()?;
        let mut from = parec.stdout.take().context("no standard output")?;
        let sheet = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let written = Arc::clone(&sheet);
        std::thread::spawn(move || {
            let mut chunk = [0; 4_096];
            while let Ok(count @ 1..) = from.read(&mut chunk) {
                let mut sheet = written.0.lock().unwrap_or_else(PoisonError::into_inner);
                sheet.extend(chunk.iter().take(count));
                written.1.notify_all();
            }
        });
        let recording = Self { sheet, _parec: Leashed(parec) };
        recording.wait_for(0.01)?;
        Ok(recording)
    }

    /// How much is recorded, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        seconds(&self.sheet.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until so much more is recorded, in seconds.
    ///
    /// # Errors
    /// The recording stands still.
    pub fn wait_for(&self, more: f64) -> anyhow::Result<()> {
        let until = self.seconds() + more;
        let (bytes, written) = &*self.sheet;
        let short = |bytes: &mut Vec<u8>| seconds(bytes) < until;
        let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let (bytes, waited) =
            written.wait_timeout_while(bytes, PATIENCE, short).unwrap_or_else(PoisonError::into_inner);
        ensure!(!waited.timed_out(), "the recording stands still at {} s", seconds(&bytes));
        Ok(())
    }

    /// The left channel from so many seconds on.
    #[must_use]
    pub fn samples_from(&self, from: f64) -> Vec<f32> {
        let bytes = self.sheet.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = bytes.chunks_exact(FRAME_BYTES).skip(frames(from)).map(|frame| match *frame {
            [low, high, ..] => i16::from_le_bytes([low, high]),
            _ => 0,
        });
        left.map(|value| f32::from(value) / 32_768.0).collect()
    }
}

/// How long the recorded bytes last.
fn seconds(bytes: &[u8]) -> f64 {
    f64::from(u32::try_from(bytes.len() / FRAME_BYTES).unwrap_or(u32::MAX)) / f64::from(RATE)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "minutes of samples fit")]
fn frames(seconds: f64) -> usize {
    (seconds * f64::from(RATE)) as usize
}
