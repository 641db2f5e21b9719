//! A person keeps a bed quiet for a time: an audio pause or a standby. Both reach the bed, are audited, and
//! are reminded of; what ends a standby by itself is written down, too. Whether something is heard the bed
//! decides.

use rules::bed::What;
use rules::{AlertId, Moment, Refusal, Span};

use super::places::At;
use super::{Cause, Now, Turn, Ward, WardBed, refused};
use crate::event::{BedQuiet, Said};
use crate::journal::Record;
use crate::view::{QuietView, Signal};
use crate::words;

/// How long a reminder asks for a burst: one burst of low priority begins within it, and no second.
const REMINDER: Span = Span::seconds(1);

/// An alert of which somebody is being reminded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reminder {
    alert: AlertId,
    until: Moment,
}

impl Ward {
    /// A person pauses the sound of a bed, or ends the pause.
    pub(super) fn audio_pause(&mut self, quiet: &BedQuiet, now: Now, turn: &mut Turn) {
        let by = self.actor(&quiet.by.name);
        let event = rules::Event::AudioPause(by, Span::minutes(quiet.minutes));
        let is_on = |bed: &WardBed| bed.bed.audio_pause().is_some();
        self.keep_quiet("audio pause", quiet, &event, is_on, now, turn);
    }

    /// A person says that nobody is at a bed to be watched, or that somebody is.
    pub(super) fn standby(&mut self, quiet: &BedQuiet, now: Now, turn: &mut Turn) {
        let by = self.actor(&quiet.by.name);
        let event = rules::Event::Standby(by, Span::minutes(quiet.minutes));
        self.keep_quiet("standby", quiet, &event, |bed| bed.bed.standby().is_some(), now, turn);
    }

    fn keep_quiet(
        &mut self,
        what: &str,
        quiet: &BedQuiet,
        event: &rules::Event<'_>,
        is_on: impl Fn(&WardBed) -> bool,
        now: Now,
        turn: &mut Turn,
    ) {
        let place = quiet.bed.as_deref().map_or(Some(0), |label| self.places.bed(label));
        let Some(at) = place else { return turn.said.push(refused(Refusal::Unknown)) };
        if quiet.minutes == 0 && !self.beds.get(at).is_some_and(is_on) {
            return turn.said.push(refused(Refusal::Already));
        }
        let of = quiet.bed.as_ref().map_or_else(|| "the ward".to_owned(), |label| format!("bed {label}"));
        let told = match quiet.minutes {
            0 => format!("{what} of {of} ended"),
            minutes => format!("{what} of {of}, {minutes} min"),
        };
        turn.audit(&quiet.by, told, quiet.reason.clone(), now);
        turn.alerts_changed = true;
        self.judge(at, event, &Cause::person(&quiet.by, &quiet.reason, now), turn);
        turn.said.push(Said::Done);
    }

    /// Writes down why a standby is over that nobody ended, where one was on before the event.
    pub(super) fn tell_end_of_standby(
        &self,
        at: At,
        before: Option<Moment>,
        event: &rules::Event<'_>,
        now: Now,
        turn: &mut Turn,
    ) {
        let Some((bed, until)) = self.beds.get(at).zip(before) else { return };
        if bed.bed.standby().is_some() || matches!(event, rules::Event::Standby(..)) {
            return;
        }
        let reason = match event {
            _ if until <= now.moment => "its time is over",
            rules::Event::Result(_) => "a critical result came",
            rules::Event::DeviceAlarm(_) => "a device raised an alarm that is immediate",
            rules::Event::Occupancy(_) => "a patient came to the bed",
            _ => "two sensors have shown a patient for half a minute",
        };
        let what = format!("standby of bed {} ended", bed.label.as_deref().unwrap_or_default());
        turn.alerts_changed = true;
        turn.records.push(Record::Audit {
            wall: now.wall(),
            actor: "rules".to_owned(),
            station: String::new(),
            what,
            reason: reason.to_owned(),
        });
    }

    /// Somebody is to be reminded of an alert that is kept quiet.
    pub(super) fn remind(&mut self, alert: AlertId, what: What, now: Now) {
        if what == What::Reminded {
            self.reminder = Some(Reminder { alert, until: now.moment + REMINDER });
        }
    }

    /// The reminder has been heard.
    pub(super) fn end_reminder(&mut self, now: Now, turn: &mut Turn) {
        if self.reminder.take_if(|reminder| reminder.until <= now.moment).is_some() {
            turn.alerts_changed = true;
        }
    }

    pub(super) fn reminder_deadline(&self) -> Option<Moment> {
        self.reminder.map(|reminder| reminder.until)
    }

    /// What everybody must know while the sound of the whole station is paused.
    pub(super) fn pause_strip(&self) -> Option<String> {
        let (_, by) = self.beds.first()?.bed.audio_pause()?;
        Some(format!("SOUND PAUSED at the station by {}", self.name_of(by)))
    }

    /// The reminder as a signal, for when nothing else is heard.
    pub(super) fn reminding(&self) -> Option<Signal> {
        let reminder = self.reminder?;
        Some(Signal { alert: words::alert_id(reminder.alert), priority: rules::Priority::Low })
    }

    /// What keeps a bed quiet, with the name of who said so.
    pub(super) fn quiet_of(&self, kept: Option<(Moment, rules::event::Actor)>) -> Option<QuietView> {
        kept.map(|(until, by)| QuietView { until, by: self.name_of(by).to_owned() })
    }
}
