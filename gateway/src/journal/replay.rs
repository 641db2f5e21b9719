//! What happened after a checkpoint, read again in the order of the ward's life, a page at a time.
//!
//! A day of a full ward is some eight million frames; they are never in memory at once.

use rules::Moment;
use rusqlite::{Connection, Row, params};

use super::number::to_moment;
use super::{JournalError, body};
use crate::event::Event;

/// How many rows are read at a time.
const PAGE_ROWS: i64 = 2_048;

/// The events after a checkpoint, in order. It reads from the store as it goes; rows that this version cannot
/// read are passed over and counted.
#[derive(Debug)]
pub struct Replay {
    connection: Connection,
    /// The last row that was read.
    after: i64,
    /// The last row that there was when the store was opened.
    until: i64,
    page: std::vec::IntoIter<(Moment, Event)>,
    unread: u64,
}

impl Replay {
    pub(super) fn new(connection: Connection, after: i64, until: i64) -> Self {
        Self { connection, after, until, page: Vec::new().into_iter(), unread: 0 }
    }

    /// How many rows could not be read so far. Anything but zero is worth a technical alert.
    #[must_use]
    pub const fn unread(&self) -> u64 {
        self.unread
    }

    fn turn_page(&mut self) -> Result<Vec<(Moment, Event)>, JournalError> {
        // Both tables are walked along their keys, so the merge costs no sorting.
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, at, body, 1 AS framed FROM frame WHERE seq > ?1 AND seq <= ?2
             UNION ALL SELECT seq, at, body, 0 FROM event WHERE seq > ?1 AND seq <= ?2
             ORDER BY seq LIMIT ?3",
        )?;
        let mut rows = statement.query(params![self.after, self.until, PAGE_ROWS])?;
        let mut page = Vec::new();
        let mut seen = false;
        while let Some(row) = rows.next()? {
            seen = true;
            self.after = row.get("seq")?;
            match event_of(row)? {
                Some(event) => page.push((to_moment(row.get("at")?), event)),
                None => self.unread += 1,
            }
        }
        if !seen {
            self.after = self.until;
        }
        Ok(page)
    }
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<Option<Event>> {
    let body = row.get_ref("body")?.as_blob().unwrap_or_default();
    let framed: bool = row.get("framed")?;
    Ok(if framed { body::unpack(body).map(Event::Frame) } else { body::unpack(body) })
}

impl Iterator for Replay {
    type Item = (Moment, Event);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.page.next() {
                return Some(item);
            }
            if self.after >= self.until {
                return None;
            }
            match self.turn_page() {
                Ok(page) => self.page = page.into_iter(),
                Err(fault) => {
                    tracing::error!(%fault, after = self.after, "the record cannot be read to its end");
                    self.unread += 1;
                    self.after = self.until;
                }
            }
        }
    }
}
