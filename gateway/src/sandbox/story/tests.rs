//! The story from outside: what laboratory, HIS and people say in its first seconds, and how it ends.

use std::time::Duration;

use jiff::civil::date;

use super::*;
use crate::sandbox::nurse::tests::Api;
use crate::sandbox::receiver::Receiver;
use crate::sandbox::rig::{Rig, free_port};

fn stage(mqtt: SocketAddr, mllp: SocketAddr, http: SocketAddr) -> Stage {
    let beds: Vec<String> = (1..=8).map(|bed| format!("{bed:02}")).collect();
    Stage {
        mqtt,
        mllp,
        http,
        ward: "icu-1".to_owned(),
        locations: beds.iter().map(|bed| format!("ICU-1^^{bed}")).collect(),
        beds,
        nurse: ("nurse.demo".to_owned(), "1234".to_owned()),
        doctor: ("dr.demo".to_owned(), "5678".to_owned()),
        seed: 7,
    }
}

/// Lets the others work until `done`.
async fn until(done: impl Fn() -> bool) {
    let turned = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), turned).await.unwrap();
}

#[tokio::test]
async fn admissions_entries_and_the_potassium_come_without_any_device_being_heard() {
    let (unheard, mqtt) = free_port().await;
    drop(unheard);
    let receiver = Receiver::new(|| date(2026, 11, 21).at(8, 0, 0, 0));
    let laboratory = Rig::start({
        let receiver = receiver.clone();
        |listener, shutdown| receiver.run(listener, shutdown)
    })
    .await;
    let (api, desk) = Api::start().await;
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    let clock = Clock::at_speed(<_>::default(), 60);
    running.spawn(run(stage(mqtt, laboratory.at, desk.at), clock, stop.clone()));
    let messages = || receiver.received().into_iter().map(|bytes| String::from_utf8(bytes).unwrap());
    until(|| messages().any(|message| message.contains("||6.8|mmol/L^^UCUM|3.5-5.1|HH|"))).await;
    until(|| api.calls().len() >= 18).await;
    assert_eq!(messages().filter(|message| message.contains("|ADT^A01^ADT_A01|")).count(), 8);
    let entered = |code: &str| api.calls().iter().filter(|(_, body)| body["code"] == code).count();
    assert_eq!([entered("consciousness"), entered("oxygen"), entered("ventilation")], [8, 8, 2]);
    stop.cancel();
    running.join_next().await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_stage_that_does_not_fit_is_refused() {
    let (_listener, at) = free_port().await;
    let good = stage(at, at, at);
    let told = |stage| run(stage, Clock::starting_after(<_>::default()), CancellationToken::new());
    let empty = Stage { beds: vec![], locations: vec![], ..good.clone() };
    assert!(matches!(told(empty).await, Err(StoryError::NoBeds)));
    let uneven = Stage { locations: vec![], ..good };
    assert!(matches!(told(uneven).await, Err(StoryError::Locations { beds: 8, locations: 0 })));
}
