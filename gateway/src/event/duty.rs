//! Who is on duty, as a roster outside the ward says it: the HIS's shifts, or a table. It resolves no role.

use rules::ladder::Recipient;
use serde::{Deserialize, Serialize};

use super::Uhid;
use crate::clock::Wall;
use crate::config::roster::Contact;

/// One person on duty in one role, from when to when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// As what.
    pub role: Recipient,
    /// Who.
    pub who: Contact,
    /// From when on.
    pub from: Wall,
    /// Until when; not including it.
    pub until: Wall,
}

/// All that a roster says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// The shifts of the ward, over some days.
    pub shifts: Vec<Shift>,
    /// Of which roles it speaks, also where every shift of one is long over; empty where its reader is told.
    pub roles: Vec<Recipient>,
    /// Doctors to whom an attending may point, by the roster's own identifier.
    pub doctors: Vec<Contact>,
    /// Whose attending doctor is who, by the HIS's record of the stay.
    pub attending: Vec<(Uhid, String)>,
}

/// A roster was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyRead {
    /// Where: `his` or `csv`.
    pub from: String,
    /// When.
    pub at: Wall,
    /// What it says; `None` where that is what it said before.
    pub duty: Option<Duty>,
}
