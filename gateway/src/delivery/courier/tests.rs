//! The courier against an outbox in memory and an end that answers as told. Time is paused: a night passes at
//! once.

use std::collections::VecDeque;

use rules::AlertId;
use tokio::sync::watch;

use super::*;
use crate::clock::Wall;
use crate::delivery::{LostAnswers, Pace};
use crate::event::{Knocks, Outcome as Logged, Stage, Uhid, Verdict};
use crate::owed::Owed;

#[derive(Clone, Debug)]
struct Row {
    due: Due,
    at: Moment,
    settled: Vec<Settled>,
    cancelled: bool,
}

impl Row {
    fn is_open(&self) -> bool {
        let settled = matches!(self.settled.last(), Some(Settled::Done { .. } | Settled::Parked { .. }));
        !settled && !self.cancelled
    }
}

#[derive(Clone)]
struct Memory {
    rows: Arc<Mutex<Vec<Row>>>,
    changed: watch::Sender<u64>,
    log: Arc<Mutex<Vec<Sent>>>,
}

impl Memory {
    fn new() -> Self {
        Self { rows: Arc::default(), changed: watch::Sender::new(0), log: Arc::default() }
    }

    fn owe(&self, parcel: Parcel) {
        let mut rows = self.rows.lock().unwrap();
        let id = i64::try_from(rows.len()).unwrap();
        let owed = Owed {
            key: format!("row-{id}"),
            destination: Destination::Frappe,
            alert: Some((AlertId(9), 1)),
            due: Moment(0),
            parcel,
        };
        let due = Due { id, owed, tries: 0, lost: LostAnswers::None };
        rows.push(Row { due, at: Moment(0), settled: vec![], cancelled: false });
        drop(rows);
        self.changed.send_modify(|count| *count += 1);
    }

    fn row(&self, id: usize) -> Row {
        self.rows.lock().unwrap()[id].clone()
    }

    /// Waits until no row is open; paused time runs on meanwhile.
    async fn until_settled(&self) {
        let mut changed = self.changed.subscribe();
        let all = |rows: &Vec<Row>| rows.iter().all(|row| !row.is_open());
        while !all(&self.rows.lock().unwrap()) {
            changed.changed().await.unwrap();
        }
    }
}

impl Outbox for Memory {
    type Error = String;

    async fn due(&self, _to: Destination, now: Moment, most: usize) -> Result<Vec<Due>, String> {
        let mut seen = HashSet::new();
        let rows = self.rows.lock().unwrap();
        let mut heads = Vec::new();
        for row in rows.iter().filter(|row| row.is_open()) {
            let first = row.due.owed.parcel.line().is_none_or(|line| seen.insert(line.to_owned()));
            if first && row.at <= now {
                heads.push(row.due.clone());
            }
        }
        heads.truncate(most);
        Ok(heads)
    }

    async fn next_due(&self, _to: Destination) -> Result<Option<Moment>, String> {
        Ok(self.rows.lock().unwrap().iter().filter(|row| row.is_open()).map(|row| row.at).min())
    }

    async fn settle(&self, id: i64, how: Settled, _at: Wall) -> Result<bool, String> {
        let mut rows = self.rows.lock().unwrap();
        let row = &mut rows[usize::try_from(id).unwrap()];
        if row.cancelled {
            return Ok(false);
        }
        match &how {
            Settled::Trying => row.due.lost = LostAnswers::One,
            Settled::Later { due, uncertain, .. } => {
                row.at = *due;
                row.due.lost = if *uncertain { LostAnswers::One } else { LostAnswers::None };
                row.due.tries += 1;
            }
            Settled::Done { .. } | Settled::Parked { .. } | Settled::Cancelled { .. } => {}
        }
        row.settled.push(how);
        drop(rows);
        self.changed.send_modify(|count| *count += 1);
        Ok(true)
    }

    async fn hasten(&self, _to: Destination, now: Moment) -> Result<(), String> {
        for row in self.rows.lock().unwrap().iter_mut().filter(|row| row.is_open() && row.due.tries > 0) {
            row.at = row.at.min(now);
        }
        self.changed.send_modify(|count| *count += 1);
        Ok(())
    }

    fn keep(&self, sent: Sent) {
        self.log.lock().unwrap().push(sent);
    }

    fn owed_changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

/// Answers as planned, then takes everything.
struct Planned {
    answers: Mutex<VecDeque<Outcome>>,
    seen: Mutex<Vec<(i64, bool)>>,
    busy: Mutex<(usize, usize)>,
    pace: Pace,
    apart: Span,
    /// The rows that went with another, message by message.
    with: Mutex<Vec<Vec<i64>>>,
}

impl Planned {
    fn new(answers: impl IntoIterator<Item = Outcome>) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
            seen: Mutex::default(),
            busy: Mutex::default(),
            pace: Pace::PATIENT,
            apart: Span::ZERO,
            with: Mutex::default(),
        }
    }
}

