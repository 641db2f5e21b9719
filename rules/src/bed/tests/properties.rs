//! What holds after any sequence of events, however wild.

use super::*;
use crate::age::Age;
use crate::alert::{Analyte, Comparator, Kind, Priority, Quantity, Side};
use crate::critical::Known;
use crate::decimal::Decimal;
use crate::event::{About, DeviceAlarm, Fault, Flag, LabResult, OrderKey, Presence, ResultStatus};
use crate::limit::{Band, OwnLimits, Pair};
use crate::score::maternal::{Mind, PreEclampsia};
use crate::score::npews::{Amount, Device, Pupils};
use crate::sign::Parameter;
use crate::trend::Trend;
use crate::unit::Unit;
use proptest::prelude::*;

/// One thing that happens, as far as it can be drawn by lot; alerts are named by their place in the list.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    Frame(u32, Vec<Reading>),
    Same,
    Entry(Entry),
    Result(LabResult),
    Alarm(DeviceAlarm),
    Presence(u32, bool),
    Answer(usize, u32, Role, Via, Say),
    Occupancy(Occupancy),
    Age(Option<Age>),
    Limits(Parameter, [Option<i32>; 4], u32),
    Fault(Technical, bool),
    AudioPause(u32),
    Standby(u32),
    Wait(u32),
    Skip(u32),
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let why = prop_oneof![
        Just(Absence::ProbeOff),
        Just(Absence::Unavailable),
        Just(Absence::Demonstration),
        Just(Absence::Setting),
        Just(Absence::Implausible),
    ];
    let value = prop_oneof![
        2 => Just(Ok(0)),
        8 => (0i32..300).prop_map(Ok),
        1 => any::<i32>().prop_map(Ok),
        2 => why.prop_map(Err),
    ];
    let age = prop_oneof![8 => Just(0u32), 1 => 0u32..600_000, 1 => any::<u32>()];
    (0..Sign::ALL.len(), value, age).prop_map(|(sign, value, age)| Reading {
        value,
        age: Span(age),
        ..good(Sign::ALL[sign], 0)
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        Just(Entry::Consciousness(Consciousness::Alert)),
        Just(Entry::Consciousness(Consciousness::Pain)),
        Just(Entry::Breathing(Breathing::Air)),
        Just(Entry::Breathing(Breathing::Oxygen)),
        any::<bool>().prop_map(Entry::Ventilated),
        any::<bool>().prop_map(Entry::Sedated),
        any::<bool>().prop_map(Entry::Pregnant),
        (0..20_u8).prop_map(Entry::Baseline),
        Just(Entry::Mind(Mind::Agitated)),
        Just(Entry::PreEclampsia(PreEclampsia::NoneKnown)),
        any::<u16>().prop_map(Entry::Urine),
        Just(Entry::Device(Device::Air)),
        Just(Entry::Device(Device::Cpap)),
        any::<i32>().prop_map(|flow| Entry::Amount(Amount::Flow(flow))),
        any::<u8>().prop_map(Entry::Refill),
        Just(Entry::Pupils(Pupils::Abnormal)),
    ]
}

fn any_quantity() -> impl Strategy<Value = Quantity> {
    let comparator = prop_oneof![4 => Just(Comparator::Exactly), 1 => Just(Comparator::Above)];
    let unit = prop_oneof![4 => Just(Unit::MmolPerL), 1 => Just(Unit::Missing), 1 => Just(Unit::GPerL)];
    (comparator, any::<i32>(), 0u8..8, unit).prop_map(|(comparator, digits, places, unit)| Quantity {
        comparator,
        value: Decimal::new(i64::from(digits), places),
        unit,
    })
}

fn any_result() -> impl Strategy<Value = LabResult> {
    let analyte = prop_oneof![
        (0..Known::ALL.len()).prop_map(|known| Analyte::Known(Known::ALL[known])),
        (0u32..100).prop_map(Analyte::Other),
    ];
    let flag = prop_oneof![Just(Flag::NotCritical), Just(Flag::CriticalHigh)];
    let status = prop_oneof![
        4 => Just(ResultStatus::Stands),
        1 => Just(ResultStatus::Corrected),
        1 => Just(ResultStatus::Withdrawn),
    ];
    let quantity = proptest::option::of(any_quantity());
    (analyte, 41u64..44, quantity, flag, status, 0u64..1_000_000, any::<u64>()).prop_map(
        |(analyte, patient, quantity, flag, status, ago, key)| LabResult {
            analyte,
            patient: PatientKey(patient),
            quantity,
            flag,
            status,
            sampled: Moment(START.0 - ago),
            is_timed: ago % 8 != 0,
            order: u32::try_from(ago % 3).ok().filter(|order| *order > 0).map(OrderKey::of),
            key: MessageKey(key),
        },
    )
}

