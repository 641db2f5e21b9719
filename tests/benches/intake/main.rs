//! How much intake bears, each figure beside a peer's or the disk's own, measured in the same run. It prints
//! and never judges; load, peers and gateway share the machine.
//!
//! `cargo bench -p tests --bench intake -- parse`, and likewise `round-trips`, `frames`, `pace`, `beds`,
//! `flood`; several names, or none for all. `WARDLIGHT_DOSE=long` takes longer and keeps the figures.

#![expect(clippy::indexing_slicing, reason = "a bench may fail loudly")]

mod beds;
mod disk;
mod flood;
mod frames;
mod line;
mod pace;
mod parse;
mod round_trips;
mod subscriber;

use anyhow::bail;
use tokio::runtime::Builder;

/// What can be measured.
const ALL: [&str; 6] = ["parse", "round-trips", "frames", "pace", "beds", "flood"];

fn main() -> anyhow::Result<()> {
    // Cargo says `--bench` to every bench.
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let names = if asked.is_empty() { ALL.map(str::to_owned).to_vec() } else { asked };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    for name in names {
        runtime.block_on(async {
            match name.as_str() {
                "parse" => parse::run().await,
                "round-trips" => round_trips::run().await,
                "frames" => frames::run().await,
                "pace" => pace::run().await,
                "beds" => beds::run().await,
                "flood" => flood::run().await,
                _ => bail!("no such figure: {name}; there are: {}", ALL.join(", ")),
            }
        })?;
    }
    Ok(())
}

/// The value below which this share of the figures lies, in percent; the figures are sorted on the way.
fn percentile(figures: &mut [f64], percent: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[(figures.len() - 1) * percent / 100]
}
