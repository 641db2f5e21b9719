//! There is no state in which a condition of high priority is true, nobody has accepted it, and nothing will
//! ever happen again: every sequence of ten letters to a depth, and long ones by lot.
//!
//! The short dose goes to depth 5; `deploy/test.sh --long states` to depth 8, and through 100,000 sequences
//! of 200.

use super::laboratory::{MEDIC, WARD, read_back};
use super::*;
use crate::alert::{Kind, Priority};
use crate::event::{About, DeviceAlarm};
use crate::ladder::Class;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Letter {
    Stopped,
    Well,
    AlarmOn,
    AlarmOff,
    Critical,
    Acknowledge,
    Accept,
    Reject,
    Hush,
    Time,
    // By lot alone from here.
    Normal,
    Shelve,
    Pause,
    Standby,
    AwayAndBack,
    Later,
}

use Letter::{
    Accept, Acknowledge, AlarmOff, AlarmOn, AwayAndBack, Critical, Hush, Later, Normal, Pause, Reject,
    Shelve, Standby, Stopped, Time, Well,
};

const ALPHABET: [Letter; 10] =
    [Stopped, Well, AlarmOn, AlarmOff, Critical, Acknowledge, Accept, Reject, Hush, Time];

/// What long lives know beside the alphabet.
const BY_LOT_ALONE: [Letter; 6] = [Normal, Shelve, Pause, Standby, AwayAndBack, Later];

/// The longest that anything may be put off: a standby.
const PUT_OFF: Span = Span::minutes(240);

fn is_long() -> bool {
    std::env::var("WARDLIGHT_DOSE").is_ok_and(|dose| dose == "long")
}

impl Story {
    /// A copy to go on with another letter.
    fn fork(&self) -> Self {
        Self { bed: self.bed.clone(), now: self.now, key: self.key, conditions: BTreeMap::new() }
    }

    fn happens_next(&mut self, letter: Letter) {
        self.now = self.now + Span(1);
        match letter {
            Stopped => self.tells_rates(0),
            Well => self.tells_rates(70),
            AlarmOn | AlarmOff => self.alarms(letter == AlarmOn),
            Critical | Normal => {
                let result = self.potassium(if letter == Critical { "6.8" } else { "4.5" });
                self.silently(&Event::Result(result));
            }
            Acknowledge => self.answers_gravest(WARD, |alert| match alert.condition.kind() {
                Kind::Laboratory => read_back("6.8"),
                _ => Say::Acknowledge(None),
            }),
            Accept => self.answers_gravest(MEDIC, |_| Say::Accept),
            Reject => self.answers_gravest(MEDIC, |_| Say::Reject),
            Shelve => self.answers_gravest(WARD, |_| Say::Shelve(Span::minutes(30))),
            Pause => self.silently(&Event::AudioPause(NURSE, Span::minutes(30))),
            Standby => self.silently(&Event::Standby(NURSE, Span::minutes(60))),
            Hush => [Pause, Shelve, Standby].into_iter().for_each(|letter| self.happens_next(letter)),
            AwayAndBack => {
                self.silently(&Event::Occupancy(Occupancy::Unbound));
                self.silently(&Event::Occupancy(Occupancy::Bound(PATIENT)));
            }
            Time | Later => {
                let due = self.bed.deadline(self.now).unwrap_or(self.now);
                self.now = self.now.max(due) + if letter == Later { Span::hours(1) } else { Span::ZERO };
                self.silently(&Event::Tick);
            }
        }
    }

    fn silently(&mut self, event: &Event<'_>) {
        let _ = self.bed.on(event, self.now);
    }

    fn tells_rates(&mut self, rate: i32) {
        let (key, readings) = (self.key(), [good(Sign::HeartRate, rate), good(Sign::PulseRatePleth, rate)]);
        self.silently(&Event::Frame(Frame { source: MONITOR, key, readings: &readings, silence: None }));
    }

    fn alarms(&mut self, on: bool) {
        let (event, about, priority, key) = (7, About::Patient, Priority::High, self.key());
        self.silently(&Event::DeviceAlarm(DeviceAlarm { source: MONITOR, event, about, priority, on, key }));
    }

    /// Somebody answers the gravest alert that is open, the oldest of those.
    fn answers_gravest(&mut self, (by, role): (Actor, Role), say: impl Fn(&Alert) -> Say) {
        let open = self.bed.alerts().filter(|alert| alert.is_open());
        let gravest = open.min_by_key(|alert| {
            let answered = alert.state == AlertState::Acknowledged;
            (answered, core::cmp::Reverse(alert.priority), alert.raised_at)
        });
        let Some(alert) = gravest.copied() else { return };
        let say = say(&alert);
        self.silently(&Event::Answer(Answer { alert: alert.id, by, role, via: Via::Station, say }));
    }

