//! Publications of programs that do not know our topics: read by a profile that says where in their JSON what
//! stands, or as HL7.
//!
//! Each value is read for itself, and a number keeps its text. A payload that speaks of two devices on one
//! topic is refused: nobody could say which bed the second one stands at.

use std::collections::HashMap;

use jiff::civil::DateTime;
use serde_json::value::RawValue;

use super::readings::wall;
use super::text::{scalar, string};
use super::{Fault, PAYLOAD_MOST, READINGS_MOST, Received, Sender};
use crate::clock::Wall;
use crate::event::{Arrival, DeviceFrame, Event, Measured, Outcome, Peer, Place, Raw, key_of};
use crate::ingest::hl7::syntax::{self, Message};
use crate::ingest::profile::family::{Family, Sent};
use crate::ingest::profile::publisher::{Payload, Publisher, Said, ValueAt, Whereof};
use crate::ingest::profile::{self, Site, Terms};
use crate::ingest::terminology;
use crate::message::Marks;

/// A publication on a foreign topic.
struct Publication<'a> {
    sender: Sender<'a>,
    site: &'a Site,
    topic: &'a str,
    family: &'a Family,
    publisher: &'a Publisher,
    whereof: Whereof<'a>,
}

/// What a readable payload means.
struct Understood {
    kind: String,
    events: Vec<Event>,
    /// Whether the message log keeps the bytes, and with which remark.
    kept: Option<String>,
}

/// Reads a publication of a known foreign program; `None` for every other topic.
pub(super) fn receive(sender: Sender<'_>, site: &Site, topic: &str, payload: &[u8]) -> Option<Received> {
    let (family, publisher, whereof) = site.profiles.publisher(topic)?;
    let publication = Publication { sender, site, topic, family, publisher, whereof };
    let raw = |kind, outcome, reason| Raw {
        kind,
        control_id: String::new(),
        bytes: payload.get(..PAYLOAD_MOST).unwrap_or(payload).to_vec(),
        outcome,
        reason,
        marks: Marks::default(),
    };
    let peer = Peer { endpoint: sender.endpoint, name: sender.client.to_owned() };
    Some(match publication.understand(payload) {
        Ok(Understood { kind, events, kept }) => {
            let outcome = if events.is_empty() { Outcome::NotNeeded } else { Outcome::Accepted };
            let raw = kept.map(|remark| raw(kind, outcome, remark));
            Received { arrival: Arrival { peer, raw, events }, fault: None }
        }
        Err(fault) => {
            let raw = Some(raw(family.name.clone(), Outcome::Refused, fault.to_string()));
            Received { arrival: Arrival { peer, raw, events: Vec::new() }, fault: Some(fault) }
        }
    })
}

