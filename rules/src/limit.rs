//! Limits: beyond which value, for how long, a parameter calls; and when it has stopped.
//!
//! `charts/limits.md` is the source of the shipped rows; a test reads it. The deeper a value lies beyond its
//! limit, the sooner it calls. A missing value neither raises nor ends anything: what was pending starts anew,
//! what calls goes on calling until the value is back or long gone.

use crate::alert::Side;
use crate::sign::Parameter;
use crate::time::{Moment, Span};

/// How far beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Level {
    /// Medium priority.
    Yellow,
    /// High priority.
    Red,
}

/// The two limits of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pair {
    /// The nearer one.
    pub yellow: Option<i32>,
    /// The farther one.
    pub red: Option<i32>,
}

/// The limits of one parameter, in its whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Limits {
    /// Below these it calls.
    pub low: Pair,
    /// Above these it calls.
    pub high: Pair,
    /// How long a value must be beyond red.
    pub red_delay: Span,
    /// How long a value must be just beyond yellow; the closer to red, the nearer this comes to red's own.
    pub yellow_delay: Span,
    /// How far inside the limit a value must come back before the alert ends.
    pub margin: i32,
}

impl Limits {
    /// The shipped limits of `parameter` (`charts/limits.md`).
    #[must_use]
    pub const fn shipped(parameter: Parameter) -> Self {
        const NONE: (Option<i32>, Option<i32>) = (None, None);
        let (low, high, delays_s, margin) = match parameter {
            Parameter::PulseRate => ((Some(50), Some(40)), (Some(120), Some(150)), (10, 30), 5),
            Parameter::SpO2 => ((Some(88), Some(80)), (None, None), (10, 30), 2),
            Parameter::RespRate => ((Some(8), Some(6)), (Some(30), Some(40)), (15, 30), 2),
            Parameter::Systolic => ((Some(90), Some(80)), (Some(180), Some(220)), (15, 30), 5),
            Parameter::MeanPressure => ((Some(60), Some(50)), (Some(120), None), (15, 30), 5),
            Parameter::Temperature => ((Some(350), None), (Some(395), None), (15, 30), 2),
            Parameter::EtCo2 => ((Some(25), Some(15)), (Some(60), Some(80)), (15, 30), 3),
            // No source sets these for every patient: a ward or a doctor does.
            Parameter::PeakPressure => (NONE, NONE, (15, 30), 3),
            Parameter::TidalVolume => (NONE, NONE, (15, 30), 20),
            Parameter::MinuteVolume => (NONE, NONE, (15, 30), 5),
        };
        Self {
            low: Pair { yellow: low.0, red: low.1 },
            high: Pair { yellow: high.0, red: high.1 },
            red_delay: Span::seconds(delays_s.0),
            yellow_delay: Span::seconds(delays_s.1),
            margin,
        }
    }

    /// The limits of one side.
    #[must_use]
    pub const fn pair(&self, side: Side) -> Pair {
        match side {
            Side::Low => self.low,
            Side::High => self.high,
        }
    }

    /// The limit of one side and level, where there is one.
    #[must_use]
    pub const fn limit(&self, side: Side, level: Level) -> Option<i32> {
        match level {
            Level::Yellow => self.pair(side).yellow,
            Level::Red => self.pair(side).red,
        }
    }

    /// How long a value that lies `depth` beyond the yellow limit must stay there. From the yellow limit to the
    /// red one it falls evenly, so that a value close to red waits hardly longer than red.
    fn yellow_delay(&self, side: Side, depth: i32) -> Span {
        let Pair { yellow: Some(yellow), red: Some(red) } = self.pair(side) else { return self.yellow_delay };
        let between = u64::from(red.abs_diff(yellow).max(1));
        let beyond = u64::try_from(depth).unwrap_or(0).min(between);
        let longer = self.yellow_delay.0.saturating_sub(self.red_delay.0);
        let shorter = u64::from(longer) * beyond / between;
        Span(self.yellow_delay.0 - u32::try_from(shorter).unwrap_or(longer))
    }
}

