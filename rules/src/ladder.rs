//! Ladders: whom an unanswered alert calls, by which channel, after how many seconds.
//!
//! A ladder says roles and channels; who that is tonight, and how a channel is spoken to, the gateway knows.

use heapless::Vec;

use crate::time::Span;

/// Which ladder an alert climbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Class {
    /// A critical laboratory value: nurse *and* doctor are needed.
    Laboratory,
    /// Asystole, apnoea, ventilator disconnect, VF or VT reported by a device.
    Immediate,
    /// A red limit, or NEWS2 of 7 and more.
    Red,
    /// A yellow limit, or NEWS2 of 5 and 6.
    Yellow,
    /// One NEWS2 parameter of 3.
    Notice,
    /// Technical: one parameter.
    TechnicalParameter,
    /// Technical: a whole device, a channel, a silent peer.
    TechnicalDevice,
    /// Technical: our own judging, store or sound.
    TechnicalOwn,
    /// A critical laboratory value that repeats one answered within a day: shown and charted, not
    /// heard.
    Repeat,
}

impl Class {
    /// Every class, in order; `Class::ALL[class as usize] == class`.
    pub const ALL: [Self; 9] = [
        Self::Laboratory,
        Self::Immediate,
        Self::Red,
        Self::Yellow,
        Self::Notice,
        Self::TechnicalParameter,
        Self::TechnicalDevice,
        Self::TechnicalOwn,
        Self::Repeat,
    ];

    /// Whether alerts of this class are heard at all; the others are only shown.
    #[must_use]
    pub const fn sounds(self) -> bool {
        !matches!(self, Self::Notice | Self::TechnicalParameter | Self::Repeat)
    }
}

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Recipient {
    /// Whoever is at the nurses' station.
    Station,
    /// The patient's attending doctor; the duty intensivist where none is known.
    Attending,
    /// The duty intensivist.
    DutyDoctor,
    /// The charge nurse's phone.
    ChargeNurse,
    /// The ward's phone: everybody.
    Ward,
    /// The hospital's IT.
    It,
}

impl Recipient {
    /// Whether a doctor is meant.
    #[must_use]
    pub const fn is_doctor(self) -> bool {
        matches!(self, Self::Attending | Self::DutyDoctor)
    }
}

/// How somebody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Channel {
    /// The annunciator.
    Sound,
    /// The board.
    Board,
    /// A notification in the HIS.
    His,
    /// A WhatsApp message.
    WhatsApp,
}

/// One call of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tell {
    /// Whom.
    pub whom: Recipient,
    /// How.
    pub by: Channel,
}

/// One step of a ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// How long after the decision.
    pub after: Span,
    /// Who is called, and how.
    pub tells: Vec<Tell, 6>,
}

/// A ladder: its steps in the order of their times, and how often the last one is called again while nobody
/// answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ladder {
    /// The steps; at least one, the first usually after no time at all.
    pub steps: Vec<Step, 5>,
    /// The pause before the last step is called again, and again, until somebody answers.
    pub repeat: Span,
    /// How long an acknowledgement holds while the condition stays true; then the ladder starts anew.
    pub recall: Span,
}

impl Ladder {
    /// The step that the `called`-th call is, counted from 0: the last one repeats.
    #[must_use]
    pub fn step(&self, called: u16) -> Option<&Step> {
        self.steps.get(usize::from(called)).or_else(|| self.steps.last())
    }

    /// How long after the decision the `called`-th call is due.
    #[must_use]
    pub fn due_after(&self, called: u16) -> Span {
        if let Some(step) = self.steps.get(usize::from(called)) {
            return step.after;
        }
        let last = self.steps.last().map_or(Span::ZERO, |step| step.after);
        let rounds = u32::from(called) + 1 - u32::try_from(self.steps.len()).unwrap_or(0);
        Span(last.0.saturating_add(self.repeat.0.saturating_mul(rounds)))
    }

    /// The shipped ladder of `class` (the table "Defaults of the shipped ward.toml" of the product's
    /// contract).
    #[must_use]
    pub fn shipped(class: Class) -> Self {
        let mut ladder = Self { steps: Vec::new(), repeat: repeat_of(class), recall: recall_of(class) };
        for (after_s, groups) in shipped_steps(class) {
            let mut step = Step { after: Span::seconds(*after_s), tells: Vec::new() };
            for (whom, by) in groups.iter().copied().flatten() {
                // Six tells fit every row of the table; a test holds them against it.
                let _ = step.tells.push(Tell { whom: *whom, by: *by });
            }
            let _ = ladder.steps.push(step);
        }
        ladder
    }
}

/// People who are called together, each by a channel.
type Group = [(Recipient, Channel)];

/// One row of the contract's table: seconds after the decision, and the groups that are called then.
type Row = (u32, &'static [&'static Group]);

const fn shipped_steps(class: Class) -> &'static [Row] {
    use Channel::{Board, His, Sound, WhatsApp};
    use Recipient::{Attending, ChargeNurse, DutyDoctor, It, Station, Ward};
    const HERE: &Group = &[(Station, Sound), (Station, Board)];
    const SHOWN: &Group = &[(Station, Board)];
    const DOCTOR: &Group = &[(DutyDoctor, WhatsApp), (DutyDoctor, His)];
    const EVERYBODY: &Group = &[(Ward, WhatsApp)];
    match class {
        Class::Laboratory => &[
            (0, &[HERE, &[(Attending, His), (Attending, WhatsApp)]]),
            (60, &[DOCTOR]),
            (120, &[&[(ChargeNurse, WhatsApp)], EVERYBODY, HERE]),
        ],
        Class::Immediate => &[(0, &[HERE, &[(Attending, His)]]), (30, &[DOCTOR]), (60, &[EVERYBODY, HERE])],
        Class::Red => &[(0, &[HERE]), (60, &[DOCTOR]), (120, &[EVERYBODY, HERE])],
        Class::Yellow => &[(0, &[HERE]), (300, &[DOCTOR])],
        Class::Notice | Class::TechnicalParameter => &[(0, &[SHOWN])],
        Class::Repeat => &[(0, &[SHOWN, &[(Attending, His)]])],
        Class::TechnicalDevice => &[(0, &[HERE])],
        Class::TechnicalOwn => &[(0, &[HERE]), (60, &[DOCTOR, &[(It, WhatsApp)]])],
    }
}

