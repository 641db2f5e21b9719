//! One connection to the broker, from CONNECT until it is lost.
//!
//! One future keeps the protocol going, another handles what it brings; so nothing interrupts the protocol,
//! and a ward that takes nothing in lets the broker wait.

use std::collections::VecDeque;
use std::sync::Arc;

use rumqttc::mqttbytes::Error as WireError;
use rumqttc::{
    AsyncClient, ConnectionError, Incoming, MqttOptions, Publish, PublishOptions, QoS, StateError,
    SubscribeFilter, SubscribeReasonCode,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::super::DevicePort;
use super::super::outward::{BedStates, Subscriptions};
use super::super::payload::{Fault, Received, Sender, take};
use super::super::session::{StateNow, Wanted};
use super::super::topic::alerts_topic;
use crate::clock::Stopwatch;
use crate::event::{Arrival, Outcome, Peer, Raw, Verdict};
use crate::message::Marks;
use crate::traffic::Line;

/// How many publications may wait for their verdict.
const IN_FLIGHT_MOST: usize = 64;

/// How many requests may wait to be written: acknowledgements, and the alert state of every bed.
const REQUESTS_MOST: usize = 1_024;

/// Why a connection ended.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) why: String,
    pub(super) was_connected: bool,
    /// Whether the broker's session holds something that can never be taken.
    pub(super) poisoned: bool,
}

/// A publication that waits for its verdict.
struct InFlight {
    publish: Publish,
    fault: Option<Fault>,
    verdict: oneshot::Receiver<Verdict>,
    came: Stopwatch,
}

/// What a connection tells: the broker the beds' state, and the hub that it stands.
pub(super) struct Told<'a> {
    pub(super) states: watch::Receiver<Arc<BedStates>>,
    pub(super) line: &'a watch::Sender<Line>,
}

/// One connection to the broker.
pub(super) struct Link<'a> {
    client: AsyncClient,
    port: &'a DevicePort,
    states: watch::Receiver<Arc<BedStates>>,
    line: &'a watch::Sender<Line>,
    in_flight: VecDeque<InFlight>,
    told: Subscriptions,
    connected: bool,
    /// Whether this connection only throws the broker's queue away.
    discards: bool,
}

/// Holds one connection until it is lost. What is in `back` is handed in as soon as the broker is reached.
pub(super) async fn hold(
    options: MqttOptions,
    port: &DevicePort,
    told: Told<'_>,
    back: &mut Option<Arrival>,
) -> Lost {
    let discards = options.clean_session();
    let built = AsyncClient::builder(options).capacity(REQUESTS_MOST).try_build();
    let (client, mut events) = match built {
        Ok(built) => built,
        Err(fault) => return Lost { why: fault.to_string(), was_connected: false, poisoned: false },
    };
    let (heard, mut incoming) = mpsc::channel(IN_FLIGHT_MOST);
    let protocol = async {
        loop {
            match events.poll().await {
                // It is only refused when the other side has ended, and then so do we.
                Ok(rumqttc::Event::Incoming(packet)) => drop(heard.send(packet).await),
                Ok(rumqttc::Event::Outgoing(_)) => {}
                Err(fault) => return fault,
            }
        }
    };
    let mut link = Link { discards, ..Link::new(client, port, told) };
    let (why, poisoned) = tokio::select! {
        fault = protocol => (fault.to_string(), is_too_large(&fault)),
        why = link.talk(&mut incoming, back) => (why, false),
    };
    Lost { why, was_connected: link.connected, poisoned }
}

impl<'a> Link<'a> {
    fn new(client: AsyncClient, port: &'a DevicePort, told: Told<'a>) -> Self {
        let Told { mut states, line } = told;
        let mut told = Subscriptions::default();
        let filter = alerts_topic(&port.ward, "+");
        told.add(&Wanted { filter, retain_as_published: true, state_now: StateNow::Never }, &port.ward);
        states.mark_changed();
        Self {
            client,
            port,
            states,
            line,
            in_flight: VecDeque::new(),
            told,
            connected: false,
            discards: false,
        }
    }

    /// Takes in what comes and acknowledges what is stored, until something is not; then says why.
    async fn talk(&mut self, incoming: &mut mpsc::Receiver<Incoming>, back: &mut Option<Arrival>) -> String {
        loop {
            let room = self.in_flight.len() < IN_FLIGHT_MOST;
            let done = tokio::select! {
                Some(packet) = incoming.recv(), if room => self.take(packet, back).await,
                verdict = first(&mut self.in_flight) => self.settle(verdict.as_ref()),
                Ok(()) = self.states.changed(), if self.connected => self.tell(),
                else => Err("the gateway is stopping".to_owned()),
            };
            if let Err(why) = done {
                return why;
            }
        }
    }

