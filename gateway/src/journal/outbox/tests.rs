//! What the outbox promises: one line for each patient, heads first, nothing forgotten, doubt remembered.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::event::Round;
use crate::journal::samples::{START, memory, owed};
use crate::owed::{Call, Parcel};

const NOW: Moment = Moment(1_000);
const AT: Wall = Wall(START);

fn due_keys(store: &Connection, to: Destination, now: Moment) -> Vec<String> {
    due(store, to, now, 100).unwrap().into_iter().map(|row| row.unwrap().owed.key).collect()
}

fn later(due: u64, uncertain: bool) -> Settled {
    Settled::Later { due: Moment(due), why: "no answer".to_owned(), uncertain }
}

/// Three for patient A, one for B, two phones; numbered 1 to 6 in that order.
fn filled() -> Connection {
    let store = memory();
    for (key, patient) in [
        ("a1", Some("A")),
        ("a2", Some("A")),
        ("a3", Some("A")),
        ("b1", Some("B")),
        ("p1", None),
        ("p2", None),
    ] {
        assert!(owe(&store, &owed(key, Destination::Frappe, patient, 0)).unwrap());
    }
    store
}

#[test]
fn only_the_head_of_each_patients_line_is_due_and_phones_wait_for_nobody() {
    let store = filled();
    assert_eq!(due_keys(&store, Destination::Frappe, NOW), ["a1", "b1", "p1", "p2"]);
    assert_eq!(due_keys(&store, Destination::Mllp, NOW), [""; 0]);
    assert_eq!(due(&store, Destination::Frappe, NOW, 2).unwrap().len(), 2);
}

#[test]
fn what_is_read_back_is_what_was_owed() {
    let store = memory();
    for patient in [Some("A"), None] {
        let key = format!("{patient:?}");
        let parcel = owed(&key, Destination::Whatsapp, patient, 5);
        owe(&store, &parcel).unwrap();
        let found = due(&store, Destination::Whatsapp, NOW, 9).unwrap();
        assert_eq!(found.last().unwrap().as_ref().unwrap().owed, parcel);
    }
}

#[test]
fn a_key_is_owed_once() {
    let store = filled();
    assert!(!owe(&store, &owed("a1", Destination::Frappe, Some("A"), 9)).unwrap());
    settle(&store, 1, &Settled::Done { proof: "HLC-1".to_owned() }, AT).unwrap();
    assert!(!owe(&store, &owed("a1", Destination::Frappe, Some("A"), 9)).unwrap());
    assert_eq!(deliveries(&store, None, 100).unwrap().len(), 6);
}

#[test]
fn a_head_that_must_wait_holds_its_line_and_no_other() {
    let store = filled();
    settle(&store, 1, &later(5_000, false), AT).unwrap();
    assert_eq!(due_keys(&store, Destination::Frappe, NOW), ["b1", "p1", "p2"]);
    assert_eq!(next_due(&store, Destination::Frappe).unwrap(), Some(Moment(0)));
    for id in [4, 5, 6] {
        settle(&store, id, &Settled::Done { proof: String::new() }, AT).unwrap();
    }
    assert_eq!(next_due(&store, Destination::Frappe).unwrap(), Some(Moment(5_000)), "a2 stands behind a1");
    assert_eq!(next_due(&store, Destination::Mllp).unwrap(), None);
}

#[test]
fn a_parked_row_lets_its_line_go_on_and_comes_back_to_its_head() {
    let store = filled();
    settle(&store, 1, &Settled::Parked { why: "unknown patient".to_owned() }, AT).unwrap();
    assert_eq!(due_keys(&store, Destination::Frappe, NOW), ["a2", "b1", "p1", "p2"]);
    let parked = deliveries(&store, Some(DeliveryState::Parked), 9).unwrap();
    assert_eq!((parked[0].owed.key.as_str(), parked[0].why.as_str()), ("a1", "unknown patient"));
    settle(&store, 1, &later(0, false), AT).unwrap();
    assert_eq!(due_keys(&store, Destination::Frappe, NOW), ["a1", "b1", "p1", "p2"]);
}

