//! What the board is shown beside the ward: a made-up store, a made-up gateway, and made-up patients.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use gateway::board::accounts::Asked;
use gateway::board::archive::{
    AlertQuery, Archive, AuditLink, DeliveryRow, DeliveryState, MessageQuery, MessageRow, MessageWhole,
    PastAlert, Stretch,
};
use gateway::board::outbox::{Outbox, Wish};
use gateway::board::plumbing::{
    AnnunciatorView, Codes, Direction, EndpointState, EndpointView, Plumbing, SelfTest, SoundState,
    TransportView,
};
use gateway::board::replays::{Author, Parsed, Rehearsed, Replays};
use gateway::clock::Wall;
use gateway::event::{
    Admission, Born, DeviceFrame, Event, LabItem, LabReport, Measured, Movement, Outcome, Place, Uhid,
    Verdict, key_of,
};
use gateway::ingest::terminology;
use gateway::message::Way;
use gateway::owed::{Destination, Owed, Parcel};
use gateway::record::{AlertChange, AlertRecord};
use rules::alert::Quantity;
use rules::event::{Flag, ResultStatus};
use rules::{Absence, Decimal, Moment, Quality, Sign, Unit};

use crate::ward::Store;

/// A message of the log, which is not UTF-8.
const RAW: &[u8] = b"MSH|^~\\&|LAB\xff";

/// The store, as the board reads it.
pub(crate) struct Shelf(pub(crate) Store);

impl Archive for Shelf {
    fn alerts(&self, query: AlertQuery) -> Asked<'_, Vec<AlertRecord>> {
        let mut alerts: Vec<AlertRecord> = self.0.kept().alerts.values().cloned().collect();
        alerts.retain(|alert| query.bed.is_none() || alert.bed == query.bed);
        alerts.sort_by_key(|alert| alert.raised_at);
        Box::pin(async move { Ok(alerts) })
    }

    fn alert<'a>(&'a self, id: &'a str) -> Asked<'a, Option<AlertRecord>> {
        let alert = self.0.kept().alerts.get(id).cloned();
        Box::pin(async move { Ok(alert) })
    }

    fn alert_beds(&self) -> Asked<'_, Vec<Option<String>>> {
        let mut beds: Vec<_> = self.0.kept().alerts.values().map(|alert| alert.bed.clone()).collect();
        beds.sort();
        beds.dedup();
        Box::pin(async move { Ok(beds) })
    }

    fn past_alerts(&self, stretch: Stretch) -> Asked<'_, Vec<PastAlert>> {
        let kept = self.0.kept();
        let of_bed = kept.alerts.values().filter(|alert| alert.bed == stretch.bed);
        let changes = |id: &str| kept.changes.iter().filter(|change| change.alert == id).cloned().collect();
        let past = of_bed.map(|alert| (alert.raised_at, alert.clone(), changes(&alert.id)));
        let page = past.zip(1..).map(|((at, record, changes), row)| PastAlert { at, row, record, changes });
        let page: Vec<_> = page.filter(|past| Some((past.at, past.row)) > stretch.after).collect();
        Box::pin(async move { Ok(page) })
    }

    fn changes<'a>(&'a self, id: &'a str) -> Asked<'a, Vec<AlertChange>> {
        let changes = self.0.kept().changes.iter().filter(|change| change.alert == id).cloned().collect();
        Box::pin(async move { Ok(changes) })
    }

    fn deliveries(&self, state: Option<DeliveryState>, _most: usize) -> Asked<'_, Vec<DeliveryRow>> {
        let row = DeliveryRow {
            id: 1,
            owed: Owed {
                key: "alert-step".to_owned(),
                destination: Destination::Whatsapp,
                alert: Some((rules::AlertId(9), 1)),
                due: Moment(0),
                parcel: Parcel::Phone {
                    number: "+910000000001".to_owned(),
                    to: "duty doctor".to_owned(),
                    bed: "07".to_owned(),
                    high: true,
                    code: "lab.potassium".to_owned(),
                    value: String::new(),
                    alert: "0000000000000009".to_owned(),
                },
            },
            state: DeliveryState::Parked,
            tries: 3,
            uncertain: false,
            why: "the template is not approved".to_owned(),
            proof: String::new(),
            settled_at: None,
        };
        let rows = if state.is_none_or(|state| state == row.state) { vec![row] } else { Vec::new() };
        Box::pin(async move { Ok(rows) })
    }

    fn delivery(&self, id: i64) -> Asked<'_, Option<DeliveryRow>> {
        let rows = self.deliveries(None, 1);
        Box::pin(async move { Ok(rows.await?.into_iter().find(|row| row.id == id)) })
    }

    fn audit(&self, _before: Option<i64>, _most: usize) -> Asked<'_, Vec<AuditLink>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn messages(&self, query: MessageQuery) -> Asked<'_, Vec<MessageRow>> {
        let fits = query.kind.is_none_or(|kind| kind == "ORU^R01");
        let rows = if fits { vec![message()] } else { Vec::new() };
        Box::pin(async move { Ok(rows) })
    }

    fn message(&self, id: i64) -> Asked<'_, Option<MessageWhole>> {
        let found = (id == 1).then(|| MessageWhole { row: message(), bytes: RAW.to_vec(), answer: None });
        Box::pin(async move { Ok(found) })
    }
}

