//! What the device pulls its samples from, and what the rest of the child knows of it: atomics alone, so that
//! the audio thread never waits and an error that repeats without end costs a count.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use rodio::CpalErrorKind as Kind;
use rules::Priority;

use super::tone::{SAMPLE_RATE, Volume};
use super::voice::{Call, Voice};
use crate::config::loudness::FULL_PERCENT;
use crate::event::Round;

/// How often the feed looks at what is wanted, in samples: each millisecond.
const LOOK_EVERY: u64 = 48;

/// How long the parent may say nothing, in samples: two seconds.
const PARENT_SILENT: u64 = SAMPLE_RATE as u64 * 2;

/// The number of the call by which the child announces that its parent is silent. Alerts are numbered from 1.
pub(super) const PARENT_IS_SILENT: u64 = 0;

/// The kinds of error that a backend can name, with the name under which they are counted.
const KINDS: [(Kind, &str); 15] = [
    (Kind::DeviceBusy, "DeviceBusy"),
    (Kind::DeviceChanged, "DeviceChanged"),
    (Kind::DeviceNotAvailable, "DeviceNotAvailable"),
    (Kind::HostUnavailable, "HostUnavailable"),
    (Kind::InvalidInput, "InvalidInput"),
    (Kind::PermissionDenied, "PermissionDenied"),
    (Kind::RealtimeDenied, "RealtimeDenied"),
    (Kind::ResourceExhausted, "ResourceExhausted"),
    (Kind::StreamInvalidated, "StreamInvalidated"),
    (Kind::UnsupportedConfig, "UnsupportedConfig"),
    (Kind::UnsupportedOperation, "UnsupportedOperation"),
    (Kind::Xrun, "Xrun"),
    (Kind::BackendError, "BackendError"),
    (Kind::Other, "Other"),
    // Kinds that a later release adds are counted with the last.
    (Kind::Other, "Unknown"),
];

/// What audio thread, standard input and standard output share.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// The call, packed.
    wanted: AtomicU64,
    /// Whether silence was asked for since the feed looked last. A device pulls many milliseconds at once: a
    /// silence between two alerts may be shorter, and what follows it begins at once all the same.
    silenced: AtomicBool,
    /// How many samples had been pulled when the parent last spoke.
    heard_at: AtomicU64,
    /// The round of the canary whose mark is wanted; none is 0.
    mark: AtomicU64,
    pulled: AtomicU64,
    errors: [AtomicU64; KINDS.len()],
}

impl Desk {
    /// The parent said what must sound, and how loud.
    pub(super) fn hear(&self, wanted: Option<(Call, u8)>) {
        if wanted.is_none() {
            self.silenced.store(true, Ordering::Relaxed);
        }
        self.wanted.store(packed(wanted), Ordering::Release);
        self.heard_at.store(self.pulled(), Ordering::Relaxed);
    }

    /// The parent wants a mark among the samples.
    pub(super) fn mark(&self, round: Round) {
        self.mark.store(round.0, Ordering::Relaxed);
    }

    /// Samples pulled so far.
    pub(super) fn pulled(&self) -> u64 {
        self.pulled.load(Ordering::Relaxed)
    }

