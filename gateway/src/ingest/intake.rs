//! HL7 at the door: a block or a body of bytes becomes arrivals, and each verdict becomes an acknowledgement.
//!
//! Shared by MLLP and `POST /hl7`. An acknowledgement of acceptance leaves only after the commit; what cannot
//! be read is kept raw with its reason and refused.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use super::hl7::ack::{self, Outcome as Answered, Stamp};
use super::hl7::header::Header;
use super::hl7::syntax::{self, Message};
use super::mllp::codec::Frame;
use super::profile::{self, Site};
use crate::clock::Clock;
use crate::event::{Arrival, Door, Outcome, Peer, Raw, Verdict};
use crate::tls::TurnedAway;

/// What an endpoint has seen since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages and blocks that arrived.
    pub received: AtomicU64,
    /// Of those, the ones that were refused.
    pub refused: AtomicU64,
}

/// The way from bytes to the ward's door and back.
#[derive(Clone, Debug)]
pub struct Hl7Intake {
    endpoint: &'static str,
    door: Door,
    site: Arc<Site>,
    clock: Clock,
    answers: Arc<AtomicU64>,
    counts: Arc<Counts>,
}

/// How much of bytes that could not be read is kept.
const REFUSED_BYTES_MOST: usize = 1024 * 1024;

/// One message on its way: the promise of its verdict, and what its acknowledgement needs.
enum OnItsWay<'a> {
    Handed(&'a [u8], Result<oneshot::Receiver<Verdict>, Verdict>),
    Refused(&'a [u8], String, Result<oneshot::Receiver<Verdict>, Verdict>),
}

impl Hl7Intake {
    /// An intake for `endpoint` (`mllp`, `http`).
    #[must_use]
    pub fn new(endpoint: &'static str, door: Door, site: Arc<Site>, clock: Clock) -> Self {
        // Answers of two runs must not share their names: the count starts at the run's own time.
        let answers = Arc::new(AtomicU64::new(clock.now().0));
        Self { endpoint, door, site, clock, answers, counts: Arc::default() }
    }

    /// What it has seen since the start.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Takes bytes in and returns the acknowledgements, in order: one for each message, none where none is
    /// wanted.
    pub async fn take_bytes(&self, from: &str, bytes: &[u8]) -> Vec<Vec<u8>> {
        let messages = match syntax::split(bytes) {
            Ok(messages) => messages,
            Err(unreadable) => return vec![self.refuse(from, bytes, &unreadable.to_string(), false).await],
        };
        let mut under_way = Vec::with_capacity(messages.len());
        for message in messages {
            under_way.push(self.hand_on(from, message).await);
        }
        let mut answers = Vec::with_capacity(under_way.len());
        for message in under_way {
            answers.extend(self.answer(message).await);
        }
        answers
    }

    async fn hand_on<'a>(&self, from: &str, bytes: &'a [u8]) -> OnItsWay<'a> {
        self.counts.received.fetch_add(1, Ordering::Relaxed);
        match Message::parse(bytes) {
            Ok(message) => {
                let arrival = self.arrival(from, bytes, &message);
                OnItsWay::Handed(bytes, self.door.knock(arrival).await)
            }
            Err(unreadable) => {
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                let why = unreadable.to_string();
                let promise = self.door.knock(self.refused(from, bytes, &why)).await;
                OnItsWay::Refused(bytes, why, promise)
            }
        }
    }

    fn arrival(&self, from: &str, bytes: &[u8], message: &Message) -> Arrival {
        let understood = profile::understand(message, &self.site);
        let name = if understood.sender.is_empty() { from.to_owned() } else { understood.sender };
        let outcome = if understood.not_needed.is_some() { Outcome::NotNeeded } else { Outcome::Accepted };
        let raw = Raw {
            kind: understood.kind,
            control_id: understood.control_id,
            bytes: bytes.to_vec(),
            outcome,
            reason: understood.not_needed.unwrap_or_default().to_owned(),
        };
        Arrival { peer: self.peer(name), raw: Some(raw), events: understood.events }
    }

    fn refused(&self, from: &str, bytes: &[u8], why: &str) -> Arrival {
        let kept = bytes.get(..REFUSED_BYTES_MOST).unwrap_or(bytes);
        let raw = Raw {
            kind: String::new(),
            control_id: String::new(),
            bytes: kept.to_vec(),
            outcome: Outcome::Refused,
            reason: why.to_owned(),
        };
        Arrival { peer: self.peer(from.to_owned()), raw: Some(raw), events: Vec::new() }
    }

    const fn peer(&self, name: String) -> Peer {
        Peer { endpoint: self.endpoint, name }
    }

    /// Keeps and counts bytes that the transport itself turns away; it answers them in its own way.
    pub async fn keep_refused(&self, from: &str, bytes: &[u8], why: &str) -> Verdict {
        self.counts.received.fetch_add(1, Ordering::Relaxed);
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        self.door.hand_over(self.refused(from, bytes, why)).await
    }

    /// Keeps bytes that are no message, and says so. `later` where sending them again may succeed.
    async fn refuse(&self, from: &str, bytes: &[u8], why: &str, later: bool) -> Vec<u8> {
        let verdict = self.keep_refused(from, bytes, why).await;
        let (time, control_id) = self.stamp();
        let stamp = Stamp { control_id: &control_id, time: &time };
        let outcome = if later { Answered::NotNow(why) } else { answered(&verdict, Some(why)) };
        let named = Header::find(bytes).ok().and_then(|header| ack::acknowledge(&header, outcome, stamp));
        named.unwrap_or_else(|| ack::acknowledge_headless(outcome, stamp))
    }

    async fn answer(&self, message: OnItsWay<'_>) -> Option<Vec<u8>> {
        let (bytes, why, promise) = match message {
            OnItsWay::Handed(bytes, promise) => (bytes, None, promise),
            OnItsWay::Refused(bytes, why, promise) => (bytes, Some(why), promise),
        };
        let verdict = match promise {
            Ok(promise) => promise.await.unwrap_or(Verdict::NotNow("the gateway is stopping; send it again")),
            Err(verdict) => verdict,
        };
        let (time, control_id) = self.stamp();
        let stamp = Stamp { control_id: &control_id, time: &time };
        let outcome = answered(&verdict, why.as_deref());
        match Header::find(bytes) {
            Ok(header) => ack::acknowledge(&header, outcome, stamp),
            Err(_) => Some(ack::acknowledge_headless(outcome, stamp)),
        }
    }

    /// MSH-7 and MSH-10 of an answer.
    fn stamp(&self) -> (String, String) {
        let zoned = self.clock.wall().timestamp().to_zoned(self.site.zone.clone());
        let time = zoned.strftime("%Y%m%d%H%M%S%z").to_string();
        (time, format!("W{}", self.answers.fetch_add(1, Ordering::Relaxed)))
    }
}

