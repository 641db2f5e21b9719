//! Foreign programs as peers: paho, pinned in `tests/peers.txt`, and Mosquitto with its clients. They are
//! started by the test on ports of its own, and stopped with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::authority::Authority;

/// The longest wait for anything; only a failing test ever waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Says why a test is not run; under CI that is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test says so to whoever runs it")]
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("SKIPPED: {why}");
}

/// The Python that `deploy/test.sh` gave the pinned clients of `tests/peers.txt`.
fn python() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap_or(Path::new("target"));
    let python = target.join("peers/bin/python");
    if !python.exists() {
        skip("no Python with paho: run deploy/test.sh once, it installs the clients of tests/peers.txt");
        return None;
    }
    Some(python)
}

/// Paho clients, on a leash.
pub(crate) struct Paho {
    _child: Child,
    orders: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    /// What happened and was not asked for yet.
    passed: Vec<Value>,
}

impl Paho {
    /// `None` where paho cannot be had.
    pub(crate) fn start() -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mqtt_peers/paho_peer.py");
        let mut child = Command::new(python()?)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python starts");
        let orders = child.stdin.take().expect("piped");
        let events = BufReader::new(child.stdout.take().expect("piped")).lines();
        Some(Self { _child: child, orders, events, passed: Vec::new() })
    }

    pub(crate) async fn order(&mut self, order: Value) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.expect("paho listens");
    }

    /// The next event of this kind; others wait until they are asked for.
    pub(crate) async fn expect(&mut self, name: &str, kind: &str) -> Value {
        let is_it = |event: &Value| event["event"] == kind && event["name"] == name;
        if let Some(at) = self.passed.iter().position(is_it) {
            return self.passed.remove(at);
        }
        let next = async {
            loop {
                let line = self.events.next_line().await.expect("readable").expect("paho lives");
                let event: Value = serde_json::from_str(&line).expect("JSON");
                if is_it(&event) {
                    return event;
                }
                self.passed.push(event);
            }
        };
        tokio::time::timeout(PATIENCE, next).await.unwrap_or_else(|_| panic!("{name} was never {kind}"))
    }
}

/// A program of Mosquitto's; `None` where it is not installed.
pub(crate) fn mosquitto(name: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let Some(program) = places.map(|place| place.join(name)).find(|program| program.exists()) else {
        skip(&format!("{name} is not installed (Debian: mosquitto, mosquitto-clients)"));
        return None;
    };
    let mut command = Command::new(program);
    command.kill_on_drop(true).stdin(Stdio::null()).stderr(Stdio::null());
    Some(command)
}

/// Runs `mosquitto_pub` at QoS 1 to its end; says whether it succeeded.
pub(crate) async fn publish(port: u16, topic: &str, payload: &str, more: &[&str]) -> bool {
    let Some(mut command) = mosquitto("mosquitto_pub") else { return false };
    command
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1", "-t", topic, "-m", payload])
        .args(more);
    let ended = tokio::time::timeout(PATIENCE, command.status()).await;
    ended.expect("mosquitto_pub ends").is_ok_and(|status| status.success())
}

/// The first message that `mosquitto_sub` receives on `topic`.
pub(crate) async fn received(port: u16, topic: &str) -> String {
    let mut command = mosquitto("mosquitto_sub").expect("installed with mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1", "-t", topic, "-C", "1"]);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("a message arrives").expect("mosquitto_sub runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A Mosquitto broker on a port of its own.
pub(crate) struct Mosquitto {
    _child: Child,
    _home: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Mosquitto {
    /// `None` where Mosquitto is not installed.
    pub(crate) async fn start() -> Option<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        Self::start_on(port).await
    }

    pub(crate) async fn start_on(port: u16) -> Option<Self> {
        let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n");
        Self::start_as(port, &text).await
    }

    /// A broker that speaks TLS, asks for a certificate of `authority`, and for user `ward`, password `open`.
    pub(crate) async fn start_secured(authority: &Authority) -> Option<Self> {
        let mut command = mosquitto("mosquitto_passwd")?;
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let (pair, ca) = (authority.server().expect("made"), authority.ca());
        let passwords = ca.with_file_name("broker.passwords");
        let made = command.args(["-b", "-c"]).arg(&passwords).args(["ward", "open"]).status().await;
        assert!(made.is_ok_and(|status| status.success()), "mosquitto_passwd writes");
        readable_by_anybody(&pair.key);
        readable_by_anybody(&passwords);
        let (certificate, key) = (pair.certificate.display(), pair.key.display());
        let text = format!(
            "listener {port} 127.0.0.1\npersistence false\nallow_anonymous false\npassword_file {}\n\
             cafile {}\ncertfile {certificate}\nkeyfile {key}\nrequire_certificate true\n",
            passwords.display(),
            ca.display(),
        );
        Self::start_as(port, &text).await
    }

    async fn start_as(port: u16, text: &str) -> Option<Self> {
        let mut command = mosquitto("mosquitto")?;
        let home = tempfile::tempdir().expect("a directory");
        let settings = home.path().join("mosquitto.conf");
        std::fs::write(&settings, text).expect("written");
        let child = command.arg("-c").arg(&settings).stdout(Stdio::null()).spawn().expect("mosquitto starts");
        let listens = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, listens).await.expect("mosquitto listens");
        Some(Self { _child: child, _home: home, port })
    }
}

/// Mosquitto gives up root before it reads its files, and a private key is its owner's alone elsewhere.
fn readable_by_anybody(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let folder = file.parent().expect("a file in a folder");
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("ours");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).expect("ours");
}
