//! How a bed calls by the early warning chart that speaks there: when, how gravely, and until when.
//!
//! One chart speaks at a time; an alert of another is over. A chart that may not call says nothing here.

use super::Bed;
use super::alerts::Call;
use super::early::EarlyWarning;
use super::orders::Turn;
use super::rise::Sensors;
use crate::alert::{Evidence, Priority, Quantity};
use crate::decimal::Decimal;
use crate::ladder::Class;
use crate::score::choice::{Chart, Mode};
use crate::score::maternal::{self, Criterion, Finding};
use crate::score::npews::{self, Level};
use crate::score::{Points, Risk, news2};
use crate::time::Moment;
use crate::unit::Unit;
use crate::vital::Absence;

impl Bed<'_> {
    /// Looks at the early warning again; what another chart said is over.
    pub(super) fn judge_score(&mut self, turn: &mut Turn<'_>) {
        let choice = self.choice(turn.now);
        for other in Chart::ALL.into_iter().filter(|chart| *chart != choice.chart) {
            self.say(other.condition(), None, turn);
        }
        let warning = self.warning_as_called(turn.now);
        let Some((level, worse)) = self.level_now(&warning, choice.mode, turn.now) else { return };
        let call = grave(level).map(|(priority, class)| {
            let total = Quantity::exactly(Decimal::new(i64::from(warning.lower()), 0), Unit::One);
            let key = self.state.signs.latest_key();
            let evidence = Evidence { quantity: Some(total), crossed: None, key, taken: turn.now };
            Call { priority, class, evidence, worse }
        });
        let condition = choice.chart.condition();
        let called = self.state.alerts.open(condition).map(|open| open.priority);
        if call.is_some() || called.is_none_or(|called| self.score_is_over(&warning, choice.mode, called)) {
            self.say(condition, call, turn);
        }
    }

    /// The early warning as far as it may call: who sleeps by a drug answers to nobody, and that is no
    /// trigger.
    #[must_use]
    pub fn warning_as_called(&self, now: Moment) -> EarlyWarning {
        match self.early_warning(now) {
            EarlyWarning::Npews(npews) if self.choice(now).mode == Mode::OnARise => {
                EarlyWarning::Npews(npews.without_consciousness())
            }
            warning => warning,
        }
    }

    /// At which level it calls now, and whether that is worse though of the same priority; `None` where it
    /// was higher a moment ago: what calls goes on until it has been lower for a while.
    fn level_now(&mut self, warning: &EarlyWarning, mode: Mode, now: Moment) -> Option<(Level, bool)> {
        let (lower, sensors) = (warning.lower(), warning.sensors());
        let level = self.level_as_called(warning, lower, mode);
        self.state.rise.look(&sensors, level, now);
        let sure = lower.saturating_sub(self.state.rise.waits(&sensors, now));
        let may = self.level_as_called(warning, sure, mode).max(self.state.rise.stands(now)).min(level);
        let before = self.state.steady.calling();
        let steady = self.state.steady.look(level, may, now);
        let worse = before == Level::High && steady == Level::Emergency;
        (steady <= level).then_some((steady, worse))
    }

    /// How grave it is, if only so many of its points counted, as far as it may call. A rise over the
    /// baseline is never less than medium; what people say calls without one.
    fn level_as_called(&self, warning: &EarlyWarning, total: u8, mode: Mode) -> Level {
        match mode {
            Mode::Calls => warning.level_of(total),
            Mode::OnARise if self.state.entries.is_a_rise(total) => {
                warning.level_of(total).max(Level::Medium)
            }
            Mode::OnARise => warning.triggered(),
            Mode::Shown => Level::None,
        }
    }

    /// Whether a score that called is certainly lower now. A sign that was lost is not a sign that is well,
    /// and a bed of which nothing is known has not been judged at all.
    fn score_is_over(&self, warning: &EarlyWarning, mode: Mode, called: Priority) -> bool {
        let called_at = match called {
            Priority::Low => Level::Low,
            Priority::Medium => Level::Medium,
            Priority::High => Level::High,
        };
        let never_calls = match mode {
            Mode::Calls => false,
            Mode::OnARise => self.baseline().is_none(),
            Mode::Shown => true,
        };
        let at_worst = warning.with_lost_signs();
        never_calls
            || at_worst.is_some_and(|worst| self.level_as_called(&worst, worst.lower(), mode) < called_at)
    }
}

