//! The message log on a real file: found by what a person looks for, whole after packing, linked both ways.

use rules::AlertId;

use super::*;
use crate::journal::samples::{START, message, open};
use crate::journal::schema;
use crate::journal::{Entry, Journal, Record};
use crate::message::{Exchange, Identity, Marks};
use crate::words::alert_id;

/// A message of a patient, packed as the door packs it.
fn of_patient(control_id: &str, patient: &str, minute: i64, bytes: &[u8]) -> Record {
    let mut one = message(control_id, Outcome::Accepted);
    if let Record::Message { wall, raw, packed, .. } = &mut one {
        *wall = Wall(START + minute * 60_000);
        raw.bytes = bytes.to_vec();
        raw.marks = Marks { repeat: None, patient: Some(Uhid(patient.to_owned())) };
        *packed = crate::message::packed(bytes);
    }
    one
}

fn sent(outcome: Outcome) -> Record {
    Record::Sent(Box::new(Sent {
        wall: Wall(START + 600_000),
        endpoint: "mllp-out",
        peer: "chart".to_owned(),
        delivery: 12,
        control_id: "vitals:07:1".to_owned(),
        patient: Some(Uhid("MRN1".to_owned())),
        alert: Some(alert_id(AlertId(9))),
        outcome,
        reason: String::new(),
        exchange: Exchange {
            kind: "ORU^R01",
            sent: b"MSH|^~\\&|WARDLIGHT\r".repeat(40),
            answer: b"MSH|^~\\&|HIS\rMSA|AA|vitals:07:1\r".to_vec(),
        },
    }))
}

async fn store(journal: &Journal, records: Vec<Record>) {
    journal.submit(Entry { records, then: None }).unwrap();
    journal.flush().await.unwrap();
}

#[tokio::test]
async fn messages_are_found_by_what_a_person_looks_for() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(&dir.path().join("ward.db")).journal;
    let long = b"OBX|1|NM|2823-3^K^LN||7.1|mmol/L|||||F\r".repeat(30);
    store(
        &journal,
        vec![
            message("M1", Outcome::Accepted),
            message("M2", Outcome::Refused),
            of_patient("M3", "MRN1", 5, &long),
            of_patient("M4", "MRN2", 9, b"short"),
            sent(Outcome::Accepted),
        ],
    )
    .await;
    let all = MessageQuery { most: 9, ..MessageQuery::default() };
    let found = async |query: MessageQuery| -> Vec<i64> {
        journal.messages(query).await.unwrap().into_iter().map(|row| row.id).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(all.clone()).await, [5, 4, 3, 2, 1]);
    assert_eq!(found(MessageQuery { most: 2, before: Some(3), ..all.clone() }).await, [2, 1]);
    assert_eq!(found(MessageQuery { outcome: Some(Outcome::Refused), ..all.clone() }).await, [2]);
    assert_eq!(found(MessageQuery { text: text("\\&|M2"), ..all.clone() }).await, [2]);
    assert_eq!(found(MessageQuery { text: text("|7.1|mmol"), ..all.clone() }).await, [3], "in packed bytes");
    assert_eq!(found(MessageQuery { text: text("MSA|AA|"), ..all.clone() }).await, [5], "in an answer");
    assert_eq!(found(MessageQuery { peer: text("LAB"), ..all.clone() }).await.len(), 4);
    assert_eq!(found(MessageQuery { peer: text("mllp-out"), ..all.clone() }).await, [5]);
    assert_eq!(found(MessageQuery { kind: text("ADT^A01"), ..all.clone() }).await, [0; 0]);
    let patient = Some(Uhid("MRN1".to_owned()));
    assert_eq!(found(MessageQuery { patient, ..all.clone() }).await, [5, 3]);
    assert_eq!(found(MessageQuery { alert: Some(alert_id(AlertId(9))), ..all.clone() }).await, [5]);
    let (from, to) = (Some(Wall(START + 300_000)), Some(Wall(START + 540_000)));
    assert_eq!(found(MessageQuery { from, to, ..all.clone() }).await, [4, 3], "both ends included");
    let whole = journal.message(3).await.unwrap().unwrap();
    assert_eq!((whole.row.length as usize, whole.bytes), (long.len(), long));
    assert_eq!(journal.message(6).await.unwrap(), None);
}

