//! The chart pages that this program was built with: what a medical director signs is what its rules were
//! held against. It reads no page.

/// Each page of rules/charts by its name, in the order of the names.
pub const CHARTS: [(&str, &str); 22] = [
    ("brighton_pews", include_str!("../../../rules/charts/brighton_pews.md")),
    ("causes", include_str!("../../../rules/charts/causes.md")),
    ("critical-values", include_str!("../../../rules/charts/critical-values.md")),
    ("cross-checks", include_str!("../../../rules/charts/cross-checks.md")),
    ("entries", include_str!("../../../rules/charts/entries.md")),
    ("limits", include_str!("../../../rules/charts/limits.md")),
    ("maternal", include_str!("../../../rules/charts/maternal.md")),
    ("mews", include_str!("../../../rules/charts/mews.md")),
    ("mewt", include_str!("../../../rules/charts/mewt.md")),
    ("news", include_str!("../../../rules/charts/news.md")),
    ("news2", include_str!("../../../rules/charts/news2.md")),
    ("npews", include_str!("../../../rules/charts/npews.md")),
    ("oxygenation", include_str!("../../../rules/charts/oxygenation.md")),
    ("phoenix", include_str!("../../../rules/charts/phoenix.md")),
    ("qsofa", include_str!("../../../rules/charts/qsofa.md")),
    ("quiet", include_str!("../../../rules/charts/quiet.md")),
    ("rox", include_str!("../../../rules/charts/rox.md")),
    ("shock_index", include_str!("../../../rules/charts/shock_index.md")),
    ("sirs", include_str!("../../../rules/charts/sirs.md")),
    ("sofa", include_str!("../../../rules/charts/sofa.md")),
    ("sofa2", include_str!("../../../rules/charts/sofa2.md")),
    ("which-chart", include_str!("../../../rules/charts/which-chart.md")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_can_be_signed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/charts");
        let mut pages: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        pages.sort();
        let named: Vec<String> = CHARTS.iter().map(|(key, _)| format!("{key}.md")).collect();
        assert_eq!(named, pages);
    }
}
