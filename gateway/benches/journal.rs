//! How many device frames the journal makes durable, and how long a sender waits, beside a bare fsync of the
//! same disk.
//!
//! `cargo bench -p gateway --bench journal [-- FOLDER [SECONDS [ROWS]]]`: FOLDER is where the store goes (put
//! it on the disk that is to be judged), SECONDS how long each part runs, ROWS how many frames are in the
//! store before the start is timed (7776000 is a day of 30 beds). It prints and judges nothing: figures are
//! ratios of one machine and one run.
#![expect(clippy::print_stdout, reason = "figures are this program's result")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures real time, of which the gateway's clock knows nothing"
)]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use gateway::clock::Wall;
use gateway::event::{Arrival, DeviceFrame, Door, Event, Measured, Outcome, Peer, Place, Raw, Uhid, Verdict};
use gateway::journal::{Entry, Journal, Record, Tag};
use gateway::message::{Identity, Marks, Repeat};
use rules::vital::{MessageKey, Quality};
use rules::{Moment, Sign};
use tokio::sync::oneshot;

const TAG: Tag = Tag { rules: 1, policy: [0; 32] };
const START_MS: u64 = 1_795_000_000_000;
const BEDS: u64 = 30;
const DEVICES: [&str; 3] = ["monitor", "ventilator", "pump"];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let seconds = arguments.next().map_or(Ok(5), |text| text.parse()).context("SECONDS")?;
    let rows: u64 = arguments.next().map_or(Ok(500_000), |text| text.parse()).context("ROWS")?;
    let folder = tempfile::tempdir_in(folder)?;
    let span = Duration::from_secs(seconds);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;

    bare_fsync(folder.path(), span)?;
    let store = folder.path().join("ward.db");
    let journal = Journal::open(&store, wall(0), &TAG)?.journal;
    let mut next = 0;
    for in_flight in [1, 16, 256, 4_096] {
        next = runtime.block_on(as_fast_as_it_goes(&journal, next, in_flight, span))?;
    }
    for a_second in [90, 1_000, 5_000] {
        next = runtime.block_on(at_a_pace(&journal, next, a_second, span))?;
    }
    runtime.block_on(messages(&journal, span))?;
    next = runtime.block_on(fill(&journal, next, rows))?;
    drop(journal);
    start(&store, next)
}

/// What the disk itself takes: one page appended and made durable, again and again.
fn bare_fsync(folder: &Path, span: Duration) -> Result<()> {
    let mut file = File::create(folder.join("bare"))?;
    let (begun, mut waits) = (Instant::now(), Vec::new());
    while begun.elapsed() < span {
        let one = Instant::now();
        file.write_all(&[0x5A; 4_096])?;
        file.sync_data()?;
        waits.push(one.elapsed());
    }
    print("bare fsync of 4 KiB", waits, begun.elapsed());
    Ok(())
}

/// So many senders that each send the next frame when the one before is durable.
async fn as_fast_as_it_goes(journal: &Journal, first: u64, in_flight: usize, span: Duration) -> Result<u64> {
    let (begun, mut waits, mut waiting, mut next) = (Instant::now(), Vec::new(), VecDeque::new(), first);
    loop {
        while waiting.len() < in_flight && begun.elapsed() < span {
            waiting.push_back((Instant::now(), submit(journal, next)?));
            next += 1;
        }
        let Some((sent, verdict)) = waiting.pop_front() else { break };
        stored(&verdict.await?)?;
        waits.push(sent.elapsed());
    }
    print(&format!("frames, {in_flight} in flight"), waits, begun.elapsed());
    Ok(next)
}

