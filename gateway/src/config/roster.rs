//! Who is called when a ladder says "attending", "duty doctor" or "ward": the roster of `ward.toml`.
//!
//! Whoever cannot be resolved is replaced by the duty intensivist at once; nobody is ever skipped in silence.

use rules::ladder::Recipient;
use serde::Deserialize;

/// One person or phone that can be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The HIS's identifier, as PV1-7 and the practitioner's page name it; empty for a phone that is
    /// nobody's.
    #[serde(default)]
    pub id: String,
    /// The account in the HIS, for notifications; empty where there is none.
    #[serde(default)]
    pub his_user: String,
    /// The phone in E.164; empty where there is none.
    #[serde(default)]
    pub phone: String,
}

/// The ward's roster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// Who answers when no attending is known.
    pub attending_of_last_resort: Contact,
    /// The intensivist on duty.
    pub duty_doctor: Contact,
    /// The charge nurse's phone.
    pub charge_nurse: Contact,
    /// The ward's phone: everybody.
    pub ward: Contact,
    /// The hospital's IT.
    pub it: Contact,
    /// Doctors by their identifier in the HIS, to whom PV1-7 may point.
    #[serde(default)]
    pub doctor: Vec<Contact>,
}

impl Roster {
    /// Whom `recipient` means for a patient whose attending is `attending`. `None` only for the station
    /// itself.
    #[must_use]
    pub fn resolve(&self, recipient: Recipient, attending: Option<&str>) -> Option<&Contact> {
        match recipient {
            Recipient::Station => None,
            Recipient::Attending => Some(self.attending(attending)),
            Recipient::DutyDoctor => Some(&self.duty_doctor),
            Recipient::ChargeNurse => Some(&self.charge_nurse),
            Recipient::Ward => Some(&self.ward),
            Recipient::It => Some(&self.it),
        }
    }

    fn attending(&self, named: Option<&str>) -> &Contact {
        let known = |id: &str| self.doctor.iter().find(|doctor| doctor.id == id);
        match named.filter(|id| !id.is_empty()) {
            Some(id) => known(id).unwrap_or(&self.duty_doctor),
            None => &self.attending_of_last_resort,
        }
    }

    /// Every account in the HIS that may be notified.
    pub fn his_users(&self) -> impl Iterator<Item = &str> {
        self.contacts().map(|(_, contact)| contact.his_user.as_str()).filter(|user| !user.is_empty())
    }

    /// Every contact with the path of its table, for checking.
    pub(crate) fn contacts(&self) -> impl Iterator<Item = (&'static str, &Contact)> {
        let fixed = [
            ("roster.attending_of_last_resort", &self.attending_of_last_resort),
            ("roster.duty_doctor", &self.duty_doctor),
            ("roster.charge_nurse", &self.charge_nurse),
            ("roster.ward", &self.ward),
            ("roster.it", &self.it),
        ];
        fixed.into_iter().chain(self.doctor.iter().map(|doctor| ("roster.doctor", doctor)))
    }
}

/// The word of a recipient in receipts and on the sheet.
#[must_use]
pub const fn recipient_word(recipient: Recipient) -> &'static str {
    match recipient {
        Recipient::Station => "station",
        Recipient::Attending => "attending",
        Recipient::DutyDoctor => "duty doctor",
        Recipient::ChargeNurse => "charge nurse",
        Recipient::Ward => "ward",
        Recipient::It => "IT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doctor(id: &str) -> Contact {
        Contact { id: id.to_owned(), ..Contact::default() }
    }

    #[test]
    fn an_unknown_attending_is_replaced_by_the_duty_doctor_at_once() {
        let roster = Roster {
            attending_of_last_resort: doctor("last"),
            duty_doctor: doctor("duty"),
            doctor: vec![doctor("known")],
            ..Roster::default()
        };
        let attending =
            |named| roster.resolve(Recipient::Attending, named).map(|contact| contact.id.as_str());
        assert_eq!(attending(Some("known")), Some("known"));
        assert_eq!(attending(Some("stranger")), Some("duty"));
        assert_eq!(attending(None), Some("last"));
        assert_eq!(attending(Some("")), Some("last"));
    }
}
