//! A client's bytes and a ward's view, for the tests of this room.

use std::sync::Arc;

use rules::alert::{Answered, Condition, Evidence, Kind};
use rules::bed::EarlyWarning;
use rules::ladder::Class;
use rules::score::Points;
use rules::score::choice::{Because, Chart, Choice, Mode};
use rules::score::news2::News2;
use rules::vital::MessageKey;
use rules::{Absence, Alert, AlertId, AlertState, Moment, Policy, Priority};

use crate::clock::Wall;
use crate::config::signed::Signed;
use crate::record::{AlertRecord, Escalation};
use crate::view::{BedView, BindingView, WardView};

pub(super) const V3: u8 = 4;
pub(super) const V5: u8 = 5;

/// A CONNECT, clean, keep alive 60 s.
pub(super) fn connect(version: u8, client: &str) -> Vec<u8> {
    connect_with(version, client, 2, &[])
}

/// A CONNECT with the last will `offline` on `topic`.
pub(super) fn connect_with_will(version: u8, client: &str, topic: &str) -> Vec<u8> {
    let mut will = if version == V5 { vec![0] } else { vec![] };
    will.extend(text(topic));
    will.extend(text("offline"));
    connect_with(version, client, 0b1110, &will)
}

/// A CONNECT with user and password.
pub(super) fn connect_as(version: u8, client: &str, user: &str, password: &str) -> Vec<u8> {
    connect_with(version, client, 0b1100_0010, &[text(user), text(password)].concat())
}

/// A CONNECT with these flags and what they announce.
pub(super) fn connect_with(version: u8, client: &str, flags: u8, rest: &[u8]) -> Vec<u8> {
    let mut body = text("MQTT");
    body.extend([version, flags, 0, 60]);
    if version == V5 {
        body.push(0);
    }
    body.extend(text(client));
    body.extend(rest);
    packet(0x10, &body)
}

/// A PUBLISH with packet id `id`.
pub(super) fn publish(version: u8, qos: u8, id: u16, topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = text(topic);
    if qos > 0 {
        body.extend(id.to_be_bytes());
    }
    if version == V5 {
        body.push(0);
    }
    body.extend(payload);
    packet(0x30 | (qos << 1), &body)
}

/// A SUBSCRIBE of 3.1.1.
pub(super) fn subscribe(id: u16, filter: &str) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    body.extend(text(filter));
    body.push(1);
    packet(0x82, &body)
}

/// A packet of any kind.
pub(super) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = body.len();
    loop {
        let digit = u8::try_from(left % 128).unwrap();
        left /= 128;
        bytes.push(if left > 0 { digit | 0x80 } else { digit });
        if left == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// A hash that is quick to check, for the tests alone.
pub(super) fn cheap_hash(password: &str) -> String {
    use argon2::password_hash::PasswordHasher;
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    argon2::Argon2::from(params).hash_password(password.as_bytes()).unwrap().to_string()
}

pub(super) fn view(beds: Vec<BedView>, alerts: Vec<AlertRecord>) -> WardView {
    WardView {
        ward: "icu".into(),
        beds: beds.into_iter().map(Arc::new).collect(),
        alerts: alerts.into_iter().map(Arc::new).collect(),
        ..WardView::default()
    }
}

pub(super) fn bed(label: &str) -> BedView {
    let binding = BindingView {
        patient: None,
        name: String::new(),
        in_doubt: false,
        candidates: Vec::new(),
        since: None,
    };
    let unknown = Points::Missing { least: 0, most: 3, why: Absence::NeverHeard };
    BedView {
        label: label.into(),
        binding,
        vitals: vec![],
        early: EarlyWarning::News2(News2 { parts: [unknown; 7] }),
        choice: Choice { chart: Chart::News2, mode: Mode::Calls, because: Because::AgeUnknown },
        baseline: None,
        beside: None,
        signed: Arc::new(Signed::by_nobody(&Policy::shipped())),
        priority: None,
        folded: 0,
        bindings: Arc::default(),
        standby_offered: false,
        own_limits: Vec::new(),
        own_critical: Vec::new(),
        standby: None,
        audio_pause: None,
        not_judged: Vec::new(),
    }
}

pub(super) fn alert(id: &str, bed: Option<&str>) -> AlertRecord {
    AlertRecord {
        id: id.into(),
        bed: bed.map(Into::into),
        patient: None,
        kind: Kind::Physiological,
        code: "limit.spo2.low".into(),
        title: "SpO₂ low".into(),
        priority: Priority::High,
        state: AlertState::Active,
        raised_at: Wall(1_000),
        changed_at: Wall(1_000),
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
        alert: ruled(),
    }
}

fn ruled() -> Alert {
    Alert {
        id: AlertId(0xaa),
        condition: Condition::NoPulse,
        priority: Priority::High,
        state: AlertState::Active,
        class: Class::Red,
        raised_at: Moment(0),
        changed_at: Moment(0),
        evidence: Evidence { quantity: None, crossed: None, key: MessageKey(0), taken: Moment(0) },
        answered: Answered::default(),
        called_from: Moment(0),
        steps_called: 0,
        next_at: None,
    }
}
