//! A person keeps a bed quiet for a time: an audio pause or a standby. Both reach the bed, are audited, and
//! are reminded of; what ends a standby by itself is written down, too. Whether something is heard the bed
//! decides.

use rules::bed::What;
use rules::event::Actor;
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

/// How a person keeps a bed quiet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keeps {
    /// The sound alone.
    AudioPause,
    /// Nobody is here to be watched.
    Standby,
}

impl Keeps {
    const fn word(self) -> &'static str {
        match self {
            Self::AudioPause => "audio pause",
            Self::Standby => "standby",
        }
    }

    const fn event(self, by: Actor, lasts: Span) -> rules::Event<'static> {
        match self {
            Self::AudioPause => rules::Event::AudioPause(by, lasts),
            Self::Standby => rules::Event::Standby(by, lasts),
        }
    }

    fn is_on(self, bed: &WardBed) -> bool {
        match self {
            Self::AudioPause => bed.bed.audio_pause().is_some(),
            Self::Standby => bed.bed.standby().is_some(),
        }
    }
}

impl Ward {
    /// A person keeps a bed quiet, or ends it.
    pub(super) fn keep_quiet(&mut self, how: Keeps, quiet: &BedQuiet, now: Now, turn: &mut Turn) {
        let place = quiet.bed.as_deref().map_or(Some(0), |label| self.places.bed(label));
        let Some(at) = place else { return turn.said.push(refused(Refusal::Unknown)) };
        if quiet.minutes == 0 && !self.beds.get(at).is_some_and(|bed| how.is_on(bed)) {
            return turn.said.push(refused(Refusal::Already));
        }
        turn.audit(&quiet.by, told(how, quiet), quiet.reason.clone(), now);
        turn.alerts_changed = true;
        let event = how.event(self.actor(&quiet.by.name), Span::minutes(quiet.minutes));
        self.judge(at, &event, &Cause::person(&quiet.by, &quiet.reason, now), turn);
        turn.said.push(Said::Done);
    }

    /// Why a standby that lasted `until` is over, where it is and no person ended it.
    pub(super) fn why_standby_ended(
        &self,
        at: At,
        until: Option<Moment>,
        event: &rules::Event<'_>,
        now: Now,
    ) -> Option<&'static str> {
        let until = until?;
        if self.beds.get(at)?.bed.standby().is_some() || matches!(event, rules::Event::Standby(..)) {
            return None;
        }
        Some(match event {
            _ if until <= now.moment => "its time is over",
            rules::Event::Result(_) => "a critical result came",
            rules::Event::DeviceAlarm(_) => "a device raised an alarm that is immediate",
            rules::Event::Occupancy(_) => "a patient came to the bed",
            _ => "two sensors have shown a patient for half a minute",
        })
    }

    /// Writes down that a standby is over that nobody ended.
    pub(super) fn tell_end_of_standby(&self, at: At, why: &str, now: Now, turn: &mut Turn) {
        let label = self.beds.get(at).and_then(|bed| bed.label.as_deref()).unwrap_or_default();
        turn.alerts_changed = true;
        turn.records.push(Record::Audit {
            wall: now.wall(),
            actor: "rules".to_owned(),
            station: String::new(),
            what: format!("standby of bed {label} ended"),
            reason: why.to_owned(),
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
    pub(super) fn quiet_of(&self, kept: Option<(Moment, Actor)>) -> Option<QuietView> {
        kept.map(|(until, by)| QuietView { until, by: self.name_of(by).to_owned() })
    }
}

/// What was done, for the audit: `standby of bed 03, 60 min`.
fn told(how: Keeps, quiet: &BedQuiet) -> String {
    let of = quiet.bed.as_ref().map_or_else(|| "the ward".to_owned(), |label| format!("bed {label}"));
    match quiet.minutes {
        0 => format!("{} of {of} ended", how.word()),
        minutes => format!("{} of {of}, {minutes} min", how.word()),
    }
}
