//! The answer to a message: whether it is stored, worth sending again, or refused for good.
//!
//! Built from the header's own bytes, so that the sender finds its own message name (MSH-10) in MSA-2 byte
//! for byte. It takes the new message's name and time from outside, and never decides anything but the
//! wording.

use std::borrow::Cow;

use super::escape;
use super::header::{Header, Separators};

/// What became of a message. The reasons are for the sender's staff: ASCII, no patient in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It is durable here.
    Stored,
    /// It could not be stored now; the sender should send it again.
    NotNow(&'a str),
    /// It can never be taken; sending it again is of no use.
    Never(&'a str),
}

/// The name and the time that our answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// MSH-10: unique among our answers.
    pub control_id: &'a str,
    /// MSH-7: the ward's time with its zone.
    pub time: &'a str,
}

/// How a sender wants to be answered, where its header does not say so or says it wrongly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// As MSH-15 and MSH-16 ask.
    #[default]
    Header,
    /// AA, AE, AR: the original mode.
    Original,
    /// CA, CE, CR: the enhanced mode's accept acknowledgement.
    Enhanced,
    /// Not at all.
    None,
}

/// The conditions that table 0155 lists for MSH-15: always, never, on error, on success.
const CONDITIONS: [&[u8]; 4] = [b"AL", b"NE", b"ER", b"SU"];

/// The reason given when a message has no name of its own to be answered by.
pub const NO_CONTROL_ID: &str = "MSH-10 is empty: the message cannot be acknowledged";

/// Whether MSH-15 asks for something that table 0155 lists (or for nothing). Others are answered as if it
/// were empty.
#[must_use]
pub fn is_condition_listed(header: &Header<'_>) -> bool {
    let condition = header.field(15).trim_ascii();
    condition.is_empty() || CONDITIONS.contains(&condition)
}

/// Whether a message of this MSH-10 has a name by which it can be accepted.
#[must_use]
pub fn can_be_accepted(control_id: &[u8]) -> bool {
    !control_id.trim_ascii().is_empty()
}

/// Builds the acknowledgement that `header` asks for; `None` when it wants no answer at all (NE in both
/// fields).
///
/// A message whose MSH-10 is empty is never accepted: it is answered with a refusal that says so.
#[must_use]
pub fn acknowledge(
    header: &Header<'_>,
    mode: Mode,
    outcome: Outcome<'_>,
    stamp: Stamp<'_>,
) -> Option<Vec<u8>> {
    let accept = asked(header, mode)?;
    let outcome = match outcome {
        Outcome::Stored if !can_be_accepted(header.field(10)) => Outcome::Never(NO_CONTROL_ID),
        other => other,
    };
    let mut answer = Answer::new(header.separators());
    answer.segment(&heading(header, stamp));
    answer.segment(&[b"MSA", code(accept, outcome).as_bytes(), header.field(10)]);
    answer.reason(outcome);
    Some(answer.bytes)
}

/// What counts as MSH-15; `None` where no answer is wanted.
fn asked<'a>(header: &Header<'a>, mode: Mode) -> Option<&'a [u8]> {
    let (accept, application) = (header.field(15).trim_ascii(), header.field(16).trim_ascii());
    match mode {
        Mode::None => None,
        Mode::Original => Some(b""),
        Mode::Enhanced => Some(b"AL"),
        Mode::Header if accept == b"NE" && application == b"NE" => None,
        Mode::Header => Some(accept),
    }
}

/// Answers bytes in which no header could be read: AE or AR, and no name to refer to.
///
/// [`Outcome::Stored`] is answered as a refusal too: nobody can say what was stored.
#[must_use]
pub fn acknowledge_headless(outcome: Outcome<'_>, stamp: Stamp<'_>) -> Vec<u8> {
    let outcome = match outcome {
        Outcome::Stored => Outcome::Never("no MSH segment was found"),
        other => other,
    };
    let mut answer = Answer::new(Separators::USUAL);
    let (time, control_id) = (stamp.time.as_bytes(), stamp.control_id.as_bytes());
    answer.segment(&[
        b"MSH",
        b"^~\\&",
        b"WARDLIGHT",
        b"",
        b"",
        b"",
        time,
        b"",
        b"ACK",
        control_id,
        b"P",
        b"2.5.1",
    ]);
    answer.segment(&[b"MSA", code(b"", outcome).as_bytes(), b""]);
    answer.reason(outcome);
    answer.bytes
}

