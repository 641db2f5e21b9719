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
use super::profile::{self, Site, Understood};
use crate::clock::{Clock, Stopwatch};
use crate::event::{Arrival, Door, Outcome, Peer, Raw, Verdict};
use crate::message::{Identity, Marks, Repeat};
use crate::traffic::{Passed, Traffic};

/// What an endpoint has seen since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages and blocks that arrived.
    pub received: AtomicU64,
    /// Of those, the ones that were refused.
    pub refused: AtomicU64,
    /// When the last one came, and how long they take from their arrival to their answer.
    pub traffic: Traffic,
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
    control_ids: ControlIds,
}

/// How a sender names its messages (MSH-10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ControlIds {
    /// Each has a name of its own: the same bytes under the same name and time are the same message.
    #[default]
    Unique,
    /// Names are used again: only what is sent again on the same connection before it was answered is the
    /// same message.
    UsedAgain,
}

/// Where a message came from: the address, and the connection where its answer goes back on one.
#[derive(Clone, Copy, Debug)]
struct Origin<'a> {
    address: &'a str,
    connection: Option<SocketAddr>,
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
        let (counts, control_ids) = (Arc::default(), ControlIds::default());
        Self { endpoint, door, site, clock, answers, counts, control_ids }
    }

    /// The same for senders that name their messages in this way.
    #[must_use]
    pub const fn with_control_ids(mut self, control_ids: ControlIds) -> Self {
        self.control_ids = control_ids;
        self
    }

    /// What it has seen since the start.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Takes bytes in and returns the acknowledgements, in order: one for each message, none where none is
    /// wanted.
    pub async fn take_bytes(&self, from: &str, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.take_from(Origin { address: from, connection: None }, bytes).await
    }

    async fn take_from(&self, from: Origin<'_>, bytes: &[u8]) -> Vec<Vec<u8>> {
        let messages = match syntax::split(bytes) {
            Ok(messages) => messages,
            Err(fault) => return vec![self.refuse(from.address, bytes, &fault.to_string(), false).await],
        };
        let begun = Stopwatch::start();
        let mut under_way = Vec::with_capacity(messages.len());
        for message in messages {
            under_way.push(self.hand_on(from, message).await);
        }
        let mut answers = Vec::with_capacity(under_way.len());
        for message in under_way {
            let passed =
                if matches!(message, OnItsWay::Refused(..)) { Passed::Refused } else { Passed::Taken };
            answers.extend(self.answer(message).await);
            self.counts.traffic.count(self.clock.wall(), begun.elapsed(), passed);
        }
        answers
    }

    /// What one message means, without handing it to anybody.
    ///
    /// # Errors
    /// Why it cannot be read, for a person.
    pub fn understand(&self, bytes: &[u8]) -> Result<Understood, String> {
        let message = Message::parse(bytes).map_err(|fault| fault.to_string())?;
        Ok(profile::understand(&message, &self.site))
    }

    /// Lets one message of the log in again, on purpose: it is no second copy of anything.
    ///
    /// # Errors
    /// Why it cannot be read, for a person.
    pub async fn let_in(&self, peer: &str, bytes: &[u8], why: &str) -> Result<Verdict, String> {
        let understood = self.understand(bytes)?;
        self.counts.received.fetch_add(1, Ordering::Relaxed);
        let mut arrival = self.arrival_of(understood, None, bytes);
        peer.clone_into(&mut arrival.peer.name);
        if let Some(raw) = &mut arrival.raw {
            let reason =
                if raw.reason.is_empty() { why.to_owned() } else { format!("{why}; {}", raw.reason) };
            raw.reason = reason;
        }
        Ok(self.door.hand_over(arrival).await)
    }

    async fn hand_on<'a>(&self, from: Origin<'_>, bytes: &'a [u8]) -> OnItsWay<'a> {
        self.counts.received.fetch_add(1, Ordering::Relaxed);
        match Message::parse(bytes) {
            Ok(message) => {
                let arrival = self.arrival(from, bytes, &message);
                OnItsWay::Handed(bytes, self.door.knock(arrival).await)
            }
            Err(unreadable) => {
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                let why = unreadable.to_string();
                let promise = self.door.knock(self.refused(from.address, bytes, &why)).await;
                OnItsWay::Refused(bytes, why, promise)
            }
        }
    }

    fn arrival(&self, from: Origin<'_>, bytes: &[u8], message: &Message) -> Arrival {
        let mut understood = profile::understand(message, &self.site);
        if understood.sender.is_empty() {
            from.address.clone_into(&mut understood.sender);
        }
        self.arrival_of(understood, self.repeat(from, bytes, message), bytes)
    }

    fn arrival_of(&self, understood: Understood, repeat: Option<Repeat>, bytes: &[u8]) -> Arrival {
        let outcome = if understood.not_needed.is_some() { Outcome::NotNeeded } else { Outcome::Accepted };
        let raw = Raw {
            kind: understood.kind,
            control_id: understood.control_id,
            bytes: bytes.to_vec(),
            outcome,
            reason: understood.not_needed.unwrap_or_default().to_owned(),
            marks: Marks { repeat, patient: understood.patient },
        };
        Arrival { peer: self.peer(understood.sender), raw: Some(raw), events: understood.events }
    }

    /// By what a second copy is known: who sent it and every byte of it, MSH-3, 4, 7 and 10 among them. A
    /// sender that leaves out the time or the name says nothing by which two equal messages could be told
    /// apart, so it counts as one that uses its names again.
    fn repeat(&self, from: Origin<'_>, bytes: &[u8], message: &Message) -> Option<Repeat> {
        let is_named = |field| !message.header().field(field).raw().trim().is_empty();
        let sender = [self.endpoint.as_bytes(), from.address.as_bytes(), bytes];
        if self.control_ids == ControlIds::Unique && is_named(7) && is_named(10) {
            return Some(Repeat::Remembered(Identity::of(&sender)));
        }
        let connection = from.connection?.to_string();
        let [endpoint, _, bytes] = sender;
        Some(Repeat::UnderWay(Identity::of(&[endpoint, connection.as_bytes(), bytes])))
    }

    fn refused(&self, from: &str, bytes: &[u8], why: &str) -> Arrival {
        let kept = bytes.get(..REFUSED_BYTES_MOST).unwrap_or(bytes);
        let raw = Raw {
            kind: String::new(),
            control_id: String::new(),
            bytes: kept.to_vec(),
            outcome: Outcome::Refused,
            reason: why.to_owned(),
            marks: Marks::default(),
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
        let begun = Stopwatch::start();
        let verdict = self.keep_refused(from, bytes, why).await;
        self.counts.traffic.count(self.clock.wall(), begun.elapsed(), Passed::Refused);
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
            Frame::Message(bytes) => {
                self.take_from(Origin { address: &from, connection: Some(peer) }, &bytes).await
            }
            Frame::Refused { bytes, why } => {
                vec![self.refuse(&from, &bytes, &why.to_string(), why.may_succeed_later()).await]
            }
            // Release 2 says so of what we sent on this connection; on a listener that is nothing.
            Frame::Transport { .. } => Vec::new(),
        }
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

    #[tokio::test]
    async fn a_second_copy_is_known_by_its_sender_and_its_bytes() {
        let (intake, _behind) = intake();
        let lines = ["192.0.2.1:4000", "192.0.2.1:4001"].map(|line| line.parse::<SocketAddr>().unwrap());
        let of = |intake: &Hl7Intake, address, connection, text: &str| {
            let message = Message::parse(text.as_bytes()).unwrap();
            intake.repeat(Origin { address, connection }, text.as_bytes(), &message)
        };
        let first = of(&intake, "192.0.2.1", Some(lines[0]), POTASSIUM);
        assert!(matches!(first, Some(Repeat::Remembered(_))));
        assert_eq!(of(&intake, "192.0.2.1", Some(lines[1]), POTASSIUM), first, "on another connection");
        assert_ne!(of(&intake, "192.0.2.2", Some(lines[0]), POTASSIUM), first, "from somebody else");
        for (old, new) in [("|7.1|", "|7.2|"), ("|L1|", "|L2|"), ("101500", "101501"), ("LAB", "LAC")] {
            let other = of(&intake, "192.0.2.1", Some(lines[0]), &POTASSIUM.replace(old, new));
            assert!(other.is_some() && other != first, "{new}");
        }
        let reused = intake.with_control_ids(ControlIds::UsedAgain);
        let nameless = POTASSIUM.replace("|L1|", "||");
        for (intake, text) in [(&reused, POTASSIUM), (&self::intake().0, &nameless)] {
            let under_way = of(intake, "192.0.2.1", Some(lines[0]), text);
            assert!(matches!(under_way, Some(Repeat::UnderWay(_))));
            assert_ne!(of(intake, "192.0.2.1", Some(lines[1]), text), under_way, "on another connection");
            assert_eq!(of(intake, "192.0.2.1", None, text), None, "without one");
        }
    }

    #[tokio::test]
    async fn the_patient_is_named_where_there_is_one() {
        let patient = |arrivals: Vec<Arrival>| arrivals[0].raw.as_ref().unwrap().marks.patient.clone();
        let (_, arrivals) = exchange(POTASSIUM.as_bytes(), Verdict::Stored(vec![])).await;
        assert_eq!(patient(arrivals).map(|uhid| uhid.0), Some("MRN1".to_owned()));
        let two = format!("{POTASSIUM}PID|2||MRN2\rOBR|2||A2\rOBX|1|NM|2951-2^Na^LN||118|mmol/L|||||F\r");
        let (_, arrivals) = exchange(two.as_bytes(), Verdict::Stored(vec![])).await;
        assert_eq!(patient(arrivals), None, "two patients are nobody's message");
    }
}
