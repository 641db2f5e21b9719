//! The open alerts of one bed: raised, worsened, answered, climbing their ladders, over.
//!
//! At the bound the oldest resolved alert makes room, then a low technical one folds into "and n more"; a high one never
//! makes room for anything.

use super::{BedNo, Orders, What};
use crate::alert::{Alert, AlertId, AlertState, Answered, Condition, Evidence, Kind, Priority};
use crate::event::{Answer, Refusal, Role, Say, Via};
use crate::ladder::Class;
use crate::policy::Policy;
use crate::time::Moment;

/// How many alerts one bed keeps open.
pub const ALERTS: usize = 24;

/// What a true condition asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) priority: Priority,
    pub(super) class: Class,
    pub(super) evidence: Evidence,
    /// Whether it is worse than what the alert stood on so far, though its priority is the same.
    pub(super) worse: bool,
}

/// All alerts of one bed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Alerts {
    list: heapless::Vec<Alert, ALERTS>,
    folded: u16,
}

impl Alerts {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.list.iter()
    }

    pub(super) const fn folded(&self) -> u16 {
        self.folded
    }

    pub(super) fn get(&self, id: AlertId) -> Option<&Alert> {
        self.list.iter().find(|alert| alert.id == id)
    }

    /// The open alert of `condition`.
    pub(super) fn open(&self, condition: Condition) -> Option<&Alert> {
        self.list.iter().find(|alert| alert.condition == condition && alert.is_open())
    }

    /// Says that `condition` is true, as `call` describes.
    pub(super) fn holds(
        &mut self,
        bed: BedNo,
        condition: Condition,
        call: &Call,
        now: Moment,
        orders: &mut Orders,
    ) {
        let open = self.list.iter_mut().find(|alert| alert.condition == condition && alert.is_open());
        let Some(alert) = open else { return self.raise(bed, condition, call, now, orders) };
        let came_back = !alert.holds;
        let worse = call.priority > alert.priority || call.worse;
        alert.holds = true;
        if worse || (came_back && alert.state == AlertState::Latched) {
            alert.evidence = call.evidence;
            call_anew(alert, call, now);
            orders.give(alert.id, if worse { What::Worsened } else { What::Returned });
        } else if alert.state == AlertState::Acknowledged && call.priority < alert.priority {
            alert.priority = call.priority;
            alert.class = call.class;
            orders.give(alert.id, What::Eased);
        }
    }

    /// Says that `condition` is not true, if it ever was.
    pub(super) fn is_over(
        &mut self,
        condition: Condition,
        withdrawn: bool,
        now: Moment,
        orders: &mut Orders,
    ) {
        let open = self.list.iter_mut().find(|alert| alert.condition == condition && alert.is_open());
        let Some(alert) = open.filter(|alert| alert.holds) else { return };
        alert.holds = false;
        if alert.state == AlertState::Active && latches(alert) {
            alert.state = AlertState::Latched;
            alert.changed_at = now;
            if !alert.condition.is_immediate() {
                alert.next_at = None;
            }
            orders.give(alert.id, What::Latched);
        } else if alert.state != AlertState::Latched {
            resolve(alert, now);
            orders.give(alert.id, if withdrawn { What::Withdrawn } else { What::Resolved });
        }
    }

    /// A person answers. What changes nothing is refused with the reason.
    pub(super) fn answer(&mut self, answer: &Answer, policy: &Policy, now: Moment, orders: &mut Orders) {
        let open = self.list.iter_mut().find(|alert| alert.id == answer.alert && alert.is_open());
        let Some(alert) = open else { return orders.give(answer.alert, What::Refused(Refusal::Unknown)) };
        let what = match answer.say {
            Say::Acknowledge(_) if alert.condition.kind() == Kind::Laboratory => {
                read_back(alert, answer, now)
            }
            Say::Acknowledge(_) => acknowledge(alert, answer, policy, now),
            Say::Accept => accept(alert, answer, policy, now),
            Say::Reject => reject(alert, answer, now),
        };
        orders.give(alert.id, what);
    }

    /// Calls every step that is due, and calls again what was acknowledged long enough ago and is still true.
    pub(super) fn climb(&mut self, policy: &Policy, now: Moment, orders: &mut Orders) {
        for alert in &mut self.list {
            if alert.is_open() && alert.next_at.is_some_and(|at| at <= now) {
                climb_one(alert, policy, now, orders);
            }
        }
    }

    /// When the next step is due.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.list.iter().filter(|alert| alert.is_open()).filter_map(|alert| alert.next_at).min()
    }

    /// Puts an alert back as it was recorded, because what was recorded wins over a replay that lacks it.
    pub(super) fn put_back(&mut self, alert: Alert) {
        if let Some(known) = self.list.iter_mut().find(|known| known.id == alert.id) {
            *known = alert;
        } else if self.make_room(&alert).is_ok() {
            let _ = self.list.push(alert);
        }
    }

    fn raise(&mut self, bed: BedNo, condition: Condition, call: &Call, now: Moment, orders: &mut Orders) {
        let mut alert = Alert {
            id: name(bed, condition, call.evidence.key.0),
            condition,
            priority: call.priority,
            state: AlertState::Active,
            class: call.class,
            raised_at: now,
            changed_at: now,
            holds: true,
            evidence: call.evidence,
            answered: Answered::default(),
            called_from: now,
            steps_called: 0,
            next_at: Some(now),
        };
        if let Some(again) = self.list.iter().position(|known| known.id == alert.id) {
            // The same first message raised this once before, and it was resolved: the episode goes on.
            let before = self.list.swap_remove(again);
            alert.raised_at = before.raised_at;
        }
        match self.make_room(&alert) {
            Ok(Some(folded)) => orders.give(folded, What::Folded),
            Ok(None) => {}
            Err(Full) => {
                self.folded = self.folded.saturating_add(1);
                return orders.give(alert.id, What::Folded);
            }
        }
        let _ = self.list.push(alert);
        orders.give(alert.id, What::Raised);
    }

    /// Makes room for `alert`, and says which open one had to fold for it.
    fn make_room(&mut self, alert: &Alert) -> Result<Option<AlertId>, Full> {
        if !self.list.is_full() {
            return Ok(None);
        }
        let oldest_resolved = position_of_oldest(&self.list, |known| !known.is_open());
        if let Some(at) = oldest_resolved {
            self.list.swap_remove(at);
            return Ok(None);
        }
        let oldest_low = position_of_oldest(&self.list, |known| {
            known.priority == Priority::Low && known.condition.kind() == Kind::Technical
        });
        let lesser = || position_of_oldest(&self.list, |known| known.priority < alert.priority);
        let at = oldest_low.or_else(lesser).ok_or(Full)?;
        let folded = self.list.swap_remove(at);
        self.folded = self.folded.saturating_add(1);
        Ok(Some(folded.id))
    }
}

