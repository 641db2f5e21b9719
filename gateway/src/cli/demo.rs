//! `wardlight demo`: a whole ward in one command, on the very ports, bytes and store that `run` uses.
//!
//! Its ward file has 15-second steps, its patients are simulated, its destinations are the sandbox; the board
//! says so.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};
use toml::Table;

use super::accounts::add_token;
use super::run::{blueprint, log_as, ready, until_told};
use super::settings::{Files, Settings};
use crate::board::pin;
use crate::config::gateway::LogFormat;
use crate::config::set;
use crate::house::House;
use crate::journal::{Account, AccountRole, Journal};
use crate::sandbox::story::{self, Stage};

/// The ward of the demonstration: 15-second steps.
const WARD: &str = include_str!("../../../deploy/demo.toml");

/// The most beds of a demonstration.
const BEDS_MOST: u16 = 99;

/// The accounts of the demonstration. They open nothing but this demonstration.
const ACCOUNTS: [(&str, &str, AccountRole); 2] =
    [("nurse", "1234", AccountRole::Nurse), ("doctor", "5678", AccountRole::Doctor)];

/// How the demonstration runs.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// How many beds.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(3..=i64::from(BEDS_MOST)))]
    beds: u16,
    /// How many times as fast as the clock on the wall.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=60))]
    speed: u32,
    /// Look for no sound device.
    #[arg(long)]
    silent: bool,
    /// Where the store is kept; left out, in a folder that goes with the demonstration.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Runs the demonstration until Ctrl-C.
///
/// # Errors
/// What the house cannot be without, with what to do next.
pub(super) async fn run(files: &Files, args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    log_as(LogFormat::Text);
    let folder = Folder::of(args)?;
    let settings = settings(files, args, &folder)?;
    let ward = settings.ward.clone();
    let house = House::build(blueprint(settings, args.speed)?).await?;
    let stop = house.tasks.stop().clone();
    until_told(stop.clone())?;
    let token = accounts(&house.journal).await?;
    let mut line = ready(house.addresses);
    if let Some(line) = line.as_object_mut() {
        let accounts: Vec<Value> = ACCOUNTS
            .iter()
            .map(|(name, pin, role)| json!({ "name": name, "pin": pin, "role": role.word() }))
            .collect();
        line.insert("accounts".to_owned(), json!(accounts));
        line.insert("token".to_owned(), json!(token));
    }
    writeln!(out, "{line}")?;
    out.flush()?;
    welcome(house.addresses.http);
    let nobody = SocketAddr::from(([127, 0, 0, 1], 0));
    let [(nurse, nurse_pin, _), (doctor, doctor_pin, _)] = ACCOUNTS;
    let stage = Stage {
        mqtt: house.addresses.mqtt.unwrap_or(nobody),
        mllp: house.addresses.mllp.unwrap_or(nobody),
        http: house.addresses.http,
        ward: ward.name.clone(),
        beds: ward.beds.iter().map(|bed| bed.label.clone()).collect(),
        locations: ward.beds.iter().filter_map(|bed| bed.locations.first().cloned()).collect(),
        nurse: (nurse.to_owned(), nurse_pin.to_owned()),
        doctor: (doctor.to_owned(), doctor_pin.to_owned()),
        seed: 7,
    };
    let clock = house.clock.clone();
    house.tasks.supervise("story", move || story::run(stage.clone(), clock.clone(), stop.clone()));
    house.live().await;
    drop(folder);
    Ok(ExitCode::SUCCESS)
}

/// The folder of the store; one of our own making goes when the demonstration ends.
struct Folder {
    path: PathBuf,
    ours: bool,
}

impl Folder {
    fn of(args: &Args) -> anyhow::Result<Self> {
        let (path, ours) = match &args.data {
            Some(path) => (path.clone(), false),
            None => (std::env::temp_dir().join(format!("wardlight-demo-{}", std::process::id())), true),
        };
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path, ours })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.ours {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The demonstration's settings: the shipped sample on free ports, the demonstration's ward, and what `--set`
/// says.
fn settings(files: &Files, args: &Args, folder: &Folder) -> anyhow::Result<Settings> {
    let mut gateway: Table = include_str!("../../../deploy/gateway.toml").parse()?;
    let store = folder.path.join("wardlight.db");
    let mut sets = vec![
        "mllp.listen=127.0.0.1:0".to_owned(),
        "mqtt.listen=127.0.0.1:0".to_owned(),
        format!("store.path={}", store.display()),
    ];
    if args.silent {
        sets.push("audio.device=none".to_owned());
    }
    for assignment in sets.iter().chain(&files.sets) {
        set(&mut gateway, assignment).map_err(anyhow::Error::msg)?;
    }
    let mut ward: Table = WARD.parse()?;
    let beds = (1..=args.beds).map(|no| {
        let mut bed = Table::new();
        bed.insert("label".to_owned(), format!("{no:02}").into());
        bed.insert("locations".to_owned(), vec![format!("ICU-1^^{no:02}")].into());
        toml::Value::Table(bed)
    });
    ward.insert("bed".to_owned(), toml::Value::Array(beds.collect()));
    Settings::of(gateway, ward)
}

async fn accounts(journal: &Journal) -> anyhow::Result<String> {
    for (name, pin, role) in ACCOUNTS {
        let pin_hash = pin::hash(pin)?;
        journal.add_account(Account { name: name.to_owned(), role, pin_hash, badge: None }).await?;
    }
    add_token(journal, "demo", AccountRole::Admin).await
}

/// What a person at the terminal needs to know. Standard output belongs to programs.
fn welcome(board: SocketAddr) {
    let [(nurse, nurse_pin, _), (doctor, doctor_pin, _)] = ACCOUNTS;
    tracing::info!("DEMONSTRATION: simulated patients, not for patient care");
    tracing::info!("open http://{board}/ in a browser; sign as {nurse} {nurse_pin} or {doctor} {doctor_pin}");
}
