//! The resources of FHIR R4 that are read here, each with the elements that mean something to a ward.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::element::{
    Concept, Extension, Few, Identifier, Meta, Period, Plain, Quantity, Range, Ratio, Reference,
};
use super::fault::{Fault, Issue};
use super::time;
use crate::clock::Wall;

/// How many resources one may contain, and how many results a report may name.
const PARTS_MOST: usize = 500;

/// Resources inside a resource, as they stand.
pub(super) type Parts = Few<Box<RawValue>, PARTS_MOST>;

/// What every resource says first.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    #[serde(rename = "resourceType")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) id: String,
    /// Rules of the sender's own for reading the resource.
    #[serde(default, rename = "implicitRules")]
    pub(super) rules: Option<IgnoredAny>,
    /// Extensions that change what the resource means.
    #[serde(default, rename = "modifierExtension")]
    pub(super) modifiers: Option<IgnoredAny>,
}

impl Head {
    /// Reads the head of a resource.
    ///
    /// # Errors
    /// It is no resource.
    pub(super) fn of(text: &str) -> Result<Self, Fault> {
        if !text.starts_with('{') {
            return Err(Fault::new(Issue::Structure, "", "a resource is a JSON object with a resourceType"));
        }
        serde_json::from_str(text).map_err(|fault| Fault::unreadable(&fault))
    }

    /// Whether it may be read by its elements alone.
    ///
    /// # Errors
    /// It says that it may not: FHIR forbids to go on.
    pub(super) fn is_plain(&self) -> Result<(), Fault> {
        let why = "it changes what the resource means and is not known here: send the resource without it";
        match (&self.rules, &self.modifiers) {
            (Some(_), _) => Err(Fault::new(Issue::Extension, "implicitRules", why)),
            (_, Some(_)) => Err(Fault::new(Issue::Extension, "modifierExtension", why)),
            _ => Ok(()),
        }
    }
}

/// Reads a resource, or a part of one.
///
/// # Errors
/// It is not of that shape.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|fault| Fault::unreadable(&fault))
}

/// An observation, without its value.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Observation {
    pub(super) identifier: Few<Identifier>,
    pub(super) meta: Meta,
    pub(super) status: String,
    pub(super) category: Few<Concept>,
    pub(super) subject: Option<Reference>,
    pub(super) encounter: Option<Reference>,
    pub(super) effective_date_time: Option<String>,
    pub(super) effective_instant: Option<String>,
    pub(super) effective_period: Option<Period>,
    pub(super) device: Option<Reference>,
    pub(super) specimen: Option<Reference>,
    pub(super) method: Concept,
    pub(super) extension: Few<Extension>,
    pub(super) component: Few<Box<RawValue>>,
    pub(super) has_member: Few<Reference, PARTS_MOST>,
    pub(super) contained: Parts,
}

impl Observation {
    /// When it was taken, where that can be told.
    ///
    /// # Errors
    /// A time is not written as FHIR writes times.
    pub(super) fn taken(&self, arrived: Wall) -> Result<Option<Wall>, Fault> {
        let at = time::read("effectiveDateTime", self.effective_date_time.as_deref(), arrived)?;
        let instant = time::read("effectiveInstant", self.effective_instant.as_deref(), arrived)?;
        let over = time::period("effectivePeriod", self.effective_period.as_ref(), arrived)?;
        Ok(at.or(instant).or(over))
    }

    /// Whether one of its categories has this code.
    pub(super) fn is_of(&self, category: &str) -> bool {
        self.category.iter().any(|concept| concept.has(category))
    }
}

/// Where an observation or a report stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Preliminary, final, or a part of what is to come: it counts.
    Counts,
    /// It counts, and its own server does not know how far.
    Doubtful,
    /// It replaces what was sent before.
    Corrected,
    /// There is no value: not yet, or not any more.
    Absent,
    /// It never was.
    Withdrawn,
}

impl Life {
    /// Reads `Observation.status` or `DiagnosticReport.status`.
    ///
    /// # Errors
    /// There is none, or it is no word of FHIR.
    pub(super) fn of(status: &str) -> Result<Self, Fault> {
        Ok(match status {
            "final" | "preliminary" | "partial" | "appended" => Self::Counts,
            "unknown" => Self::Doubtful,
            "amended" | "corrected" => Self::Corrected,
            "registered" | "cancelled" => Self::Absent,
            "entered-in-error" => Self::Withdrawn,
            "" => return Err(Fault::new(Issue::Required, "status", "a status is needed, such as final")),
            _ => return Err(Fault::new(Issue::CodeInvalid, "status", "this is no status of FHIR R4")),
        })
    }
}

