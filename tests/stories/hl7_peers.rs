//! Foreign HL7 programs at both ends: python-hl7 and node-hl7-client send to the ward and read its answers;
//! the servers of both take what `wardlight send` brings them, and python-hl7's what is charted over MLLP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use harness::peers::{self, Peer};
use harness::{Plan, Ward, until};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_mins(1);

/// Beds of the demonstration, a patient in each.
const BEDS: usize = 8;

fn sample() -> PathBuf {
    harness::top().join("tests/data/hl7/lab_critical_k_hh.hl7")
}

/// What a program prints, with these arguments.
async fn said(program: &str, arguments: &[String]) -> anyhow::Result<String> {
    let program = peers::find(program).context("it is not installed")?;
    let saying = Command::new(program).args(arguments).kill_on_drop(true).output();
    let told = tokio::time::timeout(PATIENCE, saying).await.context("it never ended")??;
    let (said, fault) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    ensure!(told.status.success(), "{said}{fault}");
    Ok(said.into_owned())
}

/// The message was answered, and it calls.
async fn called(ward: &Ward, answer: &str) -> anyhow::Result<()> {
    assert!(answer.contains("MSA|AA|L0001"), "{answer}");
    ward.api()?.alert("07", "lab.potassium", PATIENCE, |_| true).await.map(drop)
}

#[tokio::test]
async fn python_sends_to_the_ward() -> anyhow::Result<()> {
    if !peers::present(&["python-peers"])? {
        return Ok(());
    }
    let ward = Plan::default().run().await?;
    let port = ward.address("mllp")?.port().to_string();
    let file = sample().display().to_string();
    let program = "from hl7.client import mllp_send; mllp_send()";
    let arguments = ["-c", program, "--loose", "--port", &port, "--file", &file, "127.0.0.1"];
    let answer = said("python-peers", &arguments.map(str::to_owned)).await?;
    called(&ward, &answer).await
}

#[tokio::test]
async fn node_sends_to_the_ward() -> anyhow::Result<()> {
    if !peers::present(&["node-peers"])? {
        return Ok(());
    }
    let ward = Plan::default().run().await?;
    let port = ward.address("mllp")?.port().to_string();
    let arguments = [peers::script("hl7_client.js"), peers::node_modules(), port.into(), sample()];
    let answer = said("node-peers", &arguments.map(|argument| argument.display().to_string())).await?;
    called(&ward, &answer).await
}

/// Sends files to a server with `wardlight send`; each is acknowledged, in order, and arrived.
async fn sent_to(server: &Peer, address: SocketAddr, files: &[(&str, &str)]) -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let folder = harness::top().join("tests/data/hl7");
    let paths: Vec<_> = files.iter().map(|(name, _)| folder.join(name).display().to_string()).collect();
    let to = address.to_string();
    let arguments: Vec<&str> =
        ["send", "--mllp", &to].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let answers = ward.command(&arguments, "").await?;
    let named = answers.lines().filter(|line| line.starts_with("MSA|"));
    assert!(named.eq(files.iter().map(|(_, id)| format!("MSA|AA|{id}"))), "{answers}");
    until("every message to arrive", PATIENCE, || async {
        anyhow::Ok(server.log()?.lines().eq(files.iter().map(|(_, id)| *id)).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_python_server_takes_what_is_sent() -> anyhow::Result<()> {
    if !peers::present(&["python-peers"])? {
        return Ok(());
    }
    let (server, address) = peers::hl7_server_in_python(false).await?;
    sent_to(&server, address, &[("lab_critical_k_hh.hl7", "L0001"), ("adt_a01_icu.hl7", "AD1")]).await
}

/// It answers one message a connection, and reads none whose last segment has an end.
#[tokio::test]
async fn a_node_server_takes_what_is_sent() -> anyhow::Result<()> {
    if !peers::present(&["node-peers"])? {
        return Ok(());
    }
    let (server, address) = peers::hl7_server_in_node().await?;
    sent_to(&server, address, &[("eol_cr_noend.hl7", "EOL-cr_noend")]).await
}

/// A demonstration ward charts to a server until every bed has been charted twice; the server has every
/// message that the outbox holds as done, and nothing is parked.
async fn charted_to(server: &Peer, address: SocketAddr) -> anyhow::Result<()> {
    let arguments = ["--speed", "10", "--silent"].map(str::to_owned).to_vec();
    let plan = Plan { arguments, ..Plan::default() };
    let ward = plan.set(format!("delivery.mllp.address={address}")).demo().await?;
    let api = ward.api()?;
    until("two sets of every bed", PATIENCE, || async {
        let rows = api.get("/api/v1/deliveries?state=done").await?;
        let done = rows.as_array().into_iter().flatten().filter(|row| row["destination"] == "mllp").count();
        let arrived = server.log()?.lines().count();
        ensure!(arrived >= done, "{done} are done, {arrived} arrived");
        anyhow::Ok((done >= 2 * BEDS).then_some(()))
    })
    .await?;
    let parked = api.get("/api/v1/deliveries?state=parked").await?;
    assert_eq!(parked.as_array().map(Vec::len), Some(0), "{parked:#}");
    Ok(())
}

#[tokio::test]
async fn a_python_server_is_charted_to() -> anyhow::Result<()> {
    if !peers::present(&["python-peers"])? {
        return Ok(());
    }
    let (server, address) = peers::hl7_server_in_python(false).await?;
    charted_to(&server, address).await
}
