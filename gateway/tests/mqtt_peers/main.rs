//! The device listener and the broker's client against foreign peers: paho, Mosquitto's clients, Mosquitto.
//! The test plays the ward behind the door and decides every verdict.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod broker;
mod paho;
mod peers;
mod ward;
