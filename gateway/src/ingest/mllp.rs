//! MLLP: blocks of bytes over a stream.
