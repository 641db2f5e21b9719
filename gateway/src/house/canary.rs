//! The canary: each minute signs that must call go the way of a patient's, from the bytes of a frame
//! through the ward's loop, the rules and the store, to the sound device and to delivery. Two rounds in a
//! row that do not come through are an alarm.
//!
//! Nobody hears, sees or is called by it. What is known to be broken (a store that does not take, a device
//! that does not play) is told by its own watch and is no miss. It tries no listener and nobody else's end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, timeout};

use super::judging::Judging;
use crate::annunciator::Status;
use crate::clock::{Clock, Stopwatch};
use crate::event::{Arrival, Canary, Door, Event, Peer, Round, Verdict};
use crate::ingest::mqtt;
use crate::ingest::profile::Site;
use crate::tasks::Tasks;
use crate::traffic::{Passed, Traffic};
use crate::view::Desired;

/// How often it is let out.
const EVERY: Duration = Duration::from_mins(1);

/// How long one round may take: longer than a device that slept takes to wake, and than its child takes to
/// start again.
const ROUND_MOST: Duration = Duration::from_secs(20);

/// So many misses in a row are an alarm.
const MISSES_MOST: u32 = 2;

/// Under which name it complains of the judging, and stands among the endpoints.
pub(super) const NAME: &str = "canary";

/// Where a round was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Missed {
    #[error("a device's frame cannot be read")]
    Unread,
    #[error("the ward's loop has not judged and stored it")]
    NotStored,
    #[error("the rules let a heart rate of 0 pass")]
    NotJudged,
    #[error("the sound device has not pulled its mark")]
    NotPulled,
    #[error("delivery has not fetched it")]
    NotDelivered,
}

/// Whoever lets the canary out and waits for it.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    /// The ward's name.
    pub(super) ward: String,
    pub(super) site: Arc<Site>,
    pub(super) door: Door,
    pub(super) clock: Clock,
    pub(super) judging: Judging,
    /// Why the store takes nothing, where it does not.
    pub(super) store: watch::Receiver<Option<String>>,
    /// What the ward asks of the annunciator.
    pub(super) desired: watch::Receiver<Desired>,
    pub(super) sound: watch::Receiver<Status>,
    /// The last round that delivery fetched.
    pub(super) arrived: watch::Receiver<Option<Round>>,
}

/// What is known of the canary: for the hub, and for the heartbeat.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    pub(super) traffic: Arc<Traffic>,
    /// Why it is missed, while it is.
    pub(super) missed: watch::Receiver<Option<String>>,
}

/// Lets it out until the gateway stops.
pub(super) fn watch(tasks: &Tasks, keeper: Keeper) -> Rounds {
    let (tell, missed) = watch::channel(None);
    let rounds = Rounds { traffic: Arc::default(), missed };
    let (stop, traffic) = (tasks.stop().clone(), Arc::clone(&rounds.traffic));
    tasks.supervise(NAME, move || {
        let (keeper, traffic, tell, stop) =
            (keeper.clone(), Arc::clone(&traffic), tell.clone(), stop.clone());
        async move {
            let (mut in_a_row, mut turn) = (0, tokio::time::interval(EVERY));
            turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let laps = async {
                loop {
                    turn.tick().await;
                    keeper.lap(&traffic, &mut in_a_row, &tell).await;
                }
            };
            stop.run_until_cancelled(laps).await;
            Ok::<(), Infallible>(())
        }
    });
    rounds
}

impl Keeper {
    /// One round and what it means. One that a store cannot take is none: that store is told of already.
    async fn lap(&self, traffic: &Traffic, in_a_row: &mut u32, missed: &watch::Sender<Option<String>>) {
        let store_is_well = || self.store.borrow().is_none();
        if !store_is_well() {
            *in_a_row = 0;
            return;
        }
        let came = self.let_out(traffic).await;
        if came.is_ok() || store_is_well() {
            *in_a_row = if came.is_ok() { 0 } else { *in_a_row + 1 };
            self.tell(came, *in_a_row, missed).await;
        }
    }

    /// One round, counted and timed.
    async fn let_out(&self, traffic: &Traffic) -> Result<(), Missed> {
        let begun = Stopwatch::start();
        let came = self.round(Round(self.clock.now().0)).await;
        let passed = came.map_or_else(|missed| Passed::Failed(missed.to_string()), |()| Passed::Taken);
        traffic.count(self.clock.wall(), begun.elapsed(), passed);
        came
    }

    /// One round. Where its time is over before it came through, it is lost where it was waited for.
    async fn round(&self, round: Round) -> Result<(), Missed> {
        let mut waits_for = Missed::NotStored;
        match timeout(ROUND_MOST, self.way(round, &mut waits_for)).await {
            Ok(came) => came,
            Err(_) => Err(waits_for),
        }
    }

    async fn way(&self, round: Round, waits_for: &mut Missed) -> Result<(), Missed> {
        let frame = mqtt::canary(&self.ward, &self.site, round, self.clock.wall()).ok_or(Missed::Unread)?;
        let peer = Peer { endpoint: "gateway", name: NAME.to_owned() };
        let events = vec![Event::Canary(Canary { round, frame })];
        let stored = self.door.hand_over(Arrival { peer, raw: None, events }).await;
        if !matches!(stored, Verdict::Stored(_)) {
            return Err(Missed::NotStored);
        }
        if self.desired.borrow().canary < Some(round) {
            return Err(Missed::NotJudged);
        }
        *waits_for = Missed::NotPulled;
        came(&self.sound, |status| is_pulled(status, round)).await.ok_or(*waits_for)?;
        *waits_for = Missed::NotDelivered;
        came(&self.arrived, |arrived| *arrived >= Some(round)).await.ok_or(*waits_for)
    }

    async fn tell(&self, came: Result<(), Missed>, in_a_row: u32, missed: &watch::Sender<Option<String>>) {
        match came {
            Ok(()) => {
                missed.send_replace(None);
                self.judging.is_over(NAME, "the gateway's own test alert comes through").await;
            }
            Err(why) if in_a_row >= MISSES_MOST => {
                let text = format!(
                    "the gateway's own test alert did not come through ({why}), and a patient's may not \
                     either: watch the monitors yourselves, and call IT to restart the gateway"
                );
                missed.send_replace(Some(text.clone()));
                self.judging.stands(NAME, text).await;
            }
            Err(why) => tracing::warn!(%why, "the gateway's own test alert was missed once"),
        }
    }
}

/// Whether the device has pulled the mark, or is known not to play. Before the first verdict nobody knows.
fn is_pulled(status: &Status, round: Round) -> bool {
    status.last_change.is_some() && (!status.plays || status.canary >= Some(round))
}

/// Waits until what is watched is as it must be; `None` when nobody tells any more.
async fn came<T: Clone>(watched: &watch::Receiver<T>, wanted: impl FnMut(&T) -> bool) -> Option<()> {
    watched.clone().wait_for(wanted).await.ok().map(|_| ())
}

#[cfg(test)]
mod tests;
