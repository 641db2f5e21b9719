//! Reading: who may, what it says, and what is not there.

use gateway::board::plumbing::SoundState;
use reqwest::{Response, StatusCode, header};
use rules::{Absence, Sign};
use serde_json::Value;

use crate::sheet::{CALM, admission, frame, frame_of, potassium};
use crate::ward::{Running, TOKEN};

pub(crate) async fn get(ward: &Running, path: &str) -> Response {
    reqwest::get(ward.url(path)).await.unwrap()
}

pub(crate) async fn json(ward: &Running, path: &str) -> Value {
    let response = get(ward, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.json().await.unwrap()
}

/// A problem document of that status; its kind.
pub(crate) async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{problem}");
    problem
}

fn vital<'a>(bed: &'a Value, code: &str) -> &'a Value {
    bed["vitals"].as_array().unwrap().iter().find(|vital| vital["code"] == code).unwrap()
}

#[tokio::test]
async fn a_bed_is_shown_as_the_contract_says() {
    let ward = Running::start(2);
    ward.tell(vec![admission("01", "MRN1", "Asha Rao"), frame("01", 1, &CALM)]).await;
    ward.tell(vec![frame_of(
        "01",
        2,
        &[(Sign::HeartRate, Ok(0)), (Sign::Temperature, Err(Absence::ProbeOff))],
    )])
    .await;
    let bed = json(&ward, "/api/v1/beds/01").await;
    assert_eq!(bed["binding"]["patient"]["uhid"], "MRN1");
    assert_eq!(
        bed["binding"]["name"],
        Value::Null,
        "the privacy setting shows no names unless it is told to"
    );
    let spo2 = vital(&bed, "MDC_PULS_OXIM_SAT_O2");
    assert_eq!(
        (&spo2["loinc"], &spo2["unit"], &spo2["status"]),
        (&"59408-5".into(), &"%".into(), &"ok".into())
    );
    assert_eq!((spo2["value"].as_i64(), spo2["source"].as_str()), (Some(97), Some("monitor")));
    let ecg = vital(&bed, "MDC_ECG_HEART_RATE");
    assert_eq!(
        (&ecg["value"], &ecg["last"], &ecg["status"]),
        (&Value::Null, &0.into(), &"contradicted".into())
    );
    assert_eq!(vital(&bed, "MDC_TEMP")["status"], "probe-off");
    let score = &bed["scores"][0];
    assert_eq!(
        (&score["chart"], &score["version"], &score["total"]),
        (&"NEWS2".into(), &"RCP 2017".into(), &Value::Null)
    );
    assert_eq!(score["missing"], serde_json::json!(["oxygen", "consciousness", "temperature"]));
    assert_eq!((&score["lower"], &score["upper"], &score["mode"]), (&0.into(), &8.into(), &"calls".into()));
    assert_eq!(score["signed"], "shipped default, not signed");
    let beside = |at: usize| (&bed["scores"][at]["chart"], &bed["scores"][at]["mode"]);
    assert_eq!(beside(1), (&"qSOFA".into(), &"shown".into()));
    assert_eq!(beside(2), (&"Shock index".into(), &"shown".into()));
    assert_eq!(beside(3), (&"S/F".into(), &"shown".into()));
    assert_eq!(bed["scores"][1]["missing"], serde_json::json!(["consciousness"]));
    assert_eq!(json(&ward, "/api/v1/beds").await.as_array().unwrap().len(), 2);
    problem(get(&ward, "/api/v1/beds/99").await, 404).await;
}

#[tokio::test]
async fn alerts_are_asked_for_by_state_bed_and_time() {
    let ward = Running::start(12);
    ward.tell(vec![potassium("07", 1, 71)]).await;
    let open = json(&ward, "/api/v1/alerts").await;
    let alert = &open[0];
    assert_eq!(
        (&alert["bed"], &alert["kind"], &alert["code"]),
        (&"07".into(), &"laboratory".into(), &"lab.potassium".into())
    );
    assert_eq!(
        (&alert["priority"], &alert["state"], &alert["read_back"]),
        (&"high".into(), &"active".into(), &true.into())
    );
    assert_eq!(alert["reasons"][0]["value"], "7.1");
    assert_eq!(alert["patient"]["uhid"], "MRN0042");
    assert!(
        alert["escalation"]["next_at"].is_string() && alert["raised_at"].as_str().unwrap().ends_with('Z')
    );
    for (query, found) in
        [("bed=08", 0), ("bed=07&state=active", 1), ("state=acknowledged", 0), ("state=all", 1)]
    {
        let path = format!("/api/v1/alerts?{query}");
        assert_eq!(json(&ward, &path).await.as_array().unwrap().len(), found, "{query}");
    }
    let later = "/api/v1/alerts?since=2199-01-01T00:00:00Z";
    assert_eq!(json(&ward, later).await.as_array().unwrap().len(), 0);
    for query in ["state=loud", "since=yesterday"] {
        problem(get(&ward, &format!("/api/v1/alerts?{query}")).await, 422).await;
    }
    let whole = json(&ward, &format!("/api/v1/alerts/{}", alert["id"].as_str().unwrap())).await;
    assert!(whole["changes"].as_array().unwrap().iter().any(|change| change["what"] == "raised"), "{whole}");
    problem(get(&ward, "/api/v1/alerts/0000000000000000").await, 404).await;
}

