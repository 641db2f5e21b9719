//! One cause, one call: what follows from a graver alert that is calling is shown, and not called beside it.
//!
//! An alert is held back only while its cause is true, unanswered and heard, and at least as grave. The
//! moment it is not, what it held back calls from the foot of its own ladder. `charts/causes.md` is the
//! source of the pairs; a test reads it.

use super::alerts::{Alerts, restart_ladder};
use super::orders::{Turn, What};
use super::standby::Standby;
use crate::alert::{Alert, AlertState, Condition, Side};
use crate::sign::Parameter;

/// Whether `effect` may be held back under `cause`, by what they are.
fn may_follow(effect: Condition, cause: Condition) -> bool {
    use Parameter::{EtCo2, MeanPressure, MinuteVolume, PulseRate, RespRate, SpO2, Systolic};
    match (cause, effect) {
        (Condition::NoPulse, Condition::Limit(of, Side::Low)) => {
            matches!(of, PulseRate | SpO2 | Systolic | MeanPressure | EtCo2)
        }
        (Condition::Apnoea, Condition::Limit(of, Side::Low)) => {
            matches!(of, RespRate | SpO2 | EtCo2 | MinuteVolume)
        }
        (
            Condition::NoPulse | Condition::Apnoea,
            Condition::News2 | Condition::Npews | Condition::Maternal,
        )
        | (Condition::Limit(MeanPressure, Side::Low), Condition::Limit(Systolic, Side::Low))
        | (Condition::Limit(MeanPressure, Side::High), Condition::Limit(Systolic, Side::High))
        | (Condition::Limit(Systolic, Side::Low), Condition::Limit(MeanPressure, Side::Low))
        | (Condition::Limit(Systolic, Side::High), Condition::Limit(MeanPressure, Side::High)) => true,
        (_, Condition::Change(of, side)) => {
            let limit = Condition::Limit(of, side);
            limit == cause || may_follow(limit, cause)
        }
        _ => false,
    }
}

/// Whether `cause` calls for `effect` now. Of two pressures beyond their limits the graver calls, and of two
/// as grave the mean.
fn calls_for(cause: &Alert, effect: &Alert) -> bool {
    let heard = cause.state == AlertState::Active && cause.class.sounds();
    let graver = cause.priority > effect.priority;
    let first = !matches!(cause.condition, Condition::Limit(Parameter::Systolic, _))
        || matches!(effect.condition, Condition::Change(..));
    heard
        && may_follow(effect.condition, cause.condition)
        && (graver || (first && cause.priority == effect.priority))
}

impl Alerts {
    /// The alert that calls for this one.
    pub(super) fn cause_of(&self, effect: &Alert) -> Option<&Alert> {
        self.iter().find(|cause| effect.state == AlertState::Active && calls_for(cause, effect))
    }

    /// Holds back what a graver alert calls for and what standby holds, and lets go of all else.
    pub(super) fn hold_back(&mut self, standby: &Standby, turn: &mut Turn<'_>) {
        for at in 0..self.list.len() {
            let has_cause = self
                .list
                .get(at)
                .is_some_and(|alert| standby.holds(alert.condition) || self.cause_of(alert).is_some());
            let alert = self.list.get_mut(at).filter(|alert| alert.state == AlertState::Active);
            let Some(alert) = alert else { continue };
            if has_cause && alert.next_at.is_some() {
                alert.next_at = None;
                turn.give(alert.id, What::HeldBack);
            } else if !has_cause && alert.next_at.is_none() {
                restart_ladder(alert, turn.now);
                turn.give(alert.id, What::LetGo);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::choice::Chart;

    /// What the page says of changes, for each of them and each cause.
    #[test]
    fn a_change_is_held_back_by_its_limit_and_by_what_holds_that_back() {
        let page = include_str!("../../charts/causes.md");
        assert!(
            page.contains("is held back by the limit of the same parameter on the side to\nwhich it moved")
        );
        let sides = [Side::Low, Side::High];
        let all = Parameter::ALL.into_iter().flat_map(|of| sides.map(|side| (of, side)));
        let limits = all.clone().map(|(of, side)| Condition::Limit(of, side));
        let changes = all.clone().map(|(of, side)| Condition::Change(of, side));
        let others = [Condition::NoPulse, Condition::Apnoea, Condition::News2];
        let causes: Vec<Condition> = others.into_iter().chain(limits).chain(changes).collect();
        for ((of, side), cause) in all.flat_map(|change| causes.iter().map(move |cause| (change, *cause))) {
            let (change, limit) = (Condition::Change(of, side), Condition::Limit(of, side));
            assert_eq!(may_follow(change, cause), cause == limit || may_follow(limit, cause), "{cause:?}");
            assert!(!may_follow(cause, change), "{cause:?}");
        }
    }

    /// The page is the source: every pair of limits on it, and no other.
    #[test]
    fn the_page_is_the_table() {
        let page = include_str!("../../charts/causes.md");
        let word = |condition| match condition {
            Condition::Limit(parameter, Side::Low) => std::format!("{} low", parameter.word()),
            Condition::Limit(parameter, Side::High) => std::format!("{} high", parameter.word()),
            Condition::NoPulse => "no pulse".into(),
            Condition::Apnoea => "no breath".into(),
            score => Chart::ALL.into_iter().find(|chart| chart.condition() == score).unwrap().word().into(),
        };
        let sides = [Side::Low, Side::High];
        let limits = Parameter::ALL.into_iter().flat_map(|of| sides.map(|side| Condition::Limit(of, side)));
        let scores = Chart::ALL.map(Chart::condition);
        let all: Vec<Condition> =
            [Condition::NoPulse, Condition::Apnoea].into_iter().chain(scores).chain(limits).collect();
        let rows = page.lines().skip_while(|line| !line.starts_with("| cause")).skip(2);
        let mut rows = rows.map_while(|line| line.strip_prefix('|')?.strip_suffix('|'));
        for cause in &all {
            let effects: Vec<_> = all
                .iter()
                .filter(|effect| may_follow(**effect, *cause))
                .map(|effect| word(*effect))
                .collect();
            if !effects.is_empty() {
                let cells: Vec<&str> = rows.next().unwrap().split('|').map(str::trim).collect();
                assert_eq!(cells, [word(*cause).as_str(), &effects.join(", ")]);
            }
        }
        assert_eq!(rows.next(), None);
    }
}
