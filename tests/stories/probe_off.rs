//! The finger probe falls off: SpO2 and pulse read 0 while the ECG counts on. That is a fault to mend, not a
//! patient to run to, and it is over when the probe is back.

use std::time::Duration;

use harness::monitor::Reading;
use harness::{Monitor, Plan, until};

const PATIENCE: Duration = Duration::from_secs(10);

fn probe(spo2: f64, pulse: f64) -> [Reading<'static>; 3] {
    [
        ("MDC_ECG_HEART_RATE", 82.0, "/min"),
        ("MDC_PULS_OXIM_SAT_O2", spo2, "%"),
        ("MDC_PULS_OXIM_PULS_RATE", pulse, "/min"),
    ]
}

#[tokio::test]
async fn a_lost_probe_is_technical_only_and_ends_when_it_is_back() -> anyhow::Result<()> {
    // Without the delays a clinical alert, were there one, would be there at once.
    let at_once = "[limits.spo2]\nred_delay_s = 0\nyellow_delay_s = 0\n\n\
                   [limits.pulse_rate]\nred_delay_s = 0\nyellow_delay_s = 0\n";
    let ward = Plan::default().ward_with(at_once)?.run().await?;
    let api = ward.api()?;
    let mut monitor = Monitor::connect(&ward, "04")?;
    monitor.say(&probe(97.0, 81.0)).await?;
    monitor.say(&probe(0.0, 0.0)).await?;
    api.alert("04", "technical.probe-off", PATIENCE, |alert| alert["state"] == "active").await?;
    let open = api.alerts("bed=04").await?;
    assert!(open.iter().all(|alert| alert["kind"] == "technical"), "{open:#?}");
    let bed = api.get("/api/v1/beds/04").await?;
    let spo2 = bed["vitals"].as_array().unwrap().iter().find(|vital| vital["loinc"] == "59408-5").unwrap();
    assert!(spo2["value"].is_null() && spo2["why"].is_string(), "no 0 is shown as if it were one: {spo2:#}");

    monitor.say(&probe(97.0, 81.0)).await?;
    until("the probe's alerts to end", PATIENCE, || async {
        Ok::<_, anyhow::Error>(api.alerts("bed=04").await?.is_empty().then_some(()))
    })
    .await?;
    let all = api.alerts("bed=04&state=all").await?;
    assert!(!all.is_empty() && all.iter().all(|alert| alert["state"] == "resolved"), "{all:#?}");
    Ok(())
}
