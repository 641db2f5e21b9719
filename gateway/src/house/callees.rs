//! Who answers from afar, and what still calls: the roster and the ward as they are published now.

use std::sync::Arc;

use rules::event::Role;
use rules::ladder::Recipient;
use rules::{AlertId, Moment};
use tokio::sync::watch;

use crate::config::roster::Contact;
use crate::config::ward::WardPlan;
use crate::delivery::afar::{self, Reach};
use crate::event::Person;
use crate::view::WardView;

/// The roster and the ward.
pub(super) struct Callees {
    pub(super) plan: Arc<WardPlan>,
    pub(super) view: watch::Receiver<Arc<WardView>>,
}

/// The contacts of the roster that are a nurse's or an engineer's; all others are doctors'.
const NO_DOCTORS: [&str; 3] = ["roster.charge_nurse", "roster.ward", "roster.it"];

impl afar::Callees for Callees {
    fn whose(&self, reached: Reach<'_>) -> Option<Person> {
        let station = match reached {
            Reach::Phone(_) => "whatsapp",
            Reach::HisUser(_) => "his",
        };
        self.of_the_file(reached).or_else(|| self.of_a_chain(reached)).map(|(contact, role)| Person {
            name: contact.id,
            role,
            station: station.to_owned(),
        })
    }

    fn climbs_since(&self, alert: AlertId) -> Option<Moment> {
        let view = self.view.borrow();
        let mut open = view.alerts.iter().filter(|record| record.alert.id == alert);
        open.next().map(|record| record.alert.called_from)
    }
}

impl Callees {
    fn of_the_file(&self, reached: Reach<'_>) -> Option<(Contact, Role)> {
        let mut known = self.plan.roster.contacts().filter(|(_, contact)| is(contact, reached));
        let (path, contact) = known.find(|(_, contact)| !contact.id.is_empty())?;
        let role = if NO_DOCTORS.contains(&path) { Role::Nurse } else { Role::Doctor };
        Some((contact.clone(), role))
    }

    /// Somebody whom an open alert calls, by whichever roster it was frozen; a doctor where any calls them as
    /// one.
    fn of_a_chain(&self, reached: Reach<'_>) -> Option<(Contact, Role)> {
        let view = self.view.borrow();
        let called = view.alerts.iter().flat_map(|record| record.chain.everybody());
        let called = called.filter(|(_, contact)| is(contact, reached) && !contact.id.is_empty());
        let (whom, contact) = called.max_by_key(|(whom, _)| is_doctor(*whom))?;
        Some((contact.clone(), if is_doctor(whom) { Role::Doctor } else { Role::Nurse }))
    }
}

const fn is_doctor(whom: Recipient) -> bool {
    matches!(whom, Recipient::Attending | Recipient::DutyDoctor)
}

fn is(contact: &Contact, reached: Reach<'_>) -> bool {
    match reached {
        Reach::Phone(digits) => contact.phone.chars().filter(char::is_ascii_digit).eq(digits.chars()),
        // The HIS writes its accounts in small letters.
        Reach::HisUser(user) => contact.his_user.to_lowercase() == user.to_lowercase(),
    }
}
