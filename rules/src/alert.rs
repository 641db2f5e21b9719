//! Alerts: one episode of a condition at one bed, and the words for its kind, priority and state.
//!
//! The alarm *condition* (what is wrong) is not the alarm *signal* (how it is announced). Sentences and
//! channels are elsewhere; how an alert moves from state to state is in [`crate::bed`].

use crate::decimal::Decimal;
use crate::event::{Actor, Role};
use crate::ladder::Class;
use crate::sign::{Parameter, Sign};
use crate::time::Moment;
use crate::unit::Unit;
use crate::vital::{MessageKey, Source};

/// How soon somebody must act (IEC 60601-1-8). `High` is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Priority {
    /// Be aware.
    Low,
    /// Respond promptly.
    Medium,
    /// Respond at once.
    High,
}

/// What sort of condition an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Kind {
    /// The patient's signs.
    Physiological,
    /// A laboratory result.
    Laboratory,
    /// An early warning score.
    Score,
    /// A device, a channel, or this gateway itself.
    Technical,
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AlertState {
    /// The condition is true and nobody has answered.
    Active,
    /// Somebody has answered; the condition may still be true.
    Acknowledged,
    /// The condition is over, nobody has answered, and it was too grave to vanish by itself.
    Latched,
    /// Over.
    Resolved,
}

/// Which way a limit was crossed, or a value has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Side {
    /// Below the lower limit; downwards.
    Low,
    /// Above the upper limit; upwards.
    High,
}

/// A laboratory analyte: one of the table's, or any other by the hash of its code, for the laboratory's own
/// flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Analyte {
    /// An analyte with a row in the chart of critical values.
    Known(crate::critical::Known),
    /// Any other, told apart by a hash of its code.
    Other(u32),
}

/// Whose result or alert this is: a hash of the UHID, zero where there is no patient. Never a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PatientKey(pub u64);

/// What a technical alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Technical {
    /// A sign that is sent but cannot be the patient's (ECG not read, probe off) or that the device cannot
    /// measure.
    NotRead(Sign),
    /// A sign that its device no longer sends, though the device itself is heard.
    Silent(Sign),
    /// A whole device that is no longer heard, or that said goodbye.
    DeviceSilent(Source),
    /// Something arrived for this bed that could not be judged; the number tells the code apart.
    Unjudged(u32),
    /// It is not certain who lies on this bed; charting is held.
    BindingInDoubt,
    /// A device or a peer sends for a bed that this ward does not have; the number tells the peer apart.
    UnknownBed(u32),
    /// A peer or a channel that should be heard from is silent or refuses; the number tells it apart.
    Channel(u32),
    /// Messages that were refused for good wait for a person.
    Parked(u32),
    /// The ward's own store does not take what is decided.
    Store,
    /// The annunciator makes no sound.
    Sound,
    /// The judging itself: an overdue step, a task that fell over, a set-aside state.
    Judging,
    /// The wall clock was stepped.
    ClockStepped,
    /// A device says that something is wrong with itself; the number tells its event apart.
    Raised(u32),
    /// The ward's own store comes close to its bound; it still takes everything.
    StoreFilling,
    /// A laboratory value that changed too much since the sample before it; the number tells the code apart.
    Changed(u32),
    /// The heart rate on the ECG and the pulse stay apart; nobody can say which is right.
    RatesApart,
    /// The patient is of an age for which nobody has set limits: only what is too low at any age calls.
    NoLimits,
    /// The time of a patient's own limits is over: the ward's hold again.
    OwnLimitsEnded(Parameter),
    /// The time of a patient's own critical laboratory limits is over: the ward's hold again.
    OwnCriticalEnded(crate::critical::Known),
    /// An alert of this bed came to the end of its ladder and nobody has answered it.
    Unanswered,
    /// A patient left the ward with an alert that was not over; the number tells the patient apart.
    HandOver(u32),
}

/// What is wrong. One bed has at most one open alert for each condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Condition {
    /// No heartbeat by any live source (asystole, or everything disconnected), or none in the arterial line
    /// whatever the ECG shows.
    NoPulse,
    /// No breath.
    Apnoea,
    /// A parameter beyond a limit for longer than the limit's delay.
    Limit(Parameter, Side),
    /// The NEWS2 aggregate or a single parameter of 3.
    News2,
    /// A critical laboratory value.
    Laboratory(Analyte, PatientKey),
    /// An alarm that a device raised itself; the number tells its event apart.
    DeviceRaised(u32),
    /// A technical condition.
    Technical(Technical),
    /// A parameter that has fallen or risen by much within a time: `Low` is a fall.
    Change(Parameter, Side),
    /// The level of National PEWS, by its points or by a trigger.
    Npews,
    /// The maternal criteria that are met.
    Maternal,
}

