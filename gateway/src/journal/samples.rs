//! Values for the journal's tests. Fictitious, small, and the same on every run.

use std::sync::Arc;

use rules::alert::{Alert, AlertState, Answered, Condition, Evidence, Kind, Technical};
use rules::event::{Role, Say, Via};
use rules::ladder::Class;
use rules::vital::{MessageKey, Quality};
use rules::{AlertId, Moment, Priority, Sign};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Entry, Opening, Record, Tag};
use crate::clock::Wall;
use crate::event::{
    DeviceFrame, Event, Found, Measured, Outcome, Peer, Person, PersonAnswer, Place, Raw, Uhid, Verdict,
};
use crate::message::Marks;
use crate::owed::{Destination, Owed, Parcel};
use crate::record::{AlertChange, AlertRecord, Escalation};
use crate::words::alert_id;

/// A time on both clocks at which the tests begin.
pub(super) const START: i64 = 1_795_000_000_000;

pub(super) const TAG: Tag = Tag { rules: 1, policy: [9; 32] };

/// A store in memory, with its shape.
pub(super) fn memory() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    super::schema::migrate(&mut connection).unwrap();
    connection
}

pub(super) fn open(path: &std::path::Path) -> Opening {
    super::Journal::open(path, Wall(START), &TAG).unwrap()
}

/// A frame of one monitor; `n` tells frames apart.
pub(super) fn device_frame(n: u64) -> DeviceFrame {
    let value = i32::try_from(60 + n % 60).unwrap();
    DeviceFrame {
        silence_s: None,
        place: Place::Bed("01".to_owned()),
        patient: None,
        device: "monitor".to_owned(),
        sent: Some(Wall(START)),
        seq: Some(n),
        key: MessageKey(n),
        readings: vec![Measured {
            code: "MDC_ECG_HEART_RATE".into(),
            text: value.to_string().into(),
            unit: "/min".into(),
            status: "".into(),
            taken: None,
            judged: Some((Sign::HeartRate, Ok(value), Quality::Good)),
        }],
    }
}

/// That frame, arrived at bed `01` `ms` after the start.
pub(super) fn frame_at(n: u64, ms: i64) -> Record {
    Record::Event {
        at: Moment(u64::try_from(START + ms).unwrap()),
        wall: Wall(START + ms),
        bed: Some("01".into()),
        event: Arc::new(Event::Frame(device_frame(n))),
    }
}

pub(super) fn frame(n: u64) -> Record {
    frame_at(n, i64::try_from(n).unwrap())
}

/// An event that is no frame.
pub(super) fn found(n: u64) -> Record {
    let ms = START + i64::try_from(n).unwrap();
    let text = format!("finding {n}");
    Record::Event {
        at: Moment(u64::try_from(ms).unwrap()),
        wall: Wall(ms),
        bed: None,
        event: Arc::new(Event::Found(Found { bed: None, what: Technical::Sound, on: true, text })),
    }
}

/// A nurse's acknowledgement.
pub(super) fn answer(n: u64) -> Record {
    let by = Person { name: "n.sample".to_owned(), role: Role::Nurse, station: "desk".to_owned() };
    let (alert, say) = (AlertId(n), Say::Acknowledge(None));
    let answer = PersonAnswer { alert, by, via: Via::Station, say, note: String::new() };
    Record::Event {
        at: Moment(n),
        wall: Wall(START),
        bed: Some("01".into()),
        event: Arc::new(Event::Answer(answer)),
    }
}

pub(super) fn message(control_id: &str, outcome: Outcome) -> Record {
    Record::Message {
        wall: Wall(START),
        peer: Peer { endpoint: "mllp", name: "LAB".to_owned() },
        raw: Raw {
            kind: "ORU^R01".to_owned(),
            control_id: control_id.to_owned(),
            bytes: format!("MSH|^~\\&|{control_id}").into_bytes(),
            outcome,
            reason: String::new(),
            marks: Marks::default(),
        },
        packed: None,
        alerts: vec![alert_id(AlertId(7))],
    }
}

/// A limit alert at bed `01`, open, raised `n` ms after the start.
pub(crate) fn alert(n: u64) -> AlertRecord {
    let wall = Wall(START + i64::try_from(n).unwrap());
    let moment = Moment(u64::try_from(wall.0).unwrap());
    AlertRecord {
        id: alert_id(AlertId(n)),
        bed: Some("01".into()),
        patient: Some(Uhid("MRN0042".to_owned())),
        kind: Kind::Score,
        code: "news2".to_owned(),
        title: "NEWS2 7".to_owned(),
        priority: Priority::High,
        state: AlertState::Active,
        raised_at: wall,
        changed_at: wall,
        reasons: vec![],
        notes: vec![],
        acknowledged: None,
        accepted: None,
        shelved: None,
        escalation: Escalation::default(),
        held_back: None,
        receipts: vec![],
        attending: None,
        charting_held: false,
        whose_in_doubt: false,
        chain: crate::record::Chain::default(),
        alert: Alert {
            id: AlertId(n),
            condition: Condition::News2,
            priority: Priority::High,
            state: AlertState::Active,
            class: Class::Red,
            raised_at: moment,
            changed_at: moment,
            evidence: Evidence { quantity: None, crossed: None, key: MessageKey(n), taken: moment },
            answered: Answered::default(),
            called_from: moment,
            steps_called: 1,
            next_at: None,
        },
    }
}

pub(super) fn change(what: &str, at: i64) -> AlertChange {
    AlertChange {
        alert: alert_id(AlertId(1)),
        at: Wall(at),
        what: what.to_owned(),
        actor: "rules".to_owned(),
        station: String::new(),
        reason: String::new(),
    }
}

/// Something owed for a patient, or to a phone where there is none.
pub(super) fn owed(key: &str, destination: Destination, patient: Option<&str>, due: u64) -> Owed {
    let parcel = patient.map_or_else(
        || Parcel::Phone {
            number: "+910000000001".to_owned(),
            to: "duty".to_owned(),
            bed: "01".to_owned(),
            high: true,
            code: "news2".to_owned(),
            value: String::new(),
            alert: alert_id(AlertId(1)),
        },
        |patient| Parcel::Vitals {
            patient: Uhid(patient.to_owned()),
            bed: "01".to_owned(),
            at: Wall(START),
            values: vec![],
            news2: Some(7),
            note: String::new(),
        },
    );
    Owed { key: key.to_owned(), destination, alert: Some((AlertId(1), 2)), due: Moment(due), parcel }
}

/// An entry, and the place where its verdict arrives.
pub(super) fn awaited(records: Vec<Record>) -> (Entry, oneshot::Receiver<Verdict>) {
    let (told, verdict) = oneshot::channel();
    (Entry { records, then: Some((told, Verdict::Stored(vec![]))) }, verdict)
}
