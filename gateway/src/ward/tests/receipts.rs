//! The receipts of an alert: who took responsibility and where it was heard, each once.

use super::*;

/// The receipts of that stage of the one alert of a bed, as channel and recipient.
fn of(turn: &Turn, stage: Stage) -> Vec<(String, String)> {
    let last = turn.records.iter().rev().find_map(|record| match record {
        Record::Alert(alert) if alert.kind != Kind::Technical => Some(Arc::clone(alert)),
        _ => None,
    });
    let receipts = last.expect("the alert is written").receipts.clone();
    let of_it = receipts.into_iter().filter(|receipt| receipt.stage == stage);
    of_it.map(|receipt| (receipt.channel, receipt.to)).collect()
}

fn said(alert: AlertId, name: &str, role: Role, station: &str, say: Say) -> Event {
    let by = Person { name: name.to_owned(), role, station: station.to_owned() };
    Event::Answer(PersonAnswer { alert, by, via: Via::Station, say, note: String::new() })
}

fn right() -> Say {
    let value = Decimal::parse(b"6.8").unwrap();
    Say::Acknowledge(Some(Quantity { comparator: Comparator::Exactly, value, unit: Unit::Missing }))
}

fn with_a_critical() -> (Ward, AlertId) {
    let mut ward = ward();
    let _ = ward.on(&report("MRN0042", "ICU-1^^03", vec![potassium("6.80")]), at(0));
    let id = open(&ward, at(0))[0].alert.id;
    (ward, id)
}

#[test]
fn a_doctor_who_takes_responsibility_has_a_receipt_by_the_way_they_came() {
    for (station, channel) in
        [("desk 1", "board"), ("whatsapp", "whatsapp"), ("his", "frappe"), ("cli", "cli"), ("api", "api")]
    {
        let (mut ward, id) = with_a_critical();
        let turn = ward.on(&said(id, "rao", Role::Doctor, station, Say::Accept), at(1));
        assert_eq!(of(&turn, Stage::Accepted), [(channel.to_owned(), "rao".to_owned())], "{station}");
        let record = open(&ward, at(1))[0].clone();
        let receipt = record.receipts.iter().find(|receipt| receipt.stage == Stage::Accepted).unwrap();
        assert_eq!(Some(receipt.at), record.accepted.as_ref().map(|by| by.at));
    }
}

#[test]
fn a_doctor_s_read_back_is_one_and_a_nurse_s_is_none() {
    let (mut ward, id) = with_a_critical();
    let turn = ward.on(&said(id, "asha", Role::Nurse, "desk 1", right()), at(1));
    assert!(of(&turn, Stage::Accepted).is_empty());
    let (mut ward, id) = with_a_critical();
    let turn = ward.on(&said(id, "rao", Role::Doctor, "desk 1", right()), at(1));
    assert_eq!(of(&turn, Stage::Accepted), [("board".to_owned(), "rao".to_owned())]);
}

#[test]
fn who_takes_it_after_it_was_rejected_has_a_receipt_too() {
    let (mut ward, id) = with_a_critical();
    let _ = ward.on(&said(id, "rao", Role::Doctor, "whatsapp", Say::Accept), at(1));
    let turn = ward.on(&said(id, "rao", Role::Doctor, "desk 1", Say::Reject), at(2));
    assert_eq!(of(&turn, Stage::Accepted).len(), 1, "what was is not taken back");
    let turn = ward.on(&said(id, "sen", Role::Doctor, "desk 1", Say::Accept), at(3));
    let who: Vec<String> = of(&turn, Stage::Accepted).into_iter().map(|(_, to)| to).collect();
    assert_eq!(who, ["rao", "sen"]);
}

#[test]
fn each_annunciator_that_sounded_an_alert_is_named_once() {
    let (mut ward, _) = with_a_critical();
    let heard = |ward: &mut Ward, to: &str, second| {
        ward.on(&Event::Sounded(Burst { priority: Priority::High, to: to.to_owned() }), at(second))
    };
    let _ = heard(&mut ward, "station", 1);
    let turn = heard(&mut ward, "desk-2", 2);
    let where_to: Vec<String> = of(&turn, Stage::Sounded).into_iter().map(|(_, to)| to).collect();
    assert_eq!(where_to, ["station", "desk-2"]);
    assert!(heard(&mut ward, "desk-2", 3).records.is_empty());
}
