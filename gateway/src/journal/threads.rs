//! The journal's two threads, and their orderly end. They are threads and not tasks because both block on the
//! disk.

use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use super::job::Job;
use super::writer::Writer;
use super::{JournalError, backfill};

/// The writer and its pacemaker. When it is dropped, everything sent before is written and both have ended.
#[derive(Debug)]
pub(super) struct Threads {
    jobs: Sender<Job>,
    writer: Option<JoinHandle<()>>,
    /// Dropped to stop the backfill.
    stop: Option<Sender<()>>,
    backfill: Option<JoinHandle<()>>,
}

impl Threads {
    pub(super) fn start(store: &Path, writer: Writer) -> Result<Self, JournalError> {
        let (jobs, queue) = mpsc::channel();
        let (stop, stopped) = mpsc::channel();
        let mover = backfill::open(store)?;
        let pulse = jobs.clone();
        let spawned = |fault| JournalError::Unreachable { path: store.to_owned(), fault };
        let writing = thread::Builder::new().name("journal".to_owned());
        let writing = writing.spawn(move || writer.run(&queue)).map_err(spawned)?;
        let moving = thread::Builder::new().name("journal-backfill".to_owned());
        let moving = moving.spawn(move || backfill::run(&mover, &pulse, &stopped)).map_err(spawned)?;
        Ok(Self { jobs, writer: Some(writing), stop: Some(stop), backfill: Some(moving) })
    }

    /// Queues a job; gives it back when the writer has ended.
    pub(super) fn send(&self, job: Job) -> Result<(), Job> {
        self.jobs.send(job).map_err(|refused| refused.0)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.send(Job::Stop);
        for thread in [self.backfill.take(), self.writer.take()].into_iter().flatten() {
            if thread.join().is_err() {
                tracing::error!("a thread of the journal panicked; the log above says where");
            }
        }
    }
}
