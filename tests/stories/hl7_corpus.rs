//! Every sample message, sent to a ward of its own: its bytes stand in the message log as they were sent, and
//! the ward raises the alerts that `tests/data/hl7/expected.toml` says, and no other. What is demonstration,
//! test, setting or no reading at all raises none; the same values from a patient do.

use std::path::{Path, PathBuf};

use anyhow::Context;
use harness::shared::shared;
use harness::{Api, Mllp, Plan, Ward};
use serde_json::Value;
use tokio::task::JoinSet;

/// Wards that are up at the same time.
const ABREAST: usize = 4;

/// No limit waits: what would call in a while calls at once.
const NO_DELAY: &str = "
[limits]
pulse_rate = { red_delay_s = 0, yellow_delay_s = 0 }
spo2 = { red_delay_s = 0, yellow_delay_s = 0 }
resp_rate = { red_delay_s = 0, yellow_delay_s = 0 }
systolic = { red_delay_s = 0, yellow_delay_s = 0 }
";

/// What the table says of one file.
struct Row {
    file: String,
    answers: usize,
    alerts: Vec<String>,
}

fn rows() -> anyhow::Result<Vec<Row>> {
    let text = std::fs::read_to_string(harness::top().join("tests/data/hl7/expected.toml"))?;
    let table: Value = toml::from_str(&text)?;
    let rows = table["row"].as_array().context("rows")?;
    let row = |row: &Value| Row {
        file: row["file"].as_str().unwrap_or_default().to_owned(),
        answers: row["answers"].as_array().map_or(0, Vec::len),
        alerts: texts(&row["alerts"]),
    };
    Ok(rows.iter().map(row).collect())
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Where a file lies, if it is at hand.
fn path(file: &str) -> anyhow::Result<Option<PathBuf>> {
    let own = harness::top().join("tests/data/hl7").join(file);
    match (own.is_file(), file.strip_prefix("ihe/")) {
        (true, _) => Ok(Some(own)),
        (false, Some(_)) => shared(&format!("hl7/{file}")),
        (false, None) => shared(&format!("hl7/own/{file}")),
    }
}

#[tokio::test]
async fn every_sample_is_kept_as_it_came_and_calls_as_it_is_written_down() -> anyhow::Result<()> {
    let mut rows = rows()?.into_iter();
    let mut wards = JoinSet::new();
    let mut faults = Vec::new();
    loop {
        if wards.len() < ABREAST
            && let Some(row) = rows.next()
        {
            if let Some(path) = path(&row.file)? {
                let bytes = std::fs::read(path)?;
                wards.spawn(async move { told(&row, &bytes).await.with_context(|| row.file.clone()) });
            }
            continue;
        }
        match wards.join_next().await {
            Some(fault) => faults.extend(fault??),
            None => break,
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// Sends one file to a ward of its own; what is not as it should be is the answer.
async fn told(row: &Row, bytes: &[u8]) -> anyhow::Result<Option<String>> {
    let ward = Plan::default().ward_with(NO_DELAY)?.run().await?;
    let is_stream = Path::new(&row.file).extension().is_some_and(|kind| kind == "bin");
    let wire = if is_stream { bytes.to_vec() } else { [b"\x0b", bytes, b"\x1c\r"].concat() };
    let mut line = Mllp::connect(&ward).await?;
    line.send(&wire).await?;
    line.finish().await?;
    for _ in 0..row.answers {
        line.answer().await?;
    }
    ward.add_user("asha", "nurse", "1111").await?;
    let api = ward.api()?.sign_in("asha", "1111").await?;
    let kept = kept(&ward, &api).await?;
    let lost = if is_stream { unframed(&kept) != unframed(bytes) } else { kept != bytes };
    // Of what looks like TLS only the record header is kept.
    if lost && !row.file.contains("_tls_") {
        return Ok(Some(format!("{}: the log keeps {} of {} bytes", row.file, kept.len(), bytes.len())));
    }
    let raised = raised(&api).await?;
    Ok((raised != row.alerts).then(|| format!("{}: alerts = {raised:?}, not {:?}", row.file, row.alerts)))
}

/// The bytes of every message in the log that came in, in the order of their arrival; a long one by the
/// command line, which writes all of it.
async fn kept(ward: &Ward, api: &Api) -> anyhow::Result<Vec<u8>> {
    let log = api.get("/api/v1/messages?peer=mllp").await?;
    let came_in = log.as_array().into_iter().flatten().filter(|row| row["way"] == "in");
    let mut ids: Vec<_> = came_in.filter_map(|row| row["id"].as_i64()).collect();
    ids.sort_unstable();
    let mut kept = Vec::new();
    for id in ids {
        let message = api.get(&format!("/api/v1/messages/{id}")).await?;
        let bytes = match (message["raw_cut"].as_bool(), message["raw"].as_str()) {
            (Some(true), _) => ward.command(&["messages", "--raw", &id.to_string()], "").await?.into_bytes(),
            (_, Some(text)) => text.as_bytes().to_vec(),
            (_, None) => from_hex(message["raw_hex"].as_str().context("raw or raw_hex")?),
        };
        kept.extend(bytes);
    }
    Ok(kept)
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes().chunks_exact(2);
    bytes.map(|pair| digit(pair[0]).unwrap_or_default() << 4 | digit(pair[1]).unwrap_or_default()).collect()
}

fn unframed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(*byte, 0x0b | 0x1c | b'\r' | b'\n')).collect()
}

/// Bed and code of every alert but technical ones.
async fn raised(api: &Api) -> anyhow::Result<Vec<String>> {
    let alerts = api.alerts("state=all").await?;
    let clinical = alerts.iter().filter(|alert| alert["kind"] != "technical");
    let mut raised: Vec<_> = clinical
        .map(|alert| {
            let bed = alert["bed"].as_str().unwrap_or("nowhere");
            format!("{bed} {}", alert["code"].as_str().unwrap_or_default())
        })
        .collect();
    raised.sort();
    Ok(raised)
}

#[tokio::test]
async fn a_message_sent_twice_calls_once() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    for name in ["lab_critical_k_hh.hl7", "lab_duplicate_same_msh10.hl7"] {
        let answer = ward.send_hl7(name).await?;
        assert!(answer.contains("MSA|AA|L0001"), "answered as the first was: {answer}");
    }
    let alerts = raised(&api).await?;
    assert_eq!(alerts, ["07 lab.67151-1", "07 lab.glucose", "07 lab.potassium", "07 lab.sodium"]);
    Ok(())
}

/// Two million characters of a report before the value that calls.
#[tokio::test]
async fn a_value_behind_a_large_report_calls() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let answer = behind_a_report(&ward).await?;
    assert!(answer.contains("MSA|AA|PDF2"), "{answer}");
    assert_eq!(raised(&ward.api()?).await?, ["07 lab.potassium"]);
    Ok(())
}

async fn behind_a_report(ward: &Ward) -> anyhow::Result<String> {
    let report = "JVBERi0xLjQKFCIS".repeat(125_000);
    let message = format!(
        "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|PDF2|P|2.5.1\r\
         PID|1||MRN0042^^^HOSP^MR\rPV1|1|I|ICU^BED-07^1\rOBR|1||A9^LIS|11502-2^Report^LN\r\
         OBX|1|ED|PDF^Report^L||LIS^application^PDF^Base64^{report}||||||F\r\
         OBX|2|NM|2823-3^K^LN||7.0|mmol/L|3.5-5.1|HH|||F\r"
    );
    Mllp::connect(ward).await?.exchange(message.as_bytes()).await
}
