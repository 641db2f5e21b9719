//! The gateway sounds into a real sound server. A person tests the sound at the start of the shift; the sink
//! goes, is replaced by the server's dummy, and comes back: each time the ward is told by another path, and
//! the sound heals by itself. A workstation sounds the same alerts, and each end misses the other.

use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::Context;
use harness::figures::{Stopwatch, note};
use harness::sound::{Leashed, PROGRAMS, Pulse, Recording, lines, wait_for};
use harness::{Api, Monitor, Plan, Ward, peers, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

/// A ward that sounds into the sink `nurse` of that server.
async fn ward(pulse: &Pulse) -> anyhow::Result<(Ward, Api)> {
    let mut plan = Plan::default().set("audio.device=pulse:nurse");
    plan.environment = pulse.environment().map(|(name, value)| (name.to_owned(), value)).into();
    let ward = plan.run().await?;
    ward.add_user("asha", "nurse", "2468").await?;
    let api = ward.api()?;
    Ok((ward, api))
}

/// Waits until the annunciator is as wanted, and gives it.
async fn annunciator(api: &Api, what: &str, is: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    until(what, PATIENCE, || async {
        let one = api.get("/api/v1/annunciators").await?[0].clone();
        Ok::<_, anyhow::Error>(is(&one).then_some(one))
    })
    .await
}

async fn test(api: &Api, heard: Option<bool>) -> anyhow::Result<(u16, Value)> {
    let body = json!({"by": "asha", "pin": "2468", "station": "desk 1", "heard": heard});
    api.post("/api/v1/annunciators/station/test", &body).await
}

/// Waits until the technical alert about the sound is open, and gives it.
async fn told(api: &Api) -> anyhow::Result<Value> {
    until("the alert about the sound", PATIENCE, || async {
        let alerts = api.alerts("").await?;
        Ok::<_, anyhow::Error>(alerts.into_iter().find(is_about_sound))
    })
    .await
}

/// Waits until it has ended by itself.
async fn healed(api: &Api) -> anyhow::Result<()> {
    until("the end of the alert", PATIENCE, || async {
        let alerts = api.alerts("").await?;
        Ok::<_, anyhow::Error>((!alerts.iter().any(is_about_sound)).then_some(()))
    })
    .await
}

fn is_about_sound(alert: &Value) -> bool {
    alert["code"] == "technical.sound" && alert["state"] != "latched"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_hears_the_test_and_says_so() -> anyhow::Result<()> {
    if !peers::present(&PROGRAMS)? {
        return Ok(());
    }
    let pulse = Pulse::start()?;
    pulse.add_sink("nurse")?;
    let (mut ward, api) = ward(&pulse).await?;
    let fresh = annunciator(&api, "sound", |one| one["state"] == "ok").await?;
    assert!(fresh["last_self_test"].is_null() && fresh["tested_in_this_shift"] == false, "{fresh}");
    assert_eq!(test(&api, Some(true)).await?.0, 409, "nothing was played");

    let recording = Recording::of(&pulse, "nurse")?;
    let (status, asks) = test(&api, None).await?;
    assert_eq!(status, 200, "{asks}");
    let marked = annunciator(&api, "the test", |one| one["playing"]["alert"] == "self-test").await?;
    assert_eq!(marked["playing"]["priority"], "high");
    annunciator(&api, "its end", |one| one["playing"].is_null()).await?;
    let loudest = recording.samples_from(0.0).into_iter().fold(0.0, |most: f32, one| most.max(one.abs()));
    assert!(loudest > 0.5, "the sink played at most {loudest}");
    assert_eq!(test(&api, Some(false)).await?.0, 200);
    let alert = told(&api).await?;
    assert!(
        alert["reasons"][0]["sentence"].as_str().is_some_and(|said| said.contains("nobody heard")),
        "{alert}"
    );

    // The alert sounds, too: it is answered before anything is tested.
    annunciator(&api, "the alert's burst", |one| one["playing"]["alert"] == alert["id"]).await?;
    assert_eq!(test(&api, None).await?.0, 409);
    let path = format!("/api/v1/alerts/{}/acknowledge", alert["id"].as_str().unwrap_or_default());
    let by = json!({"by": "asha", "pin": "2468", "station": "desk 1"});
    assert_eq!(api.post(&path, &by).await?.0, 200);
    annunciator(&api, "silence", |one| one["playing"].is_null()).await?;
    let (status, asks) = test(&api, None).await?;
    assert_eq!(status, 200, "what was not heard is tested again: {asks}");
    let (status, answer) = until("an answer", PATIENCE, || async {
        let answered = test(&api, Some(true)).await?;
        Ok::<_, anyhow::Error>((answered.0 == 200).then_some(answered))
    })
    .await?;
    assert_eq!((status, &answer["heard"], &answer["by"]), (200, &json!(true), &json!("asha")));
    healed(&api).await?;
    annunciator(&api, "the test's time", |one| one["last_self_test"] == answer["at"]).await?;
    ward.term().await?;
    ward.restart().await?;
    let api = ward.api()?;
    let kept =
        annunciator(&api, "the test after a restart", |one| one["last_self_test"] == answer["at"]).await?;
    assert_eq!(kept["last_self_test_by"], "asha", "{kept}");
    // Only at the very hour at which a shift begins is it another's.
    assert_eq!(kept["tested_in_this_shift"], true, "{kept}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_canary_passes_through_the_device_and_is_silent() -> anyhow::Result<()> {
    if !peers::present(&PROGRAMS)? {
        return Ok(());
    }
    let pulse = Pulse::start()?;
    pulse.add_sink("nurse")?;
    let recording = Recording::of(&pulse, "nurse")?;
    let (_ward, api) = ward(&pulse).await?;
    annunciator(&api, "sound", |one| one["state"] == "ok").await?;
    let canary = until("the first round", PATIENCE, || async {
        let canary = api.endpoint("canary").await?;
        Ok::<_, anyhow::Error>(canary["last_message_at"].is_string().then_some(canary))
    })
    .await?;
    assert_eq!(canary["why"], Value::Null, "{canary:#}");
    let loudest = recording.samples_from(0.0).into_iter().fold(0.0, |most: f32, one| most.max(one.abs()));
    assert!(loudest < 1e-4, "the sink played {loudest}");
    let one = annunciator(&api, "no burst", |one| one["state"] == "ok").await?;
    assert_eq!(one["bursts"], 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_goes_is_an_alert_and_its_return_heals() -> anyhow::Result<()> {
    if !peers::present(&PROGRAMS)? {
        return Ok(());
    }
    let pulse = Pulse::start()?;
    let mut nurse = pulse.add_sink("nurse")?;
    let (_ward, api) = ward(&pulse).await?;
    annunciator(&api, "sound", |one| one["state"] == "ok").await?;
    // Where there is another sink the server moves the stream there and says nothing.
    for other in ["auto_null", "hdmi"] {
        let other = pulse.add_sink(other)?;
        pulse.pactl(&["unload-module", &nurse]).context("the sink stays")?;
        told(&api).await?;
        let failed = annunciator(&api, "no sound", |one| one["state"] == "failed").await?;
        assert!(failed["why"].as_str().is_some_and(|why| !why.is_empty()), "{failed}");
        pulse.pactl(&["unload-module", &other]).context("the sink stays")?;
        nurse = pulse.add_sink("nurse")?;
        annunciator(&api, "sound again", |one| one["state"] == "ok").await?;
        healed(&api).await?;
    }
    Ok(())
}

/// `wardlight annunciator` on a workstation with a sound server of its own: as a program with a token, or as
/// the station that this machine is.
fn workstation(
    pulse: &Pulse,
    ward: &Ward,
    token: Option<&Path>,
) -> anyhow::Result<(Leashed, Receiver<String>)> {
    let gateway = format!("http://{}", ward.address("http")?);
    let program = harness::binary::binary()?.display().to_string();
    let mut command = pulse.command(&program);
    command.args(["annunciator", "--gateway", &gateway, "--id", "desk-2"]).stdout(Stdio::piped());
    match token {
        Some(token) => command.args(["--device", "pulse:desk", "--token-file"]).arg(token),
        None => command.args(["--set", "audio.device=pulse:desk"]),
    };
    let mut program = command.spawn()?;
    let said = lines(program.stdout.take().context("no standard output")?);
    Ok((Leashed(program), said))
}

/// Waits until a sink plays, or is silent for a second.
async fn plays(recording: &Recording, loud: bool) -> anyhow::Result<()> {
    until("the sink", PATIENCE, || async {
        let last = recording.samples_from((recording.seconds() - 1.0).max(0.0));
        let is_loud = last.iter().any(|sample| sample.abs() > 0.1);
        Ok::<_, anyhow::Error>((is_loud == loud).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workstation_sounds_what_the_gateway_wants_and_each_end_misses_the_other() -> anyhow::Result<()> {
    if !peers::present(&PROGRAMS)? {
        return Ok(());
    }
    let pulse = Pulse::start()?;
    pulse.add_sink("desk")?;
    let at_once = "[limits.pulse_rate]\nred_delay_s = 0\nyellow_delay_s = 0\n";
    let ward = Plan::default().ward_with(at_once)?.run().await?;
    ward.add_user("asha", "nurse", "2468").await?;
    let api = ward.api()?;
    let token = ward.folder().join("desk.token");
    let created = ward.command(&["token", "create", "desk-2", "--role", "nurse"], "").await?;
    std::fs::write(&token, created.lines().last().context("no token")?)?;
    let (desk, said) = workstation(&pulse, &ward, Some(&token))?;
    let shown = |state: &'static str| {
        let api = api.clone();
        async move {
            until("the workstation", PATIENCE, || async {
                let all = api.get("/api/v1/annunciators").await?;
                let one = all.as_array().into_iter().flatten().find(|one| one["id"] == "desk-2").cloned();
                Ok::<_, anyhow::Error>(one.filter(|one| one["state"] == state))
            })
            .await
        }
    };
    assert_eq!(shown("ok").await?["device"], "pulse:desk");
    let recording = Recording::of(&pulse, "desk")?;

    let mut monitor = Monitor::connect(&ward, "03")?;
    monitor.say(&[("MDC_ECG_HEART_RATE", 170.0, "/min")]).await?;
    plays(&recording, true).await?;
    until("the receipt of the workstation's sound", PATIENCE, || async {
        let alert = api.alert("03", "limit.pulse_rate.high", PATIENCE, |_| true).await?;
        let receipts = alert["receipts"].as_array().cloned().unwrap_or_default();
        let is_it = |receipt: &Value| receipt["stage"] == "sounded" && receipt["to"] == "desk-2";
        Ok::<_, anyhow::Error>(receipts.iter().any(is_it).then_some(()))
    })
    .await?;
    let by = json!({"by": "asha", "pin": "2468", "station": "desk 2"});
    assert_eq!(api.post("/api/v1/beds/03/acknowledge", &by).await?.0, 200);
    plays(&recording, false).await?;

    // The gateway is frozen: it neither answers nor hangs up.
    let watch = Stopwatch::start();
    ward.signal("STOP").await?;
    wait_for(&said, r#""gateway":false"#)?;
    plays(&recording, true).await?;
    note("gateway frozen to failure tone at the workstation", watch.elapsed().as_secs_f64(), "s")?;
    ward.signal("CONT").await?;
    plays(&recording, false).await?;

    let watch = Stopwatch::start();
    drop(desk);
    let alert = told(&api).await?;
    note("workstation killed to alert at the gateway", watch.elapsed().as_secs_f64(), "s")?;
    assert!(alert.to_string().contains("annunciator desk-2: nothing was heard"), "{alert}");
    assert_eq!(shown("failed").await?["playing"], Value::Null);

    let (_desk, _said) = workstation(&pulse, &ward, None)?;
    assert_eq!(shown("ok").await?["device"], "pulse:desk");
    healed(&api).await
}
