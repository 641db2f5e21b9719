//! The packed body of an event: one byte that says which shape it has, then postcard; a long one is made
//! small. It knows no table.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::JournalError;
use crate::message::{quickly_packed, unpacked};

/// The shape of the bodies that this version writes. A change of `event::Event` or of what it is made of
/// takes the next number, and from the first release on this module then still reads the ones before. Shapes
/// 1 to 5 were never released.
const SHAPE: u8 = 6;

/// The same, made small: four bytes say how long it was, the lowest first, and zstd follows.
const SMALL_SHAPE: u8 = SHAPE | 0x80;

/// From this many bytes on a body is made small. A report of thirty results fills a page of the store by
/// itself and shares it with four others when it is small; every page that a commit touches is written, and
/// its sender waits for it. What a device says at once is far shorter and stays as it is.
const LONG_BYTES: usize = 1_024;

/// From here on it is left as it is: it is written between others, who would wait while it is made small.
const TOO_LONG_BYTES: usize = 256 * 1_024;

/// Writes a body into a buffer that is used again and again.
pub(super) fn pack<T: Serialize>(value: &T, mut buffer: Vec<u8>) -> Result<Vec<u8>, JournalError> {
    buffer.clear();
    buffer.push(SHAPE);
    let buffer =
        postcard::to_extend(value, buffer).map_err(|fault| JournalError::Unwritable(fault.to_string()))?;
    Ok(made_small(&buffer).unwrap_or(buffer))
}

fn made_small(body: &[u8]) -> Option<Vec<u8>> {
    let (_, long) =
        body.split_first().filter(|(_, rest)| (LONG_BYTES..TOO_LONG_BYTES).contains(&rest.len()))?;
    let length = u32::try_from(long.len()).ok()?;
    let small = quickly_packed(long)?;
    Some([&[SMALL_SHAPE][..], &length.to_le_bytes(), &small].concat())
}

/// Reads a body; `None` where this version cannot.
pub(super) fn unpack<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let (shape, rest) = body.split_first()?;
    match *shape {
        SHAPE => postcard::from_bytes(rest).ok(),
        SMALL_SHAPE => {
            let (length, small) = rest.split_first_chunk()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            postcard::from_bytes(&unpacked(small, length)?).ok()
        }
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
    fn a_long_body_is_made_small_and_a_short_one_is_left() {
        // Two bytes of its own say how long a text is.
        let short = "x".repeat(LONG_BYTES - 3);
        let body = pack(&short, Vec::new()).unwrap();
        assert_eq!((body[0], body.len()), (SHAPE, LONG_BYTES));
        let long = short.clone() + "x";
        let body = pack(&long, Vec::new()).unwrap();
        assert!(body[0] == SMALL_SHAPE && body.len() < 100, "{body:?}");
        assert_eq!(unpack::<String>(&body), Some(long));
        for cut in [1, 4, 6, body.len() - 1] {
            assert_eq!(unpack::<String>(&body[..cut]), None, "{cut}");
        }
        let noise: Vec<u32> = (0..2_000).map(|n: u32| n.wrapping_mul(2_654_435_761)).collect();
        let body = pack(&noise, Vec::new()).unwrap();
        assert_eq!(unpack::<Vec<u32>>(&body), Some(noise), "what does not become smaller comes back, too");
    }

    #[test]
    fn another_shape_is_not_guessed_at() {
        let mut body = pack(&7_u32, Vec::new()).unwrap();
        body[0] = SHAPE + 1;
        assert_eq!(unpack::<u32>(&body), None);
    }
}
