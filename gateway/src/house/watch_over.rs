//! The watch over the house itself: tasks that fall over, a store that does not take, a device that makes no
//! sound, a loop that does not turn. Each becomes an event at the ward's own door, and hence an alarm.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rules::Technical;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::judging::Judging;
use super::room::Room;
use super::sounds::STATION;
use super::workstations::{LOOK_EVERY, Told, Unheard, Workstations};
use crate::annunciator::{State, Status};
use crate::clock::Clock;
use crate::event::{Arrival, Burst, Door, Event, Found, Peer, key_of};
use crate::journal::{Journal, Queue};
use crate::tasks::{TaskFault, Tasks};
use crate::traffic::Line;

use super::access::DialledEnd;

/// How often systemd is told that the loop turns: well within half of the unit's `WatchdogSec`.
const WATCHDOG_EVERY: Duration = Duration::from_secs(2);

/// How often the store is asked whether anything is past its time.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// How often the outbox is asked how much waits in it.
const QUEUES_EVERY: Duration = Duration::from_secs(2);

/// Tells the ward something about its own house. The verdict is nobody's to wait for.
pub(super) async fn tell(door: &Door, event: Event) {
    let peer = Peer { endpoint: "gateway", name: "house".to_owned() };
    let _ = door.knock(Arrival { peer, raw: None, events: vec![event] }).await;
}

pub(super) fn found(what: Technical, on: bool, text: String) -> Event {
    Event::Found(Found { bed: None, what, on, text })
}

/// What the recovery found out, told once the ward listens. It stands until the next start: nobody sees it
/// mended.
pub(super) fn announce(tasks: &Tasks, judging: Judging, findings: Vec<String>) {
    tasks.supervise("announcements", move || {
        let (judging, said) = (judging.clone(), findings.join("; "));
        async move {
            if !said.is_empty() {
                judging.stands("recovery", said).await;
            }
            Ok::<(), Infallible>(())
        }
    });
}

/// Every fault of a task is a technical alert until the task runs again.
pub(super) fn tasks(tasks: &Tasks, judging: Judging, faults: mpsc::Receiver<TaskFault>) {
    let faults = Arc::new(tokio::sync::Mutex::new(faults));
    let stop = tasks.stop().clone();
    tasks.supervise("watch over tasks", move || {
        let (judging, faults, stop) = (judging.clone(), Arc::clone(&faults), stop.clone());
        async move {
            let mut faults = faults.lock().await;
            while let Some(Some(TaskFault { task, fault })) = stop.run_until_cancelled(faults.recv()).await {
                match fault {
                    Some(why) => {
                        judging.stands(task, format!("{task} fell over: {why}; it is started again")).await;
                    }
                    None => judging.is_over(task, &format!("{task} runs again")).await,
                }
            }
            Ok::<(), Infallible>(())
        }
    });
}

/// A store that does not take what is decided is an alarm, heard and seen without it.
pub(super) fn store(tasks: &Tasks, door: Door, health: watch::Receiver<Option<String>>) {
    follow(tasks, "watch over the store", health, move |why: &Option<String>| {
        let text = why.clone().unwrap_or_else(|| "the store takes what is decided again".to_owned());
        let (door, on) = (door.clone(), why.is_some());
        async move { tell(&door, found(Technical::Store, on, text)).await }
    });
}

/// What is known of the annunciators that cannot be heard, told by whoever finds one.
#[derive(Clone)]
pub(super) struct SoundWatch {
    door: Door,
    unheard: Arc<tokio::sync::Mutex<Unheard>>,
}

impl SoundWatch {
    pub(super) fn new(door: Door) -> Self {
        Self { door, unheard: Arc::default() }
    }

    /// An annunciator cannot be heard, or can. What is told of one is told before the next.
    async fn note(&self, id: &str, why: Option<String>) {
        let mut unheard = self.unheard.lock().await;
        match unheard.note(id, why) {
            Some(Told::Failed { anew, text }) => {
                if anew {
                    tell(&self.door, found(Technical::Sound, false, "one more is not heard".to_owned()))
                        .await;
                }
                tell(&self.door, found(Technical::Sound, true, text)).await;
            }
            Some(Told::Healed) => {
                tell(&self.door, found(Technical::Sound, false, "sound again".to_owned())).await;
            }
            None => {}
        }
    }
}

