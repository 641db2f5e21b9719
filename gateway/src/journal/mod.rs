//! What was received, what was decided, what is owed to whom: one SQLite file. It never judges.
//!
//! One thread writes: it drains its queue into one transaction, commits, and only then tells whoever waits. A
//! second thread moves committed pages from the WAL into the file, off the commit's path. Reads go their own
//! way on connections that cannot write. `decisions/0001-one-sqlite-file.md` says why it is so.
//!
//! Beside the store `<store>` stand `<store>-wal` and `<store>-shm` (SQLite's own), `<store>.ballast` (thrown
//! overboard when the disk is full), `<store>.lock` (held by the gateway that runs), after damage
//! `<store>.corrupt-<time>`, and between the finding of damage and the next start `<store>.suspect`; and, its
//! ending in the place of the store's, the secret that belongs to it.

mod accounts;
mod aside;
mod audit;
mod backfill;
mod body;
mod bound;
#[cfg(test)]
pub(crate) mod by_hand;
mod entry;
mod fault;
mod job;
mod kept;
mod lock;
mod log;
mod number;
mod outbox;
mod past;
mod raised;
mod read;
mod readings;
mod recent;
mod recover;
mod replay;
mod reserve;
mod rows;
#[cfg(test)]
pub(crate) mod samples;
mod schema;
mod secret;
mod stretch;
mod sweep;
#[cfg(test)]
mod tests;
mod threads;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{oneshot, watch};

use crate::clock::Wall;
use crate::message::Repeat;
use crate::owed::Destination;
use crate::record::{AlertChange, AlertRecord};
use rules::Moment;

pub use accounts::{Account, AccountRole, TokenRow};
pub use audit::{AuditCheck, AuditLink, AuditRow};
pub use bound::Squeezed;
pub use entry::{Entry, Record, Sent, Tag};
pub use fault::JournalError;
pub use log::{MessageQuery, MessageRow, MessageWhole};
pub use outbox::{DeliveryRow, DeliveryState, Due, LostAnswers, Queue, Settled, Wish};
pub use past::{Happened, Past};
pub use raised::{StoredAlarm, StoredAlarms};
pub use read::AlertQuery;
pub use readings::{Readings, StoredFrame};
pub use recover::{Checkpoint, OF_THE_POLICY, Recovered};
pub use replay::Replay;
pub use secret::secret;
pub use stretch::{PastAlert, Stretch};
pub use sweep::Swept;

use job::{Ask, Job, Work};
use read::Readers;
use recent::Recent;
use threads::Threads;

/// How many entries may wait for the writer. At the bound an entry is given back, and its sender is told *not
/// now*.
const WAITING_MOST: usize = 65_536;

/// The store. Clones share it; it is closed, and everything submitted is written, when the last of them goes.
#[derive(Clone, Debug)]
pub struct Journal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    threads: Threads,
    waiting: Arc<AtomicUsize>,
    health: watch::Receiver<Option<String>>,
    owed: watch::Receiver<u64>,
    readers: Arc<Readers>,
    recent: Recent,
    /// Held while the gateway runs, given back by the system however it ends.
    _lock: Option<File>,
}

/// A store, opened for the gateway, and where the ward was.
#[derive(Debug)]
pub struct Opening {
    /// The store.
    pub journal: Journal,
    /// Where the ward was.
    pub recovered: Recovered,
}

impl Journal {
    /// Opens or makes the store, for the one gateway that runs on it. A file that cannot be trusted is set
    /// aside and a fresh one begun; `recovered.set_aside` says so. `now` dates that, `tag` is the rules' and
    /// the policy's.
    ///
    /// # Errors
    /// When another gateway has the store, when the machine does not let us have the file, or when it cannot
    /// be durable.
    pub fn open(path: &Path, now: Wall, tag: &Tag) -> Result<Opening, JournalError> {
        let lock = lock::held(path)?;
        let opened = recover::open(path, now, tag)?;
        let reserve = reserve::Reserve::beside(path);
        let journal = Self::start(path, opened.connection, opened.next_seq, Some(reserve), Some(lock))?;
        Ok(Opening { journal, recovered: opened.recovered })
    }

    /// Opens or makes the store for a command, whether or not a gateway runs on it: for accounts, tokens,
    /// reads and audit rows. It sets nothing aside and recovers nothing; events belong to the gateway.
    ///
    /// # Errors
    /// When the file cannot be had, was written by a later version, or is damaged.
    pub fn attach(path: &Path) -> Result<Self, JournalError> {
        let mut connection = schema::open_to_write(path)?;
        schema::migrate(&mut connection)?;
        let next_seq = recover::last_seq(&connection)? + 1;
        Self::start(path, connection, next_seq, None, None)
    }

