//! `wardlight replay`: recorded readings in, the alerts that would have been out.
//!
//! The very ward that runs beside the beds judges the recording, at the recording's own pace of time. Nothing
//! is delivered, sounded or stored.

mod columns;
mod recording;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use rules::{Moment, Policy};
use serde_json::{Value, json};

use crate::config::roster::Roster;
use crate::config::silence::Silence;
use crate::config::ward::{BedPlan, WardPlan};
use crate::journal::Record;
use crate::record::{AlertRecord, kind, priority};
use crate::ward::{Now, Turn, Ward};
use recording::Recording;

/// How the alerts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// One line of JSON for each alert, then the summary.
    Json,
    /// The same as CSV, without the summary.
    Csv,
}

/// What to replay.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// How the alerts are written.
    #[arg(long, value_enum, default_value_t = Output::Json)]
    output: Output,
    /// Which column of a wide file holds what, as `time=COLUMN,CODE=COLUMN[UNIT],…`. Files of a known layout
    /// need none.
    #[arg(long)]
    columns: Option<String>,
    /// The recordings: `time,bed,code,value,unit,status`, or a wide file of one column for each code.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// One stretch of time during which a condition was true.
#[derive(Clone, Debug)]
struct Episode {
    record: Arc<AlertRecord>,
    raised_at: i64,
    ended_at: Option<i64>,
    audible: bool,
}

/// Replays every file, by the policy of `policy`, and writes what would have been to `out`.
///
/// # Errors
/// A file that cannot be read, with the line that is wrong.
pub(super) fn run(args: &Args, policy: &'static Policy, out: &mut impl Write) -> anyhow::Result<()> {
    let mut all = Vec::new();
    let mut span_ms = 0;
    for file in &args.files {
        let recording = Recording::read(file, args.columns.as_deref())
            .with_context(|| format!("cannot replay {}", file.display()))?;
        span_ms += recording.span_ms();
        all.extend(replay(&recording, policy));
    }
    all.sort_by_key(|episode| episode.raised_at);
    match args.output {
        Output::Json => write_json(&all, span_ms, out),
        Output::Csv => write_csv(&all, out),
    }
}

/// Lets a ward of its own live through a recording.
fn replay(recording: &Recording, policy: &'static Policy) -> Vec<Episode> {
    let beds = recording.beds.iter().map(|label| BedPlan { label: label.clone(), locations: Vec::new() });
    let plan = WardPlan {
        name: "replay".to_owned(),
        beds: beds.collect(),
        policy,
        roster: Roster::default(),
        chart_every: Vec::new(),
        strips: Vec::new(),
        silence: Silence::default(),
    };
    let mut ward = Ward::new(Arc::new(plan));
    let mut episodes = Episodes::default();
    for (at, event) in &recording.events {
        wait_until(&mut ward, *at, &mut episodes);
        episodes.take(ward.on(event, now(*at)), *at);
    }
    if let Some((last, _)) = recording.events.last() {
        // What the last readings began may still be within its delay.
        wait_until(&mut ward, *last + rules::Span::minutes(1), &mut episodes);
    }
    episodes.list
}

fn now(moment: Moment) -> Now {
    Now { moment, offset_ms: 0 }
}

/// Wakes the ward at every deadline before `until`.
fn wait_until(ward: &mut Ward, until: Moment, episodes: &mut Episodes) {
    let mut last = Moment(0);
    while let Some(deadline) = ward.deadline().filter(|deadline| *deadline < until) {
        let at = deadline.max(last);
        episodes.take(ward.tick(now(at)), at);
        last = at + rules::Span(1);
        if last >= until {
            return;
        }
    }
}

/// Episodes as they begin and end.
#[derive(Default)]
struct Episodes {
    list: Vec<Episode>,
    open: BTreeMap<String, usize>,
}

impl Episodes {
    fn take(&mut self, turn: Turn, at: Moment) {
        let at = i64::try_from(at.0).unwrap_or(i64::MAX);
        for record in turn.records {
            if let Record::Alert(record) = record {
                self.follow(&record, at);
            }
        }
    }

    fn follow(&mut self, record: &Arc<AlertRecord>, at: i64) {
        match (self.open.get(&record.id).copied(), record.alert.holds()) {
            (None, true) => {
                self.open.insert(record.id.clone(), self.list.len());
                let audible = record.alert.class.sounds();
                self.list.push(Episode {
                    record: Arc::clone(record),
                    raised_at: at,
                    ended_at: None,
                    audible,
                });
            }
            (Some(known), holds) => {
                if let Some(episode) = self.list.get_mut(known) {
                    episode.record = Arc::clone(record);
                    episode.audible |= record.alert.class.sounds();
                    episode.ended_at = (!holds).then_some(at);
                }
                if !holds {
                    self.open.remove(&record.id);
                }
            }
            (None, false) => {}
        }
    }
}

fn write_json(all: &[Episode], span_ms: i64, out: &mut impl Write) -> anyhow::Result<()> {
    for episode in all {
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
    writeln!(out, "{}", json!({ "summary": summary(all, span_ms) }))?;
    Ok(())
}

/// The alarm burden of the whole run.
fn summary(all: &[Episode], span_ms: i64) -> Value {
    const DAY_MS: f64 = 86_400_000.0;
    #[expect(clippy::cast_precision_loss, reason = "a run of 285,000 years still fits a float's 52 bits")]
    let bed_days = span_ms as f64 / DAY_MS;
    let audible = all.iter().filter(|episode| episode.audible).count();
    let technical = all.iter().filter(|episode| episode.record.kind == rules::Kind::Technical).count();
    let per_day = |count: usize| {
        #[expect(clippy::cast_precision_loss, reason = "counts of alerts are far below 2^52")]
        let count = count as f64;
        if bed_days > 0.0 { ((count / bed_days) * 10.0).round() / 10.0 } else { 0.0 }
    };
    json!({
        "bed_days": (bed_days * 1_000.0).round() / 1_000.0,
        "alerts": all.len(),
        "technical": technical,
        "audible": audible,
        "audible_per_bed_day": per_day(audible),
    })
}

fn write_csv(all: &[Episode], out: &mut impl Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["bed", "kind", "code", "title", "priority", "raised_at", "ended_at", "audible"])?;
    for episode in all {
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
    crate::clock::Wall(at).timestamp().to_string()
}

#[cfg(test)]
mod tests;
