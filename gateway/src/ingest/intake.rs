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
use super::profile::{self, Site, Terms, Understood};
use crate::clock::{Clock, Stopwatch};
use crate::event::{Arrival, Door, Outcome, Peer, Raw, Verdict};
use crate::message::{Identity, Marks, Repeat};
use crate::tls::TurnedAway;
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
        self.take_from(Origin { address: from, connection: None }, bytes).await
    }

    async fn take_from(&self, from: Origin<'_>, bytes: &[u8]) -> Vec<Vec<u8>> {
        let messages = match syntax::split(bytes) {
            Ok(messages) => messages,
            Err(fault) => {
                return Vec::from_iter(self.refuse(from.address, bytes, &fault.to_string(), false).await);
            }
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
            answers.extend(self.answer(from.address, message).await);
            self.counts.traffic.count(self.clock.wall(), begun.elapsed(), passed);
        }
        answers
    }

    /// What one message means, without handing it to anybody.
    ///
    /// # Errors
    /// Why it cannot be read, for a person.
    pub fn understand(&self, peer: &str, bytes: &[u8]) -> Result<Understood, String> {
        let terms = self.terms(peer, bytes);
        let message = Message::parse_in(terms.charset, bytes).map_err(|fault| fault.to_string())?;
        Ok(profile::understand(&message, &self.site, terms))
    }

    /// Lets one message of the log in again, on purpose: it is no second copy of anything.
    ///
    /// # Errors
    /// Why it cannot be read, for a person.
    pub async fn let_in(&self, peer: &str, bytes: &[u8], why: &str) -> Result<Verdict, String> {
        let understood = self.understand(peer, bytes)?;
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
        let terms = self.terms(from.address, bytes);
        match Message::parse_in(terms.charset, bytes) {
            Ok(message) => {
                let arrival = self.arrival(from, bytes, &message, terms);
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

    /// How a sender's messages are read and answered.
    fn terms(&self, from: &str, bytes: &[u8]) -> Terms<'_> {
        self.site.profiles.terms(from, Header::find(bytes).ok().as_ref())
    }

    fn arrival(&self, from: Origin<'_>, bytes: &[u8], message: &Message, terms: Terms<'_>) -> Arrival {
        let mut understood = profile::understand(message, &self.site, terms);
        if understood.sender.is_empty() {
            from.address.clone_into(&mut understood.sender);
        }
        let repeat = self.repeat(from, bytes, message, understood.control_id_is_unique);
        self.arrival_of(understood, repeat, bytes)
    }

    fn arrival_of(&self, understood: Understood, repeat: Option<Repeat>, bytes: &[u8]) -> Arrival {
        let (outcome, reason) = if ack::can_be_accepted(understood.control_id.as_bytes()) {
            let needed = understood.not_needed.map_or(Outcome::Accepted, |_| Outcome::NotNeeded);
            (needed, understood.not_needed.map_or_else(|| understood.remarks.to_string(), str::to_owned))
        } else {
            // Its sender hears a refusal, so a person must find it among the refused; what it says counts.
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
            (Outcome::Refused, ack::NO_CONTROL_ID.to_owned())
        };
        let raw = Raw {
            kind: understood.kind,
            control_id: understood.control_id,
            bytes: bytes.to_vec(),
            outcome,
            reason,
            marks: Marks { repeat, patient: understood.patient },
        };
        Arrival { peer: self.peer(understood.sender), raw: Some(raw), events: understood.events }
    }

    /// By what a second copy is known: who sent it and every byte of it, MSH-3, 4, 7 and 10 among them. A
    /// sender that leaves out the time or the name says nothing by which two equal messages could be told
    /// apart, so it counts as one whose profile says that it uses its names again.
    fn repeat(&self, from: Origin<'_>, bytes: &[u8], message: &Message, is_unique: bool) -> Option<Repeat> {
        let is_named = |field| !message.header().field(field).raw().trim().is_empty();
        let sender = [self.endpoint.as_bytes(), from.address.as_bytes(), bytes];
        if is_unique && is_named(7) && is_named(10) {
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
    async fn refuse(&self, from: &str, bytes: &[u8], why: &str, later: bool) -> Option<Vec<u8>> {
        let begun = Stopwatch::start();
        let verdict = self.keep_refused(from, bytes, why).await;
        self.counts.traffic.count(self.clock.wall(), begun.elapsed(), Passed::Refused);
        let (time, control_id) = self.stamp();
        let stamp = Stamp { control_id: &control_id, time: &time };
        let outcome = if later { Answered::NotNow(why) } else { answered(&verdict, Some(why)) };
        self.acknowledgement(from, bytes, outcome, stamp)
    }

    async fn answer(&self, from: &str, message: OnItsWay<'_>) -> Option<Vec<u8>> {
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
        self.acknowledgement(from, bytes, outcome, stamp)
    }

    /// The answer that a sender wants; none where it wants none.
    fn acknowledgement(
        &self,
        from: &str,
        bytes: &[u8],
        outcome: Answered<'_>,
        stamp: Stamp<'_>,
    ) -> Option<Vec<u8>> {
        match Header::find(bytes) {
            Ok(header) => {
                let mode = self.site.profiles.terms(from, Some(&header)).acknowledge;
                ack::acknowledge(&header, mode, outcome, stamp)
            }
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
                Vec::from_iter(self.refuse(&from, &bytes, &why.to_string(), why.may_succeed_later()).await)
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
    use crate::config::Faults;
    use crate::config::peers::MllpPeer;
    use crate::event::{Event, Knocks};
    use crate::ingest::profile::Profiles;
    use jiff::tz::TimeZone;
    use rules::Moment;

    const POTASSIUM: &str = "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|L1|P|2.5.1\r\
         PID|1||MRN1\rOBR|1||A1\rOBX|1|NM|2823-3^K^LN||7.1|mmol/L|||||F\r";

    fn intake() -> (Hl7Intake, Knocks) {
        let (door, behind) = Door::new();
        let site = Site::default();
        (Hl7Intake::new("mllp", door, Arc::new(site), Clock::starting_after(Moment(0))), behind)
    }

    /// Answers every knock with `verdict`, and returns the arrivals.
    async fn ward(mut behind: Knocks, verdict: Verdict) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        while let Some(knock) = behind.next().await {
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
    async fn a_peer_is_answered_and_read_as_the_hospital_says() {
        let (door, behind) = Door::new();
        let peer = MllpPeer {
            address: "192.0.2.1".parse().unwrap(),
            profile: None,
            acknowledge: Some("enhanced".to_owned()),
            charset: Some("GB18030".to_owned()),
            bed: None,
        };
        let profiles = Profiles::read(&[], &[peer], &mut Faults::default());
        let site = Site { zone: TimeZone::UTC, uhid_authority: String::new(), profiles };
        let intake = Hl7Intake::new("mllp", door, Arc::new(site), Clock::starting_after(Moment(0)));
        let admission = b"MSH|^~\\&|HIS||||2026||ADT^A01|\xCD\xF5|P|2.5||||||8859/1\r\
            PID|||M1||\xCD\xF5\rPV1||I|ICU^^7\r";
        let admission = admission.to_vec();
        let asked = async move {
            let answers = [
                intake.take_bytes("192.0.2.1", &admission).await,
                intake.take_bytes("192.0.2.2", &admission).await,
            ];
            drop(intake);
            answers
        };
        let (answers, arrivals) = tokio::join!(asked, ward(behind, Verdict::Stored(vec![])));
        let has = |at: usize, part: &[u8]| answers[at][0].windows(part.len()).any(|found| found == part);
        assert!(has(0, b"\rMSA|CA|\xCD\xF5\r"), "MSA-2 is MSH-10, byte for byte");
        assert!(has(1, b"\rMSA|AA|\xCD\xF5\r"), "nobody else is answered so");
        let name = |at: usize| match arrivals[at].events.as_slice() {
            [Event::Admission(admission)] => admission.name.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!((name(0).as_str(), name(1).as_str()), ("王", "Íõ"));
    }

    #[tokio::test]
    async fn who_wants_no_answer_gets_none_not_even_a_refusal() {
        let silent = POTASSIUM.replace("|P|2.5.1", "|P|2.5.1|||NE|NE");
        let (answers, arrivals) = exchange(silent.as_bytes(), Verdict::NotNow("disk full")).await;
        assert_eq!((answers.len(), arrivals.len()), (0, 1));
    }

    #[tokio::test]
    async fn what_has_no_name_is_refused_and_still_counts() {
        let nameless = POTASSIUM.replace("|L1|", "| |");
        let (answers, arrivals) = exchange(nameless.as_bytes(), Verdict::Stored(vec![])).await;
        assert!(answers[0].contains("\rMSA|AR|"), "{answers:?}");
        let raw = arrivals[0].raw.as_ref().unwrap();
        assert_eq!((raw.outcome, raw.reason.as_str()), (Outcome::Refused, ack::NO_CONTROL_ID));
        assert_eq!(arrivals[0].events.len(), 1, "a critical value calls whatever its message lacks");
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
        let known = |is_unique, address, connection, text: &str| {
            let message = Message::parse(text.as_bytes()).unwrap();
            intake.repeat(Origin { address, connection }, text.as_bytes(), &message, is_unique)
        };
        let of = |address, connection, text: &str| known(true, address, connection, text);
        let first = of("192.0.2.1", Some(lines[0]), POTASSIUM);
        assert!(matches!(first, Some(Repeat::Remembered(_))));
        assert_eq!(of("192.0.2.1", Some(lines[1]), POTASSIUM), first, "on another connection");
        assert_ne!(of("192.0.2.2", Some(lines[0]), POTASSIUM), first, "from somebody else");
        for (old, new) in [("|7.1|", "|7.2|"), ("|L1|", "|L2|"), ("101500", "101501"), ("LAB", "LAC")] {
            let other = of("192.0.2.1", Some(lines[0]), &POTASSIUM.replace(old, new));
            assert!(other.is_some() && other != first, "{new}");
        }
        let nameless = POTASSIUM.replace("|L1|", "||");
        for (is_unique, text) in [(false, POTASSIUM), (true, nameless.as_str())] {
            let of = |connection| known(is_unique, "192.0.2.1", connection, text);
            let under_way = of(Some(lines[0]));
            assert!(matches!(under_way, Some(Repeat::UnderWay(_))));
            assert_ne!(of(Some(lines[1])), under_way, "on another connection");
            assert_eq!(of(None), None, "without one");
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
