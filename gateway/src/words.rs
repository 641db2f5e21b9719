//! Names and sentences: the text of an alert's id, its code and its title. The only place where English is made of rules.

use rules::AlertId;

/// The text of an alert's name: 16 hexadecimal digits.
#[must_use]
pub fn alert_id(id: AlertId) -> String {
    format!("{:016x}", id.0)
}

/// Reads the text of an alert's name.
#[must_use]
pub fn parse_alert_id(text: &str) -> Option<AlertId> {
    (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten().map(AlertId)
}
