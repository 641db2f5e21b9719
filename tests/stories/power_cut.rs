//! The power is cut at any instant, under load, again and again: nothing that was acknowledged is missing, an
//! alert that nobody answered calls again within two seconds, and a step is told again at most once, and only
//! where it was not known whether it had been told.
//!
//! The short dose is 20 cuts over an hour of a ward's frames, the long one 1,000 over a day. The frames are
//! made by the program itself, at full speed; their number is the ward's, their arrival is now.

#![expect(clippy::indexing_slicing, reason = "a story may fail loudly")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use gateway::sandbox::whatsapp::Sent;
use harness::ends::Ends;
use harness::figures::{self, Stopwatch};
use harness::load::Device;
use harness::{Api, Events, Plan, Ward, dose, until};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::timeout;

/// Beds of the ward, with three devices each that send once a second.
const BEDS: usize = 30;
const FRAMES_AN_HOUR: u64 = 3 * 30 * 3_600;

/// What each of the four devices of the load sends in a second: 1,600 in all.
const A_SECOND: u32 = 400;

/// From the ready line to the call.
const CALLS_WITHIN: Duration = Duration::from_secs(2);

/// By which the instants of the cuts are drawn.
const SEED: u64 = 20_261_121;

/// A ladder that goes on telling phones while nobody answers.
const LADDER: &str = r#"
[ladder.laboratory]
steps = [
    { after_s = 0, tell = ["station:sound", "station:board", "attending:whatsapp"] },
    { after_s = 2, tell = ["duty_doctor:whatsapp"] },
    { after_s = 4, tell = ["ward:whatsapp", "charge_nurse:whatsapp"] },
]
"#;

#[tokio::test]
async fn the_power_is_cut_again_and_again() -> anyhow::Result<()> {
    let (cuts, hours, repeat_s) = (dose().of(20, 1_000), dose().of(1, 24), dose().of(6, 60));
    let ends = Ends::start(&[]).await?;
    let plan = Plan::default().beds(BEDS, &format!("{LADDER}repeat_s = {repeat_s}\n"))?;
    let mut ward = ends.serve(plan).run().await?;
    let begun = figures::now();
    let mut load = ["01", "02", "03", "04"].map(|bed| Device::at(bed, "load"));
    fill(&mut load, ward.address("mqtt")?, hours).await?;
    nobody_answers(&ward).await?;

    let mut told = Told::default();
    let mut chance = Chance(SEED);
    let (mut restarts_ms, mut loaded_s) = (Vec::new(), 0.0);
    for cut in 0..cuts {
        // Now and then a phone is told, and the gateway does not hear so before its end.
        ends.phones.script().lose_next(cut % 2);
        loaded_s += cut_under_load(&mut ward, &mut load, chance.instant()).await?;
        told.cuts.push(figures::now());
        let restart = Stopwatch::start();
        ward.restart().await?;
        restarts_ms.push(restart.elapsed().as_secs_f64() * 1_000.0);
        until("the alerts to call again", CALLS_WITHIN, || calls(&ward)).await?;
        told.hold(&ends, &ward.api()?).await?;
    }
    let to = ward.address("mqtt")?;
    at_full_speed(&mut load, to, 0).await?;
    told.hold(&ends, &ward.api()?).await?;
    let twice = told.at_most_once_again(&ends);
    let kept = nothing_is_missing(&ward, &load, &begun.to_string()).await?;

    restarts_ms.sort_by(f64::total_cmp);
    let frames: usize = load.iter().map(|device| device.acknowledged.len()).sum();
    figures::note("power cut: kills", count(cuts), "")?;
    figures::note("power cut: acknowledged frames, none missing", count(frames), "")?;
    figures::note("power cut: frames stored, those sent twice counted once", count(kept), "")?;
    figures::note("power cut: seconds under load", loaded_s, "s")?;
    figures::note("power cut: restart to ready, median", restarts_ms[cuts / 2], "ms")?;
    figures::note("power cut: restart to ready, worst", restarts_ms[cuts - 1], "ms")?;
    figures::note("power cut: steps told again", count(twice), "")
}

/// Puts the frames of so many hours into the store.
async fn fill(load: &mut [Device; 4], to: SocketAddr, hours: usize) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    let frames = FRAMES_AN_HOUR * u64::try_from(hours)?;
    at_full_speed(load, to, frames / 4).await?;
    figures::note("power cut: frames in the store beforehand", count(usize::try_from(frames)?), "")?;
    figures::note("power cut: seconds to put them there", watch.elapsed().as_secs_f64(), "s")
}

/// Four devices at once, each until `more` further frames and all earlier ones are acknowledged.
async fn at_full_speed(load: &mut [Device; 4], to: SocketAddr, more: u64) -> anyhow::Result<()> {
    let most = load.each_ref().map(|device| device.sent() + more);
    let [a, b, c, d] = load;
    let done = tokio::join!(
        a.send(to, None, most[0]),
        b.send(to, None, most[1]),
        c.send(to, None, most[2]),
        d.send(to, None, most[3]),
    );
    done.0.and(done.1).and(done.2).and(done.3)
}

/// Four critical values of the laboratory at bed 07, which nobody will answer.
async fn nobody_answers(ward: &Ward) -> anyhow::Result<()> {
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    until("four alerts of the laboratory", CALLS_WITHIN, || calls(ward)).await
}

