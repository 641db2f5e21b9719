//! The audit: rows that hang together by their sums, so that none can be changed or taken out unseen.
//!
//! What the chain cannot show is that its newest rows were cut off; whoever must prove that as well writes
//! down the head that [`AuditCheck`] names. It decides nothing about what is worth a row.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::JournalError;
use super::number::from_count;
use crate::clock::Wall;

/// The sum before the first row.
const BEFORE_THE_FIRST: [u8; 32] = [0; 32];

/// One row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1 without a gap.
    pub id: i64,
    /// When.
    pub wall: Wall,
    /// Who.
    pub actor: String,
    /// Where.
    pub station: String,
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// One row as it hangs in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLink {
    /// The row.
    pub row: AuditRow,
    /// Its sum, made of it and of the sum before it.
    pub sum: [u8; 32],
}

/// What a walk along the whole chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCheck {
    /// How many rows hang together, from the first.
    pub rows: u64,
    /// The first row that does not fit the one before it; `None` where all do.
    pub broken_at: Option<i64>,
    /// The sum of the last row that fits.
    pub head: [u8; 32],
}

impl AuditRow {
    /// Each text is preceded by its length, so that no two rows can be told apart only by where a text ends.
    fn sum(&self, prev: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(prev);
        hash.update(self.id.to_be_bytes());
        hash.update(self.wall.0.to_be_bytes());
        for text in [&self.actor, &self.station, &self.what, &self.reason] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().into()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            wall: Wall(row.get("wall")?),
            actor: row.get("actor")?,
            station: row.get("station")?,
            what: row.get("what")?,
            reason: row.get("reason")?,
        })
    }
}

/// Adds a row; its `id` is given here. The head is read from the file each time, because the command line
/// adds rows of its own while the gateway runs.
pub(super) fn append(connection: &Connection, mut row: AuditRow) -> Result<(), JournalError> {
    let head = connection
        .prepare_cached("SELECT id, sum FROM audit ORDER BY id DESC LIMIT 1")?
        .query_row([], |head| Ok((head.get::<_, i64>(0)?, head.get::<_, [u8; 32]>(1)?)))
        .optional()?;
    let (last, prev) = head.unwrap_or((0, BEFORE_THE_FIRST));
    row.id = last + 1;
    let sum = row.sum(&prev);
    connection
        .prepare_cached(
            "INSERT INTO audit (id, wall, actor, station, what, reason, prev, sum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![row.id, row.wall.0, row.actor, row.station, row.what, row.reason, prev, sum])?;
    Ok(())
}

/// The newest rows below `before`, newest first.
pub(super) fn newest(
    connection: &Connection,
    before: Option<i64>,
    most: usize,
) -> Result<Vec<AuditLink>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, wall, actor, station, what, reason, sum FROM audit WHERE id < ?1
         ORDER BY id DESC LIMIT ?2",
    )?;
    let link = |row: &Row<'_>| Ok(AuditLink { row: AuditRow::read(row)?, sum: row.get("sum")? });
    let rows = statement.query_map(params![before.unwrap_or(i64::MAX), from_count(most)], link)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest row that somebody wrote at a station.
pub(super) fn newest_of(
    connection: &Connection,
    actor: &str,
    station: &str,
) -> Result<Option<AuditRow>, JournalError> {
    let mut statement = connection.prepare(
        "SELECT id, wall, actor, station, what, reason FROM audit WHERE actor = ?1 AND station = ?2
         ORDER BY id DESC LIMIT 1",
    )?;
    Ok(statement.query_row([actor, station], AuditRow::read).optional()?)
}

/// The newest row that says just this.
pub(super) fn last_of(connection: &Connection, what: &str) -> Result<Option<AuditRow>, JournalError> {
    let mut statement = connection.prepare(
        "SELECT id, wall, actor, station, what, reason FROM audit WHERE what = ?1 ORDER BY id DESC LIMIT 1",
    )?;
    Ok(statement.query_row([what], AuditRow::read).optional()?)
}

