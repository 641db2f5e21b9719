//! A doctor knows that this patient lives with a low saturation, and sets their own limits for an hour. The
//! board shows them, an alert names them, and nobody but a doctor with the right PIN sets or ends them. Their
//! end by time is told where time is virtual, in the ward's own tests.

use std::time::Duration;

use harness::{Api, Mllp, Monitor, Plan, Ward, until};
use reqwest::Method;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(10);
const CODE: &str = "limit.spo2.low";

/// A ward whose saturation limits call at once, with a nurse and a doctor.
async fn ward() -> anyhow::Result<(Ward, Api)> {
    let at_once = "[limits.spo2]\nred_delay_s = 0\nyellow_delay_s = 0\n";
    let ward = Plan::default().set("time_zone=Asia/Kolkata").ward_with(at_once)?.run().await?;
    ward.add_user("asha", "nurse", "2468").await?;
    ward.add_user("rao", "doctor", "135790").await?;
    let api = ward.api()?;
    Ok((ward, api))
}

/// Red below 70 and yellow below 78, for a time, as `by` with `pin`.
async fn sets(api: &Api, by: &str, pin: &str, minutes: u32) -> anyhow::Result<(u16, Value)> {
    let body = json!({
        "parameter": "spo2", "red_low": 70, "yellow_low": 78, "minutes": minutes,
        "reason": "known COPD", "by": by, "pin": pin, "station": "desk 1"
    });
    let answer = api.request(Method::PUT, "/api/v1/beds/05/limits").json(&body).send().await?;
    let status = answer.status().as_u16();
    Ok((status, serde_json::from_str(&answer.text().await?)?))
}

/// The upper critical limit of potassium, as the doctor.
async fn moves_potassium(api: &Api, high: f64) -> anyhow::Result<u16> {
    let body = json!({
        "analyte": "potassium", "critical_high": high, "minutes": 60, "reason": "dialysis",
        "by": "rao", "pin": "135790", "station": "desk 1"
    });
    let answer = api.request(Method::PUT, "/api/v1/beds/05/limits").json(&body).send().await?;
    Ok(answer.status().as_u16())
}

/// A potassium without a flag of the laboratory, for the patient of bed 05.
fn potassium(id: &str, value: &str) -> String {
    format!(
        "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|{id}|P|2.5.1\r\
         PID|1||MRN0500^^^HOSP^MR\rPV1|1|I|ICU-1^^05\rOBR|1||ACC-{id}^LIS|X\r\
         OBX|1|NM|2823-3^Potassium^LN||{value}|mmol/L|3.5-5.1||||F\r"
    )
}

const ADMISSION: &[u8] = b"MSH|^~\\&|HIS|HOSP|GW|ICU|20260912100000+0530||ADT^A01^ADT_A01|A500|P|2.5.1\r\
EVN|A01|20260912100000+0530\rPID|1||MRN0500^^^HOSP^MR||Test^Patient\rPV1|1|I|ICU-1^^05\r";

/// Waits until so many own limits are shown at the bed, and gives them.
async fn shown(api: &Api, many: usize) -> anyhow::Result<Vec<Value>> {
    until("the patient's own limits", PATIENCE, || async {
        let bed = api.get("/api/v1/beds/05").await?;
        let own = bed["own_limits"].as_array().cloned().unwrap_or_default();
        Ok::<_, anyhow::Error>((own.len() == many).then_some(own))
    })
    .await
}