fn any_priority() -> impl Strategy<Value = Priority> {
    prop_oneof![Just(Priority::Low), Just(Priority::Medium), Just(Priority::High)]
}

fn any_say() -> impl Strategy<Value = Say> {
    prop_oneof![
        Just(Say::Acknowledge(None)),
        any_quantity().prop_map(|said| Say::Acknowledge(Some(said))),
        Just(Say::AcknowledgeText),
        Just(Say::Accept),
        Just(Say::Reject),
        (0u32..3_000_000).prop_map(|lasts| Say::Shelve(Span(lasts))),
    ]
}

fn any_limits() -> impl Strategy<Value = Happening> {
    let limits = proptest::array::uniform4(proptest::option::of(0i32..200));
    (0..Parameter::ALL.len(), limits, 0u32..100_000)
        .prop_map(|(of, limits, span)| Happening::Limits(Parameter::ALL[of], limits, span))
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let role = prop_oneof![Just(Role::Nurse), Just(Role::Doctor)];
    let via = prop_oneof![Just(Via::Station), Just(Via::Remote)];
    let about = prop_oneof![1 => Just(About::Immediate), 3 => Just(About::Patient), 1 => Just(About::Device)];
    let alarm = (0u32..40, about, any_priority(), any::<bool>(), any::<u64>());
    let what = prop_oneof![
        (0u32..40).prop_map(Technical::Unjudged),
        (0u32..3).prop_map(Technical::Channel),
        Just(Technical::Store),
    ];
    let who = prop_oneof![
        Just(Occupancy::Unbound),
        Just(Occupancy::InDoubt),
        (42u64..44).prop_map(|patient| Occupancy::Bound(PatientKey(patient))),
    ];
    let readings = proptest::collection::vec(any_reading(), 0..8);
    prop_oneof![
        8 => (1u32..12, readings).prop_map(|(source, readings)| Happening::Frame(source, readings)),
        2 => Just(Happening::Same),
        2 => any_entry().prop_map(Happening::Entry),
        3 => any_result().prop_map(Happening::Result),
        4 => alarm.prop_map(|(event, about, priority, on, key)| Happening::Alarm(DeviceAlarm {
            source: MONITOR, event, about, priority, on, key: MessageKey(key),
        })),
        1 => (1u32..12, any::<bool>()).prop_map(|(source, online)| Happening::Presence(source, online)),
        4 => (0usize..24, 0u32..3, role, via, any_say())
            .prop_map(|(at, by, role, via, say)| Happening::Answer(at, by, role, via, say)),
        1 => who.prop_map(Happening::Occupancy),
        1 => proptest::option::of(0u16..300).prop_map(|age| Happening::Age(age.map(Age::months))),
        2 => any_limits(),
        2 => (what, any::<bool>()).prop_map(|(what, on)| Happening::Fault(what, on)),
        2 => (0u32..2_000_000).prop_map(Happening::AudioPause),
        2 => (0u32..16_000_000).prop_map(Happening::Standby),
        4 => (0u32..60_000).prop_map(Happening::Wait),
        1 => (0u32..20_000_000).prop_map(Happening::Skip),
    ]
}

pub(super) fn any_story() -> impl Strategy<Value = Vec<Happening>> {
    proptest::collection::vec(any_happening(), 0..60)
}

/// A ward that has set every rate of change, each within another time.
static WATCHFUL: LazyLock<Policy> = LazyLock::new(|| {
    let mut policy = Policy::shipped();
    for (minutes, parameter) in (1..).zip(Parameter::ALL) {
        let within = Span::minutes(minutes);
        *policy.trend_mut(Band::Adult, parameter) = Trend { fall: Some(20), rise: Some(30), within };
        *policy.trend_mut(Band::Child, parameter) = Trend { fall: None, rise: Some(10), within };
    }
    policy
});

impl Story {
    fn in_a_ward(is_watchful: bool) -> Self {
        let policy = if is_watchful { &WATCHFUL } else { &SHIPPED };
        Self { bed: Bed::new(BedNo(1), policy), ..Self::begin() }
    }

