//! The board's listener over TLS: handshakes go on beside each other, so that one slow browser keeps nobody
//! else from the board.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;

use crate::tls::Entrance;

/// How many handshakes may be under way. At it nobody further is accepted until one of them ends, which each
/// does within ten seconds.
const HANDSHAKES_MOST: usize = 256;

/// The pause after a connection could not be accepted: the machine is out of something, and needs a moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

type Connection = (TlsStream<TcpStream>, SocketAddr);

/// A listener behind an entrance.
pub(super) struct Secured {
    listener: TcpListener,
    entrance: Entrance,
    handshakes: JoinSet<Option<Connection>>,
}

impl Secured {
    pub(super) fn new(listener: TcpListener, entrance: Entrance) -> Self {
        Self { listener, entrance, handshakes: JoinSet::new() }
    }
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Connection {
        loop {
            let has_room = self.handshakes.len() < HANDSHAKES_MOST;
            tokio::select! {
                Some(shaken) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = shaken {
                        return connection;
                    }
                }
                accepted = self.listener.accept(), if has_room => match accepted {
                    Ok((socket, peer)) => {
                        self.handshakes.spawn(shake(self.entrance.clone(), socket, peer));
                    }
                    Err(fault) => {
                        tracing::warn!(%fault, "the board could not accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

async fn shake(entrance: Entrance, socket: TcpStream, peer: SocketAddr) -> Option<Connection> {
    // A beat of a few bytes must not wait in the kernel for company.
    let _ = socket.set_nodelay(true);
    match entrance.admit(socket).await {
        Ok(stream) => Some((stream, peer)),
        Err(turned) => {
            tracing::info!(%peer, why = turned.why, "a connection to the board was turned away");
            None
        }
    }
}
