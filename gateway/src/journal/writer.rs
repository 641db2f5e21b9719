//! The one writer: drains its queue into one transaction, commits, and only then tells whoever waits.
//!
//! It decides nothing about the ward. When a commit fails, everybody in it is told *not now*, what is
//! essential is kept and written with the next commit, and `Told::health` says why until a commit succeeds
//! again. When the disk is full the ballast is thrown overboard and only what is essential is written, until
//! the ballast can be laid again.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::bound::{self, Squeezed};
use super::job::{Ask, Job, Told, Work};
use super::kept::Kept;
use super::reserve::Reserve;
use super::rows::Pen;
use super::sweep::{self, Swept};
use super::{Entry, JournalError, Record, aside, backfill};
use crate::clock::Wall;
use crate::event::Verdict;
use crate::linger;
use crate::message::Repeat;

/// How many entries share a commit at most.
const ENTRIES_MOST: usize = 1_000;

/// After how many records no further entry joins a commit, so that none waits for more than some milliseconds
/// of work.
const RECORDS_MOST: usize = 4_000;

/// What a commit writes beside the long columns: the page of each table and index that it touches.
const COMMIT_BYTES: usize = 24 * 1_024;

/// After how many bytes the WAL is looked at.
const LOOK_AFTER_BYTES: usize = 512 * 1_024;

/// What a sender is told when nothing was stored.
const NOT_STORED: &str = "the gateway cannot store it now; send it again";

/// What the ward's people are told while the ballast is overboard.
const DISK_FULL: &str = "the disk of store.path is full: free some space on it; alerts are still written, \
                         from the reserve, but readings and messages are refused";

/// How much is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Everything.
    Whole,
    /// What is essential: the disk is full, and the ballast is overboard.
    Essential,
}

impl Extent {
    fn takes(self, record: &Record) -> bool {
        self == Self::Whole || record.is_essential()
    }
}

/// What a committed transaction left to be told.
#[derive(Debug, Default)]
struct Committed {
    /// The answers to the asks among the jobs, in their order.
    answers: Vec<Result<(), JournalError>>,
    next_seq: i64,
    owes: bool,
    /// About how many bytes the WAL grew by.
    bytes: usize,
    /// The first copies of messages, with their rows.
    firsts: Vec<(Repeat, i64)>,
    /// The entries, by their place in the batch, that are second copies of what is not stored.
    orphans: Vec<usize>,
}

/// The writer's state.
#[derive(Debug)]
pub(super) struct Writer {
    store: PathBuf,
    connection: Connection,
    next_seq: i64,
    kept: Kept,
    extent: Extent,
    /// By about how many bytes the WAL grew since it was looked at.
    grown: usize,
    /// The ballast; `None` for the command line, which leaves it to the gateway.
    reserve: Option<Reserve>,
    told: Told,
}

impl Writer {
    pub(super) fn new(
        store: PathBuf,
        connection: Connection,
        next_seq: i64,
        reserve: Option<Reserve>,
        told: Told,
    ) -> Self {
        let (kept, extent) = (Kept::default(), Extent::Whole);
        let mut writer = Self { store, connection, next_seq, kept, extent, grown: 0, reserve, told };
        writer.lay_ballast();
        writer
    }

