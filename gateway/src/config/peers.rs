//! What IT says of single senders of HL7, and where the hospital keeps its own device profiles.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;
use toml::{Table, Value};

use super::Faults;

/// Where the hospital's own device profiles are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnProfiles {
    /// A folder of `.toml` files, each read as the shipped ones are; none where there are none.
    pub folder: Option<PathBuf>,
}

/// `[[mllp.peer]]`: a sender whose header does not say enough, or says it wrongly. What is left out is as its
/// profile has it, and else as the message says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MllpPeer {
    /// Its address.
    pub address: IpAddr,
    /// The name of its profile.
    pub profile: Option<String>,
    /// `header`, `original` (AA), `enhanced` (CA) or `none`.
    pub acknowledge: Option<String>,
    /// The character set that it means, by a name of table 0211.
    pub charset: Option<String>,
    /// The bed that it stands at, where its messages name none.
    pub bed: Option<String>,
}

/// Takes the peers out of the section `mllp`, whose other keys are the listener's.
pub(super) fn peers(table: &mut Table, faults: &mut Faults) -> Vec<MllpPeer> {
    let Some(Value::Table(mllp)) = table.get_mut("mllp") else { return Vec::new() };
    let listed = match mllp.remove("peer") {
        None => return Vec::new(),
        Some(Value::Array(listed)) => listed,
        Some(_) => {
            faults.add("mllp.peer", "write it as [[mllp.peer]], once for each");
            return Vec::new();
        }
    };
    let read = |(at, value)| faults.read(&format!("mllp.peer.{at}"), value);
    listed.into_iter().enumerate().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_read_beside_the_listener_and_each_fault_is_named() {
        let text = "[mllp]\nlisten = \"127.0.0.1:0\"\n[[mllp.peer]]\naddress = \"10.0.0.7\"\nbed = \"07\"\n\
            [[mllp.peer]]\naddress = \"monitor\"\n[[mllp.peer]]\naddress = \"10.0.0.8\"\ncolour = 1\n";
        let mut faults = Faults::default();
        let settings = super::super::gateway::read(text.parse().unwrap(), &mut faults);
        let paths: Vec<&str> = faults.0.iter().map(|fault| fault.path.as_str()).collect();
        assert!(paths.contains(&"mllp.peer.1") && paths.contains(&"mllp.peer.2"), "{paths:?}");
        assert_eq!(settings.peers.len(), 1);
        assert_eq!(settings.peers[0].bed.as_deref(), Some("07"));
        assert!(settings.mllp.listen.is_some());
    }
}
