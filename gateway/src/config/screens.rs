//! `[http]` of `gateway.toml`: where the board listens, which screens are the ward's own, and how much of a
//! patient's name they show. Who may do what at them is the board's to say.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use super::Faults;
use crate::tls::ServerFiles;

/// Board and API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port; port 0 picks a free one.
    pub listen: Option<SocketAddr>,
    /// Why it is right that it speaks without TLS on an address that others can reach.
    #[serde(default)]
    pub plaintext_reason: String,
    /// Its files for TLS; without them it speaks plaintext.
    pub tls: Option<ServerFiles>,
    /// The ward's own screens: there the board is read without signing in, and a sound is paused for two
    /// minutes without a PIN.
    #[serde(default)]
    pub station: Vec<Station>,
    /// How much of a patient's name the board shows.
    #[serde(default)]
    pub names: NameShown,
}

/// A screen that belongs to the ward.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// What it is called in the record.
    pub label: String,
    /// From which address it reads the board.
    pub address: IpAddr,
}

/// How much of a patient's name the board shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameShown {
    /// Nothing.
    #[default]
    Nothing,
    /// The first letter of each word.
    Initials,
    /// The whole name.
    Whole,
}

/// The longest label, in bytes.
const LABEL_MOST: usize = 64;

pub(super) fn check(stations: &[Station], faults: &mut Faults) {
    for (at, station) in stations.iter().enumerate() {
        let before = stations.iter().take(at);
        let why = if station.label.trim().is_empty() || station.label.len() > LABEL_MOST {
            "its label has 1 to 64 bytes"
        } else if before.clone().any(|other| other.label == station.label) {
            "another station has this label"
        } else if before.clone().any(|other| other.address.to_canonical() == station.address.to_canonical()) {
            "another station has this address"
        } else {
            continue;
        };
        faults.add(format!("http.station[{at}]"), format!("{:?}: {why}", station.label));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(stations: &[(&str, &str)]) -> Vec<String> {
        let station = |(label, address): &(&str, &str)| Station {
            label: (*label).to_owned(),
            address: address.parse().unwrap(),
        };
        let mut faults = Faults::default();
        check(&stations.iter().map(station).collect::<Vec<_>>(), &mut faults);
        faults.0.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn each_station_has_a_label_and_an_address_of_its_own() {
        assert!(faults_of(&[("desk 1", "10.0.0.1"), ("desk 2", "10.0.0.2")]).is_empty());
        assert_eq!(faults_of(&[("desk 1", "10.0.0.1"), ("desk 1", "10.0.0.2")]), ["http.station[1]"]);
        assert_eq!(faults_of(&[("desk 1", "10.0.0.1"), ("desk 2", "::ffff:10.0.0.1")]), ["http.station[1]"]);
        assert_eq!(faults_of(&[(" ", "10.0.0.1"), (&"d".repeat(65), "10.0.0.2")]).len(), 2);
    }
}
