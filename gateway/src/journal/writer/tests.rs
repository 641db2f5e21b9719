//! The writer by itself, one commit at a time, with a file that is not allowed to grow.

use std::sync::Arc;

use rules::alert::AlertState;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

use super::*;
use crate::event::Outcome;
use crate::journal::recent::Recent;
use crate::journal::samples::{alert, answer, awaited, change, frame, message, owed};
use crate::journal::{Record, read, schema};
use crate::message::{Identity, Repeat};
use crate::owed::Destination;

struct Bench {
    dir: TempDir,
    writer: Writer,
    health: watch::Receiver<Option<String>>,
    owed: watch::Receiver<u64>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ward.db");
        let mut connection = schema::open_to_write(&path).unwrap();
        schema::migrate(&mut connection).unwrap();
        let (tell_health, health) = watch::channel(None);
        let (tell_owed, owed) = watch::channel(0);
        let (waiting, recent) = (Arc::default(), Recent::new());
        let told = Told { health: tell_health, owed: tell_owed, waiting, recent };
        let reserve = Some(Reserve::beside(&path));
        Self { writer: Writer::new(path, connection, 1, reserve, told), dir, health, owed }
    }

    /// Commits records in one entry; gives back what its sender is told.
    fn commit(&mut self, records: Vec<Record>) -> Verdict {
        let (entry, mut verdict) = awaited(records);
        self.writer.commit(vec![Work::Entry(entry)]);
        verdict.try_recv().unwrap()
    }

    fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.writer.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// Lets the file have so many pages more than it has.
    fn grow_by(&self, pages: i64) {
        let count: i64 =
            self.writer.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        self.writer
            .connection
            .pragma_update_and_check(None, "max_page_count", count + pages, |_| Ok(()))
            .unwrap();
    }

    fn has_ballast(&self) -> bool {
        self.dir.path().join("ward.db.ballast").exists()
    }
}

fn bulky(n: u64) -> Record {
    let mut bulky = message(&n.to_string(), Outcome::Accepted);
    if let Record::Message { raw, .. } = &mut bulky {
        raw.bytes = vec![b'x'; 100_000];
    }
    bulky
}

const STORED: Verdict = Verdict::Stored(vec![]);

#[test]
fn records_are_written_in_order_and_numbered_across_both_tables() {
    let mut bench = Bench::new();
    assert_eq!(bench.commit(vec![frame(1), answer(1), frame(2)]), STORED);
    assert_eq!(bench.commit(vec![frame(3)]), STORED);
    let sql = "SELECT group_concat(seq) FROM (SELECT seq FROM frame ORDER BY seq)";
    let frames: String = bench.writer.connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!((frames.as_str(), bench.count("event")), ("1,3,4", 1));
}

#[test]
fn the_outbox_is_told_of_only_when_something_new_is_owed() {
    let mut bench = Bench::new();
    bench.commit(vec![frame(1)]);
    assert!(!bench.owed.has_changed().unwrap());
    bench.commit(vec![Record::Owed(owed("k", Destination::Frappe, None, 0))]);
    assert_eq!(*bench.owed.borrow_and_update(), 1);
    bench.commit(vec![Record::Owed(owed("k", Destination::Frappe, None, 0))]);
    assert!(!bench.owed.has_changed().unwrap(), "it was owed already");
}

#[test]
fn a_full_disk_refuses_readings_and_still_takes_alerts() {
    let mut bench = Bench::new();
    bench.grow_by(20);
    let verdict = bench.commit(vec![bulky(1), Record::Alert(Arc::new(alert(1)))]);
    assert_eq!(verdict, Verdict::NotNow(NOT_STORED), "the message is not stored, so its sender is told so");
    assert_eq!((bench.count("message"), bench.count("alert")), (0, 1));
    assert!(!bench.has_ballast(), "the ballast went overboard");
    assert!(bench.health.borrow_and_update().as_ref().unwrap().contains("full"));

    assert_eq!(bench.commit(vec![frame(1)]), Verdict::NotNow(NOT_STORED));
    assert_eq!(bench.commit(vec![answer(1), Record::Change(change("acknowledged", 1))]), STORED);
    assert_eq!((bench.count("frame"), bench.count("event")), (0, 1));
    assert!(bench.health.borrow().is_some(), "alerts alone are not health");

    bench.grow_by(100_000);
    bench.writer.pulse(false);
    assert!(bench.has_ballast());
    assert_eq!(*bench.health.borrow_and_update(), None);
    assert_eq!(bench.commit(vec![bulky(1)]), STORED);
}

#[test]
fn what_the_full_disk_did_not_take_is_kept_for_later() {
    let mut bench = Bench::new();
    bench.grow_by(0);
    let mut newest = alert(1);
    for state in [AlertState::Active, AlertState::Acknowledged] {
        newest.state = state;
        // Larger than the free room of the pages that are there.
        newest.title = "x".repeat(20_000);
        let verdict = bench.commit(vec![Record::Alert(Arc::new(newest.clone())), frame(1)]);
        assert_eq!(verdict, Verdict::NotNow(NOT_STORED));
    }
    assert_eq!(bench.count("alert"), 0);
    bench.grow_by(1_000);
    bench.writer.pulse(false);
    let (alerts, _) = read::open_alerts(&bench.writer.connection).unwrap();
    assert_eq!(alerts, [newest], "the newest state, without a new entry");
    assert_eq!(bench.count("frame"), 0, "its sender was refused and sends again");
}

