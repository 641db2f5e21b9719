//! The open alerts of one bed: raised, worsened, climbing their ladders, over.
//!
//! At the bound the oldest resolved alert makes room, then a low technical one folds into "and n more", then
//! whatever is less grave than the new one. A high alert never makes room for anything. What is folded is
//! remembered by its condition: it is not folded again with every event, ends like any other, and comes back
//! when there is room and it is said again, as what follows from the signs is with every event.

use super::BedNo;
use super::belongings::{Belongings, Put};
use super::orders::{Turn, What};
use super::standby::Standby;
use crate::alert::{Alert, AlertId, AlertState, Answered, Condition, Evidence, Kind, PatientKey, Priority};
use crate::ladder::Class;
use crate::policy::Policy;
use crate::time::Moment;

/// How many alerts one bed keeps open.
pub const ALERTS: usize = 24;

/// How many folded alerts are told apart; at this bound the one folded first is forgotten, and if it is said
/// again it is folded again.
pub(super) const FOLDED: usize = 40;

/// What a true condition asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) priority: Priority,
    pub(super) class: Class,
    pub(super) evidence: Evidence,
    /// Whether it is worse than what the alert stood on so far, though its priority is the same.
    pub(super) worse: bool,
}

/// Why a condition is no longer true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The patient, or the device, is no longer so.
    Passed,
    /// Its sender withdrew or corrected what it stood on.
    Withdrawn,
}

/// An alert that found no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Folded {
    pub(super) condition: Condition,
    pub(super) id: AlertId,
}

/// All alerts of one bed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Alerts {
    pub(super) list: heapless::Vec<Alert, ALERTS>,
    folded: heapless::Vec<Folded, FOLDED>,
}

