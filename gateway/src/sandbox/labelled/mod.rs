//! A ward with an answer book: simulated patients whose true events are known beforehand, seen through
//! monitors that err as monitors do. The same seeds give the same bytes.
//!
//! First the truth is fixed, from one seed: levels, courses (`truth`), labels (`label`). Then, from another,
//! sensors and cables are laid over it (`screen`, `artefact`). Nothing here knows a limit, a rule or a policy
//! of the gateway: what is judged must not depend on who judges. Each file's head says what it assumes, and
//! from where.

mod artefact;
mod chance;
mod label;
mod laboratory;
mod patient;
mod screen;
#[cfg(test)]
mod tests;
mod truth;

use artefact::{Artefact, Cause};
pub use label::{Label, score};
pub use laboratory::Finding;
pub use patient::Signs;
use patient::{Line, Patient};
use screen::Screen;
use truth::Course;
pub use truth::Kind;

use super::physiology::mix;

/// One value of a monitor in one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its MDC code.
    pub code: &'static str,
    /// Its UCUM unit.
    pub unit: &'static str,
    /// The value in units of its last place; `None` where the monitor has none.
    pub value: Option<i32>,
    /// How many decimal places it has.
    pub places: u8,
}

impl Shown {
    /// The value as a device writes it; empty where there is none.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.value, self.places) {
            (None, _) => String::new(),
            (Some(value), 0) => value.to_string(),
            (Some(value), _) => format!("{}.{}", value / 10, value % 10),
        }
    }

    /// The status as a device writes it; empty is ok.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        if self.value.is_none() { "unavailable" } else { "" }
    }
}

/// An alarm that a device raises itself, in the second in which it begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Its MDC event.
    pub event: &'static str,
    /// The part that it is about.
    pub source: &'static str,
    /// Whether it begins.
    pub on: bool,
}

/// Everything that leaves one bedside in one second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// The frame of the monitor and the ventilator.
    pub shown: Vec<Shown>,
    /// Alarms of the devices.
    pub raised: Vec<Raised>,
    /// Results of the laboratory.
    pub found: Vec<Finding>,
}

/// One bed and its patient, for a stay.
#[derive(Clone, Debug)]
pub struct Bedside {
    patient: Patient,
    courses: Vec<Course>,
    labels: Vec<Label>,
    artefacts: Vec<Artefact>,
    noise: u64,
}

/// The events of the contract that devices raise here (IHE PCD TF-3, table 3.2-1; V_TACHY as Philips sends
/// it).
const STANDSTILL: (&str, &str) = ("MDC_EVT_ECG_ASYSTOLE", "MDC_ECG_HEART_RATE");
const TACHYCARDIA: (&str, &str) = ("MDC_EVT_ECG_V_TACHY", "MDC_ECG_HEART_RATE");
const CAME_OFF: (&str, &str) = ("MDC_EVT_DISCONN", "MDC_DEV_VENT_VMD");

impl Bedside {
    /// The bed of this number in the ward of `seed`, watched for `lasts_s` seconds. What is true depends on
    /// `seed` alone; `noise` decides what the sensors make of it.
    #[must_use]
    pub fn new(seed: u64, noise: u64, number: u64, lasts_s: u64) -> Self {
        let seed = mix(seed ^ mix(number));
        let patient = Patient::new(seed);
        let courses = truth::courses(seed, &patient, lasts_s);
        let labels = label::labels(&patient, &courses);
        let noise = mix(mix(noise) ^ mix(number));
        let artefacts = artefact::artefacts(noise, &patient, &courses, lasts_s);
        Self { patient, courses, labels, artefacts, noise }
    }

    /// What happens to the patient, by when it begins to move.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// What is true of the patient in a second.
    #[must_use]
    pub fn truth(&self, second: u64) -> Signs {
        self.patient.at(second, under_way(&self.courses, second))
    }

    /// Whether the patient is ventilated.
    #[must_use]
    pub const fn is_ventilated(&self) -> bool {
        self.patient.is_ventilated
    }

