//! MLLP messages acknowledged in a second, each line waiting for each answer: ours after the commit, beside
//! python-hl7's server, which reads the same thirty results and keeps nothing.

use std::net::SocketAddr;
use std::time::Duration;

use harness::figures::{Stopwatch, note};
use harness::{Plan, dose, peers};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::line::{Line, report};
use crate::{disk, percentile};

const ROUNDS: usize = 3;

/// What stands in MSH-10 until each message has its own.
const NAME: &str = "CONTROL-ID";

/// The results of one message, as many as of that whose reading `parse` measures.
const RESULTS: usize = 30;

pub(crate) async fn run() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let ours = ward.address("mllp")?;
    let rival = if peers::present(&["python-peers"])? {
        Some(peers::hl7_server_in_python(true).await?)
    } else {
        None
    };
    for lines in [1, 4] {
        let (mut us, mut them, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            syncs.extend(disk::syncs_ms()?);
            us.push(a_second(ours, lines, round).await?);
            if let Some((_, rival)) = &rival {
                them.push(a_second(*rival, lines, round).await?);
            }
        }
        let us = percentile(&mut us, 50);
        note(&format!("MLLP round trips, lines: {lines}, durable"), us, "/s")?;
        // Nobody who waits for each answer can be faster than the disk on each line.
        let (median_ms, _) = disk::told(syncs)?;
        let bound = 700.0 / median_ms * f64::from(lines);
        note(&format!("MLLP round trips, lines: {lines}, share of 0.7 / sync p50 on each"), us / bound, "")?;
        if !them.is_empty() {
            let them = percentile(&mut them, 50);
            note(&format!("MLLP round trips, lines: {lines}, python-hl7 in memory"), them, "/s")?;
            note(&format!("MLLP round trips, lines: {lines}, ratio to python-hl7"), us / them, "")?;
        }
    }
    Ok(())
}

/// Each line has a thread of its own, as each device is a machine of its own: what the load takes to make is
/// not to be taken for what the gateway takes.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
async fn a_second(to: SocketAddr, lines: u32, round: usize) -> anyhow::Result<f64> {
    let most = Duration::from_secs(u64::try_from(dose().of(3, 10))?);
    let watch = Stopwatch::start();
    let mut senders = JoinSet::new();
    for line in 0..lines {
        senders.spawn_blocking(move || {
            let alone = Builder::new_current_thread().enable_all().build()?;
            alone.block_on(send(to, &format!("RT{lines}-{round}-{line}"), watch, most))
        });
    }
    let mut sent = 0;
    while let Some(told) = senders.join_next().await {
        sent += told??;
    }
    Ok(sent as f64 / watch.elapsed().as_secs_f64())
}

/// Sends message after message and says how many were accepted.
async fn send(to: SocketAddr, line: &str, watch: Stopwatch, most: Duration) -> anyhow::Result<usize> {
    let mut sender = Line::connect(to).await?;
    let message = report(NAME, RESULTS);
    let mut sent = 0;
    while watch.elapsed() < most {
        sender.exchange(&message.replacen(NAME, &format!("{line}-{sent}"), 1)).await?;
        sent += 1;
    }
    Ok(sent)
}