fn sentence(alert: &Value) -> &str {
    alert["reasons"][0]["sentence"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_doctors_limits_for_one_patient_are_shown_named_and_ended() -> anyhow::Result<()> {
    let (ward, api) = ward().await?;
    let mut monitor = Monitor::connect(&ward, "05")?;
    let (status, said) = sets(&api, "rao", "135790", 60).await?;
    assert_eq!((status, &said["parameter"]), (200, &json!("spo2")), "{said:#}");
    let own = shown(&api, 1).await?;
    let [parameter, red, by] = ["parameter", "red_low", "by"].map(|key| own[0][key].clone());
    assert_eq!((parameter, red, by), (json!("spo2"), json!(70), json!("rao")), "{own:#?}");
    assert!(own[0]["until"].is_string() && own[0]["red_high"].is_null(), "{own:#?}");

    // Below the ward's yellow limit, and inside theirs. The next frame is judged after it.
    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 85.0, "%")]).await?;
    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 76.0, "%")]).await?;
    let low = api.alert("05", CODE, PATIENCE, |_| true).await?;
    let said = "SpO₂ 76 % is below 78 %, this patient's own yellow limit, set by rao until ";
    assert!(sentence(&low).starts_with(said), "{low:#}");
    let reason = &low["reasons"][0];
    assert_eq!((&reason["value"], &reason["source"]), (&json!("76"), &json!("monitor")), "{low:#}");
    assert!(reason["taken_at"].is_string() && reason["message"].is_string(), "{low:#}");
    assert!(
        reason["chart"].as_str().unwrap().starts_with("this patient's own limits, set by rao"),
        "{low:#}"
    );

    let (status, said) = sets(&api, "rao", "135790", 0).await?;
    assert_eq!(status, 200, "{said:#}");
    shown(&api, 0).await?;
    let red = api.alert("05", CODE, PATIENCE, |alert| alert["priority"] == "high").await?;
    let said = "SpO₂ 76 % is below 80 %, the ward's red limit";
    assert!(sentence(&red).starts_with(said), "the ward's hold again: {red:#}");
    Ok(())
}

#[tokio::test]
async fn a_critical_value_is_moved_for_one_patient_and_never_taken_away() -> anyhow::Result<()> {
    let (ward, api) = ward().await?;
    assert_eq!(moves_potassium(&api, 7.0).await?, 422, "nobody is settled there");
    let mut line = Mllp::connect(&ward).await?;
    line.exchange(ADMISSION).await?;
    until("the admission", PATIENCE, || async {
        let bed = api.get("/api/v1/beds/05").await?;
        Ok::<_, anyhow::Error>((bed["binding"]["state"] == "bound").then_some(()))
    })
    .await?;
    assert_eq!(moves_potassium(&api, 20.0).await?, 422, "as good as none");
    assert_eq!(moves_potassium(&api, 7.0).await?, 200);
    line.exchange(potassium("K1", "6.8").as_bytes()).await?;
    line.exchange(potassium("K2", "7.2").as_bytes()).await?;
    let high = api.alert("05", "lab.potassium", PATIENCE, |_| true).await?;
    let said = "Potassium 7.2 mmol/L is above 7 mmol/L, this patient's own limit, set by rao until ";
    assert!(sentence(&high).starts_with(said), "{high:#}");
    let own = api.get("/api/v1/beds/05").await?["own_critical"][0].clone();
    let [analyte, low, high] = ["analyte", "critical_low", "critical_high"].map(|key| own[key].clone());
    assert_eq!((analyte, low, high.as_f64()), (json!("potassium"), Value::Null, Some(7.0)), "{own:#}");
    Ok(())
}

#[tokio::test]
async fn nobody_else_moves_a_limit() -> anyhow::Result<()> {
    let (_ward, api) = ward().await?;
    assert_eq!(sets(&api, "asha", "2468", 60).await?.0, 403, "a nurse");
    assert_eq!(sets(&api, "rao", "097531", 60).await?.0, 401, "a wrong PIN");
    assert_eq!(sets(&api, "rao", "135790", 1441).await?.0, 422, "longer than a day");
    shown(&api, 0).await?;
    let (status, _) = sets(&api, "rao", "135790", 60).await?;
    assert_eq!(status, 200);
    assert_eq!(sets(&api, "asha", "2468", 0).await?.0, 403, "nor ends one");
    shown(&api, 1).await?;
    Ok(())
}
