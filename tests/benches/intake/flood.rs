//! What the others notice while a thousand connections say nothing, a peer sends a message of 15 MB, and
//! another floods: their acknowledgements before and meanwhile, in the same run, and the gateway's memory.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use anyhow::ensure;
use harness::figures::note;
use harness::{Plan, dose};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use crate::line::{Line, report};
use crate::pace::acknowledged_ms;
use crate::{beds, percentile};

/// The others: lines, and what each sends in a second.
const LINES: u32 = 4;
const A_SECOND: u32 = 25;

/// Connections that say nothing.
const SILENT: usize = 980;

pub(crate) async fn run() -> anyhow::Result<()> {
    let seconds = u32::try_from(dose().of(10, 30))?;
    let ward = Plan::default().run().await?;
    let to = ward.address("mllp")?;
    let mut before = acknowledged_ms(to, LINES, A_SECOND, seconds, "BEFORE").await?;
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(TcpStream::connect(to).await?);
    }
    let calm = CancellationToken::new();
    let storm = storm(to, calm.clone());
    let mut meanwhile = acknowledged_ms(to, LINES, A_SECOND, seconds, "FLOOD").await?;
    ensure!(!storm.is_finished(), "the flood lasted until the end");
    calm.cancel();
    drop(silent);
    let (before, meanwhile) = (percentile(&mut before, 99), percentile(&mut meanwhile, 99));
    note("acknowledged to the others before the flood, p99", before, "ms")?;
    note("acknowledged to the others in the flood, p99", meanwhile, "ms")?;
    note("acknowledged to the others, p99, flood to before", meanwhile / before, "")?;
    note("most memory in the flood", beds::mega(ward.peak_resident_bytes()?), "MB")
}

/// The storm has a thread of its own: what it costs to make is not to be taken for what it does to the
/// others.
fn storm(to: SocketAddr, calm: CancellationToken) -> JoinHandle<anyhow::Result<()>> {
    std::thread::spawn(move || {
        Builder::new_current_thread().enable_all().build()?.block_on(async {
            tokio::select! {
                () = calm.cancelled() => Ok(()),
                ended = flood(to) => ended,
                ended = large(to) => ended,
            }
        })
    })
}

/// Sends as fast as the line takes it, and reads what is answered.
async fn flood(to: SocketAddr) -> anyhow::Result<()> {
    let (mut read, mut write) = TcpStream::connect(to).await?.into_split();
    let sending = async {
        for number in 0_u64.. {
            let block = ["\x0b", &report(&format!("F{number}"), 6), "\x1c\r"].concat();
            write.write_all(block.as_bytes()).await?;
        }
        anyhow::Ok(())
    };
    let reading = async {
        let mut answers = vec![0; 64 * 1024];
        while read.read(&mut answers).await? > 0 {}
        anyhow::Ok(())
    };
    tokio::try_join!(sending, reading).map(drop)
}

/// One message of 15 MB.
async fn large(to: SocketAddr) -> anyhow::Result<()> {
    let message = format!("{}NTE|1||{}\r", report("LARGE", 1), "x".repeat(15_000_000));
    Line::connect(to).await?.exchange(&message).await?;
    std::future::pending().await
}
