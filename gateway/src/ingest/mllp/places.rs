//! The places of a listener: so many connections at once, and who gives way when all are taken.
//!
//! At the bound the newcomer gets the place of the connection that has been silent longest among those that
//! never sent a whole message: a scanner, or a device that connected twice, must not lock a laboratory out
//! for a day. A peer that has sent a message keeps its place however quiet the night is; when all have, the
//! newcomer waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// All places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    slots: Arc<Semaphore>,
    unproven: Mutex<Unproven>,
}

/// Those who have not sent a whole message.
#[derive(Debug, Default)]
struct Unproven {
    /// Counts what is heard of them: the order of their silence, without a clock.
    turn: u64,
    by_id: HashMap<u64, Silent>,
}

#[derive(Debug)]
struct Silent {
    last_heard: u64,
    leave: CancellationToken,
}

/// One connection's place. Dropping it frees it.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    is_proven: AtomicBool,
    leave: CancellationToken,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Places {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { slots: Arc::new(Semaphore::new(most)), unproven: Mutex::default() })
    }

    /// A place; where all are taken, one that somebody is asked to leave, or else the next that becomes free.
    pub(super) async fn take(self: &Arc<Self>) -> Place {
        let mut slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        if slot.is_none() {
            self.ask_one_to_leave();
            // The semaphore is never closed.
            slot = Arc::clone(&self.slots).acquire_owned().await.ok();
        }
        let leave = CancellationToken::new();
        let mut unproven = self.lock();
        unproven.turn += 1;
        let id = unproven.turn;
        unproven.by_id.insert(id, Silent { last_heard: id, leave: leave.clone() });
        drop(unproven);
        Place { places: Arc::clone(self), id, is_proven: AtomicBool::new(false), leave, _slot: slot }
    }

    fn ask_one_to_leave(&self) {
        let mut unproven = self.lock();
        let longest = unproven.by_id.iter().min_by_key(|(_, silent)| silent.last_heard).map(|(id, _)| *id);
        if let Some(silent) = longest.and_then(|id| unproven.by_id.remove(&id)) {
            tracing::warn!("MLLP: every place is taken; the one that was silent longest is closed");
            silent.leave.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Unproven> {
        self.unproven.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Something was heard of it.
    pub(super) fn heard(&self) {
        if self.is_proven.load(Ordering::Relaxed) {
            return;
        }
        let mut unproven = self.places.lock();
        unproven.turn += 1;
        let turn = unproven.turn;
        if let Some(silent) = unproven.by_id.get_mut(&self.id) {
            silent.last_heard = turn;
        }
    }

    /// It sent a whole message, and keeps its place.
    pub(super) fn prove(&self) {
        if !self.is_proven.swap(true, Ordering::Relaxed) {
            self.places.lock().by_id.remove(&self.id);
        }
    }

    /// Told when it must leave.
    pub(super) fn leave(&self) -> CancellationToken {
        self.leave.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().by_id.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_one_that_was_silent_longest_gives_way_and_a_proven_one_never_does() {
        let places = Places::new(3);
        let (proven, chatty, silent) = (places.take().await, places.take().await, places.take().await);
        proven.prove();
        silent.heard();
        chatty.heard();
        places.ask_one_to_leave();
        assert!(silent.leave().is_cancelled() && !chatty.leave().is_cancelled());
        places.ask_one_to_leave();
        assert!(chatty.leave().is_cancelled());
        places.ask_one_to_leave();
        assert!(!proven.leave().is_cancelled());
    }

    #[tokio::test]
    async fn a_newcomer_takes_the_place_that_is_left() {
        let places = Places::new(1);
        let first = places.take().await;
        let (leave, newcomer) = (first.leave(), places.take());
        let gives_way = async move {
            leave.cancelled().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(newcomer, gives_way);
        assert!(!second.leave().is_cancelled());
        assert_eq!(places.lock().by_id.len(), 1);
    }
}
