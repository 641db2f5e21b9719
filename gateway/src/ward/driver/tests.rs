//! The loop with a real store behind it: whatever is sent how often, across restarts, each message is judged
//! once and every copy is in the log.

use std::path::Path;

use proptest::prelude::*;
use rules::event::{Flag, ResultStatus};
use rules::vital::MessageKey;

use super::*;
use crate::config::Faults;
use crate::event::{Door, LabItem, LabReport, Peer, Place};
use crate::journal::{Journal, MessageQuery, Tag};
use crate::message::{Identity, Marks};
use crate::view::Desired;

const TAG: Tag = Tag { rules: 1, policy: [0; 32] };

/// A message that the laboratory names `n`.
fn arrival(n: u8) -> Arrival {
    let item = LabItem {
        code: "2823-3".to_owned(),
        name: "Potassium".to_owned(),
        text: "4.1".to_owned(),
        unit: "mmol/L".to_owned(),
        range: String::new(),
        flags: String::new(),
        known: None,
        quantity: None,
        flag: Flag::NotCritical,
        status: ResultStatus::Stands,
        sampled: None,
        key: MessageKey(n.into()),
        provenance: crate::event::Provenance::default(),
    };
    let report = LabReport {
        patient: None,
        candidates: Vec::new(),
        numbers: Vec::new(),
        place: Place::Nowhere,
        accession: n.to_string(),
        message: n.to_string(),
        attending: None,
        results: vec![item],
    };
    let raw = Raw {
        kind: "ORU^R01".to_owned(),
        control_id: n.to_string(),
        bytes: vec![n; 8],
        outcome: Outcome::Accepted,
        reason: String::new(),
        marks: Marks { repeat: Some(Repeat::Remembered(Identity([n; 16]))), patient: None },
    };
    let peer = Peer { endpoint: "mllp", name: "LAB".to_owned() };
    Arrival { peer, raw: Some(raw), events: vec![Event::Report(report)] }
}

fn ward() -> Ward {
    let mut faults = Faults::default();
    let sample = include_str!("../../../../deploy/ward.toml").parse().unwrap();
    Ward::new(Arc::new(crate::config::ward::read(sample, &mut faults)))
}

/// One run of the gateway: everything handed over at once, then the end.
async fn run(store: &Path, messages: &[u8]) -> Vec<Verdict> {
    let clock = Clock::starting_after(Moment(0));
    let journal = Journal::open(store, clock.wall(), &TAG).unwrap().journal;
    let outlets = Outlets {
        views: watch::Sender::new(Arc::default()),
        desired: watch::Sender::new(Desired::default()),
        turns: Arc::default(),
    };
    let (door, knocks) = Door::new();
    let driver = Driver::new(ward(), clock, journal, outlets);
    let senders = async move {
        let mut promises = Vec::new();
        for n in messages {
            promises.push(door.knock(arrival(*n)).await.unwrap());
        }
        let mut verdicts = Vec::new();
        for promise in promises {
            verdicts.push(promise.await.unwrap());
        }
        verdicts
    };
    let ((), verdicts) = tokio::join!(driver.run(knocks, CancellationToken::new()), senders);
    verdicts
}

/// One run of the gateway whose power is cut once everything is answered; says how many events its start had
/// to live through again.
async fn cut(store: &Path, messages: &[u8]) -> usize {
    let clock = Clock::starting_after(Moment(0));
    let tag = Tag { rules: rules::VERSION, policy: ward().policy_hash() };
    let opening = Journal::open(store, clock.wall(), &tag).unwrap();
    let outlets = Outlets {
        views: watch::Sender::new(Arc::default()),
        desired: watch::Sender::new(Desired::default()),
        turns: Arc::default(),
    };
    let (door, knocks) = Door::new();
    let driver = Driver::new(ward(), clock, opening.journal, outlets);
    let senders = async {
        for n in messages {
            door.hand_over(arrival(*n)).await;
        }
    };
    tokio::select! {
        () = driver.run(knocks, CancellationToken::new()) => panic!("nobody asked it to stop"),
        () = senders => {}
    }
    opening.recovered.events_after.count()
}

#[tokio::test]
async fn cuts_one_after_the_other_do_not_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("ward.db");
    let mut lived_through = Vec::new();
    for messages in [&[0, 1, 2, 3][..], &[4], &[5], &[]] {
        lived_through.push(cut(&store, messages).await);
    }
    // Each message is two events: that its sender was heard, and what it says.
    assert_eq!(lived_through, [0, 8, 2, 2]);
}

/// What the store says: events judged, and the log as `(control id, outcome, first copy)`.
async fn kept(store: &Path) -> (i64, Vec<(String, Outcome, Option<i64>)>) {
    let events = rusqlite::Connection::open(store)
        .unwrap()
        .query_row("SELECT count(*) FROM event", [], |row| row.get(0))
        .unwrap();
    let query = MessageQuery { most: 1_000, ..MessageQuery::default() };
    let journal = Journal::attach(store).unwrap();
    let mut rows = journal.messages(query).await.unwrap();
    rows.reverse();
    (events, rows.into_iter().map(|row| (row.control_id, row.outcome, row.duplicate_of)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_message_is_judged_once_and_every_copy_is_logged(
        runs in prop::collection::vec(prop::collection::vec(0..6_u8, 0..12), 1..4)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("ward.db");
        let (mut firsts, mut expected) = (std::collections::BTreeMap::new(), Vec::new());
        for sent in &runs {
            for verdict in runtime.block_on(run(&store, sent)) {
                prop_assert_eq!(verdict, Verdict::Stored(vec![]), "each copy is answered as the first was");
            }
            for n in sent {
                let id = i64::try_from(expected.len()).unwrap() + 1;
                let first = *firsts.entry(*n).or_insert(id);
                let is_first = first == id;
                let outcome = if is_first { Outcome::Accepted } else { Outcome::Duplicate };
                expected.push((n.to_string(), outcome, (!is_first).then_some(first)));
            }
        }
        let (events, log) = runtime.block_on(kept(&store));
        // That its sender was heard is told by every copy.
        prop_assert_eq!(events, i64::try_from(firsts.len() + expected.len()).unwrap());
        prop_assert_eq!(log, expected);
    }
}
