//! One connection of the device listener, from CONNECT to its end.
//!
//! Four things go on at once in one task: reading, acknowledging, writing and telling. The first to end
//! decides how the connection ends. Back-pressure is reading no further: a client whose publications wait for
//! their verdict is left waiting, and its keep-alive clock stands still meanwhile.

mod acknowledging;
mod line;
mod listening;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::DevicePort;
use super::identity::{Admission, Rights};
use super::outward::BedStates;
use super::payload::{Sender, take};
use super::registry::{KEEP_MOST_S, Registry, Seat};
use super::session::{Closing, Heard, Hello, IN_FLIGHT_MOST, Welcome, Will};
use super::strangers::Strangers;
use super::topic::alerts_topic;
use crate::event::{Arrival, Outcome, Peer, Raw};
use crate::message::Marks;
use crate::tls::{Speech, Wanted};
use acknowledging::Acknowledging;
use line::{Line, Reading, Writing};
use listening::Listening;

/// How long a client may take from connecting to being let in.
const HELLO_PATIENCE: Duration = Duration::from_secs(10);

/// How long the last words to a client, or of a client to the ward, may take.
const LAST_WORDS_PATIENCE: Duration = Duration::from_secs(2);

/// The longest client id.
const CLIENT_ID_MOST: usize = 128;

/// What all connections of one listener share.
#[derive(Debug)]
pub(super) struct House {
    pub(super) port: DevicePort,
    pub(super) admission: Admission,
    pub(super) strangers: Strangers,
    pub(super) registry: Arc<Registry>,
    pub(super) states: watch::Receiver<Arc<BedStates>>,
    /// How many bytes of publications may wait for their verdict, over all connections.
    pub(super) budget: Arc<Semaphore>,
}

/// How a connection ends.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    /// The client said so.
    Goodbye { with_will: bool },
    /// The network, or the client, died.
    Lost(String),
    /// The client broke the protocol; kept for a person to look at.
    Broken { why: String, seen: Vec<u8>, closing: Option<Closing> },
    /// We end it.
    Closed(Closing),
}

impl Ending {
    const fn closing(&self) -> Option<Closing> {
        match self {
            Self::Closed(closing) => Some(*closing),
            Self::Broken { closing, .. } => *closing,
            Self::Goodbye { .. } | Self::Lost(_) => None,
        }
    }

    /// Whether the last will is published.
    ///
    /// A client that is taken over has just proved that it lives, and one that we send away for our own
    /// reasons has not died either; if it never comes back, its silence is noticed.
    const fn publishes_will(&self) -> bool {
        match self {
            Self::Goodbye { with_will } => *with_will,
            Self::Lost(_) | Self::Broken { .. } | Self::Closed(Closing::Silent) => true,
            Self::Closed(_) => false,
        }
    }
}

