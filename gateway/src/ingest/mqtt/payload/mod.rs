//! A publication becomes an arrival: topic and payload are read into events, or refused with a reason and
//! kept raw.
//!
//! The same for the listener and for an outside broker. Nothing here knows a connection, and nothing here
//! judges.

mod alarm;
mod foreign;
mod reading;
mod readings;
mod text;

use super::identity::Rights;
use super::topic::{DeviceTopic, Subject, TopicFault};
use crate::clock::Wall;
use crate::event::{Arrival, DevicePresence, Event, Outcome, Peer, Place, Raw, key_of};
use crate::ingest::profile::Site;
use crate::message::Marks;

/// The largest payload, in bytes; what is above it comes from an outside broker alone.
const PAYLOAD_MOST: usize = 256 * 1_024;

/// The most readings of one frame.
pub(super) const READINGS_MOST: usize = 500;

/// Who published something, where, and when it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender<'a> {
    /// `mqtt` or `broker`.
    pub(super) endpoint: &'static str,
    /// The client id.
    pub(super) client: &'a str,
    /// The ward that this gateway serves.
    pub(super) ward: &'a str,
    /// When it came, by our clock. It takes part in the key of messages that carry no identity of their own.
    pub(super) arrived: Wall,
    /// What it may publish; `None` for everything.
    pub(super) rights: Option<&'a Rights>,
}

impl Sender<'_> {
    fn may_publish(&self, address: &DeviceTopic) -> Result<(), Fault> {
        Self::refused_by(self.rights.filter(|rights| !rights.may_publish(address)))
    }

    /// A foreign topic may name no device, and the program behind it may speak for several: it stays at the
    /// bed that is its own.
    fn may_speak_for(&self, bed: &str) -> Result<(), Fault> {
        Self::refused_by(self.rights.filter(|rights| rights.bed != bed))
    }

    fn refused_by(broken: Option<&Rights>) -> Result<(), Fault> {
        match broken {
            Some(Rights { bed, device }) => {
                Err(Fault::NotAllowed { bed: bed.clone(), device: device.clone() })
            }
            None => Ok(()),
        }
    }
}

/// Why a publication is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// Not a topic of ours.
    #[error(transparent)]
    Topic(#[from] TopicFault),
    /// A topic of ours that is not the device's own.
    #[error(
        "the topic is not below {bed}/{device}, which is this device's own: correct its settings, or its \
         entry in gateway.toml"
    )]
    NotAllowed {
        /// The bed that is its own.
        bed: String,
        /// Its own name.
        device: String,
    },
    /// Not the JSON, or not the word, of the contract.
    #[error("the payload cannot be read: {0}")]
    Unreadable(String),
    /// More bytes than a message may have.
    #[error("the payload has {0} bytes; at most {PAYLOAD_MOST} are taken, and as many are kept: split it")]
    TooLarge(usize),
    /// More readings than a frame may have.
    #[error("the frame has {0} readings; at most {READINGS_MOST} are taken: split it")]
    TooMany(usize),
}

/// A publication, read.
#[derive(Debug)]
pub(super) struct Received {
    /// For the ward.
    pub(super) arrival: Arrival,
    /// For the sender, when it is refused.
    pub(super) fault: Option<Fault>,
}

/// What a readable payload means.
struct Understood {
    event: Event,
    /// Whether the message log keeps the bytes, and with which remark.
    kept: Option<String>,
}

/// Reads a publication, of a device that knows our topics or of a foreign program that a profile describes.
/// It never fails: what cannot be read arrives as a refused message.
pub(super) fn take(sender: Sender<'_>, site: &Site, topic: &str, payload: &[u8]) -> Received {
    foreign::receive(sender, site, topic, payload).unwrap_or_else(|| receive(sender, topic, payload))
}

