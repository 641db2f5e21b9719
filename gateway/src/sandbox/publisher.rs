//! The wire of a simulated device: frames out over MQTT at QoS 1, `online` when it is reached, `offline` as
//! its last will.
//!
//! Without a connection frames are dropped, as monitors without a memory do it; the sequence number shows the
//! gap. It tries again for ever, with a growing pause.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Zoned;
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, LastWill, MqttOptions, PublishOptions, QoS};

use super::pause::Pause;
use super::readings::{Reading, frame};

/// Seconds without traffic after which the connection is probed.
const KEEP_ALIVE_S: u16 = 5;

/// Frames that may wait to be written; beyond it they are dropped.
const WAITING_MOST: usize = 16;

/// A simulated device could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the simulated device {device} has no valid MQTT settings: {why}")]
pub struct DeviceFault {
    /// Bed and device.
    device: String,
    /// What the MQTT client says.
    why: String,
}

/// Which device: ward and bed as the topic names them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a> {
    /// The ward.
    pub(super) ward: &'a str,
    /// The bed's label.
    pub(super) bed: &'a str,
    /// The device at that bed.
    pub(super) device: &'a str,
}

impl Name<'_> {
    fn topic(&self, subject: &str) -> String {
        format!("wardlight/v1/{}/{}/{}/{subject}", self.ward, self.bed, self.device)
    }
}

/// The end into which frames are put.
pub(super) struct Device {
    client: AsyncClient,
    topic: String,
    alarms: String,
    seq: u64,
    reached: Arc<AtomicBool>,
}

/// The connection of a device; it lives as long as it is held.
pub(super) struct Line {
    events: EventLoop,
    client: AsyncClient,
    status: String,
    reached: Arc<AtomicBool>,
}

/// A device and its line to `gateway`.
///
/// # Errors
/// The name makes no valid client.
pub(super) fn device(gateway: SocketAddr, name: Name<'_>) -> Result<(Device, Line), DeviceFault> {
    let status = name.topic("status");
    let id = format!("sim-{}-{}-{}", name.ward, name.bed, name.device);
    let mut options = MqttOptions::new(&id, (gateway.ip().to_string(), gateway.port()));
    options.set_keep_alive(KEEP_ALIVE_S).set_last_will(LastWill::new(
        status.clone(),
        "offline",
        QoS::AtLeastOnce,
        false,
    ));
    let built = AsyncClient::builder(options).capacity(WAITING_MOST).try_build();
    let (client, events) = built.map_err(|why| DeviceFault { device: id, why: why.to_string() })?;
    let reached = Arc::new(AtomicBool::new(false));
    let line = Line { events, client: client.clone(), status, reached: Arc::clone(&reached) };
    Ok((Device { client, topic: name.topic("readings"), alarms: name.topic("alarm"), seq: 0, reached }, line))
}

impl Device {
    /// Sends a frame, or drops it while the gateway is not reached or does not keep up.
    pub(super) fn publish(&mut self, at: &Zoned, readings: &[Reading]) {
        self.seq += 1;
        if !self.reached.load(Ordering::Relaxed) {
            return;
        }
        let Ok(json) = frame(at, self.seq, readings) else { return };
        let sent = self.client.try_publish(self.topic.as_str(), json, PublishOptions::at_least_once());
        if sent.is_err() {
            tracing::debug!(
                topic = self.topic,
                seq = self.seq,
                "a simulated frame found no room and is dropped"
            );
        }
    }
}

impl Device {
    /// Raises or ends an alarm of the device's own, or drops it as a frame is dropped.
    pub(super) fn raise(&self, at: &Zoned, event: &str, source: &str, on: bool) {
        let time = at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
        let phase = if on { "start" } else { "end" };
        let alarm = serde_json::json!({
            "time": time, "phase": phase, "event": event, "priority": "high", "source": source,
        });
        let sent =
            self.client.try_publish(self.alarms.as_str(), alarm.to_string(), PublishOptions::at_least_once());
        if sent.is_err() {
            tracing::debug!(topic = self.alarms, "a simulated alarm found no room and is dropped");
        }
    }
}

