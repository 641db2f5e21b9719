//! A phone, by WhatsApp's Cloud API: one template message for one step of one alert.
//!
//! It informs and is never the only path. The message holds bed, priority, code and a link, and the value only
//! where IT has said so: no name, no diagnosis, since Meta warns against health data and a phone lies on
//! tables. Its button answers for one alert, once: [`tapped`] knows ours. The provider has no
//! idempotency, so a step whose answer was lost is told once more, and not a third time.

mod masked;
mod nonce;
mod refusal;

use reqwest::{Client, Url};
use rules::Span;
use serde_json::{Value, json};

use self::masked::masked;
pub(super) use self::nonce::payload;
use self::refusal::judge;
use super::http::{self, Answer, HttpFault, Unanswered};
use super::{Due, End, LostAnswers, Outcome, Pace, Token, wire_id};
use crate::event::Stage;
use crate::message::Exchange;
use crate::owed::{Destination, Parcel};

pub use self::nonce::tapped;

/// An account, as `gateway.toml` names it.
#[derive(Debug)]
pub struct WhatsappAccount {
    /// `https://graph.facebook.com`.
    pub base_url: String,
    /// The version of the interface: `v23.0`.
    pub version: String,
    /// The provider's number for the phone number that sends.
    pub phone_number_id: String,
    /// The approved template: a body of four parameters (bed, priority, code, link) and one quick-reply
    /// button.
    pub template: String,
    /// The template's language: `en`.
    pub language: String,
    /// Whether the value stands behind the code.
    pub shows_value: bool,
    /// The system user's token.
    pub token: Token,
    /// Where a phone finds the ward board; it may be an address inside the hospital alone.
    pub board_url: String,
    /// The store's own secret, from which the button's nonce is made.
    pub secret: Secret,
}

/// A secret of this store. Never printed.
#[derive(Clone)]
pub struct Secret(pub [u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// A call that is high is tried every few seconds and given up after some eight minutes: the ladder has gone
/// on long since, and a page that comes late frightens for nothing.
const HIGH: Pace = Pace { pause_most: Span::seconds(8), tries_most: Some(60) };

/// Any other is given up after some quarter of an hour.
const CALM: Pace = Pace { pause_most: Span::minutes(1), tries_most: Some(20) };

/// The longest text that the provider gives back with each status (`biz_opaque_callback_data`).
const CALLBACK_MOST: usize = 512;

/// The account as a destination.
pub struct Whatsapp {
    account: WhatsappAccount,
    url: Url,
    client: Client,
}

impl Whatsapp {
    /// The account; nothing is asked of the provider yet.
    ///
    /// # Errors
    /// [`HttpFault`]: the configuration names no usable address.
    pub fn new(account: WhatsappAccount) -> Result<Self, HttpFault> {
        let base = http::base_url(&account.base_url)?;
        let url = http::below(&base, &[&account.version, &account.phone_number_id, "messages"]);
        Ok(Self { account, url, client: http::client()? })
    }

    async fn ask(&self, body: &Value) -> Result<Answer, Unanswered> {
        let question =
            || self.client.post(self.url.clone()).bearer_auth(self.account.token.current()).json(body);
        let answer = http::ask(question()).await?;
        if answer.status == 401 && self.account.token.read_again() {
            return http::ask(question()).await;
        }
        Ok(answer)
    }

    /// The message for one call. `None` where the parcel is not for a phone or belongs to no alert.
    fn message(&self, due: &Due) -> Option<Value> {
        let Parcel::Phone { number, bed, high, code, value, alert, .. } = &due.owed.parcel else {
            return None;
        };
        due.owed.alert?;
        let link = format!("{}/?alert={alert}", self.account.board_url.trim_end_matches('/'));
        let priority = if *high { "HIGH" } else { "medium" };
        let code = if self.account.shows_value { format!("{code} {value}") } else { code.clone() };
        let parameters: Vec<Value> =
            [bed.as_str(), priority, &code, &link].iter().map(|text| parameter(text)).collect();
        let payload = payload(&self.account.secret, &due.owed.key, number);
        Some(json!({
            "messaging_product": "whatsapp",
            "to": digits(number),
            "type": "template",
            "biz_opaque_callback_data": callback(&due.owed.key),
            "template": {
                "name": self.account.template,
                "language": {"code": self.account.language},
                "components": [
                    {"type": "body", "parameters": parameters},
                    {"type": "button", "sub_type": "quick_reply", "index": "0",
                     "parameters": [{"type": "payload", "payload": payload}]},
                ],
            },
        }))
    }
}

impl End for Whatsapp {
    fn destination(&self) -> Destination {
        Destination::Whatsapp
    }

    fn abreast(&self) -> usize {
        8
    }

    fn stage(&self) -> Stage {
        Stage::Sent
    }

    fn pace(&self, due: &Due) -> Pace {
        match due.owed.parcel {
            Parcel::Phone { high: true, .. } => HIGH,
            _ => CALM,
        }
    }

    async fn send(&self, due: &Due, exchange: &mut Exchange) -> Outcome {
        let Some(message) = self.message(due) else {
            return Outcome::Never { why: "only the call of an alert is sent to a phone".to_owned() };
        };
        if due.lost == LostAnswers::Two {
            return Outcome::Never { why: format!("the gateway stopped before the answer came; {TWICE}") };
        }
        let number =
            if let Parcel::Phone { number, .. } = &due.owed.parcel { digits(number) } else { String::new() };
        let answer = self.ask(&message).await;
        http::keep(exchange, "template", &message, &answer, |value| masked(value, &number));
        let outcome = match answer {
            Ok(answer) => judge(&answer, due.tries),
            Err(unanswered) => unanswered.writing(),
        };
        if due.lost.is_any() {
            return once_more_only(outcome);
        }
        outcome
    }
}

/// Why a call is not made a third time.
const TWICE: &str = "it was lost twice, so the phone may have been told twice";

/// After a second try whose answer was lost too, the step is left to the ladder: the phone may have rung
/// twice.
fn once_more_only(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::NotNow { why, uncertain: true, .. } | Outcome::Doubtful { why, uncertain: true } => {
            Outcome::Never { why: format!("{why}; {TWICE}") }
        }
        other => other,
    }
}

/// What the provider gives back with each status, so that it finds its row.
#[must_use]
pub fn callback(key: &str) -> String {
    if key.len() <= CALLBACK_MOST { key.to_owned() } else { wire_id(key) }
}

/// A phone number as the provider writes it: digits alone.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// A parameter of a template: never empty, on one line, no run of blanks.
fn parameter(text: &str) -> Value {
    let line = super::short(text, 200);
    json!({"type": "text", "text": if line.is_empty() { "-" } else { line.as_str() }})
}

#[cfg(test)]
mod tests;
