//! The message header as bytes, before any character set is known.
//!
//! The header names the character set and the sender's own name for the message, so it must be readable when
//! nothing else is: a message over the size cap, in a refused character set, or cut off half way is still
//! answered by name. Nothing here decodes text.

use memchr::memchr2_iter;
use thiserror::Error;

/// The five characters by which a message says how it is divided (MSH-1 and MSH-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separators {
    /// Between fields (MSH-1), usually `|`.
    pub field: u8,
    /// Between components, usually `^`.
    pub component: u8,
    /// Between repeats, usually `~`.
    pub repeat: u8,
    /// Around escape sequences, usually `\`; old senders name none.
    pub escape: Option<u8>,
    /// Between subcomponents, usually `&`; old senders name none.
    pub subcomponent: Option<u8>,
    /// Marks cut text since version 2.7, usually `#`.
    pub truncation: Option<u8>,
}

impl Separators {
    /// What nearly everybody uses, for messages that this gateway writes itself.
    pub const USUAL: Self = Self {
        field: b'|',
        component: b'^',
        repeat: b'~',
        escape: Some(b'\\'),
        subcomponent: Some(b'&'),
        truncation: None,
    };

    /// Reads MSH-1 and MSH-2: two to five different ASCII marks after the field separator.
    fn read(line: &[u8]) -> Result<Self, HeaderError> {
        let field = *line.get(3).ok_or(HeaderError::Separators)?;
        let rest = line.get(4..).unwrap_or_default();
        let marks = rest.split(|byte| *byte == field).next().unwrap_or_default();
        let all_marks = marks.iter().chain([&field]).all(|byte| is_mark(*byte));
        if !(2..=5).contains(&marks.len()) || !all_marks || has_twice(marks) {
            return Err(HeaderError::Separators);
        }
        let mark = |at: usize| marks.get(at).copied();
        let (Some(component), Some(repeat)) = (mark(0), mark(1)) else { return Err(HeaderError::Separators) };
        Ok(Self { field, component, repeat, escape: mark(2), subcomponent: mark(3), truncation: mark(4) })
    }
}

/// Whether a byte can divide text: visible ASCII that is neither letter nor digit.
const fn is_mark(byte: u8) -> bool {
    byte.is_ascii_punctuation()
}

fn has_twice(marks: &[u8]) -> bool {
    marks.iter().enumerate().any(|(at, mark)| marks.iter().skip(at + 1).any(|other| other == mark))
}

/// Why no header could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// No line starts with `MSH`.
    #[error("no MSH segment: this is not an HL7 message")]
    Missing,
    /// MSH-1 and MSH-2 do not name two to five different marks.
    #[error("MSH-1 and MSH-2 do not name the separators: the sender should write MSH|^~\\&|")]
    Separators,
}

/// The header line of one message, in the sender's own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    line: &'a [u8],
    separators: Separators,
    width: Width,
}

/// How many bytes a character may have whose last one looks like a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// Each mark is one.
    Single,
    /// Shift_JIS, where half-width letters stand alone.
    ShiftJis,
    /// GB18030, Big5 and their like.
    Double,
}

impl Width {
    /// By the names of character sets in the line: MSH-18 itself cannot be counted to before this is known.
    fn of(line: &[u8]) -> Self {
        if line.is_ascii() {
            return Self::Single;
        }
        let letters: String =
            line.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(|byte| char::from(*byte)).collect();
        let letters = letters.to_ascii_uppercase();
        let names = |sets: &[&str]| sets.iter().any(|set| letters.contains(set));
        if names(&["SHIFTJIS", "SJIS"]) {
            Self::ShiftJis
        } else if names(&["GB18030", "GBK", "GB2312", "BIG5"]) {
            Self::Double
        } else {
            Self::Single
        }
    }

