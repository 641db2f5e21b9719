//! Who lies on which bed: bindings by UHID alone, each an interval with a start, from an ADT message or a
//! person.
//!
//! What could mean more than one patient is a doubt, never a choice: charting is held, alarms go on by bed,
//! and a human is asked. A patient is on one bed at most. `decisions/0006-whose-bed-and-whose-result.md` says
//! why it is so.

mod course;
mod on_bed;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::alert::PatientKey;
use rules::event::Occupancy;
use rules::vital::Source;
use rules::{Age, Refusal};
use serde::{Deserialize, Serialize};

use super::places::At;
use crate::clock::Wall;
use crate::event::{Admission, Born, Merge, Movement, Uhid, key_of};
use crate::view::{BindingInterval, Origin};
use course::{Course, Step, When};
pub(super) use on_bed::Doubt;
use on_bed::OnBed;

/// One patient on one bed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Binding {
    pub(super) patient: Uhid,
    pub(super) name: String,
    pub(super) born: Option<Born>,
    pub(super) attending: Option<String>,
    /// From when on it holds. A sample from before is never charted to this patient.
    pub(super) since: Wall,
    /// When we heard that it is so, from a message or at last from a person.
    pub(super) heard: Wall,
    began: Origin,
}

/// Where a movement says that the patient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// A bed of this ward.
    Bed(At),
    /// Somewhere else.
    Elsewhere,
    /// It does not say.
    Unsaid,
}

/// Why a movement changed nothing, for whoever looks at its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotApplied {
    /// Something newer was applied before it.
    #[error("older than {}, which was applied before for this patient; not applied", .0.timestamp())]
    Older(Wall),
    /// It cancels what this ward has not seen, and says no bed of it.
    #[error("there is nothing here that it cancels; not applied")]
    NothingToCancel,
    /// It ends what was somewhere else, and the patient lies here.
    #[error("ends a stay at no bed of this ward, and its patient lies on one; not applied")]
    EndsElsewhere,
}

/// All bindings of the ward.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Bindings {
    beds: Vec<OnBed>,
    courses: BTreeMap<Uhid, Course>,
}

/// Of how many patients is known what was applied last. At the bound the one heard of longest ago, who lies
/// nowhere here, is forgotten.
const COURSES_MOST: usize = 4_096;

/// The hash of a UHID by which `rules` tells patients apart.
pub(super) fn patient_key(patient: &Uhid) -> PatientKey {
    PatientKey(key_of(&[b"patient", patient.0.as_bytes()]).0)
}

impl Bindings {
    /// Nobody on any of `beds` beds (the ward itself included).
    pub(super) fn empty(beds: usize) -> Self {
        Self { beds: vec![OnBed::default(); beds], courses: BTreeMap::new() }
    }

    /// The patient of a bed, where that is settled.
    pub(super) fn settled(&self, at: At) -> Option<&Binding> {
        self.beds.get(at).and_then(OnBed::settled)
    }

    /// Why nobody can say who lies on a bed.
    pub(super) fn doubt(&self, at: At) -> Option<Doubt> {
        self.beds.get(at).and_then(OnBed::doubt)
    }

    /// In doubt, who could be meant.
    pub(super) fn candidates(&self, at: At) -> Vec<Uhid> {
        let in_doubt = self.beds.get(at).filter(|on| on.doubt().is_some());
        in_doubt.map(OnBed::candidates).unwrap_or_default()
    }

    /// What the bed's rules must know.
    pub(super) fn occupancy(&self, at: At) -> Occupancy {
        match (self.doubt(at), self.settled(at)) {
            (Some(_), _) => Occupancy::InDoubt,
            (None, Some(binding)) => Occupancy::Bound(patient_key(&binding.patient)),
            (None, None) => Occupancy::Unbound,
        }
    }

    /// How old the patient of a bed is, where that is settled and told.
    pub(super) fn age(&self, at: At, now: Wall) -> Option<Age> {
        self.settled(at)?.born?.age_on(now)
    }

    /// The bed on which a patient lies by all that the HIS says, settled or not.
    pub(super) fn lies_on(&self, patient: &Uhid) -> Option<At> {
        self.beds.iter().position(|on| on.has(patient))
    }

    /// Who lay and lies on a bed, the latest first.
    pub(super) fn history(&self, at: At) -> Arc<[BindingInterval]> {
        self.beds.get(at).map(OnBed::shown).unwrap_or_default()
    }

    /// Whether the bed's patient was discharged, and nobody came since.
    pub(super) fn standby_offered(&self, at: At) -> bool {
        self.beds.get(at).is_some_and(|on| on.standby_offered)
    }