impl Publication<'_> {
    fn understand(&self, payload: &[u8]) -> Result<Understood, Fault> {
        self.sender.may_speak_for(self.whereof.bed)?;
        if payload.len() > PAYLOAD_MOST {
            return Err(Fault::TooLarge(payload.len()));
        }
        match self.publisher.payload {
            Payload::Json => self.json(payload),
            Payload::Hl7 => self.hl7(payload),
        }
    }

    fn hl7(&self, payload: &[u8]) -> Result<Understood, Fault> {
        let unreadable = |fault: syntax::Unreadable| Fault::Unreadable(fault.to_string());
        let terms = Terms { bed: Some(self.whereof.bed), ..Terms::of(self.family) };
        let (mut kind, mut events, mut remarks) = (String::new(), Vec::new(), Vec::new());
        for bytes in syntax::split(payload).map_err(unreadable)? {
            let message = Message::parse_in(terms.charset, bytes).map_err(unreadable)?;
            let understood = profile::understand(&message, self.site, terms);
            kind = understood.kind;
            events.extend(understood.events);
            remarks.push(understood.not_needed.map_or_else(|| understood.remarks.to_string(), str::to_owned));
        }
        remarks.retain(|remark| !remark.is_empty());
        Ok(Understood { kind, events, kept: Some(remarks.join("; ")) })
    }

    fn json(&self, payload: &[u8]) -> Result<Understood, Fault> {
        let root: &RawValue =
            serde_json::from_slice(payload).map_err(|fault| Fault::Unreadable(fault.to_string()))?;
        let items = at(root, &self.publisher.items)
            .ok_or_else(|| Fault::Unreadable(format!("nothing is at {}", self.publisher.items)))?;
        let items = flattened(items)?;
        let device = self.device(&items)?;
        let mut readings: Vec<Measured> = Vec::new();
        let mut unread = 0;
        for item in &items {
            let before = readings.len();
            readings.extend(self.values(item));
            unread += usize::from(readings.len() == before);
        }
        if readings.len() > READINGS_MOST {
            return Err(Fault::TooMany(readings.len()));
        }
        if readings.is_empty() && unread > 0 {
            return Err(Fault::Unreadable(format!("none of its {unread} items has a value that is known")));
        }
        let sent = readings.iter().filter_map(|reading| reading.taken).max();
        let frame = DeviceFrame {
            place: Place::Bed(self.whereof.bed.to_owned()),
            patient: None,
            device,
            sent,
            seq: None,
            key: self.key(sent, payload),
            readings,
            silence_s: self.family.silence_s,
        };
        let total = items.len();
        let kept = (unread > 0).then(|| format!("{unread} of its {total} items have no value that is known"));
        Ok(Understood { kind: self.family.name.clone(), events: vec![Event::Frame(frame)], kept })
    }

    /// The device: by the topic, else by the items, else by the family.
    fn device(&self, items: &[&RawValue]) -> Result<String, Fault> {
        let mut named = None;
        for item in items {
            let name = at(item, &self.publisher.device).and_then(|name| string(name.get()));
            let Some(name) = name.filter(|_| !self.publisher.device.is_empty()) else { continue };
            if named.as_ref().is_some_and(|known| *known != name) {
                return Err(Fault::Unreadable("it speaks of two devices: publish each by itself".to_owned()));
            }
            named = Some(name);
        }
        let name = self.whereof.device.or(named.as_deref()).unwrap_or(&self.family.name);
        Ok(super::text::shortened(name, 64))
    }

    /// All values of one item.
    fn values(&self, item: &RawValue) -> Vec<Measured> {
        let taken = self.time(item);
        let word = at(item, &self.publisher.status).filter(|_| !self.publisher.status.is_empty());
        let word = scalar(word).unwrap_or_default();
        let status = self.publisher.words.get(&*word).map_or(&*word, String::as_str);
        let values = self.publisher.values.iter();
        values.filter_map(|wanted| self.value(item, wanted, status, taken)).collect()
    }

    fn value(
        &self,
        item: &RawValue,
        wanted: &ValueAt,
        status: &str,
        taken: Option<Wall>,
    ) -> Option<Measured> {
        let code = said(item, &wanted.code).filter(|code| !code.is_empty())?;
        let text = scalar(Some(at(item, &wanted.value)?))?;
        let meaning = self.family.meaning(Sent { code: &code, ..Sent::default() });
        let sent_unit = said(item, &wanted.unit).unwrap_or_default();
        let unit = if sent_unit.is_empty() { meaning.unit.to_owned() } else { sent_unit };
        let no_reading = self.family.is_sentinel(&text);
        let status = if no_reading && matches!(status, "" | "ok") { "unavailable" } else { status };
        let judged = meaning.sign.map(|sign| terminology::judge_as(sign, &text, &unit, status));
        Some(Measured {
            code: code.into(),
            text: text.into(),
            unit: unit.into(),
            status: status.into(),
            taken,
            judged,
        })
    }

    /// The time of an item, unless it cannot be one.
    fn time(&self, item: &RawValue) -> Option<Wall> {
        if self.publisher.time.is_empty() {
            return None;
        }
        let raw = at(item, &self.publisher.time)?;
        if self.publisher.time_format.is_empty() {
            return wall(raw);
        }
        let civil = DateTime::strptime(&self.publisher.time_format, &*string(raw.get())?).ok()?;
        let zone = self.family.zone.as_ref().unwrap_or(&self.site.zone);
        let placed = zone.to_timestamp(civil).ok().map(Wall::from);
        placed.filter(|wall| *wall >= Wall::EARLIEST)
    }

    /// The same frame sent again has the same key; without a time of its own it is never a repetition.
    fn key(&self, sent: Option<Wall>, payload: &[u8]) -> rules::vital::MessageKey {
        let time = sent.unwrap_or(self.sender.arrived).0.to_be_bytes();
        key_of(&[self.sender.client.as_bytes(), self.topic.as_bytes(), &time, payload])
    }
}

/// The items of an array, whose own arrays are read as one; a single object is one item.
fn flattened(items: &RawValue) -> Result<Vec<&RawValue>, Fault> {
    let listed = |raw: &RawValue| raw.get().starts_with('[');
    if !listed(items) {
        return Ok(vec![items]);
    }
    let read = |raw| elements(raw).ok_or_else(|| Fault::Unreadable("it is no array".to_owned()));
    let mut flat = Vec::new();
    for item in read(items)? {
        if listed(item) {
            flat.extend(read(item)?);
        } else {
            flat.push(item);
        }
        if flat.len() > READINGS_MOST {
            return Err(Fault::TooMany(flat.len()));
        }
    }
    Ok(flat)
}

fn elements(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// What stands under a JSON pointer (RFC 6901).
fn at<'a>(raw: &'a RawValue, pointer: &str) -> Option<&'a RawValue> {
    let mut found = raw;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        found = if found.get().starts_with('[') {
            elements(found)?.get(token.parse::<usize>().ok()?).copied()?
        } else {
            let members: HashMap<String, &RawValue> = serde_json::from_str(found.get()).ok()?;
            members.get(&token).copied()?
        };
    }
    Some(found)
}

fn said(item: &RawValue, said: &Said) -> Option<String> {
    match said {
        Said::Always(text) => Some(text.clone()),
        Said::At(pointer) => scalar(Some(at(item, pointer)?)).map(std::borrow::Cow::into_owned),
    }
}

#[cfg(test)]
mod tests;
