//! By which limits a bed is judged: the ward's for the patient's age, or the patient's own while they hold.
//!
//! It never judges by nothing in silence: where nobody has set limits for an age, that is itself shown.

use super::Bed;
use super::for_a_time::ForATime;
use super::judge::bare;
use super::orders::Turn;
use crate::alert::{AlertState, Condition, Technical};
use crate::event::Actor;
use crate::limit::{OwnLimits, Pair};
use crate::sign::Parameter;
use crate::time::Moment;
use crate::vital::MessageKey;

/// Own limits as a bed keeps them: sixteen bits hold the largest value of any parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Held {
    parameter: Parameter,
    /// Yellow and red below, yellow and red above.
    limits: [Option<i16>; 4],
    by: Actor,
}

impl Held {
    fn new(own: &OwnLimits) -> Self {
        let limits = [own.low.yellow, own.low.red, own.high.yellow, own.high.red];
        let limits = limits.map(|limit| limit.and_then(|limit| i16::try_from(limit).ok()));
        Self { parameter: own.parameter, limits, by: own.by }
    }

    fn shown(&self, until: Moment) -> OwnLimits {
        let [low_yellow, low_red, high_yellow, high_red] = self.limits.map(|limit| limit.map(i32::from));
        OwnLimits {
            parameter: self.parameter,
            low: Pair { yellow: low_yellow, red: low_red },
            high: Pair { yellow: high_yellow, red: high_red },
            until,
            by: self.by,
        }
    }
}

/// One patient's own limits, at most one of each parameter.
pub(super) type Own = ForATime<Held, { Parameter::ALL.len() }>;

impl Bed<'_> {
    /// The patient's own limits of a parameter, while they hold.
    #[must_use]
    pub fn own_limits(&self, parameter: Parameter) -> Option<OwnLimits> {
        let (until, own) = self.state.own_limits.find(|own| own.parameter == parameter)?;
        Some(own.shown(until))
    }

    /// A person set a patient's own limits, or ended them. What was said of their end is over either way.
    pub(super) fn take_own_limits(&mut self, own: &OwnLimits, turn: &mut Turn<'_>) {
        let same = |held: &Held| held.parameter == own.parameter;
        self.state.own_limits.take(Held::new(own), own.until, same, turn.now);
        self.say(Condition::Technical(Technical::OwnLimitsEnded(own.parameter)), None, turn);
    }

    /// They were this patient's alone.
    pub(super) fn forget_own_limits(&mut self, turn: &mut Turn<'_>) {
        self.state.own_limits = Own::default();
        for parameter in Parameter::ALL {
            self.say(Condition::Technical(Technical::OwnLimitsEnded(parameter)), None, turn);
        }
    }

    /// Somebody lies here of whom they were perhaps not.
    pub(super) fn end_own_limits(&mut self, turn: &mut Turn<'_>) {
        self.end_own_limits_of(Moment(u64::MAX), turn);
    }

    /// Ends all that hold until then at most, with a notice.
    fn end_own_limits_of(&mut self, until: Moment, turn: &mut Turn<'_>) {
        while let Some((ended, own)) = self.state.own_limits.ended(until) {
            let what = Technical::OwnLimitsEnded(own.parameter);
            self.say_technical(what, true, bare(MessageKey(ended.0), ended), turn);
        }
    }

    /// Own limits whose time is over end with a notice, and the notice when somebody has read it; and an age
    /// without limits is said.
    pub(super) fn judge_own_limits(&mut self, turn: &mut Turn<'_>) {
        self.end_own_limits_of(turn.now, turn);
        self.end_own_critical(turn);
        while let Some(read) = self.notice_that_was_read() {
            self.say(read, None, turn);
        }
        let none = !self.policy.has_limits(self.band());
        self.say_technical(Technical::NoLimits, none, bare(MessageKey(turn.now.0), turn.now), turn);
    }

    fn notice_that_was_read(&self) -> Option<Condition> {
        let is_notice = |condition| {
            use Technical::{OwnCriticalEnded, OwnLimitsEnded};
            matches!(condition, Condition::Technical(OwnLimitsEnded(_) | OwnCriticalEnded(_)))
        };
        let read =
            |alert: &&crate::Alert| alert.state == AlertState::Acknowledged && is_notice(alert.condition);
        self.state.alerts.iter().find(read).map(|alert| alert.condition)
    }
}