    /// What leaves the bedside in a second.
    #[must_use]
    pub fn sends(&self, second: u64) -> Second {
        let courses = under_way(&self.courses, second);
        let mut screen = Screen::of(&self.patient.at(second, courses), self.noise, second);
        for course in courses {
            screen.lag(course, second);
        }
        let lain = |artefact: &&Artefact| (artefact.from_s..artefact.until_s).contains(&second);
        let ventilated = self.patient.is_ventilated;
        self.near(second).iter().filter(lain).for_each(|artefact| screen.lay(artefact, ventilated, second));
        Second {
            shown: self.frame(&screen, second),
            raised: self.raised(second),
            found: laboratory::found(&self.courses, self.noise, second),
        }
    }

    /// The artefacts that may be under way: none lasts longer than half an hour.
    fn near(&self, second: u64) -> &[Artefact] {
        let first = self.artefacts.partition_point(|artefact| artefact.from_s + 1_800 < second);
        let last = self.artefacts.partition_point(|artefact| artefact.from_s <= second);
        self.artefacts.get(first..last).unwrap_or_default()
    }

    fn frame(&self, screen: &Screen, second: u64) -> Vec<Shown> {
        let whole = |code, value, unit| Shown { code, unit, value, places: 0 };
        let mut frame = Vec::with_capacity(10);
        frame.push(whole("MDC_ECG_HEART_RATE", screen.heart_rate, "/min"));
        frame.push(whole("MDC_PULS_OXIM_SAT_O2", screen.spo2, "%"));
        frame.push(whole("MDC_PULS_OXIM_PULS_RATE", screen.pulse, "/min"));
        frame.push(Shown { code: "MDC_TEMP", unit: "Cel", value: screen.temperature, places: 1 });
        if self.patient.is_ventilated {
            frame.push(whole("MDC_VENT_RESP_RATE", screen.resp_rate, "/min"));
            frame.push(whole("MDC_CONC_AWAY_CO2_ET", screen.etco2, "mm[Hg]"));
        } else {
            frame.push(whole("MDC_TTHOR_RESP_RATE", screen.resp_rate, "/min"));
        }
        let codes = match self.patient.line {
            Line::Arterial => ["MDC_PRESS_BLD_ART_SYS", "MDC_PRESS_BLD_ART_MEAN", "MDC_PRESS_BLD_ART_DIA"],
            Line::Cuff { every_s, .. } if second.is_multiple_of(every_s) => {
                ["MDC_PRESS_BLD_NONINV_SYS", "MDC_PRESS_BLD_NONINV_MEAN", "MDC_PRESS_BLD_NONINV_DIA"]
            }
            // A cuff speaks only when it has measured.
            Line::Cuff { .. } => return frame,
        };
        let values = [screen.systolic, screen.mean, screen.diastolic];
        frame.extend(codes.into_iter().zip(values).map(|(code, value)| whole(code, value, "mm[Hg]")));
        frame
    }

    fn raised(&self, second: u64) -> Vec<Raised> {
        let says =
            under_way(&self.courses, second).iter().filter(|course| course.device_says_so).map(|course| {
                let words = match course.kind {
                    Kind::Asystole => STANDSTILL,
                    Kind::VentilatorDisconnect => CAME_OFF,
                    _ => TACHYCARDIA,
                };
                (words, course.starts_s + course.seen_after_s, course.turns_s())
            });
        let is_false = |artefact: &&Artefact| artefact.cause == Cause::FalseTachycardia;
        let falsely = self.near(second).iter().filter(is_false);
        let falsely = falsely.map(|artefact| (TACHYCARDIA, artefact.from_s, artefact.until_s));
        says.chain(falsely)
            .filter(|(_, from_s, until_s)| [*from_s, *until_s].contains(&second))
            .map(|((event, source), from_s, _)| Raised { event, source, on: from_s == second })
            .collect()
    }
}

/// The courses that may be under way: none lasts longer than five hours.
fn under_way(courses: &[Course], second: u64) -> &[Course] {
    let first = courses.partition_point(|course| course.starts_s + 18_000 < second);
    let last = courses.partition_point(|course| course.starts_s <= second);
    courses.get(first..last).unwrap_or_default()
}

/// The time of a second of the stay.
#[must_use]
pub fn time(start: jiff::Timestamp, second: u64) -> jiff::Timestamp {
    let since = jiff::SignedDuration::from_secs(i64::try_from(second).unwrap_or(i64::MAX));
    start.checked_add(since).unwrap_or(jiff::Timestamp::MAX)
}
