//! Who is called when a ladder says "attending", "duty doctor" or "ward": the roster of `ward.toml`. It knows
//! no time; who is on duty now the ward knows.

use rules::ladder::Recipient;
use serde::{Deserialize, Serialize};

/// One person or phone that can be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

impl Contact {
    /// Whether anything at all reaches them.
    #[must_use]
    pub const fn is_reached(&self) -> bool {
        !self.phone.is_empty() || !self.his_user.is_empty()
    }
}

impl Roster {
    /// Whom this file means by `recipient` where nobody else is known to be on duty. `None` for the station
    /// itself.
    #[must_use]
    pub const fn of_file(&self, recipient: Recipient) -> Option<&Contact> {
        match recipient {
            Recipient::Station => None,
            Recipient::Attending => Some(&self.attending_of_last_resort),
            Recipient::DutyDoctor => Some(&self.duty_doctor),
            Recipient::ChargeNurse => Some(&self.charge_nurse),
            Recipient::Ward => Some(&self.ward),
            Recipient::It => Some(&self.it),
        }
    }

    /// The doctor of that identifier.
    #[must_use]
    pub fn doctor(&self, id: &str) -> Option<&Contact> {
        self.doctor.iter().find(|doctor| doctor.id == id)
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
