//! What goes, what stays, and that no call does too much at once.

use std::sync::Arc;

use rules::alert::AlertState;

use super::*;
use crate::event::Outcome;
use crate::journal::Record;
use crate::journal::outbox::{Settled, owe, settle};
use crate::journal::recent::Recent;
use crate::journal::rows::Pen;
use crate::journal::samples::{START, alert, change, found, frame_at, memory, message, owed};
use crate::owed::Destination;

const DAY_MS: i64 = 24 * HOUR_MS;

fn write(store: &Connection, records: impl IntoIterator<Item = Record>) {
    let recent = Recent::new();
    let mut pen = Pen::new(store, crate::journal::recover::last_seq(store).unwrap() + 1, &recent);
    for record in records {
        pen.write(&record).unwrap();
    }
}

fn count(store: &Connection, table: &str) -> i64 {
    store.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

/// Sweeps until nothing is left to do; says what went in all.
fn sweep_all(store: &Connection, now: Wall) -> Swept {
    let mut all = Swept::default();
    loop {
        let swept = batch(store, now).unwrap();
        let most = usize::try_from(BATCH_ROWS).unwrap();
        assert!(swept.thinned <= most && swept.removed <= most * REMOVALS.len(), "{swept:?}");
        all =
            Swept { thinned: all.thinned + swept.thinned, removed: all.removed + swept.removed, more: false };
        if !swept.more {
            return all;
        }
    }
}

/// An hour of one frame a second.
fn hour_of_frames() -> impl Iterator<Item = Record> {
    let first = START / MINUTE_MS * MINUTE_MS + MINUTE_MS - START;
    (0..3_600_u32).map(move |n| frame_at(u64::from(n), first + i64::from(n) * 1_000))
}

#[test]
fn frames_are_whole_for_three_days_then_one_a_minute_then_gone() {
    let store = memory();
    write(&store, hour_of_frames());
    assert_eq!(sweep_all(&store, Wall(START + FULL_RATE_MS)), Swept::default());
    assert_eq!(sweep_all(&store, Wall(START + 4 * DAY_MS)).thinned, 3_600 - 60);
    assert_eq!(count(&store, "frame"), 60);
    let off_the_minute: i64 =
        store.query_row("SELECT count(*) FROM frame WHERE wall % 60000 <> 0", [], |row| row.get(0)).unwrap();
    assert_eq!(off_the_minute, 0, "the first of each minute stays");
    assert_eq!(sweep_all(&store, Wall(START + 4 * DAY_MS)), Swept::default());
    assert_eq!(sweep_all(&store, Wall(START + 91 * DAY_MS)).removed, 60);
}

#[test]
fn a_clock_that_once_was_ahead_does_not_end_the_thinning() {
    let store = memory();
    write(&store, [frame_at(1, 900 * DAY_MS)]);
    sweep_all(&store, Wall(START + 904 * DAY_MS));
    write(&store, hour_of_frames());
    assert_eq!(sweep_all(&store, Wall(START + 4 * DAY_MS)).thinned, 3_600 - 60);
}

#[test]
fn every_device_of_every_bed_keeps_its_own_minute() {
    let store = memory();
    write(&store, (0..3).map(|n| frame_at(n, 0)));
    store
        .execute_batch(
            "UPDATE frame SET device = 'ventilator' WHERE seq = 2; UPDATE frame SET bed = NULL WHERE seq = 3",
        )
        .unwrap();
    assert_eq!(sweep_all(&store, Wall(START + 4 * DAY_MS)).thinned, 0);
}

#[test]
fn frames_around_an_alert_of_their_bed_stay() {
    for (bed, thinned) in [("01", 3_600 - 60 - 1_800 + 30), ("02", 3_600 - 60)] {
        let store = memory();
        write(&store, hour_of_frames());
        let mut near = alert(1);
        near.bed = Some(bed.to_owned());
        near.raised_at = Wall(START / MINUTE_MS * MINUTE_MS + 31 * MINUTE_MS - 500);
        write(&store, [Record::Alert(Arc::new(near))]);
        assert_eq!(sweep_all(&store, Wall(START + 4 * DAY_MS)).thinned, thinned, "alert at bed {bed}");
    }
}

#[test]
fn after_ninety_days_what_is_over_goes_and_what_is_not_stays() {
    let store = memory();
    let mut over = alert(1);
    over.state = AlertState::Resolved;
    write(&store, [found(1), message("M1", Outcome::Refused), message("M2", Outcome::Refused)]);
    write(&store, [Record::Alert(Arc::new(over)), Record::Alert(Arc::new(alert(2)))]);
    write(&store, (0..3).map(|n| Record::Change(change("tried", n))));
    for (key, how) in [
        ("done", Some(Settled::Done { proof: String::new() })),
        ("parked", Some(Settled::Parked { why: String::new() })),
        ("waiting", None),
    ] {
        owe(&store, &owed(key, Destination::Frappe, None, 0)).unwrap();
        if let Some(how) = how {
            settle(&store, store.last_insert_rowid(), &how, Wall(START)).unwrap();
        }
    }
    assert_eq!(sweep_all(&store, Wall(START + 89 * DAY_MS)), Swept::default());
    assert_eq!(sweep_all(&store, Wall(START + 91 * DAY_MS)).removed, 1 + 1 + 3 + 1 + 1);
    for (table, left) in [("event", 0), ("message", 1), ("alert_change", 0), ("alert", 1), ("outbox", 2)] {
        assert_eq!(count(&store, table), left, "{table}");
    }
    sweep_all(&store, Wall(START + 9_000 * DAY_MS));
    assert_eq!(count(&store, "outbox"), 2, "what was never delivered is never swept");
    write(&store, [message("M3", Outcome::Refused)]);
    let newest = "SELECT group_concat(id || control_id) FROM message";
    let left: String = store.query_row(newest, [], |row| row.get(0)).unwrap();
    assert_eq!(left, "2M2,3M3", "no number is given twice");
}
