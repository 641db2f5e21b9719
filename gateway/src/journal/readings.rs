//! Stored device frames, for trends and export: a page at a time, so that three days of a ward are never in
//! memory and no read stands in the way of the WAL for long.

use std::sync::Arc;

use rules::Moment;
use rusqlite::{Connection, Row, params};

use super::number::to_moment;
use super::read::Readers;
use super::{JournalError, body};
use crate::clock::Wall;
use crate::event::DeviceFrame;

/// How many frames are read at a time.
const PAGE_FRAMES: i64 = 512;

/// One device frame as it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFrame {
    /// When it arrived, on the ward's line of time.
    pub at: Moment,
    /// When it arrived, for people.
    pub wall: Wall,
    /// At which bed of this ward.
    pub bed: Option<String>,
    /// What it read.
    pub frame: DeviceFrame,
}

/// Frames between two times, in the order of their arrival by the wall clock.
#[derive(Debug)]
pub struct Readings {
    readers: Arc<Readers>,
    bed: Option<String>,
    to: Wall,
    /// Where the next page begins: after this time and number.
    after: Option<(i64, i64)>,
}

/// A page, and where the next one begins.
type Page = (Vec<StoredFrame>, Option<(i64, i64)>);

impl Readings {
    pub(super) fn new(readers: Arc<Readers>, bed: Option<&str>, from: Wall, to: Wall) -> Self {
        let after = Some((from.0.saturating_sub(1), i64::MAX));
        Self { readers, bed: bed.map(str::to_owned), to, after }
    }

    /// The next page; `None` at the end. Frames that this version cannot read are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<StoredFrame>>, JournalError> {
        let Some(after) = self.after else { return Ok(None) };
        let (bed, to) = (self.bed.clone(), self.to);
        let (page, next) =
            self.readers.read(move |connection| page(connection, bed.as_deref(), after, to)).await?;
        self.after = next;
        Ok(Some(page))
    }

    /// All of it at once: for spans of minutes, not of days.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn all(mut self) -> Result<Vec<StoredFrame>, JournalError> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page);
        }
        Ok(all)
    }
}

fn page(
    connection: &Connection,
    bed: Option<&str>,
    (wall, seq): (i64, i64),
    to: Wall,
) -> Result<Page, JournalError> {
    let sql = if bed.is_some() {
        "SELECT seq, at, wall, bed, body FROM frame
         WHERE bed = ?1 AND wall >= ?2 AND (wall, seq) > (?2, ?3) AND wall <= ?4 ORDER BY wall, seq LIMIT ?5"
    } else {
        "SELECT seq, at, wall, bed, body FROM frame
         WHERE ?1 IS NULL AND wall >= ?2 AND (wall, seq) > (?2, ?3) AND wall <= ?4
         ORDER BY wall, seq LIMIT ?5"
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![bed, wall, seq, to.0, PAGE_FRAMES])?;
    let (mut frames, mut seen, mut last) = (Vec::new(), 0, None);
    while let Some(row) = rows.next()? {
        seen += 1;
        last = Some((row.get("wall")?, row.get("seq")?));
        frames.extend(stored(row)?);
    }
    Ok((frames, last.filter(|_| seen == PAGE_FRAMES)))
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Option<StoredFrame>> {
    let Some(frame) = body::unpack(row.get_ref("body")?.as_blob().unwrap_or_default()) else {
        tracing::error!("a frame in the store cannot be read by this version");
        return Ok(None);
    };
    Ok(Some(StoredFrame {
        at: to_moment(row.get("at")?),
        wall: Wall(row.get("wall")?),
        bed: row.get("bed")?,
        frame,
    }))
}
