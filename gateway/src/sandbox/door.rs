//! The way into a sandbox end: a listening port that can be shut as real ones are found shut, and lines that
//! can be cut before the answer. It never looks at what passes.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

/// Connections the kernel may hold for us before they are accepted.
const BACKLOG: u32 = 256;

/// How long to wait after the operating system refused an accept or a bind, before asking again.
const PAUSE_AFTER_FAULT: Duration = Duration::from_millis(50);

/// How an end is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Nobody listens: a connection is refused, an open one is cut at its next request.
    Refused,
    /// Connections and requests are taken and never answered.
    Silent,
    /// HTTP 503, or a temporary failure in HL7.
    Busy,
}

/// The handle of the door. Clones move the same door.
#[derive(Debug, Clone)]
pub struct Door {
    outage: watch::Sender<Option<Outage>>,
}

impl Default for Door {
    fn default() -> Self {
        Self { outage: watch::Sender::new(None) }
    }
}

impl Door {
    /// Shuts the door until [`Door::up`].
    pub fn down(&self, outage: Outage) {
        self.outage.send_replace(Some(outage));
    }

    /// Opens the door again.
    pub fn up(&self) {
        self.outage.send_replace(None);
    }

    /// How the end is away just now, if it is.
    #[must_use]
    pub fn outage(&self) -> Option<Outage> {
        *self.outage.borrow()
    }

    /// Waits until the door is no longer shut in this way.
    pub async fn leaves(&self, outage: Outage) {
        // The sender lives in `self`, so the wait cannot end for want of one.
        let _ = self.outage.subscribe().wait_for(|now| *now != Some(outage)).await;
    }
}

/// Who has the port: we listen on it, or we hold it without listening so that connections are refused and
/// nobody else gets it.
enum Port {
    Listening(TcpListener),
    Held(TcpSocket),
    Lost,
}

/// A listener behind a [`Door`].
pub(super) struct DoorListener {
    door: Door,
    address: SocketAddr,
    port: Port,
}

impl DoorListener {
    /// Puts `door` before `listener`.
    pub(super) fn new(listener: TcpListener, door: Door) -> io::Result<Self> {
        Ok(Self { address: listener.local_addr()?, door, port: Port::Listening(listener) })
    }

    /// Brings the port to what the door says.
    fn settle(&mut self) -> io::Result<()> {
        let refused = self.door.outage() == Some(Outage::Refused);
        self.port = match (std::mem::replace(&mut self.port, Port::Lost), refused) {
            (Port::Listening(listener), true) => {
                // Linux binds beside a listening socket only once that one is closed.
                drop(listener);
                Port::Held(hold(self.address)?)
            }
            (Port::Lost, true) => Port::Held(hold(self.address)?),
            (Port::Held(socket), false) => Port::Listening(socket.listen(BACKLOG)?),
            (Port::Lost, false) => Port::Listening(hold(self.address)?.listen(BACKLOG)?),
            (settled, _) => settled,
        };
        Ok(())
    }

    /// One attempt: a connection, or `None` when the door moved and the port has to be settled again.
    async fn try_accept(&mut self) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        let mut moves = self.door.outage.subscribe();
        self.settle()?;
        let Port::Listening(listener) = &self.port else {
            let _ = moves.changed().await;
            return Ok(None);
        };
        tokio::select! {
            _ = moves.changed() => Ok(None),
            accepted = listener.accept() => accepted.map(Some),
        }
    }
}

impl Listener for DoorListener {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            match self.try_accept().await {
                Ok(Some((stream, from))) => return (Line { stream, cut: Cut::default() }, from),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, address = %self.address, "sandbox port lost; trying again");
                    tokio::time::sleep(PAUSE_AFTER_FAULT).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

fn hold(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of before may still linger on the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// The scissors of one line: after [`Cut::now`] nothing more is written and the connection closes.
#[derive(Debug, Clone, Default)]
pub(super) struct Cut(Arc<AtomicBool>);

impl Cut {
    /// Cuts the line.
    pub(super) fn now(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Connected<IncomingStream<'_, DoorListener>> for Cut {
    fn connect_info(stream: IncomingStream<'_, DoorListener>) -> Self {
        stream.io().cut.clone()
    }
}

/// A connection that can be cut from beside.
pub(super) struct Line {
    stream: TcpStream,
    cut: Cut,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Err(error) = self.cut.check() {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
