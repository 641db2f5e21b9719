//! What people enter for the charts of mothers and children, and for those beside: each word with the second
//! in which it was said, so that it ages. It scores nothing, and a word that nobody said is never a normal
//! one.

use crate::event::{Breathing, Entry, FINDING_VALIDITY, URINE_VALIDITY, WORD_VALIDITY};
use crate::score::maternal::{Mind, PreEclampsia};
use crate::score::npews::{Amount, Device, Distress, Level, NoPressure, Pupils, Sepsis};
use crate::time::{Moment, Span};
use crate::vital::Absence;

/// A value that a person entered, and in which second: eight bytes where the value takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Word<T>(Option<(T, u32)>);

impl<T> Default for Word<T> {
    fn default() -> Self {
        Self::NEVER
    }
}

impl<T> Word<T> {
    /// Nobody has said it.
    pub(super) const NEVER: Self = Self(None);
}

impl<T: Copy> Word<T> {
    /// The part of a second that has passed is not kept: a word never counts longer than it may.
    pub(super) fn said(value: T, now: Moment) -> Self {
        Self(Some((value, u32::try_from(now.0 / 1_000).unwrap_or(u32::MAX))))
    }

    /// What was said last, however long ago.
    pub(super) fn last(self) -> Option<T> {
        self.0.map(|(value, _)| value)
    }

    /// When it was said.
    pub(super) fn at(self) -> Option<Moment> {
        self.0.map(|(_, second)| Moment(u64::from(second) * 1_000))
    }

    /// The value, unless nobody said it or it is older than `validity`.
    pub(super) fn within(self, validity: Span, now: Moment) -> Result<T, Absence> {
        match (self.0, self.at()) {
            (Some((value, _)), Some(at)) if now.since(at) <= validity => Ok(value),
            (Some(_), _) => Err(Absence::Stale),
            (None, _) => Err(Absence::NeverHeard),
        }
    }

    fn as_entry(self, of: fn(T) -> Entry) -> Option<(Entry, Moment)> {
        self.last().map(of).zip(self.at())
    }

    fn end(self, validity: Span) -> Option<Moment> {
        self.at().map(|at| at + validity + Span(1))
    }
}

/// All of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Words {
    pub(super) mind: Word<Mind>,
    pub(super) pre_eclampsia: Word<PreEclampsia>,
    pub(super) urine: Word<u16>,
    pub(super) distress: Word<Distress>,
    pub(super) device: Word<Device>,
    /// Since when it has been this device, whoever said it again.
    pub(super) since: Word<()>,
    pub(super) amount: Word<Amount>,
    pub(super) no_pressure: Word<NoPressure>,
    pub(super) refill: Word<u8>,
    pub(super) sepsis: Word<Sepsis>,
    pub(super) pupils: Word<Pupils>,
    pub(super) intuition: Word<Level>,
    pub(super) carer: Word<Level>,
}

impl Words {
    /// Takes in what is one of them; what is not changes nothing.
    pub(super) fn take(&mut self, entry: Entry, now: Moment) {
        match entry {
            Entry::Mind(found) => self.mind = Word::said(found, now),
            Entry::PreEclampsia(found) => self.pre_eclampsia = Word::said(found, now),
            Entry::Urine(rate) => self.urine = Word::said(rate, now),
            Entry::Distress(found) => self.distress = Word::said(found, now),
            Entry::Device(device) => self.breathes_by(device, now),
            Entry::Amount(amount) => self.amount = Word::said(amount, now),
            Entry::NoPressure(said) => self.no_pressure = Word::said(said, now),
            Entry::Refill(tenths) => self.refill = Word::said(tenths, now),
            Entry::Sepsis(found) => self.sepsis = Word::said(found, now),
            Entry::Pupils(found) => self.pupils = Word::said(found, now),
            Entry::Intuition(level) => self.intuition = Word::said(level, now),
            Entry::Carer(level) => self.carer = Word::said(level, now),
            Entry::Consciousness(_)
            | Entry::Breathing(_)
            | Entry::Scale(_)
            | Entry::Ventilated(_)
            | Entry::Sedated(_)
            | Entry::Pregnant(_)
            | Entry::Baseline(_) => {}
        }
    }

    /// Somebody says whether it is air or oxygen: a device that says otherwise is not there any more.
    pub(super) fn breathes(&mut self, breathing: Breathing) {
        let is_air = |(device, _)| device == Device::Air;
        if self.device.0.is_some_and(|said| is_air(said) != (breathing == Breathing::Air)) {
            (self.device, self.since, self.amount) = Default::default();
        }
    }

    /// A device that is only said again goes on, with its level, even where the word on it had lapsed.
    fn breathes_by(&mut self, device: Device, now: Moment) {
        if self.device.0.is_none_or(|(before, _)| before != device) {
            (self.since, self.amount) = (Word::said((), now), Word::default());
        }
        self.device = Word::said(device, now);
    }

    /// Each of them as it was entered, and when.
    pub(super) fn said(&self) -> impl Iterator<Item = (Entry, Moment)> + use<> {
        let Self { mind, pre_eclampsia, urine, distress, device, amount, no_pressure, refill, .. } = *self;
        let Self { sepsis, pupils, intuition, carer, .. } = *self;
        let said = [
            mind.as_entry(Entry::Mind),
            pre_eclampsia.as_entry(Entry::PreEclampsia),
            urine.as_entry(Entry::Urine),
            distress.as_entry(Entry::Distress),
            device.as_entry(Entry::Device),
            amount.as_entry(Entry::Amount),
            no_pressure.as_entry(Entry::NoPressure),
            refill.as_entry(Entry::Refill),
            sepsis.as_entry(Entry::Sepsis),
            pupils.as_entry(Entry::Pupils),
            intuition.as_entry(Entry::Intuition),
            carer.as_entry(Entry::Carer),
        ];
        said.into_iter().flatten()
    }

    /// When each of them becomes too old.
    pub(super) fn ends(&self) -> impl Iterator<Item = Moment> {
        let Self { mind, pre_eclampsia, urine, distress, device, amount, no_pressure, refill, .. } = *self;
        let Self { sepsis, pupils, intuition, carer, .. } = *self;
        let ends = [
            mind.end(WORD_VALIDITY),
            pre_eclampsia.end(WORD_VALIDITY),
            urine.end(URINE_VALIDITY),
            distress.end(FINDING_VALIDITY),
            device.end(FINDING_VALIDITY),
            amount.end(FINDING_VALIDITY),
            no_pressure.end(FINDING_VALIDITY),
            refill.end(FINDING_VALIDITY),
            sepsis.end(WORD_VALIDITY),
            pupils.end(WORD_VALIDITY),
            intuition.end(WORD_VALIDITY),
            carer.end(WORD_VALIDITY),
        ];
        ends.into_iter().flatten()
    }
}