/// Reads a publication on a topic of the contract.
fn receive(sender: Sender<'_>, topic: &str, payload: &[u8]) -> Received {
    let address = DeviceTopic::read(topic, sender.ward);
    let kind = address.as_ref().map_or("", |address| address.subject.word());
    let understood = address.clone().map_err(Fault::from).and_then(|address| {
        sender.may_publish(&address)?;
        let message = Message { sender, topic, address: &address };
        message.understand(payload)
    });
    let raw = |outcome, reason| Raw {
        kind: kind.to_owned(),
        control_id: String::new(),
        bytes: payload.get(..PAYLOAD_MOST).unwrap_or(payload).to_vec(),
        outcome,
        reason,
        marks: Marks::default(),
    };
    let (raw, events, fault) = match understood {
        Ok(Understood { event, kept }) => {
            (kept.map(|remark| raw(Outcome::Accepted, remark)), vec![event], None)
        }
        Err(fault) => (Some(raw(Outcome::Refused, fault.to_string())), Vec::new(), Some(fault)),
    };
    let peer = Peer { endpoint: sender.endpoint, name: sender.client.to_owned() };
    Received { arrival: Arrival { peer, raw, events }, fault }
}

/// A message whose topic is ours.
struct Message<'a> {
    sender: Sender<'a>,
    topic: &'a str,
    address: &'a DeviceTopic,
}

impl Message<'_> {
    fn understand(&self, payload: &[u8]) -> Result<Understood, Fault> {
        if payload.len() > PAYLOAD_MOST {
            return Err(Fault::TooLarge(payload.len()));
        }
        match self.address.subject {
            Subject::Readings => readings::read(self, payload),
            Subject::Alarm => alarm::read(self, payload),
            Subject::Status => self.status(payload),
        }
    }

    fn place(&self) -> Place {
        Place::Bed(self.address.bed.clone())
    }

    /// When it came, as a part of a key.
    fn arrived(&self) -> [u8; 8] {
        self.sender.arrived.0.to_be_bytes()
    }

    /// A status word has no identity of its own: each is a new event, and hearing one twice changes nothing.
    fn status(&self, payload: &[u8]) -> Result<Understood, Fault> {
        let online = match payload.trim_ascii() {
            b"online" => true,
            b"offline" => false,
            _ => return Err(Fault::Unreadable("a status is the word online or offline".to_owned())),
        };
        let key = key_of(&[self.sender.client.as_bytes(), self.topic.as_bytes(), payload, &self.arrived()]);
        let device = self.address.device.clone();
        let event = Event::Presence(DevicePresence { place: self.place(), device, online, key });
        Ok(Understood { event, kept: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: Sender<'_> =
        Sender { endpoint: "mqtt", client: "m1", ward: "icu", arrived: Wall(1_000), rights: None };

    fn status(payload: &[u8]) -> Received {
        receive(SENDER, "wardlight/v1/icu/07/m/status", payload)
    }

    #[test]
    fn a_status_is_a_presence() {
        for (word, expected) in [("online", true), ("offline", false), (" offline\n", false)] {
            let received = status(word.as_bytes());
            let Some(Event::Presence(presence)) = received.arrival.events.first() else { panic!("{word}") };
            assert_eq!((presence.online, presence.device.as_str()), (expected, "m"));
            assert_eq!(presence.place, Place::Bed("07".into()));
            assert!(received.arrival.raw.is_none() && received.fault.is_none());
        }
    }

    #[test]
    fn two_losses_of_one_device_are_two_events() {
        let later = Sender { arrived: Wall(2_000), ..SENDER };
        let key = |received: Received| match received.arrival.events.first() {
            Some(Event::Presence(presence)) => presence.key,
            other => panic!("{other:?}"),
        };
        let again = receive(later, "wardlight/v1/icu/07/m/status", b"offline");
        assert_ne!(key(status(b"offline")), key(again));
    }

    #[test]
    fn what_is_too_large_is_kept_in_part() {
        let received = status(&vec![b'x'; PAYLOAD_MOST + 1]);
        assert_eq!(received.fault, Some(Fault::TooLarge(PAYLOAD_MOST + 1)));
        assert_eq!(received.arrival.raw.map(|raw| raw.bytes.len()), Some(PAYLOAD_MOST));
    }

    #[test]
    fn what_cannot_be_read_is_kept_raw_with_its_reason() {
        for (topic, payload) in [
            ("wardlight/v1/icu/07/m/status", &b"gone"[..]),
            ("some/thing", b"x"),
            ("wardlight/v1/icu/07/m/alarm", b""),
        ] {
            let received = receive(SENDER, topic, payload);
            let raw = received.arrival.raw.expect("kept");
            assert_eq!((raw.outcome, raw.bytes.as_slice()), (Outcome::Refused, payload));
            assert!(!raw.reason.is_empty() && received.arrival.events.is_empty());
            assert!(received.fault.is_some());
        }
    }
}
