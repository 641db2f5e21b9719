//! Parameters that fall or rise by much within a time. Where no ward has set by how much, nothing is kept and
//! nothing is looked at.

use super::Bed;
use super::alerts::Call;
use super::judge::crossed;
use super::orders::Turn;
use crate::alert::{Alert, Condition, Priority, Side};
use crate::ladder::Class;
use crate::limit::Measured;
use crate::sign::{Parameter, Sign};
use crate::time::Moment;
use crate::trend::Bounds;

impl Bed<'_> {
    pub(super) fn judge_changes(&mut self, turn: &mut Turn<'_>) {
        // One that was recorded under another policy is over.
        let is_change = |alert: &Alert| matches!(alert.condition, Condition::Change(..));
        if self.policy.has_trends(self.band()) || self.state.alerts.iter().any(is_change) {
            for parameter in Parameter::ALL {
                for side in [Side::Low, Side::High] {
                    self.judge_change(parameter, side, turn);
                }
            }
        }
    }

    #[expect(clippy::indexing_slicing, reason = "the array has one element for each parameter")]
    fn judge_change(&mut self, parameter: Parameter, side: Side, turn: &mut Turn<'_>) {
        let (condition, trend) = (Condition::Change(parameter, side), *self.trend(parameter));
        if trend.by(side).is_none() {
            return self.say(condition, None, turn);
        }
        let found = self.moving(parameter, turn.now);
        let limits = self.limits_in_doubt(parameter, turn.now);
        let course = &mut self.state.courses[parameter as usize];
        let called = course.is_calling(side);
        let from = course.look(found, side, Bounds { trend: &trend, limits: &limits }, turn.now);
        match (from, found) {
            (Some(from), Some((sign, Measured { value, .. }))) => {
                let evidence = self.evidence_of(sign, value, Some(crossed(parameter, side, from)));
                let (priority, class) = (Priority::Medium, Class::Yellow);
                self.say(condition, Some(Call { priority, class, evidence, worse: false }), turn);
            }
            // It called when it was last known, and nobody can say that it is over.
            _ if course.is_calling(side) => {}
            // Never measured here: an alert that was put back after a crash waits for a value.
            (_, None) if !called => {}
            _ => self.say(condition, None, turn),
        }
    }

    /// The earliest time at which a course must be looked at though nothing arrives.
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each parameter")]
    pub(super) fn change_deadline(&self, now: Moment) -> Option<Moment> {
        let set = Parameter::ALL.into_iter().filter(|parameter| self.trend(*parameter).is_set());
        let due = set.filter_map(|parameter| {
            let limits = self.limits_in_doubt(parameter, now);
            let bounds = Bounds { trend: self.trend(parameter), limits: &limits };
            self.state.courses[parameter as usize].deadline(bounds, now)
        });
        due.min()
    }

    /// The value of a parameter that may be compared with another of its own. A stopped heart or chest is
    /// called as such, and is no low rate.
    fn moving(&self, parameter: Parameter, now: Moment) -> Option<(Sign, Measured)> {
        let (sign, value) = self.state.signs.parameter(parameter, now).ok()?;
        let stopped = value == 0 && matches!(parameter, Parameter::PulseRate | Parameter::RespRate);
        (!stopped).then(|| (sign, Measured { value, taken: self.state.signs.vital(sign).taken }))
    }
}
