//! Chart pages as tests read them: tables, bands and figures. It knows no chart.

use crate::decimal::Decimal;

/// The tables of the page, each as its rows of cells without the head.
pub(crate) fn tables(page: &'static str) -> Vec<Vec<Vec<&'static str>>> {
    let is_row = |line: &str| line.starts_with("| ");
    let lines: Vec<&str> = page.lines().collect();
    let cells = |line: &&'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    lines
        .chunk_by(|one, other| one.starts_with('|') == other.starts_with('|'))
        .filter(|chunk| is_row(chunk[0]))
        .map(|table| table.iter().skip(2).map(cells).collect())
        .collect()
}

/// A figure in whole units of so many places: `37.2` at one place is 372.
pub(crate) fn whole(text: &str, places: u8) -> i32 {
    i32::try_from(Decimal::parse(text.as_bytes()).unwrap().rounded(places)).unwrap()
}

/// `<=8`, `9-11`, `>=25` or `-`, in whole units.
pub(crate) fn band(text: &str, places: u8) -> core::ops::RangeInclusive<i32> {
    if let Some(most) = text.strip_prefix("<=") {
        i32::MIN..=whole(most, places)
    } else if let Some(least) = text.strip_prefix(">=") {
        whole(least, places)..=i32::MAX
    } else if text == "-" {
        core::ops::RangeInclusive::new(1, 0)
    } else {
        let (least, most) = text.split_once('-').unwrap();
        whole(least, places)..=whole(most, places)
    }
}
