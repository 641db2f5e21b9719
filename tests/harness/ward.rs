//! A ward of one's own: the shipped sample in a temporary folder, every port free, no sound hardware. It can
//! be asked to stop, killed and started again on what it left, and it is killed when the story ends, however
//! it ends.

use std::fmt::Write;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Api, until};

/// How long a start may take on a busy machine, the replay of a day included.
const START_MOST: Duration = Duration::from_mins(1);

/// How long the contract gives a gateway to stop when it is asked to.
const STOP_MOST: Duration = Duration::from_secs(10);

/// The listeners, by their name in the configuration and in the ready line.
const LISTENERS: [&str; 3] = ["http", "mllp", "mqtt"];

/// How a ward is to be started.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Arguments after the command's name.
    pub arguments: Vec<String>,
    /// `KEY=VALUE` each, over the sample's `gateway.toml` and over what the harness sets.
    pub sets: Vec<String>,
    /// Appended to the sample's `gateway.toml`: what no `KEY=VALUE` can say.
    pub gateway_more: String,
    /// A ward file in the place of the shipped one.
    pub ward_file: Option<String>,
    /// Variables of the gateway's environment.
    pub environment: Vec<(String, String)>,
}

impl Plan {
    /// Sets one key of `gateway.toml`.
    #[must_use]
    pub fn set(mut self, assignment: impl Into<String>) -> Self {
        self.sets.push(assignment.into());
        self
    }

    /// The shipped `gateway.toml` with more at its end.
    #[must_use]
    pub fn gateway_with(mut self, more: &str) -> Self {
        self.gateway_more.push_str(more);
        self
    }

    /// The shipped ward file with overrides appended.
    ///
    /// # Errors
    /// The shipped file cannot be read.
    pub fn ward_with(mut self, overrides: &str) -> anyhow::Result<Self> {
        let shipped = std::fs::read_to_string(super::top().join("deploy/ward.toml"))?;
        self.ward_file = Some(format!("{shipped}\n{overrides}"));
        Ok(self)
    }

    /// The shipped ward with this many beds, `01` on, and `more` at the end of its file. Each bed has the two
    /// places that the sample messages name.
    ///
    /// # Errors
    /// The shipped file cannot be read, or is no longer beds and then a roster.
    pub fn beds(mut self, count: usize, more: &str) -> anyhow::Result<Self> {
        let sample = std::fs::read_to_string(super::top().join("deploy/ward.toml"))?;
        let (head, _) = sample.split_once("[[bed]]").context("the shipped ward has no beds")?;
        let (_, roster) = sample.split_once("[roster.").context("the shipped ward has no roster")?;
        let mut text = head.to_owned();
        // Writing into text cannot fail.
        for no in 1..=count {
            let places = format!(r#"["ICU-1^^{no:02}", "ICU^BED-{no:02}^1"]"#);
            let _ = write!(text, "[[bed]]\nlabel = \"{no:02}\"\nlocations = {places}\n\n");
        }
        let _ = write!(text, "[roster.{roster}\n{more}\n");
        self.ward_file = Some(text);
        Ok(self)
    }

    /// Starts `wardlight run` and waits until it is ready.
    ///
    /// # Errors
    /// It cannot be started, ends, or is not ready in time; the error carries what it wrote.
    pub async fn run(self) -> anyhow::Result<Ward> {
        Ward::begin("run", self).await
    }

    /// Starts `wardlight demo` and waits until it is ready.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub async fn demo(self) -> anyhow::Result<Ward> {
        Ward::begin("demo", self).await
    }
}

/// A gateway that runs, or ran, in a folder of its own.
#[derive(Debug)]
pub struct Ward {
    folder: TempDir,
    command: &'static str,
    plan: Plan,
    child: Child,
    ready: Value,
    starts: usize,
}

