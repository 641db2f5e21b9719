//! Who answers from a phone, and what still calls: the roster and the ward as they are published now.

use std::sync::Arc;

use rules::event::Role;
use rules::ladder::Recipient;
use rules::{AlertId, Moment};
use tokio::sync::watch;

use crate::config::roster::Contact;
use crate::config::ward::WardPlan;
use crate::delivery::tap;
use crate::event::Person;
use crate::view::WardView;

/// The roster and the ward.
pub(super) struct Callees {
    pub(super) plan: Arc<WardPlan>,
    pub(super) view: watch::Receiver<Arc<WardView>>,
}

/// The phones of the roster that a nurse or an engineer carries; all others are doctors'.
const NO_DOCTORS: [&str; 3] = ["roster.charge_nurse", "roster.ward", "roster.it"];

impl tap::Callees for Callees {
    fn whose(&self, digits: &str) -> Option<Person> {
        self.of_the_file(digits).or_else(|| self.of_a_chain(digits)).map(|(contact, role)| Person {
            name: contact.id,
            role,
            station: "whatsapp".to_owned(),
        })
    }

    fn climbs_since(&self, alert: AlertId) -> Option<Moment> {
        let view = self.view.borrow();
        let mut open = view.alerts.iter().filter(|record| record.alert.id == alert);
        open.next().map(|record| record.alert.called_from)
    }
}

impl Callees {
    fn of_the_file(&self, digits: &str) -> Option<(Contact, Role)> {
        let mut known = self.plan.roster.contacts().filter(|(_, contact)| is(contact, digits));
        let (path, contact) = known.find(|(_, contact)| !contact.id.is_empty())?;
        let role = if NO_DOCTORS.contains(&path) { Role::Nurse } else { Role::Doctor };
        Some((contact.clone(), role))
    }

    /// Somebody whom an open alert calls, by whichever roster it was frozen.
    fn of_a_chain(&self, digits: &str) -> Option<(Contact, Role)> {
        let view = self.view.borrow();
        let mut called = view.alerts.iter().flat_map(|record| record.chain.everybody());
        let (whom, contact) = called.find(|(_, contact)| is(contact, digits) && !contact.id.is_empty())?;
        let doctor = matches!(whom, Recipient::Attending | Recipient::DutyDoctor);
        Some((contact.clone(), if doctor { Role::Doctor } else { Role::Nurse }))
    }
}

fn is(contact: &Contact, digits: &str) -> bool {
    contact.phone.chars().filter(char::is_ascii_digit).eq(digits.chars())
}
