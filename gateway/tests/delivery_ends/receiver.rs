//! The HL7 receiver: in order, told apart by MSH-10, and never held up by one message.

use std::collections::HashSet;

use gateway::delivery::mllp::{Mllp, MllpPeer};
use gateway::event::Event;
use gateway::journal::DeliveryState;
use gateway::owed::Destination;
use gateway::sandbox::door::Outage;
use gateway::sandbox::receiver::{Nack, Receiver};
use jiff::civil::date;

use crate::rig::{Rig, free_port, vitals};

const TO: Destination = Destination::Mllp;

async fn sending() -> (Rig, Receiver) {
    let mut rig = Rig::new();
    let receiver = Receiver::new(|| date(2026, 11, 21).at(9, 0, 0, 0));
    let (listener, at) = free_port().await;
    let (served, stop) = (receiver.clone(), rig.stop.clone());
    rig.running.spawn(async move { served.run(listener, stop).await.unwrap() });
    let peer = MllpPeer {
        address: at.to_string(),
        sending_application: "WARDLIGHT".into(),
        sending_facility: "icu-1".into(),
        receiving_application: "HIS".into(),
        receiving_facility: "HOSP".into(),
        point_of_care: "ICU-1".into(),
        uhid_authority: String::new(),
        zone: "Asia/Kolkata".into(),
        training: true,
    };
    rig.deliver(Mllp::new(peer).unwrap());
    (rig, receiver)
}

/// MSH-10 of every message that was kept, in order.
fn control_ids(receiver: &Receiver) -> Vec<String> {
    let control_id =
        |message: &Vec<u8>| String::from_utf8_lossy(message).split('|').nth(9).unwrap().to_owned();
    receiver.received().iter().map(control_id).collect()
}

#[tokio::test]
async fn messages_arrive_in_order_and_a_resend_is_the_same_message() {
    let (rig, receiver) = sending().await;
    receiver.script().lose_next(1);
    receiver.script().fail_next(2, &Nack::Error);
    rig.owe((0..4).map(|minute| vitals(TO, "MRN0042", minute)));
    let rows = rig.settled().await;
    assert!(rows.iter().all(|row| row.state == DeliveryState::Done), "{rows:?}");
    let kept = receiver.received();
    assert_eq!(kept[0], kept[1], "the lost answer made a resend, byte for byte");
    let mut seen = HashSet::new();
    let ids: Vec<String> = control_ids(&receiver).into_iter().filter(|id| seen.insert(id.clone())).collect();
    let expected: Vec<String> = (0..4).map(|minute| format!("vitals-mllp-MRN0042-{minute}")).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_rejected_message_is_parked_and_the_next_goes_on() {
    let (rig, receiver) = sending().await;
    receiver.script().fail_next(1, &Nack::Reject);
    rig.owe((0..2).map(|minute| vitals(TO, "MRN0042", minute)));
    let rows = rig.settled().await;
    assert_eq!((rows[0].state, rows[1].state), (DeliveryState::Parked, DeliveryState::Done));
    assert_eq!(control_ids(&receiver), ["vitals-mllp-MRN0042-1"]);
}

#[tokio::test]
async fn a_receiver_that_comes_back_gets_everything_once() {
    let (mut rig, receiver) = sending().await;
    receiver.door().down(Outage::Refused);
    rig.owe((0..5).map(|minute| vitals(TO, "MRN0042", minute)));
    rig.told(|event| matches!(event, Event::Found(found) if found.on)).await;
    receiver.door().up();
    rig.settled().await;
    assert_eq!(control_ids(&receiver).len(), 5);
}
