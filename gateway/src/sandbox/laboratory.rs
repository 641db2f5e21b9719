//! The simulated laboratory: routine panels whose values move a little, and the critical potassium of the
//! story.
//!
//! Codes are LOINC, units UCUM, flags HL7 table 0078 by the laboratory's own reference ranges; whether a
//! value calls anybody is not this file's business.

use jiff::Zoned;

use super::physiology::mix;
use super::registry::{Inpatient, hl7_time, message, msh};

/// One analyte of the routine panel. Numbers in units of its last decimal place.
struct Analyte {
    loinc: &'static str,
    long_name: &'static str,
    name: &'static str,
    unit: &'static str,
    places: u8,
    range: (u32, u32),
    /// The results that this ward's patients have.
    usual: (u32, u32),
}

const POTASSIUM: Analyte = Analyte {
    loinc: "2823-3",
    long_name: "Potassium [Moles/volume] in Serum or Plasma",
    name: "Potassium",
    unit: "mmol/L",
    places: 1,
    range: (35, 51),
    usual: (39, 47),
};

#[rustfmt::skip]
static PANEL: [Analyte; 7] = [
    POTASSIUM,
    Analyte { loinc: "2951-2", long_name: "Sodium [Moles/volume] in Serum or Plasma", name: "Sodium",
        unit: "mmol/L", places: 0, range: (136, 145), usual: (134, 143) },
    Analyte { loinc: "14749-6", long_name: "Glucose [Moles/volume] in Serum or Plasma", name: "Glucose",
        unit: "mmol/L", places: 1, range: (39, 78), usual: (52, 92) },
    Analyte { loinc: "14682-9", long_name: "Creatinine [Moles/volume] in Serum or Plasma", name: "Creatinine",
        unit: "umol/L", places: 0, range: (60, 110), usual: (70, 130) },
    Analyte { loinc: "2524-7", long_name: "Lactate [Moles/volume] in Serum or Plasma", name: "Lactate",
        unit: "mmol/L", places: 1, range: (5, 22), usual: (8, 20) },
    Analyte { loinc: "718-7", long_name: "Hemoglobin [Mass/volume] in Blood", name: "Haemoglobin",
        unit: "g/L", places: 0, range: (120, 160), usual: (96, 134) },
    Analyte { loinc: "777-3", long_name: "Platelets [#/volume] in Blood by Automated count",
        name: "Platelets", unit: "10*9/L", places: 0, range: (150, 400), usual: (165, 310) },
];

/// The story's critical potassium, 6.8 mmol/L.
const CRITICAL_POTASSIUM: u32 = 68;

/// How long before its report a specimen was taken, in seconds: the laboratory of a ward's own analyser.
pub(super) const SAMPLED_AGO_S: i64 = 60;

/// One report's frame: for whom, when it is sent, and when the specimen was taken.
pub(super) struct Report {
    /// For whom.
    pub(super) patient: Inpatient,
    /// When the specimen was taken.
    pub(super) sampled: Zoned,
    /// When it is reported.
    pub(super) now: Zoned,
}

impl Report {
    /// A potassium of 6.8 mmol/L, flagged HH by the laboratory.
    pub(super) fn critical_potassium(&self) -> String {
        let result = self.obx(1, &POTASSIUM, CRITICAL_POTASSIUM, "HH");
        self.message("2823-3^Potassium [Moles/volume] in Serum or Plasma^LN", vec![result])
    }

    /// The routine panel. `seed` makes its values.
    pub(super) fn panel(&self, seed: u64) -> String {
        let results = (1..).zip(&PANEL).map(|(set_id, analyte)| {
            let value = analyte.draw(seed ^ mix(set_id));
            self.obx(set_id, analyte, value, analyte.flag(value))
        });
        self.message("24323-8^Comprehensive metabolic 2000 panel - Serum or Plasma^LN", results.collect())
    }

    /// The accession number: no two specimens of one patient are reported within a second.
    fn accession(&self) -> String {
        format!("A{}{:02}", self.now.timestamp().as_second(), self.patient.number + 1)
    }

    fn message(&self, order: &str, results: Vec<String>) -> String {
        let (accession, sampled) = (self.accession(), hl7_time(&self.sampled));
        let obr = format!("OBR|1|{accession}|{accession}^LIS|{order}|||{sampled}");
        let mut segments = vec![
            msh("LIS", "ORU^R01^ORU_R01", &format!("LAB-{accession}"), &self.now),
            self.patient.pid(),
            self.patient.pv1(),
            obr,
        ];
        segments.extend(results);
        message(&segments)
    }

