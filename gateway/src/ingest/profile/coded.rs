//! What codes say of a laboratory's result beside its number, whoever sends it: that it calls by itself (an
//! organism in a blood culture, a resistant organism in any), and that its specimen is not of blood.
//!
//! The codes are those of `rules/charts/critical-values.md`. Of a value only SNOMED CT is believed: what is
//! said in words ("gram-positive cocci") calls by the laboratory's own flag alone.

use rules::event::Flag;

use super::analytes;

/// The LOINC code of a blood culture.
const BLOOD_CULTURE: &str = "600-7";

/// Findings that say that nothing grew.
const NOTHING: [&str; 5] = ["264868006", "264887000", "260415000", "260385009", "2667000"];

/// Organisms that are resistant by their name.
const RESISTANT: [&str; 3] = ["115329001", "113727004", "726492000"];

/// Fluids that are neither serum, plasma nor blood, by HL7 tables 0070 and 0487.
const FLUIDS_OF_HL7: [&str; 18] = [
    "UR", "URC", "URT", "URNS", "CSF", "DIAF", "PLR", "PRT", "SNV", "AMN", "ASP", "SAL", "SPT", "STL", "SWT",
    "DUFL", "PAFL", "DRN",
];

/// The same by SNOMED CT.
const FLUIDS_OF_SNOMED: [&str; 15] = [
    "122575003",
    "278020009",
    "409821005",
    "276833005",
    "258450006",
    "418564007",
    "168139001",
    "309201001",
    "119332005",
    "119373006",
    "119342007",
    "119334006",
    "119339001",
    "122569007",
    "258607008",
];

/// Whose codes say of what a specimen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecimenCodes {
    /// HL7 tables 0070 and 0487.
    Hl7,
    /// SNOMED CT.
    SnomedCt,
    /// The laboratory's own, or nobody's that is known here: its words mean what the laboratory likes.
    Other,
}

/// How grave a result is by the laboratory's own `flags`, and where none of them calls, by the SNOMED CT
/// codes of its value; then also why, in a word for people.
#[must_use]
pub fn flag(
    test: &str,
    codes: &[impl AsRef<str>],
    flags: &[impl AsRef<str>],
) -> (Flag, Option<&'static str>) {
    match (analytes::flag(flags), critical(test, codes)) {
        (Flag::NotCritical, Some(found)) => (Flag::Critical, Some(found)),
        (own, _) => (own, None),
    }
}

/// Why a value of these codes is critical for a test; `None` where it is not.
fn critical(test: &str, codes: &[impl AsRef<str>]) -> Option<&'static str> {
    let says = |known: &[&str], code: &str| known.contains(&code);
    if codes.iter().any(|code| says(&RESISTANT, code.as_ref())) {
        return Some("resistant organism");
    }
    let grew = codes.iter().any(|code| !says(&NOTHING, code.as_ref()));
    (test == BLOOD_CULTURE && grew).then_some("positive blood culture")
}

/// Whether the code of a specimen's type says that it is surely not of blood: a result of it meets no row of
/// the chart, whatever its own code says.
#[must_use]
pub fn is_another_fluid(code: &str, of: SpecimenCodes) -> bool {
    match of {
        SpecimenCodes::Hl7 => FLUIDS_OF_HL7.contains(&code.trim()),
        SpecimenCodes::SnomedCt => FLUIDS_OF_SNOMED.contains(&code.trim()),
        SpecimenCodes::Other => false,
    }
}

/// Whether a result is surely of another fluid, by what each of its specimens is. Where one of several may be
/// blood, nobody knows of which the result is.
#[must_use]
pub fn are_other_fluids(specimens: &[bool]) -> bool {
    !specimens.is_empty() && specimens.iter().all(|is_another| *is_another)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../../rules/charts/critical-values.md");

    /// The page is the source: its table of codes is these lists.
    #[test]
    fn the_codes_are_those_of_the_page() {
        let rows = |what: &str| -> Vec<&str> {
            let head = format!("| {what} | ");
            let code = |line: &'static str| line.strip_prefix(&head)?.split(' ').next();
            PAGE.lines().filter_map(code).collect()
        };
        assert_eq!(rows("a blood culture"), [BLOOD_CULTURE]);
        assert_eq!(rows("nothing grew"), NOTHING);
        assert_eq!(rows("a resistant organism"), RESISTANT);
        assert_eq!(rows("another fluid"), [FLUIDS_OF_HL7.as_slice(), &FLUIDS_OF_SNOMED].concat());
    }
}
