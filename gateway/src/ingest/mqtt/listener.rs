//! The device listener: accepts connections on one socket, within a bound, until the gateway stops.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::DevicePort;
use super::connection::{House, broken, converse};
use super::identity::Admission;
use super::outward;
use super::strangers::{self, Strangers};
use crate::tls::{self, Entrance};

/// The most connections at once. At it a newcomer is turned away: whoever has a place has said CONNECT within
/// ten seconds or leaves it, and keeps it by its keep-alive.
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

/// Who may come in, and how.
#[derive(Debug)]
pub struct Gate {
    /// The TLS side; `None` speaks plaintext.
    pub entrance: Option<Entrance>,
    /// Whom the port lets in.
    pub admission: Admission,
}

/// Serves devices on `listener` until `stop`.
///
/// # Errors
/// [`ListenerError::Accept`] when the socket has accepted nothing for a while.
pub async fn serve(
    listener: TcpListener,
    gate: Gate,
    port: DevicePort,
    stop: CancellationToken,
) -> Result<(), ListenerError> {
    let (states, seen) = watch::channel(Arc::default());
    let (view, clock) = (port.view.clone(), port.clock.clone());
    let (strangers, told) = Strangers::new();
    let door = port.door.clone();
    let house = Arc::new(House {
        port,
        admission: gate.admission,
        strangers,
        registry: Arc::default(),
        states: seen,
        budget: Arc::new(Semaphore::new(BUDGET_KIB)),
    });
    let mut connections = JoinSet::new();
    let doorway = Doorway { house, entrance: gate.entrance, stop, most: CONNECTIONS_MOST };
    let ended = tokio::select! {
        ended = doorway.accept_all(&listener, &mut connections) => ended,
        () = strangers::watch(told, &door) => Ok(()),
        () = outward::render(view, &clock, states) => Ok(()),
    };
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_PATIENCE, all_ended).await.is_err() {
        connections.shutdown().await;
    }
    ended
}

/// Where connections come in.
struct Doorway {
    house: Arc<House>,
    entrance: Option<Entrance>,
    stop: CancellationToken,
    /// The most connections at once.
    most: usize,
}

impl Doorway {
    async fn accept_all(
        &self,
        listener: &TcpListener,
        connections: &mut JoinSet<()>,
    ) -> Result<(), ListenerError> {
        let mut failures = 0;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                Some(ended) = connections.join_next(), if !connections.is_empty() => {
                    if let Err(fault) = ended {
                        tracing::error!(%fault, "a device's connection fell over; it may come back");
                    }
                }
                accepted = listener.accept() => match accepted {
                    Ok((socket, _)) => {
                        failures = 0;
                        self.admit(socket, connections);
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
    fn admit(&self, socket: TcpStream, connections: &mut JoinSet<()>) {
        if connections.len() >= self.most {
            tracing::warn!(most = self.most, "too many devices are connected; a new one was turned away");
            return;
        }
        // Acknowledgements are small and urgent; a failure only makes them a little later.
        let _ = socket.set_nodelay(true);
        let (house, stop) = (Arc::clone(&self.house), self.stop.clone());
        match self.entrance.clone() {
            Some(entrance) => drop(connections.spawn(converse_securely(socket, entrance, house, stop))),
            None => drop(connections.spawn(converse(socket, None, house, stop))),
        }
    }
}

/// Serves a connection after its handshake; one that fails is kept and counted like any other that did not
/// speak the protocol.
async fn converse_securely(
    socket: TcpStream,
    entrance: Entrance,
    house: Arc<House>,
    stop: CancellationToken,
) {
    match entrance.admit(socket).await {
        Ok(secured) => {
            let certificate = tls::client_name(&secured);
            converse(secured, certificate, house, stop).await;
        }
        Err(turned) if turned.seen.is_empty() => {}
        Err(turned) => broken(&house, "", turned.why, &turned.seen).await,
    }
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
        let gate = Gate { entrance: None, admission: Admission::Anybody };
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
        let (served, ()) = tokio::join!(serve(listener, gate, port, stop.clone()), device);
        served.unwrap();
        assert_eq!(counts.read().connections, 0);
    }

    #[tokio::test]
    async fn at_the_bound_a_newcomer_is_turned_away_and_the_others_stay() {
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
        let (strangers, _told) = Strangers::new();
        let (_states, states) = watch::channel(Arc::default());
        let house = Arc::new(House {
            port,
            admission: Admission::Anybody,
            strangers,
            registry: Arc::default(),
            states,
            budget: Arc::new(Semaphore::new(1)),
        });
        let doorway = Doorway { house, entrance: None, stop: CancellationToken::new(), most: 1 };
        let mut connections = JoinSet::new();
        let devices = async {
            let mut first = TcpStream::connect(address).await.unwrap();
            first.write_all(&connect(V5, "m1")).await.unwrap();
            assert_eq!(first.read_u8().await.unwrap(), 0x20);
            let mut second = TcpStream::connect(address).await.unwrap();
            assert_eq!(second.read(&mut [0; 1]).await.unwrap(), 0, "there is no place");
            first.write_all(&[0xc0, 0]).await.unwrap();
            let mut heard = [0; 64];
            while !heard.contains(&0xd0) {
                assert!(first.read(&mut heard).await.unwrap() > 0, "it is still served");
            }
        };
        tokio::select! {
            ended = doorway.accept_all(&listener, &mut connections) => ended.unwrap(),
            () = devices => {}
        }
    }
}