    /// The backend said that something went wrong.
    pub(super) fn count(&self, kind: Kind) {
        let place = KINDS.iter().position(|(known, _)| *known == kind).unwrap_or(KINDS.len() - 1);
        if let Some(count) = self.errors.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The kinds that came, with how often.
    pub(super) fn errors(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.errors.iter().map(|count| count.load(Ordering::Relaxed));
        KINDS.iter().map(|(_, name)| *name).zip(counts).filter(|(_, count)| *count > 0)
    }

    /// What must sound, with the parent's silence taken into account.
    ///
    /// A parent that says nothing for two seconds does not judge either: that is a technical alarm of high
    /// priority. A high alert that already sounds goes on; anything less, silence too, becomes the high
    /// burst, as loud as can be.
    fn wanted(&self) -> (Option<Call>, Volume) {
        let wanted = unpacked(self.wanted.load(Ordering::Acquire));
        let silent = self.pulled().saturating_sub(self.heard_at.load(Ordering::Relaxed)) > PARENT_SILENT;
        match wanted {
            Some((call, percent)) if call.priority == Priority::High || !silent => {
                (Some(call), Volume::percent(percent))
            }
            _ if silent => (Some(Call { priority: Priority::High, number: PARENT_IS_SILENT }), Volume::FULL),
            _ => (None, Volume::FULL),
        }
    }
}

/// How many bits hold a priority, and a volume in hundredths.
const PRIORITY_BITS: u32 = 2;
const VOLUME_BITS: u32 = 7;

const fn packed(wanted: Option<(Call, u8)>) -> u64 {
    match wanted {
        None => 0,
        Some((Call { priority, number }, percent)) => {
            let priority = match priority {
                Priority::Low => 1,
                Priority::Medium => 2,
                Priority::High => 3,
            };
            let percent = if percent > FULL_PERCENT { FULL_PERCENT } else { percent };
            number << (PRIORITY_BITS + VOLUME_BITS) | (percent as u64) << PRIORITY_BITS | priority
        }
    }
}

fn unpacked(word: u64) -> Option<(Call, u8)> {
    let number = word >> (PRIORITY_BITS + VOLUME_BITS);
    let percent = u8::try_from(word >> PRIORITY_BITS & ((1 << VOLUME_BITS) - 1)).unwrap_or(FULL_PERCENT);
    let priority = match word & ((1 << PRIORITY_BITS) - 1) {
        1 => Priority::Low,
        2 => Priority::Medium,
        3 => Priority::High,
        _ => return None,
    };
    Some((Call { priority, number }, percent))
}

/// A burst that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    /// For whom.
    pub(super) call: Call,
    /// At which sample.
    pub(super) at: u64,
}

/// What the feed tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// A burst began.
    Burst(Begun),
    /// A mark of the canary stands before this sample. It is heard by nobody: no sample is changed for it.
    Mark {
        /// Of which round.
        round: Round,
        /// Before which sample.
        at: u64,
    },
}

/// The endless source that the device pulls.
#[derive(Debug)]
pub(super) struct Feed {
    desk: Arc<Desk>,
    voice: Voice,
    pulled: u64,
    /// The last round of the canary that was marked.
    marked: u64,
    told: SyncSender<Told>,
}

impl Feed {
    /// A feed; bursts and marks are told as they come, and dropped where nobody listens in time.
    #[must_use]
    pub(super) fn new(desk: Arc<Desk>, told: SyncSender<Told>) -> Self {
        Self { desk, voice: Voice::default(), pulled: 0, marked: 0, told }
    }

    fn mark(&mut self) {
        let round = self.desk.mark.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.marked, round) != round {
            let _ = self.told.try_send(Told::Mark { round: Round(round), at: self.pulled });
        }
    }
}

impl Iterator for Feed {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if self.pulled.is_multiple_of(LOOK_EVERY) {
            self.desk.pulled.store(self.pulled, Ordering::Relaxed);
            let silenced = self.desk.silenced.swap(false, Ordering::Acquire);
            let (wanted, volume) = self.desk.wanted();
            if silenced {
                self.voice.want(None, volume);
            }
            self.voice.want(wanted, volume);
            self.mark();
        }
        let (sample, begun) = self.voice.sound();
        if let Some(call) = begun {
            let _ = self.told.try_send(Told::Burst(Begun { call, at: self.pulled }));
        }
        self.pulled += 1;
        Some(sample)
    }
}

impl rodio::Source for Feed {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> NonZero<u16> {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> NonZero<u32> {
        NonZero::new(SAMPLE_RATE).unwrap_or(NonZero::<u32>::MIN)
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;

    const SECOND: usize = SAMPLE_RATE as usize;

    fn feed() -> (Arc<Desk>, Feed, Receiver<Told>) {
        let (told, listener) = sync_channel(16);
        let desk = Arc::new(Desk::default());
        (Arc::clone(&desk), Feed::new(desk, told), listener)
    }

