//! The one door for spawning: every task has a name, is supervised, is restarted with a growing pause, and is
//! waited for at the end.
//!
//! A task is a factory of futures. One that ends with a fault is made anew; the fault is told to a listener,
//! which turns it into an event and hence into an alarm. A task that panics counts as one that failed.
//! Nothing here knows what the tasks do.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The first pause before a failed task is made anew; it doubles up to [`PAUSE_MOST`].
const PAUSE_LEAST: Duration = Duration::from_millis(200);

/// The longest pause before a failed task is made anew.
const PAUSE_MOST: Duration = Duration::from_secs(30);

/// How many faults may wait for the listener; beyond it they are logged alone.
const FAULTS_MOST: usize = 64;

/// A task fell over, or came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFault {
    /// Its name.
    pub task: &'static str,
    /// What it said; `None` when it runs again.
    pub fault: Option<String>,
}

/// All tasks of one gateway. Clones share them.
#[derive(Clone, Debug)]
pub struct Tasks {
    running: Arc<Mutex<JoinSet<()>>>,
    stop: CancellationToken,
    faults: mpsc::Sender<TaskFault>,
}

impl Tasks {
    /// No tasks yet, and the end where their faults are heard.
    #[must_use]
    pub fn new(stop: CancellationToken) -> (Self, mpsc::Receiver<TaskFault>) {
        let (faults, listener) = mpsc::channel(FAULTS_MOST);
        (Self { running: Arc::default(), stop, faults }, listener)
    }

    /// The token that tells every task to finish what it has and end.
    #[must_use]
    pub const fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Runs `make()` until the gateway stops, making it anew whenever it ends with a fault.
    ///
    /// A task that ends without a fault has done its work and is not made anew.
    pub fn supervise<F, E>(&self, name: &'static str, mut make: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let (stop, faults) = (self.stop.clone(), self.faults.clone());
        self.running.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
            let mut pause = PAUSE_LEAST;
            loop {
                let fault = match run_caught(make()).await {
                    Ok(()) => return,
                    Err(fault) => fault,
                };
                if stop.is_cancelled() {
                    return;
                }
                tracing::error!(task = name, fault, "a task fell over and is started again");
                let _ = faults.try_send(TaskFault { task: name, fault: Some(fault) });
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => return,
                }
                pause = (pause * 2).min(PAUSE_MOST);
                let _ = faults.try_send(TaskFault { task: name, fault: None });
            }
        });
    }

    /// Waits until every task has ended, at most for `patience`; then the rest are cut off.
    pub async fn drain(&self, patience: Duration) {
        let mut running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        let ended = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, ended).await.is_err() {
            tracing::warn!(cut_off = running.len(), "some tasks did not end in time");
            running.shutdown().await;
        }
    }
}

/// Runs one task to its end; a panic is a fault like any other.
async fn run_caught<E: std::fmt::Display>(
    task: impl Future<Output = Result<(), E>> + Send,
) -> Result<(), String> {
    use futures_util::FutureExt;
    match std::panic::AssertUnwindSafe(task).catch_unwind().await {
        Ok(ended) => ended.map_err(|fault| fault.to_string()),
        Err(_) => Err("panicked; the log above says where".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_failed_task_is_told_of_and_made_anew() {
        let (tasks, mut faults) = Tasks::new(CancellationToken::new());
        let tries = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&tries);
        tasks.supervise("fragile", move || {
            let tries = Arc::clone(&seen);
            async move {
                match tries.fetch_add(1, Ordering::Relaxed) {
                    0 => Err("no device"),
                    1 => panic!("worse"),
                    _ => Ok(()),
                }
            }
        });
        let told: Vec<_> =
            [faults.recv().await, faults.recv().await, faults.recv().await].into_iter().flatten().collect();
        assert_eq!(told[0].fault.as_deref(), Some("no device"));
        assert_eq!(told[1].fault, None);
        assert!(told[2].fault.as_deref().is_some_and(|fault| fault.contains("panicked")));
        tasks.drain(Duration::from_mins(1)).await;
        assert_eq!(tries.load(Ordering::Relaxed), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_will_not_end_is_cut_off() {
        let (tasks, _faults) = Tasks::new(CancellationToken::new());
        tasks.supervise("stubborn", std::future::pending::<Result<(), String>>);
        tasks.stop().cancel();
        tasks.drain(Duration::from_secs(2)).await;
    }
}
