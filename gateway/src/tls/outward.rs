//! Our own connections to somebody else's TLS: whom we trust there, and what we show.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate::{self, FileFault, noted};

/// The files for one peer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFiles {
    /// The issuers that are trusted for the peer's certificate.
    pub ca: PathBuf,
    /// Our certificate, where the peer asks for one.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
}

/// How a peer is spoken to over TLS. Clones share it.
#[derive(Clone, Debug)]
pub struct Outward {
    config: Arc<ClientConfig>,
}

impl ClientFiles {
    /// Everything that is wrong with the files.
    #[must_use]
    pub fn faults(&self) -> Vec<FileFault> {
        Outward::open(self).err().unwrap_or_default()
    }
}

impl Outward {
    /// Reads the files.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn open(files: &ClientFiles) -> Result<Self, Vec<FileFault>> {
        let mut faults = Vec::new();
        let issuers = noted(&mut faults, certificate::issuers("ca", &files.ca));
        let own = match (&files.certificate, &files.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                certificate::own(certificate, key).map_err(|more| faults.extend(more)).ok()
            }
            (Some(path), None) | (None, Some(path)) => {
                faults.push(FileFault::new(
                    "certificate",
                    path,
                    "certificate and key go together; name both",
                ));
                None
            }
        };
        let Some(issuers) = issuers.filter(|_| faults.is_empty()) else { return Err(faults) };
        let builder = ClientConfig::builder_with_provider(ring::default_provider().into());
        let builder = builder
            .with_safe_default_protocol_versions()
            .map_err(|fault| vec![FileFault::new("ca", &files.ca, &fault.to_string())])?
            .with_root_certificates(issuers);
        let config = match own {
            Some(own) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))),
            None => builder.with_no_client_auth(),
        };
        Ok(Self { config: Arc::new(config) })
    }

    /// The same for a client that makes its handshakes itself.
    #[must_use]
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// Goes through the handshake on a new connection to `host`, whose certificate must be for that name.
    ///
    /// # Errors
    /// The name is none, or the handshake fails.
    pub async fn connect(&self, host: &str, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        TlsConnector::from(self.config()).connect(name, socket).await
    }
}
