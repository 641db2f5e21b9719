//! Who lies on which bed: bindings by UHID alone, each with a start, each from an ADT message or a person.
//!
//! Two patients on one bed are a doubt, never a choice: charting is held, alarms go on by bed, and a human is
//! asked.

use rules::alert::PatientKey;
use rules::event::Occupancy;
use serde::{Deserialize, Serialize};

use super::places::At;
use crate::clock::Wall;
use crate::event::{Admission, Movement, Uhid, key_of};

/// One patient on one bed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Binding {
    pub(super) patient: Uhid,
    pub(super) name: String,
    pub(super) attending: Option<String>,
    /// From when on it holds. A sample from before is never charted to this patient.
    pub(super) since: Wall,
}

/// The patients of one bed: none, one, or a doubt.
pub(super) type OnBed = Vec<Binding>;

/// All bindings of the ward.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Bindings {
    beds: Vec<OnBed>,
}

/// The hash of a UHID by which `rules` tells patients apart.
pub(super) fn patient_key(patient: &Uhid) -> PatientKey {
    PatientKey(key_of(&[b"patient", patient.0.as_bytes()]).0)
}

impl Bindings {
    /// Nobody on any of `beds` beds (the ward itself included).
    pub(super) fn empty(beds: usize) -> Self {
        Self { beds: vec![OnBed::new(); beds] }
    }

    /// The patient of a bed, where that is settled.
    pub(super) fn settled(&self, at: At) -> Option<&Binding> {
        match self.beds.get(at).map(Vec::as_slice) {
            Some([binding]) => Some(binding),
            _ => None,
        }
    }

    /// Whether more than one patient could be meant.
    pub(super) fn in_doubt(&self, at: At) -> bool {
        self.beds.get(at).is_some_and(|on_bed| on_bed.len() > 1)
    }

    /// What the bed's rules must know.
    pub(super) fn occupancy(&self, at: At) -> Occupancy {
        match self.beds.get(at).map(Vec::as_slice) {
            None | Some([]) => Occupancy::Unbound,
            Some([binding]) => Occupancy::Bound(patient_key(&binding.patient)),
            Some(_) => Occupancy::InDoubt,
        }
    }

    /// The bed on which a patient is settled.
    pub(super) fn bed_of(&self, patient: &Uhid) -> Option<At> {
        (0..self.beds.len()).find(|at| self.settled(*at).is_some_and(|binding| binding.patient == *patient))
    }

    /// The bed that a patient lies on, be it in doubt who else does.
    pub(super) fn bed_with(&self, patient: &Uhid) -> Option<At> {
        self.beds.iter().position(|on_bed| on_bed.iter().any(|binding| binding.patient == *patient))
    }

    /// Applies a movement to `to`, the bed it names if that is one of ours; says which beds changed.
    ///
    /// A movement that is older than the patient's binding is not applied.
    pub(super) fn apply(&mut self, admission: &Admission, to: Option<At>, arrived: Wall) -> Vec<At> {
        let at = admission.at.unwrap_or(arrived);
        if self.of(&admission.patient).is_some_and(|binding| at < binding.since) {
            return Vec::new();
        }
        match admission.movement {
            Movement::Admit | Movement::Transfer => self.arrive(admission, to, at),
            Movement::Discharge => self.leave(&admission.patient),
            Movement::Update => self.update(admission),
        }
    }

    fn of(&self, patient: &Uhid) -> Option<&Binding> {
        self.beds.iter().flatten().find(|binding| binding.patient == *patient)
    }

    fn arrive(&mut self, admission: &Admission, to: Option<At>, since: Wall) -> Vec<At> {
        let stays = to.is_some_and(|to| {
            self.beds.get(to).is_some_and(|on| on.iter().any(|b| b.patient == admission.patient))
        });
        if stays {
            return self.update(admission);
        }
        let mut changed = self.leave(&admission.patient);
        if let Some((to, on_bed)) = to.and_then(|to| self.beds.get_mut(to).map(|on_bed| (to, on_bed))) {
            on_bed.push(Binding {
                patient: admission.patient.clone(),
                name: admission.name.clone(),
                attending: admission.attending.clone(),
                since,
            });
            changed.push(to);
        }
        changed
    }

    fn leave(&mut self, patient: &Uhid) -> Vec<At> {
        let mut changed = Vec::new();
        for (at, on_bed) in self.beds.iter_mut().enumerate() {
            let before = on_bed.len();
            on_bed.retain(|binding| binding.patient != *patient);
            if on_bed.len() != before {
                changed.push(at);
            }
        }
        changed
    }

    fn update(&mut self, admission: &Admission) -> Vec<At> {
        let mut changed = Vec::new();
        for (at, on_bed) in self.beds.iter_mut().enumerate() {
            for binding in on_bed.iter_mut().filter(|binding| binding.patient == admission.patient) {
                binding.name.clone_from(&admission.name);
                if admission.attending.is_some() {
                    binding.attending.clone_from(&admission.attending);
                }
                changed.push(at);
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Place;

    fn says(movement: Movement, patient: &str, at: i64) -> Admission {
        Admission {
            movement,
            patient: Uhid(patient.to_owned()),
            name: String::new(),
            place: Place::Nowhere,
            prior: Place::Nowhere,
            attending: None,
            at: Some(Wall(at)),
        }
    }

    #[test]
    fn two_patients_on_one_bed_are_a_doubt_until_one_leaves() {
        let mut bindings = Bindings::empty(3);
        assert_eq!(bindings.apply(&says(Movement::Admit, "A", 1), Some(1), Wall(1)), [1]);
        assert_eq!(bindings.apply(&says(Movement::Admit, "B", 2), Some(1), Wall(2)), [1]);
        assert_eq!(bindings.occupancy(1), Occupancy::InDoubt);
        assert!(bindings.settled(1).is_none());
        assert_eq!(bindings.apply(&says(Movement::Discharge, "A", 3), None, Wall(3)), [1]);
        assert_eq!(bindings.settled(1).map(|binding| binding.patient.0.as_str()), Some("B"));
    }

    #[test]
    fn a_transfer_moves_and_a_repeat_changes_nothing() {
        let mut bindings = Bindings::empty(3);
        let _ = bindings.apply(&says(Movement::Admit, "A", 1), Some(1), Wall(1));
        assert_eq!(bindings.apply(&says(Movement::Transfer, "A", 5), Some(2), Wall(5)), [1, 2]);
        let since = bindings.settled(2).map(|binding| binding.since);
        let _ = bindings.apply(&says(Movement::Transfer, "A", 6), Some(2), Wall(6));
        assert_eq!(bindings.settled(2).map(|binding| binding.since), since, "the binding keeps its start");
        assert_eq!(bindings.bed_of(&Uhid("A".to_owned())), Some(2));
    }

    #[test]
    fn an_older_movement_is_not_applied() {
        let mut bindings = Bindings::empty(3);
        let _ = bindings.apply(&says(Movement::Admit, "A", 10), Some(1), Wall(10));
        assert!(bindings.apply(&says(Movement::Discharge, "A", 9), None, Wall(11)).is_empty());
        assert!(bindings.settled(1).is_some());
    }

    #[test]
    fn a_transfer_out_of_the_ward_ends_the_binding() {
        let mut bindings = Bindings::empty(2);
        let _ = bindings.apply(&says(Movement::Admit, "A", 1), Some(1), Wall(1));
        let _ = bindings.apply(&says(Movement::Transfer, "A", 2), None, Wall(2));
        assert_eq!(bindings.occupancy(1), Occupancy::Unbound);
    }
}
