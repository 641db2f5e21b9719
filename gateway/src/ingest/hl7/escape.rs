//! Escape sequences in text: resolved as far as they are known, and written for text of our own.
//!
//! Text is never lost: an unknown sequence, a bad one, and a backslash that somebody simply typed (`C:\temp`,
//! `5\6`) stay as they stand.

use std::borrow::Cow;

use super::header::Separators;

/// The longest sequence of a sender's own (`\Z…\`, `\C…\`, `\M…\`) or in hexadecimal that is looked for, in
/// bytes.
const LONGEST: usize = 1_024;

/// Resolves the escape sequences of `text`; borrowed where it has none.
#[must_use]
pub fn unescape(text: &str, separators: Separators) -> Cow<'_, str> {
    let Some(mark) = separators.escape.map(char::from) else { return Cow::Borrowed(text) };
    if !text.contains(mark) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once(mark) {
        out.push_str(plain);
        rest = after;
        match sequence(after, mark) {
            Some(body) if resolve(body, separators, &mut out).is_some() => {
                rest = after.get(body.len() + 1..).unwrap_or_default();
            }
            _ => out.push(mark),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What stands between this escape character and the next one.
fn sequence(after: &str, mark: char) -> Option<&str> {
    let window = after.as_bytes().iter().take(LONGEST);
    let end = window.into_iter().position(|byte| char::from(*byte) == mark)?;
    after.get(..end)
}

/// Writes what a sequence stands for; `None` and nothing written when it is no sequence.
fn resolve(body: &str, separators: Separators, out: &mut String) -> Option<()> {
    let mark = match body {
        "F" => Some(separators.field),
        "S" => Some(separators.component),
        "R" => Some(separators.repeat),
        "T" => Some(separators.subcomponent.unwrap_or(b'&')),
        "E" => separators.escape,
        "P" => separators.truncation,
        _ => return resolve_longer(body, separators, out),
    };
    out.push(char::from(mark?));
    Some(())
}

fn resolve_longer(body: &str, separators: Separators, out: &mut String) -> Option<()> {
    match body.as_bytes().split_first()? {
        // Highlighting begins and ends: nothing that a reader of values could show.
        (b'H' | b'N', []) => {}
        (b'X', digits) => out.push_str(&from_hexadecimal(digits)?),
        (b'.', command) => out.push_str(&layout(command)?),
        // The sender's own, and sequences that switch the character set: kept as they stand, both marks
        // included.
        (b'Z' | b'C' | b'M', rest) if rest.iter().all(u8::is_ascii_alphanumeric) => {
            let mark = char::from(separators.escape?);
            out.extend([mark]);
            out.push_str(body);
            out.push(mark);
        }
        _ => return None,
    }
    Some(())
}

/// Pairs of hexadecimal digits as text: UTF-8 where they are UTF-8, else one character to each byte
/// (Latin-1).
fn from_hexadecimal(digits: &[u8]) -> Option<String> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte_of).collect();
    let bytes = bytes?;
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|other| other.into_bytes().into_iter().map(char::from).collect()),
    )
}

fn byte_of(pair: &[u8]) -> Option<u8> {
    let digit = |at: usize| pair.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// Formatting commands of the FT type: line breaks and blanks are kept, indents and fill modes say nothing
/// here.
fn layout(command: &[u8]) -> Option<String> {
    let (name, count) = command.split_at_checked(2)?;
    let count = std::str::from_utf8(count).ok()?.trim_start_matches([' ', '+']);
    let count: usize = if count.is_empty() { 1 } else { count.trim_start_matches('-').parse().ok()? };
    match name {
        b"br" | b"ce" => Some("\n".to_owned()),
        b"sp" => Some("\n".repeat(count.min(100))),
        b"sk" => Some(" ".repeat(count.min(100))),
        b"in" | b"ti" | b"fi" | b"nf" => Some(String::new()),
        _ => None,
    }
}

/// Writes `text` so that it can stand in a field: separators and line ends become escape sequences.
///
/// Where the peer names no escape character, what cannot be written becomes a blank.
#[must_use]
pub fn escape(text: &str, separators: Separators) -> Cow<'_, str> {
    if !text.chars().any(|sign| letter(sign, separators).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        match (letter(sign, separators), separators.escape.map(char::from)) {
            (None, _) => out.push(sign),
            (Some(_), None) => out.push(' '),
            (Some(letter), Some(mark)) => {
                out.push(mark);
                out.push_str(letter);
                out.push(mark);
            }
        }
    }
    Cow::Owned(out)
}

/// The body of the sequence that stands for a character, if it may not stand for itself.
fn letter(sign: char, separators: Separators) -> Option<&'static str> {
    let is = |mark: Option<u8>| mark.is_some_and(|mark| char::from(mark) == sign);
    match sign {
        '\r' => Some("X0D"),
        '\n' => Some("X0A"),
        '\u{b}' => Some("X0B"),
        '\u{1c}' => Some("X1C"),
        _ if is(Some(separators.field)) => Some("F"),
        _ if is(Some(separators.component)) => Some("S"),
        _ if is(Some(separators.repeat)) => Some("R"),
        _ if is(separators.subcomponent) => Some("T"),
        _ if is(separators.escape) => Some("E"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> String {
        unescape(text, Separators::USUAL).into_owned()
    }

    #[test]
    fn known_sequences_are_resolved() {
        for (text, expected) in [
            ("\\F\\ \\S\\ \\T\\ \\R\\ \\E\\", "| ^ & ~ \\"),
            ("line1\\.br\\line2\\.sp2\\x", "line1\nline2\n\nx"),
            ("\\H\\bold\\N\\", "bold"),
            ("\\X0D0A\\", "\r\n"),
            ("\\XC2B5\\g and \\XB5\\g", "µg and µg"),
            ("日本\\T\\語 µ\\T\\g", "日本&語 µ&g"),
            ("10\\S\\9/L", "10^9/L"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_sequence_stays_as_it_stands() {
        for text in [
            "lone backslash C:\\temp and 5\\6",
            "unterminated \\F",
            "bad hex \\XZZ\\ odd \\X0\\ none \\X\\",
            "\\Zlocal\\ \\C2842\\ \\M2442\\",
            "\\.xx9\\ \\\\",
            "ends with \\",
        ] {
            assert_eq!(read(text), text);
        }
        assert_eq!(read("5\\6 of 10 \\T\\ more"), "5\\6 of 10 & more", "a lone backslash hides no sequence");
    }

    #[test]
    fn the_senders_own_marks_count() {
        let custom = Separators { field: b'#', escape: Some(b'!'), ..Separators::USUAL };
        assert_eq!(unescape("a!F!b\\F\\", custom), "a#b\\F\\");
        let none = Separators { escape: None, ..Separators::USUAL };
        assert_eq!(unescape("a\\F\\b", none), "a\\F\\b");
        assert_eq!(escape("a|b", none), "a b");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in any::<String>()) {
            prop_assert_eq!(read(&escape(&text, Separators::USUAL)), text);
        }

        #[test]
        fn text_without_sequences_is_never_changed(text in "[a-y0-9 µ日\\\\]{0,60}") {
            prop_assert_eq!(read(&text), text);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), marks in any::<[u8; 4]>()) {
            let separators = Separators {
                field: marks[0] & 0x7F,
                component: marks[1] & 0x7F,
                escape: Some(marks[2] & 0x7F),
                ..Separators::USUAL
            };
            let _ = unescape(&text, separators);
        }
    }
}
