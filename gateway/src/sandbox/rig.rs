//! What the tests of the ends share: a free port, a client, and a task that ends with the test. Only for
//! tests.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A free port of this machine, bound.
pub(super) async fn free_port() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An HTTP client. Plain HTTP is all the ends speak, yet the client wants a cryptography provider to be
/// there.
pub(super) fn web() -> reqwest::Client {
    // A second test finds it installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Runs one end until the rig is dropped.
pub(super) struct Rig {
    pub(super) at: SocketAddr,
    pub(super) shutdown: CancellationToken,
    pub(super) running: JoinSet<std::io::Result<()>>,
}

impl Rig {
    /// Starts what `run` makes of a listener and a token.
    pub(super) async fn start<F>(run: impl FnOnce(TcpListener, CancellationToken) -> F) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let (listener, at) = free_port().await;
        let shutdown = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(run(listener, shutdown.clone()));
        Self { at, shutdown, running }
    }

    /// Waits until the kernel takes connections to the port, or refuses them: the listener turns when its
    /// task does.
    pub(super) async fn until_port(&self, open: bool) {
        let turned = async {
            while TcpStream::connect(self.at).await.is_ok() != open {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), turned).await.unwrap();
    }
}
