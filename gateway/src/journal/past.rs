//! All that a store holds of a ward's life, read in its order by those who judge it once more. It opens the
//! file for reading alone, so a gateway may run on it; it recovers nothing and changes nothing.
//!
//! A month of a full ward is some eighty million frames; a page of them at a time is in memory.

use std::path::Path;

use compact_str::CompactString;
use rules::Moment;
use rusqlite::{Connection, Row, params};

use super::number::to_moment;
use super::{JournalError, body, recover, schema};
use crate::clock::Wall;
use crate::event::Event;

/// How many rows are read at a time.
const PAGE_ROWS: i64 = 512;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// When, on the ward's line of time.
    pub at: Moment,
    /// When, for people.
    pub wall: Wall,
    /// At which bed of the ward it was judged then; only frames and alarms of devices say so.
    pub bed: Option<CompactString>,
    /// What.
    pub event: Event,
}

/// The whole record of a store, up to what there was when it was opened.
#[derive(Debug)]
pub struct Past {
    connection: Connection,
    /// The row before the first one.
    before: i64,
    /// The last row that was read.
    after: i64,
    /// The last row that there is.
    until: i64,
    thinned_to: Option<Wall>,
    unread: u64,
}

impl Past {
    /// Opens a store that is there.
    ///
    /// # Errors
    /// When it cannot be read, or was written by a later version.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let connection = schema::open_to_read(path)?;
        schema::demand_known(&connection)?;
        let sql = "SELECT min(coalesce((SELECT min(seq) FROM frame), ?1),
                   coalesce((SELECT min(seq) FROM event), ?1))";
        let until = recover::last_seq(&connection)?;
        let first: i64 = connection.query_row(sql, [until + 1], |row| row.get(0))?;
        let swept: i64 = connection.query_row("SELECT thinned_to FROM sweep", [], |row| row.get(0))?;
        let (before, thinned_to) = (first - 1, (swept > 0).then_some(Wall(swept)));
        Ok(Self { connection, before, after: before, until, thinned_to, unread: 0 })
    }

    /// The beds that have frames, by their labels.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn beds(&self) -> Result<Vec<String>, JournalError> {
        // One step of the index for each bed, however many frames there are.
        let mut statement = self.connection.prepare(
            "WITH RECURSIVE beds (bed) AS (SELECT min(bed) FROM frame UNION ALL
             SELECT (SELECT min(bed) FROM frame WHERE bed > beds.bed) FROM beds WHERE beds.bed IS NOT NULL)
             SELECT bed FROM beds WHERE bed IS NOT NULL",
        )?;
        let beds = statement.query_map([], |row| row.get(0))?;
        Ok(beds.collect::<Result<_, _>>()?)
    }

    /// Up to here frames that lie away from alerts are one a minute, where a sweep has been: the rest is
    /// gone.
    #[must_use]
    pub const fn thinned_to(&self) -> Option<Wall> {
        self.thinned_to
    }

    /// How many rows lie behind, of how many.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        let rows = |to: i64| u64::try_from(to - self.before).unwrap_or(0);
        (rows(self.after), rows(self.until))
    }

    /// How many rows this version could not read so far.
    #[must_use]
    pub const fn unread(&self) -> u64 {
        self.unread
    }

    /// The next page; empty at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn page(&mut self) -> Result<Vec<Happened>, JournalError> {
        let mut page = Vec::new();
        while page.is_empty() && self.after < self.until {
            self.turn_page(&mut page)?;
        }
        Ok(page)
    }

    fn turn_page(&mut self, page: &mut Vec<Happened>) -> Result<(), JournalError> {
        // Both tables are walked along their keys, so the merge costs no sorting.
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, at, wall, bed, body, 1 FROM frame WHERE seq > ?1 AND seq <= ?2
             UNION ALL SELECT seq, at, wall, bed, body, 0 FROM event WHERE seq > ?1 AND seq <= ?2
             ORDER BY seq LIMIT ?3",
        )?;
        let mut rows = statement.query(params![self.after, self.until, PAGE_ROWS])?;
        let before = self.after;
        while let Some(row) = rows.next()? {
            self.after = row.get(0)?;
            match happened(row)? {
                Some(happened) => page.push(happened),
                None => self.unread += 1,
            }
        }
        if self.after == before {
            self.after = self.until;
        }
        Ok(())
    }
}

/// Columns by their place: a month of names would be looked up eighty million times each.
fn happened(row: &Row<'_>) -> rusqlite::Result<Option<Happened>> {
    let body = row.get_ref(4)?.as_blob().unwrap_or_default();
    let framed: bool = row.get(5)?;
    let event = if framed { body::unpack(body).map(Event::Frame) } else { body::unpack(body) };
    let Some(event) = event else { return Ok(None) };
    let bed = row.get_ref(3)?.as_str_or_null()?.map(CompactString::from);
    Ok(Some(Happened { at: to_moment(row.get(1)?), wall: Wall(row.get(2)?), bed, event }))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{START, TAG, found, frame_at};
    use super::super::{Entry, Journal};
    use super::*;

    fn stored(folder: &Path, records: Vec<super::super::Record>) -> std::path::PathBuf {
        let path = folder.join("ward.db");
        let journal = Journal::open(&path, Wall(START), &TAG).unwrap().journal;
        journal.submit(Entry { records, then: None }).unwrap();
        path
    }

    #[test]
    fn a_life_is_read_in_its_order_a_page_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let rows = PAGE_ROWS * 2 + 1;
        let record = |n: i64| {
            if n % 100 == 7 { found(n.cast_unsigned()) } else { frame_at(n.cast_unsigned(), n) }
        };
        let path = stored(folder.path(), (0..rows).map(record).collect());
        let mut past = Past::open(&path).unwrap();
        assert_eq!(
            (past.beds().unwrap(), past.progress()),
            (vec!["01".to_owned()], (0, rows.cast_unsigned()))
        );
        let mut walls = Vec::new();
        loop {
            let page = past.page().unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= usize::try_from(PAGE_ROWS).unwrap());
            walls.extend(page.iter().map(|happened| happened.wall.0 - START));
        }
        assert_eq!(walls, (0..rows).collect::<Vec<_>>());
        assert_eq!((past.progress(), past.unread()), ((rows.cast_unsigned(), rows.cast_unsigned()), 0));
    }

    #[test]
    fn a_store_without_a_life_ends_at_once_and_none_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut past = Past::open(&stored(folder.path(), Vec::new())).unwrap();
        assert_eq!((past.page().unwrap(), past.beds().unwrap(), past.progress()), (vec![], vec![], (0, 0)));
        let nowhere = folder.path().join("other.db");
        assert!(Past::open(&nowhere).is_err() && !nowhere.exists());
    }

    #[test]
    fn a_row_of_another_shape_is_counted_and_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = stored(folder.path(), vec![frame_at(0, 0), frame_at(1, 1)]);
        Connection::open(&path).unwrap().execute("UPDATE frame SET body = x'00' WHERE key = 0", []).unwrap();
        let mut past = Past::open(&path).unwrap();
        assert_eq!((past.page().unwrap().len(), past.unread()), (1, 1));
    }

    #[test]
    fn what_a_later_version_wrote_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = stored(folder.path(), Vec::new());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Past::open(&path), Err(JournalError::Newer { found: 99, .. })));
    }
}
