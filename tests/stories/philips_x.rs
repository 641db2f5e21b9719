//! A Philips gateway marks every value of its periodic message with OBX-11 `X`. The values are there all the
//! same, and count; the cuff's, six hours and a half older than the message, is shown grey with its age and
//! scores nothing.

use std::time::Duration;

use harness::shared::shared;
use harness::{Api, Mllp, Plan, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(10);
const SPO2: &str = "59408-5";

/// The shape of the message that IHE gives as an example, in our own words.
const OWN: &str = concat!(
    "MSH|^~\\&|PIIC|HOSP|||20260912182658+0000||ORU^R01^ORU_R01|P0001|P|2.6|||AL|NE||8859/1|||",
    "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO\r",
    "PID|||MRN0099^^^^MR||TEST^PATIENT\rPV1||I|HO Surgery^OR^1\r",
    "OBR|1||1|69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|||20260912182656\r",
    "OBX|1|ST|69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X\r",
    "OBX|2|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.1.1.5|117|266016^MDC_DIM_MMHG^MDC",
    "|||||X|||20260912115000\r",
    "OBX|3|NM|147842^MDC_ECG_CARD_BEAT_RATE^MDC|1.2.1.1|80|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||X\r",
    "OBX|4|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.1|99|262688^MDC_DIM_PERCENT^MDC|||||X\r",
);

async fn vital(api: &Api, bed: &str, fits: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let bed = api.get(&format!("/api/v1/beds/{bed}")).await?;
    let vitals = bed["vitals"].as_array().cloned().unwrap_or_default();
    Ok(vitals.into_iter().find(|vital| fits(vital)).unwrap_or_default())
}

async fn told(message: &[u8]) -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let answer = Mllp::connect(&ward).await?.exchange(message).await?;
    assert!(answer.contains("MSA|AA") || answer.contains("MSA|CA"), "{answer}");

    until("SpO2 99", PATIENCE, || async {
        let spo2 = vital(&api, "12", |vital| vital["loinc"] == SPO2).await?;
        Ok::<_, anyhow::Error>((spo2["value"] == json!(99)).then_some(()))
    })
    .await?;
    let rate = vital(&api, "12", |vital| vital["code"] == "MDC_ECG_HEART_RATE").await?;
    assert_eq!(rate["value"], json!(80), "{rate:#}");
    let systolic = vital(&api, "12", |vital| vital["code"] == "MDC_PRESS_BLD_NONINV_SYS").await?;
    assert_eq!((&systolic["value"], &systolic["last"]), (&Value::Null, &json!(117)), "{systolic:#}");
    assert_eq!(systolic["status"], "stale");
    let age_h = systolic["age_s"].as_f64().unwrap_or_default() / 3_600.0;
    assert!((6.0..7.5).contains(&age_h), "6.5 h older than the message: {systolic:#}");

    let score = &api.get("/api/v1/beds/12").await?["scores"][0];
    let missing = score["missing"].as_array().cloned().unwrap_or_default();
    assert!(score["total"].is_null() && missing.contains(&json!("systolic")), "{score:#}");
    assert!(!missing.contains(&json!("pulse")) && !missing.contains(&json!("spo2")), "{score:#}");
    Ok(())
}

#[tokio::test]
async fn values_marked_x_count_and_an_old_cuff_is_grey() -> anyhow::Result<()> {
    told(OWN.as_bytes()).await
}

#[tokio::test]
async fn the_example_of_ihe_is_read_so() -> anyhow::Result<()> {
    match shared("hl7/ihe/pcd01_philips_piic_periodic.hl7")? {
        Some(file) => told(&std::fs::read(file)?).await,
        None => Ok(()),
    }
}
