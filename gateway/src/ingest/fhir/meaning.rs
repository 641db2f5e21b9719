//! What a message means: its observations become frames of devices, its reports the laboratory's results.
//!
//! A transaction is understood as a whole or refused as a whole; of a batch each entry stands for itself.
//! What came before with the same content means nothing new, and is answered as it was then.

use std::collections::HashSet;

use rules::vital::MessageKey;

use super::element::Concept;
use super::fault::{Fault, Issue};
use super::message::{Entry, Message, Shape};
use super::report::{self, Context, Reported, told};
use super::resource::{Measurement, Observation, parse};
use super::shelf::{Shelf, Sight, Standing};
use super::subject::Subject;
use super::vital::{self, Vitals};
use super::{Taken, result, time};
use crate::clock::Wall;
use crate::event::{DeviceFrame, Event, Measured, key_of};
use crate::ingest::profile::known_analyte;

/// The most readings of one frame; what is more begins another.
const READINGS_MOST: usize = 500;

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) kind: String,
    /// The id under which it is known; `None` for what was only read for what it says of others.
    pub(super) id: Option<String>,
    /// Whether it was taken now, and not known before where the sender asked.
    pub(super) is_new: bool,
    /// What a person should know of it; empty where it was simply taken.
    pub(super) remark: &'static str,
}

/// What a message turned out to mean.
#[derive(Debug, Default)]
pub(super) struct Meaning {
    pub(super) answers: Vec<Result<Done, Fault>>,
    pub(super) events: Vec<Event>,
    /// What is remembered once it is stored.
    pub(super) marks: Vec<MessageKey>,
}

/// Reads what a message means. Of a transaction that is not understood nothing is meant.
pub(super) fn of(
    message: &Message<'_>,
    authority: &str,
    arrived: Wall,
    known: &Taken,
) -> Result<Meaning, Fault> {
    let sent = time::read("timestamp", message.sent.as_deref(), arrived);
    let sent = sent.map_err(|fault| fault.within("Bundle"))?;
    let control_id = message.control_id.as_str();
    let context = Context { shelf: &message.shelf, authority, arrived, control_id };
    let mut reading = Reading {
        context,
        is_test: message.meta.has("HTEST"),
        known,
        members: HashSet::new(),
        frames: Frames { sent, arrived, list: Vec::new() },
        meaning: Meaning::default(),
    };
    let reports = reading.reports(&message.entries);
    for (entry, report) in message.entries.iter().zip(reports) {
        let answer = match (entry, report) {
            (Err(fault), _) => Err(fault.clone()),
            (Ok(entry), Some(report)) => report.map(|reported| reading.report(entry, reported)),
            (Ok(entry), None) => reading.other(entry),
        };
        reading.meaning.answers.push(answer);
    }
    let Reading { frames, mut meaning, .. } = reading;
    meaning.events.extend(frames.events());
    if message.shape == Shape::Transaction && meaning.answers.iter().any(Result::is_err) {
        (meaning.events, meaning.marks) = (Vec::new(), Vec::new());
    }
    Ok(meaning)
}

/// A message as it is read.
struct Reading<'a> {
    context: Context<'a>,
    is_test: bool,
    known: &'a Taken,
    /// The observations that belong to a report, by their number on the shelf.
    members: HashSet<usize>,
    frames: Frames,
    meaning: Meaning,
}