impl End for Planned {
    fn destination(&self) -> Destination {
        Destination::Frappe
    }

    fn abreast(&self) -> usize {
        3
    }

    fn stage(&self) -> Stage {
        Stage::Filed
    }

    fn pace(&self, _due: &Due) -> Pace {
        self.pace
    }

    fn apart(&self) -> Span {
        self.apart
    }

    async fn send(&self, due: &Due, with: &[Due], exchange: &mut Exchange) -> Outcome {
        self.with.lock().unwrap().push(with.iter().map(|row| row.id).collect());
        self.seen.lock().unwrap().push((due.id, due.lost.is_any()));
        {
            let mut busy = self.busy.lock().unwrap();
            busy.0 += 1;
            busy.1 = busy.1.max(busy.0);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.busy.lock().unwrap().0 -= 1;
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| Outcome::Done { proof: "proof".into() });
        exchange.sent = b"chart".to_vec();
        if !matches!(answer, Outcome::NotNow { .. }) {
            exchange.answer = b"answer".to_vec();
        }
        answer
    }
}

fn not_now(uncertain: bool) -> Outcome {
    Outcome::NotNow { why: "away".into(), after: None, uncertain }
}

fn doubtful() -> Outcome {
    Outcome::Doubtful { why: "500".into(), uncertain: false }
}

fn chart(patient: &str) -> Parcel {
    Parcel::Vitals {
        patient: Uhid(patient.into()),
        bed: "07".into(),
        at: Wall(0),
        values: vec![],
        news2: None,
        note: String::new(),
    }
}

fn call(high: bool) -> Parcel {
    Parcel::Phone {
        number: "+910000000001".into(),
        to: "attending".into(),
        bed: "07".into(),
        high,
        code: "limit".into(),
        value: String::new(),
        alert: "0000000000000009".into(),
    }
}

/// Runs the courier until nothing is owed; returns what the ward was told.
async fn settle_all(memory: &Memory, end: &Arc<Planned>) -> Vec<Event> {
    let (door, behind) = Door::new();
    let stop = CancellationToken::new();
    let clock = Clock::starting_after(Moment(0));
    let courier = run(memory.clone(), Arc::clone(end), clock, door, stop.clone());
    let all = async {
        memory.until_settled().await;
        stop.cancel();
    };
    let (ended, told, ()) = tokio::join!(courier, ward(behind), all);
    ended.unwrap();
    told
}

async fn ward(mut behind: Knocks) -> Vec<Event> {
    let mut told = Vec::new();
    while let Some(knock) = behind.next().await {
        told.extend(knock.arrival.events);
        let _ = knock.verdict.send(Verdict::Stored(vec![]));
    }
    told
}

fn channel_reports(told: &[Event]) -> Vec<bool> {
    let of_channel = |event: &Event| match event {
        Event::Found(Found { what: Technical::Channel(_), on, .. }) => Some(*on),
        _ => None,
    };
    told.iter().filter_map(of_channel).collect()
}