/// The word of this machine's annunciator: a failure is an alarm, and an announcement is a receipt.
pub(super) fn sound(tasks: &Tasks, watch: SoundWatch, status: watch::Receiver<Status>) {
    let known = Arc::new(Mutex::new(None));
    follow(tasks, "watch over the sound", status, move |status: &Status| {
        let before = known.lock().unwrap_or_else(PoisonError::into_inner).replace(status.clone());
        // The first value is no verdict yet: it neither fails nor heals.
        let is_verdict = status.last_change.is_some() || status.state == State::Off;
        let (watch, why, receipt) = (watch.clone(), not_heard(status), receipt(before.as_ref(), status));
        async move {
            if is_verdict {
                watch.note(STATION, why).await;
            }
            if let Some(receipt) = receipt {
                tell(&watch.door, receipt).await;
            }
        }
    });
}

/// Why this machine cannot be heard.
fn not_heard(status: &Status) -> Option<String> {
    (status.state == State::Failed).then(|| status.why.clone())
}

/// What is owed to the alert that was announced, where another burst was.
fn receipt(before: Option<&Status>, status: &Status) -> Option<Event> {
    let is_new = before.is_none_or(|before| before.sounded != status.sounded);
    let burst = |priority| Event::Sounded(Burst { priority, to: STATION.to_owned() });
    status.sounded.as_ref().filter(|_| is_new).map(|sounded| burst(sounded.priority))
}

/// A workstation that says that it fails, or says nothing, is an alarm until it sounds again or has left.
pub(super) fn workstations(tasks: &Tasks, watch: SoundWatch, all: Workstations) {
    let stop = tasks.stop().clone();
    tasks.supervise("watch over workstations", move || {
        let (watch, all, stop) = (watch.clone(), all.clone(), stop.clone());
        async move {
            let mut told: BTreeSet<String> = BTreeSet::new();
            while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
                let faults = all.faults();
                for gone in told.iter().filter(|id| !faults.contains_key(*id)) {
                    watch.note(gone, None).await;
                }
                told = faults.keys().cloned().collect();
                for (id, why) in faults {
                    watch.note(&id, Some(why)).await;
                }
            }
            Ok::<(), Infallible>(())
        }
    });
}

/// A gateway that we dial and that is away for longer than it may be is an alert until it is back.
pub(super) fn dialled(tasks: &Tasks, door: Door, end: DialledEnd) {
    let stop = tasks.stop().clone();
    tasks.supervise("watch over dialled gateways", move || {
        let (door, mut end, stop) = (door.clone(), end.clone(), stop.clone());
        async move {
            stop.run_until_cancelled(follow_line(&door, &mut end)).await;
            Ok::<(), Infallible>(())
        }
    });
}

async fn follow_line(door: &Door, end: &mut DialledEnd) {
    let number = u32::try_from(key_of(&[b"mllp dial", end.name.as_bytes()]).0 >> 32).unwrap_or_default();
    let finding = |on, text| found(Technical::Channel(number), on, text);
    while end.line.wait_for(|line| !line.is_up()).await.is_ok() {
        let back = tokio::time::timeout(end.called.silence, end.line.wait_for(Line::is_up)).await.is_ok();
        if back {
            continue;
        }
        let why = match &*end.line.borrow() {
            Line::Down(why) => why.clone(),
            Line::Up => continue,
        };
        let text = format!("gateway {} is not connected, its devices are not heard: {why}", end.name);
        tell(door, finding(true, text)).await;
        if end.line.wait_for(Line::is_up).await.is_err() {
            return;
        }
        tell(door, finding(false, format!("gateway {} is connected again", end.name))).await;
    }
}

