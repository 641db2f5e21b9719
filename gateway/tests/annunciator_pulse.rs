//! The real sound process against a real sound server: a private PulseAudio with a null sink, whose monitor
//! is recorded and measured. It needs no sound card, no session and no network, and leaves nothing behind.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may fail loudly, and the measured figures are its result"
)]

#[path = "../src/annunciator/measure.rs"]
mod measure;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use gateway::annunciator::{Annunciator, Device, State, Status, TestDesk, tone};
use gateway::clock::Clock;
use gateway::config::loudness::Loudness;
use gateway::view::Signal;
use rules::{Moment, Priority};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const WARDLIGHT: &str = env!("CARGO_BIN_EXE_wardlight");

/// Bytes of a frame: two channels of 16 bits.
const FRAME_BYTES: usize = 4;

/// Whether the programs of the test are there; where they must be and are not, the test fails.
fn tools_are_there() -> bool {
    let missing: Vec<_> = ["pulseaudio", "parec", "pactl"]
        .into_iter()
        .filter(|program| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_err())
        .collect();
    if missing.is_empty() {
        return true;
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "missing: {missing:?}; apt-get install pulseaudio pulseaudio-utils"
    );
    println!("SKIPPED: missing {missing:?}; apt-get install pulseaudio pulseaudio-utils");
    false
}

/// How long the slowest of what is waited for may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that goes before others where this user may say so, as sound does on a real machine; else as any
/// other.
fn ahead_of_others(program: &str) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", "-15", program]).stderr(Stdio::null());
    command
}

/// A child that dies with the test.
struct Leashed(Child);

impl Drop for Leashed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a program says, line by line, read to its end so that it never waits for us.
fn lines(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = told.send(line);
        }
    });
    heard
}

/// The next line that contains a text.
fn wait_for(lines: &mpsc::Receiver<String>, part: &str) -> String {
    loop {
        let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nobody said {part}"));
        if line.contains(part) {
            return line;
        }
    }
}

/// A private sound server.
struct Pulse {
    _server: Leashed,
    folder: tempfile::TempDir,
}

