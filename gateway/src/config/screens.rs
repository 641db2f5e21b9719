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

/// The label of the gateway's own screen, where none is registered for it.
pub const THIS_MACHINE: &str = "gateway";

/// The longest label, in bytes.
const LABEL_MOST: usize = 64;

pub(super) fn check(stations: &[Station], faults: &mut Faults) {
    for (at, station) in stations.iter().enumerate() {
        let before = stations.iter().take(at);
        let why = if station.label.trim().is_empty() || station.label.len() > LABEL_MOST {
            "its label has 1 to 64 bytes"
        } else if station.label == THIS_MACHINE {
            "this is what the gateway's own screen is called: choose another label"
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
        assert_eq!(faults_of(&[(THIS_MACHINE, "10.0.0.1")]), ["http.station[0]"]);
    }

    #[test]
    fn the_file_says_which_screens_are_ours_and_how_much_of_a_name_they_show() {
        let read = |names: &str| {
            let text = format!(
                "[http]\nlisten = \"127.0.0.1:0\"\nnames = \"{names}\"\n\
                 [[http.station]]\nlabel = \"desk 1\"\naddress = \"10.0.0.21\"\n"
            );
            let mut faults = Faults::default();
            let http = crate::config::gateway::read(text.parse().unwrap(), &mut faults).http;
            (http, faults.0)
        };
        let (http, faults) = read("initials");
        assert_eq!(faults, []);
        assert_eq!(http.names, NameShown::Initials);
        let address = IpAddr::from([10, 0, 0, 21]);
        assert_eq!(http.station, [Station { label: "desk 1".to_owned(), address }]);
        let (_, faults) = read("surname");
        let is_named =
            |fault: &crate::config::FaultAt| fault.path == "http" && fault.text.contains("surname");
        assert!(faults.iter().any(is_named), "{faults:?}");
    }
}
