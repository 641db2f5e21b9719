//! Devices that send as hard as they are told and remember what was acknowledged: MQTT 3.1.1, QoS 1, a
//! bounded number of frames in flight.
//!
//! It writes the bytes itself, so that every broker is given the same ones, and so that nothing between the
//! story and the socket sends again or forgets on its own.

use std::collections::VecDeque;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::figures;

/// Frames that may be sent and not yet acknowledged: what the gateway's port takes.
pub const IN_FLIGHT_MOST: usize = 128;

/// A paced device sends its share at least so often apart.
const SHARE_LEAST: Duration = Duration::from_millis(10);

/// Packets of MQTT 3.1.1: kind and flags.
const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH_QOS1: u8 = 0x32;
const PUBACK: u8 = 0x40;
const DUP: u8 = 0x08;

/// A frame that was sent and not yet acknowledged.
#[derive(Debug)]
struct Frame {
    seq: u64,
    text: String,
}

/// One device with its memory.
#[derive(Debug)]
pub struct Device {
    /// The bed's label.
    pub bed: String,
    /// The device's name at its bed.
    pub name: String,
    /// The sequence number of every frame whose acknowledgement came.
    pub acknowledged: Vec<u64>,
    ward: String,
    next: u64,
    waiting: VecDeque<Frame>,
    values: String,
}

/// The readings of a frame, a patient who is well.
const CALM: &str = concat!(
    r#"{"code":"MDC_ECG_HEART_RATE","value":78,"unit":"/min"},"#,
    r#"{"code":"MDC_PULS_OXIM_SAT_O2","value":97,"unit":"%"},"#,
    r#"{"code":"MDC_RESP_RATE","value":14,"unit":"/min"}"#
);

impl Device {
    /// A device at a bed of the ward `icu-1`, beside a patient who is well.
    #[must_use]
    pub fn at(bed: &str, name: &str) -> Self {
        Self {
            bed: bed.to_owned(),
            name: name.to_owned(),
            acknowledged: Vec::new(),
            ward: "icu-1".to_owned(),
            next: 1,
            waiting: VecDeque::new(),
            values: CALM.to_owned(),
        }
    }

    /// What it reads from now on: the members of the frame's `readings`.
    pub fn read(&mut self, values: &str) {
        values.clone_into(&mut self.values);
    }

    /// How many frames it has sent, those sent again not counted.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.next - 1
    }

    /// Connects, sends again what was not acknowledged, then sends until `most` frames are out and
    /// acknowledged; `u64::MAX` is for ever. `a_second` is the pace, `None` as fast as they are acknowledged.
    /// It may be cut at any point and called again.
    ///
    /// # Errors
    /// The line is lost or refused.
    pub async fn send(&mut self, to: SocketAddr, a_second: Option<u32>, most: u64) -> anyhow::Result<()> {
        let mut line = self.connect(to).await?;
        let mut again = Vec::new();
        for frame in &self.waiting {
            self.publish(frame, DUP, &mut again);
        }
        line.write_all(&again).await?;
        self.send_on(&mut line, a_second, most).await
    }

    /// As [`Device::send`], on a line that stands and on which everything before was acknowledged or is still
    /// awaited.
    ///
    /// # Errors
    /// The line is lost.
    pub async fn send_on(
        &mut self,
        line: &mut TcpStream,
        a_second: Option<u32>,
        most: u64,
    ) -> anyhow::Result<()> {
        let mut pace = Pace::of(a_second);
        let (mut outbox, mut inbox) = (Vec::new(), Vec::new());
        loop {
            while self.waiting.len() < IN_FLIGHT_MOST && self.next <= most && pace.take() {
                let frame = self.frame();
                self.publish(&frame, 0, &mut outbox);
                self.waiting.push_back(frame);
            }
            line.write_all(&outbox).await?;
            outbox.clear();
            if self.next > most && self.waiting.is_empty() {
                return Ok(());
            }
            tokio::select! {
                read = line.read_buf(&mut inbox) => {
                    ensure!(read? > 0, "the line was closed");
                    self.acknowledge(&mut inbox)?;
                }
                () = pace.next() => {}
            }
        }
    }

    /// A line of this device to a broker, let in.
    ///
    /// # Errors
    /// Nobody listens, or the broker refuses.
    pub async fn connect(&self, to: SocketAddr) -> anyhow::Result<TcpStream> {
        let mut line = TcpStream::connect(to).await?;
        line.set_nodelay(true)?;
        let client = format!("{}-{}", self.bed, self.name);
        let mut hello = Vec::new();
        text(&mut hello, "MQTT");
        // Level 4 is 3.1.1; a clean session; probed after a minute of silence.
        hello.extend([4, 0x02, 0, 60]);
        text(&mut hello, &client);
        let mut packet = vec![CONNECT];
        length(&mut packet, hello.len());
        packet.extend(hello);
        line.write_all(&packet).await?;
        let mut answer = [0; 4];
        line.read_exact(&mut answer).await?;
        ensure!(answer[0] == CONNACK && answer[3] == 0, "not let in: {answer:?}");
        Ok(line)
    }

    fn frame(&mut self) -> Frame {
        let seq = self.next;
        self.next += 1;
        let mut text = String::with_capacity(self.values.len() + 80);
        // Writing into text cannot fail.
        let _ =
            write!(text, r#"{{"time":"{:.3}","seq":{seq},"readings":[{}]}}"#, figures::now(), self.values);
        Frame { seq, text }
    }

    fn publish(&self, frame: &Frame, flags: u8, out: &mut Vec<u8>) {
        let topic = format!("wardlight/v1/{}/{}/{}/readings", self.ward, self.bed, self.name);
        out.push(PUBLISH_QOS1 | flags);
        length(out, 2 + topic.len() + 2 + frame.text.len());
        text(out, &topic);
        out.extend(packet_id(frame.seq).to_be_bytes());
        out.extend(frame.text.as_bytes());
    }

    /// Takes whole acknowledgements out of what was read.
    fn acknowledge(&mut self, inbox: &mut Vec<u8>) -> anyhow::Result<()> {
        let whole = inbox.len() / 4 * 4;
        for packet in inbox.drain(..whole).collect::<Vec<u8>>().chunks_exact(4) {
            let [PUBACK, 2, high, low] = *packet else { bail!("not an acknowledgement: {packet:?}") };
            let id = u16::from_be_bytes([high, low]);
            let found = self.waiting.iter().position(|frame| packet_id(frame.seq) == id);
            let found = found.with_context(|| format!("acknowledged what was not sent: {id}"))?;
            self.acknowledged.extend(self.waiting.remove(found).map(|frame| frame.seq));
        }
        Ok(())
    }
}