impl Ward {
    async fn begin(command: &'static str, plan: Plan) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let sample = super::top().join("deploy");
        let shipped = std::fs::read_to_string(sample.join("gateway.toml"))?;
        std::fs::write(folder.path().join("gateway.toml"), shipped + &plan.gateway_more)?;
        match &plan.ward_file {
            Some(text) => std::fs::write(folder.path().join("ward.toml"), text)?,
            None => _ = std::fs::copy(sample.join("ward.toml"), folder.path().join("ward.toml"))?,
        }
        let ports = LISTENERS.map(|name| (name, "127.0.0.1:0".to_owned()));
        let child = spawn(command, &plan, folder.path(), &ports, 0)?;
        let mut ward = Self { folder, command, plan, child, ready: Value::Null, starts: 1 };
        ward.await_ready().await?;
        Ok(ward)
    }

    /// The ready line, as the gateway printed it.
    #[must_use]
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// The ward's folder: both files, the store and the logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a listener listens: `http`, `mllp` or `mqtt`.
    ///
    /// # Errors
    /// The ready line does not name it.
    pub fn address(&self, listener: &str) -> anyhow::Result<SocketAddr> {
        let named = self.ready.get(listener).and_then(Value::as_str);
        Ok(named.with_context(|| format!("the ready line names no {listener}: {}", self.ready))?.parse()?)
    }

    /// The gateway's process id.
    ///
    /// # Errors
    /// The gateway is not there any more.
    pub fn process(&self) -> anyhow::Result<u32> {
        self.child.id().context("the gateway has ended")
    }

    /// Runs another command of the program on this ward's files and store, whether or not the gateway runs,
    /// with `input` on its standard input; gives its standard output.
    ///
    /// # Errors
    /// It cannot be started or ends with a fault; the error carries what it wrote.
    pub async fn command(&self, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let mut program = self.program(arguments)?;
        let piped = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().context("cannot start wardlight")?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that reads nothing has closed its end by now, which is its right.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let done = child.wait_with_output().await?;
        let printed = String::from_utf8(done.stdout)?;
        ensure!(done.status.success(), "{arguments:?}: {printed}{}", String::from_utf8_lossy(&done.stderr));
        Ok(printed)
    }

    /// As [`Ward::command`], a line at a time: a day of a ward does not fit into memory.
    ///
    /// # Errors
    /// As [`Ward::command`], and what `each` finds wrong.
    pub async fn lines(
        &self,
        arguments: &[&str],
        mut each: impl FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut child = self.program(arguments)?.stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        while let Some(line) = lines.next_line().await? {
            each(&line)?;
        }
        let ended = child.wait().await?;
        ensure!(ended.success(), "{arguments:?} ended with {ended}");
        Ok(())
    }

    fn program(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let folder = self.folder.path();
        let mut program = Command::new(crate::binary::binary()?);
        program.args(arguments).arg("--config").arg(folder.join("gateway.toml"));
        program.args(["--set", &format!("store.path={}", store(folder).display())]);
        program.stdin(Stdio::null()).kill_on_drop(true);
        Ok(program)
    }

    /// A caller of this ward's HTTP face.
    ///
    /// # Errors
    /// The ready line names no HTTP listener.
    pub fn api(&self) -> anyhow::Result<Api> {
        Ok(Api::new(&format!("http://{}", self.address("http")?)))
    }

    /// Adds an account.
    ///
    /// # Errors
    /// The program refuses.
    pub async fn add_user(&self, name: &str, role: &str, pin: &str) -> anyhow::Result<()> {
        self.command(&["user", "add", name, "--role", role, "--pin-stdin"], pin).await.map(drop)
    }

    /// Sends a message of `tests/data/hl7` with `wardlight send`; gives what it printed: the acknowledgement.
    ///
    /// # Errors
    /// The message is not accepted.
    pub async fn send_hl7(&self, name: &str) -> anyhow::Result<String> {
        let file = super::top().join("tests/data/hl7").join(name).display().to_string();
        let mllp = self.address("mllp")?.to_string();
        self.command(&["send", "--mllp", &mllp, &file], "").await
    }

