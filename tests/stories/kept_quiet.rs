//! A patient goes to the scanner: a nurse puts the bed in standby, and what dangles from the monitor calls
//! nobody. The gateway is killed and started again, and the bed is still in standby; a critical potassium
//! ends it at once. How long anything is kept quiet is told where time is virtual, in the rules' own tests.

use std::time::Duration;

use harness::{Api, Mllp, Monitor, Plan, Ward, until};
use reqwest::Method;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(10);

const ADMISSION: &[u8] = b"MSH|^~\\&|HIS|HOSP|GW|ICU|20260912100000+0530||ADT^A01^ADT_A01|A300|P|2.5.1\r\
EVN|A01|20260912100000+0530\rPID|1||MRN0300^^^HOSP^MR||Test^Patient\rPV1|1|I|ICU-1^^03\r";

const POTASSIUM: &[u8] = b"MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|P300|P|2.5.1\r\
PID|1||MRN0300^^^HOSP^MR\rPV1|1|I|ICU-1^^03\rOBR|1||ACC-300^LIS|X\r\
OBX|1|NM|2823-3^Potassium^LN||6.8|mmol/L|3.5-5.1|HH|||F\r";

async fn ward() -> anyhow::Result<(Ward, Api)> {
    let at_once = "[limits.pulse_rate]\nred_delay_s = 0\nyellow_delay_s = 0\n";
    let ward = Plan::default().set("time_zone=Asia/Kolkata").ward_with(at_once)?.run().await?;
    ward.add_user("asha", "nurse", "2468").await?;
    let api = ward.api()?;
    Ok((ward, api))
}

fn asks(minutes: u32) -> Value {
    json!({"by": "asha", "pin": "2468", "station": "desk 1", "minutes": minutes, "reason": "scanner"})
}

async fn bed(api: &Api) -> anyhow::Result<Value> {
    api.get("/api/v1/beds/03").await
}

/// Sends what only probes in the air send, and waits until it has been judged.
async fn dangles(monitor: &mut Monitor, api: &Api) -> anyhow::Result<()> {
    let unread = r#"{"code":"MDC_PULS_OXIM_SAT_O2","value":null,"status":"unavailable"}"#;
    let fast = r#"{"code":"MDC_ECG_HEART_RATE","value":170,"unit":"/min"}"#;
    monitor.say_raw(&format!("[{unread},{fast}]")).await?;
    api.alert("03", "limit.pulse_rate.high", PATIENCE, |_| true).await.map(|_| ())
}

#[tokio::test]
async fn a_standby_survives_a_crash_and_ends_with_a_critical_result() -> anyhow::Result<()> {
    let (mut ward, api) = ward().await?;
    let mut his = Mllp::connect(&ward).await?;
    assert!(his.exchange(ADMISSION).await?.contains("MSA|AA"));
    let (status, said) = api.post("/api/v1/beds/03/standby", &asks(60)).await?;
    assert_eq!((status, &said["standby"]["by"]), (200, &json!("asha")), "{said:#}");
    let mut monitor = Monitor::connect(&ward, "03")?;
    dangles(&mut monitor, &api).await?;
    let alerts = api.alerts("bed=03").await?;
    assert!(alerts.iter().all(|alert| alert["kind"] != "technical"), "{alerts:#?}");
    let fast = alerts.iter().find(|alert| alert["code"] == "limit.pulse_rate.high").unwrap();
    assert_eq!(fast["escalation"]["next_at"], Value::Null, "shown, and calls nobody: {fast:#}");

    ward.kill9().await?;
    ward.restart().await?;
    let api = ward.api()?;
    assert_eq!(bed(&api).await?["standby"]["by"], "asha");
    let mut laboratory = Mllp::connect(&ward).await?;
    assert!(laboratory.exchange(POTASSIUM).await?.contains("MSA|AA"));
    api.alert("03", "lab.potassium", PATIENCE, |alert| alert["escalation"]["next_at"].is_string()).await?;
    until("the standby to end", PATIENCE, || async {
        Ok::<_, anyhow::Error>(bed(&api).await?["standby"].is_null().then_some(()))
    })
    .await?;
    let fast = |alert: &Value| alert["escalation"]["next_at"].is_string();
    api.alert("03", "limit.pulse_rate.high", PATIENCE, fast).await.map(|_| ())
}

#[tokio::test]
async fn a_pause_a_shelf_and_their_ends_are_seen_and_refused_where_they_may_not_be() -> anyhow::Result<()> {
    let (ward, api) = ward().await?;
    let mut monitor = Monitor::connect(&ward, "03")?;
    monitor.say(&[("MDC_ECG_HEART_RATE", 170.0, "/min")]).await?;
    let fast = api.alert("03", "limit.pulse_rate.high", PATIENCE, |_| true).await?;
    let (status, said) = api.post("/api/v1/beds/03/audio-pause", &asks(5)).await?;
    assert_eq!((status, &said["audio_pause"]["by"]), (200, &json!("asha")), "{said:#}");
    let still = api.alert("03", "limit.pulse_rate.high", PATIENCE, |_| true).await?;
    assert_eq!(still["escalation"], fast["escalation"], "people are called as before");
    let ended = api.request(Method::DELETE, "/api/v1/beds/03/audio-pause").send().await?;
    assert_eq!(ended.status().as_u16(), 200, "the station itself may end it");
    let again = api.request(Method::DELETE, "/api/v1/beds/03/audio-pause").send().await?;
    assert_eq!(again.status().as_u16(), 409);

    let path = format!("/api/v1/alerts/{}/shelve", fast["id"].as_str().unwrap());
    let (status, shelved) = api.post(&path, &asks(15)).await?;
    assert_eq!((status, &shelved["shelved"]["reason"]), (200, &json!("scanner")), "{shelved:#}");
    monitor.say(&[("MDC_ECG_HEART_RATE", 0.0, "/min")]).await?;
    let stopped = api.alert("03", "no-pulse", PATIENCE, |_| true).await?;
    let path = format!("/api/v1/alerts/{}/shelve", stopped["id"].as_str().unwrap());
    assert_eq!(api.post(&path, &asks(15)).await?.0, 422, "never what kills in minutes");
    Ok(())
}

#[tokio::test]
async fn a_station_of_the_file_is_the_author_of_a_short_pause_that_needs_no_pin() -> anyhow::Result<()> {
    let station = "\n[[http.station]]\nlabel = \"desk 1\"\naddress = \"127.0.0.1\"\n";
    let ward = Plan::default().gateway_with(station).run().await?;
    let api = ward.api()?;
    let path = "/api/v1/beds/03/audio-pause";
    let pause = |minutes: u32| json!({"minutes": minutes, "reason": "suction"});
    assert_eq!(api.post(path, &pause(3)).await?.0, 422, "a longer one needs a person");
    let (status, said) = api.post(path, &pause(2)).await?;
    assert_eq!((status, &said["audio_pause"]["by"]), (200, &json!("desk 1")), "{said:#}");
    let audit = api.get("/api/v1/audit").await?;
    let by_the_station = |row: &Value| row["actor"] == "desk 1" && row["station"] == "desk 1";
    assert!(audit.as_array().into_iter().flatten().any(by_the_station), "{audit:#}");
    Ok(())
}
