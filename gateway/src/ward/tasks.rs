//! Tasks of doctors in the HIS: one for each climb of an alert's ladder, closed when the alert is accepted or
//! over. Whether the HIS has them changes nothing of what calls.

use rules::bed::What;
use rules::ladder::{Channel, Class, Recipient, Tell};
use rules::{AlertId, Kind, Priority};

use super::{Now, Ward};
use crate::config::roster::recipient_word;
use crate::owed::{Call, Destination, Owed, Parcel};

impl Ward {
    /// The task that a call in the HIS also is, where it calls a doctor.
    pub(super) fn task(&self, alert: AlertId, tell: Tell, now: Now) -> Option<Owed> {
        let record = self.ledger.get(alert)?;
        let waits = record.charting_held && record.kind == Kind::Laboratory;
        let doctors = matches!(tell.whom, Recipient::Attending | Recipient::DutyDoctor);
        let repeat = record.alert.class == Class::Repeat;
        if !matches!(tell.by, Channel::His) || !doctors || waits || repeat {
            return None;
        }
        let contact = self.plan.roster.resolve(tell.whom, record.attending.as_deref())?;
        if contact.his_user.is_empty() {
            return None;
        }
        let bed = record.bed.as_deref().unwrap_or("no bed of this ward");
        let parcel = Parcel::Task {
            patient: record.patient.clone(),
            user: contact.his_user.clone(),
            to: recipient_word(tell.whom).to_owned(),
            subject: format!("Bed {bed}: {}", record.title),
            high: record.priority == Priority::High,
            alert: record.id.clone(),
        };
        // Whoever is called by several steps of one climb has one task of it.
        let call = Call { alert, climb: record.alert.called_from, step: 0 };
        let key = format!("task-{}", call.key(Destination::Frappe, &contact.his_user));
        let due = now.moment;
        Some(Owed { key, destination: Destination::Frappe, alert: Some((alert, 0)), due, parcel })
    }

    /// What closes an alert's tasks, where this order ends them and there can be any.
    pub(super) fn task_done(&self, alert: AlertId, what: What, now: Now) -> Option<Owed> {
        let record = self.ledger.get(alert)?;
        let accepted = record.alert.answered.accepted.is_some();
        let ends = match what {
            What::Accepted | What::Resolved | What::Withdrawn => true,
            What::Acknowledged => accepted,
            _ => false,
        };
        if !ends {
            return None;
        }
        let ladder = self.plan.policy.ladder(record.alert.class);
        let called = ladder.steps.iter().take(usize::from(record.alert.steps_called));
        let mut tells = called.flat_map(|step| step.tells.iter());
        if !tells.any(|tell| matches!(tell.by, Channel::His)) {
            return None;
        }
        let parcel = Parcel::TaskDone { patient: record.patient.clone(), alert: record.id.clone() };
        let key = format!("task-done-{}-{:x}", record.id, now.moment.0);
        let due = now.moment;
        Some(Owed { key, destination: Destination::Frappe, alert: None, due, parcel })
    }
}
