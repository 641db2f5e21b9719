//! How fast `wardlight replay` judges a ward's own store once more, and how much memory that takes at one
//! size and at four times that size.
//!
//! `cargo bench -p gateway --bench replay [-- FOLDER [HOURS]]`: FOLDER is where the store goes, HOURS how
//! much life of thirty beds the smaller one has; a frame of ten readings comes from each bed in each second.
//! With 18 it ends with the 72 hours whose frames a store keeps whole. A month is 720 hours; what is printed
//! for it is the rate of that store, carried on. It prints and judges nothing: figures are of one machine and
//! one run.
#![expect(clippy::print_stdout, reason = "figures are this program's result")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures real time, of which the gateway's clock knows nothing"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use gateway::clock::Wall;
use gateway::event::{DeviceFrame, Event, Measured, Place};
use gateway::journal::{Entry, Journal, Record, Tag};
use rules::vital::{MessageKey, Quality};
use rules::{Moment, Sign};

const TAG: Tag = Tag { rules: 1, policy: [0; 32] };
const START_MS: u64 = 1_795_000_000_000;
const BEDS: u64 = 30;
const FRAMES_AN_HOUR: u64 = BEDS * 3_600;
const HOURS_OF_A_MONTH: u64 = 720;

/// How many seconds of the ward's life are written together.
const SECONDS_AN_ENTRY: u64 = 20;

/// How often the memory of the program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let hours: u64 = arguments.next().map_or(Ok(1), |text| text.parse()).context("HOURS")?;
    let folder = tempfile::tempdir_in(folder)?;
    let store = folder.path().join("ward.db");
    let mut written = 0;
    for hours in [hours, hours * 4] {
        live(&store, written..hours * 3_600)?;
        written = hours * 3_600;
        let megabytes = std::fs::metadata(&store)?.len() >> 20;
        let (took, peak_kib) = replay(&store)?;
        let rate = whole(hours * FRAMES_AN_HOUR) / took.as_secs_f64();
        println!(
            "{hours} h of {BEDS} beds, {} frames, {megabytes} MB: {:.1} s, {rate:.0} frames/s, at most {} MB",
            hours * FRAMES_AN_HOUR,
            took.as_secs_f64(),
            peak_kib >> 10
        );
        let month = whole(HOURS_OF_A_MONTH * FRAMES_AN_HOUR) / rate / 60.0;
        println!("  at that rate a month takes {month:.1} min");
    }
    Ok(())
}

fn whole(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// Writes so many seconds of the ward's life.
fn live(store: &Path, seconds: std::ops::Range<u64>) -> Result<()> {
    let journal = Journal::open(store, wall(0), &TAG)?.journal;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut from, until) = (seconds.start, seconds.end);
    while from < until {
        let to = (from + SECONDS_AN_ENTRY).min(until);
        let records = (from..to).flat_map(|second| (1..=BEDS).map(move |bed| frame(bed, second)));
        let records = records.collect();
        journal.submit(Entry { records, then: None }).map_err(|_| anyhow!("the queue is full"))?;
        runtime.block_on(journal.flush())?;
        from = to;
    }
    Ok(())
}

/// Runs the program over the store: how long it took, and the most memory that it ever had, in KiB.
fn replay(store: &Path) -> Result<(Duration, u64)> {
    let begun = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_wardlight"))
        .args(["replay", "--output", "json"])
        .arg(store)
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", program.id());
    let mut peak_kib = 0;
    let ended = loop {
        // The system keeps the highest mark itself; only the last look counts.
        peak_kib =
            std::fs::read_to_string(&status).ok().and_then(|text| high_mark(&text)).unwrap_or(peak_kib);
        match program.try_wait()? {
            Some(ended) => break ended,
            None => std::thread::sleep(LOOK_EVERY),
        }
    };
    ensure!(ended.success(), "the replay failed");
    Ok((begun.elapsed(), peak_kib))
}

fn high_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn wall(ms: u64) -> Wall {
    Wall(i64::try_from(START_MS + ms).unwrap_or(i64::MAX))
}

/// A monitor's page of ten values. Once in an hour the patient of each bed desaturates for two minutes.
fn frame(bed: u64, second: u64) -> Record {
    let label = format!("{bed:02}");
    let (ms, n) = (second * 1_000 + bed * 31, second * BEDS + bed);
    let wave = i32::try_from((second + bed * 7) % 5).unwrap_or_default();
    let saturation = if (second + bed * 120) % 3_600 < 120 { 82 } else { 96 };
    let reading = |code: &str, sign, value: i32, unit: &str| Measured {
        code: code.into(),
        text: value.to_string().into(),
        unit: unit.into(),
        status: "".into(),
        taken: None,
        judged: Some((sign, Ok(value), Quality::Good)),
    };
    let frame = DeviceFrame {
        silence_s: None,
        place: Place::Bed(label.clone()),
        patient: None,
        device: "monitor".to_owned(),
        sent: Some(wall(ms)),
        seq: Some(second),
        key: MessageKey(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        readings: vec![
            reading("MDC_ECG_HEART_RATE", Sign::HeartRate, 76 + wave, "/min"),
            reading("MDC_PULS_OXIM_PULS_RATE", Sign::PulseRatePleth, 76 + wave, "/min"),
            reading("MDC_PULS_OXIM_SAT_O2", Sign::SpO2, saturation + wave % 2, "%"),
            reading("MDC_RESP_RATE", Sign::RespRate, 14 + wave, "/min"),
            reading("MDC_PRESS_BLD_ART_SYS", Sign::ArterialSystolic, 118 + wave, "mm[Hg]"),
            reading("MDC_PRESS_BLD_ART_DIA", Sign::ArterialDiastolic, 71 + wave, "mm[Hg]"),
            reading("MDC_PRESS_BLD_ART_MEAN", Sign::ArterialMean, 86 + wave, "mm[Hg]"),
            reading("MDC_TEMP", Sign::Temperature, 368 + wave, "Cel"),
            reading("MDC_AWAY_CO2_ET", Sign::EtCo2, 38 + wave, "mm[Hg]"),
            reading("MDC_CONC_AWAY_O2_INSP", Sign::InspiredOxygen, 40, "%"),
        ],
    };
    let at = Moment(START_MS + ms);
    Record::Event { at, wall: wall(ms), bed: Some(label.into()), event: Arc::new(Event::Frame(frame)) }
}
