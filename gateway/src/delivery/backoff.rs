//! How long a failed delivery waits before it is tried again.
//!
//! The pause doubles from one second to a cap. Rows that failed together would come back together, so each
//! shortens its pause by up to a quarter, by a hash of its own key: the same row always waits the same, and
//! no clock is read.

use rules::Span;

use crate::event::key_of;

/// The pause after the first failure.
const FIRST_MS: u32 = 1_000;

/// The pause after a row failed and had been tried `tries` times before, at most `most`.
#[must_use]
pub fn pause(tries: u32, key: &str, most: Span) -> Span {
    let doubled = FIRST_MS.saturating_mul(1_u32.checked_shl(tries.min(20)).unwrap_or(u32::MAX));
    let whole = doubled.min(most.0);
    let hash = key_of(&[b"pause", key.as_bytes(), &tries.to_be_bytes()]).0;
    let shortened = hash % (u64::from(whole / 4) + 1);
    Span(whole.saturating_sub(u32::try_from(shortened).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stop_at_the_cap() {
        let cap = Span::seconds(60);
        for (tries, whole_ms) in [(0, 1_000), (1, 2_000), (5, 32_000), (6, 60_000), (40, 60_000)] {
            let pause = pause(tries, "a row", cap).0;
            assert!((whole_ms * 3 / 4..=whole_ms).contains(&pause), "{tries} tries: {pause} ms");
        }
    }

    #[test]
    fn rows_that_failed_together_come_back_apart() {
        let cap = Span::seconds(60);
        let mut pauses: Vec<u32> = (0..30).map(|row| pause(6, &format!("row {row}"), cap).0).collect();
        assert_eq!(pauses[0], pause(6, "row 0", cap).0, "the same row waits the same");
        pauses.sort_unstable();
        pauses.dedup();
        assert!(pauses.len() > 25, "{pauses:?}");
    }
}
