//! Reads an HL7 acknowledgement: MSA-1, MSA-2 and whatever says why. It reads as little of the message as it
//! needs, since acknowledgements in the field are the most carelessly made messages there are.

use super::super::short;

/// What a receiver said to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Acknowledged {
    /// MSA-1: `AA`, `CE` …
    pub(super) code: String,
    /// MSA-2: the control id of the message that is meant.
    pub(super) control_id: String,
    /// MSA-3 or ERR-8 or ERR-3, for people.
    pub(super) text: String,
}

/// Reads one frame; what stands before MSH (the start byte, keep-alive line ends) is passed over. `None`
/// where it is no acknowledgement.
pub(super) fn read(frame: &str) -> Option<Acknowledged> {
    let message = frame.get(frame.find("MSH")?..)?;
    let separator = message.chars().nth(3)?;
    let segments = || message.split(['\r', '\n', '\u{1c}']).map(str::trim_start);
    let msa = segments().find(|segment| is_named(segment, "MSA", separator))?;
    let mut text = field(msa, 3, separator).to_owned();
    if let Some(err) = segments().find(|segment| is_named(segment, "ERR", separator)) {
        for number in [8, 7, 3, 1] {
            if text.is_empty() {
                field(err, number, separator).clone_into(&mut text);
            }
        }
    }
    Some(Acknowledged {
        code: field(msa, 1, separator).to_uppercase(),
        control_id: field(msa, 2, separator).to_owned(),
        text: short(&text, 200),
    })
}

fn field(segment: &str, number: usize, separator: char) -> &str {
    segment.split(separator).nth(number).unwrap_or_default().trim()
}

fn is_named(segment: &str, name: &str, separator: char) -> bool {
    segment.strip_prefix(name).is_some_and(|rest| rest.starts_with(separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_the_control_id_and_the_reason_are_read() {
        let frame = "\u{b}MSH|^~\\&|HIS||WARDLIGHT||20251121021301||ACK^R01^ACK|9|P|2.6\rMSA|AE|vitals:07:1\r\
                     ERR|||207^Application internal error^HL70357|E||||database is down\r\u{1c}";
        let acknowledged = read(frame).unwrap();
        assert_eq!(acknowledged.code, "AE");
        assert_eq!(acknowledged.control_id, "vitals:07:1");
        assert_eq!(acknowledged.text, "database is down");
    }

    #[test]
    fn careless_acknowledgements_are_read_too() {
        for frame in [
            "MSH|^~\\&|A\nMSA|aa|k1\n",
            "\r\n\u{b}\u{b}MSH#^~\\&#A\rMSA#AA#k1\u{1c}",
            "MSH|^~\\&|A\r\nMSA|AA|k1 \r\n\u{1c}",
        ] {
            let acknowledged = read(frame).unwrap();
            assert_eq!(
                (acknowledged.code.as_str(), acknowledged.control_id.as_str()),
                ("AA", "k1"),
                "{frame:?}"
            );
        }
    }

    #[test]
    fn what_acknowledges_nothing_is_none() {
        for frame in ["", "\u{6}\u{1c}", "MSH", "MSH|^~\\&|A\r", "MSAX|AA|k1", "PID|1\rMSA|AA|k1"] {
            assert_eq!(read(frame), None, "{frame:?}");
        }
    }
}