    /// Works until it is told to stop, or nobody is left who could tell it anything.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut lingers = false;
        while let Some(first) = next(jobs, lingers) {
            let (batch, last) = self.gather(first, jobs);
            lingers = linger::pays(batch.len(), batch.iter().any(Work::has_a_message));
            self.commit(batch);
            match last {
                Some(Job::Pulse { disk_is_full }) => self.pulse(disk_is_full),
                Some(Job::Sweep(now, waiting)) => {
                    let _ = waiting.send(self.sweep(now));
                }
                Some(Job::Squeeze(now, most, waiting)) => {
                    let _ = waiting.send(self.squeeze(now, most));
                }
                Some(Job::Stop) => return,
                Some(Job::Commit(_)) | None => {}
            }
        }
    }

    /// What has queued up behind `first` and may share its commit; and the job that does not, if one ended
    /// the gathering.
    fn gather(&self, first: Job, jobs: &Receiver<Job>) -> (Vec<Work>, Option<Job>) {
        let (mut batch, mut records, mut next) = (Vec::new(), 0, Some(first));
        while let Some(job) = next {
            let Job::Commit(work) = job else { return (batch, Some(job)) };
            records += match &work {
                Work::Entry(entry) => {
                    self.told.waiting.fetch_sub(1, Ordering::Relaxed);
                    entry.records.len()
                }
                Work::Ask(..) => 1,
            };
            batch.push(work);
            let room = batch.len() < ENTRIES_MOST && records < RECORDS_MOST;
            next = if room { jobs.try_recv().ok() } else { None };
        }
        (batch, None)
    }

    /// Commits a batch and tells everybody in it. When the disk turns out to be full, once more with what is
    /// essential; when one of them cannot be written for a reason of its own, each by itself, so that it
    /// harms no neighbour.
    fn commit(&mut self, batch: Vec<Work>) {
        if batch.is_empty() && self.kept.is_empty() && !self.told.is_failing() {
            return;
        }
        match self.write(&batch) {
            Ok(committed) => self.committed(batch, committed),
            Err(fault) if fault.is_full() && self.throw_ballast() => self.commit(batch),
            Err(fault) if batch.len() > 1 && !fault.is_of_the_machine() => {
                for work in batch {
                    self.commit(vec![work]);
                }
            }
            Err(fault) => self.refused(batch, &fault),
        }
    }

    /// One transaction: first what an earlier commit left, then the batch in its order.
    fn write(&self, batch: &[Work]) -> Result<Committed, JournalError> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut pen = Pen::new(&transaction, self.next_seq, &self.told.recent);
        let mut done = Committed::default();
        if self.told.is_failing() {
            // An empty transaction touches no disk, so it would prove nothing about the disk.
            transaction.execute("UPDATE sweep SET thinned_to = thinned_to", [])?;
        }
        for record in self.kept.records().chain(self.kept.note().iter()) {
            pen.write(record)?;
        }
        for (at, work) in batch.iter().enumerate() {
            match work {
                Work::Entry(entry) if is_orphan(entry, &pen) => done.orphans.push(at),
                Work::Entry(entry) => {
                    for record in entry.records.iter().filter(|record| self.extent.takes(record)) {
                        pen.write(record)?;
                    }
                }
                Work::Ask(ask, _) => {
                    done.owes |= matches!(ask, Ask::Settle(..) | Ask::Hasten(..) | Ask::Mend(..));
                    done.answers.push(ask.carry_out(&transaction)?);
                }
            }
        }
        done.owes |= pen.owes;
        done.bytes = COMMIT_BYTES + pen.bytes;
        (done.next_seq, done.firsts) = (pen.next_seq, pen.firsts);
        transaction.commit()?;
        Ok(done)
    }

    /// It is durable: now, and not before, everybody is told.
    fn committed(&mut self, batch: Vec<Work>, committed: Committed) {
        self.next_seq = committed.next_seq;
        self.kept.clear();
        if self.extent == Extent::Whole {
            self.told.health_is(None);
        }
        for (repeat, row) in committed.firsts {
            self.told.recent.keep(repeat, row);
        }
        let mut answers = committed.answers.into_iter();
        let (mut verdicts, mut written) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for (at, work) in batch.into_iter().enumerate() {
            match work {
                Work::Entry(Entry { records, then }) => {
                    let whole = records.iter().all(|record| self.extent.takes(record));
                    if !whole {
                        self.told.not_stored(&records);
                    }
                    let stored = whole && !committed.orphans.contains(&at);
                    verdicts.extend(then.map(|(waiting, verdict)| (waiting, verdict, stored)));
                    // Nobody waits until it is freed.
                    written.push(records);
                }
                Work::Ask(_, waiting) => {
                    let _ = waiting.send(answers.next().unwrap_or(Err(JournalError::Stopping)));
                }
            }
        }
        // The newest first: a sender waits for its oldest, and once it is woken finds all others told.
        for (waiting, verdict, stored) in verdicts.into_iter().rev() {
            let _ = waiting.send(if stored { verdict } else { Verdict::NotNow(NOT_STORED) });
        }
        if committed.owes {
            self.told.owed.send_modify(|commits| *commits += 1);
        }
        self.bound_the_wal(committed.bytes);
    }

    /// Keeps what waits in the WAL bounded. How much that is takes a tenth of a small commit's time to find
    /// out, so it is asked now and then.
    fn bound_the_wal(&mut self, grown: usize) {
        self.grown += grown;
        if self.grown < LOOK_AFTER_BYTES {
            return;
        }
        self.grown = 0;
        if backfill::bound(&self.connection).is_err_and(|fault| fault.is_full()) {
            self.throw_ballast();
        }
    }

    /// Tells everybody that nothing of it is stored. What is essential is kept, unless it is itself what
    /// cannot be written.
    fn refused(&mut self, batch: Vec<Work>, fault: &JournalError) {
        let keep = fault.is_of_the_machine();
        self.told.health_is(Some(self.explain(fault)));
        for work in batch {
            match work {
                Work::Entry(Entry { records, then }) => {
                    self.told.not_stored(&records);
                    if keep {
                        self.kept.keep(records);
                    }
                    if let Some((waiting, _)) = then {
                        let _ = waiting.send(Verdict::NotNow(NOT_STORED));
                    }
                }
                Work::Ask(_, waiting) => {
                    let _ = waiting.send(Err(JournalError::NotNow(fault.to_string())));
                }
            }
        }
    }

    /// A damaged file cannot be mended while it is in use: the mark makes the next start set it aside.
    fn explain(&self, fault: &JournalError) -> String {
        if fault.is_damage() {
            aside::mark_suspect(&self.store);
            format!("{fault}; restart the gateway, which sets the damaged file aside")
        } else if fault.is_full() {
            DISK_FULL.to_owned()
        } else {
            fault.to_string()
        }
    }

    /// Once a second: while something is wrong, tries whether it still is.
    fn pulse(&mut self, disk_is_full: bool) {
        if disk_is_full {
            self.throw_ballast();
        } else if self.extent == Extent::Essential {
            self.lay_ballast();
        }
        self.commit(Vec::new());
    }

    /// Lays the ballast if it is not there. Without it only what is essential is written.
    fn lay_ballast(&mut self) {
        let Some(reserve) = &self.reserve else { return };
        self.extent = match reserve.lay() {
            Ok(()) => Extent::Whole,
            Err(fault) => {
                tracing::warn!(%fault, "the ballast beside the store cannot be laid");
                self.told.health_is(Some(DISK_FULL.to_owned()));
                Extent::Essential
            }
        };
    }

    /// Throws the ballast overboard; says whether that makes another try worth while.
    fn throw_ballast(&mut self) -> bool {
        let Some(reserve) = &self.reserve else { return false };
        if self.extent == Extent::Essential {
            return false;
        }
        if let Err(fault) = reserve.release() {
            tracing::error!(%fault, "the ballast beside the store cannot be released");
        }
        self.extent = Extent::Essential;
        self.told.health_is(Some(DISK_FULL.to_owned()));
        true
    }

    /// One batch of the sweep, in a transaction of its own: no verdict waits for it.
    fn sweep(&self, now: Wall) -> Result<Swept, JournalError> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let swept = sweep::batch(&transaction, now)?;
        transaction.commit()?;
        Ok(swept)
    }

    /// One batch towards the store's bound, in a transaction of its own.
    fn squeeze(&self, now: Wall, most: u64) -> Result<Squeezed, JournalError> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let squeezed = bound::batch(&transaction, now, most)?;
        transaction.commit()?;
        Ok(squeezed)
    }
}

/// The next job; `None` once nobody is left who could ask for one.
fn next(jobs: &Receiver<Job>, lingers: bool) -> Option<Job> {
    let at_hand = if lingers { linger::for_more(|| jobs.try_recv().ok()) } else { None };
    at_hand.or_else(|| jobs.recv().ok())
}

/// Whether an entry is the second copy of a message whose first copy is not stored: its sender hears what the
/// first one's did, and sends again.
fn is_orphan(entry: &Entry, pen: &Pen<'_>) -> bool {
    entry.records.iter().filter_map(Record::again_of).any(|repeat| pen.first(repeat).is_none())
}

#[cfg(test)]
mod tests;
