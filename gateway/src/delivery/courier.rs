//! Sends what is due to one destination: woken by a commit or by the next deadline, a few messages abreast,
//! one of each patient at a time; what may go together goes together.
//!
//! It never decides what is owed, never speaks a wire format, and never drops a row: a row is done, tried
//! again, or parked where a person sees it. What it knows beside the outbox (how often a receiver failed
//! without a reason, whether the channel was reported) may be lost in a crash without harm.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use rules::{Moment, Span, Technical};
use tokio_util::sync::CancellationToken;

use super::gather::Gathered;
use super::{Due, End, Outbox, Outcome, Sent, Settled, backoff, wire_id};
use crate::clock::{Clock, Wall};
use crate::event::{self, Arrival, Door, Event, Found, Peer, Received, key_of};
use crate::message::Exchange;
use crate::owed::{Destination, Parcel};
use crate::words;

#[cfg(test)]
mod tests;

/// How many due rows are looked at to choose from; more than a ward has beds, so that a notice is seen among
/// charts.
const LOOK_AT_MOST: usize = 128;

/// The shortest pause between two looks at an unchanged outbox: a row that is under way counts as due.
const LOOK_AGAIN: Span = Span(250);

/// A receiver that fails without saying whether it always would gets a row so often, then the row is parked.
pub const DOUBTS_MOST: u32 = 8;

/// After so many failures in a row, whatever the rows, the channel itself is reported.
const FAILURES_MOST: u32 = 5;

/// A channel where every try came to nothing for so long is reported, however few tries that were: longer
/// than one row that the receiver cannot take is tried.
const FAILING_MOST: Span = Span::minutes(10);

/// How far apart what failed is let go at once: a receiver that takes little at a time must not be stormed at
/// each sign of life.
const HASTENED_APART: Span = Span::minutes(1);

/// The longest wish of a receiver when to come back that is followed to the letter.
const AFTER_MOST: Duration = Duration::from_hours(1);

/// Sends what is due to `end` until `stop`; then lets what is under way come to its end.
///
/// # Errors
/// The outbox cannot be read or told. What was under way stays marked as uncertain there.
pub async fn run<O: Outbox, E: End>(
    outbox: O,
    end: Arc<E>,
    clock: Clock,
    door: Door,
    stop: CancellationToken,
) -> Result<(), O::Error> {
    let mut changed = outbox.owed_changed();
    let courier = Courier {
        outbox,
        end,
        clock,
        door,
        doubts: Mutex::default(),
        channel: Mutex::default(),
        gathered: Mutex::default(),
    };
    let mut under_way = HashSet::new();
    let mut sending = FuturesUnordered::new();
    loop {
        changed.borrow_and_update();
        let stopping = stop.is_cancelled();
        if stopping && sending.is_empty() {
            return Ok(());
        }
        if !stopping {
            let room = courier.end.abreast().saturating_sub(sending.len());
            for rows in courier.take(&under_way, room).await? {
                under_way.extend(rows.iter().map(|row| row.id));
                sending.push(courier.deliver(rows));
            }
        }
        let next_look = courier.next_look().await?;
        tokio::select! {
            Some(settled) = sending.next() => for row in settled? {
                under_way.remove(&row);
            },
            woken = changed.changed(), if !stopping => if woken.is_err() { return Ok(()); },
            () = courier.sleep_until(next_look), if !stopping => {}
            () = stop.cancelled(), if !stopping => {}
        }
    }
}

struct Courier<O, E> {
    outbox: O,
    end: Arc<E>,
    clock: Clock,
    door: Door,
    /// How often a row met a failure without a reason; rows leave it when they are settled.
    doubts: Mutex<HashMap<i64, u32>>,
    channel: Mutex<Channel>,
    gathered: Mutex<Gathered>,
}

/// What is known of the channel as a whole.
#[derive(Default)]
struct Channel {
    failures: u32,
    /// Since when every try came to nothing.
    failing_since: Option<Moment>,
    /// What the ward was last told; `None` after a start, when an older report may still be open.
    told_wrong: Option<bool>,
    /// When what had failed was last let go at once.
    hastened: Option<Moment>,
}

