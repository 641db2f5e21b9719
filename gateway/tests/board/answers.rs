//! Answers and entries: who may, what counts, and every way in which they are refused.

use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

use crate::reads::{json as read, problem};
use crate::sheet::{CALM, admission, culture, frame, potassium};
use crate::ward::Running;
use gateway::event::Outcome;
use rules::Sign;

/// No pulse by any source: an immediate alert at once.
const NO_PULSE: [(Sign, i32); 2] = [(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)];

async fn post(ward: &Running, path: &str, body: &Value) -> Response {
    reqwest::Client::new().post(ward.url(&format!("/api/v1/{path}"))).json(body).send().await.unwrap()
}

fn by(name: &str, pin: &str) -> Value {
    json!({"by": name, "pin": pin, "station": "desk"})
}

fn reading_back(name: &str, pin: &str, value: &str) -> Value {
    json!({"by": name, "pin": pin, "station": "desk", "read_back": value})
}

/// The name of the one open alert of that kind.
async fn alert_of(ward: &Running, kind: &str) -> String {
    let alerts = read(ward, "/api/v1/alerts").await;
    let found = alerts.as_array().unwrap().iter().find(|alert| alert["kind"] == kind);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_acknowledgement_counts_once_and_says_who_was_first() {
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &NO_PULSE)]).await;
    let path = format!("alerts/{}/acknowledge", alert_of(&ward, "physiological").await);
    let counted = post(&ward, &path, &by("asha", "2468")).await;
    assert_eq!(counted.status(), StatusCode::OK);
    let alert: Value = counted.json().await.unwrap();
    assert_eq!((&alert["state"], &alert["acknowledged"]["by"]), (&"acknowledged".into(), &"asha".into()));
    assert_eq!(alert["acknowledged"]["station"], "desk");
    let second = problem(post(&ward, &path, &by("ben", "1357")).await, 409).await;
    assert_eq!(second["by"], "asha");
    assert!(second["at"].is_string() && second["detail"].as_str().unwrap().contains("asha"));
}

#[tokio::test]
async fn who_may_not_answer_is_told_why() {
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &NO_PULSE)]).await;
    let path = format!("alerts/{}/acknowledge", alert_of(&ward, "physiological").await);
    problem(post(&ward, &path, &by("asha", "0000")).await, 401).await;
    problem(post(&ward, &path, &by("nobody", "2468")).await, 401).await;
    problem(post(&ward, &path, &by("vic", "1111")).await, 403).await;
    problem(post(&ward, &path, &by("bo", "3333")).await, 403).await;
    let unknown = "alerts/0000000000000000/acknowledge";
    problem(post(&ward, unknown, &by("asha", "2468")).await, 404).await;
    problem(post(&ward, "alerts/x/acknowledge", &by("asha", "2468")).await, 404).await;
    assert_eq!(read(&ward, "/api/v1/alerts").await[0]["state"], "active", "none of them counted");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_on_the_wire() {
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &NO_PULSE)]).await;
    let path = format!("alerts/{}/acknowledge", alert_of(&ward, "physiological").await);
    let no_pin = problem(post(&ward, &path, &json!({"by": "asha"})).await, 422).await;
    assert_eq!(no_pin["type"], "urn:wardlight:problem:pin-missing");
    let typo = json!({"by": "asha", "pin": "2468", "readback": "6.8"});
    problem(post(&ward, &path, &typo).await, 422).await;
    let long = json!({"by": "asha", "pin": "2468", "note": "x".repeat(501)});
    problem(post(&ward, &path, &long).await, 422).await;
    let huge = json!({"by": "asha", "pin": "2468", "note": "x".repeat(70_000)});
    problem(post(&ward, &path, &huge).await, 413).await;
    let client = reqwest::Client::new();
    let raw = |kind: &'static str| {
        client.post(ward.url(&format!("/api/v1/{path}"))).header(header::CONTENT_TYPE, kind).body("{\"by\"")
    };
    problem(raw("application/json").send().await.unwrap(), 400).await;
    problem(raw("text/plain").send().await.unwrap(), 415).await;
}