#[test]
fn a_try_without_an_answer_is_uncertain_and_stays_so() {
    let store = filled();
    let head = || due(&store, Destination::Frappe, NOW, 1).unwrap().remove(0).unwrap();
    assert_eq!((head().tries, head().lost), (0, LostAnswers::None));
    settle(&store, 1, &Settled::Trying, AT).unwrap();
    assert_eq!((head().tries, head().lost), (1, LostAnswers::One), "as a start after a crash would find it");
    settle(&store, 1, &Settled::Trying, AT).unwrap();
    assert_eq!(head().lost, LostAnswers::Two, "as a start after a second crash would find it");
    settle(&store, 1, &later(0, false), AT).unwrap();
    assert_eq!((head().tries, head().lost), (2, LostAnswers::One), "the first try was never answered");
}

#[test]
fn a_try_that_surely_failed_leaves_no_doubt() {
    let store = filled();
    settle(&store, 1, &Settled::Trying, AT).unwrap();
    settle(&store, 1, &later(0, false), AT).unwrap();
    assert_eq!(
        due(&store, Destination::Frappe, NOW, 1).unwrap()[0].as_ref().unwrap().lost,
        LostAnswers::None
    );
    settle(&store, 1, &Settled::Trying, AT).unwrap();
    settle(&store, 1, &later(0, true), AT).unwrap();
    assert_eq!(due(&store, Destination::Frappe, NOW, 1).unwrap()[0].as_ref().unwrap().lost, LostAnswers::One);
}

#[test]
fn what_is_settled_is_not_sent_but_what_was_delivered_was_delivered() {
    let store = filled();
    let refused = |how: &Settled| matches!(settle(&store, 1, how, AT), Err(JournalError::NoLongerOwed(1)));
    settle(&store, 1, &Settled::Cancelled { by: "dr.sample".to_owned() }, AT).unwrap();
    assert!(refused(&Settled::Trying) && refused(&later(0, false)));
    settle(&store, 1, &Settled::Done { proof: "HLC-1".to_owned() }, Wall(5)).unwrap();
    assert!(refused(&Settled::Cancelled { by: "dr.sample".to_owned() }));
    assert!(refused(&Settled::Done { proof: "HLC-2".to_owned() }));
    let done = deliveries(&store, Some(DeliveryState::Done), 9).unwrap().remove(0);
    assert_eq!((done.proof.as_str(), done.settled_at), ("HLC-1", Some(Wall(5))));
    assert!(matches!(settle(&store, 99, &Settled::Trying, AT), Err(JournalError::NoLongerOwed(99))));
}

#[test]
fn a_person_lets_a_parked_row_go_again_or_ends_it_and_the_audit_says_who() {
    let store = filled();
    let audit = AuditRow {
        id: 0,
        wall: AT,
        actor: "bo".to_owned(),
        station: "desk".to_owned(),
        what: "delivery 1".to_owned(),
        reason: "template approved".to_owned(),
    };
    let wish = |id, wish| mend(&store, id, wish, NOW, &audit);
    let audited = || audit::newest(&store, None, 9).unwrap().len();
    assert!(wish(1, Wish::Again).is_err() && audited() == 0, "one that waits is in nobody's way");
    settle(&store, 1, &Settled::Trying, AT).unwrap();
    settle(&store, 1, &Settled::Parked { why: "refused".to_owned() }, AT).unwrap();
    assert!(has_parked(&store, Destination::Frappe).unwrap());
    assert!(!has_parked(&store, Destination::Mllp).unwrap());
    wish(1, Wish::Again).unwrap();
    let row = delivery(&store, 1).unwrap().unwrap();
    assert_eq!((row.state, row.tries, row.why.as_str()), (DeliveryState::Waiting, 0, "let go again by bo"));
    assert_eq!(due_keys(&store, Destination::Frappe, NOW), ["a1", "b1", "p1", "p2"], "at the head again");
    wish(1, Wish::End).unwrap();
    assert_eq!(delivery(&store, 1).unwrap().unwrap().state, DeliveryState::Cancelled);
    assert!(wish(1, Wish::End).is_err() && wish(99, Wish::Again).is_err());
    assert_eq!((audited(), delivery(&store, 99).unwrap()), (2, None), "only what was done is audited");
}

