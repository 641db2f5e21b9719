//! The laboratory's results at one bed: the newest of each analyte, and what it means.

use crate::alert::{
    Analyte, Comparator, Condition, Crossed, Evidence, PatientKey, Priority, Quantity, Side, Technical,
};
use crate::critical::{Known, Verdict};
use crate::decimal::Decimal;
use crate::event::{Flag, LabResult, ResultStatus};
use crate::ladder::Class;
use crate::policy::Policy;

use super::alerts::Call;

/// How many analytes one bed keeps; the oldest makes room.
const ANALYTES: usize = 64;

/// The newest result of each analyte of each patient that was heard of at one bed, the one heard longest ago
/// first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Laboratory {
    newest: heapless::Vec<LabResult, ANALYTES>,
}

/// What a result asks of the alerts: the condition of the value itself, and the technical one of its
/// readability.
pub(super) struct Judged {
    pub(super) critical: (Condition, Option<Call>),
    pub(super) unjudged: (Condition, Option<Call>),
}

impl Laboratory {
    /// Takes a result in. `None` when a newer sample of the analyte is already here, which is charted and not
    /// judged, and when the same of the same specimen was said before: an alert that was answered does not
    /// call again for it.
    pub(super) fn take(&mut self, result: &LabResult, policy: &Policy) -> Option<Judged> {
        let known = self.newest.iter().position(|known| same_test(known, result));
        let before = known.and_then(|at| self.newest.get(at));
        if before.is_some_and(|before| before.sampled > result.sampled || says_the_same(before, result)) {
            return None;
        }
        match known {
            Some(at) => drop(self.newest.remove(at)),
            None if self.newest.is_full() => drop(self.newest.remove(0)),
            None => {}
        }
        // Room was made above.
        let _ = self.newest.push(*result);
        let withdrawn = result.status == ResultStatus::Withdrawn;
        let verdict = if withdrawn { None } else { judged_by_chart(result, policy) };
        let call = if withdrawn { None } else { critical(result, verdict) };
        let unjudged =
            matches!(verdict, Some(Verdict::UnitMissing | Verdict::UnitUnknown | Verdict::Implausible));
        let evidence = evidence(result, None);
        Some(Judged {
            critical: (Condition::Laboratory(result.analyte, result.patient), call),
            unjudged: (
                Condition::Technical(Technical::Unjudged(number_of(result.analyte))),
                unjudged.then_some(Call {
                    priority: Priority::Low,
                    class: Class::TechnicalParameter,
                    evidence,
                    worse: false,
                }),
            ),
        })
    }

    /// Forgets the results of everybody but `patient`.
    pub(super) fn keep_only(&mut self, patient: PatientKey) {
        self.newest.retain(|newest| newest.patient == patient);
    }
}

/// Whether both are of one analyte of one patient.
fn same_test(one: &LabResult, other: &LabResult) -> bool {
    (one.analyte, one.patient) == (other.analyte, other.patient)
}

/// Whether both say the same of one specimen, in whichever messages.
fn says_the_same(one: &LabResult, other: &LabResult) -> bool {
    LabResult { key: other.key, ..*one } == *other
}

fn judged_by_chart(result: &LabResult, policy: &Policy) -> Option<Verdict> {
    match (result.analyte, result.quantity) {
        (Analyte::Known(known), Some(quantity)) => {
            Some(policy.critical(known).judge(&quantity, known.needs_no_unit()))
        }
        _ => None,
    }
}

/// The worse of the laboratory's own judgement and ours.
fn critical(result: &LabResult, verdict: Option<Verdict>) -> Option<Call> {
    let crossed = match verdict {
        Some(Verdict::Critical(crossed)) => Some(crossed),
        _ => None,
    };
    (crossed.is_some() || result.flag != Flag::NotCritical).then(|| Call {
        priority: Priority::High,
        class: Class::Laboratory,
        evidence: evidence(result, crossed),
        worse: false,
    })
}

fn evidence(result: &LabResult, crossed: Option<Crossed>) -> Evidence {
    Evidence { quantity: result.quantity, crossed, key: result.key, taken: result.sampled }
}

/// Whether `new` is worse than `old` by the analyte's own step: pH by 0.05, all else by a tenth of the old
/// value.
pub(super) fn is_worse(condition: Condition, old: &Evidence, new: &Evidence) -> bool {
    let Condition::Laboratory(analyte, _) = condition else { return false };
    let (Some(crossed), Some(before), Some(after)) = (new.crossed, old.quantity, new.quantity) else {
        return false;
    };
    if before.unit != after.unit
        || (before.comparator, after.comparator) != (Comparator::Exactly, Comparator::Exactly)
    {
        return before != after && !after.reads_as(&before);
    }
    let step =
        if analyte == Analyte::Known(Known::Ph) { Decimal::new(5, 2) } else { before.value.scaled(1, 10) };
    is_further(&before, &after, step, crossed)
}

fn is_further(before: &Quantity, after: &Quantity, step: Decimal, crossed: Crossed) -> bool {
    const PLACES: u8 = 6;
    let (before, after, step) =
        (before.value.rounded(PLACES), after.value.rounded(PLACES), step.rounded(PLACES).saturating_abs());
    match crossed.side {
        Side::Low => before.saturating_sub(after) >= step,
        Side::High => after.saturating_sub(before) >= step,
    }
}

/// A number that tells the analyte apart in a technical condition.
const fn number_of(analyte: Analyte) -> u32 {
    match analyte {
        Analyte::Known(known) => known as u32,
        Analyte::Other(hash) => hash,
    }
}
