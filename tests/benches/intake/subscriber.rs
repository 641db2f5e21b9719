//! The one for whom a broker takes messages: it is subscribed to everything with QoS 1, acknowledges each
//! message, and counts. Without anybody like it a broker throws away what it has acknowledged.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use harness::load::Device;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// SUBSCRIBE, identifier 1, to `#` with QoS 1.
const SUBSCRIBE: [u8; 8] = [0x82, 6, 0, 1, 0, 1, b'#', 1];

/// SUBACK to it, QoS 1 granted.
const SUBACK: [u8; 5] = [0x90, 3, 0, 1, 1];

/// PUBLISH with QoS 1, and the answer to it.
const PUBLISH_QOS1: u8 = 0x32;
const PUBACK: u8 = 0x40;

/// What is read at once.
const READ_BYTES: usize = 64 * 1024;

/// A line on which a broker passes on what it takes.
pub(crate) struct Subscriber {
    line: TcpStream,
    read: Vec<u8>,
}

impl Subscriber {
    pub(crate) async fn at(broker: SocketAddr) -> anyhow::Result<Self> {
        let mut line = Device::at("ward", "gateway").connect(broker).await?;
        line.write_all(&SUBSCRIBE).await?;
        let mut granted = [0; 5];
        line.read_exact(&mut granted).await?;
        ensure!(granted == SUBACK, "not subscribed: {granted:?}");
        Ok(Self { line, read: Vec::with_capacity(READ_BYTES) })
    }

    /// Takes so many messages.
    pub(crate) async fn take(&mut self, mut count: usize) -> anyhow::Result<()> {
        while count > 0 {
            ensure!(self.line.read_buf(&mut self.read).await? > 0, "the broker closed the line");
            let (mut answers, mut taken) = (Vec::new(), 0);
            while let Some((packet, id)) = next(&self.read[taken..])? {
                answers.extend([PUBACK, 2, id[0], id[1]]);
                taken += packet;
                count = count.saturating_sub(1);
            }
            self.read.drain(..taken);
            self.line.write_all(&answers).await?;
        }
        Ok(())
    }
}

/// The length of the first message and its identifier; `None` where it is not whole yet.
fn next(bytes: &[u8]) -> anyhow::Result<Option<(usize, [u8; 2])>> {
    let Some(digits) = bytes.get(1..).and_then(|rest| rest.iter().position(|byte| byte & 0x80 == 0)) else {
        return Ok(None);
    };
    ensure!(bytes[0] & !0x08 == PUBLISH_QOS1, "not a message with QoS 1: {:#x}", bytes[0]);
    let sevens = bytes[1..=digits + 1].iter().rev();
    let length = sevens.fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
    let Some(packet) = bytes.get(digits + 2..digits + 2 + length) else { return Ok(None) };
    let topic = packet.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length)));
    let id = topic.and_then(|topic| packet.get(topic + 2..)).and_then(|rest| rest.first_chunk());
    Ok(Some((digits + 2 + length, *id.context("a message without an identifier")?)))
}
