//! From a reading that is sent to its first pulse at the sink, on the recorded sound: the first high reading
//! in silence, a high one while a medium burst plays, and the first of 300 in one second. It prints and never
//! judges; a busy machine is slower.
//!
//! The recorder hears a sink some milliseconds late, so that a figure is rather too long than too short.
//!
//! `cargo bench -p tests --bench sound`; `WARDLIGHT_DOSE=long` takes longer and keeps the figures.

#![expect(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[path = "../../gateway/src/annunciator/measure.rs"]
#[expect(dead_code, reason = "the bench asks for pulses alone")]
mod measure;

use std::time::Duration;

use anyhow::Context;
use harness::figures::note;
use harness::load::Device;
use harness::sound::{PROGRAMS, Pulse, RATE, Recording};
use harness::{Plan, Ward, dose, peers, until};
use measure::pulses;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// A red limit without its delay: what is left is the gateway's own time.
const NO_DELAY: &str = "[limits.pulse_rate]\nred_delay_s = 0\nyellow_delay_s = 0\n";

/// A heart that calls high, one that calls medium.
const HIGH: &str = r#"{"code":"MDC_ECG_HEART_RATE","value":170,"unit":"/min"}"#;
const MEDIUM: &str = r#"{"code":"MDC_ECG_HEART_RATE","value":140,"unit":"/min"}"#;

/// One that calls nobody.
const CALM: &str = r#"{"code":"MDC_ECG_HEART_RATE","value":80,"unit":"/min"}"#;

/// How long a first pulse is waited for; one that is later is a fault, and no figure.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many samples of a high burst must be recorded to know it by its rhythm: 0.7 s.
const KNOWN_BY: usize = RATE as usize * 7 / 10;

/// A pulse of a high burst and the gap after it, in ms, as the table of bursts has them.
const PULSE_MS: f64 = 150.0;
const GAP_MS: f64 = 95.0;

/// How far a recorded figure may be from the table and still be known.
const ABOUT_MS: f64 = 5.0;

/// How many alerts come in the one second.
const AT_ONCE: usize = 300;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        if !peers::present(&PROGRAMS)? {
            return Ok(());
        }
        told("a high reading in silence", one_by_one(None).await?)?;
        told("a high reading while a medium burst plays", one_by_one(Some(MEDIUM)).await?)?;
        let mut first = Vec::new();
        for _ in 0..dose().of(3, 20) {
            first.push(of_many().await?);
        }
        told("the first of 300 alerts in one second", first)
    })
}

fn told(what: &str, mut figures: Vec<f64>) -> anyhow::Result<()> {
    figures.sort_by(f64::total_cmp);
    let shares = [("p50", 50), ("p99", 99), ("most", 100)];
    for (name, share) in shares {
        let figure = figures[((figures.len() - 1) * share).div_ceil(100)];
        note(
            &format!("reading to first pulse at the sink, {what}, of {}, {name}", figures.len()),
            figure,
            "ms",
        )?;
    }
    Ok(())
}

/// A ward that sounds into a sink, with its recording.
struct Scene {
    ward: Ward,
    recording: Recording,
    _pulse: Pulse,
}

impl Scene {
    async fn begin(beds: usize) -> anyhow::Result<Self> {
        let pulse = Pulse::start()?;
        pulse.add_sink("nurse")?;
        let recording = Recording::of(&pulse, "nurse")?;
        let mut plan = Plan::default().beds(beds, NO_DELAY)?.set("audio.device=pulse:nurse");
        plan.environment = pulse.environment().map(|(name, value)| (name.to_owned(), value)).into();
        let ward = plan.run().await?;
        ward.add_user("asha", "nurse", "2468").await?;
        let api = ward.api()?;
        until("the sound to be ready", PATIENCE, || async {
            let state = api.get("/api/v1/annunciators").await?[0]["state"].clone();
            Ok::<_, anyhow::Error>((state == "ok").then_some(()))
        })
        .await?;
        Ok(Self { ward, recording, _pulse: pulse })
    }

    /// A monitor with its line.
    async fn monitor(&self, no: usize, reads: &str) -> anyhow::Result<(Device, TcpStream)> {
        let mut monitor = Device::at(&format!("{no:02}"), "monitor");
        monitor.read(reads);
        let line = monitor.connect(self.ward.address("mqtt")?).await?;
        Ok((monitor, line))
    }

