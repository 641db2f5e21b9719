//! The annunciator of a workstation: asks its gateway each second what must sound, sounds it, and says how
//! its own sound is. A gateway that does not answer, or whose ward nobody judges, is announced here by the
//! high burst at full volume. It never decides what else sounds.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use rules::{Moment, Priority, Span};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::reach::Gateway;
use super::run::{log_as, until_told};
use crate::annunciator::{Annunciator, Device, State, Status, TestDesk};
use crate::clock::Clock;
use crate::config::gateway::LogFormat;
use crate::config::loudness::{FULL_PERCENT, Loudness};
use crate::record::priority;
use crate::view::{Desired, Signal};

/// After so long without a good answer the gateway is lost. With a question that hangs it is found out within
/// ten seconds.
const LOST_AFTER: Span = Span::seconds(6);

/// How long a question may hang. The gateway holds its answer back for a second at most.
const ANSWER_MOST: Duration = Duration::from_secs(3);

/// The least time between an answer and the next question.
const PAUSE: Duration = Duration::from_millis(100);

/// The same after a question that came to nothing.
const PAUSE_AFTER_FAULT: Duration = Duration::from_millis(500);

/// Stands in an alert's place while the gateway is lost.
const GATEWAY_LOST: &str = "gateway-lost";

/// The way to the gateway.
#[derive(Debug)]
pub(super) struct Line {
    gateway: Gateway,
    id: String,
}

/// What the gateway answers.
#[derive(Debug, Deserialize)]
struct Told {
    signal: Option<Wanted>,
    volume_percent: u8,
    turns: u64,
    mark: String,
}

#[derive(Debug, Deserialize)]
struct Wanted {
    alert: String,
    #[serde(with = "priority")]
    priority: Priority,
}

impl Line {
    /// The line of the workstation `id` to its gateway.
    pub(super) fn new(gateway: Gateway, id: String) -> Self {
        Self { gateway: gateway.within(ANSWER_MOST), id }
    }

    /// Says how the sound is here; what must sound.
    async fn ask(&self, beat: &Value) -> anyhow::Result<Told> {
        let answer = self.gateway.post(&["api", "v1", "annunciators", &self.id, "heartbeat"], beat).await?;
        ensure!(answer.is_good(), "the gateway refuses: {}", answer.detail());
        serde_json::from_value(answer.body).context("this is no gateway of ours: its answer cannot be read")
    }
}

/// How this workstation's sound is, in the words of the API.
fn beat(status: &Status, mark: Option<&str>) -> Value {
    let state = match status.state {
        State::Ok => "ok",
        State::Failed => "failed",
        State::Off => "off",
    };
    let playing = status.playing.as_ref();
    let playing = playing.map(|one| json!({"alert": one.alert, "priority": priority::word(one.priority)}));
    json!({
        "device": status.device, "state": state, "why": status.why, "playing": playing,
        "bursts": status.bursts, "mark": mark,
    })
}

/// Whether the gateway is there: it answers, and its ward's loop has turned since.
#[derive(Debug)]
struct Presence {
    good: Moment,
    turns: Option<u64>,
}

impl Presence {
    /// Nothing is known yet; it has as long as any other time to answer.
    const fn unknown(now: Moment) -> Self {
        Self { good: now, turns: None }
    }

    fn answered(&mut self, turns: u64, now: Moment) {
        if self.turns.replace(turns) != Some(turns) {
            self.good = now;
        }
    }

    fn is_lost(&self, now: Moment) -> bool {
        now.since(self.good) > LOST_AFTER
    }
}

/// What is sounded here, how loud, and what becomes of it.
struct Voice {
    desired: watch::Sender<Desired>,
    volume: watch::Sender<Loudness>,
    status: watch::Receiver<Status>,
    /// What the gateway wanted last; it goes on sounding until the gateway is lost.
    told: Option<Signal>,
    percent: u8,
}

impl Voice {
    fn sound(&self, lost: bool) {
        let failure = || Signal { alert: GATEWAY_LOST.to_owned(), priority: Priority::High };
        let (wanted, percent) =
            if lost { (Some(failure()), FULL_PERCENT) } else { (self.told.clone(), self.percent) };
        let volume = Loudness::always(percent);
        self.volume.send_if_modified(|now| std::mem::replace(now, volume.clone()) != volume);
        let wanted = Desired::signal(wanted);
        self.desired.send_if_modified(|now| std::mem::replace(now, wanted.clone()) != wanted);
    }
}

