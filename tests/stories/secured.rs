//! A device that is known by its certificate speaks for its own bed and for no other; a laboratory and a
//! browser come over TLS; a certificate is renewed while the ward goes on; a gateway that waits to be called
//! is called.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, anyhow};
use harness::authority::{Authority, Pair};
use harness::{Plan, Ward, peers, until};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(20);

const FRAME: &str = r#"{"readings":[{"code":"MDC_ECG_HEART_RATE","value":88,"unit":"/min"}]}"#;

const ORDER: &str = "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|TLS1|P|2.5.1\r\
                     PID|1||MRN1\rOBR|1||A1\rOBX|1|NM|2823-3^K^LN||4.1|mmol/L|||||F\r";

fn authority(folder: &Path) -> anyhow::Result<Authority> {
    Authority::new(folder, "hospital").map_err(|fault| anyhow!("{fault}"))
}

fn client(authority: &Authority, name: &str) -> anyhow::Result<Pair> {
    authority.client(name).map_err(|fault| anyhow!("{fault}"))
}

/// A ward whose `listener` speaks TLS, and asks for certificates where `asks` says so.
fn secured(plan: Plan, listener: &str, pair: &Pair, asks: Option<&Authority>) -> Plan {
    let key = |name, file: &Path| format!("{listener}.tls.{name}={}", file.display());
    let plan = plan.set(key("certificate", &pair.certificate)).set(key("key", &pair.key));
    asks.map_or(plan.clone(), |authority| plan.set(key("client_ca", &authority.ca())))
}

/// Publishes with Mosquitto's client; says whether it got through.
async fn publish(ward: &Ward, ca: &Path, own: Option<&Pair>, bed: &str) -> anyhow::Result<bool> {
    let program = peers::find("mosquitto_pub").context("mosquitto_pub")?;
    let mut command = Command::new(program);
    let port = ward.address("mqtt")?.port().to_string();
    let topic = format!("wardlight/v1/icu-1/{bed}/monitor/readings");
    command.args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", &topic, "-m", FRAME]);
    command.arg("--cafile").arg(ca);
    if let Some(own) = own {
        command.arg("--cert").arg(&own.certificate).arg("--key").arg(&own.key);
    }
    let ended = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).status()).await?;
    Ok(ended?.success())
}