/// Serves one connection until it ends. `certificate` is the common name by which TLS let it in.
pub(super) async fn converse<S>(
    socket: S,
    certificate: Option<String>,
    house: Arc<House>,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Send,
{
    let _counted = house.port.counts.connect();
    let (read, write) = tokio::io::split(socket);
    let (line, mut reading, mut writing) = (Line::new(), Reading::new(read), Writing::new(write));
    let hello = tokio::select! {
        hello = greet(&house, &mut reading, &line) => hello,
        () = stop.cancelled() => return,
    };
    let ending = match hello {
        Some(hello) => {
            let conversation = Conversation::new(hello, &house, &line);
            conversation.enter(certificate.as_deref(), &mut reading, &mut writing, &stop).await
        }
        None => None,
    };
    if let Some(closing) = ending.and_then(|ending| ending.closing()) {
        line.session().close(closing);
    }
    let _ = tokio::time::timeout(LAST_WORDS_PATIENCE, writing.finish(&line)).await;
}

/// Waits for CONNECT. What comes in its place is recorded, by the name of its protocol where it has one.
async fn greet<R: AsyncRead + Unpin>(house: &House, reading: &mut Reading<R>, line: &Line) -> Option<Hello> {
    let first = async {
        reading.first().await?;
        match Speech::of(reading.seen()).and_then(|speech| speech.at_the_wrong_port(Wanted::PlainMqtt)) {
            Some(wrong) => Ok(Err(wrong.to_owned())),
            None => match reading.next(line).await? {
                Heard::Broken(fault) => Ok(Err(format!("its first packet is no CONNECT: {fault}"))),
                heard => Ok(Ok(heard)),
            },
        }
    };
    let greeted: Result<Result<Result<Heard, String>, String>, _> =
        tokio::time::timeout(HELLO_PATIENCE, first).await;
    match greeted {
        Ok(Ok(Ok(Heard::Hello(hello)))) => return Some(hello),
        Ok(Ok(Ok(_))) => {}
        Ok(Ok(Err(wrong))) => broken(house, "", wrong, reading.seen()).await,
        Ok(Err(why)) => tracing::debug!(why, "a connection ended before its CONNECT"),
        Err(_) if reading.seen().is_empty() => {
            tracing::warn!("a connection said nothing within 10 s and was closed");
        }
        Err(_) => broken(house, "", "it sent no CONNECT within 10 s".to_owned(), reading.seen()).await,
    }
    None
}

/// A client that said who it is.
struct Conversation<'a> {
    house: &'a House,
    line: &'a Line,
    client: String,
    hello: Hello,
    assigned: bool,
    /// What it may do; `None` for everything.
    rights: Option<Rights>,
}

impl<'a> Conversation<'a> {
    fn new(mut hello: Hello, house: &'a House, line: &'a Line) -> Self {
        let assigned = hello.client.is_empty();
        if assigned {
            hello.client = house.registry.assign(house.port.clock.now());
        }
        Self { house, line, client: hello.client.clone(), hello, assigned, rights: None }
    }

