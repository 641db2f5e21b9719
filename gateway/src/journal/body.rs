//! The packed body of an event: one byte that says which shape it has, then postcard. It knows no table.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::JournalError;

/// The shape of the bodies that this version writes. A change of `event::Event` or of what it is made of
/// takes the next number, and from the first release on this module then still reads the ones before. Shapes
/// 1 to 5 were never released.
const SHAPE: u8 = 6;

/// Writes a body into a buffer that is used again and again.
pub(super) fn pack<T: Serialize>(value: &T, mut buffer: Vec<u8>) -> Result<Vec<u8>, JournalError> {
    buffer.clear();
    buffer.push(SHAPE);
    postcard::to_extend(value, buffer).map_err(|fault| JournalError::Unwritable(fault.to_string()))
}

/// Reads a body; `None` where this version cannot.
pub(super) fn unpack<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    match body.split_first() {
        Some((&SHAPE, packed)) => postcard::from_bytes(packed).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_read_and_what_was_cut_is_not() {
        let body = pack(&("HR", 118_i32), Vec::new()).unwrap();
        assert_eq!(unpack::<(String, i32)>(&body), Some(("HR".to_owned(), 118)));
        assert_eq!(unpack::<(String, i32)>(&body[..body.len() - 1]), None);
        assert_eq!(unpack::<(String, i32)>(&[]), None);
    }

    #[test]
    fn another_shape_is_not_guessed_at() {
        let mut body = pack(&7_u32, Vec::new()).unwrap();
        body[0] = SHAPE + 1;
        assert_eq!(unpack::<u32>(&body), None);
    }
}
