//! The annunciators on the nurses' workstations, as this gateway knows them: what each said last of its own
//! sound, and whether it is still heard. One that falls silent is no sound, and the ward is told.
//!
//! A workstation that `audio.workstations` names must be heard from after every start; any other that holds a
//! token may come, and leave by saying so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rules::{Moment, Priority, Span};

use crate::annunciator::{SELF_TEST, TestDesk, TestRefused, Tested};
use crate::board::annunciators::Beat;
use crate::board::plumbing::{AnnunciatorView, SelfTest, SoundState};
use crate::clock::{Clock, Wall};
use crate::config::gateway::WORKSTATIONS_MOST;
use crate::view::Signal;
use crate::words::parse_alert_id;

/// After so long without a word a workstation is lost. The word comes each second; the loss is to be declared
/// within ten.
pub(super) const LOST_AFTER: Span = Span::seconds(8);

/// How often it is looked whether one is lost.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One workstation.
#[derive(Clone, Debug)]
struct Workstation {
    /// What it said last; none yet of one that is only expected.
    beat: Option<Beat>,
    /// When, on real time: a workstation beats no faster in a demonstration.
    heard: Moment,
    tests: TestDesk,
}

/// Those that are known. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Workstations {
    known: Arc<Mutex<BTreeMap<String, Workstation>>>,
    stopwatch: Clock,
    /// The ward's clock, for self-tests.
    clock: Clock,
}

impl Workstations {
    /// Those that must be heard from.
    pub(super) fn new(expected: Vec<(String, Option<Tested>)>, clock: Clock) -> Self {
        let all = Self { known: Arc::default(), stopwatch: Clock::starting_after(Moment(0)), clock };
        for (id, last) in expected {
            all.admit(&id, last);
        }
        all
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Workstation>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn knows(&self, id: &str) -> bool {
        self.known().contains_key(id)
    }

    /// Takes one in whose last self-test the record still knows; whether there was room for it.
    pub(super) fn admit(&self, id: &str, last: Option<Tested>) -> bool {
        let mut known = self.known();
        if known.len() >= WORKSTATIONS_MOST && !known.contains_key(id) {
            return false;
        }
        let fresh = || Workstation {
            beat: None,
            heard: self.stopwatch.now(),
            tests: TestDesk::new(last, self.clock.clone()),
        };
        known.entry(id.to_owned()).or_insert_with(fresh);
        true
    }

    /// One said how its sound is; the priority of the burst that it sounded for an alert since it said so
    /// last. A test that it sounds for begins, goes on, or is cut short by what it says.
    pub(super) fn heard(&self, id: &str, beat: Beat) -> Option<Priority> {
        let now = self.stopwatch.now();
        self.known().get_mut(id).and_then(|one| {
            let playing = beat.playing.as_ref().map(|(alert, _)| alert == SELF_TEST);
            let free = beat.state == SoundState::Ok && playing != Some(false);
            one.tests.follow(now, playing == Some(true), free);
            one.heard = now;
            let before = one.beat.replace(beat);
            one.beat.as_ref().and_then(|beat| sounded_since(before.as_ref(), beat))
        })
    }

    /// One goes in order, and is no longer waited for.
    pub(super) fn leaves(&self, id: &str) {
        self.known().remove(id);
    }

    /// The test that one is to sound now.
    pub(super) fn test(&self, id: &str) -> Option<Signal> {
        self.known().get(id).and_then(|one| one.tests.signal())
    }

    /// The desk at which one is tested.
    pub(super) fn desk(&self, id: &str) -> Option<TestDesk> {
        self.known().get(id).map(|one| one.tests.clone())
    }

    /// Sounds a test burst at one; returns once it says that it has begun.
    pub(super) async fn begin_test(&self, id: &str, desk: &TestDesk) -> Result<(), TestRefused> {
        let (standing, playing) = {
            let known = self.known();
            let one = known.get(id);
            let standing = one.map_or(Ok(()), |one| one.can_play(self.stopwatch.now()));
            let playing = one.and_then(|one| one.beat.as_ref()).and_then(|beat| beat.playing.clone());
            (standing, playing)
        };
        standing?;
        desk.begin_beside(playing.as_ref().map(|(alert, _)| alert.as_str())).await
    }

    /// Those that cannot be heard, with why.
    pub(super) fn faults(&self) -> BTreeMap<String, String> {
        let now = self.stopwatch.now();
        let known = self.known();
        known.iter().filter_map(|(id, one)| Some((id.clone(), one.fault(now)?))).collect()
    }

    /// Each with what it is, for the board, in a shift that began then.
    pub(super) fn views(&self, began: Wall) -> Vec<AnnunciatorView> {
        let now = self.stopwatch.now();
        self.known().iter().map(|(id, one)| one.view(id, now, began)).collect()
    }
}

/// A self-test whose last word is that somebody heard it, in a shift that began then.
pub(super) fn heard(tested: Option<&Tested>, began: Wall) -> Option<SelfTest> {
    let heard = tested.filter(|tested| tested.heard)?;
    Some(SelfTest { by: heard.by.clone(), at: heard.at, is_of_this_shift: heard.at >= began })
}

/// The priority of a burst that was begun between two beats and announced an alert. The first beat of all
/// only says from where its bursts are counted; a test, or a lost gateway, is no alert.
fn sounded_since(before: Option<&Beat>, beat: &Beat) -> Option<Priority> {
    let more = before.is_some_and(|before| beat.bursts > before.bursts);
    let (alert, priority) = beat.playing.as_ref()?;
    (more && parse_alert_id(alert).is_some()).then_some(*priority)
}

impl Workstation {
    fn can_play(&self, now: Moment) -> Result<(), TestRefused> {
        match (self.broken(now), self.beat.as_ref().map(|beat| beat.state)) {
            (Some(why), _) => Err(TestRefused::Failed(why)),
            (None, Some(SoundState::Off)) => Err(TestRefused::Off),
            (None, _) => Ok(()),
        }
    }

