//! Tests of the syntax against the samples, and against any bytes.

use proptest::prelude::*;

use super::*;

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/data/hl7/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn messages(name: &str) -> Vec<Message> {
    split(&sample(name)).unwrap().into_iter().map(|bytes| Message::parse(bytes).unwrap()).collect()
}

fn only(name: &str) -> Message {
    let mut all = messages(name);
    assert_eq!(all.len(), 1, "{name}");
    all.remove(0)
}

fn names(message: &Message) -> Vec<&str> {
    message.segments().map(|segment| segment.name()).collect()
}

#[test]
fn every_line_end_gives_the_same_segments() {
    for name in ["eol_cr_noend.hl7", "eol_lf.hl7", "eol_crlf.hl7", "eol_crcrlf.hl7"] {
        let message = only(name);
        assert_eq!(names(&message), ["MSH", "PID", "OBX"], "{name}");
        let value = message.first("OBX").unwrap();
        assert_eq!((value.field(5).raw(), value.field(11).raw()), ("80", "F"), "{name}");
        assert_eq!(message.oddities(), Oddities::default(), "{name}");
    }
}

#[test]
fn a_line_feed_inside_a_text_does_not_end_its_segment() {
    let message = only("wrapped_text_lf_inside_field.hl7");
    assert_eq!(names(&message), ["MSH", "PID", "OBX", "OBX"]);
    let report = message.first("OBX").unwrap();
    assert_eq!(report.field(5).raw(), "line one\nline two");
    assert_eq!(report.field(10).raw(), "F", "what follows the text is still found");
    assert_eq!(message.oddities().continued_lines, 1);
    let shouted = Message::parse(b"MSH|^~\\&|A\rOBX|1|TX|||see\nEND\nof it||||||F\rPV1\r").unwrap();
    assert_eq!(names(&shouted), ["MSH", "OBX", "PV1"], "a word in capitals is no segment");
    assert_eq!(shouted.first("OBX").unwrap().field(11).raw(), "F");
}

#[test]
fn separators_are_the_messages_own() {
    for (name, escape) in [
        ("delims_custom.hl7", Some(b'!')),
        ("delims_five_v27.hl7", Some(b'\\')),
        ("delims_three.hl7", Some(b'\\')),
        ("delims_escape_missing.hl7", None),
    ] {
        let message = only(name);
        assert_eq!(message.separators().escape, escape, "{name}");
        assert_eq!(message.header().field(9).component(2).raw(), "R01", "{name}");
        assert_eq!(message.first("OBX").unwrap().field(5).raw(), "80", "{name}");
    }
    assert_eq!(only("delims_five_v27.hl7").header().field(10).raw(), "D1");
    assert_eq!(only("delims_custom.hl7").header().field(2).raw(), "$*!%");
    assert_eq!(only("delims_custom.hl7").header().field(1).raw(), "#");
}

#[test]
fn odd_lines_lose_no_value() {
    let message = only("structure_blank_lines_short_segs.hl7");
    assert_eq!(names(&message), ["MSH", "PID", "PV1", "ZZZ", "OB", "OBX", "OBX", "OBX"]);
    let values: Vec<_> =
        message.segments().filter(|s| s.name() == "OBX").map(|s| s.field(5).raw().to_owned()).collect();
    assert_eq!(values, ["80", "22", "88"]);
    let odd = message.oddities();
    assert_eq!((odd.continued_lines, odd.small_names, odd.strange_names), (1, 1, 1));
    assert!(message.text().contains("OB|bad\rZABCD|four letter"));
    assert!(message.first("PV1").unwrap().field(3).is_absent());
}

#[test]
fn several_messages_in_one_frame_are_several() {
    let control_ids = |name: &str| -> Vec<String> {
        messages(name).iter().map(|message| message.header().field(10).raw().to_owned()).collect()
    };
    assert_eq!(control_ids("two_msh_in_one_frame.hl7"), ["C1", "C2"]);
    assert_eq!(control_ids("batch_fhs_bhs.hl7"), ["B1", "B2"]);
    let batch = messages("batch_fhs_bhs.hl7");
    assert_eq!(names(&batch[0]), ["MSH", "PID", "OBR", "OBX"]);
    assert_eq!(names(&batch[1]), ["MSH", "PID", "OBR", "OBX", "BTS", "FTS"]);
    assert_eq!(batch[0].oddities(), Oddities::default());
}

#[test]
fn groups_and_local_segments_keep_their_order() {
    let groups = only("structure_multi_obr_groups.hl7");
    assert_eq!(names(&groups), ["MSH", "PID", "OBR", "OBX", "OBR", "OBX", "PID", "OBR", "OBX"]);
    let local = only("zsegments.hl7");
    assert_eq!(names(&local), ["MSH", "PID", "ZPI", "OBR", "ZDR", "OBX", "ZOB"]);
    let field = local.first("ZPI").unwrap().field(3);
    let repeats: Vec<_> = field.repeats().map(|repeat| repeat.raw().to_owned()).collect();
    assert_eq!(repeats, ["x^y&z", "w"]);
    assert_eq!(field.component(2).sub(2).raw(), "z");
}