#[tokio::test]
async fn five_wrong_pins_make_the_name_wait() {
    let ward = Running::start(1);
    let path = "alerts/0000000000000000/acknowledge";
    for _ in 0..5 {
        problem(post(&ward, path, &by("asha", "9999")).await, 401).await;
    }
    let paused = post(&ward, path, &by("asha", "2468")).await;
    let wait_s: u64 = paused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((25..=30).contains(&wait_s));
    assert_eq!(problem(paused, 429).await["retry_after_s"], wait_s);
    problem(post(&ward, path, &by("ben", "1357")).await, 404).await;
    let signing_in = json!({"name": "asha", "pin": "2468"});
    problem(post(&ward, "session", &signing_in).await, 429).await;
}

#[tokio::test]
async fn a_laboratory_critical_is_read_back() {
    let ward = Running::start(1);
    ward.tell(vec![potassium("01", 1, 68)]).await;
    let path = format!("alerts/{}/acknowledge", alert_of(&ward, "laboratory").await);
    let missing = problem(post(&ward, &path, &by("asha", "2468")).await, 422).await;
    assert_eq!(missing["type"], "urn:wardlight:problem:read-back-missing");
    for wrong in ["8.6", ">6.8"] {
        let refused = problem(post(&ward, &path, &reading_back("asha", "2468", wrong)).await, 422).await;
        assert_eq!(refused["type"], "urn:wardlight:problem:read-back-wrong", "{wrong}");
    }
    assert_eq!(read(&ward, "/api/v1/alerts").await[0]["state"], "active", "the alert goes on");
    let kept: Vec<String> = ward.store.kept().changes.iter().map(|change| change.reason.clone()).collect();
    assert!(kept.iter().any(|reason| reason.contains("8.6")), "the wrong one is recorded: {kept:?}");
    let right = post(&ward, &path, &reading_back("asha", "2468", "6,80")).await;
    assert_eq!(right.status(), StatusCode::OK);
    problem(post(&ward, &path, &reading_back("asha", "2468", "6.8")).await, 409).await;
}

#[tokio::test]
async fn a_coded_result_is_chosen_from_three_or_typed() {
    let ward = Running::start(1);
    ward.tell(vec![culture("01", 1, "Escherichia coli")]).await;
    let alert = read(&ward, "/api/v1/alerts").await[0].clone();
    let offered: Vec<&str> =
        alert["read_back_choices"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert!(offered.len() == 3 && offered.contains(&"Escherichia coli"), "{offered:?}");
    let path = format!("alerts/{}/acknowledge", alert_of(&ward, "laboratory").await);
    for wrong in offered.iter().filter(|text| **text != "Escherichia coli") {
        problem(post(&ward, &path, &reading_back("asha", "2468", wrong)).await, 422).await;
    }
    let right = post(&ward, &path, &reading_back("asha", "2468", "escherichia  COLI")).await;
    assert_eq!(right.status(), StatusCode::OK, "as typed");
    ward.tell(vec![potassium("01", 2, 68)]).await;
    let alerts = read(&ward, "/api/v1/alerts").await;
    let number = alerts.as_array().unwrap().iter().find(|alert| alert["code"] == "lab.potassium");
    assert_eq!(number.unwrap()["read_back_choices"], Value::Null, "a number is typed");
}

#[tokio::test]
async fn a_critical_result_says_whose_part_is_missing() {
    for (verb, body, missing) in [
        ("acknowledge", reading_back("asha", "2468", "6.8"), "doctor"),
        ("acknowledge", reading_back("dr.rao", "8642", "6.8"), "nurse"),
        ("accept", by("dr.rao", "8642"), "nurse"),
    ] {
        let ward = Running::start(1);
        ward.tell(vec![potassium("01", 1, 68)]).await;
        let alert = read(&ward, "/api/v1/alerts").await[0].clone();
        assert_eq!(alert["waits_for"], json!(["nurse", "doctor"]));
        let path = format!("alerts/{}/{verb}", alert["id"].as_str().unwrap());
        assert_eq!(post(&ward, &path, &body).await.status(), StatusCode::OK);
        assert_eq!(read(&ward, "/api/v1/alerts").await[0]["waits_for"], json!([missing]), "{verb}");
    }
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &NO_PULSE)]).await;
    assert_eq!(read(&ward, "/api/v1/alerts").await[0]["waits_for"], json!([]), "it takes whoever is first");
}

