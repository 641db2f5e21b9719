//! Whether the ward misses anything that is true, and how much of what it says is not: the labelled simulator
//! judged by the very ward that `wardlight replay` lets live, in virtual time.
//!
//! `cargo bench -p tests --bench labelled` prints all figures for two ranges of seeds: one that the rules may
//! be tuned by, and one that nobody looks at while tuning. A number after it (`-- 5`) makes each range
//! that many bed-days; `-- seed 17` tells one bed event by event and alarm by alarm. It prints and never
//! judges a figure. Definitions and goals: true critical events by their own duration, none missed; nuisance
//! at most 10 a bed-day; 70 % fewer than naive limits, which must themselves give 100 to 250.

#![expect(clippy::print_stdout, reason = "figures are this program's result")]

mod bed;
mod figures;
mod naive;
mod reference;

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;

use bed::Watched;
use figures::Figures;

/// Seeds by which rules may be tuned, one for each bed-day.
const TUNING: u64 = 1_000;

/// Seeds that are never looked at while tuning.
const KEPT: u64 = 500_000;

/// Bed-days of a range: enough for three thousand true critical events.
const BED_DAYS: u64 = 290;

/// How long each bed is watched.
const DAY_S: u64 = 86_400;

fn main() -> anyhow::Result<()> {
    // Cargo says `--bench` to every bench.
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let number =
        |word: Option<&String>| word.map(|word| word.parse::<u64>().context("no number")).transpose();
    if asked.first().is_some_and(|word| word == "seed") {
        let seed = number(asked.get(1))?.unwrap_or(TUNING);
        bed::watch(seed, DAY_S).lines.iter().for_each(|line| println!("{line}"));
        return Ok(());
    }
    let bed_days = number(asked.first())?.unwrap_or(BED_DAYS);
    for (range, first) in [("tuning", TUNING), ("kept", KEPT)] {
        let figures = Figures::of(&watch_all(first, bed_days));
        figures.print(range, first, first + bed_days - 1)?;
    }
    Ok(())
}

/// Watches a bed of each seed, on as many threads as there are cores.
fn watch_all(first: u64, bed_days: u64) -> Vec<Watched> {
    let next = AtomicU64::new(first);
    let take = || {
        let mut watched = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + bed_days {
                return watched;
            }
            watched.push(bed::watch(seed, DAY_S));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}
