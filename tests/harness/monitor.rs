//! A bedside monitor that speaks MQTT 3.1.1 to the ward, through a client that is not ours. It says what it
//! is told to say and waits for the acknowledgement; it carries no clock, so what it sends counts from its
//! arrival.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, bail};
use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, PublishOptions};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::Ward;

/// How long an acknowledgement may take on a busy machine.
const ACKNOWLEDGED_MOST: Duration = Duration::from_secs(20);

/// The most bytes of one packet that the client itself lets through: more than any listener of ours takes.
const PACKET_MOST: usize = 1024 * 1024;

/// A code with its value and unit, as a frame carries it.
pub type Reading<'a> = (&'a str, f64, &'a str);

/// One monitor at one bed.
#[derive(Debug)]
pub struct Monitor {
    client: AsyncClient,
    bed: String,
    seq: u64,
    heard: mpsc::UnboundedReceiver<Result<(), String>>,
    /// The connection; it ends with the monitor.
    _line: JoinSet<()>,
}

impl Monitor {
    /// Connects to the ward's device port.
    ///
    /// # Errors
    /// The ready line names no such port, or the client cannot be made.
    pub fn connect(ward: &Ward, bed: &str) -> anyhow::Result<Self> {
        let gateway = ward.address("mqtt")?;
        let mut options =
            MqttOptions::new(format!("story-{bed}"), (gateway.ip().to_string(), gateway.port()));
        options.set_max_packet_size(PACKET_MOST, PACKET_MOST);
        let (client, mut events) = AsyncClient::builder(options).capacity(16).try_build()?;
        let (tell, heard) = mpsc::unbounded_channel();
        let mut line = JoinSet::new();
        line.spawn(async move {
            loop {
                let told = match events.poll().await {
                    Ok(Event::Incoming(Incoming::PubAck(_))) => Ok(()),
                    Ok(_) => continue,
                    Err(fault) => Err(fault.to_string()),
                };
                let lost = told.is_err();
                if tell.send(told).is_err() || lost {
                    return;
                }
            }
        });
        Ok(Self { client, bed: bed.to_owned(), seq: 0, heard, _line: line })
    }

    /// Sends one frame of readings and waits until it is acknowledged, hence durable.
    ///
    /// # Errors
    /// The connection is lost, or nothing is acknowledged in time.
    pub async fn say(&mut self, readings: &[Reading<'_>]) -> anyhow::Result<()> {
        let mut list = String::new();
        for (code, value, unit) in readings {
            let comma = if list.is_empty() { "" } else { "," };
            write!(list, r#"{comma}{{"code":"{code}","value":{value},"unit":"{unit}"}}"#)?;
        }
        self.say_raw(&format!("[{list}]")).await
    }

    /// The same with `readings` as they are to stand in the frame.
    ///
    /// # Errors
    /// As [`Monitor::say`].
    pub async fn say_raw(&mut self, readings: &str) -> anyhow::Result<()> {
        self.seq += 1;
        let frame = format!(r#"{{"seq":{},"readings":{readings}}}"#, self.seq);
        let topic = format!("wardlight/v1/icu-1/{}/monitor/readings", self.bed);
        self.publish(&topic, frame.into_bytes()).await
    }

    /// Publishes any bytes on any topic at QoS 1 and waits for the acknowledgement.
    ///
    /// # Errors
    /// As [`Monitor::say`].
    pub async fn publish(&mut self, topic: &str, payload: Vec<u8>) -> anyhow::Result<()> {
        self.client.publish(topic, payload, PublishOptions::at_least_once()).await?;
        let heard = tokio::time::timeout(ACKNOWLEDGED_MOST, self.heard.recv()).await;
        match heard.with_context(|| format!("{topic}: not acknowledged"))? {
            Some(Ok(())) => Ok(()),
            Some(Err(fault)) => bail!("{topic}: {fault}"),
            None => bail!("{topic}: the connection was lost before"),
        }
    }
}
