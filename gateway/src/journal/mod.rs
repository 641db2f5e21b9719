//! What was received, what was decided, what is owed to whom: one SQLite file. It never judges.

mod entry;
pub use entry::{Entry, Record};