/// What the sender hears: nothing is accepted that is not stored, and what was refused for good is refused
/// for good.
const fn answered<'a>(verdict: &'a Verdict, refused: Option<&'a str>) -> Answered<'a> {
    match (verdict, refused) {
        (Verdict::NotNow(why), _) => Answered::NotNow(why),
        (Verdict::Stored(_), Some(why)) => Answered::Never(why),
        (Verdict::Stored(_), None) => Answered::Stored,
    }
}

impl super::mllp::Intake for Hl7Intake {
    async fn take(&self, peer: SocketAddr, frame: Frame) -> Vec<Vec<u8>> {
        let from = peer.ip().to_string();
        match frame {
            Frame::Message(bytes) => self.take_bytes(&from, &bytes).await,
            Frame::Refused { bytes, why } => {
                vec![self.refuse(&from, &bytes, &why.to_string(), why.may_succeed_later()).await]
            }
            // Release 2 says so of what we sent on this connection; on a listener that is nothing.
            Frame::Transport { .. } => Vec::new(),
        }
    }

    async fn turn_away(&self, peer: SocketAddr, turned: TurnedAway) {
        self.keep_refused(&peer.ip().to_string(), &turned.seen, &turned.why).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Knock;
    use jiff::tz::TimeZone;
    use rules::Moment;
    use tokio::sync::mpsc;

    const POTASSIUM: &str = "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|L1|P|2.5.1\r\
         PID|1||MRN1\rOBR|1||A1\rOBX|1|NM|2823-3^K^LN||7.1|mmol/L|||||F\r";

    fn intake() -> (Hl7Intake, mpsc::Receiver<Knock>) {
        let (door, behind) = Door::new();
        let site = Site { zone: TimeZone::UTC, uhid_authority: String::new() };
        (Hl7Intake::new("mllp", door, Arc::new(site), Clock::starting_after(Moment(0))), behind)
    }

    /// Answers every knock with `verdict`, and returns the arrivals.
    async fn ward(mut behind: mpsc::Receiver<Knock>, verdict: Verdict) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        while let Some(knock) = behind.recv().await {
            arrivals.push(knock.arrival);
            let _ = knock.verdict.send(verdict.clone());
        }
        arrivals
    }

    async fn exchange(bytes: &[u8], verdict: Verdict) -> (Vec<String>, Vec<Arrival>) {
        let (intake, behind) = intake();
        let asked = async move {
            let answers = intake.take_bytes("192.0.2.1", bytes).await;
            drop(intake);
            answers
        };
        let (answers, arrivals) = tokio::join!(asked, ward(behind, verdict));
        (answers.into_iter().map(|answer| String::from_utf8(answer).unwrap()).collect(), arrivals)
    }

    #[tokio::test]
    async fn what_is_stored_is_accepted() {
        let (answers, arrivals) = exchange(POTASSIUM.as_bytes(), Verdict::Stored(vec![])).await;
        assert!(answers[0].contains("\rMSA|AA|L1"), "{answers:?}");
        assert_eq!(arrivals[0].events.len(), 1);
        assert_eq!(arrivals[0].raw.as_ref().map(|raw| raw.bytes.as_slice()), Some(POTASSIUM.as_bytes()));
    }

    #[tokio::test]
    async fn what_is_not_stored_is_never_accepted() {
        let (answers, _) = exchange(POTASSIUM.as_bytes(), Verdict::NotNow("disk full")).await;
        assert!(answers[0].contains("\rMSA|AE|L1"), "{answers:?}");
    }

    #[tokio::test]
    async fn garbage_is_kept_and_refused() {
        let (answers, arrivals) = exchange(b"GET / HTTP/1.1", Verdict::Stored(vec![])).await;
        assert!(answers[0].contains("\rMSA|AR"), "{answers:?}");
        let raw = arrivals[0].raw.as_ref().unwrap();
        assert_eq!((raw.outcome, raw.bytes.as_slice()), (Outcome::Refused, b"GET / HTTP/1.1".as_slice()));
        assert!(!raw.reason.is_empty());
    }

    #[tokio::test]
    async fn two_messages_in_one_block_are_answered_one_by_one() {
        let both = format!("{POTASSIUM}{}", POTASSIUM.replace("|L1|", "|L2|"));
        let (answers, arrivals) = exchange(both.as_bytes(), Verdict::Stored(vec![])).await;
        assert_eq!((answers.len(), arrivals.len()), (2, 2));
        assert!(answers[1].contains("\rMSA|AA|L2"), "{answers:?}");
    }
}