/// Walks the chain from its first row to its last, or to the first that does not fit.
pub(super) fn check(connection: &Connection) -> Result<AuditCheck, JournalError> {
    let mut found = AuditCheck { rows: 0, broken_at: None, head: BEFORE_THE_FIRST };
    let mut statement = connection
        .prepare("SELECT id, wall, actor, station, what, reason, prev, sum FROM audit ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut expected = 1;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get("id")?;
        match fits(row, expected, &found.head) {
            Some(head) => found.head = head,
            None => return Ok(AuditCheck { broken_at: Some(id), ..found }),
        }
        found.rows += 1;
        expected += 1;
    }
    Ok(found)
}

/// The row's sum, if the row is the expected one and hangs on `head`.
fn fits(row: &Row<'_>, expected: i64, head: &[u8; 32]) -> Option<[u8; 32]> {
    let read = AuditRow::read(row).ok()?;
    let (prev, sum): ([u8; 32], [u8; 32]) = (row.get("prev").ok()?, row.get("sum").ok()?);
    (read.id == expected && prev == *head && sum == read.sum(head)).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::schema::migrate;

    fn with_rows(count: i64) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        for n in 0..count {
            let row = AuditRow {
                id: 0,
                wall: Wall(n),
                actor: "biomed.sample".to_owned(),
                station: "cli".to_owned(),
                what: format!("limit {n}"),
                reason: "round".to_owned(),
            };
            append(&connection, row).unwrap();
        }
        connection
    }

    /// What somebody with the file and an SQLite shell can do.
    fn tamper(connection: &Connection, how: &str) {
        connection.execute_batch("DROP TRIGGER audit_stands; DROP TRIGGER audit_stays;").unwrap();
        assert_eq!(connection.execute(how, []).unwrap(), 1);
    }

    #[test]
    fn an_untouched_chain_holds_and_lists_newest_first() {
        let connection = with_rows(5);
        let found = check(&connection).unwrap();
        assert_eq!((found.rows, found.broken_at), (5, None));
        let newest = newest(&connection, Some(5), 2).unwrap();
        let sum: [u8; 32] =
            connection.query_row("SELECT prev FROM audit WHERE id = 5", [], |row| row.get(0)).unwrap();
        assert_eq!(newest[0].sum, sum, "what the next row hangs on");
        assert_eq!(newest.iter().map(|link| link.row.id).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(last_of(&connection, "limit 2").unwrap().map(|row| row.id), Some(3));
        assert_eq!(last_of(&connection, "limit").unwrap(), None);
    }

    #[test]
    fn a_changed_row_is_found() {
        let connection = with_rows(5);
        tamper(&connection, "UPDATE audit SET actor = 'nobody' WHERE id = 3");
        assert_eq!(check(&connection).unwrap().broken_at, Some(3));
    }

    #[test]
    fn a_row_that_was_changed_with_its_own_sum_breaks_the_next() {
        let connection = with_rows(5);
        let (mut row, prev) = connection
            .query_row("SELECT * FROM audit WHERE id = 3", [], |row| {
                Ok((AuditRow::read(row)?, row.get::<_, [u8; 32]>("prev")?))
            })
            .unwrap();
        row.actor = "nobody".to_owned();
        let sum = crate::hex::of(&row.sum(&prev));
        tamper(&connection, &format!("UPDATE audit SET actor = 'nobody', sum = x'{sum}' WHERE id = 3"));
        assert_eq!(check(&connection).unwrap().broken_at, Some(4));
    }

    #[test]
    fn a_row_taken_out_is_found() {
        for gone in [1, 3] {
            let connection = with_rows(5);
            tamper(&connection, &format!("DELETE FROM audit WHERE id = {gone}"));
            assert_eq!(check(&connection).unwrap().broken_at, Some(gone + 1));
        }
    }

    #[test]
    fn a_cut_end_shows_in_the_head() {
        let connection = with_rows(5);
        let head = check(&connection).unwrap().head;
        tamper(&connection, "DELETE FROM audit WHERE id = 5");
        assert_ne!(check(&connection).unwrap().head, head);
    }
}
