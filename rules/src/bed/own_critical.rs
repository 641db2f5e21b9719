//! By which row a result is judged: the ward's for the patient's age, or the patient's own over it while it
//! holds.
//!
//! Limits that come nearer, or come back, may make critical what was not: then it calls. They end no alert; a
//! result does.

use core::num::NonZeroI32;

use super::for_a_time::ForATime;
use super::laboratory::{ANALYTES, Says, judged};
use super::orders::Turn;
use super::{Bed, judge::bare};
use crate::alert::{Analyte, Condition, PatientKey, Technical};
use crate::critical::{Band, Known, OWN_CRITICAL_MOST, OwnCritical, Row};
use crate::decimal::Decimal;
use crate::event::{Actor, LabResult};
use crate::time::{Moment, Span};
use crate::vital::MessageKey;

/// So many places of a limit are kept: no row of the chart has more.
const PLACES: u8 = 4;

/// Own limits as a bed keeps them. None is zero: nothing plausible lies beyond that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Held {
    low: Option<NonZeroI32>,
    high: Option<NonZeroI32>,
    by: Actor,
    known: Known,
    pub(super) patient: PatientKey,
}

impl Held {
    fn new(own: &OwnCritical, patient: PatientKey) -> Self {
        let kept = |limit: Decimal| i32::try_from(limit.rounded(PLACES)).ok().and_then(NonZeroI32::new);
        let (low, high) = (own.low.and_then(kept), own.high.and_then(kept));
        Self { low, high, by: own.by, known: own.known, patient }
    }

    fn shown(self, until: Moment) -> OwnCritical {
        let Self { by, known, .. } = self;
        OwnCritical { known, low: self.low.map(written), high: self.high.map(written), until, by }
    }
}

/// The number as people write it: 7, not 7.0000.
fn written(kept: NonZeroI32) -> Decimal {
    let (mut digits, mut places) = (i64::from(kept.get()), PLACES);
    while places > 0 && digits % 10 == 0 {
        (digits, places) = (digits / 10, places - 1);
    }
    Decimal::new(digits, places)
}

/// Patients' own rows, at most one of each analyte. They go with their patient, as the results do.
pub(super) type OwnRows = ForATime<Held, OWN_CRITICAL_MOST>;

impl Bed<'_> {
    /// A patient's own critical limits of an analyte, while they hold. Results of another that come to this
    /// bed never meet them.
    #[must_use]
    pub fn own_critical(&self, known: Known, patient: PatientKey) -> Option<OwnCritical> {
        let own = self.state.own_rows.find(|own| own.known == known && own.patient == patient);
        own.map(|(until, own)| own.shown(until))
    }

    /// The row by which a result is judged; none where the chart has none.
    pub(super) fn row_of(&self, result: &LabResult) -> Option<Row> {
        let Analyte::Known(known) = result.analyte else { return None };
        let wards = self.policy.critical(known, Band::of(self.age_of(result.patient)));
        Some(self.own_critical(known, result.patient).map_or(*wards, |own| own.over(wards)))
    }

    /// A person moved a patient's own critical limits, or ended them. Where nobody is known to lie there, it
    /// is nobody's.
    pub(super) fn take_own_critical(&mut self, own: &OwnCritical, turn: &mut Turn<'_>) {
        let Some(patient) = self.state.whose else { return };
        let before = self.not_critical();
        let same = |held: &Held| held.known == own.known && held.patient == patient;
        self.state.own_rows.take(Held::new(own, patient), own.until, same, turn.now);
        self.say(Condition::Technical(Technical::OwnCriticalEnded(own.known)), None, turn);
        self.judge_again(&before, turn);
    }

    /// Another lies here: they were one patient's alone, as the results by them are.
    pub(super) fn keep_own_critical_of(&mut self, patient: PatientKey) {
        let _ = self.state.own_rows.take_out(|own| own.patient != patient);
    }

    /// What was said of the end of a patient's own critical limits says nothing to the next.
    pub(super) fn forget_own_critical_notices(&mut self, turn: &mut Turn<'_>) {
        for known in Known::ALL {
            self.say(Condition::Technical(Technical::OwnCriticalEnded(known)), None, turn);
        }
    }

    /// Own critical limits whose time is over end with a notice, and what they kept from calling calls.
    pub(super) fn end_own_critical(&mut self, turn: &mut Turn<'_>) {
        if self.state.own_rows.deadline().is_none_or(|until| until > turn.now) {
            return;
        }
        let before = self.not_critical();
        while let Some((ended, own)) = self.state.own_rows.ended(turn.now) {
            let what = Technical::OwnCriticalEnded(own.known);
            self.say_technical(what, true, bare(MessageKey(ended.0), ended), turn);
        }
        self.judge_again(&before, turn);
    }

    /// Which of the results that are kept are not critical by the rows of now.
    pub(super) fn not_critical(&self) -> [bool; ANALYTES] {
        let is_not = |result: &LabResult| {
            matches!(judged(result, self.row_of(result).as_ref()).critical, Says::NotCritical)
        };
        core::array::from_fn(|at| self.state.laboratory.get(at).is_some_and(is_not))
    }

    /// What was not critical `before` may be by the rows of now. It ends nothing, and specimens of more than
    /// a day ago say nothing new.
    pub(super) fn judge_again(&mut self, before: &[bool; ANALYTES], turn: &mut Turn<'_>) {
        const LATE: Span = Span::hours(24);
        for (at, was_not) in before.iter().enumerate() {
            let Some(result) = self.state.laboratory.get(at).copied() else { return };
            let is_new = *was_not && turn.now.since(result.sampled) <= LATE;
            let says = judged(&result, self.row_of(&result).as_ref()).critical;
            if let (true, Says::Critical(call)) = (is_new, says) {
                self.say(result.condition(), Some(call), turn);
            }
        }
    }
}