impl Condition {
    /// What sort of condition this is.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::NoPulse | Self::Apnoea | Self::Limit(..) | Self::Change(..) | Self::DeviceRaised(_) => {
                Kind::Physiological
            }
            Self::News2 | Self::Npews | Self::Maternal => Kind::Score,
            Self::Laboratory(..) => Kind::Laboratory,
            Self::Technical(_) => Kind::Technical,
        }
    }

    /// Whose it is wherever they lie; none for what speaks of a bed and its devices.
    #[must_use]
    pub const fn patient(self) -> Option<PatientKey> {
        match self {
            Self::Laboratory(_, patient) => Some(patient),
            _ => None,
        }
    }

    /// The same condition of another patient, where it is a patient's at all.
    #[must_use]
    pub const fn of_patient(self, patient: PatientKey) -> Self {
        match self {
            Self::Laboratory(analyte, _) => Self::Laboratory(analyte, patient),
            other => other,
        }
    }

    /// Whether it may never be delayed, and silenced only for a short while: death is minutes away.
    #[must_use]
    pub const fn is_immediate(self) -> bool {
        matches!(self, Self::NoPulse | Self::Apnoea)
    }
}

/// The name of an alert: derived from bed, condition and the first message, so that it is the same after a
/// crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AlertId(pub u64);

/// A laboratory's comparator before a value: `>10` is critical though it is no number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Comparator {
    /// The value itself.
    #[default]
    Exactly,
    /// Below the value.
    Below,
    /// At most the value.
    AtMost,
    /// At least the value.
    AtLeast,
    /// Above the value.
    Above,
}

/// A number as its sender wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Quantity {
    /// Whether the value stands for itself or for a bound.
    pub comparator: Comparator,
    /// The number.
    pub value: Decimal,
    /// Its unit.
    pub unit: Unit,
}

impl Quantity {
    /// A plain number with its unit.
    #[must_use]
    pub const fn exactly(value: Decimal, unit: Unit) -> Self {
        Self { comparator: Comparator::Exactly, value, unit }
    }

    /// Whether a person who read back `other` read this: same number, same comparator. The unit is not read
    /// back.
    #[must_use]
    pub fn reads_as(&self, other: &Self) -> bool {
        self.comparator == other.comparator && self.value == other.value
    }
}

/// The limit that a value crossed, in the chart's own unit; of a change the value from which it moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Crossed {
    /// Below or above.
    pub side: Side,
    /// The limit.
    pub limit: Decimal,
    /// The chart's unit.
    pub unit: Unit,
}

/// What an alert stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Evidence {
    /// The value, where there is one.
    pub quantity: Option<Quantity>,
    /// Our limit that it crossed, or the value from which it moved; none where the sender's own flag called
    /// alone.
    pub crossed: Option<Crossed>,
    /// The message that it came from.
    pub key: MessageKey,
    /// When that was measured or sampled.
    pub taken: Moment,
}

/// Who has answered for an alert so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Answered {
    /// Who acknowledged at the station, or read the value back, and when.
    pub acknowledged: Option<(Actor, Moment)>,
    /// Which doctor took responsibility, and when.
    pub accepted: Option<(Actor, Moment)>,
    /// Whether the nurse's part is done; for a laboratory critical it takes a read-back.
    pub nurse: bool,
    /// Whether nobody is to be reminded any more that it is acknowledged and still true.
    pub reminded: bool,
}

/// One episode of one condition at one bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Alert {
    /// Its name.
    pub id: AlertId,
    /// What is wrong.
    pub condition: Condition,
    /// How soon somebody must act; it rises when the condition worsens.
    pub priority: Priority,
    /// Where it stands.
    pub state: AlertState,
    /// Which ladder it climbs.
    pub class: Class,
    /// When it was raised.
    pub raised_at: Moment,
    /// When its state last changed.
    pub changed_at: Moment,
    /// What it stands on.
    pub evidence: Evidence,
    /// Who has answered.
    pub answered: Answered,
    /// From when the steps of the ladder are counted: the decision, or the last time it began anew.
    pub called_from: Moment,
    /// How many steps of the ladder have been called.
    pub steps_called: u16,
    /// When the next step is due, or when an acknowledged alert calls again. `None` where nothing more is
    /// owed, or where a graver alert calls for this one too.
    pub next_at: Option<Moment>,
}

