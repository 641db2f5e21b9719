//! The pause between two tries, growing up to a bound, so that a gateway that is being restarted is not
//! stormed.

use std::time::Duration;

/// The first pause.
const LEAST: Duration = Duration::from_millis(250);

/// The longest pause: a gateway that is back is found again within this time.
const MOST: Duration = Duration::from_secs(8);

/// The pauses of one series of tries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    next: Duration,
}

impl Pause {
    /// Before the first failure.
    pub(super) const fn new() -> Self {
        Self { next: LEAST }
    }

    /// The pause after one more failure.
    pub(super) fn grow(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 2).min(MOST);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_a_new_series_begins_short() {
        let mut pause = Pause::new();
        let pauses: Vec<Duration> = (0..8).map(|_| pause.grow()).collect();
        assert_eq!((pauses[0], pauses[1], pauses[7]), (LEAST, LEAST * 2, MOST));
        assert_eq!(Pause::new().grow(), LEAST);
    }
}
