//! Whether the child can be believed, as a value: its lines and the time go in, what to do with it comes out.
//! No I/O.
//!
//! Proof of sound is samples that the device took. A child that shows none for half a second, whose backend
//! names any fault but a gap, that says what nobody understands or that was asked to sound and does not, is
//! killed and started again after a pause, for ever. Nothing here knows a process or a pipe.

use rules::{Moment, Priority, Span};

use super::line::Report;
use super::self_test::SELF_TEST;
use super::tone;
use super::{Sounded, State};
use crate::event::Round;
use crate::view::Signal;

/// How long opening the device may take, and again how long its first sound: a sink that slept takes up to 2
/// s.
const OPENING_MOST: Span = Span::seconds(3);

/// How long a device that has woken may take no samples.
const STALLED: Span = Span(500);

/// How long a device must take samples after a fault before it counts as sound again; else a device that
/// opens and dies would be told as well and failed in turn.
const PROVING: Span = Span::seconds(2);

/// What a device must have taken before it is believed for the first time: more than it takes ahead into its
/// buffers.
const BELIEVED: u64 = tone::SAMPLE_RATE as u64 / 2;

/// The first pause before a new child; it doubles up to [`PAUSE_MOST`].
const PAUSE_LEAST: Span = Span(200);

/// The longest pause before a new child.
const PAUSE_MOST: Span = Span::seconds(5);

/// How late a burst that was asked for may begin.
const BURST_LATE: Span = Span::seconds(3);

/// A real device takes 48 samples in a millisecond. One that takes more than this many, beyond
/// [`HASTE_START`], throws them away: ALSA's `null` and `file` do.
const HASTE_PER_MS: u64 = 96;

/// Samples that a device may take ahead: large buffers, and a parent that read late.
const HASTE_START: u64 = 4 * tone::SAMPLE_RATE as u64;

/// Kinds of error that leave the sound as it is: a gap in it, or a refused scheduling class.
const BENIGN: [&str; 2] = ["Xrun", "RealtimeDenied"];

const NEVER_OPENED: &str = "the sound device did not open within 3 s; restart the sound server, or name \
    another device in audio.device";
const STANDS_STILL: &str = "the sound device has taken no samples for half a second; check its cable and the \
    sound server";
const SWALLOWS: &str = "the sound device takes samples faster than they can be heard, hence plays none; name \
    a real device in audio.device";
const MUTE: &str = "the sound process was asked to sound and did not; it is started again";
const OUT_OF_TURN: &str = "the sound process speaks out of turn; it is started again";

/// What is to be done with the child now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing.
    Keep,
    /// Start a new one.
    Start,
    /// Kill it, at once.
    Kill,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Waiting { until: Moment },
    Opening { since: Moment },
    Playing { since: Moment, samples: u64, grown: Moment },
}

/// The supervision of one device.
#[derive(Debug)]
pub(super) struct Supervision {
    phase: Phase,
    pause: Span,
    verdict: Option<State>,
    why: String,
    asked: Option<Signal>,
    playing: Option<Signal>,
    /// Until when a burst must have begun, while one is asked for.
    due: Moment,
    bursts: u64,
    sounded: Option<Sounded>,
    /// The mark of the canary that stands among the samples, and before which.
    mark: Option<(Round, u64)>,
    /// The last round of the canary whose mark the device has pulled.
    canary: Option<Round>,
}

impl Supervision {
    /// No child yet; the first is due now.
    #[must_use]
    pub(super) const fn new(now: Moment) -> Self {
        Self {
            phase: Phase::Waiting { until: now },
            pause: PAUSE_LEAST,
            verdict: None,
            why: String::new(),
            asked: None,
            playing: None,
            due: now,
            bursts: 0,
            sounded: None,
            mark: None,
            canary: None,
        }
    }

    /// Whether the device sounds; nothing until the first child has proved itself or failed.
    #[must_use]
    pub(super) const fn verdict(&self) -> Option<State> {
        self.verdict
    }

    /// Why it does not, and what to do. Empty when it does.
    #[must_use]
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// The signal whose burst was the last to begin, while it is asked for and the device sounds.
    #[must_use]
    pub(super) fn playing(&self) -> Option<&Signal> {
        self.playing.as_ref().filter(|_| self.verdict == Some(State::Ok))
    }

    /// Bursts begun since the gateway started, those for a silent parent too.
    #[must_use]
    pub(super) const fn bursts(&self) -> u64 {
        self.bursts
    }

