//! What cannot be right arrives at every port: it is refused or shown as the contract says, kept as it came,
//! counted; and the gateway goes on.

use std::time::Duration;

use harness::{Api, Mllp, Monitor, Plan, Ward, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// What the gateway may hold at most while it is thrown at; a megabyte is a million bytes.
const MEMORY_MOST: u64 = 200_000_000;

/// The largest HL7 message of the contract.
const HL7_MOST: usize = 16 * 1024 * 1024;

const HEAD: &[u8] = b"MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|BIG1|P|2.5.1\rNTE|1||";

/// How many messages an endpoint has refused.
async fn refused(api: &Api, endpoint: &str) -> anyhow::Result<u64> {
    Ok(api.endpoint(endpoint).await?["refused"].as_u64().unwrap_or_default())
}

/// The raw bytes of every refused message, as text.
async fn kept(api: &Api, endpoint: &str) -> anyhow::Result<Vec<String>> {
    let log = api.get("/api/v1/messages?state=refused").await?;
    let mut kept = Vec::new();
    for row in log.as_array().into_iter().flatten().filter(|row| row["endpoint"] == endpoint) {
        assert!(row["reason"].as_str().is_some_and(|why| !why.is_empty()), "{row:#}");
        let message = api.get(&format!("/api/v1/messages/{}", row["id"])).await?;
        kept.push(message["raw"].as_str().unwrap_or_default().to_owned());
    }
    Ok(kept)
}

/// Waits for the value of a sign at a bed.
async fn shows(api: &Api, bed: &str, code: &str, value: u8) -> anyhow::Result<()> {
    until(&format!("{code} {value} at bed {bed}"), PATIENCE, || async {
        let shown = api.get(&format!("/api/v1/beds/{bed}")).await?;
        let vital = shown["vitals"].as_array().into_iter().flatten().find(|vital| vital["code"] == code);
        Ok::<_, anyhow::Error>(vital.filter(|vital| vital["value"] == value).map(|_| ()))
    })
    .await
}

/// It lives, it is no larger than it may be, and a good frame is shown.
async fn goes_on(ward: &Ward, api: &Api) -> anyhow::Result<()> {
    assert_eq!(api.status("/healthz").await?, 200);
    let peak = ward.peak_resident_bytes()?;
    assert!(peak < MEMORY_MOST, "{peak} bytes were resident");
    let mut monitor = Monitor::connect(ward, "11")?;
    monitor.say(&[("MDC_ECG_HEART_RATE", 77.0, "/min")]).await?;
    shows(api, "11", "MDC_ECG_HEART_RATE", 77).await
}

#[tokio::test]
async fn at_the_mllp_port() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    for garbage in [&b"GET / HTTP/1.1"[..], b"PID|1||MRN1\rOBX|1|NM|2823-3^K^LN||7.1|mmol/L\r", b"\xFF\xFE\0"]
    {
        let answer = Mllp::connect(&ward).await?.exchange(garbage).await?;
        assert!(answer.contains("MSA|AR"), "{answer}");
    }
    let enhanced = String::from_utf8_lossy(HEAD).replace("|2.5.1", "|2.5.1|||AL|NE");
    for (head, length, code) in [(HEAD, 17 * 1024 * 1024, "AR"), (enhanced.as_bytes(), 100_000_000, "CR")] {
        let mut line = Mllp::connect(&ward).await?;
        line.flood(head, length).await;
        let answer = line.answer().await?;
        assert!(answer.contains(&format!("MSA|{code}|BIG1")), "{length} bytes: {answer}");
        assert!(line.is_closed().await, "{length} bytes: the connection closes");
    }
    until("five refusals", PATIENCE, || async {
        Ok::<_, anyhow::Error>((refused(&api, "mllp").await? == 5).then_some(()))
    })
    .await?;
    let kept = kept(&api, "mllp").await?;
    assert!(kept.iter().any(|raw| raw == "GET / HTTP/1.1"), "kept as it came");
    assert!(
        kept.iter().any(|raw| raw.starts_with("MSH|^~\\&|LIS|")),
        "the head of what was too large is kept"
    );
    goes_on(&ward, &api).await
}

#[tokio::test]
async fn at_the_http_port() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let post = |kind: &'static str, body: Vec<u8>| {
        api.request(Method::POST, "/hl7").header("content-type", kind).body(body).send()
    };
    let message = [HEAD, b"x\r"].concat();
    assert_eq!(post("text/plain", message.clone()).await?.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let answer = post("application/hl7-v2", b"no message at all".to_vec()).await?;
    assert_eq!(answer.status(), StatusCode::OK, "the refusal of a message is no fault of the transport");
    let answer = answer.text().await?;
    assert!(answer.contains("MSA|AR"), "{answer}");
    let large = post("application/hl7-v2", vec![b'x'; HL7_MOST + 1]).await?;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);

    assert_eq!(refused(&api, "http").await?, 3);
    assert!(kept(&api, "http").await?.contains(&"no message at all".to_owned()));
    goes_on(&ward, &api).await
}

