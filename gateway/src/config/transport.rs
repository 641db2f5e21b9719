//! The parts of `gateway.toml` that say who is let in and whom we connect to: certificates, devices by their
//! identity, the outside broker's access, gateways that wait to be called.
//!
//! The files that they name are read here once, so that `wardlight check` finds every fault before anything
//! listens. No password stands in the configuration, and none is ever part of a fault's text.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use argon2::password_hash::phc::PasswordHash;
use serde::Deserialize;

use super::Faults;
use super::gateway::{GatewaySettings, Mqtt};
use crate::clock::Wall;
use crate::tls::{ClientFiles, FileFault, ServerFiles};

/// One device that may use the MQTT port, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceEntry {
    /// The bed whose topics are its own.
    pub bed: String,
    /// The device's name in those topics.
    pub device: String,
    /// The common name of its certificate.
    pub certificate: Option<String>,
    /// Its user name; the hash of its password is in `mqtt.passwords_file`.
    pub user: Option<String>,
}

/// A device, and by what it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// The bed whose topics are its own.
    pub bed: String,
    /// Its name in those topics.
    pub device: String,
    /// By what it is known.
    pub by: KnownBy,
}

/// By what a device is known.
#[derive(Clone, PartialEq, Eq)]
pub enum KnownBy {
    /// The common name of a certificate that the listener's `client_ca` issued.
    Certificate(String),
    /// A password.
    Password {
        /// The user name.
        user: String,
        /// The password's argon2id hash as a PHC string.
        hash: String,
    },
}

impl std::fmt::Debug for KnownBy {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Certificate(name) => out.debug_tuple("Certificate").field(name).finish(),
            Self::Password { user, .. } => out.debug_struct("Password").field("user", user).finish(),
        }
    }
}

/// A gateway of a manufacturer that waits for us to connect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dial {
    /// Its name in the hub.
    pub name: String,
    /// HOST:PORT.
    pub address: String,
    /// The files for TLS, where it speaks it.
    pub tls: Option<ClientFiles>,
    /// How long it may be away before that is an alert, in seconds.
    #[serde(default = "sixty")]
    pub expected_silence_s: u32,
}

const fn sixty() -> u32 {
    60
}

/// The devices that may use the MQTT port; what is wrong with an entry is noted, and the entry left out.
pub fn devices(mqtt: &Mqtt, faults: &mut Faults) -> Vec<KnownDevice> {
    let hashes = match &mqtt.passwords_file {
        Some(path) => passwords(path, faults),
        None => HashMap::new(),
    };
    let asks = mqtt.tls.as_ref().is_some_and(|files| files.client_ca.is_some());
    let mut seen = HashSet::new();
    let mut known = Vec::new();
    for (index, entry) in mqtt.device.iter().enumerate() {
        let by = match (&entry.certificate, &entry.user) {
            (Some(_), None) if !asks => {
                Err("a device is known by a certificate only with mqtt.tls.client_ca")
            }
            (Some(name), None) => Ok(KnownBy::Certificate(name.clone())),
            (None, Some(user)) => match hashes.get(user) {
                Some(hash) => Ok(KnownBy::Password { user: user.clone(), hash: hash.clone() }),
                None => Err("this user has no line in mqtt.passwords_file"),
            },
            _ => Err("needs either certificate or user"),
        };
        let fresh = seen.insert((entry.certificate.clone(), entry.user.clone()));
        match by {
            Ok(by) if fresh => {
                known.push(KnownDevice { bed: entry.bed.clone(), device: entry.device.clone(), by });
            }
            Ok(_) => faults.add(path(index), "another device is known by the same certificate or user"),
            Err(fault) => faults.add(path(index), fault),
        }
    }
    known
}

fn path(index: usize) -> String {
    format!("mqtt.device.{index}")
}

