//! What was applied for one patient, and when: what is older is not applied, and what is cancelled is undone.

use serde::{Deserialize, Serialize};

use super::{At, Binding, NotApplied};
use crate::clock::Wall;
use crate::event::{Movement, Uhid};

/// How far ahead of our own clock a sender's may be and still be believed. What lies further ahead counts
/// from its arrival, or a year typed wrong would shut out everything that follows.
const AHEAD_MOST_MS: i64 = 10 * 60 * 1_000;

/// How many movements of one patient can be cancelled, one after the other.
const STEPS_MOST: usize = 8;

/// When a movement happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// Its place among the movements of its patient.
    pub(super) order: Wall,
    /// From when on it holds: never later than we heard of it.
    pub(super) at: Wall,
    /// When we heard of it.
    pub(super) heard: Wall,
}

impl When {
    pub(super) fn of(said: Option<Wall>, arrived: Wall) -> Self {
        let ahead = |said: &Wall| said.0.saturating_sub(arrived.0) > AHEAD_MOST_MS;
        let order = said.filter(|said| !ahead(said)).unwrap_or(arrived);
        Self { order, at: order.min(arrived), heard: arrived }
    }
}

/// One movement that was applied, and where the patient lay before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) movement: Movement,
    pub(super) at: Wall,
    pub(super) before: Option<(At, Binding)>,
}

/// What was applied for one patient.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Course {
    moved: Option<Wall>,
    told: Option<Wall>,
    /// The end of the last binding: the next one begins no earlier.
    pub(super) boundary: Wall,
    steps: Vec<Step>,
}

impl Course {
    /// Whether a movement is not older than what was applied. An update does not make a movement old: it says
    /// nothing of where the patient is.
    pub(super) fn may_follow(&self, movement: Movement, when: When) -> Result<(), NotApplied> {
        let last = if movement == Movement::Update { self.told } else { self.moved };
        match last {
            Some(last) if when.order < last => Err(NotApplied::Older(last)),
            _ => Ok(()),
        }
    }

    pub(super) fn applied(&mut self, movement: Movement, when: When) {
        self.told = self.told.max(Some(when.order));
        if movement != Movement::Update {
            self.moved = self.moved.max(Some(when.order));
        }
    }

    pub(super) const fn told(&self) -> Option<Wall> {
        self.told
    }

    pub(super) fn step(&mut self, step: Step) {
        if self.steps.len() >= STEPS_MOST {
            self.steps.remove(0);
        }
        self.steps.push(step);
    }

    pub(super) fn forget_steps(&mut self) {
        self.steps.clear();
    }

    /// Takes back the step that `cancelling` means: the last transfer or discharge if nothing followed it,
    /// the last admission with all that followed.
    pub(super) fn undo(&mut self, cancelling: Movement) -> Option<Step> {
        let last = |movement: Movement| move |step: &Step| step.movement == movement;
        match cancelling {
            Movement::CancelTransfer => self.steps.pop_if(|step| last(Movement::Transfer)(step)),
            Movement::CancelDischarge => self.steps.pop_if(|step| last(Movement::Discharge)(step)),
            Movement::CancelAdmit => {
                let came = |step: &Step| matches!(step.movement, Movement::Admit | Movement::Register);
                let at = self.steps.iter().rposition(came)?;
                let step = self.steps.get(at).cloned();
                self.steps.truncate(at);
                step
            }
            _ => None,
        }
    }

    /// The beds have other numbers now. What would be undone onto a bed that is gone cannot be.
    pub(super) fn onto(&mut self, places: &[Option<At>]) {
        let there = |at: At| places.get(at).copied().flatten();
        let gone = |step: &Step| step.before.as_ref().is_some_and(|(at, _)| there(*at).is_none());
        if let Some(last) = self.steps.iter().rposition(gone) {
            self.steps.drain(..=last);
        }
        for (at, _) in self.steps.iter_mut().filter_map(|step| step.before.as_mut()) {
            *at = there(*at).unwrap_or(*at);
        }
    }

    /// Another course turned out to be of this patient. Its steps count where it is the one that
    /// goes on.
    pub(super) fn join(&mut self, gone: Self, into: &Uhid, follows: bool) {
        self.moved = self.moved.max(gone.moved);
        self.told = self.told.max(gone.told);
        self.boundary = self.boundary.max(gone.boundary);
        if follows {
            self.steps = gone.steps;
            for (_, binding) in self.steps.iter_mut().filter_map(|step| step.before.as_mut()) {
                binding.patient = into.clone();
            }
        }
    }
}
