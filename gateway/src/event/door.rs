//! The ward's door: whatever arrives is handed over here, and its verdict comes back when it is durable.
//!
//! It decides nothing and loses nothing; where too much waits, whoever knocks waits too.

use tokio::sync::{mpsc, oneshot};

use super::{Arrival, Verdict};
use crate::message::packed;

/// An arrival together with the place where its verdict is awaited.
#[derive(Debug)]
pub struct Knock {
    /// What arrived.
    pub arrival: Arrival,
    /// The bytes of the message as the store keeps them, where they could be made smaller.
    pub packed: Option<Vec<u8>>,
    /// Told when it is durable, or cannot be made so. Dropped only when the gateway stops.
    pub verdict: oneshot::Sender<Verdict>,
}

impl Knock {
    /// An arrival that is ready for the door, and the promise of its verdict.
    #[must_use]
    pub fn with(arrival: Arrival) -> (Self, oneshot::Receiver<Verdict>) {
        let (verdict, promise) = oneshot::channel();
        // Packed here, on the sender's own time: the ward's loop and the store's writer must not wait for it.
        let packed = arrival.raw.as_ref().and_then(|raw| packed(&raw.bytes));
        (Self { arrival, packed, verdict }, promise)
    }
}

/// The ward's door. Adapters hold a clone; the ward's loop holds the other end.
#[derive(Clone, Debug)]
pub struct Door {
    bursts: mpsc::Sender<Vec<Knock>>,
}

/// How many bursts may wait at the door. Beyond it senders wait, and acknowledgements with them.
const WAITING_MOST: usize = 1_024;

impl Door {
    /// A door, and its inner side.
    #[must_use]
    pub fn new() -> (Self, Knocks) {
        let (bursts, behind) = mpsc::channel(WAITING_MOST);
        (Self { bursts }, Knocks { bursts: behind, begun: Vec::new().into_iter() })
    }

    /// Hands something over and waits until it is durable. Cancel-safe only in that the arrival may already
    /// be taken.
    pub async fn hand_over(&self, arrival: Arrival) -> Verdict {
        match self.knock(arrival).await {
            Ok(verdict) => verdict.await.unwrap_or(Verdict::NotNow(STOPPING)),
            Err(refused) => refused,
        }
    }

    /// Hands something over in order and returns the promise of its verdict, so that a connection can keep
    /// several in flight while the commits are grouped.
    ///
    /// # Errors
    /// The verdict itself, when the gateway is stopping.
    pub async fn knock(&self, arrival: Arrival) -> Result<oneshot::Receiver<Verdict>, Verdict> {
        let (knock, promise) = Knock::with(arrival);
        self.knock_together(vec![knock]).await.map(|()| promise)
    }

    /// Hands something over where there is room at once, for whoever must not wait and can offer it again;
    /// whether it was taken.
    #[must_use]
    pub fn offer(&self, arrival: Arrival) -> bool {
        let (knock, _) = Knock::with(arrival);
        self.bursts.try_send(vec![knock]).is_ok()
    }

    /// Hands over, in order, what came at once: a sender that wakes the ward's loop for each of many small
    /// things changes places with it as often.
    ///
    /// # Errors
    /// The verdict on all of them, when the gateway is stopping.
    pub async fn knock_together(&self, burst: Vec<Knock>) -> Result<(), Verdict> {
        self.bursts.send(burst).await.map_err(|_| Verdict::NotNow(STOPPING))
    }
}

/// The inner side of the door.
#[derive(Debug)]
pub struct Knocks {
    bursts: mpsc::Receiver<Vec<Knock>>,
    /// The burst of which some were taken.
    begun: std::vec::IntoIter<Knock>,
}

impl Knocks {
    /// Waits for the next arrival; `None` once nobody is left who could knock. Nothing is lost when the
    /// future is dropped.
    pub async fn next(&mut self) -> Option<Knock> {
        loop {
            if let Some(knock) = self.begun.next() {
                return Some(knock);
            }
            self.begun = self.bursts.recv().await?.into_iter();
        }
    }

    /// The next arrival, where one waits already.
    pub fn at_hand(&mut self) -> Option<Knock> {
        self.is_one_at_hand();
        self.begun.next()
    }

    /// Whether an arrival waits already.
    pub fn is_one_at_hand(&mut self) -> bool {
        if self.begun.len() == 0
            && let Ok(burst) = self.bursts.try_recv()
        {
            self.begun = burst.into_iter();
        }
        self.begun.len() > 0
    }
}

const STOPPING: &str = "the gateway is stopping; send it again";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Peer;

    fn arrival(name: &str) -> Arrival {
        Arrival { peer: Peer { endpoint: "http", name: name.to_owned() }, raw: None, events: vec![] }
    }

    #[tokio::test]
    async fn a_ward_that_stops_answers_not_now() {
        let (door, behind) = Door::new();
        drop(behind);
        assert_eq!(door.hand_over(arrival("")).await, Verdict::NotNow(STOPPING));
    }

    #[tokio::test]
    async fn what_is_offered_waits_for_no_room() {
        let (door, behind) = Door::new();
        for _ in 0..WAITING_MOST {
            assert!(door.offer(arrival("")));
        }
        assert!(!door.offer(arrival("")));
        drop(behind);
    }

    #[tokio::test]
    async fn bursts_come_through_one_by_one_and_in_order() {
        let (door, mut behind) = Door::new();
        let burst = |names: &[&str]| names.iter().map(|name| Knock::with(arrival(name)).0).collect();
        door.knock_together(burst(&["1", "2"])).await.unwrap();
        door.knock_together(burst(&[])).await.unwrap();
        door.knock_together(burst(&["3"])).await.unwrap();
        let name = |knock: Option<Knock>| knock.map(|knock| knock.arrival.peer.name);
        assert_eq!(name(behind.next().await).as_deref(), Some("1"));
        assert_eq!(name(behind.at_hand()).as_deref(), Some("2"));
        assert_eq!(name(behind.next().await).as_deref(), Some("3"), "an empty burst is no end");
        assert_eq!(name(behind.at_hand()), None);
        assert!(!behind.is_one_at_hand());
        door.knock_together(burst(&["4"])).await.unwrap();
        assert!(behind.is_one_at_hand() && behind.is_one_at_hand(), "looking takes nothing");
        assert_eq!(name(behind.at_hand()).as_deref(), Some("4"));
        drop(door);
        assert_eq!(name(behind.next().await), None);
    }
}