    async fn answer(&self, no: usize) -> anyhow::Result<()> {
        let body = serde_json::json!({"by": "asha", "pin": "2468", "station": "desk"});
        let path = format!("/api/v1/beds/{no:02}/acknowledge");
        let (status, said) = self.ward.api()?.post(&path, &body).await?;
        anyhow::ensure!(status == 200, "{path}: {said}");
        Ok(())
    }

    /// The first pulse of a high burst after a point of the recording, in ms from there.
    async fn first_pulse(&self, from: f64) -> anyhow::Result<f64> {
        until("a high burst", PATIENCE, || async {
            Ok::<_, anyhow::Error>(first_high(&self.recording.samples_from(from)))
        })
        .await
    }

    /// Waits until so much is recorded without a sound.
    async fn silence(&self, seconds: f64) -> anyhow::Result<()> {
        until("silence", PATIENCE, || async {
            let last = self.recording.samples_from((self.recording.seconds() - seconds).max(0.0));
            Ok::<_, anyhow::Error>(last.iter().all(|sample| sample.abs() < 0.001).then_some(()))
        })
        .await
    }
}

/// Where a high burst begins, in ms. It is known by its second pulse, because its first may follow so closely
/// on a burst that it cut that the two cannot be told apart.
fn first_high(samples: &[f32]) -> Option<f64> {
    if samples.len() < KNOWN_BY {
        return None;
    }
    let found = pulses(samples, RATE);
    let second = found.windows(2).find(|pair| {
        (pair[1].from_ms - pair[0].to_ms - GAP_MS).abs() < ABOUT_MS
            && (pair[1].duration_ms() - PULSE_MS).abs() < ABOUT_MS
    })?;
    Some(second[1].from_ms - GAP_MS - PULSE_MS)
}

/// Each sample at a bed of its own, `beside` a bed that sounds already or in silence.
async fn one_by_one(beside: Option<&str>) -> anyhow::Result<Vec<f64>> {
    let samples = dose().of(20, 100);
    let scene = Scene::begin(samples + 1).await?;
    let (mut figures, mut monitors) = (Vec::new(), JoinSet::new());
    // A monitor that fell silent would itself be an alert.
    let mut goes_on = |mut monitor: Device, mut line: TcpStream| {
        monitors.spawn(async move { monitor.send_on(&mut line, Some(1), u64::MAX).await });
    };
    if let Some(reads) = beside {
        let (other, line) = scene.monitor(samples + 1, reads).await?;
        goes_on(other, line);
    }
    for no in 1..=samples {
        let (mut monitor, mut line) = scene.monitor(no, HIGH).await?;
        if beside.is_some() {
            begins(&scene).await?;
        } else {
            scene.silence(1.0).await?;
        }
        // Samples fall on every instant of the device's period.
        sleep(Duration::from_millis(7 * u64::try_from(no)? % 200)).await;
        let from = scene.recording.seconds();
        monitor.send_on(&mut line, None, 1).await?;
        figures.push(scene.first_pulse(from).await?);
        scene.answer(no).await?;
        monitor.read(CALM);
        goes_on(monitor, line);
    }
    Ok(figures)
}

/// Waits for the beginning of a burst.
async fn begins(scene: &Scene) -> anyhow::Result<()> {
    scene.silence(0.5).await?;
    let from = scene.recording.seconds();
    until("a burst", PATIENCE, || async {
        let heard = scene.recording.samples_from(from).iter().any(|sample| sample.abs() > 0.1);
        Ok::<_, anyhow::Error>(heard.then_some(()))
    })
    .await
}

/// The first of many alerts in one second, in a ward of its own.
async fn of_many() -> anyhow::Result<f64> {
    let scene = Scene::begin(AT_ONCE).await?;
    let mut monitors = JoinSet::new();
    let mut lines = Vec::new();
    for no in 1..=AT_ONCE {
        lines.push(scene.monitor(no, HIGH).await?);
    }
    scene.silence(0.5).await?;
    let between = Duration::from_secs(1) / u32::try_from(AT_ONCE)?;
    let from = scene.recording.seconds();
    for (no, (mut monitor, mut line)) in (0..).zip(lines) {
        monitors.spawn(async move {
            sleep(between * no).await;
            monitor.send_on(&mut line, None, 1).await
        });
    }
    let figure = scene.first_pulse(from).await?;
    while let Some(sent) = monitors.join_next().await {
        sent.context("a monitor fell over")??;
    }
    Ok(figure)
}
