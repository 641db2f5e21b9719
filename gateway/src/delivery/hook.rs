//! A webhook of the hospital's own: each start, change and end of an alert as one signed `POST` of JSON.
//!
//! The signature is HMAC-SHA256, by a secret that both sides keep in a file, over the time of the try, a dot
//! and the body. The id is the same on every try, so that the receiver can drop a duplicate; a receiver that
//! refuses old times is safe from what somebody recorded. No name travels.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Url};
use serde_json::{Value, json};
use sha2::Sha256;

use super::http::{self, Answer, HttpFault, Unanswered};
use super::{Due, End, Outcome, Pace, Token, short, wire_id};
use crate::clock::Clock;
use crate::event::Stage;
use crate::hex;
use crate::message::Exchange;
use crate::owed::{Alarm, Destination, Parcel};
use crate::record::{kind, priority, state};

/// A receiver, as `gateway.toml` names it.
#[derive(Debug)]
pub struct HookPeer {
    /// Where it listens.
    pub url: String,
    /// The secret that signs.
    pub secret: Token,
}

/// The receiver as a destination.
pub struct Hook {
    url: Url,
    secret: Token,
    client: Client,
    clock: Clock,
}

impl HookPeer {
    /// Where it listens, as it may be shown: its path may hold the secret by which it knows us.
    #[must_use]
    pub fn address(&self) -> String {
        self.url.parse::<Url>().map_or_else(|_| self.url.clone(), |url| url.origin().ascii_serialization())
    }
}

impl Hook {
    /// The receiver; nothing is sent yet.
    ///
    /// # Errors
    /// [`HttpFault`]: the configuration names no usable address.
    pub fn new(peer: HookPeer, clock: Clock) -> Result<Self, HttpFault> {
        Ok(Self { url: http::base_url(&peer.url)?, secret: peer.secret, client: http::client()?, clock })
    }
}

impl End for Hook {
    fn destination(&self) -> Destination {
        Destination::Webhook
    }

    fn abreast(&self) -> usize {
        4
    }

    fn stage(&self) -> Stage {
        Stage::Sent
    }

    fn pace(&self, _due: &Due) -> Pace {
        Pace::TWO_HOURS
    }

    async fn send(&self, due: &Due, _with: &[Due], exchange: &mut Exchange) -> Outcome {
        let Parcel::Alarm(alarm) = &due.owed.parcel else {
            return Outcome::Never { why: "only what becomes of an alert is told to a webhook".to_owned() };
        };
        let id = wire_id(&due.owed.key);
        let told = body(alarm, &id);
        let (text, at_s) = (told.to_string(), self.clock.wall().timestamp().as_second());
        let question = self
            .client
            .post(self.url.clone())
            .header("Content-Type", "application/json")
            .header("X-Wardlight-Id", &id)
            .header("X-Wardlight-Timestamp", at_s.to_string())
            .header("X-Wardlight-Signature", signature(&self.secret.current(), at_s, &text))
            .body(text);
        let answer = http::ask(question).await;
        http::keep(exchange, "alarm", &told, &answer, Value::clone);
        match answer {
            Ok(answer) => judge(&answer, &id, &self.secret),
            Err(unanswered) => Unanswered::writing(unanswered),
        }
    }
}

fn body(alarm: &Alarm, id: &str) -> Value {
    json!({
        "id": id,
        "at": alarm.at.timestamp().to_string(),
        "phase": alarm.phase,
        "alert": {
            "id": alarm.alert,
            "bed": (!alarm.bed.is_empty()).then_some(&alarm.bed),
            "patient": alarm.patient.as_ref().map(|patient| json!({ "uhid": patient.0 })),
            "kind": kind::word(alarm.kind),
            "code": alarm.code,
            "title": alarm.title,
            "value": (!alarm.value.is_empty()).then_some(&alarm.value),
            "priority": priority::word(alarm.priority),
            "state": state::word(alarm.state),
        },
    })
}

/// `v1=` and the code in hexadecimal digits.
fn signature(secret: &str, at_s: i64, body: &str) -> String {
    let code = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mut mac| {
        mac.update(format!("{at_s}.{body}").as_bytes());
        hex::of(&mac.finalize().into_bytes())
    });
    format!("v1={}", code.unwrap_or_default())
}

fn judge(answer: &Answer, id: &str, secret: &Token) -> Outcome {
    let why = format!("the webhook answered {} {}", answer.status, short(&answer.body.to_string(), 120));
    match answer.status {
        200..=299 => Outcome::Done { proof: id.to_owned() },
        // The secret may have been renewed on both sides: the next try signs with the new one.
        401 | 403 if secret.read_again() => Outcome::NotNow { why, after: None, uncertain: false },
        401 | 403 => Outcome::Closed {
            why: "the webhook refuses the signature: compare delivery.webhook.secret_file with its own"
                .to_owned(),
        },
        300..=399 => {
            Outcome::Closed { why: "the webhook redirects: correct delivery.webhook.url".to_owned() }
        }
        408 | 425 | 429 => Outcome::NotNow { why, after: answer.retry_after, uncertain: false },
        500.. => Outcome::NotNow { why, after: answer.retry_after, uncertain: true },
        _ => Outcome::Never { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owed::{AlarmPhase, sample_alarm};

    #[test]
    fn the_signature_is_over_time_dot_and_body() {
        // printf '1763671380.{}' | openssl dgst -sha256 -hmac secret
        let known = "v1=a8259402866b8410a0e148ba6a9964f0c3567c5cf1328c6e34243552c4133fbc";
        assert_eq!(signature("secret", 1_763_671_380, "{}"), known);
        assert_ne!(signature("secret", 1_763_671_381, "{}"), known, "an old time is another signature");
        assert_ne!(signature("other", 1_763_671_380, "{}"), known);
    }

    #[test]
    fn the_body_names_the_alert_and_no_person() {
        let told = body(&sample_alarm(AlarmPhase::Start), "alarm-1");
        assert_eq!((&told["phase"], &told["alert"]["priority"]), (&json!("start"), &json!("high")));
        assert_eq!(told["alert"]["patient"], json!({"uhid": "MRN0042"}));
        assert_eq!(told["alert"]["value"], "6.8 mmol/L");
    }

    #[test]
    fn what_a_person_must_mend_closes_and_what_passes_is_waited_for() {
        let of = |status| judge(&Answer { status, ..Answer::default() }, "id", &Token::of("secret"));
        assert_eq!(of(204), Outcome::Done { proof: "id".into() });
        for status in [302, 401, 403] {
            assert!(matches!(of(status), Outcome::Closed { .. }), "{status}");
        }
        for (status, doubt) in [(408, false), (429, false), (500, true), (503, true)] {
            assert!(
                matches!(of(status), Outcome::NotNow { uncertain, .. } if uncertain == doubt),
                "{status}"
            );
        }
        assert!(matches!(of(422), Outcome::Never { .. }));
    }
}