#[tokio::test]
async fn responsibility_is_a_doctors() {
    let ward = Running::start(1);
    ward.tell(vec![potassium("01", 1, 68)]).await;
    let id = alert_of(&ward, "laboratory").await;
    let accept = format!("alerts/{id}/accept");
    problem(post(&ward, &accept, &by("asha", "2468")).await, 403).await;
    problem(post(&ward, &format!("alerts/{id}/reject"), &by("asha", "2468")).await, 403).await;
    let rejected = post(&ward, &format!("alerts/{id}/reject"), &by("dr.rao", "8642")).await;
    assert_eq!(rejected.status(), StatusCode::OK);
    let accepted: Value = post(&ward, &accept, &by("dr.rao", "8642")).await.json().await.unwrap();
    assert_eq!(accepted["accepted"]["by"], "dr.rao");
    let again = problem(post(&ward, &accept, &by("dr.rao", "8642")).await, 409).await;
    assert_eq!((&again["by"], again["at"].is_string()), (&json!("dr.rao"), true), "{again:#}");
    let read_back = format!("alerts/{id}/acknowledge");
    assert_eq!(post(&ward, &read_back, &reading_back("asha", "2468", "6.8")).await.status(), StatusCode::OK);
    let over = problem(post(&ward, &read_back, &reading_back("asha", "2468", "6.8")).await, 409).await;
    assert_eq!((&over["by"], over["at"].is_string()), (&json!("asha"), true), "it is over: {over:#}");
    let over = problem(post(&ward, &accept, &by("dr.rao", "8642")).await, 409).await;
    assert_eq!(over["by"], "dr.rao", "to a doctor whose part it was: {over:#}");
}

#[tokio::test]
async fn all_of_a_bed_leaves_the_laboratory_and_the_other_beds_alone() {
    let ward = Running::start(2);
    ward.tell(vec![frame("01", 1, &NO_PULSE), potassium("01", 2, 68), frame("02", 3, &NO_PULSE)]).await;
    let path = "beds/01/acknowledge";
    problem(post(&ward, path, &by("vic", "1111")).await, 403).await;
    problem(post(&ward, "beds/99/acknowledge", &by("asha", "2468")).await, 404).await;
    let counted: Value = post(&ward, path, &by("asha", "2468")).await.json().await.unwrap();
    assert_eq!(counted["acknowledged"].as_array().unwrap().len(), 2, "no pulse, and the score of it");
    let left = read(&ward, "/api/v1/alerts?state=active").await;
    let left: Vec<_> = left.as_array().unwrap().iter().map(|alert| (&alert["bed"], &alert["kind"])).collect();
    assert!(left.contains(&(&"01".into(), &"laboratory".into())));
    assert!(left.contains(&(&"02".into(), &"physiological".into())));
    let again = problem(post(&ward, path, &by("asha", "2468")).await, 409).await;
    assert_eq!((&again["by"], again["at"].is_string()), (&json!("asha"), true), "{again:#}");
}

#[tokio::test]
async fn a_forged_answer_for_a_whole_bed_is_kept_and_one_that_proves_nobody_is_not() {
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &NO_PULSE)]).await;
    let path = "beds/01/acknowledge";
    problem(post(&ward, path, &json!({})).await, 422).await;
    problem(post(&ward, path, &by("asha", "9999")).await, 401).await;
    problem(post(&ward, path, &by("vic", "1111")).await, 403).await;
    let kept = ward.store.kept();
    let said: Vec<String> =
        kept.messages.iter().map(|raw| String::from_utf8_lossy(&raw.bytes).into_owned()).collect();
    assert!(kept.messages.iter().all(|raw| raw.outcome == Outcome::Refused && raw.kind == "acknowledge"));
    assert!(matches!(&said[..], [pin, role] if pin.contains("asha") && role.contains("vic")), "{said:?}");
    assert!(said.iter().all(|said| said.contains("bed 01") && !said.contains("9999")), "{said:?}");
}

