//! ADT: who comes, moves, goes, and who was taken for two. By UHID alone; the name is carried for the board's
//! privacy setting.
//!
//! A movement that names no patient, or more than one, is told as such: it is never dropped and never
//! guessed at.

use super::{Envelope, Identity, location, text};
use crate::clock::Wall;
use crate::event::{Admission, Event, Merge, Movement, Place, Uhid, Unidentified};

/// The events of a message; none for triggers that this ward does not follow.
pub(super) fn movement(envelope: &Envelope<'_>, trigger: &str) -> Vec<Event> {
    let movement = match trigger {
        "A01" | "A04" => Movement::Admit,
        "A02" => Movement::Transfer,
        "A03" => Movement::Discharge,
        "A08" => Movement::Update,
        "A11" => Movement::CancelAdmit,
        "A12" => Movement::CancelTransfer,
        "A13" => Movement::CancelDischarge,
        "A40" => return merges(envelope),
        _ => return Vec::new(),
    };
    let pid = envelope.message.first("PID");
    let identity = pid.map_or_else(Identity::default, |pid| envelope.identity(pid.field(3)));
    vec![match identity.split() {
        Ok(patient) => Event::Admission(admission(envelope, movement, patient)),
        Err(candidates) => Event::Unidentified(Unidentified {
            trigger: trigger.to_owned(),
            arrives: matches!(
                movement,
                Movement::Admit | Movement::Transfer | Movement::CancelTransfer | Movement::CancelDischarge
            ),
            place: place(envelope, 3),
            candidates,
        }),
    }]
}

fn admission(envelope: &Envelope<'_>, movement: Movement, patient: Uhid) -> Admission {
    let message = envelope.message;
    let name = message.first("PID").map(|pid| [text(pid, 5, 2), text(pid, 5, 1)].join(" "));
    Admission {
        movement,
        patient,
        name: name.unwrap_or_default().trim().to_owned(),
        place: place(envelope, 3),
        prior: place(envelope, 6),
        attending: message.first("PV1").map(|pv1| text(pv1, 7, 1)).filter(|id| !id.is_empty()),
        at: happened(envelope),
    }
}

fn place(envelope: &Envelope<'_>, field: usize) -> Place {
    envelope.message.first("PV1").map_or(Place::Nowhere, |pv1| location(pv1, field))
}

fn happened(envelope: &Envelope<'_>) -> Option<Wall> {
    let recorded = envelope.message.first("EVN").and_then(|evn| envelope.time(evn.field(2).raw()));
    recorded.or(envelope.sent)
}

/// Every pair of PID and MRG: the first stays, the second is no more.
fn merges(envelope: &Envelope<'_>) -> Vec<Event> {
    let mut into = Identity::default();
    let mut events = Vec::new();
    for segment in envelope.message.segments() {
        match segment.name() {
            "PID" => into = envelope.identity(segment.field(3)),
            "MRG" => {
                events.push(merge(envelope, std::mem::take(&mut into), envelope.identity(segment.field(1))));
            }
            _ => {}
        }
    }
    events
}

fn merge(envelope: &Envelope<'_>, into: Identity, from: Identity) -> Event {
    let unclear = |candidates| {
        let (trigger, place) = ("A40".to_owned(), Place::Nowhere);
        Event::Unidentified(Unidentified { trigger, arrives: false, place, candidates })
    };
    match (into.split(), from.split()) {
        (Ok(into), Ok(from)) => Event::Merge(Merge { into, from, at: happened(envelope) }),
        (Err(candidates), _) | (_, Err(candidates)) => unclear(candidates),
    }
}
