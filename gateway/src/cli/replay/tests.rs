//! Replays of small recordings, each shaped like a real one.

use std::collections::BTreeSet;

use rules::event::About;
use rules::{Moment, Policy, Priority};
use serde_json::Value;

use super::super::export;
use super::super::settings::Files;
use super::*;
use crate::clock::Wall;
use crate::config::ward::BedPlan;
use crate::event::{DeviceRaised, Event, Place, key_of};
use crate::journal::{Entry, Happened, Journal, Record, Tag};

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
    lines_of(path)
}

fn lines_of(file: PathBuf) -> Vec<Value> {
    let args = Args { output: Output::Json, columns: None, against: None, files: vec![file] };
    let mut out = Vec::new();
    run(&args, &shipped(), None, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Everything in a file, as a gateway that received it would have stored it.
fn store_of(file: &Path, store: &Path) {
    let tag = Tag { rules: rules::VERSION, policy: [0; 32] };
    let journal = Journal::open(store, Wall(0), &tag).unwrap().journal;
    let store_page = |page: &recording::Page| {
        let record = |happened: &Happened| {
            let Happened { at, wall, bed, mut event } = happened.clone();
            match (&mut event, &bed) {
                (Event::Report(report), Some(bed)) => report.place = Place::Location(bed.to_string()),
                (Event::Frame(frame), _) => frame.place = Place::Location("the sender's own word".to_owned()),
                _ => {}
            }
            Record::Event { at, wall, bed, event: Arc::new(event) }
        };
        let records = page.happened.iter().map(record).collect();
        journal.submit(Entry { records, then: None }).unwrap();
    };
    Recording::open(file, None).unwrap().read(store_page).unwrap();
}

/// What `export` writes of a store.
fn export_of(store: &Path) -> Vec<u8> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/gateway.toml");
    let sets = vec![format!("store.path={}", store.display())];
    let files = Files { config, ward: None, sets };
    let mut out = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(export::run(&files, &export::Args::readings(), &mut out)).unwrap();
    out
}

fn shipped() -> WardPlan {
    of(Policy::shipped())
}

fn of(policy: Policy) -> WardPlan {
    WardPlan::of_no_beds(Box::leak(Box::new(policy)))
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
         2027-02-19T12:00:00Z,03,MDC_ECG_HEART_RATE,80,/min,\n",
    );
    let potassium = lines.iter().find(|line| line["code"] == "lab.potassium").unwrap();
    assert_eq!(potassium["title"], "potassium 6.8 mmol/L > 6.2 mmol/L");
    assert_eq!(lines.last().unwrap()["summary"]["bed_days"], 90.5, "longer than a span is");
}

