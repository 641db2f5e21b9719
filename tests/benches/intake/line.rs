//! One MLLP connection that waits for each acknowledgement, and the laboratory's message that it carries.

use std::net::SocketAddr;

use anyhow::ensure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The end of a block.
const END: [u8; 2] = [0x1c, b'\r'];

/// One connection.
pub(crate) struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Line {
    pub(crate) async fn connect(to: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4_096) })
    }

    /// Sends a message and waits until it is accepted.
    pub(crate) async fn exchange(&mut self, message: &str) -> anyhow::Result<()> {
        self.stream.write_all(&[b"\x0b", message.as_bytes(), &END].concat()).await?;
        self.read.clear();
        while !self.read.ends_with(&END) {
            ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the line was closed");
        }
        let accepted = self.read.windows(6).any(|window| window == b"MSA|AA" || window == b"MSA|CA");
        ensure!(accepted, "not accepted: {}", String::from_utf8_lossy(&self.read));
        Ok(())
    }
}

/// A report of so many results, none of them critical, under a name of its own. With thirty it has 34
/// segments and 5 kB, as a monitor's or an analyser's page of values has.
pub(crate) fn report(control_id: &str, results: usize) -> String {
    let head = format!(
        "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|{control_id}|P|2.5.1\r\
         PID|1||MRN0042^^^HOSP^MR||TEST^PATIENT||19600101|M\r\
         PV1|1|I|ICU^BED-07^1^HOSP\r\
         OBR|1|ORD778^HIS|ACC1^LIS|24323-8^Panel^LN|||20260912093000+0530\r"
    );
    let result = |no: usize| {
        format!(
            "OBX|{no}|NM|{}-1^Analyte {no}^LN^A{no}^Analyte^L||{no}.5|mmol/L^millimole per liter^UCUM|\
             3.5-5.1|N|||F|||20260912093000+0530|LAB^Central laboratory^L|T0042^TECHNICIAN^ONE||\
             AU-5800^0042\r",
            90_000 + no
        )
    };
    (1..=results).fold(head, |text, no| text + &result(no))
}
