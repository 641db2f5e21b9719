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
use rumqttc::{Broker, MqttOptions, TlsConfiguration, Transport};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::DevicePort;
use super::outward::{BedStates, render};
use crate::event::{Arrival, Event, Found, Outcome, Peer, Raw, key_of};
use crate::message::Marks;
use crate::tls::Outward;
use crate::traffic::Line;
use link::{Lost, Told, hold};

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
    #[error("mqtt.broker is {0:?}; write it as mqtt://host:port or mqtts://host:port, without user or path")]
    Address(String),
    /// TLS is wanted, and whom to trust is not known.
    #[error("mqtt.broker is mqtts:// and mqtt.broker_tls names no issuer to trust")]
    NoIssuer,
}

/// How the broker is reached.
#[derive(Clone)]
pub struct Access {
    /// `mqtt://host:port` or `mqtts://host:port`.
    pub url: String,
    /// The TLS side, for `mqtts://`.
    pub tls: Option<Outward>,
    /// User and password, where it asks for them.
    pub login: Option<(String, String)>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Access").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Takes the ward's messages from a broker until `stop`, reconnecting with a growing pause, and tells in
/// `line` whether it is reached.
///
/// # Errors
/// When its address is none, or TLS is wanted without anybody to trust.
pub async fn run(
    access: Access,
    port: DevicePort,
    line: watch::Sender<Line>,
    stop: CancellationToken,
) -> Result<(), BrokerError> {
    let (host, number, secured) = address(&access.url)?;
    if secured && access.tls.is_none() {
        return Err(BrokerError::NoIssuer);
    }
    let broker = (host, number, secured);
    let (states, seen) = watch::channel(Arc::default());
    let (view, clock) = (port.view.clone(), port.clock.clone());
    let client = Client { port, states: seen, broker, access, line };
    tokio::select! {
        () = client.keep_connected(&stop) => Ok(()),
        () = render(view, &clock, states) => Ok(()),
        () = stop.cancelled() => Ok(()),
    }
}

/// Host and port of `mqtt://host[:port]` and `mqtts://host[:port]`, and whether it is the latter.
fn address(url: &str) -> Result<(String, u16, bool), BrokerError> {
    let fault = || BrokerError::Address(url.to_owned());
    let plain = url.strip_prefix("mqtt://").map(|rest| (rest, false, 1883));
    let secured = url.strip_prefix("mqtts://").map(|rest| (rest, true, 8883));
    let (rest, secured, usual) = plain.or(secured).ok_or_else(fault)?;
    let rest = rest.trim_end_matches('/');
    let (host, number) = match rest.rsplit_once(':') {
        Some((host, number)) if !host.ends_with(':') => (host, number.parse().map_err(|_| fault())?),
        _ => (rest, usual),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || host.contains(['/', '@', '?', '#']) {
        return Err(fault());
    }
    Ok((host.to_owned(), number, secured))
}

struct Client {
    port: DevicePort,
    states: watch::Receiver<Arc<BedStates>>,
    /// Host, port, and whether it speaks TLS.
    broker: (String, u16, bool),
    access: Access,
    line: watch::Sender<Line>,
}

impl Client {
    async fn keep_connected(&self, stop: &CancellationToken) {
        let (mut pause, mut back, mut fresh) = (PAUSE_LEAST, None, false);
        while !stop.is_cancelled() {
            let told = Told { states: self.states.clone(), line: &self.line };
            let lost = hold(self.options(fresh), &self.port, told, &mut back).await;
            self.line.send_replace(Line::Down(lost.why.clone()));
            tracing::warn!(broker = self.access.url, why = lost.why, "the connection to the broker was lost");
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
        let (host, number, secured) = &self.broker;
        let broker = Broker::tcp(host.as_str(), *number);
        let mut options = MqttOptions::new(format!("wardlight-{}", self.port.ward), broker);
        options
            .set_keep_alive(KEEP_ALIVE_S)
            .set_clean_session(fresh)
            .set_ack_mode(rumqttc::AckMode::Manual)
            .set_max_packet_size(PACKET_MOST, PACKET_MOST);
        if let Some(tls) = self.access.tls.as_ref().filter(|_| *secured) {
            options.set_transport(Transport::Tls(TlsConfiguration::Rustls(tls.config())));
        }
        if let Some((user, password)) = &self.access.login {
            options.set_credentials(user.as_str(), password.clone());
        }
        options
    }

    fn peer(&self) -> Peer {
        Peer { endpoint: "broker", name: self.access.url.clone() }
    }

    /// That the broker is away, or back.
    fn found(&self, on: bool) -> Arrival {
        let text = if on {
            "the MQTT broker cannot be reached: check it and the network to it; its devices are not heard"
        } else {
            "the MQTT broker is reached again"
        };
        let number =
            u32::try_from(key_of(&[b"broker", self.access.url.as_bytes()]).0 >> 32).unwrap_or_default();
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
        assert_eq!(address("mqtt://broker.ward"), Ok(("broker.ward".into(), 1883, false)));
        assert_eq!(address("mqtts://broker.ward"), Ok(("broker.ward".into(), 8883, true)));
        assert_eq!(address("mqtt://127.0.0.1:1884/"), Ok(("127.0.0.1".into(), 1884, false)));
        assert_eq!(address("mqtt://[::1]:1884"), Ok(("::1".into(), 1884, false)));
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
