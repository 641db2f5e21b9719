//! A store that is filled beyond a small bound: what goes, in which order, and what never does.

use super::*;
use crate::event::{Outcome, Uhid};
use crate::journal::Record;
use crate::journal::entry::Sent;
use crate::journal::outbox::{Settled, owe, settle};
use crate::journal::recent::Recent;
use crate::journal::rows::Pen;
use crate::journal::samples::{START, frame_at, memory, message, owed};
use crate::message::Exchange;
use crate::owed::Destination;

const DAY_MS: i64 = 24 * HOUR_MS;
const NOW: Wall = Wall(START + DAY_MS);

fn write(store: &Connection, records: impl IntoIterator<Item = Record>) {
    let recent = Recent::new();
    let mut pen = Pen::new(store, crate::journal::recover::last_seq(store).unwrap() + 1, &recent);
    for record in records {
        pen.write(&record).unwrap();
    }
}

fn count(store: &Connection, of: &str) -> i64 {
    store.query_row(&format!("SELECT count(*) FROM {of}"), [], |row| row.get(0)).unwrap()
}

/// A try to deliver that row, as large as a chart is.
fn tried(delivery: i64) -> Record {
    Record::Sent(Box::new(Sent {
        wall: Wall(START),
        endpoint: "frappe",
        peer: "chart".to_owned(),
        delivery,
        control_id: String::new(),
        patient: Some(Uhid("MRN1".to_owned())),
        alert: None,
        outcome: Outcome::Unanswered,
        reason: String::new(),
        exchange: Exchange { kind: "Vital Signs", sent: vec![b'x'; 64], answer: Vec::new() },
    }))
}

fn squeeze(store: &Connection, most: u64) -> Vec<Squeezed> {
    let mut batches = Vec::new();
    loop {
        batches.push(batch(store, NOW, most).unwrap());
        assert!(batches.len() < 10_000, "it comes to an end");
        if !batches.last().unwrap().more {
            return batches;
        }
    }
}

/// A day: two hours of frames at its begin, large messages, and a row of each fate in the outbox.
fn filled() -> Connection {
    let store = memory();
    write(&store, (0..7_200_u32).map(|n| frame_at(n.into(), i64::from(n) * 1_000)));
    write(
        &store,
        (0..400).map(|n| {
            let mut large = message(&n.to_string(), Outcome::Accepted);
            if let Record::Message { wall, raw, .. } = &mut large {
                *wall = Wall(START + n * 60_000);
                raw.bytes = vec![b'y'; 4_000];
            }
            large
        }),
    );
    for key in ["done", "parked", "waiting"] {
        owe(&store, &owed(key, Destination::Frappe, None, 0)).unwrap();
        let id = store.last_insert_rowid();
        write(&store, [tried(id)]);
        match key {
            "done" => settle(&store, id, &Settled::Done { proof: String::new() }, Wall(START)).unwrap(),
            "parked" => settle(&store, id, &Settled::Parked { why: String::new() }, Wall(START)).unwrap(),
            _ => {}
        }
    }
    store
}

#[test]
fn below_the_bound_nothing_goes() {
    let store = filled();
    let bytes = bytes_held(&store).unwrap();
    let found = squeeze(&store, bytes);
    assert_eq!(found, [Squeezed { bytes, ..Squeezed::default() }]);
    assert_eq!((count(&store, "frame"), count(&store, "message")), (7_200, 403));
}

#[test]
fn frames_are_thinned_first_then_the_oldest_messages_go() {
    let store = filled();
    let bytes = bytes_held(&store).unwrap();
    let batches = squeeze(&store, bytes - 100_000);
    assert_eq!(count(&store, "message"), 403, "thinning was enough");
    assert!(count(&store, "frame") < 7_200);
    assert!(batches.last().unwrap().bytes <= bytes - 100_000);
    let batches = squeeze(&store, 1_000_000);
    assert!(batches.last().unwrap().bytes <= 1_000_000, "{batches:?}");
    assert_eq!(count(&store, "frame"), 121, "the first of each minute stays");
    let oldest: i64 =
        store.query_row("SELECT min(wall) FROM message WHERE way = 'in'", [], |row| row.get(0)).unwrap();
    assert!(oldest > START, "the oldest message went first");
}

#[test]
fn what_is_undelivered_stays_however_small_the_bound() {
    let store = filled();
    let batches = squeeze(&store, 1);
    assert!(batches.last().unwrap().bytes > 1, "nothing is left that may go, and it ends");
    assert_eq!(count(&store, "outbox"), 2);
    assert_eq!(count(&store, "outbox WHERE state IN ('waiting', 'parked')"), 2);
    assert_eq!(count(&store, "message WHERE way = 'out'"), 2, "what was tried for it stays, too");
    assert_eq!(count(&store, "message WHERE way = 'in'"), 0);
}

#[test]
fn the_last_hour_is_not_touched() {
    let store = memory();
    let in_the_hour = DAY_MS - HOUR_MS / 2;
    write(&store, (0..600_u32).map(|n| frame_at(n.into(), in_the_hour + i64::from(n) * 1_000)));
    let mut now = message("M1", Outcome::Accepted);
    if let Record::Message { wall, .. } = &mut now {
        *wall = Wall(START + in_the_hour);
    }
    write(&store, [now]);
    squeeze(&store, 1);
    assert_eq!((count(&store, "frame"), count(&store, "message")), (600, 1));
}
