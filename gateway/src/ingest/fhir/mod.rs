//! FHIR R4 at the door: Bundles, Observations and DiagnosticReports become the same readings and results as
//! HL7 messages do.
//!
//! This is an intake and no repository: resources are judged and their bytes are kept in the message log, but
//! nobody can search or read them here. Plain structs hold the few elements that mean something to a ward;
//! nothing here judges, and nothing is answered with success before it is stored.

mod answer;
mod element;
mod fault;
mod http;
mod intake;
mod meaning;
mod message;
mod report;
mod resource;
mod result;
mod shelf;
mod subject;
mod taken;
mod time;
mod vital;

pub use http::router;
pub use intake::FhirIntake;
use taken::Taken;

#[cfg(test)]
mod tests;
