//! What a screen on the wall lives on: the stream begins with everything, proves each second that the gateway
//! lives, and tells of an alert within a second.

use std::time::Duration;

use anyhow::Context;
use harness::{Monitor, Plan};
use reqwest::{Method, Response};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(10);

/// The stream as it is read: what has come and is not yet an event.
struct Stream {
    answer: Response,
    text: String,
}

impl Stream {
    async fn next(&mut self) -> anyhow::Result<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let part = |head: &str| event.lines().find_map(|line| line.strip_prefix(head)).map(str::trim);
                if let (Some(name), Some(told)) = (part("event:"), part("data:")) {
                    return Ok((name.to_owned(), serde_json::from_str(told)?));
                }
                continue;
            }
            let chunk = self.answer.chunk().await?.context("the stream ended")?;
            self.text.push_str(std::str::from_utf8(&chunk)?);
        }
    }

    /// The next event of that name that `fits`, within the time.
    async fn until(
        &mut self,
        name: &str,
        within: Duration,
        fits: fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let waiting = async {
            loop {
                let (told, body) = self.next().await?;
                if told == name && fits(&body) {
                    return Ok(body);
                }
            }
        };
        tokio::time::timeout(within, waiting).await.with_context(|| format!("no {name} within {within:?}"))?
    }
}

#[tokio::test]
async fn a_snapshot_then_a_beat_each_second_and_an_alert_at_once() -> anyhow::Result<()> {
    let ward = Plan::default().ward_with("[limits.spo2]\nred_delay_s = 0\n")?.run().await?;
    let mut monitor = Monitor::connect(&ward, "02")?;
    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 97.0, "%")]).await?;
    let answer = ward.api()?.request(Method::GET, "/api/v1/events").send().await?;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut stream = Stream { answer, text: String::new() };

    let (first, snapshot) = stream.next().await?;
    assert_eq!((first.as_str(), snapshot["beds"].as_array().map(Vec::len)), ("snapshot", Some(12)));
    let mut beats: Vec<jiff::Timestamp> = Vec::new();
    while beats.len() < 4 {
        let beat = stream.until("beat", Duration::from_secs(3), |_| true).await?;
        beats.push(beat["at"].as_str().context("a beat says when")?.parse()?);
    }
    let apart = beats.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_millis()).max();
    assert!(apart.is_some_and(|apart| apart < 2_000), "a beat each second: {beats:?}");

    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 75.0, "%")]).await?;
    let told = |body: &Value| body["alerts"][0]["code"] == "limit.spo2.low";
    let body = stream.until("alerts", Duration::from_secs(1), told).await?;
    assert_eq!(body["alerts"][0]["bed"], "02");
    stream.until("beds", PATIENCE, |body| body["beds"][0]["bed"] == "02").await?;
    Ok(())
}
