//! MQTT frames of ten readings, about 900 bytes, acknowledged in a second: ours judged and durable, beside
//! Mosquitto without persistence on the same bytes, once as a broker is used, with somebody who takes the
//! frames from it, and once with nobody, so that it acknowledges and throws away.

use std::fmt::Write;
use std::net::SocketAddr;

use harness::figures::{Stopwatch, note};
use harness::load::Device;
use harness::{Plan, dose, peers};
use tokio::task::JoinSet;

use crate::percentile;
use crate::subscriber::Subscriber;

const ROUNDS: usize = 3;

/// A monitor's page of values, a patient who is well.
const READINGS: [(&str, &str, &str); 10] = [
    ("MDC_ECG_HEART_RATE", "78", "/min"),
    ("MDC_PULS_OXIM_SAT_O2", "97", "%"),
    ("MDC_PULS_OXIM_PULS_RATE", "78", "/min"),
    ("MDC_RESP_RATE", "14", "/min"),
    ("MDC_PRESS_BLD_ART_ABP_SYS", "121", "mm[Hg]"),
    ("MDC_PRESS_BLD_ART_ABP_DIA", "74", "mm[Hg]"),
    ("MDC_PRESS_BLD_ART_ABP_MEAN", "90", "mm[Hg]"),
    ("MDC_TEMP", "37.1", "Cel"),
    ("MDC_AWAY_CO2_ET", "38", "mm[Hg]"),
    ("MDC_CONC_AWAY_O2_INSP", "40", "%"),
];

pub(crate) fn page() -> String {
    let mut page = String::new();
    for (code, value, unit) in READINGS {
        let comma = if page.is_empty() { "" } else { "," };
        // Writing into text cannot fail.
        let _ = write!(page, r#"{comma}{{"code":"{code}","value":{value},"unit":"{unit}","status":"ok"}}"#);
    }
    page
}

/// Nothing is kept on a disk, and nothing is thrown away while the subscriber is slower than the devices.
const MOSQUITTO: &str = "persistence false\nset_tcp_nodelay true\nmax_inflight_messages 1000\n\
                         max_queued_messages 0";

pub(crate) async fn run() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let ours = ward.address("mqtt")?;
    let rival = if peers::present(&["mosquitto"])? { Some(peers::mosquitto(MOSQUITTO).await?) } else { None };
    for lines in [1, 4, 30] {
        let (mut us, mut deaf, mut heard) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            us.push(a_second(ours, lines, None).await?);
            if let Some((_, rival)) = &rival {
                deaf.push(a_second(*rival, lines, None).await?);
                heard.push(a_second(*rival, lines, Some(Subscriber::at(*rival).await?)).await?);
            }
        }
        let us = percentile(&mut us, 50);
        note(&format!("frames of 10 readings, lines: {lines}, durable"), us, "/s")?;
        for (rival, mut them) in [("Mosquitto with one subscriber", heard), ("Mosquitto with nobody", deaf)] {
            if !them.is_empty() {
                let them = percentile(&mut them, 50);
                note(&format!("frames of 10 readings, lines: {lines}, {rival}"), them, "/s")?;
                note(&format!("frames of 10 readings, lines: {lines}, ratio to {rival}"), us / them, "")?;
            }
        }
    }
    Ok(())
}

/// Frames in a second, until each is acknowledged and the subscriber, if there is one, has it.
async fn a_second(to: SocketAddr, lines: usize, subscriber: Option<Subscriber>) -> anyhow::Result<f64> {
    let frames = dose().of(20_000, 200_000) / lines;
    let watch = Stopwatch::start();
    let mut tasks = JoinSet::new();
    for no in 1..=lines {
        let mut device = Device::at(&format!("{no:02}"), "monitor");
        device.read(&page());
        let most = u64::try_from(frames)?;
        tasks.spawn(async move { device.send(to, None, most).await });
    }
    if let Some(mut subscriber) = subscriber {
        tasks.spawn(async move { subscriber.take(frames * lines).await });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(f64::from(u32::try_from(frames * lines)?) / watch.elapsed().as_secs_f64())
}
