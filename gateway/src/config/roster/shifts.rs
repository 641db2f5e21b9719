//! `[roster.his]` of `ward.toml`: which of the hospital's shifts are this ward's, and in which role. The HIS
//! knows no ward on a shift, so the ward says by department, place, kind of shift or person who is meant. It
//! asks nobody.

use rules::ladder::Recipient;
use serde::Deserialize;

use super::super::Faults;
use super::role_of;

/// The section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromHis {
    /// How often the HIS is asked, in seconds.
    #[serde(default = "every_s")]
    pub every_s: u32,
    /// Which shifts are ours.
    #[serde(default, rename = "shift")]
    pub shifts: Vec<ShiftRule>,
}

const fn every_s() -> u32 {
    300
}

/// How often the HIS may be asked: ten seconds to an hour.
const EVERY_S: std::ops::RangeInclusive<u32> = 10..=3_600;

/// Shifts that are ours: those of which everything holds that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftRule {
    /// In which role, by the ladder's own word: `duty_doctor`, `charge_nurse`, `ward`, `it`.
    pub role: String,
    /// Of this department.
    pub department: Option<String>,
    /// Of this kind.
    pub shift_type: Option<String>,
    /// At this place.
    pub shift_location: Option<String>,
    /// Of this employee.
    pub employee: Option<String>,
}

impl ShiftRule {
    /// In which role.
    #[must_use]
    pub fn recipient(&self) -> Option<Recipient> {
        role_of(&self.role)
    }

    fn names_something(&self) -> bool {
        let given = [&self.department, &self.shift_type, &self.shift_location, &self.employee];
        given.into_iter().any(Option::is_some)
    }
}

impl FromHis {
    /// Says what is wrong with the section.
    pub(in crate::config) fn check(&self, faults: &mut Faults) {
        if !EVERY_S.contains(&self.every_s) {
            faults.add("roster.his.every_s", "between 10 s and an hour");
        }
        if self.shifts.is_empty() {
            faults.add(
                "roster.his",
                "which shifts are this ward's? Write a [[roster.his.shift]] for each role",
            );
        }
        for (no, rule) in self.shifts.iter().enumerate() {
            let path = format!("roster.his.shift[{no}]");
            if rule.recipient().is_none() {
                faults.add(&path, format!("{:?} is no role that has shifts; {ROLES}", rule.role));
            }
            if !rule.names_something() {
                faults.add(&path, "would take every shift of the hospital: name a department or what else");
            }
        }
    }
}

/// The roles that somebody can be on duty in.
pub(super) const ROLES: &str = "write duty_doctor, charge_nurse, ward or it";