    /// Why it cannot be heard; nothing while it can, or was told to be silent.
    fn fault(&self, now: Moment) -> Option<String> {
        let deaf = || self.tests.tested().is_some_and(|tested| !tested.heard);
        self.broken(now).or_else(|| {
            deaf().then(|| "nobody heard its self-test: check its speaker, then test it again".to_owned())
        })
    }

    /// Why it plays nothing.
    fn broken(&self, now: Moment) -> Option<String> {
        if now.since(self.heard) > LOST_AFTER {
            let least = LOST_AFTER.whole_seconds();
            return Some(format!(
                "nothing was heard of this workstation for {least} s: look whether it runs and is connected"
            ));
        }
        let beat = self.beat.as_ref()?;
        let failed = beat.state == SoundState::Failed;
        failed.then(|| beat.why.clone().unwrap_or_else(|| "it says that it makes no sound".to_owned()))
    }

    fn view(&self, id: &str, now: Moment, began: Wall) -> AnnunciatorView {
        let why = self.fault(now);
        let said = self.beat.as_ref();
        AnnunciatorView {
            id: id.to_owned(),
            device: said.map(|beat| beat.device.clone()).unwrap_or_default(),
            state: match (&why, said) {
                (None, Some(beat)) => beat.state,
                _ => SoundState::Failed,
            },
            playing: said.filter(|_| why.is_none()).and_then(|beat| beat.playing.clone()),
            bursts: said.map_or(0, |beat| beat.bursts),
            last_self_test: heard(self.tests.tested().as_ref(), began),
            why: why.or_else(|| said.is_none().then(|| "it was not heard since the start".to_owned())),
        }
    }
}

/// What is known of the annunciators that cannot be heard: which, and why. One alert stands for all.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    why: BTreeMap<String, String>,
    /// Whether the ward was told anything since the start: an alert from before may still be open, and
    /// answered.
    told: bool,
}

