//! Stories of one bed, told in values: what happens and when goes in, what must follow comes out.
//!
//! [`Story`] keeps the time and asks the bed at its deadlines, as the gateway and the node do. Each file
//! below is a theme.

mod ages;
mod belongings;
mod beside;
mod bound;
mod cause;
mod changes;
mod early;
mod entries;
mod heart;
mod laboratory;
mod ladder;
mod limits;
mod never_forgotten;
mod own_critical;
mod own_limits;
mod pause;
mod properties;
mod pulse;
mod repeats;
mod rise;
mod score;
mod signed;
mod standby;
mod technical;
mod trends;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::orders::ORDERS;
use super::{AUDIO_PAUSE_LONGEST, Bed, BedNo, Order, STANDBY_LONGEST, What};
use crate::alert::{Alert, AlertId, AlertState, Analyte, Condition, PatientKey, Technical};
use crate::event::{Actor, Answer, Breathing, Consciousness, Entry, Event, Frame, Occupancy, Role, Say, Via};
use crate::policy::Policy;
use crate::sign::Sign;
use crate::time::{Moment, Span};
use crate::vital::{Absence, MessageKey, Reading, Source};

static SHIPPED: LazyLock<Policy> = LazyLock::new(Policy::shipped);

const MONITOR: Source = Source(1);
const START: Moment = Moment(1_000_000_000);
const NURSE: Actor = Actor(7);
const DOCTOR: Actor = Actor(8);
const PATIENT: PatientKey = PatientKey(42);
const ARTERIAL_OXYGEN: Analyte = Analyte::Other(2703);

/// A patient who is well, as a monitor says it. The cuff and the thermometer were used just now.
const WELL: [Reading; 6] = [
    good(Sign::HeartRate, 70),
    good(Sign::PulseRatePleth, 70),
    good(Sign::SpO2, 98),
    good(Sign::RespRate, 16),
    good(Sign::CuffSystolic, 120),
    good(Sign::Temperature, 370),
];

/// What followed, and how many milliseconds after the start of the story.
type Log = Vec<(u64, Condition, What)>;

const fn good(sign: Sign, value: i32) -> Reading {
    Reading { sign, value: Ok(value), quality: crate::vital::Quality::Good, age: Span::ZERO }
}

/// `readings` with each of `others` in place of its sign's own.
fn with(readings: &[Reading], others: &[Reading]) -> Vec<Reading> {
    let replaced = |reading: &&Reading| others.iter().all(|other| other.sign != reading.sign);
    readings.iter().filter(replaced).chain(others).copied().collect()
}

/// The well patient, but for some signs.
fn well_but(others: &[(Sign, i32)]) -> Vec<Reading> {
    let others: Vec<Reading> = others.iter().map(|(sign, value)| good(*sign, *value)).collect();
    with(&WELL, &others)
}

/// What happened to alerts of `condition`, in order and without the times.
fn of(log: &Log, condition: Condition) -> Vec<What> {
    log.iter().filter(|(_, about, _)| *about == condition).map(|(.., what)| *what).collect()
}

/// At which seconds the steps of `condition` were called.
fn calls(log: &Log, condition: Condition) -> Vec<(u64, u16)> {
    let call = |(at, about, what): &(u64, Condition, What)| match what {
        What::Call { step } if *about == condition => Some((at / 1_000, *step)),
        _ => None,
    };
    log.iter().filter_map(call).collect()
}

/// One bed and the time.
struct Story {
    bed: Bed<'static>,
    now: Moment,
    key: u64,
    conditions: BTreeMap<AlertId, Condition>,
}

impl Story {
    fn begin() -> Self {
        let bed = Bed::new(BedNo(1), &SHIPPED);
        Self { bed, now: START, key: 0, conditions: BTreeMap::new() }
    }

    /// A story that begins with a nurse's round: alert, on air.
    fn with_round() -> Self {
        let mut story = Self::begin();
        story.enters(Entry::Consciousness(Consciousness::Alert));
        story.enters(Entry::Breathing(Breathing::Air));
        story
    }

    fn key(&mut self) -> MessageKey {
        self.key += 1;
        MessageKey(self.key)
    }

    /// Something happens now.
    fn on(&mut self, event: &Event<'_>) -> Log {
        let orders = self.bed.on(event, self.now);
        assert!(orders.iter().len() < ORDERS, "an order may have been lost");
        let alerts = self.bed.alerts();
        self.conditions.extend(alerts.map(|alert| (alert.id, alert.condition)));
        let at = self.now.0 - START.0;
        // An answer to an alert that never was has no condition; the store stands for it.
        let none = Condition::Technical(Technical::Store);
        let condition = |order: &Order| self.conditions.get(&order.alert).copied().unwrap_or(none);
        orders.iter().map(|order| (at, condition(order), order.what)).collect()
    }

    /// The time comes; the bed is asked whenever it wants to be.
    fn wait(&mut self, span: Span) -> Log {
        let until = self.now + span;
        let mut log = Log::new();
        for _ in 0..10_000 {
            let Some(due) = self.bed.deadline(self.now).filter(|due| *due <= until) else { break };
            self.now = self.now.max(due);
            log.extend(self.on(&Event::Tick));
        }
        assert!(self.bed.deadline(self.now).is_none_or(|due| due > until), "the bed never stops asking");
        self.now = until;
        log
    }

    /// A device sends one frame.
    fn hears(&mut self, source: Source, readings: &[Reading]) -> Log {
        let key = self.key();
        self.on(&Event::Frame(Frame { source, key, readings, silence: None }))
    }

    /// The monitor sends one frame.
    fn sees(&mut self, readings: &[Reading]) -> Log {
        self.hears(MONITOR, readings)
    }

    /// The monitor sends the same every second, for so many seconds.
    fn lives(&mut self, seconds: u32, readings: &[Reading]) -> Log {
        let mut log = Log::new();
        for _ in 0..seconds {
            log.extend(self.sees(readings));
            log.extend(self.wait(Span::seconds(1)));
        }
        log
    }

    fn enters(&mut self, entry: Entry) -> Log {
        self.on(&Event::Entry(entry))
    }

    fn moves(&mut self, occupancy: Occupancy) -> Log {
        self.on(&Event::Occupancy(occupancy))
    }

    /// Somebody answers the alert of `condition`; what followed for it first.
    fn answers(&mut self, condition: Condition, (by, role): (Actor, Role), via: Via, say: Say) -> What {
        let alert = self.alert(condition).id;
        let answer = Answer { alert, by, role, via, say };
        let log = self.on(&Event::Answer(answer));
        of(&log, condition)[0]
    }

    /// A nurse acknowledges at the station.
    fn acknowledges(&mut self, condition: Condition) -> What {
        self.answers(condition, (NURSE, Role::Nurse), Via::Station, Say::Acknowledge(None))
    }

    /// The latest alert of `condition`, open or resolved.
    fn alert(&self, condition: Condition) -> Alert {
        let alerts = self.bed.alerts().filter(|alert| alert.condition == condition);
        *alerts.max_by_key(|alert| (alert.is_open(), alert.raised_at)).expect("no such alert")
    }

    fn state(&self, condition: Condition) -> Option<AlertState> {
        let known = self.bed.alerts().any(|alert| alert.condition == condition);
        known.then(|| self.alert(condition).state)
    }

    /// The conditions of all open alerts.
    fn open(&self) -> Vec<Condition> {
        self.bed.alerts().filter(|alert| alert.is_open()).map(|alert| alert.condition).collect()
    }
}

fn absent(sign: Sign, why: Absence) -> Reading {
    Reading::absent(sign, why)
}
