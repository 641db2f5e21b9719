//! The data types of FHIR R4 of which resources are made, as far as this gateway reads them.
//!
//! What is not read is skipped without being built. Every array has a bound, because three bytes of JSON make
//! an element of a hundred.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::ingest::profile::SpecimenCodes;

/// The code system of LOINC, by its URI and its OID.
const LOINC: [&str; 2] = ["http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"];

/// The code system of ISO/IEEE 11073-10101, by its URI and its OID.
const MDC: [&str; 2] = ["urn:iso:std:iso:11073:10101", "urn:oid:2.16.840.1.113883.6.24"];

/// The code system of SNOMED CT, by its URI and its OID.
const SNOMED_CT: [&str; 2] = ["http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96"];

/// The code systems of HL7 tables 0487 and 0070, the types of specimens, by the addresses they have had.
const SPECIMEN_TYPES: [&str; 4] = [
    "http://terminology.hl7.org/CodeSystem/v2-0487",
    "http://terminology.hl7.org/CodeSystem/v2-0070",
    "http://hl7.org/fhir/v2/0487",
    "http://hl7.org/fhir/v2/0070",
];

/// An array of at most `MOST` elements.
#[derive(Clone, Debug)]
pub(super) struct Few<T, const MOST: usize = 64>(pub(super) Vec<T>);

impl<T, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MOST: usize> std::ops::Deref for Few<T, MOST> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bounded<T, const MOST: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Bounded<T, MOST> {
            type Value = Few<T, MOST>;

            fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(text, "an array of at most {MOST} elements")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                let mut few = Vec::new();
                while let Some(element) = elements.next_element()? {
                    if few.len() == MOST {
                        return Err(A::Error::invalid_length(MOST + 1, &self));
                    }
                    few.push(element);
                }
                Ok(Few(few))
            }
        }

        deserializer.deserialize_seq(Bounded(PhantomData))
    }
}

/// A JSON scalar as the text it was written with: `6.80` keeps its last place, a string is its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plain(pub(super) String);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        match raw.bytes().next() {
            Some(b'"') => serde_json::from_str(raw).map(Self).map_err(D::Error::custom),
            Some(b'{' | b'[' | b'n') | None => Err(D::Error::custom("a number or a text was expected")),
            Some(_) => Ok(Self(raw.to_owned())),
        }
    }
}

/// A code of a code system.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coding {
    pub(super) system: String,
    pub(super) code: String,
    pub(super) display: String,
}

impl Coding {
    pub(super) fn is_loinc(&self) -> bool {
        LOINC.contains(&self.system.as_str())
    }

    pub(super) fn is_mdc(&self) -> bool {
        MDC.contains(&self.system.as_str())
    }

    pub(super) fn is_snomed_ct(&self) -> bool {
        SNOMED_CT.contains(&self.system.as_str())
    }

    /// Whose codes it is of, where it is the type of a specimen.
    pub(super) fn specimen_codes(&self) -> SpecimenCodes {
        match self.system.as_str() {
            system if SPECIMEN_TYPES.contains(&system) => SpecimenCodes::Hl7,
            _ if self.is_snomed_ct() => SpecimenCodes::SnomedCt,
            _ => SpecimenCodes::Other,
        }
    }
}

/// A concept: codings that mean the same, and words for people.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Concept {
    pub(super) coding: Few<Coding>,
    pub(super) text: String,
}

impl Concept {
    /// Whether one of its codings has this code.
    pub(super) fn has(&self, code: &str) -> bool {
        self.coding.iter().any(|coding| coding.code == code)
    }

    /// What a person reads: the text, else the first display, else the first code.
    pub(super) fn words(&self) -> &str {
        let displays = self.coding.iter().map(|coding| coding.display.as_str());
        let codes = self.coding.iter().map(|coding| coding.code.as_str());
        let mut candidates = std::iter::once(self.text.as_str()).chain(displays).chain(codes);
        candidates.find(|words| !words.is_empty()).unwrap_or_default()
    }
}