/// The lines `user:hash` of a file; blank ones and those that begin with `#` say nothing.
fn passwords(path: &Path, faults: &mut Faults) -> HashMap<String, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(fault) => {
            let text = format!("{}: {fault}; name a file that the gateway may read", path.display());
            faults.add("mqtt.passwords_file", text);
            return HashMap::new();
        }
    };
    let mut hashes = HashMap::new();
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(':') {
            Some((user, hash)) if is_argon2id(hash) && !hashes.contains_key(user) => {
                hashes.insert(user.to_owned(), hash.to_owned());
            }
            _ => {
                let text =
                    format!("{}, line {number}: write user:$argon2id$…, each user once", path.display());
                faults.add("mqtt.passwords_file", text);
            }
        }
    }
    hashes
}

fn is_argon2id(hash: &str) -> bool {
    hash.starts_with("$argon2id$") && PasswordHash::new(hash).is_ok()
}

/// What is wrong with everything of this page.
pub fn check(settings: &GatewaySettings, faults: &mut Faults) {
    for (key, files) in listeners(settings) {
        add_all(faults, &key, files.faults());
    }
    let _ = devices(&settings.mqtt, faults);
    broker(&settings.mqtt, faults);
    let mut names = HashSet::new();
    for (index, dial) in settings.mllp.dial.iter().enumerate() {
        let key = format!("mllp.dial.{index}");
        if dial.name.is_empty() || !names.insert(&dial.name) {
            faults.add(format!("{key}.name"), "each gateway that is dialled needs a name of its own");
        }
        if host_of(&dial.address).is_none() {
            faults.add(format!("{key}.address"), format!("{:?} is not HOST:PORT", dial.address));
        }
        if dial.expected_silence_s == 0 {
            faults.add(format!("{key}.expected_silence_s"), "needs at least one second");
        }
        add_all(
            faults,
            &format!("{key}.tls"),
            dial.tls.as_ref().map(ClientFiles::faults).unwrap_or_default(),
        );
    }
}

/// The certificates of our listeners that have ended. They are no reason not to start: a ward whose gateway
/// came up again is better off than one whose gateway waits for IT, so only `wardlight check` refuses them.
pub fn check_ages(settings: &GatewaySettings, now: Wall, faults: &mut Faults) {
    for (key, files) in listeners(settings) {
        add_all(faults, &key, files.expired(now).into_iter().collect());
    }
}

/// The host of HOST:PORT.
#[must_use]
pub fn host_of(address: &str) -> Option<&str> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty() && port.parse::<u16>().is_ok()).then_some(host)
}

/// User and password from the file that holds them as `user:password`.
///
/// # Errors
/// What is wrong with the file, in words that do not hold its content.
pub fn login(path: &Path) -> Result<(String, String), String> {
    let text = std::fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    let (user, password) =
        text.trim().split_once(':').ok_or_else(|| format!("{}: write user:password", path.display()))?;
    Ok((user.to_owned(), password.to_owned()))
}

fn broker(mqtt: &Mqtt, faults: &mut Faults) {
    let secured = mqtt.broker.as_ref().is_some_and(|url| url.starts_with("mqtts://"));
    match &mqtt.broker_tls {
        Some(files) => add_all(faults, "mqtt.broker_tls", files.faults()),
        None if secured => {
            faults.add("mqtt.broker_tls.ca", "mqtts:// needs the issuer of the broker's certificate");
        }
        None => {}
    }
    if let Some(fault) = mqtt.broker_password_file.as_deref().and_then(|path| login(path).err()) {
        faults.add("mqtt.broker_password_file", fault);
    }
}

fn listeners(settings: &GatewaySettings) -> Vec<(String, &ServerFiles)> {
    let all = [("http", &settings.http.tls), ("mllp", &settings.mllp.tls), ("mqtt", &settings.mqtt.tls)];
    let with_tls = all.into_iter().filter_map(|(name, files)| Some((name, files.as_ref()?)));
    with_tls.map(|(name, files)| (format!("{name}.tls"), files)).collect()
}

fn add_all(faults: &mut Faults, prefix: &str, found: Vec<FileFault>) {
    for fault in found {
        faults.add(format!("{prefix}.{}", fault.key), fault.text);
    }
}

#[cfg(test)]
mod tests;
