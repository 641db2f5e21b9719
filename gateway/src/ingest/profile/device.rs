//! PCD-01: what monitors and ventilators report by HL7 (`ORU^R01`), one frame for each patient group.
//!
//! OBX-11 is not believed by itself: Philips writes X beside values that are on the screen. X counts as
//! absent only where the value is empty, or where the sender's profile says so. A setting (OBX-17, or a code
//! 2^24 above its measurement) is never a measurement.

use std::rc::Rc;

use rules::Span;

use super::family::{BesideX, Sent};
use super::twice::{self, Taken};
use super::{Envelope, Remarks, location, text};
use crate::clock::Wall;
use crate::event::{DeviceFrame, Event, Measured, Place, Uhid};
use crate::ingest::hl7::syntax::{Message, Segment};
use crate::ingest::terminology;

/// The OID of the PCD-01 profile in MSH-21.
const PCD_01: &str = "1.3.6.1.4.1.19376.1.6.1.1.1";

/// A sign whose values hold no longer than this is measured all the time.
const ALWAYS_WITHIN: Span = Span::minutes(5);

/// How far OBR-7 may be from the message's own time. A clock that is further off is no clock.
const SAME_CLOCK_MS: u64 = 24 * 3_600_000;

/// Whether a message comes from a device: its profile says so, or it speaks in codes of ISO/IEEE 11073.
pub(super) fn is_device(message: &Message) -> bool {
    let profiled = message.header().field(21).repeats().any(|profile| profile.component(3).raw() == PCD_01);
    profiled || message.segments().filter(|segment| segment.name() == "OBX").any(|obx| speaks_mdc(obx))
}

fn speaks_mdc(obx: Segment<'_>) -> bool {
    let code = obx.field(3);
    [3, 6].into_iter().any(|system| matches!(code.component(system).raw().trim(), "MDC" | "MDIL"))
}

/// One patient's part of the message as it is read.
#[derive(Default)]
struct Group {
    place: Option<Place>,
    patient: Option<Uhid>,
    observed: Option<Wall>,
    readings: Vec<Taken>,
    /// Rows that name a device, with the head of their OBX-4 and their codes.
    above: Vec<(String, Rc<[String; 2]>)>,
}

/// How many rows that name a device are told apart in one patient's part: a device, its channels, and what it
/// stands beside. What is more would be remembered with every reading.
const ABOVE_MOST: usize = 64;

/// All frames of a message: a PID begins the next one.
pub(super) fn frames(envelope: &Envelope<'_>, remarks: &mut Remarks) -> Vec<Event> {
    let mut groups = vec![Group::default()];
    for segment in envelope.message.segments() {
        if segment.name() == "PID" {
            groups.push(Group { patient: envelope.uhid(segment), ..Group::default() });
        }
        let Some(group) = groups.last_mut() else { continue };
        match segment.name() {
            "PV1" => group.place = Some(location(segment, 3)),
            "OBR" => group.observed = observed(envelope, segment, remarks),
            "OBX" => group.take(envelope, segment, remarks),
            _ => {}
        }
    }
    let with_values = groups.into_iter().filter(|group| !group.readings.is_empty());
    (0..)
        .zip(with_values)
        .map(|(number, group)| Event::Frame(group.frame(envelope, number, remarks)))
        .collect()
}

/// The name of the device, as far as its sender tells.
pub(super) fn name(envelope: &Envelope<'_>) -> String {
    match envelope.sender.as_str() {
        "" => "hl7".to_owned(),
        sender => sender.to_owned(),
    }
}

/// When the readings of an OBR were taken, unless its clock stands somewhere else than the message's own, or
/// it says too little.
fn observed(envelope: &Envelope<'_>, obr: Segment<'_>, remarks: &mut Remarks) -> Option<Wall> {
    let told = obr.field(7).raw();
    envelope.time(told)?;
    let same_clock =
        |observed: &Wall| envelope.sent.is_none_or(|sent| sent.0.abs_diff(observed.0) <= SAME_CLOCK_MS);
    let observed = envelope.time_of_day(told).filter(same_clock);
    if observed.is_none() {
        remarks.add("OBR-7 is more than a day from MSH-7, or a day alone, and is not used");
    }
    observed
}

impl Group {
    fn take(&mut self, envelope: &Envelope<'_>, obx: Segment<'_>, remarks: &mut Remarks) {
        let place = text(obx, 4, 1);
        let codes = [text(obx, 3, 1), text(obx, 3, 2)];
        let Some(reading) = measured(envelope, obx, self.observed, remarks) else {
            if self.above.len() < ABOVE_MOST {
                self.above.push((place.trim_end_matches(".0").to_owned(), Rc::new(codes)));
            }
            return;
        };
        let above = self.above.iter().filter(|(head, _)| twice::is_below(&place, head));
        let above = above.map(|(_, codes)| Rc::clone(codes)).collect();
        self.readings.push(Taken { reading, place, codes, above });
    }

    /// The device's own time, where the frame tells it. MSH-7 may be that of another clock, a gateway's, so
    /// it is taken from the signs that are measured all the time: the newest of them was measured just now.
    /// A cuff's pressure may be hours old and tells nothing.
    fn clock(&self) -> Option<Wall> {
        let taken = self.readings.iter().filter_map(|taken| match taken.reading.judged {
            Some((sign, Ok(_), _)) if sign.facts().validity <= ALWAYS_WITHIN => taken.reading.taken,
            _ => None,
        });
        taken.max()
    }

