//! HIS and phones are away while four results of one patient are critical. When they are back the doctor is
//! notified together of those that are still owed an answer, and no phone rings for the one that has it.

use std::time::Duration;

use gateway::sandbox::door::Outage;
use harness::ends::Ends;
use harness::{Api, Plan, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_mins(1);

/// What the laboratory's message holds, as its alerts name it; the first is answered before anybody can
/// be told.
const RESULTS: [&str; 4] = ["7.1", "118", "38", ">10000"];

async fn rows(api: &Api, what: &str) -> anyhow::Result<Vec<Value>> {
    let rows = api.get("/api/v1/deliveries").await?;
    Ok(rows.as_array().into_iter().flatten().filter(|row| row["what"] == what).cloned().collect())
}

/// Waits until every row of this kind was tried in vain, so often that the channel is known to be down.
async fn tried_in_vain(api: &Api, what: &str) -> anyhow::Result<Vec<Value>> {
    until("tries in vain", PATIENCE, || async {
        let rows = rows(api, what).await?;
        let tries = |row: &Value| row["tries"].as_u64().unwrap_or_default();
        let enough = rows.len() >= RESULTS.len() && rows.iter().all(|row| tries(row) > 1);
        anyhow::Ok(enough.then_some(rows))
    })
    .await
}

#[tokio::test]
async fn after_an_outage_a_doctor_is_told_together_and_of_nothing_that_was_answered() -> anyhow::Result<()> {
    let ends = Ends::start(&["MRN0042".to_owned()]).await?;
    ends.his.door().down(Outage::Refused);
    ends.phones.door().down(Outage::Refused);
    let ward = ends.serve(Plan::default()).run().await?;
    ward.add_user("asha", "nurse", "2468").await?;
    ward.add_user("rao", "doctor", "135790").await?;
    let api = ward.api()?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    tried_in_vain(&api, "notice").await?;
    let calls = tried_in_vain(&api, "phone").await?;
    assert!(calls.iter().all(|row| row["state"] == "waiting"), "{calls:#?}");

    let alerts = api.alerts("bed=07").await?;
    let potassium = alerts.iter().find(|alert| alert["reasons"][0]["value"] == "7.1");
    let id = potassium.and_then(|alert| alert["id"].as_str()).unwrap_or_else(|| panic!("{alerts:#?}"));
    let nurse = json!({"by": "asha", "pin": "2468", "station": "desk 1", "read_back": "7.1"});
    assert_eq!(api.post(&format!("/api/v1/alerts/{id}/acknowledge"), &nurse).await?.0, 200);
    let half = rows(&api, "phone").await?;
    assert!(half.iter().all(|row| row["state"] == "waiting"), "the doctor is still owed: {half:#?}");
    let doctor = json!({"by": "rao", "pin": "135790", "station": "desk 1"});
    assert_eq!(api.post(&format!("/api/v1/alerts/{id}/accept"), &doctor).await?.0, 200);

    ends.his.door().up();
    ends.phones.door().up();
    let told = until("all that the doctor must know", PATIENCE, || async {
        let told = ends.his.documents("Notification Log");
        let told: Vec<String> =
            told.iter().map(|log| json!(log)["subject"].as_str().unwrap_or_default().to_owned()).collect();
        let all = RESULTS[1..].iter().all(|value| told.iter().any(|subject| subject.contains(value)));
        anyhow::Ok(all.then_some(told))
    })
    .await?;
    assert!(told.len() < RESULTS.len() - 1, "{told:#?}");
    assert!(!told.iter().any(|subject| subject.contains(RESULTS[0])), "that one was answered: {told:#?}");
    let settled = until("all calls", PATIENCE, || async {
        let calls = rows(&api, "phone").await?;
        anyhow::Ok(calls.iter().all(|row| row["state"] != "waiting").then_some(calls))
    })
    .await?;
    let of_answered: Vec<&Value> = settled.iter().filter(|row| row["alert"] == id).collect();
    assert!(
        !of_answered.is_empty() && of_answered.iter().all(|row| row["state"] == "cancelled"),
        "{settled:#?}"
    );
    assert!(
        settled.iter().filter(|row| row["alert"] != id).all(|row| row["state"] == "done"),
        "{settled:#?}"
    );
    Ok(())
}
