//! The self-test of an annunciator at the API: who may, what is asked, and every way in which it is refused.

use gateway::board::accounts::Asked;
use gateway::board::annunciators::{Annunciators, NoTest, Tester};
use gateway::clock::Wall;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::reads::problem;
use crate::sheet::Gateway;
use crate::ward::Running;

/// An annunciator `station` that sounds whenever it is tested, and one that is off.
impl Annunciators for Gateway {
    fn begin_test<'a>(&'a self, id: &'a str, by: &'a Tester) -> Asked<'a, Result<(), NoTest>> {
        assert_eq!(by.station, "desk");
        let begun = match id {
            "station" => Ok(()),
            "off" => Err(NoTest::Conflict("this annunciator is off by configuration".to_owned())),
            _ => Err(NoTest::Unknown),
        };
        Box::pin(async { Ok(begun) })
    }

    fn answer_test<'a>(
        &'a self,
        _id: &'a str,
        heard: bool,
        _by: &'a Tester,
    ) -> Asked<'a, Result<Wall, NoTest>> {
        let none = || NoTest::Conflict("no self-test waits for an answer".to_owned());
        Box::pin(async move { Ok(if heard { Ok(Wall(1_000)) } else { Err(none()) }) })
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