#[test]
fn second_bytes_of_characters_are_no_separators() {
    let message = only("encoding_gbk_pipe_trail_bytes.hl7");
    assert_eq!(message.first("PID").unwrap().field(7).raw(), "19600101");
    assert_eq!(message.first("OBX").unwrap().field(5).raw(), "80");
    assert_eq!(message.charset(), "gb18030");
}

#[test]
fn bytes_without_a_message_say_why() {
    let refusal = |bytes: &[u8]| split(bytes).and_then(|parts| Message::parse(parts[0])).unwrap_err();
    assert_eq!(refusal(&sample("structure_missing_msh.hl7")), HeaderError::Missing.into());
    assert_eq!(refusal(&sample("encoding_utf16le_bom.hl7")), CharsetError::Utf16.into());
    assert_eq!(refusal(b""), HeaderError::Missing.into());
    assert_eq!(refusal(b"MSH|AB|"), HeaderError::Separators.into());
    let many = [b"MSH|^~\\&|\r".to_vec(), b"Z00\r".repeat(MOST_SEGMENTS)].concat();
    assert_eq!(refusal(&many), Unreadable::TooManySegments);
    assert_eq!(refusal(&b"MSH|^~\\&|\r".repeat(MOST_MESSAGES + 1)), Unreadable::TooManyMessages);
    assert_eq!(names(&only("structure_msh_only.hl7")), ["MSH"]);
}

#[test]
fn lines_before_the_header_are_counted() {
    let message = Message::parse(b"hello\r\rFHS|^~\\&|\rMSH|^~\\&|A\rPID|1\r").unwrap();
    assert_eq!((names(&message), message.oddities().stray_lines), (vec!["MSH", "PID"], 1));
    let message = Message::parse(b"MSHA|1\rPID|1\rMSH|^~\\&|A\rPID|2\r").unwrap();
    assert_eq!(
        (names(&message), message.oddities().stray_lines),
        (vec!["MSH", "PID"], 2),
        "no header, no message"
    );
    assert_eq!(message.header().field(3).raw(), "A");
}

/// What senders might write: good lines, odd lines, and line ends of every sort.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "(PID|OBX|ZX1)\\|[a-z0-9^~&\\\\|]{0,20}",
        "[A-Za-z0-9 |µ]{0,12}",
        "(obx|Pv1|OB)\\|1",
        Just("MSH|^~\\&|B".to_owned()),
        "[ \\t]{0,3}",
    ]
}

proptest! {
    #[test]
    fn a_field_is_what_splitting_gives_however_many_there_are(
        fields in proptest::collection::vec("[a-z^µ]{0,3}", 0..80),
    ) {
        let text = format!("MSH|^~\\&|A\rZZ1|{}\rOBX||", fields.join("|"));
        let message = Message::parse(text.as_bytes()).unwrap();
        let segment = message.first("ZZ1").unwrap();
        for (number, field) in (1..).zip(&fields) {
            prop_assert_eq!(segment.field(number).raw(), field);
        }
        prop_assert!(segment.field(fields.len() + 1).is_absent());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let framed = [b"MSH|^~\\&|".to_vec(), bytes.clone()].concat();
        for input in [bytes, framed] {
            for part in split(&input).unwrap_or_default() {
                if let Ok(message) = Message::parse(part) {
                    for segment in message.segments() {
                        for number in 0..30 {
 let _ = segment.field(number).component(2).sub(2).value();
 }
                    }
                }
            }
        }
    }

    #[test]
    fn every_line_is_kept_or_counted(
        lines in proptest::collection::vec((line(), "\r|\n|\r\n|\r\r\n"), 0..30),
    ) {
        let body: String = lines.iter().flat_map(|(line, end)| [line.as_str(), end.as_str()]).collect();
        let text = format!("MSH|^~\\&|A\r{body}");
        let filled = text.split(['\r', '\n']).filter(|line| !line.trim().is_empty()).count();
        let parts = split(text.as_bytes()).unwrap();
        let read: Vec<_> = parts.into_iter().map(|part| Message::parse(part).unwrap()).collect();
        let kept: usize = read.iter().map(|message| message.segments().len()).sum();
        let odd = read.iter().map(Message::oddities);
        let counted: usize = odd.map(|odd| odd.continued_lines + odd.stray_lines).sum();
        prop_assert_eq!(kept + counted, filled);
        let held: usize = read.iter().flat_map(Message::segments).map(|segment| segment.raw().len()).sum();
        let written: usize = text.chars().filter(|c| !c.is_whitespace()).map(char::len_utf8).sum();
        prop_assert!(held >= written, "{held} of {written} bytes are within reach of a segment");
    }
}