#[test]
fn a_device_s_own_alarm_is_called_at_once_and_ends_with_its_word() {
    // A bed of a store is one that has frames.
    const ROWS: [(&str, &str, &str); 5] = [
        ("00", "MDC_ECG_HEART_RATE", "80"),
        ("00", "MDC_EVT_ECG_V_TACHY", "start"),
        ("00", "MDC_EVT_LO", "start"),
        ("01", "196630", "start"),
        ("03", "MDC_EVT_LO", "end"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let [table, lines, store, export] =
        ["bed.csv", "ward.jsonl", "ward.db", "export.jsonl"].map(|name| folder.path().join(name));
    let row = |(minute, code, value)| format!("1970-01-01T00:{minute}:00Z,3,{code},{value},,");
    let line = |(minute, code, value): (&str, &str, &str)| {
        let received = format!("1970-01-01T00:{minute}:00Z");
        serde_json::json!({
            "received": received, "time": null, "bed": "3", "device": "recording", "seq": null,
            "code": code, "value": value, "unit": "", "status": "ok",
        })
    };
    let head = "time,bed,code,value,unit,status\n".to_owned();
    std::fs::write(&table, head + &ROWS.map(row).join("\n")).unwrap();
    std::fs::write(&lines, ROWS.map(|row| line(row).to_string()).join("\n")).unwrap();
    store_of(&table, &store);
    std::fs::write(&export, export_of(&store)).unwrap();
    for file in [table, lines, store, export] {
        let told = lines_of(file);
        assert_eq!(minutes(&told, "device.MDC_EVT_ECG_V_TACHY"), [(0, None)]);
        assert_eq!(minutes(&told, "device.196630"), [(1, None)], "it may be the patient's breathing");
        assert_eq!(minutes(&told, "device.MDC_EVT_LO"), [(0, Some(3))]);
        for line in
            told.iter().filter(|line| line["code"].as_str().is_some_and(|code| code.starts_with("device.")))
        {
            assert_eq!((&line["audible"], &line["priority"]), (&true.into(), &"high".into()), "{line}");
        }
    }
}

#[test]
fn what_the_store_exports_of_an_alarm_says_all_that_the_device_said() {
    // Two alarms of one event tell themselves apart by what they are about; none has a code of IHE's.
    let alarm = |second: u64, source: &str, about: About, priority: Priority, on: bool| {
        let raised = DeviceRaised {
            place: Place::Location("the sender's own word".to_owned()),
            patient: None,
            device: "monitor".to_owned(),
            event: "61444".to_owned(),
            source: source.to_owned(),
            text: format!("words of {source}"),
            about,
            priority,
            on,
            passing: false,
            episode: Some(format!("episode of {source}")),
            inactivation: String::new(),
            key: key_of(&[&second.to_be_bytes(), source.as_bytes()]),
        };
        let (at, wall) = (Moment(second * 1_000), Wall(i64::try_from(second).unwrap() * 1_000));
        Record::Event { at, wall, bed: Some("3".into()), event: Arc::new(Event::Alarm(raised)) }
    };
    let folder = tempfile::tempdir().unwrap();
    let [table, store, export] = ["3.csv", "ward.db", "ward.jsonl"].map(|name| folder.path().join(name));
    std::fs::write(&table, "time,bed,code,value\n1970-01-01T00:00:00Z,3,MDC_TEMP,37\n").unwrap();
    store_of(&table, &store);
    let records = vec![
        alarm(10, "ecg", About::Immediate, Priority::High, true),
        alarm(10, "lead", About::Device, Priority::Low, true),
        alarm(20, "resp", About::Patient, Priority::Medium, true),
        alarm(30, "resp", About::Patient, Priority::Medium, false),
    ];
    let tag = Tag { rules: rules::VERSION, policy: [0; 32] };
    let journal = Journal::open(&store, Wall(0), &tag).unwrap().journal;
    journal.submit(Entry { records, then: None }).unwrap();
    drop(journal);
    std::fs::write(&export, export_of(&store)).unwrap();
    let told = |file: &Path| {
        let alert = |line: &Value| {
            ["bed", "code", "title", "priority", "raised_at", "ended_at"].map(|key| line[key].to_string())
        };
        let lines = lines_of(file.to_owned());
        let of_the_device = lines.iter().filter(|line| line["title"].to_string().contains("words of"));
        of_the_device.map(alert).collect::<BTreeSet<_>>()
    };
    let from_the_store = told(&store);
    assert_eq!(from_the_store.len(), 3, "{from_the_store:?}");
    assert_eq!(told(&export), from_the_store);
}

#[test]
fn a_recording_its_store_and_what_the_store_exports_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [table, store, export] = ["bed.csv", "ward.db", "ward.jsonl"].map(|name| folder.path().join(name));
    std::fs::write(&table, MONITOR).unwrap();
    store_of(&table, &store);
    std::fs::write(&export, export_of(&store)).unwrap();
    let told = |file: &Path| {
        let alert = |line: &Value| {
            ["bed", "code", "title", "priority", "raised_at", "ended_at"].map(|key| line[key].to_string())
        };
        let lines = lines_of(file.to_owned());
        (lines.iter().map(alert).collect::<BTreeSet<_>>(), lines.last().unwrap().clone())
    };
    let from_the_table = told(&table);
    assert!(from_the_table.0.len() > 5);
    assert_eq!(told(&store), from_the_table);
    assert_eq!(told(&export), from_the_table);
}

#[test]
fn a_result_of_a_store_finds_its_bed_by_the_location_in_the_ward_s_file() {
    let folder = tempfile::tempdir().unwrap();
    let [table, store] = ["bed.csv", "ward.db"].map(|name| folder.path().join(name));
    std::fs::write(&table, "time,bed,code,value,unit\n2026-11-21T00:00:00Z,ICU^07,2823-3,6.8,mmol/L\n")
        .unwrap();
    store_of(&table, &store);
    let beds = |locations: &[&str]| {
        let locations = locations.iter().map(|text| (*text).to_owned()).collect();
        WardPlan { beds: vec![BedPlan { label: "07".to_owned(), locations }], ..shipped() }
    };
    let bed = |ward: &WardPlan| {
        let args = Args { output: Output::Csv, columns: None, against: None, files: vec![store.clone()] };
        let mut out = Vec::new();
        run(&args, ward, None, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let line = text.lines().find(|line| line.contains("lab.potassium")).unwrap();
        line.split(',').next().unwrap().to_owned()
    };
    assert_eq!(bed(&beds(&["ICU^07"])), "07");
    assert_eq!(bed(&beds(&[])), "", "never silent: it calls the whole ward");
}

#[test]
fn frames_that_were_thinned_are_no_silent_devices() {
    let folder = tempfile::tempdir().unwrap();
    let [table, store] = ["bed.csv", "ward.db"].map(|name| folder.path().join(name));
    std::fs::write(&table, MONITOR).unwrap();
    store_of(&table, &store);
    let all = lines_of(store.clone()).len();
    let connection = rusqlite::Connection::open(&store).unwrap();
    connection.execute("UPDATE sweep SET thinned_to = 480000", []).unwrap();
    assert!(all > 1 && lines_of(store).len() == 1, "the summary alone");
}

#[test]
fn a_line_that_is_no_reading_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ward.jsonl");
    let line = r#"{"received":"2026-11-21T00:00:00Z","time":null,"bed":null,"device":"m","seq":1,"#;
    let line = line.to_owned() + r#""code":"MDC_TEMP","value":37.0,"unit":"Cel","status":"ok"}"#;
    std::fs::write(&path, format!("{line}\n{{\"title\":\"an alert\"}}\n")).unwrap();
    let args = Args { output: Output::Json, columns: None, against: None, files: vec![path] };
    let fault = run(&args, &shipped(), None, &mut Vec::new()).unwrap_err();
    assert!(format!("{fault:#}").contains("line 2"), "{fault:#}");
}

#[test]
fn a_time_far_out_of_order_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bed.csv");
    let text =
        "time,bed,code,value\n2026-11-21T00:01:00Z,1,MDC_TEMP,37\n2026-11-21T00:00:00Z,1,MDC_TEMP,37\n";
    std::fs::write(&path, text).unwrap();
    let args = Args { output: Output::Json, columns: None, against: None, files: vec![path] };
    let fault = run(&args, &shipped(), None, &mut Vec::new()).unwrap_err();
    assert!(format!("{fault:#}").contains("line 3"), "{fault:#}");
}