fn message() -> MessageRow {
    MessageRow {
        id: 1,
        wall: Wall(1_000),
        way: Way::In,
        endpoint: "mllp".to_owned(),
        peer: "LAB".to_owned(),
        kind: "ORU^R01".to_owned(),
        control_id: "77".to_owned(),
        patient: None,
        outcome: Outcome::Refused,
        reason: "not UTF-8".to_owned(),
        alerts: Vec::new(),
        duplicate_of: None,
        delivery: None,
        length: 13,
    }
}

/// The rest of the gateway, as a test wants it to be.
pub(crate) struct Gateway {
    sound: Mutex<SoundState>,
    self_test: Mutex<Option<SelfTest>>,
    faults: Mutex<Vec<String>>,
    /// What was let in again, by whom and why.
    pub(crate) let_in: Mutex<Vec<String>>,
    /// What became of deliveries, by whom and why.
    pub(crate) mended: Mutex<Vec<String>>,
    /// What was wanted of the annunciators, and by whom.
    pub(crate) tested: Mutex<Vec<String>>,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            sound: Mutex::new(SoundState::Ok),
            self_test: Mutex::default(),
            faults: Mutex::default(),
            let_in: Mutex::default(),
            mended: Mutex::default(),
            tested: Mutex::default(),
        }
    }
}

impl Gateway {
    pub(crate) fn set_sound(&self, state: SoundState) {
        *self.sound.lock().unwrap() = state;
    }

    /// Somebody heard the self-test.
    pub(crate) fn set_tested(&self, by: &str, is_of_this_shift: bool) {
        let heard = SelfTest { by: by.to_owned(), at: Wall(1_000), is_of_this_shift };
        *self.self_test.lock().unwrap() = Some(heard);
    }

    pub(crate) fn faults_mut(&self) -> MutexGuard<'_, Vec<String>> {
        self.faults.lock().unwrap()
    }
}

impl Plumbing for Gateway {
    fn annunciators(&self) -> Vec<AnnunciatorView> {
        let state = *self.sound.lock().unwrap();
        let why = (state == SoundState::Failed).then(|| "the device plughw:0 is gone: plug it in".to_owned());
        let (id, device) = ("station".to_owned(), "plughw:0".to_owned());
        let last_self_test = self.self_test.lock().unwrap().clone();
        vec![AnnunciatorView { id, device, state, why, playing: None, bursts: 3, last_self_test }]
    }

    fn endpoints(&self) -> Vec<EndpointView> {
        vec![EndpointView {
            id: "mllp".to_owned(),
            direction: Direction::In,
            address: "127.0.0.1:2575".to_owned(),
            state: EndpointState::Up,
            why: None,
            last_message_at: Some(Wall(1_000)),
            passed: 5,
            refused: 1,
            a_minute: 2,
            processing: Some((Duration::from_millis(2), Duration::from_millis(9))),
            queued: 0,
            queue_age_s: None,
            time_out: Some(Duration::from_secs(30)),
            retries: "the sender",
            authentication: "none".to_owned(),
            transport: TransportView {
                tls: true,
                certificate_expires_at: Some(Wall(1_000)),
                ..TransportView::default()
            },
        }]
    }

    fn faults(&self) -> Vec<String> {
        self.faults_mut().clone()
    }

    fn metrics(&self) -> String {
        "# EOF\n".to_owned()
    }

    fn codes(&self, sign: Sign) -> Codes {
        Codes { mdc: terminology::mdc(sign), loinc: terminology::loinc(sign) }
    }
}

impl Outbox for Gateway {
    fn mend<'a>(&'a self, id: i64, wish: Wish, author: &'a Author) -> Asked<'a, bool> {
        self.mended.lock().unwrap().push(format!("{id} {wish:?} by {}: {}", author.name, author.reason));
        // The made-up row is parked.
        Box::pin(async move { Ok(id == 1) })
    }
}

impl Replays for Gateway {
    fn parsed(&self, _bytes: &[u8]) -> Option<Parsed> {
        None
    }

    fn without_names(&self, bytes: &[u8]) -> Vec<u8> {
        [b"nameless ", bytes].concat()
    }

    fn rehearse(&self, _message: &MessageWhole) -> Result<Rehearsed, String> {
        Ok(Rehearsed { events: 0, alerts: Vec::new(), not_needed: Some("no result in it".to_owned()) })
    }

