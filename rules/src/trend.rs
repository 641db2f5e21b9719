//! Rate of change: by how much a parameter may fall or rise within a time before it calls.
//!
//! None ships: no source gives figures that hold for every patient, so a ward sets them
//! (`charts/limits.md`). What is compared is never one reading with another. The value that stands now is
//! held against a *settled* one: a value that all readings in two parts of the time kept to. One odd reading
//! settles nothing, and a missing value neither raises nor ends anything.

use crate::alert::Side;
use crate::limit::{Limits, Measured};
use crate::sign::Sign;
use crate::time::{Moment, Span};

/// By how much a parameter may move, in its whole units, before it calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trend {
    /// By how much it must have fallen.
    pub fall: Option<i32>,
    /// By how much it must have risen.
    pub rise: Option<i32>,
    /// Within which time. What takes longer never calls.
    pub within: Span,
}

impl Trend {
    /// By how much it must have moved to that side; none where nobody has set it.
    #[must_use]
    pub const fn by(&self, side: Side) -> Option<i32> {
        match side {
            Side::Low => self.fall,
            Side::High => self.rise,
        }
    }

    /// Whether either is set.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.fall.is_some() || self.rise.is_some()
    }

    /// How long one part of the time is, in milliseconds.
    fn part(&self) -> u64 {
        u64::from((self.within.0 / PARTS).max(1))
    }

    /// The number of the part in which `at` lies, counted from the beginning of time.
    fn part_at(&self, at: Moment) -> u32 {
        u32::try_from(at.0 / self.part()).unwrap_or(u32::MAX)
    }

    /// When the part of that number is no longer within the time.
    fn over(&self, part: u32) -> Moment {
        Moment((u64::from(part) + 1).saturating_mul(self.part())) + self.within
    }
}

/// By what a course is judged: the trend, with the yellow delay and the margin of the parameter's limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds<'a> {
    pub(crate) trend: &'a Trend,
    pub(crate) limits: &'a Limits,
}

/// In how many parts the time is cut.
pub const PARTS: u32 = 6;

/// How many parts reach into the time: all of them, and the one that has begun to leave it.
const KEPT: usize = PARTS as usize + 1;

/// The least and the greatest value that was measured in one part of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Part {
    least: i16,
    greatest: i16,
}

impl Part {
    const EMPTY: Self = Self { least: i16::MAX, greatest: i16::MIN };

    const fn is_empty(self) -> bool {
        self.least > self.greatest
    }

    fn take(&mut self, value: i32) {
        // No plausible value of a parameter needs more than sixteen bits.
        let value = i16::try_from(value.clamp(i16::MIN.into(), i16::MAX.into())).unwrap_or_default();
        (self.least, self.greatest) = (self.least.min(value), self.greatest.max(value));
    }
}

/// The course of one parameter at one bed, as far back as its trend looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Course {
    /// The newest first.
    parts: [Part; KEPT],
    /// The number of the newest, by the trend's own count of parts.
    newest: u32,
    /// Which sign it follows: two sensors that differ are no change of the patient.
    sign: Option<Sign>,
    /// How it stands downwards, and upwards.
    stands: [Stands; 2],
    /// Since when it has been far, by the lower half of that moment in milliseconds: nothing here is kept for
    /// weeks.
    since: [u32; 2],
}

/// How a value stands to the settled one on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Stands {
    /// It has not moved far.
    #[default]
    Near,
    /// It has, and not for long enough.
    Far,
    /// It calls.
    Calling,
}

impl Default for Course {
    fn default() -> Self {
        Self { parts: [Part::EMPTY; KEPT], newest: 0, sign: None, stands: [Stands::Near; 2], since: [0; 2] }
    }
}

impl Course {
    /// Looks at one side again. It calls when the value has been as far from the settled one for the delay,
    /// and has stopped when it is back by the margin, or when that is how it has been all the time.
    ///
    /// `found` is `None` while there is no value. Says from which value it has moved, while it calls and both
    /// are known.
    pub(crate) fn look(
        &mut self,
        found: Option<(Sign, Measured)>,
        side: Side,
        Bounds { trend, limits }: Bounds<'_>,
        now: Moment,
    ) -> Option<i32> {
        self.forget_what_is_past(trend, now);
        let followed = found.filter(|(sign, measured)| self.take(*sign, *measured, trend, now));
        let value = followed.map(|(_, measured)| measured.value);
        let settled = self.settled(side, trend, now);
        let (stands, since) = self.side_mut(side);
        let (Some(by), Some(value), Some(settled)) = (trend.by(side), value, settled) else {
            if *stands == Stands::Far {
                *stands = Stands::Near;
            }
            return None;
        };
        let moved = match side {
            Side::Low => settled.saturating_sub(value),
            Side::High => value.saturating_sub(settled),
        };
        let is_far = moved >= by;
        if is_far && *stands == Stands::Near {
            (*stands, *since) = (Stands::Far, lower_half(now));
        }
        let is_back = !is_far && (*stands == Stands::Far || moved <= by.saturating_sub(limits.margin));
        if is_back {
            *stands = Stands::Near;
        } else if *stands == Stands::Far && far_for(*since, now) >= limits.yellow_delay {
            *stands = Stands::Calling;
        }
        (*stands == Stands::Calling).then_some(settled)
    }

