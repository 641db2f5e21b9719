//! Critical values that were answered in full: the same again within a day is shown, and not heard.
//!
//! It forgets too early rather than too late: whatever is not here calls.

use super::judged::is_further_out;
use crate::alert::{Alert, AlertState, Analyte, Condition, PatientKey, Quantity, Side};
use crate::event::{Flag, LabResult, ResultStatus};
use crate::time::{Moment, Span};

/// How many answered values one bed keeps; the one answered longest ago makes room.
pub(in crate::bed) const ANSWERED: usize = 16;

/// For how long after its specimen an answered value keeps its repeats quiet.
const QUIET: Span = Span::hours(24);

/// A critical value that a nurse read back and for which a doctor took responsibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::bed) struct Answered {
    analyte: Analyte,
    patient: PatientKey,
    side: Side,
    quantity: Quantity,
    sampled: Moment,
}

/// The answered values of one bed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::bed) struct Repeats {
    list: heapless::Vec<Answered, ANSWERED>,
}

impl Answered {
    /// What people now know, once an alert is over because both have answered. `result` is the newest of its
    /// analyte.
    ///
    /// `None` where they have not, and for what has no number or no side: two cultures are never the same.
    fn of(alert: &Alert, result: Option<&LabResult>) -> Option<Self> {
        let Condition::Laboratory(analyte, patient) = alert.condition else { return None };
        let both = alert.answered.nurse && alert.answered.accepted.is_some();
        if !both || alert.state != AlertState::Resolved {
            return None;
        }
        let flag = result.filter(|result| result.key == alert.evidence.key).map(|result| result.flag);
        let side = match alert.evidence.crossed {
            Some(crossed) => crossed.side,
            None => flag.and_then(side_of)?,
        };
        Some(Self {
            analyte,
            patient,
            side,
            quantity: alert.evidence.quantity?,
            sampled: alert.evidence.taken,
        })
    }

    /// The same of the same person under another name.
    pub(in crate::bed) fn renamed(self, into: PatientKey) -> Self {
        Self { patient: into, ..self }
    }
}

impl Repeats {
    /// Keeps what was just answered, unless a later specimen was.
    pub(super) fn keep(&mut self, alert: &Alert, result: Option<&LabResult>) {
        if let Some(answered) = Answered::of(alert, result) {
            self.put_in(answered);
        }
    }

    pub(super) fn put_in(&mut self, answered: Answered) {
        let name = |one: &Answered| (one.analyte, one.patient, one.side);
        if let Some(at) = self.list.iter().position(|known| name(known) == name(&answered)) {
            if self.list.get(at).is_some_and(|known| known.sampled > answered.sampled) {
                return;
            }
            self.list.remove(at);
        } else if self.list.is_full() {
            self.list.remove(0);
        }
        // Room was made above.
        let _ = self.list.push(answered);
    }

    /// What its laboratory takes back was never answered.
    pub(super) fn forget(&mut self, result: &LabResult) {
        if result.status != ResultStatus::Stands {
            let is_of_it = |known: &Answered| {
                (known.analyte, known.patient, known.sampled)
                    == (result.analyte, result.patient, result.sampled)
            };
            self.list.retain(|known| !is_of_it(known));
        }
    }

    /// Whether a critical result beyond `side` tells nobody anything new: its specimen is no earlier than one
    /// that was answered in full, within a day of it, and worse neither than that nor than the sample
    /// `before` it.
    pub(super) fn has(&self, result: &LabResult, side: Option<Side>, before: Option<&LabResult>) -> bool {
        let side = side.or_else(|| side_of(result.flag));
        let (Some(side), Some(quantity)) = (side, result.quantity) else { return false };
        let before = before.filter(|before| before.status != ResultStatus::Withdrawn);
        let before = before.and_then(|before| before.quantity);
        let worse = |old: &Quantity| is_further_out(result.analyte, side, old, &quantity);
        self.list.iter().any(|known| {
            let same = (known.analyte, known.patient, known.side) == (result.analyte, result.patient, side);
            let later = known.sampled <= result.sampled && result.sampled.since(known.sampled) <= QUIET;
            same && later && !worse(&known.quantity) && !before.as_ref().is_some_and(worse)
        })
    }

    pub(super) fn take_out(&mut self, patient: PatientKey) -> heapless::Vec<Answered, ANSWERED> {
        let taken = self.list.iter().filter(|known| known.patient == patient).copied().collect();
        self.list.retain(|known| known.patient != patient);
        taken
    }

    pub(super) fn keep_only(&mut self, patient: PatientKey) {
        self.list.retain(|known| known.patient == patient);
    }
}

/// Which way the laboratory itself says that a value is out.
const fn side_of(flag: Flag) -> Option<Side> {
    match flag {
        Flag::CriticalLow => Some(Side::Low),
        Flag::CriticalHigh => Some(Side::High),
        Flag::Critical | Flag::NotCritical => None,
    }
}
