//! A destination with its figures: every try counted and timed on its way. It changes nothing of what is
//! sent.

use std::sync::Arc;

use rules::Span;

use crate::clock::{Clock, Stopwatch};
use crate::delivery::{Due, End, Outcome, Pace};
use crate::event::Stage;
use crate::message::Exchange;
use crate::owed::Destination;
use crate::traffic::{Passed, Traffic};

/// A destination and its figures.
pub(super) struct Measured<E> {
    pub(super) end: Arc<E>,
    pub(super) clock: Clock,
    pub(super) traffic: Arc<Traffic>,
}

impl<E: End> End for Measured<E> {
    fn destination(&self) -> Destination {
        self.end.destination()
    }

    fn abreast(&self) -> usize {
        self.end.abreast()
    }

    fn stage(&self) -> Stage {
        self.end.stage()
    }

    fn apart(&self) -> Span {
        self.end.apart()
    }

    fn pace(&self, due: &Due) -> Pace {
        self.end.pace(due)
    }

    async fn send(&self, due: &Due, with: &[Due], exchange: &mut Exchange) -> Outcome {
        let begun = Stopwatch::start();
        let outcome = self.end.send(due, with, exchange).await;
        self.traffic.count(self.clock.wall(), begun.elapsed(), passed(&outcome));
        outcome
    }
}

fn passed(outcome: &Outcome) -> Passed {
    match outcome {
        Outcome::Done { .. } => Passed::Taken,
        Outcome::Never { .. } | Outcome::Doubtful { .. } => Passed::Refused,
        Outcome::NotNow { why, .. } | Outcome::Closed { why } => Passed::Failed(why.clone()),
    }
}
