//! What a message means: HL7 segments become the events of the ward.
//!
//! One reader for each kind of message, and what they all share: who sent it, when, for whom, where. Nothing
//! here judges or acknowledges, and nothing is dropped in silence: what is not needed says so.

mod admission;
mod alarm;
mod analytes;
mod coded;
mod device;
pub mod family;
mod file;
mod laboratory;
mod order;
mod profiles;
pub mod publisher;
mod twice;

use std::borrow::Cow;

pub use analytes::{known as known_analyte, unit as laboratory_unit};
pub use coded::{SpecimenCodes, are_other_fluids, flag as laboratory_flag, is_another_fluid};
use jiff::tz::{Offset, TimeZone};
pub use profiles::{Profiles, Terms};
use rules::vital::MessageKey;

use crate::clock::Wall;
use crate::event::{Event, Place, Uhid, key_of};
use crate::ingest::hl7::part::Part;
use crate::ingest::hl7::syntax::{Message, Segment};
use crate::ingest::hl7::time::{self, SentTime};

/// What the hospital says about its messages.
#[derive(Clone, Debug)]
pub struct Site {
    /// The zone of times that come without one.
    pub zone: TimeZone,
    /// Which assigning authority's repetition of PID-3 (in FHIR: which system or assigner) is the UHID; empty
    /// takes the first.
    pub uhid_authority: String,
    /// How its devices speak.
    pub profiles: Profiles,
}

impl Default for Site {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, uhid_authority: String::new(), profiles: Profiles::shipped() }
    }
}

/// What a message turned out to mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood {
    /// `ORU^R01` and the like.
    pub kind: String,
    /// MSH-10.
    pub control_id: String,
    /// MSH-3 of the sender, for the hub.
    pub sender: String,
    /// What it means; empty when nothing in it is for this ward.
    pub events: Vec<Event>,
    /// Why nothing came of it, where nothing did.
    pub not_needed: Option<&'static str>,
    /// The family of the device that sent it; empty for none that is known.
    pub profile: String,
    /// Whether two messages of this sender with one control id are one message.
    pub control_id_is_unique: bool,
    /// What a person who looks at the message should know of how it was read.
    pub remarks: Remarks,
    /// Whose it is, where it names one patient.
    pub patient: Option<Uhid>,
}

/// What was odd in a message that was read all the same, each thing once and counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks(Vec<(String, usize)>);

/// How many different remarks one message may have.
const REMARKS_MOST: usize = 8;

impl Remarks {
    fn add(&mut self, what: &str) {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| known == what) {
            *count += 1;
        } else if self.0.len() < REMARKS_MOST {
            self.0.push((what.to_owned(), 1));
        }
    }
}

impl std::fmt::Display for Remarks {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (what, count)) in self.0.iter().enumerate() {
            let mark = if at > 0 { "; " } else { "" };
            match count {
                1 => write!(out, "{mark}{what}")?,
                _ => write!(out, "{mark}{what} ({count} times)")?,
            }
        }
        Ok(())
    }
}

/// What all messages share.
struct Envelope<'a> {
    message: &'a Message,
    site: &'a Site,
    terms: Terms<'a>,
    /// The offset that MSH-7 carries: the sender's times without one are taken to have the same.
    offset: Option<Offset>,
    sent: Option<Wall>,
    control_id: String,
    sender: String,
    key: MessageKey,
}

