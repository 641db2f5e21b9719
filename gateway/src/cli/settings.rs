//! The two files and the `--set`s over them, read into settings.

use std::path::{Path, PathBuf};

use anyhow::Context;
use toml::Table;

use crate::config::gateway::{self, GatewaySettings};
use crate::config::ward::{self, WardPlan};
use crate::config::{Faults, set};

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

/// Both files as one value.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) gateway: GatewaySettings,
    pub(super) ward: WardPlan,
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
        Ok(Self::judged(table, ward_table))
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
        let ward = ward::read(ward_table, &mut faults);
        for (index, entry) in gateway.mqtt.device.iter().enumerate() {
            if !ward.beds.iter().any(|bed| bed.label == entry.bed) {
                let text = format!("the ward has no bed {:?}", entry.bed);
                faults.add(format!("mqtt.device.{index}.bed"), text);
            }
        }
        (Self { gateway, ward }, faults)
    }
}

fn table(path: &Path) -> anyhow::Result<Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{} is not TOML", path.display()))
}
