//! PCD-04: an alarm that a device raised itself (`ORU^R40`).
//!
//! Its facets are found by what they are (OBX-3), not by where they stand (OBX-4). An alarm is never lost for
//! the sake of its form: without a phase it is on, and without a priority it is as grave as its type is.

use rules::Priority;
use rules::event::About;

use super::{Envelope, device, location, text};
use crate::event::{DeviceRaised, Event};
use crate::ingest::hl7::syntax::Segment;
use crate::ingest::terminology::events::{self, is_event};

/// The number of IHE's first facet after the event itself; the others follow it.
const FIRST_FACET: u32 = 68_480;

/// The facets after the event, in the order of their numbers.
const FACETS: [(Facet, &str); 6] = [
    (Facet::Source, "MDC_ATTR_ALERT_SOURCE"),
    (Facet::Phase, "MDC_ATTR_EVENT_PHASE"),
    (Facet::State, "MDC_ATTR_ALARM_STATE"),
    (Facet::Inactivation, "MDC_ATTR_ALARM_INACTIVATION_STATE"),
    (Facet::Priority, "MDC_ATTR_ALARM_PRIORITY"),
    (Facet::Type, "MDC_ATTR_ALERT_TYPE"),
];

/// The event that says only that there is an alarm; which one stands in OBX-5.
const SOME_ALARM: &str = "196616";

/// What a row of an alarm tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Facet {
    Event,
    Source,
    Phase,
    State,
    Inactivation,
    Priority,
    Type,
    /// A measurement: what the alarm is about, with its value.
    Metric,
}

/// An alarm as it is read.
#[derive(Default)]
struct Told {
    event: String,
    codes: Vec<String>,
    text: String,
    source: String,
    metric: String,
    phase: String,
    state: String,
    inactivation: Vec<String>,
    flags: Vec<String>,
    priority: String,
    kind: String,
}

/// The alarm of a message; nothing where it is marked as a demonstration or a test, or says
/// nothing.
pub(super) fn raised(envelope: &Envelope<'_>) -> Vec<Event> {
    let message = envelope.message;
    // Further OBR are evidence: what was measured around the alarm.
    let first = message.segments().skip_while(|segment| segment.name() != "OBR");
    let rows = first.skip(1).take_while(|segment| segment.name() != "OBR");
    let mut told = Told::default();
    for row in rows.filter(|segment| segment.name() == "OBX") {
        told.take(row, envelope);
    }
    let nothing = told.event.is_empty() && told.text.is_empty();
    if nothing || told.flags.iter().any(|flag| matches!(flag.as_str(), "DEMO" | "TEST" | "CAL")) {
        return Vec::new();
    }
    vec![Event::Alarm(told.alarm(envelope))]
}

impl Told {
    fn take(&mut self, obx: Segment<'_>, envelope: &Envelope<'_>) {
        let value = || text(obx, 5, 1);
        match facet(obx, envelope.terms.family.first_facet, self.codes.is_empty()) {
            Facet::Event => self.take_event(obx),
            Facet::Source => self.source = first_of([text(obx, 5, 2), value()]),
            Facet::Phase => self.phase = value().to_lowercase(),
            Facet::State => self.state = value().to_lowercase(),
            Facet::Inactivation => {
                let repeats = obx.field(5).repeats().map(|said| said.component(1).unescaped().into_owned());
                self.inactivation = repeats.filter(|said| said != "enabled").collect();
            }
            Facet::Priority => self.priority = value().to_uppercase(),
            Facet::Type => self.kind = value().to_uppercase(),
            Facet::Metric => self.take_metric(obx),
        }
    }

    /// Facet 1: which event. Older senders put priority, type and status beside it, into OBX-8.
    fn take_event(&mut self, obx: Segment<'_>) {
        self.flags = obx.field(8).repeats().map(|flag| flag.component(1).unescaped().into_owned()).collect();
        let (number, name) = (text(obx, 3, 1), text(obx, 3, 2));
        let (told_number, told_name) = (text(obx, 5, 1), text(obx, 5, 2));
        let in_value = number == SOME_ALARM && !told_name.is_empty();
        let (number, name) = if in_value { (told_number, told_name.clone()) } else { (number, name) };
        self.text = first_of([text(obx, 5, 9), told_name, text(obx, 5, 1)]);
        let is_reference = name.starts_with("MDC");
        self.event = if is_reference { name.clone() } else { first_of([number.clone(), name.clone()]) };
        self.codes = vec![number, name];
    }

