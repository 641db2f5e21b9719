//! Who may come in and whom we call, made from the configuration: the TLS side of each listener, the devices
//! that are known, the way to the outside broker, and the gateways that wait for us.
//!
//! The files were checked when the configuration was read; they are read here once more, because they may
//! have changed since.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Faults;
use crate::config::gateway::{GatewaySettings, Mqtt};
use crate::config::transport::{self, Dial, KnownBy, host_of};
use crate::ingest::intake::Counts;
use crate::ingest::mllp::Called;
use crate::ingest::mqtt::identity::{Admission, Known, Proof};
use crate::ingest::mqtt::{self, broker};
use crate::journal::{Entry, Journal, Record};
use crate::tls::{ClientFiles, Entrance, FileFault, Outward, ServerFiles};
use crate::traffic::Line;

/// The TLS side of each listener; `None` speaks plaintext.
#[derive(Clone, Debug)]
pub(super) struct Entrances {
    /// The board's.
    pub(super) http: Option<Entrance>,
    /// HL7's.
    pub(super) mllp: Option<Entrance>,
    /// The devices'.
    pub(super) mqtt: Option<Entrance>,
}

impl Entrances {
    /// Opens them all.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub(super) fn open(settings: &GatewaySettings) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut entrance = |name, files: &Option<ServerFiles>| {
            let opened = files.clone().map(Entrance::open).transpose();
            opened.map_err(|found| note(&mut faults, name, found)).ok().flatten()
        };
        let opened = Self {
            http: entrance("http.tls", &settings.http.tls),
            mllp: entrance("mllp.tls", &settings.mllp.tls),
            mqtt: entrance("mqtt.tls", &settings.mqtt.tls),
        };
        if faults.0.is_empty() { Ok(opened) } else { Err(faults) }
    }

    /// Those that there are, by the name of their listener.
    pub(super) fn named(&self) -> Vec<(&'static str, Entrance)> {
        let all = [("http", &self.http), ("mllp", &self.mllp), ("mqtt", &self.mqtt)];
        all.into_iter().filter_map(|(name, entrance)| Some((name, entrance.clone()?))).collect()
    }
}

fn note(faults: &mut Faults, prefix: &str, found: Vec<FileFault>) {
    for fault in found {
        faults.add(format!("{prefix}.{}", fault.key), fault.text);
    }
}

/// Whom the listener for devices lets in.
///
/// # Errors
/// Everything that is wrong with the entries and their passwords' file.
pub(super) fn admission(mqtt: &Mqtt, address: SocketAddr) -> Result<Admission, Faults> {
    let mut faults = Faults::default();
    let known = transport::devices(mqtt, &mut faults);
    let known = known.into_iter().map(|known| {
        let by = match known.by {
            KnownBy::Certificate(name) => Proof::Certificate(name),
            KnownBy::Password { user, hash } => Proof::Password(user, hash),
        };
        Known { bed: known.bed, device: known.device, by }
    });
    let admission = Admission::new(address, known.collect());
    if faults.0.is_empty() { Ok(admission) } else { Err(faults) }
}

/// How the outside broker is reached; `None` where there is none.
///
/// # Errors
/// Everything that is wrong with its files.
pub(super) fn broker(mqtt: &Mqtt) -> Result<Option<broker::Access>, Faults> {
    let Some(url) = mqtt.broker.clone() else { return Ok(None) };
    let mut faults = Faults::default();
    let tls = outward(&mut faults, "mqtt.broker_tls", mqtt.broker_tls.as_ref());
    let login = match mqtt.broker_password_file.as_deref().map(transport::login).transpose() {
        Ok(login) => login,
        Err(fault) => {
            faults.add("mqtt.broker_password_file", fault);
            None
        }
    };
    if faults.0.is_empty() { Ok(Some(broker::Access { url, tls, login })) } else { Err(faults) }
}

fn outward(faults: &mut Faults, prefix: &str, files: Option<&ClientFiles>) -> Option<Outward> {
    let opened = files.map(Outward::open).transpose();
    opened.map_err(|found| note(faults, prefix, found)).ok().flatten()
}

/// A gateway that is dialled, as the hub shows it.
#[derive(Clone, Debug)]
pub(super) struct DialledEnd {
    /// Its name.
    pub(super) name: String,
    /// How it is called.
    pub(super) called: Called,
    /// What came of it.
    pub(super) counts: Arc<Counts>,
    /// How the line is.
    pub(super) line: watch::Receiver<Line>,
}

/// The hospital's own broker, as the house keeps it.
#[derive(Clone, Debug)]
pub(super) struct BrokerEnd {
    /// How it is reached.
    pub(super) access: broker::Access,
    /// What came of it.
    pub(super) counts: Arc<mqtt::Counts>,
    /// How the line is.
    pub(super) line: watch::Receiver<Line>,
}

/// The gateways that wait for us, by name.
///
/// # Errors
/// Everything that is wrong with their files.
pub(super) fn calls(dials: &[Dial]) -> Result<Vec<(String, Called)>, Faults> {
    let mut faults = Faults::default();
    let mut calls = Vec::new();
    for (index, dial) in dials.iter().enumerate() {
        let called = Called {
            address: dial.address.clone(),
            host: host_of(&dial.address).unwrap_or_default().to_owned(),
            tls: outward(&mut faults, &format!("mllp.dial.{index}.tls"), dial.tls.as_ref()),
            silence: Duration::from_secs(dial.expected_silence_s.into()),
        };
        calls.push((dial.name.clone(), called));
    }
    if faults.0.is_empty() { Ok(calls) } else { Err(faults) }
}

/// Writes into the audit which listeners others can reach without TLS, and why that was found right.
pub(super) fn audit_plaintext(settings: &GatewaySettings, journal: &Journal, clock: &Clock) {
    let records: Vec<Record> = settings
        .plaintext_beyond_loopback()
        .into_iter()
        .map(|(name, reason)| Record::Audit {
            wall: clock.wall(),
            actor: "gateway.toml".to_owned(),
            station: "gateway".to_owned(),
            what: format!("{name} listens beyond this machine without TLS"),
            reason,
        })
        .collect();
    if !records.is_empty() && journal.submit(Entry { records, then: None }).is_err() {
        tracing::error!("the store takes nothing in: plaintext listeners could not be audited");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Tag;
    use rules::Moment;

    #[tokio::test]
    async fn a_plaintext_listener_that_others_can_reach_is_audited_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::starting_after(Moment(0));
        let tag = Tag { rules: rules::VERSION, policy: [0; 32] };
        let journal = Journal::open(&folder.path().join("ward.db"), clock.wall(), &tag).unwrap().journal;
        let text = "http.listen = \"127.0.0.1:0\"\n\
                    [mqtt]\nlisten = \"0.0.0.0:0\"\nplaintext_reason = \"own VLAN\"\n";
        let mut faults = Faults::default();
        let settings = crate::config::gateway::read(text.parse().unwrap(), &mut faults);
        assert_eq!(faults.0, []);
        audit_plaintext(&settings, &journal, &clock);
        journal.flush().await.unwrap();
        let rows = journal.audit(None, 9).await.unwrap();
        let row = rows.iter().find(|row| row.what.contains("mqtt listens beyond")).unwrap();
        assert_eq!((row.reason.as_str(), rows.len()), ("own VLAN", 1));
    }
}
