//! The WhatsApp Cloud API as the gateway meets it: it takes a template that fits, refuses with Meta's codes,
//! and tells what became of a message by signed webhooks that come late, twice and out of order.
//!
//! Nothing leaves the machine. What was accepted is kept in memory for the demo's page and the tests, and
//! ends with the process.

mod itinerary;
mod message;
mod pace;
mod refusal;
#[cfg(test)]
mod tests;
mod webhook;

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use message::{Accepted, Template};
pub use refusal::{Code, Refusal};

use super::door::Door;
use super::held;
use super::script::{AnswerLost, Script, Turn};
use itinerary::Chance;
use message::Asked;
use pace::Pace;
use webhook::{Letter, Tap};

/// What the account is.
pub struct Account {
    /// The id of the sending number, part of the path.
    pub phone_number_id: String,
    /// The bearer token.
    pub access_token: String,
    /// The key of the webhooks' signatures.
    pub app_secret: String,
    /// The templates Meta has approved.
    pub templates: Vec<Template>,
    /// The seed of how late and in which order webhooks come.
    pub seed: u64,
    /// About how late a webhook comes, and the first pause before it comes again, in milliseconds.
    pub lateness_ms: u64,
}

/// One accepted message.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Meta's id of it.
    pub wamid: String,
    /// When it was accepted.
    pub at: Timestamp,
    /// What it says, and to whom.
    pub message: Accepted,
    /// Whether its sender was told so; not where the answer was lost as planned.
    pub answered: bool,
}

/// Why a webhook address was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeFault {
    /// Nobody answered at the address.
    #[error("the webhook address cannot be reached; start the gateway and check the address: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The challenge did not come back.
    #[error("the webhook did not return the challenge; check that both sides have the same verify token")]
    ChallengeLost,
}

/// A tap on what was never sent, or on a button it does not have.
#[derive(Debug, thiserror::Error)]
#[error("no message with this id has a button of this number; take both from the list of sent messages")]
pub struct NoSuchButton;

/// The handle of this end. Clones are the same end.
#[derive(Clone)]
pub struct WhatsApp {
    inner: Arc<Inner>,
}

struct Inner {
    account: Account,
    web: reqwest::Client,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    // Requests and the tests' handles meet here; each step is short and never waits.
    state: Mutex<Afterlife>,
    letters_wait: Notify,
    door: Door,
    script: Script<Refusal>,
}

/// What has been accepted and what is still to be told of it.
struct Afterlife {
    webhook: Option<String>,
    sent: Vec<Sent>,
    taps: usize,
    unreachable: BTreeSet<String>,
    pace: Pace,
    chance: Chance,
    letters: VecDeque<Letter>,
}

impl WhatsApp {
    /// An end without a webhook yet. `web` posts the webhooks; `now` is Meta's clock.
    #[must_use]
    pub fn new(
        account: Account,
        web: reqwest::Client,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let state = Afterlife {
            webhook: None,
            sent: Vec::new(),
            taps: 0,
            unreachable: BTreeSet::new(),
            pace: Pace::default(),
            chance: Chance::new(account.seed),
            letters: VecDeque::new(),
        };
        let inner = Inner {
            account,
            web,
            now: Box::new(now),
            state: Mutex::new(state),
            letters_wait: Notify::new(),
            door: Door::default(),
            script: Script::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Serves, and posts webhooks, until `shutdown`; letters still under way are dropped then.
    ///
    /// # Errors
    /// The listener is not usable.
    pub async fn run(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let router = Router::new().route("/{version}/{phone_number_id}/messages", post(send));
        let router = router.with_state(self.clone());
        let served = super::serve(listener, self.inner.door.clone(), router, shutdown.clone());
        let ((), served) = tokio::join!(self.post_letters(&shutdown), served);
        served
    }

    async fn post_letters(&self, shutdown: &CancellationToken) {
        let mut underway = JoinSet::new();
        loop {
            for letter in std::mem::take(&mut held(&self.inner.state).letters) {
                underway.spawn(letter.deliver(self.inner.web.clone()));
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.inner.letters_wait.notified() => {}
                Some(_) = underway.join_next() => {}
            }
        }
    }

    /// Gives the account a webhook, as Meta does: only if the address returns the challenge.
    ///
    /// # Errors
    /// [`SubscribeFault`].
    pub async fn subscribe(&self, url: &str, verify_token: &str) -> Result<(), SubscribeFault> {
        let challenge = "1158201444";
        let query =
            [("hub.mode", "subscribe"), ("hub.verify_token", verify_token), ("hub.challenge", challenge)];
        let answer = self.inner.web.get(url).query(&query).send().await?;
        if !answer.status().is_success() || answer.text().await? != challenge {
            return Err(SubscribeFault::ChallengeLost);
        }
        held(&self.inner.state).webhook = Some(url.to_owned());
        Ok(())
    }

    /// The door, to shut and open.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.inner.door
    }

    /// The plan for the next messages.
    #[must_use]
    pub fn script(&self) -> &Script<Refusal> {
        &self.inner.script
    }

    /// Everything accepted, first accepted first.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        held(&self.inner.state).sent.clone()
    }

