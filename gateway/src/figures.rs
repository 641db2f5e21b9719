//! The ward's figures: how long it took until an alert was heard, seen, acknowledged and taken over, by kind
//! and shift and by bed, and how many nobody answered. It counts what the record says; it judges nobody.
//!
//! What is counted takes the same room for a day and for a quarter of a year.

mod course;
mod register;
mod shift;
mod spread;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{AlertChange, AlertRecord, kind};
use course::Course;
pub use register::{Entry, Register};
pub use shift::Shifts;
use spread::{Spread, SpreadJson};

/// What was counted so far.
#[derive(Clone, Debug)]
pub struct Figures {
    shifts: Shifts,
    /// By kind and shift, in the words that the API has for them.
    by_kind: BTreeMap<(&'static str, &'static str), Cell>,
    /// By bed; none for what belongs to no bed of the ward.
    by_bed: BTreeMap<Option<String>, Cell>,
}

/// The alerts of one kind and shift, or of one bed.
#[derive(Clone, Debug, Default)]
struct Cell {
    alerts: u64,
    high: u64,
    unanswered: u64,
    sounded: Spread,
    seen: Spread,
    acknowledged: Spread,
    accepted: Spread,
}

impl Figures {
    /// Of no alert yet.
    #[must_use]
    pub const fn in_shifts(shifts: Shifts) -> Self {
        Self { shifts, by_kind: BTreeMap::new(), by_bed: BTreeMap::new() }
    }

    /// Counts one alert, with all that happened to it.
    pub fn count(&mut self, record: &AlertRecord, changes: &[AlertChange]) {
        let course = Course::of(record, changes);
        let shift = self.shifts.of(record.raised_at);
        let high = record.priority == rules::Priority::High;
        self.by_kind.entry((kind::word(record.kind), shift)).or_default().count(&course, high);
        self.by_bed.entry(record.bed.clone()).or_default().count(&course, high);
    }

    /// What was counted, for programs and people.
    #[must_use]
    pub fn told(&self) -> Told<'_> {
        let by_kind = self.by_kind.iter();
        let by_bed = self.by_bed.iter();
        Told {
            shifts: Shifts::words(),
            by_kind: by_kind.map(|(&(kind, shift), cell)| OfKind { kind, shift, of: cell.told() }).collect(),
            by_bed: by_bed.map(|(bed, cell)| OfBed { bed: bed.as_deref(), of: cell.told() }).collect(),
        }
    }
}

impl Cell {
    fn count(&mut self, course: &Course, high: bool) {
        self.alerts += 1;
        self.high += u64::from(high);
        self.unanswered += u64::from(!course.answered);
        let times = [
            (&mut self.sounded, course.sounded),
            (&mut self.seen, course.seen),
            (&mut self.acknowledged, course.acknowledged),
            (&mut self.accepted, course.accepted),
        ];
        for (spread, after_ms) in times {
            if let Some(after_ms) = after_ms {
                spread.add(after_ms);
            }
        }
    }

    fn told(&self) -> CellJson {
        CellJson {
            alerts: self.alerts,
            high: self.high,
            unanswered: self.unanswered,
            to_sound: self.sounded.told(),
            to_seen: self.seen.told(),
            to_acknowledged: self.acknowledged.told(),
            to_accepted: self.accepted.told(),
        }
    }
}

/// The figures as they are told.
#[derive(Clone, Debug, Serialize)]
pub struct Told<'a> {
    /// The shifts, each with the hour at which it begins.
    shifts: Vec<String>,
    by_kind: Vec<OfKind>,
    by_bed: Vec<OfBed<'a>>,
}

#[derive(Clone, Debug, Serialize)]
struct OfKind {
    kind: &'static str,
    shift: &'static str,
    #[serde(flatten)]
    of: CellJson,
}

#[derive(Clone, Debug, Serialize)]
struct OfBed<'a> {
    bed: Option<&'a str>,
    #[serde(flatten)]
    of: CellJson,
}

#[derive(Clone, Debug, Serialize)]
struct CellJson {
    alerts: u64,
    /// How many of them were of high priority when last looked at.
    high: u64,
    /// How many ended, or still stand, without any answer of a person.
    unanswered: u64,
    to_sound: SpreadJson,
    to_seen: SpreadJson,
    to_acknowledged: SpreadJson,
    to_accepted: SpreadJson,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;
    use crate::record::ACKNOWLEDGED;

    /// Alerts of bed 01, raised at eight in the morning of a day in 2026, each answered after so many seconds
    /// or never.
    fn figures(answered_s: &[Option<i64>]) -> serde_json::Value {
        let mut figures = Figures::in_shifts(Shifts::of_zone(jiff::tz::TimeZone::UTC));
        let at = Wall::from("2026-09-12T08:00:00Z".parse::<jiff::Timestamp>().unwrap());
        for answered_s in answered_s {
            let mut record = crate::journal::samples::alert(1);
            record.raised_at = at;
            let change = |seconds: i64| AlertChange {
                alert: record.id.clone(),
                at: Wall(at.0 + seconds * 1_000),
                what: ACKNOWLEDGED.to_owned(),
                actor: "asha".to_owned(),
                station: "desk".to_owned(),
                reason: String::new(),
            };
            let changes: Vec<_> = answered_s.iter().map(|seconds| change(*seconds)).collect();
            figures.count(&record, &changes);
        }
        serde_json::to_value(figures.told()).unwrap()
    }

    #[test]
    fn an_alert_is_counted_by_its_kind_and_shift_and_by_its_bed() {
        let told = figures(&[Some(10), Some(20), Some(400), None]);
        let of = &told["by_kind"][0];
        assert_eq!((&of["kind"], &of["shift"]), (&"score".into(), &"morning".into()));
        assert_eq!((&of["alerts"], &of["high"], &of["unanswered"]), (&4.into(), &4.into(), &1.into()));
        let times = &of["to_acknowledged"];
        assert_eq!(*times, serde_json::json!({"n": 3, "median_s": 20.0, "p90_s": 400.0}));
        assert_eq!(of["to_sound"], serde_json::json!({"n": 0, "median_s": null, "p90_s": null}));
        assert_eq!((&told["by_bed"][0]["bed"], &told["by_bed"][0]["alerts"]), (&"01".into(), &4.into()));
    }

    #[test]
    fn no_alert_is_no_figure_and_no_fault() {
        assert_eq!(figures(&[])["by_kind"], serde_json::json!([]));
    }
}