    async fn take(&mut self, packet: Incoming, back: &mut Option<Arrival>) -> Result<(), String> {
        match packet {
            Incoming::ConnAck(_) => {
                self.connected = true;
                self.line.send_replace(Line::Up);
                if self.discards {
                    return Err("the broker's queue for this gateway is discarded".to_owned());
                }
                if let Some(back) = back.take() {
                    self.knock(back).await?;
                }
                self.subscribe()
            }
            Incoming::SubAck(answer) => self.subscribed(&answer.return_codes),
            Incoming::Publish(publish) => self.publication(publish).await,
            _ => Ok(()),
        }
    }

    /// Our own topics, and those of the foreign programs that a profile describes.
    fn filters(&self) -> Vec<String> {
        let own = format!("wardlight/v1/{}/+/+/+", self.port.ward);
        std::iter::once(own).chain(self.port.site.profiles.filters()).collect()
    }

    fn subscribe(&self) -> Result<(), String> {
        let filters = self.filters().into_iter().map(|filter| SubscribeFilter::new(filter, QoS::AtLeastOnce));
        self.client.try_subscribe_many(filters).map_err(|fault| fault.to_string())
    }

    /// Our own topics must be granted; a broker that knows nothing of a foreign program may refuse its own.
    fn subscribed(&self, answers: &[SubscribeReasonCode]) -> Result<(), String> {
        let filters = self.filters();
        let refused = |answer: &SubscribeReasonCode| *answer == SubscribeReasonCode::Failure;
        for (filter, _) in filters.iter().zip(answers).filter(|(_, answer)| refused(answer)) {
            if filters.first() == Some(filter) {
                return Err(format!("the broker refuses the subscription to {filter}"));
            }
            tracing::info!(filter, "the broker refuses the topics of a foreign program");
        }
        Ok(())
    }

    async fn publication(&mut self, publish: Publish) -> Result<(), String> {
        self.port.counts.count(|counts| &counts.received);
        let topic = String::from_utf8_lossy(&publish.topic);
        let Received { arrival, fault } = if publish.retain {
            Received { arrival: not_live(&topic, &publish.payload), fault: None }
        } else {
            let ward = &self.port.ward;
            let arrived = self.port.clock.wall();
            let sender = Sender { endpoint: "broker", client: "", ward, arrived, rights: None };
            take(sender, &self.port.site, &topic, &publish.payload)
        };
        let came = Stopwatch::start();
        let verdict = self.knock(arrival).await?;
        self.in_flight.push_back(InFlight { publish, fault, verdict, came });
        Ok(())
    }

    async fn knock(&self, arrival: Arrival) -> Result<oneshot::Receiver<Verdict>, String> {
        self.port.door.knock(arrival).await.map_err(|_| "the gateway is stopping".to_owned())
    }

    /// Acknowledges the first in flight, or gives the connection up so that the broker sends it again.
    fn settle(&mut self, verdict: Option<&Verdict>) -> Result<(), String> {
        let Some(judged) = self.in_flight.pop_front() else { return Ok(()) };
        if let Some(Verdict::Stored(_)) = verdict {
            let at = self.port.clock.wall();
            self.port.counts.count_answered(judged.fault.is_some(), at, judged.came);
            return self.client.try_ack(&judged.publish).map_err(|fault| fault.to_string());
        }
        self.port.counts.count(|counts| &counts.not_now);
        if judged.publish.qos == QoS::AtMostOnce {
            return Ok(());
        }
        Err("what it sent could not be stored now; it will be sent again".to_owned())
    }

    /// Publishes the alert state of every bed that changed, retained.
    fn tell(&mut self) -> Result<(), String> {
        let now = Arc::clone(&self.states.borrow_and_update());
        for telling in self.told.news(&now) {
            let (topic, json) = (alerts_topic(&self.port.ward, &telling.bed), telling.json.as_bytes());
            let options = PublishOptions::at_least_once().retain(telling.retain);
            self.client.try_publish(topic, json, options).map_err(|fault| fault.to_string())?;
        }
        Ok(())
    }
}

/// The verdict of the first in flight; `None` where there will be none. Waits for ever when nothing is in
/// flight.
async fn first(in_flight: &mut VecDeque<InFlight>) -> Option<Verdict> {
    match in_flight.front_mut() {
        Some(first) => (&mut first.verdict).await.ok(),
        None => std::future::pending().await,
    }
}

/// What the broker had stored before we came: kept in the message log, and not live.
fn not_live(topic: &str, payload: &[u8]) -> Arrival {
    let raw = Raw {
        kind: topic.rsplit('/').next().unwrap_or_default().to_owned(),
        control_id: String::new(),
        bytes: payload.to_vec(),
        outcome: Outcome::NotNeeded,
        reason: "the broker had retained it from an earlier time; it is not live".to_owned(),
        marks: Marks::default(),
    };
    Arrival { peer: Peer { endpoint: "broker", name: String::new() }, raw: Some(raw), events: Vec::new() }
}

fn is_too_large(fault: &ConnectionError) -> bool {
    matches!(
        fault,
        ConnectionError::MqttState(StateError::Deserialization(WireError::PayloadSizeLimitExceeded(_)))
    )
}