/// How far `value` lies beyond `limit` on `side`; negative inside.
const fn depth(value: i32, limit: i32, side: Side) -> i32 {
    match side {
        Side::Low => limit - value,
        Side::High => value - limit,
    }
}

/// A value of a parameter, and when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) value: i32,
    pub(crate) taken: Moment,
}

/// The watch over one side of one parameter at one bed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Watch {
    yellow_since: Option<Moment>,
    red_since: Option<Moment>,
    calling: Option<Level>,
    /// How long the last value must stay beyond yellow.
    yellow_delay: Span,
    last_taken: Moment,
}

/// How long a calling limit outlives its last value: then the condition is unknown, and the alert no longer
/// true.
const UNKNOWN_AFTER: Span = Span::minutes(5);

impl Watch {
    /// Whether it calls, as it was looked at last.
    pub(crate) const fn is_calling(&self) -> bool {
        self.calling.is_some()
    }

    /// Looks at the parameter again and says at which level it calls now. `measured` is `None` while there is
    /// no value.
    pub(crate) fn look(
        &mut self,
        measured: Option<Measured>,
        limits: &Limits,
        side: Side,
        now: Moment,
    ) -> Option<Level> {
        if let Some(Measured { value, taken }) = measured {
            self.last_taken = taken;
            let beyond = |level| limits.limit(side, level).map(|limit| depth(value, limit, side));
            let (red, yellow) = (beyond(Level::Red), beyond(Level::Yellow));
            self.yellow_delay = limits.yellow_delay(side, yellow.unwrap_or(0));
            let red = self.level(Level::Red, red, limits, now);
            let yellow = self.level(Level::Yellow, yellow, limits, now);
            self.calling = if red { Some(Level::Red) } else { yellow.then_some(Level::Yellow) };
        } else {
            (self.yellow_since, self.red_since) = (None, None);
            if now.since(self.last_taken) > UNKNOWN_AFTER {
                self.calling = None;
            }
        }
        self.calling
    }

    /// When it must be looked at again though nothing arrives.
    pub(crate) fn deadline(&self, limits: &Limits, now: Moment) -> Option<Moment> {
        let due = |since: Option<Moment>, level| {
            since.filter(|_| self.calling < Some(level)).map(|since| since + self.delay(level, limits))
        };
        let unknown = self.calling.map(|_| self.last_taken + UNKNOWN_AFTER + Span(1)).filter(|at| *at > now);
        let due = [due(self.yellow_since, Level::Yellow), due(self.red_since, Level::Red), unknown];
        due.into_iter().flatten().min()
    }

    const fn delay(&self, level: Level, limits: &Limits) -> Span {
        match level {
            Level::Yellow => self.yellow_delay,
            Level::Red => limits.red_delay,
        }
    }

