//! The protocol side of one connection: bytes in, what the client says out; what we answer in, bytes out.
//!
//! A value without sockets, clocks or tasks, around the state machine of `mqtt-protocol-core`. MQTT 3.1.1 and
//! 5.0 differ in here and nowhere else. It acknowledges nothing by itself: whoever owns it says when.

mod heard;
mod reply;

use bytes::{Bytes, BytesMut};
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{ConnectionOptions, Event};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet};
use mqtt_protocol_core::mqtt::result_code::MqttError;
use mqtt_protocol_core::mqtt::{Connection, Version, role};

pub(super) use heard::{Heard, Hello, Publication, StateNow, Wanted, Will};
pub(super) use reply::{Closing, Welcome};

/// The largest packet that is taken, in bytes.
pub(super) const PACKET_MOST: u32 = 256 * 1024;

/// How many publications of one connection may wait for their verdict.
pub(super) const IN_FLIGHT_MOST: u16 = 128;

/// One client's protocol state.
pub(super) struct Session {
    wire: Connection<role::Server>,
    out: BytesMut,
}

impl Session {
    /// A session that waits for its CONNECT.
    pub(super) fn new() -> Self {
        let options = ConnectionOptions::new().maximum_packet_size_recv(PACKET_MOST);
        let mut wire = Connection::with_options(Version::Undetermined, options);
        wire.set_auto_ping_response(true);
        Self { wire, out: BytesMut::new() }
    }

    /// Takes bytes in, at most one packet of them, and says how many it took and what the client says, if
    /// anything.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> (usize, Option<Heard>) {
        let mut cursor = Cursor::new(bytes);
        let events = self.wire.recv(&mut cursor);
        let taken = usize::try_from(cursor.position()).unwrap_or(bytes.len()).min(bytes.len());
        let mut heard = None;
        for event in events {
            match event {
                Event::NotifyPacketReceived(packet) => heard = Some(Heard::of(packet)),
                Event::NotifyError(fault) => heard = Some(Heard::Broken(fault)),
                other => self.write(other),
            }
        }
        (taken, heard)
    }

    /// What waits to be written; it is handed out once.
    pub(super) fn take_output(&mut self) -> Bytes {
        self.out.split().freeze()
    }

    /// How many bytes wait to be written.
    pub(super) fn backlog(&self) -> usize {
        self.out.len()
    }

    /// Whether a client without an id can be told the one it is given.
    pub(super) fn can_assign(&self) -> bool {
        self.is_v5()
    }

    fn is_v5(&self) -> bool {
        self.wire.get_protocol_version() == Version::V5_0
    }

    /// Queues a packet for writing. One that the client would not take (its own maximum packet size) is left
    /// out.
    fn send(&mut self, packet: Result<Packet, MqttError>) {
        match packet {
            Ok(packet) => {
                for event in self.wire.send(packet) {
                    self.write(event);
                }
            }
            Err(fault) => tracing::warn!(%fault, "an answer to a device could not be formed"),
        }
    }

    fn write(&mut self, event: Event) {
        match event {
            Event::RequestSendPacket { packet, .. } => {
                self.out.extend_from_slice(&packet.to_continuous_buffer());
            }
            Event::NotifyError(fault) => tracing::debug!(%fault, "an answer to a device was not sent"),
            // Time-outs and closing are the connection's own business.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
