//! The journal as its users see it: real files, real threads, real kills.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rusqlite::Connection;

use super::samples::{START, alert, awaited, change, frame, frame_at, message, open, owed};
use super::*;
use crate::event::{Outcome, Verdict};

const STORED: Verdict = Verdict::Stored(vec![]);

fn count(store: &Path, table: &str) -> i64 {
    let other = Connection::open(store).unwrap();
    other.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_verdict_arrives_only_after_its_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("ward.db");
    let journal = open(&store).journal;
    for n in 1..=50 {
        let (entry, verdict) = awaited(vec![frame(n)]);
        journal.submit(entry).unwrap();
        assert_eq!(verdict.await.unwrap(), STORED);
        assert_eq!(count(&store, "frame"), i64::try_from(n).unwrap(), "another connection sees it");
    }
}

#[tokio::test]
async fn entries_are_committed_in_the_order_in_which_they_were_submitted() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("ward.db");
    let journal = open(&store).journal;
    let mut verdicts = Vec::new();
    for n in 0..5_000 {
        let (entry, verdict) = awaited(vec![frame(n), Record::Change(change("tried", 0))]);
        journal.submit(entry).unwrap();
        verdicts.push(verdict);
    }
    for verdict in verdicts {
        assert_eq!(verdict.await.unwrap(), STORED);
    }
    let disordered: i64 = Connection::open(&store)
        .unwrap()
        .query_row("SELECT count(*) FROM frame WHERE key <> seq - 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!((disordered, count(&store, "frame"), count(&store, "alert_change")), (0, 5_000, 5_000));
}

#[tokio::test]
async fn one_entry_is_written_together() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("ward.db");
    let journal = open(&store).journal;
    let records = vec![
        frame(1),
        Record::Alert(Arc::new(alert(1))),
        Record::Change(change("raised", START)),
        Record::Owed(owed("k", Destination::Frappe, Some("MRN0042"), 0)),
        message("M1", Outcome::Accepted),
        Record::ClockStep { wall: Wall(START), by_ms: -3_600_000 },
    ];
    let mut owes = journal.owed_changed();
    let (entry, verdict) = awaited(records);
    journal.submit(entry).unwrap();
    owes.changed().await.unwrap();
    assert_eq!(verdict.await.unwrap(), STORED);
    for table in ["frame", "alert", "alert_change", "outbox", "message", "clock_step"] {
        assert_eq!(count(&store, table), 1, "{table}");
    }
    let due = journal.due(Destination::Frappe, Moment(0), 9).await.unwrap();
    assert_eq!(due.len(), 1);
    journal.settle(due[0].id, Settled::Trying, Wall(START)).await.unwrap();
    owes.changed().await.unwrap();
}

#[tokio::test]
async fn closing_writes_everything_that_was_submitted() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("ward.db");
    let journal = open(&store).journal;
    for n in 0..2_000 {
        journal.submit(Entry { records: vec![frame(n)], then: None }).unwrap();
    }
    drop(journal);
    assert_eq!(count(&store, "frame"), 2_000);
    assert!(!dir.path().join("ward.db-wal").exists(), "the WAL was moved into the file");
}

#[tokio::test]
async fn a_full_queue_gives_entries_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("ward.db");
    let journal = open(&store).journal;
    // Somebody else holds the file, so nothing drains the queue.
    let other = Connection::open(&store).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let full = (0..=WAITING_MOST + 2 * 1_000)
        .find_map(|n| journal.submit(Entry { records: vec![frame(n as u64)], then: None }).err());
    assert_eq!(full.unwrap().records.len(), 1);
    other.execute_batch("ROLLBACK").unwrap();
    journal.flush().await.unwrap();
    assert!(journal.submit(Entry::default()).is_ok());
}