/// Sounds what the gateway wants until SIGTERM, then takes leave of it.
///
/// # Errors
/// When this very program cannot be found, or standard output is closed.
pub(super) async fn run(line: Line, device: &str, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    log_as(LogFormat::Text);
    let stop = CancellationToken::new();
    until_told(stop.clone())?;
    let program = std::env::current_exe().context("cannot find this very program, which makes the sound")?;
    let (device, clock) = (Device::parse(device), Clock::starting_after(Moment(0)));
    let (desired, wanted) = watch::channel(Desired::default());
    let (volume, loudness) = watch::channel(Loudness::default());
    let (status, seen) = watch::channel(Status::unknown(&device));
    // Tests are begun and answered at the gateway; here they are a signal like any other.
    let tests = TestDesk::new(None, clock.clone());
    let annunciator = Annunciator::new(program, device, clock.clone(), loudness, tests);
    let voice = Voice { desired, volume, status: seen, told: None, percent: FULL_PERCENT };
    let (sounded, beaten) =
        tokio::join!(annunciator.run(wanted, status, stop.clone()), follow(line, voice, clock, &stop, out),);
    sounded?;
    beaten?;
    Ok(ExitCode::SUCCESS)
}

async fn follow(
    line: Line,
    mut voice: Voice,
    clock: Clock,
    stop: &CancellationToken,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut presence = Presence::unknown(clock.now());
    let (mut mark, mut was_lost) = (None, None);
    loop {
        let beat = beat(&voice.status.borrow(), mark.as_deref());
        let Some(answer) = stop.run_until_cancelled(line.ask(&beat)).await else { break };
        let (pause, fault) = match answer {
            Ok(told) => {
                presence.answered(told.turns, clock.now());
                let signal = |wanted: Wanted| Signal { alert: wanted.alert, priority: wanted.priority };
                (voice.told, voice.percent) = (told.signal.map(signal), told.volume_percent);
                mark = Some(told.mark);
                (PAUSE, "it answers, and nobody judges there".to_owned())
            }
            Err(fault) => {
                mark = None;
                (PAUSE_AFTER_FAULT, format!("{fault:#}"))
            }
        };
        let lost = presence.is_lost(clock.now());
        voice.sound(lost);
        if was_lost != Some(lost) && (lost || presence.turns.is_some()) {
            tell(&line.id, lost.then_some(fault.as_str()), out)?;
            was_lost = Some(lost);
        }
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            break;
        }
    }
    let goodbye = json!({ "leaving": true });
    if let Err(fault) = line.ask(&goodbye).await {
        tracing::warn!("the gateway was not told that this workstation goes: {fault:#}");
    }
    Ok(())
}

/// Says that the gateway is there, or why it is not.
fn tell(id: &str, lost: Option<&str>, out: &mut impl Write) -> anyhow::Result<()> {
    if let Some(why) = lost {
        tracing::error!(why, "the gateway is lost");
    } else {
        tracing::info!("the gateway is heard");
    }
    writeln!(out, "{}", json!({ "annunciator": id, "gateway": lost.is_none(), "why": lost }))?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_there_while_its_ward_is_judged() {
        let start = Moment(1_000);
        let mut presence = Presence::unknown(start);
        assert!(!presence.is_lost(start + LOST_AFTER), "it is given its time");
        presence.answered(7, start + Span::seconds(5));
        assert!(!presence.is_lost(start + Span::seconds(11)));
        presence.answered(7, start + Span::seconds(11));
        assert!(presence.is_lost(start + Span::seconds(12)), "it answers, and nothing has turned");
        presence.answered(8, start + Span::seconds(12));
        assert!(!presence.is_lost(start + Span::seconds(12)));
        let found_out = Duration::from_secs(6) + ANSWER_MOST + PAUSE_AFTER_FAULT;
        assert!(found_out < Duration::from_secs(10) && LOST_AFTER == Span::seconds(6));
    }

    #[test]
    fn a_lost_gateway_sounds_whatever_it_wanted_last() {
        let (desired, wanted) = watch::channel(Desired::default());
        let (volume, loudness) = watch::channel(Loudness::default());
        let low = Signal { alert: "00ff".to_owned(), priority: Priority::Low };
        let (_ignored, status) = watch::channel(Status::unknown(&Device::Off));
        let voice = Voice { desired, volume, status, told: Some(low.clone()), percent: 40 };
        voice.sound(false);
        assert_eq!((wanted.borrow().signal.clone(), loudness.borrow().day_percent), (Some(low), 40));
        voice.sound(true);
        let failure = wanted.borrow().signal.clone().unwrap();
        assert_eq!((failure.alert.as_str(), failure.priority), (GATEWAY_LOST, Priority::High));
        assert_eq!(loudness.borrow().night_percent, FULL_PERCENT);
    }
}
