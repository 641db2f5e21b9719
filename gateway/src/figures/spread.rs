//! How times are spread: what half of them and nine of ten take at most. Each is counted by its first three
//! digits, so that any number of them takes the room of a few thousand.

use std::collections::BTreeMap;

use serde::Serialize;

/// Times in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    counts: BTreeMap<u64, u64>,
    n: u64,
}

/// The same as it is told, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct SpreadJson {
    n: u64,
    median_s: Option<f64>,
    p90_s: Option<f64>,
}

impl Spread {
    pub(super) fn add(&mut self, after_ms: u64) {
        *self.counts.entry(in_three_digits(after_ms)).or_default() += 1;
        self.n += 1;
    }

    /// What so many of a hundred take at most.
    fn at_most(&self, of_a_hundred: u64) -> Option<u64> {
        let wanted = (self.n * of_a_hundred).div_ceil(100);
        let mut seen = 0;
        let found = self.counts.iter().find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        found.map(|(after_ms, _)| *after_ms)
    }

    pub(super) fn told(&self) -> SpreadJson {
        #[expect(clippy::cast_precision_loss, reason = "three digits fit any float")]
        let seconds = |after_ms: u64| after_ms as f64 / 1_000.0;
        SpreadJson {
            n: self.n,
            median_s: self.at_most(50).map(seconds),
            p90_s: self.at_most(90).map(seconds),
        }
    }
}

/// The time with all but its first three digits at zero.
fn in_three_digits(after_ms: u64) -> u64 {
    let unit = after_ms.checked_ilog10().map_or(1, |digits| 10_u64.pow(digits.saturating_sub(2)));
    after_ms / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn half_and_nine_of_ten() {
        let mut spread = Spread::default();
        assert_eq!(spread.told(), SpreadJson { n: 0, median_s: None, p90_s: None });
        for second in 1..=10 {
            spread.add(second * 1_000);
        }
        assert_eq!(spread.told(), SpreadJson { n: 10, median_s: Some(5.0), p90_s: Some(9.0) });
        spread.add(11_000);
        assert_eq!(spread.told(), SpreadJson { n: 11, median_s: Some(6.0), p90_s: Some(10.0) });
    }

    #[test]
    fn any_number_of_times_takes_the_room_of_a_few_thousand() {
        let mut spread = Spread::default();
        for n in 0..200_000 {
            spread.add(n * 389);
        }
        assert!(spread.counts.len() < 8_000, "{}", spread.counts.len());
    }

    proptest! {
        #[test]
        fn it_is_right_to_a_hundredth(mut times in prop::collection::vec(0_u64..90_000_000, 1..200)) {
            let mut spread = Spread::default();
            for time in &times {
                spread.add(*time);
            }
            times.sort_unstable();
            for share in [50, 90] {
                let exact = times[(times.len() * usize::try_from(share).unwrap()).div_ceil(100) - 1];
                let told = spread.at_most(share).unwrap();
                prop_assert!(told <= exact && exact - told <= exact / 100, "{told} for {exact}");
            }
        }
    }
}