/// Nothing could make room: everything here is at least as grave.
struct Full;

fn position_of_oldest(list: &[Alert], which: impl Fn(&Alert) -> bool) -> Option<usize> {
    let candidates = list.iter().enumerate().filter(|(_, alert)| which(alert));
    candidates.min_by_key(|(_, alert)| alert.changed_at).map(|(at, _)| at)
}

/// Grave enough not to vanish by itself before a person has seen it.
fn latches(alert: &Alert) -> bool {
    alert.priority == Priority::High && matches!(alert.condition.kind(), Kind::Physiological | Kind::Score)
}

fn resolve(alert: &mut Alert, now: Moment) {
    alert.state = AlertState::Resolved;
    alert.changed_at = now;
    alert.next_at = None;
}

/// Starts the ladder from its foot, as if nobody had answered.
fn call_anew(alert: &mut Alert, call: &Call, now: Moment) {
    alert.priority = alert.priority.max(call.priority);
    alert.class = call.class;
    restart(alert, now);
}

fn restart(alert: &mut Alert, now: Moment) {
    alert.state = AlertState::Active;
    alert.answered = Answered::default();
    alert.changed_at = now;
    alert.called_from = now;
    alert.steps_called = 0;
    alert.next_at = Some(now);
}

fn climb_one(alert: &mut Alert, policy: &Policy, now: Moment, orders: &mut Orders) {
    let ladder = policy.ladder(alert.class);
    // An acknowledged laboratory critical is still owed the other part, nurse's or doctor's: its ladder goes on.
    if alert.state == AlertState::Acknowledged && alert.condition.kind() != Kind::Laboratory {
        if alert.holds {
            restart(alert, now);
            orders.give(alert.id, What::Recalled);
        } else {
            alert.next_at = None;
            return;
        }
    }
    orders.give(alert.id, What::Call { step: alert.steps_called });
    alert.steps_called = alert.steps_called.saturating_add(1);
    let next = alert.called_from + ladder.due_after(alert.steps_called);
    let repeats = usize::from(alert.steps_called) >= ladder.steps.len();
    // After an outage every step that was missed is called, one after the other; missed repeats are not.
    alert.next_at = Some(if repeats { next.max(now + ladder.repeat) } else { next });
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
    if !alert.holds {
        resolve(alert, now);
        return What::Resolved;
    }
    alert.state = AlertState::Acknowledged;
    alert.changed_at = now;
    alert.next_at = Some(now + policy.ladder(alert.class).recall);
    What::Acknowledged
}

