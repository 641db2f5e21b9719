//! The self-test of an annunciator at the API: who may, what is asked, and every way in which it is refused.

use gateway::board::accounts::Asked;
use gateway::board::annunciators::{Annunciators, Beat, NoTest, NotTaken, Tester, Wanted};
use gateway::clock::Wall;
use gateway::view::Signal;
use reqwest::StatusCode;
use rules::Priority;
use serde_json::{Value, json};

use crate::reads::problem;
use crate::sheet::Gateway;
use crate::ward::{Running, STATION_TOKEN, TOKEN};

/// An annunciator `station` that sounds whenever it is tested, and one that is off.
impl Annunciators for Gateway {
    fn begin_test<'a>(&'a self, id: &'a str, by: &'a Tester) -> Asked<'a, Result<(), NoTest>> {
        assert_eq!(by.station, "desk");
        self.tested.lock().unwrap().push(format!("{id} begun by {}", by.name));
        let begun = match id {
            "station" => Ok(()),
            "off" => Err(NoTest::Conflict("this annunciator is off by configuration".to_owned())),
            _ => Err(NoTest::Unknown),
        };
        Box::pin(async { Ok(begun) })
    }

    fn answer_test<'a>(
        &'a self,
        id: &'a str,
        heard: bool,
        by: &'a Tester,
    ) -> Asked<'a, Result<Wall, NoTest>> {
        self.tested.lock().unwrap().push(format!("{id} heard {heard} by {}", by.name));
        let none = || NoTest::Conflict("no self-test waits for an answer".to_owned());
        Box::pin(async move { Ok(if heard { Ok(Wall(1_000)) } else { Err(none()) }) })
    }

    fn heard<'a>(&'a self, id: &'a str, beat: Beat) -> Asked<'a, Result<(), NotTaken>> {
        let taken = if id == "desk-2" { Ok(()) } else { Err(NotTaken("there is no room")) };
        assert_eq!(beat, Beat::default(), "what says nothing sounds and is silent");
        Box::pin(async { Ok(taken) })
    }

    fn wanted(&self, _id: &str) -> Wanted {
        let signal = Signal { alert: "00ff".to_owned(), priority: Priority::High };
        Wanted { signal: Some(signal), percent: 60 }
    }
}

async fn post(ward: &Running, id: &str, body: &Value) -> reqwest::Response {
    let url = ward.url(&format!("/api/v1/annunciators/{id}/test"));
    reqwest::Client::new().post(url).json(body).send().await.unwrap()
}

fn by(name: &str, pin: &str, heard: Option<bool>) -> Value {
    json!({"by": name, "pin": pin, "station": "desk", "heard": heard})
}

#[tokio::test]
async fn a_test_is_sounded_and_then_answered() {
    let ward = Running::start(1);
    for (name, pin) in [("asha", "2468"), ("dr.rao", "8642"), ("bo", "3333"), ("ada", "4444")] {
        let sounds = post(&ward, "station", &by(name, pin, None)).await;
        assert_eq!(sounds.status(), StatusCode::OK);
        let asks: Value = sounds.json().await.unwrap();
        assert!(asks["asks"].as_str().unwrap().contains("did you hear"));
        let answered = post(&ward, "station", &by(name, pin, Some(true))).await;
        assert_eq!(answered.status(), StatusCode::OK);
        let answered: Value = answered.json().await.unwrap();
        assert_eq!((&answered["heard"], &answered["by"]), (&true.into(), &name.into()));
        assert_eq!(answered["at"], "1970-01-01T00:00:01Z");
    }
}

#[tokio::test]
async fn who_may_not_and_what_cannot_be_tested_is_refused() {
    let ward = Running::start(1);
    let asha = by("asha", "2468", None);
    problem(post(&ward, "station", &by("vic", "1111", None)).await, 403).await;
    problem(post(&ward, "station", &by("asha", "0000", None)).await, 401).await;
    problem(post(&ward, "station", &json!({"by": "asha"})).await, 422).await;
    problem(post(&ward, "elsewhere", &asha).await, 404).await;
    let off = problem(post(&ward, "off", &asha).await, 409).await;
    assert!(off["detail"].as_str().unwrap().contains("off by configuration"));
    problem(post(&ward, "station", &by("asha", "2468", Some(false))).await, 409).await;
}

/// A heartbeat with the token of a program that may do more than look, or with none, from this machine.
async fn beat(ward: &Running, id: &str, token: Option<&str>, body: &Value) -> reqwest::Response {
    beat_at(&ward.url(&format!("/api/v1/annunciators/{id}/heartbeat")), token, body).await
}

async fn beat_at(url: &str, token: Option<&str>, body: &Value) -> reqwest::Response {
    let request = reqwest::Client::new().post(url).json(body);
    let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_heartbeat_is_answered_with_what_must_sound_there() {
    let ward = Running::start(1);
    let first = beat(&ward, "desk-2", Some(STATION_TOKEN), &json!({})).await;
    assert_eq!(first.status(), StatusCode::OK);
    let first: Value = first.json().await.unwrap();
    assert_eq!(first["signal"], json!({"alert": "00ff", "priority": "high"}));
    assert_eq!((&first["volume_percent"], &first["id"]), (&60.into(), &"desk-2".into()));
    assert!(first["turns"].is_u64());
    // The same again is held back, and then said.
    let again = beat(&ward, "desk-2", Some(STATION_TOKEN), &json!({"mark": first["mark"]})).await;
    let again: Value = again.json().await.unwrap();
    assert_eq!(again["mark"], first["mark"]);
    assert!(again["turns"].as_u64() > first["turns"].as_u64(), "a ward that is judged turns each second");
}

#[tokio::test]
async fn a_heartbeat_needs_a_token_that_may_do_more_than_look_or_a_station() {
    let ward = Running::start(1);
    let from_elsewhere = format!("http://{}/api/v1/annunciators/desk-2/heartbeat", ward.away);
    problem(beat_at(&from_elsewhere, None, &json!({})).await, 401).await;
    let known = beat_at(&from_elsewhere, Some(STATION_TOKEN), &json!({})).await;
    assert_eq!(known.status(), StatusCode::OK);
    assert_eq!(beat(&ward, "desk-2", None, &json!({})).await.status(), StatusCode::OK);
    problem(beat(&ward, "desk-2", Some("unknown"), &json!({})).await, 401).await;
    problem(beat(&ward, "desk-2", Some(TOKEN), &json!({})).await, 403).await;
    problem(beat(&ward, "desk-9", Some(STATION_TOKEN), &json!({})).await, 409).await;
    for wrong in [json!({"state": "fine"}), json!({"device": "x".repeat(501)})] {
        problem(beat(&ward, "desk-2", Some(STATION_TOKEN), &wrong).await, 422).await;
    }
}