    /// What the alarm is about, with its value and the device's own limits.
    fn take_metric(&mut self, obx: Segment<'_>) {
        let (number, name) = (text(obx, 3, 1), text(obx, 3, 2));
        if self.source.is_empty() {
            self.source = if name.starts_with("MDC") { name } else { number };
        }
        let (value, unit) = (text(obx, 5, 1), first_of([text(obx, 6, 2), text(obx, 6, 1)]));
        if self.metric.is_empty() && !value.is_empty() {
            let limits = text(obx, 7, 1);
            let limits = if limits.is_empty() { limits } else { format!(", limits {limits}") };
            self.metric = format!(" ({value} {unit}{limits})");
        }
    }

    fn alarm(self, envelope: &Envelope<'_>) -> DeviceRaised {
        let about = self.about(envelope);
        DeviceRaised {
            place: envelope.place(envelope.message.first("PV1").map(|pv1| location(pv1, 3))),
            patient: envelope.patient(),
            device: device::name(envelope),
            priority: self.grave(),
            on: self.is_on(),
            passing: matches!(self.phase.as_str(), "tpoint" | "start_only"),
            episode: self.episode(envelope),
            inactivation: self.inactivation.join(", "),
            key: envelope.key_within(0),
            about,
            text: format!("{}{}", self.text, self.metric),
            event: first_of([self.event, self.text]),
            source: self.source,
        }
    }

    /// End, stop, reset and inactivate end it, and so does a state that says so beside anything but a start.
    fn is_on(&self) -> bool {
        match self.phase.as_str() {
            "end" | "stop" | "reset" => false,
            "inactivate" => matches!(self.state.as_str(), "active" | "latched"),
            "start" | "start_only" | "present" | "tpoint" => true,
            _ => self.state != "inactive",
        }
    }

    /// The name of the episode: OBR-29.2 (its parts joined by &), OBR-29.1, or at its start OBR-3. A later
    /// phase that refers to nothing is about whatever is open.
    fn episode(&self, envelope: &Envelope<'_>) -> Option<String> {
        let obr = envelope.message.first("OBR")?;
        let mark = envelope.message.separators().subcomponent.map_or('&', char::from);
        let id = |field: usize, component: usize| {
            let raw = obr.field(field).component(component).raw();
            raw.split(mark).next().unwrap_or_default().trim().to_owned()
        };
        let begins = matches!(self.phase.as_str(), "start" | "start_only" | "present" | "tpoint" | "");
        let own = if begins { id(3, 1) } else { String::new() };
        Some(first_of([id(29, 2), id(29, 1), own])).filter(|id| !id.is_empty())
    }

    /// The type: of its own facet, else as older senders have it.
    fn kind(&self) -> &str {
        let listed = self.flags.iter().find(|flag| matches!(flag.as_str(), "SP" | "ST" | "SA"));
        if self.kind.is_empty() { listed.map_or("", String::as_str) } else { &self.kind }
    }

    fn about(&self, envelope: &Envelope<'_>) -> About {
        let family = envelope.terms.family;
        let by_a_ventilator = family.ventilates() || events::is_of_a_ventilator(&self.source);
        let codes: Vec<&str> = self.codes.iter().map(String::as_str).collect();
        let own = family.immediate.iter().any(|code| codes.contains(&code.as_str()));
        if own || events::is_immediate(&codes, by_a_ventilator) {
            return About::Immediate;
        }
        if self.kind() == "ST" { About::Device } else { About::Patient }
    }

    /// The priority: of its own facet, else as older senders have it, else by the type. An advisory is low.
    fn grave(&self) -> Priority {
        let listed = self.flags.iter().find(|flag| matches!(flag.as_str(), "PN" | "PL" | "PM" | "PH"));
        let word = if self.priority.is_empty() { listed.map_or("", String::as_str) } else { &self.priority };
        match (self.kind(), word) {
            ("SA", _) | (_, "PN" | "PL") => Priority::Low,
            (_, "PM") | ("ST", "") => Priority::Medium,
            _ => Priority::High,
        }
    }
}

/// What a row tells: by its reference id, by its number (IHE's, or the family's own), else by what it is.
fn facet(obx: Segment<'_>, own_first: Option<u32>, is_first: bool) -> Facet {
    let (number, name) = (text(obx, 3, 1), text(obx, 3, 2));
    if let Some((facet, _)) = FACETS.iter().find(|(_, known)| *known == name) {
        return *facet;
    }
    let number = number.parse::<u32>().ok();
    for first in [own_first, Some(FIRST_FACET)].into_iter().flatten() {
        let at = number.and_then(|number| number.checked_sub(first)).and_then(|at| usize::try_from(at).ok());
        if let Some((facet, _)) = at.and_then(|at| FACETS.get(at)) {
            return *facet;
        }
    }
    let is_about_an_event = is_first || name.starts_with("MDC_EVT") || number.is_some_and(is_event);
    if is_about_an_event { Facet::Event } else { Facet::Metric }
}

/// The first text that is not empty.
fn first_of<const N: usize>(texts: [String; N]) -> String {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}
