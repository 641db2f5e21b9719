//! A message without its patient's names, for whoever has not said who they are.

/// The fields of PID that are names: the patient's own, and other ones.
const NAMES: [usize; 2] = [5, 9];

/// What may stand before the name of a segment: padding, and the frame's own first byte.
const PADDING: &[u8] = b" \t\0\x0b\xEF\xBB\xBF";

/// The bytes of a message with PID-5 and PID-9 left empty; what is no HL7 stays as it is. A line that begins
/// no segment goes on with the one before, so that a name that a line's end cut in two goes as a whole.
pub(super) fn blanked(bytes: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(bytes.len());
    let mut inside: Option<(u8, usize)> = None;
    for line in bytes.split_inclusive(|byte| is_end(*byte)) {
        if let Some((is_patient, separator)) = segment_of(line) {
            inside = is_patient.then_some((separator, 0));
        }
        let Some((separator, field)) = inside.as_mut() else {
            rest.extend_from_slice(line);
            continue;
        };
        for byte in line {
            *field += usize::from(byte == separator);
            if byte == separator || is_end(*byte) || !NAMES.contains(field) {
                rest.push(*byte);
            }
        }
    }
    rest
}

const fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Whether the segment that a line begins is the patient's, and what separates its fields.
fn segment_of(line: &[u8]) -> Option<(bool, u8)> {
    let start = line.iter().position(|byte| !PADDING.contains(byte))?;
    let (name, after) = line.get(start..)?.split_at_checked(3)?;
    let separator = *after.first()?;
    let is_name = name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (is_name && separator.is_ascii_punctuation()).then_some((name == b"PID", separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(&blanked(bytes)).into_owned()
    }

    #[test]
    fn names_go_and_all_else_stays() {
        let message = b"MSH|^~\\&|LIS|Rao|GW\rPID|1||MRN1||Rao^Asha||19700101|F|Asha R\rPV1|1|I|5|6|Doctor\r";
        let without = "MSH|^~\\&|LIS|Rao|GW\rPID|1||MRN1||||19700101|F|\rPV1|1|I|5|6|Doctor\r";
        assert_eq!(text(message), without);
    }

    #[test]
    fn a_name_is_found_in_what_is_odd() {
        assert_eq!(text(b"\x0b PID#1##M##Rao\n^Asha##1970\x1c\r"), "\x0b PID#1##M##\n##1970\x1c\r");
        assert_eq!(text(b"PID|1||M||Rao\xFF^A"), "PID|1||M||", "not UTF-8");
        assert_eq!(text(b"{\"family\": \"PID|5\"}"), "{\"family\": \"PID|5\"}");
        assert_eq!(text(b""), "");
    }
}
