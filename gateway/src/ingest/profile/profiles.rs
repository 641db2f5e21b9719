//! All families that this gateway knows, and which of them a message belongs to.
//!
//! A sender's address decides first, because the hospital said so; then what the header says, by the
//! hospital's own files before ours. What nobody recognises is read as the standards have it.

use std::net::IpAddr;

use super::family::Family;
use super::file;
use super::publisher::{Publisher, Whereof};
use crate::config::Faults;
use crate::config::peers::MllpPeer;
use crate::ingest::hl7::ack::Mode;
use crate::ingest::hl7::charset::Charset;
use crate::ingest::hl7::header::Header;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("families/", $name, ".toml")))),*]
    };
}

/// The families that are compiled in, by the names of their files.
const SHIPPED: [(&str, &str); 16] = shipped![
    "bbraun-pump",
    "comen",
    "draeger-gateway",
    "ge-carescape",
    "ge-mural",
    "mindray-egateway",
    "mindray-pds",
    "mindray-wato",
    "nihon-kohden",
    "philips-efficia",
    "philips-piic-classic",
    "philips-piic-ix",
    "teleicu",
    "ventilator-gateway",
    "vscapture",
    "xh80x",
];

/// What one sender's messages are read by.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Its family.
    pub family: &'a Family,
    /// How it is answered.
    pub acknowledge: Mode,
    /// The character set that it means, whatever it says.
    pub charset: Option<Charset>,
    /// The bed of a message that names none.
    pub bed: Option<&'a str>,
}

/// A sender that the hospital has something to say of.
#[derive(Clone, Debug, PartialEq)]
struct Peer {
    address: IpAddr,
    family: Option<Family>,
    acknowledge: Option<Mode>,
    charset: Option<Charset>,
    bed: Option<String>,
}

/// All families and peers.
#[derive(Clone, Debug, PartialEq)]
pub struct Profiles {
    /// The hospital's own first.
    families: Vec<Family>,
    peers: Vec<Peer>,
    /// A device of no known family.
    unknown: Family,
}

impl Profiles {
    /// The shipped families, after the hospital's own (`own`: file name and text), and what IT says of peers.
    /// A file of the hospital's with a shipped family's name takes its place. Every fault is noted by its
    /// file and key.
    #[must_use]
    pub fn read(own: &[(String, String)], peers: &[MllpPeer], faults: &mut Faults) -> Self {
        let mut families: Vec<Family> = Vec::new();
        let shipped = SHIPPED.iter().map(|(name, text)| (format!("{name}.toml"), *text));
        let own = own.iter().map(|(name, text)| (name.clone(), text.as_str()));
        let own_count = own.len();
        for (at, (file, text)) in own.chain(shipped).enumerate() {
            let mut found = Faults::default();
            let Some(family) = file::read(text, &mut found) else {
                for fault in found.0 {
                    faults.add(format!("{file} {}", fault.path).trim(), fault.text);
                }
                continue;
            };
            match families.iter().any(|known| known.name == family.name) {
                false => families.push(family),
                true if at < own_count => {
                    faults.add(format!("{file} name"), format!("two files are named {:?}", family.name));
                }
                true => {}
            }
        }
        let peers =
            peers.iter().enumerate().map(|(at, peer)| read_peer(at, peer, &families, faults)).collect();
        Self { families, peers, unknown: Family::default() }
    }

    /// The shipped families alone.
    #[must_use]
    pub fn shipped() -> Self {
        Self::read(&[], &[], &mut Faults::default())
    }

    /// All families, in the order in which they are tried.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// What a message is read by: `from` is the sender's address, `header` its header where one could be
    /// found.
    #[must_use]
    pub fn terms(&self, from: &str, header: Option<&Header<'_>>) -> Terms<'_> {
        let address: Option<IpAddr> = from.parse().ok();
        let peer = address.and_then(|address| self.peers.iter().find(|peer| peer.address == address));
        let family = peer.and_then(|peer| peer.family.as_ref());
        let family = family.or_else(|| {
            header.and_then(|header| self.families.iter().find(|family| family.recognises(header)))
        });
        let terms = Terms::of(family.unwrap_or(&self.unknown));
        let Some(peer) = peer else { return terms };
        Terms {
            acknowledge: peer.acknowledge.unwrap_or(terms.acknowledge),
            charset: peer.charset.or(terms.charset),
            bed: peer.bed.as_deref(),
            ..terms
        }
    }

    /// The family that publishes on a topic, and the bed and device that the topic names.
    #[must_use]
    pub fn publisher<'a>(&'a self, topic: &'a str) -> Option<(&'a Family, &'a Publisher, Whereof<'a>)> {
        self.families.iter().find_map(|family| {
            let publisher = family.publisher.as_ref()?;
            Some((family, publisher, publisher.topic.read(topic)?))
        })
    }

    /// The filters by which a broker is asked for foreign topics.
    #[must_use]
    pub fn filters(&self) -> Vec<String> {
        let publishers = self.families.iter().filter_map(|family| family.publisher.as_ref());
        publishers.map(|publisher| publisher.topic.filter()).collect()
    }
}

impl Default for Profiles {
    fn default() -> Self {
        Self::shipped()
    }
}

impl<'a> Terms<'a> {
    /// The terms of a family of which nobody says more.
    #[must_use]
    pub const fn of(family: &'a Family) -> Self {
        Self { family, acknowledge: family.acknowledge, charset: family.charset, bed: None }
    }
}

