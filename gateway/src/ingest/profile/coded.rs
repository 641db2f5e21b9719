//! Coded results that call by themselves: an organism in a blood culture, and a resistant organism in any.
//!
//! The codes are those of `rules/charts/critical-values.md`. Only SNOMED CT is believed: what is said in
//! words ("gram-positive cocci") calls by the laboratory's own flag alone.

use crate::ingest::hl7::part::Part;

/// The LOINC code of a blood culture.
const BLOOD_CULTURE: &str = "600-7";

/// Findings that say that nothing grew.
const NOTHING: [&str; 5] = ["264868006", "264887000", "260415000", "260385009", "2667000"];

/// Organisms that are resistant by their name.
const RESISTANT: [&str; 3] = ["115329001", "113727004", "726492000"];

/// Why a coded value (OBX-5) of a test is critical, in a word for people; `None` where it is not.
pub(super) fn critical(test: &str, value: Part<'_>) -> Option<&'static str> {
    let codes: Vec<_> = value.repeats().filter_map(snomed).collect();
    if codes.iter().any(|code| RESISTANT.contains(&code.as_str())) {
        return Some("resistant organism");
    }
    let grew = codes.iter().any(|code| !NOTHING.contains(&code.as_str()));
    (test == BLOOD_CULTURE && grew).then_some("positive blood culture")
}

/// The SNOMED CT code of the two that a coded value carries.
fn snomed(value: Part<'_>) -> Option<String> {
    [(1, 3), (4, 6)].into_iter().find_map(|(code, system)| {
        let code = value.component(code).raw().trim();
        (value.component(system).raw().trim() == "SCT" && !code.is_empty()).then(|| code.to_owned())
    })
}

/// Fluids that are neither serum, plasma nor blood (HL7 tables 0070 and 0487): a result of theirs meets no
/// row of the chart, whatever its code says.
const OTHER_FLUIDS: [&str; 18] = [
    "UR", "URC", "URT", "URNS", "CSF", "DIAF", "PLR", "PRT", "SNV", "AMN", "ASP", "SAL", "SPT", "STL", "SWT",
    "DUFL", "PAFL", "DRN",
];

/// Whether a specimen (SPM-4, OBR-15) is surely not of blood.
pub(super) fn is_another_fluid(specimen: &str) -> bool {
    OTHER_FLUIDS.contains(&specimen.trim())
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
    }
}