#[tokio::test]
async fn what_a_nurse_enters_completes_the_score() {
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &CALM)]).await;
    let path = "beds/01/observations";
    let entering = |code: &str, value: Value, name: &str, pin: &str| {
        let (unit, by) = ("", name);
        json!({"code": code, "value": value, "unit": unit, "by": by, "pin": pin})
    };
    for (code, value) in [("consciousness", "A"), ("oxygen", "air")] {
        let stored = post(&ward, path, &entering(code, value.into(), "asha", "2468")).await;
        assert_eq!(stored.status(), StatusCode::OK);
    }
    // The view of values is published at most ten times a second: ask until it is there.
    while read(&ward, "/api/v1/beds/01").await["scores"][0]["total"] != 0 {
        tokio::task::yield_now().await;
    }
    problem(post(&ward, path, &entering("consciousness", "X".into(), "asha", "2468")).await, 422).await;
    problem(post(&ward, path, &entering("mood", "A".into(), "asha", "2468")).await, 422).await;
    let with_unit = json!({"code": "oxygen", "value": "air", "unit": "L/min", "by": "asha", "pin": "2468"});
    problem(post(&ward, path, &with_unit).await, 422).await;
    problem(post(&ward, path, &entering("spo2_scale", 2.into(), "asha", "2468")).await, 403).await;
    let scale = post(&ward, path, &entering("spo2_scale", 2.into(), "dr.rao", "8642")).await;
    assert_eq!(scale.status(), StatusCode::OK);
    problem(post(&ward, path, &entering("oxygen", "air".into(), "vic", "1111")).await, 403).await;
    problem(
        post(&ward, "beds/99/observations", &entering("oxygen", "air".into(), "asha", "2468")).await,
        404,
    )
    .await;
}

#[tokio::test]
async fn what_is_not_stored_is_not_done() {
    let ward = Running::start(1);
    ward.tell(vec![frame("01", 1, &NO_PULSE)]).await;
    let path = format!("alerts/{}/acknowledge", alert_of(&ward, "physiological").await);
    ward.refuse_to_store();
    let refused = post(&ward, &path, &by("asha", "2468")).await;
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    assert!(problem(refused, 503).await["detail"].as_str().unwrap().contains("disk"));
}

#[tokio::test]
async fn a_message_is_let_in_again_only_by_those_who_may_and_say_why() {
    let ward = Running::start(1);
    let replay = |body: Value| async {
        let body = body;
        post(&ward, "messages/1/replay", &body).await
    };
    let rehearsed: Value = replay(json!({})).await.json().await.unwrap();
    assert_eq!((&rehearsed["live"], &rehearsed["not_needed"]), (&false.into(), &"no result in it".into()));
    let live =
        |name: &str, pin: &str, reason: &str| json!({"live": true, "by": name, "pin": pin, "reason": reason});
    problem(replay(json!({"live": true})).await, 422).await;
    problem(replay(live("bo", "3334", "lost by the HIS")).await, 401).await;
    problem(replay(live("dr.rao", "8642", "lost by the HIS")).await, 403).await;
    problem(replay(live("bo", "3333", " ")).await, 422).await;
    assert!(ward.gateway.let_in.lock().unwrap().is_empty());
    for (name, pin) in [("bo", "3333"), ("ada", "4444")] {
        assert_eq!(replay(live(name, pin, "lost by the HIS")).await.status(), StatusCode::OK);
    }
    let let_in = ward.gateway.let_in.lock().unwrap().clone();
    assert_eq!(let_in, ["1 by bo: lost by the HIS", "1 by ada: lost by the HIS"]);
    problem(post(&ward, "messages/2/replay", &json!({})).await, 404).await;
}

fn entry((by, pin): (&str, &str), code: &str, value: &str) -> Value {
    json!({"by": by, "pin": pin, "code": code, "value": value})
}

