//! What people enter at the bed, and the score that follows from it and from the signs.

use super::signs::Signs;
use super::words::Words;
use crate::age::Age;
use crate::event::{BREATHING_VALIDITY, Breathing, CONSCIOUSNESS_VALIDITY, Consciousness, Entry, Spo2Scale};
use crate::score::choice::{Calling, Choice, Patient, RISE_LEAST};
use crate::score::news2::{Inputs, News2};
use crate::score::npews::Device;
use crate::sign::{Parameter, Sign};
use crate::time::{Moment, Span};
use crate::vital::Absence;

/// What people entered, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Entries {
    pub(super) consciousness: Option<(Consciousness, Moment)>,
    breathing: Option<(Breathing, Moment)>,
    scale: Spo2Scale,
    /// A doctor's word on it; without one the ventilator's own breaths speak.
    ventilated: Option<bool>,
    sedated: bool,
    pregnant: bool,
    baseline: Option<u8>,
    /// What the charts of mothers and children ask, and those that stand beside.
    pub(super) words: Words,
}

/// What only a ventilator that breathes measures.
const DELIVERED: [Sign; 3] = [Sign::TidalVolume, Sign::MinuteVolume, Sign::RespRateVentilator];

/// Room air, with a little room for the sensor: a measured share above this is supplemental oxygen.
const AIR_PERCENT_MOST: i32 = 22;

impl Entries {
    pub(super) fn take(&mut self, entry: Entry, now: Moment) {
        match entry {
            Entry::Consciousness(found) => self.consciousness = Some((found, now)),
            Entry::Breathing(breathing) => {
                self.breathing = Some((breathing, now));
                self.words.breathes(breathing);
            }
            Entry::Scale(scale) => self.scale = scale,
            Entry::Ventilated(yes) => self.ventilated = Some(yes),
            Entry::Sedated(yes) => self.sedated = yes,
            Entry::Pregnant(yes) => self.pregnant = yes,
            Entry::Baseline(total) => self.baseline = Some(total),
            Entry::Device(device) => {
                let air = if device == Device::Air { Breathing::Air } else { Breathing::Oxygen };
                self.breathing = Some((air, now));
                self.words.take(entry, now);
            }
            word => self.words.take(word, now),
        }
    }

    /// The chart that speaks for this patient.
    pub(super) fn choice(&self, age: Option<Age>, signs: &Signs, calling: Calling, now: Moment) -> Choice {
        let ventilated_or_sedated = self.sedated || self.is_ventilated(signs, now);
        Choice::of(Patient { age, pregnant: self.pregnant, ventilated_or_sedated }, calling)
    }

    pub(super) fn is_ventilated(&self, signs: &Signs, now: Moment) -> bool {
        let delivers = |sign: &Sign| signs.believed(*sign, now).is_ok_and(|measured| measured > 0);
        self.ventilated.unwrap_or_else(|| DELIVERED.iter().any(delivers))
    }

    /// The total that was accepted as this patient's own.
    pub(super) const fn baseline(&self) -> Option<u8> {
        self.baseline
    }

    pub(super) const fn forget_baseline(&mut self) {
        self.baseline = None;
    }

    /// Whether a total is so far over the accepted baseline that it calls.
    pub(super) fn is_a_rise(&self, total: u8) -> bool {
        self.baseline.is_some_and(|baseline| total >= baseline.saturating_add(RISE_LEAST))
    }

    /// A nurse's finding, while it counts.
    pub(super) fn consciousness(&self, now: Moment) -> Result<Consciousness, Absence> {
        let [calm, _] = CONSCIOUSNESS_VALIDITY;
        entered(self.consciousness, calm, now)
    }

    /// What people found and said last, as it was entered.
    pub(super) fn found(&self) -> impl Iterator<Item = (Entry, Moment)> {
        let consciousness = self.consciousness.map(|(found, at)| (Entry::Consciousness(found), at));
        let breathing = self.breathing.map(|(breathing, at)| (Entry::Breathing(breathing), at));
        consciousness.into_iter().chain(breathing).chain(self.words.said())
    }

    pub(super) const fn scale(&self) -> Spo2Scale {
        self.scale
    }

    /// The score as far as it can be known now.
    pub(super) fn news2(&self, signs: &Signs, now: Moment) -> News2 {
        let value = |parameter| signs.parameter(parameter, now).map(|(_, value)| value);
        let [calm, grave] = CONSCIOUSNESS_VALIDITY;
        let inputs = |validity: Span| Inputs {
            resp_rate: value(Parameter::RespRate),
            spo2: value(Parameter::SpO2),
            scale: self.scale,
            breathing: self.breathing(signs, now),
            systolic: value(Parameter::Systolic),
            pulse: value(Parameter::PulseRate),
            consciousness: entered(self.consciousness, validity, now),
            temperature: value(Parameter::Temperature),
        };
        let score = News2::of(&inputs(calm));
        // A grave score wants its findings renewed sooner. The signs alone decide whether it is grave: an old
        // finding that makes it so by itself still counts its four hours.
        let renewed = News2::of(&inputs(grave));
        if renewed.lower() >= 5 { renewed } else { score }
    }

    /// A measured share of inspired oxygen speaks for itself; else a nurse's word, for an hour.
    pub(super) fn breathing(&self, signs: &Signs, now: Moment) -> Result<Breathing, Absence> {
        match signs.believed(Sign::InspiredOxygen, now) {
            Ok(percent) if percent > AIR_PERCENT_MOST => Ok(Breathing::Oxygen),
            _ => entered(self.breathing, BREATHING_VALIDITY, now),
        }
    }

    /// When an entry becomes too old though nothing arrives.
    pub(super) fn deadline(&self, now: Moment) -> Option<Moment> {
        let consciousness =
            self.consciousness.into_iter().flat_map(|(_, at)| CONSCIOUSNESS_VALIDITY.map(|span| at + span));
        let breathing = self.breathing.map(|(_, at)| at + BREATHING_VALIDITY);
        let own = consciousness.chain(breathing).map(|at| at + Span(1));
        own.chain(self.words.ends()).filter(|at| *at > now).min()
    }
}

fn entered<T>(entry: Option<(T, Moment)>, validity: Span, now: Moment) -> Result<T, Absence> {
    match entry {
        Some((found, at)) if now.since(at) <= validity => Ok(found),
        Some(_) => Err(Absence::Stale),
        None => Err(Absence::NeverHeard),
    }
}
