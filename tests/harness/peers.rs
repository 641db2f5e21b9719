//! Foreign programs beside the ward: brokers, clients, sound servers, browsers. A story starts its own on
//! free ports and leaves nothing behind.
//!
//! A program that is not installed fails the story when `CI` is set; elsewhere the story says SKIPPED with
//! the reason.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::until;

/// How long a foreign program may take until it listens.
const START_MOST: Duration = Duration::from_secs(20);

/// Whether every program is here. If not, the story is over: say so by returning.
///
/// # Errors
/// A program is missing and `CI` is set.
pub fn present(programs: &[&str]) -> anyhow::Result<bool> {
    let missing: Vec<_> = programs.iter().filter(|name| find(name).is_none()).copied().collect();
    if missing.is_empty() {
        return Ok(true);
    }
    skipped(&format!("not installed: {}", missing.join(", ")))
}

/// Says that a story is not told here, and why.
///
/// # Errors
/// `CI` is set: there everything must be.
pub fn skipped(reason: &str) -> anyhow::Result<bool> {
    if std::env::var_os("CI").is_some_and(|ci| !ci.is_empty()) {
        bail!("{reason}; with CI set nothing is skipped");
    }
    writeln!(std::io::stderr(), "SKIPPED: {reason}")?;
    Ok(false)
}

/// Where a program is. Daemons lie where a plain user's `PATH` does not look; `python-peers` and `node-peers`
/// are the interpreters for which `deploy/test.sh` has installed the pinned peers of `tests/peers.txt` and
/// `tests/peers/package.json`.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    if program == "python-peers" {
        return Some(super::target().join("peers/bin/python")).filter(|python| python.is_file());
    }
    if program == "node-peers" {
        return find("node").filter(|_| node_modules().is_dir());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The folder of the pinned modules for Node.js; the scripts in `tests/peers` are told it.
#[must_use]
pub fn node_modules() -> PathBuf {
    super::target().join("peers/node_modules")
}

/// A script of `tests/peers`.
#[must_use]
pub fn script(name: &str) -> PathBuf {
    super::top().join("tests/peers").join(name)
}

/// A foreign program that runs in a folder of its own, and is killed when it goes out of sight.
#[derive(Debug)]
pub struct Peer {
    folder: TempDir,
    child: Child,
}

impl Peer {
    /// Starts a program in `folder`, where what it says is kept as `log`.
    ///
    /// # Errors
    /// It is not installed or cannot be started.
    pub fn start<A: AsRef<OsStr>>(program: &str, arguments: &[A], folder: TempDir) -> anyhow::Result<Self> {
        let found = find(program).with_context(|| format!("{program} is not installed"))?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let child = Command::new(found)
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        Ok(Self { folder, child })
    }

    /// What it said.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("log"))?)
    }

    /// The program's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Kills it, as a failing machine would.
    ///
    /// # Errors
    /// It cannot be killed.
    pub async fn kill9(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// A port of this machine that was free a moment ago, for a program that cannot be given port 0.
///
/// # Errors
/// No port is free.
pub fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Starts Mosquitto without credentials; `more` is appended to its configuration.
///
/// # Errors
/// It is not installed, or does not listen in time.
pub async fn mosquitto(more: &str) -> anyhow::Result<(Peer, SocketAddr)> {
    let address = free_port()?;
    let folder = tempfile::tempdir()?;
    let listener = format!("listener {} 127.0.0.1\nallow_anonymous true\n{more}\n", address.port());
    std::fs::write(folder.path().join("mosquitto.conf"), listener)?;
    let broker = Peer::start("mosquitto", &["-c", "mosquitto.conf"], folder)?;
    match listens(address).await {
        Ok(()) => Ok((broker, address)),
        Err(fault) => Err(fault.context(broker.log()?)),
    }
}

/// Starts python-hl7's MLLP server; unless it is to be `quiet` its log names each message.
///
/// # Errors
/// It does not listen in time.
pub async fn hl7_server_in_python(quiet: bool) -> anyhow::Result<(Peer, SocketAddr)> {
    let address = free_port()?;
    let mut arguments = vec![script("hl7_server.py").into_os_string(), address.port().to_string().into()];
    arguments.extend(quiet.then(|| "quiet".into()));
    listening("python-peers", &arguments, address).await
}

/// Starts node-hl7-server; its log names each message.
///
/// # Errors
/// It does not listen in time.
pub async fn hl7_server_in_node() -> anyhow::Result<(Peer, SocketAddr)> {
    let address = free_port()?;
    let (script, port) = (script("hl7_server.js").into_os_string(), address.port().to_string().into());
    listening("node-peers", &[script, node_modules().into_os_string(), port], address).await
}

async fn listening(
    program: &str,
    arguments: &[OsString],
    address: SocketAddr,
) -> anyhow::Result<(Peer, SocketAddr)> {
    let server = Peer::start(program, arguments, tempfile::tempdir()?)?;
    match listens(address).await {
        Ok(()) => Ok((server, address)),
        Err(fault) => Err(fault.context(server.log()?)),
    }
}

/// Waits until somebody listens at an address.
///
/// # Errors
/// Nobody does in time.
pub async fn listens(address: SocketAddr) -> anyhow::Result<()> {
    until(&format!("a listener at {address}"), START_MOST, || async move {
        TcpStream::connect(address).await.map(|_| Some(()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_nowhere_is_not_found() {
        assert_eq!(find("no-program-has-this-name"), None);
        assert!(find("sh").is_some());
    }

    #[tokio::test]
    async fn a_broker_starts_listens_and_is_gone_with_its_folder() -> anyhow::Result<()> {
        if !present(&["mosquitto"])? {
            return Ok(());
        }
        let (mut broker, address) = mosquitto("").await?;
        let folder = broker.folder().to_owned();
        broker.kill9().await?;
        assert!(TcpStream::connect(address).await.is_err());
        drop(broker);
        assert!(!folder.exists());
        Ok(())
    }
}
