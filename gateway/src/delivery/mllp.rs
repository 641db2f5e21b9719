//! The HIS by HL7 v2 over MLLP: vital signs out as `ORU^R01`, one connection, one message at a time.
//!
//! A resend is byte for byte the first message, MSH-10 and times included, so that a receiver can drop it. An
//! acknowledgement counts only when it names our MSH-10: a late one for an earlier message is read past.
//! Framing here is the sender's half alone; the listener's half is ingest's.

mod ack;
mod alarm;
mod codes;
mod oru;

use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

use self::ack::Acknowledged;
use super::{Due, End, HttpFault, Outcome, Pace, wire_id};
use crate::event::Stage;
use crate::message::Exchange;
use crate::owed::{Destination, Parcel};

/// How long a connection may take to come about.
const CONNECT_MOST: Duration = Duration::from_secs(5);

/// How long an acknowledgement is waited for. Integration engines are commonly set to 30 s on the sender's
/// side.
pub const ACK_MOST: Duration = Duration::from_secs(30);

/// The largest acknowledgement that is read; one with error segments has a few hundred bytes.
const FRAME_MOST: usize = 64 << 10;

const START: u8 = 0x0B;
const END: u8 = 0x1C;
const CARRIAGE_RETURN: u8 = 0x0D;

/// A receiver, as `gateway.toml` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MllpPeer {
    /// `host:port`.
    pub address: String,
    /// MSH-3, who sends: `WARDLIGHT`.
    pub sending_application: String,
    /// MSH-4, from where.
    pub sending_facility: String,
    /// MSH-5, for whom.
    pub receiving_application: String,
    /// MSH-6, where that is.
    pub receiving_facility: String,
    /// PV1-3.1, the ward as the HIS names it: `ICU-1`.
    pub point_of_care: String,
    /// Who issues the UHID (PID-3.4); empty where the HIS asks for none.
    pub uhid_authority: String,
    /// The zone that times are written in, with their offset: `Asia/Kolkata`.
    pub zone: String,
    /// MSH-11 is `T` in place of `P`: the messages are for training.
    pub training: bool,
}

/// The receiver as a destination.
pub struct Mllp {
    peer: MllpPeer,
    zone: TimeZone,
    line: Mutex<Option<TcpStream>>,
}

impl Mllp {
    /// The receiver; nothing is connected yet.
    ///
    /// # Errors
    /// [`HttpFault::NoZone`]: the configured time zone is not known.
    pub fn new(peer: MllpPeer) -> Result<Self, HttpFault> {
        let zone = TimeZone::get(&peer.zone).map_err(|_| HttpFault::NoZone { zone: peer.zone.clone() })?;
        Ok(Self { peer, zone, line: Mutex::default() })
    }