#[test]
fn an_entry_that_cannot_be_written_harms_no_neighbour() {
    let mut bench = Bench::new();
    // The number of the next event is taken: as if a second gateway had written.
    bench.writer.connection.execute("INSERT INTO event VALUES (2, 0, 0, NULL, x'')", []).unwrap();
    let (entries, verdicts): (Vec<_>, Vec<_>) =
        [vec![frame(1)], vec![answer(1)], vec![Record::Alert(Arc::new(alert(1)))]]
            .map(awaited)
            .into_iter()
            .unzip();
    bench.writer.commit(entries.into_iter().map(Work::Entry).collect());
    let told: Vec<_> = verdicts.into_iter().map(|mut verdict| verdict.try_recv().unwrap()).collect();
    assert_eq!(told, [STORED, Verdict::NotNow(NOT_STORED), STORED]);
    assert!(bench.writer.kept.is_empty(), "what can never be written is not tried for ever");
}

/// The first or a second copy of message `n`.
fn copy_of(n: u8, outcome: Outcome) -> Record {
    let mut copy = message(&n.to_string(), outcome);
    if let Record::Message { raw, .. } = &mut copy {
        raw.marks.repeat = Some(Repeat::Remembered(Identity([n; 16])));
    }
    copy
}

#[test]
fn a_second_copy_hears_what_its_first_copy_did() {
    let mut bench = Bench::new();
    let (first, again) = (|| copy_of(1, Outcome::Accepted), || copy_of(1, Outcome::Duplicate));
    // Both in one commit, which fails: nothing of either is stored, and neither is known afterwards.
    bench.writer.connection.execute("INSERT INTO event VALUES (1, 0, 0, NULL, x'')", []).unwrap();
    let (entries, verdicts): (Vec<_>, Vec<_>) =
        [vec![first(), answer(1)], vec![again()]].map(awaited).into_iter().unzip();
    bench.writer.told.recent.expect(Repeat::Remembered(Identity([1; 16])));
    bench.writer.commit(entries.into_iter().map(Work::Entry).collect());
    for mut verdict in verdicts {
        assert_eq!(verdict.try_recv().unwrap(), Verdict::NotNow(NOT_STORED));
    }
    assert!(!bench.writer.told.recent.knows(Repeat::Remembered(Identity([1; 16]))));
    assert_eq!(
        *bench.health.borrow_and_update(),
        None,
        "a second copy without a first is no fault of the store"
    );
    // Sent again, it is the first; its second copy may share its commit.
    let (entries, verdicts): (Vec<_>, Vec<_>) =
        [vec![first()], vec![again()]].map(awaited).into_iter().unzip();
    bench.writer.commit(entries.into_iter().map(Work::Entry).collect());
    for mut verdict in verdicts {
        assert_eq!(verdict.try_recv().unwrap(), STORED);
    }
    assert_eq!(bench.commit(vec![again()]), STORED);
    let sql = "SELECT count(*) FROM message WHERE outcome = 'duplicate' AND duplicate_of = 1";
    let linked: i64 = bench.writer.connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(linked, 2);
}

#[test]
fn a_damaged_file_is_marked_for_the_next_start() {
    let mut bench = Bench::new();
    bench.commit(vec![Record::Alert(Arc::new(alert(1)))]);
    bench.writer.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let path = bench.dir.path().join("ward.db");
    let length = std::fs::metadata(&path).unwrap().len();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(
        &file,
        &vec![0xA5; usize::try_from(length).unwrap() - 4_096],
        4_096,
    )
    .unwrap();
    bench.writer.connection.execute_batch("PRAGMA cache_size = 0; PRAGMA shrink_memory").unwrap();
    let verdict = bench.commit(vec![Record::Alert(Arc::new(alert(2)))]);
    assert_eq!(verdict, Verdict::NotNow(NOT_STORED));
    assert!(bench.health.borrow().as_ref().unwrap().contains("restart"));
    assert!(bench.dir.path().join("ward.db.suspect").exists());
    assert!(!bench.writer.kept.is_empty());
}

#[test]
fn a_question_is_answered_and_does_not_fail_the_commit() {
    let mut bench = Bench::new();
    let (entry, mut verdict) = awaited(vec![frame(1)]);
    let (told, mut answer) = oneshot::channel();
    let unknown = Ask::RemoveAccount("nobody".to_owned());
    bench.writer.commit(vec![Work::Ask(unknown, told), Work::Entry(entry)]);
    assert!(matches!(answer.try_recv().unwrap(), Err(JournalError::NoSuchAccount(_))));
    assert_eq!(verdict.try_recv().unwrap(), STORED);
}
