//! The client of a hospital's own broker: subscribes to the ward's topics with a session that outlives us,
//! acknowledges after the commit, and keeps the beds' alert state retained there.
//!
//! The guarantee is weaker than the listener's: what the broker acknowledged to a device and then lost never
//! reaches us. RETAIN marks what the broker had stored before we came; such a message is kept in the log and
//! is never live.

mod link;

use std::sync::Arc;
use std::time::Duration;

use rules::Technical;
use rumqttc::{Broker, MqttOptions};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::DevicePort;
use super::outward::{BedStates, render};
use crate::event::{Arrival, Event, Found, Outcome, Peer, Raw, key_of};
use crate::message::Marks;
use link::{Lost, hold};

/// The first pause before the broker is tried again; it doubles up to [`PAUSE_MOST`].
const PAUSE_LEAST: Duration = Duration::from_millis(500);

/// The longest pause before the broker is tried again.
const PAUSE_MOST: Duration = Duration::from_secs(30);

/// The largest packet that is read at all, in bytes. One above it would come again after every reconnection.
const PACKET_MOST: usize = 16 * 1_024 * 1_024;

/// How often the broker hears from us at least, in seconds.
const KEEP_ALIVE_S: u16 = 15;

/// Why there can be no connection at all.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BrokerError {
    /// The address is not one.
    #[error("mqtt.broker is {0:?}; write it as mqtt://host:port, without user or path")]
    Address(String),
}

/// Takes the ward's messages from the broker at `url` until `stop`, reconnecting with a growing pause.
///
/// # Errors
/// [`BrokerError::Address`] when `url` names no broker.
pub async fn run(url: &str, port: DevicePort, stop: CancellationToken) -> Result<(), BrokerError> {
    let (host, number) = address(url)?;
    let (states, seen) = watch::channel(Arc::default());
    let (view, clock) = (port.view.clone(), port.clock.clone());
    let client = Client { port, states: seen, host, number, url: url.to_owned() };
    tokio::select! {
        () = client.keep_connected(&stop) => Ok(()),
        () = render(view, &clock, states) => Ok(()),
        () = stop.cancelled() => Ok(()),
    }
}

/// Host and port of `mqtt://host[:port]`.
fn address(url: &str) -> Result<(String, u16), BrokerError> {
    let fault = || BrokerError::Address(url.to_owned());
    let rest = url.strip_prefix("mqtt://").ok_or_else(fault)?.trim_end_matches('/');
    let (host, number) = match rest.rsplit_once(':') {
        Some((host, number)) if !host.ends_with(':') => (host, number.parse().map_err(|_| fault())?),
        _ => (rest, 1883),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || host.contains(['/', '@', '?', '#']) {
        return Err(fault());
    }
    Ok((host.to_owned(), number))
}

struct Client {
    port: DevicePort,
    states: watch::Receiver<Arc<BedStates>>,
    host: String,
    number: u16,
    url: String,
}

impl Client {
    async fn keep_connected(&self, stop: &CancellationToken) {
        let (mut pause, mut back, mut fresh) = (PAUSE_LEAST, None, false);
        while !stop.is_cancelled() {
            let lost = hold(self.options(fresh), &self.port, self.states.clone(), &mut back).await;
            tracing::warn!(broker = self.url, why = lost.why, "the connection to the broker was lost");
            if lost.was_connected {
                pause = PAUSE_LEAST;
            }
            if back.is_none() && self.hand_in(self.found(true)).await {
                back = Some(self.found(false));
            }
            fresh = lost.poisoned;
            if fresh {
                self.hand_in(self.poisoned(&lost)).await;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MOST);
        }
    }

    /// The same client id every time, so that the broker knows the session again. `fresh` throws that session
    /// away.
    fn options(&self, fresh: bool) -> MqttOptions {
        let broker = Broker::tcp(self.host.as_str(), self.number);
        let mut options = MqttOptions::new(format!("wardlight-{}", self.port.ward), broker);
        options
            .set_keep_alive(KEEP_ALIVE_S)
            .set_clean_session(fresh)
            .set_ack_mode(rumqttc::AckMode::Manual)
            .set_max_packet_size(PACKET_MOST, PACKET_MOST);
        options
    }

    fn peer(&self) -> Peer {
        Peer { endpoint: "broker", name: self.url.clone() }
    }

    /// That the broker is away, or back.
    fn found(&self, on: bool) -> Arrival {
        let text = if on {
            "the MQTT broker cannot be reached: check it and the network to it; its devices are not heard"
        } else {
            "the MQTT broker is reached again"
        };
        let number = u32::try_from(key_of(&[b"broker", self.url.as_bytes()]).0 >> 32).unwrap_or_default();
        let what = Technical::Channel(number);
        let found = Found { bed: None, what, on, text: text.to_owned() };
        Arrival { peer: self.peer(), raw: None, events: vec![Event::Found(found)] }
    }

    /// That the broker's queue had to be thrown away, because a message in it can never be taken.
    fn poisoned(&self, lost: &Lost) -> Arrival {
        let reason = format!(
            "the broker holds a message that is too large to be read ({}); its queue for this gateway is \
             discarded",
            lost.why
        );
        let (kind, control_id) = (String::new(), String::new());
        let (bytes, marks) = (Vec::new(), Marks::default());
        let raw = Raw { kind, control_id, bytes, outcome: Outcome::Refused, reason, marks };
        Arrival { peer: self.peer(), raw: Some(raw), events: Vec::new() }
    }

    /// Hands something over; says whether it was taken.
    async fn hand_in(&self, arrival: Arrival) -> bool {
        self.port.door.knock(arrival).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        assert_eq!(address("mqtt://broker.ward"), Ok(("broker.ward".into(), 1883)));
        assert_eq!(address("mqtt://127.0.0.1:1884/"), Ok(("127.0.0.1".into(), 1884)));
        assert_eq!(address("mqtt://[::1]:1884"), Ok(("::1".into(), 1884)));
    }

    #[test]
    fn what_is_no_address_says_so() {
        for url in
            ["", "broker:1883", "http://broker", "mqtt://", "mqtt://a:b@c:1", "mqtt://a:99999", "mqtt://a/b"]
        {
            assert_eq!(address(url), Err(BrokerError::Address(url.into())), "{url}");
        }
    }
}
