//! The house watches over itself: whoever is turned away is one alert that says what to do, names nobody and
//! calls IT's phone, and a watch outside is shown without the secret by which it knows us.

use std::time::Duration;

use harness::{Api, Plan, Ward, until};
use reqwest::Method;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// The open alerts of channels whose sentence has this word.
async fn told_of(api: &Api, word: &str) -> anyhow::Result<Vec<Value>> {
    let alerts = api.alerts("").await?;
    let is_told = |alert: &Value| {
        alert["code"] == "technical.channel"
            && alert["title"].as_str().is_some_and(|title| title.contains(word))
    };
    Ok(alerts.into_iter().filter(is_told).collect())
}

/// Waits until IT's phone is owed a message for that alert, and looks that it is one.
async fn calls_it(api: &Api, alert: &Value) -> anyhow::Result<()> {
    let calls = until("a call of IT's phone", PATIENCE, || async {
        let owed = api.get("/api/v1/deliveries").await?;
        let mut calls = owed.as_array().cloned().unwrap_or_default();
        calls.retain(|call| call["alert"] == alert["id"] && call["what"] == "phone" && call["to"] == "IT");
        Ok::<_, anyhow::Error>((!calls.is_empty()).then_some(calls))
    })
    .await?;
    assert_eq!(calls.len(), 1, "{calls:#?}");
    Ok(())
}

/// Waits for the one alert that says `word`, and looks that it names nothing that was tried and calls IT.
async fn is_one_alert(api: &Api, word: &str, secret: &str) -> anyhow::Result<()> {
    let what = format!("an alert that says {word}");
    let alerts = until(&what, PATIENCE, || async {
        let told = told_of(api, word).await?;
        Ok::<_, anyhow::Error>((!told.is_empty()).then_some(told))
    })
    .await?;
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!(alerts[0]["priority"], "medium");
    assert!(alerts[0]["title"].as_str().is_some_and(|title| title.contains("call IT")), "{alerts:#?}");
    assert!(!alerts[0].to_string().contains(secret), "{alerts:#?}");
    calls_it(api, &alerts[0]).await
}

async fn forged(ward: &Ward) -> anyhow::Result<u16> {
    let url = format!("http://{}/webhooks/whatsapp", ward.address("http")?);
    let body = r#"{"object":"whatsapp_business_account","entry":[]}"#;
    let call = harness::http::client().post(url).header("X-Hub-Signature-256", "sha256=00").body(body);
    Ok(call.send().await?.status().as_u16())
}

/// Looks that of all the forged webhooks one is in the log of messages, without a byte of it.
async fn is_one_refused_row(api: &Api) -> anyhow::Result<()> {
    let rows = until("the row of the forged webhook", PATIENCE, || async {
        let rows = api.get("/api/v1/messages?peer=webhook&state=refused").await?;
        Ok::<_, anyhow::Error>((rows != json!([])).then_some(rows))
    })
    .await?;
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows:#}");
    assert_eq!((&rows[0]["type"], &rows[0]["length"]), (&json!("webhook"), &json!(0)), "{rows:#}");
    assert!(rows[0]["reason"].as_str().is_some_and(|why| why.contains("not signed")), "{rows:#}");
    Ok(())
}

#[tokio::test]
async fn whoever_is_turned_away_again_and_again_is_one_alert() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    for _ in 0..4 {
        let guess = json!({ "name": "asha", "pin": "48151623" });
        assert_eq!(api.post("/api/v1/session", &guess).await?.0, 401);
    }
    assert_eq!(told_of(&api, "PIN").await?.len(), 0, "four may be a tired nurse's");
    let guess = json!({ "name": "asha", "pin": "48151623" });
    assert_eq!(api.post("/api/v1/session", &guess).await?.0, 401);
    is_one_alert(&api, "PIN", "48151623").await?;
    assert_eq!(api.post("/api/v1/session", &guess).await?.0, 429);

    for _ in 0..3 {
        let asked = api.request(Method::GET, "/api/v1/beds").bearer_auth("tok-unknown").send().await?;
        assert_eq!(asked.status(), 401);
    }
    is_one_alert(&api, "token", "tok-unknown").await?;

    for _ in 0..3 {
        assert_eq!(forged(&ward).await?, 401);
    }
    is_one_alert(&api, "webhook", "sha256").await?;
    is_one_refused_row(&api).await?;
    Ok(())
}

#[tokio::test]
async fn the_watch_outside_is_shown_without_its_secret() -> anyhow::Result<()> {
    let plan = Plan::default().set("watch.heartbeat_url=http://127.0.0.1:9/ping/s3cret");
    let ward = plan.run().await?;
    let api = ward.api()?;
    let heartbeat = api.endpoint("heartbeat").await?;
    assert_eq!(
        (&heartbeat["direction"], &heartbeat["address"]),
        (&json!("out"), &json!("http://127.0.0.1:9"))
    );
    assert!(!api.get("/api/v1/endpoints").await?.to_string().contains("s3cret"), "{heartbeat:#}");
    Ok(())
}

#[tokio::test]
async fn the_canary_comes_through_and_nobody_hears_of_it() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let canary = until("the first round", PATIENCE, || async {
        let canary = api.endpoint("canary").await?;
        Ok::<_, anyhow::Error>(canary["last_message_at"].is_string().then_some(canary))
    })
    .await?;
    assert_eq!((&canary["state"], &canary["why"]), (&json!("up"), &Value::Null), "{canary:#}");
    assert_eq!(api.alerts("state=all").await?, Vec::<Value>::new());
    assert_eq!(api.get("/api/v1/deliveries").await?, json!([]), "it is owed to nobody but ourselves");
    assert_eq!(api.get("/api/v1/messages").await?, json!([]));
    let beds = api.get("/api/v1/beds").await?;
    assert!(beds.as_array().is_some_and(|beds| beds.len() == 12), "{beds:#}");
    Ok(())
}
