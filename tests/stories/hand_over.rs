//! A patient leaves the ward with a critical potassium that nobody has answered. The attending doctor is
//! told by HIS and phone, and the station is shown it until somebody there has read it; the result itself
//! calls on.

use std::time::Duration;

use harness::{Plan, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

fn hand_over(alerts: &[Value]) -> Option<&Value> {
    alerts.iter().find(|alert| alert["code"] == "technical.hand-over")
}

#[tokio::test]
async fn who_leaves_with_an_open_alert_is_handed_over_until_it_is_read() -> anyhow::Result<()> {
    let mut ward = Plan::default().run().await?;
    let api = ward.api()?;
    ward.add_user("asha", "nurse", "2468").await?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    api.alert("07", "lab.potassium", PATIENCE, |_| true).await?;
    ward.send_hl7("adt_a03_discharge.hl7").await?;
    let shown =
        until("the hand-over", PATIENCE, || async { anyhow::Ok(hand_over(&api.alerts("").await?).cloned()) })
            .await?;
    assert_eq!((&shown["priority"], &shown["bed"]), (&json!("medium"), &Value::Null), "{shown:#}");
    until("both messages", PATIENCE, || async {
        let rows = api.get("/api/v1/deliveries").await?;
        let of_it = rows.as_array().into_iter().flatten().filter(|row| row["alert"] == shown["id"]);
        let told: Vec<&str> = of_it.filter_map(|row| row["destination"].as_str()).collect();
        anyhow::Ok((told.contains(&"frappe") && told.contains(&"whatsapp")).then_some(()))
    })
    .await?;

    ward.kill9().await?;
    ward.restart().await?;
    let api = ward.api()?;
    assert!(hand_over(&api.alerts("").await?).is_some(), "a cut of the power hands nothing over");
    let read = json!({"by": "asha", "pin": "2468", "station": "desk 1"});
    let path = format!("/api/v1/alerts/{}/acknowledge", shown["id"].as_str().unwrap_or_default());
    assert_eq!(api.post(&path, &read).await?.0, 200);
    let open = api.alerts("").await?;
    assert!(hand_over(&open).is_none(), "it was read");
    assert!(open.iter().any(|alert| alert["code"] == "lab.potassium"), "and answers no result: {open:#?}");
    Ok(())
}
