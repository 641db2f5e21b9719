//! The proof in a button's payload that a tap answers a call of ours: made from alert, step and number with
//! the store's own secret, so that no tap can be made up, and none of one phone used from another. That it is
//! used once is the ward's to keep.

use hmac::{Hmac, KeyInit, Mac};
use rules::AlertId;
use sha2::Sha256;

use super::{Secret, digits};
use crate::{hex, words};

/// How many steps a ladder can have; a tap names its alert alone, so its step is found by trying.
const STEPS_MOST: u16 = 64;

/// Bytes of the code that travel: 128 bits, 32 hexadecimal digits.
const BYTES: usize = 16;

/// A tap that answers a call of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tapped {
    /// The alert that was called.
    pub alert: AlertId,
    /// The step of its ladder.
    pub step: u16,
}

/// The nonce of one call to one number.
pub(super) fn nonce(secret: &Secret, alert: AlertId, step: u16, number: &str) -> String {
    let code = code(secret, alert, step, number).map(|mac| mac.finalize().into_bytes());
    code.and_then(|code| code.get(..BYTES).map(hex::of)).unwrap_or_default()
}

/// Reads a button's payload; `None` where it is no answer to a call of ours to this number.
#[must_use]
pub fn tapped(secret: &Secret, payload: &str, from: &str) -> Option<Tapped> {
    let (alert, nonce) = payload.strip_prefix("ack:")?.split_once(':')?;
    let alert = words::parse_alert_id(alert)?;
    let given = hex::read(nonce).filter(|bytes| bytes.len() == BYTES)?;
    let is_step = |step: &u16| {
        code(secret, alert, *step, from).is_some_and(|mac| mac.verify_truncated_left(&given).is_ok())
    };
    (0..STEPS_MOST).find(is_step).map(|step| Tapped { alert, step })
}

fn code(secret: &Secret, alert: AlertId, step: u16, number: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).ok()?;
    mac.update(&alert.0.to_be_bytes());
    mac.update(&step.to_be_bytes());
    mac.update(digits(number).as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Secret = Secret([7; 32]);

    #[test]
    fn only_the_called_number_can_answer_its_own_call() {
        let alert = AlertId(0xAB);
        let payload = format!("ack:{}:{}", words::alert_id(alert), nonce(&SECRET, alert, 2, "+910000000001"));
        assert_eq!(tapped(&SECRET, &payload, "910000000001"), Some(Tapped { alert, step: 2 }));
        assert_eq!(tapped(&SECRET, &payload, "910000000002"), None);
        assert_eq!(tapped(&Secret([8; 32]), &payload, "910000000001"), None);
        let other = payload.replace("00ab", "00ac");
        assert_eq!(tapped(&SECRET, &other, "910000000001"), None, "another alert");
    }

    #[test]
    fn what_is_no_payload_of_ours_is_no_tap() {
        let id = words::alert_id(AlertId(1));
        for payload in [
            "",
            "Acknowledge",
            "ack:",
            &format!("ack:{id}:"),
            &format!("ack:{id}:00"),
            &format!("ack:{id}:{}", "g".repeat(32)),
        ] {
            assert_eq!(tapped(&SECRET, payload, "91"), None, "{payload}");
        }
    }
}