/// What an observation, or one of its components, measured.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Measurement {
    pub(super) code: Concept,
    pub(super) value_quantity: Option<Quantity>,
    pub(super) value_codeable_concept: Option<Concept>,
    pub(super) value_string: Option<Plain>,
    pub(super) value_integer: Option<Plain>,
    pub(super) value_boolean: Option<Plain>,
    pub(super) value_range: Option<Range>,
    pub(super) value_ratio: Option<Ratio>,
    pub(super) data_absent_reason: Option<Concept>,
    pub(super) interpretation: Few<Concept>,
    pub(super) reference_range: Few<Range>,
}

impl Measurement {
    /// The value as text, comparator included; empty where there is none.
    pub(super) fn text(&self) -> String {
        if let Some(quantity) = &self.value_quantity {
            return quantity.text();
        }
        if let Some(concept) = &self.value_codeable_concept {
            return concept.words().to_owned();
        }
        let ratio = |ratio: &Ratio| format!("{}:{}", ratio.numerator.text(), ratio.denominator.text());
        let plain = [&self.value_string, &self.value_integer, &self.value_boolean];
        let written = plain.into_iter().flatten().next().map(|plain| plain.0.trim().to_owned());
        let between = self.value_range.as_ref().map(Range::words);
        written.or(between).or_else(|| self.value_ratio.as_ref().map(ratio)).unwrap_or_default()
    }

    /// The unit of the value as it came.
    pub(super) fn unit(&self) -> &str {
        self.value_quantity.as_ref().map_or("", Quantity::unit)
    }

    /// The SNOMED CT codes of its value.
    pub(super) fn findings(&self) -> impl Iterator<Item = &str> {
        let codings = self.value_codeable_concept.iter().flat_map(|concept| concept.coding.iter());
        let codes = codings.filter(|coding| coding.is_snomed_ct()).map(|coding| coding.code.trim());
        codes.filter(|code| !code.is_empty() && self.data_absent_reason.is_none())
    }

    /// Every code of its interpretation.
    pub(super) fn flags(&self) -> impl Iterator<Item = &str> {
        self.interpretation.iter().flat_map(|concept| concept.coding.iter()).map(|coding| coding.code.trim())
    }
}

/// A report of the laboratory.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DiagnosticReport {
    pub(super) identifier: Few<Identifier>,
    pub(super) meta: Meta,
    pub(super) status: String,
    pub(super) subject: Option<Reference>,
    pub(super) encounter: Option<Reference>,
    pub(super) effective_date_time: Option<String>,
    pub(super) effective_period: Option<Period>,
    pub(super) extension: Few<Extension>,
    pub(super) specimen: Few<Reference>,
    pub(super) result: Few<Reference, PARTS_MOST>,
    pub(super) contained: Parts,
}

/// A patient or a place: who or what its identifiers name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identified {
    pub(super) identifier: Few<Identifier>,
}

/// A device, or the channel of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Device {
    pub(super) identifier: Few<Identifier>,
    #[serde(rename = "deviceName")]
    pub(super) names: Few<DeviceName>,
    pub(super) location: Option<Reference>,
    /// `measurement`, `setting` …, where it is a channel (DeviceMetric).
    pub(super) category: Option<Box<RawValue>>,
}

impl Device {
    /// Whether it is the channel of a setting, whose values nobody measured.
    pub(super) fn is_setting(&self) -> bool {
        self.category.as_ref().is_some_and(|category| category.get() == r#""setting""#)
    }
}

/// What a device is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeviceName {
    pub(super) name: String,
}

/// A stay, for where it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Encounter {
    pub(super) location: Few<Stay>,
}

/// A place of a stay.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stay {
    pub(super) location: Reference,
    pub(super) status: String,
}

/// A specimen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Specimen {
    #[serde(rename = "type")]
    pub(super) sort: Concept,
    pub(super) accession_identifier: Option<Identifier>,
    pub(super) collection: Collection,
}

/// When a specimen was taken.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Collection {
    pub(super) collected_date_time: Option<String>,
    pub(super) collected_period: Option<Period>,
}
