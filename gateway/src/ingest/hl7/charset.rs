//! From bytes to text: the character set a message names in MSH-18, and what to do when it names none or the
//! wrong one.
//!
//! A byte that cannot be read becomes U+FFFD and is counted; the text around it is kept. No character is ever
//! guessed from its meaning. UTF-16 and UTF-32 are refused by name: their bytes cannot pass MLLP framing
//! unharmed.

use encoding_rs::Encoding;
use thiserror::Error;

use super::header::{Header, is_line_end};

/// Text read from bytes, and how sure that reading is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text; line ends are as they were sent, a byte order mark is gone.
    pub text: String,
    /// The name of the character set it was read in, by the WHATWG registry (`UTF-8`, `windows-1252`,
    /// `gb18030` …).
    ///
    /// 8859/1 is read as windows-1252, which has letters where 8859/1 has control characters.
    pub charset: &'static str,
    /// Whether MSH-18 named that set; otherwise the bytes said so.
    pub declared: bool,
    /// How many places could not be read; each stands as U+FFFD.
    pub unreadable_places: usize,
}

/// A character set that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CharsetError {
    /// Two bytes to each character.
    #[error("UTF-16 cannot be sent over MLLP: set the sender to UTF-8")]
    Utf16,
    /// Four bytes to each character.
    #[error("UTF-32 cannot be sent over MLLP: set the sender to UTF-8")]
    Utf32,
}

/// How a message wants to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declared {
    /// MSH-18 is empty, ASCII, or a name that nobody knows.
    Nothing,
    One(&'static Encoding),
}

/// Names of MSH-18 (table 0211) and names seen in its place, without blanks and punctuation, in capitals.
const NAMES: [(&str, &Encoding); 26] = [
    ("UNICODE", encoding_rs::UTF_8),
    ("UNICODEUTF8", encoding_rs::UTF_8),
    ("UTF8", encoding_rs::UTF_8),
    ("88591", encoding_rs::WINDOWS_1252),
    ("ISO88591", encoding_rs::WINDOWS_1252),
    ("LATIN1", encoding_rs::WINDOWS_1252),
    ("WINDOWS1252", encoding_rs::WINDOWS_1252),
    ("CP1252", encoding_rs::WINDOWS_1252),
    ("88592", encoding_rs::ISO_8859_2),
    ("88593", encoding_rs::ISO_8859_3),
    ("88594", encoding_rs::ISO_8859_4),
    ("88595", encoding_rs::ISO_8859_5),
    ("88596", encoding_rs::ISO_8859_6),
    ("88597", encoding_rs::ISO_8859_7),
    ("88598", encoding_rs::ISO_8859_8),
    ("88599", encoding_rs::WINDOWS_1254),
    ("885915", encoding_rs::ISO_8859_15),
    ("GB180302000", encoding_rs::GB18030),
    ("GB18030", encoding_rs::GB18030),
    ("GBK", encoding_rs::GB18030),
    ("GB2312", encoding_rs::GB18030),
    ("BIG5", encoding_rs::BIG5),
    ("KSX1001", encoding_rs::EUC_KR),
    ("SHIFTJIS", encoding_rs::SHIFT_JIS),
    ("SJIS", encoding_rs::SHIFT_JIS),
    ("ISO2022JP", encoding_rs::ISO_2022_JP),
];

/// Repeats of MSH-18 that let a message switch to Japanese characters by escape sequences.
const JAPANESE_REPEATS: [&str; 4] = ["ISOIR14", "ISOIR87", "ISOIR159", "ISO2022JP"];

/// A character set that a hospital or a profile names for a sender who names none, or the wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// The set of a name of table 0211, or of one seen in its place (`8859/1`, `GB18030`, `UNICODE UTF-8`).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match known(&plain_name(name.as_bytes())) {
            Declared::Nothing => None,
            Declared::One(encoding) => Some(Self(encoding)),
        }
    }
}

