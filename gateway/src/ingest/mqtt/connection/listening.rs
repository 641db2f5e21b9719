//! The reading side of a conversation: what the client says becomes arrivals, in order, and waits for its
//! verdict.

use std::sync::Arc;
use std::time::Duration;

use mqtt_protocol_core::mqtt::packet::Qos;
use mqtt_protocol_core::mqtt::result_code::MqttError;
use tokio::io::AsyncRead;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Permit};

use super::super::identity::Rights;
use super::super::payload::take;
use super::super::registry::Seat;
use super::super::session::{Closing, Heard, Publication, Wanted};
use super::super::topic::alerts_topic;
use super::acknowledging::InFlight;
use super::line::{Line, Reading};
use super::{Ending, House, sender};
use crate::clock::Stopwatch;
use crate::event::Knock;

/// How many publications are handed over together at most.
const BURST_MOST: usize = 32;

/// One permit of the budget stands for this many bytes.
const PERMIT_BYTES: usize = 1_024;

/// The reading side of one conversation.
pub(super) struct Listening<'a> {
    pub(super) house: &'a House,
    pub(super) line: &'a Line,
    pub(super) seat: &'a Seat,
    pub(super) client: &'a str,
    /// What the client may do; `None` for everything.
    pub(super) rights: Option<&'a Rights>,
    pub(super) queue: mpsc::Sender<InFlight>,
}