    /// Lives through one happening and says what followed from it at once.
    pub(super) fn happens(
        &mut self,
        happening: &Happening,
        last: &mut Option<(u32, MessageKey, Vec<Reading>)>,
    ) -> Log {
        match happening {
            Happening::Frame(source, readings) => {
                let key = self.key();
                *last = Some((*source, key, readings.clone()));
                self.on(&Event::Frame(Frame { source: Source(*source), key, readings, silence: None }))
            }
            Happening::Same => match last {
                Some((source, key, readings)) => {
                    let frame = Frame { source: Source(*source), key: *key, readings, silence: None };
                    self.on(&Event::Frame(frame))
                }
                None => Log::new(),
            },
            Happening::Entry(entry) => self.on(&Event::Entry(*entry)),
            Happening::Result(result) => self.on(&Event::Result(*result)),
            Happening::Alarm(alarm) => self.on(&Event::DeviceAlarm(*alarm)),
            Happening::Presence(source, online) => {
                let presence = Presence { source: Source(*source), online: *online, key: self.key() };
                self.on(&Event::Presence(presence))
            }
            Happening::Answer(at, by, role, via, say) => {
                let alert = self.bed.alerts().nth(*at).map_or(AlertId(0), |alert| alert.id);
                let answer = Answer { alert, by: Actor(*by), role: *role, via: *via, say: *say };
                self.on(&Event::Answer(answer))
            }
            Happening::Occupancy(occupancy) => self.on(&Event::Occupancy(*occupancy)),
            Happening::Age(age) => self.on(&Event::Age(*age)),
            Happening::Limits(parameter, [low_red, low, high, high_red], span) => {
                self.on(&Event::Limits(OwnLimits {
                    parameter: *parameter,
                    low: Pair { yellow: *low, red: *low_red },
                    high: Pair { yellow: *high, red: *high_red },
                    until: self.now + Span(*span),
                    by: DOCTOR,
                }))
            }
            Happening::Fault(what, on) => {
                let fault = Fault { what: *what, on: *on, key: self.key() };
                self.on(&Event::Fault(fault))
            }
            Happening::AudioPause(lasts) => self.on(&Event::AudioPause(NURSE, Span(*lasts))),
            Happening::Standby(lasts) => self.on(&Event::Standby(NURSE, Span(*lasts))),
            Happening::Wait(milliseconds) => self.wait(Span(*milliseconds)),
            Happening::Skip(milliseconds) => {
                self.now = self.now + Span(*milliseconds);
                self.on(&Event::Tick)
            }
        }
    }

    /// No silence while a condition holds: an unanswered alert has a next step of its own, or a cause that is
    /// open, unanswered, heard and at least as grave has one; and the bed sounds for something as grave. All
    /// but what a person holds for a time: by standby, or the sound alone by a pause.
    fn is_called_for(&self, alert: &Alert, deadline: Option<Moment>) -> Result<(), TestCaseError> {
        if alert.state != AlertState::Active {
            return Ok(());
        }
        let cause = self.bed.cause_of(alert);
        let stands_by = self.bed.standby().is_some()
            && alert.condition.kind() != Kind::Laboratory
            && !matches!(
                alert.condition,
                Condition::NoPulse | Condition::Apnoea | Condition::DeviceRaised(_)
            );
        let is_held = stands_by || cause.is_some();
        prop_assert_eq!(alert.next_at.is_none(), is_held, "held back without a cause: {:?}", alert);
        prop_assert!(deadline.is_some(), "nobody asks again about {:?}", alert);
        if let Some(cause) = cause {
            prop_assert!(cause.priority >= alert.priority && cause.state == AlertState::Active);
            prop_assert!(cause.class.sounds());
        }
        let sounding = self.bed.sounding(self.now);
        let heard = sounding.is_some_and(|heard| heard.priority >= alert.priority && heard.next_at.is_some());
        let quiet = stands_by || self.bed.audio_pause().is_some_and(|(until, _)| deadline <= Some(until));
        prop_assert!(heard || quiet || !alert.class.sounds(), "{:?} is silent", alert);
        Ok(())
    }

    /// What must hold of every bed at every time.
    pub(super) fn holds_together(&self) -> Result<(), TestCaseError> {
        let deadline = self.bed.deadline(self.now);
        for alert in self.bed.alerts() {
            self.is_called_for(alert, deadline)?;
            prop_assert!(alert.is_open() || alert.next_at.is_none(), "a resolved alert calls: {alert:?}");
            prop_assert!(!alert.is_open() || alert.next_at.is_none() || deadline <= alert.next_at);
            prop_assert!(alert.next_at.is_none() || deadline.is_some());
        }
        let mut open = self.open();
        open.sort_unstable();
        let count = open.len();
        open.dedup();
        prop_assert_eq!(open.len(), count, "two open alerts of one condition");
        Ok(())
    }
}