    fn frame(self, envelope: &Envelope<'_>, number: usize, remarks: &mut Remarks) -> DeviceFrame {
        let sent = self.clock().or(envelope.sent);
        DeviceFrame {
            place: envelope.place(self.place),
            patient: self.patient,
            device: name(envelope),
            sent,
            seq: None,
            key: envelope.key_within(number),
            readings: twice::one_of_each(self.readings, envelope.terms.family, remarks),
            silence_s: envelope.terms.family.silence_s,
        }
    }
}

/// One OBX; `None` for the rows that name a device and carry no value.
fn measured(
    envelope: &Envelope<'_>,
    obx: Segment<'_>,
    observed: Option<Wall>,
    remarks: &mut Remarks,
) -> Option<Measured> {
    let family = envelope.terms.family;
    let (number, name) = (text(obx, 3, 1), text(obx, 3, 2));
    let first = family.meaning(Sent { code: &number, name: &name, system: &text(obx, 3, 3) });
    let (other, other_name) = (text(obx, 3, 4), text(obx, 3, 5));
    let second = match (first.sign, other.is_empty()) {
        (Some(_), _) | (None, true) => first,
        (None, false) => family.meaning(Sent { code: &other, name: &other_name, system: &text(obx, 3, 6) }),
    };
    let meaning = if first.setting { first } else { second };
    let value = number_text(obx);
    if value.is_empty() && meaning.sign.is_none() {
        return None;
    }
    if first.disagrees {
        remarks.add("a code's number and its reference id name two signs");
    }
    let status = if meaning.setting { "setting" } else { status(envelope, obx, &value) };
    let sent_unit = unit(obx);
    let unit = if sent_unit.is_empty() { meaning.unit.to_owned() } else { sent_unit };
    let judged = meaning.sign.map(|sign| terminology::judge_as(sign, &value, &unit, status));
    let code = if name.starts_with("MDC") { name } else { number };
    let taken = envelope.time_of_day(obx.field(14).raw()).or(observed);
    Some(Measured {
        code: code.into(),
        text: value.into(),
        unit: unit.into(),
        status: status.into(),
        taken,
        judged,
    })
}

/// The value as text. A structured number keeps its comparator and separator, so that a ratio is no plain
/// number.
fn number_text(obx: Segment<'_>) -> String {
    let value = obx.field(5);
    match obx.field(2).raw() {
        "SN" => (1..=4).map(|part| value.component(part).unescaped().into_owned()).collect(),
        // Several values are no number, and the first of them is not what is meant.
        _ if value.repeats().nth(1).is_some() => value.unescaped().into_owned(),
        _ => text(obx, 5, 1),
    }
}

/// The unit: whichever of the two that OBX-6 may carry is known here, else the first of its texts.
fn unit(obx: Segment<'_>) -> String {
    let texts = || [1, 2, 4, 5].into_iter().map(|component| text(obx, 6, component));
    let known = texts().find(|text| terminology::is_unit(text));
    known.or_else(|| texts().find(|text| !text.is_empty())).unwrap_or_default()
}

/// The measurement status (IHE PCD TF-2 B.8.5), as a word of the contract.
fn status(envelope: &Envelope<'_>, obx: Segment<'_>, value: &str) -> &'static str {
    let family = envelope.terms.family;
    if is_setting(obx) {
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
    if matches!(obx.field(11).raw().trim(), "D" | "W") {
        return "invalid";
    }
    let not_obtained = obx.field(11).raw().trim() == "X" && family.beside_x == BesideX::Absent;
    match value {
        _ if envelope.is_training() => envelope.training(),
        "" if flags.is_empty() => "unavailable",
        sent if family.is_sentinel(sent) || not_obtained => "unavailable",
        _ => flags,
    }
}

/// Whether a value was set and not measured: OBX-17, or OBX-13 where older senders put it.
fn is_setting(obx: Segment<'_>) -> bool {
    let set = |method: &str| matches!(method, "MSET" | "ASET");
    let mut methods = obx.field(17).repeats();
    methods.any(|method| set(method.component(1).raw()) || set(method.component(2).raw()))
        || matches!(obx.field(13).component(1).raw(), "SETTING" | "CONFIGURATION")
}

#[cfg(test)]
mod tests {
    use super::super::Site;
    use super::*;

    #[test]
    fn rows_that_name_devices_are_remembered_up_to_a_bound_and_never_copied() {
        let rows = |count: usize, row: &str| row.repeat(count);
        let text = format!(
            "MSH|^~\\&|X|||||ORU^R01|1|P|2.6\r{}{}",
            rows(2_000, "OBX||ST|69965^MDC_DEV^MDC|1|||||||X\r"),
            rows(100, "OBX||NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|80|264864||||R\r"),
        );
        let (message, site) = (Message::parse(text.as_bytes()).unwrap(), Site::default());
        let envelope = Envelope::of(&message, &site, site.profiles.terms("", None));
        let mut group = Group::default();
        for obx in message.segments().filter(|segment| segment.name() == "OBX") {
            group.take(&envelope, obx, &mut Remarks::default());
        }
        assert_eq!((group.above.len(), group.readings.len()), (ABOVE_MOST, 100));
        let shared = group
            .readings
            .iter()
            .all(|taken| taken.above.len() == ABOVE_MOST && Rc::ptr_eq(&taken.above[0], &group.above[0].1));
        assert!(shared);
    }
}
