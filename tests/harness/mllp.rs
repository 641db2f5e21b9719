//! The other end of the ward's MLLP port: bytes as a peer sends them, right or wrong, and what is answered.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Ward;

/// The byte before a block.
const BLOCK: u8 = 0x0B;
/// The two bytes after it.
const END: [u8; 2] = [0x1C, b'\r'];

/// How long an answer may take on a busy machine.
const ANSWER_MOST: Duration = Duration::from_secs(30);

/// One connection.
#[derive(Debug)]
pub struct Mllp {
    stream: TcpStream,
}

impl Mllp {
    /// Connects to the ward.
    ///
    /// # Errors
    /// Nobody listens.
    pub async fn connect(ward: &Ward) -> anyhow::Result<Self> {
        Ok(Self { stream: TcpStream::connect(ward.address("mllp")?).await? })
    }

    /// Sends one message and waits for its acknowledgement.
    ///
    /// # Errors
    /// The connection is lost, or nothing is answered in time.
    pub async fn exchange(&mut self, message: &[u8]) -> anyhow::Result<String> {
        self.send(&[&[BLOCK], message, &END].concat()).await?;
        self.answer().await
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Says that nothing more will be sent; answers still come.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn finish(&mut self) -> anyhow::Result<()> {
        Ok(self.stream.shutdown().await?)
    }

    /// Begins a block and sends `length` bytes of it, as far as the other end takes them.
    pub async fn flood(&mut self, head: &[u8], length: usize) {
        let chunk = vec![b'x'; 64 * 1024];
        let flooding = async {
            self.stream.write_all(&[&[BLOCK], head].concat()).await?;
            for _ in 0..length.div_ceil(chunk.len()) {
                self.stream.write_all(&chunk).await?;
            }
            self.stream.write_all(&END).await
        };
        // The other end closes in the middle of it; what it answered is read afterwards.
        let _: std::io::Result<()> = flooding.await;
    }

    /// The next block that comes back, without its frame.
    ///
    /// # Errors
    /// The connection ends or nothing comes in time.
    pub async fn answer(&mut self) -> anyhow::Result<String> {
        let reading = async {
            let mut block = Vec::new();
            while !block.ends_with(&END) {
                block.push(self.stream.read_u8().await?);
            }
            Ok::<_, std::io::Error>(block)
        };
        let block = tokio::time::timeout(ANSWER_MOST, reading).await.context("no answer in time")??;
        ensure!(block.first() == Some(&BLOCK), "an answer without its frame: {block:?}");
        let inside = block.get(1..block.len() - END.len()).unwrap_or_default();
        Ok(String::from_utf8_lossy(inside).into_owned())
    }

    /// Whether the other end closes, after whatever else it still says.
    pub async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        tokio::time::timeout(ANSWER_MOST, self.stream.read_to_end(&mut rest)).await.is_ok()
    }
}