impl Listening<'_> {
    /// Listens until the conversation ends.
    pub(super) async fn run<R: AsyncRead + Unpin>(
        &self,
        reading: &mut Reading<R>,
        keep_alive_s: u16,
    ) -> Ending {
        let mut burst = Vec::new();
        loop {
            match self.listen(reading, keep_alive_s, &mut burst).await {
                Ok(()) => {}
                // What came before the end is handed over before anything is said of the end.
                Err(ending) => return self.hand_over(&mut burst).await.err().unwrap_or(ending),
            }
        }
    }

    /// Listens to one thing. What can be had without waiting joins the burst; before anything is waited for,
    /// the burst is handed over.
    async fn listen<R: AsyncRead + Unpin>(
        &self,
        reading: &mut Reading<R>,
        keep_alive_s: u16,
        burst: &mut Vec<Knock>,
    ) -> Result<(), Ending> {
        // Nothing is read before there is a place for it: 3.1.1 knows no receive maximum, and not every
        // client of 5.0 keeps to it.
        let place = if let Ok(place) = self.queue.try_reserve() {
            place
        } else {
            self.hand_over(burst).await?;
            self.queue.reserve().await.map_err(|_| Ending::Closed(Closing::Stopping))?
        };
        let heard = if let Some(heard) = reading.at_hand(self.line) {
            heard
        } else {
            self.hand_over(burst).await?;
            self.wait_for(reading, keep_alive_s).await?
        };
        match heard {
            Heard::Publication(publication) => self.publication(publication, place, burst).await?,
            Heard::Broken(fault) => return Err(broken(fault, reading.seen())),
            Heard::Subscribe { packet, wanted } => self.subscribe(packet, &wanted),
            Heard::Unsubscribe { packet, filters } => self.unsubscribe(packet, &filters),
            Heard::Goodbye { with_will } => return Err(Ending::Goodbye { with_will }),
            // A second CONNECT never gets past the session.
            Heard::Alive | Heard::Hello(_) => {}
        }
        if burst.len() < BURST_MOST { Ok(()) } else { self.hand_over(burst).await }
    }

    async fn wait_for<R: AsyncRead + Unpin>(
        &self,
        reading: &mut Reading<R>,
        keep_alive_s: u16,
    ) -> Result<Heard, Ending> {
        let next = reading.next(self.line);
        let heard = match patience(keep_alive_s) {
            None => next.await,
            Some(patience) => {
                tokio::time::timeout(patience, next).await.map_err(|_| Ending::Closed(Closing::Silent))?
            }
        };
        heard.map_err(Ending::Lost)
    }

    async fn hand_over(&self, burst: &mut Vec<Knock>) -> Result<(), Ending> {
        if burst.is_empty() {
            return Ok(());
        }
        let handed = self.house.port.door.knock_together(std::mem::take(burst)).await;
        handed.map_err(|_| Ending::Closed(Closing::NotNow))
    }

    /// Reads a publication into the burst and queues it for its verdict, in the place that was kept for it.
    async fn publication(
        &self,
        publication: Publication,
        place: Permit<'_, InFlight>,
        burst: &mut Vec<Knock>,
    ) -> Result<(), Ending> {
        if publication.qos == Qos::ExactlyOnce {
            return Err(Ending::Broken {
                why: "it published at QoS 2; set the device to QoS 1".to_owned(),
                seen: publication.payload.as_slice().to_vec(),
                closing: Some(Closing::QosNotSupported),
            });
        }
        let (counts, came) = (&self.house.port.counts, Stopwatch::start());
        counts.count(|counts| &counts.received);
        let budget = self.budget(publication.payload.len(), burst).await?;
        let from = sender(self.house, self.client, self.rights);
        let payload = publication.payload.as_slice();
        let received = take(from, &self.house.port.site, &publication.topic, payload);
        let (knock, verdict) = Knock::with(received.arrival);
        let (packet, fault) = (publication.packet, received.fault);
        place.send(InFlight { packet, fault, verdict, came, _budget: budget });
        burst.push(knock);
        Ok(())
    }

    /// So many bytes of the listener's memory.
    async fn budget(
        &self,
        bytes: usize,
        burst: &mut Vec<Knock>,
    ) -> Result<Option<OwnedSemaphorePermit>, Ending> {
        let permits = u32::try_from(bytes / PERMIT_BYTES + 1).unwrap_or(u32::MAX);
        if let Ok(budget) = Arc::clone(&self.house.budget).try_acquire_many_owned(permits) {
            return Ok(Some(budget));
        }
        self.hand_over(burst).await?;
        Ok(Arc::clone(&self.house.budget).acquire_many_owned(permits).await.ok())
    }

    fn subscribe(&self, packet: u16, wanted: &[Wanted]) {
        let ward = &self.house.port.ward;
        let states = Arc::clone(&self.house.states.borrow());
        let mut subscriptions = self.seat.subscriptions();
        let may = |wanted: &Wanted| self.rights.is_none_or(|rights| rights.may_hear(&wanted.filter, ward));
        let results: Vec<(bool, bool)> = wanted
            .iter()
            .map(|wanted| if may(wanted) { subscriptions.add(wanted, ward) } else { (false, false) })
            .collect();
        let granted: Vec<bool> = results.iter().map(|(granted, _)| *granted).collect();
        let mut session = self.line.session();
        session.granted(packet, &granted);
        for (wanted, (_, tell)) in wanted.iter().zip(&results) {
            if *tell {
                for telling in subscriptions.present(&wanted.filter, &states) {
                    session.tell(&alerts_topic(ward, &telling.bed), telling.json.as_bytes(), telling.retain);
                }
            } else {
                subscriptions.skip(&wanted.filter, &states);
            }
        }
        drop(session);
        self.line.wake_writer();
    }

    fn unsubscribe(&self, packet: u16, filters: &[String]) {
        let mut subscriptions = self.seat.subscriptions();
        let existed: Vec<bool> = filters.iter().map(|filter| subscriptions.remove(filter)).collect();
        self.line.session().released(packet, &existed);
        self.line.wake_writer();
    }
}

/// One and a half keep-alive intervals, as both versions of the protocol have it; none for a keep-alive of 0.
fn patience(keep_alive_s: u16) -> Option<Duration> {
    (keep_alive_s > 0).then(|| Duration::from_millis(u64::from(keep_alive_s) * 1_500))
}

fn broken(fault: MqttError, seen: &[u8]) -> Ending {
    let why = match fault {
        MqttError::PacketTooLarge => "it sent a packet above 256 KiB; split what it sends".to_owned(),
        other => format!("it broke the protocol: {other}"),
    };
    Ending::Broken { why, seen: seen.to_vec(), closing: None }
}
