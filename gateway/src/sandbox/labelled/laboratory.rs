//! The laboratory of the labelled ward: a panel every four hours whose values call nobody, and the critical
//! results of the truth.
//!
//! Codes are LOINC, units UCUM. A critical value lies far beyond what any published list lets pass (potassium
//! 2.8 to 6.2, sodium 120 to 158, glucose 2.6 to 26.9, lactate 4.0 mmol/L: Kost's survey), so that it is
//! critical by whichever list a ward signs. The analytes take turns: each is the first of its kind for a day.

use super::chance::Chance;
use super::truth::{Course, Kind};

/// One result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// LOINC.
    pub code: &'static str,
    /// Its name, as a laboratory writes it.
    pub name: &'static str,
    /// UCUM.
    pub unit: &'static str,
    /// The value in tenths of the unit.
    pub tenths: i32,
    /// Whether it is of the truth's critical results.
    pub is_critical: bool,
}

impl Finding {
    /// The value as a laboratory writes it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}.{}", self.tenths / 10, self.tenths % 10)
    }
}

/// An analyte: what it usually is, and what it is when somebody must come; tenths of its unit.
struct Analyte {
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    usual: [i32; 2],
    critical: [i32; 2],
}

#[rustfmt::skip]
const ANALYTES: [Analyte; 5] = [
    Analyte { code: "2823-3", name: "Potassium", unit: "mmol/L", usual: [37, 49], critical: [66, 76] },
    Analyte { code: "2951-2", name: "Sodium", unit: "mmol/L", usual: [1340, 1450], critical: [1080, 1150] },
    Analyte { code: "14749-6", name: "Glucose", unit: "mmol/L", usual: [50, 110], critical: [12, 20] },
    Analyte { code: "2524-7", name: "Lactate", unit: "mmol/L", usual: [8, 22], critical: [60, 120] },
    Analyte { code: "2823-3", name: "Potassium", unit: "mmol/L", usual: [37, 49], critical: [18, 24] },
];

/// The panel is that of the first four; the fifth is the other side of the first.
const PANEL: usize = 4;

/// Seconds between two panels.
const PANEL_EVERY_S: u64 = 14_400;

/// What is reported in a second.
pub(super) fn found(courses: &[Course], noise: u64, second: u64) -> Vec<Finding> {
    let criticals = || courses.iter().filter(|course| course.kind == Kind::CriticalResult);
    let critical = criticals().position(|course| course.starts_s == second);
    let critical = critical.and_then(|number| ANALYTES.iter().cycle().nth(number % ANALYTES.len()));
    if let Some(analyte) = critical {
        return vec![analyte.finding(&mut Chance::of(second, 300), true)];
    }
    if second % PANEL_EVERY_S != PANEL_EVERY_S / 2 {
        return Vec::new();
    }
    let mut chance = Chance::of(noise ^ second, 301);
    ANALYTES.iter().take(PANEL).map(|analyte| analyte.finding(&mut chance, false)).collect()
}

impl Analyte {
    fn finding(&self, chance: &mut Chance, is_critical: bool) -> Finding {
        let [low, high] = if is_critical { self.critical } else { self.usual };
        let Self { code, name, unit, .. } = *self;
        Finding { code, name, unit, tenths: chance.between(low, high), is_critical }
    }
}
