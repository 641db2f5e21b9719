//! A thousand beds whose monitors send three frames a second each, judged and durable: how much of one core
//! the gateway takes.

use std::time::Duration;

use anyhow::Context;
use harness::figures::{Stopwatch, note};
use harness::load::Device;
use harness::{Plan, Ward, dose};
use tokio::task::JoinSet;
use tokio::time::sleep;

const BEDS: u32 = 1_000;
const A_SECOND: u32 = 3;

/// The unit of `/proc/PID/stat` (USER_HZ), the same on every Linux that we know.
const TICKS_A_SECOND: f64 = 100.0;

pub(crate) async fn run() -> anyhow::Result<()> {
    let ward = Plan::default().beds(usize::try_from(BEDS)?, "")?.run().await?;
    let to = ward.address("mqtt")?;
    let mut monitors = JoinSet::new();
    for no in 1..=BEDS {
        let mut monitor = Device::at(&format!("{no:02}"), "monitor");
        monitors.spawn(async move {
            sleep(Duration::from_secs(1) * no / BEDS).await;
            monitor.send(to, Some(A_SECOND), u64::MAX).await
        });
    }
    sleep(Duration::from_secs(5)).await;
    let (cpu_before, received_before, watch) = (cpu_s(&ward)?, accepted(&ward).await?, Stopwatch::start());
    let measured = Duration::from_secs(u64::try_from(dose().of(20, 60))?);
    tokio::select! {
        Some(ended) = monitors.join_next() => anyhow::bail!("a monitor lost its line: {ended:?}"),
        () = sleep(measured) => {}
    }
    let seconds = watch.elapsed().as_secs_f64();
    let (cpu, received) = (cpu_s(&ward)? - cpu_before, accepted(&ward).await? - received_before);
    note("1,000 beds, frames judged and acknowledged", received / seconds, "/s")?;
    note("1,000 beds, share of one core", cpu / seconds, "")?;
    note("1,000 beds, CPU time for a frame", cpu / received * 1e6, "us")?;
    note("1,000 beds, most memory", mega(ward.peak_resident_bytes()?), "MB")
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Frames that the device port has acknowledged.
async fn accepted(ward: &Ward) -> anyhow::Result<f64> {
    let port = ward.api()?.endpoint("mqtt").await?;
    port["passed"].as_f64().context("no count")
}

/// The processor time that the gateway has used, in user and in kernel.
fn cpu_s(ward: &Ward) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", ward.process()?))?;
    // The name in brackets may hold blanks; what follows it begins with the third field.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 =
        after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_A_SECOND)
}
