//! The HIS's shifts: who of the hospital is on duty for this ward over the next days, and whose attending
//! doctor is who. It is read alone, and decides nothing.
//!
//! A Shift Assignment knows an employee and a kind of shift, and no ward: `ward.toml` says which are ours.
//! The phone and the account are the practitioner's, else the employee's. Dates and times are the site's
//! own.

use std::collections::HashMap;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::FrappeSite;
use super::site::Site;
use crate::clock::Wall;
use crate::config::roster::shifts::ShiftRule;
use crate::config::roster::{Contact, is_e164};
use crate::delivery::{HttpFault, Outcome};
use crate::event::{Duty, Shift, Uhid};

/// How many days ahead are read: so long the HIS may be away and the ward still knows who comes.
const DAYS_AHEAD: i64 = 7;

/// A site whose shifts are read.
pub struct Shifts {
    site: Site,
    zone: TimeZone,
}

impl Shifts {
    /// The site; nothing is asked of it yet.
    ///
    /// # Errors
    /// [`HttpFault`]: the configuration names no usable address or zone.
    pub fn new(site: FrappeSite) -> Result<Self, HttpFault> {
        let zone = TimeZone::get(&site.zone).map_err(|_| HttpFault::NoZone { zone: site.zone.clone() })?;
        Ok(Self { site: Site::new(&site.base_url, site.token)?, zone })
    }

    /// Who is on duty by `rules` from yesterday on, every doctor of the hospital, and the attending doctors
    /// of `patients`.
    ///
    /// # Errors
    /// Why the site could not be asked, and what to do.
    pub async fn read(&self, rules: &[ShiftRule], patients: &[Uhid], now: Wall) -> Result<Duty, String> {
        self.ask(rules, patients, now).await.map_err(Outcome::why)
    }

    async fn ask(&self, rules: &[ShiftRule], patients: &[Uhid], now: Wall) -> Result<Duty, Outcome> {
        let kinds = self.kinds().await?;
        let days = Days::around(now.timestamp(), &self.zone);
        let assigned = self.assigned(rules, &days).await?;
        let people = self.people(&assigned).await?;
        let mut shifts = Vec::new();
        for row in &assigned {
            let Some(kind) = kinds.get(text(row, "shift_type")) else { continue };
            let Some(who) = people.employees.get(text(row, "employee")) else { continue };
            for role in rules.iter().filter(|rule| takes(rule, row)).filter_map(ShiftRule::recipient) {
                let spans = days.of(row).filter_map(|day| span(day, *kind, &self.zone));
                shifts.extend(spans.map(|(from, until)| Shift { role, who: who.clone(), from, until }));
            }
        }
        shifts.sort_by(|one, other| (one.from, &one.who.id).cmp(&(other.from, &other.who.id)));
        let attending = self.attending(patients).await?;
        Ok(Duty { shifts, roles: Vec::new(), doctors: people.doctors, attending })
    }

    /// Each kind of shift by its name: when it begins and ends.
    async fn kinds(&self) -> Result<HashMap<String, (Time, Time)>, Outcome> {
        let rows = self.site.list_all("Shift Type", &json!([]), &["name", "start_time", "end_time"]).await?;
        let kind = |row: &Value| {
            let times = (time(text(row, "start_time"))?, time(text(row, "end_time"))?);
            Some((text(row, "name").to_owned(), times))
        };
        Ok(rows.iter().filter_map(kind).collect())
    }

    /// The submitted assignments that reach into these days. One without an end goes on until somebody ends
    /// it.
    async fn assigned(&self, rules: &[ShiftRule], days: &Days) -> Result<Vec<Value>, Outcome> {
        let mut fields = vec!["employee", "department", "shift_type", "start_date", "end_date"];
        if rules.iter().any(|rule| rule.shift_location.is_some()) {
            // Version 14 has no such field, and fails over one that it does not know.
            fields.push("shift_location");
        }
        let mut rows = Vec::new();
        for end in [json!(["end_date", ">=", days.first.to_string()]), json!(["end_date", "is", "not set"])] {
            let filters = json!([
                ["docstatus", "=", 1],
                ["status", "=", "Active"],
                ["start_date", "<=", days.last.to_string()],
                end
            ]);
            rows.extend(self.site.list_all("Shift Assignment", &filters, &fields).await?);
        }
        rows.retain(|row| rules.iter().any(|rule| takes(rule, row)));
        Ok(rows)
    }

