//! The labels: what was true at a bed, from when to when, and from when on it counts. They are read off the
//! patient before any noise is laid over.
//!
//! The thresholds are the project's own definition of a true critical event, written down here once more on
//! purpose; the score is that of the Royal College of Physicians (NEWS2, December 2017, chart 1, scale 1).
//! Oxygen and consciousness, which no device measures, are left out of it, and so is the pressure, which a
//! cuff measures now and then: the label says when the score is certainly 7.

use serde::Serialize;

use super::patient::{Patient, Signs};
use super::truth::{Course, Kind};

/// One true event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// What.
    pub kind: Kind,
    /// The first second in which it is true.
    pub begins_s: u64,
    /// The first second in which it is no longer true.
    pub ends_s: u64,
    /// The second in which it has been true for its own duration, or in which its device says so.
    pub meets_s: u64,
}

/// A label as a line of a file.
#[derive(Serialize)]
struct Line<'a> {
    bed: &'a str,
    kind: &'static str,
    critical: bool,
    begin: String,
    counts_from: String,
    end: String,
}

impl Label {
    /// The label as one line of JSON, its times counted from `start`.
    ///
    /// # Errors
    /// None in practice: every part of it is text.
    pub fn line(&self, bed: &str, start: jiff::Timestamp) -> Result<String, serde_json::Error> {
        let time = |second| super::time(start, second).to_string();
        let line = Line {
            bed,
            kind: self.kind.word(),
            critical: self.kind.is_critical(),
            begin: time(self.begins_s),
            counts_from: time(self.meets_s),
            end: time(self.ends_s),
        };
        serde_json::to_string(&line)
    }
}

/// The label of each course that is true for as long as it must be.
pub(super) fn labels(patient: &Patient, courses: &[Course]) -> Vec<Label> {
    courses.iter().filter_map(|course| label(patient, courses, course)).collect()
}

fn label(patient: &Patient, courses: &[Course], course: &Course) -> Option<Label> {
    let kind = course.kind;
    let own_s = kind.own_duration_s();
    match kind {
        Kind::Excursion => Some(fixed(course, course.height_s(), course.turns_s(), course.height_s())),
        Kind::CriticalResult => Some(fixed(course, course.starts_s, course.ends_s(), course.starts_s)),
        Kind::VentilatorDisconnect => {
            Some(fixed(course, course.starts_s, course.turns_s(), course.starts_s + course.seen_after_s))
        }
        Kind::VentricularTachycardia => {
            Some(fixed(course, course.starts_s, course.turns_s(), course.starts_s + own_s))
        }
        _ => {
            let holds = |second| is_true(kind, &patient.at(second, courses));
            let begins_s =
                (course.starts_s..course.turns_s()).find(|second| (*second..*second + own_s).all(holds))?;
            let ends_s = (begins_s + own_s..course.ends_s()).find(|second| !holds(*second));
            Some(fixed(course, begins_s, ends_s.unwrap_or(course.ends_s()), begins_s + own_s))
        }
    }
}

const fn fixed(course: &Course, begins_s: u64, ends_s: u64, meets_s: u64) -> Label {
    Label { kind: course.kind, begins_s, ends_s, meets_s }
}

/// Whether the signs of one second are those of an event of this kind.
const fn is_true(kind: Kind, signs: &Signs) -> bool {
    match kind {
        Kind::Asystole => signs.heart_rate == 0,
        Kind::Desaturation => signs.spo2 < 80,
        Kind::Hypotension => signs.mean < 50,
        Kind::Bradycardia => signs.heart_rate < 40,
        Kind::Tachycardia => signs.heart_rate > 150,
        Kind::Apnoea => signs.resp_rate == 0,
        Kind::Sepsis => score(signs, false) >= 7,
        Kind::VentricularTachycardia
        | Kind::VentilatorDisconnect
        | Kind::CriticalResult
        | Kind::Excursion => false,
    }
}

/// What the signs of one second score, with or without the pressure.
#[must_use]
pub const fn score(signs: &Signs, with_pressure: bool) -> u32 {
    let resp_rate = match signs.resp_rate {
        ..=8 | 25.. => 3,
        21..=24 => 2,
        9..=11 => 1,
        12..=20 => 0,
    };
    let spo2 = match signs.spo2 {
        ..=91 => 3,
        92..=93 => 2,
        94..=95 => 1,
        96.. => 0,
    };
    let systolic = match signs.systolic {
        ..=90 | 220.. => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
    };
    let pulse = match signs.heart_rate {
        ..=40 | 131.. => 3,
        111..=130 => 2,
        41..=50 | 91..=110 => 1,
        51..=90 => 0,
    };
    let temperature = match signs.temperature {
        ..=350 => 3,
        391.. => 2,
        351..=360 | 381..=390 => 1,
        361..=380 => 0,
    };
    resp_rate + spo2 + pulse + temperature + if with_pressure { systolic } else { 0 }
}
