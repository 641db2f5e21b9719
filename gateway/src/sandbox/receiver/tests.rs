//! The receiver from outside, over a socket.

use jiff::civil::date;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Nack, Receiver};
use crate::sandbox::door::Outage;
use crate::sandbox::rig::Rig;

async fn receiver() -> (Receiver, Rig) {
    let receiver = Receiver::new(|| date(2026, 11, 21).at(11, 2, 0, 0));
    let rig = Rig::start({
        let receiver = receiver.clone();
        |listener, shutdown| receiver.run(listener, shutdown)
    })
    .await;
    (receiver, rig)
}

fn message(id: &str) -> String {
    format!("MSH|^~\\&|W|I|H|H|20261121||ORU^R01|{id}|P|2.6\rPID|1\r")
}

async fn send(line: &mut TcpStream, id: &str) {
    line.write_all(format!("\x0b{}\x1c\r", message(id)).as_bytes()).await.unwrap();
}

/// The second segment of the next answer; `None` when the line ends.
async fn msa(line: &mut TcpStream) -> Option<String> {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\x1c\r") {
        answer.push(line.read_u8().await.ok()?);
    }
    let text = String::from_utf8(answer).unwrap();
    assert!(text.starts_with("\x0bMSH|"), "{text:?}");
    text.split('\r').nth(1).map(str::to_owned)
}

#[tokio::test]
async fn pipelined_messages_are_kept_and_answered_in_order() {
    let (receiver, rig) = receiver().await;
    let mut line = TcpStream::connect(rig.at).await.unwrap();
    line.write_all(b"noise between frames").await.unwrap();
    send(&mut line, "1").await;
    send(&mut line, "2").await;
    assert_eq!(msa(&mut line).await.as_deref(), Some("MSA|AA|1"));
    assert_eq!(msa(&mut line).await.as_deref(), Some("MSA|AA|2"));
    assert_eq!(receiver.received(), [message("1").into_bytes(), message("2").into_bytes()]);
}

#[tokio::test]
async fn a_frame_in_pieces_with_a_lone_end_byte_is_one_message() {
    let (receiver, rig) = receiver().await;
    let mut line = TcpStream::connect(rig.at).await.unwrap();
    for piece in [b"\x0bMSH|^~\\&|||||||ORU^R01|9".as_slice(), b"|P|2.6\rNTE|1||a\x1cb\r\x1c", b"\r"] {
        line.write_all(piece).await.unwrap();
        line.flush().await.unwrap();
    }
    assert_eq!(msa(&mut line).await.as_deref(), Some("MSA|AA|9"));
    assert!(receiver.received()[0].ends_with(b"a\x1cb\r"));
}

#[tokio::test]
async fn planned_refusals_keep_nothing_and_a_lost_answer_keeps_the_message() {
    let (receiver, rig) = receiver().await;
    receiver.script().fail_next(1, &Nack::Error);
    receiver.script().fail_next(1, &Nack::Reject);
    receiver.script().lose_next(1);
    let mut line = TcpStream::connect(rig.at).await.unwrap();
    for (id, expected) in [("1", Some("MSA|AE|1")), ("2", Some("MSA|AR|2")), ("3", None)] {
        send(&mut line, id).await;
        assert_eq!(msa(&mut line).await.as_deref(), expected);
    }
    assert_eq!(receiver.received(), [message("3").into_bytes()], "kept before the line was cut");
}

#[tokio::test]
async fn no_header_is_rejected_and_a_busy_receiver_asks_to_come_again() {
    let (receiver, rig) = receiver().await;
    let mut line = TcpStream::connect(rig.at).await.unwrap();
    line.write_all(b"\x0bPID|1\r\x1c\r").await.unwrap();
    assert_eq!(msa(&mut line).await.as_deref(), Some("MSA|AR|"));
    receiver.door().down(Outage::Busy);
    send(&mut line, "1").await;
    assert_eq!(msa(&mut line).await.as_deref(), Some("MSA|AE|1"));
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_down_refuses_and_comes_back_on_its_port() {
    let (receiver, mut rig) = receiver().await;
    let mut before = TcpStream::connect(rig.at).await.unwrap();
    send(&mut before, "0").await;
    assert_eq!(msa(&mut before).await.as_deref(), Some("MSA|AA|0"));
    receiver.door().down(Outage::Refused);
    rig.until_port(false).await;
    send(&mut before, "1").await;
    assert_eq!(msa(&mut before).await, None);
    receiver.door().up();
    rig.until_port(true).await;
    let mut after = TcpStream::connect(rig.at).await.unwrap();
    send(&mut after, "1").await;
    assert_eq!(msa(&mut after).await.as_deref(), Some("MSA|AA|1"));
    assert_eq!(receiver.received().len(), 2);
    rig.shutdown.cancel();
    rig.running.join_next().await.unwrap().unwrap().unwrap();
}
