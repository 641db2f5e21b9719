//! The self-test at the start of a shift, as a value: one burst of high priority that is marked as a test,
//! and the word of the person who stood there.
//!
//! That a device takes samples proves nothing about its loudspeaker; a person's ear does. An alert always
//! goes first: it is never held up by a test, and cuts one short. What the person says is the house's to
//! write down.

use std::time::Duration;

use rules::{Moment, Priority, Span};
use tokio::sync::watch;

use super::{State, Status, tone};
use crate::clock::{Clock, Wall};
use crate::view::Signal;

/// Stands in an alert's place while a self-test sounds.
pub const SELF_TEST: &str = "self-test";

/// How long the person may take to say whether they heard it; then it counts for nothing.
pub const ANSWERED_WITHIN: Span = Span::minutes(5);

/// How long a burst that was asked for may take to begin. A child that needs longer is at fault.
const BEGINS_WITHIN: Duration = Duration::from_secs(8);

/// What the last person said who tested it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// Who that was.
    pub by: String,
    /// When they said it.
    pub at: Wall,
    /// Whether they heard it.
    pub heard: bool,
}

/// How far a self-test is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Trial {
    /// None is under way.
    #[default]
    None,
    /// Somebody wants one; its burst has not begun.
    Wanted,
    /// Its burst sounds until then, on the annunciator's own line of time.
    Sounding {
        /// The end of the burst.
        until: Moment,
    },
    /// It has sounded whole, and a person's word is waited for.
    Sounded,
    /// An alert came in between, or the device failed: it proves nothing.
    CutShort,
}

impl Trial {
    /// What must sound for it.
    pub(super) fn signal(self) -> Option<Signal> {
        let sounds = matches!(self, Self::Wanted | Self::Sounding { .. });
        sounds.then(|| Signal { alert: SELF_TEST.to_owned(), priority: Priority::High })
    }

    /// Its burst begins.
    pub(super) fn begun(self, now: Moment) -> Self {
        match self {
            Self::Wanted => Self::Sounding { until: now + tone::burst(Priority::High).length() },
            other => other,
        }
    }

    /// Time has passed; `free` while the device sounds and no alert wants it.
    pub(super) fn at(self, now: Moment, free: bool) -> Self {
        match self {
            Self::Sounding { until } if now >= until => Self::Sounded,
            Self::Wanted | Self::Sounding { .. } if !free => Self::CutShort,
            other => other,
        }
    }
}

/// The self-test that is under way, and what came of the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SelfTest {
    pub(super) trial: Trial,
    /// When the burst began, on the ward's line of time.
    pub(super) begun: Moment,
    pub(super) last: Option<Tested>,
}

/// Why a self-test is not begun, or its answer not taken. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestRefused {
    /// There is no device.
    #[error("this annunciator is off by configuration (audio.device): there is nothing to be tested")]
    Off,
    /// The device is known not to sound.
    #[error("this annunciator makes no sound: {0}")]
    Failed(String),
    /// An alert sounds.
    #[error("an alert sounds here now, and goes before any test: answer it, then test")]
    AlertSounds,
    /// Another is under way.
    #[error("a self-test is under way: wait for its end")]
    UnderWay,
    /// An alert or a fault came in between.
    #[error("the self-test was cut short by an alert or a fault and proves nothing: begin it again")]
    CutShort,
    /// No test has sounded, or too long ago.
    #[error("no self-test waits for an answer: begin one, listen, and answer within five minutes")]
    NoneWaits,
}

/// The desk at which self-tests of one annunciator are begun and answered. Clones share it.
#[derive(Clone, Debug)]
pub struct TestDesk {
    pub(super) shared: watch::Sender<SelfTest>,
    clock: Clock,
}

impl TestDesk {
    /// A desk for an annunciator whose last test the record still knows.
    #[must_use]
    pub fn new(last: Option<Tested>, clock: Clock) -> Self {
        Self { shared: watch::Sender::new(SelfTest { last, ..SelfTest::default() }), clock }
    }

    /// Sounds a test burst; returns once it has begun.
    ///
    /// # Errors
    /// When the device cannot sound, when something sounds already, or when the burst did not begin.
    pub async fn begin(&self, status: &Status) -> Result<(), TestRefused> {
        match status.state {
            State::Off => return Err(TestRefused::Off),
            // One that plays and that nobody heard is tested again once it was mended.
            State::Failed if !status.plays => return Err(TestRefused::Failed(status.why.clone())),
            State::Ok | State::Failed => {}
        }
        self.begin_beside(status.playing.as_ref().map(|signal| signal.alert.as_str())).await
    }

