//! The monitor at a bed names another patient than the HIS. The chart waits, the alarm calls by bed, and a
//! person who looks at the patient says who it is.

use std::time::Duration;

use harness::{Api, Mllp, Plan, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// A monitor's frame by HL7 that says whom it measures.
fn frame(patient: &str, number: u32, rate: u32) -> String {
    format!(
        "MSH|^~\\&|MONITOR|ICU|GW|ICU|||ORU^R01^ORU_R01|F{number}|P|2.6|||AL|NE\r\
         PID|||{patient}^^^HOSP^MR\rPV1||I|ICU^BED-07^1\rOBR|1|||182777000^monitoring of patient^SCT\r\
         OBX|1|NM|147842^MDC_ECG_CARD_BEAT_RATE^MDC|1.1.1.1|{rate}|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R\r"
    )
}

async fn binding(api: &Api, state: &str) -> anyhow::Result<Value> {
    until(state, PATIENCE, || async {
        let bed = api.get("/api/v1/beds/07").await?;
        Ok::<_, anyhow::Error>((bed["binding"]["state"] == state).then(|| bed["binding"].clone()))
    })
    .await
}

#[tokio::test]
async fn a_monitor_that_contradicts_the_his_asks_a_person() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    for (name, role, pin) in [("asha", "nurse", "2468"), ("desk", "viewer", "1111")] {
        ward.add_user(name, role, pin).await?;
    }
    ward.send_hl7("adt_a01_icu.hl7").await?;
    let mut monitor = Mllp::connect(&ward).await?;
    monitor.exchange(frame("MRN0042", 1, 80).as_bytes()).await?;
    assert_eq!(binding(&api, "bound").await?["candidates"], json!([]));

    monitor.exchange(frame("MRN0077", 2, 81).as_bytes()).await?;
    monitor.exchange(frame("MRN0077", 3, 0).as_bytes()).await?;
    let doubt = binding(&api, "in-doubt").await?;
    assert_eq!(doubt["candidates"], json!([{"uhid": "MRN0042"}, {"uhid": "MRN0077"}]));
    api.alert("07", "technical.binding-in-doubt", PATIENCE, |_| true).await?;
    let alarm = api.alert("07", "no-pulse", PATIENCE, |alert| alert["state"] == "active").await?;
    assert!(alarm["patient"].is_null() && alarm["charting_held"] == true, "{alarm:#}");

    let settle = "/api/v1/beds/07/bindings/settle";
    let says =
        |by: &str, pin: &str, uhid: &str| json!({"by": by, "pin": pin, "uhid": uhid, "station": "desk 1"});
    assert_eq!(api.post(settle, &says("asha", "8642", "MRN0042")).await?.0, 401);
    assert_eq!(api.post(settle, &says("desk", "1111", "MRN0042")).await?.0, 403);
    assert_eq!(api.post(settle, &says("asha", "2468", "MRN9")).await?.0, 422);
    assert_eq!(api.post("/api/v1/beds/99/bindings/settle", &says("asha", "2468", "MRN0042")).await?.0, 404);
    let (status, said) = api.post(settle, &says("asha", "2468", "MRN0042")).await?;
    assert_eq!((status, &said["binding"]["state"]), (200, &json!("bound")), "{said:#}");
    assert_eq!(api.post(settle, &says("asha", "2468", "MRN0042")).await?.0, 409);

    monitor.exchange(frame("MRN0077", 4, 82).as_bytes()).await?;
    let bed = binding(&api, "bound").await?;
    assert_eq!(bed["patient"]["uhid"], "MRN0042", "what a person has said stands");
    let all = api.alerts("bed=07&state=all").await?;
    let doubts: Vec<_> = all.iter().filter(|alert| alert["code"] == "technical.binding-in-doubt").collect();
    assert_eq!(doubts.len(), 1, "one doubt, one alert");
    let told = api.get(&format!("/api/v1/alerts/{}", doubts[0]["id"].as_str().unwrap_or_default())).await?;
    assert!(
        told["changes"].as_array().unwrap().iter().any(|change| {
            change["what"] == "resolved" && change["actor"] == "asha" && change["station"] == "desk 1"
        }),
        "{told:#}"
    );
    Ok(())
}