#[test]
fn a_second_policy_is_counted_beside_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("<bed>.csv");
    std::fs::write(&path, MONITOR).unwrap();
    let mut deaf = Policy::shipped();
    deaf.limits_mut(rules::limit::Band::Adult, rules::sign::Parameter::SpO2).low =
        rules::limit::Pair { yellow: Some(1), red: None };
    let deaf = of(deaf);
    let written = |output| {
        let args = Args { output, columns: None, against: None, files: vec![path.clone()] };
        let mut out = Vec::new();
        run(&args, &shipped(), Some(&deaf), &mut out).unwrap();
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
    assert_eq!(summary["policy"]["signed"], "shipped default, not signed");
    assert_eq!(summary["against"]["policy"]["signed"], "changed by the ward, not signed");
    assert_ne!(summary["policy"]["sha256"], summary["against"]["policy"]["sha256"]);
    let page = written(Output::Html);
    assert!(page.contains("<td>changed by the ward, not signed</td>"));
    assert!(page.contains("The policy beside it") && page.contains("limit.spo2.low"));
    assert!(page.contains("&lt;bed&gt;") && !page.contains("<bed>"), "a name is no part of the page");
    for word in ["<script", "http:", "https:", "{{"] {
        assert!(!page.contains(word), "{word}");
    }
    let heard = |burden: &Value| burden["beds"][0]["audible"].clone();
    let [first, second] = [heard(summary), heard(&summary["against"])];
    let worst = format!("<td>{first}, worst tenth</td><td>{second}, worst tenth</td>");
    assert_eq!(page.matches(&worst).count(), 1, "the one bed, in the table of its plot");
    for bar in [first, second].map(|heard| format!(">{heard}, worst tenth</text>")) {
        assert!(page.contains(&bar), "{bar}");
    }
}
