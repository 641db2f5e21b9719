//! The ward's plumbing.
//!
//! Bytes come in (`ingest`), become events, are judged by one loop (`ward`, around `rules`), are heard and seen at
//! once (`annunciator`, `board`), are written down (`journal`), and what is owed to others is sent (`delivery`).
//! Adapters never import one another; only this file knows them all.

pub mod annunciator;
pub mod ingest;
pub mod sandbox;