#[test]
fn a_parcel_of_a_later_version_is_named_and_not_lost() {
    let store = filled();
    store.execute("UPDATE outbox SET parcel = '{\"Telegram\":{}}' WHERE id = 1", []).unwrap();
    let found = due(&store, Destination::Frappe, NOW, 9).unwrap();
    assert_eq!(found[0], Err(1));
    assert_eq!(found.len(), 4);
}

/// What may happen to an outbox.
#[derive(Clone, Debug)]
enum Step {
    Owe { to: usize, patient: Option<u8>, due: u64 },
    Settle { nth: usize, how: u8, due: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let owe = (0..2_usize, proptest::option::of(0..3_u8), 0..2_000_u64)
        .prop_map(|(to, patient, due)| Step::Owe { to, patient, due });
    let settle =
        (0..40_usize, 0..5_u8, 0..2_000_u64).prop_map(|(nth, how, due)| Step::Settle { nth, how, due });
    proptest::collection::vec(prop_oneof![owe, settle], 1..80)
}

/// The same outbox, as simply as it can be said.
#[derive(Default)]
struct Model(Vec<(Owed, Option<DeliveryState>)>);

impl Model {
    fn is_waiting(&self, nth: usize) -> bool {
        self.0.get(nth).is_some_and(|(_, state)| state.is_none())
    }

