//! A hospital with a broker of its own: its devices are heard through it, and while it is away it is missed
//! at the station and in the hub.

use std::time::Duration;

use harness::load::Device;
use harness::{Api, Plan, peers, until};
use serde_json::{Value, json};
use tokio::sync::Mutex;

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the hub shows the broker as it should be.
async fn becomes(api: &Api, state: &str) -> anyhow::Result<Value> {
    until(&format!("the broker: {state}"), PATIENCE, || async {
        let broker = api.endpoint("broker").await?;
        Ok::<_, anyhow::Error>((broker["state"] == state).then_some(broker))
    })
    .await
}

/// How many open alerts say that the broker is away.
async fn missed(api: &Api) -> anyhow::Result<usize> {
    let alerts = api.get("/api/v1/alerts").await?;
    let title = |alert: &Value| alert["title"].as_str().is_some_and(|title| title.contains("MQTT broker"));
    Ok(alerts.as_array().into_iter().flatten().filter(|alert| title(alert)).count())
}

#[tokio::test]
async fn devices_are_heard_through_the_hospital_s_own_broker() -> anyhow::Result<()> {
    if !peers::present(&["mosquitto"])? {
        return Ok(());
    }
    let (mut broker, address) = peers::mosquitto("").await?;
    let ward = Plan::default().set(format!("mqtt.broker=mqtt://{address}")).run().await?;
    let api = ward.api()?;
    becomes(&api, "up").await?;
    let mut monitor = Device::at("07", "monitor");
    monitor.read(r#"{"code":"MDC_PULS_OXIM_SAT_O2","value":93,"unit":"%"}"#);
    let monitor = Mutex::new(monitor);
    // What is published before the gateway has subscribed reaches nobody: a monitor says it again.
    until("the saturation at the bed", PATIENCE, || async {
        let mut monitor = monitor.lock().await;
        let next = monitor.sent() + 1;
        monitor.send(address, None, next).await?;
        let bed = api.get("/api/v1/beds/07").await?;
        let heard = bed["vitals"].as_array().into_iter().flatten().any(|vital| vital["value"] == 93);
        Ok::<_, anyhow::Error>(heard.then_some(()))
    })
    .await?;
    let up = becomes(&api, "up").await?;
    assert!(up["passed"].as_u64() > Some(0) && up["last_message_at"].is_string(), "{up:#}");
    assert_eq!((&up["direction"], &up["address"]), (&json!("in"), &json!(format!("mqtt://{address}"))));
    assert_eq!(missed(&api).await?, 0);

    broker.kill9().await?;
    let down = becomes(&api, "down").await?;
    assert!(down["why"].as_str().is_some_and(|why| !why.is_empty()), "{down:#}");
    until("the station told", PATIENCE, || async {
        Ok::<_, anyhow::Error>((missed(&api).await? == 1).then_some(()))
    })
    .await
}
