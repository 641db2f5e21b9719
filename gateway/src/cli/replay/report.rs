//! A replay as programs read it: lines of JSON, or a CSV table.

use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::burden::Burden;
use super::{Episode, Side};
use crate::clock::Wall;
use crate::record::{kind, priority};

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

fn time(at: i64) -> String {
    Wall(at).timestamp().to_string()
}