/// A measured amount.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Quantity {
    pub(super) value: Plain,
    pub(super) comparator: String,
    pub(super) unit: String,
    pub(super) code: String,
}

impl Quantity {
    /// The number as written, with its comparator before it.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.comparator, self.value.0)
    }

    /// The unit: the UCUM code, else the words.
    pub(super) fn unit(&self) -> &str {
        if self.code.is_empty() { &self.unit } else { &self.code }
    }
}

/// A range of two amounts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Range {
    pub(super) low: Quantity,
    pub(super) high: Quantity,
    pub(super) text: String,
}

impl Range {
    /// The words, else `low-high`.
    pub(super) fn words(&self) -> String {
        match (self.text.as_str(), self.low.text(), self.high.text()) {
            ("", low, high) if low.is_empty() && high.is_empty() => String::new(),
            ("", low, high) => format!("{low}-{high}"),
            (text, ..) => text.to_owned(),
        }
    }
}

/// A ratio of two amounts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Ratio {
    pub(super) numerator: Quantity,
    pub(super) denominator: Quantity,
}

/// A business identifier.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identifier {
    #[serde(rename = "use")]
    pub(super) usage: String,
    pub(super) system: String,
    pub(super) value: String,
    pub(super) assigner: Option<Box<Reference>>,
}

impl Identifier {
    /// Whether an authority gave it: by its system, or by the name or the identifier of its assigner.
    pub(super) fn is_of(&self, authority: &str) -> bool {
        let assigner = self.assigner.as_deref();
        self.system == authority
            || assigner.is_some_and(|assigner| {
                assigner.display == authority
                    || assigner.identifier.as_ref().is_some_and(|own| own.value == authority)
            })
    }
}

/// A reference to another resource.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    #[serde(rename = "reference")]
    pub(super) address: String,
    pub(super) identifier: Option<Box<Identifier>>,
    pub(super) display: String,
}

/// A span of time.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Period {
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
}

/// What an extension says, as far as one is read here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Extension {
    pub(super) url: String,
    #[serde(rename = "valueReference")]
    pub(super) reference: Option<Reference>,
}

/// The labels of a resource.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    pub(super) security: Few<Coding>,
}

impl Meta {
    /// Whether a security label has this code.
    pub(super) fn has(&self, code: &str) -> bool {
        self.security.iter().any(|label| label.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_text_and_a_string_its_content() {
        for (json, text) in [("6.80", "6.80"), ("1e999", "1e999"), (r#""NaN""#, "NaN"), ("true", "true")] {
            assert_eq!(serde_json::from_str::<Plain>(json).unwrap().0, text);
        }
        for json in ["null", "{}", "[1]"] {
            assert!(serde_json::from_str::<Plain>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_array_has_a_bound() {
        assert_eq!(serde_json::from_str::<Few<u8, 2>>("[1,2]").unwrap().len(), 2);
        let fault = serde_json::from_str::<Few<u8, 2>>("[1,2,3]").unwrap_err().to_string();
        assert!(fault.contains("at most 2 elements"), "{fault}");
    }

    #[test]
    fn an_authority_is_a_system_or_an_assigner() {
        let identifier = |json: &str| serde_json::from_str::<Identifier>(json).unwrap();
        assert!(identifier(r#"{"system":"urn:hosp:mrn","value":"1"}"#).is_of("urn:hosp:mrn"));
        assert!(identifier(r#"{"value":"1","assigner":{"display":"HOSP"}}"#).is_of("HOSP"));
        assert!(identifier(r#"{"value":"1","assigner":{"identifier":{"value":"HOSP"}}}"#).is_of("HOSP"));
        assert!(!identifier(r#"{"system":"urn:nation","value":"1"}"#).is_of("HOSP"));
    }
}
