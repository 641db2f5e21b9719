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
#[path = "../../tests/harness/sound.rs"]
#[expect(unreachable_pub, reason = "the harness shows it to every story")]
mod sound;

use std::io::Write;
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use gateway::annunciator::{Annunciator, Device, State, Status, TestDesk, tone};
use gateway::clock::Clock;
use gateway::config::loudness::Loudness;
use gateway::view::{Desired, Signal};
use rules::{Moment, Priority};
use sound::{Leashed, PROGRAMS, Pulse, RATE, Recording, lines, wait_for};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const WARDLIGHT: &str = env!("CARGO_BIN_EXE_wardlight");

/// Whether the programs of the test are there; where they must be and are not, the test fails.
fn tools_are_there() -> bool {
    let missing: Vec<_> = PROGRAMS
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

/// A program that is our binary, told where the sound server is.
fn binary(pulse: &Pulse, folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("wardlight");
    let places = pulse.environment().map(|(name, value)| format!("{name}={value}")).join(" ");
    std::fs::write(&path, format!("#!/bin/sh\n{places} exec {WARDLIGHT} \"$@\"\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
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

/// A row of tables 3 and 4 of the standard, as public sources quote them, in ms.
struct Row {
    priority: Priority,
    pulses: usize,
    td: RangeInclusive<f64>,
    ts: RangeInclusive<f64>,
    /// Between bursts, where the take is long enough for two.
    interval: Option<RangeInclusive<f64>>,
}

const TABLE: [Row; 3] = [
    Row {
        priority: Priority::High,
        pulses: 10,
        td: 75.0..=200.0,
        ts: 50.0..=125.0,
        interval: Some(2_500.0..=15_000.0),
    },
    Row {
        priority: Priority::Medium,
        pulses: 3,
        td: 125.0..=250.0,
        ts: 125.0..=250.0,
        interval: Some(2_500.0..=30_000.0),
    },
    Row { priority: Priority::Low, pulses: 2, td: 125.0..=250.0, ts: 125.0..=250.0, interval: None },
];

/// What is not as it must be.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn hold(&mut self, holds: bool, what: impl FnOnce() -> String) {
        self.0.extend((!holds).then(what));
    }
}

/// Prints what was measured of one recorded burst, and holds it against the table and against our own
/// figures.
fn judge(samples: &[f32], pulses: &[measure::Pulse], row: &Row, faults: &mut Faults) {
    let figures = tone::burst(row.priority);
    let spacings = measure::spacings_ms(pulses);
    println!("{:?}: {} pulses", row.priority, pulses.len());
    for pulse in pulses {
        let (td, rise, fall) = (pulse.duration_ms(), pulse.rise_ms, pulse.fall_ms);
        println!("  pulse at {:.1} ms: td {td:.2} ms, rise {rise:.2} ms, fall {fall:.2} ms", pulse.from_ms);
        let exact = (td - f64::from(figures.pulse_ms)).abs() < 2.0;
        faults.hold(exact && row.td.contains(&td), || format!("td {pulse:?}"));
        faults.hold((0.10..=0.20).contains(&(rise / td)), || format!("rise {pulse:?}"));
        faults.hold(fall <= row.ts.start() - rise, || format!("fall {pulse:?}"));
    }
    println!("  gaps {spacings:.2?} ms");
    for (gap, spacing) in figures.gaps.iter().zip(&spacings) {
        let (wanted, allowed) = match gap {
            tone::Gap::Spacing => (figures.spacing_ms, row.ts.contains(spacing)),
            tone::Gap::Group => (2 * figures.spacing_ms + figures.pulse_ms, true),
            tone::Gap::Half => (700, (350.0..=1_300.0).contains(spacing)),
        };
        let exact = (spacing - f64::from(wanted)).abs() < 2.0;
        faults.hold(exact && allowed, || format!("{gap:?}: {spacing} ms, wanted {wanted} ms"));
    }
    judge_timbre(measure::steady(samples, &pulses[0], RATE), faults);
}

fn judge_timbre(steady: &[f32], faults: &mut Faults) {
    let fundamental = measure::fundamental_hz(steady, RATE);
    let harmonics = measure::harmonics_db(steady, fundamental, RATE);
    println!("  fundamental {fundamental} Hz; partials {harmonics:.1?}");
    faults.hold((150.0..=1_000.0).contains(&fundamental), || format!("fundamental {fundamental} Hz"));
    let near = harmonics.iter().filter(|(hz, level)| (300.0..=4_000.0).contains(hz) && level.abs() <= 15.0);
    faults.hold(near.count() >= 4, || format!("partials {harmonics:.1?}"));
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |most, sample| sample.abs().max(most))
}

/// What was recorded of one priority: from when it was asked for until after its next burst began.
fn take(station: &Station, recording: &Recording, row: &Row) -> Vec<f32> {
    let line = match row.priority {
        Priority::High => r#"{"alert":"00000000000000aa","priority":"High"}"#,
        Priority::Medium => r#"{"alert":"00000000000000bb","priority":"Medium"}"#,
        Priority::Low => r#"{"alert":"00000000000000cc","priority":"Low"}"#,
    };
    // Silence in between, so that no burst is cut by the next.
    station.ask("null");
    recording.wait_for(0.5).unwrap();
    let from = recording.seconds();
    station.ask(line);
    println!("{}", wait_for(&station.reports, "begun").unwrap());
    let length = match &row.interval {
        Some(_) => tone::burst(row.priority).period(),
        None => tone::burst(row.priority).length(),
    };
    recording.wait_for(f64::from(length.0) / 1_000.0 + 1.0).unwrap();
    recording.samples_from(from)
}

/// One take of every priority, held against the table; what is wrong with it.
fn faults_of_a_take() -> Vec<String> {
    let pulse = Pulse::start().unwrap();
    pulse.add_sink("nurse").unwrap();
    let recording = Recording::of(&pulse, "nurse").unwrap();
    let station = Station::start(&pulse, "pulse:nurse");
    wait_for(&station.reports, "opened").unwrap();
    recording.wait_for(0.5).unwrap();
    let (mut faults, mut loudness) = (Faults::default(), Vec::new());
    for row in &TABLE {
        let samples = take(&station, &recording, row);
        let pulses = measure::pulses(&samples, RATE);
        if pulses.len() < row.pulses {
            faults.0.push(format!("{:?}: {} pulses", row.priority, pulses.len()));
            continue;
        }
        println!("first pulse {:.0} ms after it was asked for", pulses[0].from_ms);
        judge(&samples, &pulses[..row.pulses], row, &mut faults);
        loudness.push(peak(&samples));
        let next = pulses.get(row.pulses).map(|next| next.from_ms - pulses[row.pulses - 1].to_ms);
        println!("  next burst {next:.1?} ms later, peak {:.3}", peak(&samples));
        if let Some(allowed) = &row.interval {
            let holds = next.is_some_and(|interval| allowed.contains(&interval));
            faults.hold(holds, || format!("{:?}: the next burst {next:?} ms later", row.priority));
        }
    }
    faults.hold(loudness.is_sorted_by(|high, low| high >= low), || format!("peaks {loudness:?}"));
    assert_eq!(station.end(), Some(0));
    faults.0
}

#[test]
fn every_burst_reaches_the_sink_as_the_table_wants_it() {
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
    let (pulse, folder) = (Pulse::start().unwrap(), tempfile::tempdir().unwrap());
    let mut nurse = pulse.add_sink("nurse").unwrap();
    let device = Device::parse("pulse:nurse");
    let (desired, asked) = watch::channel(Desired::default());
    let (told, mut status) = watch::channel(Status::unknown(&device));
    let stop = CancellationToken::new();
    let clock = Clock::starting_after(Moment(0));
    let tests = TestDesk::new(None, clock.clone());
    let (_, loudness) = watch::channel(Loudness::default());
    let annunciator = Annunciator::new(binary(&pulse, &folder), device, clock, loudness, tests);
    let run = tokio::spawn(annunciator.run(asked, told, stop.clone()));
    let signal = Signal { alert: "aa".to_owned(), priority: Priority::High };
    desired.send_replace(Desired::signal(Some(signal)));
    until(&mut status, |status| status.playing.is_some()).await;

    // With another sink the server moves the stream and says nothing; without one, the stream is orphaned and
    // hangs.
    for other in [Some("other"), None] {
        let other = other.map(|name| pulse.add_sink(name).unwrap());
        pulse.pactl(&["unload-module", &nurse]).unwrap();
        let failed = until(&mut status, |status| status.state == State::Failed).await;
        println!("without its sink: {}", failed.why);
        assert_eq!(failed.playing, None);
        if let Some(other) = other {
            pulse.pactl(&["unload-module", &other]).unwrap();
        }
        nurse = pulse.add_sink("nurse").unwrap();
        let healed = |status: &Status| status.state == State::Ok && status.playing.is_some();
        let healed = until(&mut status, healed).await;
        assert!(healed.bursts > failed.bursts);
    }

    stop.cancel();
    run.await.unwrap().unwrap();
}
