//! How a laboratory's result came about, in the laboratory's own words: what a reviewer of a call asks for
//! and no rule reads.

use serde::{Deserialize, Serialize};

use crate::clock::Wall;

/// Where, how, by whom and when a result was made. Each text stands as it came, components and repetitions
/// with their marks; empty where the laboratory says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Who produced it (OBX-15).
    pub producer: String,
    /// Who answers for it (OBX-16).
    pub observer: String,
    /// By which method (OBX-17).
    pub method: String,
    /// When it was analysed (OBX-19).
    pub analysed: String,
    /// The laboratory that performed it (OBX-23).
    pub performer: String,
    /// Its address (OBX-24).
    pub address: String,
    /// When the laboratory gave it out (OBR-22).
    pub reported: Option<Wall>,
}
