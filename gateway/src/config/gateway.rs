//! `gateway.toml`: ports, files, destinations. What IT decides.

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Table;

use super::Faults;
use super::destinations::{self, Delivery};
use super::peers::{self, MllpPeer, OwnProfiles};
use super::screens::{self, Http};
use super::transport::{self, DeviceEntry, Dial};
use crate::tls::{ClientFiles, ServerFiles};

/// The HL7 side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mllp {
    /// The listener's address.
    pub listen: Option<SocketAddr>,
    /// Why it may speak without TLS beyond loopback.
    #[serde(default)]
    pub plaintext_reason: String,
    /// Its files for TLS; without them it speaks plaintext.
    pub tls: Option<ServerFiles>,
    /// The gateways that wait for us to connect.
    #[serde(default)]
    pub dial: Vec<Dial>,
}

/// The MQTT side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mqtt {
    /// The device listener's address.
    pub listen: Option<SocketAddr>,
    /// Why it may speak without TLS beyond loopback.
    #[serde(default)]
    pub plaintext_reason: String,
    /// The listener's files for TLS; without them it speaks plaintext.
    pub tls: Option<ServerFiles>,
    /// The devices that may use it. With none, and on loopback alone, any may.
    #[serde(default)]
    pub device: Vec<DeviceEntry>,
    /// The file with a line `user:hash` for each device that is known by a password.
    pub passwords_file: Option<PathBuf>,
    /// An outside broker, `mqtt://host:port` or `mqtts://host:port`, whose client this gateway is.
    pub broker: Option<String>,
    /// The files for `mqtts://`.
    pub broker_tls: Option<ClientFiles>,
    /// The file that holds `user:password` for the broker.
    pub broker_password_file: Option<PathBuf>,
}

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// The SQLite file.
    pub path: PathBuf,
    /// How much it may hold, in units of 10⁹ bytes; the default is for 30 beds.
    #[serde(default = "bound_gb")]
    pub bound_gb: u32,
}

/// What 30 beds need for 90 days, with room.
const fn bound_gb() -> u32 {
    20
}

impl Default for Store {
    fn default() -> Self {
        Self { path: PathBuf::from("/var/lib/wardlight/wardlight.db"), bound_gb: bound_gb() }
    }
}

/// The sound device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audio {
    /// `default`, `none`, or a device by its host: `alsa:plughw:CARD=PCH,DEV=0`, `pulse:SINK`.
    #[serde(default = "default_device")]
    pub device: String,
    /// The annunciators on workstations that must be heard from after every start.
    #[serde(default)]
    pub workstations: Vec<String>,
}

fn default_device() -> String {
    "default".to_owned()
}

impl Default for Audio {
    fn default() -> Self {
        Self { device: default_device(), workstations: Vec::new() }
    }
}

/// How logs look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// Lines for machines.
    Json,
}

/// Logging.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
}

/// ADT.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adt {
    /// Which assigning authority's repetition of PID-3 (in FHIR: which system or assigner) is the UHID; empty
    /// takes the first.
    pub uhid_authority: String,
}

/// The watch over this gateway from outside.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    /// What is asked each minute while all is well, of a watch that alarms when nobody asks. It may hold the
    /// secret by which that watch knows us, and is never shown.
    pub heartbeat_url: Option<String>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Board and API.
    pub http: Http,
    /// HL7 over MLLP.
    pub mllp: Mllp,
    /// Devices.
    pub mqtt: Mqtt,
    /// The store.
    pub store: Store,
    /// The sound device.
    pub audio: Audio,
    /// Logging.
    pub log: Log,
    /// ADT.
    pub adt: Adt,
    /// Destinations.
    pub delivery: Delivery,
    /// The watch over this gateway from outside.
    pub watch: Watch,
    /// The zone of times that come without one; empty takes the machine's.
    pub time_zone: String,
    /// Single senders of HL7.
    pub peers: Vec<MllpPeer>,
    /// The hospital's own device profiles.
    pub profiles: OwnProfiles,
}

impl GatewaySettings {
    /// The zone of times that come without one.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        match self.time_zone.as_str() {
            "" => TimeZone::system(),
            // Checked at load.
            named => TimeZone::get(named).unwrap_or(TimeZone::UTC),
        }
    }
}

/// Reads the whole file.
#[must_use]
pub fn read(mut table: Table, faults: &mut Faults) -> GatewaySettings {
    let settings = GatewaySettings {
        peers: peers::peers(&mut table, faults),
        profiles: faults.section(&mut table, "profiles"),
        http: faults.section(&mut table, "http"),
        mllp: faults.section(&mut table, "mllp"),
        mqtt: faults.section(&mut table, "mqtt"),
        store: faults.section(&mut table, "store"),
        audio: faults.section(&mut table, "audio"),
        log: faults.section(&mut table, "log"),
        adt: faults.section(&mut table, "adt"),
        delivery: destinations::read(&mut table, faults),
        watch: faults.section(&mut table, "watch"),
        time_zone: faults.section(&mut table, "time_zone"),
    };
    faults.refuse_unknown("", &table);
    check(&settings, faults);
    settings
}