impl Line {
    /// Holds the connection, and makes it anew whenever it is lost.
    pub(super) async fn hold(mut self) -> Infallible {
        let mut pause = Pause::new();
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                    pause = Pause::new();
                    self.come_online();
                }
                Ok(_) => {}
                Err(fault) => {
                    if self.reached.swap(false, Ordering::Relaxed) {
                        tracing::warn!(status = self.status, %fault, "a simulated device lost the gateway");
                    }
                    tokio::time::sleep(pause.grow()).await;
                }
            }
        }
    }

    fn come_online(&self) {
        let said = self.client.try_publish(self.status.as_str(), "online", PublishOptions::at_least_once());
        if said.is_err() {
            tracing::debug!(status = self.status, "no room to say online; the frames say it");
        }
        self.reached.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::rig::free_port;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    const NAME: Name<'_> = Name { ward: "icu", bed: "07", device: "monitor" };

    /// As little of a broker as the device needs to speak: each packet as its first byte and its body.
    struct Broker {
        line: TcpStream,
    }

    impl Broker {
        async fn accept(listener: &TcpListener) -> (Self, String) {
            let (line, _) = listener.accept().await.unwrap();
            let mut broker = Self { line };
            let (kind, connect) = broker.packet().await;
            assert_eq!(kind, 0x10);
            broker.line.write_all(&[0x20, 2, 0, 0]).await.unwrap();
            (broker, connect)
        }

        async fn packet(&mut self) -> (u8, String) {
            let kind = self.line.read_u8().await.unwrap();
            let (mut length, mut shift) = (0_usize, 0);
            loop {
                let byte = self.line.read_u8().await.unwrap();
                length |= usize::from(byte & 0x7F) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            let mut body = vec![0; length];
            self.line.read_exact(&mut body).await.unwrap();
            (kind & 0xF0, String::from_utf8_lossy(&body).into_owned())
        }
    }

    async fn within<T>(work: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(10), work).await.unwrap()
    }

    /// Puts a frame every few milliseconds until it is stopped, as fast as a demonstration at full speed.
    async fn send_on(mut device: Device) -> Infallible {
        let at = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        loop {
            device.publish(&at, &[Reading::whole("MDC_ECG_HEART_RATE", 70, "/min")]);
            pace.tick().await;
        }
    }

    #[tokio::test]
    async fn a_device_says_its_will_comes_online_sends_and_comes_back() {
        let (listener, at) = free_port().await;
        let (device, line) = device(at, NAME).unwrap();
        let story = async {
            let (mut broker, connect) = Broker::accept(&listener).await;
            assert!(connect.contains("sim-icu-07-monitor"));
            assert!(connect.contains("wardlight/v1/icu/07/monitor/status") && connect.ends_with("offline"));
            let (kind, online) = broker.packet().await;
            assert!(kind == 0x30 && online.contains("/07/monitor/status") && online.ends_with("online"));
            let (kind, frame) = broker.packet().await;
            assert!(
                kind == 0x30 && frame.contains("/07/monitor/readings") && frame.ends_with("}]}"),
                "{frame}"
            );
            drop(broker);
            let (mut broker, _) = Broker::accept(&listener).await;
            let (_, online) = broker.packet().await;
            assert!(online.ends_with("online"), "{online}");
        };
        within(async {
            tokio::select! {
                _ = line.hold() => {}
                _ = send_on(device) => {}
                () = story => {}
            }
        })
        .await;
    }

    #[tokio::test]
    async fn without_a_gateway_frames_are_dropped_and_counted() {
        let (listener, at) = free_port().await;
        drop(listener);
        let (mut device, _line) = device(at, NAME).unwrap();
        let at = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        for _ in 0..100 {
            device.publish(&at, &[]);
        }
        assert_eq!(device.seq, 100);
    }
}