    fn due(&self, to: Destination, now: Moment) -> Vec<String> {
        let mut served = BTreeSet::new();
        let waiting = self.0.iter().filter(|(owed, state)| state.is_none() && owed.destination == to);
        let heads =
            waiting.filter(|(owed, _)| owed.parcel.line().is_none_or(|line| served.insert(line.to_owned())));
        heads.filter(|(owed, _)| owed.due <= now).map(|(owed, _)| owed.key.clone()).collect()
    }
}

fn take(store: &Connection, model: &mut Model, step: &Step) {
    match *step {
        Step::Owe { to, patient, due } => {
            let patient = patient.map(|patient| format!("MRN{patient}"));
            let row = owed(&model.0.len().to_string(), Destination::ALL[to], patient.as_deref(), due);
            owe(store, &row).unwrap();
            model.0.push((row, None));
        }
        Step::Settle { nth, how, due } => {
            let settled = match how {
                0 => Settled::Trying,
                1 => Settled::Done { proof: String::new() },
                2 => later(due, false),
                3 => Settled::Parked { why: String::new() },
                _ => Settled::Cancelled { by: String::new() },
            };
            let answer = settle(store, i64::try_from(nth).unwrap() + 1, &settled, AT);
            let parked = model.0.get(nth).is_some_and(|(_, state)| *state == Some(DeliveryState::Parked));
            let allowed = match how {
                0 => model.is_waiting(nth),
                1 => model.0.get(nth).is_some_and(|(_, state)| *state != Some(DeliveryState::Done)),
                _ => model.is_waiting(nth) || parked,
            };
            assert_eq!(answer.is_ok(), allowed, "{step:?}");
            let Some((row, state)) = model.0.get_mut(nth).filter(|_| allowed) else { return };
            match how {
                0 => {}
                1 => *state = Some(DeliveryState::Done),
                2 => (row.due, *state) = (Moment(due), None),
                3 => *state = Some(DeliveryState::Parked),
                _ => *state = Some(DeliveryState::Cancelled),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_keep_their_order_whatever_happens(steps in steps()) {
        let (store, mut model) = (memory(), Model::default());
        for step in &steps {
            take(&store, &mut model, step);
            for to in Destination::ALL {
                prop_assert_eq!(due_keys(&store, to, NOW), model.due(to, NOW));
            }
        }
        let rows = deliveries(&store, None, 1_000).unwrap();
        prop_assert_eq!(rows.len(), model.0.len(), "nothing is ever forgotten");
    }
}

#[test]
fn the_canary_is_one_row_that_people_do_not_see() {
    let store = memory();
    let round = |number| Owed {
        key: "canary".to_owned(),
        destination: Destination::Loopback,
        alert: None,
        due: Moment(number),
        parcel: Parcel::Canary { round: Round(number) },
    };
    for number in [1, 2] {
        assert!(owe(&store, &round(number)).unwrap(), "a round that nobody fetched makes way for the next");
        let found = due(&store, Destination::Loopback, NOW, 9).unwrap().remove(0).unwrap();
        assert_eq!((found.owed, found.tries), (round(number), 0));
        settle(&store, found.id, &Settled::Trying, AT).unwrap();
    }
    settle(&store, 1, &Settled::Done { proof: String::new() }, AT).unwrap();
    assert!(owe(&store, &round(3)).unwrap());
    assert_eq!(due_keys(&store, Destination::Loopback, NOW), ["canary"]);
    assert_eq!(deliveries(&store, None, 9).unwrap(), []);
    assert_eq!(deliveries(&store, Some(DeliveryState::Waiting), 9).unwrap(), []);
}

#[test]
fn calls_of_an_alert_that_nobody_need_answer_are_not_owed_any_more() {
    let store = memory();
    let key = |alert, step, to| Call { alert: AlertId(alert), climb: Moment(7), step }.key(to, "+91");
    let (whatsapp, frappe) = (Destination::Whatsapp, Destination::Frappe);
    for (key, to) in [
        (key(1, 0, whatsapp), whatsapp),
        (key(1, 1, whatsapp), whatsapp),
        (key(1, 0, frappe), frappe),
        (key(2, 0, whatsapp), whatsapp),
        (format!("task-{}", key(1, 0, frappe)), frappe),
    ] {
        owe(&store, &owed(&key, to, None, 0)).unwrap();
    }
    settle(&store, 1, &Settled::Done { proof: "wamid".to_owned() }, AT).unwrap();
    settle(&store, 2, &Settled::Trying, AT).unwrap();
    call_off(&store, AlertId(1), AT).unwrap();
    let state = |id| delivery(&store, id).unwrap().unwrap().state;
    let (done, off, waits) = (DeliveryState::Done, DeliveryState::Cancelled, DeliveryState::Waiting);
    assert_eq!([1, 2, 3, 4, 5].map(state), [done, off, off, waits, waits]);
    let failed = settle(&store, 2, &later(5_000, true), AT);
    assert!(matches!(failed, Err(JournalError::NoLongerOwed(2))), "the one under way is not tried again");
}

#[test]
fn what_failed_at_a_destination_that_is_back_is_due_at_once() {
    let store = filled();
    for (id, due) in [(1, 9_000), (4, 8_000), (5, 400_000)] {
        settle(&store, id, &Settled::Trying, AT).unwrap();
        settle(&store, id, &later(due, false), AT).unwrap();
    }
    assert_eq!(due_keys(&store, Destination::Frappe, NOW), ["p2"]);
    hasten(&store, Destination::Mllp, NOW).unwrap();
    assert_eq!(due_keys(&store, Destination::Frappe, NOW), ["p2"], "that was another one");
    hasten(&store, Destination::Frappe, NOW).unwrap();
    let now_due = due_keys(&store, Destination::Frappe, NOW);
    assert_eq!(now_due, ["a1", "b1", "p2"], "what the receiver wished much later waits");
}
