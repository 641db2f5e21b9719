//! The HIS is away for five minutes of the ward's time and comes back: everything that was owed arrives once,
//! in the order of each patient, and nothing is lost. The receiver of HL7 goes and comes with it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateway::sandbox::door::Outage;
use harness::ends::Ends;
use harness::{Api, Plan, until};
use serde_json::Value;

/// How fast the ward's time runs.
const SPEED: &str = "10";

/// Each bed is charted every half minute of the ward's time: so many sets are owed after five minutes.
const SETS_OWED: usize = 10;

/// Beds of the demonstration, a patient in each.
const BEDS: usize = 8;

/// How long the machine may take to get so far.
const PATIENCE: Duration = Duration::from_mins(2);

/// The destinations that chart.
const CHARTS: [&str; 2] = ["frappe", "mllp"];

#[tokio::test]
async fn what_was_owed_while_the_his_was_away_arrives_once_and_in_order() -> anyhow::Result<()> {
    let patients: Vec<String> = (1..=BEDS).map(|no| format!("DEMO-{no:04}")).collect();
    let ends = Ends::start(&patients).await?;
    let arguments = ["--speed", SPEED, "--silent"].map(str::to_owned).to_vec();
    let ward = ends.serve(Plan { arguments, ..Plan::default() }).demo().await?;
    let api = ward.api()?;
    until("a set of every patient in both charts", PATIENCE, || async {
        let done = rows(&api, "done").await?;
        anyhow::Ok(CHARTS.iter().all(|chart| sets(&done, chart).len() >= BEDS).then_some(()))
    })
    .await?;

    ends.his.door().down(Outage::Refused);
    ends.receiver.door().down(Outage::Refused);
    let owed = until("five minutes of every patient", PATIENCE, || async {
        let waiting = rows(&api, "waiting").await?;
        let enough = CHARTS.iter().all(|chart| sets(&waiting, chart).len() >= BEDS * SETS_OWED);
        anyhow::Ok(enough.then_some(waiting))
    })
    .await?;

    // The first sets after the outage arrive, and their answers do not.
    ends.his.script().lose_next(3);
    ends.receiver.script().lose_next(1);
    ends.his.door().up();
    ends.receiver.door().up();
    let owed: BTreeSet<String> = owed.iter().map(key).collect();
    until("everything that was owed", PATIENCE, || async {
        let mut settled: BTreeSet<String> = rows(&api, "done").await?.iter().map(key).collect();
        // Of an alert that is over nobody is told late; what belongs into a chart is never called off.
        settled.extend(rows(&api, "cancelled").await?.iter().filter(|row| row["what"] != "vitals").map(key));
        let missing = owed.difference(&settled).count();
        anyhow::ensure!(missing == 0, "{missing} of {} still owed", owed.len());
        anyhow::Ok(Some(()))
    })
    .await?;
    assert_eq!(rows(&api, "parked").await?, Vec::<Value>::new());
    arrived_once(&ends, &rows(&api, "done").await?);
    in_order(&ends);
    Ok(())
}

/// Every set that the gateway knows as delivered is in its chart, and none is there twice.
fn arrived_once(ends: &Ends, done: &[Value]) {
    for (chart, arrived) in CHARTS.into_iter().zip([charted(ends), received(ends)]) {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, ..) in &arrived {
            *count.entry(id).or_default() += 1;
        }
        // HL7 has no unique key: what was sent again after a lost answer has the same control id, once more.
        let most = if chart == "mllp" { 2 } else { 1 };
        let twice: Vec<_> = count.iter().filter(|(_, times)| **times > most).collect();
        assert!(twice.is_empty(), "{chart}: {twice:?}");
        assert!(
            count.values().filter(|times| **times == 2).count() <= 1,
            "{chart}: more than the lost answer"
        );
        for set in sets(done, chart) {
            assert!(count.contains_key(set.as_str()), "{chart}: {set} is known as done and is not there");
        }
    }
}

/// Nothing of one patient overtakes what is older.
fn in_order(ends: &Ends) {
    for arrived in [charted(ends), received(ends)] {
        let mut last: BTreeMap<String, String> = BTreeMap::new();
        for (id, patient, at) in arrived {
            let before = last.insert(patient, at.clone()).unwrap_or_default();
            assert!(before <= at, "{id} of {at} came after {before}");
        }
        assert_eq!(last.len(), BEDS, "patients charted");
    }
}

/// What the HIS holds, first inserted first: our key, the patient, the time of the set.
fn charted(ends: &Ends) -> Vec<(String, String, String)> {
    let documents = ends.his.documents("Vital Signs");
    let field = |document: &Value, name: &str| document[name].as_str().unwrap_or_default().to_owned();
    documents
        .into_iter()
        .map(|document| serde_json::json!(document))
        .map(|document| {
            let at = format!("{} {}", field(&document, "signs_date"), field(&document, "signs_time"));
            (field(&document, "custom_gateway_event_id"), field(&document, "patient"), at)
        })
        .collect()
}

/// What the receiver was sent, first received first: MSH-10, PID-3, OBR-7.
fn received(ends: &Ends) -> Vec<(String, String, String)> {
    let field = |message: &str, segment: &str, number: usize| {
        let line = message.split('\r').find(|line| line.starts_with(segment)).unwrap_or_default();
        line.split('|').nth(number).unwrap_or_default().to_owned()
    };
    let messages = ends.receiver.received();
    let messages = messages.iter().map(|message| String::from_utf8_lossy(message).into_owned());
    messages.map(|text| (field(&text, "MSH", 9), field(&text, "PID", 3), field(&text, "OBR", 7))).collect()
}

async fn rows(api: &Api, state: &str) -> anyhow::Result<Vec<Value>> {
    let rows = api.get(&format!("/api/v1/deliveries?state={state}")).await?;
    Ok(rows.as_array().cloned().unwrap_or_default())
}

/// The keys of a chart's sets.
fn sets(rows: &[Value], chart: &str) -> Vec<String> {
    rows.iter().filter(|row| row["what"] == "vitals" && row["destination"] == chart).map(key).collect()
}

fn key(row: &Value) -> String {
    row["key"].as_str().unwrap_or_default().to_owned()
}