/// Reads one message as text, in the set that MSH-18 names, or in `instead` whatever MSH-18 says.
///
/// # Errors
/// When the bytes are UTF-16 or UTF-32.
pub fn decode(message: &[u8], instead: Option<Charset>) -> Result<Decoded, CharsetError> {
    refuse_wide(message)?;
    if let Some(rest) = message.strip_prefix(b"\xEF\xBB\xBF") {
        return Ok(read_in(encoding_rs::UTF_8, rest, false));
    }
    Ok(match instead.map_or_else(|| declared(message), |Charset(encoding)| Declared::One(encoding)) {
        Declared::Nothing => read_undeclared(message),
        Declared::One(encoding) if encoding == encoding_rs::ISO_2022_JP => read_by_lines(encoding, message),
        Declared::One(encoding) if instead.is_some() => read_in(encoding, message, false),
        Declared::One(encoding) if is_utf8_all_the_same(encoding, message) => {
            read_in(encoding_rs::UTF_8, message, false)
        }
        Declared::One(encoding) => read_in(encoding, message, true),
    })
}

/// Refuses text of two or four bytes to a character: by its byte order mark, or by the zeros in its first
/// letters.
///
/// # Errors
/// Which of the two it is.
pub fn refuse_wide(message: &[u8]) -> Result<(), CharsetError> {
    match message {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] | [b'M', 0, 0, 0, b'S', ..] | [0, 0, 0, b'M', ..] => {
            Err(CharsetError::Utf32)
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [b'M', 0, b'S', 0, ..] | [0, b'M', 0, b'S', ..] => {
            Err(CharsetError::Utf16)
        }
        _ => Ok(()),
    }
}

fn declared(message: &[u8]) -> Declared {
    let Ok(header) = Header::find(message) else { return Declared::Nothing };
    let mut names = header.field(18).split(|byte| *byte == header.separators().repeat).map(plain_name);
    let first = names.next().unwrap_or_default();
    if names.any(|name| JAPANESE_REPEATS.contains(&name.as_str())) {
        return Declared::One(encoding_rs::ISO_2022_JP);
    }
    known(&first)
}

fn known(plain: &str) -> Declared {
    if JAPANESE_REPEATS.contains(&plain) {
        return Declared::One(encoding_rs::ISO_2022_JP);
    }
    let known = NAMES.iter().find(|(name, _)| *name == plain);
    known.map_or(Declared::Nothing, |(_, encoding)| Declared::One(encoding))
}

fn plain_name(name: &[u8]) -> String {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(|byte| char::from(byte.to_ascii_uppercase())).collect()
}

/// Whether a message that names a set of one byte to a character is UTF-8 in truth: it has bytes beyond ASCII
/// and all of them form UTF-8, which real Latin text does not do by chance.
fn is_utf8_all_the_same(encoding: &'static Encoding, message: &[u8]) -> bool {
    encoding.is_single_byte() && !message.is_ascii() && std::str::from_utf8(message).is_ok()
}

/// Without a name: UTF-8 where the bytes are UTF-8 (ASCII is), else Latin-1, which is what old senders mean.
fn read_undeclared(message: &[u8]) -> Decoded {
    let is_utf8 = std::str::from_utf8(message).is_ok();
    read_in(if is_utf8 { encoding_rs::UTF_8 } else { encoding_rs::WINDOWS_1252 }, message, false)
}

fn read_in(encoding: &'static Encoding, bytes: &[u8], declared: bool) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let unreadable_places = if encoding == encoding_rs::UTF_8 && matches!(text, std::borrow::Cow::Borrowed(_))
    {
        0
    } else {
        replacements(&text)
    };
    Decoded { text: text.into_owned(), charset: encoding.name(), declared, unreadable_places }
}

/// Sets with shift states start anew on each line, so that one bad sequence costs a line and not the message.
fn read_by_lines(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let mut text = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| is_line_end(*byte)) {
        let (body, end) = match line.split_last() {
            Some((last, body)) if is_line_end(*last) => (body, char::from(*last).to_string()),
            _ => (line, String::new()),
        };
        text.push_str(&encoding.decode_without_bom_handling(body).0);
        text.push_str(&end);
    }
    let unreadable_places = replacements(&text);
    Decoded { text, charset: encoding.name(), declared: true, unreadable_places }
}