const MATERNAL: &str = "Maternal Early Warning Criteria";

#[tokio::test]
async fn in_pregnancy_her_own_criteria_are_shown_and_no_news2() {
    let ward = Running::start(1);
    ward.tell(vec![admission("01", "MRN1", "Asha Rao"), frame("01", 1, &CALM)]).await;
    let path = "beds/01/observations";
    let (nurse, doctor) = (("asha", "2468"), ("dr.rao", "8642"));
    problem(post(&ward, path, &entry(nurse, "pregnancy", "yes")).await, 403).await;
    problem(post(&ward, path, &entry(nurse, "urine", "34")).await, 422).await;
    let urine = json!({"code": "urine", "value": 34, "unit": "mL/h", "by": "asha", "pin": "2468"});
    for entry in [entry(doctor, "pregnancy", "yes"), urine, entry(nurse, "mind", "clear")] {
        assert_eq!(post(&ward, path, &entry).await.status(), StatusCode::OK, "{entry}");
    }
    let score = || async { read(&ward, "/api/v1/beds/01").await["scores"][0].clone() };
    while score().await["parts"][6]["stands"] != "not met" {
        tokio::task::yield_now().await;
    }
    let score = score().await;
    assert_eq!((&score["chart"], &score["version"]), (&MATERNAL.into(), &"Mhyre 2014".into()));
    assert_eq!((&score["mode"], &score["signed"]), (&"shown".into(), &"shipped default, not signed".into()));
    assert_eq!((&score["lower"], &score["upper"], &score["risk"]), (&1.into(), &3.into(), &Value::Null));
    assert_eq!((&score["total"], &score["finding"]), (&Value::Null, &"evaluate at the bedside".into()));
    assert_eq!(score["missing"], json!(["spo2", "pre_eclampsia"]));
    let (met, unknown) = (&score["parts"][5], &score["parts"][7]);
    assert_eq!(*met, json!({"part": "urine", "points": 1, "most": 1, "why": null, "stands": "met"}));
    assert_eq!((&unknown["why"], &unknown["stands"]), (&"never heard".into(), &"not known".into()));
    assert_eq!(score["because"], "pregnant or after childbirth: NEWS2 is not for her");
    let entered = post(&ward, path, &entry(doctor, "pregnancy", "no")).await;
    assert_eq!(entered.status(), StatusCode::OK);
    while read(&ward, "/api/v1/beds/01").await["scores"][0]["mode"] != "calls" {
        tokio::task::yield_now().await;
    }
    problem(post(&ward, path, &entry(doctor, "baseline", "21")).await, 422).await;
}

#[tokio::test]
async fn a_delivery_goes_again_or_ends_by_those_who_run_the_gateway_and_with_a_reason() {
    let ward = Running::start(1);
    let wish = |name: &str, pin: &str, reason: &str| {
        let mut wish = by(name, pin);
        wish["reason"] = json!(reason);
        wish
    };
    problem(post(&ward, "deliveries/1/retry", &wish("asha", "2468", "please")).await, 403).await;
    problem(post(&ward, "deliveries/1/retry", &wish("bo", "0000", "please")).await, 401).await;
    problem(post(&ward, "deliveries/1/retry", &wish("bo", "3333", " ")).await, 422).await;
    problem(post(&ward, "deliveries/9/retry", &wish("bo", "3333", "please")).await, 404).await;
    let done = post(&ward, "deliveries/1/retry", &wish("bo", "3333", "template approved")).await;
    assert_eq!(done.status(), StatusCode::OK);
    assert_eq!(done.json::<Value>().await.unwrap()["id"], 1);
    assert_eq!(post(&ward, "deliveries/1/cancel", &wish("ada", "4444", "sent by hand")).await.status(), 200);
    let told = ward.gateway.mended.lock().unwrap().clone();
    assert_eq!(told.last().map(String::as_str), Some("1 End by ada: sent by hand"));
    assert!(told.contains(&"1 Again by bo: template approved".to_owned()), "{told:?}");
}
