//! What devices send, on its way to a bed: where it belongs, how old it is by the device's own clock, and
//! what is said of a device whose bed is none of this ward's. It judges nothing.

use rules::event::{Frame, Presence};
use rules::{Reading, Span, Technical};

use super::places::At;
use super::{Cause, Now, Turn, Ward, WardBed, number_of};
use crate::event::{DeviceFrame, DevicePresence, Found, Measured, Place};

impl Ward {
    pub(super) fn frame(&mut self, frame: &DeviceFrame, now: Now, turn: &mut Turn) {
        let Some(at) = self.with_patient(frame).or_else(|| self.places.find(&frame.place)) else {
            return self.unknown_bed(&frame.place, &frame.device, now, turn);
        };
        turn.bed = self.beds.get(at).and_then(WardBed::label_in_place);
        let source = self.devices.number(at, &frame.device);
        if self.bindings.device_says(at, source, frame.patient.as_ref()) {
            self.rebind(&[at], &[], &Cause::rules(now), turn);
        }
        let late = frame.sent.map_or(Span::ZERO, |sent| self.devices.lateness(source, sent, now.wall()));
        let mut readings = std::mem::take(&mut self.readings);
        readings.clear();
        readings.extend(frame.readings.iter().filter_map(|measured| reading(measured, frame, late)));
        let silence = frame.silence_s.map(Span::seconds);
        let event = rules::Event::Frame(Frame { source, key: frame.key, readings: &readings, silence });
        self.judge(at, &event, &Cause::rules(now), turn);
        self.readings = readings;
    }

    /// The bed of the patient, for a sender that knows whom it measures better than where. A bed in doubt is
    /// theirs, too: there alarms go on by bed.
    fn with_patient(&self, frame: &DeviceFrame) -> Option<At> {
        match (&frame.place, &frame.patient) {
            (Place::WithPatient(_), Some(patient)) => self.bindings.lies_on(patient),
            _ => None,
        }
    }

    pub(super) fn presence(&mut self, presence: &DevicePresence, now: Now, turn: &mut Turn) {
        let Some(at) = self.places.find(&presence.place) else {
            return self.unknown_bed(&presence.place, &presence.device, now, turn);
        };
        let source = self.devices.number(at, &presence.device);
        let event = rules::Event::Presence(Presence { source, online: presence.online, key: presence.key });
        self.judge(at, &event, &Cause::rules(now), turn);
    }

    /// A frame for a bed that this ward does not have: kept with its message, counted, and shown once for
    /// each sender.
    pub(super) fn unknown_bed(&mut self, place: &Place, device: &str, now: Now, turn: &mut Turn) {
        let (named, text) = match place {
            Place::Bed(label) | Place::Location(label) => (label.as_str(), not_ours(device, label)),
            Place::Nowhere => ("no bed at all", not_ours(device, "no bed at all")),
            Place::WithPatient(_) => (
                device,
                format!(
                    "{device} sends for a patient who lies on none of our beds: is the admission missing?"
                ),
            ),
        };
        let number = number_of(named);
        self.found(&Found { bed: None, what: Technical::UnknownBed(number), on: true, text }, now, turn);
    }
}

fn not_ours(device: &str, bed: &str) -> String {
    format!(
        "{device} sends for {bed}, which is no bed of this ward: check the bed in the device or in ward.toml"
    )
}

/// One reading as the rules take it: its age is what it already had by the device's clock, and what the frame
/// is late.
pub(super) fn reading(measured: &Measured, frame: &DeviceFrame, late: Span) -> Option<Reading> {
    let (sign, value, quality) = measured.judged?;
    let behind_ms = match (frame.sent, measured.taken) {
        (Some(sent), Some(taken)) => sent.0.saturating_sub(taken.0).max(0),
        _ => 0,
    };
    let age = u32::try_from(behind_ms).unwrap_or(u32::MAX).saturating_add(late.0);
    Some(Reading { sign, value, quality, age: Span(age) })
}