/// The packet identifier of a frame: never 0, and not used twice among those in flight.
fn packet_id(seq: u64) -> u16 {
    u16::try_from(seq % 65_535).unwrap_or_default() + 1
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
    out.extend(text.as_bytes());
}

fn length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let seven = u8::try_from(length % 128).unwrap_or_default();
        length /= 128;
        out.push(if length > 0 { seven | 0x80 } else { seven });
        if length == 0 {
            return;
        }
    }
}

/// How many frames may go out now.
struct Pace {
    ticks: Option<Interval>,
    share: f64,
    owed: f64,
}

impl Pace {
    fn of(a_second: Option<u32>) -> Self {
        let every = a_second.map(|rate| (Duration::from_secs(1) / rate.max(1)).max(SHARE_LEAST));
        let share = a_second.zip(every).map_or(0.0, |(rate, every)| f64::from(rate) * every.as_secs_f64());
        let mut ticks = every.map(interval);
        if let Some(ticks) = &mut ticks {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        }
        Self { ticks, share, owed: 0.0 }
    }

    fn take(&mut self) -> bool {
        if self.ticks.is_none() {
            return true;
        }
        // A share of a whole frame may come out a hair short.
        let may = self.owed > 0.999;
        self.owed -= if may { 1.0 } else { 0.0 };
        may
    }

    /// Waits for the next share; for ever where there is no pace.
    async fn next(&mut self) {
        match &mut self.ticks {
            Some(ticks) => {
                ticks.tick().await;
                self.owed += self.share;
            }
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_s_length_is_written_in_sevens() {
        let written = |size| {
            let mut out = Vec::new();
            length(&mut out, size);
            out
        };
        assert_eq!((written(127), written(128), written(321)), (vec![127], vec![128, 1], vec![193, 2]));
    }

    #[test]
    fn an_acknowledgement_in_two_pieces_counts_once() {
        let mut device = Device::at("01", "monitor");
        let frames = [device.frame(), device.frame()];
        device.waiting.extend(frames);
        let mut inbox = vec![PUBACK, 2, 0, 2, PUBACK, 2];
        device.acknowledge(&mut inbox).unwrap();
        assert_eq!(
            (device.acknowledged.as_slice(), inbox.as_slice()),
            ([1].as_slice(), [PUBACK, 2].as_slice())
        );
        inbox.extend([0, 3]);
        device.acknowledge(&mut inbox).unwrap();
        assert_eq!(device.acknowledged, [1, 2]);
        assert!(device.acknowledge(&mut vec![PUBACK, 2, 0, 9]).is_err());
    }
}
