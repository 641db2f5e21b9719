//! The acknowledging side of a conversation: verdicts are awaited in the order in which the publications
//! came, and only what is stored is acknowledged.

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::super::DevicePort;
use super::super::payload::Fault;
use super::super::session::Closing;
use super::Ending;
use super::line::Line;
use crate::clock::Stopwatch;
use crate::event::Verdict;

/// A publication that waits for its verdict.
pub(super) struct InFlight {
    /// Its packet id; none at QoS 0.
    pub(super) packet: Option<u16>,
    /// Why it is refused, if it is.
    pub(super) fault: Option<Fault>,
    pub(super) verdict: oneshot::Receiver<Verdict>,
    /// When it came.
    pub(super) came: Stopwatch,
    /// Its share of the listener's memory, given back with its verdict.
    pub(super) _budget: Option<OwnedSemaphorePermit>,
}

/// The acknowledging side of one conversation.
pub(super) struct Acknowledging<'a> {
    queue: mpsc::Receiver<InFlight>,
    /// The one whose verdict is awaited now; kept here so that waiting may be interrupted.
    front: Option<InFlight>,
    line: &'a Line,
    port: &'a DevicePort,
}

impl<'a> Acknowledging<'a> {
    pub(super) fn new(queue: mpsc::Receiver<InFlight>, line: &'a Line, port: &'a DevicePort) -> Self {
        Self { queue, front: None, line, port }
    }

    /// Acknowledges until something cannot be stored.
    pub(super) async fn run(&mut self) -> Ending {
        match self.acknowledge_all().await {
            Some(ending) => ending,
            // The reading side has ended, and says how.
            None => std::future::pending().await,
        }
    }

    /// Acknowledges what is already handed over, and nothing more.
    pub(super) async fn finish(&mut self) {
        self.queue.close();
        self.acknowledge_all().await;
    }

    async fn acknowledge_all(&mut self) -> Option<Ending> {
        loop {
            if self.front.is_none() {
                self.front = Some(self.queue.recv().await?);
            }
            let Some(front) = &mut self.front else { continue };
            let verdict = (&mut front.verdict).await;
            let Some(judged) = self.front.take() else { continue };
            if matches!(verdict, Ok(Verdict::Stored(_))) {
                self.stored(&judged);
                continue;
            }
            self.port.counts.count(|counts| &counts.not_now);
            // Nobody waits for an acknowledgement at QoS 0, so there is nothing to withhold.
            if judged.packet.is_some() {
                return Some(Ending::Closed(Closing::NotNow));
            }
        }
    }

    fn stored(&self, judged: &InFlight) {
        let fault = judged.fault.as_ref();
        self.port.counts.count_answered(fault.is_some(), self.port.clock.wall(), judged.came);
        if let Some(packet) = judged.packet {
            self.line.session().acknowledge(packet, fault);
            self.line.wake_writer();
        }
    }
}
