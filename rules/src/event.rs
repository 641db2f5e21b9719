//! What can happen to a bed. The list is closed: everything that can wake it is on this page.

use core::num::NonZeroU32;

use crate::age::Age;
use crate::alert::{AlertId, Analyte, Condition, PatientKey, Priority, Quantity, Technical};
use crate::critical::OwnCritical;
use crate::limit::OwnLimits;
use crate::score::maternal::{Mind, PreEclampsia, URINE_SPAN};
use crate::score::npews;
use crate::time::{Moment, Span};
use crate::vital::{MessageKey, Reading, Source};

/// A person, by the number that the gateway gave them. Names stay with the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Actor(pub u32);

/// In which role somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Role {
    /// A nurse.
    Nurse,
    /// A doctor.
    Doctor,
}

/// One frame of one device: all the readings that it sent at once.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Which device.
    pub source: Source,
    /// The message that carried it.
    pub key: MessageKey,
    /// What it read.
    pub readings: &'a [Reading],
    /// How long it may be silent, where that is known of its kind; else its own rhythm says.
    pub silence: Option<Span>,
}

/// The laboratory's own judgement of a result (HL7 table 0078).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Flag {
    /// None, or one that is not critical (N, L, H, A).
    #[default]
    NotCritical,
    /// LL: below the lower panic limit.
    CriticalLow,
    /// HH: above the upper panic limit.
    CriticalHigh,
    /// AA: critically abnormal, without a direction.
    Critical,
}

/// Where a result stands in its life (HL7 table 0085).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ResultStatus {
    /// Preliminary or final: it counts.
    #[default]
    Stands,
    /// Corrected: it replaces what was sent before.
    Corrected,
    /// Deleted, or posted to the wrong patient: it never was.
    Withdrawn,
}

/// A laboratory's order, by a hash of its number. It is never zero, so that a bed need not keep whether there
/// is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OrderKey(NonZeroU32);

impl OrderKey {
    /// The key for a hash.
    #[must_use]
    pub fn of(hash: u32) -> Self {
        Self(NonZeroU32::new(hash).unwrap_or(NonZeroU32::MAX))
    }
}

/// One laboratory result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LabResult {
    /// What was measured.
    pub analyte: Analyte,
    /// Whose it is.
    pub patient: PatientKey,
    /// The value as written; `None` where it is no number (a coded or textual result).
    pub quantity: Option<Quantity>,
    /// The laboratory's own judgement.
    pub flag: Flag,
    /// Where it stands.
    pub status: ResultStatus,
    /// When the specimen was taken; arrival where the laboratory does not say.
    pub sampled: Moment,
    /// Whether the laboratory says when. A time that is only the arrival's makes no result an old one.
    pub is_timed: bool,
    /// The order that it answers, where the laboratory names one.
    pub order: Option<OrderKey>,
    /// The message that carried it.
    pub key: MessageKey,
}

impl LabResult {
    /// The condition of which it speaks.
    #[must_use]
    pub const fn condition(&self) -> Condition {
        Condition::Laboratory(self.analyte, self.patient)
    }
}

/// ACVPU, as a nurse finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Consciousness {
    /// Alert.
    Alert,
    /// New confusion.
    Confusion,
    /// Responds to voice.
    Voice,
    /// Responds to pain.
    Pain,
    /// Unresponsive.
    Unresponsive,
}

impl Consciousness {
    /// What one letter of ACVPU means.
    #[must_use]
    pub fn of_letter(letter: &str) -> Option<Self> {
        match letter {
            "A" => Some(Self::Alert),
            "C" => Some(Self::Confusion),
            "V" => Some(Self::Voice),
            "P" => Some(Self::Pain),
            "U" => Some(Self::Unresponsive),
            _ => None,
        }
    }

    /// What a nurse would say, after its letter.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alert => "A (alert)",
            Self::Confusion => "C (new confusion)",
            Self::Voice => "V (responds to voice)",
            Self::Pain => "P (responds to pain)",
            Self::Unresponsive => "U (unresponsive)",
        }
    }
}

/// What the patient breathes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Breathing {
    /// Room air.
    Air,
    /// Supplemental oxygen.
    Oxygen,
}