impl Pulse {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("start.pa");
        let socket = folder.path().join("socket");
        let listen =
            format!("load-module module-native-protocol-unix auth-anonymous=1 socket={}\n", socket.display());
        std::fs::write(&script, listen).unwrap();
        let mut server = ahead_of_others("pulseaudio")
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "-v", "-F"])
            .arg(&script)
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = lines(server.stderr.take().unwrap());
        wait_for(&log, "startup complete");
        Self { _server: Leashed(server), folder }
    }

    fn server(&self) -> String {
        format!("unix:{}", self.folder.path().join("socket").display())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = ahead_of_others(program);
        command
            .env("PULSE_SERVER", self.server())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("HOME", self.folder.path());
        command
    }

    fn pactl(&self, arguments: &[&str]) -> Option<String> {
        let said = self.command("pactl").args(arguments).output().ok()?;
        said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
    }

    /// Adds a null sink; the number of its module.
    fn add_sink(&self, name: &str) -> String {
        let name = format!("sink_name={name}");
        let sink = ["load-module", "module-null-sink", &name, "rate=48000", "channels=2", "format=s16le"];
        self.pactl(&sink).unwrap()
    }

    /// A program that is our binary, told where the sound server is.
    fn binary(&self) -> PathBuf {
        let path = self.folder.path().join("wardlight");
        let home = self.folder.path().display();
        let place = format!("PULSE_SERVER={} XDG_RUNTIME_DIR={home} HOME={home}", self.server());
        let script = format!("#!/bin/sh\n{place} exec {WARDLIGHT} \"$@\"\n");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

/// What a sink plays, recorded from its monitor.
struct Recording {
    sheet: Arc<(Mutex<Vec<u8>>, Condvar)>,
    _parec: Leashed,
}

impl Recording {
    /// Records a sink; returns when its first samples have come, for a sink that sleeps clips what comes
    /// first.
    fn of(pulse: &Pulse, sink: &str) -> Self {
        let mut parec = pulse
            .command("parec")
            .args(["--raw", "--latency-msec=10", "--format=s16le", "--rate=48000", "--channels=2", "-d"])
            .arg(format!("{sink}.monitor"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut from = parec.stdout.take().unwrap();
        let sheet = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let written = Arc::clone(&sheet);
        std::thread::spawn(move || {
            let mut chunk = [0; 4_096];
            while let Ok(count @ 1..) = from.read(&mut chunk) {
                written.0.lock().unwrap().extend_from_slice(&chunk[..count]);
                written.1.notify_all();
            }
        });
        let recording = Self { sheet, _parec: Leashed(parec) };
        recording.wait_for(0.01);
        recording
    }

    fn seconds(&self) -> f64 {
        seconds(&self.sheet.0.lock().unwrap())
    }

    /// Waits until so much more is recorded.
    fn wait_for(&self, more: f64) {
        let until = self.seconds() + more;
        let (bytes, written) = &*self.sheet;
        let short = |bytes: &mut Vec<u8>| seconds(bytes) < until;
        let (bytes, waited) = written.wait_timeout_while(bytes.lock().unwrap(), PATIENCE, short).unwrap();
        assert!(!waited.timed_out(), "the recording stands still at {} s", seconds(&bytes));
    }

    /// The left channel.
    fn samples(&self) -> Vec<f32> {
        let bytes = self.sheet.0.lock().unwrap();
        let left = bytes.chunks_exact(FRAME_BYTES).map(|frame| i16::from_le_bytes([frame[0], frame[1]]));
        left.map(|value| f32::from(value) / 32_768.0).collect()
    }
}

/// How long the recorded bytes last.
fn seconds(bytes: &[u8]) -> f64 {
    f64::from(u32::try_from(bytes.len() / FRAME_BYTES).unwrap()) / f64::from(tone::SAMPLE_RATE)
}

/// The sound process, told what must sound as the gateway tells it.
struct Station {
    process: Leashed,
    asked: Option<mpsc::Sender<&'static str>>,
    reports: mpsc::Receiver<String>,
}

impl Station {
    fn start(pulse: &Pulse, device: &str) -> Self {
        let mut process = pulse
            .command(WARDLIGHT)
            .args(["annunciator", "--child", "--device", device])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let reports = lines(process.stdout.take().unwrap());
        let orders = process.stdin.take().unwrap();
        let (asked, wanted) = mpsc::channel();
        std::thread::spawn(move || feed(orders, &wanted));
        Self { process: Leashed(process), asked: Some(asked), reports }
    }

    fn ask(&self, line: &'static str) {
        self.asked.as_ref().unwrap().send(line).unwrap();
    }

    /// Closes its input; its exit code.
    fn end(mut self) -> Option<i32> {
        self.asked = None;
        self.process.0.wait().unwrap().code()
    }
}

/// Says what is wanted, at once and then each 250 ms, until nobody wants anything any more.
fn feed(mut orders: ChildStdin, wanted: &mpsc::Receiver<&'static str>) {
    let mut line = "null";
    while writeln!(orders, "{line}").is_ok() {
        line = match wanted.recv_timeout(Duration::from_millis(250)) {
            Ok(next) => next,
            Err(RecvTimeoutError::Timeout) => line,
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

/// Prints what was measured of one recorded burst, and says in what it is not as its figures want it.
fn faults_of(samples: &[f32], pulses: &[measure::Pulse], priority: Priority) -> Vec<String> {
    let figures = tone::burst(priority);
    let steady = measure::steady(samples, &pulses[0], tone::SAMPLE_RATE);
    let fundamental = measure::fundamental_hz(steady, tone::SAMPLE_RATE);
    let harmonics = measure::harmonics_db(steady, fundamental, tone::SAMPLE_RATE);
    let spacings = measure::spacings_ms(pulses);
    println!("{priority:?}: {} pulses, fundamental {fundamental} Hz", pulses.len());
    for pulse in pulses {
        let (td, rise, fall) = (pulse.duration_ms(), pulse.rise_ms, pulse.fall_ms);
        println!("  pulse at {:.1} ms: td {td:.2} ms, rise {rise:.2} ms, fall {fall:.2} ms", pulse.from_ms);
    }
    println!("  gaps {spacings:.2?} ms; partials {harmonics:.1?}");

    let mut faults = Vec::new();
    let mut hold = |holds: bool, what: String| faults.extend((!holds).then_some(what));
    let td = f64::from(figures.pulse_ms);
    for pulse in pulses {
        hold((pulse.duration_ms() - td).abs() < 2.0, format!("td {pulse:?}"));
        hold((0.10..=0.20).contains(&(pulse.rise_ms / pulse.duration_ms())), format!("rise {pulse:?}"));
    }
    for (gap, spacing) in figures.gaps.iter().zip(&spacings) {
        let wanted = f64::from(match gap {
            tone::Gap::Spacing => figures.spacing_ms,
            tone::Gap::Group => 2 * figures.spacing_ms + figures.pulse_ms,
            tone::Gap::Half => 700,
        });
        hold((spacing - wanted).abs() < 2.0, format!("{gap:?}: {spacing} ms, wanted {wanted} ms"));
    }
    hold((150.0..=1_000.0).contains(&fundamental), format!("fundamental {fundamental} Hz"));
    let near = harmonics.iter().filter(|(hz, level)| (300.0..=4_000.0).contains(hz) && level.abs() <= 15.0);
    hold(near.count() >= 4, format!("partials {harmonics:.1?}"));
    faults
}

/// Records a high burst and then a medium one; what was recorded, and when the high one was asked for, in ms.
fn take() -> (Vec<f32>, f64) {
    let pulse = Pulse::start();
    pulse.add_sink("nurse");
    let recording = Recording::of(&pulse, "nurse");
    let station = Station::start(&pulse, "pulse:nurse");
    wait_for(&station.reports, "opened");
    recording.wait_for(0.5);

    let asked_ms = recording.seconds() * 1_000.0;
    station.ask(r#"{"alert":"00000000000000aa","priority":"High"}"#);
    println!("{}", wait_for(&station.reports, "00aa"));
    recording.wait_for(4.5);
    station.ask(r#"{"alert":"00000000000000bb","priority":"Medium"}"#);
    println!("{}", wait_for(&station.reports, "00bb"));
    recording.wait_for(2.5);
    assert_eq!(station.end(), Some(0));
    (recording.samples(), asked_ms)
}

/// One take, held against the table; what is wrong with it.
fn faults_of_a_take() -> Vec<String> {
    let (samples, asked_ms) = take();
    let pulses = measure::pulses(&samples, tone::SAMPLE_RATE);
    if pulses.len() < 13 {
        return vec![format!("{} pulses", pulses.len())];
    }
    println!("first pulse {:.0} ms after it was asked for", pulses[0].from_ms - asked_ms);
    let mut faults = faults_of(&samples, &pulses[..10], Priority::High);
    faults.extend(faults_of(&samples, &pulses[pulses.len() - 3..], Priority::Medium));
    faults
}

#[test]
fn high_and_medium_bursts_reach_the_sink_as_the_table_wants_them() {
    if !tools_are_there() {
        return;
    }
    // A machine that is too busy for server or recorder tears a recording now and then, or stretches a gap; a
    // fault of the synthesis is in every one.
    let mut told = Vec::new();
    for attempt in 1..=4 {
        let faults = faults_of_a_take();
        if faults.is_empty() {
            return;
        }
        told.push(format!("take {attempt}: {}", faults.join("; ")));
    }
    panic!("{}", told.join("\n"));
}

async fn until(status: &mut watch::Receiver<Status>, wanted: impl FnMut(&Status) -> bool) -> Status {
    let found = tokio::time::timeout(Duration::from_mins(1), status.wait_for(wanted)).await;
    let found = found.map(|status| status.unwrap().clone());
    found.unwrap_or_else(|_| panic!("waited in vain; it is {:?}", status.borrow()))
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "a test needs no supervised task")]
async fn a_sink_that_goes_is_told_whatever_the_server_does_and_its_return_heals() {
    if !tools_are_there() {
        return;
    }
    let pulse = Pulse::start();
    let mut nurse = pulse.add_sink("nurse");
    let device = Device::parse("pulse:nurse");
    let (desired, asked) = watch::channel(None);
    let (told, mut status) = watch::channel(Status::unknown(&device));
    let stop = CancellationToken::new();
    let clock = Clock::starting_after(Moment(0));
    let tests = TestDesk::new(None, clock.clone());
    let (_, loudness) = watch::channel(Loudness::default());
    let annunciator = Annunciator::new(pulse.binary(), device, clock, loudness, tests);
    let run = tokio::spawn(annunciator.run(asked, told, stop.clone()));
    desired.send_replace(Some(Signal { alert: "aa".to_owned(), priority: Priority::High }));
    until(&mut status, |status| status.playing.is_some()).await;

    // With another sink the server moves the stream and says nothing; without one, the stream is orphaned and
    // hangs.
    for other in [Some("other"), None] {
        let other = other.map(|name| pulse.add_sink(name));
        pulse.pactl(&["unload-module", &nurse]).unwrap();
        let failed = until(&mut status, |status| status.state == State::Failed).await;
        println!("without its sink: {}", failed.why);
        assert_eq!(failed.playing, None);
        if let Some(other) = other {
            pulse.pactl(&["unload-module", &other]).unwrap();
        }
        nurse = pulse.add_sink("nurse");
        let healed = |status: &Status| status.state == State::Ok && status.playing.is_some();
        let healed = until(&mut status, healed).await;
        assert!(healed.bursts > failed.bursts);
    }

    stop.cancel();
    run.await.unwrap().unwrap();
}