    /// Everybody who may be called, by what the HIS knows of them.
    async fn people(&self, assigned: &[Value]) -> Result<People, Outcome> {
        let filters = json!([["status", "=", "Active"]]);
        let fields = ["name", "employee", "user_id", "mobile_phone"];
        let rows = self.site.list_all("Healthcare Practitioner", &filters, &fields).await?;
        let mut people = People::default();
        for row in &rows {
            let doctor = contact(row, "mobile_phone");
            people.employees.insert(text(row, "employee").to_owned(), doctor.clone());
            people.doctors.push(doctor);
        }
        let mut others: Vec<&str> = assigned.iter().map(|row| text(row, "employee")).collect();
        others.retain(|name| !people.employees.contains_key(*name));
        others.sort_unstable();
        others.dedup();
        if others.is_empty() {
            return Ok(people);
        }
        let filters = json!([["name", "in", others]]);
        let rows = self.site.list_all("Employee", &filters, &["name", "user_id", "cell_number"]).await?;
        for row in &rows {
            people.employees.insert(text(row, "name").to_owned(), contact(row, "cell_number"));
        }
        Ok(people)
    }

    /// The primary practitioner of each stay that has not ended.
    async fn attending(&self, patients: &[Uhid]) -> Result<Vec<(Uhid, String)>, Outcome> {
        if patients.is_empty() {
            return Ok(Vec::new());
        }
        let uids: Vec<&str> = patients.iter().map(|patient| patient.0.as_str()).collect();
        let known = self.site.list_all("Patient", &json!([["uid", "in", uids]]), &["name", "uid"]).await?;
        let uid_of: HashMap<&str, &str> =
            known.iter().map(|row| (text(row, "name"), text(row, "uid"))).collect();
        let names: Vec<&&str> = uid_of.keys().collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let filters = json!([["status", "=", "Admitted"], ["patient", "in", names]]);
        let fields = ["patient", "primary_practitioner"];
        let stays = self.site.list_all("Inpatient Record", &filters, &fields).await?;
        let attended = |stay: &Value| {
            let doctor = text(stay, "primary_practitioner");
            let uid = uid_of.get(text(stay, "patient"))?;
            // The site compares without regard to case; identities are told apart by it.
            let patient = patients.iter().find(|patient| patient.0 == *uid)?;
            (!doctor.is_empty()).then(|| (patient.clone(), doctor.to_owned()))
        };
        let mut attending: Vec<(Uhid, String)> = stays.iter().filter_map(attended).collect();
        attending.sort();
        Ok(attending)
    }
}

/// Who can be called.
#[derive(Default)]
struct People {
    /// By the employee's name in the HIS.
    employees: HashMap<String, Contact>,
    doctors: Vec<Contact>,
}

/// The days that are read.
struct Days {
    first: Date,
    last: Date,
}

impl Days {
    /// From yesterday, whose night may still last.
    fn around(now: Timestamp, zone: &TimeZone) -> Self {
        let today = now.to_zoned(zone.clone()).date();
        Self {
            first: today.saturating_sub(Span::new().days(1)),
            last: today.saturating_add(Span::new().days(DAYS_AHEAD)),
        }
    }

    /// Those on which an assignment holds.
    fn of(&self, row: &Value) -> impl Iterator<Item = Date> + use<> {
        let date = |field| text(row, field).parse::<Date>().ok();
        let from = date("start_date").map(|start| start.max(self.first));
        let until = date("end_date").map_or(self.last, |end| end.min(self.last));
        let days = from.into_iter().flat_map(|from| from.series(Span::new().days(1)));
        days.take_while(move |day| *day <= until)
    }
}

/// A shift of that day: one that does not end after it begins ends on the next.
fn span(day: Date, (begins, ends): (Time, Time), zone: &TimeZone) -> Option<(Wall, Wall)> {
    let last = if ends > begins { day } else { day.tomorrow().ok()? };
    let wall = |date: Date, time: Time| zone.to_timestamp(date.to_datetime(time)).ok().map(Wall::from);
    Some((wall(day, begins)?, wall(last, ends)?))
}

/// Whether everything holds that the rule names.
fn takes(rule: &ShiftRule, row: &Value) -> bool {
    let holds = |given: &Option<String>, field| given.as_ref().is_none_or(|given| text(row, field) == given);
    holds(&rule.department, "department")
        && holds(&rule.shift_type, "shift_type")
        && holds(&rule.shift_location, "shift_location")
        && holds(&rule.employee, "employee")
}

fn contact(row: &Value, phone: &str) -> Contact {
    Contact {
        id: text(row, "name").to_owned(),
        his_user: text(row, "user_id").to_owned(),
        phone: international(text(row, phone)),
    }
}

/// A number as people type it, without what they put between its digits; empty where it is none that can be
/// called from anywhere.
fn international(typed: &str) -> String {
    let number: String =
        typed.chars().filter(|sign| !sign.is_whitespace() && !"-().".contains(*sign)).collect();
    if is_e164(&number) { number } else { String::new() }
}

/// A time of day as the site writes it: `8:00:00`, where others write `08:00:00`.
fn time(written: &str) -> Option<Time> {
    let padded = if written.find(':') == Some(1) { format!("0{written}") } else { written.to_owned() };
    padded.parse().ok()
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
