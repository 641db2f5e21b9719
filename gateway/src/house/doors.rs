//! The doors of the house: the listeners, bound before anything is started, and each served once. Nothing
//! here knows what is spoken there.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::{Addresses, HouseFault};
use crate::config::gateway::GatewaySettings;
use crate::tasks::Tasks;

/// The doors of the house, bound before anything is started: a port that is taken is found at once.
pub(super) struct Doors {
    pub(super) http: (TcpListener, SocketAddr),
    pub(super) mllp: Option<(TcpListener, SocketAddr)>,
    pub(super) mqtt: Option<(TcpListener, SocketAddr)>,
}

impl Doors {
    pub(super) async fn bind(settings: &GatewaySettings) -> Result<Self, HouseFault> {
        // Checked at load: the board always has an address.
        let http = settings.http.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        Ok(Self {
            http: bind("http", http).await?,
            mllp: bind_if("mllp", settings.mllp.listen).await?,
            mqtt: bind_if("mqtt", settings.mqtt.listen).await?,
        })
    }

    pub(super) fn addresses(&self) -> Addresses {
        let address = |door: &Option<(TcpListener, SocketAddr)>| door.as_ref().map(|(_, address)| *address);
        Addresses { http: self.http.1, mllp: address(&self.mllp), mqtt: address(&self.mqtt) }
    }
}

pub(super) async fn bind(
    name: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), HouseFault> {
    let listen = |fault| HouseFault::Listen { name, address, fault };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?;
    Ok((listener, bound))
}

async fn bind_if(
    name: &'static str,
    address: Option<SocketAddr>,
) -> Result<Option<(TcpListener, SocketAddr)>, HouseFault> {
    match address {
        Some(address) => bind(name, address).await.map(Some),
        None => Ok(None),
    }
}

/// Serves a bound listener. A listener that fell over cannot be made anew on its port from here; the fault is
/// told, and the watch over the house raises the alarm.
pub(super) fn serve_once<F, E>(
    tasks: &Tasks,
    name: &'static str,
    listener: TcpListener,
    serve: impl FnOnce(TcpListener) -> F + Send + 'static,
) where
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    let mut once = Some((listener, serve));
    tasks.supervise(name, move || {
        let started = once.take().map(|(listener, serve)| serve(listener));
        async move {
            match started {
                Some(running) => running.await.map_err(|fault| fault.to_string()),
                None => Err("its listener is gone; restart the gateway".to_owned()),
            }
        }
    });
}
