//! Forged, batched, doubled and odd calls of the webhook.

use serde_json::{Value, json};

use super::*;

const SECRET: &[u8] = b"app secret";

fn signed(body: &[u8], secret: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(body);
    format!("sha256={}", hex::of(&mac.finalize().into_bytes()))
}

fn told(value: &Value) -> Result<Vec<Notice>, Forged> {
    let body = value.to_string();
    read(body.as_bytes(), &signed(body.as_bytes(), SECRET), SECRET)
}

fn call(values: &[Value]) -> Value {
    let entry = |value: &Value| json!({"id": "1", "changes": [{"field": "messages", "value": value}]});
    json!({"object": "whatsapp_business_account", "entry": values.iter().map(entry).collect::<Vec<_>>()})
}

fn status_of(id: &str, status: &str) -> Value {
    json!({"id": id, "status": status, "timestamp": "1763671380", "biz_opaque_callback_data": "call:ab:2"})
}

#[test]
fn only_the_raw_bytes_with_the_right_secret_are_believed() {
    let body = call(&[json!({"statuses": [status_of("wamid.A", "sent")]})]).to_string();
    let good = signed(body.as_bytes(), SECRET);
    assert!(read(body.as_bytes(), &good, SECRET).is_ok());
    let spaced = format!("{body} ");
    assert_eq!(read(spaced.as_bytes(), &good, SECRET), Err(Forged::Wrong), "the bytes, not their meaning");
    assert_eq!(read(body.as_bytes(), &signed(body.as_bytes(), b"other"), SECRET), Err(Forged::Wrong));
    assert_eq!(
        read(body.as_bytes(), good.get(..21).unwrap(), SECRET),
        Err(Forged::Wrong),
        "a prefix is no signature"
    );
    for none in ["", "sha256", "sha1=00", "sha256=xyz", "sha256=0"] {
        assert_eq!(read(body.as_bytes(), none, SECRET), Err(Forged::Unsigned), "{none}");
    }
    assert_eq!(read(body.as_bytes(), "sha256=", SECRET), Err(Forged::Wrong));
}

#[test]
fn every_entry_change_and_status_is_read_and_a_double_once() {
    let notices = told(&call(&[
        json!({"statuses": [status_of("wamid.A", "read"), status_of("wamid.A", "delivered")]}),
        json!({"statuses": [status_of("wamid.A", "read"), status_of("wamid.B", "sent")]}),
    ]))
    .unwrap();
    let phases: Vec<(&str, Phase)> = notices
        .iter()
        .map(|notice| match notice {
            Notice::Status { message, phase, .. } => (message.as_str(), *phase),
            Notice::Tap { .. } => panic!("no tap was sent"),
        })
        .collect();
    assert_eq!(phases, [("wamid.A", Phase::Read), ("wamid.A", Phase::Delivered), ("wamid.B", Phase::Sent)]);
    assert!(Phase::Read > Phase::Delivered && Phase::Failed > Phase::Read);
}

#[test]
fn a_failure_says_why() {
    let mut failed = status_of("wamid.A", "failed");
    failed["errors"] = json!([{"code": 131_026, "title": "Message undeliverable"}]);
    let expected = Notice::Status {
        message: "wamid.A".into(),
        key: "call:ab:2".into(),
        phase: Phase::Failed,
        at_s: 1_763_671_380,
        error: "131026: Message undeliverable".into(),
    };
    assert_eq!(told(&call(&[json!({"statuses": [failed]})])), Ok(vec![expected]));
}

#[test]
fn taps_of_both_kinds_are_read_and_other_messages_passed_over() {
    let notices = told(&call(&[json!({"messages": [
        {"type": "button", "id": "wamid.T", "from": "910000000001", "context": {"id": "wamid.A"},
         "button": {"text": "Acknowledge", "payload": "ack:1:2"}},
        {"type": "interactive", "id": "wamid.U", "from": "910000000001",
         "interactive": {"type": "button_reply", "button_reply": {"id": "ack:3:4", "title": "Acknowledge"}}},
        {"type": "text", "id": "wamid.V", "from": "910000000001", "text": {"body": "hello"}},
    ]})]))
    .unwrap();
    let tap = |tap: &str, answers: &str, payload: &str| Notice::Tap {
        tap: tap.into(),
        answers: answers.into(),
        from: "910000000001".into(),
        payload: payload.into(),
    };
    assert_eq!(notices, [tap("wamid.T", "wamid.A", "ack:1:2"), tap("wamid.U", "", "ack:3:4")]);
}

#[test]
fn an_odd_status_costs_no_other() {
    let odd = json!({"id": 7, "status": "warped"});
    let notices =
        told(&call(&[json!({"statuses": [odd, status_of("wamid.B", "sent")], "errors": []})])).unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!(told(&call(&[json!({"event": "APPROVED"})])), Ok(vec![]), "another field's change");
    assert_eq!(told(&json!(["no envelope"])), Err(Forged::Unreadable));
}

#[test]
fn the_challenge_is_answered_for_the_right_token_alone() {
    assert_eq!(challenge("subscribe", "token", "1158201444", "token"), Some("1158201444"));
    assert_eq!(challenge("subscribe", "other", "1", "token"), None);
    assert_eq!(challenge("unsubscribe", "token", "1", "token"), None);
    assert_eq!(challenge("subscribe", "", "1", ""), None, "no token configured is no token");
}

#[test]
fn the_log_keeps_a_call_without_anybody_s_number() {
    let tap = json!({"id": "wamid.T", "from": "910000000001", "button": {"payload": "ack:1"}});
    let status = json!({"id": "wamid.A", "status": "read", "recipient_id": "910000000001"});
    let contacts = json!([{"wa_id": "910000000001", "profile": {"name": "A. Doctor"}}]);
    let body = call(&[json!({"statuses": [status], "messages": [tap], "contacts": contacts})]).to_string();
    let kept = String::from_utf8(without_numbers(body.as_bytes())).unwrap();
    assert!(!kept.contains("910000000001") && !kept.contains("Doctor"), "{kept}");
    assert!(kept.contains("wamid.T") && kept.contains("ack:1") && kept.contains("read"), "{kept}");
    assert_eq!(without_numbers(b"no json 910000000001"), b"");
}