    /// Whether `level` calls: beyond for its delay, or called already and not yet back inside by the margin.
    /// `depth` is how far the value is beyond, where there is such a limit.
    fn level(&mut self, level: Level, depth: Option<i32>, limits: &Limits, now: Moment) -> bool {
        let called = self.calling >= Some(level);
        let delay = self.delay(level, limits);
        let since = match level {
            Level::Yellow => &mut self.yellow_since,
            Level::Red => &mut self.red_since,
        };
        match depth {
            Some(depth) if depth > 0 => {
                let since = *since.get_or_insert(now);
                called || now.since(since) >= delay
            }
            _ => {
                *since = None;
                called && depth.is_some_and(|depth| depth > -limits.margin)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Decimal;
    use proptest::prelude::*;

    const PULSE: Limits = Limits::shipped(Parameter::PulseRate);

    fn at(watch: &mut Watch, seconds: u32, value: Option<i32>) -> Option<Level> {
        let now = Moment(0) + Span::seconds(seconds);
        watch.look(value.map(|value| Measured { value, taken: now }), &PULSE, Side::High, now)
    }

    /// The page is the source: every figure on it must be the table's, in the order of the parameters.
    #[test]
    fn the_page_is_the_table() {
        let page = include_str!("../charts/limits.md");
        let rows: Vec<Vec<&str>> = page
            .lines()
            .skip_while(|line| !line.starts_with("| parameter | red low"))
            .skip(2)
            .map_while(|line| line.strip_prefix('|')?.strip_suffix('|'))
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        assert_eq!(rows.len(), Parameter::ALL.len());
        for (cells, parameter) in rows.iter().zip(Parameter::ALL) {
            let limits = Limits::shipped(parameter);
            let whole = |cell: &str| {
                Decimal::parse(cell.as_bytes())
                    .map(|number| i32::try_from(number.rounded(parameter.facts().places)).unwrap())
            };
            assert_eq!(cells[0], parameter.word());
            assert_eq!(Pair { red: whole(cells[1]), yellow: whole(cells[2]) }, limits.low, "{parameter:?}");
            assert_eq!(Pair { yellow: whole(cells[3]), red: whole(cells[4]) }, limits.high, "{parameter:?}");
            assert_eq!(Span::seconds(cells[5].parse().unwrap()), limits.red_delay, "{parameter:?}");
            assert_eq!(Span::seconds(cells[6].parse().unwrap()), limits.yellow_delay, "{parameter:?}");
            assert_eq!(whole(cells[7]), Some(limits.margin), "{parameter:?}");
        }
    }

    /// The page says for some depths how long they wait.
    #[test]
    fn the_page_works_out_the_delay_by_depth() {
        let page = include_str!("../charts/limits.md");
        let rows: Vec<&str> = page
            .lines()
            .skip_while(|line| !line.starts_with("| SpO₂ % | calls"))
            .skip(2)
            .map_while(|line| line.strip_prefix('|')?.strip_suffix('|'))
            .collect();
        assert_eq!(rows.len(), 4);
        let saturation = Limits::shipped(Parameter::SpO2);
        for row in rows {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let value: i32 = cells[0].parse().unwrap();
            let after = Decimal::parse(cells[2].as_bytes()).unwrap().rounded(3);
            let (level, mut watch) = (cells[1], Watch::default());
            let mut look = |ms: i64| {
                let now = Moment(0) + Span(u32::try_from(ms).unwrap());
                watch.look(Some(Measured { value, taken: now }), &saturation, Side::Low, now)
            };
            look(0);
            assert_eq!(look(after - 1), None, "{row}");
            let expected = if level == "red" { Level::Red } else { Level::Yellow };
            assert_eq!(look(after), Some(expected), "{row}");
        }
    }

    #[test]
    fn a_short_excursion_does_not_call() {
        let mut watch = Watch::default();
        assert_eq!(at(&mut watch, 0, Some(121)), None);
        assert_eq!(at(&mut watch, 29, Some(121)), None);
        assert_eq!(at(&mut watch, 30, Some(118)), None);
        assert_eq!(at(&mut watch, 31, Some(121)), None);
        assert_eq!(at(&mut watch, 60, Some(121)), None, "the delay begins anew");
        assert_eq!(at(&mut watch, 61, Some(121)), Some(Level::Yellow));
    }

    /// 121 waits 29.3 s, 135 half of the way to red's 10 s, 150 no longer than red.
    #[test]
    fn the_deeper_the_sooner() {
        let due = |value| {
            let mut watch = Watch::default();
            at(&mut watch, 0, Some(value));
            watch.deadline(&PULSE, Moment(0)).unwrap()
        };
        assert_eq!(
            [121, 135, 149, 150, 151].map(|value| due(value).0),
            [29_334, 20_000, 10_667, 10_000, 10_000]
        );
        let cold = Limits::shipped(Parameter::Temperature);
        assert_eq!(cold.yellow_delay(Side::Low, 40), cold.yellow_delay, "there is no red to come close to");
        let upside_down = Limits { yellow_delay: Span::seconds(5), ..PULSE };
        assert_eq!(
            upside_down.yellow_delay(Side::High, 15),
            Span::seconds(5),
            "never longer than yellow's own"
        );
    }

    #[test]
    fn the_limit_itself_is_inside() {
        let mut watch = Watch::default();
        at(&mut watch, 0, Some(150));
        at(&mut watch, 60, Some(150));
        assert_eq!(watch.calling, Some(Level::Yellow), "150 is beyond yellow, not beyond red");
    }

    #[test]
    fn deeper_calls_sooner_and_higher() {
        let mut watch = Watch::default();
        assert_eq!(at(&mut watch, 0, Some(151)), None);
        assert_eq!(watch.deadline(&PULSE, Moment(0)), Some(Moment(10_000)));
        assert_eq!(at(&mut watch, 10, Some(151)), Some(Level::Red));
        let unknown = Moment(10_001) + Span::minutes(5);
        assert_eq!(
            watch.deadline(&PULSE, Moment(10_000)),
            Some(unknown),
            "then nobody has measured it for long"
        );
    }

    #[test]
    fn it_ends_only_inside_the_margin() {
        let mut watch = Watch::default();
        at(&mut watch, 0, Some(130));
        assert_eq!(at(&mut watch, 30, Some(130)), Some(Level::Yellow));
        assert_eq!(at(&mut watch, 31, Some(119)), Some(Level::Yellow));
        assert_eq!(at(&mut watch, 32, Some(115)), None);
    }

    #[test]
    fn red_falls_to_yellow_inside_its_own_margin() {
        let mut watch = Watch::default();
        at(&mut watch, 0, Some(160));
        assert_eq!(at(&mut watch, 30, Some(160)), Some(Level::Red));
        assert_eq!(at(&mut watch, 31, Some(148)), Some(Level::Red));
        assert_eq!(at(&mut watch, 32, Some(145)), Some(Level::Yellow));
    }

    #[test]
    fn a_missing_value_ends_nothing_for_five_minutes() {
        let mut watch = Watch::default();
        at(&mut watch, 0, Some(160));
        at(&mut watch, 10, Some(160));
        assert_eq!(at(&mut watch, 20, None), Some(Level::Red));
        assert_eq!(at(&mut watch, 310, None), Some(Level::Red));
        assert_eq!(at(&mut watch, 311, None), None);
    }

    proptest! {
        #[test]
        fn whatever_is_beyond_red_for_its_delay_calls_red(
            start in proptest::collection::vec(0i32..300, 0..20), depth in 151i32..300,
        ) {
            let mut watch = Watch::default();
            for (second, value) in (0u32..).zip(&start) {
                at(&mut watch, second, Some(*value));
            }
            at(&mut watch, 100, Some(depth));
            prop_assert_eq!(at(&mut watch, 110, Some(depth)), Some(Level::Red));
        }

        /// Whatever came before: a signal that always lies at least as deep calls no later, and no lower.
        #[test]
        fn what_is_always_as_deep_calls_no_later(
            signal in proptest::collection::vec((proptest::option::weighted(0.95, 100i32..170), 0i32..40), 1..200),
        ) {
            let (mut shallow, mut deep) = (Watch::default(), Watch::default());
            for (second, (value, deeper)) in (0u32..).zip(&signal) {
                let shallow = at(&mut shallow, second, *value);
                let deep = at(&mut deep, second, value.map(|value| value + deeper));
                prop_assert!(deep >= shallow, "second {}: {:?} is deeper than {:?}", second, deep, shallow);
            }
        }

        #[test]
        fn a_pending_watch_always_has_a_deadline(values in proptest::collection::vec(0i32..300, 1..40)) {
            let mut watch = Watch::default();
            for (second, value) in (0u32..).zip(&values) {
                let calling = at(&mut watch, second, Some(*value));
                if *value > 120 && calling.is_none() {
                    prop_assert!(watch.deadline(&PULSE, Moment(0)).is_some());
                }
            }
        }
    }
}