    fn obx(&self, set_id: u64, analyte: &Analyte, value: u32, flag: &str) -> String {
        let Analyte { loinc, long_name, name, unit, .. } = analyte;
        let (value, sampled) = (analyte.written(value), hl7_time(&self.sampled));
        let range = format!("{}-{}", analyte.written(analyte.range.0), analyte.written(analyte.range.1));
        let code = format!("{loinc}^{long_name}^LN^{loinc}^{name}^L");
        format!("OBX|{set_id}|NM|{code}||{value}|{unit}^^UCUM|{range}|{flag}|||F|||{sampled}")
    }
}

impl Analyte {
    fn draw(&self, seed: u64) -> u32 {
        let (low, high) = self.usual;
        let above = mix(seed) % u64::from(high - low + 1);
        low + u32::try_from(above).unwrap_or(0)
    }

    /// `H` and `L` outside the reference range, `N` within.
    const fn flag(&self, value: u32) -> &'static str {
        if value < self.range.0 {
            "L"
        } else if value > self.range.1 {
            "H"
        } else {
            "N"
        }
    }

    fn written(&self, value: u32) -> String {
        match self.places {
            0 => value.to_string(),
            places => {
                let one = 10_u32.pow(u32::from(places));
                format!("{}.{:0width$}", value / one, value % one, width = usize::from(places))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn patient() -> Inpatient {
        Inpatient { number: 1, location: "ICU-1^^02".into(), attending: "dr.demo".into() }
    }

    fn written(make: impl Fn(&Report) -> String) -> String {
        let now = date(2026, 11, 21).at(8, 1, 0, 0).in_tz("Asia/Kolkata").unwrap();
        let sampled = date(2026, 11, 21).at(8, 0, 0, 0).in_tz("Asia/Kolkata").unwrap();
        make(&Report { patient: patient(), sampled, now })
    }

    #[test]
    fn the_critical_potassium_is_written_to_the_letter() {
        let expected = "\
            MSH|^~\\&|LIS|DEMO|WARDLIGHT|ICU|20261121080100+0530||ORU^R01^ORU_R01|LAB-A179522826002|P|2.5.1\r\
            PID|1||DEMO-0002^^^DEMO^MR||DEMO^BIREN||19550601|M\r\
            PV1|1|I|ICU-1^^02||||dr.demo\r\
            OBR|1|A179522826002|A179522826002^LIS|2823-3^Potassium [Moles/volume] in Serum or Plasma^LN\
            |||20261121080000+0530\r\
            OBX|1|NM|2823-3^Potassium [Moles/volume] in Serum or Plasma^LN^2823-3^Potassium^L\
            ||6.8|mmol/L^^UCUM|3.5-5.1|HH|||F|||20261121080000+0530\r";
        assert_eq!(written(Report::critical_potassium), expected);
    }

    /// Limits of `rules/charts/critical-values.md`, in the panel's own units and order.
    const CRITICAL: [(f64, f64); 7] = [
        (2.8, 6.2),
        (120.0, 158.0),
        (2.6, 26.9),
        (0.0, 654.0),
        (0.0, 4.0),
        (66.0, 1_000.0),
        (37.0, 10_000.0),
    ];

    #[test]
    fn a_panel_has_every_analyte_and_calls_nobody() {
        for seed in 0..200 {
            let text = written(|report| report.panel(seed));
            let results: Vec<Vec<&str>> = text
                .split('\r')
                .filter(|segment| segment.starts_with("OBX|"))
                .map(|segment| segment.split('|').collect())
                .collect();
            assert_eq!(results.len(), PANEL.len());
            for (fields, (low, high)) in results.iter().zip(CRITICAL) {
                let value: f64 = fields[5].parse().unwrap();
                assert!((low..=high).contains(&value), "{fields:?}");
                assert!(["N", "H", "L"].contains(&fields[8]), "{fields:?}");
            }
        }
    }

    #[test]
    fn flags_follow_the_reference_range() {
        let row = &POTASSIUM;
        assert_eq!([34, 35, 51, 52].map(|value| row.flag(value)), ["L", "N", "N", "H"]);
        assert_eq!([row.written(68), row.written(40), PANEL[1].written(118)], ["6.8", "4.0", "118"]);
    }

    #[test]
    fn panels_differ_from_seed_to_seed() {
        assert_ne!(written(|report| report.panel(1)), written(|report| report.panel(2)));
    }
}
