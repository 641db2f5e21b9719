//! An issuer of certificates of a test's own: for servers on this machine, for devices by their name, good or
//! ended. Nothing of it outlives its folder.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

/// What can go wrong in making a certificate.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// An issuer, and the folder where it leaves what it makes.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    name: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as files.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Authority {
    /// A new issuer; its own certificate is `NAME.ca.pem` in `folder`.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn new(folder: &Path, name: &str) -> Result<Self, Fault> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let made =
            Self { folder: folder.to_owned(), name: name.to_owned(), issuer: Issuer::new(params, key) };
        std::fs::write(made.ca(), certificate.pem())?;
        Ok(made)
    }

    /// The issuer's own certificate.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.folder.join(format!("{}.ca.pem", self.name))
    }

    /// A certificate for a server on this machine.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn server(&self) -> Result<Pair, Fault> {
        self.issue("server", true, 4096)
    }

    /// A certificate for a server on this machine that ends with the year `ends`.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn server_until(&self, ends: i32) -> Result<Pair, Fault> {
        self.issue(&format!("server-{ends}"), true, ends)
    }

    /// A client's certificate with this common name.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn client(&self, name: &str) -> Result<Pair, Fault> {
        self.issue(name, false, 4096)
    }

    fn issue(&self, name: &str, server: bool, ends: i32) -> Result<Pair, Fault> {
        let names = if server { vec!["localhost".to_owned(), "127.0.0.1".to_owned()] } else { Vec::new() };
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, name);
        let usage =
            if server { ExtendedKeyUsagePurpose::ServerAuth } else { ExtendedKeyUsagePurpose::ClientAuth };
        params.extended_key_usages = vec![usage];
        params.not_after = date_time_ymd(ends, 12, 31);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let file = |end: &str| self.folder.join(format!("{}.{name}.{end}.pem", self.name));
        let pair = Pair { certificate: file("cert"), key: file("key") };
        std::fs::write(&pair.certificate, certificate.pem())?;
        std::fs::write(&pair.key, key.serialize_pem())?;
        Ok(pair)
    }
}
