//! A roster as a table (`roster.csv` of `ward.toml`): one row for each person and shift, with the head
//! `role,id,phone,his_user,from,until`. A row that cannot be used is named by its line, and the others count.

use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::shifts::ROLES;
use super::{Contact, is_e164, role_of};
use crate::clock::Wall;
use crate::event::Shift;

/// The largest table that is read, in bytes; a year of a large ward is a tenth of it.
const TABLE_MOST: u64 = 4 << 20;

#[derive(Deserialize)]
struct Row {
    role: String,
    id: String,
    phone: String,
    his_user: String,
    from: String,
    until: String,
}

/// The text of a table, if it can be had whole.
///
/// # Errors
/// Why not.
pub fn text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|fault| format!("{}: {fault}", path.display()))?.len();
    if size > TABLE_MOST {
        return Err(format!("{} has more than {TABLE_MOST} bytes", path.display()));
    }
    std::fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))
}

/// The shifts of a table, and what is wrong with it, each with its line. Times without a zone are those of
/// `zone`.
#[must_use]
pub fn read(text: &str, zone: &TimeZone) -> (Vec<Shift>, Vec<String>) {
    let (mut shifts, mut faults) = (Vec::new(), Vec::new());
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    for (no, row) in reader.deserialize::<Row>().enumerate() {
        let shift = row.map_err(|fault| fault.to_string()).and_then(|row| shift(row, zone));
        match shift {
            Ok(shift) => shifts.push(shift),
            // The head is the first line.
            Err(why) => faults.push(format!("line {}: {why}", no + 2)),
        }
    }
    (shifts, faults)
}

fn shift(row: Row, zone: &TimeZone) -> Result<Shift, String> {
    let role = role_of(&row.role).ok_or_else(|| format!("{:?} is no role; {ROLES}", row.role))?;
    if row.phone.is_empty() {
        return Err(format!("{} has no phone: nobody would be called", row.id));
    }
    if !is_e164(&row.phone) {
        return Err("the phone must be in E.164: + and 8 to 15 digits".to_owned());
    }
    let (from, until) = (wall(&row.from, zone)?, wall(&row.until, zone)?);
    if from >= until {
        return Err("the shift ends before it begins: a night ends on the next date".to_owned());
    }
    let who = Contact { id: row.id, his_user: row.his_user, phone: row.phone };
    Ok(Shift { role, who, from, until })
}

/// A time with a zone of its own, or one of the ward's.
fn wall(text: &str, zone: &TimeZone) -> Result<Wall, String> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(at.into());
    }
    let at = text.parse::<DateTime>().ok().and_then(|at| zone.to_timestamp(at).ok());
    at.map(Wall::from).ok_or_else(|| format!("{text:?} is no time such as 2026-11-26 20:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "role,id,phone,his_user,from,until\n";

    fn faults(row: &str) -> Vec<String> {
        read(&format!("{HEAD}{row}\n"), &TimeZone::UTC).1
    }

    #[test]
    fn a_night_is_read_in_the_zone_of_the_ward_and_a_bad_row_costs_no_other() {
        let text = format!(
            "{HEAD}duty_doctor, dr.night ,+910000000021,n@example.org,2026-11-26 20:00,2026-11-27T08:00\n\
             duty_doctor,dr.bad,,,2026-11-27 08:00,2026-11-27 20:00\n\
             ward,desk,+910000000022,,2026-11-26T20:00:00+05:30,2026-11-27T08:00:00Z\n"
        );
        let (shifts, faults) = read(&text, &TimeZone::get("Asia/Kolkata").unwrap());
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("line 3: dr.bad has no phone"), "{faults:?}");
        let told: Vec<String> = shifts
            .iter()
            .map(|shift| format!("{} {}", shift.from.timestamp(), shift.until.timestamp()))
            .collect();
        assert_eq!(
            told,
            ["2026-11-26T14:30:00Z 2026-11-27T02:30:00Z", "2026-11-26T14:30:00Z 2026-11-27T08:00:00Z"]
        );
        assert_eq!(shifts[0].who.id, "dr.night");
    }

    #[test]
    fn every_row_that_reaches_nobody_is_a_fault() {
        let good = "ward,desk,+910000000022,,2026-11-26 20:00,2026-11-27 08:00";
        assert_eq!(faults(good), [""; 0]);
        for (part, other) in [
            ("ward,", "attending,"),
            ("+910000000022", "910000000022"),
            ("2026-11-27 08:00", "2026-11-26 20:00"),
            ("2026-11-27 08:00", "tomorrow"),
            (",2026-11-27 08:00", ""),
        ] {
            assert_eq!(faults(&good.replace(part, other)).len(), 1, "{part} as {other}");
        }
    }
}