    /// Whether these two bytes are one character.
    const fn is_one(self, lead: u8, trail: u8) -> bool {
        let is_trail = matches!(trail, 0x40..=0x7e | 0x80..=0xfe);
        match self {
            Self::Single => false,
            Self::ShiftJis => matches!(lead, 0x81..=0x9f | 0xe0..=0xfc) && is_trail,
            Self::Double => matches!(lead, 0x81..=0xfe) && is_trail,
        }
    }

    fn first(self, bytes: &[u8], mark: u8) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if *byte == mark {
                return Some(at);
            }
            let is_one = bytes.get(at + 1).is_some_and(|trail| self.is_one(*byte, *trail));
            at += if is_one { 2 } else { 1 };
        }
        None
    }

    /// What a mark divides.
    fn split(self, bytes: &[u8], mark: u8) -> impl Iterator<Item = &[u8]> {
        let mut rest = Some(bytes);
        std::iter::from_fn(move || {
            let left = rest?;
            let Some(at) = self.first(left, mark) else { return rest.take() };
            rest = left.get(at + 1..);
            left.get(..at)
        })
    }
}

impl<'a> Header<'a> {
    /// Finds the first header in `bytes`, wherever its line starts.
    ///
    /// # Errors
    /// When no line starts with `MSH`, or the first that does names no usable separators.
    pub fn find(bytes: &'a [u8]) -> Result<Self, HeaderError> {
        let start = starts(bytes).next().ok_or(HeaderError::Missing)?;
        let line = bytes.get(start..).unwrap_or_default();
        let line = line.split(|byte| is_line_end(*byte)).next().unwrap_or_default();
        Ok(Self { line, separators: Separators::read(line)?, width: Width::of(line) })
    }

    /// The separators of this message.
    #[must_use]
    pub const fn separators(&self) -> Separators {
        self.separators
    }

    /// Field `number` in HL7's numbering, as it was sent; empty where the line is shorter.
    ///
    /// MSH-1 is the separator itself and MSH-2 the marks, so the count starts one earlier than in other
    /// segments.
    #[must_use]
    pub fn field(&self, number: usize) -> &'a [u8] {
        match number {
            0 => &[],
            1 => self.line.get(3..4).unwrap_or_default(),
            _ => self.width.split(self.line, self.separators.field).nth(number - 1).unwrap_or_default(),
        }
    }

    /// Component `number` (from 1) of the first repeat of a field.
    #[must_use]
    pub fn component(&self, field: usize, number: usize) -> &'a [u8] {
        let first = self.width.split(self.field(field), self.separators.repeat).next().unwrap_or_default();
        let mut components = self.width.split(first, self.separators.component);
        number.checked_sub(1).and_then(|at| components.nth(at)).unwrap_or_default()
    }

    /// Whether any repetition of MSH-21 names the profile `oid` in its third component.
    #[must_use]
    pub fn names_profile(&self, oid: &[u8]) -> bool {
        let mut repeats = self.width.split(self.field(21), self.separators.repeat);
        repeats.any(|profile| {
            let mut components = self.width.split(profile, self.separators.component);
            components.nth(2).is_some_and(|found| found.trim_ascii() == oid)
        })
    }
}

/// Whether a byte ends a segment: carriage return by the standard, line feed by habit.
#[must_use]
pub(super) const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Where messages start: every line that opens with `MSH` and a mark, blanks and a byte order mark before it
/// allowed.
///
/// Line ends cannot be the second byte of a character in any character set that is read here, so this is safe
/// before decoding. `MSHA` or `MSH was seen` inside a report is no header.
pub(super) fn starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let after_an_end = memchr2_iter(b'\r', b'\n', bytes).map(|end| end + 1);
    std::iter::once(0).chain(after_an_end).filter_map(|start| {
        let line = bytes.get(start..).unwrap_or_default();
        let padding = padding_length(line);
        is_header(line.get(padding..).unwrap_or_default()).then_some(start + padding)
    })
}

