//! What a message means: HL7 segments become the events of the ward.
//!
//! One reader for each kind of message, and what they all share: who sent it, when, for whom, where. Nothing
//! here judges or acknowledges, and nothing is dropped in silence: what is not needed says so.

mod admission;
mod analytes;
mod device;
mod laboratory;

pub use analytes::{known as known_analyte, unit as laboratory_unit};
use jiff::tz::{Offset, TimeZone};
use rules::vital::MessageKey;

use crate::clock::Wall;
use crate::event::{Event, Place, Uhid, key_of};
use crate::ingest::hl7::syntax::{Message, Segment};
use crate::ingest::hl7::time;

/// What the hospital says about its messages.
#[derive(Clone, Debug)]
pub struct Site {
    /// The zone of times that come without one.
    pub zone: TimeZone,
    /// Which assigning authority's repetition of PID-3 (in FHIR: which system or assigner) is the UHID; empty
    /// takes the first.
    pub uhid_authority: String,
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
}

/// What all messages share.
struct Envelope<'a> {
    message: &'a Message,
    site: &'a Site,
    /// The offset that MSH-7 carries: the sender's times without one are taken to have the same.
    offset: Option<Offset>,
    sent: Option<Wall>,
    control_id: String,
    sender: String,
    key: MessageKey,
}

/// Reads one message.
#[must_use]
pub fn understand(message: &Message, site: &Site) -> Understood {
    let envelope = Envelope::of(message, site);
    let header = message.header();
    let (code, trigger) = (text(header, 9, 1), text(header, 9, 2));
    let (events, not_needed) = match (code.as_str(), trigger.as_str()) {
        ("ORU", "R01") if device::is_device(message) => told(device::frames(&envelope), "no value in it"),
        ("ORU", "R01") if envelope.is_training() => (Vec::new(), Some("MSH-11 says that this is no patient")),
        ("ORU", "R01") => told(laboratory::reports(&envelope), "no result in it"),
        ("ADT", trigger) => {
            told(admission::movement(&envelope, trigger), "no movement that this ward follows")
        }
        _ => (Vec::new(), Some("a type of message that this ward does not need")),
    };
    let kind = if trigger.is_empty() { code } else { format!("{code}^{trigger}") };
    Understood { kind, control_id: envelope.control_id, sender: envelope.sender, events, not_needed }
}

fn told(events: Vec<Event>, otherwise: &'static str) -> (Vec<Event>, Option<&'static str>) {
    let not_needed = events.is_empty().then_some(otherwise);
    (events, not_needed)
}

impl<'a> Envelope<'a> {
    fn of(message: &'a Message, site: &'a Site) -> Self {
        let header = message.header();
        let sent = time::read(header.field(7).raw()).ok().flatten();
        let control_id = text(header, 10, 1);
        // MSH-10 alone is not unique in the field: type names and counters that restart have been seen there.
        let parts = [header.raw().as_bytes(), message.text().as_bytes()];
        Self {
            message,
            site,
            offset: sent.and_then(|sent| sent.offset),
            sent: sent.and_then(|sent| sent.timestamp(&site.zone).ok()).map(Wall::from),
            control_id,
            sender: text(header, 3, 1),
            key: key_of(&parts),
        }
    }

    /// Training and debugging messages never score.
    fn is_training(&self) -> bool {
        matches!(self.message.header().field(11).component(1).raw(), "D" | "T")
    }

    /// A time of the sender; `None` where none was sent or none exists.
    fn time(&self, raw: &str) -> Option<Wall> {
        let sent = time::read(raw).ok().flatten()?;
        let placed = match (sent.offset, self.offset) {
            (None, Some(offset)) => sent.timestamp(&offset.to_time_zone()),
            _ => sent.timestamp(&self.site.zone),
        };
        placed.ok().map(Wall::from)
    }

    /// The stable key of something within the message.
    fn key_within(&self, number: usize) -> MessageKey {
        key_of(&[&self.key.0.to_be_bytes(), &number.to_be_bytes()])
    }

    /// The UHID of a PID segment.
    fn uhid(&self, pid: Segment<'_>) -> Option<Uhid> {
        let authority = self.site.uhid_authority.as_str();
        let identifiers: Vec<_> = pid.field(3).repeats().collect();
        let chosen = match authority {
            "" => identifiers.first(),
            _ => identifiers.iter().find(|id| id.component(4).sub(1).unescaped() == authority),
        }?;
        let id = chosen.component(1).unescaped().trim().to_owned();
        (!id.is_empty() && id != "\"\"").then_some(Uhid(id))
    }
}

/// One component of a field, unescaped and without the blanks around it.
fn text(segment: Segment<'_>, field: usize, component: usize) -> String {
    let text = segment.field(field).component(component).unescaped().trim().to_owned();
    if text == "\"\"" { String::new() } else { text }
}

/// PV1-3 or PV1-6: point of care, room, bed and facility, with the usual mark between them whatever the
/// message uses.
fn location(pv1: Segment<'_>, field: usize) -> Place {
    let parts: Vec<String> = (1..=4).map(|component| text(pv1, field, component)).collect();
    if parts.iter().all(String::is_empty) { Place::Nowhere } else { Place::Location(parts.join("^")) }
}

#[cfg(test)]
mod tests;
