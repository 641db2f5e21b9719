//! The audio pause of a bed: what calls there is not heard for a while. Who is called, and when, it never
//! changes.
//!
//! It covers what had begun to call before it was set and nothing else: what is new, graver, or calls anew
//! sounds through it. While it covers something, somebody is reminded of it once a minute.
//! `charts/quiet.md` is the source of its figures.

use super::Bed;
use super::alerts::Alerts;
use super::orders::{Turn, What};
use crate::alert::Alert;
use crate::event::Actor;
use crate::time::{Moment, Since, Span};

/// The longest audio pause. A person sets it again if it must go on. Decided here, not confirmed.
pub const AUDIO_PAUSE_LONGEST: Span = Span::minutes(30);

/// The longest pause of what kills in minutes: as long as an acknowledgement silences it.
pub(super) const IMMEDIATE_LONGEST: Span = Span::minutes(2);

/// How often somebody is reminded that a bed is kept quiet.
pub(super) const REMIND_EVERY: Span = Span::minutes(1);

/// The pause of one bed, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct AudioPause {
    set: Since,
    until: Moment,
    by: Actor,
    /// How many reminders there have been.
    reminders: u32,
}

impl AudioPause {
    fn begun(by: Actor, lasts: Span, now: Moment) -> Self {
        let until = now + lasts.min(AUDIO_PAUSE_LONGEST);
        Self { set: Since::default().or_now(now), until, by, reminders: 0 }
    }

    /// Whether `alert` is not heard because of it.
    fn covers(&self, alert: &Alert, now: Moment) -> bool {
        self.set.at().is_some_and(|set| alert.called_from < set && now < self.end_for(alert, set))
    }

    fn end_for(&self, alert: &Alert, set: Moment) -> Moment {
        if alert.is_immediate() { self.until.min(set + IMMEDIATE_LONGEST) } else { self.until }
    }

    /// What it covers now: the gravest first, the oldest of those.
    fn covered<'a>(&self, alerts: &'a Alerts, now: Moment) -> Option<&'a Alert> {
        let covered = alerts.iter().filter(|alert| alert.sounds() && self.covers(alert, now));
        covered.min_by_key(|alert| (core::cmp::Reverse(alert.priority), alert.raised_at))
    }

    fn next_reminder(&self, set: Moment) -> Moment {
        set + Span(REMIND_EVERY.0.saturating_mul(self.reminders.saturating_add(1)))
    }

    /// When something changes by itself: something is heard again, or a reminder is due.
    pub(super) fn deadline(&self, alerts: &Alerts, now: Moment) -> Option<Moment> {
        let set = self.set.at()?;
        let covered = alerts.iter().filter(|alert| alert.sounds() && self.covers(alert, now));
        let heard = covered.map(|alert| self.end_for(alert, set)).min();
        let reminder = heard.map(|_| self.next_reminder(set));
        [Some(self.until), heard, reminder].into_iter().flatten().min()
    }
}

impl Bed<'_> {
    /// Whether `alert` of this bed must be heard now.
    #[must_use]
    pub fn is_heard(&self, alert: &Alert, now: Moment) -> bool {
        alert.sounds() && !self.state.audio_pause.covers(alert, now)
    }

    /// Until when the sound of this bed is paused, and by whom.
    #[must_use]
    pub fn audio_pause(&self) -> Option<(Moment, Actor)> {
        let pause = &self.state.audio_pause;
        pause.set.at().map(|_| (pause.until, pause.by))
    }

    /// A person pauses the sound, or ends the pause with no time at all.
    pub(super) fn pause_audio(&mut self, by: Actor, lasts: Span, now: Moment) {
        let ends = lasts == Span::ZERO;
        self.state.audio_pause = if ends { AudioPause::default() } else { AudioPause::begun(by, lasts, now) };
    }

    /// Ends a pause whose time is over, and reminds of one that covers something.
    pub(super) fn judge_audio_pause(&mut self, turn: &mut Turn<'_>) {
        let pause = &mut self.state.audio_pause;
        let Some(set) = pause.set.at() else { return };
        if turn.now >= pause.until {
            *pause = AudioPause::default();
        } else if turn.now >= pause.next_reminder(set) {
            let Some(covered) = pause.covered(&self.state.alerts, turn.now) else { return };
            turn.give(covered.id, What::Reminded);
            pause.reminders = turn.now.since(set).0 / REMIND_EVERY.0;
        }
    }
}