fn replacements(text: &str) -> usize {
    text.matches(char::REPLACEMENT_CHARACTER).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(name: &str) -> Decoded {
        let path = format!("{}/../tests/data/hl7/{name}.hl7", env!("CARGO_MANIFEST_DIR"));
        decode(&std::fs::read(path).unwrap(), None).unwrap()
    }

    #[test]
    fn each_sample_is_read_in_its_own_set() {
        for (name, charset, declared, text) in [
            ("encoding_latin1_msh18_8859", "windows-1252", true, "MÜLLER^José"),
            ("encoding_latin1_no_msh18", "windows-1252", false, "MÜLLER^José"),
            ("encoding_utf8_declared_latin1", "UTF-8", false, "MÜLLER^José"),
            ("encoding_gb18030", "gb18030", true, "王^试"),
            ("encoding_gbk_pipe_trail_bytes", "gb18030", true, "乗乛亅亊俓俕^X"),
            ("encoding_sjis_iso2022", "ISO-2022-JP", true, "ヤマダ^タロウ"),
            ("encoding_utf8_bom", "UTF-8", false, "MSH|^~\\&|LIS"),
        ] {
            let decoded = sample(name);
            assert_eq!((decoded.charset, decoded.declared), (charset, declared), "{name}");
            assert!(decoded.text.contains(text), "{name}: {}", decoded.text);
            assert_eq!(decoded.unreadable_places, 0, "{name}");
        }
    }

    #[test]
    fn bad_bytes_in_one_field_leave_the_others() {
        let decoded = sample("encoding_bad_utf8");
        assert_eq!(decoded.unreadable_places, 2);
        assert!(decoded.text.contains("OBX|1|NM|8867-4^HR^LN||80|/min"));
    }

    #[test]
    fn wide_text_is_refused_by_name() {
        let path = format!("{}/../tests/data/hl7/encoding_utf16le_bom.hl7", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(decode(&std::fs::read(path).unwrap(), None), Err(CharsetError::Utf16));
        assert_eq!(decode(b"\0M\0S\0H\0|", None), Err(CharsetError::Utf16));
        assert_eq!(decode(b"\0\0\0M\0\0\0S", None), Err(CharsetError::Utf32));
    }

    #[test]
    fn shift_jis_may_hold_separators_in_its_second_bytes() {
        let decoded =
            decode(b"MSH|^~\\&|||||||||||||||| Shift_JIS\rPID|1||\x83\x5C\x83\x7C|x\r", None).unwrap();
        assert!(decoded.text.contains("PID|1||ソポ|x"), "{}", decoded.text);
    }

    #[test]
    fn an_unknown_name_is_no_reason_to_lose_the_message() {
        let decoded = decode(b"MSH|^~\\&||||||||||||||||KLINGON\rPID|M\xDCLLER\r", None).unwrap();
        assert!(!decoded.declared && decoded.text.contains("MÜLLER"));
    }

    #[test]
    fn a_set_named_by_the_hospital_wins_over_the_sender() {
        let instead = Charset::named("GB18030");
        let silent = b"MSH|^~\\&|MON\rPID|1||\xCD\xF5\r";
        assert!(
            decode(silent, None).unwrap().text.contains("Íõ"),
            "read as Latin-1 where nobody says otherwise"
        );
        assert!(decode(silent, instead).unwrap().text.contains('王'));
        let wrong = b"MSH|^~\\&||||||||||||||||8859/1\rPID|1||\xCD\xF5\r";
        assert!(decode(wrong, instead).unwrap().text.contains('王'));
        assert!(Charset::named("ISO IR87").is_some() && Charset::named("8859/1").is_some());
        assert_eq!((Charset::named("KLINGON"), Charset::named("")), (None, None));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            name in "(8859/1|GB18030|~ISO IR87|UNICODE UTF-8|Shift_JIS|)",
            rest in any::<Vec<u8>>(),
        ) {
            let mut message = format!("MSH|^~\\&||||||||||||||||{name}\r").into_bytes();
            message.extend(rest);
            let _ = decode(&message, None);
        }
    }
}
