//! Clients that were not let in: one alert for all of them, however often they try, until none has tried for
//! a while. Every try is counted and logged; the first of a series goes into the message log.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::event::{Arrival, Door, Event, Found, Outcome, Peer, Raw};
use crate::message::Marks;
use crate::strangers::of_devices;

/// For how long nobody must have been turned away before the alert ends.
const QUIET: Duration = Duration::from_mins(15);

/// Where a connection tells that it turned a client away.
#[derive(Clone, Debug)]
pub(super) struct Strangers(mpsc::Sender<String>);

impl Strangers {
    /// The end for connections, and the end for [`watch`]. One try that waits stands for all.
    pub(super) fn new() -> (Self, mpsc::Receiver<String>) {
        let (tell, told) = mpsc::channel(1);
        (Self(tell), told)
    }

    /// Tells that `client` was turned away.
    pub(super) fn tell(&self, client: &str) {
        tracing::warn!(client, "a client showed no or wrong credentials and was turned away");
        let _ = self.0.try_send(client.to_owned());
    }
}

/// Raises the alert at the first client that is turned away, and ends it after a quiet quarter of an hour.
pub(super) async fn watch(mut told: mpsc::Receiver<String>, door: &Door) {
    while let Some(client) = told.recv().await {
        let _ = door.hand_over(arrival(client, true)).await;
        while let Ok(Some(_)) = tokio::time::timeout(QUIET, told.recv()).await {}
        let _ = door.hand_over(arrival(String::new(), false)).await;
    }
    std::future::pending::<()>().await;
}

fn arrival(client: String, on: bool) -> Arrival {
    let text = if on {
        "a device shows no or wrong credentials at the MQTT port and is not heard: correct its certificate \
         or password, or find out who it is; the message log names it"
    } else {
        "no wrong credentials at the MQTT port for 15 minutes"
    };
    let found = Found { bed: None, what: of_devices(), on, text: text.to_owned() };
    let raw = on.then(|| Raw {
        kind: String::new(),
        control_id: String::new(),
        // What it sent holds what it tried as a password, and is not kept.
        bytes: Vec::new(),
        outcome: Outcome::Refused,
        reason: "the client is none that may use this port; further tries are only counted".to_owned(),
        marks: Marks::default(),
    });
    Arrival { peer: Peer { endpoint: "mqtt", name: client }, raw, events: vec![Event::Found(found)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Verdict;

    #[tokio::test(start_paused = true)]
    async fn many_tries_are_one_alert_and_it_ends_after_a_quiet_while() {
        let (strangers, told) = Strangers::new();
        let (door, mut knocks) = Door::new();
        let tries = async {
            for _ in 0..10 {
                strangers.tell("m1");
                tokio::time::sleep(Duration::from_mins(1)).await;
            }
            tokio::time::sleep(Duration::from_hours(1)).await;
        };
        let heard = async {
            let mut heard = Vec::new();
            while let Some(knock) = knocks.next().await {
                let [Event::Found(found)] = knock.arrival.events.as_slice() else { panic!("a finding") };
                heard.push((found.on, knock.arrival.raw.is_some()));
                let _ = knock.verdict.send(Verdict::Stored(vec![]));
                if heard.len() == 2 {
                    break;
                }
            }
            heard
        };
        let watching = watch(told, &door);
        let both = async { tokio::join!(tries, heard).1 };
        tokio::select! {
            () = watching => panic!("it watches for ever"),
            heard = both => assert_eq!(heard, [(true, true), (false, false)]),
        }
        assert!(knocks.at_hand().is_none());
    }
}
