//! What the database makes of a value: the form it reads back in, or the error no user was meant to see. It
//! knows columns and no doctypes.
//!
//! MariaDB refuses a date or time with a zone (1292), and Frappe passes that on as a fault of the server.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::doctype::{DocType, Document, Field, Kind};
use super::refusal::{Exception, Refusal};

/// The row a draft becomes; fields without a value become null.
pub(super) fn row(doctype: &DocType, draft: &Document) -> Result<Document, Refusal> {
    doctype
        .fields
        .iter()
        .map(|field| {
            let value = draft.get(&field.name).unwrap_or(&Value::Null);
            Ok((field.name.clone(), stored(field, value)?))
        })
        .collect()
}

/// One value as its column gives it back.
fn stored(field: &Field, value: &Value) -> Result<Value, Refusal> {
    match (field.kind, value) {
        (Kind::Table, value) => Ok(value.clone()),
        (_, Value::Array(_)) => {
            Err(Refusal::new(Exception::Validation, format!("Value for {} cannot be a list", field.name)))
        }
        (_, Value::Object(_)) => Err(Refusal::new(Exception::Type, "dict can not be used as parameter")),
        (Kind::Check | Kind::Int, value) => Ok(json!(whole(value))),
        (Kind::Float, value) => Ok(json!(number(value).unwrap_or(0.0))),
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Date | Kind::Datetime | Kind::Time, value) => moment(field, &text(value)),
        (_, value) => Ok(Value::String(text(value))),
    }
}

/// A value as text, the way it is compared and kept in a text column.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => u8::from(*flag).to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as a number, if it is one or reads as one.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// Whole numbers lose their fraction, and what is no number becomes 0 without a word.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, as the column would clip")]
fn whole(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| number(value).unwrap_or(0.0) as i64)
}

fn moment(field: &Field, text: &str) -> Result<Value, Refusal> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let read = match field.kind {
        Kind::Date => date(text),
        Kind::Time => time(text),
        _ => text
            .split_once([' ', 'T'])
            .and_then(|(day, clock)| Some(format!("{} {:0>2}", date(day)?, time(clock)?))),
    };
    read.map(Value::String).ok_or_else(|| incorrect(field, text))
}

fn incorrect(field: &Field, text: &str) -> Refusal {
    let kind = match field.kind {
        Kind::Date => "date",
        Kind::Time => "time",
        _ => "datetime",
    };
    let message =
        format!("(1292, \"Incorrect {kind} value: '{text}' for column `{}` at row 1\")", field.name);
    Refusal::new(Exception::Operational, message)
}

/// `2026-11-21` and nothing longer.
fn date(text: &str) -> Option<String> {
    let shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    shaped.then(|| text.parse::<Date>().ok())?.map(|date| date.to_string())
}

/// `11:02`, `11:02:00` or `11:02:00.250`; read back as Frappe formats a duration, with no leading zero.
fn time(text: &str) -> Option<String> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.split(':');
    let hour = two_digits(parts.next()?, 23)?;
    let minute = two_digits(parts.next()?, 59)?;
    let second = two_digits(parts.next().unwrap_or("0"), 59)?;
    if parts.next().is_some() || fraction.len() > 6 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros = format!("{fraction:0<6}");
    let fraction = if micros == "000000" { String::new() } else { format!(".{micros}") };
    Some(format!("{hour}:{minute:02}:{second:02}{fraction}"))
}

fn two_digits(text: &str, at_most: u8) -> Option<u8> {
    let shaped = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| text.parse().ok())?.filter(|number| *number <= at_most)
}

#[cfg(test)]
mod tests {
    use super::{date, time};

    #[test]
    fn a_time_reads_back_without_its_leading_zero_and_with_six_digits() {
        assert_eq!(time("09:05:00").as_deref(), Some("9:05:00"));
        assert_eq!(time("11:02:00.250").as_deref(), Some("11:02:00.250000"));
        assert_eq!(time("11:02").as_deref(), Some("11:02:00"));
    }

    #[test]
    fn a_zone_is_no_part_of_a_date_or_time() {
        for text in ["2026-11-21T11:00:00Z", "2026-11-21Z", "2026-02-30", "21-11-2026"] {
            assert_eq!(date(text), None, "{text}");
        }
        for text in ["11:00:00Z", "11:00:00+05:30", "24:00:00", "11:60:00", "11:02:00.1234567", "11"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
