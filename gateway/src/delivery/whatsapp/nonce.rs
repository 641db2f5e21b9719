//! The proof in a button's payload that a tap answers a call of ours: made from the call's key and the number
//! with the store's own secret, so that no tap can be made up, and none of one phone used from another. The
//! key names the climb of the ladder: a button of an earlier climb answers nothing. That an answer counts
//! once is the ward's to keep.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Secret;
use crate::delivery::call::digits;
use crate::hex;
use crate::owed::Call;

/// Bytes of the code that travel: 128 bits, 32 hexadecimal digits.
const BYTES: usize = 16;

/// What a button of the call of `key` to `number` carries.
pub(in crate::delivery) fn payload(secret: &Secret, key: &str, number: &str) -> String {
    let code = code(secret, key, number).map(|mac| mac.finalize().into_bytes());
    let nonce = code.and_then(|code| code.get(..BYTES).map(hex::of)).unwrap_or_default();
    format!("ack:{key}:{nonce}")
}

/// Reads a button's payload; `None` where it is no answer to a call of ours to this number.
#[must_use]
pub fn tapped(secret: &Secret, payload: &str, from: &str) -> Option<Call> {
    let (key, nonce) = payload.strip_prefix("ack:")?.rsplit_once(':')?;
    let given = hex::read(nonce).filter(|bytes| bytes.len() == BYTES)?;
    code(secret, key, from)?.verify_truncated_left(&given).ok()?;
    Call::of(key)
}

fn code(secret: &Secret, key: &str, number: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).ok()?;
    mac.update(&(key.len() as u64).to_be_bytes());
    mac.update(key.as_bytes());
    mac.update(digits(number).as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use rules::{AlertId, Moment};

    use super::*;
    use crate::owed::Destination;

    const SECRET: Secret = Secret([7; 32]);
    const CALL: Call = Call { alert: AlertId(0xAB), climb: Moment(0x1F), step: 2 };

    #[test]
    fn only_the_called_number_can_answer_its_own_call() {
        let key = CALL.key(Destination::Whatsapp, "+910000000001");
        let payload = payload(&SECRET, &key, "+910000000001");
        assert_eq!(tapped(&SECRET, &payload, "910000000001"), Some(CALL));
        assert_eq!(tapped(&SECRET, &payload, "910000000002"), None);
        assert_eq!(tapped(&Secret([8; 32]), &payload, "910000000001"), None);
        for (of, into) in [("00ab-", "00ac-"), ("-1f-", "-2f-"), ("-2-", "-3-")] {
            let other = payload.replace(of, into);
            assert_ne!(other, payload);
            assert_eq!(tapped(&SECRET, &other, "910000000001"), None, "another alert, climb or step");
        }
    }

    #[test]
    fn what_is_no_payload_of_ours_is_no_tap() {
        let key = CALL.key(Destination::Whatsapp, "+91");
        for payload in [
            "",
            "Acknowledge",
            "ack:",
            &format!("ack:{key}:"),
            &format!("ack:{key}:00"),
            &format!("ack:{key}:{}", "g".repeat(32)),
        ] {
            assert_eq!(tapped(&SECRET, payload, "91"), None, "{payload}");
        }
    }

    #[test]
    fn what_is_signed_and_names_no_call_is_no_tap() {
        assert_eq!(tapped(&SECRET, &payload(&SECRET, "vitals", "91"), "91"), None);
    }
}
