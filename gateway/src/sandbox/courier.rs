//! Carries HL7 messages to the gateway over MLLP, as laboratory and HIS do: one connection for one message,
//! sent again until it is acknowledged, given up when it is refused for good.
//!
//! Its framing is its own on purpose: a fault shared with the gateway would never be seen.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::pause::Pause;

const START: u8 = 0x0B;
const END: u8 = 0x1C;
const RETURN: u8 = 0x0D;

/// How long an acknowledgement may take.
const ANSWER_MOST: Duration = Duration::from_secs(10);

/// The longest acknowledgement that is read, in bytes.
const ANSWER_BYTES_MOST: u64 = 64 << 10;

/// How often a message is tried: for about half a minute.
const TRIES: u32 = 8;

/// Why a message did not get through.
#[derive(Debug, thiserror::Error)]
pub(super) enum CourierFault {
    /// No line, or no answer on it.
    #[error("the gateway's MLLP port does not answer ({0}); check that it listens there")]
    Line(#[from] io::Error),
    /// An acknowledgement that asks for another try.
    #[error("the gateway asks to send the message again later ({0})")]
    NotNow(String),
    /// An acknowledgement that refuses it.
    #[error("the gateway refuses the message ({0}); its message log says why")]
    Refused(String),
}

/// Carries one message until it is acknowledged, for about half a minute at most.
///
/// # Errors
/// The last fault; a refusal at once.
pub(super) async fn carry(gateway: SocketAddr, message: &str) -> Result<(), CourierFault> {
    let mut pause = Pause::new();
    for _ in 1..TRIES {
        match carry_once(gateway, message).await {
            Err(CourierFault::Line(_) | CourierFault::NotNow(_)) => tokio::time::sleep(pause.grow()).await,
            done => return done,
        }
    }
    carry_once(gateway, message).await
}

async fn carry_once(gateway: SocketAddr, message: &str) -> Result<(), CourierFault> {
    let answered = tokio::time::timeout(ANSWER_MOST, converse(gateway, message));
    let answer = answered.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let code = acknowledgement(&answer);
    match code.as_str() {
        "AA" | "CA" => Ok(()),
        "AR" | "CR" => Err(CourierFault::Refused(code)),
        _ => Err(CourierFault::NotNow(code)),
    }
}

/// Sends one frame and reads one.
async fn converse(gateway: SocketAddr, message: &str) -> io::Result<Vec<u8>> {
    let mut line = BufReader::new(TcpStream::connect(gateway).await?);
    line.write_all(&[&[START], message.as_bytes(), &[END, RETURN]].concat()).await?;
    line.flush().await?;
    let mut answer = Vec::new();
    line.take(ANSWER_BYTES_MOST).read_until(END, &mut answer).await?;
    if answer.last() == Some(&END) { Ok(answer) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// MSA-1 of an acknowledgement; empty where there is none.
fn acknowledgement(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let msa = text.split('\r').find(|segment| segment.starts_with("MSA|"));
    msa.and_then(|segment| segment.split('|').nth(1)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::receiver::{Nack, Receiver};
    use crate::sandbox::rig::Rig;
    use jiff::civil::date;

    const MESSAGE: &str = "MSH|^~\\&|LIS|DEMO|||20261121||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1\r";

    async fn receiver() -> (Receiver, Rig) {
        let receiver = Receiver::new(|| date(2026, 11, 21).at(8, 0, 0, 0));
        let rig = Rig::start({
            let receiver = receiver.clone();
            |listener, shutdown| receiver.run(listener, shutdown)
        })
        .await;
        (receiver, rig)
    }

    #[tokio::test]
    async fn a_message_is_carried_once() {
        let (receiver, rig) = receiver().await;
        carry(rig.at, MESSAGE).await.unwrap();
        assert_eq!(receiver.received(), [MESSAGE.as_bytes()]);
    }

    #[tokio::test]
    async fn an_error_and_a_lost_answer_are_tried_again() {
        let (receiver, rig) = receiver().await;
        receiver.script().fail_next(1, &Nack::Error);
        receiver.script().lose_next(1);
        carry(rig.at, MESSAGE).await.unwrap();
        assert_eq!(receiver.received().len(), 2, "kept before the lost answer, and once more");
    }

    #[tokio::test]
    async fn a_refusal_is_final() {
        let (receiver, rig) = receiver().await;
        receiver.script().fail_next(1, &Nack::Reject);
        assert!(matches!(carry(rig.at, MESSAGE).await, Err(CourierFault::Refused(code)) if code == "AR"));
        assert!(receiver.received().is_empty());
    }

    #[test]
    fn an_answer_without_a_code_is_no_acknowledgement() {
        assert_eq!(acknowledgement(b"\x0bMSH|^~\\&\rMSA|AA|1\r\x1c"), "AA");
        assert_eq!(acknowledgement(b"\x0bMSH|^~\\&\r\x1c"), "");
        assert_eq!(acknowledgement(b""), "");
    }
}