/// Small batches of what is past its time leave the store, and of what is above its bound; never what is
/// undelivered.
pub(super) fn retention(tasks: &Tasks, journal: Journal, clock: Clock, door: Door, bound_gb: u32) {
    let stop = tasks.stop().clone();
    tasks.supervise("retention", move || {
        let (journal, clock, stop) = (journal.clone(), clock.clone(), stop.clone());
        let mut room = Room { door: door.clone(), bound_gb, told: None };
        async move {
            while stop.run_until_cancelled(tokio::time::sleep(SWEEP_EVERY)).await.is_some() {
                while journal.sweep(clock.wall()).await?.more {
                    tokio::task::yield_now().await;
                }
                room.keep(&journal, &clock).await?;
            }
            Ok::<(), crate::journal::JournalError>(())
        }
    });
}

/// How much waits at each destination, looked at now and then.
pub(super) fn queues(tasks: &Tasks, journal: Journal) -> watch::Receiver<Vec<Queue>> {
    let (tell, told) = watch::channel(Vec::new());
    let stop = tasks.stop().clone();
    tasks.supervise("watch over queues", move || {
        let (journal, tell, stop) = (journal.clone(), tell.clone(), stop.clone());
        async move {
            loop {
                tell.send_replace(journal.queues().await?);
                if stop.run_until_cancelled(tokio::time::sleep(QUEUES_EVERY)).await.is_none() {
                    return Ok::<(), crate::journal::JournalError>(());
                }
            }
        }
    });
    told
}

/// systemd hears from us only while the ward's loop turns.
pub(super) fn turning(tasks: &Tasks, turns: Arc<AtomicU64>, stop: CancellationToken) {
    tasks.supervise("watchdog", move || {
        let (turns, stop) = (Arc::clone(&turns), stop.clone());
        async move {
            let mut last = 0;
            while stop.run_until_cancelled(tokio::time::sleep(WATCHDOG_EVERY)).await.is_some() {
                let now = turns.load(Ordering::Relaxed);
                if now != last {
                    let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
                }
                last = now;
            }
            Ok::<(), Infallible>(())
        }
    });
}

/// Calls `told` with the first and every later value of a watch, until the gateway stops.
fn follow<T, F>(
    tasks: &Tasks,
    name: &'static str,
    watched: watch::Receiver<T>,
    told: impl Fn(&T) -> F + Clone + Send + 'static,
) where
    T: Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    let stop = tasks.stop().clone();
    tasks.supervise(name, move || {
        let (mut watched, told, stop) = (watched.clone(), told.clone(), stop.clone());
        watched.mark_changed();
        async move {
            while let Some(Ok(())) = stop.run_until_cancelled(watched.changed()).await {
                let value = watched.borrow_and_update().clone();
                told(&value).await;
            }
            Ok::<(), Infallible>(())
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Knocks, Verdict};
    use crate::ingest::mllp::Called;

    async fn next(knocks: &mut Knocks) -> Option<(bool, String)> {
        let knock = knocks.next().await?;
        let _ = knock.verdict.send(Verdict::Stored(vec![]));
        match knock.arrival.events.into_iter().next() {
            Some(Event::Found(found)) => Some((found.on, found.text)),
            _ => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dialled_gateway_is_missed_after_its_silence_and_no_sooner() {
        let (door, mut knocks) = Door::new();
        let (line, seen) = watch::channel(Line::not_yet());
        let called = Called {
            address: "10.0.0.9:2575".to_owned(),
            host: "10.0.0.9".to_owned(),
            tls: None,
            silence: Duration::from_mins(1),
        };
        let mut end = DialledEnd { name: "nk".to_owned(), called, counts: Arc::default(), line: seen };
        let outside = async {
            tokio::time::sleep(Duration::from_secs(59)).await;
            line.send_replace(Line::Up);
            tokio::time::sleep(Duration::from_millis(1)).await;
            line.send_replace(Line::Down("it hung up".to_owned()));
            let early = tokio::time::timeout(Duration::from_secs(59), next(&mut knocks)).await;
            assert!(early.is_err(), "a minute has not passed: {early:?}");
            let (on, text) = next(&mut knocks).await.unwrap();
            assert!(on && text.contains("nk is not connected") && text.contains("it hung up"), "{text}");
            line.send_replace(Line::Up);
            assert!(!next(&mut knocks).await.unwrap().0);
        };
        tokio::select! {
            () = outside => {}
            () = follow_line(&door, &mut end) => panic!("it watches as long as the line is told of"),
        }
    }
}
