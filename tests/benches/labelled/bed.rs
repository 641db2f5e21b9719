//! One bed-day: what its bedside sends goes through a ward of one bed, as a recording does; a nurse
//! acknowledges each alarm after a minute and a half; what sounded is held against the answer book.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway::clock::Wall;
use gateway::config::{Faults, ward};
use gateway::event::{
    DeviceFrame, DeviceRaised, Event, LabItem, LabReport, Measured, Person, PersonAnswer, Place, Provenance,
    key_of,
};
use gateway::ingest::profile::{known_analyte, laboratory_unit};
use gateway::ingest::terminology::{self, events};
use gateway::journal::Record;
use gateway::record::AlertRecord;
use gateway::sandbox::labelled::{Bedside, Finding, Kind, Label, Raised, Shown};
use gateway::ward::{Now, Turn, Ward};
use gateway::words::analyte_key;
use rules::alert::{AlertState, Quantity};
use rules::event::{Flag, ResultStatus, Role, Say, Via};
use rules::{Decimal, Moment, Priority};

use super::naive::Naive;
use super::reference::{Reference, Worth, codes};

/// The day of the simulation.
const START_MS: u64 = 1_795_000_000_000;

/// The bed.
const BED: &str = "01";

/// After how long a nurse acknowledges an alarm.
const NURSE_S: u64 = 90;

/// A true event that is not called this long after it was over is missed.
const TOO_LATE_S: u64 = 15;

/// What came of one bed-day.
pub(crate) struct Watched {
    /// Each critical event, with the seconds from when it counts until it was heard; `None` where it never
    /// was.
    pub(crate) events: Vec<(Kind, Option<u64>)>,
    /// Each audible alarm of high or medium priority: its code, its priority, its worth.
    pub(crate) alarms: Vec<(String, Priority, Worth)>,
    /// The alarms of naive limits.
    pub(crate) naive: usize,
    /// The story, for whoever asks for one seed.
    pub(crate) lines: Vec<String>,
}

/// One alarm of the ward, from when it was first heard.
struct Alarm {
    code: String,
    priority: Priority,
    heard_s: u64,
    high: Vec<High>,
    over_s: Option<u64>,
}

/// A stretch in which an alarm was open and high, from when it was heard so.
struct High {
    from_s: u64,
    until_s: Option<u64>,
}

impl Alarm {
    /// What its record says in this second.
    fn follow(&mut self, second: u64, is_heard: bool, is_high: bool) {
        let last = self.high.last_mut().filter(|last| last.until_s.is_none());
        match last {
            Some(last) if !is_high => last.until_s = Some(second),
            None if is_high && is_heard => {
                self.priority = Priority::High;
                self.high.push(High { from_s: second, until_s: None });
            }
            _ => {}
        }
    }
}

/// Watches the bed of a seed for so long.
pub(crate) fn watch(seed: u64, lasts_s: u64) -> Watched {
    let bedside = Bedside::new(seed, !seed, 0, lasts_s);
    let mut naive = Naive::default();
    let mut post = Post::default();
    let mut ward = sample_ward();
    for second in 0..lasts_s {
        let sent = bedside.sends(second);
        naive.look(&sent.shown);
        post.wait_until(&mut ward, second);
        for (number, event) in (0..).zip(events_of(&sent, second)) {
            post.take(ward.on(&event, now(moment(second) + rules::Span(number))), second);
        }
        for event in post.answers(second) {
            post.take(ward.on(&event, now(moment(second) + rules::Span(10))), second);
        }
    }
    let alarms = post.alarms;
    let critical = bedside.labels().iter().filter(|label| label.kind.is_critical());
    let events: Vec<_> = critical.map(|label| (label, heard(label, &bedside, &alarms))).collect();
    let mut reference = Reference::of(&bedside);
    let worth: Vec<Worth> = alarms.iter().map(|alarm| reference.worth(&alarm.code, alarm.heard_s)).collect();
    let mut lines: Vec<(u64, String)> = bedside.labels().iter().map(|label| told(label, &events)).collect();
    lines.extend(alarms.iter().zip(&worth).map(|(alarm, worth)| said(alarm, *worth)));
    lines.sort();
    Watched {
        events: events.iter().map(|(label, heard)| (label.kind, *heard)).collect(),
        alarms: alarms
            .into_iter()
            .zip(worth)
            .map(|(alarm, worth)| (alarm.code, alarm.priority, worth))
            .collect(),
        naive: naive.alarms,
        lines: lines.into_iter().map(|(_, line)| line).collect(),
    }
}

