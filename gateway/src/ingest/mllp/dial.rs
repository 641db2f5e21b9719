//! Gateways that wait for us to connect (Nihon Kohden, Mindray): dialled until they answer, and then the very
//! same conversation as on a connection that came to us.
//!
//! A connection that was lost is dialled again with a growing pause, made uneven so that many do not come at
//! once. Nothing here raises an alert: whoever watches the line decides when its silence is one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::conversation::{Conversation, Terms};
use super::{Intake, Limits};
use crate::tls::Outward;
use crate::traffic::Line;

/// The first pause before a gateway is dialled again; it doubles up to [`PAUSE_MOST`].
const PAUSE_LEAST: Duration = Duration::from_millis(500);

/// The longest pause before a gateway is dialled again.
const PAUSE_MOST: Duration = Duration::from_secs(30);

/// How long a gateway may take to answer the call, its handshake included.
const ANSWER_MOST: Duration = Duration::from_secs(10);

/// How long a connection must last before the line counts as up: a port that hangs up at once is not a
/// gateway that was reached.
const SETTLED: Duration = Duration::from_secs(1);

/// A gateway to be dialled.
#[derive(Clone, Debug)]
pub struct Called {
    /// HOST:PORT.
    pub address: String,
    /// Its host, by which its certificate is checked.
    pub host: String,
    /// The TLS side, where it speaks it.
    pub tls: Option<Outward>,
    /// How long it may be silent. When nothing has come for twice as long it is dialled anew: TCP alone does
    /// not notice that the cable was pulled.
    pub silence: Duration,
}

/// Keeps the line to `to` until `shutdown`, and tells in `line` how it is.
pub async fn dial(to: Called, door: impl Intake, line: watch::Sender<Line>, shutdown: CancellationToken) {
    let limits = Limits { idle: to.silence.saturating_mul(2), ..Limits::default() };
    let terms = Terms::new(limits, shutdown.clone());
    let caller = Caller { to, terms, line };
    let mut pause = PAUSE_LEAST;
    while !shutdown.is_cancelled() {
        let call = async {
            let was_useful = caller.call(&door).await;
            pause = if was_useful { PAUSE_LEAST } else { (pause * 2).min(PAUSE_MOST) };
            tokio::time::sleep(uneven(pause)).await;
        };
        // A conversation ends itself at the stop, once what is being committed is answered.
        tokio::select! {
            () = call => {}
            () = shutdown_while_down(&caller.line, &shutdown) => return,
        }
    }
}

/// Ends at the stop, but not while a conversation goes on.
async fn shutdown_while_down(line: &watch::Sender<Line>, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    // It only fails when the sender is gone, which we hold.
    let _ = line.subscribe().wait_for(|line| !line.is_up()).await;
}

/// Between half of the pause and all of it.
fn uneven(pause: Duration) -> Duration {
    let part = getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX));
    pause.mul_f64(0.5 + part / 2.0)
}

struct Caller {
    to: Called,
    terms: Terms,
    line: watch::Sender<Line>,
}

impl Caller {
    /// One call, to its end. Says whether a whole message came in it.
    async fn call(&self, door: &impl Intake) -> bool {
        let answered = tokio::time::timeout(ANSWER_MOST, self.connect()).await;
        let (stream, peer) = match answered {
            Ok(Ok(connected)) => connected,
            Ok(Err(fault)) => return self.down(format!("it does not answer ({fault})")),
            Err(_) => return self.down("it does not answer within 10 s".to_owned()),
        };
        match &self.to.tls {
            None => self.converse(stream, peer, door).await,
            Some(tls) => match tokio::time::timeout(ANSWER_MOST, tls.connect(&self.to.host, stream)).await {
                Ok(Ok(secured)) => self.converse(secured, peer, door).await,
                Ok(Err(fault)) => {
                    self.down(format!("the TLS handshake failed ({fault}): check certificates"))
                }
                Err(_) => self.down("it does not finish the TLS handshake within 10 s".to_owned()),
            },
        }
    }

    async fn connect(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let stream = TcpStream::connect(&self.to.address).await?;
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?;
        Ok((stream, peer))
    }

    async fn converse<S>(&self, stream: S, peer: SocketAddr, door: &impl Intake) -> bool
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let conversation = Conversation::new(stream, peer, self.terms.clone()).run(door.clone());
        tokio::pin!(conversation);
        let was_useful = tokio::select! {
            was_useful = &mut conversation => was_useful,
            () = tokio::time::sleep(SETTLED) => {
                self.line.send_replace(Line::Up);
                conversation.await
            }
        };
        self.down("it ended the connection, or said nothing for too long".to_owned());
        was_useful
    }

    fn down(&self, why: String) -> bool {
        self.line.send_if_modified(|line| {
            let changed = *line != Line::Down(why.clone());
            if changed {
                tracing::warn!(
                    address = self.to.address,
                    why,
                    "MLLP: a gateway that is dialled is not connected"
                );
                *line = Line::Down(why);
            }
            changed
        });
        false
    }
}
