//! A rise of the score that one sensor makes alone: it stands for a while before it calls.
//!
//! An artefact touches one sensor. Where a second one rises too, or a person says so, the score calls at once;
//! and the limits of the sign itself go on calling meanwhile. `charts/news2.md` is the source of the figures; a
//! test reads it. It never changes a total, and no total waits for longer than [`STANDS`], whatever makes it.

use crate::score::Risk;
use crate::score::news2::{News2, Part};
use crate::time::{Moment, Since, Span};

/// The parts that a sensor measures.
const MEASURED: [Part; 5] = [Part::RespRate, Part::SpO2, Part::Systolic, Part::Pulse, Part::Temperature];

/// For how long a high risk that one sensor makes must stand.
const STANDS_HIGH: Span = Span::seconds(15);

/// For how long a medium risk that one sensor makes must stand; what rose longer ago is no rise any more.
const STANDS: Span = Span::seconds(30);

/// So many points of the other sensors are a rise of their own, beside however many of the first.
const RISE: u8 = 2;

/// The points of one part, as they stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Stood {
    /// Since when they are more than 0, more than 1, more than 2.
    more_since: [Since; 3],
}

impl Stood {
    /// Nobody has told them: the first that are told count from ever.
    const UNTOLD: Self = Self { more_since: [Since::EVER; 3] };

    fn look(&mut self, points: Option<u8>, now: Moment) {
        let Some(points) = points else {
            *self = Self::UNTOLD;
            return;
        };
        for (than, since) in (0..).zip(&mut self.more_since) {
            *since = if points > than { since.or_now(now) } else { Since::default() };
        }
    }

    /// By how many points it has risen of late.
    fn risen(&self, points: u8, now: Moment) -> u8 {
        let stood = self.more_since.iter().take_while(|since| since.is_for(STANDS, now)).count();
        points.saturating_sub(u8::try_from(stood).unwrap_or(points))
    }
}

/// What each sensor has added to the score of one bed, and since when the score is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Lone {
    parts: [Stood; MEASURED.len()],
    medium_since: Since,
    high_since: Since,
}

impl Default for Lone {
    fn default() -> Self {
        let parts = [Stood::UNTOLD; MEASURED.len()];
        Self { parts, medium_since: Since::default(), high_since: Since::default() }
    }
}

impl Lone {
    /// Looks at the score again, and at how grave it is.
    pub(super) fn look(&mut self, score: &News2, risk: Risk, now: Moment) {
        for (part, stood) in MEASURED.iter().zip(&mut self.parts) {
            stood.look(score.points(*part).known(), now);
        }
        for (level, since) in [(Risk::Medium, &mut self.medium_since), (Risk::High, &mut self.high_since)] {
            *since = if risk >= level { since.or_now(now) } else { Since::default() };
        }
    }

    /// The points that one sensor alone has added of late; none where others have risen with it, by as much
    /// or by [`RISE`].
    pub(super) fn added(&self, score: &News2, now: Moment) -> u8 {
        let risen = |(part, stood): (&Part, &Stood)| stood.risen(score.points(*part).lower(), now);
        let (mut most, mut all) = (0, 0);
        for risen in MEASURED.iter().zip(&self.parts).map(risen) {
            (most, all) = (most.max(risen), all + risen);
        }
        if all - most < most.min(RISE) { most } else { 0 }
    }

    /// As which risk it has stood for long enough to call, whatever makes it.
    pub(super) fn stands(&self, now: Moment) -> Risk {
        if self.high_since.is_for(STANDS_HIGH, now) {
            Risk::High
        } else if self.medium_since.is_for(STANDS, now) {
            Risk::Medium
        } else {
            Risk::Low
        }
    }

    /// When it must be looked at again though nothing arrives.
    pub(super) fn deadline(&self, now: Moment) -> Option<Moment> {
        let parts = self.parts.iter().flat_map(|stood| &stood.more_since);
        let stand = parts.chain([&self.medium_since]).filter_map(|since| Some(since.at()? + STANDS));
        let high = self.high_since.at().map(|since| since + STANDS_HIGH);
        stand.chain(high).filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page is the source.
    #[test]
    fn the_page_is_the_figures() {
        let page = include_str!("../../charts/news2.md");
        let says = |words: &str| assert!(page.contains(words), "{words}");
        says(&std::format!("**{} s**, or **{} s**", STANDS.whole_seconds(), STANDS_HIGH.whole_seconds()));
        says(&std::format!("or **{RISE} points**"));
    }
}
