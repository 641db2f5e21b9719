//! A badge in the place of a PIN: at every call that takes one, and every way in which it is refused.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::reads::{json as read, problem};
use crate::sheet::{CALM, frame, potassium};
use crate::ward::{BADGE, Running};

async fn send(ward: &Running, method: Method, path: &str, body: &Value) -> Response {
    let url = ward.url(&format!("/api/v1/{path}"));
    reqwest::Client::new().request(method, url).json(body).send().await.unwrap()
}

async fn post(ward: &Running, path: &str, body: &Value) -> Response {
    send(ward, Method::POST, path, body).await
}

/// A critical potassium at bed 01, and where it is acknowledged.
async fn critical() -> (Running, String) {
    let ward = Running::start(1);
    ward.tell(vec![potassium("01", 1, 68)]).await;
    let id = read(&ward, "/api/v1/alerts").await[0]["id"].as_str().unwrap().to_owned();
    (ward, format!("alerts/{id}/acknowledge"))
}

#[tokio::test]
async fn a_badge_alone_says_who_answers() {
    let (ward, path) = critical().await;
    let wrong = json!({"badge": BADGE, "station": "desk", "read_back": "8.6"});
    assert_eq!(problem(post(&ward, &path, &wrong).await, 422).await["title"], "read back wrong");
    let right = json!({"badge": BADGE, "station": "desk", "read_back": "6.8"});
    let alert: Value = post(&ward, &path, &right).await.json().await.unwrap();
    assert_eq!((&alert["state"], &alert["acknowledged"]["by"]), (&"acknowledged".into(), &"asha".into()));
    assert!(!format!("{:?}", ward.store.kept().changes).contains(BADGE), "and is written down nowhere");
}

#[tokio::test]
async fn a_badge_proves_only_its_holder() {
    let (ward, path) = critical().await;
    let with = |body: Value| {
        let mut body = body;
        body["read_back"] = json!("6.8");
        body
    };
    for unknown in [
        json!({"badge": "04A2:19F3-ben"}),
        json!({"badge": ""}),
        json!({"badge": BADGE, "by": "ben"}),
        json!({"badge": "2468", "by": "asha"}),
    ] {
        let refused = problem(post(&ward, &path, &with(unknown)).await, 401).await;
        assert_eq!(refused["type"], "urn:wardlight:problem:badge-unknown");
    }
    let both = json!({"by": "asha", "pin": "2468", "badge": BADGE});
    let either = problem(post(&ward, &path, &with(both)).await, 422).await;
    assert!(either["detail"].as_str().unwrap().contains("either"));
    problem(post(&ward, &path, &with(json!({"pin": "2468"}))).await, 422).await;
    assert_eq!(read(&ward, "/api/v1/alerts").await[0]["state"], "active", "none of them counted");
    let named = post(&ward, &path, &with(json!({"badge": BADGE, "by": "asha"}))).await;
    assert_eq!(named.status(), StatusCode::OK);
}

#[tokio::test]
async fn it_opens_whatever_a_pin_opens() {
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &CALM)]).await;
    for (method, path, body) in [
        (Method::POST, "session", json!({})),
        (Method::POST, "beds/01/observations", json!({"code": "oxygen", "value": "air"})),
        (Method::POST, "beds/01/audio-pause", json!({"minutes": 10, "reason": "washing"})),
        (Method::DELETE, "beds/01/audio-pause", json!({})),
        (Method::POST, "beds/01/standby", json!({"minutes": 60, "reason": "theatre"})),
        (Method::POST, "annunciators/station/test", json!({"station": "desk"})),
    ] {
        let mut body = body;
        body["badge"] = json!(BADGE);
        assert_eq!(send(&ward, method, path, &body).await.status(), StatusCode::OK, "{path}");
    }
    assert_eq!(read(&ward, "/api/v1/beds/01").await["standby"]["by"], "asha");
    // What a nurse may not, her badge may not.
    let limits =
        json!({"parameter": "spo2", "red_low": 80, "minutes": 60, "reason": "known", "badge": BADGE});
    problem(send(&ward, Method::PUT, "beds/01/limits", &limits).await, 403).await;
    for path in ["beds/01/bindings/settle", "deliveries/1/retry", "messages/1/replay"] {
        let body = match path {
            "messages/1/replay" => json!({"live": true, "reason": "lost", "badge": BADGE}),
            "deliveries/1/retry" => json!({"reason": "mended", "badge": BADGE}),
            _ => json!({"uhid": "MRN1", "badge": BADGE}),
        };
        let refused = post(&ward, path, &body).await.status();
        assert!(
            [403, 409, 422].contains(&refused.as_u16()),
            "she is known and told why not: {path} {refused}"
        );
    }
}

#[tokio::test]
async fn five_unknown_badges_make_badges_wait_and_leave_pins_alone() {
    let (ward, path) = critical().await;
    for no in 0..5 {
        problem(post(&ward, &path, &json!({"badge": format!("unknown-{no}")})).await, 401).await;
    }
    let paused = post(&ward, &path, &json!({"badge": BADGE, "read_back": "6.8"})).await;
    assert!(paused.headers().contains_key(header::RETRY_AFTER));
    let paused = problem(paused, 429).await;
    assert_eq!(paused["type"], "urn:wardlight:problem:badge-paused");
    assert!(paused["detail"].as_str().unwrap().contains("name and PIN"));
    problem(post(&ward, "session", &json!({"badge": BADGE})).await, 429).await;
    let by_pin = json!({"by": "asha", "pin": "2468", "read_back": "6.8"});
    assert_eq!(post(&ward, &path, &by_pin).await.status(), StatusCode::OK);
}
