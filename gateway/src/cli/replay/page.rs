//! The alarm burden as one page that needs nothing else: no script, nothing fetched, fit to be printed. Two
//! policies stand in the same plots, so that one sees which alarms the second one saves.

use std::io::Write;

use super::Side;
use super::burden::{Burden, OfBed, OfCode, worst_tenth};
use super::markup::{each, escaped, table};
use super::plot::{Bar, Plot, Row};

/// The page around the figures.
const PAGE: &str = include_str!("report.html");

/// How many beds and conditions a plot shows.
const ROWS_MOST: usize = 20;

/// What the policies are called.
const NAMES: [&str; 2] = ["This policy", "The policy beside it"];

/// Writes the page: of one policy, or of two beside each other.
pub(super) fn write(sides: &[Side<'_>], out: &mut impl Write) -> anyhow::Result<()> {
    let names = NAMES.get(..sides.len()).unwrap_or(&NAMES);
    let burdens: Vec<&Burden> = sides.iter().map(|side| &side.burden).collect();
    let plots = [hours(&burdens), beds(&burdens), conditions(&burdens)];
    let plots = each(&plots, |plot| section(plot, names));
    let page = PAGE.replace("{{figures}}", &figures(sides, names)).replace("{{key}}", &key(names));
    out.write_all(page.replace("{{plots}}", &plots).as_bytes())?;
    Ok(())
}

fn section(plot: &Plot, names: &[&str]) -> String {
    let (title, svg, table) = (escaped(&plot.title), plot.svg(), plot.table(names));
    format!("<section><h2>{title}</h2>{svg}<details><summary>Figures</summary>{table}</details></section>")
}

/// The figures of the whole run, a column for each policy.
fn figures(sides: &[Side<'_>], names: &[&str]) -> String {
    let per_cent = |share: f64| format!("{:.0} %", share * 100.0);
    let row = |what: &str, figure: &dyn Fn(&Side<'_>) -> String| {
        (what.to_owned(), sides.iter().map(figure).collect())
    };
    let rows: [(String, Vec<String>); 9] = [
        row("signed", &|side| side.policy.policy_mark().to_string()),
        row("SHA-256", &|side| side.policy.policy_sha256().to_string()),
        row("bed-days", &|side| side.burden.bed_days.to_string()),
        row("alerts", &|side| side.burden.alerts.to_string()),
        row("audible", &|side| side.burden.audible.to_string()),
        row("audible per bed-day", &|side| side.burden.audible_per_bed_day.to_string()),
        row("of these technical", &|side| per_cent(side.burden.share_technical)),
        row("over within 15 s", &|side| per_cent(side.burden.share_short)),
        row("from the worst tenth of beds", &|side| per_cent(side.burden.share_of_worst_tenth)),
    ];
    table(names, &rows)
}

/// Which bars are whose, where there are two kinds.
fn key(names: &[&str]) -> String {
    if names.len() < 2 {
        return String::new();
    }
    each(names.iter().enumerate(), |(number, name)| {
        format!(
            "<svg class=\"swatch\" viewBox=\"0 0 24 12\" aria-hidden=\"true\"><rect class=\"of-{number}\" \
             x=\"1\" y=\"1\" width=\"22\" height=\"10\"/></svg>{name} "
        )
    })
}

fn hours(burdens: &[&Burden]) -> Plot {
    let bar = |burden: &Burden, hour: usize| Bar {
        count: burden.hours.get(hour).copied().unwrap_or_default(),
        is_worst: false,
    };
    let row = |hour| Row {
        name: format!("{hour:02}:00"),
        bars: burdens.iter().map(|burden| bar(burden, hour)).collect(),
    };
    let title = "Audible alarms by hour of the day (UTC)".to_owned();
    Plot { id: "hours", title, rows: (0..24).map(row).collect() }
}

/// Beds in the order of the first policy.
fn beds(burdens: &[&Burden]) -> Plot {
    let bar = |burden: &Burden, name: &str| {
        let is_it = |bed: &&OfBed| bed.bed == name && bed.audible > 0;
        Bar {
            count: burden.beds.iter().find(is_it).map_or(0, |bed| bed.audible),
            is_worst: worst_tenth(&burden.beds).iter().any(|bed| is_it(&bed)),
        }
    };
    let names = named(burdens, |burden| burden.beds.iter().map(|bed| &bed.bed));
    plot("beds", "bed", burdens, &names, bar)
}

/// Conditions in the order of the first policy; what only the second one calls comes after them.
fn conditions(burdens: &[&Burden]) -> Plot {
    let bar = |burden: &Burden, name: &str| {
        let count = burden.codes.iter().find(|code| code.code == name).map_or(0, |code| code.audible);
        Bar { count, is_worst: false }
    };
    let names = named(burdens, |burden| burden.codes.iter().map(|OfCode { code, .. }| code));
    plot("conditions", "condition", burdens, &names, bar)
}

fn named<'a, N>(burdens: &[&'a Burden], names: impl Fn(&'a Burden) -> N) -> Vec<&'a str>
where
    N: Iterator<Item = &'a String>,
{
    let mut all: Vec<&str> = Vec::new();
    for name in burdens.iter().flat_map(|burden| names(burden)) {
        if !all.contains(&name.as_str()) {
            all.push(name);
        }
    }
    all
}

fn plot(
    id: &'static str,
    what: &str,
    burdens: &[&Burden],
    names: &[&str],
    bar: impl Fn(&Burden, &str) -> Bar,
) -> Plot {
    let row = |name: &&str| Row {
        name: (*name).to_owned(),
        bars: burdens.iter().map(|burden| bar(burden, name)).collect(),
    };
    let rows: Vec<Row> = names.iter().take(ROWS_MOST).map(row).collect();
    let all = names.len();
    let of_all =
        if all > rows.len() { format!(" (the first {} of {all})", rows.len()) } else { String::new() };
    Plot { id, title: format!("Audible alarms by {what}{of_all}"), rows }
}