#[tokio::test]
async fn one_gateway_has_the_store_and_a_command_may_join_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("ward.db");
    let journal = open(&store).journal;
    let second = Journal::open(&store, Wall(START), &samples::TAG);
    assert!(matches!(second, Err(JournalError::InUse(_))));
    let command = Journal::attach(&store).unwrap();
    let account = Account {
        name: "n.sample".to_owned(),
        role: AccountRole::Nurse,
        pin_hash: "$a$".to_owned(),
        badge: None,
    };
    command.add_account(account.clone()).await.unwrap();
    assert_eq!(journal.account("n.sample").await.unwrap(), Some(account));
    for journal in [&command, &journal] {
        let (actor, station) = ("admin.sample".to_owned(), "cli".to_owned());
        let (what, reason) = ("account added".to_owned(), String::new());
        let audit = Record::Audit { wall: Wall(START), actor, station, what, reason };
        journal.submit(Entry { records: vec![audit], then: None }).unwrap();
        journal.flush().await.unwrap();
    }
    let found = journal.check_audit().await.unwrap();
    assert_eq!((found.rows, found.broken_at), (2, None), "both add to one chain");
    drop((journal, command));
    drop(open(&store));
}

#[tokio::test]
async fn alerts_are_found_by_state_bed_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir.path().join("ward.db")).journal;
    let mut over = alert(1);
    over.state = rules::AlertState::Resolved;
    let mut elsewhere = alert(2);
    elsewhere.bed = None;
    let records = [over, elsewhere, alert(3)].map(|alert| Record::Alert(Arc::new(alert)));
    let changes = [change("raised", 1), change("resolved", 2)].map(Record::Change);
    journal.submit(Entry { records: records.into_iter().chain(changes).collect(), then: None }).unwrap();
    journal.flush().await.unwrap();
    let found = async |all, bed: Option<&str>, since: Option<i64>| -> Vec<u64> {
        let query = AlertQuery { all, bed: bed.map(str::to_owned), since: since.map(Wall) };
        journal.alerts(query).await.unwrap().into_iter().map(|alert| alert.alert.id.0).collect()
    };
    assert_eq!(found(false, None, None).await, [2, 3]);
    assert_eq!(found(true, None, None).await, [1, 2, 3]);
    assert_eq!(found(true, Some("01"), None).await, [1, 3]);
    assert_eq!(found(false, Some("01"), None).await, [3]);
    assert_eq!(found(true, None, Some(START + 2)).await, [2, 3]);
    let id = crate::words::alert_id(rules::AlertId(1));
    let changes: Vec<_> = journal.changes(&id).await.unwrap().into_iter().map(|change| change.what).collect();
    assert_eq!(changes, ["raised", "resolved"]);
}

#[tokio::test]
async fn readings_come_in_the_order_of_time_page_by_page() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir.path().join("ward.db")).journal;
    // Two frames in each millisecond, across more than two pages; the second half arrived first.
    let times = (600..1_200).chain(0..600).map(|n| frame_at(n, i64::try_from(n).unwrap() / 2));
    journal.submit(Entry { records: times.collect(), then: None }).unwrap();
    journal.flush().await.unwrap();
    for bed in [Some("01"), None] {
        let all = journal.readings(bed, Wall(START), Wall(START + 10_000)).all().await.unwrap();
        let keys: Vec<_> = all.iter().map(|stored| stored.frame.key.0).collect();
        assert_eq!(keys, (0..1_200).collect::<Vec<_>>());
        let some = journal.readings(bed, Wall(START + 5), Wall(START + 6)).all().await.unwrap();
        assert_eq!(some.len(), 4, "both ends are included");
    }
    assert_eq!(journal.readings(Some("02"), Wall(0), Wall(i64::MAX)).all().await.unwrap(), []);
}

/// Set for the process that is to be killed.
const VICTIM: &str = "WARDLIGHT_TEST_JOURNAL_VICTIM";

