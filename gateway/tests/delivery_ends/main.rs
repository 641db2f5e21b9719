//! Delivery against the strict ends of the sandbox, over real sockets and out of a real outbox: what a
//! hospital's HIS, its HL7 receiver and WhatsApp were seen to do to a sender.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod by_his;
mod closed;
mod his;
mod phones;
mod receiver;
mod rig;
mod told;
