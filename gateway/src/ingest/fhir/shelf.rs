//! The resources of a message side by side, so that a reference finds what it means: those of a Bundle by
//! their address, those inside a resource by their `#id`.
//!
//! A reference that could mean two is taken to mean none, and nothing is ever fetched: what is not in the
//! message is not known. What is looked up is read once, however often it is named.

use std::collections::HashMap;

use super::element::Reference;
use super::fault::{Fault, Issue};
use super::resource::{Device, Encounter, Head, Identified, Parts, Specimen, parse};

/// A resource that others refer to.
#[derive(Debug)]
pub(super) enum Beside {
    /// A patient.
    Patient(Identified),
    /// A place.
    Location(Identified),
    /// A device or a channel of one.
    Device(Device),
    /// A stay.
    Encounter(Encounter),
    /// A specimen.
    Specimen(Specimen),
    /// An observation, read where it is judged.
    Observation,
    /// Anything else: kept with its message, not read.
    Other,
}

impl Beside {
    /// Reads a resource of `kind` as far as others may need it.
    ///
    /// # Errors
    /// It is not of the shape of its kind.
    pub(super) fn read(kind: &str, text: &str) -> Result<Self, Fault> {
        Ok(match kind {
            "Patient" => Self::Patient(parse(text)?),
            "Location" => Self::Location(parse(text)?),
            "Device" | "DeviceMetric" => Self::Device(parse(text)?),
            "Encounter" => Self::Encounter(parse(text)?),
            "Specimen" => Self::Specimen(parse(text)?),
            "Observation" => Self::Observation,
            _ => Self::Other,
        })
    }
}

/// One resource in its place.
#[derive(Debug)]
pub(super) struct Standing<'a> {
    /// Its own JSON.
    pub(super) text: &'a str,
    /// Where it stands, as a FHIRPath expression.
    pub(super) at: String,
    /// What it is.
    pub(super) beside: Beside,
}

/// The resources of one message, or of one resource that contains others.
#[derive(Debug, Default)]
pub(super) struct Shelf<'a> {
    standing: Vec<Standing<'a>>,
    /// `None` where two answer to the same address.
    by_address: HashMap<String, Option<usize>>,
}

impl<'a> Shelf<'a> {
    /// The resources inside one that stands at `at`.
    ///
    /// # Errors
    /// One of them is no resource; the fault is told as that of an element of the one around them.
    pub(super) fn inside(contained: &'a Parts, at: &str) -> Result<Self, Fault> {
        let mut shelf = Self::default();
        for (number, part) in contained.iter().enumerate() {
            let (text, place) = (part.get(), format!("contained[{number}]"));
            let read = Head::of(text).and_then(|head| Ok((Beside::read(&head.kind, text)?, head)));
            let (beside, head) = read.map_err(|fault| fault.within(&place))?;
            let standing = Standing { text, at: format!("{at}.{place}"), beside };
            shelf.put(standing, [format!("#{}", head.id)]);
        }
        Ok(shelf)
    }

    /// Puts a resource on the shelf, where it answers to `addresses`; gives its number.
    pub(super) fn put(
        &mut self,
        standing: Standing<'a>,
        addresses: impl IntoIterator<Item = String>,
    ) -> usize {
        let number = self.standing.len();
        self.standing.push(standing);
        for address in addresses {
            let known = self.by_address.entry(address).or_insert(Some(number));
            *known = known.filter(|known| *known == number);
        }
        number
    }

    /// The resource of that number.
    pub(super) fn get(&self, number: usize) -> Option<&Standing<'a>> {
        self.standing.get(number)
    }

    fn find(&self, reference: &str) -> Option<(usize, &Standing<'a>)> {
        let unversioned = reference.split("/_history/").next().unwrap_or(reference);
        let number = self.by_address.get(unversioned).copied().flatten()?;
        Some((number, self.get(number)?))
    }
}

/// What a resource sees: what it contains, and what stands beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight<'a> {
    /// What it contains.
    pub(super) inside: &'a Shelf<'a>,
    /// What stands beside it in the message.
    pub(super) outside: &'a Shelf<'a>,
}

/// Where a reference led.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// To something inside the resource.
    Inside(usize),
    /// To an entry of the message.
    Outside(usize),
}

impl<'a> Sight<'a> {
    /// What a reference means, and where it stands.
    ///
    /// # Errors
    /// It points into the message, and nothing or more than one thing is there.
    pub(super) fn find(
        &self,
        element: &str,
        reference: &Reference,
    ) -> Result<Option<(Place, &'a Standing<'a>)>, Fault> {
        let text = reference.address.as_str();
        let inside = || self.inside.find(text).map(|(number, found)| (Place::Inside(number), found));
        let outside = || self.outside.find(text).map(|(number, found)| (Place::Outside(number), found));
        let found = if text.starts_with('#') { inside() } else { outside() };
        if found.is_none() && (text.starts_with('#') || text.starts_with("urn:uuid:")) {
            let why = format!("nothing in this message, or more than one thing, is {text}");
            return Err(Fault::new(Issue::NotFound, element, why));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(text: &str) -> Reference {
        Reference { address: text.to_owned(), ..Reference::default() }
    }

    #[test]
    fn a_reference_finds_one_thing_or_none() {
        let patient = r#"{"resourceType":"Patient","identifier":[{"value":"MRN1"}]}"#;
        let contained: Parts = serde_json::from_str(
            r#"[{"resourceType":"Specimen","id":"s"},{"resourceType":"Specimen","id":"t"},
                {"resourceType":"Location","id":"t"}]"#,
        )
        .unwrap();
        let inside = Shelf::inside(&contained, "Observation").unwrap();
        let mut outside = Shelf::default();
        let standing = Standing {
            text: patient,
            at: "Bundle.entry[0].resource".to_owned(),
            beside: Beside::read("Patient", patient).unwrap(),
        };
        outside.put(standing, ["urn:uuid:1".to_owned(), "Patient/1".to_owned()]);
        let sight = Sight { inside: &inside, outside: &outside };
        let found = |text: &str| sight.find("subject", &reference(text)).map(|found| found.map(|(at, _)| at));
        assert_eq!(found("urn:uuid:1"), Ok(Some(Place::Outside(0))));
        assert_eq!(found("Patient/1/_history/2"), Ok(Some(Place::Outside(0))));
        assert_eq!(found("#s"), Ok(Some(Place::Inside(0))));
        assert_eq!(found("Patient/2"), Ok(None), "it may stand elsewhere");
        assert_eq!(found("https://elsewhere.example/Patient/1"), Ok(None), "another server's patient");
        assert!(found("#t").is_err(), "two answer to it");
        assert!(found("urn:uuid:2").is_err());
    }
}