    fn let_in<'a>(
        &'a self,
        message: &'a MessageWhole,
        author: &'a Author,
    ) -> Asked<'a, Result<Verdict, String>> {
        self.let_in.lock().unwrap().push(format!("{} by {}: {}", message.row.id, author.name, author.reason));
        Box::pin(async { Ok(Ok(Verdict::Stored(Vec::new()))) })
    }
}

/// A frame of a bed's monitor. `seq` tells it apart from the others.
pub(crate) fn frame(bed: &str, seq: u64, signs: &[(Sign, i32)]) -> Event {
    let readings: Vec<_> = signs.iter().map(|(sign, value)| (*sign, Ok(*value))).collect();
    frame_of(bed, seq, &readings)
}

/// A frame with values and reasons for their absence.
pub(crate) fn frame_of(bed: &str, seq: u64, signs: &[(Sign, Result<i32, Absence>)]) -> Event {
    let measured = |(sign, value): &(Sign, Result<i32, Absence>)| Measured {
        code: terminology::mdc(*sign).into(),
        text: value.map(|value| value.to_string()).unwrap_or_default().into(),
        unit: sign.facts().unit.ucum().into(),
        status: "".into(),
        taken: None,
        judged: Some((*sign, *value, Quality::Good)),
    };
    Event::Frame(DeviceFrame {
        silence_s: None,
        place: Place::Bed(bed.to_owned()),
        patient: None,
        device: "monitor".to_owned(),
        sent: None,
        seq: Some(seq),
        key: key_of(&[bed.as_bytes(), &seq.to_be_bytes()]),
        readings: signs.iter().map(measured).collect(),
    })
}

/// The signs of a patient who needs nothing.
pub(crate) const CALM: [(Sign, i32); 9] = [
    (Sign::HeartRate, 74),
    (Sign::PulseRatePleth, 74),
    (Sign::SpO2, 97),
    (Sign::RespRate, 15),
    (Sign::ArterialSystolic, 122),
    (Sign::ArterialDiastolic, 70),
    (Sign::ArterialMean, 87),
    (Sign::Temperature, 368),
    (Sign::EtCo2, 38),
];

/// A potassium of `tenths` / 10 mmol/L of a patient at `bed`.
pub(crate) fn potassium(bed: &str, seq: u64, tenths: i64) -> Event {
    let value = Decimal::new(tenths, 1);
    report(
        bed,
        seq,
        LabItem {
            code: "2823-3".to_owned(),
            name: "Potassium".to_owned(),
            text: value.to_string(),
            unit: "mmol/L".to_owned(),
            range: "3.5-5.1".to_owned(),
            flags: "HH".to_owned(),
            known: Some(rules::critical::Known::Potassium),
            quantity: Some(Quantity::exactly(value, Unit::MmolPerL)),
            flag: Flag::CriticalHigh,
            ..blank(seq)
        },
    )
}

/// A blood culture of a patient at `bed`, in which that organism grew.
pub(crate) fn culture(bed: &str, seq: u64, organism: &str) -> Event {
    report(
        bed,
        seq,
        LabItem {
            code: "600-7".to_owned(),
            name: "Blood culture".to_owned(),
            text: organism.to_owned(),
            flags: "AA".to_owned(),
            flag: Flag::Critical,
            ..blank(seq)
        },
    )
}

/// A result that says nothing yet.
fn blank(seq: u64) -> LabItem {
    LabItem {
        code: String::new(),
        name: String::new(),
        text: String::new(),
        unit: String::new(),
        range: String::new(),
        flags: String::new(),
        known: None,
        quantity: None,
        flag: Flag::NotCritical,
        status: ResultStatus::Stands,
        sampled: None,
        key: key_of(&[b"lab", &seq.to_be_bytes()]),
        provenance: gateway::event::Provenance::default(),
    }
}

fn report(bed: &str, seq: u64, result: LabItem) -> Event {
    Event::Report(LabReport {
        patient: Some(Uhid("MRN0042".to_owned())),
        candidates: Vec::new(),
        numbers: Vec::new(),
        place: Place::Bed(bed.to_owned()),
        accession: format!("A{seq}"),
        message: seq.to_string(),
        attending: None,
        results: vec![result],
    })
}

/// A patient comes to lie on `bed`.
pub(crate) fn admission(bed: &str, uhid: &str, name: &str) -> Event {
    born(bed, uhid, name, None)
}

/// The admission of somebody born on that day.
pub(crate) fn born(bed: &str, uhid: &str, name: &str, born: Option<Born>) -> Event {
    Event::Admission(Admission {
        movement: Movement::Admit,
        patient: Uhid(uhid.to_owned()),
        name: name.to_owned(),
        place: Place::Bed(bed.to_owned()),
        prior: Place::Nowhere,
        born,
        attending: None,
        at: None,
    })
}