impl Alert {
    /// Whether it belongs on the board: anything but resolved.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state, AlertState::Resolved)
    }

    /// Whether the condition is true now, as far as anybody can say.
    #[must_use]
    pub const fn holds(&self) -> bool {
        matches!(self.state, AlertState::Active | AlertState::Acknowledged)
    }

    /// Whether it may never be delayed, and goes on calling until somebody has seen it: by its own nature, or
    /// because a device that should know says so.
    #[must_use]
    pub const fn is_immediate(&self) -> bool {
        self.condition.is_immediate() || matches!(self.class, Class::Immediate)
    }

    /// Whether somebody must still come: nobody has answered, or of a critical result not both who must.
    #[must_use]
    pub const fn is_owed_an_answer(&self) -> bool {
        match self.state {
            AlertState::Active | AlertState::Latched => true,
            AlertState::Acknowledged => self.lacks(Role::Nurse) || self.lacks(Role::Doctor),
            AlertState::Resolved => false,
        }
    }

    /// Whether this part of the answer to a critical result is missing: a nurse reads it back, a doctor takes
    /// responsibility. Whatever else calls waits for nobody in particular.
    #[must_use]
    pub const fn lacks(&self, part: Role) -> bool {
        let is_missing = match part {
            Role::Nurse => !self.answered.nurse,
            Role::Doctor => self.answered.accepted.is_none(),
        };
        matches!(self.condition, Condition::Laboratory(..)) && self.is_open() && is_missing
    }

    /// Whether a person may let it wait for a time: neither what kills in minutes nor what must be read back.
    #[must_use]
    pub const fn may_be_shelved(&self) -> bool {
        !self.is_immediate() && !matches!(self.condition, Condition::Laboratory(..))
    }

    /// Whether the annunciator must sound for it. One that a graver alert calls for does not sound beside it.
    #[must_use]
    pub const fn sounds(&self) -> bool {
        let calling = match self.state {
            AlertState::Active => self.next_at.is_some(),
            AlertState::Latched => self.is_immediate(),
            AlertState::Acknowledged | AlertState::Resolved => false,
        };
        calling && self.class.sounds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(condition: Condition, class: Class, state: AlertState) -> Alert {
        let evidence = Evidence { quantity: None, crossed: None, key: MessageKey(1), taken: Moment(0) };
        Alert {
            id: AlertId(1),
            condition,
            priority: Priority::High,
            state,
            class,
            raised_at: Moment(0),
            changed_at: Moment(0),
            evidence,
            answered: Answered::default(),
            called_from: Moment(0),
            steps_called: 0,
            next_at: Some(Moment(0)),
        }
    }

    /// What is heard, in every state: an unanswered alert; of what is over, only a heart or a chest that had
    /// stopped.
    #[test]
    fn only_what_nobody_answered_is_heard() {
        use AlertState::{Acknowledged, Active, Latched, Resolved};
        let heard = |condition, class| {
            [Active, Acknowledged, Latched, Resolved].map(|state| alert(condition, class, state).sounds())
        };
        assert_eq!(heard(Condition::NoPulse, Class::Immediate), [true, false, true, false]);
        assert_eq!(heard(Condition::Apnoea, Class::Immediate), [true, false, true, false]);
        let limit = Condition::Limit(Parameter::SpO2, Side::Low);
        assert_eq!(heard(limit, Class::Red), [true, false, false, false]);
        assert_eq!(heard(Condition::News2, Class::Notice), [false; 4], "shown alone");
        let held_back = Alert { next_at: None, ..alert(limit, Class::Red, Active) };
        assert!(!held_back.sounds(), "a graver alert calls for it");
    }

    #[test]
    fn a_critical_result_is_owed_a_nurse_and_a_doctor_and_everything_else_somebody() {
        use AlertState::{Acknowledged, Active, Latched, Resolved};
        let result = Condition::Laboratory(Analyte::Other(1), PatientKey::default());
        for (nurse, doctor) in [(false, false), (true, false), (false, true), (true, true)] {
            let accepted = doctor.then_some((Actor(1), Moment(0)));
            let answered = Answered { accepted, nurse, ..Answered::default() };
            let of = |condition, state| Alert { answered, ..alert(condition, Class::Laboratory, state) };
            for state in [Active, Acknowledged, Latched] {
                let lacks = [Role::Nurse, Role::Doctor].map(|part| of(result, state).lacks(part));
                assert_eq!(lacks, [!nurse, !doctor], "{state:?}");
            }
            assert_eq!(of(result, Acknowledged).is_owed_an_answer(), !(nurse && doctor));
            assert!(!of(result, Resolved).lacks(Role::Nurse) && !of(result, Resolved).is_owed_an_answer());
            let owed = [Active, Acknowledged, Latched, Resolved]
                .map(|state| of(Condition::News2, state).is_owed_an_answer());
            assert_eq!(owed, [true, false, true, false]);
            assert!(!of(Condition::News2, Active).lacks(Role::Doctor));
        }
    }

    #[test]
    fn a_latched_or_resolved_alert_is_no_longer_true() {
        let holds = |state| alert(Condition::News2, Class::Red, state).holds();
        assert!(holds(AlertState::Active) && holds(AlertState::Acknowledged));
        assert!(!holds(AlertState::Latched) && !holds(AlertState::Resolved));
    }

    #[test]
    fn a_value_is_read_back_by_number_and_comparator() {
        let said = |text: &str, comparator| Quantity {
            comparator,
            value: Decimal::parse(text.as_bytes()).unwrap(),
            unit: Unit::Missing,
        };
        let value = Quantity { unit: Unit::MmolPerL, ..said("6.80", Comparator::Exactly) };
        assert!(value.reads_as(&said("6.8", Comparator::Exactly)), "the unit is not read back");
        assert!(!value.reads_as(&said("6.81", Comparator::Exactly)));
        assert!(!value.reads_as(&said("6.8", Comparator::Above)));
    }

    #[test]
    fn priorities_are_in_their_order() {
        assert!(Priority::Low < Priority::Medium && Priority::Medium < Priority::High);
    }
}