    /// Sends one message and reads until its acknowledgement. The connection is kept only after a clear
    /// answer.
    async fn exchange(&self, message: &str, control_id: &str, exchange: &mut Exchange) -> Outcome {
        let mut line = self.line.lock().await;
        let mut stream = match line.take().filter(is_idle) {
            Some(stream) => stream,
            None => match self.connect().await {
                Ok(stream) => stream,
                Err(why) => return Outcome::NotNow { why, after: None, uncertain: false },
            },
        };
        let mut frame = vec![START];
        exchange.sent = message.as_bytes().to_vec();
        frame.extend_from_slice(message.as_bytes());
        frame.extend_from_slice(&[END, CARRIAGE_RETURN]);
        let heard = async {
            stream.write_all(&frame).await?;
            acknowledgement(&mut stream, control_id).await
        };
        match timeout(ACK_MOST, heard).await {
            Ok(Ok((acknowledged, answer))) => {
                exchange.answer = answer;
                *line = Some(stream);
                judge(&acknowledged, control_id)
            }
            Ok(Err(fault)) => lost(format!("the connection broke before the acknowledgement: {fault}")),
            Err(_) => lost(format!("no acknowledgement for this message within {} s", ACK_MOST.as_secs())),
        }
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        let connected = timeout(CONNECT_MOST, TcpStream::connect(&self.peer.address)).await;
        let stream = connected
            .map_err(|_| "the HL7 receiver could not be reached in time".to_owned())?
            .map_err(|fault| format!("the HL7 receiver could not be reached: {fault}"))?;
        // An acknowledgement is waited for after each message: nothing is gained by waiting for more to send.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

impl End for Mllp {
    fn destination(&self) -> Destination {
        Destination::Mllp
    }

    fn abreast(&self) -> usize {
        1
    }

    fn stage(&self) -> Stage {
        Stage::Filed
    }

    async fn send(&self, due: &Due, _with: &[Due], exchange: &mut Exchange) -> Outcome {
        let control_id = wire_id(&due.owed.key);
        let Parcel::Vitals { patient, bed, at, values, news2, note } = &due.owed.parcel else {
            return Outcome::Never { why: "only vital signs are sent by HL7".to_owned() };
        };
        let set = super::Set { patient: &patient.0, bed, at: *at, values, news2: *news2, note };
        let message =
            oru::message(&set, &oru::Envelope { peer: &self.peer, zone: &self.zone, id: &control_id });
        exchange.kind = "ORU^R01";
        self.exchange(&message, &control_id, exchange).await
    }
}

/// An alarm manager as a destination: what becomes of alerts, as PCD-04.
pub struct Pcd04(Mllp);

impl Pcd04 {
    /// The receiver; nothing is connected yet.
    ///
    /// # Errors
    /// [`HttpFault::NoZone`]: the configured time zone is not known.
    pub fn new(peer: MllpPeer) -> Result<Self, HttpFault> {
        Mllp::new(peer).map(Self)
    }
}

impl End for Pcd04 {
    fn destination(&self) -> Destination {
        Destination::Pcd04
    }

    fn abreast(&self) -> usize {
        1
    }

    fn stage(&self) -> Stage {
        Stage::Sent
    }

    fn pace(&self, _due: &Due) -> Pace {
        Pace::TWO_HOURS
    }

    async fn send(&self, due: &Due, _with: &[Due], exchange: &mut Exchange) -> Outcome {
        let control_id = wire_id(&due.owed.key);
        let Parcel::Alarm(alarm) = &due.owed.parcel else {
            return Outcome::Never {
                why: "only what becomes of an alert is told to an alarm manager".to_owned(),
            };
        };
        let Self(line) = self;
        let envelope = oru::Envelope { peer: &line.peer, zone: &line.zone, id: &control_id };
        exchange.kind = alarm::KIND;
        line.exchange(&alarm::message(alarm, &envelope), &control_id, exchange).await
    }
}

/// Whether a kept connection is still open with nothing waiting on it. A receiver that hung up while nothing
/// was sent is noticed here, so that this try does not end in doubt; a stray answer makes the connection
/// useless.
fn is_idle(stream: &TcpStream) -> bool {
    let mut byte = [0];
    matches!(stream.try_read(&mut byte), Err(fault) if fault.kind() == std::io::ErrorKind::WouldBlock)
}

/// Reads frames until one acknowledges `control_id`; gives it, and its bytes.
async fn acknowledgement(
    stream: &mut TcpStream,
    control_id: &str,
) -> std::io::Result<(Acknowledged, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        while let Some(at) = bytes.iter().position(|byte| *byte == END) {
            let frame: Vec<u8> = bytes.drain(..=at).collect();
            let text = String::from_utf8_lossy(&frame);
            if let Some(acknowledged) = ack::read(&text).filter(|ack| ack.control_id == control_id) {
                let framing = |byte: &u8| matches!(*byte, START | END | CARRIAGE_RETURN);
                let begins = frame.iter().position(|byte| !framing(byte)).unwrap_or(0);
                let answer = frame.get(begins..frame.len().saturating_sub(1)).unwrap_or_default();
                return Ok((acknowledged, answer.to_vec()));
            }
        }
        if bytes.len() > FRAME_MOST {
            return Err(std::io::Error::other("what came back is no acknowledgement"));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// What an acknowledgement means for the row.
fn judge(acknowledged: &Acknowledged, control_id: &str) -> Outcome {
    let why = format!("the HL7 receiver answered {}: {}", acknowledged.code, acknowledged.text);
    match acknowledged.code.as_str() {
        "AA" | "CA" => Outcome::Done { proof: format!("{} {control_id}", acknowledged.code) },
        "AE" | "CE" => Outcome::NotNow { why, after: None, uncertain: false },
        "AR" | "CR" => Outcome::Never { why },
        _ => Outcome::Doubtful { why, uncertain: true },
    }
}

fn lost(why: String) -> Outcome {
    Outcome::NotNow { why, after: None, uncertain: true }
}

#[cfg(test)]
mod tests;
