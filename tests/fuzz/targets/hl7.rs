//! HL7, from bytes to meaning: any bytes of one block. Its parts are the whole, every line is a segment or
//! counted, the header comes first, what was read is read the same when it is written again, the answer names
//! the message, and memory follows the bytes.
#![no_main]

use fuzz::{SITE, within};
use gateway::ingest::hl7::ack::{self, Mode, Outcome, Stamp};
use gateway::ingest::hl7::header::Header;
use gateway::ingest::hl7::syntax::{Message, split};
use gateway::ingest::profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let site = &*SITE;
    within(400 * input.len() + 1024 * 1024, || {
        let Ok(parts) = split(input) else { return };
        assert_eq!(parts.concat(), input, "the parts are the whole");
        for part in parts {
            if let Ok(message) = Message::parse(part) {
                lines_are_kept(&message);
                reads_the_same_again(&message);
                let understood = profile::understand(
                    &message,
                    site,
                    site.profiles.terms("", Header::find(part).ok().as_ref()),
                );
                assert_eq!(understood.events.is_empty(), understood.not_needed.is_some());
            }
            is_named(part);
        }
    });
});

fn lines_are_kept(message: &Message) {
    let filled = message.text().split(['\r', '\n']).filter(|line| !trimmed(line).trim().is_empty());
    let filled = filled.skip_while(|line| !is_header(trimmed(line))).count();
    let (odd, segments) = (message.oddities(), message.segments().len());
    // Lines before the header are stray, but for those of a batch envelope.
    assert_eq!(segments + odd.continued_lines, filled, "{:?}", message.text());
    assert_eq!(message.header().name(), "MSH", "the header comes first: {:?}", message.text());
}

/// Whether a line opens with `MSH` and a mark.
fn is_header(line: &str) -> bool {
    line.starts_with("MSH") && line.as_bytes().get(3).is_some_and(u8::is_ascii_punctuation)
}

/// A line without the blanks and marks that may stand before a segment.
fn trimmed(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '\0', '\u{feff}'])
}

fn reads_the_same_again(message: &Message) {
    if message.charset() != "UTF-8" {
        return;
    }
    let raws: Vec<&str> = message.segments().map(|segment| segment.raw()).collect();
    // MSH-18 may name another character set than the mark by which the text was known as UTF-8.
    let text = format!("\u{feff}{}\r", raws.join("\r"));
    let again = Message::parse(text.as_bytes()).expect("readable once more");
    let raws_again: Vec<&str> = again.segments().map(|segment| segment.raw()).collect();
    assert_eq!(raws_again, raws, "{:?}", message.text());
}

fn is_named(part: &[u8]) {
    let Ok(header) = Header::find(part) else { return };
    let stamp = Stamp { control_id: "W1", time: "20261121021300+0530" };
    for outcome in [Outcome::Stored, Outcome::NotNow("busy"), Outcome::Never("bad")] {
        let Some(answer) = ack::acknowledge(&header, Mode::Header, outcome, stamp) else { return };
        let msa = answer.split(|byte| *byte == b'\r').nth(1).expect("an MSA");
        // The name may hold a mark as a part of a character, so it is not counted to by marks.
        let named = msa.get("MSA|AA|".len()..).expect("a name");
        assert!(named.starts_with(header.field(10)), "the answer names the message");
        assert!(answer.len() < 2 * part.len() + 1024, "an answer does not outgrow its question");
    }
}
