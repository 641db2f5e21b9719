//! `wardlight replay`: recorded readings in, the alerts that would have been out.
//!
//! The very ward that runs beside the beds judges the recording, at the recording's own pace of time. Nothing
//! is delivered, sounded or stored. A second policy may judge the same recording beside it. A recording is
//! read page by page, never whole: only the alerts are kept, so a month takes the memory of a day.

mod burden;
mod columns;
mod lines;
mod markup;
mod page;
mod plot;
mod progress;
mod recording;
mod report;
mod rows;
mod stored;
mod table;
mod told;
mod watch;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::config::signed::Signed;
use crate::config::ward::WardPlan;
use crate::record::AlertRecord;
use burden::{Burden, Counted};
use progress::Progress;
use recording::Recording;
use watch::{Watch, Watched};

/// How the alerts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// One line of JSON for each alert, then the summary.
    Json,
    /// The same as CSV, without the summary.
    Csv,
    /// One page that needs nothing else, with the alarm burden in plots, to be read and printed.
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
    /// The recordings: the gateway's own store, JSON lines as `export` writes them, a table of
    /// `time,bed,code,value,unit,status`, or a wide one of one column for each code. A device's own alarm is
    /// a row of its event (`MDC_EVT_…`), its value `start` or `end`. A store's results find their beds by the
    /// locations in `--ward`.
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

/// The burden under one policy, and by whom that is signed.
struct Side<'a> {
    policy: &'a Signed,
    burden: Burden,
}

impl Run {
    fn add(&mut self, watched: Watched) {
        for (bed, ms) in watched.watched_ms {
            *self.watched_ms.entry(bed).or_default() += ms;
        }
        self.episodes.extend(watched.episodes);
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

/// Replays every file by the policy of `ward`, and by that of a second one `against` it, and writes what
/// would have been.
///
/// # Errors
/// A file that cannot be read, with the line that is wrong.
pub(super) fn run(
    args: &Args,
    ward: &WardPlan,
    against: Option<&WardPlan>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut wards = vec![(ward.clone(), Run::default())];
    // The same beds under another policy.
    let second = against.map(|against| WardPlan { beds: ward.beds.clone(), ..against.clone() });
    wards.extend(second.map(|second| (second, Run::default())));
    for file in &args.files {
        replay(file, args.columns.as_deref(), &mut wards)
            .with_context(|| format!("cannot replay {}", file.display()))?;
    }
    let sides: Vec<Side<'_>> =
        wards.iter().map(|(plan, run)| Side { policy: &plan.signed, burden: run.burden() }).collect();
    let mut episodes: Vec<&Episode> = wards.first().into_iter().flat_map(|(_, run)| &run.episodes).collect();
    episodes.sort_by_key(|episode| episode.raised_at);
    match args.output {
        Output::Json => report::json(&episodes, &sides, out),
        Output::Csv => report::csv(&episodes, out),
        Output::Html => page::write(&sides, out),
    }
}

/// Lets wards of their own live through one recording, side by side.
fn replay(file: &Path, columns: Option<&str>, wards: &mut [(WardPlan, Run)]) -> anyhow::Result<()> {
    let recording = Recording::open(file, columns)?;
    if let Some(remark) = &recording.remark {
        writeln!(std::io::stderr(), "wardlight: {}: {remark}", file.display())?;
    }
    let beds = recording.beds.clone();
    let mut watches: Vec<Watch> = wards.iter().map(|(plan, _)| Watch::new(plan, beds.as_deref())).collect();
    let mut progress = Progress::on_standard_error();
    let read = recording.read(|page| {
        for watch in &mut watches {
            page.happened.iter().for_each(|happened| watch.on(happened));
        }
        progress.on(page);
    });
    progress.end();
    read?;
    for ((_, run), watch) in wards.iter_mut().zip(watches) {
        run.add(watch.end());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
