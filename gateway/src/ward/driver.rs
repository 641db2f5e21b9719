//! The loop that owns the ward: it reads the door and the clock, and hands on what the ward decides.
//!
//! Ear first, then paper: a changed alert is published before it is written, and nothing here waits for a
//! disk, a network or a browser. A verdict goes back only through the journal, after the commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rules::{Moment, Span, Technical};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{Now, Turn, Ward};
use crate::clock::Clock;
use crate::event::{Arrival, Event, Found, Knock, Knocks, Outcome, Raw, Verdict};
use crate::journal::{Entry, Record};
use crate::linger;
use crate::message::Repeat;
use crate::view::{Desired, WardView};

/// Values that changed without an alert are published at most this often.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);

/// How many arrivals that wait at the door are taken in one turn of the loop.
const KNOCKS_MOST: usize = 64;

/// How often the wall clock is compared with the monotonic one, and the checkpoint's age is looked at.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(1);

/// A checkpoint is written when this much time, or this many events, lie behind the last.
const CHECKPOINT_AFTER: Span = Span::seconds(60);
const CHECKPOINT_AFTER_EVENTS: u32 = 30_000;

/// Why a second copy is in the log.
const AGAIN: &str = "its sender sent it again; it is answered as the first was and not judged again";

/// Takes what a turn wants written. Gives it back when the queue is full.
pub trait Paper: Send + 'static {
    /// Takes an entry, or gives it back; never blocks.
    ///
    /// # Errors
    /// The entry itself, when there is no room for it.
    fn submit(&self, entry: Entry) -> Result<(), Entry>;

    /// Whether a message came before and counts as the same: it is stored, or on its way there. A store that
    /// remembers no message knows of none.
    fn has(&self, _repeat: Repeat) -> bool {
        false
    }
}

/// Where the ward is published.
#[derive(Debug)]
pub struct Outlets {
    /// The ward as it may be seen.
    pub views: watch::Sender<Arc<WardView>>,
    /// What is asked of the annunciator.
    pub desired: watch::Sender<Desired>,
    /// Grows with every turn of the loop: who watches over it watches this grow.
    pub turns: Arc<AtomicU64>,
}

/// The ward with all that its loop needs.
#[derive(Debug)]
pub struct Driver<P> {
    ward: Ward,
    clock: Clock,
    paper: P,
    outlets: Outlets,
    revision: u64,
    offset_ms: i64,
    checkpoint: Checkpoint,
    unpublished: bool,
}

#[derive(Debug)]
struct Checkpoint {
    at: Moment,
    events: u32,
}

impl<P: Paper> Driver<P> {
    /// A loop around `ward`.
    pub fn new(ward: Ward, clock: Clock, paper: P, outlets: Outlets) -> Self {
        let at = clock.now();
        let offset_ms = clock.wall_of(Moment(0)).0;
        Self {
            ward,
            paper,
            outlets,
            revision: 0,
            offset_ms,
            checkpoint: Checkpoint { at, events: 0 },
            unpublished: false,
            clock,
        }
    }

    /// Runs until `stop`, then writes a last checkpoint. The first one is written at once: a gateway whose
    /// power fails again and again must not have more to live through with every start.
    pub async fn run(mut self, mut knocks: Knocks, stop: CancellationToken) {
        let mut housekeeping = tokio::time::interval(HOUSEKEEPING_EVERY);
        let mut publishing = tokio::time::interval(PUBLISH_EVERY);
        publishing.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut bell = self.clock.bell();
        self.tick();
        self.publish();
        self.write_checkpoint();
        let mut lingers = false;
        loop {
            self.outlets.turns.fetch_add(1, Ordering::Relaxed);
            bell.set(self.ward.deadline());
            let unpublished = self.unpublished;
            if lingers {
                linger::for_more(|| knocks.is_one_at_hand().then_some(()));
                lingers = false;
            }
            tokio::select! {
                () = stop.cancelled() => break,
                first = knocks.next() => match first {
                    Some(first) => lingers = self.arrived_together(first, &mut knocks),
                    None => break,
                },
                () = bell.rings() => self.tick(),
                _ = publishing.tick(), if unpublished => self.publish(),
                _ = housekeeping.tick() => self.keep_house(),
            }
        }
        self.write_checkpoint();
    }

    fn now(&self) -> Now {
        Now { moment: self.clock.now(), offset_ms: self.offset_ms }
    }

    /// One arrival, and those that wait behind it; says whether more is likely to come at once.
    fn arrived_together(&mut self, first: Knock, knocks: &mut Knocks) -> bool {
        let behind = std::iter::from_fn(|| knocks.at_hand()).take(KNOCKS_MOST - 1);
        let (mut taken, mut a_sender_waits) = (0, false);
        for knock in std::iter::once(first).chain(behind) {
            taken += 1;
            a_sender_waits |= knock.arrival.raw.is_some();
            self.arrived(knock);
        }
        linger::pays(taken, a_sender_waits)
    }

