//! `wardlight simulate`: a ward whose true events are known beforehand, sent to a gateway or written down.
//!
//! With `--mqtt` its monitors speak to a gateway's device port, with `--mllp` its admissions and its
//! laboratory to the HL7 port; with neither, what they would send is written as a table that `replay` reads.
//! `--labels` writes the true events: what a run must have called, and when. The same seed writes the same
//! bytes.

mod written;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use crate::clock::Clock;
use crate::sandbox::labelled::Bedside;
use crate::sandbox::sending::{self, Ends};

/// The first second of what is written: a day like any other, so that the same seed writes the same bytes.
const WRITTEN_FROM_S: i64 = 1_795_000_000;

/// What is simulated, and for whom.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// A gateway's MQTT listener, as mqtt://HOST:PORT.
    #[arg(long, value_name = "URL")]
    mqtt: Option<String>,
    /// A gateway's MLLP listener, as HOST:PORT: each bed's patient is admitted there before the first frame.
    #[arg(long, value_name = "HOST:PORT")]
    mllp: Option<String>,
    /// How many times as fast as the clock on the wall it is sent.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=600))]
    speed: u32,
    /// Which ward: the same seed is the same.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For how long: 90s, 10m, 24h.
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = span)]
    lasts: Duration,
    /// Where the true events are written, a line of JSON for each.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// How many beds, labelled from 01 on.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=99))]
    beds: u16,
    /// The ward in the topics.
    #[arg(long, default_value = "icu-1")]
    topic_ward: String,
}

/// Simulates.
///
/// # Errors
/// An end that is no address, or a file that cannot be written.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<()> {
    let lasts_s = args.lasts.as_secs();
    let bed = |number: u16| {
        (format!("{number:02}"), Bedside::new(args.seed, !args.seed, u64::from(number), lasts_s))
    };
    let beds: Vec<(String, Bedside)> = (1..=args.beds).map(bed).collect();
    let mqtt = args.mqtt.as_deref().map(|url| address(url.trim_start_matches("mqtt://"))).transpose()?;
    let mllp = args.mllp.as_deref().map(address).transpose()?;
    if mqtt.is_none() && mllp.is_none() {
        let start = jiff::Timestamp::from_second(WRITTEN_FROM_S)?;
        write_labels(args, &beds, start)?;
        return written::table(&beds, lasts_s, start, &mut BufWriter::new(out));
    }
    let clock = Clock::at_speed(Clock::starting_after(<_>::default()).now(), args.speed);
    write_labels(args, &beds, clock.wall().timestamp())?;
    let ends = Ends { mqtt, mllp, ward: args.topic_ward.clone() };
    super::runtime()?.block_on(sending::send(ends, beds, lasts_s, clock))?;
    Ok(())
}

fn write_labels(args: &Args, beds: &[(String, Bedside)], start: jiff::Timestamp) -> anyhow::Result<()> {
    let Some(path) = &args.labels else { return Ok(()) };
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut file = BufWriter::new(file);
    for (label, bed) in
        beds.iter().flat_map(|(name, bed)| bed.labels().iter().map(move |label| (label, name)))
    {
        writeln!(file, "{}", label.line(bed, start)?)?;
    }
    file.flush()?;
    Ok(())
}

fn address(text: &str) -> anyhow::Result<SocketAddr> {
    use std::net::ToSocketAddrs;
    let mut found = text.to_socket_addrs().with_context(|| format!("{text:?} is no HOST:PORT"))?;
    found.next().with_context(|| format!("{text:?} has no address"))
}

/// A length of time as people write it: `90s`, `10m`, `24h`.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no length of time: write 90s, 10m or 24h");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => return Err(wrong()),
    };
    let count: u64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    count.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulated(seed: u64, lasts: &str, labels: Option<PathBuf>) -> String {
        let args = Args {
            mqtt: None,
            mllp: None,
            speed: 1,
            seed,
            lasts: span(lasts).unwrap(),
            labels,
            beds: 2,
            topic_ward: String::new(),
        };
        let mut out = Vec::new();
        run(&args, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes_and_labels() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name| Some(folder.path().join(name));
        assert_eq!(simulated(3, "5m", at("a")), simulated(3, "5m", at("b")));
        assert_ne!(simulated(3, "5m", None), simulated(4, "5m", None));
        let read = |name| std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read("a"), read("b"));
    }

    #[test]
    fn a_length_of_time_is_what_people_write() {
        assert_eq!(["90s", "10m", "24h"].map(|text| span(text).unwrap().as_secs()), [90, 600, 86_400]);
        for wrong in ["", "10", "m", "-1m", "1d", "99999999999999999999h"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
