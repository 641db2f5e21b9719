//! What is said of patients: who comes, moves and goes, whose an order is, who was taken for two, and what a
//! person settles. By UHID alone; a name is carried for the board's privacy setting and never matched on.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rules::Age;
use serde::{Deserialize, Serialize};

use super::{Person, Place, Uhid};
use crate::clock::Wall;

/// What an ADT message says of one patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Movement {
    /// A01: admitted to a bed.
    Admit,
    /// A02: moved from one bed to another.
    Transfer,
    /// A03: gone.
    Discharge,
    /// A08: what is known of the patient changed.
    Update,
    /// A11: the admission never was.
    CancelAdmit,
    /// A12: the transfer never was.
    CancelTransfer,
    /// A13: the discharge never was.
    CancelDischarge,
    /// A04: registered. At a bed of the ward that is an arrival; anywhere else it is no move, for a clinic
    /// may register whoever lies in intensive care.
    Register,
}

/// A patient's movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Admission {
    /// Which.
    pub movement: Movement,
    /// Who.
    pub patient: Uhid,
    /// The name, for the board's privacy setting alone; never matched on.
    pub name: String,
    /// Where to, or where the patient is.
    pub place: Place,
    /// Where from (PV1-6).
    pub prior: Place,
    /// The date of birth (PID-7), where it is told.
    pub born: Option<Born>,
    /// The attending doctor (PV1-7), by the HIS's identifier.
    pub attending: Option<String>,
    /// When it happened (EVN-2, else MSH-7).
    pub at: Option<Wall>,
}

/// A date of birth. Where only its year or month is known, it is the last day that it can be: nobody is taken
/// for older than they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Born {
    /// The year.
    year: i16,
    /// The month, from 1.
    month: i8,
    /// The day of the month, from 1.
    day: i8,
}

impl Born {
    /// The age on the day of `wall` (UTC), in completed months; `None` before the birth.
    #[must_use]
    pub fn age_on(self, wall: Wall) -> Option<Age> {
        let today = jiff::Timestamp::from_millisecond(wall.0).ok()?.to_zoned(TimeZone::UTC).date();
        let months =
            (i32::from(today.year()) - i32::from(self.year)) * 12 + i32::from(today.month() - self.month);
        let completed = months - i32::from(today.day() < self.day);
        u16::try_from(completed).ok().map(Age::months)
    }
}

impl From<Date> for Born {
    fn from(date: Date) -> Self {
        Self { year: date.year(), month: date.month(), day: date.day() }
    }
}

/// A40: two identities turned out to be one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The UHID that stays (PID-3).
    pub into: Uhid,
    /// The UHID that is no more (MRG-1).
    pub from: Uhid,
    /// When it happened (EVN-2, else MSH-7).
    pub at: Option<Wall>,
}

/// A movement that cannot be applied, because it names no patient or more than one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unidentified {
    /// The trigger, such as `A01`.
    pub trigger: String,
    /// Whether it says that somebody comes to the place.
    pub arrives: bool,
    /// The place that it names.
    pub place: Place,
    /// The UHIDs that it names: none, or more than one.
    pub candidates: Vec<Uhid>,
}

/// A number under which an order, its specimen or its result is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OrderNumber {
    /// The one who ordered gave it (ORC-2, OBR-2).
    Placer(String),
    /// The laboratory gave it: the accession number (ORC-3, OBR-3, OBR-18, SPM-30).
    Accession(String),
    /// The specimen's (SPM-2, either part).
    Specimen(String),
}

/// Whose the orders of a message are (`ORM^O01`, `OML^O21`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// Whose.
    pub patient: Uhid,
    /// The numbers under which results may come back.
    pub numbers: Vec<OrderNumber>,
}

/// A person says who lies on a bed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Which bed.
    pub bed: String,
    /// Who says so.
    pub by: Person,
    /// Who lies there.
    pub patient: Uhid,
}

/// What sort of messages a peer is expected to send now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PeerKind {
    /// Laboratory results.
    Laboratory,
    /// Movements and orders of the HIS.
    Adt,
}

/// A peer was heard, whether or not anything came of its message: a duplicate counts, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// What it sends.
    pub kind: PeerKind,
    /// Its name: the sending application.
    pub peer: String,
    /// Where it was heard: the name of the endpoint.
    pub endpoint: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age_on(born: (i16, i8, i8), day: &str) -> Option<Age> {
        let (year, month, day_of) = born;
        let at: jiff::Timestamp = day.parse().unwrap();
        Born { year, month, day: day_of }.age_on(at.into())
    }

    #[test]
    fn the_month_is_completed_on_its_day() {
        assert_eq!(age_on((2010, 11, 26), "2026-11-25T23:59:59Z"), Some(Age::months(16 * 12 - 1)));
        assert_eq!(age_on((2010, 11, 26), "2026-11-26T00:00:00Z"), Some(Age::years(16)));
        assert_eq!(age_on((2026, 11, 26), "2026-11-26T00:00:00Z"), Some(Age::months(0)));
        assert_eq!(age_on((2024, 2, 29), "2025-02-28T12:00:00Z"), Some(Age::months(11)));
        assert_eq!(age_on((2024, 2, 29), "2025-03-01T12:00:00Z"), Some(Age::months(12)));
    }

    #[test]
    fn nobody_has_an_age_before_birth() {
        assert_eq!(age_on((2026, 11, 27), "2026-11-26T00:00:00Z"), None);
        assert_eq!(age_on((2027, 1, 1), "2026-11-26T00:00:00Z"), None);
    }
}
