//! The message log: a laboratory that did not hear our answer sends again, a technician looks for a message
//! and lets one in again.

use std::time::Duration;

use harness::ends::Ends;
use harness::{Api, Mllp, Plan, Ward, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// A critical potassium of a patient at bed 07.
fn potassium() -> anyhow::Result<Vec<u8>> {
    Ok(std::fs::read(harness::top().join("tests/data/hl7/lab_critical_k_hh.hl7"))?)
}

/// Rows of the log, the newest first.
async fn log(api: &Api, query: &str) -> anyhow::Result<Vec<Value>> {
    let rows = api.get(&format!("/api/v1/messages?{query}")).await?;
    Ok(rows.as_array().cloned().unwrap_or_default())
}

async fn alerts_of_the_laboratory(api: &Api) -> anyhow::Result<Vec<Value>> {
    let mut alerts = api.alerts("state=all").await?;
    alerts.retain(|alert| alert["kind"] == "laboratory");
    Ok(alerts)
}

/// How often an alert was raised or told anew.
async fn tellings(api: &Api, alert: &Value) -> anyhow::Result<usize> {
    let whole = api.get(&format!("/api/v1/alerts/{}", alert["id"].as_str().unwrap_or_default())).await?;
    let told = ["raised", "returned", "worsened"];
    let changes = whole["changes"].as_array().cloned().unwrap_or_default();
    Ok(changes.iter().filter(|change| told.iter().any(|word| change["what"] == *word)).count())
}

fn code(answer: &str) -> &str {
    answer.split("\rMSA|").nth(1).and_then(|msa| msa.split('|').next()).unwrap_or(answer)
}

/// Waits for a message from or to a peer that was accepted.
async fn accepted(api: &Api, peer: &str) -> anyhow::Result<Value> {
    until(&format!("accepted of {peer}"), PATIENCE, || async {
        let rows = log(api, &format!("peer={peer}")).await?;
        Ok::<_, anyhow::Error>(rows.iter().find(|row| row["state"] == "accepted").cloned())
    })
    .await
}

#[tokio::test]
async fn a_resend_after_a_power_cut_is_answered_alike_and_alerts_once() -> anyhow::Result<()> {
    let mut ward = Plan::default().run().await?;
    let message = potassium()?;
    let first = Mllp::connect(&ward).await?.exchange(&message).await?;
    // The laboratory never reads it: to its eyes the answer was lost with the power.
    ward.kill9().await?;
    ward.restart().await?;
    let api = ward.api()?;
    let mut line = Mllp::connect(&ward).await?;
    let second = line.exchange(&message).await?;
    assert_eq!(code(&second), code(&first));
    assert_eq!(code(&line.exchange(&message).await?), code(&first), "and once more on the same connection");

    let alerts = alerts_of_the_laboratory(&api).await?;
    assert!(!alerts.is_empty(), "it is critical");
    for alert in &alerts {
        assert_eq!(tellings(&api, alert).await?, 1, "{alert:#}");
    }
    let rows = log(&api, "type=ORU%5ER01").await?;
    let states: Vec<_> = rows.iter().map(|row| row["state"].as_str().unwrap_or_default()).collect();
    assert_eq!(states, ["duplicate", "duplicate", "accepted"]);
    assert!(rows[..2].iter().all(|row| row["duplicate_of"] == rows[2]["id"]), "{rows:#?}");
    assert_eq!(log(&api, "state=duplicate").await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn copies_on_one_connection_without_waiting_are_one_message() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let message = potassium()?;
    let block = [b"\x0B".as_slice(), &message, b"\x1C\r"].concat();
    let mut line = Mllp::connect(&ward).await?;
    line.send(&[block.as_slice(), &block, &block].concat()).await?;
    let first = line.answer().await?;
    for _ in 0..2 {
        assert_eq!(code(&line.answer().await?), code(&first));
    }
    let states = log(&ward.api()?, "peer=mllp").await?;
    let states: Vec<_> = states.iter().map(|row| row["state"].as_str().unwrap_or_default()).collect();
    assert_eq!(states, ["duplicate", "duplicate", "accepted"]);
    Ok(())
}

#[tokio::test]
async fn a_message_is_found_shown_and_replayed() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    let alert = alerts_of_the_laboratory(&api).await?.first().cloned().unwrap_or_default();
    let alert_id = alert["id"].as_str().unwrap_or_default();
    let linked = log(&api, &format!("alert={alert_id}")).await?;
    let oru: Vec<_> = linked.iter().filter(|row| row["way"] == "in").collect();
    assert_eq!((oru.len(), &oru[0]["type"]), (1, &json!("ORU^R01")), "from an alert to its message");
    let id = oru[0]["id"].as_i64().unwrap_or_default();
    let whole_alert = api.get(&format!("/api/v1/alerts/{alert_id}")).await?;
    assert!(
        whole_alert["messages"].as_array().is_some_and(|all| all.contains(&json!(id))),
        "{whole_alert:#}"
    );
    let patient = oru[0]["patient"].as_str().unwrap_or_default().to_owned();
    assert!(log(&api, &format!("patient={patient}&type=ORU%5ER01")).await?.iter().any(|row| row["id"] == id));
    assert!(
        log(&api, "patient=nobody").await?.is_empty()
            && log(&api, "to=2020-01-01T00:00:00Z").await?.is_empty()
    );

    let whole = api.get(&format!("/api/v1/messages/{id}")).await?;
    let segments = whole["segments"].as_array().cloned().unwrap_or_default();
    assert!(segments.iter().any(|segment| segment["name"] == "OBX"), "{whole:#}");
    assert!(whole["raw"].as_str().is_some_and(|raw| raw.starts_with("MSH|")));

    let path = format!("/api/v1/messages/{id}/replay");
    let (status, rehearsed) = api.post(&path, &json!({})).await?;
    assert_eq!((status, &rehearsed["alerts"][0]["kind"]), (200, &json!("laboratory")), "{rehearsed:#}");
    let received = log(&api, "peer=mllp").await?.into_iter().filter(|row| row["way"] == "in").count();
    assert_eq!(received, 2, "a rehearsal leaves nothing behind");

    ward.add_user("bo", "biomed", "3333").await?;
    let live = json!({"live": true, "by": "bo", "pin": "3333", "reason": "the HIS lost it"});
    assert_eq!(api.post(&path, &live).await?.0, 200);
    let again = log(&api, "peer=replay").await?;
    assert_eq!((again.len(), &again[0]["state"]), (1, &json!("accepted")), "no second copy: on purpose");
    Ok(())
}

#[tokio::test]
async fn what_was_sent_is_in_the_log_and_names_no_number() -> anyhow::Result<()> {
    let ends = Ends::start(&[]).await?;
    let ward = ends.serve(Plan::default()).run().await?;
    let api = ward.api()?;
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    let told = accepted(&api, "whatsapp").await?;
    let whole = api.get(&format!("/api/v1/messages/{}", told["id"])).await?;
    assert_eq!((&whole["way"], &whole["type"]), (&json!("out"), &json!("template")));
    assert!(whole["raw"].as_str().is_some_and(|raw| raw.contains("icu_critical_alert")), "{whole:#}");
    assert!(whole["answer"].as_str().is_some_and(|answer| answer.contains("200")), "{whole:#}");
    assert!(!whole.to_string().contains("910000000001"), "{whole:#}");
    let phones = api.endpoint("whatsapp").await?;
    assert!(phones["passed"].as_u64() > Some(0) && phones["processing_p99_ms"].is_number(), "{phones:#}");
    assert!(phones["last_message_at"].is_string() && phones["success_rate"].is_number(), "{phones:#}");
    Ok(())
}

#[tokio::test]
async fn what_the_phones_provider_tells_us_is_in_the_log_and_names_no_number() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    let webhook = accepted(&api, "webhook").await?;
    let whole = api.get(&format!("/api/v1/messages/{}", webhook["id"])).await?;
    assert!(whole["raw"].as_str().is_some_and(|raw| raw.contains("statuses")), "{whole:#}");
    assert!(!whole.to_string().contains("910000000001"), "{whole:#}");
    Ok(())
}

