//! Which analyte of the chart a laboratory code means, which unit a text, and how grave a flag.
//!
//! LOINC codes from the MIT-LCP mimic-code mapping of laboratory items (MIT) and their molar siblings (LOINC
//! © Regenstrief Institute).

use rules::Unit;
use rules::critical::Known;
use rules::event::Flag;

/// The LOINC codes of each analyte of the chart.
const CODES: [(Known, &[&str]); Known::ALL.len()] = [
    (Known::Potassium, &["2823-3", "6298-4", "32713-0"]),
    (Known::Sodium, &["2951-2", "2947-0", "32717-1"]),
    (Known::Glucose, &["2345-7", "2339-0", "14749-6", "15074-8"]),
    (Known::CalciumIonised, &["1994-3", "1995-0"]),
    (Known::CalciumTotal, &["17861-6", "2000-8"]),
    (Known::Haemoglobin, &["718-7"]),
    (Known::Platelets, &["777-3"]),
    (Known::Lactate, &["32693-4", "2518-9", "2524-7"]),
    (Known::Ph, &["11558-4", "2744-1"]),
    (Known::Inr, &["6301-6"]),
    (Known::Magnesium, &["19123-9", "2601-3"]),
    (Known::Phosphate, &["2777-1", "14879-1"]),
    (Known::Bicarbonate, &["1963-8"]),
    (Known::Creatinine, &["2160-0", "14682-9"]),
    (Known::WhiteCells, &["6690-2"]),
    (Known::Fibrinogen, &["3255-7"]),
    (Known::CarbonDioxide, &["11557-6", "2019-8"]),
];

/// The analyte that a code means.
#[must_use]
pub fn known(code: &str) -> Option<Known> {
    CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(known, _)| *known)
}

/// The unit that a text means. Case, blanks and the usual local spellings are forgiven; nothing is guessed.
#[must_use]
pub fn unit(text: &str) -> Unit {
    let mut folded = text.to_lowercase();
    folded.retain(|mark| !mark.is_whitespace());
    match folded.as_str() {
        "" => Unit::Missing,
        "mmol/l" => Unit::MmolPerL,
        "meq/l" => Unit::MeqPerL,
        "mg/dl" | "mg%" => Unit::MgPerDl,
        "g/l" => Unit::GPerL,
        "g/dl" | "g%" | "gm/dl" => Unit::GPerDl,
        "10*9/l" | "10^9/l" | "10e9/l" | "x10^9/l" | "x10*9/l" | "10*3/ul" | "10^3/ul" | "x10^3/ul"
        | "k/ul" | "10*3/µl" | "10^3/µl" | "10*3/μl" | "10^3/μl" => Unit::GigaPerL,
        "ng/l" => Unit::NgPerL,
        "umol/l" | "µmol/l" | "μmol/l" => Unit::UmolPerL,
        "mm[hg]" | "mmhg" => Unit::MmHg,
        "kpa" => Unit::KiloPascal,
        "1" | "{inr}" | "inr" | "[ph]" | "ph" | "{ratio}" | "ratio" => Unit::One,
        _ => Unit::Unknown,
    }
}

/// The worst of the laboratory's flags (HL7 table 0078, and HL7 v3 `ObservationInterpretation` alike).
#[must_use]
pub(super) fn flag(flags: &[impl AsRef<str>]) -> Flag {
    let has = |words: &[&str]| flags.iter().any(|flag| words.contains(&flag.as_ref().trim()));
    if has(&["LL", "LU"]) {
        Flag::CriticalLow
    } else if has(&["HH", "HU"]) {
        Flag::CriticalHigh
    } else if has(&["AA"]) {
        Flag::Critical
    } else {
        Flag::NotCritical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_one_analyte() {
        let mut seen = std::collections::BTreeSet::new();
        for (analyte, codes) in CODES {
            for code in codes {
                assert!(seen.insert(*code), "{code} stands twice");
                assert_eq!(known(code), Some(analyte));
            }
        }
        assert_eq!(known("67151-1"), None, "a troponin has no row: only the laboratory's own flag calls");
    }

    /// Codes of other fluids, from the same mapping: none of them may meet a row of serum or blood.
    #[test]
    fn another_fluid_has_no_row() {
        let codes = [
            ("potassium, urine", "2828-2"),
            ("potassium, peritoneal fluid", "49789-1"),
            ("potassium, specimen", "32336-0"),
            ("sodium, urine", "2955-3"),
            ("sodium, peritoneal fluid", "49790-9"),
            ("glucose, urine", "2350-7"),
            ("glucose, spinal fluid", "2342-4"),
            ("glucose, peritoneal fluid", "2347-3"),
            ("glucose, pleural fluid", "2346-5"),
            ("calcium, urine", "17862-4"),
            ("magnesium, urine", "19124-7"),
            ("bicarbonate, urine", "1964-6"),
            ("bicarbonate, pleural fluid", "54361-1"),
            ("creatinine, urine", "2161-8"),
            ("creatinine, peritoneal fluid", "12191-3"),
        ];
        for (what, code) in codes {
            assert_eq!(known(code), None, "{what}");
        }
    }

    #[test]
    fn spellings_are_forgiven_and_nothing_is_guessed() {
        assert_eq!(unit("mmol/l"), Unit::MmolPerL);
        assert_eq!(unit("mg%"), Unit::MgPerDl);
        assert_eq!(unit("10^9/L"), Unit::GigaPerL);
        assert_eq!(unit(""), Unit::Missing);
        assert_eq!(unit("µmol/L"), Unit::UmolPerL);
        assert_eq!([unit("mm[Hg]"), unit("kPa")], [Unit::MmHg, Unit::KiloPascal]);
        for strange in ["cells/cumm", "UMOLL", "mg", "mmol"] {
            assert_eq!(unit(strange), Unit::Unknown, "{strange}");
        }
    }
}
