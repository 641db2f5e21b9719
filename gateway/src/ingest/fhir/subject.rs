//! Whose an observation is, and where it was made: by identifier alone, never by a name.
//!
//! The logical id of a patient on somebody else's server says nothing here; what counts is the identifier of
//! the authority that `adt.uhid_authority` names.

use super::element::{Extension, Identifier, Reference};
use super::fault::Fault;
use super::resource::Encounter;
use super::shelf::{Beside, Sight};
use crate::event::{Place, Uhid};

/// The standard extension that says where an event took place.
const EVENT_LOCATION: &str = "http://hl7.org/fhir/StructureDefinition/event-location";

/// Whose something is, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub(super) patient: Option<Uhid>,
    /// PV1-3 as the sender writes it; empty where no bed is named.
    pub(super) location: String,
}

/// Where a resource says whose it is, and where it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    pub(super) subject: Option<&'a Reference>,
    pub(super) encounter: Option<&'a Reference>,
    pub(super) device: Option<&'a Reference>,
    pub(super) extension: &'a [Extension],
}

impl Subject {
    /// Reads whose it is and where, as the sender says it.
    ///
    /// # Errors
    /// A reference into the message leads nowhere.
    pub(super) fn of(told: Told<'_>, sight: Sight<'_>, authority: &str) -> Result<Self, Fault> {
        let patient = match told.subject {
            Some(subject) => patient(subject, sight, authority)?,
            None => None,
        };
        Ok(Self { patient, location: location(told, sight)?.unwrap_or_default() })
    }

    /// Whether it names neither a patient nor a place.
    pub(super) const fn is_nobody(&self) -> bool {
        self.patient.is_none() && self.location.is_empty()
    }

    /// The place of it: the bed on which the patient lies goes before the one that the sender names.
    pub(super) fn place(&self) -> Place {
        match (&self.patient, self.location.as_str()) {
            (Some(_), _) => Place::WithPatient(self.location.clone()),
            (None, "") => Place::Nowhere,
            (None, location) => Place::Location(location.to_owned()),
        }
    }
}

fn patient(subject: &Reference, sight: Sight<'_>, authority: &str) -> Result<Option<Uhid>, Fault> {
    let searched = identifier_of(&subject.address);
    let found = sight.find("subject.reference", subject)?.map(|(_, found)| &found.beside);
    let identified: &[Identifier] = match found {
        Some(Beside::Patient(patient)) => &patient.identifier,
        _ => &[],
    };
    let candidates = subject.identifier.as_deref().into_iter().chain(&searched).chain(identified);
    Ok(uhid(candidates, authority))
}

/// The UHID among identifiers. Two of one authority are a doubt, and a doubt is nobody.
fn uhid<'a>(candidates: impl Iterator<Item = &'a Identifier>, authority: &str) -> Option<Uhid> {
    let mut values = candidates
        .filter(|identifier| identifier.usage != "old")
        .filter(|identifier| authority.is_empty() || identifier.is_of(authority))
        .map(|identifier| identifier.value.trim())
        .filter(|value| !value.is_empty());
    let first = values.next()?;
    let settled = authority.is_empty() || values.all(|other| other == first);
    settled.then(|| Uhid(first.to_owned()))
}

/// The identifier that a search asks for: `Patient?identifier=urn:hosp:mrn|MRN1`, in a reference or as a
/// condition. `None` where it asks for anything else.
pub(super) fn identifier_of(search: &str) -> Option<Identifier> {
    let query = search.split_once('?').map_or(search, |(_, query)| query);
    let address = reqwest::Url::parse(&format!("http://search/?{query}")).ok()?;
    let mut asked = address.query_pairs();
    let (name, token) = asked.next()?;
    if name != "identifier" || asked.next().is_some() {
        return None;
    }
    let (system, value) = token.split_once('|').unwrap_or(("", &token));
    let (system, value) = (system.to_owned(), value.to_owned());
    (!value.is_empty()).then(|| Identifier { system, value, ..Identifier::default() })
}

/// The bed that the sender names: by the extension for it, else by the stay, else by the device's own place.
fn location(told: Told<'_>, sight: Sight<'_>) -> Result<Option<String>, Fault> {
    for extension in told.extension.iter().filter(|extension| extension.url == EVENT_LOCATION) {
        if let Some(reference) = &extension.reference {
            return bed("extension.valueReference", reference, sight);
        }
    }
    if let Some(stay) = told.encounter
        && let Some((_, found)) = sight.find("encounter.reference", stay)?
        && let Beside::Encounter(encounter) = &found.beside
        && let Some(reference) = present(encounter)
    {
        return bed("encounter.reference", reference, sight);
    }
    if let Some(device) = told.device
        && let Some((_, found)) = sight.find("device.reference", device)?
        && let Beside::Device(device) = &found.beside
        && let Some(reference) = &device.location
    {
        return bed("device.reference", reference, sight);
    }
    Ok(None)
}

