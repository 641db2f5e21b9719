//! The device port: any bytes of one client, alone or after a good CONNECT, over a real socket. The
//! connection ends, everything that was published is stored or counted, and memory follows the bytes.
#![no_main]

use std::cell::RefCell;
use std::time::Duration;

use fuzz::{Devices, hello, within};
use gateway::event::Verdict;
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// How long a connection may take to end once its client has said its last byte.
const PATIENCE: Duration = Duration::from_secs(20);

thread_local! {
    static DEVICES: RefCell<Devices> = RefCell::new(Devices::open());
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, said)) = input.split_first() else { return };
    let before = match kind % 3 {
        0 => Vec::new(),
        1 => hello(4, "m1"),
        _ => hello(5, "m1"),
    };
    let stream = [&before, said].concat();
    DEVICES.with_borrow_mut(|devices| within(64 * stream.len() + 4 * 1024 * 1024, || take(devices, &stream)));
});

fn take(devices: &mut Devices, stream: &[u8]) {
    let connected = devices.connect();
    let Devices { runtime, knocks, counts, .. } = devices;
    let ended = runtime.block_on(async {
        let talk = async {
            let mut socket = connected.await;
            // The listener may have heard enough before the end.
            let _ = socket.write_all(stream).await;
            let _ = socket.shutdown().await;
            let mut answered = Vec::new();
            let _ = socket.read_to_end(&mut answered).await;
            while counts.read().connections > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::pin!(talk);
        let talking = async {
            loop {
                tokio::select! {
                    () = &mut talk => return,
                    Some(knock) = knocks.next() => {
                        let _ = knock.verdict.send(Verdict::Stored(Vec::new()));
                    }
                }
            }
        };
        timeout(PATIENCE, talking).await
    });
    assert!(ended.is_ok(), "the connection never ended");
    while let Some(knock) = knocks.at_hand() {
        drop(knock);
    }
}
