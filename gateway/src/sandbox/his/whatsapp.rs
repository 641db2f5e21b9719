//! What the frappe_whatsapp app does with a message before it is stored: it sends it. A message that the
//! database then refuses has left all the same. It speaks to nobody; what would have left is kept.

use serde_json::{Map, Value, json};

use super::column::text;
use super::doctype::Document;
use super::refusal::{Exception, Refusal};

/// The app's doctypes.
pub(super) const MESSAGE: &str = "WhatsApp Message";
pub(super) const TEMPLATE: &str = "WhatsApp Templates";

/// One message that left for a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The digits of the phone.
    pub to: String,
    /// The template's parameters.
    pub texts: Vec<String>,
}

/// Sends an outgoing message, and notes Meta's name of it in the draft. `number` is how many left before.
pub(super) fn send(
    draft: &mut Document,
    template: Option<&Document>,
    number: usize,
) -> Result<Option<Left>, Refusal> {
    let field = |name: &str| draft.get(name).map(text).unwrap_or_default();
    if field("type") != "Outgoing" || !field("message_id").is_empty() {
        return Ok(None);
    }
    if field("message_type") != "Template" {
        return Err(refused("Re-engagement message: more than 24 hours have passed"));
    }
    let no_template = || Refusal::new(Exception::DoesNotExist, format!("{TEMPLATE} None not found"));
    let template = template.ok_or_else(no_template)?;
    let texts = parameters(&field("body_param"))?;
    let samples = template.get("sample_values").map(text).unwrap_or_default();
    if samples.split(',').count() != texts.len() {
        return Err(refused("(#132000) Number of parameters does not match the expected number of params"));
    }
    let to = field("to").trim_start_matches('+').to_owned();
    if !(8..=15).contains(&to.len()) || !to.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused("(#100) Invalid parameter"));
    }
    draft.insert("message_id".to_owned(), json!(format!("wamid.his{:08}", number + 1)));
    Ok(Some(Left { to, texts }))
}

/// The app takes the values of a JSON object in their order.
fn parameters(json: &str) -> Result<Vec<String>, Refusal> {
    let read: Result<Map<String, Value>, _> = serde_json::from_str(json);
    let read =
        read.map_err(|_| Refusal::new(Exception::JsonDecode, "Expecting value: line 1 column 1 (char 0)"))?;
    Ok(read.values().map(text).collect())
}

/// Whatever Meta refuses, the app throws.
fn refused(message: &str) -> Refusal {
    Refusal::new(Exception::Validation, message)
}
