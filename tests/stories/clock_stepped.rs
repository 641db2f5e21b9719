//! The wall clock is set back by an hour while an alert climbs. The steps come in their time, the step of the
//! clock is shown, and nothing else changes. libfaketime moves the wall clock and leaves the monotonic one
//! alone; the product knows nothing of it.

#![expect(clippy::indexing_slicing, reason = "a story may fail loudly")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::figures::Stopwatch;
use harness::load::Device;
use harness::{Api, Plan, Ward, peers, until};
use serde_json::Value;

/// A ladder short enough to watch: 0, 5 and 10 seconds.
const LADDER: &str = r#"
[ladder.laboratory]
steps = [
    { after_s = 0, tell = ["station:sound", "station:board"] },
    { after_s = 5, tell = ["duty_doctor:whatsapp"] },
    { after_s = 10, tell = ["ward:whatsapp"] },
]
"#;

/// How much later than its time a step may be seen on a busy machine.
const LATE_MOST: Duration = Duration::from_secs(3);

#[tokio::test]
async fn the_clock_goes_back_an_hour_and_the_ladder_does_not() -> anyhow::Result<()> {
    let Some(library) = libfaketime() else {
        peers::skipped("not installed: faketime")?;
        return Ok(());
    };
    let clock = tempfile::tempdir()?;
    let offset = clock.path().join("offset");
    set_clock(&offset, "+0")?;
    let ward = with_clock(&library, &offset).ward_with(LADDER)?.run().await?;
    let (api, devices) = (ward.api()?, ward.address("mqtt")?);

    let mut monitor = Device::at("01", "monitor");
    tokio::select! {
        sent = monitor.send(devices, Some(1), u64::MAX) => sent,
        told = climb(&ward, &api, &offset) => told,
    }
}

async fn climb(ward: &Ward, api: &Api, offset: &Path) -> anyhow::Result<()> {
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    let raised = Stopwatch::start();
    let before = until("four alerts of the laboratory", LATE_MOST, || reached(api, 1)).await?;

    set_clock(offset, "-3600")?;
    until("the step of the clock as an alert", LATE_MOST, || async {
        let alerts = api.get("/api/v1/alerts").await?;
        anyhow::Ok(ids(&alerts, "technical").iter().any(|id| !before.contains(id)).then_some(()))
    })
    .await?;
    for (step, after) in [(2, Duration::from_secs(5)), (3, Duration::from_secs(10))] {
        let due = after.saturating_sub(raised.elapsed());
        until("the next step", due + LATE_MOST, || reached(api, step)).await?;
        let came = raised.elapsed();
        assert!(came + Duration::from_secs(1) >= after, "step {step} came after {came:?}");
    }
    nothing_else_changed(api, &before).await
}

/// Everything open is what was open before, and the step of the clock; the bed beside still shows its pulse.
async fn nothing_else_changed(api: &Api, before: &[String]) -> anyhow::Result<()> {
    let alerts = api.get("/api/v1/alerts").await?;
    let new: Vec<&Value> = list(&alerts).filter(|alert| !before.contains(&id(alert))).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert!(new[0]["code"].as_str().is_some_and(|code| code.contains("clock-stepped")), "{new:?}");
    let bed = api.get("/api/v1/beds/01").await?;
    let ages: Vec<_> =
        bed["vitals"].as_array().into_iter().flatten().filter_map(|vital| vital["age_s"].as_f64()).collect();
    assert!(!ages.is_empty() && ages.iter().all(|age| *age <= 5.0), "{bed}");
    Ok(())
}

/// The open laboratory alerts, once all four have been called this often.
async fn reached(api: &Api, steps: u64) -> anyhow::Result<Option<Vec<String>>> {
    let alerts = api.get("/api/v1/alerts").await?;
    let called = list(&alerts)
        .filter(|alert| alert["kind"] == "laboratory" && alert["escalation"]["step"].as_u64() >= Some(steps));
    Ok((called.count() == 4).then(|| list(&alerts).map(id).collect()))
}

fn ids(alerts: &Value, kind: &str) -> Vec<String> {
    list(alerts).filter(|alert| alert["kind"] == kind).map(id).collect()
}

fn list(alerts: &Value) -> impl Iterator<Item = &Value> {
    alerts.as_array().into_iter().flatten()
}

fn id(alert: &Value) -> String {
    alert["id"].as_str().unwrap_or_default().to_owned()
}

fn with_clock(library: &Path, offset: &Path) -> Plan {
    let variables = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", offset.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    Plan { environment: variables.map(|(name, value)| (name.to_owned(), value)).to_vec(), ..Plan::default() }
}

/// Whole or not at all: the gateway may read it at any instant.
fn set_clock(file: &Path, offset: &str) -> std::io::Result<()> {
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, offset)?;
    std::fs::rename(fresh, file)
}

/// Where Debian puts the library for programs with threads.
fn libfaketime() -> Option<PathBuf> {
    let machines = std::fs::read_dir("/usr/lib").ok()?;
    let mut found = machines.flatten().map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    found.find(|library| library.is_file())
}