    /// From now on messages to these digits are accepted, and fail.
    pub fn lose_phone(&self, digits: &str) {
        held(&self.inner.state).unreachable.insert(digits.to_owned());
    }

    /// The recipient taps the button of that number on a message.
    ///
    /// # Errors
    /// [`NoSuchButton`].
    pub fn tap(&self, wamid: &str, button: usize) -> Result<(), NoSuchButton> {
        let account = &self.inner.account;
        let mut state = held(&self.inner.state);
        let sent = state.sent.iter().find(|sent| sent.wamid == wamid).cloned().ok_or(NoSuchButton)?;
        let mut templates =
            account.templates.iter().filter(|template| template.name == sent.message.template);
        let label = templates.find_map(|template| template.quick_replies.get(button));
        let (Some(label), Some(payload)) = (label, sent.message.payloads.get(button)) else {
            return Err(NoSuchButton);
        };
        state.taps += 1;
        let tap = Tap {
            wamid: format!("wamid.tap{:08}", state.taps),
            at_s: (self.inner.now)().as_second(),
            label: label.clone(),
            payload: payload.clone(),
        };
        let body = webhook::tap(account, &sent, &tap);
        // At least once: every other tap, by chance, is told a second time.
        let after_ms = state.chance.below(account.lateness_ms);
        let times = 1 + state.chance.below(2);
        for time in 0..times {
            state.write(account, body.clone(), after_ms + time);
        }
        drop(state);
        self.inner.letters_wait.notify_one();
        Ok(())
    }

    /// Accepts a message and plans what is told of it; its sender hears so only where it is `answered`.
    fn accept(&self, message: Accepted, answered: bool) -> Result<Sent, Refusal> {
        let account = &self.inner.account;
        let at = (self.inner.now)();
        let mut state = held(&self.inner.state);
        state.pace.take(&message.to, at.as_millisecond())?;
        let reachable = !state.unreachable.contains(&message.to);
        let wamid = format!("wamid.sandbox{:08}", state.sent.len() + 1);
        let sent = Sent { wamid, at, message, answered };
        state.sent.push(sent.clone());
        for posting in itinerary::plan(&mut state.chance, reachable, account.lateness_ms) {
            state.write(account, webhook::statuses(account, &sent, &posting.stages), posting.after_ms);
        }
        drop(state);
        self.inner.letters_wait.notify_one();
        Ok(sent)
    }

    /// Who asks, for which number, and whether the request would be taken.
    fn check(&self, number: &str, headers: &HeaderMap, body: &[u8]) -> Result<Accepted, Refusal> {
        let account = &self.inner.account;
        let line = headers.get(header::AUTHORIZATION).and_then(|line| line.to_str().ok());
        let token = line
            .and_then(|line| line.strip_prefix("Bearer "))
            .ok_or_else(|| Refusal::new(Code::NoToken, "an access token is required"))?;
        if token != account.access_token {
            return Err(Refusal::new(Code::TokenExpired, "the access token is not valid"));
        }
        if number != account.phone_number_id {
            return Err(Refusal::new(Code::NumberGone, format!("no phone number has the id {number}")));
        }
        let asked: Asked = serde_json::from_slice(body)
            .map_err(|error| Refusal::new(Code::InvalidParameter, error.to_string()))?;
        asked.check(&account.templates)
    }
}

impl Afterlife {
    /// Puts a letter on the pile, if the account has a webhook at all.
    fn write(&mut self, account: &Account, body: serde_json::Value, after_ms: u64) {
        let Some(url) = self.webhook.clone() else { return };
        let (app_secret, pause_ms) = (account.app_secret.clone(), account.lateness_ms);
        self.letters.push_back(Letter { url, app_secret, body, after_ms, pause_ms });
    }
}

/// `POST /{version}/{phone_number_id}/messages`
async fn send(
    State(end): State<WhatsApp>,
    Path((_version, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let turn = end.inner.script.take();
    if let Some(Turn::Answer(refusal)) = turn {
        return refusal.into_response();
    }
    let answered = turn.is_none();
    let accepted = end.check(&number, &headers, &body).and_then(|message| end.accept(message, answered));
    let mut response = match accepted {
        Err(refusal) => refusal.into_response(),
        Ok(sent) => Json(json!({
            "messaging_product": "whatsapp",
            "contacts": [{"input": sent.message.to, "wa_id": sent.message.to}],
            "messages": [{"id": sent.wamid}],
        }))
        .into_response(),
    };
    if !answered {
        response.extensions_mut().insert(AnswerLost);
    }
    response
}
