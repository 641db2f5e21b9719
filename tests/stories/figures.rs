//! The ward's figures: an alert that was answered shows after how long, one that nobody answered shows as
//! that.

use std::time::Duration;

use harness::{Monitor, Plan, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_answered_alert_and_one_that_nobody_answered_are_counted() -> anyhow::Result<()> {
    let ward = Plan::default().ward_with("[limits.spo2]\nred_delay_s = 0\n")?.run().await?;
    ward.add_user("asha", "nurse", "2468").await?;
    let api = ward.api()?;
    for bed in ["05", "06"] {
        let mut monitor = Monitor::connect(&ward, bed)?;
        monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 74.0, "%")]).await?;
        api.alert(bed, "limit.spo2.low", PATIENCE, |alert| alert["priority"] == "high").await?;
    }
    let by = json!({"by": "asha", "pin": "2468", "station": "desk"});
    assert_eq!(api.post("/api/v1/beds/05/acknowledge", &by).await?.0, 200);

    let figures = until("both beds in the figures", PATIENCE, || async {
        let figures = api.get("/api/v1/figures").await?;
        let beds = |bed: &str| of_bed(&figures, bed).is_some();
        Ok::<_, anyhow::Error>((beds("05") && beds("06")).then_some(figures))
    })
    .await?;
    let (answered, alone) = (of_bed(&figures, "05").unwrap(), of_bed(&figures, "06").unwrap());
    assert_eq!(answered["unanswered"], 0, "{figures:#}");
    assert!(answered["to_acknowledged"]["n"].as_u64() > Some(0), "{figures:#}");
    assert!(answered["to_acknowledged"]["median_s"].as_f64() < Some(60.0), "{figures:#}");
    assert_eq!(
        (&alone["unanswered"], &alone["to_acknowledged"]["median_s"]),
        (&alone["alerts"], &Value::Null)
    );
    assert!(figures["by_kind"].as_array().unwrap().iter().any(|of| of["kind"] == "physiological"));
    let before = api.get("/api/v1/figures?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z").await?;
    assert_eq!(before["by_bed"], json!([]), "nothing was before the ward began");
    Ok(())
}

fn of_bed<'a>(figures: &'a Value, bed: &str) -> Option<&'a Value> {
    figures["by_bed"].as_array()?.iter().find(|of| of["bed"] == bed)
}
