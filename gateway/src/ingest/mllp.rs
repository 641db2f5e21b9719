//! MLLP: HL7 messages in blocks over TCP, in both directions.

pub mod codec;
