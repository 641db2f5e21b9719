//! A patient with a critical potassium is moved to another bed. The alert goes along, with its name, its
//! steps and its place on the ladder; a message that comes late moves nobody back; a cancelled transfer does.
//! In the end the patient turns out to have been registered twice.

use std::time::Duration;

use harness::{Api, Mllp, Plan, Ward, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

async fn ward() -> anyhow::Result<(Ward, Api)> {
    let ward = Plan::default().beds(12, "")?.run().await?;
    let api = ward.api()?;
    Ok((ward, api))
}

/// The potassium, wherever it calls.
async fn potassium(api: &Api) -> anyhow::Result<Value> {
    until("the potassium", PATIENCE, || async {
        let alerts = api.alerts("").await?;
        Ok::<_, anyhow::Error>(alerts.iter().find(|alert| alert["code"] == "lab.potassium").cloned())
    })
    .await
}

async fn patient_of(api: &Api, bed: &str) -> anyhow::Result<Value> {
    Ok(api.get(&format!("/api/v1/beds/{bed}")).await?["binding"]["patient"]["uhid"].clone())
}

#[tokio::test]
async fn the_alert_follows_the_patient_and_its_ladder_goes_on() -> anyhow::Result<()> {
    let (ward, api) = ward().await?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    let before = potassium(&api).await?;
    assert_eq!((&before["bed"], &before["charting_held"]), (&json!("07"), &json!(false)));

    ward.send_hl7("adt_a02_transfer.hl7").await?;
    let after = potassium(&api).await?;
    assert_eq!((&after["bed"], &after["id"]), (&json!("09"), &before["id"]));
    for kept in ["raised_at", "escalation", "state", "reasons"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert!(api.alerts("bed=07").await?.iter().all(|alert| alert["kind"] != "laboratory"));
    let told = api.get(&format!("/api/v1/alerts/{}", after["id"].as_str().unwrap_or_default())).await?;
    assert!(told["changes"].to_string().contains("moved to bed 09 with the patient"), "{told:#}");

    // The admission is told once more, late and as a message of its own: it moves nobody, and the log says
    // why.
    let late = harness::sample("adt_a01_icu.hl7")?.replace("|AD1|", "|AD9|");
    Mllp::connect(&ward).await?.exchange(late.as_bytes()).await?;
    assert_eq!(patient_of(&api, "09").await?, "MRN0042");
    let messages = api.get("/api/v1/messages?peer=mllp").await?;
    let last_in = messages.as_array().into_iter().flatten().find(|message| message["way"] == "in");
    let reason = last_in.and_then(|message| message["reason"].as_str()).unwrap_or_default();
    assert!(
        reason.starts_with("older than 2026-09-12T03:30:00Z") && reason.ends_with("not applied"),
        "{reason}"
    );

    ward.send_hl7("adt_a12_cancel_transfer.hl7").await?;
    assert_eq!(potassium(&api).await?["bed"], "07");
    let bindings = api.get("/api/v1/beds/07/bindings").await?;
    assert_eq!(bindings.as_array().map(Vec::len), Some(1), "{bindings:#}");
    assert_eq!(
        (&bindings[0]["since"], &bindings[0]["until"], &bindings[0]["began"]["by"]),
        (&json!("2026-09-12T02:30:00Z"), &json!(null), &json!("his"))
    );
    let cancelled = api.get("/api/v1/beds/09/bindings").await?;
    assert_eq!(cancelled[0]["stands"], false, "{cancelled:#}");

    ward.send_hl7("adt_a03_discharge.hl7").await?;
    let left = api.get("/api/v1/beds/07").await?;
    assert_eq!((&left["binding"]["state"], &left["standby_offered"]), (&json!("unbound"), &json!(true)));
    let alert = potassium(&api).await?;
    assert_eq!((&alert["bed"], &alert["id"]), (&json!(null), &before["id"]), "it still calls, at the ward");
    Ok(())
}

#[tokio::test]
async fn a_merge_gives_the_alert_to_the_name_that_stays() -> anyhow::Result<()> {
    let (ward, api) = ward().await?;
    let mut peer = Mllp::connect(&ward).await?;
    for sample in ["adt_a01_icu.hl7", "lab_critical_k_hh.hl7"] {
        let unknown = harness::sample(sample)?.replace("MRN0042", "MRN0041");
        peer.exchange(unknown.as_bytes()).await?;
    }
    let before = potassium(&api).await?;
    assert_eq!(before["patient"]["uhid"], "MRN0041");
    ward.send_hl7("adt_a40_merge.hl7").await?;
    let after = potassium(&api).await?;
    assert_eq!((&after["patient"]["uhid"], &after["id"]), (&json!("MRN0042"), &before["id"]));
    assert_eq!(after["escalation"], before["escalation"]);
    assert_eq!(patient_of(&api, "07").await?, "MRN0042");
    let bindings = api.get("/api/v1/beds/07/bindings").await?;
    assert_eq!(bindings[0]["patient"]["uhid"], "MRN0042");
    Ok(())
}
