//! The alerts of a stretch of time with all that happened to them, bed by bed and a page at a time: a quarter
//! of a year is never in memory. The index of beds and times leads to them; nothing is sorted.

use rusqlite::{Connection, Row, params};

use super::number::from_count;
use super::{JournalError, read};
use crate::clock::Wall;
use crate::record::{AlertChange, AlertRecord};

/// Which alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Of this bed; none for those of the ward itself.
    pub bed: Option<String>,
    /// Raised at this time or later.
    pub from: Wall,
    /// Raised before this time.
    pub to: Wall,
    /// Behind this one, where an earlier page ended.
    pub after: Option<(Wall, i64)>,
    /// At most so many.
    pub most: usize,
}

/// One alert with what happened to it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastAlert {
    /// When it was raised.
    pub at: Wall,
    /// Its row, so that the next page can begin behind it.
    pub row: i64,
    /// Its newest state.
    pub record: AlertRecord,
    /// What happened to it, in order.
    pub changes: Vec<AlertChange>,
}

/// The beds of which there are alerts, one step of the index for each.
pub(super) fn beds(connection: &Connection) -> Result<Vec<Option<String>>, JournalError> {
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE beds (bed) AS (SELECT min(bed) FROM alert UNION ALL
         SELECT (SELECT min(bed) FROM alert WHERE bed > beds.bed) FROM beds WHERE beds.bed IS NOT NULL)
         SELECT bed FROM beds WHERE bed IS NOT NULL
         UNION ALL SELECT NULL WHERE EXISTS (SELECT 1 FROM alert WHERE bed IS NULL)",
    )?;
    let beds = statement.query_map([], |row| row.get(0))?;
    Ok(beds.collect::<Result<_, _>>()?)
}

/// One page, the oldest first; empty at the end. Alerts that this version cannot read are left out and
/// logged.
pub(super) fn page(connection: &Connection, stretch: &Stretch) -> Result<Vec<PastAlert>, JournalError> {
    let mut after = stretch.after;
    loop {
        let found = rows(connection, stretch, after)?;
        let Some(&(at, row, _)) = found.last() else { return Ok(Vec::new()) };
        let mut page = Vec::with_capacity(found.len());
        for (at, row, record) in found {
            let Some(record) = record else { continue };
            let changes = read::changes(connection, &record.id)?;
            page.push(PastAlert { at, row, record, changes });
        }
        if !page.is_empty() {
            return Ok(page);
        }
        // Of all these none could be read: they are no end.
        after = Some((at, row));
    }
}

/// An alert's place in its bed's order, and the alert where it can be read.
type Found = (Wall, i64, Option<AlertRecord>);

fn rows(
    connection: &Connection,
    stretch: &Stretch,
    after: Option<(Wall, i64)>,
) -> Result<Vec<Found>, JournalError> {
    let (at, row) = after.unwrap_or((stretch.from, i64::MIN));
    let mut statement = connection.prepare_cached(
        "SELECT rowid, raised_at, body FROM alert
         WHERE bed IS ?1 AND raised_at >= ?2 AND raised_at < ?3 AND (raised_at > ?2 OR rowid > ?4)
         ORDER BY raised_at, rowid LIMIT ?5",
    )?;
    let wanted = params![stretch.bed, at.0, stretch.to.0, row, from_count(stretch.most)];
    let found = statement.query_map(wanted, alert_of)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn alert_of(row: &Row<'_>) -> rusqlite::Result<Found> {
    let body = row.get_ref("body")?.as_str().unwrap_or_default();
    let record = serde_json::from_str(body)
        .inspect_err(|fault| tracing::error!(%fault, "an alert in the store cannot be read by this version"));
    Ok((Wall(row.get("raised_at")?), row.get("rowid")?, record.ok()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::recent::Recent;
    use super::super::rows::Pen;
    use super::*;
    use crate::journal::Record;
    use crate::journal::samples::{START, alert, change, memory};

    fn store() -> Connection {
        let store = memory();
        let recent = Recent::new();
        let mut pen = Pen::new(&store, 1, &recent);
        for n in 0..7 {
            let mut record = alert(n);
            // Two share a time, one is of the ward itself.
            record.raised_at = Wall(START + i64::try_from(n / 2).unwrap());
            record.bed = (n != 6).then(|| if n == 5 { "02".to_owned() } else { "01".to_owned() });
            let raised = AlertChange { alert: record.id.clone(), ..change("raised", 1) };
            pen.write(&Record::Alert(Arc::new(record))).unwrap();
            pen.write(&Record::Change(raised)).unwrap();
        }
        store
    }

    fn ids(store: &Connection, bed: Option<&str>, from: i64, to: i64) -> Vec<String> {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let bed = bed.map(str::to_owned);
            let (from, to) = (Wall(START + from), Wall(START + to));
            let page = page(store, &Stretch { bed, from, to, after, most: 2 }).unwrap();
            let Some(last) = page.last() else { return ids };
            after = Some((last.at, last.row));
            assert!(page.iter().all(|past| past.changes.len() == 1));
            ids.extend(page.into_iter().map(|past| past.record.id));
        }
    }

    #[test]
    fn every_alert_of_a_bed_comes_once_whatever_the_pages() {
        let store = store();
        let beds = beds(&store).unwrap();
        assert_eq!(beds, [Some("01".to_owned()), Some("02".to_owned()), None]);
        let named = |n: u64| alert(n).id;
        assert_eq!(ids(&store, Some("01"), 0, 9), [0, 1, 2, 3, 4].map(named));
        assert_eq!(ids(&store, Some("01"), 1, 2), [2, 3].map(named), "from is in it and to is not");
        assert_eq!(ids(&store, None, 0, 9), [named(6)]);
        assert_eq!(ids(&store, Some("03"), 0, 9), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_no_end() {
        let store = store();
        let spoilt = [1, 2, 3].map(|n| alert(n).id).join("','");
        store.execute_batch(&format!("UPDATE alert SET body = '{{}}' WHERE id IN ('{spoilt}')")).unwrap();
        assert_eq!(ids(&store, Some("01"), 0, 9), [0, 4].map(|n| alert(n).id));
    }
}
