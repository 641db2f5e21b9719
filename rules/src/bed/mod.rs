//! A bed is a value: events and the time go in, orders come out; it says when it wants to be asked again.
//!
//! No I/O, no clock, no allocation, no failure. The same bed judges in the gateway, in the bedside node, in a
//! replay of last month and in the recovery after a crash. To ask it early changes nothing: what it says
//! depends on what happened and when, never on how often it was asked.

mod alerts;
mod answers;
mod belongings;
mod beside;
mod cause;
mod change;
mod early;
mod for_a_time;
mod judge;
mod laboratory;
mod limits;
mod orders;
mod own_critical;
mod pause;
mod pulse;
mod rise;
mod score;
mod signs;
mod standby;
mod steady;
mod view;
mod warning;
mod words;

pub use alerts::ALERTS;
pub use belongings::{Belongings, Put};
pub use beside::Beside;
pub use early::EarlyWarning;
pub use orders::{Order, Orders, What};
pub use pause::AUDIO_PAUSE_LONGEST;
pub use signs::Heart;
pub use standby::STANDBY_LONGEST;

use alerts::Alerts;
use laboratory::Laboratory;
use limits::Own;
use orders::Turn;
use own_critical::OwnRows;
use pause::AudioPause;
use pulse::Pulse;
use rise::Rise;
use score::Entries;
use signs::Signs;
use standby::Standby;
use steady::Steady;

use crate::age::Age;
use crate::alert::{AlertState, PatientKey};
use crate::event::{Answer, Entry, Event, Occupancy};
use crate::limit::Watch;
use crate::policy::Policy;
use crate::score::choice::Chart;
use crate::sign::Parameter;
use crate::time::Moment;
use crate::trend::Course;

/// The number of a bed in its ward. Zero is the ward itself: what belongs to no bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BedNo(pub u16);

/// All that a bed remembers; what a checkpoint holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BedState {
    no: BedNo,
    occupancy: Occupancy,
    /// Whose signs and entries these are; it outlives a doubt, so that a doubt settled otherwise clears them.
    whose: Option<PatientKey>,
    /// How old they are, where the HIS has said so.
    age: Option<Age>,
    /// Who left last, and when, until somebody else lies here.
    left: Option<(PatientKey, Moment)>,
    /// Since when nobody can say who lies here.
    doubted: Option<Moment>,
    signs: Signs,
    pulse: Pulse,
    entries: Entries,
    steady: Steady,
    rise: Rise,
    laboratory: Laboratory,
    own_limits: Own,
    own_rows: OwnRows,
    watches: [[Watch; 2]; Parameter::ALL.len()],
    courses: [Course; Parameter::ALL.len()],
    audio_pause: AudioPause,
    standby: Standby,
    alerts: Alerts,
}

/// One bed, judged by one policy.
#[derive(Clone, Debug)]
pub struct Bed<'p> {
    policy: &'p Policy,
    state: BedState,
}

