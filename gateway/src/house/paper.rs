//! The store as the ward's loop and the couriers know it. It keeps nothing and decides nothing itself.

use rules::Moment;
use tokio::sync::watch;

use crate::clock::Wall;
use crate::delivery::{Due, Outbox, Settled};
use crate::journal::{Entry, Journal, JournalError, Record, Sent};
use crate::message::Repeat;
use crate::owed::Destination;
use crate::ward::driver::Paper;

impl Paper for Journal {
    fn submit(&self, entry: Entry) -> Result<(), Entry> {
        Self::submit(self, entry)
    }

    fn has(&self, repeat: Repeat) -> bool {
        Self::has(self, repeat)
    }
}

impl Outbox for Journal {
    type Error = JournalError;

    async fn due(&self, to: Destination, now: Moment, most: usize) -> Result<Vec<Due>, JournalError> {
        Self::due(self, to, now, most).await
    }

    async fn next_due(&self, to: Destination) -> Result<Option<Moment>, JournalError> {
        Self::next_due(self, to).await
    }

    async fn settle(&self, id: i64, how: Settled, at: Wall) -> Result<bool, JournalError> {
        match Self::settle(self, id, how, at).await {
            Err(JournalError::NoLongerOwed(_)) => Ok(false),
            settled => settled.map(|()| true),
        }
    }

    async fn hasten(&self, to: Destination, now: Moment) -> Result<(), JournalError> {
        Self::hasten(self, to, now).await
    }

    fn keep(&self, sent: Sent) {
        let records = vec![Record::Sent(Box::new(sent))];
        if self.submit(Entry { records, then: None }).is_err() {
            tracing::warn!("the store's queue is full: what was sent is not in the message log");
        }
    }

    fn owed_changed(&self) -> watch::Receiver<u64> {
        Self::owed_changed(self)
    }
}
