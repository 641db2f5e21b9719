//! A ward, its outbox in a real store and the courier to phones, while everything between them fails at
//! random: time-outs, 5xx, 429, answers that are lost, statuses late and twice, restarts between due and
//! sent.
//!
//! Time is paused, and every chance is made of the seed and what it is about, so that a seed tells the same
//! story again. `WARDLIGHT_ALERTS` says how many alerts are told; `deploy/test.sh --long alerts` tells
//! 10,000.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rules::alert::{Comparator, Condition, Quantity};
use rules::event::{Flag, ResultStatus, Role, Say, Via};
use rules::vital::MessageKey;
use rules::{AlertId, Decimal, Moment, Span, Technical, Unit};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Wall};
use crate::config::Faults;
use crate::config::ward::WardPlan;
use crate::delivery::{Due, End, Outbox, Outcome, Pace, Sent, Settled, call, courier};
use crate::event::{
    Door, Event, LabItem, LabReport, Person, PersonAnswer, Place, Provenance, Received, Stage, Uhid, Verdict,
    key_of,
};
use crate::journal::by_hand::ByHand;
use crate::journal::{JournalError, Record};
use crate::message::Exchange;
use crate::owed::{Call, Destination};
use crate::record::AlertRecord;
use crate::view::WardView;
use crate::ward::{Now, Turn, Ward};
use crate::words;

/// How many alerts one seed tells.
const ALERTS: u32 = 50;

/// How far apart alerts are raised, in seconds, and after how long somebody at the station ends one.
const EVERY_S: u32 = 9;
const ENDED_AFTER: Span = Span::seconds(240);

/// How soon after its step is due a request must leave.
const LEAVES_WITHIN: Span = Span::seconds(1);

impl Outbox for ByHand {
    type Error = JournalError;

    async fn due(&self, to: Destination, now: Moment, most: usize) -> Result<Vec<Due>, JournalError> {
        Self::due(self, to, now, most)
    }

    async fn next_due(&self, to: Destination) -> Result<Option<Moment>, JournalError> {
        Self::next_due(self, to)
    }

    async fn settle(&self, id: i64, how: Settled, at: Wall) -> Result<bool, JournalError> {
        Self::settle(self, id, &how, at)
    }

    async fn hasten(&self, to: Destination, now: Moment) -> Result<(), JournalError> {
        Self::hasten(self, to, now)
    }

    fn keep(&self, _sent: Sent) {}

    fn owed_changed(&self) -> watch::Receiver<u64> {
        self.changed()
    }
}

/// A number below `most`, made of the seed and what it is about.
fn chance(seed: u32, about: &str, again: u32, most: u32) -> u32 {
    let MessageKey(rolled) = key_of(&[&seed.to_be_bytes(), about.as_bytes(), &again.to_be_bytes()]);
    u32::try_from(rolled % u64::from(most)).unwrap()
}

/// A call without the moment at which its ladder began, which is another on every day.
fn of_any_day(key: &str) -> String {
    key.split('-')
        .enumerate()
        .filter(|(place, _)| *place != 1)
        .map(|(_, part)| part)
        .collect::<Vec<_>>()
        .join("-")
}

/// What the phones saw.
#[derive(Default)]
struct Seen {
    /// The calls that arrived, in order.
    told: Vec<String>,
    /// The calls whose sender was left in doubt.
    doubted: BTreeSet<String>,
    /// When the first request of each call left, after it was due.
    left_after: BTreeMap<String, Span>,
    /// The alerts that were answered in full.
    over: BTreeSet<AlertId>,
    /// The calls whose first request left for one of those.
    too_late: Vec<String>,
}

/// The provider and the phones behind it.
struct Phones {
    seed: u32,
    clock: Clock,
    seen: Arc<Mutex<Seen>>,
}

impl Phones {
    fn see(&self, rows: &[&Due], see: impl Fn(&mut Seen, &str)) {
        let mut seen = self.seen.lock().unwrap();
        for row in rows {
            see(&mut seen, &row.owed.key);
        }
    }

    async fn attempt(&self, due: &Due, rows: &[&Due]) -> Outcome {
        let roll = chance(self.seed, &of_any_day(&due.owed.key), due.tries, 100);
        tokio::time::sleep(Duration::from_millis(40 + u64::from(roll))).await;
        let arrives = || self.see(rows, |seen, key| seen.told.push(key.to_owned()));
        let lost = |after_s| async move {
            tokio::time::sleep(Duration::from_secs(after_s)).await;
            self.see(rows, |seen, key| {
                seen.doubted.insert(key.to_owned());
            });
            Outcome::NotNow { why: "time-out".into(), after: None, uncertain: true }
        };
        match roll {
            0..55 => {
                arrives();
                tokio::time::sleep(Duration::from_millis(u64::from(roll))).await;
                Outcome::Done { proof: format!("wamid.{roll}") }
            }
            55..65 => {
                arrives();
                lost(20).await
            }
            65..75 => lost(20).await,
            75..84 => lost(0).await,
            84..92 => {
                let after = Some(Duration::from_secs(3));
                Outcome::NotNow { why: "429".into(), after, uncertain: false }
            }
            92..96 => Outcome::Doubtful { why: "code 1".into(), uncertain: false },
            _ => Outcome::Never { why: "131026".into() },
        }
    }
}

