//! The bedside node: the same bed, beside the bed.
//!
//! A [`Node`] is a value like the bed in it: what comes over its lines and the time go in; light, sound and
//! bytes to send come out. It judges by the very rules of the gateway. While the gateway is heard, the
//! station sounds and the node only lights; cut off, it sounds itself. It knows no pins, no clock and no
//! heap: a driver reads, writes and keeps time.
#![cfg_attr(not(test), no_std)]

pub mod buzzer;
pub mod lamp;
pub mod node;
mod wire;

pub use buzzer::Burst;
pub use lamp::{Colour, Lamp};
pub use node::{Event, Node, Reactions};
