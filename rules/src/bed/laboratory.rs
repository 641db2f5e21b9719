//! The laboratory's results at one bed: the newest of each analyte, and what it means.

mod judged;
mod repeats;

pub(super) use judged::{Judged, Says, changed, is_worse, judged};
pub(super) use repeats::{ANSWERED, Answered};

use repeats::Repeats;

use super::belongings::Belongings;
use crate::alert::{Alert, Analyte, PatientKey, Side};
use crate::critical::Row;
use crate::event::{Flag, LabResult, ResultStatus};
use crate::time::Moment;

/// How many analytes one bed keeps.
pub(super) const ANALYTES: usize = 38;

/// The newest result of each analyte of each patient that was heard of at one bed, the one heard longest ago
/// first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Laboratory {
    newest: heapless::Vec<LabResult, ANALYTES>,
    repeats: Repeats,
}

impl Laboratory {
    /// Takes a result in. `stands_on` is when the specimen was taken on which the open alert of this analyte
    /// stands, if there is one; `row` is what the result is judged by.
    ///
    /// `None` when nothing follows: a newer sample of the analyte is already here, or the same of the same
    /// specimen was said before, so that an alert that was answered does not call again for it. Where a
    /// specimen is taken back that an alert stands on though a newer one is here, the newer one is judged in
    /// its place.
    pub(super) fn take(
        &mut self,
        result: &LabResult,
        stands_on: Option<Moment>,
        row: Option<&Row>,
    ) -> Option<Judged> {
        let known = self.newest.iter().position(|known| same_test(known, result));
        let before = known.and_then(|at| self.newest.get(at)).copied();
        if let Some(newer) = before.filter(|before| is_newer(before, result)) {
            let taken_back = result.status != ResultStatus::Stands && stands_on == Some(result.sampled);
            return taken_back.then(|| judged(&newer, row));
        }
        if before.is_some_and(|before| says_the_same(&before, result)) {
            return None;
        }
        if let Some(at) = known {
            self.newest.remove(at);
        }
        let withdrawn = result.status == ResultStatus::Withdrawn;
        if withdrawn && stands_on.is_some_and(|stands_on| stands_on < result.sampled) {
            // The alert stands on an older specimen, and nobody took that back.
            return None;
        }
        self.keep(*result);
        Some(judged(result, row))
    }

    /// What is taken back is of the specimen that its order was about, whatever time it now gives.
    pub(super) fn of_its_specimen(&self, result: &LabResult) -> LabResult {
        let known = self.before(result);
        match known.filter(|known| result.order.is_some() && known.order == result.order) {
            Some(known) if result.status != ResultStatus::Stands => {
                LabResult { sampled: known.sampled, is_timed: known.is_timed, ..*result }
            }
            _ => *result,
        }
    }

    /// Whether it is another order's word on the very specimen time of what is known: neither is the later.
    pub(super) fn is_of_another_order(&self, result: &LabResult) -> bool {
        self.before(result).is_some_and(|known| {
            let differ = known.order.zip(result.order).is_some_and(|(one, other)| one != other);
            differ && known.sampled == result.sampled
        })
    }

    /// The newest result of one analyte; the one heard longest ago is at 0.
    pub(super) fn get(&self, at: usize) -> Option<&LabResult> {
        self.newest.get(at)
    }

    /// The newest result of an analyte of a patient.
    pub(super) fn of(&self, analyte: Analyte, patient: PatientKey) -> Option<&LabResult> {
        self.newest.iter().find(|known| (known.analyte, known.patient) == (analyte, patient))
    }

    /// The newest result of the same analyte of the same patient.
    pub(super) fn before(&self, result: &LabResult) -> Option<LabResult> {
        self.newest.iter().find(|known| same_test(known, result)).copied()
    }

    /// Remembers what was answered, where `alert` is over because both a nurse and a doctor did.
    pub(super) fn keep_answered(&mut self, alert: &Alert) {
        let same = |known: &&LabResult| known.condition() == alert.condition;
        self.repeats.keep(alert, self.newest.iter().find(same));
    }

    /// What its laboratory takes back was never answered.
    pub(super) fn forget_answered(&mut self, result: &LabResult) {
        self.repeats.forget(result);
    }

    /// Whether a critical result beyond `side` only repeats what was answered; `before` is the sample before.
    pub(super) fn is_repeat(
        &self,
        result: &LabResult,
        side: Option<Side>,
        before: Option<&LabResult>,
    ) -> bool {
        self.repeats.has(result, side, before)
    }

    /// Puts in what was answered at another bed.
    pub(super) fn put_in_answered(&mut self, answered: Answered) {
        self.repeats.put_in(answered);
    }

    /// Keeps a result as the newest of its analyte. Room is made by the one heard longest ago of those that
    /// nobody judges, else of all.
    fn keep(&mut self, result: LabResult) {
        if self.newest.is_full() {
            let of_no_row = |known: &LabResult| matches!(known.analyte, Analyte::Other(_));
            let unjudged = |known: &LabResult| of_no_row(known) && known.flag == Flag::NotCritical;
            self.newest.remove(self.newest.iter().position(unjudged).unwrap_or(0));
        }
        // Room was made above.
        let _ = self.newest.push(result);
    }

    /// Takes the results of `patient` out.
    pub(super) fn take_out(&mut self, patient: PatientKey, into: &mut Belongings) {
        into.results.extend(self.newest.iter().filter(|result| result.patient == patient).copied());
        self.newest.retain(|result| result.patient != patient);
        into.answered = self.repeats.take_out(patient);
    }

    /// Puts a result in, unless a newer one of the analyte is here.
    pub(super) fn put_in(&mut self, result: LabResult) {
        let known = self.newest.iter().position(|known| same_test(known, &result));
        match known.and_then(|at| self.newest.get(at)) {
            Some(known) if known.sampled >= result.sampled => return,
            _ => {}
        }
        if let Some(at) = known {
            self.newest.remove(at);
        }
        self.keep(result);
    }

    /// Forgets the results of everybody but `patient`.
    pub(super) fn keep_only(&mut self, patient: PatientKey) {
        self.newest.retain(|newest| newest.patient == patient);
        self.repeats.keep_only(patient);
    }
}

/// Whether both are of one analyte of one patient.
fn same_test(one: &LabResult, other: &LabResult) -> bool {
    (one.analyte, one.patient) == (other.analyte, other.patient)
}

/// Whether `known` is surely of a newer sample than `result`: both say when. One that was withdrawn is no
/// sample.
fn is_newer(known: &LabResult, result: &LabResult) -> bool {
    let both_say = known.is_timed && result.is_timed;
    both_say && known.sampled > result.sampled && known.status != ResultStatus::Withdrawn
}

/// Whether both say the same of one specimen, in whichever messages: a correction that changes nothing is
/// none.
fn says_the_same(one: &LabResult, other: &LabResult) -> bool {
    let withdrawn = |result: &LabResult| result.status == ResultStatus::Withdrawn;
    withdrawn(one) == withdrawn(other) && LabResult { key: other.key, status: other.status, ..*one } == *other
}