impl End for Phones {
    fn destination(&self) -> Destination {
        Destination::Whatsapp
    }

    fn abreast(&self) -> usize {
        32
    }

    fn apart(&self) -> Span {
        call::APART
    }

    fn stage(&self) -> Stage {
        Stage::Sent
    }

    fn pace(&self, due: &Due) -> Pace {
        call::pace(due)
    }

    async fn send(&self, due: &Due, with: &[Due], _exchange: &mut Exchange) -> Outcome {
        let rows: Vec<&Due> = std::iter::once(due).chain(with).collect();
        let now = self.clock.now();
        for row in &rows {
            let late = now.since(row.owed.due);
            let mut seen = self.seen.lock().unwrap();
            let is_over = row.owed.alert.is_some_and(|(alert, _)| seen.over.contains(&alert));
            if is_over && !seen.left_after.contains_key(&row.owed.key) {
                seen.too_late.push(row.owed.key.clone());
            }
            seen.left_after.entry(row.owed.key.clone()).or_insert(late);
        }
        call::at_most_twice(due, self.attempt(due, &rows)).await
    }
}

/// What is to come.
enum Happening {
    Result(u32),
    Status(AlertId, Stage),
    Tap(AlertId),
    Ended(AlertId),
    Restart,
}

/// The ward and everything around the courier.
struct Story {
    seed: u32,
    clock: Clock,
    ward: Ward,
    outbox: ByHand,
    seen: Arc<Mutex<Seen>>,
    /// How many of the arrivals were looked at.
    looked_at: usize,
    to_come: BTreeMap<(Moment, u64), Happening>,
    planned: u64,
    /// The calls that each alert was owed, and since when.
    owed: HashMap<AlertId, Vec<(String, Moment)>>,
    /// The alerts that were ended, and whom they had reached by then.
    reached: HashMap<AlertId, Reached>,
}

/// Whom an alert reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    /// Somebody: a phone rang, or a person answered.
    Person,
    /// Every call that was due has left and none arrived, and the whole ward is told that nobody has
    /// answered.
    Ward,
    /// Neither.
    Nobody,
}

impl Story {
    fn plan(&mut self, at: Moment, what: Happening) {
        self.planned += 1;
        self.to_come.insert((at, self.planned), what);
    }

    fn now(&self) -> Now {
        Now { moment: self.clock.now(), offset_ms: 0 }
    }

    /// What the ward owes to phones is owed, or no longer; of what it says nothing else is looked at.
    fn write(&mut self, turn: &Turn) {
        for record in &turn.records {
            match record {
                Record::Owed(owed) if owed.destination == Destination::Whatsapp => {
                    let (alert, _) = owed.alert.expect("a call is for an alert");
                    self.owed.entry(alert).or_default().push((owed.key.clone(), owed.due));
                    self.outbox.owe(owed);
                }
                Record::CalledOff { wall, alert } => self.outbox.call_off(*alert, *wall),
                _ => {}
            }
        }
    }

    fn on(&mut self, event: &Event) -> Turn {
        let turn = self.ward.on(event, self.now());
        self.write(&turn);
        turn
    }

    /// Whoever was told may answer; statuses of what arrived come late, twice and in any order.
    fn look_at_phones(&mut self) {
        let arrived: Vec<String> =
            self.seen.lock().unwrap().told.iter().skip(self.looked_at).cloned().collect();
        self.looked_at += arrived.len();
        for key in arrived {
            let Some(call) = Call::of(&key) else { continue };
            let (now, seed, key) = (self.clock.now(), self.seed, of_any_day(&key));
            let after =
                |about: &str, most| now + Span::seconds(chance(seed, &format!("{about}{key}"), 0, most));
            let statuses = [Stage::Read, Stage::Sent, Stage::Delivered, Stage::Read];
            let moments = ["a", "b", "c", "d"].map(|about| after(about, 90));
            let tap = after("tap", 40);
            for (stage, at) in statuses.into_iter().zip(moments) {
                self.plan(at, Happening::Status(call.alert, stage));
            }
            if chance(self.seed, &key, 99, 100) < 30 {
                self.plan(tap, Happening::Tap(call.alert));
            }
        }
    }