impl Alerts {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.list.iter()
    }

    pub(super) fn folded(&self) -> u16 {
        u16::try_from(self.folded.len()).unwrap_or(u16::MAX)
    }

    pub(super) fn get(&self, id: AlertId) -> Option<&Alert> {
        self.list.iter().find(|alert| alert.id == id)
    }

    /// Whether an alert is open here, or folded.
    pub(super) fn holds_on_to(&self, id: AlertId) -> bool {
        self.get(id).is_some_and(Alert::is_open) || self.folded.iter().any(|folded| folded.id == id)
    }

    pub(super) fn open_mut(&mut self, id: AlertId) -> Option<&mut Alert> {
        self.list.iter_mut().find(|alert| alert.id == id && alert.is_open())
    }

    /// The open alert of `condition`.
    pub(super) fn open(&self, condition: Condition) -> Option<&Alert> {
        self.list.iter().find(|alert| alert.condition == condition && alert.is_open())
    }

    /// Says that `condition` is true, as `call` describes.
    pub(super) fn holds(&mut self, condition: Condition, call: &Call, turn: &mut Turn<'_>) {
        let open = self.list.iter_mut().find(|alert| alert.condition == condition && alert.is_open());
        let Some(alert) = open else { return self.raise(condition, call, turn) };
        let worse = call.priority > alert.priority || call.worse;
        if worse || alert.state == AlertState::Latched {
            alert.evidence = call.evidence;
            call_anew(alert, call, turn.now);
            turn.give(alert.id, if worse { What::Worsened } else { What::Returned });
        } else if alert.state == AlertState::Acknowledged && call.priority < alert.priority {
            alert.priority = call.priority;
            alert.class = call.class;
            turn.give(alert.id, What::Eased);
        }
    }

    /// Says that `condition` is not true, if it ever was.
    pub(super) fn is_over(&mut self, condition: Condition, ended: Ended, turn: &mut Turn<'_>) {
        let end = if ended == Ended::Withdrawn { What::Withdrawn } else { What::Resolved };
        if let Some(at) = self.folded.iter().position(|folded| folded.condition == condition) {
            turn.give(self.folded.remove(at).id, end);
        }
        let open = self.list.iter_mut().find(|alert| alert.condition == condition && alert.is_open());
        let Some(alert) = open else { return };
        match (alert.state, ended) {
            (AlertState::Latched, Ended::Passed) => {}
            (AlertState::Active, Ended::Passed) if latches(alert) => {
                latch(alert, turn.now);
                turn.give(alert.id, What::Latched);
            }
            _ => {
                resolve(alert, turn.now);
                turn.give(alert.id, end);
            }
        }
    }

    /// Ends what was said of a patient by their signs, scores and devices, where it `is_meant`. The
    /// laboratory's alerts go with the patient, and technical ones are the bed's own.
    pub(super) fn end_of_patient(&mut self, is_meant: impl Fn(&Alert) -> bool, turn: &mut Turn<'_>) {
        let of_patient =
            |alert: &Alert| !matches!(alert.condition, Condition::Technical(_) | Condition::Laboratory(..));
        for alert in self.list.iter_mut().filter(|alert| alert.is_open()) {
            if of_patient(alert) && is_meant(alert) {
                resolve(alert, turn.now);
                turn.give(alert.id, What::Resolved);
            }
        }
    }

    /// Calls every step that is due, and calls again what was acknowledged long enough ago and is still true;
    /// but nothing that a graver alert calls for, and nothing that standby holds.
    pub(super) fn climb(&mut self, policy: &Policy, standby: &Standby, turn: &mut Turn<'_>) {
        let now = turn.now;
        for alert in self.list.iter_mut().filter(|alert| is_due(alert, now)) {
            recall(alert, policy, turn);
        }
        self.hold_back(standby, turn);
        for alert in self.list.iter_mut().filter(|alert| is_due(alert, now)) {
            call(alert, policy, turn);
        }
    }

    /// When the next step is due.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.list.iter().filter(|alert| alert.is_open()).filter_map(|alert| alert.next_at).min()
    }

    /// Puts an alert back as it was recorded, because what was recorded wins over a replay that lacks it.
    pub(super) fn put_back(&mut self, alert: Alert) {
        let same = |known: &Alert| {
            known.id == alert.id || (known.condition == alert.condition && known.is_open() && alert.is_open())
        };
        if let Some(known) = self.list.iter_mut().find(|known| same(known)) {
            *known = alert;
        } else if alert.is_open() && self.insert(alert) == Room::None {
            self.fold(alert.condition, alert.id);
        }
        self.folded.retain(|folded| folded.id != alert.id || alert.is_open());
    }

    /// Takes out what the laboratory said of `patient`.
    pub(super) fn take_out(&mut self, patient: PatientKey, into: &mut Belongings) {
        let goes = |condition: Condition| condition.patient() == Some(patient);
        let open = |alert: &&Alert| alert.is_open() && goes(alert.condition);
        into.alerts.extend(self.list.iter().filter(open).copied());
        into.folded.extend(self.folded.iter().filter(|folded| goes(folded.condition)).copied());
        self.list.retain(|alert| !(alert.is_open() && goes(alert.condition)));
        self.folded.retain(|folded| !goes(folded.condition));
    }

    /// Puts in an open alert from elsewhere as it is. Of two of one condition the one of the newer sample
    /// stays.
    pub(super) fn put_in(&mut self, mut alert: Alert, now: Moment, put: &mut Put) {
        let known = self.list.iter_mut().find(|known| known.condition == alert.condition && known.is_open());
        if let Some(known) = known {
            if known.evidence.taken < alert.evidence.taken {
                core::mem::swap(known, &mut alert);
            }
            resolve(&mut alert, now);
            let _ = put.superseded.push(alert);
            return;
        }
        match self.insert(alert) {
            Room::Made => {}
            Room::MadeByFolding(other) => {
                let _ = put.folded.push(other);
            }
            Room::None => {
                self.fold(alert.condition, alert.id);
                let _ = put.folded.push(alert.id);
            }
        }
    }

    pub(super) fn put_in_folded(&mut self, folded: Folded) {
        self.fold(folded.condition, folded.id);
    }

    fn raise(&mut self, condition: Condition, call: &Call, turn: &mut Turn<'_>) {
        let folded = self.folded.iter().find(|folded| folded.condition == condition).map(|folded| folded.id);
        let id = folded.unwrap_or_else(|| name(turn.bed, condition, call.evidence.key.0));
        let mut alert = raised(id, condition, call, turn.now);
        if let Some(again) = self.list.iter().position(|known| known.id == id) {
            // The same first message raised this once before, and it was resolved: the episode goes on.
            alert.raised_at = self.list.swap_remove(again).raised_at;
        }
        match self.insert(alert) {
            Room::Made => turn.give(id, What::Raised),
            Room::MadeByFolding(other) => {
                turn.give(other, What::Folded);
                turn.give(id, What::Raised);
            }
            Room::None if folded.is_some() => {}
            Room::None => {
                self.fold(condition, id);
                turn.give(id, What::Folded);
            }
        }
    }

    /// Takes `alert` in where there is room for it, or where something less grave can make room.
    fn insert(&mut self, alert: Alert) -> Room {
        let mut room = Room::Made;
        if self.list.is_full() {
            if let Some(at) = position_of_oldest(&self.list, |known| !known.is_open()) {
                self.list.swap_remove(at);
            } else {
                let Some(at) = least_needed(&self.list, &alert) else { return Room::None };
                let displaced = self.list.swap_remove(at);
                self.fold(displaced.condition, displaced.id);
                room = Room::MadeByFolding(displaced.id);
            }
        }
        self.folded.retain(|folded| folded.condition != alert.condition);
        // Room was made above.
        let _ = self.list.push(alert);
        room
    }

    fn fold(&mut self, condition: Condition, id: AlertId) {
        if self.folded.is_full() {
            self.folded.remove(0);
        }
        let _ = self.folded.push(Folded { condition, id });
    }
}