#[tokio::test]
async fn what_we_sent_is_whole_with_what_came_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ward.db");
    let journal = open(&path).journal;
    store(&journal, vec![sent(Outcome::Unanswered)]).await;
    let whole = journal.message(1).await.unwrap().unwrap();
    assert_eq!(
        (whole.row.way, whole.row.outcome, whole.row.delivery),
        (Way::Out, Outcome::Unanswered, Some(12))
    );
    assert_eq!(whole.bytes, b"MSH|^~\\&|WARDLIGHT\r".repeat(40));
    assert_eq!(whole.answer.as_deref(), Some(&b"MSH|^~\\&|HIS\rMSA|AA|vitals:07:1\r"[..]));
    let kept: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT length(bytes) FROM message", [], |row| row.get(0))
        .unwrap();
    assert!(kept * 5 < i64::from(whole.row.length), "{kept} bytes are kept of {}", whole.row.length);
}

#[tokio::test]
async fn second_copies_are_known_after_a_restart_and_names_that_are_used_again_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ward.db");
    let journal = open(&path).journal;
    let [own, reused] = [1, 2].map(|n| Identity([n; 16]));
    let repeats = [Repeat::Remembered(own), Repeat::UnderWay(reused)];
    let copy = |repeat, outcome| {
        let mut copy = message("M", outcome);
        if let Record::Message { raw, .. } = &mut copy {
            raw.marks.repeat = Some(repeat);
        }
        copy
    };
    journal
        .submit(Entry { records: repeats.map(|repeat| copy(repeat, Outcome::Accepted)).into(), then: None })
        .unwrap();
    assert!(journal.has(repeats[0]), "while it is under way");
    journal.flush().await.unwrap();
    assert!(journal.has(repeats[0]) && !journal.has(repeats[1]));
    drop(journal);
    let journal = open(&path).journal;
    assert!(journal.has(repeats[0]) && !journal.has(repeats[1]));
    store(&journal, vec![copy(repeats[0], Outcome::Duplicate)]).await;
    assert_eq!(journal.message(3).await.unwrap().unwrap().row.duplicate_of, Some(1));
}

#[test]
fn the_messages_of_the_first_shape_stay() {
    let mut memory = Connection::open_in_memory().unwrap();
    memory.execute_batch(include_str!("../schema/1.sql")).unwrap();
    memory
        .execute_batch(
            "PRAGMA user_version = 1;
             INSERT INTO message
             VALUES (7, 1, 'mllp', 'LAB', 'ORU^R01', 'C', 'accepted', '', '[]', x'4d5348');",
        )
        .unwrap();
    schema::migrate(&mut memory).unwrap();
    let whole = message_of(&memory, 7);
    assert_eq!((whole.bytes.as_slice(), whole.row.control_id.as_str()), (&b"MSH"[..], "C"));
    assert_eq!((whole.row.way, whole.answer), (Way::In, None));
}

fn message_of(store: &Connection, id: i64) -> MessageWhole {
    super::message(store, id).unwrap().unwrap()
}

#[test]
fn the_links_go_with_their_message() {
    let store = crate::journal::samples::memory();
    let Record::Sent(one) = sent(Outcome::Accepted) else { panic!("a message of ours") };
    write_sent(&store, &one).unwrap();
    let links =
        || -> i64 { store.query_row("SELECT count(*) FROM message_alert", [], |row| row.get(0)).unwrap() };
    assert_eq!(links(), 1);
    store.execute("DELETE FROM message", []).unwrap();
    assert_eq!(links(), 0);
}
