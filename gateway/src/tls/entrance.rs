//! A door of ours with TLS: what it shows, whom it lets in, and whom it turned away.
//!
//! A handshake has ten seconds, and whatever fails in it is counted and named. A certificate that was renewed
//! on disk is taken over without closing a connection.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificate::{self, FileFault, noted};
use super::spoken::{FIRST_BYTES, Speech, Wanted};
use crate::clock::Wall;

/// How long a handshake may take, the first byte included.
const HANDSHAKE_MOST: Duration = Duration::from_secs(10);

/// The files of one listener.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerFiles {
    /// The certificate and those above it, in PEM form.
    pub certificate: PathBuf,
    /// Its private key, in PEM form and without a passphrase.
    pub key: PathBuf,
    /// The issuers of clients' certificates. Where it is named, a client without one is turned away.
    pub client_ca: Option<PathBuf>,
}

/// What is shown now.
#[derive(Clone, Debug)]
struct Presented {
    config: Arc<ServerConfig>,
    expires: Option<Wall>,
}

/// The TLS side of one listener. Clones share it.
#[derive(Clone, Debug)]
pub struct Entrance {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    files: ServerFiles,
    presented: RwLock<Presented>,
    turned_away: AtomicU64,
    last: Mutex<Option<String>>,
}

/// A connection that did not get through its handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// Why, and what to do.
    pub why: String,
    /// Its first bytes; empty for one that said nothing, which is not worth a message.
    pub seen: Vec<u8>,
}

impl ServerFiles {
    /// Everything that is wrong with the files, their age left aside.
    #[must_use]
    pub fn faults(&self) -> Vec<FileFault> {
        self.read().err().unwrap_or_default()
    }

    /// Says so of a certificate that has ended.
    #[must_use]
    pub fn expired(&self, now: Wall) -> Option<FileFault> {
        let ended = self.read().ok()?.expires.filter(|end| *end <= now)?;
        let what = format!("the certificate ended at {}; renew it", ended.timestamp());
        Some(FileFault::new("certificate", &self.certificate, &what))
    }

    fn read(&self) -> Result<Presented, Vec<FileFault>> {
        let mut faults = Vec::new();
        let own = certificate::own(&self.certificate, &self.key).map_err(|more| faults.extend(more)).ok();
        let verifier = noted(&mut faults, self.verifier());
        let (Some(own), Some(verifier)) = (own, verifier) else { return Err(faults) };
        let expires = own.cert.first().and_then(certificate::expires);
        let config = config(own, verifier)
            .map_err(|fault| vec![FileFault::new("certificate", &self.certificate, &fault.to_string())])?;
        Ok(Presented { config: Arc::new(config), expires })
    }

    fn verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, FileFault> {
        let Some(path) = &self.client_ca else { return Ok(Arc::new(NoClientAuth)) };
        let issuers = certificate::issuers("client_ca", path)?;
        let built = WebPkiClientVerifier::builder_with_provider(issuers, ring::default_provider().into());
        let verifier = built.build();
        verifier
            .map(|verifier| verifier as Arc<dyn ClientCertVerifier>)
            .map_err(|fault| FileFault::new("client_ca", path, &format!("cannot be used: {fault}")))
    }
}

fn config(own: CertifiedKey, verifier: Arc<dyn ClientCertVerifier>) -> Result<ServerConfig, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(ring::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions()?.with_client_cert_verifier(verifier);
    Ok(builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(own))))
}

impl Entrance {
    /// Reads the files.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn open(files: ServerFiles) -> Result<Self, Vec<FileFault>> {
        let presented = RwLock::new(files.read()?);
        let inner = Inner { files, presented, turned_away: AtomicU64::new(0), last: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Reads the files again. Connections that are open stay as they are.
    ///
    /// # Errors
    /// Everything that is wrong with them; what was shown before is shown on.
    pub fn renew(&self) -> Result<(), Vec<FileFault>> {
        let fresh = self.inner.files.read()?;
        *self.inner.presented.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    fn presented(&self) -> Presented {
        self.inner.presented.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Until when the certificate that is shown may be used.
    #[must_use]
    pub fn expires(&self) -> Option<Wall> {
        self.presented().expires
    }

    /// Whether clients must show a certificate.
    #[must_use]
    pub fn asks_for_certificates(&self) -> bool {
        self.inner.files.client_ca.is_some()
    }

    /// How many connections did not get through since the start, and why the last one did not.
    #[must_use]
    pub fn turned_away(&self) -> (u64, Option<String>) {
        let last = self.inner.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.inner.turned_away.load(Ordering::Relaxed), last)
    }

    /// Goes through the handshake with a new connection.
    ///
    /// # Errors
    /// Why it is turned away.
    pub async fn admit(&self, socket: TcpStream) -> Result<TlsStream<TcpStream>, TurnedAway> {
        let mut first = [0; FIRST_BYTES];
        let mut seen = 0;
        let shaken = async {
            seen = socket.peek(&mut first).await?;
            TlsAcceptor::from(self.presented().config).accept(socket).await
        };
        let fault = match tokio::time::timeout(HANDSHAKE_MOST, shaken).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(fault)) => fault,
            Err(_) => io::Error::new(io::ErrorKind::TimedOut, "it took longer than 10 s"),
        };
        let seen = first.get(..seen).unwrap_or_default().to_vec();
        let turned = TurnedAway { why: why(&seen, &fault), seen };
        if !turned.seen.is_empty() {
            self.inner.turned_away.fetch_add(1, Ordering::Relaxed);
            *self.inner.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(turned.why.clone());
        }
        Err(turned)
    }
}

/// The common name of the certificate by which a client was let in; `None` where none was asked for.
#[must_use]
pub fn client_name(stream: &TlsStream<TcpStream>) -> Option<String> {
    certificate::subject(stream.get_ref().1.peer_certificates()?.first()?)
}

fn why(seen: &[u8], fault: &io::Error) -> String {
    let named = Speech::of(seen).and_then(|speech| speech.at_the_wrong_port(Wanted::Tls));
    named.map_or_else(
        || {
            format!(
                "the TLS handshake failed ({fault}): check certificates, issuers and the clock on both sides"
            )
        },
        str::to_owned,
    )
}

#[cfg(test)]
mod tests;
