//! Until when a score calls: until it has been lower for a while. A total that goes to and fro between two
//! bands is one alert, not many.

use crate::score::Risk;
use crate::time::{Moment, Span};

/// How long a score must be lower before it has stopped (`charts/news2.md`).
pub(super) const LOWER: Span = Span::minutes(3);

/// The watch over one score at one bed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Steady {
    /// The highest risk at which it stood of late, where that calls.
    calling: Option<Risk>,
    /// Since when it has been lower.
    lower_since: Option<Moment>,
}

impl Steady {
    /// Looks at the score again and says at which risk it calls now: as high as it may, or as it was of late.
    /// `risk` is how high it is, `may` how high it may begin to call; what calls already need not wait again.
    pub(super) fn look(&mut self, risk: Risk, may: Risk, now: Moment) -> Risk {
        let risk = self.calling.map_or(may, |calling| may.max(calling.min(risk)));
        if let Some(calling) = self.calling.filter(|calling| risk < *calling)
            && now.since(*self.lower_since.get_or_insert(now)) < LOWER
        {
            return calling;
        }
        self.lower_since = None;
        self.calling = (risk > Risk::Low).then_some(risk);
        risk
    }

    /// When it must be looked at again though nothing arrives.
    pub(super) fn deadline(&self, now: Moment) -> Option<Moment> {
        self.lower_since.map(|since| since + LOWER).filter(|at| *at > now)
    }
}
