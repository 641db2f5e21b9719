//! Who is called when a ladder says "attending", "duty doctor" or "ward": the roster of `ward.toml`. It knows
//! no time; who is on duty now the ward knows.

pub mod shifts;
pub mod table;

use std::path::PathBuf;

use rules::ladder::Recipient;
use serde::{Deserialize, Serialize};

use super::Faults;
use shifts::FromHis;

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
    /// The HIS's shifts, where they are read.
    pub his: Option<FromHis>,
    /// A table of shifts, where there is one; a path without a root lies beside this file.
    pub csv: Option<PathBuf>,
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

    /// Whether this file has the roster `from` (`his`, `csv`) read.
    #[must_use]
    pub fn reads(&self, from: &str) -> bool {
        match from {
            "his" => self.his.is_some(),
            "csv" => self.csv.is_some(),
            _ => false,
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

    /// Says what is wrong with it: a phone that is none, and whoever would not be reached.
    pub(super) fn check(&self, faults: &mut Faults) {
        for (path, contact) in self.contacts() {
            if !contact.phone.is_empty() && !is_e164(&contact.phone) {
                faults.add(path, "the phone must be in E.164: + and 8 to 15 digits");
            }
        }
        let Self { attending_of_last_resort, duty_doctor, charge_nurse, ward, it, .. } = self;
        let needs_phone = [attending_of_last_resort, duty_doctor, charge_nurse, ward, it];
        let names = ["attending_of_last_resort", "duty_doctor", "charge_nurse", "ward", "it"];
        for (name, contact) in names.iter().zip(needs_phone) {
            if contact.phone.is_empty() {
                faults.add(format!("roster.{name}"), "has no phone: a step of a ladder would reach nobody");
            }
        }
        for doctor in self.doctor.iter().filter(|doctor| doctor.phone.is_empty()) {
            faults.add("roster.doctor", format!("{} has no phone: a ladder would not reach them", doctor.id));
        }
        for (name, contact) in names.iter().zip(needs_phone).take(2) {
            if contact.his_user.is_empty() {
                faults.add(format!("roster.{name}"), "has no his_user: the HIS could not notify anybody");
            }
        }
        if let Some(his) = &self.his {
            his.check(faults);
        }
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

/// The role of a shift, by the ladder's own word.
fn role_of(key: &str) -> Option<Recipient> {
    match key {
        "duty_doctor" => Some(Recipient::DutyDoctor),
        "charge_nurse" => Some(Recipient::ChargeNurse),
        "ward" => Some(Recipient::Ward),
        "it" => Some(Recipient::It),
        _ => None,
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

/// Whether a phone is written as every provider takes it.
pub(crate) fn is_e164(phone: &str) -> bool {
    phone.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_whom_the_file_names_needs_a_phone() {
        let sample: toml::Table = include_str!("../../../deploy/ward.toml").parse().unwrap();
        for name in ["attending_of_last_resort", "duty_doctor", "charge_nurse", "ward", "it"] {
            let mut roster = sample["roster"].clone();
            roster[name].as_table_mut().unwrap().insert("phone".to_owned(), "".into());
            let mut faults = Faults::default();
            roster.try_into::<Roster>().unwrap().check(&mut faults);
            let paths: Vec<&str> = faults.0.iter().map(|fault| fault.path.as_str()).collect();
            assert_eq!(paths, [format!("roster.{name}")], "{name}");
        }
    }

    #[test]
    fn a_phone_is_e164() {
        assert!(is_e164("+910000000001"));
        for phone in ["910000000001", "+91 000", "+1", "+1234567890123456"] {
            assert!(!is_e164(phone), "{phone}");
        }
    }
}