/// What the ward is to be told of the sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Not all can be heard. Where it is one more, the alert begins anew, so that it sounds.
    Failed {
        /// Whether an alert about others must end first.
        anew: bool,
        /// All of them, with their reasons.
        text: String,
    },
    /// All can be heard again.
    Healed,
}

impl Unheard {
    /// An annunciator cannot be heard, or can; what the ward is to be told.
    pub(super) fn note(&mut self, id: &str, why: Option<String>) -> Option<Told> {
        let first_word = !self.told;
        let others = !self.why.is_empty();
        let Some(why) = why else {
            let stood = self.why.remove(id).is_some();
            if self.why.is_empty() && (stood || first_word) {
                self.told = true;
                return Some(Told::Healed);
            }
            return stood.then(|| Told::Failed { anew: false, text: self.text() });
        };
        let was_there = self.why.insert(id.to_owned(), why).is_some();
        self.told = true;
        (!was_there).then(|| Told::Failed { anew: others || first_word, text: self.text() })
    }

    fn text(&self) -> String {
        let all = self.why.iter().map(|(id, why)| format!("annunciator {id}: {why}"));
        all.collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(state: SoundState) -> Beat {
        Beat { device: "pulse:desk".to_owned(), state, ..Beat::default() }
    }

    async fn pass(span: Span) {
        tokio::time::advance(Duration::from_millis(u64::from(span.0))).await;
    }

    fn only(all: &Workstations) -> AnnunciatorView {
        all.views(Wall(0)).into_iter().next().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_falls_silent_is_lost_within_ten_seconds_and_comes_back_by_itself() {
        let all = Workstations::new(Vec::new(), Clock::starting_after(Moment(0)));
        assert!(all.admit("desk-2", None) && all.knows("desk-2"));
        all.heard("desk-2", beat(SoundState::Ok));
        assert_eq!(only(&all).state, SoundState::Ok);
        pass(LOST_AFTER).await;
        assert_eq!(only(&all).state, SoundState::Ok, "not before its time");
        pass(Span(1)).await;
        let lost = only(&all);
        assert!(lost.state == SoundState::Failed && lost.why.unwrap().contains("for 8 s"));
        assert!(LOST_AFTER.0 + u32::try_from(LOOK_EVERY.as_millis()).unwrap() < 10_000);
        all.heard("desk-2", beat(SoundState::Ok));
        assert_eq!((only(&all).state, only(&all).why), (SoundState::Ok, None));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_expected_and_never_comes_is_lost() {
        let all = Workstations::new(vec![("desk-1".to_owned(), None)], Clock::starting_after(Moment(0)));
        assert_eq!(only(&all).state, SoundState::Failed, "nobody knows yet whether it sounds");
        pass(Span(LOST_AFTER.0 + 1)).await;
        assert!(only(&all).why.unwrap().contains("nothing was heard"));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_says_that_it_fails_is_believed_and_off_is_no_fault() {
        let all = Workstations::new(Vec::new(), Clock::starting_after(Moment(0)));
        all.admit("desk-2", None);
        all.heard("desk-2", Beat { why: Some("no cable".to_owned()), ..beat(SoundState::Failed) });
        assert_eq!(only(&all).why.as_deref(), Some("no cable"));
        all.heard("desk-2", beat(SoundState::Off));
        assert_eq!((only(&all).state, only(&all).why), (SoundState::Off, None));
        all.leaves("desk-2");
        assert!(all.views(Wall(0)).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_more_for_an_alert_is_one_that_sounded() {
        let all = Workstations::new(Vec::new(), Clock::starting_after(Moment(0)));
        all.admit("desk-2", None);
        let heard = |alert: Option<&str>, bursts| {
            let playing = alert.map(|alert| (alert.to_owned(), Priority::High));
            all.heard("desk-2", Beat { playing, bursts, ..beat(SoundState::Ok) })
        };
        let alert = Some("0123456789abcdef");
        assert_eq!(heard(alert, 7), None, "these may be from before");
        assert_eq!(heard(alert, 8), Some(Priority::High));
        assert_eq!(heard(alert, 8), None, "the same burst");
        assert_eq!(heard(Some(SELF_TEST), 9), None);
        assert_eq!(heard(Some("gateway-lost"), 10), None);
        assert_eq!(heard(None, 11), None);
        assert_eq!(heard(alert, 0), None, "it was started anew");
        assert_eq!(heard(alert, 1), Some(Priority::High));
    }

    #[tokio::test(start_paused = true)]
    async fn what_holders_of_tokens_can_fill_is_bounded() {
        let all = Workstations::new(Vec::new(), Clock::starting_after(Moment(0)));
        for no in 0..WORKSTATIONS_MOST {
            assert!(all.admit(&no.to_string(), None));
        }
        assert!(!all.admit("one more", None));
        assert!(all.admit("0", None), "one that is known is no more");
    }

    #[tokio::test(start_paused = true)]
    async fn a_test_sounds_at_the_workstation_and_is_answered_here() {
        let all = Workstations::new(Vec::new(), Clock::starting_after(Moment(0)));
        all.admit("desk-2", None);
        all.heard("desk-2", beat(SoundState::Ok));
        let desk = all.desk("desk-2").unwrap();
        let begin = all.begin_test("desk-2", &desk);
        let workstation = async {
            while all.test("desk-2").is_none() {
                tokio::task::yield_now().await;
            }
            let playing = all.test("desk-2").map(|signal| (signal.alert, signal.priority));
            all.heard("desk-2", Beat { playing, ..beat(SoundState::Ok) });
        };
        let (test, ()) = tokio::join!(begin, workstation);
        test.unwrap();
        pass(Span::seconds(4)).await;
        all.heard("desk-2", beat(SoundState::Ok));
        assert_eq!(all.test("desk-2"), None, "one burst");
        desk.answer(false, "asha").unwrap();
        assert!(only(&all).why.unwrap().contains("nobody heard"));
    }

    #[test]
    fn a_test_is_of_the_shift_in_which_somebody_heard_it() {
        let tested = |at, heard| Tested { by: "asha".to_owned(), at: Wall(at), heard };
        let of_this = |at| heard(Some(&tested(at, true)), Wall(10)).map(|last| last.is_of_this_shift);
        assert_eq!((of_this(9), of_this(10)), (Some(false), Some(true)));
        assert_eq!(heard(Some(&tested(11, false)), Wall(10)), None, "the last word counts");
        assert_eq!(heard(None, Wall(10)), None);
    }

    #[test]
    fn one_alert_stands_for_all_and_begins_anew_with_each() {
        let mut unheard = Unheard::default();
        let why = |text: &str| Some(text.to_owned());
        let failed = |anew, text: &str| Some(Told::Failed { anew, text: text.to_owned() });
        let lost = failed(true, "annunciator desk-2: lost");
        assert_eq!(unheard.note("desk-2", why("lost")), lost, "an answered alert of before would hide it");
        assert_eq!(unheard.note("desk-2", why("lost for 9 s")), None);
        let both = "annunciator desk-2: lost for 9 s; annunciator station: no cable";
        assert_eq!(unheard.note("station", why("no cable")), failed(true, both));
        let one = "annunciator desk-2: lost for 9 s";
        assert_eq!(unheard.note("station", None), failed(false, one), "the other is still not heard");
        assert_eq!(unheard.note("desk-2", None), Some(Told::Healed));
        assert_eq!(unheard.note("desk-2", None), None);
        assert_eq!(unheard.note("desk-2", why("lost")), failed(false, "annunciator desk-2: lost"));
    }

    #[test]
    fn an_alert_of_before_the_start_ends_with_the_first_good_word() {
        let mut unheard = Unheard::default();
        assert_eq!(unheard.note("station", None), Some(Told::Healed));
        assert_eq!(unheard.note("station", None), None);
    }
}