    /// The alert that was announced last.
    #[must_use]
    pub(super) const fn sounded(&self) -> Option<&Sounded> {
        self.sounded.as_ref()
    }

    /// The last round of the canary whose mark the device has pulled.
    #[must_use]
    pub(super) const fn canary(&self) -> Option<Round> {
        self.canary
    }

    /// Something is asked of the child, or silence.
    pub(super) fn ask(&mut self, signal: Option<&Signal>, now: Moment) {
        if self.asked.as_ref() == signal {
            return;
        }
        let before = self.asked.as_ref().map(|asked| asked.priority);
        let after = signal.map(|signal| signal.priority);
        // A rise sounds at once, a fall in its own time; another alert of the same priority changes no
        // rhythm.
        if before < after {
            self.due = now + BURST_LATE;
        } else if let Some(lower) = after.filter(|after| before > Some(*after)) {
            self.due = latest_next(lower, now);
        }
        if signal.is_none() {
            self.playing = None;
        }
        self.asked = signal.cloned();
    }

    /// The child said something.
    pub(super) fn heard(&mut self, report: Report, now: Moment) -> Order {
        match report {
            Report::Opened { .. } => {
                self.phase = Phase::Playing { since: now, samples: 0, grown: now };
                self.due = now + BURST_LATE;
                Order::Keep
            }
            Report::Failed { why } => self.fault(why, now),
            Report::Begun { alert, priority, .. } => {
                self.begun(alert, priority, now);
                Order::Keep
            }
            Report::Canary { round, at } => {
                self.mark = Some((round, at));
                Order::Keep
            }
            Report::Pulled { samples, errors } => {
                let fatal = errors.iter().find(|(kind, _)| !BENIGN.contains(&kind.as_str()));
                match fatal {
                    Some((kind, count)) => self.fault(
                        format!(
                            "the sound device reports {kind} ({count} times); check its cable and its speaker"
                        ),
                        now,
                    ),
                    None => self.pulled(samples, now),
                }
            }
        }
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Moment) -> Order {
        match self.phase {
            Phase::Waiting { until } if now >= until => {
                self.phase = Phase::Opening { since: now };
                Order::Start
            }
            Phase::Opening { since } if now.since(since) >= OPENING_MOST => self.fault(NEVER_OPENED, now),
            Phase::Playing { since, grown, .. }
                if now.since(since) >= OPENING_MOST && now.since(grown) >= STALLED =>
            {
                self.fault(STANDS_STILL, now)
            }
            Phase::Playing { .. } if self.asked.is_some() && now > self.due => self.fault(MUTE, now),
            _ => Order::Keep,
        }
    }

    /// The child, or what connects it, is at fault: it is to be killed, and another follows after a pause.
    pub(super) fn fault(&mut self, why: impl Into<String>, now: Moment) -> Order {
        self.phase = Phase::Waiting { until: now + self.pause };
        self.pause = Span(self.pause.0.saturating_mul(2)).min(PAUSE_MOST);
        self.verdict = Some(State::Failed);
        self.why = why.into();
        (self.playing, self.mark) = (None, None);
        Order::Kill
    }

    fn pulled(&mut self, now_samples: u64, now: Moment) -> Order {
        let Phase::Playing { since, samples, grown } = self.phase else {
            return self.fault(OUT_OF_TURN, now);
        };
        let elapsed = now.since(since);
        if now_samples > HASTE_START + u64::from(elapsed.0) * HASTE_PER_MS {
            return self.fault(SWALLOWS, now);
        }
        if let Some((round, _)) = self.mark.take_if(|(_, at)| now_samples > *at) {
            self.canary = Some(round);
        }
        let has_grown = now_samples > samples;
        let grown = if has_grown { now } else { grown };
        self.phase = Phase::Playing { since, samples: now_samples, grown };
        let is_proved = match self.verdict {
            None => now_samples >= BELIEVED,
            Some(_) => elapsed >= PROVING,
        };
        if has_grown && is_proved {
            self.verdict = Some(State::Ok);
            self.why.clear();
            self.pause = PAUSE_LEAST;
        }
        Order::Keep
    }

    fn begun(&mut self, alert: Option<String>, priority: Priority, now: Moment) {
        self.bursts += 1;
        let Some(alert) = alert else { return };
        self.due = latest_next(priority, now);
        // A self-test announces no alert: nobody is owed a receipt for it.
        if alert != SELF_TEST {
            let before = self.sounded.take().filter(|sounded| sounded.alert == alert);
            let bursts = before.map_or(0, |sounded| sounded.bursts) + 1;
            self.sounded = Some(Sounded { alert: alert.clone(), priority, bursts });
        }
        self.playing = self.asked.is_some().then_some(Signal { alert, priority });
    }
}