    /// What is high, true and nobody's is due within the time for which it may be put off: by itself, by what
    /// calls for it, or by the end of a standby; and the bed asks to be woken by then.
    fn forgets_nothing(&self) -> bool {
        let woken = self.bed.deadline(self.now);
        let standby = self.bed.standby().map(|(until, _)| until);
        self.bed.alerts().all(|alert| {
            // A repeat was answered within the day: it is shown, and owed nothing.
            let is_owed = alert.priority == Priority::High
                && alert.holds()
                && alert.class != Class::Repeat
                && !(alert.answered.accepted.is_some() && alert.answered.nurse);
            let cause = self.bed.cause_of(alert).and_then(|cause| cause.next_at);
            let due = [alert.next_at, cause, standby].into_iter().flatten().min();
            let comes = due.is_some_and(|due| due.0 <= (self.now + PUT_OFF).0 && woken <= Some(due));
            !is_owed || (comes && woken.is_some())
        })
    }

    /// What becomes of everything that is owed if nothing happens any more: it is called, or it is over.
    fn calls_in_the_end(&mut self) -> bool {
        let is_owed = |alert: &&Alert| {
            alert.priority == Priority::High && alert.holds() && alert.class != Class::Repeat
        };
        let mut owed: Vec<AlertId> = self.bed.alerts().filter(is_owed).map(|alert| alert.id).collect();
        let until = self.now + PUT_OFF + Span::hours(1);
        while let Some(due) = self.bed.deadline(self.now).filter(|due| *due <= until && !owed.is_empty()) {
            self.now = self.now.max(due);
            let orders = self.bed.on(&Event::Tick, self.now);
            owed.retain(|id| {
                let called = |order: &Order| matches!(order.what, What::Call { .. });
                let for_it = |order: &Order| {
                    let alert = self.bed.alert(*id);
                    order.alert == *id
                        || alert
                            .and_then(|alert| self.bed.cause_of(alert))
                            .is_some_and(|cause| cause.id == order.alert)
                };
                let over = self.bed.alert(*id).is_none_or(|alert| !alert.holds());
                !over && !orders.iter().any(|order| called(order) && for_it(order))
            });
        }
        owed.is_empty()
    }
}

/// Every sequence from here to that depth; how many there were.
fn explore(story: &Story, depth: u32, so_far: &mut Vec<Letter>) -> u64 {
    if depth == 0 {
        return 0;
    }
    let each = ALPHABET.into_iter().map(|letter| {
        let mut next = story.fork();
        next.happens_next(letter);
        so_far.push(letter);
        assert!(
            next.forgets_nothing(),
            "forgotten after {so_far:?}: {:?}",
            next.bed.alerts().collect::<Vec<_>>()
        );
        let deeper = explore(&next, depth - 1, so_far);
        so_far.pop();
        1 + deeper
    });
    each.sum()
}

fn begun() -> Story {
    let mut story = Story::begin();
    story.moves(Occupancy::Bound(PATIENT));
    story
}

#[test]
fn nothing_grave_is_forgotten_in_any_short_life() {
    let depth = if is_long() { 8 } else { 5 };
    let lives = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                let firsts = ALPHABET.into_iter().skip(half).step_by(2);
                let each = firsts.map(|first| {
                    let mut story = begun();
                    story.happens_next(first);
                    assert!(story.forgets_nothing(), "forgotten after {first:?}");
                    1 + explore(&story, depth - 1, &mut vec![first])
                });
                each.sum::<u64>()
            })
        });
        halves.map(|half| half.join().unwrap()).iter().sum::<u64>()
    });
    println!("states: {lives} to depth {depth}");
    assert_eq!(lives, (1..=depth).map(|depth| 10_u64.pow(depth)).sum());
}

#[test]
fn nothing_grave_is_forgotten_in_any_long_life() {
    let (lives, length) = if is_long() { (100_000_u64, 200) } else { (40, 200) };
    let letters: Vec<Letter> = ALPHABET.into_iter().chain(BY_LOT_ALONE).collect();
    for life in 1..=lives {
        // A linear congruential lot (Knuth's MMIX constants): the same life for the same number.
        let mut lot = life;
        let mut story = begun();
        for _ in 0..length {
            lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            story.happens_next(letters[usize::try_from(lot >> 33).unwrap() % letters.len()]);
            assert!(story.forgets_nothing(), "life {life} forgets something");
        }
        assert!(story.calls_in_the_end(), "life {life} ends in silence");
    }
    println!("lives: {lives} of {length}");
}