/// How long after it counts an event was heard, as high as its kind asks; 0 where it was heard before. What
/// was high before it began tells of it only if it is still open and high when the event counts.
fn heard(label: &Label, bedside: &Bedside, alarms: &[Alarm]) -> Option<u64> {
    let until = label.ends_s.max(label.meets_s) + TOO_LATE_S;
    let tells = |alarm: &&Alarm| tells(&alarm.code, label, bedside);
    let is_of_it = |high: &&High| {
        let still = || high.until_s.is_none_or(|end| end > label.meets_s);
        high.from_s <= until && (high.from_s >= label.begins_s || still())
    };
    let heard = alarms.iter().filter(tells).flat_map(|alarm| &alarm.high).filter(is_of_it);
    let first = heard.map(|high| high.from_s).min()?;
    Some(first.saturating_sub(label.meets_s))
}

/// Whether an alarm of this code tells of the event; of a result only that of its own analyte does.
fn tells(code: &str, label: &Label, bedside: &Bedside) -> bool {
    if label.kind == Kind::CriticalResult {
        let found = bedside.sends(label.begins_s).found;
        let critical = found.iter().filter(|finding| finding.is_critical);
        let mut analytes = critical.filter_map(|finding| known_analyte(finding.code));
        return analytes.any(|known| code.strip_prefix("lab.") == Some(analyte_key(known)));
    }
    codes(label.kind).iter().any(|known| code.starts_with(known))
}

fn told(label: &Label, events: &[(&Label, Option<u64>)]) -> (u64, String) {
    let heard = events.iter().find(|(known, _)| *known == label).map(|(_, heard)| *heard);
    let heard = match heard {
        Some(Some(delay)) => format!("heard after {delay} s"),
        Some(None) => "MISSED".to_owned(),
        None => String::new(),
    };
    let Label { kind, begins_s, meets_s, ends_s } = label;
    (*begins_s, format!("{begins_s:>6} {} counts from {meets_s}, ends {ends_s} {heard}", kind.word()))
}

fn said(alarm: &Alarm, worth: Worth) -> (u64, String) {
    let Alarm { code, priority, heard_s, over_s, .. } = alarm;
    (*heard_s, format!("{heard_s:>6}     {code} {priority:?} {worth:?}, over {over_s:?}"))
}

/// What stands at the nurses' post: the alarms, and whom somebody still owes an answer.
#[derive(Default)]
struct Post {
    alarms: Vec<Alarm>,
    open: BTreeMap<String, usize>,
    owed: Vec<(u64, Arc<AlertRecord>)>,
}

impl Post {
    /// Wakes the ward at every deadline before this second.
    fn wait_until(&mut self, ward: &mut Ward, second: u64) {
        let mut last = Moment(0);
        while let Some(deadline) = ward.deadline().filter(|deadline| *deadline < moment(second)) {
            let at = deadline.max(last);
            self.take(ward.tick(now(at)), (at.0.saturating_sub(START_MS)).div_ceil(1_000));
            last = at + rules::Span(1);
            if last >= moment(second) {
                return;
            }
        }
    }

    fn take(&mut self, turn: Turn, second: u64) {
        for record in turn.records {
            if let Record::Alert(record) = record {
                self.follow(&record, second);
            }
        }
    }

    fn follow(&mut self, record: &Arc<AlertRecord>, second: u64) {
        let is_open = record.alert.holds();
        let known = self.open.get(&record.id).copied();
        let is_heard = record.alert.sounds() && record.priority != Priority::Low;
        if known.is_none() && is_open && is_heard {
            self.open.insert(record.id.clone(), self.alarms.len());
            let (code, priority) = (record.code.clone(), record.priority);
            let alarm = Alarm { code, priority, heard_s: second, high: Vec::new(), over_s: None };
            self.alarms.push(alarm);
        }
        let Some(alarm) = self.open.get(&record.id).and_then(|at| self.alarms.get_mut(*at)) else { return };
        if is_heard && record.state == AlertState::Active {
            self.owed.push((second + NURSE_S, Arc::clone(record)));
        }
        alarm.follow(second, is_heard, is_open && record.priority == Priority::High);
        if !is_open {
            alarm.over_s = Some(second);
            self.open.remove(&record.id);
        }
    }

