//! What Meta tells the account's webhook: statuses and taps, signed over the raw body, again and again until
//! the other side says 200. It never asks what was done with it.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sha2::Sha256;

use super::itinerary::Stage;
use super::{Account, Sent};
use crate::hex;

/// The longest pause between two attempts.
const LONGEST_PAUSE_MS: u64 = 60_000;

/// The envelope every webhook comes in.
fn envelope(account: &Account, value: Value) -> Value {
    let mut value = value;
    if let Some(fields) = value.as_object_mut() {
        let metadata =
            json!({"display_phone_number": "15550000000", "phone_number_id": account.phone_number_id});
        fields.insert("messaging_product".to_owned(), json!("whatsapp"));
        fields.insert("metadata".to_owned(), metadata);
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "0", "changes": [{"field": "messages", "value": value}]}],
    })
}

/// The body that tells stages of one message.
pub(super) fn statuses(account: &Account, sent: &Sent, stages: &[(Stage, u64)]) -> Value {
    let statuses: Vec<Value> = stages
        .iter()
        .map(|(stage, happened_ms)| {
            let at = sent.at.as_second() + i64::try_from(happened_ms / 1000).unwrap_or(0);
            let mut status = json!({
                "id": sent.wamid,
                "status": stage.word(),
                "timestamp": at.to_string(),
                "recipient_id": sent.message.to,
            });
            let more = match (stage, &sent.message.opaque) {
                (Stage::Failed, _) => Some(("errors", undeliverable())),
                (_, Some(opaque)) => Some(("biz_opaque_callback_data", json!(opaque))),
                _ => None,
            };
            if let (Some((name, value)), Some(fields)) = (more, status.as_object_mut()) {
                fields.insert(name.to_owned(), value);
            }
            status
        })
        .collect();
    envelope(account, json!({"statuses": statuses}))
}

fn undeliverable() -> Value {
    json!([{"code": 131_026, "title": "Message undeliverable", "message": "Message undeliverable",
        "error_data": {"details": "Message Undeliverable."}}])
}

/// The body that tells a tap on a template's quick-reply button.
pub(super) fn tap(account: &Account, sent: &Sent, tap: &Tap) -> Value {
    let from = &sent.message.to;
    envelope(
        account,
        json!({
            "contacts": [{"profile": {"name": "Sandbox"}, "wa_id": from}],
            "messages": [{
                "type": "button",
                "from": from,
                "id": tap.wamid,
                "timestamp": tap.at_s.to_string(),
                "context": {"id": sent.wamid},
                "button": {"text": tap.label, "payload": tap.payload},
            }],
        }),
    )
}

/// A tap: its own message id, when, and on what.
pub(super) struct Tap {
    pub(super) wamid: String,
    pub(super) at_s: i64,
    pub(super) label: String,
    pub(super) payload: String,
}

/// `sha256=` and the HMAC of the raw body, in hexadecimal.
pub(super) fn signature(app_secret: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).ok()?;
    mac.update(body);
    Some(format!("sha256={}", hex::of(&mac.finalize().into_bytes())))
}

/// One webhook on its way.
pub(super) struct Letter {
    pub(super) url: String,
    pub(super) app_secret: String,
    pub(super) body: Value,
    pub(super) after_ms: u64,
    pub(super) pause_ms: u64,
}

impl Letter {
    /// Waits its time, posts, and posts again until 200. It ends otherwise only by being dropped (Meta gives
    /// up after 7 days).
    pub(super) async fn deliver(self, web: reqwest::Client) {
        let body = self.body.to_string().into_bytes();
        let Some(signature) = signature(&self.app_secret, &body) else { return };
        tokio::time::sleep(Duration::from_millis(self.after_ms)).await;
        let mut pause_ms = self.pause_ms.max(1);
        loop {
            let post = web
                .post(&self.url)
                .header(CONTENT_TYPE, "application/json")
                .header("X-Hub-Signature-256", &signature)
                .body(body.clone());
            match post.send().await {
                Ok(answer) if answer.status() == reqwest::StatusCode::OK => return,
                Ok(answer) => tracing::debug!(status = %answer.status(), "webhook refused; again later"),
                Err(error) => tracing::debug!(%error, "webhook not reached; again later"),
            }
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            pause_ms = (pause_ms * 2).min(LONGEST_PAUSE_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_hmac_sha256() {
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature("Jefe", b"what do ya want for nothing?").as_deref(), Some(expected));
    }
}
