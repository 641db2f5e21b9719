//! A heart stands still and the saturation falls with it: the ward hears one call, and the other alert says
//! under which it is held back, until somebody answers.

use std::time::Duration;

use harness::{Monitor, Plan};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn what_follows_from_a_stopped_heart_says_so_until_it_is_answered() -> anyhow::Result<()> {
    let at_once = "[limits.spo2]\nred_delay_s = 0\nyellow_delay_s = 0\n";
    let ward = Plan::default().ward_with(at_once)?.run().await?;
    let api = ward.api()?;
    ward.add_user("asha", "nurse", "2468").await?;
    let mut monitor = Monitor::connect(&ward, "06")?;
    let stopped = [("MDC_ECG_HEART_RATE", 0.0, "/min"), ("MDC_PULS_OXIM_SAT_O2", 60.0, "%")];
    monitor.say(&stopped).await?;
    let cause = api.alert("06", "no-pulse", PATIENCE, |_| true).await?;
    let held = api.alert("06", "limit.spo2.low", PATIENCE, |alert| alert["held_back"].is_object()).await?;
    let under = json!({"under": cause["id"], "code": "no-pulse", "title": cause["title"]});
    assert_eq!((&held["held_back"], &held["escalation"]["next_at"]), (&under, &json!(null)), "{held:#}");
    assert_eq!(cause["held_back"], json!(null));

    let answer = json!({"by": "asha", "pin": "2468", "station": "desk 1"});
    let path = format!("/api/v1/alerts/{}/acknowledge", cause["id"].as_str().unwrap());
    let (status, said) = api.post(&path, &answer).await?;
    assert_eq!(status, 200, "{said:#}");
    let free = api.alert("06", "limit.spo2.low", PATIENCE, |alert| alert["held_back"].is_null()).await?;
    assert!(free["escalation"]["next_at"].is_string(), "it calls by itself: {free:#}");
    Ok(())
}