#[tokio::test]
async fn at_the_device_port() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let mut monitor = Monitor::connect(&ward, "10")?;
    let mine = "wardlight/v1/icu-1/10/monitor/readings";
    let nested = format!(r#"{{"readings":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (topic, payload) in [
        (mine, nested.as_str()),
        (mine, r#"{"readings":[NaN]}"#),
        (mine, "not json"),
        ("somebody/else/entirely", r#"{"readings":[]}"#),
        ("wardlight/v1/another-ward/10/monitor/readings", r#"{"readings":[]}"#),
    ] {
        // In 3.1.1 a refusal has no words: the acknowledgement is plain, and the connection stays.
        monitor.publish(topic, payload.as_bytes().to_vec()).await?;
    }
    assert_eq!(refused(&api, "mqtt").await?, 5);
    let kept = kept(&api, "mqtt").await?;
    assert!(kept.contains(&nested) && kept.contains(&"not json".to_owned()), "kept as they came");
    goes_on(&ward, &api).await
}

#[tokio::test]
async fn one_bad_reading_leaves_the_good_ones() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let mut monitor = Monitor::connect(&ward, "10")?;
    for (bad, why) in [
        (r#"{"code":"59408-5","value":"NaN","unit":"%"}"#, "not-a-number"),
        (r#"{"code":"59408-5","value":1e999,"unit":"%"}"#, "not-a-number"),
        (r#"{"code":"59408-5","value":97}"#, "unit-missing"),
        (r#"{"code":"59408-5","value":97,"unit":"parsec"}"#, "unit-unknown"),
        (r#"{"code":"59408-5","value":970,"unit":"%"}"#, "implausible"),
    ] {
        let good = r#"{"code":"MDC_ECG_HEART_RATE","value":81,"unit":"/min"}"#;
        monitor.say_raw(&format!("[{bad},{good}]")).await?;
        shows(&api, "10", "MDC_ECG_HEART_RATE", 81).await?;
        until(&format!("{why} to be said of {bad}"), PATIENCE, || async {
            let bed = api.get("/api/v1/beds/10").await?;
            let vitals = bed["vitals"].as_array().cloned().unwrap_or_default();
            let spo2 = vitals.into_iter().find(|vital| vital["loinc"] == "59408-5").unwrap_or_default();
            Ok::<_, anyhow::Error>((spo2["status"] == why && spo2["value"].is_null()).then_some(()))
        })
        .await?;
        let alerts = api.alerts("bed=10").await?;
        let technical = alerts.iter().any(|alert| alert["kind"] == "technical");
        let clinical = alerts.iter().any(|alert| alert["kind"] != "technical");
        assert!(technical && !clinical, "{bad}: {alerts:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_frame_for_a_bed_that_is_not_here_is_shown() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let mut monitor = Monitor::connect(&ward, "99")?;
    monitor.say(&[("MDC_ECG_HEART_RATE", 81.0, "/min")]).await?;
    let alert = until("the unknown bed", PATIENCE, || async {
        let alerts = api.alerts("").await?;
        let found = alerts.into_iter().find(|alert| alert["code"] == "technical.unknown-bed");
        Ok::<_, anyhow::Error>(found)
    })
    .await?;
    assert_eq!((&alert["bed"], &alert["kind"]), (&Value::Null, &json!("technical")), "{alert:#}");
    assert!(alert["title"].as_str().is_some_and(|title| title.contains("99")), "{alert:#}");
    goes_on(&ward, &api).await
}

#[tokio::test]
async fn a_packet_that_is_too_large_ends_its_connection_alone() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let mut beside = Monitor::connect(&ward, "09")?;
    beside.say(&[("MDC_ECG_HEART_RATE", 70.0, "/min")]).await?;
    let mut monitor = Monitor::connect(&ward, "10")?;
    let large = vec![b'x'; 300 * 1024];
    let told = monitor.publish("wardlight/v1/icu-1/10/monitor/readings", large).await;
    assert!(told.is_err(), "a packet over 256 KiB is not acknowledged");
    until("the packet to be counted", PATIENCE, || async {
        Ok::<_, anyhow::Error>((refused(&api, "mqtt").await? == 1).then_some(()))
    })
    .await?;
    beside.say(&[("MDC_ECG_HEART_RATE", 71.0, "/min")]).await?;
    shows(&api, "09", "MDC_ECG_HEART_RATE", 71).await?;
    goes_on(&ward, &api).await
}
