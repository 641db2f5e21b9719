//! As much of MSH as an acknowledgement needs, and the acknowledgement. It reads nothing of the message below
//! it.
//!
//! The codes follow HL7 table 0008 by the conditions in MSH-15 and MSH-16 (table 0155).

use jiff::civil::DateTime;

/// The fields of MSH that come back in an acknowledgement, as bytes: the character set is the sender's.
#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    separator: u8,
    encoding: &'a [u8],
    sender: [&'a [u8]; 2],
    recipient: [&'a [u8]; 2],
    message_type: &'a [u8],
    /// MSH-10; empty when there is no MSH.
    pub(super) control_id: &'a [u8],
    processing: &'a [u8],
    version: &'a [u8],
    accept: &'a [u8],
    application: &'a [u8],
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Kept,
    NotNow,
    Rejected,
}

impl<'a> Header<'a> {
    /// Reads the first segment. What is not MSH gives an empty header.
    pub(super) fn read(message: &'a [u8]) -> Self {
        let segment = message.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let [b'M', b'S', b'H', separator, rest @ ..] = segment else { return Self::default() };
        // MSH-1 is the separator itself, so the first field split off is MSH-2.
        let fields: Vec<&[u8]> = rest.split(|byte| byte == separator).collect();
        let field = |number: usize| fields.get(number - 2).copied().unwrap_or_default();
        Self {
            separator: *separator,
            encoding: field(2),
            sender: [field(3), field(4)],
            recipient: [field(5), field(6)],
            message_type: field(9),
            control_id: field(10),
            processing: field(11),
            version: field(12),
            accept: field(15),
            application: field(16),
        }
    }

    /// The acknowledgement, or `None` where the sender wants none.
    pub(super) fn answer(&self, outcome: Outcome, now: DateTime) -> Option<Vec<u8>> {
        if (self.accept, self.application) == (b"NE", b"NE") {
            return None;
        }
        let (separator, encoding): (u8, &[u8]) =
            if self.separator == 0 { (b'|', b"^~\\&") } else { (self.separator, self.encoding) };
        let component = encoding.first().copied().unwrap_or(b'^');
        let trigger = self.message_type.split(|byte| *byte == component).nth(1).unwrap_or_default();
        let answer_type = [b"ACK".as_slice(), trigger, b"ACK"].join(&component);
        let time = now.strftime("%Y%m%d%H%M%S").to_string();
        let own_id = [b"A".as_slice(), self.control_id].concat();
        let msh = [
            b"MSH".as_slice(),
            encoding,
            self.recipient[0],
            self.recipient[1],
            self.sender[0],
            self.sender[1],
            time.as_bytes(),
            b"",
            &answer_type,
            &own_id,
            self.processing,
            self.version,
        ]
        .join(&separator);
        let msa = [b"MSA".as_slice(), self.code(outcome), self.control_id].join(&separator);
        Some([msh, msa, Vec::new()].join(&b'\r'))
    }

    /// The acknowledgement code. Only a condition that asks for it brings the enhanced (commit) codes.
    fn code(&self, outcome: Outcome) -> &'static [u8] {
        let enhanced = match self.accept {
            b"AL" => true,
            b"ER" => outcome != Outcome::Kept,
            b"SU" => outcome == Outcome::Kept,
            _ => false,
        };
        match (enhanced, outcome) {
            (false, Outcome::Kept) => b"AA",
            (false, Outcome::NotNow) => b"AE",
            (false, Outcome::Rejected) => b"AR",
            (true, Outcome::Kept) => b"CA",
            (true, Outcome::NotNow) => b"CE",
            (true, Outcome::Rejected) => b"CR",
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Header, Outcome};

    fn answered(message: &str, outcome: Outcome) -> Option<String> {
        let now = date(2026, 11, 21).at(11, 2, 0, 0);
        let answer = Header::read(message.as_bytes()).answer(outcome, now)?;
        Some(String::from_utf8(answer).unwrap())
    }

    fn code(conditions: &str, outcome: Outcome) -> Option<String> {
        let message = format!("MSH|^~\\&|||||||ORU^R01|7|P|2.6|||{conditions}\r");
        let answer = answered(&message, outcome)?;
        Some(answer.split('\r').nth(1).unwrap().split('|').nth(1).unwrap().to_owned())
    }

    #[test]
    fn the_codes_follow_the_conditions() {
        for (conditions, kept, not_now, rejected) in [
            ("|", "AA", "AE", "AR"),
            ("NE|AL", "AA", "AE", "AR"),
            ("AL|NE", "CA", "CE", "CR"),
            ("ER|", "AA", "CE", "CR"),
            ("SU|", "CA", "AE", "AR"),
            ("XX|", "AA", "AE", "AR"),
        ] {
            assert_eq!(code(conditions, Outcome::Kept).as_deref(), Some(kept), "{conditions}");
            assert_eq!(code(conditions, Outcome::NotNow).as_deref(), Some(not_now), "{conditions}");
            assert_eq!(code(conditions, Outcome::Rejected).as_deref(), Some(rejected), "{conditions}");
        }
        assert_eq!(code("NE|NE", Outcome::Kept), None);
    }

    #[test]
    fn the_answer_goes_back_to_the_sender_with_its_own_id() {
        let message = "MSH|^~\\&|WARDLIGHT|ICU|HIS|HOSPITAL|20261121||ORU^R01^ORU_R01|id-1|P|2.6\rPID|1\r";
        let expected =
            "MSH|^~\\&|HIS|HOSPITAL|WARDLIGHT|ICU|20261121110200||ACK^R01^ACK|Aid-1|P|2.6\rMSA|AA|id-1\r";
        assert_eq!(answered(message, Outcome::Kept).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_hl7_is_answered_without_an_id() {
        assert!(Header::read(b"GET / HTTP/1.1").control_id.is_empty());
        let answer = answered("GET / HTTP/1.1", Outcome::Rejected).unwrap();
        assert!(answer.ends_with("\rMSA|AR|\r"), "{answer:?}");
    }
}