/// A ward of 300 beds fits a small gateway, and one bed a microcontroller.
const _: () = assert!(size_of::<Bed<'_>>() <= 12 * 1024, "a bed outgrew its bound");

impl BedState {
    /// What lingers of the score that called, and what it waits for, counts no longer.
    fn begin_score_anew(&mut self) {
        (self.steady, self.rise) = Default::default();
    }
}

impl<'p> Bed<'p> {
    /// An empty bed.
    #[must_use]
    pub fn new(no: BedNo, policy: &'p Policy) -> Self {
        let state = BedState {
            no,
            occupancy: Occupancy::Unbound,
            whose: None,
            age: None,
            left: None,
            doubted: None,
            signs: Signs::new(),
            pulse: Pulse::default(),
            entries: Entries::default(),
            steady: Steady::default(),
            rise: Rise::default(),
            laboratory: Laboratory::default(),
            own_limits: Own::default(),
            own_rows: OwnRows::default(),
            watches: Default::default(),
            courses: Default::default(),
            audio_pause: AudioPause::default(),
            standby: Standby::default(),
            alerts: Alerts::default(),
        };
        Self { policy, state }
    }

    /// A bed as it was written down.
    #[must_use]
    pub const fn restored(state: BedState, policy: &'p Policy) -> Self {
        Self { policy, state }
    }

    /// All that it remembers, to be written down.
    #[must_use]
    pub const fn state(&self) -> &BedState {
        &self.state
    }

    /// Something happened, or the deadline came: what must follow?
    pub fn on(&mut self, event: &Event<'_>, now: Moment) -> Orders {
        let mut orders = Orders::default();
        let mut turn = Turn { bed: self.state.no, now, orders: &mut orders };
        match event {
            Event::Frame(frame) => {
                let gone = self.state.signs.take(frame, self.policy, now);
                self.forget_device(gone, &mut turn);
                self.look_for_somebody(now);
            }
            Event::Presence(presence) => {
                let gone = self.state.signs.presence(presence, now);
                self.forget_device(gone, &mut turn);
            }
            Event::Entry(entry) => self.entered(*entry, now),
            Event::Result(result) => self.judge_result(result, &mut turn),
            Event::DeviceAlarm(alarm) => self.judge_device_alarm(alarm, &mut turn),
            Event::Answer(answer) => self.answered(answer, &mut turn),
            Event::Occupancy(occupancy) => self.occupied(*occupancy, &mut turn),
            Event::Age(age) => self.aged(*age, &mut turn),
            Event::Limits(own) => self.take_own_limits(own, &mut turn),
            Event::Critical(own) => self.take_own_critical(own, &mut turn),
            Event::Fault(fault) => self.judge_fault(fault, &mut turn),
            Event::AudioPause(by, lasts) => self.pause_audio(*by, *lasts, now),
            Event::Standby(by, lasts) => self.stand_by(*by, *lasts, now),
            Event::Tick => {}
        }
        self.judge(&mut turn);
        if self.state.alerts.folded() > 0 && !turn.orders.is_empty() {
            // What ended or came last may have made room for what was said first.
            self.judge(&mut turn);
        }
        self.state.alerts.climb(self.policy, &self.state.standby, &mut turn);
        self.judge_audio_pause(&mut turn);
        orders
    }

    fn answered(&mut self, answer: &Answer, turn: &mut Turn<'_>) {
        self.state.alerts.answer(answer, self.policy, turn);
        if let Some(alert) = self.state.alerts.get(answer.alert) {
            self.state.laboratory.keep_answered(alert);
        }
    }

    /// What a doctor decides of the score counts at once: nothing of the score before lingers.
    fn entered(&mut self, entry: Entry, now: Moment) {
        let chart = self.choice(now).chart;
        self.state.entries.take(entry, now);
        if entry.is_a_decision() {
            self.state.begin_score_anew();
        }
        self.forget_baseline_of(chart, now);
    }

    /// A baseline is a total of the chart by which it was accepted: where another speaks now, it is void.
    fn forget_baseline_of(&mut self, chart: Chart, now: Moment) {
        if self.choice(now).chart != chart {
            self.state.entries.forget_baseline();
        }
    }

    /// When it must be asked again, though nothing happens until then. It may lie in the past: then at once.
    #[must_use]
    pub fn deadline(&self, now: Moment) -> Option<Moment> {
        let watches = Parameter::ALL.iter().zip(&self.state.watches).flat_map(|(parameter, sides)| {
            let limits = self.limits_in_doubt(*parameter, now);
            sides.iter().filter_map(move |watch| watch.deadline(&limits, now))
        });
        let others = [
            self.state.alerts.deadline(),
            self.state.audio_pause.deadline(&self.state.alerts, now),
            self.state.standby.deadline(),
            self.state.signs.deadline(self.policy, now),
            self.state.pulse.deadline(&self.state.signs, now),
            self.state.entries.deadline(now),
            self.state.steady.deadline(),
            self.state.rise.deadline(now),
            self.state.own_limits.deadline(),
            self.state.own_rows.deadline(),
            self.change_deadline(now),
        ];
        watches.chain(others.into_iter().flatten()).min()
    }

    /// The binding changed: what was measured, entered or said of one patient never counts for the next.
    fn occupied(&mut self, occupancy: Occupancy, turn: &mut Turn<'_>) {
        self.state.occupancy = occupancy;
        self.judge_binding(occupancy == Occupancy::InDoubt, turn);
        match occupancy {
            Occupancy::InDoubt => self.state.doubted = self.state.doubted.or(Some(turn.now)),
            Occupancy::Unbound => self.leaves(turn),
            Occupancy::Bound(patient) => self.comes(patient, turn),
        }
        if occupancy != Occupancy::InDoubt
            && let Some(doubted) = self.state.doubted.take()
        {
            // Nobody could say whose these were.
            self.state.signs.forget_values_since(doubted);
            self.state.courses = Default::default();
        }
    }

    /// The patient is gone, or is to go for another. What was answered for them is over, so that it mutes
    /// nobody else; what was not goes on calling.
    fn leaves(&mut self, turn: &mut Turn<'_>) {
        let Some(patient) = self.state.whose.take() else { return };
        self.state.left = Some((patient, turn.now));
        self.forget_patient(turn);
        self.state.audio_pause = AudioPause::default();
        self.state.alerts.end_of_patient(|alert| alert.state == AlertState::Acknowledged, turn);
    }

    /// Somebody lies here. Where it is not the one who left last, all that began before they left is over,
    /// and what was measured since counts for nobody: it may still be theirs.
    fn comes(&mut self, patient: PatientKey, turn: &mut Turn<'_>) {
        if self.state.whose.is_some_and(|whose| whose != patient) {
            self.leaves(turn);
        }
        if let Some((_, left)) = self.state.left.take().filter(|(other, _)| *other != patient) {
            self.forget_patient(turn);
            self.state.alerts.end_of_patient(|alert| alert.raised_at <= left, turn);
        }
        if self.state.whose != Some(patient) {
            // Nobody had said for whom they were.
            self.end_own_limits(turn);
            self.end_standby();
            // What calls for them elsewhere was never paused here.
            self.state.audio_pause = AudioPause::default();
        }
        self.state.whose = Some(patient);
        self.state.laboratory.keep_only(patient);
        self.keep_own_critical_of(patient);
    }

    fn forget_patient(&mut self, turn: &mut Turn<'_>) {
        (self.state.age, self.state.entries) = Default::default();
        self.state.begin_score_anew();
        self.state.signs.forget_values();
        (self.state.pulse, self.state.courses) = Default::default();
        self.forget_signs(turn);
        self.forget_own_limits(turn);
        self.forget_own_critical_notices(turn);
    }
}

#[cfg(test)]
mod tests;