    /// What the nurse answers in this second.
    fn answers(&mut self, second: u64) -> Vec<Event> {
        let due: Vec<_> = self.owed.extract_if(.., |(at, _)| *at <= second).collect();
        due.into_iter().map(|(_, record)| Event::Answer(answer(&record))).collect()
    }
}

/// She reads a result back, and acknowledges everything else.
fn answer(record: &AlertRecord) -> PersonAnswer {
    let read_back = record.alert.evidence.quantity;
    let by = Person { name: "nurse".to_owned(), role: Role::Nurse, station: "post".to_owned() };
    let say = Say::Acknowledge(read_back);
    PersonAnswer { alert: record.alert.id, by, via: Via::Station, say, note: String::new() }
}

fn events_of(sent: &gateway::sandbox::labelled::Second, second: u64) -> Vec<Event> {
    let mut events = vec![Event::Frame(frame(&sent.shown, second))];
    events.extend(sent.raised.iter().map(|raised| Event::Alarm(alarm(raised, second))));
    if !sent.found.is_empty() {
        events.push(Event::Report(report(&sent.found, second)));
    }
    events
}

fn frame(shown: &[Shown], second: u64) -> DeviceFrame {
    let measured = |shown: &Shown| {
        let text = shown.text();
        let judged = terminology::judge(shown.code, &text, shown.unit, shown.status())?;
        Some(Measured {
            code: shown.code.into(),
            text: text.into(),
            unit: shown.unit.into(),
            status: shown.status().into(),
            taken: None,
            judged: Some(judged),
        })
    };
    DeviceFrame {
        place: Place::Bed(BED.to_owned()),
        patient: None,
        device: "monitor".to_owned(),
        sent: Some(wall(second)),
        seq: Some(second),
        key: rules::vital::MessageKey(second * 8 + 1),
        readings: shown.iter().filter_map(measured).collect(),
        silence_s: None,
    }
}

fn alarm(raised: &Raised, second: u64) -> DeviceRaised {
    DeviceRaised {
        place: Place::Bed(BED.to_owned()),
        patient: None,
        device: "monitor".to_owned(),
        event: raised.event.to_owned(),
        source: raised.source.to_owned(),
        text: String::new(),
        about: events::about(raised.event, raised.source),
        priority: Priority::High,
        on: raised.on,
        passing: false,
        episode: None,
        inactivation: String::new(),
        key: key_of(&[raised.event.as_bytes(), &second.to_be_bytes()]),
    }
}

fn report(found: &[Finding], second: u64) -> LabReport {
    let result = |finding: &Finding| {
        let text = finding.text();
        let unit = laboratory_unit(finding.unit);
        LabItem {
            code: finding.code.to_owned(),
            name: finding.name.to_owned(),
            unit: finding.unit.to_owned(),
            range: String::new(),
            flags: String::new(),
            known: known_analyte(finding.code),
            quantity: Decimal::parse(text.as_bytes()).map(|value| Quantity::exactly(value, unit)),
            flag: Flag::default(),
            status: ResultStatus::default(),
            sampled: Some(wall(second.saturating_sub(60))),
            key: key_of(&[finding.code.as_bytes(), &second.to_be_bytes()]),
            provenance: Provenance::default(),
            text,
        }
    };
    LabReport {
        patient: None,
        candidates: Vec::new(),
        numbers: Vec::new(),
        place: Place::Bed(BED.to_owned()),
        accession: format!("A{second}"),
        message: format!("{second}"),
        attending: None,
        results: found.iter().map(result).collect(),
    }
}

fn sample_ward() -> Ward {
    let sample = include_str!("../../../deploy/ward.toml").parse().unwrap_or_default();
    Ward::new(Arc::new(ward::read(sample, &mut Faults::default())))
}

const fn moment(second: u64) -> Moment {
    Moment(START_MS + second * 1_000)
}

fn wall(second: u64) -> Wall {
    Wall(i64::try_from(moment(second).0).unwrap_or_default())
}

const fn now(moment: Moment) -> Now {
    Now { moment, offset_ms: 0 }
}