/// One frame after the other at a steady pace, as a ward sends them. 90 a second is 30 beds with three
/// devices at 1 Hz.
async fn at_a_pace(journal: &Journal, first: u64, a_second: u32, span: Duration) -> Result<u64> {
    let mut pace = tokio::time::interval(Duration::from_secs(1) / a_second);
    let (begun, mut next) = (Instant::now(), first);
    let (told, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let senders = tokio::task::LocalSet::new();
    let waits = senders
        .run_until(async {
            while begun.elapsed() < span {
                pace.tick().await;
                let (sent, verdict, told) = (Instant::now(), submit(journal, next)?, told.clone());
                next += 1;
                senders.spawn_local(async move {
                    let _ = told.send((sent, verdict.await, Instant::now()));
                });
            }
            drop(told);
            let mut waits = Vec::new();
            while let Some((sent, verdict, heard)) = answers.recv().await {
                stored(&verdict?)?;
                waits.push(heard - sent);
            }
            anyhow::Ok(waits)
        })
        .await?;
    print(&format!("frames, {a_second} a second"), waits, begun.elapsed());
    Ok(next)
}

/// Laboratory reports, one after the other, each awaited: what packing costs its sender, and what the store
/// then holds of them.
async fn messages(journal: &Journal, span: Duration) -> Result<()> {
    let (door, mut behind) = Door::new();
    let (begun, mut waits, mut n, mut came, mut kept) = (Instant::now(), Vec::new(), 0_u64, 0, 0);
    while begun.elapsed() < span {
        let report = report(n);
        came += report.len();
        let raw = Raw {
            kind: "ORU^R01".to_owned(),
            control_id: n.to_string(),
            bytes: report,
            outcome: Outcome::Accepted,
            reason: String::new(),
            marks: Marks {
                repeat: Some(Repeat::Remembered(Identity::of(&[&n.to_be_bytes()]))),
                patient: Some(Uhid(format!("MRN{:04}", n % BEDS))),
            },
        };
        let sent = Instant::now();
        let peer = Peer { endpoint: "mllp", name: "LIS".to_owned() };
        let verdict = door.knock(Arrival { peer, raw: Some(raw), events: Vec::new() }).await;
        let verdict = verdict.map_err(|refused| anyhow!("{refused:?}"))?;
        let knock = behind.next().await.context("the door is shut")?;
        let Arrival { peer, raw: Some(raw), .. } = knock.arrival else { continue };
        kept += knock.packed.as_ref().map_or(raw.bytes.len(), Vec::len);
        let (wall, packed, alerts) = (wall(n), knock.packed, Vec::new());
        let records = vec![Record::Message { wall, peer, raw, packed, alerts }];
        let then = Some((knock.verdict, Verdict::Stored(vec![])));
        journal.submit(Entry { records, then }).map_err(|_| anyhow!("the queue is full"))?;
        stored(&verdict.await?)?;
        waits.push(sent.elapsed());
        n += 1;
    }
    print("reports of 30 values", waits, begun.elapsed());
    let each = |bytes: usize| u64::try_from(bytes).unwrap_or(0) / n.max(1);
    println!("a report has {} bytes, of which {} are kept", each(came), each(kept));
    Ok(())
}

/// A report of thirty values, as a laboratory sends it.
fn report(n: u64) -> Vec<u8> {
    let (day, patient) = (n % 28 + 1, n % BEDS);
    let mut text = format!(
        "MSH|^~\\&|LIS|LAB|GW|ICU|202609{day:02}101500+0530||ORU^R01^ORU_R01|L{n}|P|2.5.1\r\
         PID|1||MRN{patient:04}^^^HOSP^MR||TEST^PATIENT||19600101|M\rPV1|1|I|ICU-1^^{patient:02}\r\
         OBR|1||ACC{n}^LIS|24323-8^Comprehensive metabolic panel^LN|||202609{day:02}093000+0530\r"
    );
    for set in 1..=30_u64 {
        let (code, value) = (2_000 + set * 37, (n * 31 + set * 17) % 997);
        let _ = write!(
            text,
            "OBX|{set}|NM|{code}-{}^Analyte {set} [Moles/volume] in Serum or Plasma^LN||{}.{}|mmol/L^^UCUM|\
             3.5-5.1|N|||F|||202609{day:02}093000+0530\r",
            set % 10,
            value / 10,
            value % 10
        );
    }
    text.into_bytes()
}

/// A ward's day, with a checkpoint at its end and a hundred frames after it.
async fn fill(journal: &Journal, first: u64, rows: u64) -> Result<u64> {
    let mut next = first;
    while next < first + rows {
        for _ in 0..50 {
            let records = (next..next + 1_000).map(frame).collect();
            next += 1_000;
            journal.submit(Entry { records, then: None }).map_err(|_| anyhow!("the queue is full"))?;
        }
        journal.flush().await?;
    }
    let body = vec![0; 360_000];
    let checkpoint =
        Record::Checkpoint { at: Moment(START_MS + next), rules: TAG.rules, policy: TAG.policy, body };
    let records = std::iter::once(checkpoint).chain((next..next + 100).map(frame)).collect();
    journal.submit(Entry { records, then: None }).map_err(|_| anyhow!("the queue is full"))?;
    journal.flush().await?;
    Ok(next + 100)
}

/// From a closed file to a ward that knows where it was; with a checkpoint, and for comparison one that does
/// not fit.
fn start(store: &Path, rows: u64) -> Result<()> {
    let bytes = std::fs::metadata(store)?.len();
    println!("{rows} frames are {} MB, {} bytes each", bytes >> 20, bytes / rows.max(1));
    for (what, tag) in [("that fits", TAG), ("that does not fit", Tag { rules: 2, ..TAG })] {
        let begun = Instant::now();
        let recovered = Journal::open(store, wall(0), &tag)?.recovered;
        let opened = begun.elapsed();
        let reading = Instant::now();
        let replayed = recovered.events_after.count();
        println!(
            "start with a checkpoint {what}: open {:.0} ms, {replayed} events read in {:.0} ms more",
            opened.as_secs_f64() * 1e3,
            reading.elapsed().as_secs_f64() * 1e3
        );
    }
    Ok(())
}

fn submit(journal: &Journal, n: u64) -> Result<oneshot::Receiver<Verdict>> {
    let (told, verdict) = oneshot::channel();
    let entry = Entry { records: vec![frame(n)], then: Some((told, Verdict::Stored(vec![]))) };
    journal.submit(entry).map_err(|_| anyhow!("the queue is full"))?;
    Ok(verdict)
}

fn stored(verdict: &Verdict) -> Result<()> {
    match verdict {
        Verdict::Stored(_) => Ok(()),
        Verdict::NotNow(why) => Err(anyhow!("{why}")),
    }
}

fn wall(ms: u64) -> Wall {
    Wall(i64::try_from(START_MS + ms).unwrap_or(i64::MAX))
}

/// A frame with eight readings, of each of the ward's devices in turn; 90 of them a second of ward time.
fn frame(n: u64) -> Record {
    let ms = n * 1_000 / 90;
    let device = usize::try_from(n / BEDS).unwrap_or(0) % DEVICES.len();
    let bed = format!("{:02}", n % BEDS + 1);
    let reading = |code: &str, sign, value: i32, unit: &str| Measured {
        code: code.into(),
        text: value.to_string().into(),
        unit: unit.into(),
        status: "".into(),
        taken: None,
        judged: Some((sign, Ok(value), Quality::Good)),
    };
    let pulse = i32::try_from(60 + n % 60).unwrap_or(60);
    let frame = DeviceFrame {
        silence_s: None,
        place: Place::Bed(bed.clone()),
        patient: None,
        device: DEVICES.get(device).copied().unwrap_or_default().to_owned(),
        sent: Some(wall(ms)),
        seq: Some(n),
        key: MessageKey(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        readings: vec![
            reading("MDC_ECG_HEART_RATE", Sign::HeartRate, pulse, "/min"),
            reading("MDC_PULS_OXIM_PULS_RATE", Sign::PulseRatePleth, pulse, "/min"),
            reading("MDC_PULS_OXIM_SAT_O2", Sign::SpO2, 97, "%"),
            reading("MDC_RESP_RATE", Sign::RespRate, 16, "/min"),
            reading("MDC_PRESS_BLD_ART_SYS", Sign::ArterialSystolic, 118, "mm[Hg]"),
            reading("MDC_PRESS_BLD_ART_DIA", Sign::ArterialDiastolic, 71, "mm[Hg]"),
            reading("MDC_PRESS_BLD_ART_MEAN", Sign::ArterialMean, 86, "mm[Hg]"),
            reading("MDC_TEMP", Sign::Temperature, 368, "Cel"),
        ],
    };
    let at = Moment(START_MS + ms);
    Record::Event { at, wall: wall(ms), bed: Some(bed.into()), event: Arc::new(Event::Frame(frame)) }
}

fn print(what: &str, mut waits: Vec<Duration>, span: Duration) {
    waits.sort_unstable();
    let rate = waits.len() as u128 * 1_000 / span.as_millis().max(1);
    let at = |permille: usize| {
        let wait = waits.get(waits.len().saturating_sub(1) * permille / 1_000);
        wait.map_or(0.0, |wait| wait.as_secs_f64() * 1e3)
    };
    println!(
        "{what:<26} {rate:>9} /s   p50 {:>8.3} ms   p99 {:>8.3} ms   p99.9 {:>8.3} ms",
        at(500),
        at(990),
        at(999)
    );
}
