//! The event stream: what it says first, what it says at once, and when it falls silent.

use std::time::Duration;

use reqwest::Response;
use rules::Sign;
use serde_json::Value;

use crate::reads::problem;
use crate::sheet::{CALM, frame, potassium};
use crate::ward::Running;
use gateway::board::plumbing::SoundState;

/// One screen.
struct Screen {
    response: Response,
    rest: String,
}

impl Screen {
    async fn open(ward: &Running) -> Self {
        let response = reqwest::get(ward.url("/api/v1/events")).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, rest: String::new() }
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines.find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
                };
                let told = (field("event:"), serde_json::from_str(&field("data:")).unwrap());
                self.rest = rest.into();
                return Some(told);
            }
            let more = self.response.chunk().await.ok()??;
            self.rest.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    /// Waits until the receipt of that alert says that a board has shown it.
    async fn until_shown(&mut self, id: &Value) {
        loop {
            let told = self.until("alerts").await;
            let alert = told["alerts"].as_array().unwrap().iter().find(|alert| alert["id"] == *id);
            let Some(receipts) = alert.and_then(|alert| alert["receipts"].as_array()) else { continue };
            let shown: Vec<_> = receipts.iter().filter(|receipt| receipt["stage"] == "shown").collect();
            if let [receipt] = shown.as_slice() {
                assert_eq!((&receipt["channel"], &receipt["to"]), (&"board".into(), &"station".into()));
                return;
            }
        }
    }

    /// The next event of that kind.
    async fn until(&mut self, kind: &str) -> Value {
        let found = async {
            loop {
                let (told, body) = self.next().await.unwrap();
                if told == kind {
                    return body;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(5), found).await.unwrap()
    }
}

#[tokio::test]
async fn the_first_event_is_the_whole_ward_and_then_it_beats() {
    let ward = Running::start(2);
    ward.tell(vec![potassium("01", 1, 68)]).await;
    let mut screen = Screen::open(&ward).await;
    let (kind, snapshot) = screen.next().await.unwrap();
    assert_eq!(kind, "snapshot");
    assert_eq!((&snapshot["ward"], &snapshot["seq"]), (&"icu-1".into(), &1.into()));
    assert_eq!(snapshot["beds"].as_array().unwrap().len(), 2);
    assert_eq!(snapshot["alerts"][0]["kind"], "laboratory");
    assert_eq!(snapshot["signal"]["priority"], "high");
    assert_eq!(snapshot["strips"][0], "DEMO — not for patient care");
    assert_eq!(snapshot["annunciators"][0]["state"], "ok");
    let (first, second) = (screen.until("beat").await, screen.until("beat").await);
    assert!(second["seq"].as_u64() > first["seq"].as_u64());
}

#[tokio::test]
async fn events_are_numbered_without_a_gap_and_say_only_what_changed() {
    let ward = Running::start(2);
    let mut screen = Screen::open(&ward).await;
    let mut seq = screen.until("snapshot").await["seq"].as_u64().unwrap();
    ward.tell(vec![frame("02", 1, &CALM)]).await;
    loop {
        let (kind, body) = screen.next().await.unwrap();
        seq += 1;
        assert_eq!(body["seq"], seq);
        if kind == "beds" {
            let beds = body["beds"].as_array().unwrap();
            assert_eq!((beds.len(), &beds[0]["bed"]), (1, &"02".into()));
            return;
        }
    }
}

#[tokio::test]
async fn a_changed_alert_is_told_at_once_with_the_order_of_all() {
    let ward = Running::start(2);
    ward.tell(vec![potassium("01", 1, 68)]).await;
    let mut screen = Screen::open(&ward).await;
    let first = screen.until("snapshot").await["alerts"][0]["id"].clone();
    // That this screen has shown it comes back as a receipt.
    screen.until_shown(&first).await;
    ward.tell(vec![frame("02", 2, &[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)])]).await;
    let told = screen.until("alerts").await;
    let changed: Vec<_> = told["alerts"].as_array().unwrap().iter().map(|alert| &alert["bed"]).collect();
    assert!(!changed.is_empty() && changed.iter().all(|bed| *bed == "02"), "only what changed: {changed:?}");
    assert!(told["order"].as_array().unwrap().contains(&first), "the order of all");
    assert_eq!(screen.until("beds").await["beds"][0]["priority"], "high");
}

#[tokio::test]
async fn values_are_told_at_most_four_times_a_second() {
    let ward = Running::start(1);
    let mut screen = Screen::open(&ward).await;
    let began = screen.until("beat").await;
    let mut told = 0;
    for seq in 0.. {
        ward.tell(vec![frame("01", seq, &[(Sign::HeartRate, 70 + i32::try_from(seq % 9).unwrap())])]).await;
        let next = tokio::time::timeout(Duration::from_millis(5), screen.next()).await;
        match next {
            Ok(Some((kind, _))) if kind == "beds" => told += 1,
            Ok(Some((kind, body))) if kind == "beat" && body["at"] != began["at"] => break,
            _ => {}
        }
    }
    assert!((1..=6).contains(&told), "{told} times in a second");
}

#[tokio::test]
async fn a_screen_that_falls_behind_is_told_the_latest_alone() {
    let ward = Running::start(1);
    let mut screen = Screen::open(&ward).await;
    screen.until("beat").await;
    for seq in 0..2_000 {
        ward.tell(vec![frame("01", seq, &[(Sign::HeartRate, 60)])]).await;
    }
    ward.tell(vec![frame("01", 2_000, &[(Sign::HeartRate, 99)])]).await;
    let mut told = 0;
    loop {
        let beds = screen.until("beds").await;
        told += 1;
        if beds["beds"][0]["vitals"][0]["value"] == 99 {
            break;
        }
    }
    assert!(told < 200, "what lay between was skipped: {told}");
}

#[tokio::test]
async fn no_beat_goes_out_for_a_ward_that_nobody_judges() {
    let ward = Running::start(1);
    let mut screen = Screen::open(&ward).await;
    screen.until("beat").await;
    let frozen = ward.freeze_ward();
    let mut beats = 0;
    while let Ok(told) = tokio::time::timeout(Duration::from_secs(3), screen.next()).await {
        assert_eq!(told.unwrap().0, "beat");
        beats += 1;
    }
    assert!(beats <= 4, "{beats} beats for a ward that stands still");
    drop(frozen);
    screen.until("beat").await;
}

#[tokio::test]
async fn sound_that_fails_is_told() {
    let ward = Running::start(1);
    let mut screen = Screen::open(&ward).await;
    screen.until("snapshot").await;
    ward.gateway.set_sound(SoundState::Failed);
    let told = screen.until("annunciators").await;
    assert_eq!(told["annunciators"][0]["state"], "failed");
    assert!(told["annunciators"][0]["why"].as_str().unwrap().contains("plug it in"));
}

#[tokio::test]
async fn screens_are_bounded() {
    let ward = Running::start(1);
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(Screen::open(&ward).await);
    }
    problem(reqwest::get(ward.url("/api/v1/events")).await.unwrap(), 503).await;
    open.pop();
    // The place is free as soon as the server has seen the screen go.
    let next = async {
        while reqwest::get(ward.url("/api/v1/events")).await.unwrap().status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), next).await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_the_streams() {
    let ward = Running::start(1);
    let mut screen = Screen::open(&ward).await;
    screen.until("snapshot").await;
    ward.stop.cancel();
    let ended = async { while screen.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(3), ended).await.unwrap();
}