    fn happens(&mut self, what: &Happening) {
        match *what {
            Happening::Result(number) => {
                let turn = self.on(&result(number));
                let raised = turn.alerts.first().and_then(|id| words::parse_alert_id(id));
                let raised = raised.expect("a critical result calls");
                self.plan(self.clock.now() + ENDED_AFTER, Happening::Ended(raised));
            }
            Happening::Status(alert, stage) => {
                let (channel, to) = ("whatsapp".to_owned(), "phone".to_owned());
                let _ = self.on(&Event::Received(Received { alert, stage, channel, to, error: None }));
            }
            Happening::Tap(alert) => {
                let _ = self.on(&answer(alert, Role::Doctor, Via::Remote, Say::Acknowledge(None)));
            }
            Happening::Ended(alert) => self.end(alert),
            Happening::Restart => {}
        }
    }

    /// Somebody at the station ends an alert; by then it must have reached somebody.
    fn end(&mut self, alert: AlertId) {
        let view = self.ward.view(1, self.now());
        let record = view.alerts.iter().find(|record| record.alert.id == alert);
        let reached = record.map_or(Reached::Nobody, |record| self.whom(record, &view));
        self.reached.insert(alert, reached);
        let value = Say::Acknowledge(Some(quantity()));
        let _ = self.on(&answer(alert, Role::Nurse, Via::Station, value));
        let _ = self.on(&answer(alert, Role::Doctor, Via::Station, Say::Accept));
        self.seen.lock().unwrap().over.insert(alert);
    }

    fn whom(&self, record: &AlertRecord, view: &WardView) -> Reached {
        let seen = self.seen.lock().unwrap();
        let rang = |key: &String| Call::of(key).is_some_and(|call| call.alert == record.alert.id);
        if record.accepted.is_some() || seen.told.iter().any(rang) {
            return Reached::Person;
        }
        let unanswered = Condition::Technical(Technical::Unanswered);
        let ward_is_told = |other: &Arc<AlertRecord>| {
            other.bed == record.bed && other.alert.condition == unanswered && other.alert.sounds()
        };
        let calls = self.owed.get(&record.alert.id).map_or(&[][..], Vec::as_slice);
        let latest = Moment(self.clock.now().0 - u64::from(LEAVES_WITHIN.0));
        let mut due = calls.iter().filter(|(_, due)| *due <= latest);
        let all_left = calls.len() > 2 && due.all(|(key, _)| seen.left_after.contains_key(key));
        if all_left && view.alerts.iter().any(ward_is_told) { Reached::Ward } else { Reached::Nobody }
    }
}

fn quantity() -> Quantity {
    let value = Decimal::parse(b"7.1").unwrap();
    Quantity { comparator: Comparator::Exactly, value, unit: Unit::MmolPerL }
}

/// A critical result of its own analyte on one of twelve beds.
fn result(number: u32) -> Event {
    let item = LabItem {
        code: format!("X-{number}"),
        name: "Analyte".to_owned(),
        text: "7.1".to_owned(),
        unit: "mmol/L".to_owned(),
        range: String::new(),
        flags: "HH".to_owned(),
        known: None,
        quantity: Some(quantity()),
        flag: Flag::CriticalHigh,
        status: ResultStatus::Stands,
        sampled: None,
        key: MessageKey(1_000 + u64::from(number)),
        provenance: Provenance::default(),
    };
    Event::Report(LabReport {
        patient: Some(Uhid(format!("MRN{number}"))),
        candidates: Vec::new(),
        numbers: Vec::new(),
        place: Place::Location(format!("ICU-1^^{:02}", number % 12 + 1)),
        accession: format!("ACC{number}"),
        message: format!("L{number}"),
        attending: None,
        results: vec![item],
    })
}

fn answer(alert: AlertId, role: Role, via: Via, say: Say) -> Event {
    let by = Person { name: format!("{role:?}"), role, station: "desk".to_owned() };
    Event::Answer(PersonAnswer { alert, by, via, say, note: String::new() })
}

fn sample_plan() -> Arc<WardPlan> {
    let mut faults = Faults::default();
    let text = include_str!("../../../deploy/ward.toml");
    Arc::new(crate::config::ward::read(text.parse().unwrap(), &mut faults))
}