/// Whether an alert found a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// It did.
    Made,
    /// It did, and the named one folded for it.
    MadeByFolding(AlertId),
    /// Everything here is at least as grave.
    None,
}

fn raised(id: AlertId, condition: Condition, call: &Call, now: Moment) -> Alert {
    Alert {
        id,
        condition,
        priority: call.priority,
        state: AlertState::Active,
        class: call.class,
        raised_at: now,
        changed_at: now,
        evidence: call.evidence,
        answered: Answered::default(),
        called_from: now,
        steps_called: 0,
        next_at: Some(now),
    }
}

/// Which alert makes room for `new`: a low technical one, else one of lesser priority. None makes room for
/// its equal, or two would change places with every event.
fn least_needed(list: &[Alert], new: &Alert) -> Option<usize> {
    let rank = |alert: &Alert| (alert.priority, alert.condition.kind() != Kind::Technical);
    let lesser = list.iter().enumerate().filter(|(_, known)| rank(known) < rank(new));
    let lesser = lesser.filter(|(_, known)| known.priority < Priority::High);
    lesser.min_by_key(|(_, known)| (rank(known), known.changed_at)).map(|(at, _)| at)
}

fn position_of_oldest(list: &[Alert], which: impl Fn(&Alert) -> bool) -> Option<usize> {
    let candidates = list.iter().enumerate().filter(|(_, alert)| which(alert));
    candidates.min_by_key(|(_, alert)| alert.changed_at).map(|(at, _)| at)
}

/// Grave enough not to vanish by itself before a person has seen it. A laboratory critical ends with a later
/// normal result: its record says that nobody had read it.
fn latches(alert: &Alert) -> bool {
    alert.priority == Priority::High && matches!(alert.condition.kind(), Kind::Physiological | Kind::Score)
}

/// What kills in minutes goes on calling until somebody has seen it; all else is only shown.
fn latch(alert: &mut Alert, now: Moment) {
    alert.state = AlertState::Latched;
    alert.changed_at = now;
    if !alert.is_immediate() {
        alert.next_at = None;
    }
}

pub(super) fn resolve(alert: &mut Alert, now: Moment) {
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
    restart_ladder(alert, now);
}

pub(super) const fn restart_ladder(alert: &mut Alert, now: Moment) {
    alert.called_from = now;
    alert.steps_called = 0;
    alert.next_at = Some(now);
}

fn is_due(alert: &Alert, now: Moment) -> bool {
    alert.is_open() && alert.next_at.is_some_and(|at| at <= now)
}

/// What was acknowledged and is still true is brought to mind once, and then calls anew. An acknowledged
/// laboratory critical is still owed the other part, nurse's or doctor's: its ladder goes on.
fn recall(alert: &mut Alert, policy: &Policy, turn: &mut Turn<'_>) {
    if alert.state != AlertState::Acknowledged || alert.condition.kind() == Kind::Laboratory {
        return;
    }
    let recalled = alert.changed_at + policy.ladder(alert.class).recall;
    if alert.answered.reminded || recalled <= turn.now {
        restart(alert, turn.now);
        turn.give(alert.id, What::Recalled);
    } else {
        alert.answered.reminded = true;
        alert.next_at = Some(recalled);
        turn.give(alert.id, What::Reminded);
    }
}

fn call(alert: &mut Alert, policy: &Policy, turn: &mut Turn<'_>) {
    let ladder = policy.ladder(alert.class);
    turn.give(alert.id, What::Call { step: alert.steps_called });
    alert.steps_called = alert.steps_called.saturating_add(1);
    let next = alert.called_from + ladder.due_after(alert.steps_called);
    let repeats = usize::from(alert.steps_called) >= ladder.steps.len();
    // After an outage every step that was missed is called, one after the other; missed repeats are not.
    alert.next_at = Some(if repeats { next.max(turn.now + ladder.repeat) } else { next });
}

/// The name of an alert: FNV-1a over bed, condition and the key of the first message.
fn name(bed: BedNo, condition: Condition, key: u64) -> AlertId {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    core::hash::Hash::hash(&bed.0, &mut hash);
    core::hash::Hash::hash(&condition, &mut hash);
    core::hash::Hash::hash(&key, &mut hash);
    AlertId(core::hash::Hasher::finish(&hash))
}

/// FNV-1a, 64 bits: small, and good enough for names. Every number is hashed in the same bytes on every
/// machine, so that a bedside node gives an alert the name that the gateway gives it; a test pins some names.
struct Fnv(u64);

impl core::hash::Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    /// Which variant of an enum it is: as wide as the machine's words, so it is widened.
    fn write_isize(&mut self, number: isize) {
        self.write(&(number as i64).to_le_bytes());
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