    /// One arrival, whole: all its events, then one entry that carries its verdict.
    fn arrived(&mut self, knock: Knock) {
        let now = self.now();
        let Arrival { peer, mut raw, mut events } = knock.arrival;
        let heard = self.ward.heard_in(&peer, raw.as_ref(), &events);
        // The peer was heard either way; what it says a second time is not judged a second time.
        if let Some(raw) = raw.as_mut().filter(|raw| self.came_before(raw)) {
            (raw.outcome, raw.reason) = (Outcome::Duplicate, AGAIN.to_owned());
            events.clear();
        }
        let (mut records, mut said, mut alerts, mut urgent) = (Vec::new(), Vec::new(), Vec::new(), false);
        for event in heard.into_iter().chain(events) {
            let turn = self.ward.on(&event, now);
            urgent |= turn.alerts_changed;
            if let (Some(raw), Some(remark)) = (raw.as_mut(), &turn.remark) {
                let between = if raw.reason.is_empty() { "" } else { "; " };
                raw.reason = format!("{}{between}{remark}", raw.reason);
            }
            said.extend(turn.said);
            alerts.extend(turn.alerts);
            if is_relived(&event) {
                let (at, wall) = (now.moment, now.wall());
                records.push(Record::Event { at, wall, bed: turn.bed, event: Arc::new(event) });
                self.checkpoint.events += 1;
            }
            records.extend(turn.records);
        }
        if let Some(raw) = raw {
            alerts.sort_unstable();
            alerts.dedup();
            records.push(Record::Message { wall: now.wall(), peer, raw, packed: knock.packed, alerts });
        }
        self.show(urgent);
        self.write(Entry { records, then: Some((knock.verdict, Verdict::Stored(said))) });
    }

    fn came_before(&self, raw: &Raw) -> bool {
        raw.marks.repeat.is_some_and(|repeat| self.paper.has(repeat))
    }

    fn tick(&mut self) {
        let turn = self.ward.tick(self.now());
        self.finish(turn);
    }

    fn finish(&mut self, turn: Turn) {
        self.show(turn.alerts_changed);
        if !turn.records.is_empty() {
            self.write(Entry { records: turn.records, then: None });
        }
    }

    fn show(&mut self, urgent: bool) {
        self.unpublished = true;
        if urgent {
            self.publish();
        }
    }

    fn publish(&mut self) {
        self.revision += 1;
        let view = self.ward.view(self.revision, self.now());
        let desired = Desired { signal: view.signal.clone(), canary: self.ward.last_canary() };
        self.outlets
            .desired
            .send_if_modified(|known| (*known != desired).then(|| *known = desired).is_some());
        self.outlets.views.send_replace(Arc::new(view));
        self.unpublished = false;
    }

    /// Hands an entry to the journal. When it has no room the sender is told to come again, and the ward says
    /// so aloud.
    fn write(&mut self, entry: Entry) {
        let Err(entry) = self.paper.submit(entry) else { return };
        if let Some((verdict, _)) = entry.then {
            let _ = verdict.send(Verdict::NotNow("the store is too slow; send it again"));
        }
        let text =
            "the ward's store is too slow: events are judged but not recorded; check the disk".to_owned();
        let turn = self
            .ward
            .on(&Event::Found(Found { bed: None, what: Technical::Store, on: true, text }), self.now());
        self.show(turn.alerts_changed);
    }

    fn keep_house(&mut self) {
        if let Some(step) = self.clock.look_for_step() {
            self.offset_ms = self.clock.wall_of(Moment(0)).0;
            let now = self.now();
            tracing::warn!(by_ms = step.by_ms, "the wall clock was stepped; no timer moved");
            self.write(Entry {
                records: vec![Record::ClockStep { wall: now.wall(), by_ms: step.by_ms }],
                then: None,
            });
            let text = format!("the wall clock was stepped by {} s", step.by_ms / 1_000);
            let found = Found { bed: None, what: Technical::ClockStepped, on: true, text };
            let turn = self.ward.on(&Event::Found(found), now);
            self.finish(turn);
        }
        let now = self.clock.now();
        let old = now.since(self.checkpoint.at) >= CHECKPOINT_AFTER && self.checkpoint.events > 0;
        if old || self.checkpoint.events >= CHECKPOINT_AFTER_EVENTS {
            self.write_checkpoint();
        }
    }

    fn write_checkpoint(&mut self) {
        let at = self.clock.now();
        self.checkpoint = Checkpoint { at, events: 0 };
        if let Some(body) = self.ward.save() {
            let record =
                Record::Checkpoint { at, rules: rules::VERSION, policy: self.ward.policy_hash(), body };
            self.write(Entry { records: vec![record], then: None });
        }
    }
}

/// Whether an event must be lived through again in a recovery. Receipts are in the alerts' own records, and
/// the canary leaves nothing behind.
const fn is_relived(event: &Event) -> bool {
    !matches!(event, Event::Received(_) | Event::Sounded(_) | Event::Canary(_))
}

#[cfg(test)]
mod tests;
