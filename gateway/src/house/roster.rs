//! Rosters read again and again: the HIS's shifts and the ward's table become events at the ward's own door,
//! and what was read before holds while nothing can be read. It knows nobody and calls nobody.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use rules::{Span, Technical};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Rooms;
use super::watch_over::{found, tell};
use crate::clock::{Clock, Wall};
use crate::config::roster::shifts::FromHis;
use crate::config::roster::{recipient_word, table};
use crate::delivery::HttpFault;
use crate::delivery::frappe::{FrappeSite, Shifts};
use crate::event::{Door, Duty, DutyRead, Event, Uhid, key_of};
use crate::view::WardView;

/// How often the table is looked at.
const TABLE_EVERY: Duration = Duration::from_secs(30);

/// A roster that is older is told of: shifts may have been changed since.
const STALE_MS: i64 = 60 * 60 * 1_000;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// How far ahead a table's shifts are kept: a year of them need not be carried with every checkpoint.
const AHEAD_MS: i64 = 8 * DAY_MS;

/// What every reading of a roster needs.
#[derive(Clone)]
struct Reading {
    door: Door,
    clock: Clock,
    view: watch::Receiver<Arc<WardView>>,
}

/// What the last reading came to.
#[derive(Default)]
struct Last {
    duty: Option<Duty>,
    /// Whether the ward was told that it is too old; `None` before the first verdict.
    told: Option<bool>,
}

impl Rooms {
    /// Reads the HIS's shifts and the table, as far as `ward.toml` names them.
    pub(super) fn read_rosters(&self, site: &FrappeSite) -> Result<(), HttpFault> {
        let (plan, stop) = (&self.blueprint.ward, self.tasks.stop());
        let reading = Reading { door: self.door.clone(), clock: self.clock.clone(), view: self.view.clone() };
        if let Some(his) = &plan.roster.his {
            let shifts = Arc::new(Shifts::new(site.clone())?);
            let (his, reading, stop) = (his.clone(), reading.clone(), stop.clone());
            self.tasks.supervise("roster of the HIS", move || {
                let (shifts, his, reading) = (Arc::clone(&shifts), his.clone(), reading.clone());
                until(stop.clone(), async move { his_again(&shifts, &his, &reading).await })
            });
        }
        if let Some(path) = plan.roster.csv.clone() {
            let (zone, stop) = (plan.silence.zone.clone(), stop.clone());
            self.tasks.supervise("roster of the table", move || {
                let (path, zone, reading) = (path.clone(), zone.clone(), reading.clone());
                until(stop.clone(), async move { table_again(&path, &zone, &reading).await })
            });
        }
        Ok(())
    }
}

async fn until(stop: CancellationToken, again: impl Future<Output = ()>) -> Result<(), Infallible> {
    stop.run_until_cancelled(again).await;
    Ok(())
}

async fn his_again(shifts: &Shifts, his: &FromHis, reading: &Reading) {
    let mut last = Last::default();
    loop {
        let patients = reading.patients();
        let read = shifts.read(&his.shifts, &patients, reading.clock.wall()).await;
        reading.take("his", read, &mut last).await;
        tokio::time::sleep(reading.clock.real(Span::seconds(his.every_s))).await;
    }
}

async fn table_again(path: &Path, zone: &TimeZone, reading: &Reading) {
    let mut last = Last::default();
    loop {
        let read = reading.table(path.to_owned(), zone).await;
        reading.take("csv", read, &mut last).await;
        tokio::time::sleep(TABLE_EVERY).await;
    }
}

impl Reading {
    /// Who lies in the ward.
    fn patients(&self) -> Vec<Uhid> {
        let view = self.view.borrow();
        view.beds.iter().filter_map(|bed| bed.binding.patient.clone()).collect()
    }

    /// The table as it is now, as far as it is about these days. One bad row makes none of it untrue: `check`
    /// names it.
    async fn table(&self, path: PathBuf, zone: &TimeZone) -> Result<Duty, String> {
        let text = tokio::task::spawn_blocking(move || table::text(&path)).await;
        let text = text.map_err(|fault| fault.to_string()).and_then(|text| text)?;
        let (mut shifts, faults) = table::read(&text, zone);
        if shifts.is_empty() {
            // A wrong head or another separator leaves no row: what was read before holds.
            return Err("no row of the table can be used; `wardlight check` says why".to_owned());
        }
        if !faults.is_empty() {
            tracing::debug!(rows = faults.len(), "rows of the roster's table cannot be used");
        }
        let mut roles: Vec<_> = shifts.iter().map(|shift| shift.role).collect();
        roles.sort_unstable_by_key(|role| recipient_word(*role));
        roles.dedup();
        let now = self.clock.wall().0;
        shifts.retain(|shift| shift.until.0 > now - DAY_MS && shift.from.0 < now + AHEAD_MS);
        Ok(Duty { shifts, roles, ..Duty::default() })
    }

    /// Hands over what was read; what cannot be read is told of once what the ward knows is too old.
    async fn take(&self, from: &str, read: Result<Duty, String>, last: &mut Last) {
        let at = self.clock.wall();
        match read {
            Ok(duty) => {
                let is_new = last.duty.as_ref() != Some(&duty);
                let told = is_new.then(|| duty.clone());
                last.duty = Some(duty);
                let read = DutyRead { from: from.to_owned(), at, duty: told };
                tell(&self.door, Event::Duty(read)).await;
                if last.told != Some(false) {
                    last.told = Some(false);
                    tell(&self.door, found(stale(from), false, String::new())).await;
                }
            }
            Err(why) => {
                let known = self.read_at(from);
                let is_stale = known.is_none_or(|known| at.0 - known.0 > STALE_MS);
                if is_stale && last.told != Some(true) {
                    last.told = Some(true);
                    tell(&self.door, found(stale(from), true, sentence(from, known, &why))).await;
                }
            }
        }
    }

    /// When that roster was read last, as far as the ward remembers.
    fn read_at(&self, from: &str) -> Option<Wall> {
        let view = self.view.borrow();
        view.duty.read.iter().find(|(known, _)| known == from).map(|(_, at)| *at)
    }
}

fn stale(from: &str) -> Technical {
    let number = key_of(&[b"roster", from.as_bytes()]).0 >> 32;
    Technical::Channel(u32::try_from(number).unwrap_or_default())
}

fn sentence(from: &str, known: Option<Wall>, why: &str) -> String {
    let whose = if from == "his" { "the HIS's roster" } else { "the roster's table" };
    let what_holds = match known {
        Some(known) => {
            format!("what was read at {} still holds", known.timestamp())
        }
        None => "the contacts in ward.toml are called".to_owned(),
    };
    format!("{whose} cannot be read, {what_holds}; call IT: {why}")
}

#[cfg(test)]
mod tests;