/// Reads one message by the terms of its sender.
#[must_use]
pub fn understand(message: &Message, site: &Site, terms: Terms<'_>) -> Understood {
    let envelope = Envelope::of(message, site, terms);
    let (code, trigger) = kind_of(message);
    let is_device = || !terms.family.name.is_empty() || device::is_device(message);
    let mut remarks = Remarks::default();
    let (events, not_needed) = match (code.as_str(), trigger.as_str()) {
        ("ORU", "R01") if is_device() => told(device::frames(&envelope, &mut remarks), "no value in it"),
        ("ORU", "R01" | "R40") | ("ADT" | "ORM" | "OML", _) if envelope.is_training() => {
            (Vec::new(), Some(NO_PATIENT))
        }
        ("ORU", "R01") => told(laboratory::reports(&envelope), "no result in it"),
        ("ORU", "R40") => told(alarm::raised(&envelope), "no alarm in it that is meant"),
        ("ORU", "R42") => (Vec::new(), Some("a pump's event: kept, and not judged")),
        ("ADT", trigger) => {
            told(admission::movement(&envelope, trigger), "no movement that this ward follows")
        }
        ("ORM", "O01") | ("OML", "O21") => {
            told(order::orders(&envelope), "no order in it that names one patient and a number")
        }
        _ => (Vec::new(), Some("a type of message that this ward does not need")),
    };
    let kind = if trigger.is_empty() { code } else { format!("{code}^{trigger}") };
    let patient = envelope.patient();
    Understood {
        kind,
        control_id: envelope.control_id,
        sender: envelope.sender,
        events,
        not_needed,
        profile: terms.family.name.clone(),
        control_id_is_unique: terms.family.control_id_is_unique,
        remarks,
        patient,
    }
}

/// What kind of message it is. Where MSH-9 names no trigger (in the old versions EVN-1 did, later the
/// message structure does), a bare ORU is a result: a result is never left unjudged for its form.
fn kind_of(message: &Message) -> (String, String) {
    let header = message.header();
    let (code, trigger) = (text(header, 9, 1), text(header, 9, 2));
    if !trigger.is_empty() {
        return (code, trigger);
    }
    let structure = text(header, 9, 3);
    let of_structure = structure.split_once('_').map(|(_, trigger)| trigger.to_owned());
    let of_event = message.first("EVN").map(|evn| text(evn, 1, 1)).filter(|trigger| !trigger.is_empty());
    let assumed = if code == "ORU" { "R01" } else { "" };
    let trigger = of_structure.or(of_event).unwrap_or_else(|| assumed.to_owned());
    (code, trigger)
}

/// Why a message of a training or a debugging system means nothing.
const NO_PATIENT: &str = "MSH-11 says that this is no patient";

fn told(events: Vec<Event>, otherwise: &'static str) -> (Vec<Event>, Option<&'static str>) {
    let not_needed = events.is_empty().then_some(otherwise);
    (events, not_needed)
}

impl<'a> Envelope<'a> {
    fn of(message: &'a Message, site: &'a Site, terms: Terms<'a>) -> Self {
        let header = message.header();
        let sent = time::read(header.field(7).raw()).ok().flatten();
        let control_id = text(header, 10, 1);
        // MSH-10 alone is not unique in the field: type names and counters that restart have been seen there.
        let parts = [header.raw().as_bytes(), message.text().as_bytes()];
        let zone = terms.family.zone.as_ref().unwrap_or(&site.zone);
        Self {
            message,
            site,
            terms,
            offset: sent.and_then(|sent| sent.offset),
            sent: sent.and_then(|sent| sent.timestamp(zone).ok()).map(Wall::from),
            control_id,
            sender: text(header, 3, 1),
            key: key_of(&parts),
        }
    }

    /// Training and debugging messages never score.
    fn is_training(&self) -> bool {
        matches!(self.message.header().field(11).component(1).raw(), "D" | "T")
    }

