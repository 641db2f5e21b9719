//! Large frames are read aside: on one thread with all others of their listener they would hold them up for
//! as long as it takes to read a report with pictures. It changes no answer and no order.

use std::net::SocketAddr;

use tokio::runtime::Handle;

use super::{Frame, Intake};
use crate::tls::TurnedAway;

/// Above this many bytes a frame is read aside. One of 113 KiB was answered within 3 ms, its commit included,
/// and a laboratory's and a monitor's messages are far smaller.
const LARGE_BYTES: usize = 128 * 1024;

/// An intake whose large frames are read by the threads of another runtime.
#[derive(Clone, Debug)]
pub struct LargeAside<I> {
    intake: I,
    aside: Handle,
}

impl<I: Intake> LargeAside<I> {
    /// Large frames are read on the runtime that `aside` belongs to.
    #[must_use]
    pub const fn on(aside: Handle, intake: I) -> Self {
        Self { intake, aside }
    }
}

impl<I: Intake> Intake for LargeAside<I> {
    async fn take(&self, peer: SocketAddr, frame: Frame) -> Vec<Vec<u8>> {
        if frame.bytes() <= LARGE_BYTES {
            return self.intake.take(peer, frame).await;
        }
        let intake = self.intake.clone();
        let read = self.aside.spawn(async move { intake.take(peer, frame).await }).await;
        read.unwrap_or_else(|fault| {
            tracing::error!(%fault, "MLLP: a large message was not read; its sender will send it again");
            Vec::new()
        })
    }

    async fn turn_away(&self, peer: SocketAddr, turned: TurnedAway) {
        self.intake.turn_away(peer, turned).await;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::thread;

    use bytes::Bytes;
    use tokio::runtime::Builder;

    use super::*;

    /// Answers with the name of the thread that reads; falls over where it is told to.
    #[derive(Clone)]
    struct Reader;

    impl Intake for Reader {
        async fn take(&self, _: SocketAddr, frame: Frame) -> Vec<Vec<u8>> {
            assert!(!matches!(&frame, Frame::Message(bytes) if bytes.starts_with(b"!")), "on purpose");
            vec![thread::current().name().unwrap_or_default().as_bytes().to_vec()]
        }

        async fn turn_away(&self, _: SocketAddr, _: TurnedAway) {}
    }

    #[tokio::test]
    async fn only_a_large_frame_is_read_aside_and_one_that_cannot_be_read_is_not_answered() {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("aside").build().unwrap();
        let intake = LargeAside::on(runtime.handle().clone(), Reader);
        let read = async |first: u8, length: usize| {
            let mut bytes = vec![b'x'; length];
            bytes[0] = first;
            let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
            intake.take(peer, Frame::Message(Bytes::from(bytes))).await
        };
        let here = thread::current().name().unwrap_or_default().as_bytes().to_vec();
        assert_eq!(read(b'M', LARGE_BYTES).await, [here]);
        assert_eq!(read(b'M', LARGE_BYTES + 1).await, [b"aside"]);
        assert!(read(b'!', LARGE_BYTES + 1).await.is_empty());
        runtime.shutdown_background();
    }
}
