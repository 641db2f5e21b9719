//! The device listener and the broker's client against foreign peers: paho, Mosquitto's clients, Mosquitto.
//! The test plays the ward behind the door and decides every verdict.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod broker;
mod paho;
mod peers;
mod secured;
mod ward;

#[expect(unreachable_pub, dead_code, reason = "the harness's own file, where it is public")]
#[path = "../../../tests/harness/authority.rs"]
mod authority;
