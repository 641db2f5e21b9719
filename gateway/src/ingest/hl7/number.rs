//! Numbers as laboratories and devices write them (types NM and SN): a comparator and a decimal, or why it is
//! neither.
//!
//! Nothing is corrected: `1,234` may be one and a bit or more than a thousand, and `112*` has a note that
//! this reader cannot see. Whoever shows the value shows the text as it came, with the reason.

use rules::Decimal;
use rules::alert::Comparator;
use thiserror::Error;

use super::part::{Part, Value};

/// A number with the comparator that stood before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Whether the value stands for itself or for a bound.
    pub comparator: Comparator,
    /// The number as it was written: `6.80` has two places.
    pub value: Decimal,
}

/// Why a value is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum NotANumber {
    /// Nothing was sent.
    #[error("no value was sent")]
    Absent,
    /// `""` was sent.
    #[error("the value was deleted by its sender")]
    Deleted,
    /// A comma, which some use for thousands and some for decimals.
    #[error("a comma in the number: thousands or decimals, nobody can tell")]
    Comma,
    /// An asterisk or another mark behind the number.
    #[error("the number carries a mark whose meaning was not sent")]
    Marked,
    /// NaN or infinity.
    #[error("not a finite number")]
    NotFinite,
    /// Digits, but more than any sign or result has.
    #[error("the number is too large or too small to be a measurement")]
    OutOfRange,
    /// More than one number: `60~120`, `^1^-^5`.
    #[error("several numbers where one is needed")]
    Several,
    /// A ratio: `^1^:^128`.
    #[error("a ratio and not a number")]
    Ratio,
    /// Words: `NEG`, `HEMOLYZED`.
    #[error("text and not a number")]
    Text,
}

/// Reads a number in the forms that type NM has in the field. Blanks around it are not part of it.
///
/// # Errors
/// Why it is none.
pub fn numeric(field: Part<'_>) -> Result<Number, NotANumber> {
    if field.repeats().nth(1).is_some() {
        return Err(NotANumber::Several);
    }
    match field.value() {
        Value::Absent => Err(NotANumber::Absent),
        Value::Null => Err(NotANumber::Deleted),
        Value::Text(text) => plain(&text),
    }
}

/// Reads a structured number (type SN): comparator, number, separator, second number, each in its own
/// component.
///
/// Senders that put everything into the first component are understood as type NM.
///
/// # Errors
/// Why it is none; ranges, ratios and `2+` are several or no numbers.
pub fn structured(field: Part<'_>) -> Result<Number, NotANumber> {
    let first = field.component(1).unescaped();
    let (number, between, second) = (field.component(2), field.component(3), field.component(4));
    if number.is_absent() {
        return numeric(field);
    }
    match (between.raw().trim(), second.is_absent()) {
        ("", true) => {}
        (":" | "/", _) => return Err(NotANumber::Ratio),
        ("+", true) => return Err(NotANumber::Marked),
        _ => return Err(NotANumber::Several),
    }
    let comparator = match first.trim() {
        "" | "=" => Comparator::Exactly,
        mark => comparator(mark).filter(|(_, rest)| rest.is_empty()).ok_or(NotANumber::Text)?.0,
    };
    match number.value() {
        Value::Absent => Err(NotANumber::Absent),
        Value::Null => Err(NotANumber::Deleted),
        Value::Text(text) => Ok(Number { comparator, value: decimal(text.trim())? }),
    }
}

/// Reads a number from plain text: an optional comparator, optional blanks, a decimal.
///
/// # Errors
/// Why it is none.
pub fn plain(text: &str) -> Result<Number, NotANumber> {
    let text = text.trim();
    let (comparator, rest) = comparator(text).unwrap_or((Comparator::Exactly, text));
    Ok(Number { comparator, value: decimal(rest.trim_start())? })
}

/// The comparator at the head of a text, and what follows it.
fn comparator(text: &str) -> Option<(Comparator, &str)> {
    const MARKS: [(&str, Comparator); 8] = [
        (">=", Comparator::AtLeast),
        ("=>", Comparator::AtLeast),
        ("≥", Comparator::AtLeast),
        ("<=", Comparator::AtMost),
        ("=<", Comparator::AtMost),
        ("≤", Comparator::AtMost),
        (">", Comparator::Above),
        ("<", Comparator::Below),
    ];
    MARKS.iter().find_map(|(mark, comparator)| text.strip_prefix(mark).map(|rest| (*comparator, rest)))
}

fn decimal(text: &str) -> Result<Decimal, NotANumber> {
    Decimal::parse(text.as_bytes()).ok_or_else(|| why_not(text))
}

fn why_not(text: &str) -> NotANumber {
    let lower = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let is_numberlike = |text: &str| {
        text.starts_with(|sign: char| sign.is_ascii_digit() || sign == '.')
            && text.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '.' | 'e' | '+' | '-'))
    };
    match lower.as_str() {
        "" if text.is_empty() => NotANumber::Absent,
        "nan" | "inf" | "infinity" | "1.#inf" | "1.#qnan" => NotANumber::NotFinite,
        number if number.contains(',') && is_numberlike(&number.replace(',', "")) => NotANumber::Comma,
        number
            if is_numberlike(number.trim_end_matches(['*', '#', '!', ' ']))
                && number.ends_with(['*', '#', '!']) =>
        {
            NotANumber::Marked
        }
        number if is_range(number, is_numberlike) => NotANumber::Several,
        number if is_written_as_number(number) => NotANumber::OutOfRange,
        _ => NotANumber::Text,
    }
}