impl Breathing {
    /// What a nurse's word means.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "air" => Some(Self::Air),
            "oxygen" => Some(Self::Oxygen),
            _ => None,
        }
    }

    /// A nurse's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Air => "air",
            Self::Oxygen => "oxygen",
        }
    }
}

/// Which SpO₂ scale of NEWS2 applies. Scale 2 is a doctor's decision, for confirmed hypercapnic failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Spo2Scale {
    /// The ordinary scale.
    #[default]
    One,
    /// The scale with a target of 88 to 92 %.
    Two,
}

impl Spo2Scale {
    /// What its number means.
    #[must_use]
    pub fn of_number(number: &str) -> Option<Self> {
        match number {
            "1" => Some(Self::One),
            "2" => Some(Self::Two),
            _ => None,
        }
    }
}

/// What a person enters at the bed because no monitor can know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Entry {
    /// Consciousness, for four hours (one hour while the score is 5 or more).
    Consciousness(Consciousness),
    /// Air or oxygen, for an hour.
    Breathing(Breathing),
    /// The SpO₂ scale, until changed or the binding ends.
    Scale(Spo2Scale),
    /// Invasive ventilation, until changed or the binding ends.
    Ventilated(bool),
    /// Sedation, until changed or the binding ends.
    Sedated(bool),
    /// Pregnancy, or that she has just given birth, until changed or the binding ends.
    Pregnant(bool),
    /// The total that a doctor takes as this patient's own, from which a rise counts; until changed or the
    /// binding ends.
    Baseline(u8),
    /// How a mother is found, for four hours.
    Mind(Mind),
    /// Pre-eclampsia and what she complains of, for four hours.
    PreEclampsia(PreEclampsia),
    /// Urine in millilitres per hour, the mean of at least two hours, for two more.
    Urine(u16),
    /// How hard a child works to breathe, for an hour.
    Distress(npews::Distress),
    /// Through what the patient breathes, for an hour. The level of the device before it is forgotten.
    Device(npews::Device),
    /// How much oxygen that device is set to, for an hour.
    Amount(npews::Amount),
    /// What stands in place of a pressure, for an hour.
    NoPressure(npews::NoPressure),
    /// Capillary refill in tenths of a second, for an hour.
    Refill(u8),
    /// What is thought of sepsis, for four hours.
    Sepsis(npews::Sepsis),
    /// The pupils, for four hours.
    Pupils(npews::Pupils),
    /// For which level a nurse or doctor asks whatever the figures say, for four hours.
    Intuition(npews::Level),
    /// For which level a carer's question asks, for four hours.
    Carer(npews::Level),
}

impl Entry {
    /// Whether it decides how a score is read: a doctor's, in force until it is changed or the binding ends.
    /// Everything else is found or heard at the bed, and ages.
    #[must_use]
    pub const fn is_a_decision(self) -> bool {
        match self {
            Self::Scale(_)
            | Self::Ventilated(_)
            | Self::Sedated(_)
            | Self::Pregnant(_)
            | Self::Baseline(_) => true,
            Self::Consciousness(_)
            | Self::Breathing(_)
            | Self::Mind(_)
            | Self::PreEclampsia(_)
            | Self::Urine(_)
            | Self::Distress(_)
            | Self::Device(_)
            | Self::Amount(_)
            | Self::NoPressure(_)
            | Self::Refill(_)
            | Self::Sepsis(_)
            | Self::Pupils(_)
            | Self::Intuition(_)
            | Self::Carer(_) => false,
        }
    }
}

/// Who lies on the bed, as far as it is settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Occupancy {
    /// Nobody that the HIS has told us of.
    #[default]
    Unbound,
    /// One patient.
    Bound(PatientKey),
    /// More than one patient could be meant. Alarms go on by bed; charting is held.
    InDoubt,
}

/// From where somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Via {
    /// The board, the command line or the API: there a laboratory critical needs its read-back.
    Station,
    /// WhatsApp, the HIS or a bedside node: *seen*, and for a doctor responsibility; never a read-back.
    Remote,
}

