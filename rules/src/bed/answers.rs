//! What a person's answer does to an alert.
//!
//! Two kinds of alert differ: a laboratory critical needs a nurse who reads the value back *and* a doctor who
//! takes responsibility; any other alert is acknowledged by whoever says so first. What is acknowledged calls
//! again while it is true, and somebody is reminded of it half-way there.

use super::alerts::{Alerts, resolve};
use super::orders::{Turn, What};
use crate::alert::{Alert, AlertState, Kind};
use crate::event::{Answer, Refusal, Role, SHELVE_LONGEST, Say, Via};
use crate::policy::Policy;
use crate::time::{Moment, Span};

impl Alerts {
    /// A person answers. What changes nothing is refused with the reason.
    pub(super) fn answer(&mut self, answer: &Answer, policy: &Policy, turn: &mut Turn<'_>) {
        let now = turn.now;
        let what = match self.open_mut(answer.alert) {
            Some(alert) => answered(alert, answer, policy, now),
            None => What::Refused(Refusal::Unknown),
        };
        turn.give(answer.alert, what);
    }
}

fn answered(alert: &mut Alert, answer: &Answer, policy: &Policy, now: Moment) -> What {
    let laboratory = alert.condition.kind() == Kind::Laboratory;
    match answer.say {
        Say::Acknowledge(_) | Say::AcknowledgeText if laboratory => match answer.via {
            Via::Remote => seen_from_afar(alert, answer, now),
            Via::Station => read_back(alert, answer, now),
        },
        Say::Acknowledge(_) | Say::AcknowledgeText => acknowledge(alert, answer, policy, now),
        Say::Accept => accept(alert, answer, policy, now),
        Say::Reject => reject(alert, answer, now),
        Say::Shelve(lasts) => shelve(alert, answer, lasts, now),
    }
}

/// Any acknowledgement but a laboratory critical's.
fn acknowledge(alert: &mut Alert, answer: &Answer, policy: &Policy, now: Moment) -> What {
    if alert.state == AlertState::Acknowledged {
        return What::Refused(Refusal::Already);
    }
    alert.answered.acknowledged = Some((answer.by, now));
    alert.answered.nurse = true;
    if answer.role == Role::Doctor && answer.via == Via::Remote {
        alert.answered.accepted = Some((answer.by, now));
    }
    if !alert.holds() {
        resolve(alert, now);
        return What::Resolved;
    }
    hold_until_recall(alert, policy, now);
    What::Acknowledged
}

fn hold_until_recall(alert: &mut Alert, policy: &Policy, now: Moment) {
    alert.state = AlertState::Acknowledged;
    alert.changed_at = now;
    let recall = policy.ladder(alert.class).recall;
    alert.answered.reminded = !alert.class.sounds();
    alert.next_at = Some(now + if alert.answered.reminded { recall } else { Span(recall.0 / 2) });
}

/// Known, and left alone for as long as that: then it calls anew, whatever its class. What becomes graver
/// meanwhile calls at once, as always.
fn shelve(alert: &mut Alert, answer: &Answer, lasts: Span, now: Moment) -> What {
    if !alert.may_be_shelved() {
        return What::Refused(Refusal::NeverShelved);
    }
    alert.answered.acknowledged = Some((answer.by, now));
    alert.answered.nurse = true;
    if !alert.holds() {
        resolve(alert, now);
        return What::Resolved;
    }
    alert.state = AlertState::Acknowledged;
    alert.changed_at = now;
    alert.answered.reminded = true;
    alert.next_at = Some(now + lasts.min(SHELVE_LONGEST));
    What::Shelved
}

/// The acknowledgement of a laboratory critical at a station: with the value read back.
fn read_back(alert: &mut Alert, answer: &Answer, now: Moment) -> What {
    if let Some(refusal) = wrong_read_back(alert, answer.say) {
        return What::Refused(refusal);
    }
    let doctor = answer.role == Role::Doctor;
    let done = if doctor { alert.answered.accepted.is_some() } else { alert.answered.nurse };
    if done {
        return What::Refused(Refusal::Already);
    }
    alert.answered.acknowledged.get_or_insert((answer.by, now));
    if doctor {
        alert.answered.accepted = Some((answer.by, now));
    } else {
        alert.answered.nurse = true;
    }
    if !ends_laboratory(alert, now) {
        alert.state = AlertState::Acknowledged;
        alert.changed_at = now;
        return What::Acknowledged;
    }
    What::Resolved
}

/// Why what was read back does not count: it must be the value, or for a result without a number its text.
fn wrong_read_back(alert: &Alert, say: Say) -> Option<Refusal> {
    match (alert.evidence.quantity, say) {
        (Some(value), Say::Acknowledge(Some(said))) if value.reads_as(&said) => None,
        (None, Say::AcknowledgeText) => None,
        (_, Say::Acknowledge(Some(_))) => Some(Refusal::ReadBackWrong),
        _ => Some(Refusal::ReadBackMissing),
    }
}

/// From afar nothing can be read back: a nurse has seen it, a doctor takes responsibility.
fn seen_from_afar(alert: &mut Alert, answer: &Answer, now: Moment) -> What {
    if answer.role == Role::Doctor { take_responsibility(alert, answer, now) } else { What::Seen }
}

fn take_responsibility(alert: &mut Alert, answer: &Answer, now: Moment) -> What {
    if alert.answered.accepted.is_some() {
        return What::Refused(Refusal::Already);
    }
    alert.answered.accepted = Some((answer.by, now));
    if ends_laboratory(alert, now) { What::Resolved } else { What::Accepted }
}

/// A laboratory alert ends when a nurse has read the value back and a doctor has taken responsibility; one
/// whose condition is over already, when either has.
fn ends_laboratory(alert: &mut Alert, now: Moment) -> bool {
    let both = alert.answered.nurse && alert.answered.accepted.is_some();
    let ends = both || !alert.holds();
    if ends {
        resolve(alert, now);
    }
    ends
}

fn accept(alert: &mut Alert, answer: &Answer, policy: &Policy, now: Moment) -> What {
    if answer.role != Role::Doctor {
        return What::Refused(Refusal::DoctorOnly);
    }
    if alert.condition.kind() == Kind::Laboratory {
        return take_responsibility(alert, answer, now);
    }
    if alert.answered.accepted.is_some() {
        return What::Refused(Refusal::Already);
    }
    alert.answered.accepted = Some((answer.by, now));
    match alert.state {
        AlertState::Active => {
            alert.answered.acknowledged = Some((answer.by, now));
            hold_until_recall(alert, policy, now);
        }
        AlertState::Acknowledged => alert.changed_at = now,
        AlertState::Latched | AlertState::Resolved => {
            resolve(alert, now);
            return What::Resolved;
        }
    }
    What::Accepted
}

/// Not mine. A responsibility that this doctor took before is given back, and then, or while it calls, the
/// next step is due at once. What a nurse has answered at the bed stays answered.
fn reject(alert: &mut Alert, answer: &Answer, now: Moment) -> What {
    if answer.role != Role::Doctor {
        return What::Refused(Refusal::DoctorOnly);
    }
    let given_back = alert.answered.accepted.take_if(|(by, _)| *by == answer.by).is_some();
    let owed = alert.state == AlertState::Active || alert.condition.kind() == Kind::Laboratory;
    if (given_back || owed) && alert.answered.accepted.is_none() {
        alert.answered.reminded = true;
        alert.next_at = alert.next_at.map(|_| now);
        // Whoever rejects what is not theirs to give back lengthens no silence.
        alert.changed_at = now;
    }
    What::Rejected
}