    /// What is shown is not written down; it is made again from what is.
    pub(super) fn show_all(&mut self) {
        self.beds.iter_mut().for_each(OnBed::show);
    }

    /// The same on another list of `beds` beds: `places` says where each of the old ones stands in it, if it
    /// is still there. What devices said is forgotten: their numbers are the old list's.
    pub(super) fn onto(self, places: &[Option<At>], beds: usize) -> Self {
        let mut moved = Self::empty(beds);
        for (mut on, at) in self.beds.into_iter().zip(places) {
            on.forget_devices();
            if let Some(there) = at.and_then(|at| moved.beds.get_mut(at)) {
                *there = on;
            }
        }
        moved.courses = self.courses;
        for course in moved.courses.values_mut() {
            course.onto(places);
        }
        moved.show_all();
        moved
    }

    /// Applies a movement; says which beds changed.
    ///
    /// # Errors
    /// Why it was not applied.
    pub(super) fn apply(
        &mut self,
        admission: &Admission,
        to: To,
        arrived: Wall,
    ) -> Result<Vec<At>, NotApplied> {
        let when = When::of(admission.at, arrived);
        let patient = &admission.patient;
        let movement = match (admission.movement, to) {
            (Movement::Admit | Movement::Transfer, To::Unsaid)
            | (Movement::Register, To::Elsewhere | To::Unsaid) => Movement::Update,
            (movement, _) => movement,
        };
        if let Some(course) = self.courses.get(patient) {
            course.may_follow(movement, when)?;
        }
        let ends = matches!(movement, Movement::Discharge | Movement::CancelAdmit);
        if ends && to == To::Elsewhere && self.lies_on(patient).is_some() {
            return Err(NotApplied::EndsElsewhere);
        }
        let changed = match (movement, to) {
            (Movement::Update, _) => self.update(admission),
            (Movement::Admit | Movement::Register | Movement::Transfer, To::Bed(to)) => {
                self.arrive(admission, to, when)
            }
            (Movement::Admit | Movement::Register | Movement::Transfer, _) => self.depart(admission, when),
            (Movement::Discharge, _) => self.discharge(admission, when),
            (Movement::CancelAdmit | Movement::CancelTransfer | Movement::CancelDischarge, _) => {
                self.cancel(admission, to, when)?
            }
        };
        self.course(patient).applied(movement, when);
        self.forget_some();
        Ok(self.changed(changed))
    }

    fn course(&mut self, patient: &Uhid) -> &mut Course {
        self.courses.entry(patient.clone()).or_default()
    }

    /// Takes a patient off the bed where they lie, and remembers that they lay there.
    fn leave(&mut self, patient: &Uhid, when: Wall, ended: &Origin, stands: bool) -> Option<(At, Binding)> {
        let at = self.lies_on(patient)?;
        let on = self.beds.get_mut(at)?;
        let binding = on.take(patient)?;
        on.remember(&binding, when, ended.clone(), stands);
        let until = when.max(binding.since);
        let course = self.course(patient);
        course.boundary = course.boundary.max(until);
        Some((at, binding))
    }

    /// A movement from where the patient lies, if anywhere, to `to`; what is cancelled later is noted.
    fn arrive(&mut self, admission: &Admission, to: At, when: When) -> Vec<At> {
        let patient = &admission.patient;
        if self.beds.get(to).is_some_and(|on| on.has(patient)) {
            if let Some(on) = self.beds.get_mut(to).filter(|on| on.named.contains(patient)) {
                on.named.clear();
            }
            return self.update(admission);
        }
        let origin = Origin::his(reason(admission.movement));
        let before = self.leave(patient, when.at, &origin, true);
        let left = before.as_ref().map(|(at, _)| *at);
        self.step(patient, admission.movement, when, before);
        let since = when.at.max(self.course(patient).boundary);
        let named = self.unname(patient);
        if let Some(on) = self.beds.get_mut(to) {
            on.lay(Binding {
                patient: patient.clone(),
                name: admission.name.clone(),
                born: admission.born,
                attending: admission.attending.clone(),
                since,
                heard: when.heard,
                began: origin,
            });
        }
        left.into_iter().chain([to]).chain(named).collect()
    }

    /// A patient who is known to lie somewhere is not one of those who could be meant elsewhere.
    fn unname(&mut self, patient: &Uhid) -> Vec<At> {
        let mut changed = Vec::new();
        for (at, on) in self.beds.iter_mut().enumerate().filter(|(_, on)| on.named.contains(patient)) {
            on.named.clear();
            changed.push(at);
        }
        changed
    }

