//! The annunciator: makes alerts heard at this machine. It never decides what sounds.
//!
//! The sound device lives in a child process (`child`), which is fed what must sound (`line`), is believed
//! only while it proves that the device takes samples (`supervisor`), and is killed and started again when it
//! does not. The bursts are figures (`tone`), their rhythm is a value (`voice`).

mod child;
mod feed;
mod line;
#[cfg(test)]
mod measure;
mod process;
mod self_test;
mod sink;
mod supervisor;
#[cfg(test)]
mod tests;
pub mod tone;
mod voice;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use rules::{Moment, Priority};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use self::child::run_child;
use self::line::Report;
use self::process::{Running, Said};
use self::self_test::SelfTest;
pub use self::self_test::{ANSWERED_WITHIN, SELF_TEST, TestDesk, TestRefused, Tested};
use self::supervisor::{Order, Supervision};
use crate::clock::Clock;
use crate::config::loudness::Loudness;
use crate::event::Round;
use crate::view::{Desired, Signal};

/// How often the child is told what must sound, though nothing changed.
const FEED_EVERY: Duration = Duration::from_millis(250);

/// How often the supervision is asked whether time is up.
const TICK_EVERY: Duration = Duration::from_millis(50);

const NOT_HEARD: &str = "nobody heard the self-test, though the device takes samples: check the speaker, its \
    cable and its own volume, then test it again";

/// Why the annunciator's task ends though nobody stopped it.
#[derive(Debug, thiserror::Error)]
pub enum AnnunciatorError {
    /// Nobody is left who says what must sound.
    #[error("the ward's loop no longer says what must sound; the gateway must be started again")]
    WardGone,
}

/// Whether this machine can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The device takes samples.
    Ok,
    /// It does not, or has not yet.
    Failed,
    /// There is none, by configuration.
    Off,
}

/// An alert that was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sounded {
    /// The alert, as text.
    pub alert: String,
    /// Which burst.
    pub priority: Priority,
    /// Bursts for it in a row.
    pub bursts: u64,
}

/// The annunciator as it may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The device, as configured.
    pub device: String,
    /// Whether it can be heard.
    pub state: State,
    /// Why not, and what to do; empty when it can.
    pub why: String,
    /// Whether the device takes samples, though perhaps nobody heard the last self-test.
    pub plays: bool,
    /// What it plays.
    pub playing: Option<Signal>,
    /// Bursts begun since the gateway started.
    pub bursts: u64,
    /// The alert that was announced last; a receipt `sounded` is due whenever this changes.
    pub sounded: Option<Sounded>,
    /// The last round of the canary whose mark the device pulled.
    pub canary: Option<Round>,
    /// What came of the last self-test.
    pub tested: Option<Tested>,
    /// When `state` was found or last changed, on the ward's line of time.
    pub last_change: Option<Moment>,
}

impl Status {
    /// What is known before the first child has proved itself or failed, for the channel's first value. It is
    /// never sent: whoever waits for a change hears a verdict.
    #[must_use]
    pub fn unknown(device: &Device) -> Self {
        Self {
            device: device.name().to_owned(),
            state: State::Failed,
            why: "the sound device is being opened".to_owned(),
            plays: false,
            playing: None,
            bursts: 0,
            sounded: None,
            canary: None,
            tested: None,
            last_change: None,
        }
    }
}

/// Where to sound: the value of `audio.device`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// `none`: no hardware is looked for.
    Off,
    /// `default`, `alsa:…` or `pulse:…`.
    Named(String),
}

impl Device {
    /// Reads the value of `audio.device`. Whether there is such a device is known when it is opened.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "none" { Self::Off } else { Self::Named(text.to_owned()) }
    }

    /// The value as it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Off => "none",
            Self::Named(name) => name,
        }
    }
}

/// The parent of the sound process.
#[derive(Clone, Debug)]
pub struct Annunciator {
    /// The child's program and arguments; empty where there is no device.
    command: Vec<OsString>,
    device: Device,
    clock: Clock,
    loudness: watch::Receiver<Loudness>,
    tests: TestDesk,
}

impl Annunciator {
    /// An annunciator whose child is `exe annunciator --child --device …`, as loud as `loudness` says, and
    /// whose self-tests are begun and answered at `tests`.
    #[must_use]
    pub fn new(
        exe: PathBuf,
        device: Device,
        clock: Clock,
        loudness: watch::Receiver<Loudness>,
        tests: TestDesk,
    ) -> Self {
        let arguments = ["annunciator", "--child", "--device", device.name()].map(OsString::from);
        let command = std::iter::once(exe.into_os_string()).chain(arguments).collect();
        Self { command, device, clock, loudness, tests }
    }

    /// How loud it is now. A sender that is gone leaves what it said last.
    fn percent(&self) -> u8 {
        self.loudness.borrow().percent_at(self.clock.wall())
    }

    /// Makes heard what is desired, until stopped. A device that fails is told of in `status` and tried again
    /// for ever.
    ///
    /// # Errors
    /// When the sender of `desired` is gone before the stop.
    pub async fn run(
        self,
        desired: watch::Receiver<Desired>,
        status: watch::Sender<Status>,
        stop: CancellationToken,
    ) -> Result<(), AnnunciatorError> {
        if self.device == Device::Off {
            let off = Status { state: State::Off, why: String::new(), ..Status::unknown(&self.device) };
            status.send_replace(Status { last_change: Some(self.clock.now()), ..off });
            stop.cancelled().await;
            return Ok(());
        }
        let mut post = Post::new(self, desired, status);
        let ended = post.serve(&stop).await;
        if let Some(child) = post.child.take() {
            child.end().await;
        }
        ended
    }
}

