//! ADT: who comes, moves and goes. By UHID alone; the name is carried for the board's privacy setting.

use super::{Envelope, location, text};
use crate::event::{Admission, Event, Movement, Place};

/// The movement of a message; nothing for triggers that this ward does not follow, or without a UHID.
pub(super) fn movement(envelope: &Envelope<'_>, trigger: &str) -> Vec<Event> {
    let movement = match trigger {
        "A01" => Movement::Admit,
        "A02" => Movement::Transfer,
        "A03" => Movement::Discharge,
        "A08" => Movement::Update,
        _ => return Vec::new(),
    };
    let message = envelope.message;
    let Some(pid) = message.first("PID") else { return Vec::new() };
    let Some(patient) = envelope.uhid(pid) else { return Vec::new() };
    let pv1 = message.first("PV1");
    let at = message.first("EVN").and_then(|evn| envelope.time(evn.field(2).raw())).or(envelope.sent);
    let name = [text(pid, 5, 2), text(pid, 5, 1)].join(" ").trim().to_owned();
    vec![Event::Admission(Admission {
        movement,
        patient,
        name,
        place: pv1.map_or(Place::Nowhere, |pv1| location(pv1, 3)),
        prior: pv1.map_or(Place::Nowhere, |pv1| location(pv1, 6)),
        attending: pv1.map(|pv1| text(pv1, 7, 1)).filter(|id| !id.is_empty()),
        at,
    })]
}