#[test]
fn a_bed_fits_its_bound() {
    let bytes = size_of::<Bed<'_>>();
    println!("a bed is {bytes} bytes, its orders {}", size_of::<crate::Orders>());
    assert!(bytes <= 12 * 1_024);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_bed_holds_together_whatever_happens(happenings in any_story(), watchful in any::<bool>()) {
        let mut story = Story::in_a_ward(watchful);
        let mut last = None;
        for happening in &happenings {
            story.happens(happening, &mut last);
            story.holds_together()?;
        }
    }

    /// The bed is asked when it wants to be; to ask it in between changes nothing and orders nothing.
    #[test]
    fn to_ask_early_changes_nothing(
        happenings in any_story(),
        early in any::<u32>(),
        watchful in any::<bool>(),
    ) {
        let mut story = Story::in_a_ward(watchful);
        let mut last = None;
        for happening in &happenings {
            story.happens(happening, &mut last);
            story.wait(Span::ZERO);
            let until = story.bed.deadline(story.now).map_or(Span::hours(10), |due| due.since(story.now));
            let before = story.bed.state().clone();
            let now = story.now;
            story.now = now + Span(early % until.0.max(1));
            let log = story.on(&Event::Tick);
            prop_assert!(log.is_empty(), "{:?} ms before the deadline: {:?}", until.0, log);
            prop_assert!(*story.bed.state() == before, "asking early left a trace");
            story.now = now;
        }
    }

    /// A frame that is sent again is as if nothing had happened.
    #[test]
    fn a_duplicate_is_a_tick(
        happenings in any_story(),
        readings in proptest::collection::vec(any_reading(), 1..8),
        watchful in any::<bool>(),
    ) {
        let mut story = Story::in_a_ward(watchful);
        let mut last = None;
        for happening in &happenings {
            story.happens(happening, &mut last);
        }
        let frame = Frame { source: MONITOR, key: story.key(), readings: &readings, silence: None };
        story.on(&Event::Frame(frame));
        story.now = story.now + Span::seconds(3);
        let mut other = Story { bed: story.bed.clone(), conditions: story.conditions.clone(), ..story };
        let again = story.on(&Event::Frame(frame));
        prop_assert_eq!(again, other.on(&Event::Tick));
        prop_assert!(story.bed.state() == other.bed.state());
    }

    /// Nothing high that is true goes unheard: while nobody has answered, the bed wants to be asked again.
    #[test]
    fn what_is_high_and_unanswered_calls_again(happenings in any_story(), high in 151i32..350) {
        let mut story = Story::begin();
        let mut last = None;
        for happening in &happenings {
            story.happens(happening, &mut last);
        }
        story.wait(Span::minutes(6));
        story.on(&Event::Age(None));
        story.on(&Event::Standby(NURSE, Span::ZERO));
        let monitor = Source(99);
        let readings = [good(Sign::HeartRate, high), good(Sign::RespRateCo2, 0)];
        for _ in 0..11 {
            story.hears(monitor, &readings);
            story.wait(Span::seconds(1));
        }
        let of_room = story.bed.alerts().filter(|alert| alert.priority == Priority::High).count();
        for condition in [Condition::Apnoea, Condition::Limit(Parameter::PulseRate, Side::High)] {
            let open = story.bed.alerts().find(|alert| alert.condition == condition && alert.is_open());
            prop_assert!(open.is_some() || of_room == super::super::ALERTS, "{condition:?} is lost");
            if let Some(alert) = open.filter(|alert| alert.state == AlertState::Active) {
                prop_assert_eq!(alert.priority, Priority::High);
                prop_assert!(alert.next_at.is_some() && story.bed.deadline(story.now).is_some());
            }
        }
    }

    /// A laboratory critical ends by a nurse and a doctor, or by what its laboratory sends next; nothing else
    /// ends it.
    #[test]
    fn a_laboratory_critical_never_ends_unseen(happenings in any_story()) {
        let mut story = Story::begin();
        let mut last = None;
        for happening in &happenings {
            let log = story.happens(happening, &mut last);
            for (_, condition, what) in log {
                let by_the_laboratory = matches!(happening, Happening::Result(_));
                if condition.kind() == Kind::Laboratory && what == What::Resolved && !by_the_laboratory {
                    // What was folded has no answers; else its record tells who saw it.
                    let kept = story.bed.alerts().filter(|alert| alert.condition == condition);
                    let mut over = kept.filter(|alert| !alert.is_open()).peekable();
                    let seen = |alert: Alert| alert.answered.nurse || alert.answered.accepted.is_some();
                    prop_assert!(over.peek().is_none() || over.any(|alert| seen(*alert)));
                }
            }
        }
    }
}
