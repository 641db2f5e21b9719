//! The two files and the `--set`s over them, read into settings.

use std::path::{Path, PathBuf};

use anyhow::Context;
use toml::Table;

use crate::config::gateway::{self, GatewaySettings};
use crate::config::ward::{self, WardPlan};
use crate::config::{Faults, set};
use crate::ingest::profile::Profiles;

/// Which files to read.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Files {
    /// IT's file: ports, files, destinations.
    #[arg(long, global = true, default_value = "/etc/wardlight/gateway.toml")]
    pub(super) config: PathBuf,
    /// The ward's file: beds, limits, ladders, roster. Left out, `ward.toml` beside the other.
    #[arg(long, global = true)]
    pub(super) ward: Option<PathBuf>,
    /// Sets one key of IT's file, as `http.listen=127.0.0.1:0`; may be given many times.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub(super) sets: Vec<String>,
}

/// Both files as one value, with the profiles of the devices.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) gateway: GatewaySettings,
    pub(super) ward: WardPlan,
    pub(super) profiles: Profiles,
}

impl Settings {
    /// Reads both files.
    ///
    /// # Errors
    /// A file that cannot be read, or every fault in both, each with its path.
    pub(super) fn read(files: &Files) -> anyhow::Result<Self> {
        let (settings, faults) = Self::read_with_faults(files)?;
        if faults.0.is_empty() { Ok(settings) } else { Err(faults.into()) }
    }

    /// Reads both files as far as they can be read, with every fault in them.
    ///
    /// # Errors
    /// A file that cannot be read at all.
    pub(super) fn read_with_faults(files: &Files) -> anyhow::Result<(Self, Faults)> {
        let ward_file = files.ward.clone().unwrap_or_else(|| files.config.with_file_name("ward.toml"));
        let mut table = table(&files.config)?;
        let ward_table = self::table(&ward_file)?;
        for assignment in &files.sets {
            set(&mut table, assignment).map_err(anyhow::Error::msg)?;
        }
        let (mut settings, faults) = Self::judged(table, ward_table);
        if let (Some(table), Some(folder)) = (&mut settings.ward.roster.csv, ward_file.parent()) {
            *table = folder.join(&*table);
        }
        Ok((settings, faults))
    }

    /// Reads both tables.
    ///
    /// # Errors
    /// Every fault in both, each with its path.
    pub(super) fn of(gateway_table: Table, ward_table: Table) -> anyhow::Result<Self> {
        let (settings, faults) = Self::judged(gateway_table, ward_table);
        if faults.0.is_empty() { Ok(settings) } else { Err(faults.into()) }
    }

    fn judged(gateway_table: Table, ward_table: Table) -> (Self, Faults) {
        let mut faults = Faults::default();
        let gateway = gateway::read(gateway_table, &mut faults);
        let mut ward = ward::read(ward_table, &mut faults);
        ward.silence.zone = gateway.zone();
        ward.loudness.zone = gateway.zone();
        let own = own_profiles(gateway.profiles.folder.as_deref(), &mut faults);
        let profiles = Profiles::read(&own, &gateway.peers, &mut faults);
        know_beds(&gateway, &ward, &mut faults);
        (Self { gateway, ward, profiles }, faults)
    }
}

/// A ward's file, for those who judge without a gateway.
///
/// # Errors
/// A file that cannot be read, or every fault in it, each with its path.
pub(super) fn ward(ward_file: &Path) -> anyhow::Result<WardPlan> {
    let mut faults = Faults::default();
    let ward = ward::read(table(ward_file)?, &mut faults);
    if faults.0.is_empty() {
        return Ok(ward);
    }
    Err(anyhow::Error::from(faults).context(format!("{} cannot be used", ward_file.display())))
}

/// Every bed that the gateway's file names is one of the ward's.
fn know_beds(gateway: &GatewaySettings, ward: &WardPlan, faults: &mut Faults) {
    let peers = gateway.peers.iter().enumerate();
    let peers = peers.filter_map(|(at, peer)| Some((format!("mllp.peer.{at}.bed"), peer.bed.as_ref()?)));
    let devices = gateway.mqtt.device.iter().enumerate();
    let devices = devices.map(|(at, device)| (format!("mqtt.device.{at}.bed"), &device.bed));
    for (path, label) in peers.chain(devices) {
        if !ward.beds.iter().any(|bed| bed.label == *label) {
            faults.add(path, format!("the ward has no bed {label:?}"));
        }
    }
}

/// The texts of the hospital's own profiles, in the order of their names.
fn own_profiles(folder: Option<&Path>, faults: &mut Faults) -> Vec<(String, String)> {
    let Some(folder) = folder else { return Vec::new() };
    match read_profiles(folder) {
        Ok(texts) => texts,
        Err(fault) => {
            faults.add("profiles.folder", format!("{} cannot be read: {fault}", folder.display()));
            Vec::new()
        }
    }
}

fn read_profiles(folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "toml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            texts.push((name, std::fs::read_to_string(&path)?));
        }
    }
    texts.sort();
    Ok(texts)
}

fn table(path: &Path) -> anyhow::Result<Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{} is not TOML", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: &str = include_str!("../../../deploy/gateway.toml");
    const WARD: &str = include_str!("../../../deploy/ward.toml");

    fn of(gateway: &str) -> anyhow::Result<Settings> {
        Settings::of(gateway.parse().unwrap(), WARD.parse().unwrap())
    }

    #[test]
    fn a_ward_is_read_from_its_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("other.toml");
        std::fs::write(&file, WARD).unwrap();
        assert!(ward(&file).is_ok());
        std::fs::write(&file, format!("{WARD}\nno_such_key = 1\n")).unwrap();
        let fault = format!("{:#}", ward(&file).unwrap_err());
        assert!(fault.contains("other.toml") && fault.contains("no_such_key"), "{fault}");
    }

    #[test]
    fn the_hospital_s_own_profiles_are_read_and_their_faults_named_with_file_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("ours.toml");
        std::fs::write(&own, "name = \"ours\"\n[readings]\nsentinels = [\"-7\"]\n").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "not a profile").unwrap();
        let of = |folder: &Path| {
            let mut gateway: Table = GATEWAY.parse().unwrap();
            set(&mut gateway, &format!("profiles.folder={}", folder.display())).unwrap();
            Settings::of(gateway, WARD.parse().unwrap())
        };
        let profiles = of(folder.path()).unwrap().profiles;
        assert_eq!(profiles.families().first().map(|family| family.name.as_str()), Some("ours"));
        std::fs::write(&own, "name = \"ours\"\n[readings]\nsentinels = [\"0\"]\n").unwrap();
        let faults = of(folder.path()).unwrap_err().to_string();
        assert!(faults.contains("ours.toml readings.sentinels: zero is data"), "{faults}");
        assert!(of(Path::new("/nowhere/at/all")).unwrap_err().to_string().contains("profiles.folder"));
    }

    #[test]
    fn a_peer_s_bed_must_be_one_of_the_ward() {
        let peer = |bed: &str| format!("{GATEWAY}\n[[mllp.peer]]\naddress = \"10.0.0.7\"\nbed = \"{bed}\"\n");
        assert!(of(&peer("07")).is_ok());
        assert!(of(&peer("77")).unwrap_err().to_string().contains("mllp.peer.0.bed"));
    }
}
