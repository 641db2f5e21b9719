//! A monitor calls an asystole (PCD-04): it is heard as immediate, joins the bed's alerts, and goes on after
//! the monitor's end until somebody has seen it. A pump's occlusion is technical and ends with the pump's
//! word.

use std::time::Duration;

use harness::{Api, Mllp, Plan, until};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(10);

fn alarm(device: &str, event: &str, kind: &str, phase: &str) -> String {
    let obr_29 = if phase == "start" { "" } else { "^E1&GW&1&EUI-64" };
    let control_id = format!("{device}-{phase}");
    [
        &format!(
            "MSH|^~\\&|{device}|MAKER|||20260912182658+0000||ORU^R40^ORU_R40|{control_id}|P|2.6|||AL|NE"
        ),
        "PID|||MRN0099^^^^MR",
        "PV1||I|ICU-1^^07",
        &format!("OBR|1||E1^GW|196616^MDC_EVT_ALARM^MDC|||20260912182656{}{obr_29}", "|".repeat(22)),
        &format!("OBX|1|ST|{event}^MDC|1.1.1.1.1|as the device says||||||F"),
        &format!("OBX|2|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.1.1.1.3|{phase}||||||F"),
        "OBX|3|ST|68484^MDC_ATTR_ALARM_PRIORITY^MDC|1.1.1.1.6|PM||||||F",
        &format!("OBX|4|ST|68485^MDC_ATTR_ALERT_TYPE^MDC|1.1.1.1.7|{kind}||||||F"),
        "",
    ]
    .join("\r")
}

/// Waits until the open alert of a device is as it should be.
async fn becomes(api: &Api, device: &str, state: Option<&str>) -> anyhow::Result<Value> {
    until(&format!("{device}: {state:?}"), PATIENCE, || async {
        let alerts = api.get("/api/v1/alerts?bed=07").await?;
        let alerts = alerts.as_array().cloned().unwrap_or_default();
        let title = |alert: &&Value| alert["title"].as_str().is_some_and(|title| title.starts_with(device));
        let alert = alerts.iter().find(title).cloned();
        let as_it_should = alert.as_ref().and_then(|alert| alert["state"].as_str()) == state;
        Ok::<_, anyhow::Error>(as_it_should.then(|| alert.unwrap_or_default()))
    })
    .await
}

#[tokio::test]
async fn what_a_device_calls_joins_the_bed_and_ends_with_its_word() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let mut peer = Mllp::connect(&ward).await?;
    for (device, event, kind) in
        [("MONITOR", "199684^MDC_EVT_ECG_ASYSTOLE", "SP"), ("PUMP", "196940^MDC_EVT_FLUID_LINE_OCCL", "ST")]
    {
        let answer = peer.exchange(alarm(device, event, kind, "start").as_bytes()).await?;
        assert!(answer.contains("MSA|CA|"), "{answer}");
    }
    let asystole = becomes(&api, "MONITOR", Some("active")).await?;
    assert_eq!((&asystole["kind"], &asystole["priority"]), (&"physiological".into(), &"high".into()));
    let occlusion = becomes(&api, "PUMP", Some("active")).await?;
    assert_eq!((&occlusion["kind"], &occlusion["priority"]), (&"technical".into(), &"medium".into()));

    for (device, event, kind) in
        [("MONITOR", "199684^MDC_EVT_ECG_ASYSTOLE", "SP"), ("PUMP", "196940^MDC_EVT_FLUID_LINE_OCCL", "ST")]
    {
        peer.exchange(alarm(device, event, kind, "end").as_bytes()).await?;
    }
    becomes(&api, "PUMP", None).await?;
    becomes(&api, "MONITOR", Some("latched")).await?;
    Ok(())
}
