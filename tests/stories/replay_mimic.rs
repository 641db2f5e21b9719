//! Real recordings, replayed: what the ward would have said of a monitor whose leads came off again and
//! again, and of stays in which figures stand that no patient has.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use harness::shared::shared;
use serde_json::Value;
use tokio::process::Command;

const LAST_MINUTE: i64 = 71;

/// The alerts that `wardlight replay` finds, without the summary.
async fn replayed(files: &[impl AsRef<Path>]) -> anyhow::Result<Vec<Value>> {
    let mut program = Command::new(harness::binary::binary()?);
    let done = program.arg("replay").args(files.iter().map(AsRef::as_ref)).output().await?;
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let lines = String::from_utf8(done.stdout)?;
    let mut alerts = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let summary = alerts.pop().context("it ends with a summary")?;
    assert!(summary["summary"]["bed_days"].is_number(), "{summary}");
    Ok(alerts)
}

/// The minutes of the recording in which such an alert was true, if only for a part of them.
fn minutes(alerts: &[Value], which: impl Fn(&Value) -> bool) -> anyhow::Result<BTreeSet<i64>> {
    let mut minutes = BTreeSet::new();
    for alert in alerts.iter().filter(|alert| which(alert)) {
        let second = |key: &str| alert[key].as_str().map(str::parse::<jiff::Timestamp>).transpose();
        let from = second("raised_at")?.context("it was raised")?.as_second();
        let to = second("ended_at")?.map_or((LAST_MINUTE + 1) * 60, jiff::Timestamp::as_second);
        minutes.extend((from / 60)..=((to - 1) / 60));
    }
    Ok(minutes)
}

fn of(code: &'static str) -> impl Fn(&Value) -> bool {
    move |alert| alert["code"] == code
}

fn high(code: &'static str) -> impl Fn(&Value) -> bool {
    move |alert| alert["code"] == code && alert["priority"] == "high"
}

#[tokio::test]
async fn a_real_monitor_is_judged_minute_by_minute() -> anyhow::Result<()> {
    let Some(file) = shared("vitals/mimic2_s25047_numerics_1min.csv")? else { return Ok(()) };
    let alerts = replayed(&[file]).await?;

    let ecg = [6..=6, 45..=49, 51..=61, 69..=71].into_iter().flatten().collect::<BTreeSet<i64>>();
    assert_eq!(
        minutes(&alerts, of("technical.ecg-not-read"))?,
        ecg,
        "no ECG, and a pulse that is used instead"
    );
    let stopped = [50..=50, 62..=68].into_iter().flatten().collect::<BTreeSet<i64>>();
    assert_eq!(minutes(&alerts, high("no-pulse"))?, stopped, "no ECG and no live pulse either");
    let instead = alerts.iter().filter(|alert| alert["code"] == "technical.ecg-not-read");
    for alert in instead {
        assert!(alert["title"].as_str().is_some_and(|title| title.contains("used instead")), "{alert:#}");
    }

    let probe = minutes(&alerts, of("technical.probe-off"))?;
    assert!(probe.is_superset(&BTreeSet::from([0, 1, 14])), "SpO2 0 beside a heart that beats: {probe:?}");
    let desaturated = minutes(&alerts, high("limit.spo2.low"))?;
    assert!(desaturated.is_superset(&(40..=44).collect()), "SpO2 71 to 43 with a pulse: {desaturated:?}");
    for minute in [0, 1, 14] {
        assert!(!desaturated.contains(&minute), "minute {minute}: a probe is no patient");
    }
    Ok(())
}

#[tokio::test]
async fn figures_that_no_patient_has_call_nobody_to_one() -> anyhow::Result<()> {
    let Some(folder) = shared("vitals/physionet2019_sample")? else { return Ok(()) };
    let mut stays: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    stays.sort();
    assert!(stays.len() >= 100, "only {} stays", stays.len());
    let alerts = replayed(&stays).await?;

    let number = |reason: &Value| reason["value"].as_str().and_then(|value| value.parse::<f64>().ok());
    for alert in alerts.iter().filter(|alert| alert["kind"] != "technical") {
        for reason in alert["reasons"].as_array().into_iter().flatten() {
            let most = match reason["code"].as_str() {
                Some("temperature" | "limit.temperature.high") => 45.0,
                Some("oxygen") => 100.0,
                _ => continue,
            };
            assert!(
                number(reason).is_none_or(|value| value <= most),
                "an impossible figure calls: {alert:#}"
            );
        }
    }
    for (stay, why) in
        [("p109866", "Temp 50"), ("p110701", "FiO2 5.05"), ("p110711", "FiO2 1.2"), ("p108983", "FiO2 2.0")]
    {
        let told = alerts.iter().any(|alert| alert["bed"] == stay && alert["code"] == "technical.not-read");
        assert!(told, "{stay}: {why} is shown as a fault");
    }
    Ok(())
}
