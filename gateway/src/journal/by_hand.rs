//! The outbox without the store's threads, for tests whose time is their own: a real store that answers at
//! once.

use std::sync::{Arc, Mutex};

use rules::{AlertId, Moment};
use rusqlite::Connection;
use tokio::sync::watch;

use super::{Due, JournalError, Settled, outbox, samples};
use crate::clock::Wall;
use crate::owed::{Destination, Owed};

/// An outbox; clones are the same one. What is in it outlives whoever sends.
#[derive(Clone)]
pub(crate) struct ByHand {
    store: Arc<Mutex<Connection>>,
    changed: watch::Sender<u64>,
}

impl ByHand {
    pub(crate) fn new() -> Self {
        Self { store: Arc::new(Mutex::new(samples::memory())), changed: watch::Sender::new(0) }
    }

    pub(crate) fn owe(&self, owed: &Owed) {
        outbox::owe(&self.store.lock().unwrap(), owed).unwrap();
        self.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn call_off(&self, alert: AlertId, at: Wall) {
        outbox::call_off(&self.store.lock().unwrap(), alert, at).unwrap();
        self.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn due(&self, to: Destination, now: Moment, most: usize) -> Result<Vec<Due>, JournalError> {
        Ok(outbox::due(&self.store.lock().unwrap(), to, now, most)?.into_iter().map(Result::unwrap).collect())
    }

    pub(crate) fn next_due(&self, to: Destination) -> Result<Option<Moment>, JournalError> {
        outbox::next_due(&self.store.lock().unwrap(), to)
    }

    pub(crate) fn settle(&self, id: i64, how: &Settled, at: Wall) -> Result<bool, JournalError> {
        let settled = outbox::settle(&self.store.lock().unwrap(), id, how, at);
        self.changed.send_modify(|count| *count += 1);
        match settled {
            Ok(()) => Ok(true),
            Err(JournalError::NoLongerOwed(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    pub(crate) fn hasten(&self, to: Destination, now: Moment) -> Result<(), JournalError> {
        outbox::hasten(&self.store.lock().unwrap(), to, now)?;
        self.changed.send_modify(|count| *count += 1);
        Ok(())
    }

    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The keys of what is under way: a crash now leaves them in doubt.
    pub(crate) fn under_way(&self) -> Vec<String> {
        let store = self.store.lock().unwrap();
        let mut statement = store.prepare("SELECT key FROM outbox WHERE trying ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}