#[tokio::test]
async fn the_log_is_read_when_the_gateway_is_stopped() -> anyhow::Result<()> {
    let mut ward = Plan::default().run().await?;
    let message = potassium()?;
    for _ in 0..2 {
        Mllp::connect(&ward).await?.exchange(&message).await?;
    }
    assert!(ward.term().await?.success());
    let lines = lines(&ward, &["--peer", "mllp"]).await?;
    assert_eq!((&lines[0]["state"], &lines[1]["state"]), (&json!("duplicate"), &json!("accepted")));
    assert_eq!(lines[1]["type"], "ORU^R01");
    let alerts = lines[1]["alerts"].as_array().cloned().unwrap_or_default();
    let of_alert = [lines[1]["id"].clone()];
    let alert = alerts.first().and_then(Value::as_str).unwrap_or_default();
    let found = self::lines(&ward, &["--alert", alert, "--type", "ORU^R01"]).await?;
    assert_eq!(found.iter().map(|line| line["id"].clone()).collect::<Vec<_>>(), of_alert);
    assert!(self::lines(&ward, &["--state", "refused"]).await?.is_empty());
    assert_eq!(self::lines(&ward, &["--most", "1", "--peer", "mllp"]).await?.len(), 1);
    let raw = ward.command(&["messages", "--raw", &lines[1]["id"].to_string()], "").await?;
    assert_eq!(raw.as_bytes(), message, "byte for byte");
    let table = ward.command(&["messages", "--table"], "").await?;
    assert!(table.starts_with("      ID") && table.contains("duplicate"), "{table}");
    Ok(())
}

async fn lines(ward: &Ward, arguments: &[&str]) -> anyhow::Result<Vec<Value>> {
    let printed = ward.command(&[&["messages"], arguments].concat(), "").await?;
    printed.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