#[tokio::test(start_paused = true)]
async fn a_row_is_marked_before_it_leaves_and_its_alert_gets_a_receipt() {
    let (memory, end) = (Memory::new(), Arc::new(Planned::new([])));
    memory.owe(chart("A"));
    let told = settle_all(&memory, &end).await;
    assert_eq!(memory.row(0).settled, [Settled::Trying, Settled::Done { proof: "proof".into() }]);
    let receipt = Received {
        alert: AlertId(9),
        stage: Stage::Filed,
        channel: "frappe".into(),
        to: "chart".into(),
        error: None,
    };
    assert!(told.contains(&Event::Received(receipt)), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn patients_go_abreast_and_each_in_order() {
    let (memory, end) = (Memory::new(), Arc::new(Planned::new([not_now(false)])));
    for patient in ["A", "A", "B", "B", "C", "D", "E"] {
        memory.owe(chart(patient));
    }
    settle_all(&memory, &end).await;
    let seen: Vec<i64> = end.seen.lock().unwrap().iter().map(|(id, _)| *id).collect();
    let place = |id: i64| seen.iter().rposition(|seen| *seen == id).unwrap();
    assert!(place(0) < place(1) && place(2) < place(3), "{seen:?}");
    assert_eq!(end.busy.lock().unwrap().1, 3, "three at once, and no more");
    assert!(place(1) > place(6), "the others did not wait for A's second try: {seen:?}");
}

#[tokio::test(start_paused = true)]
async fn what_calls_a_person_goes_before_what_is_charted() {
    let (memory, end) = (Memory::new(), Arc::new(Planned::new([])));
    for patient in ["A", "B", "C", "D"] {
        memory.owe(chart(patient));
    }
    memory.owe(Parcel::Notice {
        patient: None,
        user: "dr.sample@example.org".into(),
        to: "attending".into(),
        subject: "potassium 6.8 mmol/L".into(),
        alert: "0000000000000009".into(),
    });
    settle_all(&memory, &end).await;
    assert_eq!(end.seen.lock().unwrap()[0].0, 4);
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_what_a_doctor_must_know_of_a_patient_goes_together() {
    let outage = std::iter::repeat_n(not_now(false), 60);
    let (memory, end) = (Memory::new(), Arc::new(Planned::new(outage)));
    for _ in 0..12 {
        memory.owe(Parcel::Notice {
            patient: Some(Uhid("A".into())),
            user: "dr.sample@example.org".into(),
            to: "attending".into(),
            subject: "potassium 6.8 mmol/L".into(),
            alert: "0000000000000009".into(),
        });
    }
    settle_all(&memory, &end).await;
    assert!((0..12).all(|id| matches!(memory.row(id).settled.last(), Some(Settled::Done { .. }))));
    let arrived = end.with.lock().unwrap().len() - 60;
    assert!(arrived <= 4, "three that were under way, and the rest in one: {arrived}");
}

#[tokio::test(start_paused = true)]
async fn doubt_stays_until_it_is_settled() {
    let plan = [not_now(true), not_now(false), not_now(false)];
    let (memory, end) = (Memory::new(), Arc::new(Planned::new(plan)));
    memory.owe(chart("A"));
    settle_all(&memory, &end).await;
    let uncertain: Vec<bool> = end.seen.lock().unwrap().iter().map(|(_, uncertain)| *uncertain).collect();
    assert_eq!(uncertain, [false, true, true, true]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_row_is_parked_told_of_and_passed() {
    let never = Outcome::Never { why: "MandatoryError".into() };
    let (memory, end) = (Memory::new(), Arc::new(Planned::new([never])));
    memory.owe(chart("A"));
    memory.owe(chart("A"));
    let told = settle_all(&memory, &end).await;
    assert_eq!(memory.row(0).settled.last(), Some(&Settled::Parked { why: "MandatoryError".into() }));
    assert!(matches!(memory.row(1).settled.last(), Some(Settled::Done { .. })));
    let parked =
        |event: &Event| matches!(event, Event::Found(Found { what: Technical::Parked(_), on: true, .. }));
    assert!(told.iter().any(parked));
    let error = |event: &Event| matches!(event, Event::Received(Received { error: Some(_), .. }));
    assert_eq!(told.iter().filter(|event| error(event)).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_without_a_reason_is_met_so_often_and_not_for_ever() {
    let outage = std::iter::repeat_n(not_now(false), 20);
    let plan: Vec<Outcome> = outage.chain(std::iter::repeat_n(doubtful(), 20)).collect();
    let (memory, end) = (Memory::new(), Arc::new(Planned::new(plan)));
    memory.owe(chart("A"));
    settle_all(&memory, &end).await;
    let doubts = usize::try_from(DOUBTS_MOST).unwrap();
    assert_eq!(end.seen.lock().unwrap().len(), 20 + doubts, "a long outage before counts for nothing");
    assert!(matches!(memory.row(0).settled.last(), Some(Settled::Parked { .. })));
}

#[tokio::test(start_paused = true)]
async fn every_try_is_in_the_log_with_what_came_back() {
    let (memory, end) = (Memory::new(), Arc::new(Planned::new([not_now(true), doubtful()])));
    memory.owe(chart("A"));
    settle_all(&memory, &end).await;
    let log = memory.log.lock().unwrap();
    let tries: Vec<_> = log.iter().map(|sent| (sent.outcome, sent.exchange.answer.as_slice())).collect();
    let (none, some) = (&b""[..], &b"answer"[..]);
    assert_eq!(tries, [(Logged::Unanswered, none), (Logged::Refused, some), (Logged::Accepted, some)]);
    let last = log.last().unwrap();
    assert_eq!((last.endpoint, last.peer.as_str(), last.delivery), ("frappe", "chart", 0));
    assert_eq!(
        (last.patient.as_ref(), last.alert.as_deref()),
        (Some(&Uhid("A".into())), Some("0000000000000009"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_night_without_the_his_ends_in_delivery_and_is_reported_once() {
    let (memory, end) = (Memory::new(), Arc::new(Planned::new(std::iter::repeat_n(not_now(false), 600))));
    memory.owe(chart("A"));
    let started = tokio::time::Instant::now();
    let told = settle_all(&memory, &end).await;
    assert!(started.elapsed() > Duration::from_hours(7));
    assert!(matches!(memory.row(0).settled.last(), Some(Settled::Done { .. })));
    assert_eq!(channel_reports(&told), [true, false]);
}

#[test]
fn a_channel_where_every_try_fails_for_ten_minutes_is_reported_whatever_it_answers() {
    let mut channel = Channel::default();
    let mut after = |outcome: Outcome, minutes| channel.after(&outcome, Moment(0) + Span::minutes(minutes));
    let done = || Outcome::Done { proof: String::new() };
    assert_eq!(after(done(), 0), Some(false), "a report from before the start may still be open");
    assert_eq!([0, 9].map(|at| after(doubtful(), at)), [None, None]);
    assert_eq!([10, 11].map(|at| after(doubtful(), at)), [Some(true), None], "told once");
    assert_eq!(after(Outcome::Never { why: String::new() }, 12), None, "one refusal is not the channel's");
    assert_eq!(after(done(), 13), Some(false));
    assert_eq!([14, 20, 23].map(|at| after(not_now(false), at)), [None; 3], "counted anew");
    assert_eq!(after(not_now(false), 24), Some(true), "four tries in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn a_closed_channel_is_reported_at_once_with_what_to_do() {
    let closed = Outcome::Closed { why: "give the account the role".into() };
    let (memory, end) = (Memory::new(), Arc::new(Planned::new([closed])));
    memory.owe(chart("A"));
    let told = settle_all(&memory, &end).await;
    assert_eq!(channel_reports(&told), [true, false]);
    let says =
        |event: &Event| matches!(event, Event::Found(found) if found.text.contains("give the account"));
    assert!(told.iter().any(says), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn the_receivers_wish_is_kept_and_a_call_is_given_up() {
    let wish = Outcome::NotNow { why: "429".into(), after: Some(Duration::from_mins(5)), uncertain: false };
    let (memory, end) = (Memory::new(), Arc::new(Planned::new([wish])));
    memory.owe(chart("A"));
    let started = tokio::time::Instant::now();
    settle_all(&memory, &end).await;
    assert!(started.elapsed() >= Duration::from_mins(5));

    let mut end = Planned::new(std::iter::repeat_n(not_now(false), 100));
    end.pace = Pace { pause_most: Span::seconds(8), tries_most: Some(5) };
    let (memory, end) = (Memory::new(), Arc::new(end));
    memory.owe(chart("A"));
    settle_all(&memory, &end).await;
    assert_eq!(end.seen.lock().unwrap().len(), 5);
    assert!(matches!(memory.row(0).settled.last(), Some(Settled::Parked { .. })));
}

#[tokio::test(start_paused = true)]
async fn calls_to_one_phone_go_together_and_come_out_alike() {
    let mut end = Planned::new([]);
    end.apart = Span::seconds(6);
    let (memory, end) = (Memory::new(), Arc::new(end));
    for high in [false, true, false] {
        memory.owe(call(high));
    }
    let told = settle_all(&memory, &end).await;
    assert_eq!(*end.with.lock().unwrap(), [vec![0, 2]], "one message, the high one first");
    for row in 0..3 {
        assert_eq!(memory.row(row).settled, [Settled::Trying, Settled::Done { proof: "proof".into() }]);
    }
    let receipts = told.iter().filter(|event| matches!(event, Event::Received(_))).count();
    assert_eq!(receipts, 3, "each alert hears of it");
}

#[tokio::test(start_paused = true)]
async fn calls_whose_answer_was_lost_together_are_told_again_one_by_one() {
    let mut end = Planned::new([not_now(true)]);
    end.apart = Span::seconds(6);
    let (memory, end) = (Memory::new(), Arc::new(end));
    memory.owe(call(true));
    memory.owe(call(true));
    settle_all(&memory, &end).await;
    assert_eq!(*end.with.lock().unwrap(), [vec![1], vec![], vec![]]);
}

/// A row that is cancelled between the look and the mark, as an acknowledgement does to a call.
#[tokio::test(start_paused = true)]
async fn a_row_cancelled_at_the_last_moment_is_not_sent() {
    let (memory, end) = (Memory::new(), Arc::new(Planned::new([])));
    memory.owe(chart("A"));
    let (door, _behind) = Door::new();
    let courier = Courier {
        outbox: memory.clone(),
        end: Arc::clone(&end),
        clock: Clock::starting_after(Moment(0)),
        door,
        doubts: Mutex::default(),
        channel: Mutex::default(),
        gathered: Mutex::default(),
    };
    let mut due = courier.take(&HashSet::new(), 3).await.unwrap();
    memory.rows.lock().unwrap()[0].cancelled = true;
    courier.deliver(due.remove(0)).await.unwrap();
    assert!(end.seen.lock().unwrap().is_empty());
    assert!(memory.row(0).settled.is_empty());
}
