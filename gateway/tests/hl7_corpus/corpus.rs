//! The table against the intake: what is answered, kept, counted and understood of every file, and that
//! nothing of it is lost on the way.
//!
//! Of the mistakes that a peer gateway of this niche was seen to make, each is held by a test:
//!
//! - acknowledged before stored: `mllp` and `mqtt` unit tests, and the story `power_cut`;
//! - malformed, and dropped with a log line: here, and the story `bad_input` (kept raw, counted, answered
//!   AR);
//! - not UTF-8, and silently replaced: the `encoding_*` rows here;
//! - one poisoned row holds up all others:
//!   `delivery::courier::tests::a_refused_row_is_parked_told_of_and_passed`;
//! - undelivered rows purged by age:
//!   `journal::sweep::tests::after_ninety_days_what_is_over_goes_and_what_is_not_stays`;
//! - two senders for one row: `journal::outbox::tests::a_key_is_owed_once`, and the story `his_down`;
//! - a retry that differs from the first try:
//!   `delivery::mllp::tests::a_lost_acknowledgement_is_uncertain_and_the_resend_is_the_same_bytes`;
//! - a message sent again is a second result: the story `hl7_corpus::a_message_sent_twice_calls_once`;
//! - critical values pass unmarked: the `alerts` of the table, in the story `hl7_corpus`;
//! - a frame over a limit freezes every connection: the stories `bad_input` and `flood`.

use std::collections::{BTreeMap, BTreeSet};

use gateway::event::Outcome;
use gateway::ingest::hl7::syntax::{Message, Segment};

use crate::port::{Port, Taken};
use crate::table::{Row, files, is_stream, on_the_wire, own_folder, rows, skipped};
use crate::told;

#[test]
fn every_file_has_one_row_and_every_row_its_file() {
    let (rows, files) = (rows(), files());
    let names: BTreeSet<_> = rows.iter().map(|row| row.file.as_str()).collect();
    assert_eq!(names.len(), rows.len(), "a file has one row");
    let unwritten: Vec<_> = files.keys().filter(|name| !names.contains(name.as_str())).collect();
    assert!(unwritten.is_empty(), "without a row in expected.toml: {unwritten:?}");
    let absent: Vec<_> = names.into_iter().filter(|name| !files.contains_key(*name)).collect();
    if std::env::var_os("WARDLIGHT_SHARED").is_some() {
        assert!(absent.is_empty(), "rows without a file: {absent:?}");
    }
    skipped(&absent);
    assert!(own_folder().join("expected.toml").is_file());
}

#[tokio::test]
async fn every_file_is_taken_as_it_is_written_down() {
    let mut port = Port::open().await;
    let files = files();
    let mut faults = Vec::new();
    for row in rows() {
        let Some(bytes) = files.get(&row.file) else { continue };
        let taken = port.take(&on_the_wire(&row.file, bytes)).await;
        let found = outcome(&row, &taken);
        if found != row {
            faults.push(format!("{row:#?}\nis written down, and found is\n{}", written(&found)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The row as it should have been written; its alerts are not for this test.
fn outcome(row: &Row, taken: &Taken) -> Row {
    let mut found = Row { file: row.file.clone(), alerts: row.alerts.clone(), ..Row::default() };
    found.answers = taken.answers();
    let (mut fields, mut counts) = (BTreeMap::new(), BTreeMap::new());
    for arrival in &taken.arrivals {
        found.events.extend(arrival.events.iter().map(told::line));
        let raw = arrival.raw.as_ref().expect("every message of HL7 is kept raw");
        let outcome = raw.outcome.word();
        found.kept.push(format!("{outcome} {}", raw.kind).trim_end().to_owned());
        if raw.outcome != Outcome::Refused {
            let message = Message::parse(&raw.bytes).expect("it was read");
            let odd = message.oddities();
            found.segments.push(message.segments().len());
            found.odd_lines += odd.continued_lines + odd.stray_lines;
            for segment in message.segments() {
                let count: &mut usize = counts.entry(segment.name().to_owned()).or_default();
                *count += 1;
                place(segment, *count, row, &mut fields);
            }
        }
    }
    found.values = fields;
    found
}

/// Puts those fields of the `nth` segment of its name into `fields` that the row asks for.
fn place(segment: Segment<'_>, nth: usize, row: &Row, fields: &mut BTreeMap<String, String>) {
    for wanted in row.values.keys() {
        let (which, field) = wanted.split_once('-').expect("SEGMENT-FIELD");
        let (name, number) = which.split_once('#').unwrap_or((which, "1"));
        if name == segment.name() && number == nth.to_string() {
            let field = field.parse().expect("a field's number");
            fields.insert(wanted.clone(), segment.field(field).unescaped().into_owned());
        }
    }
}

/// A row in the table's own words, to be looked at and taken over.
fn written(row: &Row) -> String {
    let list = |items: &[String]| {
        let items: Vec<_> = items.iter().map(|item| format!("    {item:?},\n")).collect();
        if items.is_empty() { "[]".to_owned() } else { format!("[\n{}]", items.concat()) }
    };
    let values: Vec<_> = row.values.iter().map(|(key, value)| format!("{key:?} = {value:?}")).collect();
    format!(
        "[[row]]\nfile = {:?}\nanswers = {:?}\nkept = {:?}\nsegments = {:?}\nodd_lines = {}\nevents = {}\n\
         values = {{ {} }}\nalerts = {:?}\n",
        row.file,
        row.answers,
        row.kept,
        row.segments,
        row.odd_lines,
        list(&row.events),
        values.join(", "),
        row.alerts,
    )
}

/// Without framing and line ends, which alone may vanish.
fn without_framing(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(*byte, 0x0b | 0x1c | b'\r' | b'\n')).collect()
}

#[tokio::test]
async fn nothing_of_any_file_is_lost() {
    let mut port = Port::open().await;
    for (name, bytes) in files() {
        let taken = port.take(&on_the_wire(&name, &bytes)).await;
        if !is_stream(&name) {
            assert!(taken.kept() == bytes, "{name}: the bytes that are kept are the bytes that were sent");
        } else if !name.contains("_tls_") {
            // Of what looks like TLS only the record header is kept.
            assert_eq!(without_framing(&taken.kept()), without_framing(&bytes), "{name}");
        }
        for raw in taken.arrivals.iter().filter_map(|arrival| arrival.raw.as_ref()) {
            if let Ok(message) = Message::parse(&raw.bytes) {
                assert_eq!(
                    kept_lines(&message),
                    filled_lines(&message),
                    "{name}: every line is kept or counted"
                );
            }
        }
    }
}

/// Segments, and lines that are counted as none.
fn kept_lines(message: &Message) -> usize {
    let odd = message.oddities();
    message.segments().len() + odd.continued_lines + odd.stray_lines
}

/// Lines with something in them, but for the batch envelope before the header, which is no part of the
/// message.
fn filled_lines(message: &Message) -> usize {
    let filled = message.text().split(['\r', '\n']).filter(|line| !line.trim().is_empty());
    filled.skip_while(|line| line.starts_with("FHS") || line.starts_with("BHS")).count()
}