/// MSH of the answer: sender and receiver change places; marks, processing id, version and character set are
/// theirs.
fn heading<'a>(header: &Header<'a>, stamp: Stamp<'a>) -> Vec<&'a [u8]> {
    let mut fields: Vec<&[u8]> = vec![b"MSH", header.field(2)];
    fields.extend([5, 6, 3, 4].map(|number| header.field(number)));
    // MSH-9 is put together from three pieces below, where the separators are at hand.
    fields.extend([stamp.time.as_bytes(), b"", header.component(9, 2), stamp.control_id.as_bytes()]);
    fields.extend([header.field(11), header.field(12)]);
    if !header.field(18).is_empty() {
        fields.extend([&[][..]; 5]);
        fields.push(header.field(18));
    }
    fields
}

/// The code of table 0008, by what MSH-15 asks for.
const fn code(accept: &[u8], outcome: Outcome<'_>) -> &'static str {
    match (accept, outcome) {
        (b"AL" | b"SU", Outcome::Stored) => "CA",
        (b"AL" | b"ER", Outcome::NotNow(_)) => "CE",
        (b"AL" | b"ER", Outcome::Never(_)) => "CR",
        (_, Outcome::Stored) => "AA",
        (_, Outcome::NotNow(_)) => "AE",
        (_, Outcome::Never(_)) => "AR",
    }
}

/// An answer as it grows.
struct Answer {
    bytes: Vec<u8>,
    separators: Separators,
}

impl Answer {
    const fn new(separators: Separators) -> Self {
        Self { bytes: Vec::new(), separators }
    }

    fn segment(&mut self, fields: &[&[u8]]) {
        let is_heading = fields.first() == Some(&&b"MSH"[..]);
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.bytes.push(self.separators.field);
            }
            if is_heading && at == 8 {
                self.message_type(field);
            } else {
                self.bytes.extend_from_slice(field);
            }
        }
        self.bytes.push(b'\r');
    }

    /// MSH-9: `ACK^R01^ACK`, or `ACK` alone for a message that names no event.
    fn message_type(&mut self, event: &[u8]) {
        self.bytes.extend_from_slice(b"ACK");
        if !event.is_empty() && event != b"ACK" {
            for piece in [event, b"ACK"] {
                self.bytes.push(self.separators.component);
                self.bytes.extend_from_slice(piece);
            }
        }
    }

    /// ERR says why (MSA-3 is not to be used): 207 is table 0357's "application internal error", the text is
    /// ERR-8.
    fn reason(&mut self, outcome: Outcome<'_>) {
        let (Outcome::NotNow(reason) | Outcome::Never(reason)) = outcome else { return };
        let ascii: String = reason.chars().map(|sign| if sign.is_ascii() { sign } else { '?' }).collect();
        let text: Cow<'_, str> = escape::escape(&ascii, self.separators);
        let mark = char::from(self.separators.component);
        let code = format!("207{mark}Application internal error{mark}HL70357");
        self.segment(&[b"ERR", b"", b"", code.as_bytes(), b"E", b"", b"", b"", text.as_bytes()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STAMP: Stamp<'_> = Stamp { control_id: "W1", time: "20261121021300+0530" };

    fn asking(accept: &str, application: &str) -> String {
        format!(
            "MSH|^~\\&|LIS^1^X|LAB|GW|ICU|2026||ORU^R01^ORU_R01|M1|P|2.5.1|||\
             {accept}|{application}||UNICODE UTF-8\r"
        )
    }

    fn answer(message: &[u8], outcome: Outcome<'_>) -> Option<String> {
        let header = Header::find(message).unwrap();
        acknowledge(&header, Mode::Header, outcome, STAMP)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn code_for(accept: &str, application: &str, outcome: Outcome<'_>) -> String {
        let answer = answer(asking(accept, application).as_bytes(), outcome).unwrap_or_default();
        answer.split("MSA|").nth(1).map_or_else(String::new, |rest| rest[..2].to_owned())
    }

    #[test]
    fn the_whole_matrix() {
        for (accept, application, stored, not_now, never) in [
            ("", "", "AA", "AE", "AR"),
            ("", "AL", "AA", "AE", "AR"),
            ("NE", "AL", "AA", "AE", "AR"),
            ("NE", "", "AA", "AE", "AR"),
            ("NE", "NE", "", "", ""),
            ("AL", "NE", "CA", "CE", "CR"),
            ("AL", "", "CA", "CE", "CR"),
            ("ER", "NE", "AA", "CE", "CR"),
            ("SU", "NE", "CA", "AE", "AR"),
            ("XX", "", "AA", "AE", "AR"),
        ] {
            let codes = [Outcome::Stored, Outcome::NotNow("busy"), Outcome::Never("bad")]
                .map(|outcome| code_for(accept, application, outcome));
            assert_eq!(codes, [stored, not_now, never], "MSH-15 {accept:?}, MSH-16 {application:?}");
        }
        assert!(!is_condition_listed(&Header::find(asking("XX", "").as_bytes()).unwrap()));
        assert!(is_condition_listed(&Header::find(asking(" AL ", "").as_bytes()).unwrap()));
    }

    #[test]
    fn the_hospital_s_word_on_a_sender_overrides_its_header() {
        for (accept, application) in [("", ""), ("AL", "NE"), ("NE", "AL"), ("NE", "NE"), ("XX", "")] {
            let asking = asking(accept, application);
            let header = Header::find(asking.as_bytes()).unwrap();
            let codes = |mode| {
                [Outcome::Stored, Outcome::NotNow("busy"), Outcome::Never("bad")].map(|outcome| {
                    let bytes = acknowledge(&header, mode, outcome, STAMP)?;
                    let answer = String::from_utf8(bytes).unwrap();
                    assert!(answer.contains("|M1\r"), "MSA-2 stays the sender's own: {answer}");
                    Some(answer.split("MSA|").nth(1)?[..2].to_owned())
                })
            };
            assert_eq!(codes(Mode::Original), ["AA", "AE", "AR"].map(|code| Some(code.to_owned())));
            assert_eq!(codes(Mode::Enhanced), ["CA", "CE", "CR"].map(|code| Some(code.to_owned())));
            assert_eq!(codes(Mode::None), [None, None, None]);
        }
    }

    #[test]
    fn sender_and_receiver_change_places() {
        assert_eq!(
            answer(asking("", "").as_bytes(), Outcome::Stored).unwrap(),
            "MSH|^~\\&|GW|ICU|LIS^1^X|LAB|20261121021300+0530||ACK^R01^ACK|W1|P|2.5.1||||||UNICODE UTF-8\r\
             MSA|AA|M1\r"
        );
    }

    #[test]
    fn the_reason_stands_in_err_and_breaks_nothing() {
        let refused = answer(asking("", "").as_bytes(), Outcome::Never("no bed | é\r")).unwrap();
        assert!(refused.ends_with(
            "MSA|AR|M1\rERR|||207^Application internal error^HL70357|E||||no bed \\F\\ ?\\X0D\\\r"
        ));
    }

    #[test]
    fn marks_and_names_are_the_senders_own() {
        let message = b"MSH#$*!%#LIS#LAB#GW#ICU#2026##ORU$R01#D\xE92#P#2.5\r";
        let header = Header::find(message).unwrap();
        let bytes = acknowledge(&header, Mode::Header, Outcome::NotNow("a#b"), STAMP).unwrap();
        let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(has(b"MSH#$*!%#GW#ICU#LIS#LAB#"));
        assert!(has(b"#ACK$R01$ACK#W1#P#2.5\r"));
        assert!(has(b"MSA#AE#D\xE92\r"), "MSA-2 is MSH-10 byte for byte");
        assert!(has(b"#a!F!b\r"));
    }

    #[test]
    fn without_a_name_nothing_is_accepted() {
        let path = format!("{}/../tests/data/hl7/structure_empty_msh10.hl7", env!("CARGO_MANIFEST_DIR"));
        let refused = answer(&std::fs::read(path).unwrap(), Outcome::Stored).unwrap();
        assert!(refused.contains("MSA|AR|\rERR|||207"), "{refused}");
        let headless = String::from_utf8(acknowledge_headless(Outcome::Stored, STAMP)).unwrap();
        assert!(
            headless.starts_with("MSH|^~\\&|WARDLIGHT||||20261121021300+0530||ACK|W1|P|2.5.1\rMSA|AR|\rERR|")
        );
    }

    proptest! {
        #[test]
        fn an_answer_is_a_message_again(fields in "[A-Za-z0-9|^~ ]{0,80}") {
            let message = format!("MSH|^~\\&|{fields}\r");
            let header = Header::find(message.as_bytes()).unwrap();
            if let Some(bytes) = acknowledge(&header, Mode::Header, Outcome::NotNow("try again"), STAMP) {
                let again = Header::find(&bytes).unwrap();
                prop_assert_eq!(again.field(10), b"W1");
                prop_assert_eq!(again.field(5), header.field(3));
                prop_assert_eq!(bytes.last(), Some(&b'\r'));
            }
        }
    }
}
