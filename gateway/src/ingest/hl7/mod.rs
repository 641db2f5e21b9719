//! HL7 version 2, as it really arrives: bytes in, text that can be asked for its fields out, and the
//! acknowledgement.
//!
//! Everything in this room is a plain function of bytes: no socket, no clock, no allocation per field, no
//! panic. What a message *means* is said elsewhere (device profiles, the laboratory, the HIS); here is only
//! what it says.

pub mod ack;
pub mod charset;
pub mod escape;
pub mod header;
pub mod number;
pub mod part;
pub mod syntax;
pub mod time;
