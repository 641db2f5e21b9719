//! Tasks of doctors in the HIS: one for each climb of an alert's ladder, closed when the alert is accepted or
//! over. Whether the HIS has them changes nothing of what calls.

use rules::bed::What;
use rules::ladder::{Channel, Class, Tell};
use rules::{AlertId, Priority};

use super::calls::{doubted, role_of};
use super::{Now, Ward};
use crate::owed::{Call, Destination, Owed, Parcel};
use crate::record::AlertRecord;

impl Ward {
    /// The tasks that a call in the HIS also is, one for each doctor whom it calls.
    pub(super) fn tasks(&self, alert: AlertId, tell: Tell, now: Now) -> Vec<Owed> {
        let Some(record) = self.ledger.get(alert) else { return Vec::new() };
        let repeat = record.alert.class == Class::Repeat;
        if !matches!(tell.by, Channel::His) || !tell.whom.is_doctor() || repeat {
            return Vec::new();
        }
        let people = record.chain.people(tell.whom);
        let known = people.iter().filter(|person| !person.his_user.is_empty());
        known.map(|person| task(record, &person.his_user, role_of(tell.whom, person, people), now)).collect()
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
        // Also of a climb before this one, which was recalled: closing what is closed does nothing.
        let mut tells = record.chain.steps();
        if !tells.any(|tell| matches!(tell.by, Channel::His)) {
            return None;
        }
        let parcel =
            Parcel::TaskDone { patient: record.settled_patient().cloned(), alert: record.id.clone() };
        let key = format!("task-done-{}-{:x}", record.id, now.moment.0);
        let due = now.moment;
        Some(Owed { key, destination: Destination::Frappe, alert: None, due, parcel })
    }
}

fn task(record: &AlertRecord, user: &str, to: String, now: Now) -> Owed {
    let bed = record.bed.as_deref().unwrap_or("no bed of this ward");
    let parcel = Parcel::Task {
        patient: record.settled_patient().cloned(),
        user: user.to_owned(),
        to,
        subject: format!("Bed {bed}: {}{}", record.title, doubted(record)),
        high: record.priority == Priority::High,
        alert: record.id.clone(),
    };
    let alert = record.alert.id;
    let call = Call { alert, climb: record.alert.called_from, step: 0 };
    let key = call.task_key(user);
    Owed { key, destination: Destination::Frappe, alert: Some((alert, 0)), due: now.moment, parcel }
}
