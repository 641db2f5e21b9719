//! Single values in the order of time, gathered by the sending that they came in; what such a sending says,
//! `told` reads.
//!
//! Times out of order are sorted within ten seconds and refused beyond, with the line; so ten seconds of rows
//! are in memory, and no more.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use compact_str::CompactString;

use super::super::raised::Raised;
use super::recording::Recorded;
use super::told::told;
use crate::journal::Happened;

/// How far a time may lie behind the latest one before it.
const OUT_OF_ORDER_MOST_MS: i64 = 10_000;

/// How much of what happened makes a page.
const PAGE: usize = 512;

/// One value of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// When it arrived, in milliseconds of wall time.
    pub(super) at: i64,
    pub(super) bed: CompactString,
    pub(super) code: CompactString,
    pub(super) value: CompactString,
    pub(super) unit: CompactString,
    pub(super) status: CompactString,
    pub(super) device: CompactString,
    pub(super) seq: Option<u64>,
    /// When it was taken by the device's clock, where the recording says so.
    pub(super) taken: Option<i64>,
    /// What else a device said of an alarm of its own, where the recording says so.
    pub(super) alarm: Option<Box<Raised>>,
}

/// One line of the file, with the values in it.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) rows: Vec<Row>,
}

/// Where lines come from.
pub(super) trait Source: Send {
    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// What is wrong, with its line.
    fn next(&mut self) -> anyhow::Result<Option<Line>>;

    /// How many bytes were read, of how many.
    fn progress(&self) -> (u64, u64);
}

/// Rows on their way to becoming events.
pub(super) struct Rows<S> {
    source: S,
    /// Those that a later line may still come before, by time and then as they came.
    waiting: BTreeMap<(i64, u64), Row>,
    came: u64,
    latest: i64,
    ended: bool,
}

impl<S: Source> Rows<S> {
    pub(super) const fn of(source: S) -> Self {
        Self { source, waiting: BTreeMap::new(), came: 0, latest: i64::MIN, ended: false }
    }

    /// The rows of one frame: of one time, one bed and one sending of one device. `None` at the end.
    fn frame(&mut self) -> anyhow::Result<Option<Vec<Row>>> {
        while !self.is_settled() && !self.ended {
            self.take_line()?;
        }
        let Some((_, first)) = self.waiting.pop_first() else { return Ok(None) };
        let mut rows = vec![first];
        while let Some(next) = self.waiting.first_entry() {
            if !rows.first().is_some_and(|first| is_of_one_frame(first, next.get())) {
                break;
            }
            rows.push(next.remove());
        }
        Ok(Some(rows))
    }

    /// Whether no later line may come before the first that waits.
    fn is_settled(&self) -> bool {
        let first = self.waiting.first_key_value();
        first.is_some_and(|((at, _), _)| self.latest.saturating_sub(*at) > OUT_OF_ORDER_MOST_MS)
    }

    fn take_line(&mut self) -> anyhow::Result<()> {
        let Some(line) = self.source.next()? else {
            self.ended = true;
            return Ok(());
        };
        for row in line.rows {
            if self.latest.saturating_sub(row.at) > OUT_OF_ORDER_MOST_MS {
                bail!("line {}: its time lies more than 10 s before that of an earlier line", line.number);
            }
            self.latest = self.latest.max(row.at);
            self.came += 1;
            self.waiting.insert((row.at, self.came), row);
        }
        Ok(())
    }
}

impl<S: Source> Recorded for Rows<S> {
    fn page(&mut self) -> anyhow::Result<Vec<Happened>> {
        let mut page = Vec::new();
        while page.len() < PAGE {
            let Some(rows) = self.frame()? else { break };
            page.extend(told(&rows));
        }
        Ok(page)
    }

    fn progress(&self) -> (u64, u64) {
        self.source.progress()
    }
}

fn is_of_one_frame(a: &Row, b: &Row) -> bool {
    (a.at, &a.bed, &a.device, a.seq) == (b.at, &b.bed, &b.device, b.seq)
}

/// A timestamp in milliseconds.
pub(super) fn timestamp(text: &str) -> anyhow::Result<i64> {
    let timestamp: jiff::Timestamp =
        text.parse().with_context(|| format!("{text:?} is no time with a zone"))?;
    Ok(timestamp.as_millisecond())
}
