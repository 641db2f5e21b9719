//! From the bytes of a report of 30 results to code, value, unit, flag and status of each: ours beside
//! hl7-parser, python-hl7 and node-hl7-client on the same bytes.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use gateway::ingest::hl7::syntax::{self, Message};
use harness::figures::{Stopwatch, note};
use harness::{dose, peers};
use tokio::process::Command;

use crate::line::report;
use crate::percentile;

const RESULTS: usize = 30;

/// Turn and turn about; the middle round counts.
const ROUNDS: usize = 5;

pub(crate) async fn run() -> anyhow::Result<()> {
    let text = report("PARSE1", RESULTS);
    ensure!(ours(text.as_bytes()) == theirs(&text), "both take the same");
    let (mut us, mut them) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        us.push(microseconds(|| ours(black_box(text.as_bytes()))));
        them.push(microseconds(|| theirs(black_box(&text))));
    }
    let us = percentile(&mut us, 50);
    note("HL7 of 30 results, bytes to values", us, "us")?;
    compare("hl7-parser", us, percentile(&mut them, 50))?;

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("report.hl7");
    std::fs::write(&file, &text)?;
    if peers::present(&["python-peers"])? {
        let taken = foreign("python-peers", &[], "hl7_parse.py", &file).await?;
        compare("python-hl7", us, taken)?;
    }
    if peers::present(&["node-peers"])? {
        let taken = foreign("node-peers", &[peers::node_modules().as_path()], "hl7_parse.js", &file).await?;
        compare("node-hl7-client", us, taken)?;
    }
    Ok(())
}

fn compare(peer: &str, us: f64, them: f64) -> anyhow::Result<()> {
    note(&format!("HL7 of 30 results, {peer}"), them, "us")?;
    note(&format!("HL7 of 30 results, ratio to {peer}"), them / us, "")
}

/// Division, character set, syntax, and the five fields of each result.
fn ours(bytes: &[u8]) -> usize {
    let mut taken = 0;
    for part in syntax::split(bytes).unwrap_or_default() {
        let Ok(message) = Message::parse(part) else { continue };
        for obx in message.segments().filter(|segment| segment.name() == "OBX") {
            taken += obx.field(3).component(1).raw().len() + obx.field(5).raw().len();
            taken +=
                obx.field(6).component(1).raw().len() + obx.field(8).raw().len() + obx.field(11).raw().len();
        }
    }
    taken
}

/// The same from text, which is all that it takes.
fn theirs(text: &str) -> usize {
    let Ok(message) = hl7_parser::Message::parse(text) else { return 0 };
    let mut taken = 0;
    for obx in message.segments().filter(|segment| segment.name == "OBX") {
        let whole = |number| obx.field(number).map_or(0, |field| field.raw_value().len());
        let first = |number| {
            let first = obx.field(number).and_then(|field| field.component(1));
            first.map_or(0, |component| component.raw_value().len())
        };
        taken += first(3) + whole(5) + first(6) + whole(8) + whole(11);
    }
    taken
}

fn microseconds(mut once: impl FnMut() -> usize) -> f64 {
    let (most, watch) =
        (Duration::from_millis(u64::try_from(dose().of(400, 2_000)).unwrap_or(400)), Stopwatch::start());
    let mut times = 0_u32;
    while watch.elapsed() < most {
        for _ in 0..16 {
            black_box(once());
        }
        times += 16;
    }
    watch.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}

/// What a peer says of itself, in microseconds.
async fn foreign(program: &str, before: &[&Path], script: &str, file: &Path) -> anyhow::Result<f64> {
    let program = peers::find(program).context("it was there a moment ago")?;
    let script = harness::top().join("tests/peers").join(script);
    let told = Command::new(program).arg(script).args(before).arg(file).arg("500").output().await?;
    let said = String::from_utf8(told.stdout)?;
    said.trim().parse().with_context(|| format!("{said}{}", String::from_utf8_lossy(&told.stderr)))
}
