//! When the heartbeat beats: each minute, while the ward's loop turns, the store takes what is decided,
//! the sound is well or off by configuration, and the canary comes through. A beat that is withheld or
//! lost is no alarm in the ward: the watch outside raises it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::annunciator::{State, Status};
use crate::clock::{Clock, Stopwatch};
use crate::delivery::heartbeat::Heartbeat;
use crate::tasks::Tasks;
use crate::traffic::{Passed, Traffic};

/// How often it beats.
const EVERY: Duration = Duration::from_mins(1);

/// The vital parts of this gateway.
#[derive(Clone, Debug)]
pub(super) struct Heart {
    pub(super) turns: Arc<AtomicU64>,
    pub(super) store: watch::Receiver<Option<String>>,
    pub(super) sound: watch::Receiver<Status>,
    /// Why the canary is missed, while it is.
    pub(super) canary: watch::Receiver<Option<String>>,
}

/// The heartbeat as the hub shows it.
#[derive(Clone, Debug)]
pub(super) struct Beats {
    pub(super) address: String,
    pub(super) traffic: Arc<Traffic>,
}

/// Beats until the gateway stops.
pub(super) fn watch(tasks: &Tasks, heart: Heart, heartbeat: Heartbeat, clock: Clock) -> Beats {
    let beats = Beats { address: heartbeat.address(), traffic: Arc::default() };
    let (stop, traffic, heartbeat) = (tasks.stop().clone(), Arc::clone(&beats.traffic), Arc::new(heartbeat));
    tasks.supervise("heartbeat", move || {
        let (heart, clock, stop) = (heart.clone(), clock.clone(), stop.clone());
        let (traffic, heartbeat) = (Arc::clone(&traffic), Arc::clone(&heartbeat));
        async move {
            let mut turned = 0;
            while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
                let begun = Stopwatch::start();
                let beaten = match heart.stands_still(&mut turned) {
                    Some(why) => Err(format!("withheld: {why}")),
                    None => heartbeat.beat().await,
                };
                let passed = beaten.map_or_else(Passed::Failed, |()| Passed::Taken);
                traffic.count(clock.wall(), begun.elapsed(), passed);
            }
            Ok::<(), Infallible>(())
        }
    });
    beats
}

impl Heart {
    /// Why it does not beat, if it does not; `turned` is how far the ward's loop was at the last look.
    fn stands_still(&self, turned: &mut u64) -> Option<String> {
        let turns = self.turns.load(Ordering::Relaxed);
        if std::mem::replace(turned, turns) == turns {
            return Some("the ward's loop stands still".to_owned());
        }
        if let Some(why) = &*self.store.borrow() {
            return Some(why.clone());
        }
        let sound = self.sound.borrow();
        if sound.state == State::Failed {
            return Some(sound.why.clone());
        }
        self.canary.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annunciator::Device;

    #[test]
    fn it_beats_only_while_loop_store_sound_and_canary_are_well() {
        let (store, of_store) = watch::channel(None);
        let (sound, of_sound) = watch::channel(Status::unknown(&Device::Off));
        let turns = Arc::new(AtomicU64::new(1));
        let (missed, canary) = watch::channel(None);
        let heart = Heart { turns: Arc::clone(&turns), store: of_store, sound: of_sound, canary };
        let mut turned = 0;
        let mut look = || {
            let why = heart.stands_still(&mut turned);
            turns.fetch_add(1, Ordering::Relaxed);
            why
        };
        assert!(look().unwrap().contains("is being opened"), "nobody knows yet whether it sounds");
        for state in [State::Ok, State::Off] {
            sound.send_modify(|status| status.state = state);
            assert_eq!(look(), None, "{state:?}");
        }
        store.send_replace(Some("the disk is full".to_owned()));
        assert_eq!(look().as_deref(), Some("the disk is full"));
        store.send_replace(None);
        missed.send_replace(Some("it did not come through".to_owned()));
        assert_eq!(look().as_deref(), Some("it did not come through"));
        missed.send_replace(None);
        assert_eq!(look(), None);
        turns.fetch_sub(1, Ordering::Relaxed);
        assert_eq!(look().as_deref(), Some("the ward's loop stands still"));
        assert_eq!(look(), None);
    }
}
