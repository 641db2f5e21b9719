//! An independent reader, hl7-parser, beside ours on every message of the corpus. Where both read a message,
//! every field of every segment agrees; where the other one refuses it, or drops or shifts a part of it, it
//! is named here.
//!
//! The decision that rests on these counts is `gateway/decisions/0011-our-own-hl7-scanner.md`.

use std::panic::catch_unwind;

use gateway::ingest::hl7::syntax::{self, Message};

use crate::table::{files, is_stream};

/// What the second reader makes of the text that ours has decoded, message by message, where it does not
/// agree.
const APART: [(&str, &str); 7] = [
    ("batch_fhs_bhs.hl7", "refused"),
    ("delims_escape_missing.hl7", "MSH-2"),
    ("delims_five_v27.hl7", "MSH-2"),
    ("delims_three.hl7", "MSH-2"),
    ("eol_crcrlf.hl7", "1 of 3 segments"),
    ("structure_blank_lines_short_segs.hl7", "1 of 8 segments"),
    ("wrapped_text_lf_inside_field.hl7", "3 of 4 segments"),
];

/// What it makes of the bytes themselves, without our decoding and division before it.
const ALONE: [(&str, &str); 11] = [
    ("batch_fhs_bhs.hl7", "refused"),
    ("encoding_bad_utf8.hl7", "no UTF-8"),
    ("encoding_gb18030.hl7", "no UTF-8"),
    ("encoding_gbk_pipe_trail_bytes.hl7", "no UTF-8"),
    ("encoding_latin1_msh18_8859.hl7", "no UTF-8"),
    ("encoding_latin1_no_msh18.hl7", "no UTF-8"),
    ("encoding_utf16le_bom.hl7", "no UTF-8"),
    ("encoding_utf8_bom.hl7", "refused"),
    ("eol_crcrlf.hl7", "1 of 3 segments"),
    ("structure_blank_lines_short_segs.hl7", "1 of 8 segments"),
    ("wrapped_text_lf_inside_field.hl7", "3 of 4 segments"),
];

/// Fields of which it gives another text than ours, or none because it panics.
const UNESCAPED: [&str; 6] = [
    "escapes_zoo.hl7 OBX|2",
    "escapes_zoo.hl7 OBX|3",
    "escapes_zoo.hl7 OBX|4",
    "escapes_zoo.hl7 OBX|5",
    "escapes_zoo.hl7 OBX|6",
    "escapes_zoo.hl7 OBX|7",
];

/// Every message of the corpus that ours reads; byte streams belong to the framing.
fn messages() -> Vec<(String, Message)> {
    let mut messages = Vec::new();
    for (name, bytes) in files().into_iter().filter(|(name, _)| !is_stream(name)) {
        let parts = syntax::split(&bytes).unwrap_or_default();
        let read = parts.into_iter().filter_map(|part| Message::parse(part).ok());
        messages.extend(read.map(|message| (name.clone(), message)));
    }
    messages
}

/// Where the two readings differ first, if they do.
fn apart(message: &Message, other: &hl7_parser::Message<'_>) -> Option<String> {
    let (read, of) = (other.segments.len(), message.segments().len());
    if read != of {
        return Some(format!("{read} of {of} segments"));
    }
    message.segments().zip(&other.segments).find_map(|(ours, theirs)| {
        if ours.name() != theirs.name {
            return Some(format!("{} for {}", theirs.name, ours.name()));
        }
        let fields = ours.raw().split(char::from(message.separators().field)).count();
        (1..=fields.max(theirs.fields.len()))
            .find(|number| {
                ours.field(*number).raw() != theirs.field(*number).map_or("", |field| field.raw_value())
            })
            .map(|number| format!("{}-{number}", ours.name()))
    })
}

fn written(table: &[(&str, &str)]) -> Vec<(String, String)> {
    table.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned())).collect()
}

/// Rows of files that are not at hand are not looked for.
fn at_hand(found: &[(String, String)], table: &[(&str, &str)]) -> Vec<(String, String)> {
    let files = files();
    let rows = written(table).into_iter().filter(|(name, _)| files.contains_key(name));
    assert_eq!(found.iter().filter(|row| !table.contains(&(&row.0, &row.1))).count(), 0, "{found:#?}");
    rows.collect()
}

#[test]
fn both_readers_agree_but_where_it_is_written_down() {
    let (mut found, mut agreed) = (Vec::new(), 0);
    for (name, message) in messages() {
        match hl7_parser::Message::parse_with_lenient_newlines(message.text(), true) {
            Err(_) => found.push((name, "refused".to_owned())),
            Ok(other) => match apart(&message, &other) {
                Some(what) => found.push((name, what)),
                None => agreed += 1,
            },
        }
    }
    assert_eq!(found, at_hand(&found, &APART));
    assert!(agreed >= 38, "only {agreed} messages were compared field by field");
}

#[test]
fn alone_it_loses_more() {
    let mut found = Vec::new();
    for (name, bytes) in files().into_iter().filter(|(name, _)| !is_stream(name)) {
        let lines = |message: &Message| message.segments().len();
        let parts = syntax::split(&bytes).unwrap_or_default();
        let ours: usize =
            parts.iter().filter_map(|part| Message::parse(part).ok()).map(|read| lines(&read)).sum();
        let text = String::from_utf8(bytes);
        let Ok(text) = text else {
            found.push((name, "no UTF-8".to_owned()));
            continue;
        };
        match hl7_parser::Message::parse_with_lenient_newlines(&text, true) {
            Err(_) if ours > 0 => found.push((name, "refused".to_owned())),
            Ok(other) if other.segments.len() < ours => {
                found.push((name, format!("{} of {ours} segments", other.segments.len())));
            }
            _ => {}
        }
    }
    assert_eq!(found, at_hand(&found, &ALONE));
}

#[test]
fn it_unescapes_other_texts() {
    let mut found = Vec::new();
    for (name, message) in messages().into_iter().filter(|(name, _)| !name.starts_with("ihe/")) {
        let Ok(other) = hl7_parser::Message::parse_with_lenient_newlines(message.text(), true) else {
            continue;
        };
        if apart(&message, &other).is_some() {
            continue;
        }
        for (ours, theirs) in message.segments().zip(&other.segments) {
            for number in 1..=theirs.fields.len() {
                let (own, raw) = (
                    ours.field(number).unescaped(),
                    theirs.field(number).map_or("", |field| field.raw_value()),
                );
                let separators = other.separators;
                let decoded = catch_unwind(move || separators.decode(raw).to_string());
                if !decoded.is_ok_and(|decoded| decoded == own) && ours.name() != "MSH" {
                    found.push(format!("{name} {}|{}", ours.name(), ours.field(1).raw()));
                }
            }
        }
    }
    assert_eq!(found, UNESCAPED);
}
