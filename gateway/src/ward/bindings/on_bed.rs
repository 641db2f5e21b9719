//! One bed's patients: who lies there, who else could be meant, and who lay there before. It knows no other
//! bed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rules::vital::Source;
use serde::{Deserialize, Serialize};

use super::Binding;
use crate::clock::Wall;
use crate::event::Uhid;
use crate::view::{BindingInterval, Origin};

/// How many past bindings of one bed are remembered: months of an intensive care bed.
pub(super) const PAST_MOST: usize = 64;

/// How many devices may contradict a binding, and how many of their words a person may overrule.
const CONTRADICTIONS_MOST: usize = 16;

/// Why nobody can say who lies on a bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ward) enum Doubt {
    /// The HIS put two patients there.
    Two,
    /// The HIS named more than one patient, or one who lies elsewhere.
    Named,
    /// A device names another patient than the HIS.
    Device,
}

impl Doubt {
    /// The words for it.
    pub(in crate::ward) const fn word(self) -> &'static str {
        match self {
            Self::Two => "two patients on one bed",
            Self::Named => "the HIS does not name one patient",
            Self::Device => "a device names another patient than the HIS",
        }
    }
}

/// The patients of one bed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OnBed {
    pub(super) lying: Vec<Binding>,
    /// Of whom the HIS says that one of them is here.
    pub(super) named: Vec<Uhid>,
    /// What devices say against the binding, by their number.
    contradicting: BTreeMap<u32, Uhid>,
    /// What a person overruled of it; it counts again when the binding changes.
    overruled: Vec<Uhid>,
    past: VecDeque<BindingInterval>,
    pub(super) standby_offered: bool,
    #[serde(skip)]
    shown: Arc<[BindingInterval]>,
}

impl OnBed {
    pub(super) fn doubt(&self) -> Option<Doubt> {
        match self.lying.as_slice() {
            _ if !self.named.is_empty() => Some(Doubt::Named),
            [_, _, ..] => Some(Doubt::Two),
            _ if !self.contradicting.is_empty() => Some(Doubt::Device),
            _ => None,
        }
    }

    /// The patient, where that is settled.
    pub(super) fn settled(&self) -> Option<&Binding> {
        match self.lying.as_slice() {
            [binding] if self.doubt().is_none() => Some(binding),
            _ => None,
        }
    }

    pub(super) fn has(&self, patient: &Uhid) -> bool {
        self.lying.iter().any(|binding| binding.patient == *patient)
    }

    /// Everybody who could be meant.
    pub(super) fn candidates(&self) -> Vec<Uhid> {
        let lying = self.lying.iter().map(|binding| &binding.patient);
        let mut all: Vec<Uhid> = Vec::new();
        for uhid in lying.chain(&self.named).chain(self.contradicting.values()) {
            if !all.contains(uhid) {
                all.push(uhid.clone());
            }
        }
        all
    }

    /// Somebody comes to lie here. An arrival that says who one of the named is ends that doubt.
    pub(super) fn lay(&mut self, binding: Binding) {
        if self.named.contains(&binding.patient) {
            self.named.clear();
        }
        self.standby_offered = false;
        self.lying.push(binding);
        self.forget_devices();
    }

    /// Somebody lies here no more.
    pub(super) fn take(&mut self, patient: &Uhid) -> Option<Binding> {
        let at = self.lying.iter().position(|binding| binding.patient == *patient)?;
        self.forget_devices();
        Some(self.lying.remove(at))
    }

    pub(super) fn forget_devices(&mut self) {
        self.contradicting.clear();
        self.overruled.clear();
    }

    /// A device says whom it measures; whether that began or ended a doubt. One that says nothing of it
    /// changes nothing.
    pub(super) fn hear(&mut self, device: Source, says: &Uhid) -> bool {
        let [binding] = self.lying.as_slice() else { return false };
        let before = self.doubt();
        if *says == binding.patient {
            self.contradicting.remove(&device.0);
        } else if !self.overruled.contains(says)
            && self.contradicting.get(&device.0) != Some(says)
            && self.contradicting.len() < CONTRADICTIONS_MOST
        {
            self.contradicting.insert(device.0, says.clone());
        }
        before != self.doubt()
    }