/// What somebody says to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Say {
    /// I have heard it. With the value as read back, where there is one.
    Acknowledge(Option<Quantity>),
    /// I have heard it, and of the texts offered I chose the one that the result says. Whoever offers them
    /// has compared; it is the read-back of a coded laboratory critical, which has no number.
    AcknowledgeText,
    /// It is mine.
    Accept,
    /// It cannot be mine; call the next.
    Reject,
    /// I know of it; it may call again after so long. Half an hour at most, and never what is immediate.
    Shelve(Span),
}

/// A person's answer to one alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Answer {
    /// Which alert.
    pub alert: AlertId,
    /// Who answers.
    pub by: Actor,
    /// In which role.
    pub role: Role,
    /// From where.
    pub via: Via,
    /// What they say.
    pub say: Say,
}

/// Why an answer changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No open alert of that name at this bed.
    Unknown,
    /// The same person has said so before, or the alert needs no such answer any more.
    Already,
    /// A laboratory critical needs its value read back.
    ReadBackMissing,
    /// What was read back is not the value.
    ReadBackWrong,
    /// Only a doctor can accept or reject responsibility.
    DoctorOnly,
    /// What kills in minutes and what must be read back cannot be shelved.
    NeverShelved,
}

/// What an alarm of a device is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum About {
    /// The patient, and death is minutes away: asystole, apnoea, ventilator disconnect, VF or VT.
    Immediate,
    /// The patient.
    Patient,
    /// The device itself, or what it is connected with.
    Device,
}

/// An alarm that a device raised itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DeviceAlarm {
    /// Which device.
    pub source: Source,
    /// Which of its events.
    pub event: u32,
    /// What it is about.
    pub about: About,
    /// How grave the device says it is. What is immediate is high whatever it says.
    pub priority: Priority,
    /// Whether it is on.
    pub on: bool,
    /// The message that carried it.
    pub key: MessageKey,
}

/// Something that the plumbing around the bed found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fault {
    /// What is wrong.
    pub what: Technical,
    /// Whether it is wrong now.
    pub on: bool,
    /// The message, or the number of the finding.
    pub key: MessageKey,
}

/// Whether a device is connected, by its own word or its last will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Presence {
    /// Which device.
    pub source: Source,
    /// Whether it is there.
    pub online: bool,
    /// The message that carried it.
    pub key: MessageKey,
}

/// Everything that can happen to a bed.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A device sent its readings.
    Frame(Frame<'a>),
    /// The laboratory sent a result.
    Result(LabResult),
    /// A person entered something.
    Entry(Entry),
    /// A device raised or ended an alarm of its own.
    DeviceAlarm(DeviceAlarm),
    /// A device came or went.
    Presence(Presence),
    /// A person answered.
    Answer(Answer),
    /// The binding changed.
    Occupancy(Occupancy),
    /// How old the patient is, as far as the HIS knows; told after each binding and whenever it changes.
    Age(Option<Age>),
    /// A person set a patient's own limits, or ended them.
    Limits(OwnLimits),
    /// A person set a patient's own critical laboratory limits, or ended them.
    Critical(OwnCritical),
    /// The plumbing found or lost a fault.
    Fault(Fault),
    /// A person pauses the sound of the bed for so long; no time ends the pause.
    AudioPause(Actor, Span),
    /// A person says for how long nobody is here to be watched; no time ends it.
    Standby(Actor, Span),
    /// Nothing happened, but the bed asked to be woken.
    Tick,
}

/// The longest that an alert may be shelved (the product's contract).
pub const SHELVE_LONGEST: Span = Span::minutes(30);

/// How long a nurse's finding of consciousness counts while the score is calm, and while it is 5 or more.
pub const CONSCIOUSNESS_VALIDITY: [Span; 2] = [Span::hours(4), Span::hours(1)];

/// How long a nurse's word on air or oxygen counts.
pub const BREATHING_VALIDITY: Span = Span::hours(1);

/// How long a finding counts that goes with the figures of one round: breath, oxygen, pressure, refill.
pub const FINDING_VALIDITY: Span = Span::hours(1);

/// How long it counts how somebody is found, what they complain of, and what others fear for them.
pub const WORD_VALIDITY: Span = Span::hours(4);

/// How long a mean of urine counts: as long as what it is the mean of.
pub const URINE_VALIDITY: Span = URINE_SPAN;