    fn depart(&mut self, admission: &Admission, when: When) -> Vec<At> {
        let origin = Origin::his(reason(admission.movement));
        let before = self.leave(&admission.patient, when.at, &origin, true);
        let left = before.as_ref().map(|(at, _)| *at);
        if before.is_some() {
            self.step(&admission.patient, admission.movement, when, before);
        }
        let named = self.unname(&admission.patient);
        left.into_iter().chain(named).collect()
    }

    fn discharge(&mut self, admission: &Admission, when: When) -> Vec<At> {
        let changed = self.depart(admission, when);
        for at in &changed {
            if let Some(on) = self.beds.get_mut(*at) {
                on.standby_offered = on.lying.is_empty() && on.named.is_empty();
            }
        }
        changed
    }

    fn update(&mut self, admission: &Admission) -> Vec<At> {
        let Some(at) = self.lies_on(&admission.patient) else { return Vec::new() };
        let lying = self.beds.get_mut(at).into_iter().flat_map(|on| &mut on.lying);
        for binding in lying.filter(|binding| binding.patient == admission.patient) {
            binding.name.clone_from(&admission.name);
            binding.born = admission.born.or(binding.born);
            if admission.attending.is_some() {
                binding.attending.clone_from(&admission.attending);
            }
        }
        vec![at]
    }

    fn step(&mut self, patient: &Uhid, movement: Movement, when: When, before: Option<(At, Binding)>) {
        self.course(patient).step(Step { movement, at: when.at, before });
    }

    /// What was cancelled is undone, and what was before it goes on from its own start. Where this ward has
    /// not seen what is cancelled, the bed that the message names counts; so does a third bed, on which the
    /// patient lay neither before nor after.
    fn cancel(&mut self, admission: &Admission, to: To, when: When) -> Result<Vec<At>, NotApplied> {
        let patient = &admission.patient;
        let lies = self.lies_on(patient);
        let undone = self.courses.get_mut(patient).and_then(|course| course.undo(admission.movement));
        let Some(step) = undone else {
            return match (admission.movement, to) {
                (Movement::CancelAdmit, _) if lies.is_some() => Ok(self.depart(admission, when)),
                (Movement::CancelTransfer | Movement::CancelDischarge, To::Bed(to)) => {
                    Ok(self.arrive(admission, to, when))
                }
                _ => Err(NotApplied::NothingToCancel),
            };
        };
        let before = step.before.as_ref().map(|(at, _)| *at);
        let origin = Origin::his(reason(admission.movement));
        let mut changed: Vec<At> =
            self.leave(patient, when.at, &origin, false).iter().map(|(at, _)| *at).collect();
        let from = step.before.as_ref().map_or(step.at, |(_, binding)| binding.since);
        if let Some((at, binding)) = step.before
            && let Some(on) = self.beds.get_mut(at)
        {
            on.reopen(binding);
            changed.push(at);
        }
        for on in &mut self.beds {
            on.discount(patient, from);
        }
        self.show_all();
        match to {
            To::Bed(to) if Some(to) != before && Some(to) != lies => {
                changed.extend(self.arrive(admission, to, when));
            }
            _ => {}
        }
        Ok(changed)
    }

    /// Somebody comes to `at`, and the HIS names more than one patient of whom it could be.
    pub(super) fn name(&mut self, at: At, candidates: &[Uhid]) -> Vec<At> {
        if let Some(on) = self.beds.get_mut(at) {
            on.named = candidates.to_vec();
        }
        self.changed(vec![at])
    }

    /// A device says whom it measures; whether that began or ended a doubt.
    pub(super) fn device_says(&mut self, at: At, device: Source, says: Option<&Uhid>) -> bool {
        says.is_some_and(|says| self.beds.get_mut(at).is_some_and(|on| on.hear(device, says)))
    }