/// How often the last step is called again: high priorities every two minutes, medium every five; what only
/// repeats is charted once.
const fn repeat_of(class: Class) -> Span {
    match class {
        Class::Laboratory | Class::Immediate | Class::Red | Class::TechnicalOwn => Span::minutes(2),
        Class::Yellow | Class::TechnicalDevice => Span::minutes(5),
        Class::Notice | Class::TechnicalParameter => Span::hours(1),
        Class::Repeat => Span::hours(24),
    }
}

/// How long an acknowledgement holds. Two minutes for what kills in minutes (the longest audio pause in the
/// field).
const fn recall_of(class: Class) -> Span {
    match class {
        Class::Immediate => Span::minutes(2),
        Class::Red | Class::Laboratory => Span::minutes(10),
        Class::Yellow => Span::minutes(30),
        Class::TechnicalOwn => Span::minutes(15),
        Class::TechnicalDevice | Class::Notice | Class::TechnicalParameter | Class::Repeat => Span::hours(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_its_enum() {
        for (at, class) in Class::ALL.iter().enumerate() {
            assert_eq!(*class as usize, at);
        }
    }

    #[test]
    fn every_shipped_ladder_rises_in_time_and_reaches_somebody() {
        for class in Class::ALL {
            let ladder = Ladder::shipped(class);
            assert!(
                ladder.steps.iter().all(|step| !step.tells.is_empty()),
                "{class:?} has a step that calls nobody"
            );
            assert!(
                ladder.steps.windows(2).all(|pair| pair[0].after < pair[1].after),
                "{class:?} does not rise"
            );
        }
    }

    /// The table of the contract, step by step: after how many seconds whom, by what.
    #[test]
    fn every_ladder_is_the_contracts() {
        use Channel::{Board, His, Sound, WhatsApp};
        use Recipient::{Attending, ChargeNurse, DutyDoctor, It, Station, Ward};
        let here = vec![(Station, Sound), (Station, Board)];
        let shown = vec![(Station, Board)];
        let doctor = vec![(DutyDoctor, WhatsApp), (DutyDoctor, His)];
        let and = |one: &[(Recipient, Channel)], other: &[(Recipient, Channel)]| [one, other].concat();
        let everybody = and(&[(Ward, WhatsApp)], &here);
        let table = [
            (
                Class::Laboratory,
                vec![
                    (0, and(&here, &[(Attending, His), (Attending, WhatsApp)])),
                    (60, doctor.clone()),
                    (120, and(&[(ChargeNurse, WhatsApp)], &everybody)),
                ],
            ),
            (
                Class::Immediate,
                vec![(0, and(&here, &[(Attending, His)])), (30, doctor.clone()), (60, everybody.clone())],
            ),
            (Class::Red, vec![(0, here.clone()), (60, doctor.clone()), (120, everybody)]),
            (Class::Yellow, vec![(0, here.clone()), (300, doctor.clone())]),
            (Class::Notice, vec![(0, shown.clone())]),
            (Class::TechnicalParameter, vec![(0, shown.clone())]),
            (Class::Repeat, vec![(0, and(&shown, &[(Attending, His)]))]),
            (Class::TechnicalDevice, vec![(0, here.clone())]),
            (Class::TechnicalOwn, vec![(0, here), (60, and(&doctor, &[(It, WhatsApp)]))]),
        ];
        for (class, steps) in table {
            let told = |step: &Step| step.tells.iter().map(|tell| (tell.whom, tell.by)).collect();
            let shipped: std::vec::Vec<(u32, std::vec::Vec<_>)> = Ladder::shipped(class)
                .steps
                .iter()
                .map(|step| (step.after.whole_seconds(), told(step)))
                .collect();
            assert_eq!(shipped, steps, "{class:?}");
        }
    }

    #[test]
    fn what_is_graver_is_called_again_sooner_and_held_for_less() {
        let pause = |class| (Ladder::shipped(class).repeat, Ladder::shipped(class).recall);
        let [immediate, red, yellow] = [Class::Immediate, Class::Red, Class::Yellow].map(pause);
        assert!(immediate.0 <= red.0 && red.0 < yellow.0);
        assert!(immediate.1 < red.1 && red.1 < yellow.1);
        assert_eq!(immediate.1, Span::minutes(2), "the longest audio pause in the field");
    }

    #[test]
    fn a_ladder_without_steps_calls_nobody_and_does_not_fall_over() {
        let empty = Ladder { steps: Vec::new(), repeat: Span::minutes(1), recall: Span::minutes(1) };
        assert_eq!(empty.step(0), None);
        assert_eq!(empty.due_after(0), Span::minutes(1));
        assert_eq!(empty.due_after(u16::MAX), Span::minutes(65_536));
    }

    #[test]
    fn the_last_step_repeats_for_ever() {
        let ladder = Ladder::shipped(Class::Red);
        assert_eq!(ladder.due_after(2), Span::seconds(120));
        assert_eq!(ladder.due_after(3), Span::seconds(240));
        assert_eq!(ladder.due_after(5), Span::seconds(480));
        assert_eq!(ladder.step(9), ladder.steps.last());
    }
}