/// How many bytes stand before a header without being part of it: blanks, NULs, whole UTF-8 byte order marks.
fn padding_length(line: &[u8]) -> usize {
    let mut rest = line;
    while let [b' ' | b'\t' | 0, after @ ..] | [0xEF, 0xBB, 0xBF, after @ ..] = rest {
        rest = after;
    }
    line.len() - rest.len()
}

/// Whether a line, without what may stand before it, opens with `MSH` and a mark.
pub(super) fn is_header(line: &[u8]) -> bool {
    line.starts_with(b"MSH") && line.get(3).is_some_and(|mark| is_mark(*mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_as_hl7_counts_them() {
        let header = Header::find(b"MSH|^~\\&|LIS|LAB|||2026||ORU^R01^ORU_R01|M1|P|2.5.1\rPID|1\r").unwrap();
        assert_eq!(header.field(0), b"");
        assert_eq!(header.field(1), b"|");
        assert_eq!(header.field(2), b"^~\\&");
        assert_eq!(header.field(3), b"LIS");
        assert_eq!(header.field(10), b"M1");
        assert_eq!(header.component(9, 2), b"R01");
        assert_eq!(header.field(18), b"", "a short header has empty fields");
    }

    #[test]
    fn a_mark_within_a_character_divides_nothing() {
        // The second byte of the katakana PO is a bar in Shift_JIS; of a character of GBK, too.
        for (sent, set) in [(&b"\x83T\x83|\x81[\x83g"[..], "SHIFT_JIS"), (b"\x81|\xc4\xe3", "GB18030")] {
            let head = [b"MSH|^~\\&|LIS|", sent, b"|GW|ICU|2026||ORU^R01|N1|P|2.5||||||"].concat();
            let line = [head.as_slice(), set.as_bytes(), b"\rPID|1"].concat();
            let header = Header::find(&line).unwrap();
            assert_eq!(
                (header.field(4), header.field(10), header.field(18)),
                (sent, &b"N1"[..], set.as_bytes())
            );
            assert_eq!(header.component(9, 2), b"R01");
        }
        let latin = Header::find(b"MSH|^~\\&|LIS|M\xfc|GW|ICU|2026||ORU^R01|N1|P|2.5||||||8859/1").unwrap();
        assert_eq!(latin.field(10), b"N1");
    }

    #[test]
    fn two_to_five_marks_are_taken() {
        let read = |line: &[u8]| Header::find(line).map(|header| header.separators());
        assert_eq!(read(b"MSH|^~\\&|").unwrap(), Separators::USUAL);
        assert_eq!(read(b"MSH|^~\\&#|A").unwrap().truncation, Some(b'#'));
        assert_eq!(read(b"MSH|^~|A").unwrap().escape, None);
        assert_eq!(read(b"MSH#$*!%#A").unwrap().component, b'$');
        for line in [&b"MSH|"[..], b"MSH||A", b"MSH|^|A", b"MSH|^^~\\|A", b"MSH|AB~\\|", b"MSH|^~\\&#$|"] {
            assert_eq!(read(line), Err(HeaderError::Separators), "{line:?}");
        }
    }

    #[test]
    fn a_header_is_a_line_and_not_a_word() {
        assert_eq!(Header::find(b"PID|1\rOBX|1|TX|||see MSH|^~\\&|\r"), Err(HeaderError::Missing));
        assert_eq!(Header::find(b"MSHA|1\r"), Err(HeaderError::Missing));
        assert_eq!(Header::find(b"\xEF\xBB\xBFMSH|^~\\&|A").unwrap().field(3), b"A");
        assert_eq!(
            Header::find("\u{fefb}MSH|^~\\&|A".as_bytes()),
            Err(HeaderError::Missing),
            "no mark, a letter"
        );
        assert_eq!(starts(b"MSH|^~\\&|A\r\nMSH|^~\\&|B\r").collect::<Vec<_>>(), [0, 12]);
    }
}
