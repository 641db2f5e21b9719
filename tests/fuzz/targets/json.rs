//! What a device publishes: any payload on each of its topics. It is understood, or kept as it came with its
//! reason; it is acknowledged; the connection stays; memory follows the payload.
#![no_main]

use std::cell::RefCell;

use fuzz::{Devices, hello, publish, within};
use gateway::event::{Outcome, Verdict};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One device and its line, which no payload breaks.
struct Line {
    devices: Devices,
    socket: TcpStream,
    sent: u16,
}

impl Line {
    fn open() -> Self {
        let mut devices = Devices::open();
        let connected = devices.connect();
        let socket = devices.runtime.block_on(async {
            let mut socket = connected.await;
            socket.write_all(&hello(5, "m1")).await.expect("written");
            skip_packet(&mut socket).await;
            socket
        });
        Self { devices, socket, sent: 0 }
    }

    fn take(&mut self, topic: &str, payload: &[u8]) {
        let Self { devices: Devices { runtime, knocks, .. }, socket, sent } = self;
        *sent = *sent % 60_000 + 1;
        runtime.block_on(async {
            socket.write_all(&publish(*sent, topic, payload)).await.expect("the line stays");
            let knock = knocks.next().await.expect("a publication arrives");
            let raw = knock.arrival.raw.as_ref();
            if knock.arrival.events.is_empty() {
                let raw = raw.expect("what is not understood is kept");
                assert_eq!((raw.outcome, raw.bytes.as_slice()), (Outcome::Refused, payload));
                assert!(!raw.reason.is_empty(), "with its reason");
            } else if let Some(raw) = raw {
                assert_eq!((raw.outcome, raw.bytes.as_slice()), (Outcome::Accepted, payload));
            }
            knock.verdict.send(Verdict::Stored(Vec::new())).expect("awaited");
            assert_eq!(skip_packet(socket).await, 0x40, "it is acknowledged");
        });
    }
}

/// Reads one short packet and gives its first byte.
async fn skip_packet(socket: &mut TcpStream) -> u8 {
    let first = socket.read_u8().await.expect("the line stays");
    let mut length = 0_usize;
    for place in 0..4 {
        let digit = socket.read_u8().await.expect("the line stays");
        length |= usize::from(digit & 0x7f) << (7 * place);
        if digit & 0x80 == 0 {
            break;
        }
    }
    let mut rest = vec![0; length];
    socket.read_exact(&mut rest).await.expect("the line stays");
    first
}

thread_local! {
    static LINE: RefCell<Line> = RefCell::new(Line::open());
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, payload)) = input.split_first() else { return };
    let subject = ["readings", "readings", "alarm", "status"][usize::from(kind % 4)];
    let topic = format!("wardlight/v1/icu/07/monitor/{subject}");
    LINE.with_borrow_mut(|line| within(128 * payload.len() + 1024 * 1024, || line.take(&topic, payload)));
});