/// Until when the burst after one of this priority must have begun.
fn latest_next(priority: Priority, now: Moment) -> Moment {
    now + tone::burst(priority).period() + BURST_LATE
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment(1_000_000);

    fn opened() -> Report {
        Report::Opened { device: "pulse:nurse".to_owned() }
    }

    fn pulled(samples: u64) -> Report {
        Report::Pulled { samples, errors: [].into() }
    }

    fn begun(alert: &str) -> Report {
        Report::Begun { alert: Some(alert.to_owned()), priority: Priority::High, at: 0 }
    }

    fn signal(alert: &str) -> Signal {
        Signal { alert: alert.to_owned(), priority: Priority::High }
    }

    /// A supervision whose child was started and has opened its device at `START`.
    fn playing() -> Supervision {
        let mut watch = Supervision::new(START);
        assert_eq!(watch.tick(START), Order::Start);
        assert_eq!(watch.heard(opened(), START), Order::Keep);
        watch
    }

    /// Lets the device play for so many tenths of a second; the first order that is not to keep the child.
    fn play(watch: &mut Supervision, from: Moment, tenths: u32) -> (Moment, Order) {
        for tenth in 1..=tenths {
            let now = from + Span(tenth * 100);
            let order = watch.heard(pulled(u64::from(now.since(START).0) * 48), now);
            let order = if order == Order::Keep { watch.tick(now) } else { order };
            if order != Order::Keep {
                return (now, order);
            }
        }
        (from + Span(tenths * 100), Order::Keep)
    }

    #[test]
    fn there_is_no_verdict_before_samples_flow() {
        let mut watch = playing();
        assert_eq!(watch.verdict(), None);
        play(&mut watch, START, 2);
        assert_eq!(watch.verdict(), None, "so much fits a buffer");
        play(&mut watch, START + Span(200), 3);
        assert_eq!(watch.verdict(), Some(State::Ok));
    }

    #[test]
    fn a_device_that_does_not_open_is_failed_after_three_seconds() {
        let mut watch = Supervision::new(START);
        watch.tick(START);
        assert_eq!(watch.tick(START + Span(2_999)), Order::Keep);
        assert_eq!(watch.tick(START + Span(3_000)), Order::Kill);
        assert_eq!(watch.verdict(), Some(State::Failed));
        assert!(watch.why().contains("audio.device"));
    }

    #[test]
    fn samples_that_stand_still_for_half_a_second_are_a_fault() {
        let mut watch = playing();
        let (now, _) = play(&mut watch, START, 30);
        let same = u64::from(now.since(START).0) * 48;
        assert_eq!(watch.heard(pulled(same), now + Span(400)), Order::Keep);
        assert_eq!(watch.tick(now + Span(499)), Order::Keep);
        assert_eq!(watch.tick(now + Span(500)), Order::Kill);
    }

    #[test]
    fn a_sink_that_slept_is_given_time_to_wake() {
        let mut watch = playing();
        watch.heard(pulled(4_096), START + Span(100));
        assert_eq!(watch.tick(START + Span(2_999)), Order::Keep);
        assert_eq!(watch.verdict(), None);
        assert_eq!(watch.tick(START + Span(3_000)), Order::Kill);
    }

    #[test]
    fn a_gap_is_borne_and_any_other_error_is_not() {
        let mut watch = playing();
        let errors = |kind: &str| [(kind.to_owned(), 3)].into();
        let gap = Report::Pulled { samples: 48, errors: errors("Xrun") };
        assert_eq!(watch.heard(gap, START + Span(1)), Order::Keep);
        let gone = Report::Pulled { samples: 96, errors: errors("DeviceNotAvailable") };
        assert_eq!(watch.heard(gone, START + Span(2)), Order::Kill);
        assert!(watch.why().contains("DeviceNotAvailable"));
    }

    #[test]
    fn a_device_that_swallows_samples_is_no_device() {
        let mut watch = playing();
        assert_eq!(watch.heard(pulled(48_000 * 60), START + Span(300)), Order::Kill);
    }

    #[test]
    fn pauses_grow_to_five_seconds_and_never_end() {
        let mut watch = Supervision::new(START);
        let mut now = START;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            assert_eq!(watch.tick(now), Order::Start);
            assert_eq!(watch.fault("gone", now), Order::Kill);
            let before = now;
            while watch.tick(now + Span(1)) != Order::Start {
                now = now + Span(1);
            }
            now = now + Span(1);
            pauses.push(now.since(before).0);
            watch.fault("gone", now);
            now = now + PAUSE_MOST;
        }
        assert_eq!(pauses[0], 200);
        assert_eq!(pauses.last(), Some(&5_000));
        assert!(pauses.is_sorted());
    }

    #[test]
    fn a_device_proves_itself_before_it_counts_as_well_again() {
        let mut watch = playing();
        watch.fault("gone", START);
        let again = START + Span(200);
        assert_eq!(watch.tick(again), Order::Start);
        watch.heard(opened(), again);
        play(&mut watch, again, 19);
        assert_eq!(watch.verdict(), Some(State::Failed));
        play(&mut watch, again + Span(1_900), 1);
        assert_eq!((watch.verdict(), watch.why()), (Some(State::Ok), ""));
    }

    #[test]
    fn bursts_are_counted_and_say_which_alert_sounded() {
        let mut watch = playing();
        play(&mut watch, START, 5);
        watch.ask(Some(&signal("a")), START);
        assert_eq!(watch.playing(), None, "nothing plays before its burst begins");
        watch.heard(begun("a"), START + Span(100));
        watch.heard(begun("a"), START + Span(8_500));
        assert_eq!(watch.playing(), Some(&signal("a")));
        assert_eq!(watch.sounded().map(|sounded| (sounded.alert.as_str(), sounded.bursts)), Some(("a", 2)));
        watch.heard(begun("b"), START + Span(11_000));
        assert_eq!(watch.sounded().map(|sounded| sounded.bursts), Some(1));
        assert_eq!(watch.bursts(), 3);
        watch.ask(None, START + Span(12_000));
        assert_eq!(watch.playing(), None);
        let last = watch.sounded().cloned();
        watch.heard(begun(SELF_TEST), START + Span(14_000));
        assert_eq!((watch.bursts(), watch.sounded().cloned()), (4, last), "a test is no alert's receipt");
    }

    #[test]
    fn a_child_that_plays_but_does_not_sound_is_a_fault() {
        let mut watch = playing();
        watch.ask(Some(&signal("a")), START);
        let (now, order) = play(&mut watch, START, 200);
        assert_eq!(order, Order::Kill);
        assert!(now.since(START) < Span::seconds(4), "{now:?}");
        assert!(watch.why().contains("asked to sound"));
    }

    #[test]
    fn a_mark_counts_once_the_device_has_pulled_what_follows_it() {
        let mut watch = playing();
        assert_eq!(watch.heard(Report::Canary { round: Round(7), at: 4_800 }, START), Order::Keep);
        watch.heard(pulled(4_800), START + Span(100));
        assert_eq!(watch.canary(), None, "the device has not come so far");
        watch.heard(pulled(4_848), START + Span(200));
        assert_eq!(watch.canary(), Some(Round(7)));
        watch.heard(Report::Canary { round: Round(8), at: 9_600 }, START);
        watch.fault("gone", START + Span(300));
        watch.tick(START + Span(600));
        watch.heard(opened(), START + Span(600));
        watch.heard(pulled(9_648), START + Span(900));
        assert_eq!(watch.canary(), Some(Round(7)), "the mark went with its child");
    }

    #[test]
    fn a_rise_after_long_silence_is_given_its_time() {
        let mut watch = playing();
        watch.ask(Some(&Signal { alert: "a".to_owned(), priority: Priority::Low }), START);
        watch.heard(Report::Begun { alert: Some("a".to_owned()), priority: Priority::Low, at: 0 }, START);
        let (now, order) = play(&mut watch, START, 250);
        assert_eq!(order, Order::Keep, "a low burst comes every 30 s");
        watch.ask(Some(&signal("b")), now);
        assert_eq!(watch.tick(now), Order::Keep);
    }

    #[test]
    fn alerts_that_change_quickly_do_not_hide_a_mute_child() {
        let mut watch = playing();
        let mut now = START;
        for turn in 0..30 {
            watch.ask(Some(&signal(&format!("a{turn}"))), now);
            let order;
            (now, order) = play(&mut watch, now, 5);
            if order == Order::Kill {
                return;
            }
        }
        panic!("a child mute for 15 s was believed");
    }
}