/// One run of the annunciator.
struct Post {
    annunciator: Annunciator,
    /// Real time, whatever the speed of the ward's clock: samples flow no faster in a demonstration.
    stopwatch: Clock,
    supervision: Supervision,
    child: Option<Running>,
    desired: watch::Receiver<Desired>,
    test: watch::Receiver<SelfTest>,
    status: watch::Sender<Status>,
}

impl Post {
    fn new(
        annunciator: Annunciator,
        desired: watch::Receiver<Desired>,
        status: watch::Sender<Status>,
    ) -> Self {
        let stopwatch = Clock::starting_after(Moment(0));
        let supervision = Supervision::new(stopwatch.now());
        let test = annunciator.tests.shared.subscribe();
        Self { annunciator, stopwatch, supervision, child: None, desired, test, status }
    }

    async fn serve(&mut self, stop: &CancellationToken) -> Result<(), AnnunciatorError> {
        let mut feed = tokio::time::interval(FEED_EVERY);
        let mut tick = tokio::time::interval(TICK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        feed.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            // What the child said is taken before time is judged: a parent that was held up must not blame
            // the child.
            let order = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                changed = self.desired.changed() => {
                    changed.map_err(|_| AnnunciatorError::WardGone)?;
                    self.feed().await
                }
                // The desk lives as long as the annunciator, which holds it.
                Ok(()) = self.test.changed() => self.feed().await,
                said = hear(self.child.as_mut()) => self.heard(said),
                _ = feed.tick() => self.feed().await,
                _ = tick.tick() => self.supervision.tick(self.stopwatch.now()),
            };
            self.obey(order).await;
            self.follow_test();
            self.publish();
        }
    }

    fn heard(&mut self, said: Said) -> Order {
        let now = self.stopwatch.now();
        match said {
            Said::Report(report) => {
                if matches!(&report, Report::Begun { alert: Some(alert), .. } if alert == SELF_TEST) {
                    self.annunciator.tests.follow(now, true, true);
                }
                self.supervision.heard(report, now)
            }
            Said::Garbage => {
                self.fault("the sound process says what nobody understands; it is started again")
            }
            Said::Ended => self.fault("the sound process ended by itself; it is started again"),
        }
    }

    /// What must sound: what the ward wants, and a self-test while it wants nothing. And what is to pass
    /// unheard.
    fn wanted(&mut self) -> Desired {
        let Desired { signal, canary } = self.desired.borrow_and_update().clone();
        let signal = signal.or_else(|| self.test.borrow_and_update().trial.signal());
        Desired { signal, canary: canary.filter(|round| self.supervision.canary() < Some(*round)) }
    }

    /// A self-test ends with its burst, or is cut short.
    fn follow_test(&self) {
        let free = self.supervision.verdict() == Some(State::Ok) && self.desired.borrow().signal.is_none();
        self.annunciator.tests.follow(self.stopwatch.now(), false, free);
    }

    async fn feed(&mut self) -> Order {
        let Desired { signal, canary } = self.wanted();
        self.supervision.ask(signal.as_ref(), self.stopwatch.now());
        let Some(child) = &mut self.child else { return Order::Keep };
        let percent = self.annunciator.percent();
        let mut words = line::asked(signal.as_ref(), percent);
        words.extend(canary.map(line::mark));
        match child.say(&words).await {
            Ok(()) => Order::Keep,
            // A closed pipe is the end of the child, whose last words are still to be heard.
            Err(fault) if fault.kind() == std::io::ErrorKind::BrokenPipe => Order::Keep,
            Err(_) => self.fault("the sound process does not listen; it is started again"),
        }
    }

    fn fault(&mut self, why: &str) -> Order {
        self.supervision.fault(why, self.stopwatch.now())
    }

    async fn obey(&mut self, order: Order) {
        let order = match order {
            Order::Start => match Running::start(&self.annunciator.command) {
                Ok(child) => {
                    self.child = Some(child);
                    self.feed().await
                }
                Err(fault) => self.fault(&format!(
                    "the sound process cannot be started ({fault}); check memory and the installation"
                )),
            },
            other => other,
        };
        if order == Order::Kill
            && let Some(child) = self.child.take()
        {
            child.kill().await;
        }
    }

    fn publish(&self) {
        let Some(verdict) = self.supervision.verdict() else { return };
        let tested = self.test.borrow().last.clone();
        let (state, why) = judged(verdict, self.supervision.why(), tested.as_ref());
        self.status.send_if_modified(|status| {
            let changed = status.state != state || status.last_change.is_none();
            let next = Status {
                device: status.device.clone(),
                state,
                why: why.to_owned(),
                plays: verdict == State::Ok,
                playing: self.supervision.playing().cloned(),
                bursts: self.supervision.bursts(),
                sounded: self.supervision.sounded().cloned(),
                canary: self.supervision.canary(),
                tested,
                last_change: if changed { Some(self.annunciator.clock.now()) } else { status.last_change },
            };
            if changed {
                tell(&next);
            }
            let modified = *status != next;
            *status = next;
            modified
        });
    }
}

/// A device that plays and that nobody heard when it was tested makes no sound: until somebody hears it.
fn judged<'a>(verdict: State, why: &'a str, tested: Option<&Tested>) -> (State, &'a str) {
    match (verdict, tested) {
        (State::Ok, Some(Tested { heard: false, .. })) => (State::Failed, NOT_HEARD),
        _ => (verdict, why),
    }
}

fn tell(status: &Status) {
    match status.state {
        State::Failed => tracing::error!(device = status.device, why = status.why, "no sound"),
        State::Ok | State::Off => tracing::info!(device = status.device, "sound is ready"),
    }
}

async fn hear(child: Option<&mut Running>) -> Said {
    match child {
        Some(child) => child.hear().await,
        None => std::future::pending().await,
    }
}