    /// A person has said who lies here: what devices say of somebody else is overruled.
    pub(super) fn overrule(&mut self, patient: &Uhid, contradicting: BTreeMap<u32, Uhid>, now: Wall) {
        for binding in self.lying.iter_mut().filter(|binding| binding.patient == *patient) {
            binding.heard = now;
        }
        self.named.clear();
        self.contradicting.clear();
        for says in contradicting.into_values().filter(|says| says != patient) {
            if !self.overruled.contains(&says) && self.overruled.len() < CONTRADICTIONS_MOST {
                self.overruled.push(says);
            }
        }
    }

    pub(super) fn take_contradictions(&mut self) -> BTreeMap<u32, Uhid> {
        std::mem::take(&mut self.contradicting)
    }

    /// Remembers a binding that ended.
    pub(super) fn remember(&mut self, binding: &Binding, until: Wall, ended: Origin, stands: bool) {
        if self.past.len() >= PAST_MOST {
            self.past.pop_front();
        }
        self.past.push_back(BindingInterval {
            until: Some(until.max(binding.since)),
            ended: Some(ended),
            stands,
            ..interval(binding)
        });
    }

    /// A binding that ended goes on: its end was cancelled.
    pub(super) fn reopen(&mut self, binding: Binding) {
        let same = |past: &BindingInterval| past.patient == binding.patient && past.since == binding.since;
        if let Some(at) = self.past.iter().rposition(same) {
            self.past.remove(at);
        }
        self.lay(binding);
    }

    /// What is remembered of `patient` after `from` does not count.
    pub(super) fn discount(&mut self, patient: &Uhid, from: Wall) {
        for past in self.past.iter_mut().filter(|past| past.patient == *patient) {
            if past.until.is_none_or(|until| until > from) {
                past.stands = false;
            }
        }
    }

    /// What `patient` has here, past and now, that counts.
    pub(super) fn standing<'a>(
        &'a self,
        patient: &'a Uhid,
    ) -> impl Iterator<Item = (Wall, Option<Wall>)> + 'a {
        let past = self.past.iter().filter(|past| past.patient == *patient && past.stands);
        let lying = self.lying.iter().filter(|binding| binding.patient == *patient);
        past.map(|past| (past.since, past.until)).chain(lying.map(|binding| (binding.since, None)))
    }

    /// `from` is `into` from now on, wherever the name stands. Of the past, what overlaps with `taken` does
    /// not count any more.
    pub(super) fn rename(&mut self, from: &Uhid, into: &Uhid, taken: &[(Wall, Option<Wall>)]) {
        for past in self.past.iter_mut().filter(|past| past.patient == *from) {
            past.patient = into.clone();
            past.stands &= !taken.iter().any(|other| overlap((past.since, past.until), *other));
        }
        for binding in self.lying.iter_mut().filter(|binding| binding.patient == *from) {
            binding.patient = into.clone();
            let others = taken.iter().filter(|other| overlap((binding.since, None), **other));
            binding.since = others.filter_map(|other| other.1).fold(binding.since, Wall::max);
        }
        let others = self.named.iter_mut().chain(self.contradicting.values_mut()).chain(&mut self.overruled);
        for uhid in others.filter(|uhid| *uhid == from) {
            *uhid = into.clone();
        }
        let several = self.named.len() > 1;
        self.named.dedup();
        if several && self.named.len() == 1 && self.has(into) {
            self.named.clear();
        }
        if let [binding] = self.lying.as_slice() {
            self.contradicting.retain(|_, says| *says != binding.patient);
        }
    }

    /// The bindings, the latest first.
    pub(super) fn shown(&self) -> Arc<[BindingInterval]> {
        Arc::clone(&self.shown)
    }

    /// Brings what is shown up to what is so.
    pub(super) fn show(&mut self) {
        let lying = self.lying.iter().rev().map(interval);
        self.shown = lying.chain(self.past.iter().rev().cloned()).collect();
    }
}

fn interval(binding: &Binding) -> BindingInterval {
    BindingInterval {
        patient: binding.patient.clone(),
        since: binding.since,
        until: None,
        began: binding.began.clone(),
        ended: None,
        stands: true,
    }
}

/// Whether two intervals, each open at its end, have a moment in common.
pub(super) fn overlap(one: (Wall, Option<Wall>), other: (Wall, Option<Wall>)) -> bool {
    let before = |until: Option<Wall>, since: Wall| until.is_some_and(|until| until <= since);
    let empty = |(since, until): (Wall, Option<Wall>)| until.is_some_and(|until| until <= since);
    !(empty(one) || empty(other) || before(one.1, other.0) || before(other.1, one.0))
}