impl GatewaySettings {
    /// The listeners that others can reach without TLS, by name, with the reason that was given.
    #[must_use]
    pub fn plaintext_beyond_loopback(&self) -> Vec<(&'static str, String)> {
        let (http, mllp, mqtt) = (&self.http, &self.mllp, &self.mqtt);
        let listeners = [
            ("http", http.listen, &http.tls, &http.plaintext_reason),
            ("mllp", mllp.listen, &mllp.tls, &mllp.plaintext_reason),
            ("mqtt", mqtt.listen, &mqtt.tls, &mqtt.plaintext_reason),
        ];
        let beyond = |listen: &Option<SocketAddr>| listen.is_some_and(|address| !address.ip().is_loopback());
        let plain = listeners.into_iter().filter(|(_, listen, tls, _)| beyond(listen) && tls.is_none());
        plain.map(|(name, _, _, reason)| (name, reason.trim().to_owned())).collect()
    }
}

/// How many workstations are watched over.
pub const WORKSTATIONS_MOST: usize = 32;

/// The name of the gateway's own annunciator.
pub const STATION: &str = "station";

/// Why a workstation's annunciator cannot be called so, if it cannot.
#[must_use]
pub fn no_workstation(id: &str) -> Option<&'static str> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if id.is_empty() || id.len() > 64 || !id.chars().all(letter) {
        return Some("a workstation's name has at most 64 letters, digits, - _ and .");
    }
    (id == STATION).then_some("this is the gateway's own annunciator: give the workstation another name")
}

fn check_workstations(names: &[String], faults: &mut Faults) {
    for (at, name) in names.iter().enumerate() {
        let twice = names.iter().take(at).any(|other| other == name).then_some("it is named twice");
        if let Some(why) = no_workstation(name).or(twice) {
            faults.add("audio.workstations", format!("{name:?}: {why}"));
        }
    }
    if names.len() > WORKSTATIONS_MOST {
        faults.add("audio.workstations", format!("at most {WORKSTATIONS_MOST} are watched over"));
    }
}

fn check(settings: &GatewaySettings, faults: &mut Faults) {
    let unexplained = settings.plaintext_beyond_loopback().into_iter().filter(|(_, why)| why.is_empty());
    for (name, _) in unexplained {
        let text = "listens beyond this machine without TLS: listen on 127.0.0.1, name its tls files, or say \
                    in plaintext_reason why this is right";
        faults.add(format!("{name}.listen"), text);
    }
    transport::check(settings, faults);
    screens::check(&settings.http.station, faults);
    check_workstations(&settings.audio.workstations, faults);
    if settings.store.bound_gb == 0 {
        faults.add("store.bound_gb", "a store of 0 GB keeps nothing: 20 is for 30 beds");
    }
    if settings.http.listen.is_none() {
        faults.add("http.listen", "the board needs an address, such as 127.0.0.1:8080");
    }
    let delivery = &settings.delivery;
    destinations::check(delivery, faults);
    if settings.watch.heartbeat_url.as_deref().is_some_and(|url| !destinations::may_be_spoken_to(url)) {
        faults.add("watch.heartbeat_url", "http:// is taken toward this machine only; use https://");
    }
    for (path, zone) in
        [("time_zone", &settings.time_zone), ("delivery.frappe.time_zone", &delivery.frappe.time_zone)]
    {
        if !zone.is_empty() && TimeZone::get(zone).is_err() {
            faults.add(path, format!("{zone:?} is no time zone; use an IANA name such as Asia/Kolkata"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../deploy/gateway.toml");

    fn faults_of(text: &str) -> Vec<String> {
        let mut faults = Faults::default();
        let _ = read(text.parse().unwrap(), &mut faults);
        faults.0.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn the_shipped_sample_has_no_fault_and_every_destination_in_the_sandbox() {
        let mut faults = Faults::default();
        let settings = read(SAMPLE.parse().unwrap(), &mut faults);
        assert_eq!(faults.0, []);
        let delivery = settings.delivery;
        assert!(!delivery.frappe.is_live() && !delivery.mllp.is_live() && !delivery.whatsapp.is_live());
    }

    #[test]
    fn an_address_alone_makes_a_destination_live() {
        let mut table: Table = SAMPLE.parse().unwrap();
        crate::config::set(&mut table, "delivery.frappe.url=http://127.0.0.1:9").unwrap();
        let mut faults = Faults::default();
        assert!(read(table, &mut faults).delivery.frappe.is_live());
        assert_eq!(faults.0, []);
    }

    #[test]
    fn plaintext_beyond_this_machine_needs_a_reason() {
        assert_eq!(faults_of("[http]\nlisten = \"0.0.0.0:8080\"\n"), ["http.listen"]);
        assert!(faults_of("[http]\nlisten = \"0.0.0.0:8080\"\nplaintext_reason = \"own VLAN\"\n").is_empty());
    }

    #[test]
    fn the_heartbeat_leaves_this_machine_over_tls_only() {
        let watch = |url| format!("[http]\nlisten = \"127.0.0.1:0\"\n[watch]\nheartbeat_url = \"{url}\"\n");
        assert_eq!(faults_of(&watch("http://watch.example.org/ping")), ["watch.heartbeat_url"]);
        assert!(faults_of(&watch("https://watch.example.org/ping")).is_empty());
    }

    #[test]
    fn a_store_needs_room() {
        let store =
            |gb| format!("[http]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"x\"\nbound_gb = {gb}\n");
        assert_eq!(faults_of(&store(0)), ["store.bound_gb"]);
        assert!(faults_of(&store(1)).is_empty());
    }

    #[test]
    fn unknown_keys_and_zones_are_named_with_their_path() {
        let text = "time_zone = \"Mars/Olympus\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
                    [delivery.fax]\nnumber = 1\n[store]\npth = \"x\"\n";
        let paths = faults_of(text);
        for path in ["time_zone", "delivery.fax", "store"] {
            assert!(paths.iter().any(|found| found == path), "{path} is missing from {paths:?}");
        }
    }
}
