//! Who somebody is now: the roster asked for a role, and the attending doctor of a patient. Nobody is ever
//! skipped in silence: whoever cannot be resolved is replaced by the duty intensivist at once.

use rules::ladder::Recipient;

use super::Ward;
use crate::config::roster::Contact;

impl Ward {
    /// Everybody whom `whom` means now for a patient whose attending doctor is `attending`; nobody for the
    /// station alone.
    pub(super) fn people(&self, whom: Recipient, attending: Option<&str>) -> Vec<Contact> {
        match whom {
            Recipient::Station => Vec::new(),
            Recipient::Attending => self.attending(attending),
            Recipient::DutyDoctor | Recipient::ChargeNurse | Recipient::Ward | Recipient::It => {
                self.plan.roster.of_file(whom).into_iter().cloned().collect()
            }
        }
    }

    /// The doctor who is named. One whom the roster does not know, or whom nothing reaches, is replaced by
    /// who is on duty; where nobody is named that is the roster's attending of last resort, too.
    fn attending(&self, named: Option<&str>) -> Vec<Contact> {
        let roster = &self.plan.roster;
        let mut people = match named.filter(|id| !id.is_empty()) {
            Some(id) => match roster.doctor(id).filter(|doctor| doctor.is_reached()) {
                Some(doctor) => return vec![doctor.clone()],
                None => Vec::new(),
            },
            None => vec![roster.attending_of_last_resort.clone()],
        };
        people.extend(self.people(Recipient::DutyDoctor, None));
        without_repeats(people)
    }
}

/// One who is named twice is called once.
fn without_repeats(people: Vec<Contact>) -> Vec<Contact> {
    let mut known: Vec<Contact> = Vec::new();
    for one in people {
        if !known.contains(&one) {
            known.push(one);
        }
    }
    known
}
