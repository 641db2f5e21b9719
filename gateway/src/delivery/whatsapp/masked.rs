//! What was told to a phone, as the log may keep it: without the telephone number, and without what makes the
//! button's answer ours.

use serde_json::Value;

/// The fields that hold a number, ours to send or the provider's own form of it.
const NUMBERS: [&str; 4] = ["to", "input", "wa_id", "recipient_id"];

/// How many characters stay of a number and of a name that holds one in another alphabet.
const NUMBER_SHOWN: usize = 2;
const NAME_SHOWN: usize = 6;

/// A value in which `number` (digits alone) and everything that could be turned into it is masked.
pub(super) fn masked(value: &Value, number: &str) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), member(name, value, number))).collect()
        }
        Value::Array(items) => items.iter().map(|item| masked(item, number)).collect(),
        Value::String(text) if !number.is_empty() && text.contains(number) => {
            text.replace(number, &tail(number, NUMBER_SHOWN)).into()
        }
        other => other.clone(),
    }
}

fn member(name: &str, value: &Value, number: &str) -> Value {
    let Some(text) = value.as_str() else { return masked(value, number) };
    if NUMBERS.contains(&name) {
        return tail(text, NUMBER_SHOWN).into();
    }
    // The provider's name of a message holds the number in base64.
    if name == "id" && text.starts_with("wamid.") {
        return format!("wamid.{}", tail(text, NAME_SHOWN)).into();
    }
    match text.rsplit_once(':') {
        Some((what, _)) if name == "payload" => format!("{what}:…").into(),
        _ => masked(value, number),
    }
}

fn tail(text: &str, shown: usize) -> String {
    let hidden = text.chars().count().saturating_sub(shown);
    std::iter::once('…').chain(text.chars().skip(hidden)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_number_and_no_nonce_stays_and_the_rest_does() {
        let sent = json!({
            "to": "910000000001",
            "template": {"name": "icu_critical_alert", "parameters": [
                {"text": "07"}, {"payload": "ack:00000000000000ab:f00d"},
                {"text": "call +910000000001 now"}]},
        });
        let kept = masked(&sent, "910000000001").to_string();
        assert!(!kept.contains("0000000001") && !kept.contains("f00d"), "{kept}");
        for stays in ["icu_critical_alert", "\"07\"", "ack:00000000000000ab:…", "\"…01\"", "call +…01 now"]
        {
            assert!(kept.contains(stays), "{stays} is not in {kept}");
        }
    }

    #[test]
    fn the_provider_s_own_forms_of_the_number_go_too() {
        let answer = json!({
            "contacts": [{"input": "+910000000001", "wa_id": "10000000001"}],
            "messages": [{"id": "wamid.HBgMOTEwMDAwMDAwMDAxFQIAERgS", "message_status": "accepted"}],
        });
        let kept = masked(&answer, "910000000001").to_string();
        assert!(!kept.contains("0000000001") && !kept.contains("MOTEwMDAw"), "{kept}");
        assert!(kept.contains("accepted") && kept.contains("wamid.…IAERgS"), "{kept}");
    }
}
