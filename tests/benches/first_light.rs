//! The ward's first figures, side by side with Mosquitto's where there is a side by side: from a published
//! reading to the alert on the board's stream, frames acknowledged in a second, memory. It prints and never
//! judges; load and gateway share the machine.
//!
//! `cargo bench -p tests --bench first_light`; `WARDLIGHT_DOSE=long` takes longer and writes the figures
//! down.

#![expect(clippy::indexing_slicing, reason = "a story may fail loudly")]

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use harness::figures::{Stopwatch, note};
use harness::load::Device;
use harness::{Events, Plan, Ward, dose, peers};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// A red limit without its delay: what is left is the gateway's own time.
const NO_DELAY: &str = "[limits.pulse_rate]\nred_delay_s = 0\nyellow_delay_s = 0\n";

/// A patient whose heart races, and one whose does not.
const RACING: &str = r#"{"code":"MDC_ECG_HEART_RATE","value":170,"unit":"/min"}"#;
const CALM: &str = r#"{"code":"MDC_ECG_HEART_RATE","value":80,"unit":"/min"}"#;

/// Samples fall on every instant of the monitors' second.
const BETWEEN_SAMPLES: Duration = Duration::from_millis(97);

/// Rounds of the comparison with Mosquitto; the middle one counts.
const ROUNDS: usize = 3;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for beds in [30, 300] {
            seen(beds).await.with_context(|| format!("{beds} beds"))?;
        }
        acknowledged().await
    })
}

/// Publish to visible beside `beds` monitors that send once a second; at 30 beds the memory too.
async fn seen(beds: usize) -> anyhow::Result<()> {
    let ward = Plan::default().beds(beds + 1, NO_DELAY)?.run().await?;
    let to = ward.address("mqtt")?;
    let watch = Stopwatch::start();
    let mut monitors = monitors(beds, to);
    let mut probe = Probe::at(&format!("{:02}", beds + 1), &ward).await?;
    let (mut visible_ms, mut stored_ms) = (Vec::new(), Vec::new());
    sleep(Duration::from_secs(1)).await;
    for _ in 0..dose().of(200, 2_000) {
        sleep(BETWEEN_SAMPLES).await;
        let (visible, stored) = tokio::select! {
            sample = probe.sample() => sample?,
            Some(ended) = monitors.join_next() => anyhow::bail!("a monitor lost its line: {ended:?}"),
        };
        visible_ms.push(visible);
        stored_ms.push(stored);
    }
    for (what, mut figures) in [("alert visible", visible_ms), ("acknowledged", stored_ms)] {
        figures.sort_by(f64::total_cmp);
        for (name, share) in [("p50", 50), ("p99", 99)] {
            let figure = figures[(figures.len() - 1) * share / 100];
            note(&format!("publish to {what}, {beds} beds at 1 Hz, {name}"), figure, "ms")?;
        }
    }
    if beds == 30 {
        let minutes = u64::try_from(dose().of(1, 10))?;
        sleep(Duration::from_mins(minutes).saturating_sub(watch.elapsed())).await;
        note(&format!("resident memory of run after {minutes} min at 30 beds"), resident_mb(&ward)?, "MB")?;
    }
    Ok(())
}

/// One monitor at each bed, each on a line of its own, begun at its own instant of the second.
fn monitors(beds: usize, to: SocketAddr) -> JoinSet<anyhow::Result<()>> {
    let mut monitors = JoinSet::new();
    for no in 1..=beds {
        let mut monitor = Device::at(&format!("{no:02}"), "monitor");
        let begins =
            Duration::from_secs(1) * u32::try_from(no).unwrap_or(0) / u32::try_from(beds).unwrap_or(1);
        monitors.spawn(async move {
            sleep(begins).await;
            monitor.send(to, Some(1), u64::MAX).await
        });
    }
    monitors
}

/// A bed whose alarm is made to come and go.
struct Probe {
    device: Device,
    line: TcpStream,
    events: Events,
}

impl Probe {
    async fn at(bed: &str, ward: &Ward) -> anyhow::Result<Self> {
        let device = Device::at(bed, "probe");
        let line = device.connect(ward.address("mqtt")?).await?;
        Ok(Self { device, line, events: Events::open(&ward.api()?).await? })
    }

    /// One alarm, from its frame to the board and to the acknowledgement, in milliseconds; then it ends
    /// again.
    async fn sample(&mut self) -> anyhow::Result<(f64, f64)> {
        let figures = self.publish(RACING, true).await?;
        self.publish(CALM, false).await?;
        Ok(figures)
    }

    async fn publish(&mut self, values: &str, active: bool) -> anyhow::Result<(f64, f64)> {
        let Self { device, line, events } = self;
        device.read(values);
        let (bed, most) = (device.bed.clone(), device.sent() + 1);
        let watch = Stopwatch::start();
        let stored = async {
            device.send_on(line, None, most).await?;
            anyhow::Ok(watch.elapsed())
        };
        let visible = async {
            while !is_told(&events.next_named("alerts").await?, &bed, active) {}
            anyhow::Ok(watch.elapsed())
        };
        let (stored, visible) = tokio::try_join!(stored, visible)?;
        Ok((visible.as_secs_f64() * 1_000.0, stored.as_secs_f64() * 1_000.0))
    }
}

/// Whether an event says of the bed's own alarm that it is active, or that it no longer is.
fn is_told(event: &Value, bed: &str, active: bool) -> bool {
    event["alerts"].as_array().into_iter().flatten().any(|alert| {
        let ours = alert["bed"] == bed && alert["code"].as_str().is_some_and(|code| code.contains("pulse"));
        ours && (alert["state"] == "active") == active
    })
}

/// Acknowledged frames in a second on one line and on four, beside Mosquitto's without persistence: the same
/// client, the same bytes, turn and turn about.
async fn acknowledged() -> anyhow::Result<()> {
    let ward = Plan::default().beds(30, "")?.run().await?;
    let ours = ward.address("mqtt")?;
    let rival = if peers::present(&["mosquitto"])? {
        Some(peers::mosquitto("persistence false").await?)
    } else {
        None
    };
    for lines in [1, 4] {
        let (mut us, mut them) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            us.push(frames_a_second(ours, lines).await?);
            if let Some((_, rival)) = &rival {
                them.push(frames_a_second(*rival, lines).await?);
            }
        }
        let us = middle(&mut us).context("no round")?;
        note(&format!("acknowledged frames, lines: {lines}, durable"), us, "/s")?;
        if let Some(them) = middle(&mut them) {
            note(&format!("acknowledged frames, lines: {lines}, Mosquitto in memory"), them, "/s")?;
            note(&format!("acknowledged frames, lines: {lines}, ratio to Mosquitto"), us / them, "")?;
        }
    }
    note("resident memory of run after the comparison", resident_mb(&ward)?, "MB")
}

async fn frames_a_second(to: SocketAddr, lines: usize) -> anyhow::Result<f64> {
    let frames = dose().of(40_000, 400_000) / lines;
    let watch = Stopwatch::start();
    let mut senders = JoinSet::new();
    for no in 1..=lines {
        let mut device = Device::at(&format!("{no:02}"), "load");
        let most = u64::try_from(frames)?;
        senders.spawn(async move { device.send(to, None, most).await });
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    let sent = u32::try_from(frames * lines)?;
    Ok(f64::from(sent) / watch.elapsed().as_secs_f64())
}

fn middle(figures: &mut [f64]) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

/// What the kernel counts as resident of the gateway's process, in units of 10⁶ bytes.
fn resident_mb(ward: &Ward) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", ward.process()?))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1_024.0 / 1e6)
}