    /// The same at a device that is known to play, beside what it sounds for now.
    ///
    /// # Errors
    /// When something sounds already, or when the burst did not begin.
    pub async fn begin_beside(&self, playing: Option<&str>) -> Result<(), TestRefused> {
        if playing.is_some_and(|alert| alert != SELF_TEST) {
            return Err(TestRefused::AlertSounds);
        }
        let wanted = self.shared.send_if_modified(|test| {
            let is_free = matches!(test.trial, Trial::None | Trial::Sounded | Trial::CutShort);
            if is_free {
                test.trial = Trial::Wanted;
            }
            is_free
        });
        if !wanted {
            return Err(TestRefused::UnderWay);
        }
        self.begins().await
    }

    async fn begins(&self) -> Result<(), TestRefused> {
        let mut told = self.shared.subscribe();
        let decided = told.wait_for(|test| test.trial != Trial::Wanted);
        let decided = tokio::time::timeout(BEGINS_WITHIN, decided).await;
        match decided.map(|test| test.map(|test| test.trial)) {
            Ok(Ok(Trial::Sounding { .. } | Trial::Sounded)) => Ok(()),
            Ok(_) => Err(TestRefused::CutShort),
            Err(_) => {
                self.shared.send_modify(|test| test.trial = Trial::CutShort);
                Err(TestRefused::CutShort)
            }
        }
    }

    /// What must sound for a test that is under way.
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        self.shared.borrow().trial.signal()
    }

    /// What the last person said who listened.
    #[must_use]
    pub fn tested(&self) -> Option<Tested> {
        self.shared.borrow().last.clone()
    }

    /// Follows the annunciator on its own line of time: whether the test's burst sounds, and whether the
    /// device is `free` for it, because it plays and no alert wants it.
    pub fn follow(&self, now: Moment, sounds: bool, free: bool) {
        let begun = self.clock.now();
        self.shared.send_if_modified(|test| {
            let before = test.trial;
            if sounds && before == Trial::Wanted {
                (test.trial, test.begun) = (before.begun(now), begun);
            }
            test.trial = test.trial.at(now, free);
            test.trial != before
        });
    }

    /// Takes the word of `by`, who listened.
    ///
    /// # Errors
    /// When no test has sounded whole within the last minutes.
    pub fn answer(&self, heard: bool, by: &str) -> Result<Tested, TestRefused> {
        let tested = Tested { by: by.to_owned(), at: self.clock.wall(), heard };
        let mut refused = None;
        self.shared.send_if_modified(|test| {
            refused = match test.trial {
                Trial::Sounded if self.clock.now().since(test.begun) <= ANSWERED_WITHIN => None,
                Trial::Wanted | Trial::Sounding { .. } => Some(TestRefused::UnderWay),
                Trial::CutShort => Some(TestRefused::CutShort),
                Trial::None | Trial::Sounded => Some(TestRefused::NoneWaits),
            };
            if refused.is_none() {
                (test.trial, test.last) = (Trial::None, Some(tested.clone()));
            }
            refused.is_none()
        });
        refused.map_or(Ok(tested), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_000);

    #[test]
    fn a_test_is_one_burst_and_then_waits_for_a_person() {
        let trial = Trial::Wanted.at(NOW, true).begun(NOW);
        let length = tone::burst(Priority::High).length();
        assert!(trial.signal().is_some());
        assert_eq!(trial.at(NOW + Span(length.0 - 1), true), trial);
        let sounded = trial.at(NOW + length, true);
        assert_eq!((sounded, sounded.signal()), (Trial::Sounded, None), "it is not repeated");
    }

    #[test]
    fn an_alert_or_a_fault_cuts_it_short() {
        for trial in [Trial::Wanted, Trial::Wanted.begun(NOW)] {
            assert_eq!(trial.at(NOW, false), Trial::CutShort);
        }
        let whole = Trial::Sounded;
        assert_eq!(whole.at(NOW, false), whole, "what was heard before the alert was heard");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_once_and_within_its_time() {
        let clock = Clock::starting_after(NOW);
        let desk = TestDesk::new(None, clock.clone());
        assert_eq!(desk.answer(true, "asha"), Err(TestRefused::NoneWaits));
        let sounded = |desk: &TestDesk| {
            desk.shared.send_modify(|test| (test.trial, test.begun) = (Trial::Sounded, clock.now()));
        };
        sounded(&desk);
        assert!(desk.answer(false, "asha").is_ok_and(|tested| !tested.heard));
        assert!(desk.tested().is_some_and(|last| !last.heard));
        assert_eq!(desk.answer(true, "asha"), Err(TestRefused::NoneWaits), "it was answered");
        sounded(&desk);
        tokio::time::advance(clock.real(ANSWERED_WITHIN) + Duration::from_millis(1)).await;
        assert_eq!(desk.answer(true, "asha"), Err(TestRefused::NoneWaits), "too late");
    }
}