    /// Which of the two a message is that is no patient's.
    fn training(&self) -> &'static str {
        match self.message.header().field(11).component(1).raw() {
            "D" => "demo",
            _ => "test",
        }
    }

    /// Where a device measures: where the message says, else where its peer stands.
    fn place(&self, said: Option<Place>) -> Place {
        match (said, self.terms.bed) {
            (None | Some(Place::Nowhere), Some(bed)) => Place::Bed(bed.to_owned()),
            (said, _) => said.unwrap_or(Place::Nowhere),
        }
    }

    /// A time of the sender to the minute at least, by which ages may be told; `None` for a day alone.
    fn time_of_day(&self, raw: &str) -> Option<Wall> {
        let sent = time::read(raw).ok().flatten()?;
        (sent.precision >= time::Precision::Minute).then(|| self.placed(sent)).flatten()
    }

    /// A time of the sender; `None` where none was sent or none exists.
    fn time(&self, raw: &str) -> Option<Wall> {
        self.placed(time::read(raw).ok().flatten()?)
    }

    fn placed(&self, sent: SentTime) -> Option<Wall> {
        let placed = match (sent.offset, self.offset) {
            (None, Some(offset)) => sent.timestamp(&offset.to_time_zone()),
            _ => sent.timestamp(self.terms.family.zone.as_ref().unwrap_or(&self.site.zone)),
        };
        placed.ok().map(Wall::from)
    }

    /// The one patient whom the message names; `None` where it names several, or nobody.
    fn patient(&self) -> Option<Uhid> {
        let named = self.message.segments().filter(|segment| segment.name() == "PID");
        let mut patients = named.map(|pid| self.uhid(pid));
        let first = patients.next()??;
        patients.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    /// The stable key of something within the message.
    fn key_within(&self, number: usize) -> MessageKey {
        key_of(&[&self.key.0.to_be_bytes(), &number.to_be_bytes()])
    }

    /// The UHID of a PID segment, where it names exactly one.
    fn uhid(&self, pid: Segment<'_>) -> Option<Uhid> {
        self.identity(pid.field(3)).into_one()
    }

    /// Whom an identifier list (PID-3, MRG-1) names: the repetition of the hospital's authority, or the first
    /// where none is configured. Two that differ are a doubt, never a choice.
    fn identity(&self, identifiers: Part<'_>) -> Identity {
        let authority = self.site.uhid_authority.as_str();
        let of_authority = |id: &Part<'_>| id.component(4).sub(1).unescaped() == authority;
        let repeats = identifiers.repeats();
        let chosen: Vec<Part<'_>> = match authority {
            "" => repeats.take(1).collect(),
            _ => repeats.filter(of_authority).collect(),
        };
        let mut uhids: Vec<Uhid> = Vec::new();
        for id in chosen {
            let uhid = Uhid(id.component(1).unescaped().trim().to_owned());
            if !uhid.0.is_empty() && uhid.0 != "\"\"" && !uhids.contains(&uhid) {
                uhids.push(uhid);
            }
        }
        Identity(uhids)
    }
}

/// Whom a message names: nobody, one patient, or more than one.
#[derive(Default)]
struct Identity(Vec<Uhid>);

impl Identity {
    /// The patient, where it is one.
    fn into_one(self) -> Option<Uhid> {
        self.split().ok()
    }

    /// The patient; else the UHIDs that were named, none or more than one.
    fn split(mut self) -> Result<Uhid, Vec<Uhid>> {
        match (self.0.pop(), self.0.is_empty()) {
            (Some(only), true) => Ok(only),
            (last, _) => {
                self.0.extend(last);
                Err(self.0)
            }
        }
    }
}

/// One component of a field, unescaped and without the blanks around it.
fn text(segment: Segment<'_>, field: usize, component: usize) -> String {
    said(segment.field(field).component(component)).into_owned()
}

/// What a part says, unescaped and without the blanks around it; borrowed where it can be.
fn said(part: Part<'_>) -> Cow<'_, str> {
    let text = match part.unescaped() {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    if text == "\"\"" { Cow::Borrowed("") } else { text }
}

/// PV1-3 or PV1-6: point of care, room, bed and facility, with the usual mark between them whatever the
/// message uses. Of a part that is divided again (Philips writes `bed&x&y`) the first piece counts.
fn location(pv1: Segment<'_>, field: usize) -> Place {
    let point = pv1.field(field);
    let parts: Vec<_> = (1..=4).map(|component| said(point.component(component).sub(1))).collect();
    if parts.iter().all(|part| part.is_empty()) { Place::Nowhere } else { Place::Location(parts.join("^")) }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
