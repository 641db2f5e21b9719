//! Real recordings, replayed: what the ward would have said of a monitor whose leads came off again and
//! again, of stays in which figures stand that no patient has, and of a calcium of mixed units.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

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
    let Some(stays) = stays()? else { return Ok(()) };
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
    let mut impossible = BTreeSet::new();
    for stay in &stays {
        for (column, most, sign) in [("Temp", 46.0, "temperature"), ("FiO2", 1.0, "inspired oxygen")] {
            for (hour, value) in column_of(stay, column)?.into_iter().filter(|(_, value)| *value > most) {
                impossible.insert(format!("{column} {value}"));
                let told = alerts.iter().any(|alert| {
                    let title = alert["title"].as_str().unwrap_or_default();
                    is_of(alert, stay)
                        && alert["code"] == "technical.not-read"
                        && alert["audible"] == false
                        && title.starts_with(sign)
                        && alert["raised_at"] == hour.to_string()
                });
                assert!(told, "{}: {column} {value} is shown as a fault at {hour}", stay.display());
            }
        }
    }
    let known = ["FiO2 1.2", "FiO2 2", "FiO2 5.05", "Temp 50"];
    assert_eq!(impossible.iter().map(String::as_str).collect::<Vec<_>>(), known);
    Ok(())
}

#[tokio::test]
async fn calcium_of_mixed_units_calls_nobody_or_says_to_check_the_unit() -> anyhow::Result<()> {
    let Some(stays) = stays()? else { return Ok(()) };
    let alerts = replayed(&stays).await?;
    let mut calls = 0;
    for stay in &stays {
        let values = column_of(stay, "Calcium")?.into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        let (mut called, mut doubted) = (0, 0);
        for alert in alerts.iter().filter(|alert| is_of(alert, stay)) {
            let reason = &alert["reasons"][0];
            if alert["code"] == "technical.unjudged" && reason["code"] == "17861-6" {
                assert_eq!(alert["title"], "total calcium could not be judged: ionised or mmol/L?");
                assert_eq!(alert["audible"], false, "{alert:#}");
                doubted += 1;
            }
            if alert["code"] != "lab.calcium_total" {
                continue;
            }
            let value: f64 = reason["value"].as_str().context("it has a value")?.parse()?;
            let says_so = reason["limit"].as_str().is_some_and(|limit| limit.ends_with(", check unit"));
            assert!(value >= 3.0, "a value that may be ionised calls: {alert:#}");
            assert_eq!(says_so, value <= 6.6, "{alert:#}");
            called += 1;
        }
        let any = |range: RangeInclusive<f64>| values.iter().any(|value| range.contains(value));
        assert_eq!(doubted > 0, any(0.0..=2.999), "{}: {values:?}", stay.display());
        assert!(called > 0 || !any(3.0..=6.6), "{}: {values:?}", stay.display());
        calls += called;
    }
    assert!(calls > 30, "only {calls} calls");
    Ok(())
}

/// The stays of the sample; `None` where they may not be used.
fn stays() -> anyhow::Result<Option<Vec<PathBuf>>> {
    let Some(folder) = shared("vitals/physionet2019_sample")? else { return Ok(None) };
    let mut stays =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    stays.sort();
    assert!(stays.len() >= 100, "only {} stays", stays.len());
    Ok(Some(stays))
}

fn is_of(alert: &Value, stay: &Path) -> bool {
    stay.file_stem().is_some_and(|stem| alert["bed"] == *stem.to_string_lossy())
}

/// The numbers of a column, each with its hour of the stay.
fn column_of(stay: &Path, name: &str) -> anyhow::Result<Vec<(jiff::Timestamp, f64)>> {
    let text = std::fs::read_to_string(stay)?;
    let mut lines = text.lines().map(|line| line.split('|').collect::<Vec<_>>());
    let head = lines.next().context("it has a head")?;
    let at = |name: &str| head.iter().position(|column| *column == name).context("it has the column");
    let (hour, value) = (at("ICULOS")?, at(name)?);
    let there = lines.filter(|line| line[value] != "NaN");
    there
        .map(|line| {
            let hours: i64 = line[hour].parse()?;
            Ok((jiff::Timestamp::from_second(hours * 3_600)?, line[value].parse()?))
        })
        .collect()
}