/// What calls, whichever chart it is.
impl EarlyWarning {
    /// The lowest total that is still possible, or how many criteria are met for certain.
    fn lower(&self) -> u8 {
        match self {
            Self::News2(score) => score.lower(),
            Self::Npews(score) => score.lower(),
            Self::Maternal(criteria) => criteria.lower(),
        }
    }

    /// The level at which it calls if only so many of its points counted.
    fn level_of(&self, total: u8) -> Level {
        match self {
            Self::News2(score) => of_risk(score.risk_of(total)),
            Self::Npews(score) => score.level_of(total),
            Self::Maternal(criteria) => of_finding(criteria.finding_of(total)),
        }
    }

    /// The level for which people call by a word that has no points.
    fn triggered(&self) -> Level {
        match self {
            Self::Npews(score) => score.triggered(),
            Self::News2(_) | Self::Maternal(_) => Level::None,
        }
    }

    /// The points that sensors make; a criterion that is met counts one.
    fn sensors(&self) -> Sensors {
        match self {
            Self::News2(score) => news2::MEASURED.map(|part| score.points(part)),
            Self::Npews(score) => {
                let [resp_rate, spo2, heart_rate, systolic] = npews::MEASURED.map(|part| score.points(part));
                [resp_rate, spo2, heart_rate, systolic, NO_SENSOR]
            }
            Self::Maternal(criteria) => maternal::MEASURED.map(|part| match criteria.stands(part) {
                Criterion::Met => Points::Known(1),
                Criterion::NotMet | Criterion::NotJudged => Points::Known(0),
                Criterion::Unknown(why) => Points::Missing { least: 0, most: 1, why },
            }),
        }
    }

    /// The same with every sign that is lost at its worst; `None` where no sign is known.
    fn with_lost_signs(&self) -> Option<Self> {
        Some(match self {
            Self::News2(score) => Self::News2(score.with_lost_signs()?),
            Self::Npews(score) => Self::Npews(score.with_lost_signs()?),
            Self::Maternal(criteria) => Self::Maternal(criteria.with_lost_signs()?),
        })
    }
}

const NO_SENSOR: Points = Points::Missing { least: 0, most: 0, why: Absence::NeverHeard };

/// How grave a level is, and which ladder it climbs; `None` where it does not call.
const fn grave(level: Level) -> Option<(Priority, Class)> {
    match level {
        Level::None => None,
        Level::Low => Some((Priority::Low, Class::Notice)),
        Level::Medium => Some((Priority::Medium, Class::Yellow)),
        Level::High | Level::Emergency => Some((Priority::High, Class::Red)),
    }
}

const fn of_risk(risk: Risk) -> Level {
    match risk {
        Risk::Low => Level::None,
        Risk::LowMedium => Level::Low,
        Risk::Medium => Level::Medium,
        Risk::High => Level::High,
    }
}

const fn of_finding(finding: Finding) -> Level {
    match finding {
        Finding::NoneMet => Level::None,
        Finding::Verify => Level::Medium,
        Finding::Evaluate => Level::High,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::page::tables;

    /// The pages are the source: each level and each finding, with the priority at which it calls.
    #[test]
    fn the_pages_say_how_gravely_a_level_calls() {
        let word = |level| match grave(level) {
            None => "calls nobody",
            Some((Priority::Low, Class::Notice)) => "low, shown alone",
            Some((Priority::Medium, Class::Yellow)) => "medium",
            Some((Priority::High, Class::Red)) => "high",
            other => panic!("{other:?}"),
        };
        let of = |page: &'static str| tables(page).pop().unwrap();
        let levels = [Level::None, Level::Low, Level::Medium, Level::High, Level::Emergency];
        let expected = levels.map(|level| [level.word(), word(level)]);
        assert_eq!(of(include_str!("../../charts/npews.md")), expected);
        let findings = [Finding::NoneMet, Finding::Verify, Finding::Evaluate];
        let expected = findings.map(|finding| [finding.word(), word(of_finding(finding))]);
        assert_eq!(of(include_str!("../../charts/maternal.md")), expected);
    }
}
