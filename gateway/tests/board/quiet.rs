//! What keeps a bed quiet: who may, for how long, and every way in which it is refused.

use reqwest::{Method, Response, StatusCode};
use rules::Sign;
use serde_json::{Value, json};

use crate::reads::{json as read, problem};
use crate::sheet::{CALM, frame, potassium};
use crate::ward::{BADGE, Running};

const NO_PULSE: [(Sign, i32); 2] = [(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)];

async fn send(method: Method, address: &str, path: &str, body: Option<&Value>) -> Response {
    let request = reqwest::Client::new().request(method, format!("http://{address}/api/v1/{path}"));
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    request.send().await.unwrap()
}

async fn post(ward: &Running, path: &str, body: &Value) -> Response {
    send(Method::POST, &ward.address.to_string(), path, Some(body)).await
}

fn asks(minutes: u32) -> Value {
    json!({"by": "asha", "pin": "2468", "station": "desk", "minutes": minutes, "reason": "washing"})
}

#[tokio::test]
async fn a_pause_has_an_author_an_end_and_is_ended() {
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &NO_PULSE)]).await;
    let paused = post(&ward, "beds/01/audio-pause", &asks(10)).await;
    assert_eq!(paused.status(), StatusCode::OK);
    let bed: Value = paused.json().await.unwrap();
    assert_eq!(bed["audio_pause"]["by"], "asha");
    assert!(bed["audio_pause"]["ends_in_s"].as_u64().unwrap() >= 590);
    let address = ward.address.to_string();
    let ended = send(Method::DELETE, &address, "beds/01/audio-pause", None).await;
    assert_eq!(ended.json::<Value>().await.unwrap()["audio_pause"], Value::Null);
    problem(send(Method::DELETE, &address, "beds/01/audio-pause", None).await, 409).await;
}

#[tokio::test]
async fn a_station_pauses_for_two_minutes_without_a_pin_and_no_longer() {
    let ward = Running::start(1);
    let alone = |minutes: u32| json!({"minutes": minutes, "reason": "washing"});
    let paused: Value = post(&ward, "beds/01/audio-pause", &alone(2)).await.json().await.unwrap();
    assert_eq!(paused["audio_pause"]["by"], "gateway", "the station is the author");
    problem(post(&ward, "beds/01/audio-pause", &alone(3)).await, 422).await;
    let badge_as_reason = json!({"minutes": 2, "reason": BADGE});
    let misplaced = problem(post(&ward, "audio-pause", &badge_as_reason).await, 422).await;
    assert_eq!(misplaced["type"], "urn:wardlight:problem:badge-misplaced", "it is written down nowhere");
    problem(post(&ward, "beds/01/standby", &alone(1)).await, 422).await;
    let away = ward.away.to_string();
    problem(send(Method::POST, &away, "beds/01/audio-pause", Some(&alone(2))).await, 422).await;
    problem(send(Method::DELETE, &away, "beds/01/audio-pause", None).await, 422).await;
}

#[tokio::test]
async fn a_bed_in_standby_says_so_until_somebody_ends_it() {
    let ward = Running::start(1);
    let bed: Value = post(&ward, "beds/01/standby", &asks(240)).await.json().await.unwrap();
    assert_eq!(bed["standby"]["by"], "asha");
    ward.tell(vec![frame("01", 1, &[(Sign::HeartRate, 170)])]).await;
    assert_eq!(read(&ward, "/api/v1/beds/01").await["standby"]["by"], "asha");
    let by = json!({"by": "asha", "pin": "2468"});
    let ended = send(Method::DELETE, &ward.address.to_string(), "beds/01/standby", Some(&by)).await;
    assert_eq!(ended.json::<Value>().await.unwrap()["standby"], Value::Null);
}

#[tokio::test]
async fn who_and_what_is_wrong_is_refused() {
    let ward = Running::start(1);
    for path in ["beds/01/audio-pause", "beds/01/standby"] {
        for minutes in [0, 241] {
            problem(post(&ward, path, &asks(minutes)).await, 422).await;
        }
        let with = |key: &str, value: Value| {
            let mut body = asks(5);
            body[key] = value;
            body
        };
        problem(post(&ward, path, &with("pin", json!("0000"))).await, 401).await;
        problem(post(&ward, path, &with("reason", json!(" "))).await, 422).await;
        problem(post(&ward, path, &with("reason", json!("x".repeat(501)))).await, 422).await;
        let viewer = json!({"by": "vic", "pin": "1111", "minutes": 5, "reason": "quiet"});
        problem(post(&ward, path, &viewer).await, 403).await;
    }
    problem(post(&ward, "beds/01/audio-pause", &asks(31)).await, 422).await;
    problem(post(&ward, "beds/99/standby", &asks(5)).await, 404).await;
    assert_eq!(read(&ward, "/api/v1/beds/01").await["standby"], Value::Null, "none of them counted");
}

#[tokio::test]
async fn what_must_be_read_back_or_kills_in_minutes_is_never_shelved() {
    let ward = Running::start(2);
    ward.tell(vec![frame("01", 1, &NO_PULSE), potassium("02", 2, 68)]).await;
    for alert in read(&ward, "/api/v1/alerts").await.as_array().unwrap() {
        let path = format!("alerts/{}/shelve", alert["id"].as_str().unwrap());
        if ["physiological", "laboratory"].contains(&alert["kind"].as_str().unwrap()) {
            let refused = problem(post(&ward, &path, &asks(10)).await, 422).await;
            assert_eq!(refused["type"], "urn:wardlight:problem:never-shelved");
        }
    }
    problem(post(&ward, "alerts/0000000000000000/shelve", &asks(10)).await, 404).await;
}

#[tokio::test]
async fn a_shelved_alert_says_by_whom_until_when_and_why() {
    let ward = Running::start(1);
    let unread = [(Sign::HeartRate, 70), (Sign::RespRate, 30)];
    ward.tell(vec![frame("01", 1, &CALM), frame("01", 2, &unread)]).await;
    let alerts = read(&ward, "/api/v1/alerts").await;
    let score = alerts.as_array().unwrap().iter().find(|alert| alert["code"] == "news2").unwrap();
    let path = format!("alerts/{}/shelve", score["id"].as_str().unwrap());
    for minutes in [0, 31] {
        problem(post(&ward, &path, &asks(minutes)).await, 422).await;
    }
    let shelved: Value = post(&ward, &path, &asks(10)).await.json().await.unwrap();
    assert_eq!((&shelved["state"], &shelved["shelved"]["by"]), (&"acknowledged".into(), &"asha".into()));
    assert_eq!(shelved["shelved"]["reason"], "washing");
}

#[tokio::test]
async fn a_whole_station_is_paused_and_heard_again() {
    let ward = Running::start(2);
    ward.tell(vec![frame("01", 1, &NO_PULSE), frame("02", 2, &NO_PULSE)]).await;
    assert_eq!(post(&ward, "audio-pause", &asks(2)).await.status(), StatusCode::OK);
    let paused = read(&ward, "/api/v1/beds").await;
    assert!(paused.as_array().unwrap().iter().all(|bed| bed["audio_pause"]["by"] == "asha"));
    problem(post(&ward, "audio-pause", &asks(31)).await, 422).await;
    let ended = send(Method::DELETE, &ward.address.to_string(), "audio-pause", None).await;
    assert_eq!(ended.status(), StatusCode::OK);
    assert_eq!(read(&ward, "/api/v1/beds/01").await["audio_pause"], Value::Null);
    problem(send(Method::DELETE, &ward.address.to_string(), "audio-pause", None).await, 409).await;
}
