//! A rise of the score that the sensors alone make: it stands for a while before it calls.
//!
//! One sensor that moves with the hand adds up to 3 points (4 for a child), and signs that play between two
//! bands some more; the limits of the signs themselves go on calling meanwhile. `charts/news2.md` is the
//! source of the figures; a test reads it. Nothing here changes a total, and no total waits for longer than
//! [`STANDS`].

use crate::score::npews::Level;
use crate::score::{self, Points};
use crate::time::{Moment, Since, Span};

/// The points of the parts that a sensor measures, in the order of their chart; a chart with fewer leaves the
/// last one missing.
pub(super) type Sensors = [Points; 5];

/// For how long a high level must stand.
const STANDS_HIGH: Span = Span::seconds(15);

/// For how long a medium level must stand; what rose longer ago is no rise any more.
const STANDS: Span = Span::seconds(30);

/// So many points at once are no artefact of one sensor and no play.
const FALLS: u8 = 5;

/// What was added within that span is added at once.
const AT_ONCE: Span = Span::seconds(10);

/// Points up to here are followed one by one: who has so many of the sensors for long waits for nothing.
const FOLLOWED: usize = 8;

/// What the sensors have added to the score of one bed, and since when it is as grave as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Rise {
    /// Since when the sensors make more than 0 points, more than 1, and so on.
    more_since: [Since; FOLLOWED],
    /// Which of the sensors have told a value since there was none at all, as bits.
    told: u8,
    medium_since: Since,
    high_since: Since,
}

impl Default for Rise {
    fn default() -> Self {
        let untold = [Since::EVER; FOLLOWED];
        Self { more_since: untold, told: 0, medium_since: Since::default(), high_since: Since::default() }
    }
}

impl Rise {
    /// Looks at the score again, and at how grave it is.
    pub(super) fn look(&mut self, sensors: &Sensors, level: Level, now: Moment) {
        self.look_at_sensors(sensors, now);
        for (least, since) in [(Level::Medium, &mut self.medium_since), (Level::High, &mut self.high_since)] {
            *since = if level >= least { since.or_now(now) } else { Since::default() };
        }
    }

    fn look_at_sensors(&mut self, sensors: &Sensors, now: Moment) {
        let told = (0..).zip(sensors).filter(|(_, points)| points.known().is_some());
        let told: u8 = told.map(|(bit, _)| 1 << bit).sum();
        if told == 0 || told & !self.told != 0 {
            // A first value is no rise.
            self.more_since = [Since::EVER; FOLLOWED];
        }
        // A sensor that comes back has told before: a probe that drops in and out with the hand calls nobody.
        self.told = if told == 0 { 0 } else { self.told | told };
        let points = score::lower(sensors);
        for (than, since) in (0..).zip(&mut self.more_since).filter(|_| told != 0) {
            *since = if points > than { since.or_now(now) } else { Since::default() };
        }
    }

    /// The points that wait: what the sensors have added of late, unless they have added much at once.
    pub(super) fn waits(&self, sensors: &Sensors, now: Moment) -> u8 {
        if self.added(sensors, AT_ONCE, now) >= FALLS { 0 } else { self.added(sensors, STANDS, now) }
    }

    /// The points that the sensors have added within that span.
    fn added(&self, sensors: &Sensors, within: Span, now: Moment) -> u8 {
        let stands = |since: &Since| *since == Since::EVER || since.is_for(within, now);
        let stood = self.more_since.iter().take_while(|since| stands(since)).count();
        match u8::try_from(stood) {
            Ok(points) if stood < FOLLOWED => score::lower(sensors).saturating_sub(points),
            _ => 0,
        }
    }

    /// Up to which level it may call, because it has stood for long enough, whatever makes it. What has stood
    /// high does not wait again for an emergency.
    pub(super) fn stands(&self, now: Moment) -> Level {
        if self.high_since.is_for(STANDS_HIGH, now) {
            Level::Emergency
        } else if self.medium_since.is_for(STANDS, now) {
            Level::Medium
        } else {
            Level::None
        }
    }

    /// When it must be looked at again though nothing arrives.
    pub(super) fn deadline(&self, now: Moment) -> Option<Moment> {
        let due = |since: &Since, span| since.at().map(|since| since + span).filter(|at| *at > now);
        let rose = self.more_since.iter().filter_map(|since| due(since, STANDS)).min();
        let stood = [due(&self.medium_since, STANDS), due(&self.high_since, STANDS_HIGH)];
        stood.into_iter().chain([rose]).flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vital::Absence;

    /// The first value of each sensor is no rise; what it then adds is, whichever sensor it is.
    #[test]
    fn each_sensor_has_a_first_value_of_its_own() {
        for sensor in 0..5 {
            let mut rise = Rise::default();
            let mut sensors: Sensors = [Points::Missing { least: 0, most: 3, why: Absence::NeverHeard }; 5];
            for (second, points) in [(0, 0), (1, 2)] {
                sensors[sensor] = Points::Known(points);
                rise.look(&sensors, Level::None, Moment(1_000_000) + Span::seconds(second));
            }
            assert_eq!(rise.waits(&sensors, Moment(1_001_000)), 2, "sensor {sensor}");
        }
    }

    /// The page is the source.
    #[test]
    fn the_page_is_the_figures() {
        let page = include_str!("../../charts/news2.md");
        let says = |words: &str| assert!(page.contains(words), "{words}");
        says(&std::format!("**{} s**, or **{} s**", STANDS.whole_seconds(), STANDS_HIGH.whole_seconds()));
        says(&std::format!("**{FALLS} points** or\nmore within **{} s**", AT_ONCE.whole_seconds()));
    }
}
