//! Bytes as hexadecimal digits, and back. It knows nothing of what they mean.

use std::fmt::Write;

/// Bytes as digits, two for each.
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        // Writing to memory does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Digits as bytes; `None` where they are none.
#[must_use]
pub fn read(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_back_as_they_are_written() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert!(of(&bytes).starts_with("00010203") && of(&bytes).ends_with("fdfeff"));
        assert_eq!(read(&of(&bytes)), Some(bytes));
        assert_eq!(read("0A"), Some(vec![10]));
        for wrong in ["0", "0g", "+1", "é"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