    /// Whether one side calls, as it was looked at last.
    pub(crate) fn is_calling(&self, side: Side) -> bool {
        let [low, high] = self.stands;
        (if side == Side::Low { low } else { high }) == Stands::Calling
    }

    /// When it must be looked at again though nothing arrives.
    pub(crate) fn deadline(&self, bounds: Bounds<'_>, now: Moment) -> Option<Moment> {
        let Bounds { trend, limits } = bounds;
        let far = self.stands.iter().zip(self.since).filter(|(stands, _)| **stands == Stands::Far);
        let left = far.map(|(_, since)| limits.yellow_delay.0.saturating_sub(far_for(since, now).0));
        let due = left.min().map(|left| now + Span(left));
        let waits = self.stands.iter().any(|stands| *stands != Stands::Near);
        let kept = self.within(trend, now).map(|(number, _)| trend.over(number));
        // While nothing is far away it is enough to forget all of it together.
        let past = if waits { kept.min() } else { kept.max() };
        [due, past].into_iter().flatten().min()
    }

    /// Takes a value in, and says whether it is of the sign that is followed. Another sign is followed only
    /// when nothing within the time is left of the one before.
    fn take(&mut self, sign: Sign, measured: Measured, trend: &Trend, now: Moment) -> bool {
        let part = trend.part_at(measured.taken);
        if trend.over(part) <= now {
            return self.sign == Some(sign);
        }
        if *self.sign.get_or_insert(sign) != sign {
            return false;
        }
        self.move_on(part);
        let back = usize::try_from(self.newest.saturating_sub(part)).unwrap_or(KEPT);
        if let Some(part) = self.parts.get_mut(back) {
            part.take(measured.value);
        }
        true
    }

    fn side_mut(&mut self, side: Side) -> (&mut Stands, &mut u32) {
        let ([fell, rose], [since_fell, since_rose]) = (&mut self.stands, &mut self.since);
        if side == Side::Low { (fell, since_fell) } else { (rose, since_rose) }
    }

    /// The value from which a fall or a rise counts. That is the second highest of what the parts did not
    /// fall below, or the second lowest of what they did not rise above: a value that two parts kept to.
    fn settled(&self, side: Side, trend: &Trend, now: Moment) -> Option<i32> {
        let kept_to = |part: Part| match side {
            Side::Low => i32::from(part.least),
            Side::High => -i32::from(part.greatest),
        };
        let values = self.within(trend, now).map(|(_, part)| Some(kept_to(part)));
        let (_, second) = values.fold((None, None), |(first, second): (Option<i32>, Option<i32>), value| {
            (first.max(value), second.max(first.min(value)))
        });
        if side == Side::Low { second } else { second.map(|value: i32| -value) }
    }

    /// The parts that still reach into the time and have a value, with their numbers.
    fn within(&self, trend: &Trend, now: Moment) -> impl Iterator<Item = (u32, Part)> {
        let numbered = (0..).map_while(|back| self.newest.checked_sub(back)).zip(self.parts);
        numbered.filter(move |(number, part)| !part.is_empty() && trend.over(*number) > now)
    }

    /// Forgets everything when nothing of it is left within the time; and what was kept under a trend of
    /// another time, whose parts have other numbers.
    fn forget_what_is_past(&mut self, trend: &Trend, now: Moment) {
        let is_of_another = self.newest > trend.part_at(now);
        if *self != Self::default() && (is_of_another || trend.over(self.newest) <= now) {
            *self = Self::default();
        }
    }

    /// A later part begins.
    fn move_on(&mut self, part: u32) {
        let parts = usize::try_from(part.saturating_sub(self.newest)).unwrap_or(KEPT).min(KEPT);
        self.parts.rotate_right(parts);
        for begun in self.parts.iter_mut().take(parts) {
            *begun = Part::EMPTY;
        }
        self.newest = self.newest.max(part);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is meant")]
const fn lower_half(at: Moment) -> u32 {
    at.0 as u32
}

/// For how long it has been far.
const fn far_for(since: u32, now: Moment) -> Span {
    Span(lower_half(now).wrapping_sub(since))
}

#[cfg(test)]
mod tests;