    fn calls(listener: &Receiver<Told>) -> Vec<Call> {
        let call = |told| match told {
            Told::Burst(begun) => begun.call,
            Told::Mark { .. } => panic!("nobody wanted a mark"),
        };
        listener.try_iter().map(call).collect()
    }

    #[test]
    fn a_call_survives_packing() {
        for priority in [Priority::Low, Priority::Medium, Priority::High] {
            for percent in [0, 25, 100] {
                let call = Some((Call { priority, number: 1 << 40 }, percent));
                assert_eq!(unpacked(packed(call)), call);
            }
        }
        assert_eq!(unpacked(packed(None)), None);
        let loud = Call { priority: Priority::Low, number: 1 };
        assert_eq!(unpacked(packed(Some((loud, 255)))), Some((loud, 100)), "it runs into nothing else");
    }

    #[test]
    fn what_the_parent_asks_is_heard_within_a_millisecond() {
        let (desk, mut feed, listener) = feed();
        feed.by_ref().take(SECOND / 2).for_each(drop);
        let call = Call { priority: Priority::High, number: 1 };
        desk.hear(Some((call, 100)));
        feed.by_ref().take(48).for_each(drop);
        assert_eq!(calls(&listener), [call]);
    }

    #[test]
    fn a_mark_stands_once_among_the_samples_and_changes_none() {
        let (desk, mut feed, listener) = feed();
        desk.hear(None);
        feed.by_ref().take(100).for_each(drop);
        for _ in 0..2 {
            desk.mark(Round(7));
            feed.by_ref().take(96).for_each(|sample| assert!(sample.abs() < 1e-6));
        }
        let marks: Vec<Told> = listener.try_iter().collect();
        assert_eq!(marks, [Told::Mark { round: Round(7), at: 144 }]);
    }

    #[test]
    fn what_follows_a_silence_that_no_pull_saw_begins_at_once() {
        let (desk, mut feed, listener) = feed();
        let [first, second] = [1, 2].map(|number| Call { priority: Priority::High, number });
        desk.hear(Some((first, 100)));
        feed.by_ref().take(SECOND).for_each(drop);
        desk.hear(None);
        desk.hear(Some((second, 100)));
        feed.by_ref().take(48).for_each(drop);
        assert_eq!(calls(&listener), [first, second]);
    }

    #[test]
    fn a_silent_parent_is_itself_a_high_alarm_until_it_speaks() {
        let (desk, mut feed, listener) = feed();
        desk.hear(None);
        feed.by_ref().take(2 * SECOND).for_each(drop);
        assert!(calls(&listener).is_empty());
        feed.by_ref().take(SECOND / 10).for_each(drop);
        assert_eq!(calls(&listener), [Call { priority: Priority::High, number: PARENT_IS_SILENT }]);
        desk.hear(None);
        feed.by_ref().take(SECOND).skip(48).for_each(|sample| assert!(sample.abs() < 1e-6));
    }

    #[test]
    fn a_silent_parent_is_announced_as_loud_as_can_be() {
        let (desk, feed, _listener) = feed();
        desk.hear(Some((Call { priority: Priority::Low, number: 1 }, 25)));
        let quiet = |sample: &f32| sample.abs() < 0.2;
        let samples: Vec<f32> = feed.take(3 * SECOND).collect();
        assert!(samples[..2 * SECOND].iter().all(quiet));
        assert!(!samples[2 * SECOND..].iter().all(|sample| sample.abs() < 0.8));
    }

    #[test]
    fn a_high_alert_goes_on_when_the_parent_falls_silent() {
        let (desk, mut feed, listener) = feed();
        let call = Call { priority: Priority::High, number: 7 };
        desk.hear(Some((call, 100)));
        feed.by_ref().take(10 * SECOND).for_each(drop);
        assert_eq!(calls(&listener), [call, call]);
    }

    #[test]
    fn errors_are_counted_by_kind() {
        let desk = Desk::default();
        desk.count(Kind::Xrun);
        desk.count(Kind::Xrun);
        desk.count(Kind::StreamInvalidated);
        let errors: Vec<_> = desk.errors().collect();
        assert_eq!(errors, [("StreamInvalidated", 1), ("Xrun", 2)]);
    }
}