#[tokio::test]
async fn the_hub_shows_messages_deliveries_endpoints_and_sound() {
    let ward = Running::start(1);
    let delivery = &json(&ward, "/api/v1/deliveries?state=parked").await[0];
    assert_eq!((&delivery["to"], &delivery["state"]), (&"duty doctor".into(), &"parked".into()));
    assert!(!delivery.to_string().contains("+91"), "no phone number is shown");
    problem(get(&ward, "/api/v1/deliveries?state=lost").await, 422).await;
    assert_eq!(json(&ward, "/api/v1/messages?type=ADT^A01").await, serde_json::json!([]));
    assert_eq!(json(&ward, "/api/v1/messages").await[0]["state"], "refused");
    for wrong in ["state=eaten", "from=yesterday"] {
        problem(get(&ward, &format!("/api/v1/messages?{wrong}")).await, 422).await;
    }
    let raw = json(&ward, "/api/v1/messages/1").await;
    let nameless = raw["raw_hex"].as_str().unwrap();
    assert!(nameless.ends_with("ff") && raw.get("raw").is_none());
    let signed_in = reqwest::Client::new().get(ward.url("/api/v1/messages/1")).bearer_auth(TOKEN);
    let whole: Value = signed_in.send().await.unwrap().json().await.unwrap();
    let whole = whole["raw_hex"].as_str().unwrap();
    assert_eq!(nameless, format!("6e616d656c65737320{whole}"), "names are for whoever is signed in");
    problem(get(&ward, "/api/v1/messages/2").await, 404).await;
    problem(get(&ward, "/api/v1/messages/two").await, 400).await;
    let endpoint = &json(&ward, "/api/v1/endpoints").await[0];
    assert_eq!((&endpoint["direction"], &endpoint["success_rate"]), (&"in".into(), &0.833.into()));
    assert_eq!((&endpoint["processing_p99_ms"], &endpoint["rate_per_min"]), (&9.0.into(), &2.into()));
    assert_eq!(endpoint["silent"], serde_json::json!([]), "nobody who was heard is missed");
    ward.gateway.set_sound(SoundState::Failed);
    let sound = &json(&ward, "/api/v1/annunciators").await[0];
    assert_eq!(
        (&sound["id"], &sound["state"], &sound["playing"]),
        (&"station".into(), &"failed".into(), &Value::Null)
    );
}

#[tokio::test]
async fn health_is_told_to_machines() {
    let ward = Running::start(1);
    assert_eq!(get(&ward, "/healthz").await.text().await.unwrap(), "ok\n");
    assert_eq!(json(&ward, "/readyz").await["ready"], true);
    ward.gateway.faults_mut().push("the store takes nothing: free some disk".to_owned());
    let unready = get(&ward, "/readyz").await;
    assert_eq!(unready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(unready.text().await.unwrap().contains("free some disk"));
    assert!(get(&ward, "/metrics").await.text().await.unwrap().ends_with("# EOF\n"));
    assert_eq!(json(&ward, "/openapi.json").await["openapi"], "3.1.0");
}

#[tokio::test]
async fn the_page_comes_from_the_binary_and_may_load_nothing_else() {
    let ward = Running::start(1);
    let index = get(&ward, "/").await;
    let policy = index.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self'"));
    assert_eq!(index.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(index.headers()[header::REFERRER_POLICY], "no-referrer");
    assert!(index.text().await.unwrap().contains("/page/board.js"));
    let script = get(&ward, "/page/vendor/preact.js").await;
    assert_eq!(script.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    problem(get(&ward, "/page/../Cargo.toml").await, 404).await;
    problem(get(&ward, "/nowhere").await, 404).await;
    let client = reqwest::Client::new();
    problem(client.delete(ward.url("/api/v1/beds")).send().await.unwrap(), 405).await;
}

#[tokio::test]
async fn from_elsewhere_reading_takes_a_session_or_a_token() {
    let ward = Running::start(1);
    let client = reqwest::Client::new();
    let away = ward.away;
    let beds = format!("http://{away}/api/v1/beds");
    let sent = |request: reqwest::RequestBuilder| async { request.send().await.unwrap() };
    let refused = problem(sent(client.get(&beds)).await, 401).await;
    assert_eq!(refused["type"], "urn:wardlight:problem:sign-in-needed");
    problem(sent(client.get(&beds).bearer_auth("guessed")).await, 401).await;
    assert_eq!(sent(client.get(&beds).bearer_auth(TOKEN)).await.status(), StatusCode::OK);

    let session = format!("http://{away}/api/v1/session");
    let sign_in = |pin: &str| client.post(&session).json(&serde_json::json!({"name": "vic", "pin": pin}));
    problem(sent(sign_in("0000")).await, 401).await;
    let signed_in = sent(sign_in("1111")).await;
    let cookie = signed_in.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains("Secure"));
    assert_eq!(signed_in.json::<Value>().await.unwrap()["role"], "viewer");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with_cookie = || client.get(&beds).header(header::COOKIE, &cookie);
    assert_eq!(sent(with_cookie()).await.status(), StatusCode::OK);
    let out = sent(client.delete(&session).header(header::COOKIE, &cookie)).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    problem(sent(with_cookie()).await, 401).await;
}

#[tokio::test]
async fn a_bad_token_is_refused_even_at_a_station() {
    let ward = Running::start(1);
    let request = reqwest::Client::new().get(ward.url("/api/v1/beds")).bearer_auth("guessed");
    let refused = problem(request.send().await.unwrap(), 401).await;
    assert_eq!(refused["type"], "urn:wardlight:problem:token-unknown");
}
