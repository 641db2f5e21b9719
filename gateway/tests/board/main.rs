//! The board from outside: over real sockets, around a real ward whose store is in memory.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod answers;
mod badges;
mod browser;
mod events;
mod page;
mod quiet;
mod reader;
mod reads;
mod sheet;
mod sound;
mod ward;
