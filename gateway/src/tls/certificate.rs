//! Certificates and keys as they lie in files: read, matched, and asked for their subject and their end.
//!
//! It trusts nothing: whether a chain is good is for rustls to say during a handshake.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::clock::Wall;

/// What is wrong with a file that the configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The last part of the key that names it: `certificate`, `key`, `client_ca`, `ca`.
    pub key: &'static str,
    /// What is wrong, with the file's path, and what to do.
    pub text: String,
}

impl FileFault {
    pub(super) fn new(key: &'static str, path: &Path, what: &str) -> Self {
        Self { key, text: format!("{}: {what}", path.display()) }
    }
}

/// Takes the value, or notes the fault and goes on to the next file.
pub(super) fn noted<T>(faults: &mut Vec<FileFault>, read: Result<T, FileFault>) -> Option<T> {
    read.map_err(|fault| faults.push(fault)).ok()
}

/// All certificates of a PEM file, at least one.
pub(super) fn chain(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, FileFault> {
    let text = std::fs::read(path).map_err(|fault| unreadable(key, path, &fault))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(FileFault::new(key, path, "holds no certificate; write one in PEM form")),
    }
}

/// A certificate chain with its private key.
pub(super) fn own(certificate: &Path, key: &Path) -> Result<CertifiedKey, Vec<FileFault>> {
    let mut faults = Vec::new();
    let chain = noted(&mut faults, chain("certificate", certificate));
    let private = noted(&mut faults, private_key(key));
    let (Some(chain), Some(private)) = (chain, private) else { return Err(faults) };
    CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|_| {
        let what = "is not the private key of the certificate; name the two that belong together";
        vec![FileFault::new("key", key, what)]
    })
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, FileFault> {
    let text = std::fs::read(path).map_err(|fault| unreadable("key", path, &fault))?;
    PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| FileFault::new("key", path, "holds no private key without a passphrase, in PEM form"))
}

/// The issuers that are trusted for the other side.
pub(super) fn issuers(key: &'static str, path: &Path) -> Result<Arc<RootCertStore>, FileFault> {
    let mut issuers = RootCertStore::empty();
    for certificate in chain(key, path)? {
        issuers
            .add(certificate)
            .map_err(|fault| FileFault::new(key, path, &format!("holds an unusable certificate: {fault}")))?;
    }
    Ok(Arc::new(issuers))
}

fn unreadable(key: &'static str, path: &Path, fault: &std::io::Error) -> FileFault {
    FileFault::new(key, path, &format!("{fault}; name a file that the gateway may read"))
}

/// Until when a certificate may be used; `None` where it does not say so readably.
pub(super) fn expires(certificate: &CertificateDer<'_>) -> Option<Wall> {
    let read = Certificate::from_der(certificate).ok()?;
    let end = read.tbs_certificate().validity().not_after.to_unix_duration();
    Some(Wall(i64::try_from(end.as_millis()).unwrap_or(i64::MAX)))
}

/// The subject's common name, by which a device is known; `None` where there is none.
pub(super) fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    let read = Certificate::from_der(certificate).ok()?;
    read.tbs_certificate().subject().common_name().ok()?.map(|name| name.value().into_owned())
}