impl Reading<'_> {
    /// The reports first, whatever their place: they say which observations are results of theirs.
    fn reports(&mut self, entries: &[Result<Entry, Fault>]) -> Vec<Option<Result<Reported, Fault>>> {
        let mut reports = Vec::with_capacity(entries.len());
        for entry in entries {
            let entry = entry.as_ref().ok().filter(|entry| entry.kind == "DiagnosticReport");
            let standing = entry.and_then(|entry| Some((entry, self.context.shelf.get(entry.number)?)));
            reports.push(standing.map(|(entry, standing)| {
                let reported = report::read(standing, entry.key, &self.members, self.context)?;
                self.members.extend(&reported.members);
                Ok(reported)
            }));
        }
        reports
    }

    fn report(&mut self, entry: &Entry, reported: Reported) -> Done {
        let Reported { mut report, is_test, is_identified, .. } = reported;
        let had_results = !report.results.is_empty();
        let marked = entry.is_identified || is_identified;
        report.results.retain(|item| !(marked && self.known.has(item.key)));
        if is_test || self.is_test {
            return done(entry, true, "marked as a test, and not judged");
        }
        if report.results.is_empty() {
            let remark = if had_results { "known already" } else { "no result in it" };
            return done(entry, !had_results, remark);
        }
        if marked {
            self.meaning.marks.extend(report.results.iter().map(|item| item.key));
        }
        self.meaning.events.push(Event::Report(report));
        done(entry, true, "")
    }

    fn other(&mut self, entry: &Entry) -> Result<Done, Fault> {
        let standing = self.context.shelf.get(entry.number).filter(|_| entry.kind == "Observation");
        let Some(standing) = standing else {
            let remark = "read for what it says of the others, and not kept as a resource";
            return Ok(Done { kind: entry.kind.clone(), id: None, is_new: false, remark });
        };
        if self.members.contains(&entry.number) {
            return Ok(done(entry, true, "a result of its report"));
        }
        self.observation(entry, standing).map_err(|fault| fault.within(&standing.at))
    }

    fn observation(&mut self, entry: &Entry, standing: &Standing<'_>) -> Result<Done, Fault> {
        let observation: Observation = parse(standing.text)?;
        let own: Measurement = parse(standing.text)?;
        let inside = Shelf::inside(&observation.contained, &standing.at)?;
        let sight = Sight { inside: &inside, outside: self.context.shelf };
        let has_time = observation.taken(self.context.arrived)?.is_some();
        let mark = (entry.is_identified || has_time).then_some(entry.key);
        let is_test = self.is_test || observation.meta.has("HTEST");
        let is_known = mark.is_some_and(|mark| self.known.has(mark));
        let mut remark = "";
        if is_laboratory(&observation, &own)? {
            let report = report::alone(&observation, &own, sight, entry.key, self.context)?;
            remark = match report.results.as_slice() {
                _ if is_test => "marked as a test, and not judged",
                [] => "no result in it",
                _ => "",
            };
            if remark.is_empty() && !is_known {
                self.meaning.events.push(Event::Report(report));
            }
        } else {
            let subject = Subject::of(told(&observation), sight, self.context.authority)?;
            if subject.is_nobody() {
                return Err(self.nobody());
            }
            let vitals = vital::read(&observation, &own, sight, self.context.arrived, is_test)?;
            if !is_known {
                self.frames.take(subject, vitals, mark);
            }
        }
        self.meaning.marks.extend(mark);
        Ok(done(entry, !is_known, if is_known { "known already" } else { remark }))
    }

    /// Signs that belong to nobody help nobody, and the sender can say whose they are.
    fn nobody(&self) -> Fault {
        let of = match self.context.authority {
            "" => "an identifier (the hospital's patient number)".to_owned(),
            authority => format!("one identifier of {authority}, by its system or assigner"),
        };
        let why = format!(
            "whose this is cannot be told: give the subject {of}, in subject.identifier or in a Patient of \
             the same message; or name the bed by a Location identifier"
        );
        Fault::new(Issue::BusinessRule, "subject", why)
    }
}

/// Whether an observation is the laboratory's: its category says so, or it has a specimen; where nothing says
/// what it is, it is a device's if it has a sign or a code of ISO/IEEE 11073.
fn is_laboratory(observation: &Observation, own: &Measurement) -> Result<bool, Fault> {
    if observation.is_of("vital-signs") {
        return Ok(false);
    }
    if observation.is_of("laboratory") || observation.specimen.is_some() {
        return Ok(true);
    }
    let parts: Vec<Measurement> =
        observation.component.iter().map(|part| parse(part.get())).collect::<Result<_, _>>()?;
    let all = || std::iter::once(own).chain(&parts);
    if all().all(|part| part.code.words().is_empty()) {
        return Err(Fault::new(Issue::Required, "code", "an observation needs a code, LOINC or MDC"));
    }
    if all().any(|part| vital::is_sign(&part.code)) {
        return Ok(false);
    }
    let is_analyte = |code: &Concept| code.coding.iter().any(|coding| known_analyte(&coding.code).is_some());
    Ok(observation.category.is_empty() || all().any(|part| result::calls(part) || is_analyte(&part.code)))
}

fn done(entry: &Entry, is_new: bool, remark: &'static str) -> Done {
    let is_new = is_new || !entry.if_new;
    Done { kind: entry.kind.clone(), id: Some(entry.id.clone()), is_new, remark }
}

/// The frames of a message: what one device measured of one patient is one frame, so that it is judged at
/// once.
struct Frames {
    sent: Option<Wall>,
    arrived: Wall,
    list: Vec<Frame>,
}

struct Frame {
    subject: Subject,
    device: String,
    key: MessageKey,
    measured: Vec<Measured>,
}

impl Frames {
    /// Takes the values of one observation in. Without an identity of its own (`key`) it is never taken for a
    /// repetition: the arrival takes part in the key.
    fn take(&mut self, subject: Subject, vitals: Vitals, key: Option<MessageKey>) {
        let Vitals { device, measured } = vitals;
        let known = self.list.iter().position(|frame| {
            frame.subject == subject
                && frame.device == device
                && frame.measured.len() + measured.len() <= READINGS_MOST
        });
        let at = known.unwrap_or_else(|| {
            let key = MessageKey::default();
            self.list.push(Frame { subject, device, key, measured: Vec::new() });
            self.list.len() - 1
        });
        let part = key.map_or_else(|| self.arrived.0.to_be_bytes(), |key| key.0.to_be_bytes());
        if let Some(frame) = self.list.get_mut(at) {
            frame.key = key_of(&[b"fhir frame", &frame.key.0.to_be_bytes(), &part]);
            frame.measured.extend(measured);
        }
    }

    fn events(self) -> impl Iterator<Item = Event> {
        let sent = self.sent;
        self.list.into_iter().filter(|frame| !frame.measured.is_empty()).map(move |frame| {
            // Without a time of the whole the newest value tells the device's clock.
            let newest = frame.measured.iter().filter_map(|measured| measured.taken).max();
            Event::Frame(DeviceFrame {
                place: frame.subject.place(),
                patient: frame.subject.patient,
                device: frame.device,
                sent: sent.or(newest),
                seq: None,
                silence_s: None,
                key: frame.key,
                readings: frame.measured,
            })
        })
    }
}