    fn start(
        path: &Path,
        connection: rusqlite::Connection,
        next_seq: i64,
        reserve: Option<reserve::Reserve>,
        lock: Option<File>,
    ) -> Result<Self, JournalError> {
        let (tell_health, health) = watch::channel(None);
        let (tell_owed, owed) = watch::channel(0);
        // Only the gateway judges, so only it must know what comes again.
        let recent = if reserve.is_some() { Recent::read(&connection) } else { Recent::new() };
        let waiting = Arc::new(AtomicUsize::new(0));
        let told = job::Told {
            health: tell_health,
            owed: tell_owed,
            waiting: Arc::clone(&waiting),
            recent: recent.clone(),
        };
        let writer = writer::Writer::new(path.to_owned(), connection, next_seq, reserve, told);
        let threads = Threads::start(path, writer)?;
        let readers = Arc::new(Readers::new(path.to_owned()));
        let shared = Shared { threads, waiting, health, owed, readers, recent, _lock: lock };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Queues an entry. Never blocks.
    ///
    /// # Errors
    /// Gives the entry back when the queue is full or the writer has ended.
    pub fn submit(&self, entry: Entry) -> Result<(), Entry> {
        let waiting = &self.shared.waiting;
        let room = |count| (count < WAITING_MOST).then_some(count + 1);
        if waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_err() {
            return Err(entry);
        }
        for repeat in entry.records.iter().filter_map(Record::first_of) {
            self.shared.recent.expect(repeat);
        }
        self.shared.threads.send(Job::Commit(Work::Entry(entry))).map_err(|job| match job {
            Job::Commit(Work::Entry(entry)) => entry,
            Job::Commit(Work::Ask(..))
            | Job::Sweep(..)
            | Job::Squeeze(..)
            | Job::Pulse { .. }
            | Job::Stop => Entry::default(),
        })
    }

    /// Whether a message came before and counts as the same: durable, or on its way. Never waits for the
    /// disk.
    #[must_use]
    pub fn has(&self, repeat: Repeat) -> bool {
        self.shared.recent.knows(repeat)
    }

    /// Changes after every commit that touched the outbox.
    #[must_use]
    pub fn owed_changed(&self) -> watch::Receiver<u64> {
        self.shared.owed.clone()
    }

    /// Why commits fail, for the person who can do something about it; `None` while they succeed.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Option<String>> {
        self.shared.health.clone()
    }

    /// Waits until everything submitted before was committed or refused.
    ///
    /// # Errors
    /// When commits fail.
    pub async fn flush(&self) -> Result<(), JournalError> {
        self.ask(Ask::Flush).await
    }

    /// Takes out one small batch of what is past its time; say `now` only when the wall clock can be trusted.
    /// To be called again at once while there is more, and now and then otherwise.
    ///
    /// # Errors
    /// When commits fail.
    pub async fn sweep(&self, now: Wall) -> Result<Swept, JournalError> {
        let (told, answer) = oneshot::channel();
        self.shared.threads.send(Job::Sweep(now, told)).map_err(|_| JournalError::Stopping)?;
        answer.await.map_err(|_| JournalError::Stopping)?
    }

    /// Says how many bytes the store holds, and takes out one small batch of what may go when that is more
    /// than `most`. To be called like [`Journal::sweep`].
    ///
    /// # Errors
    /// When commits fail.
    pub async fn squeeze(&self, now: Wall, most: u64) -> Result<Squeezed, JournalError> {
        let (told, answer) = oneshot::channel();
        let job = Job::Squeeze(now, most, told);
        self.shared.threads.send(job).map_err(|_| JournalError::Stopping)?;
        answer.await.map_err(|_| JournalError::Stopping)?
    }

    async fn ask(&self, ask: Ask) -> Result<(), JournalError> {
        let (told, answer) = oneshot::channel();
        self.shared.threads.send(Job::Commit(Work::Ask(ask, told))).map_err(|_| JournalError::Stopping)?;
        answer.await.map_err(|_| JournalError::Stopping)?
    }
}

