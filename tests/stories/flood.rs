//! A peer floods, another sends messages of 15 MB, a thousand connections say nothing, on the port for HL7
//! and on the one for devices: the others are answered all the same, a new peer finds a place, and memory
//! stays bounded.

use std::time::Duration;

use harness::{Mllp, Monitor, Plan, Ward};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What the gateway may hold at most; a megabyte is a million bytes.
const MEMORY_MOST: u64 = 200_000_000;

/// Connections that say nothing.
const SILENT: usize = 1_000;

/// How often the others speak while it lasts.
const TIMES: usize = 20;

/// How long a peer may wait for its place.
const PATIENCE: Duration = Duration::from_secs(20);

fn result(control_id: &str, filling: &str) -> Vec<u8> {
    format!(
        "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|{control_id}|P|2.5.1\r\
         PID|1||MRN0042^^^HOSP^MR\rOBR|1||A1^LIS|X^Panel^L\rOBX|1|NM|90001-1^X^LN||5|mmol/L|||||F\r\
         NTE|1||{filling}\r"
    )
    .into_bytes()
}

/// Silent connections, a flood that nobody waits for, and large messages, for as long as they are in sight.
async fn storm(ward: &Ward) -> anyhow::Result<(Vec<TcpStream>, JoinSet<anyhow::Result<()>>)> {
    let (mllp, mqtt) = (ward.address("mllp")?, ward.address("mqtt")?);
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(TcpStream::connect(mllp).await?);
        silent.push(TcpStream::connect(mqtt).await?);
    }
    let mut storm = JoinSet::new();
    let mut flooding = TcpStream::connect(mllp).await?;
    storm.spawn(async move {
        // Its answers are never read: the gateway stops reading, and does not grow.
        for number in 0_u64.. {
            flooding
                .write_all(&[b"\x0b", &result(&format!("F{number}"), "")[..], b"\x1c\r"].concat())
                .await?;
        }
        Ok(())
    });
    let mut large = TcpStream::connect(mllp).await?;
    storm.spawn(async move {
        let filling = "x".repeat(15_000_000);
        for number in 0_u64.. {
            large
                .write_all(&[b"\x0b", &result(&format!("L{number}"), &filling)[..], b"\x1c\r"].concat())
                .await?;
        }
        Ok(())
    });
    Ok((silent, storm))
}

#[tokio::test]
async fn the_others_are_answered_in_a_flood() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let mut laboratory = Mllp::connect(&ward).await?;
    laboratory.exchange(&result("CALM", "")).await?;
    let mut monitor = Monitor::connect(&ward, "11")?;
    monitor.say(&[("MDC_ECG_HEART_RATE", 76.0, "/min")]).await?;
    let (_silent, _storm) = storm(&ward).await?;
    for number in 0..TIMES {
        let answer = laboratory.exchange(&result(&format!("N{number}"), "")).await?;
        assert!(answer.contains(&format!("MSA|AA|N{number}")), "{answer}");
        monitor.say(&[("MDC_ECG_HEART_RATE", 77.0, "/min")]).await?;
        assert_eq!(ward.api()?.status("/healthz").await?, 200);
    }
    let newcomer = async { Mllp::connect(&ward).await?.exchange(&result("NEW", "")).await };
    let answer = tokio::time::timeout(PATIENCE, newcomer).await??;
    assert!(answer.contains("MSA|AA|NEW"), "a new peer finds a place: {answer}");
    let peak = ward.peak_resident_bytes()?;
    assert!(peak < MEMORY_MOST, "{peak} bytes were resident");
    Ok(())
}
