//! What one result means: critical or not, readable or not, worse than another or not. It keeps nothing.

use crate::alert::{Analyte, Comparator, Condition, Crossed, Evidence, Priority, Quantity, Side, Technical};
use crate::bed::alerts::Call;
use crate::critical::{Row, Step, Verdict};
use crate::decimal::Decimal;
use crate::event::{Flag, LabResult, ResultStatus};
use crate::ladder::Class;
use crate::policy::Policy;
use crate::time::Moment;

/// What a result asks of the alerts: what it says of the value, and the technical condition of its
/// readability.
pub(in crate::bed) struct Judged {
    pub(in crate::bed) critical: Says,
    pub(in crate::bed) unjudged: (Condition, Option<Call>),
}

/// Whether a result asks for another look at its specimen, because the analyte changed so since the sample
/// `before`. `None` where nothing can be said of it.
pub(in crate::bed) fn changed(
    result: &LabResult,
    before: Option<&LabResult>,
    policy: &Policy,
) -> Option<(Condition, Option<Call>)> {
    let Analyte::Known(known) = result.analyte else { return None };
    let change = policy.change(known)?;
    let (before, after) = (before.and_then(of_value), of_value(result)?);
    let found = before.is_some_and(|(before, sampled)| {
        let near = sampled < result.sampled && result.sampled.since(sampled) <= change.within;
        near && change.is_between(known, &before, &after.0)
    });
    let call = Call {
        priority: Priority::Low,
        class: Class::TechnicalParameter,
        evidence: evidence(result, None),
        worse: false,
    };
    Some((Condition::Technical(Technical::Changed(known as u32)), found.then_some(call)))
}

/// The value of a sample that stands, and when it was taken.
fn of_value(result: &LabResult) -> Option<(Quantity, Moment)> {
    let stands = result.status != ResultStatus::Withdrawn;
    result.quantity.filter(|_| stands).map(|quantity| (quantity, result.sampled))
}

/// What a result says of the patient.
pub(in crate::bed) enum Says {
    /// This needs somebody at once.
    Critical(Call),
    /// It is not so, or not so any more.
    NotCritical,
    /// It has no value that can be judged: what was known before stands.
    Nothing,
}

/// What a result means by a row of the chart, where it has one.
pub(in crate::bed) fn judged(result: &LabResult, row: Option<&Row>) -> Judged {
    let withdrawn = result.status == ResultStatus::Withdrawn;
    let verdict = if withdrawn { None } else { judged_by(row, result) };
    let unreadable =
        matches!(verdict, Some(Verdict::UnitMissing | Verdict::UnitUnknown | Verdict::Implausible(_)));
    let unjudged = unreadable || (!withdrawn && has_no_value(result));
    let call = Call {
        priority: Priority::Low,
        class: Class::TechnicalParameter,
        evidence: evidence(result, None),
        worse: false,
    };
    let critical = match critical(result, verdict).filter(|_| !withdrawn) {
        Some(call) => Says::Critical(call),
        None if unjudged => Says::Nothing,
        None => Says::NotCritical,
    };
    let condition = Condition::Technical(Technical::Unjudged(number_of(result.analyte)));
    Judged { critical, unjudged: (condition, unjudged.then_some(call)) }
}

/// An analyte with a row in the chart is a number; `HEMOLYZED` in its place says nothing of the patient.
const fn has_no_value(result: &LabResult) -> bool {
    matches!((result.analyte, result.quantity), (Analyte::Known(_), None))
}

fn judged_by(row: Option<&Row>, result: &LabResult) -> Option<Verdict> {
    match (result.analyte, result.quantity, row) {
        (Analyte::Known(known), Some(quantity), Some(row)) => {
            Some(row.judge(&quantity, known.needs_no_unit()))
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

/// Whether `new` is worse than `old` by the analyte's own step.
pub(in crate::bed) fn is_worse(condition: Condition, old: &Evidence, new: &Evidence) -> bool {
    let Condition::Laboratory(analyte, _) = condition else { return false };
    let (Some(crossed), Some(before), Some(after)) = (new.crossed, old.quantity, new.quantity) else {
        return false;
    };
    is_further_out(analyte, crossed.side, &before, &after)
}

/// Whether `after` is further out on `side` than `before` by the analyte's own step. What cannot be compared
/// is, unless it is the very same.
pub(super) fn is_further_out(analyte: Analyte, side: Side, before: &Quantity, after: &Quantity) -> bool {
    if before.unit != after.unit
        || (before.comparator, after.comparator) != (Comparator::Exactly, Comparator::Exactly)
    {
        return before != after && !after.reads_as(before);
    }
    let step = match analyte {
        Analyte::Known(known) => known.step(),
        Analyte::Other(_) => Step::Tenth,
    };
    let step = match step {
        Step::By(step) => step,
        Step::Tenth => before.value.scaled(1, 10),
    };
    is_further(before, after, step, side)
}

fn is_further(before: &Quantity, after: &Quantity, step: Decimal, side: Side) -> bool {
    const PLACES: u8 = 6;
    let (before, after, step) =
        (before.value.rounded(PLACES), after.value.rounded(PLACES), step.rounded(PLACES).saturating_abs());
    match side {
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