/// Deliveries.
impl Journal {
    /// What may be tried now at a destination, oldest first: of each patient only the head of the line, and
    /// everything without a patient. A parcel that this version cannot read is parked, so that its line goes
    /// on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn due(&self, to: Destination, now: Moment, most: usize) -> Result<Vec<Due>, JournalError> {
        let found =
            self.shared.readers.read(move |connection| outbox::due(connection, to, now, most)).await?;
        let mut due = Vec::with_capacity(found.len());
        for row in found {
            match row {
                Ok(row) => due.push(row),
                Err(id) => {
                    tracing::error!(id, "a parcel cannot be read by this version and is parked");
                    let why = "this version cannot read it: start the version that wrote it".to_owned();
                    self.settle(id, Settled::Parked { why }, Wall::default()).await?;
                }
            }
        }
        Ok(due)
    }

    /// When the next delivery to a destination is due; `None` when nothing is owed there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next_due(&self, to: Destination) -> Result<Option<Moment>, JournalError> {
        self.shared.readers.read(move |connection| outbox::next_due(connection, to)).await
    }

    /// Writes down what became of a delivery. Settle it as [`Settled::Trying`] before a byte leaves.
    ///
    /// # Errors
    /// [`JournalError::NoLongerOwed`] when it was settled meanwhile: do not send it. Else when commits fail.
    pub async fn settle(&self, id: i64, how: Settled, at: Wall) -> Result<(), JournalError> {
        self.ask(Ask::Settle(id, how, at)).await
    }

    /// A destination is reached again: what was tried there in vain is due `now`.
    ///
    /// # Errors
    /// When commits fail.
    pub async fn hasten(&self, to: Destination, now: Moment) -> Result<(), JournalError> {
        self.ask(Ask::Hasten(to, now)).await
    }

    /// Does with a delivery what a person wants, `now`, and writes the audit's row in the same commit.
    ///
    /// # Errors
    /// [`JournalError::NoLongerOwed`] when it does not stand as that needs; else when commits fail.
    pub async fn mend(&self, id: i64, wish: Wish, now: Moment, audit: AuditRow) -> Result<(), JournalError> {
        self.ask(Ask::Mend(id, wish, now, Box::new(audit))).await
    }

    /// One delivery.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn delivery(&self, id: i64) -> Result<Option<DeliveryRow>, JournalError> {
        self.shared.readers.read(move |connection| outbox::delivery(connection, id)).await
    }

    /// Whether anything is parked at a destination.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn has_parked(&self, to: Destination) -> Result<bool, JournalError> {
        self.shared.readers.read(move |connection| outbox::has_parked(connection, to)).await
    }

    /// How much waits at each destination where anything does.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn queues(&self) -> Result<Vec<Queue>, JournalError> {
        self.shared.readers.read(outbox::queues).await
    }

    /// Deliveries for people, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn deliveries(
        &self,
        state: Option<DeliveryState>,
        most: usize,
    ) -> Result<Vec<DeliveryRow>, JournalError> {
        self.shared.readers.read(move |connection| outbox::deliveries(connection, state, most)).await
    }
}

/// Reads for the board and the command line.
impl Journal {
    /// Alerts, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn alerts(&self, query: AlertQuery) -> Result<Vec<AlertRecord>, JournalError> {
        self.shared.readers.read(move |connection| read::alerts(connection, &query)).await
    }

    /// One alert, open or over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn alert(&self, id: &str) -> Result<Option<AlertRecord>, JournalError> {
        let id = id.to_owned();
        self.shared.readers.read(move |connection| read::alert(connection, &id)).await
    }

    /// Everything that happened to one alert, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn changes(&self, alert: &str) -> Result<Vec<AlertChange>, JournalError> {
        let alert = alert.to_owned();
        self.shared.readers.read(move |connection| read::changes(connection, &alert)).await
    }

    /// The beds of which there are alerts; none for the ward itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn alert_beds(&self) -> Result<Vec<Option<String>>, JournalError> {
        self.shared.readers.read(stretch::beds).await
    }

    /// One page of the alerts of one bed that were raised in a stretch of time, with what happened to each.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn past_alerts(&self, stretch: Stretch) -> Result<Vec<PastAlert>, JournalError> {
        self.shared.readers.read(move |connection| stretch::page(connection, &stretch)).await
    }

    /// Messages, the newest first, without their bytes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn messages(&self, query: MessageQuery) -> Result<Vec<MessageRow>, JournalError> {
        self.shared.readers.read(move |connection| log::messages(connection, &query)).await
    }

    /// One message with its bytes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn message(&self, id: i64) -> Result<Option<MessageWhole>, JournalError> {
        self.shared.readers.read(move |connection| log::message(connection, id)).await
    }

    /// Stored frames that arrived between two times, both included, a page at a time; of one bed, or of all.
    #[must_use]
    pub fn readings(&self, bed: Option<&str>, from: Wall, to: Wall) -> Readings {
        Readings::new(Arc::clone(&self.shared.readers), bed, from, to)
    }

    /// What devices said of alarms of their own that arrived between two times, both included.
    #[must_use]
    pub fn alarms(&self, from: Wall, to: Wall) -> StoredAlarms {
        StoredAlarms::new(Arc::clone(&self.shared.readers), from, to)
    }

    /// Rows of the audit below `before`, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit(&self, before: Option<i64>, most: usize) -> Result<Vec<AuditRow>, JournalError> {
        Ok(self.audit_links(before, most).await?.into_iter().map(|link| link.row).collect())
    }

    /// The same rows, each with its sum.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit_links(
        &self,
        before: Option<i64>,
        most: usize,
    ) -> Result<Vec<AuditLink>, JournalError> {
        self.shared.readers.read(move |connection| audit::newest(connection, before, most)).await
    }

    /// The newest row of the audit that says just this.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_audited(&self, what: &str) -> Result<Option<AuditRow>, JournalError> {
        let what = what.to_owned();
        self.shared.readers.read(move |connection| audit::last_of(connection, &what)).await
    }

    /// Walks the whole audit and says whether it hangs together.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check_audit(&self) -> Result<AuditCheck, JournalError> {
        self.shared.readers.read(audit::check).await
    }
}
