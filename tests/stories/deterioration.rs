//! A patient gets worse: the monitor's signs add up to NEWS2 5 at once, then the nurse finds him drowsy: 8.
//! One alert tells of it, first medium, then high.

use std::time::Duration;

use harness::monitor::Reading;
use harness::{Monitor, Plan, until};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(10);

/// Signs with room for none of the limits: only the score speaks.
fn signs(resp_rate: f64, spo2: f64, systolic: f64, pulse: f64) -> [Reading<'static>; 5] {
    [
        ("MDC_RESP_RATE", resp_rate, "/min"),
        ("MDC_PULS_OXIM_SAT_O2", spo2, "%"),
        ("MDC_PRESS_BLD_NONINV_SYS", systolic, "mm[Hg]"),
        ("MDC_ECG_HEART_RATE", pulse, "/min"),
        ("MDC_TEMP", 37.0, "Cel"),
    ]
}

#[tokio::test]
async fn a_score_that_rises_worsens_one_alert() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    ward.add_user("asha", "nurse", "2468").await?;
    for (code, value) in [("consciousness", "A"), ("oxygen", "air")] {
        let entry = json!({"code": code, "value": value, "by": "asha", "pin": "2468"});
        let (status, said) = api.post("/api/v1/beds/03/observations", &entry).await?;
        assert_eq!(status, 200, "{said:#}");
    }
    let mut monitor = Monitor::connect(&ward, "03")?;
    let total = |expected: u8| {
        let api = &api;
        until("the score", PATIENCE, move || async move {
            let bed = api.get("/api/v1/beds/03").await?;
            Ok::<_, anyhow::Error>((bed["scores"][0]["total"] == expected).then_some(()))
        })
    };

    monitor.say(&signs(16.0, 97.0, 120.0, 80.0)).await?;
    total(0).await?;
    assert!(api.alerts("bed=03").await?.is_empty(), "a well patient calls nobody");

    monitor.say(&signs(22.0, 94.0, 105.0, 95.0)).await?;
    total(5).await?;
    let medium = api.alert("03", "news2", PATIENCE, |alert| alert["priority"] == "medium").await?;

    let drowsy = json!({"code": "consciousness", "value": "V", "by": "asha", "pin": "2468"});
    let (status, said) = api.post("/api/v1/beds/03/observations", &drowsy).await?;
    assert_eq!(status, 200, "{said:#}");
    total(8).await?;
    let high = api.alert("03", "news2", PATIENCE, |alert| alert["priority"] == "high").await?;
    assert_eq!(high["id"], medium["id"], "one episode, one alert");
    let parts = high["reasons"].as_array().unwrap();
    let breathing = parts.iter().find(|part| part["code"] == "resp_rate");
    let breathing = breathing.unwrap_or_else(|| panic!("{parts:#?}"));
    assert_eq!((&breathing["value"], &breathing["limit"]), (&json!("22"), &json!("2 points")));
    Ok(())
}
