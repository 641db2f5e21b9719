//! The ward's figures and its register of critical results, read from the record a page at a time. Nothing is
//! counted here.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::{Query, time_of};
use crate::board::access::{NameShown, Reader};
use crate::board::archive::{PastAlert, Stretch};
use crate::board::json::rfc3339;
use crate::board::problem::Problem;
use crate::board::{Board, Shared};
use crate::clock::Wall;
use crate::figures::{Entry, Figures, Register, Shifts, Told};

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

/// How far back is looked where nobody says, and how long a stretch may be: the record's 90 days and a few.
const DAYS_USUAL: i64 = 30;
const DAYS_MOST: i64 = 100;

/// How many alerts are read at a time.
const PAGE_ALERTS: usize = 256;

/// How many critical results one register holds: those of a large ward in a quarter of a year.
const REGISTER_MOST: usize = 10_000;

/// What the page of the register needs: its own style, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Of when.
#[derive(Deserialize)]
pub(in crate::board) struct Asked {
    from: Option<String>,
    to: Option<String>,
    format: Option<String>,
}

/// A stretch of time, and how the register of it is written.
struct Wanted {
    from: Wall,
    to: Wall,
    format: Format,
}

/// How a register is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Html,
}

impl Asked {
    fn read(&self, now: Wall) -> Result<Wanted, Problem> {
        let to = self.to.as_deref().map(time_of).transpose()?.unwrap_or(Wall(now.0.saturating_add(1)));
        let usual = Wall(to.0.saturating_sub(DAYS_USUAL * DAY_MS));
        let from = self.from.as_deref().map(time_of).transpose()?.unwrap_or(usual);
        if to < from || to.0.saturating_sub(from.0) > DAYS_MOST * DAY_MS {
            let detail = format!("\"from\" stands before \"to\", and at most {DAYS_MOST} days before it");
            return Err(Problem::value("stretch", detail));
        }
        let format = match self.format.as_deref() {
            None | Some("csv") => Format::Csv,
            Some("html") => Format::Html,
            Some(_) => return Err(Problem::value("format", "format is csv or html")),
        };
        Ok(Wanted { from, to, format })
    }
}

/// The figures of a stretch of time.
#[derive(Serialize)]
struct FiguresJson<'a> {
    from: String,
    to: String,
    #[serde(flatten)]
    told: Told<'a>,
}

/// `GET /figures`.
pub(in crate::board) async fn figures(
    _reader: Reader,
    State(board): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let wanted = asked.read(board.deps.clock.wall())?;
    let mut figures = Figures::in_shifts(Shifts::of_zone(board.deps.zone.clone()));
    walk(&board, &wanted, |past| {
        figures.count(&past.record, &past.changes);
        Ok(())
    })
    .await?;
    let (from, to) = (rfc3339(wanted.from), rfc3339(wanted.to));
    Ok(Json(FiguresJson { from, to, told: figures.told() }).into_response())
}

/// `GET /figures/register`: whose a result is stands there for those who signed in, and for everybody where
/// the board shows names.
pub(in crate::board) async fn register(
    reader: Reader,
    State(board): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let wanted = asked.read(board.deps.clock.wall())?;
    let with_uhid = reader.is_signed_in || board.deps.access.names == NameShown::Whole;
    let mut entries = Vec::new();
    walk(&board, &wanted, |past| {
        entries.extend(Entry::of(&past.record, &past.changes, with_uhid));
        let many = || Problem::value("stretch", "there are too many results: ask for a shorter time");
        (entries.len() <= REGISTER_MOST).then_some(()).ok_or_else(many)
    })
    .await?;
    let (ward, zone) = (board.view().ward.clone(), board.deps.zone.clone());
    let register = Register { ward, from: wanted.from, to: wanted.to, zone, entries };
    Ok(match wanted.format {
        Format::Csv => {
            let kind = (CONTENT_TYPE, "text/csv; charset=utf-8");
            let name = (CONTENT_DISPOSITION, "attachment; filename=\"critical-results.csv\"");
            ([kind, name], register.csv()).into_response()
        }
        Format::Html => {
            let kind = (CONTENT_TYPE, "text/html; charset=utf-8");
            ([kind, (CONTENT_SECURITY_POLICY, PAGE_POLICY)], register.html()).into_response()
        }
    })
}

/// Shows each alert of the stretch to `each`, bed by bed and a page at a time.
async fn walk(
    board: &Board,
    wanted: &Wanted,
    mut each: impl FnMut(&PastAlert) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let archive = &board.deps.archive;
    for bed in archive.alert_beds().await? {
        let mut after = None;
        loop {
            let (bed, most) = (bed.clone(), PAGE_ALERTS);
            let stretch = Stretch { bed, from: wanted.from, to: wanted.to, after, most };
            let page = archive.past_alerts(stretch).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.at, last.row));
            page.iter().try_for_each(&mut each)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: Option<&str>, to: Option<&str>, format: Option<&str>) -> Result<Wanted, Problem> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Asked { from: owned(from), to: owned(to), format: owned(format) }.read(Wall(100 * DAY_MS))
    }

    #[test]
    fn a_stretch_ends_now_and_is_a_month_unless_somebody_says() {
        let usual = asked(None, None, None).unwrap_or_else(|_| panic!("nothing need be said"));
        assert_eq!(usual.to.0 - usual.from.0, DAYS_USUAL * DAY_MS);
        assert!(usual.to > Wall(100 * DAY_MS), "what happens now is in it");
    }

    #[test]
    fn a_stretch_is_bounded_and_runs_forward() {
        let (first, later) = (Some("2026-06-01T00:00:00Z"), Some("2026-09-09T00:00:00Z"));
        assert!(asked(first, later, Some("html")).is_ok(), "a hundred days");
        assert!(asked(first, Some("2026-09-09T00:00:01Z"), None).is_err());
        assert!(asked(later, first, None).is_err());
        assert!(asked(None, None, Some("pdf")).is_err());
    }
}