/// The place of a stay now: the active one, else the last that is not over.
fn present(encounter: &Encounter) -> Option<&Reference> {
    let active = encounter.location.iter().find(|stay| stay.status == "active");
    let last = || encounter.location.iter().rfind(|stay| stay.status != "completed");
    active.or_else(last).map(|stay| &stay.location)
}

/// The identifier of a place, in the form of PV1-3 where one has it.
fn bed(element: &str, reference: &Reference, sight: Sight<'_>) -> Result<Option<String>, Fault> {
    let found = sight.find(element, reference)?.map(|(_, found)| &found.beside);
    let identified: &[Identifier] = match found {
        Some(Beside::Location(location)) => &location.identifier,
        _ => &[],
    };
    let candidates = || reference.identifier.as_deref().into_iter().chain(identified);
    let chosen = candidates().find(|candidate| candidate.value.contains('^')).or_else(|| candidates().next());
    Ok(chosen.map(|chosen| chosen.value.trim().to_owned()).filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::super::resource::Parts;
    use super::super::shelf::Shelf;
    use super::*;

    fn identifiers(json: &str) -> Vec<Identifier> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_authority_picks_the_identity_and_two_of_it_are_a_doubt() {
        let both = identifiers(
            r#"[{"system":"urn:nation","value":"999"},{"system":"urn:hosp","value":"MRN1"},
                {"system":"urn:hosp","value":"MRN0","use":"old"}]"#,
        );
        let picked = |authority| uhid(both.iter(), authority).map(|uhid| uhid.0);
        assert_eq!(picked("urn:hosp").as_deref(), Some("MRN1"));
        assert_eq!(picked("").as_deref(), Some("999"), "without an authority the first counts");
        assert_eq!(picked("urn:elsewhere"), None);
        let doubt = identifiers(r#"[{"system":"urn:hosp","value":"A"},{"system":"urn:hosp","value":"B"}]"#);
        assert_eq!(uhid(doubt.iter(), "urn:hosp"), None);
    }

    #[test]
    fn a_search_by_identifier_is_an_identifier() {
        let asked = identifier_of("Patient?identifier=urn%3Ahosp%7CMRN1").unwrap();
        assert_eq!((asked.system.as_str(), asked.value.as_str()), ("urn:hosp", "MRN1"));
        assert_eq!(identifier_of("identifier=MRN1").unwrap().value, "MRN1");
        for other in ["Patient/1", "Patient?name=Asha", "identifier=a|b&active=true", "identifier=", ""] {
            assert!(identifier_of(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_name_or_the_id_of_another_server_is_nobody() {
        let shelf = Shelf::default();
        let sight = Sight { inside: &shelf, outside: &shelf };
        let subject: Reference =
            serde_json::from_str(r#"{"reference":"Patient/17","display":"Asha Rao"}"#).unwrap();
        let told = Told { subject: Some(&subject), encounter: None, device: None, extension: &[] };
        assert!(Subject::of(told, sight, "").unwrap().is_nobody());
    }

    #[test]
    fn the_place_is_the_extension_s_then_the_stay_s_then_the_device_s() {
        let contained: Parts = serde_json::from_str(
            r##"[{"resourceType":"Location","id":"l7","identifier":[{"value":"7"},{"value":"ICU^BED-07^1"}]},
                {"resourceType":"Location","id":"l9","identifier":[{"value":"ICU-1^^09"}]},
                {"resourceType":"Encounter","id":"e","location":[
                    {"location":{"reference":"#l9"},"status":"completed"},
                    {"location":{"reference":"#l7"},"status":"active"}]},
                {"resourceType":"Device","id":"d","location":{"reference":"#l9"}}]"##,
        )
        .unwrap();
        let inside = Shelf::inside(&contained, "Observation").unwrap();
        let sight = Sight { inside: &inside, outside: &Shelf::default() };
        let stay: Reference = serde_json::from_str(r##"{"reference":"#e"}"##).unwrap();
        let device: Reference = serde_json::from_str(r##"{"reference":"#d"}"##).unwrap();
        let here: Vec<Extension> = serde_json::from_str(
            r#"[{"url":"http://hl7.org/fhir/StructureDefinition/event-location",
                 "valueReference":{"identifier":{"value":"ICU-1^^03"}}}]"#,
        )
        .unwrap();
        let told = Told { subject: None, encounter: Some(&stay), device: Some(&device), extension: &here };
        let place = |told| Subject::of(told, sight, "").unwrap().location;
        assert_eq!(place(told), "ICU-1^^03");
        assert_eq!(place(Told { extension: &[], ..told }), "ICU^BED-07^1");
        assert_eq!(place(Told { extension: &[], encounter: None, ..told }), "ICU-1^^09");
    }
}
