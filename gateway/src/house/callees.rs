//! Who answers from afar, and what still calls: the roster and the ward as they are published now, and what
//! the record knows of answers.

use std::sync::Arc;

use rules::event::Role;
use rules::ladder::Channel;
use rules::{AlertId, Moment};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::roster::Contact;
use crate::config::ward::WardPlan;
use crate::delivery::afar::{self, Reach};
use crate::delivery::frappe;
use crate::event::Person;
use crate::journal::{Journal, JournalError};
use crate::owed::Call;
use crate::record::{AlertChange, AlertRecord, REJECTED};
use crate::view::WardView;
use crate::words;

/// The roster and the ward as they are now, and the record with the clock by which its times are read.
pub(super) struct Callees {
    pub(super) plan: Arc<WardPlan>,
    pub(super) view: watch::Receiver<Arc<WardView>>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
}

/// The contacts of the roster that are a nurse's or an engineer's; all others are doctors'.
const NO_DOCTORS: [&str; 3] = ["roster.charge_nurse", "roster.ward", "roster.it"];

impl afar::Callees for Callees {
    fn whose(&self, reached: Reach<'_>) -> Option<Person> {
        let station = match reached {
            Reach::Phone(_) => "whatsapp",
            Reach::HisUser(_) => "his",
        };
        let known = self.of_the_file(reached);
        let (contact, role) = if known.is_empty() { self.of_a_chain(reached)? } else { the_one(known)? };
        Some(Person { name: contact.id, role, station: station.to_owned() })
    }

    fn climbs_since(&self, alert: AlertId) -> Option<Moment> {
        let view = self.view.borrow();
        let mut open = view.alerts.iter().filter(|record| record.alert.id == alert);
        open.next().map(|record| record.alert.called_from)
    }
}

impl frappe::Tasks for Callees {
    type Error = JournalError;

    fn is_anybody_awaited(&self) -> bool {
        self.view.borrow().alerts.iter().any(|record| awaits_a_doctor_called_in_the_his(record))
    }

    async fn has_answered(&self, call: Call, by: &Person) -> Result<bool, JournalError> {
        let changes = self.journal.changes(&words::alert_id(call.alert)).await?;
        let since = |change: &AlertChange| self.clock.moment_of(change.at) >= call.climb;
        Ok(changes.iter().any(|change| since(change) && is_answer_of(change, by)))
    }
}

impl Callees {
    /// Those whom the file knows by that.
    fn of_the_file(&self, reached: Reach<'_>) -> Vec<(Contact, Role)> {
        let known = self.plan.roster.contacts().filter(|(_, contact)| is(contact, reached));
        let with_role = known.filter(|(_, contact)| !contact.id.is_empty()).map(|(path, contact)| {
            (contact.clone(), if NO_DOCTORS.contains(&path) { Role::Nurse } else { Role::Doctor })
        });
        with_role.collect()
    }

    /// Somebody whom an open alert calls, by whichever roster it was frozen; a doctor where any calls them as
    /// one.
    fn of_a_chain(&self, reached: Reach<'_>) -> Option<(Contact, Role)> {
        let view = self.view.borrow();
        let called = view.alerts.iter().flat_map(|record| record.chain.everybody());
        let called = called.filter(|(_, contact)| is(contact, reached) && !contact.id.is_empty());
        let (whom, contact) = called.max_by_key(|(whom, _)| whom.is_doctor())?;
        Some((contact.clone(), if whom.is_doctor() { Role::Doctor } else { Role::Nurse }))
    }
}

/// The one person among these, a doctor where they are known as one anywhere. What several share is nobody's
/// own: an answer from there would be in the wrong name.
fn the_one(mut known: Vec<(Contact, Role)>) -> Option<(Contact, Role)> {
    let (first, _) = known.first()?;
    let same = known.iter().all(|(contact, _)| contact.id == first.id);
    let doctor = known.iter().position(|(_, role)| *role == Role::Doctor);
    same.then(|| known.swap_remove(doctor.unwrap_or(0)))
}

fn is(contact: &Contact, reached: Reach<'_>) -> bool {
    match reached {
        Reach::Phone(digits) => contact.phone.chars().filter(char::is_ascii_digit).eq(digits.chars()),
        // The HIS writes its accounts in small letters.
        Reach::HisUser(user) => contact.his_user.to_lowercase() == user.to_lowercase(),
    }
}

/// Whether a doctor's answer is missing of an alert that has called doctors in the HIS.
fn awaits_a_doctor_called_in_the_his(record: &AlertRecord) -> bool {
    let reached = |whom| record.chain.people(whom).iter().any(|person| !person.his_user.is_empty());
    let mut tells = record.chain.steps();
    record.alert.is_owed_an_answer()
        && record.alert.answered.accepted.is_none()
        && tells.any(|tell| matches!(tell.by, Channel::His) && tell.whom.is_doctor() && reached(tell.whom))
}

/// Whether that was theirs, from where they are now, also where it changed nothing. Whoever said anywhere
/// that it is not theirs has answered: they may tidy up their tasks after that.
fn is_answer_of(change: &AlertChange, by: &Person) -> bool {
    let from_here = change.station == by.station && (change.is_answer() || change.is_refused());
    change.actor == by.name && (from_here || change.what == REJECTED)
}

#[cfg(test)]
mod tests;