/// Kills the gateway at its instant while all devices send; gives how long they sent.
async fn cut_under_load(ward: &mut Ward, load: &mut [Device; 4], at: Duration) -> anyhow::Result<f64> {
    let to = ward.address("mqtt")?;
    let [a, b, c, d] = load;
    let watch = Stopwatch::start();
    let cut = async {
        // Not a wait for something to come: the instant itself is what is drawn.
        let _ = timeout(at, std::future::pending::<()>()).await;
        ward.kill9().await
    };
    let (cut, ..) = tokio::join!(
        cut,
        // Each ends with the line, having read every acknowledgement that was still on it.
        a.send(to, Some(A_SECOND), u64::MAX),
        b.send(to, Some(A_SECOND), u64::MAX),
        c.send(to, Some(A_SECOND), u64::MAX),
        d.send(to, Some(A_SECOND), u64::MAX),
    );
    cut?;
    Ok(watch.elapsed().as_secs_f64())
}

/// Whether all four alerts are active with a next step, and the station is told to sound.
async fn calls(ward: &Ward) -> anyhow::Result<Option<()>> {
    let api = ward.api()?;
    let alerts = api.get("/api/v1/alerts").await?;
    let calling = alerts.as_array().into_iter().flatten().filter(|alert| {
        alert["kind"] == "laboratory"
            && alert["state"] == "active"
            && alert["escalation"]["next_at"].is_string()
    });
    let snapshot = Events::open(&api).await?.next_named("snapshot").await?;
    let sounds = snapshot["signal"]["priority"] == "high";
    Ok((calling.count() == 4 && sounds).then_some(()))
}

/// What was told to phones, as the gateway knows it and as the phones do.
#[derive(Default)]
struct Told {
    /// Steps that the gateway knew as told, with how often the phone had been told by then.
    settled: BTreeMap<String, usize>,
    /// When the power was cut.
    cuts: Vec<Timestamp>,
}

impl Told {
    /// Takes down what is settled now.
    async fn hold(&mut self, ends: &Ends, api: &Api) -> anyhow::Result<()> {
        let done = api.get("/api/v1/deliveries?state=done").await?;
        let rung = rung(ends);
        for row in done.as_array().into_iter().flatten().filter(|row| row["destination"] == "whatsapp") {
            let key = row["key"].as_str().unwrap_or_default();
            let times = rung.get(key).map_or(0, Vec::len);
            self.settled.entry(key.to_owned()).or_insert(times);
        }
        Ok(())
    }

    /// Nothing settled was told again, and what was told again was told twice, for want of an answer. Gives
    /// how many steps were.
    fn at_most_once_again(&self, ends: &Ends) -> usize {
        let rung = rung(ends);
        assert!(!self.settled.is_empty(), "no phone was told anything");
        for (key, times) in &self.settled {
            assert!(*times >= 1, "{key} is known as told, and no phone was");
            assert_eq!(
                rung.get(key).map_or(0, Vec::len),
                *times,
                "{key} was told again after it was settled"
            );
        }
        let again: Vec<_> = rung.iter().filter(|(_, times)| times.len() > 1).collect();
        for (key, times) in &again {
            let [first, second] = times.as_slice() else { panic!("{key} was told {} times", times.len()) };
            assert!(self.was_unknown(first, second), "{key} was told again though its answer had come");
        }
        again.len()
    }

    /// Whether the answer to the first call could not be known when the second was made: it was lost on
    /// purpose, or the power was cut before it was written down.
    fn was_unknown(&self, first: &Sent, second: &Sent) -> bool {
        !first.answered || self.cuts.iter().any(|cut| (first.at..=second.at).contains(cut))
    }
}

/// Each step with every time that it reached a phone, the first first.
fn rung(ends: &Ends) -> BTreeMap<String, Vec<Sent>> {
    let mut rung: BTreeMap<String, Vec<Sent>> = BTreeMap::new();
    for sent in ends.phones.sent() {
        // One message may stand for several calls to one phone, each by its key.
        let keys = sent.message.opaque.clone().unwrap_or_default();
        for key in keys.split(' ') {
            rung.entry(key.to_owned()).or_default().push(sent.clone());
        }
    }
    rung
}

/// Every acknowledged frame is in what the program exports. Gives how many frames are there.
async fn nothing_is_missing(ward: &Ward, load: &[Device; 4], from: &str) -> anyhow::Result<usize> {
    let mut kept = load.each_ref().map(|device| vec![false; usize::try_from(device.sent()).unwrap_or(0) + 1]);
    let arguments = ["export", "--kind", "readings", "--from", from];
    let mark = |line: &str| {
        let line: Value = serde_json::from_str(line)?;
        let seq = line["seq"].as_u64().context("a frame without a number")?;
        let at = load.iter().position(|device| line["bed"] == device.bed && line["device"] == device.name);
        let mark = at
            .and_then(|at| kept[at].get_mut(usize::try_from(seq).ok()?))
            .with_context(|| format!("nobody sent {line}"))?;
        *mark = true;
        Ok(())
    };
    ward.lines(&arguments, mark).await?;
    for (device, kept) in load.iter().zip(&kept) {
        let missing: Vec<_> = device
            .acknowledged
            .iter()
            .filter(|seq| !usize::try_from(**seq).is_ok_and(|seq| kept[seq]))
            .collect();
        assert!(missing.is_empty(), "bed {}: acknowledged and gone: {missing:?}", device.bed);
    }
    Ok(kept.iter().flatten().filter(|kept| **kept).count())
}

/// Instants drawn from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    /// Between a fifth of a second and a second and a fifth after the start.
    fn instant(&mut self) -> Duration {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Duration::from_micros(200_000 + (drawn ^ (drawn >> 31)) % 1_000_000)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of frames is far below what a float holds whole")]
fn count(number: usize) -> f64 {
    number as f64
}
