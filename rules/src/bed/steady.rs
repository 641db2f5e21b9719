//! Until when a score calls: until it has been lower for a while. A total that goes to and fro between two
//! bands is one alert, not many.

use crate::score::npews::Level;
use crate::time::{Moment, Since, Span};

/// How long a score must be lower before it has stopped (`charts/news2.md`).
pub(super) const LOWER: Span = Span::minutes(3);

/// The watch over one score at one bed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Steady {
    /// The highest level at which it stood of late; `None` where that calls nobody.
    calling: Level,
    /// Since when it has been lower.
    lower_since: Since,
}

impl Steady {
    /// At which level it has called of late.
    pub(super) const fn calling(&self) -> Level {
        self.calling
    }

    /// Looks at the score again and says at which level it calls now: as high as it may, or as it was of
    /// late. `level` is how high it is, `may` how high it may begin to call; what calls already need not wait
    /// again.
    pub(super) fn look(&mut self, level: Level, may: Level, now: Moment) -> Level {
        let level = may.max(self.calling.min(level));
        if level < self.calling {
            self.lower_since = self.lower_since.or_now(now);
            if !self.lower_since.is_for(LOWER, now) {
                return self.calling;
            }
        }
        self.lower_since = Since::default();
        self.calling = level;
        level
    }

    /// When it must be looked at again though nothing arrives.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.lower_since.at().map(|since| since + LOWER)
    }
}
