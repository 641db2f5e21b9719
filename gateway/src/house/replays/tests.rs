//! A message read again: what is shown of it, and what a ward of its own makes of it.

use jiff::tz::TimeZone;

use super::*;
use crate::clock::Wall;
use crate::config::Faults;
use crate::event::{Door, Knocks, Outcome};
use crate::ingest::profile::{Profiles, Site};
use crate::journal::{MessageRow, Tag};

const POTASSIUM: &str = "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|L1|P|2.5.1\r\
     PID|1||MRN1~MRN2||Rao^Asha\\T\\Co\rPV1|1|I|ICU-1^^07\rOBR|1||A1\r\
     OBX|1|NM|2823-3^K^LN||7.1|mmol/L|||HH||F\r";

fn desk(dir: &std::path::Path) -> (Desk, Knocks) {
    let mut faults = Faults::default();
    let sample = include_str!("../../../../deploy/ward.toml").parse().unwrap();
    let plan = Arc::new(crate::config::ward::read(sample, &mut faults));
    let clock = Clock::starting_after(Moment(0));
    let tag = Tag { rules: 1, policy: [0; 32] };
    let journal = Journal::open(&dir.join("ward.db"), clock.wall(), &tag).unwrap().journal;
    let (door, behind) = Door::new();
    let site =
        Arc::new(Site { zone: TimeZone::UTC, uhid_authority: String::new(), profiles: Profiles::shipped() });
    let intake = Hl7Intake::new("replay", door, site, clock.clone());
    (Desk { plan, journal, clock, intake }, behind)
}

fn message(way: Way, bytes: &[u8]) -> MessageWhole {
    let row = MessageRow {
        id: 7,
        wall: Wall(1_795_000_000_000),
        way,
        endpoint: "mllp".to_owned(),
        peer: "LIS".to_owned(),
        kind: String::new(),
        control_id: String::new(),
        patient: None,
        outcome: Outcome::Accepted,
        reason: String::new(),
        alerts: Vec::new(),
        duplicate_of: None,
        delivery: None,
        length: 0,
    };
    MessageWhole { row, bytes: bytes.to_vec(), answer: None }
}

#[tokio::test]
async fn a_message_is_shown_in_its_parts() {
    let dir = tempfile::tempdir().unwrap();
    let (desk, _behind) = desk(dir.path());
    let parsed = desk.parsed(POTASSIUM.as_bytes()).unwrap();
    let names: Vec<_> = parsed.segments.iter().map(|segment| segment.name.as_str()).collect();
    assert_eq!((names, parsed.more), (vec!["MSH", "PID", "PV1", "OBR", "OBX"], 0));
    let field = |segment: usize, number: usize| -> Vec<Vec<String>> {
        let fields = &parsed.segments[segment].fields;
        fields.iter().find(|field| field.number == number).unwrap().repeats.clone()
    };
    assert_eq!(field(0, 1), [["|"]]);
    assert_eq!(field(0, 2), [["^~\\&"]]);
    assert_eq!(field(0, 9), [["ORU", "R01", "ORU_R01"]]);
    assert_eq!(field(1, 3), [["MRN1"], ["MRN2"]]);
    assert_eq!(field(1, 5), [["Rao", "Asha&Co"]], "escapes are resolved");
    assert_eq!(field(4, 3), [["2823-3", "K", "LN"]]);
    assert!(parsed.segments[4].fields.iter().all(|field| field.number != 4), "empty fields are left out");
    assert_eq!(desk.parsed(b"{\"readings\":[]}"), None);
}

#[tokio::test]
async fn what_would_come_of_it_is_said_and_nothing_else_happens() {
    let dir = tempfile::tempdir().unwrap();
    let (desk, mut behind) = desk(dir.path());
    let rehearsed = desk.rehearse(&message(Way::In, POTASSIUM.as_bytes())).unwrap();
    assert_eq!((rehearsed.events, rehearsed.alerts.len()), (1, 1), "{rehearsed:?}");
    let alert = &rehearsed.alerts[0];
    assert_eq!((alert.code.as_str(), alert.bed.as_deref()), ("lab.potassium", Some("07")));
    assert_eq!(alert.raised_at, Wall(1_795_000_000_000), "as if it arrived when it did");
    assert!(behind.at_hand().is_none(), "nothing came to the ward's door");
    assert_eq!(desk.journal.alerts(crate::journal::AlertQuery::default()).await.unwrap(), []);
    let appointment = POTASSIUM.replace("ORU^R01^ORU_R01", "SIU^S12");
    let rehearsed = desk.rehearse(&message(Way::In, appointment.as_bytes())).unwrap();
    assert!(rehearsed.alerts.is_empty() && rehearsed.not_needed.is_some(), "{rehearsed:?}");
}

#[tokio::test]
async fn only_what_came_in_and_can_be_read_is_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let (desk, _behind) = desk(dir.path());
    let author = Author { name: "bo".to_owned(), station: "desk".to_owned(), reason: "lost".to_owned() };
    for (way, bytes) in [(Way::Out, POTASSIUM.as_bytes()), (Way::In, &b"no message"[..])] {
        let message = message(way, bytes);
        assert!(desk.rehearse(&message).is_err());
        assert!(desk.let_in(&message, &author).await.unwrap().is_err());
    }
    desk.journal.flush().await.unwrap();
    assert_eq!(desk.journal.audit(None, 9).await.unwrap(), [], "what did not happen is not in the audit");
}

#[tokio::test]
async fn what_is_let_in_again_is_no_second_copy_and_is_audited() {
    let dir = tempfile::tempdir().unwrap();
    let (desk, mut behind) = desk(dir.path());
    let author = Author { name: "bo".to_owned(), station: "desk".to_owned(), reason: "lost".to_owned() };
    let message = message(Way::In, POTASSIUM.as_bytes());
    let ward = async {
        let knock = behind.next().await.unwrap();
        let _ = knock.verdict.send(Verdict::Stored(vec![]));
        knock.arrival
    };
    let (verdict, arrival) = tokio::join!(desk.let_in(&message, &author), ward);
    assert_eq!(verdict.unwrap(), Ok(Verdict::Stored(vec![])));
    let raw = arrival.raw.unwrap();
    assert_eq!((arrival.peer.endpoint, arrival.peer.name.as_str()), ("replay", "LIS"));
    assert_eq!((raw.marks.repeat, arrival.events.len()), (None, 1));
    assert_eq!(raw.reason, "message 7 let in again by bo");
    desk.journal.flush().await.unwrap();
    let audit = desk.journal.audit(None, 9).await.unwrap();
    assert_eq!((audit[0].actor.as_str(), audit[0].what.as_str()), ("bo", "message 7 let in again"));
}
