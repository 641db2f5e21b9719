//! The board's stream of events as a program reads it: one event after the other, nothing left out.

use anyhow::{Context, ensure};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::Api;

/// An open stream.
#[derive(Debug)]
pub struct Events {
    answer: Response,
    read: Vec<u8>,
}

/// One event, as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// `snapshot`, `beds`, `alerts`, `beat` …
    pub name: String,
    /// Its JSON, as text.
    pub text: String,
}

impl Told {
    /// What it says.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn json(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.text)?)
    }
}

impl Events {
    /// Opens the stream of a gateway.
    ///
    /// # Errors
    /// The gateway does not answer, or refuses.
    pub async fn open(api: &Api) -> anyhow::Result<Self> {
        let answer = api.request(Method::GET, "/api/v1/events").send().await?;
        ensure!(answer.status().is_success(), "the stream of events is refused: {}", answer.status());
        Ok(Self { answer, read: Vec::new() })
    }

    /// The next event. Nothing is lost when the wait for it is given up.
    ///
    /// # Errors
    /// The stream ends or tells what is no event.
    pub async fn next(&mut self) -> anyhow::Result<Told> {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.read.drain(..end + 2).collect();
                return told(std::str::from_utf8(&event)?);
            }
            let more = self.answer.chunk().await?.context("the stream of events ended")?;
            self.read.extend_from_slice(&more);
        }
    }

    /// The next event of this name.
    ///
    /// # Errors
    /// As [`Events::next`].
    pub async fn next_named(&mut self, name: &str) -> anyhow::Result<Value> {
        loop {
            let told = self.next().await?;
            if told.name == name {
                return told.json();
            }
        }
    }
}

fn told(event: &str) -> anyhow::Result<Told> {
    let field = |name: &str| {
        event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim_start)
    };
    let name = field("event").with_context(|| format!("an event without a name: {event}"))?.to_owned();
    Ok(Told { name, text: field("data").unwrap_or_default().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_its_name_and_its_data() {
        let beat = told("event: beat\nid: 7\ndata: {\"seq\":7}\n\n").unwrap();
        assert_eq!((beat.name.as_str(), beat.json().unwrap()["seq"].as_u64()), ("beat", Some(7)));
        assert!(told(": a comment\n\n").is_err());
    }
}