    /// Lets the client in if it may come, and holds the conversation.
    async fn enter<R, W>(
        mut self,
        certificate: Option<&str>,
        reading: &mut Reading<R>,
        writing: &mut Writing<W>,
        stop: &CancellationToken,
    ) -> Option<Ending>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let login = std::mem::take(&mut self.hello.login);
        match self.house.admission.judge(certificate, login).await {
            Ok(None) => self.hold(reading, writing, stop).await,
            Ok(Some(rights)) => {
                self.hello.client = rights.seat(&self.client);
                self.rights = Some(rights);
                self.hold(reading, writing, stop).await
            }
            Err(why) => {
                self.house.port.counts.count(|counts| &counts.refused);
                self.house.strangers.tell(&self.client);
                self.line.session().refuse_entry(why);
                None
            }
        }
    }

    /// Holds the conversation, and does what is to be done at its end.
    async fn hold<R, W>(
        mut self,
        reading: &mut Reading<R>,
        writing: &mut Writing<W>,
        stop: &CancellationToken,
    ) -> Option<Ending>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        // 3.1.1 lets a client without an id ask for a session that could never be found again.
        let unnamed = self.assigned && !self.hello.clean && !self.line.session().can_assign();
        if unnamed || self.client.len() > CLIENT_ID_MOST {
            self.line.session().refuse_client();
            return None;
        }
        let (seat, session_present) = self.house.registry.enter(&self.hello, self.house.port.clock.now());
        self.welcome(session_present);
        let will = self.hello.will.take();
        let ending = self.talk(&seat, reading, writing, stop).await;
        tracing::info!(client = self.client, ?ending, "a device's connection ended");
        if let Some(will) = will.filter(|_| ending.publishes_will() && !seat.is_taken_over()) {
            self.publish_will(&will).await;
        }
        if let Ending::Broken { why, seen, .. } = &ending {
            broken(self.house, &self.client, why.clone(), seen).await;
        }
        seat.leave(self.house.port.clock.now());
        Some(ending)
    }

    fn welcome(&self, session_present: bool) {
        let capped = self.hello.keep_session_s > KEEP_MOST_S;
        self.line.session().welcome(&Welcome {
            session_present,
            assigned: self.assigned.then(|| self.client.clone()),
            keep_session_s: capped.then_some(KEEP_MOST_S),
        });
        self.line.wake_writer();
    }

    async fn talk<R, W>(
        &self,
        seat: &Seat,
        reading: &mut Reading<R>,
        writing: &mut Writing<W>,
        stop: &CancellationToken,
    ) -> Ending
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        // One more is in the hands of whoever awaits its verdict.
        let (queue, in_flight) = mpsc::channel(usize::from(IN_FLIGHT_MOST) - 1);
        let mut acknowledging = Acknowledging::new(in_flight, self.line, &self.house.port);
        let (client, rights) = (self.client.as_str(), self.rights.as_ref());
        let listening = Listening { house: self.house, line: self.line, seat, client, rights, queue };
        let ending = tokio::select! {
            ending = listening.run(reading, self.hello.keep_alive_s) => ending,
            ending = acknowledging.run() => ending,
            why = writing.run(self.line) => Ending::Lost(why),
            () = self.tell_news(seat) => Ending::Closed(Closing::Stopping),
            () = seat.taken_over() => Ending::Closed(Closing::TakenOver),
            () = stop.cancelled() => Ending::Closed(Closing::Stopping),
        };
        if ending == Ending::Closed(Closing::Stopping) {
            // What is already handed over may still be acknowledged, so that it is not sent twice.
            let _ = tokio::time::timeout(LAST_WORDS_PATIENCE, acknowledging.finish()).await;
        }
        ending
    }

    /// Tells a subscriber every change of the beds it subscribed to. Ends when the listener does.
    async fn tell_news(&self, seat: &Seat) {
        let mut states = self.house.states.clone();
        states.mark_changed();
        while states.changed().await.is_ok() {
            self.line.has_room().await;
            let now = Arc::clone(&states.borrow_and_update());
            let news = seat.subscriptions().news(&now);
            for telling in &news {
                let topic = alerts_topic(&self.house.port.ward, &telling.bed);
                self.line.session().tell(&topic, telling.json.as_bytes(), telling.retain);
            }
            self.line.wake_writer();
        }
    }

    /// Hands the last will over like anything else that was published. Nobody waits for its verdict: the
    /// client is gone, and if it cannot be stored the ward has already heard it.
    async fn publish_will(&self, will: &Will) {
        let counts = &self.house.port.counts;
        counts.count(|counts| &counts.received);
        let from = sender(self.house, &self.client, self.rights.as_ref());
        let received = take(from, &self.house.port.site, &will.topic, &will.payload);
        counts.count_stored(received.fault.is_some());
        hand_in(self.house, received.arrival).await;
    }
}

/// Who publishes, when it comes now.
fn sender<'a>(house: &'a House, client: &'a str, rights: Option<&'a Rights>) -> Sender<'a> {
    Sender { endpoint: "mqtt", client, ward: &house.port.ward, arrived: house.port.clock.wall(), rights }
}

/// Records that a client broke the protocol.
pub(super) async fn broken(house: &House, client: &str, why: String, seen: &[u8]) {
    tracing::warn!(client, why, "a connection broke the protocol");
    house.port.counts.count(|counts| &counts.refused);
    let raw = Raw {
        kind: String::new(),
        control_id: String::new(),
        bytes: seen.to_vec(),
        outcome: Outcome::Refused,
        reason: format!("the connection was closed: {why}"),
        marks: Marks::default(),
    };
    let peer = Peer { endpoint: "mqtt", name: client.to_owned() };
    hand_in(house, Arrival { peer, raw: Some(raw), events: Vec::new() }).await;
}

/// Hands something to the ward that nobody waits for.
async fn hand_in(house: &House, arrival: Arrival) {
    if tokio::time::timeout(LAST_WORDS_PATIENCE, house.port.door.knock(arrival)).await.is_err() {
        tracing::error!("the ward takes nothing in; the end of a connection is not recorded");
    }
}

#[cfg(test)]
mod tests;
