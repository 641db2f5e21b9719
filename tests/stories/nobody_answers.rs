//! Nobody comes: the alert climbs its ladder to the doctor's phone, the phone says that it was sent and
//! delivered, and the alert goes on calling.

use std::time::Duration;

use harness::{Monitor, Plan, until};
use serde_json::Value;

/// The sandbox's phones deliver late, as real ones do.
const PATIENCE: Duration = Duration::from_mins(1);

const SHORT_LADDER: &str = r#"
[limits.spo2]
red_delay_s = 0

[ladder.red]
steps = [
    { after_s = 0, tell = ["station:sound", "station:board"] },
    { after_s = 1, tell = ["duty_doctor:whatsapp"] },
    { after_s = 2, tell = ["ward:whatsapp"] },
]
repeat_s = 1
"#;

fn reached(alert: &Value, stage: &str, to: &str) -> bool {
    alert["receipts"].as_array().is_some_and(|receipts| {
        receipts.iter().any(|receipt| {
            receipt["stage"] == stage && receipt["channel"] == "whatsapp" && receipt["to"] == to
        })
    })
}

#[tokio::test]
async fn an_alert_climbs_to_the_phones_and_calls_on() -> anyhow::Result<()> {
    let ward = Plan::default().ward_with(SHORT_LADDER)?.run().await?;
    let api = ward.api()?;
    let mut monitor = Monitor::connect(&ward, "05")?;
    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 74.0, "%")]).await?;
    let code = "limit.spo2.low";
    api.alert("05", code, PATIENCE, |alert| alert["priority"] == "high").await?;
    // The provider's webhooks name the message, not the person: only what we sent says to whom.
    for (stage, to) in [("sent", "duty doctor"), ("sent", "ward"), ("delivered", "phone")] {
        api.alert("05", code, PATIENCE, |alert| reached(alert, stage, to)).await?;
    }
    // The first call is step 0; beyond the ladder's three the last one is called again.
    let alert =
        api.alert("05", code, PATIENCE, |alert| alert["escalation"]["step"].as_u64() > Some(3)).await?;
    assert_eq!(alert["state"], "active", "a phone that rings is no answer");
    assert!(alert["escalation"]["next_at"].is_string(), "{alert:#}");

    until("the ward's phone to be called again", PATIENCE, || async {
        let deliveries = api.get("/api/v1/deliveries?state=done").await?;
        let to_ward = deliveries.as_array().into_iter().flatten().filter(|row| row["to"] == "ward");
        Ok::<_, anyhow::Error>((to_ward.count() >= 2).then_some(()))
    })
    .await
}
