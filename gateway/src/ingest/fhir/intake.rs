//! FHIR's way from bytes to the ward's door and back: what is understood is handed over whole, what is not is
//! kept raw with its reason, and the answer waits for the commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::answer::{Answer, Preferred};
use super::fault::Fault;
use super::meaning::{self, Meaning};
use super::message::{Message, Shape};
use super::taken::Taken;
use crate::clock::Clock;
use crate::event::{Arrival, Door, Event, Outcome, Peer, Raw, Uhid, Verdict};
use crate::ingest::intake::Counts;
use crate::ingest::profile::Site;
use crate::message::Marks;
use rules::vital::MessageKey;

/// The endpoint's name in the message log and the hub.
const ENDPOINT: &str = "fhir";

/// How much of bytes that could not be read is kept.
const REFUSED_BYTES_MOST: usize = 1024 * 1024;

/// How many faults the log names; the sender hears of all.
const REASONS_MOST: usize = 5;

/// The intake of FHIR.
#[derive(Clone, Debug)]
pub struct FhirIntake {
    door: Door,
    site: Arc<Site>,
    clock: Clock,
    counts: Arc<Counts>,
    taken: Arc<Taken>,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posted<'a> {
    /// Who sent it: an address.
    pub(super) from: &'a str,
    /// The type that its address takes; `None` for the address of all.
    pub(super) wanted: Option<&'static str>,
    /// `If-None-Exist`.
    pub(super) condition: Option<&'a str>,
    pub(super) preferred: Preferred,
    pub(super) body: &'a [u8],
}

/// What a request means, and what is answered once it is stored.
struct Understood {
    raw: Raw,
    events: Vec<Event>,
    marks: Vec<MessageKey>,
    answer: Answer,
}

impl FhirIntake {
    /// An intake that hands over at `door`.
    #[must_use]
    pub fn new(door: Door, site: Arc<Site>, clock: Clock) -> Self {
        Self { door, site, clock, counts: Arc::default(), taken: Arc::default() }
    }

    /// What it has seen since the start.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Takes a request in; its answer leaves after the commit.
    pub(super) async fn take(&self, posted: Posted<'_>) -> Answer {
        let Understood { raw, events, marks, answer } = self.understand(posted);
        self.count(raw.outcome == Outcome::Refused);
        match self.hand_over(posted.from, raw, events).await {
            Verdict::Stored(_) => {
                for mark in marks {
                    self.taken.remember(mark);
                }
                answer
            }
            Verdict::NotNow(why) => Answer::not_now(why),
        }
    }

    /// Keeps and counts what the transport itself turns away, and gives the answer back.
    pub(super) async fn turn_away(&self, from: &str, body: &[u8], why: &str, answer: Answer) -> Answer {
        self.count(true);
        match self.hand_over(from, refused(body, why.to_owned()), Vec::new()).await {
            Verdict::Stored(_) => answer,
            Verdict::NotNow(why) => Answer::not_now(why),
        }
    }

    async fn hand_over(&self, from: &str, raw: Raw, events: Vec<Event>) -> Verdict {
        let peer = Peer { endpoint: ENDPOINT, name: from.to_owned() };
        self.door.hand_over(Arrival { peer, raw: Some(raw), events }).await
    }

    fn count(&self, is_refused: bool) {
        self.counts.received.fetch_add(1, Ordering::Relaxed);
        self.counts.refused.fetch_add(u64::from(is_refused), Ordering::Relaxed);
    }

    fn understand(&self, posted: Posted<'_>) -> Understood {
        let read = Message::read(posted.body, posted.wanted, posted.condition).and_then(|message| {
            let authority = self.site.uhid_authority.as_str();
            let meaning = meaning::of(&message, authority, self.clock.wall(), &self.taken)?;
            Ok((message.shape, message.kind, message.control_id, meaning))
        });
        let (shape, kind, control_id, meaning) = match read {
            Ok(read) => read,
            Err(fault) => return nothing(posted.body, &[fault]),
        };
        let faults: Vec<Fault> =
            meaning.answers.iter().filter_map(|answer| answer.as_ref().err()).cloned().collect();
        if !faults.is_empty() && (shape != Shape::Batch || faults.len() == meaning.answers.len()) {
            let refused = nothing(posted.body, &faults);
            return match shape {
                Shape::Batch => Understood { answer: Answer::bundle(shape, &meaning.answers), ..refused },
                Shape::Single | Shape::Transaction => refused,
            };
        }
        let answer = match (shape, meaning.answers.as_slice()) {
            (Shape::Single, [Ok(done)]) => Answer::single(done, posted.body, posted.preferred),
            (_, answers) => Answer::bundle(shape, answers),
        };
        let (outcome, reason) = outcome_of(&meaning, &faults);
        let marks = Marks { repeat: None, patient: patient_of(&meaning.events) };
        let raw = Raw { kind, control_id, bytes: posted.body.to_vec(), outcome, reason, marks };
        Understood { raw, events: meaning.events, marks: meaning.marks, answer }
    }
}

/// Nothing was understood, or not all of what stands and falls together.
fn nothing(body: &[u8], faults: &[Fault]) -> Understood {
    let raw = refused(body, told(faults));
    Understood { raw, events: Vec::new(), marks: Vec::new(), answer: Answer::refused(faults) }
}

fn refused(body: &[u8], reason: String) -> Raw {
    let bytes = body.get(..REFUSED_BYTES_MOST).unwrap_or(body).to_vec();
    let (kind, control_id, marks) = (String::new(), String::new(), Marks::default());
    Raw { kind, control_id, bytes, outcome: Outcome::Refused, reason, marks }
}

/// The one patient of whom a message speaks; `None` where it speaks of several, or of nobody known.
fn patient_of(events: &[Event]) -> Option<Uhid> {
    let mut patients = events.iter().map(|event| match event {
        Event::Frame(frame) => frame.patient.as_ref(),
        Event::Report(report) => report.patient.as_ref(),
        _ => None,
    });
    let first = patients.next()??;
    patients.all(|other| other == Some(first)).then(|| first.clone())
}

fn told(faults: &[Fault]) -> String {
    let some: Vec<String> = faults.iter().take(REASONS_MOST).map(ToString::to_string).collect();
    let more = faults.len().saturating_sub(REASONS_MOST);
    let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!("{}{rest}", some.join("; "))
}

/// What the message log says of a message that was taken.
fn outcome_of(meaning: &Meaning, faults: &[Fault]) -> (Outcome, String) {
    if !faults.is_empty() {
        let all = meaning.answers.len();
        return (
            Outcome::Accepted,
            format!("{} of {all} entries are refused: {}", faults.len(), told(faults)),
        );
    }
    if !meaning.events.is_empty() {
        return (Outcome::Accepted, String::new());
    }
    let mut remarks = meaning.answers.iter().flatten().map(|done| done.remark);
    let remark = remarks.rfind(|remark| !remark.is_empty());
    (Outcome::NotNeeded, remark.unwrap_or("nothing was measured").to_owned())
}
