//! Stored alarms of devices, for export beside the frames: a page at a time, in the order of time.

use std::collections::VecDeque;
use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::read::Readers;
use super::{JournalError, body};
use crate::clock::Wall;
use crate::event::{DeviceRaised, Event};

/// How many rows are read at a time, of which few are alarms.
const PAGE_ROWS: i64 = 512;

/// What a device said of an alarm of its own, as it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAlarm {
    /// When it arrived, for people.
    pub wall: Wall,
    /// At which bed of this ward; `None` where it called the whole ward.
    pub bed: Option<String>,
    /// What was said.
    pub alarm: DeviceRaised,
}

/// What devices said of their alarms between two times, in the order of its arrival by the wall clock.
#[derive(Debug)]
pub struct StoredAlarms {
    readers: Arc<Readers>,
    to: Wall,
    /// Where the next page begins: after this time and number.
    after: Option<(i64, i64)>,
    at_hand: VecDeque<StoredAlarm>,
}

/// A page, and where the next one begins.
type Page = (VecDeque<StoredAlarm>, Option<(i64, i64)>);

impl StoredAlarms {
    pub(super) fn new(readers: Arc<Readers>, from: Wall, to: Wall) -> Self {
        let after = Some((from.0.saturating_sub(1), i64::MAX));
        Self { readers, to, after, at_hand: VecDeque::new() }
    }

    /// The next one, if it arrived before `wall`; without a time the next one. What this version cannot read
    /// is left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next_before(&mut self, wall: Option<Wall>) -> Result<Option<StoredAlarm>, JournalError> {
        while let (true, Some(after)) = (self.at_hand.is_empty(), self.after) {
            let to = self.to;
            (self.at_hand, self.after) =
                self.readers.read(move |connection| page(connection, after, to)).await?;
        }
        let is_due = |alarm: &mut StoredAlarm| wall.is_none_or(|wall| alarm.wall < wall);
        Ok(self.at_hand.pop_front_if(is_due))
    }
}

fn page(connection: &Connection, (wall, seq): (i64, i64), to: Wall) -> Result<Page, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, wall, bed, body FROM event
         WHERE wall >= ?1 AND (wall, seq) > (?1, ?2) AND wall <= ?3 ORDER BY wall, seq LIMIT ?4",
    )?;
    let mut rows = statement.query(params![wall, seq, to.0, PAGE_ROWS])?;
    let (mut alarms, mut seen, mut last) = (VecDeque::new(), 0, None);
    while let Some(row) = rows.next()? {
        seen += 1;
        last = Some((row.get("wall")?, row.get("seq")?));
        alarms.extend(stored(row)?);
    }
    Ok((alarms, last.filter(|_| seen == PAGE_ROWS)))
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Option<StoredAlarm>> {
    match body::unpack(row.get_ref("body")?.as_blob().unwrap_or_default()) {
        Some(Event::Alarm(alarm)) => {
            Ok(Some(StoredAlarm { wall: Wall(row.get("wall")?), bed: row.get("bed")?, alarm }))
        }
        Some(_) => Ok(None),
        None => {
            tracing::error!("an event in the store cannot be read by this version");
            Ok(None)
        }
    }
}