    /// A person says which of those who could be meant lies on a bed; says which beds changed.
    ///
    /// # Errors
    /// There is no doubt, or nobody speaks of this patient: whom the HIS has never named here it must admit.
    pub(super) fn settle(
        &mut self,
        at: At,
        patient: &Uhid,
        origin: &Origin,
        now: Wall,
    ) -> Result<Vec<At>, Refusal> {
        let on = self.beds.get_mut(at).ok_or(Refusal::Unknown)?;
        if on.doubt().is_none() {
            return Err(Refusal::Already);
        }
        let candidates = on.candidates();
        if !candidates.contains(patient) {
            return Err(Refusal::Unknown);
        }
        let contradicting = on.take_contradictions();
        let mut changed = vec![at];
        for other in candidates.iter().filter(|other| *other != patient) {
            if self.beds.get(at).is_some_and(|on| on.has(other)) {
                self.leave(other, now, origin, true);
                self.settled_by_a_person(other, now);
            }
        }
        if self.lies_on(patient) != Some(at) {
            let left = self.leave(patient, now, origin, true);
            changed.extend(left.as_ref().map(|(left, _)| *left));
            let since = now.max(self.course(patient).boundary);
            let (name, born, attending) =
                left.map(|(_, left)| (left.name, left.born, left.attending)).unwrap_or_default();
            let (patient, began) = (patient.clone(), origin.clone());
            let binding = Binding { patient, name, born, attending, since, heard: now, began };
            if let Some(on) = self.beds.get_mut(at) {
                on.lay(binding);
            }
        }
        self.settled_by_a_person(patient, now);
        if let Some(on) = self.beds.get_mut(at) {
            on.overrule(patient, contradicting, now);
        }
        Ok(self.changed(changed))
    }

    /// A person's word stands until the HIS says something newer, and no message takes it back.
    fn settled_by_a_person(&mut self, patient: &Uhid, now: Wall) {
        let when = When::of(None, now);
        let course = self.course(patient);
        course.forget_steps();
        course.applied(Movement::Transfer, when);
    }

    /// Two identities are one person; says which beds changed. Where both lie on a bed, one of the beds is
    /// wrong: the one that stays keeps its own, and the other's is in doubt.
    ///
    /// # Errors
    /// Why it was not applied.
    pub(super) fn merge(&mut self, merge: &Merge, arrived: Wall) -> Result<Vec<At>, NotApplied> {
        let Merge { into, from, at } = merge;
        let when = When::of(*at, arrived);
        if let Some(gone) = self.courses.get(from) {
            gone.may_follow(Movement::Transfer, when)?;
        }
        if into == from {
            return Ok(Vec::new());
        }
        let before: Vec<_> = self.beds.iter().map(OnBed::doubt).collect();
        let origin = Origin::his("merged");
        let (lies, stays) = (self.lies_on(from), self.lies_on(into));
        let mut doubtful = None;
        if let (Some(lies), Some(stays)) = (lies, stays) {
            // On one bed both were the same binding all along, and the one that stays has its own start.
            self.leave(from, when.at, &origin, true);
            doubtful = (lies != stays).then_some(lies);
        }
        let taken: Vec<_> = self.beds.iter().flat_map(|on| on.standing(into)).collect();
        for on in &mut self.beds {
            on.rename(from, into, &taken);
        }
        if let Some(on) = doubtful.and_then(|at| self.beds.get_mut(at)) {
            on.named = vec![into.clone()];
        }
        self.join_courses(into, from, lies.is_some() && stays.is_none());
        // It says nothing of where the patient is: a transfer that it overtook must still move them.
        self.course(into).applied(Movement::Update, when);
        self.forget_some();
        let doubted = self.beds.iter().map(OnBed::doubt).zip(before).enumerate();
        let changed = doubted.filter(|(_, (now, before))| now != before).map(|(at, _)| at);
        let changed: Vec<At> = changed.chain(lies).collect();
        self.show_all();
        Ok(self.changed(changed))
    }

    /// What was applied for the one was applied for the other; what can be cancelled is what the one did who
    /// lies here.
    fn join_courses(&mut self, into: &Uhid, from: &Uhid, follows: bool) {
        let Some(gone) = self.courses.remove(from) else { return };
        self.course(into).join(gone, into, follows);
    }

    /// Every bed once, in order, with what is shown of it made anew.
    fn changed(&mut self, mut beds: Vec<At>) -> Vec<At> {
        beds.sort_unstable();
        beds.dedup();
        for at in &beds {
            if let Some(on) = self.beds.get_mut(*at) {
                on.show();
            }
        }
        beds
    }

    fn forget_some(&mut self) {
        while self.courses.len() > COURSES_MOST {
            let away = self.courses.iter().filter(|(patient, _)| self.lies_on(patient).is_none());
            let oldest = away.min_by_key(|(_, course)| course.told()).map(|(patient, _)| patient.clone());
            let Some(oldest) = oldest else { return };
            self.courses.remove(&oldest);
        }
    }
}

/// Why a binding began or ended.
const fn reason(movement: Movement) -> &'static str {
    match movement {
        Movement::Admit => "admitted",
        Movement::Register => "registered",
        Movement::Transfer => "transferred",
        Movement::Discharge => "discharged",
        Movement::Update => "updated",
        Movement::CancelAdmit => "admission cancelled",
        Movement::CancelTransfer => "transfer cancelled",
        Movement::CancelDischarge => "discharge cancelled",
    }
}
