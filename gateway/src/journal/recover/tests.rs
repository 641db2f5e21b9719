//! Starting from what a crash, another version or a failing disk left behind.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::event::Event;
use crate::journal::samples::{START, TAG, alert, awaited, change, found, frame, frame_at, open, owed};
use crate::journal::{Account, AccountRole, DeliveryState, Entry, Record};
use crate::owed::Destination;
use std::sync::Arc;

struct Place {
    dir: TempDir,
    store: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    Place { store: dir.path().join("ward.db"), dir }
}

fn checkpoint(at: u64, tag: Tag, body: &[u8]) -> Record {
    Record::Checkpoint { at: Moment(at), rules: tag.rules, policy: tag.policy, body: body.to_vec() }
}

/// Writes and closes.
fn write(store: &Path, records: Vec<Record>) {
    let (entry, mut verdict) = awaited(records);
    let journal = open(store).journal;
    journal.submit(entry).unwrap();
    drop(journal);
    assert_eq!(verdict.try_recv().unwrap(), crate::event::Verdict::Stored(vec![]));
}

fn keys(replay: Replay) -> Vec<String> {
    replay
        .map(|(_, event)| match event {
            Event::Frame(frame) => format!("frame {}", frame.key.0),
            Event::Found(found) => found.text,
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_fresh_store_knows_nothing() {
    let place = place();
    let found = open(&place.store).recovered;
    assert_eq!((found.last, &found.checkpoint, &found.set_aside), (Moment(0), &None, &None));
    assert!(found.open_alerts.is_empty());
    assert_eq!(found.events_after.count(), 0);
}

#[test]
fn a_checkpoint_that_fits_leaves_only_what_came_after_it() {
    let place = place();
    write(&place.store, vec![frame(1), found(2), checkpoint(2, TAG, b"beds"), found(3), frame(4)]);
    write(&place.store, vec![frame(5)]);
    let recovered = open(&place.store).recovered;
    let checkpoint = recovered.checkpoint.unwrap();
    assert!(checkpoint.matches && checkpoint.body == b"beds" && checkpoint.at == Moment(2));
    assert_eq!(keys(recovered.events_after), ["finding 3", "frame 4", "frame 5"]);
    assert_eq!(recovered.last, Moment(START.unsigned_abs() + 5));
}

#[test]
fn three_checkpoints_stay_and_a_damaged_one_gives_way_to_the_one_before() {
    let place = place();
    for n in 1..=5 {
        write(&place.store, vec![frame(n), checkpoint(n, TAG, &n.to_be_bytes())]);
    }
    let store = schema::open_to_write(&place.store).unwrap();
    let kept: i64 = store.query_row("SELECT count(*) FROM checkpoint", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 3);
    store.execute("UPDATE checkpoint SET body = x'00' WHERE at = 5", []).unwrap();
    drop(store);
    let recovered = open(&place.store).recovered;
    assert_eq!(recovered.checkpoint.unwrap().body, 4_u64.to_be_bytes());
    assert_eq!(keys(recovered.events_after), ["frame 5"]);
}

#[test]
fn without_a_checkpoint_that_fits_the_last_day_is_replayed() {
    let place = place();
    let other = Tag { rules: 2, ..TAG };
    let hour = 3_600_000;
    let hours = (0..40_i64).map(|n| frame_at(n.unsigned_abs(), n * hour));
    write(&place.store, hours.chain([checkpoint(9, other, b"old rules")]).collect());
    let recovered = open(&place.store).recovered;
    let checkpoint = recovered.checkpoint.unwrap();
    assert!(!checkpoint.matches && checkpoint.tag == other && checkpoint.body == b"old rules");
    let replayed = keys(recovered.events_after);
    assert_eq!((replayed.len(), replayed[0].as_str()), (25, "frame 15"), "39 h back to 15 h, both included");
}

#[test]
fn a_replay_longer_than_a_page_is_whole_and_in_order() {
    let place = place();
    let count = 3 * 2_048 + 7;
    write(&place.store, (0..count).map(|n| if n % 3 == 0 { found(n) } else { frame(n) }).collect());
    let replay = open(&place.store).recovered.events_after;
    let moments: Vec<_> = replay.map(|(at, _)| at.0 - START.unsigned_abs()).collect();
    assert_eq!(moments, (0..count).collect::<Vec<_>>());
}

#[test]
fn rows_of_a_later_version_are_passed_over_and_counted() {
    let place = place();
    write(&place.store, vec![frame(1), frame(2), Record::Alert(Arc::new(alert(1)))]);
    let store = schema::open_to_write(&place.store).unwrap();
    store.execute("UPDATE frame SET body = x'FF00' WHERE seq = 1", []).unwrap();
    store.execute("UPDATE alert SET body = '{}'", []).unwrap();
    drop(store);
    let recovered = open(&place.store).recovered;
    assert_eq!((recovered.open_alerts.len(), recovered.alerts_unread), (0, 1));
    let mut replay = recovered.events_after;
    assert_eq!(replay.by_ref().count(), 1);
    assert_eq!(replay.unread(), 1);
}

#[test]
fn only_open_alerts_are_recovered() {
    let place = place();
    let mut over = alert(1);
    over.state = rules::AlertState::Resolved;
    let still = alert(2);
    write(&place.store, vec![Record::Alert(Arc::new(over)), Record::Alert(Arc::new(still.clone()))]);
    assert_eq!(open(&place.store).recovered.open_alerts, [still]);
}

/// What must survive damage: an account, an open alert, something owed, a checkpoint.
fn filled(store: &Path) {
    let journal = open(store).journal;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let pin_hash = "$argon2id$".to_owned();
    let badge = Some([7; 32]);
    let account = Account { name: "n.sample".to_owned(), role: AccountRole::Nurse, pin_hash, badge };
    runtime.block_on(journal.add_account(account)).unwrap();
    let records = vec![
        Record::Alert(Arc::new(alert(1))),
        Record::Change(change("raised", START)),
        Record::Owed(owed("k", Destination::Frappe, Some("MRN0042"), 0)),
    ];
    journal.submit(Entry { records, then: None }).unwrap();
    let events = (0..2_000).map(frame).chain([checkpoint(7, TAG, b"beds"), frame(2_000)]);
    journal.submit(Entry { records: events.collect(), then: None }).unwrap();
}

fn corrupt_files(place: &Place) -> usize {
    let names = fs::read_dir(place.dir.path()).unwrap().map(|file| file.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().contains(".corrupt-")).count()
}

#[test]
fn a_damaged_table_is_set_aside_and_what_can_be_read_is_carried_over() {
    let place = place();
    filled(&place.store);
    damage_table(&place.store, "frame");
    let opening = open(&place.store);
    let aside = opening.recovered.set_aside.unwrap();
    assert!(aside.to_string_lossy().contains(&format!("corrupt-{START}")) && aside.exists());
    assert_eq!(opening.recovered.open_alerts, [alert(1)]);
    assert_eq!(opening.recovered.checkpoint.unwrap().body, b"beds");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let carried = opening.journal.account("n.sample").await.unwrap();
        assert_eq!(carried.unwrap().badge, Some([7; 32]), "with the badge");
        let waiting = opening.journal.deliveries(Some(DeliveryState::Waiting), 9).await.unwrap();
        assert_eq!(waiting.len(), 1);
        let audit = opening.journal.audit(None, 9).await.unwrap();
        assert!(audit[0].what.contains("set aside"), "{audit:?}");
        assert_eq!(opening.journal.check_audit().await.unwrap().broken_at, None);
    });
}

#[test]
fn damage_in_a_file_too_large_to_check_is_found_where_it_is_read() {
    for table in ["alert", "outbox", "account", "checkpoint"] {
        let place = place();
        filled(&place.store);
        // A hole at the end of the file, of which SQLite takes no notice.
        let file = fs::OpenOptions::new().write(true).open(&place.store).unwrap();
        file.set_len(CHECKED_WHOLE_BYTES + 1).unwrap();
        assert!(open(&place.store).recovered.set_aside.is_none());
        damage_table(&place.store, table);
        assert!(fs::metadata(&place.store).unwrap().len() > CHECKED_WHOLE_BYTES);
        assert!(open(&place.store).recovered.set_aside.is_some(), "{table}");
    }
}

#[test]
fn events_after_damage_follow_the_checkpoint_that_was_carried_over() {
    let place = place();
    filled(&place.store);
    damage_table(&place.store, "frame");
    drop(open(&place.store));
    write(&place.store, vec![frame(9)]);
    let recovered = open(&place.store).recovered;
    assert!(recovered.set_aside.is_none());
    assert_eq!(keys(recovered.events_after), ["frame 9"]);
}

/// Overwrites the root page of a table.
fn damage_table(store: &Path, table: &str) {
    let connection = schema::open_to_write(store).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: u32 = connection.query_row(sql, [table], |row| row.get(0)).unwrap();
    drop(connection);
    let file = fs::OpenOptions::new().write(true).open(store).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0xA5; 4_096], u64::from(page - 1) * 4_096).unwrap();
}

