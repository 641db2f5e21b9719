//! A nurse has answered and is on her way; then it gets worse. What was answered was the lesser thing: it
//! calls again.

use std::time::Duration;

use harness::{Monitor, Plan};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn what_was_answered_calls_again_when_it_gets_worse() -> anyhow::Result<()> {
    let at_once = "[limits.spo2]\nred_delay_s = 0\nyellow_delay_s = 0\n";
    let ward = Plan::default().ward_with(at_once)?.run().await?;
    let api = ward.api()?;
    ward.add_user("asha", "nurse", "2468").await?;
    let mut monitor = Monitor::connect(&ward, "06")?;
    let code = "limit.spo2.low";

    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 86.0, "%")]).await?;
    let yellow = api.alert("06", code, PATIENCE, |alert| alert["priority"] == "medium").await?;
    let id = yellow["id"].as_str().unwrap();
    let answer = json!({"by": "asha", "pin": "2468", "station": "desk 1"});
    let (status, said) = api.post(&format!("/api/v1/alerts/{id}/acknowledge"), &answer).await?;
    assert_eq!((status, &said["state"]), (200, &json!("acknowledged")), "{said:#}");

    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 85.0, "%")]).await?;
    let still = api.alert("06", code, PATIENCE, |_| true).await?;
    assert_eq!(still["state"], "acknowledged", "the same level is the same thing");

    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 76.0, "%")]).await?;
    let red = api.alert("06", code, PATIENCE, |alert| alert["priority"] == "high").await?;
    assert_eq!((&red["id"], &red["state"]), (&yellow["id"], &json!("active")), "{red:#}");
    assert!(red["escalation"]["next_at"].is_string(), "it has a deadline again: {red:#}");
    assert_eq!(red["reasons"][0]["value"], "76", "told with the value of now");
    Ok(())
}
