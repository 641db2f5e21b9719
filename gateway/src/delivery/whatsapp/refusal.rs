//! What the provider's answer means. 200 is *accepted*, never *delivered*. The codes are Meta's; those it
//! documents are marked C in the facts this stands on, the others are its partners' word, and an unknown one
//! is doubted.

use std::time::Duration;

use serde_json::Value;

use super::super::http::Answer;
use super::super::{Outcome, short};

/// The longest pause the rule for one phone asks for: 4^tries seconds grow fast.
const PAIR_PAUSE_MOST_S: u64 = 64;

/// Judges the answer to a message.
pub(super) fn judge(answer: &Answer, tries: u32) -> Outcome {
    if answer.is_good() {
        return accepted(&answer.body);
    }
    let fault = answer.body.get("error");
    let code = fault.and_then(|fault| fault.get("code")).and_then(Value::as_i64);
    let said = fault.and_then(|fault| fault.get("message")).and_then(Value::as_str).unwrap_or_default();
    let Some(code) = code else { return without_code(answer) };
    let why = format!("WhatsApp refused with {code}: {}", short(said, 200));
    match code {
        // The account: 0, 190 token; 10, 200-299 rights; 33 number gone; 368 policy; locked, payment,
        // template paused.
        0 | 3 | 10 | 33 | 190 | 200..=299 | 368 | 131_031 | 131_042 | 132_015 => Outcome::Closed {
            why: format!(
                "WhatsApp does not take this account's messages (code {code}): look at it in Meta's console"
            ),
        },
        // One message in six seconds to one phone; the rule asks for 4^n seconds.
        131_056 => {
            let pause_s = 4_u64.saturating_pow(tries.saturating_add(1)).min(PAIR_PAUSE_MOST_S);
            Outcome::NotNow { why, after: Some(Duration::from_secs(pause_s)), uncertain: false }
        }
        // Faults and limits of theirs: 1, 2 server; 4, 80007, 130429 rate; 131048 quality; 131057 upgrade.
        1 | 2 | 4 | 80_007 | 130_429 | 131_048 | 131_057 => {
            Outcome::NotNow { why, after: answer.retry_after, uncertain: false }
        }
        // This message: bad parameter, no such phone, window closed, template unknown or with other
        // parameters.
        100 | 131_026 | 131_047 | 132_000 | 132_001 => Outcome::Never { why },
        _ => Outcome::Doubtful { why, uncertain: false },
    }
}

fn accepted(body: &Value) -> Outcome {
    let id = body.get("messages").and_then(|list| list.get(0)).and_then(|first| first.get("id"));
    match id.and_then(Value::as_str) {
        Some(id) => Outcome::Done { proof: id.to_owned() },
        None => Outcome::NotNow {
            why: "WhatsApp answered 200 without naming a message: is a proxy in between?".to_owned(),
            after: None,
            uncertain: true,
        },
    }
}

/// An answer that is not in the provider's own form: of a gateway before it, or of another server.
fn without_code(answer: &Answer) -> Outcome {
    let status = answer.status;
    let why = format!("WhatsApp answered {status} without a code");
    match status {
        401 | 403 | 300..=399 => {
            Outcome::Closed { why: format!("{why}: check delivery.whatsapp.url and its token file") }
        }
        429 => Outcome::NotNow { why, after: answer.retry_after, uncertain: false },
        408 | 500.. => Outcome::NotNow { why, after: answer.retry_after, uncertain: true },
        _ => Outcome::Doubtful { why, uncertain: false },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(status: u16, code: i64, tries: u32) -> Outcome {
        let body = json!({"error": {"code": code, "message": "because"}});
        judge(&Answer { status, retry_after: None, body }, tries)
    }

    #[test]
    fn accepted_names_its_message_or_is_doubted() {
        let good = json!({"messages": [{"id": "wamid.A"}]});
        let outcome = judge(&Answer { status: 200, retry_after: None, body: good }, 0);
        assert_eq!(outcome, Outcome::Done { proof: "wamid.A".to_owned() });
        let page = judge(&Answer { status: 200, retry_after: None, body: Value::Null }, 0);
        assert!(matches!(page, Outcome::NotNow { uncertain: true, .. }));
    }

    #[test]
    fn codes_decide_and_not_the_status() {
        for (status, code) in [(401, 190), (401, 0), (403, 10), (403, 200), (403, 368)] {
            assert!(matches!(refused(status, code, 0), Outcome::Closed { .. }), "{code}");
        }
        for (status, code) in [(500, 1), (400, 130_429), (400, 80_007), (400, 131_057)] {
            assert!(matches!(refused(status, code, 0), Outcome::NotNow { uncertain: false, .. }), "{code}");
        }
        for (status, code) in [(400, 100), (400, 131_026), (404, 132_001), (400, 132_000)] {
            assert!(matches!(refused(status, code, 0), Outcome::Never { .. }), "{code}");
        }
        assert!(matches!(refused(400, 999_999, 0), Outcome::Doubtful { .. }));
    }

    #[test]
    fn one_phone_is_not_asked_too_often() {
        let pause = |tries| match refused(400, 131_056, tries) {
            Outcome::NotNow { after, .. } => after.map(|after| after.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!([pause(0), pause(1), pause(9)], [Some(4), Some(16), Some(64)]);
    }

    #[test]
    fn a_gateway_in_between_leaves_doubt_and_a_wrong_address_closes() {
        let bare = |status| judge(&Answer { status, retry_after: None, body: Value::Null }, 0);
        assert!(matches!(bare(502), Outcome::NotNow { uncertain: true, .. }));
        assert!(matches!(bare(302), Outcome::Closed { .. }));
        assert!(matches!(bare(404), Outcome::Doubtful { .. }));
    }
}
