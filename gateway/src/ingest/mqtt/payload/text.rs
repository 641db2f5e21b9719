//! JSON scalars as the text they were written with. A number never becomes a float: 38.05 stays 38.05.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// The longest code, value, unit or status that is taken as one.
const TEXT_MOST: usize = 64;

/// The text of a JSON scalar: a string's content, a number as written, anything else as it stands; `null` and
/// nothing are empty. `None` where it is too long to be a code, a value or a unit.
pub(super) fn scalar(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let text = whole(raw);
    (text.len() <= TEXT_MOST).then_some(text)
}

/// The same however long it is.
pub(super) fn whole(raw: Option<&RawValue>) -> Cow<'_, str> {
    match raw.map(RawValue::get) {
        None | Some("null") => Cow::Borrowed(""),
        Some(json) => string(json).unwrap_or(Cow::Borrowed(json)),
    }
}

/// The content of a JSON string, read before and therefore well formed; `None` where it is none.
pub(super) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(json).map(Cow::Owned).ok();
    }
    Some(Cow::Borrowed(inner))
}

/// The first `most` characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Option<String> {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        scalar(Some(&raw)).map(Cow::into_owned)
    }

    #[test]
    fn scalars_keep_their_text() {
        for (json, expected) in [
            ("38.05", "38.05"),
            ("1e999", "1e999"),
            ("-0.10", "-0.10"),
            (r#""97""#, "97"),
            (r#""\u00b0C""#, "°C"),
            ("null", ""),
            ("true", "true"),
            ("[[1]]", "[[1]]"),
        ] {
            assert_eq!(text(json).as_deref(), Some(expected), "{json}");
        }
        assert_eq!(scalar(None).as_deref(), Some(""));
        assert_eq!(text(&"1".repeat(65)), None);
    }
}
