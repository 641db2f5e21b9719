//! Every sample message through the real intake: over a socket, with a ward behind the door that stores what
//! it is handed. `tests/data/hl7/expected.toml` says what becomes of each file; a file without a row fails.
//!
//! It judges nothing clinical: which alerts follow is told by the story of the same table
//! (`tests/stories/hl7_corpus.rs`).
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod corpus;
mod cut;
mod port;
mod second_reader;
mod table;
mod told;
