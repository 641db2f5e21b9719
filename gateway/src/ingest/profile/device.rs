//! PCD-01: what monitors and ventilators report by HL7 (`ORU^R01`), one frame for each patient group.
//!
//! OBX-11 is not believed by itself: Philips writes X beside values that are on the screen. X counts as
//! absent only where the value is empty. A setting (OBX-17, or a code 2^24 above its measurement) is never a
//! measurement.

use super::{Envelope, location, text};
use crate::clock::Wall;
use crate::event::{DeviceFrame, Event, Measured, Place, Uhid};
use crate::ingest::hl7::syntax::{Message, Segment};
use crate::ingest::terminology;

/// The OID of the PCD-01 profile in MSH-21.
const PCD_01: &str = "1.3.6.1.4.1.19376.1.6.1.1.1";

/// Whether a message comes from a device: its profile says so, or it speaks in codes of ISO/IEEE 11073.
pub(super) fn is_device(message: &Message) -> bool {
    let profiled = message.header().field(21).repeats().any(|profile| profile.component(3).raw() == PCD_01);
    profiled || message.segments().filter(|segment| segment.name() == "OBX").any(|obx| speaks_mdc(obx))
}

fn speaks_mdc(obx: Segment<'_>) -> bool {
    let code = obx.field(3);
    code.component(3).raw() == "MDC" || code.component(6).raw() == "MDC"
}

/// One patient's part of the message as it is read.
#[derive(Default)]
struct Group {
    place: Option<Place>,
    patient: Option<Uhid>,
    observed: Option<Wall>,
    readings: Vec<Measured>,
}

/// All frames of a message: a PID begins the next one.
pub(super) fn frames(envelope: &Envelope<'_>) -> Vec<Event> {
    let mut groups = vec![Group::default()];
    for segment in envelope.message.segments() {
        if segment.name() == "PID" {
            groups.push(Group { patient: envelope.uhid(segment), ..Group::default() });
        }
        let Some(group) = groups.last_mut() else { continue };
        match segment.name() {
            "PV1" => group.place = Some(location(segment, 3)),
            "OBR" => group.observed = envelope.time(segment.field(7).raw()),
            "OBX" => group.readings.extend(measured(envelope, segment, group.observed)),
            _ => {}
        }
    }
    let with_values = groups.into_iter().filter(|group| !group.readings.is_empty());
    (0..).zip(with_values).map(|(number, group)| Event::Frame(frame(envelope, group, number))).collect()
}

fn frame(envelope: &Envelope<'_>, group: Group, number: usize) -> DeviceFrame {
    let device = match envelope.sender.as_str() {
        "" => "hl7".to_owned(),
        sender => sender.to_owned(),
    };
    DeviceFrame {
        place: group.place.unwrap_or(Place::Nowhere),
        patient: group.patient,
        device,
        sent: envelope.sent,
        seq: None,
        key: envelope.key_within(number),
        readings: group.readings,
    }
}

/// One OBX; `None` for the rows that name a device and carry no value.
fn measured(envelope: &Envelope<'_>, obx: Segment<'_>, observed: Option<Wall>) -> Option<Measured> {
    let (number, name) = (text(obx, 3, 1), text(obx, 3, 2));
    let value = number_text(obx);
    let sign = [number.as_str(), name.as_str()].into_iter().find(|code| terminology::sign_of(code).is_some());
    if value.is_empty() && sign.is_none() {
        return None;
    }
    let status = status(envelope, obx, &value);
    let unit = unit(obx);
    let judged = sign.and_then(|code| terminology::judge(code, &value, &unit, status));
    let code = if name.starts_with("MDC") { name } else { number };
    let taken = envelope.time(obx.field(14).raw()).or(observed);
    Some(Measured { code, text: value, unit, status: status.to_owned(), taken, judged })
}

/// The value as text. A structured number keeps its comparator and separator, so that a ratio is no plain
/// number.
fn number_text(obx: Segment<'_>) -> String {
    let value = obx.field(5);
    match obx.field(2).raw() {
        "SN" => (1..=4).map(|part| value.component(part).unescaped().into_owned()).collect(),
        _ => text(obx, 5, 1),
    }
}

/// The unit: OBX-6 by its first code, else by its second.
fn unit(obx: Segment<'_>) -> String {
    let first = text(obx, 6, 1);
    if first.is_empty() { text(obx, 6, 2) } else { first }
}

/// The measurement status (IHE PCD TF-2 B.8.5), as a word of the contract.
fn status(envelope: &Envelope<'_>, obx: Segment<'_>, value: &str) -> &'static str {
    if matches!(obx.field(17).component(2).raw(), "MSET" | "ASET") || is_setting(obx) {
        return "setting";
    }
    let mut flags = "";
    for flag in obx.field(8).repeats() {
        flags = match flag.component(1).raw() {
            "DEMO" => return "demo",
            "TEST" => return "test",
            "CAL" => return "calibrating",
            "INV" => "invalid",
            "NAV" | "OFF" | "BUSY" | "NAN" | "NA" | "MSK" => "unavailable",
            "QUES" if flags.is_empty() => "questionable",
            _ => flags,
        };
    }
    match (envelope.is_training(), value) {
        (true, _) if envelope.message.header().field(11).component(1).raw() == "D" => "demo",
        (true, _) => "test",
        (false, "") if flags.is_empty() => "unavailable",
        (false, _) => flags,
    }
}

/// Older senders put the kind of a value into OBX-13.
fn is_setting(obx: Segment<'_>) -> bool {
    matches!(obx.field(13).component(1).raw(), "SETTING" | "CONFIGURATION")
}
