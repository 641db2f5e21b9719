//! `wardlight simulate` against a gateway that runs: patients are admitted, monitors speak, and a critical
//! result of the laboratory calls at the bed of its patient.

use std::time::Duration;

use harness::{Api, Plan, until};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_mins(2);

/// A ward of which the answer book says: at the fourth bed a result is critical, after an hour and some
/// minutes. At full speed that is some seconds.
const SEED: &str = "34";
const CRITICAL_AT: &str = "04";
const BEDS: [&str; 4] = ["01", "02", "03", "04"];

/// The beds of the ward that the simulation fills.
async fn simulated(api: &Api) -> anyhow::Result<Vec<Value>> {
    let beds = api.get("/api/v1/beds").await?;
    let mut beds = beds.as_array().cloned().unwrap_or_default();
    beds.retain(|bed| BEDS.iter().any(|label| bed["bed"] == *label));
    Ok(beds)
}

fn measures(bed: &Value, code: &str) -> bool {
    let vitals = bed["vitals"].as_array();
    vitals
        .is_some_and(|vitals| vitals.iter().any(|vital| vital["code"] == code && vital["value"].is_number()))
}

#[tokio::test]
async fn a_simulated_ward_is_admitted_measured_and_called_at_the_right_bed() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let (mqtt, mllp) = (format!("mqtt://{}", ward.address("mqtt")?), ward.address("mllp")?.to_string());
    let labels = ward.folder().join("labels.jsonl").display().to_string();
    let simulate = ["simulate", "--mqtt", &mqtt, "--mllp", &mllp, "--seed", SEED, "--speed", "600"];
    let simulate = [&simulate[..], &["--beds", "4", "--for", "72m", "--labels", &labels]].concat();
    let simulation = ward.command(&simulate, "");

    let seen = async {
        until("a patient and signs at every bed", PATIENCE, || async {
            let beds = simulated(&api).await?;
            let whole = beds.iter().filter(|bed| {
                bed["binding"]["state"] == "bound"
                    && ["MDC_ECG_HEART_RATE", "MDC_PULS_OXIM_SAT_O2", "MDC_TEMP"]
                        .iter()
                        .all(|code| measures(bed, code))
            });
            anyhow::Ok((whole.count() == BEDS.len()).then_some(()))
        })
        .await?;
        api.alert(CRITICAL_AT, "lab.potassium", PATIENCE, |alert| alert["kind"] == "laboratory").await
    };
    let (simulation, alert) = tokio::join!(simulation, seen);
    simulation?;
    let alert = alert?;

    for (bed, number) in simulated(&api).await?.iter().zip(1..) {
        assert_eq!(bed["binding"]["patient"]["uhid"], format!("DEMO-{number:04}"), "{bed:#}");
    }
    assert_eq!((&alert["patient"]["uhid"], &alert["priority"]), (&"DEMO-0004".into(), &"high".into()));
    assert!(!alert["notes"].to_string().contains("not admitted here"), "{alert:#}");
    let laboratory = api.alerts("state=all").await?.into_iter().filter(|alert| alert["kind"] == "laboratory");
    assert_eq!(laboratory.count(), 1, "one result is critical, and it calls nowhere else");
    let labels = std::fs::read_to_string(labels)?;
    let truth = labels.lines().filter(|label| label.contains("\"critical\":true")).collect::<Vec<_>>();
    assert!(matches!(truth[..], [label] if label.contains("\"bed\":\"04\"")), "{truth:?}");

    for dead in ["/api/v1/messages?state=refused", "/api/v1/deliveries?state=parked"] {
        assert_eq!(api.get(dead).await?.as_array().map(Vec::len), Some(0), "{dead}");
    }
    Ok(())
}
