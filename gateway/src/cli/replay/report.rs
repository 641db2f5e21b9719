//! A replay as people and programs read it: lines of JSON, a CSV table, or one page that needs nothing else.

use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::burden::{Burden, OfBed, OfCode};
use super::{Episode, Side};
use crate::clock::Wall;
use crate::record::{kind, priority};

/// The page around the figures.
const PAGE: &str = include_str!("report.html");

/// How many beds and conditions the page lists.
const ROWS_MOST: usize = 20;

/// The burden of a run with the policy that it was judged by, and beside it that of the second policy.
#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    burden: &'a Burden,
    policy: Judged<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Box<Self>>,
}

/// A policy by the SHA-256 of its sheet, and by whom it is signed.
#[derive(Serialize)]
struct Judged<'a> {
    sha256: &'a str,
    signed: &'a str,
}

impl<'a> Summary<'a> {
    fn of(sides: &'a [Side<'a>]) -> Option<Self> {
        let (Side { policy, burden }, others) = sides.split_first()?;
        let policy = Judged { sha256: policy.policy_sha256(), signed: policy.policy_mark() };
        Some(Self { burden, policy, against: Self::of(others).map(Box::new) })
    }
}

/// One line for each alert, the last one the summary.
pub(super) fn json(episodes: &[&Episode], sides: &[Side<'_>], out: &mut impl Write) -> anyhow::Result<()> {
    for episode in episodes {
        let record = &episode.record;
        let line = json!({
            "bed": record.bed,
            "kind": kind::word(record.kind),
            "code": record.code,
            "title": record.title,
            "priority": priority::word(record.priority),
            "raised_at": time(episode.raised_at),
            "ended_at": episode.ended_at.map(time),
            "audible": episode.audible,
            "reasons": record.reasons,
        });
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{}", json!({ "summary": Summary::of(sides) }))?;
    Ok(())
}

/// One row for each alert.
pub(super) fn csv(episodes: &[&Episode], out: &mut impl Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["bed", "kind", "code", "title", "priority", "raised_at", "ended_at", "audible"])?;
    for episode in episodes {
        let record = &episode.record;
        csv.write_record([
            record.bed.as_deref().unwrap_or_default(),
            kind::word(record.kind),
            &record.code,
            &record.title,
            priority::word(record.priority),
            &time(episode.raised_at),
            &episode.ended_at.map(time).unwrap_or_default(),
            if episode.audible { "yes" } else { "no" },
        ])?;
    }
    csv.flush()?;
    Ok(())
}

/// The burden as a page; that of a second policy beside it.
pub(super) fn html(sides: &[Side<'_>], out: &mut impl Write) -> anyhow::Result<()> {
    let names = ["This policy", "The policy beside it"];
    let columns: Vec<String> = names.iter().zip(sides).map(|(name, side)| column(name, side)).collect();
    out.write_all(PAGE.replace("{{columns}}", &columns.concat()).as_bytes())?;
    Ok(())
}

fn column(name: &str, Side { policy, burden }: &Side<'_>) -> String {
    let signed = escaped(&format!("{}, SHA-256 {}", policy.policy_mark(), policy.policy_sha256()));
    let per_cent = |share: f64| format!("{:.0} %", share * 100.0);
    let figures = [
        ("bed-days", burden.bed_days.to_string()),
        ("alerts", burden.alerts.to_string()),
        ("audible", burden.audible.to_string()),
        ("audible per bed-day", burden.audible_per_bed_day.to_string()),
        ("of these technical", per_cent(burden.share_technical)),
        ("over within 15 s", per_cent(burden.share_short)),
        ("from the worst tenth of beds", per_cent(burden.share_of_worst_tenth)),
    ];
    let figures = figures.map(|(what, figure)| format!("<tr><th>{what}</th><td>{figure}</td></tr>")).concat();
    let codes = burden.codes.iter().map(|OfCode { code, audible }| (code.clone(), *audible));
    let beds = burden.beds.iter().map(|OfBed { bed, audible, .. }| (bed.clone(), *audible));
    let hours = burden.hours.iter().enumerate().map(|(hour, audible)| (format!("{hour:02}"), *audible));
    format!(
        "<section><h2>{name}</h2><p class=\"policy\">{signed}</p><table>{figures}</table>{}{}{}</section>",
        bars("Audible, by condition", codes.take(ROWS_MOST)),
        bars("Audible, by bed", beds.take(ROWS_MOST)),
        bars("Audible, by hour of the day (UTC)", hours),
    )
}

/// A plot of counts: each a bar, the longest as wide as the plot.
fn bars(title: &str, counts: impl Iterator<Item = (String, usize)>) -> String {
    let counts: Vec<(String, usize)> = counts.collect();
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    let bar = |(name, count): &(String, usize)| {
        let width = count * 100 / most;
        format!(
            "<tr><th>{}</th><td><i style=\"width:{width}%\"></i></td><td>{count}</td></tr>",
            escaped(name)
        )
    };
    let rows = counts.iter().map(bar).collect::<Vec<_>>().concat();
    format!("<h3>{title}</h3><table class=\"bars\">{rows}</table>")
}

/// Names come from recordings: nothing in them may be read as a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn time(at: i64) -> String {
    Wall(at).timestamp().to_string()
}
