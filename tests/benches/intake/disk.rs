//! What this disk takes to make a page durable: the measure of every durable acknowledgement.

use std::fs::File;
use std::io::Write;

use harness::figures::{Stopwatch, note};

use crate::percentile;

/// A page of the journal.
const PAGE: [u8; 4_096] = [7; 4_096];

/// How often it is written.
const TIMES: usize = 500;

/// How long synchronisations take now, in milliseconds. A disk has its moods: ask again beside what is
/// measured.
pub(crate) fn syncs_ms() -> anyhow::Result<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("page"))?;
    let mut taken = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let watch = Stopwatch::start();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        taken.push(watch.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(taken)
}

/// Says what they took, and gives median and 99th percentile.
pub(crate) fn told(mut taken: Vec<f64>) -> anyhow::Result<(f64, f64)> {
    let (median, most) = (percentile(&mut taken, 50), percentile(&mut taken, 99));
    note("sync of a page, p50", median, "ms")?;
    note("sync of a page, p99", most, "ms")?;
    Ok((median, most))
}