/// The acknowledgement of a laboratory critical: at a station with the value read back, from afar only as *seen*.
fn read_back(alert: &mut Alert, answer: &Answer, now: Moment) -> What {
    if answer.via == Via::Remote {
        return seen_from_afar(alert, answer, now);
    }
    let Say::Acknowledge(said) = answer.say else { return What::Refused(Refusal::ReadBackMissing) };
    let Some(said) = said else { return What::Refused(Refusal::ReadBackMissing) };
    if !alert.evidence.quantity.is_some_and(|value| value.reads_as(&said)) {
        return What::Refused(Refusal::ReadBackWrong);
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
    alert.state = AlertState::Acknowledged;
    alert.changed_at = now;
    finish_laboratory(alert, now, What::Acknowledged)
}

fn seen_from_afar(alert: &mut Alert, answer: &Answer, now: Moment) -> What {
    if answer.role != Role::Doctor {
        return What::Seen;
    }
    if alert.answered.accepted.is_some() {
        return What::Refused(Refusal::Already);
    }
    alert.answered.accepted = Some((answer.by, now));
    finish_laboratory(alert, now, What::Accepted)
}

/// A laboratory alert is over when a nurse has read the value back and a doctor has taken responsibility.
fn finish_laboratory(alert: &mut Alert, now: Moment, otherwise: What) -> What {
    if alert.answered.nurse && alert.answered.accepted.is_some() {
        resolve(alert, now);
        return What::Resolved;
    }
    otherwise
}

fn accept(alert: &mut Alert, answer: &Answer, policy: &Policy, now: Moment) -> What {
    if answer.role != Role::Doctor {
        return What::Refused(Refusal::DoctorOnly);
    }
    if alert.answered.accepted.is_some() {
        return What::Refused(Refusal::Already);
    }
    alert.answered.accepted = Some((answer.by, now));
    if alert.condition.kind() == Kind::Laboratory {
        return finish_laboratory(alert, now, What::Accepted);
    }
    if alert.state == AlertState::Active && alert.holds {
        alert.state = AlertState::Acknowledged;
        alert.answered.acknowledged = Some((answer.by, now));
        alert.next_at = Some(now + policy.ladder(alert.class).recall);
    } else if !alert.holds {
        resolve(alert, now);
        return What::Resolved;
    }
    alert.changed_at = now;
    What::Accepted
}

/// Not mine: the next step is due at once, and a responsibility taken before is given back.
fn reject(alert: &mut Alert, answer: &Answer, now: Moment) -> What {
    if answer.role != Role::Doctor {
        return What::Refused(Refusal::DoctorOnly);
    }
    alert.answered.accepted = None;
    if alert.next_at.is_some() || alert.state == AlertState::Active {
        alert.next_at = Some(now);
    }
    alert.changed_at = now;
    What::Rejected
}

/// The name of an alert: FNV-1a over bed, condition and the key of the first message.
fn name(bed: BedNo, condition: Condition, key: u64) -> AlertId {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    core::hash::Hash::hash(&bed.0, &mut hash);
    core::hash::Hash::hash(&condition, &mut hash);
    core::hash::Hash::hash(&key, &mut hash);
    AlertId(core::hash::Hasher::finish(&hash))
}

/// FNV-1a, 64 bits: small, stable over versions of the standard library, and good enough for names.
struct Fnv(u64);

impl core::hash::Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