/// Writes frames as fast as it can, and says of each that it was told to be stored. Does nothing in an
/// ordinary run.
#[tokio::test]
async fn victim() {
    let Some(store) = std::env::var_os(VICTIM) else { return };
    let Opening { journal, recovered } = open(Path::new(&store));
    let mut next = recovered.last.0.saturating_sub(START.unsigned_abs()) + 1;
    let mut waiting = std::collections::VecDeque::new();
    loop {
        while waiting.len() < 500 {
            let (entry, verdict) = awaited(vec![frame(next)]);
            journal.submit(entry).unwrap();
            waiting.push_back((next, verdict));
            next += 1;
        }
        let (key, verdict) = waiting.pop_front().unwrap();
        assert_eq!(verdict.await.unwrap(), STORED);
        println!("stored {key}");
    }
}

#[test]
fn nothing_that_was_told_to_be_stored_is_missing_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("ward.db");
    let mut told = Vec::new();
    for round in 1..=5 {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::tests::victim", "--nocapture"])
            .env(VICTIM, &store)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(victim.stdout.take().unwrap());
        let mut line = String::new();
        for _ in 0..2_000 * round {
            line.clear();
            said.read_line(&mut line).unwrap();
            told.extend(stored_key(&line));
        }
        victim.kill().unwrap();
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        victim.wait().unwrap();
        // The last line may be cut by the kill.
        let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
        told.extend(whole.lines().filter_map(stored_key));
    }
    let opening = open(&store);
    assert!(opening.recovered.set_aside.is_none());
    let other = Connection::open(&store).unwrap();
    let mut keys = other.prepare("SELECT key FROM frame").unwrap();
    let stored: Vec<i64> = keys.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let once: BTreeSet<i64> = stored.iter().copied().collect();
    assert_eq!(once.len(), stored.len(), "none twice");
    assert!(told.len() >= 25_000, "{}", told.len());
    let missing: Vec<_> = told.iter().filter(|key| !once.contains(key)).collect();
    assert!(missing.is_empty(), "told to be stored and missing: {missing:?}");
}

fn stored_key(line: &str) -> Option<i64> {
    line.trim().rsplit_once("stored ")?.1.parse().ok()
}

/// A small disk, given back when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this user may not mount one.
    fn mount(bytes: u64) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={bytes}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then_some(Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_of_takes_alerts_and_recovers_alone() {
    let Some(disk) = SmallDisk::mount(48 << 20) else {
        println!("SKIPPED: no small disk can be mounted here; the writer's own tests bound the file instead");
        return;
    };
    let store = disk.0.path().join("ward.db");
    let journal = open(&store).journal;
    let mut health = journal.health();
    let others = disk.0.path().join("others");
    std::fs::write(&others, vec![1; 24 << 20]).unwrap();

    let mut n = 0;
    let refused = loop {
        n += 1;
        let records = (0..500).map(|frame_of| frame(n * 500 + frame_of)).collect();
        let (entry, verdict) = awaited(records);
        journal.submit(entry).unwrap();
        match verdict.await.unwrap() {
            Verdict::Stored(_) => assert!(n < 2_000, "the disk never filled"),
            refused @ Verdict::NotNow(_) => break refused,
        }
    };
    assert!(matches!(refused, Verdict::NotNow(_)));
    assert!(health.borrow_and_update().is_some());
    for id in 0..200 {
        let (entry, verdict) =
            awaited(vec![Record::Alert(Arc::new(alert(id))), Record::Change(change("raised", START))]);
        journal.submit(entry).unwrap();
        assert_eq!(verdict.await.unwrap(), STORED, "alert {id} goes through on the full disk");
    }
    assert_eq!(count(&store, "alert"), 200);

    std::fs::remove_file(&others).unwrap();
    health.wait_for(Option::is_none).await.unwrap();
    let (entry, verdict) = awaited(vec![frame(0)]);
    journal.submit(entry).unwrap();
    assert_eq!(verdict.await.unwrap(), STORED);
    drop(journal);
    assert!(open(&store).recovered.set_aside.is_none());
}
