//! What Frappe checks of a document before the database sees it, in its own order. It changes nothing.

use serde_json::Value;

use super::column::text;
use super::doctype::{DocType, Document, Field, Kind};
use super::refusal::{Exception, Refusal};

/// Characters a `varchar` column of Frappe holds.
const SHORT_CHARACTERS: usize = 140;

/// A draft, a submitted and a cancelled document.
pub(super) const DRAFT: i64 = 0;
pub(super) const SUBMITTED: i64 = 1;
pub(super) const CANCELLED: i64 = 2;

/// The state a body asks for; left out, it is `otherwise`.
pub(super) fn docstatus(body: &Document, otherwise: i64) -> i64 {
    body.get("docstatus").and_then(|value| text(value).parse().ok()).unwrap_or(otherwise)
}

/// Whether a document may go from one state to another.
pub(super) fn transition(doctype: &DocType, from: i64, to: i64) -> Result<(), Refusal> {
    if !doctype.is_submittable && to != DRAFT {
        return Err(Refusal::new(Exception::Permission, format!("{} cannot be submitted", doctype.name)));
    }
    match (from, to) {
        (DRAFT, DRAFT | SUBMITTED) | (SUBMITTED, SUBMITTED | CANCELLED) => Ok(()),
        (CANCELLED, _) => Err(Refusal::new(Exception::Validation, "Cannot edit cancelled document")),
        _ => {
            let message = format!("Cannot change docstatus from {from} to {to}");
            Err(Refusal::new(Exception::DocstatusTransition, message))
        }
    }
}

/// Required fields, choices and lengths.
pub(super) fn complete(doctype: &DocType, name: &str, draft: &Document) -> Result<(), Refusal> {
    let value = |field: &Field| draft.get(&field.name).map(text).unwrap_or_default();
    let missing: Vec<&str> = doctype
        .fields
        .iter()
        .filter(|field| field.reqd && value(field).trim().is_empty())
        .map(|field| field.name.as_str())
        .collect();
    if !missing.is_empty() {
        let message = format!("[{}, {name}]: {}", doctype.name, missing.join(", "));
        return Err(Refusal::new(Exception::Mandatory, message));
    }
    doctype.fields.iter().try_for_each(|field| choice(field, &value(field)))?;
    doctype.fields.iter().try_for_each(|field| length(field, &value(field)))
}

fn choice(field: &Field, value: &str) -> Result<(), Refusal> {
    let free = field.kind != Kind::Select || field.name == "naming_series" || value.is_empty();
    if free || field.options.split('\n').any(|option| option == value) {
        return Ok(());
    }
    let options = field.options.replace('\n', "\", \"");
    let message = format!("{} cannot be \"{value}\". It should be one of \"{options}\"", field.name);
    Err(Refusal::new(Exception::Validation, message))
}

fn length(field: &Field, value: &str) -> Result<(), Refusal> {
    if !field.kind.is_short() || value.chars().count() <= SHORT_CHARACTERS {
        return Ok(());
    }
    let message =
        format!("'{}' will get truncated, as max characters allowed is {SHORT_CHARACTERS}", field.name);
    Err(Refusal::new(Exception::CharacterLengthExceeded, message))
}

/// A submitted document keeps every value but those it may still change.
pub(super) fn unchanged(doctype: &DocType, before: &Document, after: &Document) -> Result<(), Refusal> {
    let blank = |value: Option<&Value>| value.map(text).unwrap_or_default();
    let changed = |field: &&Field| {
        !field.allow_on_submit && blank(before.get(&field.name)) != blank(after.get(&field.name))
    };
    match doctype.fields.iter().find(changed) {
        None => Ok(()),
        Some(field) => {
            let message = format!("Not allowed to change {} after submission", field.name);
            Err(Refusal::new(Exception::UpdateAfterSubmit, message))
        }
    }
}
