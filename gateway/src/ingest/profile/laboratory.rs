//! The laboratory's results (`ORU^R01`): each OBX with its value as written, its unit, and the laboratory's
//! own flags.
//!
//! Criticality by our limits is the rules' business. What is no number stays text; a missing unit stays
//! missing.

use rules::alert::{Comparator, Quantity};
use rules::event::{Flag, ResultStatus};

use super::{Envelope, analytes, location, text};
use crate::clock::Wall;
use crate::event::{Event, LabItem, LabReport, Place, Uhid};
use crate::ingest::hl7::number::{self, Number};
use crate::ingest::hl7::syntax::Segment;

/// The results of one patient under one accession number, as the message is read.
#[derive(Default)]
struct Group {
    patient: Option<Uhid>,
    place: Option<Place>,
    attending: Option<String>,
    accession: String,
    sampled: Option<Wall>,
    results: Vec<LabItem>,
}

impl Group {
    /// The same patient's next order, once this one has results.
    fn next_order(&self) -> Option<Self> {
        let (patient, place, attending) = (self.patient.clone(), self.place.clone(), self.attending.clone());
        (!self.results.is_empty()).then(|| Self { patient, place, attending, ..Self::default() })
    }
}

/// All reports of a message: a PID begins the next one, and so does an OBR after results, for it brings an
/// accession number of its own.
pub(super) fn reports(envelope: &Envelope<'_>) -> Vec<Event> {
    let mut groups = vec![Group::default()];
    for (number, segment) in envelope.message.segments().enumerate() {
        if segment.name() == "PID" {
            groups.push(Group { patient: envelope.uhid(segment), ..Group::default() });
        }
        if segment.name() == "OBR" {
            groups.extend(groups.last().and_then(Group::next_order));
        }
        let Some(group) = groups.last_mut() else { continue };
        match segment.name() {
            "PV1" => {
                group.place = Some(location(segment, 3));
                group.attending = Some(text(segment, 7, 1)).filter(|id| !id.is_empty());
            }
            "OBR" => {
                group.accession = accession(segment);
                group.sampled = envelope.time(segment.field(7).raw());
            }
            "OBX" => group.results.extend(item(envelope, segment, group.sampled, number)),
            _ => {}
        }
    }
    groups
        .into_iter()
        .filter(|group| !group.results.is_empty())
        .map(|group| report(envelope, group))
        .collect()
}

fn report(envelope: &Envelope<'_>, group: Group) -> Event {
    Event::Report(LabReport {
        patient: group.patient,
        place: group.place.unwrap_or(Place::Nowhere),
        accession: group.accession,
        message: envelope.control_id.clone(),
        attending: group.attending,
        results: group.results,
    })
}

/// The accession number: OBR-3, else OBR-18 as some sites have it.
fn accession(obr: Segment<'_>) -> String {
    let filler = text(obr, 3, 1);
    if filler.is_empty() { text(obr, 18, 1) } else { filler }
}

fn item(envelope: &Envelope<'_>, obx: Segment<'_>, sampled: Option<Wall>, number: usize) -> Option<LabItem> {
    let code = code(obx)?;
    let known = analytes::known(&code);
    let unit = text(obx, 6, 1);
    let flags: Vec<String> =
        obx.field(8).repeats().map(|flag| flag.component(1).unescaped().into_owned()).collect();
    Some(LabItem {
        name: name(obx, &code),
        text: value_text(obx),
        quantity: quantity(obx).map(|found| Quantity {
            comparator: found.comparator,
            value: found.value,
            unit: analytes::unit(&unit),
        }),
        flag: flag(&flags),
        status: status(obx.field(11).raw().trim()),
        sampled: envelope.time(obx.field(14).raw()).or(sampled),
        key: envelope.key_within(number),
        range: obx.field(7).unescaped().into_owned(),
        flags: flags.join(" "),
        known,
        unit,
        code,
    })
}

/// What stands for the code of a result that has none and no name either: it has no limits, but the
/// laboratory's own flag still calls.
const UNNAMED: &str = "unnamed";

/// The code: the LOINC one of the two that CWE carries, else the first, else the alternate, else a name.
/// `None` where there is neither any of them nor a value.
fn code(obx: Segment<'_>) -> Option<String> {
    let (first, alternate) = (text(obx, 3, 1), text(obx, 3, 4));
    let chosen = match (obx.field(3).component(3).raw(), obx.field(3).component(6).raw()) {
        ("LN", _) => first,
        (_, "LN") => alternate,
        _ if first.is_empty() => alternate,
        _ => first,
    };
    let otherwise = [text(obx, 3, 1), text(obx, 3, 4), text(obx, 3, 2), text(obx, 3, 5), UNNAMED.to_owned()];
    let code = std::iter::once(chosen).chain(otherwise).find(|code| !code.is_empty())?;
    (code != UNNAMED || !obx.field(5).is_absent()).then_some(code)
}

/// The name for people: the shortest of what the laboratory sends, for LOINC's long names do not fit a phone.
fn name(obx: Segment<'_>, code: &str) -> String {
    let names = [text(obx, 3, 2), text(obx, 3, 5)];
    let shortest = names.into_iter().filter(|name| !name.is_empty()).min_by_key(String::len);
    shortest.unwrap_or_else(|| code.to_owned())
}

fn value_text(obx: Segment<'_>) -> String {
    if obx.field(2).raw() == "SN" {
        (1..=4).map(|part| obx.field(5).component(part).unescaped().into_owned()).collect()
    } else {
        obx.field(5).unescaped().trim().to_owned()
    }
}

/// The number, in whatever form: NM, SN, or a type that was left out or is plain text and still holds one.
fn quantity(obx: Segment<'_>) -> Option<Number> {
    let value = obx.field(5);
    match obx.field(2).raw() {
        "SN" => number::structured(value).ok(),
        "NM" | "ST" | "" => number::numeric(value).ok(),
        _ => None,
    }
    .filter(|number| !is_open_zero(number))
}

/// `<0` and the like say nothing that a limit could be held against.
fn is_open_zero(number: &Number) -> bool {
    number.comparator == Comparator::Below && number.value.digits() <= 0
}

/// The worst of the laboratory's flags (HL7 table 0078).
fn flag(flags: &[String]) -> Flag {
    let has = |words: &[&str]| flags.iter().any(|flag| words.contains(&flag.trim()));
    if has(&["LL", "LU"]) {
        Flag::CriticalLow
    } else if has(&["HH", "HU"]) {
        Flag::CriticalHigh
    } else if has(&["AA"]) {
        Flag::Critical
    } else {
        Flag::NotCritical
    }
}

/// OBX-11 (HL7 table 0085).
fn status(word: &str) -> ResultStatus {
    match word {
        "C" => ResultStatus::Corrected,
        "D" | "W" => ResultStatus::Withdrawn,
        _ => ResultStatus::Stands,
    }
}