/// What Python's ssl makes of one of the ward's doors.
async fn python(what: &str, port: u16, ca: &Path, own: Option<&Pair>, given: &str) -> anyhow::Result<String> {
    let script = harness::top().join("tests/stories/secured.py");
    let (certificate, key) = own.map(|pair| (pair.certificate.as_path(), pair.key.as_path())).unzip();
    let mut child = Command::new(peers::find("python3").context("python3")?)
        .arg(script)
        .args([what, &port.to_string()])
        .arg(ca)
        .arg(certificate.unwrap_or(Path::new("")))
        .arg(key.unwrap_or(Path::new("")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = child.stdin.take().context("piped")?;
    stdin.write_all(given.as_bytes()).await?;
    drop(stdin);
    let done = tokio::time::timeout(PATIENCE, child.wait_with_output()).await??;
    anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Ok(String::from_utf8(done.stdout)?)
}

#[tokio::test]
async fn a_device_with_a_certificate_speaks_for_its_own_bed_alone() -> anyhow::Result<()> {
    if !peers::present(&["mosquitto_pub"])? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let ours = authority(folder.path())?;
    let (server, device) = (ours.server().map_err(|fault| anyhow!("{fault}"))?, client(&ours, "monitor-7")?);
    let known = "\n[[mqtt.device]]\nbed = \"07\"\ndevice = \"monitor\"\ncertificate = \"monitor-7\"\n";
    let plan = secured(Plan::default().gateway_with(known), "mqtt", &server, Some(&ours));
    let ward = plan.run().await?;
    let api = ward.api()?;
    assert!(publish(&ward, &ours.ca(), Some(&device), "07").await?);
    let shown = async || api.get("/api/v1/beds/07").await;
    until("the heart rate at bed 07", PATIENCE, || async {
        let bed = shown().await?;
        let vitals = bed["vitals"].as_array().into_iter().flatten();
        Ok::<_, anyhow::Error>(vitals.into_iter().find(|vital| vital["value"] == 88).map(|_| ()))
    })
    .await?;
    // 3.1.1 knows no reason: the device hears a plain acknowledgement, and the ward keeps what it sent.
    assert!(publish(&ward, &ours.ca(), Some(&device), "08").await?);
    assert!(!publish(&ward, &ours.ca(), None, "07").await?);
    // The client is gone before the ward has written down why.
    for reason in ["not below 07/monitor", "TLS handshake failed"] {
        until(reason, PATIENCE, || async {
            let refused = api.get("/api/v1/messages?state=refused").await?.to_string();
            Ok::<_, anyhow::Error>(refused.contains(reason).then_some(()))
        })
        .await?;
    }
    assert_eq!(api.get("/api/v1/beds/08").await?["vitals"], Value::Array(vec![]));
    let mqtt = api.endpoint("mqtt").await?;
    assert_eq!((&mqtt["tls"], &mqtt["handshakes_failed"]), (&Value::from(true), &Value::from(1)));
    assert_eq!((&mqtt["passed"], &mqtt["refused"]), (&Value::from(1), &Value::from(2)), "{mqtt:#}");
    assert!(
        mqtt["certificate_expires_at"].as_str().is_some_and(|end| end.starts_with("4096-12-31")),
        "{mqtt:#}"
    );
    Ok(())
}

#[tokio::test]
async fn laboratory_and_browser_come_over_tls() -> anyhow::Result<()> {
    if !peers::present(&["python3"])? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let ours = authority(folder.path())?;
    let server = ours.server().map_err(|fault| anyhow!("{fault}"))?;
    let plan = secured(Plan::default(), "mllp", &server, Some(&ours));
    let ward = secured(plan, "http", &server, None).run().await?;
    let laboratory = client(&ours, "laboratory")?;
    let (mllp, http) = (ward.address("mllp")?.port(), ward.address("http")?.port());
    let answer = python("mllp", mllp, &ours.ca(), Some(&laboratory), ORDER).await?;
    assert!(answer.starts_with("TLSv1.3") && answer.contains("MSA|AA|TLS1"), "{answer}");
    let stranger = python("mllp", mllp, &ours.ca(), None, ORDER).await;
    assert!(stranger.is_err(), "{stranger:?}");
    ward.add_user("asha", "nurse", "2468").await?;
    let board = python("http", http, &ours.ca(), None, r#"{"name":"asha","pin":"2468"}"#).await?;
    let (cookie, endpoints) = board.split_once('\n').context("two lines")?;
    assert!(cookie.contains("; Secure") && cookie.contains("HttpOnly"), "{cookie}");
    let endpoints: Value = serde_json::from_str(endpoints)?;
    let of = |id| endpoints.as_array().into_iter().flatten().find(move |known| known["id"] == id);
    let mllp = of("mllp").context("mllp")?;
    assert_eq!((&mllp["authentication"], &mllp["refused"]), (&"client certificate".into(), &1.into()));
    Ok(())
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_ward_goes_on() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let ours = authority(folder.path())?;
    let until_year = |year| ours.server_until(year).map_err(|fault| anyhow!("{fault}"));
    let (shown, renewed) = (until_year(2020)?, until_year(2090)?);
    let ward = secured(Plan::default(), "mllp", &shown, None).run().await?;
    let api = ward.api()?;
    let said = async || Ok::<_, anyhow::Error>(api.get("/api/v1/alerts").await?.to_string());
    let ended = "the certificate of mllp ended on 2020-12-31";
    until("an alert for the ended certificate", PATIENCE, || async {
        Ok::<_, anyhow::Error>(said().await?.contains(ended).then_some(()))
    })
    .await?;
    std::fs::copy(&renewed.certificate, &shown.certificate)?;
    std::fs::copy(&renewed.key, &shown.key)?;
    ward.signal("HUP").await?;
    until("the alert's end", PATIENCE, || async {
        Ok::<_, anyhow::Error>((!said().await?.contains(ended)).then_some(()))
    })
    .await?;
    let end = api.endpoint("mllp").await?["certificate_expires_at"].to_string();
    assert!(end.contains("2090-12-31"), "{end}");
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_waits_is_called_and_missed() -> anyhow::Result<()> {
    let gateway = TcpListener::bind("127.0.0.1:0").await?;
    let address = gateway.local_addr()?;
    let dial = format!("\n[[mllp.dial]]\nname = \"nk\"\naddress = \"{address}\"\nexpected_silence_s = 2\n");
    let ward = Plan::default().gateway_with(&dial).run().await?;
    let api = ward.api()?;
    let (mut line, _) = gateway.accept().await?;
    line.write_all(&[b"\x0b", ORDER.as_bytes(), b"\x1c\r"].concat()).await?;
    let mut answer = [0; 512];
    let length = tokio::time::timeout(PATIENCE, line.read(&mut answer)).await??;
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.contains("MSA|AA|TLS1"), "{answer}");
    drop((line, gateway));
    let said = async || Ok::<_, anyhow::Error>(api.get("/api/v1/alerts").await?.to_string());
    until("an alert for the lost gateway", PATIENCE, || async {
        Ok::<_, anyhow::Error>(said().await?.contains("gateway nk is not connected").then_some(()))
    })
    .await?;
    let down = api.endpoint("mllp:nk").await?;
    assert_eq!((&down["state"], &down["passed"]), (&Value::from("down"), &Value::from(1)), "{down:#}");
    let gateway = TcpListener::bind(address).await?;
    let (_line, _) = gateway.accept().await?;
    until("the alert's end", PATIENCE, || async {
        Ok::<_, anyhow::Error>((!said().await?.contains("gateway nk")).then_some(()))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn check_names_every_file_and_an_age_that_is_over() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let folder = tempfile::tempdir()?;
    let old = authority(folder.path())?.server_until(2020).map_err(|fault| anyhow!("{fault}"))?;
    let set = |key: &str, file: &Path| format!("{key}={}", file.display());
    let sets = [
        set("http.tls.certificate", &old.certificate),
        set("http.tls.key", &old.key),
        set("mllp.tls.certificate", Path::new("/no/certificate")),
        set("mllp.tls.key", Path::new("/no/key")),
        set("mqtt.passwords_file", Path::new("/no/passwords")),
    ];
    let arguments: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let faults = ward.command(&[&["check"], &arguments[..]].concat(), "").await.unwrap_err().to_string();
    for path in ["mllp.tls.certificate: /no", "mllp.tls.key: /no", "mqtt.passwords_file: /no"] {
        assert!(faults.contains(path), "{faults}");
    }
    assert!(faults.contains("http.tls.certificate: ") && faults.contains("ended at 2020-12-31"), "{faults}");
    Ok(())
}
