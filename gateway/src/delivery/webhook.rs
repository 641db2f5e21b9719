//! What WhatsApp tells us back: how far a message got, and that a button was tapped. Pure: bytes and secret
//! in, small values out; the route that receives them is the board's.
//!
//! Nothing is believed before the signature over the raw bytes is. Statuses come late, twice, in batches and
//! in any order: a [`Phase`] has an order, and whoever keeps one keeps the greatest.

use hmac::{Hmac, KeyInit, Mac};
use rules::AlertId;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::event::{Received, Stage};
use crate::hex;

/// Why a call of the webhook is not listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// There is no signature, or it is not in its form.
    #[error("no signature of the form sha256=…: this did not come from WhatsApp")]
    Unsigned,
    /// The signature is another's.
    #[error("the signature does not fit: compare delivery.whatsapp.app_secret_file with Meta's console")]
    Wrong,
    /// It is signed, and not in the form the provider documents.
    #[error("signed, and not in the form that this gateway reads: compare the API version in Meta's console")]
    Unreadable,
}

/// How far a message got, as the provider says. The greatest is the furthest; a failure ends all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The provider sent it on.
    Sent,
    /// It is on the phone.
    Delivered,
    /// It was opened.
    Read,
    /// It will not arrive.
    Failed,
}

impl Phase {
    /// The receipt that it is for an alert; `error` says why a message will not arrive.
    #[must_use]
    pub fn receipt(self, alert: AlertId, error: &str) -> Received {
        let (stage, error) = match self {
            Self::Sent => (Stage::Sent, None),
            Self::Delivered => (Stage::Delivered, None),
            Self::Read => (Stage::Read, None),
            Self::Failed => (Stage::Sent, Some(error.to_owned())),
        };
        Received { alert, stage, channel: "whatsapp".to_owned(), to: "phone".to_owned(), error }
    }
}

/// One thing the provider tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// A message got somewhere.
    Status {
        /// The provider's name of our message.
        message: String,
        /// The row of the outbox, as it was given to the provider; empty where it did not come back.
        key: String,
        /// How far it got.
        phase: Phase,
        /// When, in seconds since the Unix epoch, by the provider's clock; 0 where it does not say.
        at_s: i64,
        /// Why it failed, for people; empty where it did not.
        error: String,
    },
    /// A button was tapped.
    Tap {
        /// The provider's name of the tap itself: the same when it is told again.
        tap: String,
        /// The provider's name of our message.
        answers: String,
        /// The number of the phone, digits alone. Never logged.
        from: String,
        /// What the button carried; [`super::whatsapp::tapped`] reads it.
        payload: String,
    },
}

/// The members that tell whose phone it is.
const OF_A_PHONE: [&str; 4] = ["recipient_id", "wa_id", "from", "profile"];

/// Verifies and reads one call of the webhook. `signature` is the header `X-Hub-Signature-256`. What is told
/// twice in one call comes out once; what is neither a status nor a tap is passed over.
///
/// # Errors
/// [`Forged`]: nothing in it may be believed.
pub fn read(body: &[u8], signature: &str, secret: &[u8]) -> Result<Vec<Notice>, Forged> {
    let digits = signature.strip_prefix("sha256=").ok_or(Forged::Unsigned)?;
    let given = hex::read(digits.trim()).ok_or(Forged::Unsigned)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Forged::Wrong)?;
    mac.update(body);
    mac.verify_slice(&given).map_err(|_| Forged::Wrong)?;
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Forged::Unreadable)?;
    let values = envelope.entry.into_iter().flat_map(|entry| entry.changes).map(|change| change.value);
    let mut notices = Vec::new();
    for notice in values.flat_map(notices_of) {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    Ok(notices)
}

/// A call as the message log may keep it: whoever's phone it is about is left out. Nothing is left of what is
/// no JSON.
#[must_use]
pub fn without_numbers(body: &[u8]) -> Vec<u8> {
    let Ok(mut told) = serde_json::from_slice(body) else { return Vec::new() };
    leave_out_numbers(&mut told);
    told.to_string().into_bytes()
}

fn leave_out_numbers(told: &mut Value) {
    match told {
        Value::Object(members) => {
            for (name, member) in members {
                if OF_A_PHONE.contains(&name.as_str()) {
                    *member = Value::from("left out");
                } else {
                    leave_out_numbers(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Answers the provider's question whether this address is ours: the challenge, where mode and token are
/// right.
#[must_use]
pub fn challenge<'a>(mode: &str, token: &str, challenge: &'a str, expected: &str) -> Option<&'a str> {
    // Digests are compared, so that the time it takes tells nothing of the token.
    let same = Sha256::digest(token.as_bytes()) == Sha256::digest(expected.as_bytes());
    (mode == "subscribe" && same && !expected.is_empty()).then_some(challenge)
}

#[derive(Deserialize)]
struct Envelope {
    entry: Vec<EntryOf>,
}

#[derive(Deserialize)]
struct EntryOf {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    value: Changed,
}

/// One odd status must not cost the others, so each is read by itself.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Changed {
    statuses: Vec<Value>,
    messages: Vec<Value>,
}

#[derive(Deserialize)]
struct Status {
    id: String,
    #[serde(rename = "status")]
    phase: Phase,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    biz_opaque_callback_data: String,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    title: String,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    from: String,
    #[serde(default)]
    context: Context,
    button: Option<Button>,
    interactive: Option<Interactive>,
}

#[derive(Default, Deserialize)]
struct Context {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct Button {
    #[serde(default)]
    payload: String,
}

#[derive(Deserialize)]
struct Interactive {
    button_reply: Option<Reply>,
}

#[derive(Deserialize)]
struct Reply {
    id: String,
}

fn notices_of(changed: Changed) -> impl Iterator<Item = Notice> {
    let statuses = changed.statuses.into_iter().filter_map(|status| serde_json::from_value(status).ok());
    let messages = changed.messages.into_iter().filter_map(|message| serde_json::from_value(message).ok());
    statuses.map(status).chain(messages.filter_map(tap))
}

fn status(status: Status) -> Notice {
    let fault =
        status.errors.first().map(|fault| format!("{}: {}", fault.code, super::short(&fault.title, 200)));
    Notice::Status {
        message: status.id,
        key: status.biz_opaque_callback_data,
        phase: status.phase,
        at_s: status.timestamp.parse().unwrap_or(0),
        error: fault.unwrap_or_default(),
    }
}

/// A tap on a template's button or on a reply button; any other message of a phone is nothing to us.
fn tap(message: Message) -> Option<Notice> {
    let of_reply = message.interactive.and_then(|interactive| interactive.button_reply).map(|reply| reply.id);
    let payload = message.button.map(|button| button.payload).or(of_reply)?;
    Some(Notice::Tap { tap: message.id, answers: message.context.id, from: message.from, payload })
}

#[cfg(test)]
mod tests;
