//! The device listener: accepts connections on one socket, within a bound, until the gateway stops.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::DevicePort;
use super::connection::{House, converse};
use super::outward;

/// The most connections at once.
const CONNECTIONS_MOST: usize = 1_000;

/// How much of what was published may wait for its verdict, over all connections, in KiB.
const BUDGET_KIB: usize = 16 * 1_024;

/// The pause after a connection could not be accepted: the machine is out of something, and needs a moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// After this many failures in a row the socket is given up.
const ACCEPT_FAILURES_MOST: u32 = 100;

/// How long open connections may take to end when the gateway stops.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Why the listener fell over.
#[derive(Debug, thiserror::Error)]
pub enum ListenerError {
    /// The socket accepts nothing any more.
    #[error("the MQTT port accepts no connections ({0}); check open-file limits and restart the gateway")]
    Accept(io::Error),
}

/// Serves devices on `listener` until `stop`.
///
/// # Errors
/// [`ListenerError::Accept`] when the socket has accepted nothing for a while.
pub async fn serve(
    listener: TcpListener,
    port: DevicePort,
    stop: CancellationToken,
) -> Result<(), ListenerError> {
    let (states, seen) = watch::channel(Arc::default());
    let (view, clock) = (port.view.clone(), port.clock.clone());
    let house = Arc::new(House {
        port,
        registry: Arc::default(),
        states: seen,
        budget: Arc::new(Semaphore::new(BUDGET_KIB)),
    });
    let mut connections = JoinSet::new();
    let ended = tokio::select! {
        ended = accept_all(&listener, &house, &mut connections, &stop) => ended,
        () = outward::render(view, &clock, states) => Ok(()),
    };
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_PATIENCE, all_ended).await.is_err() {
        connections.shutdown().await;
    }
    ended
}

async fn accept_all(
    listener: &TcpListener,
    house: &Arc<House>,
    connections: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> Result<(), ListenerError> {
    let mut failures = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                if let Err(fault) = ended {
                    tracing::error!(%fault, "a device's connection fell over; it may come back");
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    failures = 0;
                    admit(socket, house, connections, stop);
                }
                Err(fault) => {
                    failures += 1;
                    tracing::warn!(%fault, "a device's connection could not be accepted");
                    if failures >= ACCEPT_FAILURES_MOST {
                        return Err(ListenerError::Accept(fault));
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

/// Serves a new connection, unless there are too many.
fn admit(socket: TcpStream, house: &Arc<House>, connections: &mut JoinSet<()>, stop: &CancellationToken) {
    if connections.len() >= CONNECTIONS_MOST {
        tracing::warn!(most = CONNECTIONS_MOST, "too many devices are connected; a new one was turned away");
        return;
    }
    // Acknowledgements are small and urgent; a failure only makes them a little later.
    let _ = socket.set_nodelay(true);
    connections.spawn(converse(socket, Arc::clone(house), stop.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::event::Door;
    use crate::ingest::mqtt::testing::{V5, connect, view};
    use rules::Moment;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn stopping_says_goodbye_to_everybody_and_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (door, _knocks) = Door::new();
        let (_shown, view) = watch::channel(Arc::new(view(vec![], vec![])));
        let clock = Clock::starting_after(Moment(0));
        let port = DevicePort {
            ward: "icu".into(),
            door,
            clock,
            site: Arc::default(),
            view,
            counts: Arc::default(),
        };
        let (counts, stop) = (Arc::clone(&port.counts), CancellationToken::new());
        let device = async {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(&connect(V5, "m1")).await.unwrap();
            assert_eq!(socket.read_u8().await.unwrap(), 0x20);
            assert_eq!(counts.read().connections, 1);
            stop.cancel();
            let mut rest = Vec::new();
            socket.read_to_end(&mut rest).await.unwrap();
            assert!(rest.windows(8).any(|words| words == b"stopping"), "{rest:x?}");
        };
        let (served, ()) = tokio::join!(serve(listener, port, stop.clone()), device);
        served.unwrap();
        assert_eq!(counts.read().connections, 0);
    }
}