/// What happened to the file, and how to do that to it.
type Damage = (&'static str, fn(&Path));

#[test]
fn no_damage_stops_the_start() {
    let damages: [Damage; 5] = [
        ("no database at all", |store| {
            fs::write(store, b"not a database, but long enough to be read").unwrap();
        }),
        ("cut short", |store| {
            let file = fs::OpenOptions::new().write(true).open(store).unwrap();
            file.set_len(5 * 4_096 + 100).unwrap();
        }),
        ("a zeroed header", |store| {
            let file = fs::OpenOptions::new().write(true).open(store).unwrap();
            std::os::unix::fs::FileExt::write_all_at(&file, &[0; 4_096], 0).unwrap();
        }),
        ("a later version's shape", |store| {
            schema::open_to_write(store).unwrap().pragma_update(None, "user_version", 99).unwrap();
        }),
        ("found damaged while in use", aside::mark_suspect),
    ];
    for (what, damage) in damages {
        let place = place();
        filled(&place.store);
        damage(&place.store);
        let opening = open(&place.store);
        assert!(opening.recovered.set_aside.is_some(), "{what}");
        assert!(corrupt_files(&place) >= 1, "{what}");
        drop(opening);
        write(&place.store, vec![frame(1)]);
        assert!(open(&place.store).recovered.set_aside.is_none(), "{what}: once is enough");
    }
}

#[test]
fn a_damaged_wal_costs_at_most_what_was_never_in_the_file() {
    let place = place();
    filled(&place.store);
    fs::write(with_wal(&place.store), vec![0xA5; 40_000]).unwrap();
    let recovered = open(&place.store).recovered;
    assert_eq!(recovered.open_alerts, [alert(1)]);
    assert!(recovered.set_aside.is_none());
}

fn with_wal(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
