//! What a site tells nobody by itself, and is asked for every while. It decides nothing of what was found.

use std::convert::Infallible;
use std::sync::Arc;

use rules::Span;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::delivery::Outcome;
use crate::event::{Arrival, Door, Event, Peer};

/// How often it is asked for.
const LOOK_EVERY: Span = Span::seconds(15);

/// Something at the site that changes without a word.
pub trait Look: Send + Sync {
    /// The time.
    fn clock(&self) -> &Clock;

    /// Asks for it; what is new comes back for the ward.
    ///
    /// # Errors
    /// What the site answered in place of it.
    fn look(&self) -> impl Future<Output = Result<Vec<Event>, Outcome>> + Send;
}

/// Looks every while and tells the ward, until `stop`.
///
/// # Errors
/// None; a site that does not answer is asked again. That it is away its channel says; that it lets this
/// account write and not ask, the log alone.
pub async fn follow(at: Arc<impl Look>, door: Door, stop: CancellationToken) -> Result<(), Infallible> {
    let mut said = false;
    loop {
        let again = at.clock().now() + LOOK_EVERY;
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = at.clock().sleep_until(again) => {}
        }
        // Nothing has been handed over yet, so a stop loses nothing.
        let Some(looked) = stop.run_until_cancelled(at.look()).await else { return Ok(()) };
        match looked {
            Ok(events) => {
                said = false;
                tell(&door, events).await;
            }
            Err(outcome) => {
                if !said {
                    tracing::warn!(why = outcome.why(), "what the HIS tells nobody cannot be asked for");
                }
                said = true;
            }
        }
    }
}

/// What the ward does not take is found again with the next look.
async fn tell(door: &Door, events: Vec<Event>) {
    if !events.is_empty() {
        let peer = Peer { endpoint: "gateway", name: "delivery".to_owned() };
        door.hand_over(Arrival { peer, raw: None, events }).await;
    }
}