    /// The most resident memory that the gateway has had since its start, in bytes.
    ///
    /// # Errors
    /// It has ended.
    pub fn peak_resident_bytes(&self) -> anyhow::Result<u64> {
        let id = self.child.id().context("the gateway has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: u64 = line.and_then(|line| line.split_whitespace().next()).context("no VmHWM")?.parse()?;
        Ok(kib * 1024)
    }

    /// What the gateway wrote on standard error since its last start.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(output(self.folder.path(), "stderr", self.starts - 1))?)
    }

    /// Sends a signal by its name: `TERM`, `STOP`, `CONT`.
    ///
    /// # Errors
    /// The gateway is not there any more.
    pub async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let id = self.process()?.to_string();
        // The shell's own `kill`: a bare machine has no program of that name.
        let told = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &id]).status().await?;
        ensure!(told.success(), "no signal {name} to process {id}");
        Ok(())
    }

    /// Cuts the power: the process is gone without a word.
    ///
    /// # Errors
    /// The process cannot be killed.
    pub async fn kill9(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks the gateway to stop, and waits as long as the contract gives it.
    ///
    /// # Errors
    /// It is not there, or does not stop in time.
    pub async fn term(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal("TERM").await?;
        let ended = tokio::time::timeout(STOP_MOST, self.child.wait()).await;
        Ok(ended.with_context(|| format!("still there {STOP_MOST:?} after SIGTERM"))??)
    }

    /// Starts again on the same store and the same ports, where its devices look for it.
    ///
    /// # Errors
    /// As [`Plan::run`]; also when the last one still runs.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        ensure!(self.child.try_wait()?.is_some(), "the gateway still runs");
        let mut ports = LISTENERS.map(|name| (name, String::new()));
        for (name, address) in &mut ports {
            *address = self.address(name)?.to_string();
        }
        self.child = spawn(self.command, &self.plan, self.folder.path(), &ports, self.starts)?;
        self.starts += 1;
        self.await_ready().await
    }

    async fn await_ready(&mut self) -> anyhow::Result<()> {
        let file = output(self.folder.path(), "stdout", self.starts - 1);
        let child = &mut self.child;
        let ready = until("the ready line", START_MOST, || {
            std::future::ready(match child.try_wait() {
                Ok(None) => Ok(ready_line(&file).map(Ok)),
                Ok(Some(status)) => Ok(Some(Err(anyhow!("the gateway ended with {status}")))),
                Err(fault) => Err(fault),
            })
        });
        match ready.await.and_then(|ready| ready) {
            Ok(ready) => self.ready = ready,
            Err(fault) => return Err(fault.context(self.log()?)),
        }
        Ok(())
    }
}

fn store(folder: &Path) -> PathBuf {
    folder.join("ward.db")
}

/// The first line of standard output, once it is whole.
fn ready_line(file: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(file).ok()?;
    let (line, _) = text.split_once('\n')?;
    serde_json::from_str(line).ok().filter(|line: &Value| line["ready"] == true)
}

/// Output goes to files, not pipes: nobody need read for the gateway to write.
fn output(folder: &Path, stream: &str, start: usize) -> PathBuf {
    folder.join(format!("{stream}.{start}"))
}

fn spawn(
    command: &str,
    plan: &Plan,
    folder: &Path,
    ports: &[(&str, String)],
    start: usize,
) -> anyhow::Result<Child> {
    let mut program = Command::new(crate::binary::binary()?);
    program.arg(command).args(&plan.arguments).arg("--config").arg(folder.join("gateway.toml"));
    let listeners = ports.iter().map(|(name, address)| format!("{name}.listen={address}"));
    let store = format!("store.path={}", store(folder).display());
    for set in listeners.chain([store, "audio.device=none".to_owned()]).chain(plan.sets.iter().cloned()) {
        program.args(["--set", &set]);
    }
    program
        .envs(plan.environment.iter().cloned())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(output(folder, "stdout", start))?)
        .stderr(File::create(output(folder, "stderr", start))?)
        .kill_on_drop(true)
        .spawn()
        .context("cannot start wardlight")
}
