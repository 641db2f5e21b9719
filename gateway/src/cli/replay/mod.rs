//! `wardlight replay`: recorded readings in, the alerts that would have been out.
//!
//! The very ward that runs beside the beds judges the recording, at the recording's own pace of time. Nothing
//! is delivered, sounded or stored. A second policy may judge the same recording beside it.

mod burden;
mod columns;
mod recording;
mod report;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use rules::{Moment, Policy};

use crate::config::roster::Roster;
use crate::config::silence::Silence;
use crate::config::ward::{BedPlan, WardPlan};
use crate::journal::Record;
use crate::record::AlertRecord;
use crate::ward::{Now, Turn, Ward};
use burden::{Burden, Counted};
use recording::Recording;

/// How the alerts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// One line of JSON for each alert, then the summary.
    Json,
    /// The same as CSV, without the summary.
    Csv,
    /// One page with the alarm burden, to be read and printed.
    Html,
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
    /// The ward file of a second policy, whose burden is shown beside the first one's.
    #[arg(long, value_name = "WARD_TOML")]
    pub(super) against: Option<PathBuf>,
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

/// What came of a whole run under one policy.
#[derive(Clone, Debug, Default)]
struct Run {
    /// By the time at which they began.
    episodes: Vec<Episode>,
    /// For how long each bed was watched, in milliseconds.
    watched_ms: BTreeMap<String, i64>,
}

impl Run {
    fn add(&mut self, recording: &Recording, policy: &'static Policy) {
        for bed in &recording.beds {
            *self.watched_ms.entry(bed.clone()).or_default() += recording.span_ms();
        }
        self.episodes.extend(replay(recording, policy));
    }

    fn burden(&self) -> Burden {
        let counted: Vec<Counted<'_>> = self.episodes.iter().map(Episode::counted).collect();
        Burden::of(&counted, &self.watched_ms)
    }
}

impl Episode {
    fn counted(&self) -> Counted<'_> {
        Counted {
            bed: self.record.bed.as_deref().unwrap_or_default(),
            code: &self.record.code,
            kind: self.record.kind,
            raised_at: self.raised_at,
            ended_at: self.ended_at,
            audible: self.audible,
        }
    }
}

/// Replays every file by `policy`, and by a second one `against` it, and writes what would have been.
///
/// # Errors
/// A file that cannot be read, with the line that is wrong.
pub(super) fn run(
    args: &Args,
    policy: &'static Policy,
    against: Option<&'static Policy>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let (mut run, mut other) = (Run::default(), against.map(|policy| (policy, Run::default())));
    for file in &args.files {
        let recording = Recording::read(file, args.columns.as_deref())
            .with_context(|| format!("cannot replay {}", file.display()))?;
        run.add(&recording, policy);
        if let Some((policy, other)) = &mut other {
            other.add(&recording, policy);
        }
    }
    run.episodes.sort_by_key(|episode| episode.raised_at);
    let other = other.map(|(_, other)| other.burden());
    match args.output {
        Output::Json => report::json(&run, other.as_ref(), out),
        Output::Csv => report::csv(&run.episodes, out),
        Output::Html => report::html(&run.burden(), other.as_ref(), out),
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
                let audible = record.alert.sounds();
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
                    episode.audible |= record.alert.sounds();
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

#[cfg(test)]
mod tests;
