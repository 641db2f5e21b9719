//! The ward's plumbing.
//!
//! Bytes come in (`ingest`), become events, are judged by one loop (`ward`, around `rules`), are heard and
//! seen at once (`annunciator`, `board`), are written down (`journal`), and what is owed to others is sent
//! (`delivery`). Adapters never import one another; only `house`, which joins them, and `cli` know them
//! all.

pub mod annunciator;
pub mod board;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod event;
pub mod figures;
pub mod hex;
pub mod house;
pub mod ingest;
pub mod journal;
pub mod linger;
pub mod message;
pub mod owed;
pub mod record;
pub mod sandbox;
pub mod strangers;
pub mod tasks;
pub mod tls;
pub mod traffic;
pub mod view;
pub mod ward;
pub mod words;
