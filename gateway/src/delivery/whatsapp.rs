//! A phone, by WhatsApp's Cloud API: one template message for one step of one alert.
//!
//! It informs and is never the only path. The message holds bed, priority, code and a link, and the value
//! only where IT has said so: no name, no diagnosis, since Meta warns against health data and a phone lies on
//! tables. Its button answers for one alert, once: [`tapped`] knows ours. The provider has no idempotency, so
//! a step whose answer was lost is told once more, and not a third time.

mod masked;
mod nonce;
mod refusal;

use reqwest::{Client, Url};
use rules::Span;
use serde_json::{Value, json};

use self::masked::masked;
pub(super) use self::nonce::payload;
use self::refusal::judge;
use super::call::{self, Wording, digits};
use super::http::{self, Answer, HttpFault, Unanswered};
use super::{Due, End, Outcome, Pace, Token, wire_id};
use crate::event::Stage;
use crate::message::Exchange;
use crate::owed::Destination;

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
    /// The system user's token.
    pub token: Token,
    /// How a call is worded.
    pub wording: Wording,
    /// The proxy through which the provider is reached, `http://proxy.example.org:3128`; none is direct.
    pub proxy: Option<String>,
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
        let client = http::client_through(account.proxy.as_deref())?;
        Ok(Self { account, url, client })
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

    /// The message for one call, naming those that go `with` it; its button answers the first. `None` where
    /// the parcel is not for a phone or belongs to no alert.
    fn message(&self, due: &Due, with: &[Due]) -> Option<Value> {
        let number = call::number(due)?;
        let texts = call::texts(due, with, &self.account.wording)?;
        let parameters: Vec<Value> = texts.iter().map(parameter).collect();
        let payload = payload(&self.account.secret, &due.owed.key, number);
        Some(json!({
            "messaging_product": "whatsapp",
            "to": digits(number),
            "type": "template",
            "biz_opaque_callback_data": callback(due, with),
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

    /// Enough that a call which is high finds room while others wait for an answer that does not come.
    fn abreast(&self) -> usize {
        32
    }

    fn apart(&self) -> Span {
        call::APART
    }

    fn stage(&self) -> Stage {
        Stage::Sent
    }

    fn pace(&self, due: &Due) -> Pace {
        call::pace(due)
    }

    async fn send(&self, due: &Due, with: &[Due], exchange: &mut Exchange) -> Outcome {
        let Some(message) = self.message(due, with) else {
            return Outcome::Never { why: "only the call of an alert is sent to a phone".to_owned() };
        };
        let number = call::number(due).map(digits).unwrap_or_default();
        let attempt = async {
            let answer = self.ask(&message).await;
            http::keep(exchange, "template", &message, &answer, |value| masked(value, &number));
            match answer {
                Ok(answer) => judge(&answer, due.tries),
                Err(unanswered) => unanswered.writing(),
            }
        };
        call::at_most_twice(due, attempt).await
    }
}

/// What the provider gives back with each status, so that it finds the rows: their keys, as many as fit.
fn callback(due: &Due, with: &[Due]) -> String {
    let mut keys = due.owed.key.clone();
    for row in with {
        if keys.len() + 1 + row.owed.key.len() > CALLBACK_MOST {
            break;
        }
        keys.push(' ');
        keys.push_str(&row.owed.key);
    }
    if keys.len() <= CALLBACK_MOST { keys } else { wire_id(&keys) }
}

/// A parameter of a template.
fn parameter(text: &String) -> Value {
    json!({"type": "text", "text": text})
}

#[cfg(test)]
mod tests;