impl<O: Outbox, E: End> Courier<O, E> {
    /// The messages to start now, each the rows it stands for: as many as there is room for.
    async fn take(&self, under_way: &HashSet<i64>, room: usize) -> Result<Vec<Vec<Due>>, O::Error> {
        if room == 0 {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let mut due = self.outbox.due(self.end.destination(), now, LOOK_AT_MOST).await?;
        due.retain(|row| !under_way.contains(&row.id));
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(gathered.messages(due, self.end.apart(), now, room))
    }

    async fn next_look(&self) -> Result<Option<Moment>, O::Error> {
        let next = self.outbox.next_due(self.end.destination()).await?;
        Ok(next.map(|next| next.max(self.clock.now() + LOOK_AGAIN)))
    }

    async fn sleep_until(&self, moment: Option<Moment>) {
        match moment {
            Some(moment) => self.clock.sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }

    /// One try of one message, from the mark before the first byte to the receipts. Returns its rows.
    async fn deliver(&self, rows: Vec<Due>) -> Result<Vec<i64>, O::Error> {
        let ids = rows.iter().map(|row| row.id).collect();
        let marks = rows.iter().map(|row| self.outbox.settle(row.id, Settled::Trying, self.clock.wall()));
        let owed = try_join_all(marks).await?;
        let going: Vec<Due> =
            rows.into_iter().zip(owed).filter_map(|(row, owed)| owed.then_some(row)).collect();
        let Some((first, with)) = going.split_first() else { return Ok(ids) };
        let mut exchange = Exchange::default();
        let outcome = self.end.send(first, with, &mut exchange).await;
        if !exchange.sent.is_empty() {
            self.outbox.keep(logged(first, &outcome, exchange, self.clock.wall()));
        }
        let is_back = self.watch_channel(&outcome).await;
        try_join_all(going.iter().map(|row| self.close(row, outcome.clone()))).await?;
        if is_back {
            self.outbox.hasten(self.end.destination(), self.clock.now()).await?;
        }
        Ok(ids)
    }

    /// Writes down what came of a row's try, and tells the ward.
    async fn close(&self, due: &Due, outcome: Outcome) -> Result<(), O::Error> {
        let settled = self.judge(due, outcome);
        if !matches!(settled, Settled::Later { .. }) {
            self.doubts.lock().unwrap_or_else(PoisonError::into_inner).remove(&due.id);
        }
        if self.outbox.settle(due.id, settled.clone(), self.clock.wall()).await? {
            self.tell(due, &settled).await;
        }
        Ok(())
    }

    /// What becomes of a row after a try.
    fn judge(&self, due: &Due, outcome: Outcome) -> Settled {
        match outcome {
            Outcome::Done { proof } => Settled::Done { proof },
            Outcome::Never { why } => Settled::Parked { why },
            Outcome::NotNow { why, after, uncertain } => self.later(due, why, after, uncertain),
            Outcome::Closed { why } => self.later(due, why, None, false),
            Outcome::Doubtful { why, uncertain } => match self.doubted(due.id) {
                DOUBTS_MOST.. => Settled::Parked { why: format!("{why} (so {DOUBTS_MOST} times)") },
                _ => self.later(due, why, None, uncertain),
            },
        }
    }

    fn later(&self, due: &Due, why: String, after: Option<Duration>, uncertain: bool) -> Settled {
        let pace = self.end.pace(due);
        if pace.tries_most.is_some_and(|most| due.tries.saturating_add(1) >= most) {
            return Settled::Parked { why: format!("{why} (given up after {} tries)", due.tries + 1) };
        }
        let pause = backoff::pause(due.tries, &due.owed.key, pace.pause_most);
        let wished = after.map_or(Span::ZERO, |after| self.ward_span(after.min(AFTER_MOST)));
        let next = self.clock.now() + pause.max(wished);
        // A later try that surely did not arrive says nothing about an earlier one.
        Settled::Later { due: next, why, uncertain: uncertain || due.lost.is_any() }
    }

    /// Counts a failure without a reason.
    fn doubted(&self, row: i64) -> u32 {
        let mut doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = doubts.entry(row).or_insert(0);
        *count += 1;
        *count
    }

    /// How much of the ward's time a span of the machine's time is; they differ in demonstrations.
    fn ward_span(&self, real: Duration) -> Span {
        let thousand_seconds = self.clock.real(Span::seconds(1_000)).as_millis().max(1);
        let ward_ms = real.as_millis().saturating_mul(1_000_000) / thousand_seconds;
        Span(u32::try_from(ward_ms).unwrap_or(u32::MAX))
    }

    /// Reports the channel when it is closed or keeps failing, and when it is well again; says whether an
    /// outage is over with this.
    async fn watch_channel(&self, outcome: &Outcome) -> bool {
        let (report, is_back) = {
            let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
            let was_wrong = channel.told_wrong == Some(true);
            let report = channel.after(outcome, self.clock.now());
            (report, was_wrong && report == Some(false) && channel.may_hasten(self.clock.now()))
        };
        // The way to ourselves is the canary's to watch.
        if let Some(wrong) = report.filter(|_| self.end.destination() != Destination::Loopback) {
            let name = self.end.destination().word();
            let text = match outcome {
                Outcome::Closed { why } => format!("nothing reaches {name}: {why}"),
                _ if wrong => {
                    format!(
                        "nothing reaches {name}: it is not reached, not ready or fails; it is tried again"
                    )
                }
                _ => format!("{name} takes what is sent"),
            };
            let what = Technical::Channel(channel_number(self.end.destination()));
            self.hand_over(Event::Found(Found { bed: None, what, on: wrong, text })).await;
        }
        is_back
    }

    /// Tells the ward what it must know of a settled row: a receipt for its alert, and that a row waits for a
    /// person.
    async fn tell(&self, due: &Due, settled: &Settled) {
        let error = match settled {
            Settled::Done { .. } => None,
            Settled::Parked { why } => Some(why.clone()),
            Settled::Trying | Settled::Later { .. } | Settled::Cancelled { .. } => return,
        };
        if error.is_some() {
            let what = Technical::Parked(channel_number(self.end.destination()));
            let name = self.end.destination().word();
            let text = format!("{name} refused a message for good: look at it under deliveries");
            self.hand_over(Event::Found(Found { bed: None, what, on: true, text })).await;
        }
        if let Some((alert, _)) = due.owed.alert {
            let to = recipient(&due.owed.parcel);
            let channel = self.end.destination().word().to_owned();
            let receipt = Received { alert, stage: self.end.stage(), channel, to, error };
            self.hand_over(Event::Received(receipt)).await;
        }
    }

    async fn hand_over(&self, event: Event) {
        let peer = Peer { endpoint: "gateway", name: "delivery".to_owned() };
        self.door.hand_over(Arrival { peer, raw: None, events: vec![event] }).await;
    }
}

impl Channel {
    /// Whether the ward must be told, and what: `Some(true)` is wrong, `Some(false)` well.
    fn after(&mut self, outcome: &Outcome, now: Moment) -> Option<bool> {
        let wrong = match outcome {
            Outcome::Done { .. } => {
                (self.failures, self.failing_since) = (0, None);
                false
            }
            Outcome::Closed { .. } => true,
            Outcome::NotNow { .. } => {
                self.failures = self.failures.saturating_add(1);
                self.is_failing_for_long(now) || self.failures >= FAILURES_MOST
            }
            Outcome::Doubtful { .. } => self.is_failing_for_long(now),
            Outcome::Never { .. } => return None,
        };
        let settled = wrong || matches!(outcome, Outcome::Done { .. });
        (settled && self.told_wrong.replace(wrong) != Some(wrong)).then_some(wrong)
    }

    /// Whether what failed may go at once, now.
    fn may_hasten(&mut self, now: Moment) -> bool {
        let may = self.hastened.is_none_or(|last| now.since(last) >= HASTENED_APART);
        if may {
            self.hastened = Some(now);
        }
        may
    }

    /// One more try came to nothing; whether every one has for long.
    fn is_failing_for_long(&mut self, now: Moment) -> bool {
        now.since(*self.failing_since.get_or_insert(now)) >= FAILING_MOST
    }
}

/// One try as the log keeps it.
fn logged(due: &Due, outcome: &Outcome, exchange: Exchange, wall: Wall) -> Sent {
    let (made_of_it, reason) = match outcome {
        Outcome::Done { .. } => (event::Outcome::Accepted, ""),
        Outcome::NotNow { why, .. } | Outcome::Doubtful { why, .. } if exchange.answer.is_empty() => {
            (event::Outcome::Unanswered, why.as_str())
        }
        Outcome::NotNow { why, .. }
        | Outcome::Doubtful { why, .. }
        | Outcome::Closed { why }
        | Outcome::Never { why } => (event::Outcome::Refused, why.as_str()),
    };
    Sent {
        wall,
        endpoint: due.owed.destination.endpoint(),
        peer: recipient(&due.owed.parcel),
        delivery: due.id,
        control_id: wire_id(&due.owed.key),
        patient: due.owed.parcel.patient().cloned(),
        alert: due.owed.alert.map(|(alert, _)| words::alert_id(alert)),
        outcome: made_of_it,
        reason: reason.to_owned(),
        exchange,
    }
}

/// To whom a parcel goes, by role or place, never by number.
fn recipient(parcel: &Parcel) -> String {
    match parcel {
        Parcel::Notice { to, .. } | Parcel::Task { to, .. } | Parcel::Phone { to, .. } => to.clone(),
        Parcel::TaskDone { .. } => "tasks".to_owned(),
        Parcel::Alarm(_) => "others".to_owned(),
        Parcel::Vitals { .. } => "chart".to_owned(),
        Parcel::Canary { .. } => "ourselves".to_owned(),
    }
}

/// The number under which a destination's channel is reported, the same on every machine.
#[must_use]
pub fn channel_number(destination: Destination) -> u32 {
    let key = key_of(&[b"delivery", destination.word().as_bytes()]).0;
    u32::try_from(key & u64::from(u32::MAX)).unwrap_or(0)
}
