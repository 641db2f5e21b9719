//! Bytes from the outside become events. Nothing here judges, and nothing is acknowledged before it is
//! stored.

pub mod bearer;
pub mod fhir;
pub mod hl7;
pub mod http;
pub mod intake;
pub mod mllp;
pub mod mqtt;
pub mod profile;
pub mod terminology;