fn read_peer(at: usize, peer: &MllpPeer, families: &[Family], faults: &mut Faults) -> Peer {
    let path = |key: &str| format!("mllp.peer.{at}.{key}");
    let family = peer.profile.as_ref().and_then(|name| {
        let family = families.iter().find(|family| family.name == *name);
        if family.is_none() {
            let names: Vec<&str> = families.iter().map(|family| family.name.as_str()).collect();
            faults.add(
                path("profile"),
                format!("no profile is named {name:?}; there are {}", names.join(", ")),
            );
        }
        family.cloned()
    });
    let acknowledge = peer
        .acknowledge
        .as_ref()
        .and_then(|word| faults.read(&path("acknowledge"), toml::Value::String(word.clone())));
    let named = peer.charset.as_deref().unwrap_or_default();
    let charset = file::charset(&path("charset"), named, faults);
    Peer { address: peer.address, family, acknowledge, charset, bed: peer.bed.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> MllpPeer {
        let address = address.parse().unwrap();
        MllpPeer { address, profile: None, acknowledge: None, charset: None, bed: None }
    }

    fn header(application: &str) -> String {
        format!("MSH|^~\\&|{application}|X|||2026||ORU^R01|1|P|2.6\r")
    }

    fn family_of(profiles: &Profiles, from: &str, application: &str) -> String {
        let text = header(application);
        let header = Header::find(text.as_bytes()).unwrap();
        profiles.terms(from, Some(&header)).family.name.clone()
    }

    #[test]
    fn every_shipped_family_is_read_without_a_fault_and_has_its_file_s_name() {
        let mut faults = Faults::default();
        let profiles = Profiles::read(&[], &[], &mut faults);
        assert_eq!(faults.0, []);
        let names: Vec<&str> = profiles.families.iter().map(|family| family.name.as_str()).collect();
        assert_eq!(names, SHIPPED.map(|(name, _)| name));
        let publishing = profiles.families.iter().filter(|family| family.publisher.is_some()).count();
        assert_eq!(profiles.filters().len(), publishing);
    }

    #[test]
    fn the_address_decides_before_the_header_and_the_hospital_before_us() {
        let own = [("a.toml".to_owned(), "name = \"ours\"\n[[recognise]]\napplication = \"PIC\"".to_owned())];
        let peers = [MllpPeer { profile: Some("comen".to_owned()), ..peer("10.0.0.7") }];
        let mut faults = Faults::default();
        let profiles = Profiles::read(&own, &peers, &mut faults);
        assert_eq!(faults.0, []);
        assert_eq!(family_of(&profiles, "10.0.0.7", "PAT_DEVICE_PHILIPS_C"), "comen");
        assert_eq!(family_of(&profiles, "10.0.0.8", "PAT_DEVICE_PHILIPS_C"), "philips-piic-ix");
        assert_eq!(family_of(&profiles, "10.0.0.8", "pic"), "ours");
        assert_eq!(family_of(&profiles, "10.0.0.8", "LIS"), "", "a laboratory is no device");
    }

    #[test]
    fn a_file_of_the_hospital_s_takes_a_shipped_one_s_place() {
        let text = "name = \"comen\"\n[hl7]\nacknowledge = \"none\"";
        let own = [("comen.toml".to_owned(), text.to_owned())];
        let profiles = Profiles::read(&own, &[], &mut Faults::default());
        let comen: Vec<_> = profiles.families.iter().filter(|family| family.name == "comen").collect();
        assert_eq!(comen.len(), 1);
        assert_eq!(comen[0].acknowledge, Mode::None);
    }

    #[test]
    fn what_is_said_of_a_peer_goes_over_its_profile() {
        let peers = [MllpPeer {
            acknowledge: Some("enhanced".to_owned()),
            charset: Some("GB18030".to_owned()),
            bed: Some("07".to_owned()),
            ..peer("::1")
        }];
        let profiles = Profiles::read(&[], &peers, &mut Faults::default());
        let terms = profiles.terms("::1", None);
        assert_eq!((terms.acknowledge, terms.bed), (Mode::Enhanced, Some("07")));
        assert_eq!(terms.charset, Charset::named("GB18030"));
        assert_eq!(profiles.terms("::2", None).bed, None);
    }

    #[test]
    fn faults_say_which_file_or_peer_and_which_key() {
        let own = [
            ("a.toml".to_owned(), "name = \"x\"\n[hl7]\ncharset = \"?\"".to_owned()),
            ("b.toml".to_owned(), "name = \"y\"".to_owned()),
            ("c.toml".to_owned(), "name = \"y\"".to_owned()),
        ];
        let strange = Some("strange".to_owned());
        let odd = MllpPeer { acknowledge: strange.clone(), charset: strange.clone(), ..peer("::1") };
        let peers = [MllpPeer { profile: strange, ..odd }];
        let mut faults = Faults::default();
        let _ = Profiles::read(&own, &peers, &mut faults);
        let paths: Vec<&str> = faults.0.iter().map(|fault| fault.path.as_str()).collect();
        let of_the_peer = ["mllp.peer.0.profile", "mllp.peer.0.acknowledge", "mllp.peer.0.charset"];
        assert_eq!(paths[..2], ["a.toml hl7.charset", "c.toml name"]);
        assert_eq!(paths[2..], of_the_peer);
    }
}
