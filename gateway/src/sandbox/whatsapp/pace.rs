//! How fast one number may send: in all, and to one person. It knows times only as values.

use std::collections::BTreeMap;

use super::refusal::{Code, Refusal};

/// Messages a second of one number (Meta's default).
const MESSAGES_PER_S: u32 = 80;

/// One message to one person every so often …
const PAIR_INTERVAL_MS: i64 = 6_000;

/// … and so many may be borrowed from the future.
const PAIR_BURST: i64 = 45;

/// What has been sent, as far as the limits remember.
#[derive(Default)]
pub(super) struct Pace {
    second: i64,
    in_second: u32,
    /// For each recipient, until when its quota is borrowed, in milliseconds of the epoch.
    borrowed_until_ms: BTreeMap<String, i64>,
}

impl Pace {
    /// Takes one message to `to`, or says which limit it breaks.
    pub(super) fn take(&mut self, to: &str, now_ms: i64) -> Result<(), Refusal> {
        let second = now_ms.div_euclid(1000);
        if second != self.second {
            (self.second, self.in_second) = (second, 0);
        }
        if self.in_second >= MESSAGES_PER_S {
            return Err(Refusal::new(Code::Throughput, "more than 80 messages in one second"));
        }
        let borrowed = self.borrowed_until_ms.entry(to.to_owned()).or_insert(now_ms);
        let until = now_ms.max(*borrowed) + PAIR_INTERVAL_MS;
        if until - now_ms > PAIR_BURST * PAIR_INTERVAL_MS {
            return Err(Refusal::new(Code::PairRate, "too many messages to this number in a short time"));
        }
        *borrowed = until;
        self.in_second += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_gets_45_at_once_and_then_one_every_six_seconds() {
        let mut pace = Pace::default();
        for _ in 0..45 {
            assert_eq!(pace.take("911", 0), Ok(()));
        }
        let refused = Err(Refusal::new(Code::PairRate, "too many messages to this number in a short time"));
        assert_eq!(pace.take("911", 0), refused);
        assert_eq!(pace.take("911", 5_999), refused);
        assert_eq!(pace.take("912", 5_999), Ok(()), "another person is not held up");
        assert_eq!(pace.take("911", 6_000), Ok(()));
    }

    #[test]
    fn a_number_sends_80_in_a_second() {
        let mut pace = Pace::default();
        for person in 0..80 {
            assert_eq!(pace.take(&format!("91{person}"), 1_500), Ok(()));
        }
        assert!(pace.take("9199", 1_999).is_err());
        assert_eq!(pace.take("9199", 2_000), Ok(()));
    }
}
