//! Replays of small recordings, each shaped like a real one.

use serde_json::Value;

use super::*;

/// The minutes of a monitor that lost its ECG, its probe and its patient, shaped as the MIMIC-II numerics
/// are.
const MONITOR: &str = "\
minute,HR[bpm],PULSE[bpm],RESP[pm],SpO2[%],NBPSys[mmHg],NBPDias[mmHg],NBPMean[mmHg]
0,101.3,0,16.5,0,,,
1,89.5,88.5,21.2,95.7,87,46,62
2,0,39.9,18,99.9,,,
3,73.8,64,23.6,98.3,,,
4,73.2,102,12.8,71.1,,,
5,75.6,120.3,16.9,42.9,,,
6,0,0,30,0,,,
7,0,277,18,96,,,
8,0,70.1,10.5,97,,,";

fn lines(text: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bed.csv");
    std::fs::write(&path, text).unwrap();
    let args = Args { output: Output::Json, columns: None, against: None, files: vec![path] };
    let mut out = Vec::new();
    run(&args, shipped(), None, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn shipped() -> &'static Policy {
    Box::leak(Box::new(Policy::shipped()))
}

/// The minutes at which a condition began and ended.
fn minutes(lines: &[Value], code: &str) -> Vec<(i64, Option<i64>)> {
    let minute =
        |value: &Value| value.as_str().map(|text| text.parse::<jiff::Timestamp>().unwrap().as_second() / 60);
    let of_code = lines.iter().filter(|line| line["code"] == code);
    of_code.map(|line| (minute(&line["raised_at"]).unwrap(), minute(&line["ended_at"]))).collect()
}

#[test]
fn a_rate_of_zero_is_told_apart_by_the_other_pulse() {
    let lines = lines(MONITOR);
    assert_eq!(minutes(&lines, "technical.ecg-not-read"), [(2, Some(3)), (8, None)]);
    assert_eq!(minutes(&lines, "no-pulse"), [(6, Some(8))], "277 is no live pulse");
    let no_pulse = lines.iter().find(|line| line["code"] == "no-pulse").unwrap();
    assert_eq!(no_pulse["priority"], "high");
    assert_eq!(no_pulse["raised_at"], "1970-01-01T00:06:00Z", "at once");
}

#[test]
fn a_probe_that_fell_off_is_technical_and_a_fall_with_a_pulse_is_not() {
    let lines = lines(MONITOR);
    assert_eq!(minutes(&lines, "technical.probe-off").first(), Some(&(0, Some(1))));
    assert_eq!(minutes(&lines, "limit.spo2.low"), [(4, Some(7))]);
}

#[test]
fn the_long_form_and_the_summary() {
    let lines = lines(
        "time,bed,code,value,unit,status\n\
         2026-11-21T00:00:00Z,03,2823-3,6.8,mmol/L,\n\
         2026-11-21T00:00:00Z,03,MDC_ECG_HEART_RATE,80,/min,\n\
         2026-11-21T12:00:00Z,03,MDC_ECG_HEART_RATE,80,/min,\n",
    );
    let potassium = lines.iter().find(|line| line["code"] == "lab.potassium").unwrap();
    assert_eq!(potassium["title"], "potassium 6.8 mmol/L > 6.2 mmol/L");
    assert_eq!(lines.last().unwrap()["summary"]["bed_days"], 0.5);
}

#[test]
fn a_time_far_out_of_order_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bed.csv");
    let text =
        "time,bed,code,value\n2026-11-21T00:01:00Z,1,MDC_TEMP,37\n2026-11-21T00:00:00Z,1,MDC_TEMP,37\n";
    std::fs::write(&path, text).unwrap();
    let fault = Recording::read(&path, None).err().unwrap();
    assert!(format!("{fault:#}").contains("line 3"), "{fault:#}");
}

#[test]
fn a_second_policy_is_counted_beside_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("<bed>.csv");
    std::fs::write(&path, MONITOR).unwrap();
    let mut deaf = Policy::shipped();
    deaf.limits_mut(rules::limit::Band::Adult, rules::sign::Parameter::SpO2).low =
        rules::limit::Pair::default();
    let deaf: &'static Policy = Box::leak(Box::new(deaf));
    let written = |output| {
        let args = Args { output, columns: None, against: None, files: vec![path.clone()] };
        let mut out = Vec::new();
        run(&args, shipped(), Some(deaf), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let last = written(Output::Json).lines().last().map(str::to_owned).unwrap();
    let summary = &serde_json::from_str::<Value>(&last).unwrap()["summary"];
    let audible = |burden: &Value| burden["audible"].as_u64().unwrap();
    assert!(audible(&summary["against"]) < audible(summary), "{summary}");
    let of_spo2 = |burden: &Value| {
        burden["codes"].as_array().unwrap().iter().any(|code| code["code"] == "limit.spo2.low")
    };
    assert!(of_spo2(summary) && !of_spo2(&summary["against"]));
    let page = written(Output::Html);
    assert!(page.contains("The policy beside it") && page.contains("limit.spo2.low"));
    assert!(page.contains("&lt;bed&gt;") && !page.contains("<bed>"), "a name is no part of the page");
    for word in ["<script", "http:", "https:", "{{"] {
        assert!(!page.contains(word), "{word}");
    }
}
