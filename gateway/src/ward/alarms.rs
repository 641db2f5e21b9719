//! The alarms that devices raise themselves: which of a bed's alerts one is about, when it begins anew, and
//! when it is over.
//!
//! A device's alarm is told apart by device, event and what it is about. The device's own name for the
//! episode decides what an end may end: an end that was on its way for long must not end what began since.

use rules::alert::Condition;
use rules::event::{About, DeviceAlarm};
use rules::vital::Source;
use rules::{AlertId, AlertState, Technical};

use super::places::At;
use super::{Cause, Now, Turn, Ward, WardBed, number_of};
use crate::event::DeviceRaised;

impl Ward {
    pub(super) fn alarm(&mut self, alarm: &DeviceRaised, now: Now, turn: &mut Turn) {
        let lies = || alarm.patient.as_ref().and_then(|patient| self.bindings.lies_on(patient));
        let Some(at) = self.places.find(&alarm.place).or_else(lies) else {
            self.unknown_bed(&alarm.place, &alarm.device, now, turn);
            // Somebody may be dying somewhere: then the whole ward is called.
            if alarm.about == About::Immediate {
                self.alarm_at(0, alarm, now, turn);
            }
            return;
        };
        self.alarm_at(at, alarm, now, turn);
    }

    fn alarm_at(&mut self, at: At, alarm: &DeviceRaised, now: Now, turn: &mut Turn) {
        turn.bed = self.beds.get(at).and_then(WardBed::label_in_place);
        let source = self.devices.number(at, &alarm.device);
        let event = number_of(&[&*alarm.device, &alarm.event, &alarm.source].join("\n"));
        let open = self.raised(at, event);
        if !alarm.on && open.is_none() {
            return self.end_what_is_meant(at, alarm, now, turn);
        }
        let DeviceRaised { about, priority, key, .. } = *alarm;
        let say = |on| rules::Event::DeviceAlarm(DeviceAlarm { source, event, about, priority, on, key });
        if open.is_some() && self.is_of_another_episode(at, event, alarm) {
            if !alarm.on {
                return;
            }
            // The device has begun anew and never said that the last time was over.
            self.judge(at, &say(false), &Cause::rules(now), turn);
        }
        if alarm.on {
            self.name(at, event, &alarm.event, &format!("{}: {}", alarm.device, words(alarm)));
        }
        if let (true, Some(named)) =
            (alarm.on, self.beds.get_mut(at).and_then(|bed| bed.names.get_mut(&event)))
        {
            named.device.clone_from(&alarm.device);
            named.episode = alarm.episode.clone().unwrap_or_default();
            named.passing = alarm.passing;
        }
        self.judge(at, &say(alarm.on), &Cause::rules(now), turn);
        self.note_inactivation(at, event, alarm, turn);
    }

    /// The end of an alarm that does not say again what it is about: by the name of its episode, else all of
    /// the same device and event.
    fn end_what_is_meant(&mut self, at: At, alarm: &DeviceRaised, now: Now, turn: &mut Turn) {
        let source = self.devices.number(at, &alarm.device);
        let DeviceRaised { about, priority, key, .. } = *alarm;
        for event in self.meant(at, alarm) {
            let over = DeviceAlarm { source, event, about, priority, on: false, key };
            self.judge(at, &rules::Event::DeviceAlarm(over), &Cause::rules(now), turn);
        }
    }

    fn meant(&self, at: At, alarm: &DeviceRaised) -> Vec<u32> {
        let Some(bed) = self.beds.get(at) else { return Vec::new() };
        let open = bed.bed.alerts().filter(|alert| alert.is_open());
        let of_devices = open.filter_map(|alert| match alert.condition {
            Condition::DeviceRaised(event) | Condition::Technical(Technical::Raised(event)) => Some(event),
            _ => None,
        });
        let said = alarm.episode.as_deref().unwrap_or_default();
        let is_meant = |event: &u32| {
            let Some(named) = bed.names.get(event).filter(|named| named.device == alarm.device) else {
                return false;
            };
            let of_this_episode = !said.is_empty() && named.episode == said;
            let of_another = !said.is_empty() && !named.episode.is_empty() && named.episode != said;
            of_this_episode || (alarm.source.is_empty() && named.code == alarm.event && !of_another)
        };
        of_devices.filter(is_meant).collect()
    }

    /// What a device tells of a point in time is over as soon as somebody has answered for it: the device
    /// itself will never say so.
    pub(super) fn end_what_was_passing(&mut self, at: At, id: AlertId, cause: &Cause<'_>, turn: &mut Turn) {
        let Some(bed) = self.beds.get(at) else { return };
        let Some(alert) = bed.bed.alert(id).filter(|alert| alert.state == AlertState::Acknowledged) else {
            return;
        };
        let (Condition::DeviceRaised(event) | Condition::Technical(Technical::Raised(event))) =
            alert.condition
        else {
            return;
        };
        if bed.names.get(&event).is_some_and(|named| named.passing) {
            let (source, key) = (Source::default(), alert.evidence.key);
            let (about, priority) = (About::Patient, alert.priority);
            let over = DeviceAlarm { source, event, about, priority, on: false, key };
            self.judge(at, &rules::Event::DeviceAlarm(over), cause, turn);
        }
    }

    /// The open alert of a device's event.
    fn raised(&self, at: At, event: u32) -> Option<AlertId> {
        let of_it = [Condition::DeviceRaised(event), Condition::Technical(Technical::Raised(event))];
        let mut alerts = self.beds.get(at)?.bed.alerts();
        alerts.find(|alert| alert.is_open() && of_it.contains(&alert.condition)).map(|alert| alert.id)
    }

    /// Whether the device names another episode than the one that is open.
    fn is_of_another_episode(&self, at: At, event: u32, alarm: &DeviceRaised) -> bool {
        let open = self.beds.get(at).and_then(|bed| bed.names.get(&event)).map(|named| &named.episode);
        match (open, &alarm.episode) {
            (Some(open), Some(said)) => !open.is_empty() && open != said,
            _ => false,
        }
    }

    /// Somebody at the bedside may have paused the device's own sound: our alert goes on, and says so.
    fn note_inactivation(&mut self, at: At, event: u32, alarm: &DeviceRaised, turn: &mut Turn) {
        let Some(id) = self.raised(at, event).filter(|_| !alarm.inactivation.is_empty()) else { return };
        let note = format!("the device says: {}", alarm.inactivation);
        if self.ledger.get(id).is_none_or(|record| record.notes.contains(&note)) {
            return;
        }
        self.ledger.edit(id, |record| record.notes.push(note));
        turn.alerts_changed = true;
        turn.records.extend(self.ledger.write(id));
    }
}

/// The device's words, or the name of its event where it has none.
fn words(alarm: &DeviceRaised) -> &str {
    if alarm.text.is_empty() { &alarm.event } else { &alarm.text }
}

#[cfg(test)]
mod tests;
