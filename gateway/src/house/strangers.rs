//! The watch over those who are turned away: guessed PINs or badges, unknown tokens, forged webhooks. Of each
//! one alert, however often it is tried, until nobody has tried for a while; of forged webhooks also one row
//! of the message log. It names nobody, keeps nothing of what they sent, and lets nobody in.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};

use super::watch_over::{found, tell};
use crate::event::{Arrival, Door, Event, Outcome, Peer, Raw};
use crate::message::Marks;
use crate::strangers::{Heard, Tried};
use crate::tasks::Tasks;

/// For how long nobody must have been turned away before the alert ends.
const QUIET: Duration = Duration::from_mins(15);

/// Watches until the gateway stops.
pub(super) fn watch(tasks: &Tasks, door: &Door, heard: Heard) {
    for (tried, told) in heard {
        let (door, stop) = (door.clone(), tasks.stop().clone());
        let told = Arc::new(Mutex::new(told));
        tasks.supervise("watch over strangers", move || {
            let (door, told, stop) = (door.clone(), Arc::clone(&told), stop.clone());
            async move {
                stop.run_until_cancelled(follow(tried, &mut *told.lock().await, &door)).await;
                Ok::<(), Infallible>(())
            }
        });
    }
}

/// Raises the alert at the first who is turned away and ends it after a quiet quarter of an hour; one from
/// before the start ends so, too.
async fn follow(tried: Tried, told: &mut mpsc::Receiver<()>, door: &Door) {
    let mut last_said = None;
    loop {
        let next = if last_said == Some(false) {
            Ok(told.recv().await)
        } else {
            tokio::time::timeout(QUIET, told.recv()).await
        };
        let on = match next {
            Ok(Some(())) => true,
            Ok(None) => return,
            Err(_) => false,
        };
        if last_said.replace(on) != Some(on) {
            if on && tried == Tried::Webhook {
                keep_forged(door).await;
            }
            tell(door, finding(tried, on)).await;
        }
    }
}

/// Puts the first forged webhook of a series into the message log. Whoever finds the address can send one
/// after the other, and none of their bytes are worth the store's room.
async fn keep_forged(door: &Door) {
    let raw = Raw {
        kind: "webhook".to_owned(),
        control_id: String::new(),
        bytes: Vec::new(),
        outcome: Outcome::Refused,
        reason: "WhatsApp has not signed it; nothing of it was believed, and further ones are only counted"
            .to_owned(),
        marks: Marks::default(),
    };
    let peer = Peer { endpoint: "webhook", name: "webhook".to_owned() };
    let _ = door.knock(Arrival { peer, raw: Some(raw), events: Vec::new() }).await;
}

fn finding(tried: Tried, on: bool) -> Event {
    let (wrong, over) = match tried {
        Tried::Pins => (
            "wrong PINs or badges are tried again and again at the board: look who stands at the stations, \
             and call IT; whoever has forgotten theirs gets a new one (wardlight user)",
            "no wrong PINs or badges for 15 minutes",
        ),
        Tried::Token => (
            "a program shows a token that is not known here and is not heard: call IT to give it a new one \
             (wardlight token create), or to find out who it is",
            "no unknown token for 15 minutes",
        ),
        Tried::Webhook => (
            "a webhook came that WhatsApp has not signed; nothing of it was believed: call IT to compare the \
             app secret, or to find out who reaches this address",
            "no forged webhook for 15 minutes",
        ),
    };
    found(tried.alert(), on, if on { wrong } else { over }.to_owned())
}

#[cfg(test)]
mod tests {
    use rules::Technical;

    use super::*;
    use crate::event::{Found, Knocks};
    use crate::strangers::Strangers;

    /// What the ward was told since it was last asked: whether wrong.
    fn told(knocks: &mut Knocks) -> Vec<(Technical, bool)> {
        let events = std::iter::from_fn(|| knocks.at_hand()).flat_map(|knock| knock.arrival.events);
        let finding = |event| match event {
            Event::Found(Found { what, on, .. }) => (what, on),
            other => panic!("{other:?} is no finding"),
        };
        events.map(finding).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_series_of_forged_webhooks_one_is_in_the_log_and_nothing_that_it_sent() {
        let (strangers, [_, _, (webhook, mut of_webhooks)]) = Strangers::new();
        let (door, mut knocks) = Door::new();
        let tries = async {
            for _ in 0..20 {
                strangers.tell(Tried::Webhook);
                tokio::time::sleep(Duration::from_mins(1)).await;
            }
            std::iter::from_fn(|| knocks.at_hand()).filter_map(|knock| knock.arrival.raw).collect::<Vec<_>>()
        };
        let kept = tokio::select! {
            kept = tries => kept,
            () = follow(webhook, &mut of_webhooks, &door) => panic!("it watches on"),
        };
        let [row] = kept.as_slice() else { panic!("{kept:?}") };
        assert_eq!((row.kind.as_str(), row.outcome), ("webhook", Outcome::Refused));
        assert!(row.bytes.is_empty() && row.reason.contains("not signed"), "{}", row.reason);
    }

    #[tokio::test(start_paused = true)]
    async fn many_tries_are_one_alert_of_their_own_and_it_ends_after_a_quiet_while() {
        let (strangers, heard) = Strangers::new();
        let (door, mut knocks) = Door::new();
        let [(pins, mut of_pins), (_, mut of_tokens), _] = heard;
        let tries = async {
            for _ in 0..20 {
                strangers.tell(Tried::Pins);
                strangers.tell(Tried::Pins);
                tokio::time::sleep(Duration::from_mins(1)).await;
            }
            let during = told(&mut knocks);
            tokio::time::sleep(Duration::from_mins(13)).await;
            assert!(told(&mut knocks).is_empty(), "the last was 14 minutes ago");
            tokio::time::sleep(Duration::from_mins(2)).await;
            let after = told(&mut knocks);
            strangers.tell(Tried::Pins);
            tokio::time::sleep(Duration::from_secs(1)).await;
            (during, after, told(&mut knocks))
        };
        let (during, after, again) = tokio::select! {
            told = tries => told,
            () = follow(pins, &mut of_pins, &door) => panic!("it watches as long as anybody could tell"),
            () = follow(Tried::Token, &mut of_tokens, &door) => panic!("likewise"),
        };
        let of = |tried, on| match finding(tried, on) {
            Event::Found(found) => (found.what, found.on),
            other => panic!("{other:?} is no finding"),
        };
        assert_eq!(during, [of(Tried::Pins, true), of(Tried::Token, false)], "nobody showed a token");
        assert_eq!(after, [of(Tried::Pins, false)]);
        assert_eq!(again, [of(Tried::Pins, true)]);
    }
}