/// Tells the story of one seed to its end.
async fn tell(seed: u32, alerts: u32) -> Story {
    let clock = Clock::starting_after(Moment(1_000_000));
    let (plan, witnessed, outbox) = (sample_plan(), Arc::<Mutex<Seen>>::default(), ByHand::new());
    let (door, mut knocks) = Door::new();
    let phones = Arc::new(Phones { seed, clock: clock.clone(), seen: Arc::clone(&witnessed) });
    let ward = Ward::new(plan);
    let (to_come, owed, reached) = (BTreeMap::new(), HashMap::new(), HashMap::new());
    let mut story = Story {
        seed,
        clock: clock.clone(),
        ward,
        outbox,
        seen: witnessed,
        looked_at: 0,
        to_come,
        planned: 0,
        owed,
        reached,
    };
    let begun = clock.now();
    for number in 0..alerts {
        let apart = Span(number * EVERY_S * 1_000 + chance(seed, "result", number, 5_000));
        story.plan(begun + apart, Happening::Result(number));
        let restart = Span(number * 31_000 + chance(seed, "restart", number, 29_000));
        story.plan(begun + restart, Happening::Restart);
    }
    let mut courier = Box::pin(run(&story.outbox, &phones, &clock, &door));
    while story.reached.len() < usize::try_from(alerts).unwrap() {
        let first = story.to_come.keys().next().map(|(at, _)| *at);
        let wake = first.into_iter().chain(story.ward.deadline()).min().expect("more is to come");
        tokio::select! {
            biased;
            ended = &mut courier => panic!("the courier ended: {ended:?}"),
            Some(knock) = knocks.next() => {
                for event in &knock.arrival.events {
                    let _ = story.on(event);
                }
                let _ = knock.verdict.send(Verdict::Stored(Vec::new()));
            }
            () = clock.sleep_until(wake) => {
                let turn = story.ward.tick(story.now());
                story.write(&turn);
                while let Some(due) = story.to_come.first_entry().filter(|due| due.key().0 <= clock.now()) {
                    let what = due.remove();
                    if matches!(what, Happening::Restart) {
                        let cut_off = story.outbox.under_way();
                        story.seen.lock().unwrap().doubted.extend(cut_off);
                        courier = Box::pin(run(&story.outbox, &phones, &clock, &door));
                    }
                    story.happens(&what);
                }
            }
        }
        story.look_at_phones();
    }
    story
}

fn run(
    outbox: &ByHand,
    phones: &Arc<Phones>,
    clock: &Clock,
    door: &Door,
) -> impl Future<Output = Result<(), JournalError>> + use<> {
    courier::run(outbox.clone(), Arc::clone(phones), clock.clone(), door.clone(), CancellationToken::new())
}

fn how_often(told: &[String]) -> BTreeMap<&str, usize> {
    let mut often = BTreeMap::new();
    for key in told {
        *often.entry(key.as_str()).or_insert(0) += 1;
    }
    often
}

#[tokio::test(start_paused = true)]
async fn every_alert_reaches_somebody_and_nobody_is_told_twice_without_doubt() {
    let alerts = std::env::var("WARDLIGHT_ALERTS").ok().and_then(|count| count.parse().ok()).unwrap_or(200);
    let (mut told, mut twice, mut by_ward) = (0, 0, 0);
    for seed in 1..=u32::div_ceil(alerts, ALERTS) {
        let story = tell(seed, ALERTS).await;
        let of = |reached| story.reached.values().filter(|whom| **whom == reached).count();
        assert_eq!(of(Reached::Nobody), 0, "seed {seed}: {:?}", story.reached);
        by_ward += of(Reached::Ward);
        let seen = story.seen.lock().unwrap();
        for (key, times) in how_often(&seen.told) {
            let most = if seen.doubted.contains(key) { 2 } else { 1 };
            assert!(times <= most, "seed {seed}: {key} was told {times} times");
            twice += usize::from(times == 2);
        }
        told += seen.told.len();
        let late = seen.left_after.iter().find(|(_, after)| **after > LEAVES_WITHIN);
        assert_eq!(late, None, "seed {seed}: a request left late");
        assert_eq!(seen.too_late, Vec::<String>::new(), "seed {seed}: nobody need come any more");
    }
    assert!(told > 0 && twice > 0, "the storm was none: {told} told, {twice} twice");
    assert!(by_ward * 1_000 <= usize::try_from(alerts).unwrap(), "{by_ward} of {alerts} reached no person");
    println!(
        "storm: {alerts} alerts, {told} calls arrived, {twice} of them twice, {by_ward} by the ward alone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_seed_tells_the_same_story_again() {
    let told = |story: &Story| {
        let mut told: Vec<_> = story.seen.lock().unwrap().told.iter().map(|key| of_any_day(key)).collect();
        told.sort_unstable();
        told
    };
    let (first, second) = (tell(7, 20).await, tell(7, 20).await);
    assert_eq!(told(&first), told(&second));
}