/// `3.5-5.1` and `60~120`: two numbers with a mark between.
fn is_range(text: &str, is_numberlike: impl Fn(&str) -> bool) -> bool {
    let ends = text.split_once(['-', '~']).map(|(low, high)| (low.trim(), high.trim()));
    ends.is_some_and(|(low, high)| !low.ends_with('e') && is_numberlike(low) && is_numberlike(high))
}

/// Digits with at most one point and one exponent: a number by its form, whatever its size.
fn is_written_as_number(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(&mantissa.replacen('.', "", 1)) && digits(exponent.trim_start_matches(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::super::header::Separators;
    use super::super::syntax::Message;
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<(Comparator, String), NotANumber> {
        numeric(Part::new(text, Separators::USUAL))
            .map(|number| (number.comparator, number.value.to_string()))
    }

    fn read_structured(text: &str) -> Result<(Comparator, String), NotANumber> {
        structured(Part::new(text, Separators::USUAL))
            .map(|number| (number.comparator, number.value.to_string()))
    }

    #[test]
    fn numbers_in_their_real_forms() {
        for (text, comparator, value) in [
            (" 112 ", Comparator::Exactly, "112"),
            ("+112.50", Comparator::Exactly, "112.50"),
            ("1.12E2", Comparator::Exactly, "112"),
            (".5", Comparator::Exactly, "0.5"),
            ("-100", Comparator::Exactly, "-100"),
            (">10", Comparator::Above, "10"),
            ("< 0.1", Comparator::Below, "0.1"),
            (">=6.0", Comparator::AtLeast, "6.0"),
            ("≤4", Comparator::AtMost, "4"),
        ] {
            assert_eq!(read(text), Ok((comparator, value.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        for (text, why) in [
            ("", NotANumber::Absent),
            ("  ", NotANumber::Absent),
            ("\"\"", NotANumber::Deleted),
            ("1,234", NotANumber::Comma),
            (">1,5", NotANumber::Comma),
            ("112*", NotANumber::Marked),
            ("112 **", NotANumber::Marked),
            ("NaN", NotANumber::NotFinite),
            ("-inf", NotANumber::NotFinite),
            ("1e999", NotANumber::OutOfRange),
            ("99999999999999", NotANumber::OutOfRange),
            ("60~120", NotANumber::Several),
            ("3.5-5.1", NotANumber::Several),
            ("NEG", NotANumber::Text),
            ("５.5", NotANumber::Text),
            (">", NotANumber::Absent),
            ("1.2.3", NotANumber::Text),
            ("7 mmol/L", NotANumber::Text),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
    }

    #[test]
    fn the_sample_of_dirty_values_is_read_value_by_value() {
        let path = format!("{}/../tests/data/hl7/lab_nm_dirty_values.hl7", env!("CARGO_MANIFEST_DIR"));
        let message = Message::parse(&std::fs::read(path).unwrap()).unwrap();
        let results = message.segments().filter(|segment| segment.name() == "OBX");
        let read: Vec<_> =
            results.map(|result| numeric(result.field(5)).map(|n| n.value.to_string())).collect();
        let good = |text: &str| Ok(text.to_owned());
        let expected = [
            good("10"),
            good("0.1"),
            Err(NotANumber::Text),
            Err(NotANumber::Comma),
            Err(NotANumber::Comma),
            good("112"),
            Err(NotANumber::Marked),
            good("112.50"),
            good("112"),
            Err(NotANumber::Deleted),
            Err(NotANumber::Text),
            good("7.4"),
            good("5.5"),
            good("5.5"),
            Err(NotANumber::Several),
            Err(NotANumber::NotFinite),
            Err(NotANumber::OutOfRange),
            good("0.5"),
            Err(NotANumber::Text),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn structured_numbers_keep_their_comparator() {
        assert_eq!(read_structured(">^300"), Ok((Comparator::Above, "300".to_owned())));
        assert_eq!(read_structured("<=^0.6"), Ok((Comparator::AtMost, "0.6".to_owned())));
        assert_eq!(read_structured("^7.1"), Ok((Comparator::Exactly, "7.1".to_owned())));
        assert_eq!(read_structured(">300"), Ok((Comparator::Above, "300".to_owned())));
        assert_eq!(read_structured("^1^:^2"), Err(NotANumber::Ratio));
        assert_eq!(read_structured("^2^+"), Err(NotANumber::Marked));
        assert_eq!(read_structured("^3^-^5"), Err(NotANumber::Several));
        assert_eq!(read_structured("<>^3"), Err(NotANumber::Text));
        assert_eq!(read_structured(""), Err(NotANumber::Absent));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = (read(&text), read_structured(&text));
        }
    }
}
