//! How long an acknowledgement takes while a thousand messages come in a second, beside what the disk takes.
//! Each message is due at an instant of its own. When the one before it holds it up, it is timed from then,
//! sent or not; else from when it is sent, since the sender's own clock ticks in milliseconds.

use std::net::SocketAddr;
use std::time::Duration;

use harness::figures::{Stopwatch, note};
use harness::{Plan, dose};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::line::{Line, report};
use crate::{disk, percentile};

/// Lines, and what each sends in a second.
const LINES: u32 = 20;
const A_SECOND: u32 = 50;

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut syncs = disk::syncs_ms()?;
    let ward = Plan::default().run().await?;
    let seconds = u32::try_from(dose().of(10, 60))?;
    let mut taken = acknowledged_ms(ward.address("mllp")?, LINES, A_SECOND, seconds, "PACE").await?;
    syncs.extend(disk::syncs_ms()?);
    let (_, sync_p99_ms) = disk::told(syncs)?;
    let (p50, p99) = (percentile(&mut taken, 50), percentile(&mut taken, 99));
    note("acknowledged at 1,000 messages/s, p50", p50, "ms")?;
    note("acknowledged at 1,000 messages/s, p99", p99, "ms")?;
    note(
        "acknowledged at 1,000 messages/s, p99 as a share of 3 x sync p99 + 2 ms",
        p99 / (3.0 * sync_p99_ms + 2.0),
        "",
    )
}

/// How long each acknowledgement took.
pub(crate) async fn acknowledged_ms(
    to: SocketAddr,
    lines: u32,
    a_second: u32,
    seconds: u32,
    name: &'static str,
) -> anyhow::Result<Vec<f64>> {
    let every = Duration::from_secs(1) / a_second;
    let mut senders = JoinSet::new();
    for line in 0..lines {
        senders.spawn(async move {
            let mut sender = Line::connect(to).await?;
            sleep(every * line / lines).await;
            let watch = Stopwatch::start();
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut taken = Vec::new();
            for number in 0..a_second * seconds {
                let (due, free) = (every * number, watch.elapsed());
                ticks.tick().await;
                let from = if free > due { due } else { watch.elapsed() };
                sender.exchange(&report(&format!("{name}{line}-{number}"), 6)).await?;
                taken.push(watch.elapsed().saturating_sub(from).as_secs_f64() * 1_000.0);
            }
            anyhow::Ok(taken)
        });
    }
    let mut all = Vec::new();
    while let Some(taken) = senders.join_next().await {
        all.extend(taken??);
    }
    Ok(all)
}
