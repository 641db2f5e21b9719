//! One loop owns every bed.
//!
//! [`Ward`] is a value like the beds inside it: events and the time go in, records to write and answers to
//! give come out. [`driver`] is the loop that reads the door and the clock. Nothing here speaks a wire format
//! or touches a disk.

mod alarms;
mod bindings;
mod calls;
mod canary;
mod charting;
mod checkpoint;
pub mod driver;
mod duty;
mod frames;
mod handed_over;
mod held_back;
mod identities;
mod ledger;
mod movements;
mod not_judged;
mod offset;
mod orders;
mod own_critical;
mod own_limits;
mod picture;
mod places;
mod quiet;
mod reasons;
mod recorded;
mod reports;
mod silence;
mod tasks;
mod told;
mod unanswered;

use std::collections::HashMap;
use std::sync::Arc;

use compact_str::CompactString;
use rules::alert::{AlertState, Analyte, Condition};
use rules::bed::{BedNo, What};
use rules::event::{Actor, Answer, Fault};
use rules::vital::MessageKey;
use rules::{AlertId, Bed, Moment, Policy, Reading, Refusal};

use crate::clock::Wall;
use crate::config::ward::WardPlan;
use crate::event::{
    BedEntry, Burst, Event, Found, Person, PersonAnswer, Received, Round, Said, Stage, key_of,
};
use crate::journal::Record;
use crate::owed::Destination;
use crate::words;
use bindings::Bindings;
use identities::Identities;
use ledger::{Author, Ledger};
use places::{At, Devices, Places};
use quiet::Keeps;

/// The moment of a turn, and its wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// On the ward's line of time.
    pub moment: Moment,
    /// Wall time minus ward time, in milliseconds.
    pub offset_ms: i64,
}

impl Now {
    /// The wall time of a moment, by the offset of this turn.
    #[must_use]
    pub fn wall_of(self, moment: Moment) -> Wall {
        Wall(i64::try_from(moment.0).unwrap_or(i64::MAX).saturating_add(self.offset_ms))
    }

    /// The wall time of this turn.
    #[must_use]
    pub fn wall(self) -> Wall {
        self.wall_of(self.moment)
    }

    fn moment_of(self, wall: Wall) -> Moment {
        Moment(u64::try_from(wall.0.saturating_sub(self.offset_ms)).unwrap_or(0))
    }
}

/// What one event led to.
#[derive(Debug, Default)]
#[must_use = "records that nobody writes are decisions that a crash forgets"]
pub struct Turn {
    /// What must be written, in order.
    pub records: Vec<Record>,
    /// What the bed said to each answer.
    pub said: Vec<Said>,
    /// Whether any alert changed: then the view is published at once.
    pub alerts_changed: bool,
    /// The alerts that were touched, for the message log.
    pub alerts: Vec<String>,
    /// The bed that a device frame was for, for its row.
    pub bed: Option<CompactString>,
    /// Why the event was not applied, for whoever looks at its message.
    pub remark: Option<String>,
}

impl Turn {
    /// Writes down what a person did, and why.
    fn audit(&mut self, by: &Person, what: String, reason: String, now: Now) {
        let Person { name, station, .. } = by.clone();
        self.records.push(Record::Audit { wall: now.wall(), actor: name, station, what, reason });
    }
}

/// When, by whom and from which report something came about.
#[derive(Debug)]
struct Cause<'a> {
    now: Now,
    by: Author,
    report: Option<&'a reasons::ReportContext<'a>>,
}

impl Cause<'_> {
    fn rules(now: Now) -> Self {
        Self { now, by: Author::rules(), report: None }
    }

    fn his(now: Now) -> Self {
        let by = Author { name: CompactString::const_new("his"), ..Author::default() };
        Self { now, by, report: None }
    }

    fn person(person: &Person, reason: &str, now: Now) -> Self {
        let name = CompactString::from(person.name.as_str());
        let by = Author { name, station: person.station.clone(), reason: reason.to_owned(), answers: None };
        Self { now, by, report: None }
    }
}

/// One bed with what the ward knows around it.
#[derive(Debug)]
struct WardBed {
    label: Option<String>,
    bed: Bed<'static>,
    /// What titles and codes need of analytes, device events and peers, by their number.
    names: HashMap<u32, Named>,
}

impl WardBed {
    /// Its label without a block of memory of its own: it stands in the row of each frame.
    fn label_in_place(&self) -> Option<CompactString> {
        self.label.as_deref().map(CompactString::from)
    }
}

/// A code and its name, as their sender wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Named {
    code: String,
    name: String,
    /// The device whose alarm it is; empty for everything else.
    device: String,
    /// The device's own name for the episode of its alarm that is open; empty for everything else.
    episode: String,
    /// Whether its device will never say that it is over.
    passing: bool,
}

/// The whole ward.
#[derive(Debug)]
pub struct Ward {
    plan: Arc<WardPlan>,
    beds: Vec<WardBed>,
    places: Places,
    devices: Devices,
    bindings: Bindings,
    identities: Identities,
    ledger: Ledger,
    people: Vec<String>,
    charting: charting::Charting,
    orders: orders::Orders,
    peers: silence::Peers,
    rosters: duty::Rosters,
    /// When each bed wants to be asked again; kept so that a turn costs one bed, not the ward.
    deadlines: Vec<Option<Moment>>,
    /// What the recovery changed of alerts and nobody has written yet.
    put_right: Vec<recorded::PutRight>,
    sound_is_off: bool,
    /// Of what somebody is being reminded.
    reminder: Option<quiet::Reminder>,
    /// Who is told what becomes of alerts.
    tells: Vec<Destination>,
    /// The last round of the canary that called as it must.
    canary: Option<Round>,
    /// The day (UTC, since 1970) on which the beds were told the ages of their patients.
    day: i64,
    /// Room for the readings of a frame, used again and again.
    readings: Vec<Reading>,
}

impl Ward {
    /// An empty ward as `plan` describes it.
    #[must_use]
    pub fn new(plan: Arc<WardPlan>) -> Self {
        let policy: &'static Policy = plan.policy;
        let mut places = Places::default();
        let labels = std::iter::once(None).chain(plan.beds.iter().map(|bed| Some(bed.label.clone())));
        let beds: Vec<WardBed> = (0..)
            .zip(labels)
            .map(|(no, label)| WardBed { label, bed: Bed::new(BedNo(no), policy), names: HashMap::new() })
            .collect();
        for (at, bed) in (1..).zip(&plan.beds) {
            places.add(at, &bed.label, &bed.locations);
        }
        Self {
            bindings: Bindings::empty(beds.len()),
            identities: Identities::default(),
            places,
            devices: Devices::default(),
            ledger: Ledger::default(),
            people: Vec::new(),
            charting: charting::Charting::default(),
            orders: orders::Orders::default(),
            peers: silence::Peers::default(),
            rosters: duty::Rosters::default(),
            deadlines: vec![None; beds.len()],
            put_right: Vec::new(),
            sound_is_off: false,
            reminder: None,
            tells: Vec::new(),
            canary: None,
            day: 0,
            readings: Vec::new(),
            beds,
            plan,
        }
    }

    /// Something happened.
    pub fn on(&mut self, event: &Event, now: Now) -> Turn {
        let mut turn = Turn::default();
        self.look_for_birthdays(now, &mut turn);
        match &*self.identities.named_anew(event) {
            Event::Frame(frame) => self.frame(frame, now, &mut turn),
            Event::Report(report) => self.report(report, now, &mut turn),
            Event::Admission(admission) => self.admission(admission, now, &mut turn),
            Event::Presence(presence) => self.presence(presence, now, &mut turn),
            Event::Alarm(alarm) => self.alarm(alarm, now, &mut turn),
            Event::Entry(entry) => self.entry(entry, now, &mut turn),
            Event::Limits(limits) => self.own_limits(limits, now, &mut turn),
            Event::Critical(limits) => self.own_critical(limits, now, &mut turn),
            Event::Answer(answer) => self.answer(answer, now, &mut turn),
            Event::AudioPause(quiet) => self.keep_quiet(Keeps::AudioPause, quiet, now, &mut turn),
            Event::Standby(quiet) => self.keep_quiet(Keeps::Standby, quiet, now, &mut turn),
            Event::Found(found) => self.found(found, now, &mut turn),
            Event::Received(received) => self.received(received, now, &mut turn),
            Event::Sounded(burst) => self.sounded(burst, now, &mut turn),
            Event::Merge(merge) => self.merge(merge, now, &mut turn),
            Event::Unidentified(movement) => self.unidentified(movement, now, &mut turn),
            Event::Ordered(ordered) => self.orders.order(ordered, now.moment),
            Event::Settle(settlement) => self.settle(settlement, now, &mut turn),
            Event::Heard(heard) => self.heard(heard, now, &mut turn),
            Event::Duty(read) => self.duty_read(read, now, &mut turn),
            Event::Canary(canary) => self.canary(canary, now, &mut turn),
        }
        turn
    }

    /// The deadline of a bed came, or of its charting. The first one after a recovery also writes what that
    /// changed.
    pub fn tick(&mut self, now: Now) -> Turn {
        let mut turn = Turn::default();
        self.write_what_was_put_right(now, &mut turn);
        self.look_for_birthdays(now, &mut turn);
        for at in 0..self.beds.len() {
            if self.deadlines.get(at).copied().flatten().is_some_and(|deadline| deadline <= now.moment) {
                self.judge(at, &rules::Event::Tick, &Cause::rules(now), &mut turn);
            }
        }
        self.chart_what_is_due(now, &mut turn);
        self.look_for_silence(now, &mut turn);
        self.end_reminder(now, &mut turn);
        self.look_for_shifts(now, &mut turn);
        turn
    }

    /// When the ward must be asked again though nothing happens.
    #[must_use]
    pub fn deadline(&self) -> Option<Moment> {
        let beds = self.deadlines.iter().flatten().copied();
        let peers = [self.charting.deadline(), self.peers.deadline(), self.rosters.deadline()];
        beds.chain(peers.into_iter().chain([self.reminder_deadline()]).flatten()).min()
    }

    /// Says whether the annunciator is off by configuration, so that receipts can say so.
    pub const fn sound_is_off(&mut self, off: bool) {
        self.sound_is_off = off;
    }

    fn entry(&mut self, entry: &BedEntry, now: Now, turn: &mut Turn) {
        let Some(at) = self.places.bed(&entry.bed) else { return turn.said.push(refused(Refusal::Unknown)) };
        turn.audit(&entry.by, format!("entered at bed {}", entry.bed), format!("{:?}", entry.entry), now);
        self.judge(at, &rules::Event::Entry(entry.entry), &Cause::person(&entry.by, "", now), turn);
        turn.said.push(Said::Done);
    }

    fn answer(&mut self, answer: &PersonAnswer, now: Now, turn: &mut Turn) {
        let holder =
            (0..self.beds.len()).find(|at| self.beds.get(*at).is_some_and(|bed| is_open(bed, answer.alert)));
        let Some(at) = holder else { return turn.said.push(self.too_late(answer.alert)) };
        let by = self.actor(&answer.by.name);
        let event =
            Answer { alert: answer.alert, by, role: answer.by.role, via: answer.via, say: answer.say };
        let mut cause = Cause::person(&answer.by, &answer.note, now);
        cause.by.answers = Some(answer.alert);
        let refusal = self.judge(at, &rules::Event::Answer(event), &cause, turn);
        turn.said.push(match refusal {
            Some(refusal) => refused(refusal),
            None => Said::Done,
        });
        if refusal.is_none() {
            self.end_what_was_passing(at, answer.alert, &cause, turn);
            self.end_what_was_handed_over(answer.alert, &cause, turn);
        }
    }

    fn found(&mut self, found: &Found, now: Now, turn: &mut Turn) {
        let at = found.bed.as_deref().and_then(|label| self.places.bed(label)).unwrap_or(0);
        if let Some(number) = reasons::number_in(Condition::Technical(found.what)) {
            self.name(at, number, "", &found.text);
        }
        let fault = Fault { what: found.what, on: found.on, key: MessageKey(now.moment.0) };
        let mut cause = Cause::rules(now);
        cause.by.reason.clone_from(&found.text);
        self.judge(at, &rules::Event::Fault(fault), &cause, turn);
    }

    fn received(&mut self, received: &Received, now: Now, turn: &mut Turn) {
        if self.ledger.receipt(received.alert, received, now.wall()) {
            turn.alerts_changed = true;
            turn.records.extend(self.ledger.write(received.alert));
            self.read_where_it_was_sent(received, now, turn);
        }
    }

    /// A burst was pulled by the sound device: it announced every alert that sounds and is no graver than it.
    fn sounded(&mut self, burst: &Burst, now: Now, turn: &mut Turn) {
        for alert in self.announced_by(burst.priority, now) {
            let (channel, to) = ("sound".to_owned(), burst.to.clone());
            self.received(&Received { alert, stage: Stage::Sounded, channel, to, error: None }, now, turn);
        }
    }

    /// Gives one event to one bed and carries its orders out; says why an answer changed nothing.
    fn judge(
        &mut self,
        at: At,
        event: &rules::Event<'_>,
        cause: &Cause<'_>,
        turn: &mut Turn,
    ) -> Option<Refusal> {
        let bed = self.beds.get_mut(at)?;
        let stood_by = bed.bed.standby().map(|(until, _)| until);
        let orders = bed.bed.on(event, cause.now.moment);
        self.look_at(at, cause.now);
        if let Some(why) = self.why_standby_ended(at, stood_by, event, cause.now) {
            self.tell_end_of_standby(at, why, cause.now, turn);
        }
        let mut refused = None;
        for order in &orders {
            self.carry_out(at, *order, cause, turn);
            if let What::Refused(refusal) = order.what {
                refused = Some(refusal);
            }
        }
        if !orders.is_empty() {
            self.tell_what_is_held_back(at, turn);
            self.look_for_unanswered(at, cause.now, turn);
        }
        refused
    }

    /// Takes down when a bed wants to be asked again.
    fn look_at(&mut self, at: At, now: Now) {
        let deadline = self.beds.get(at).and_then(|bed| bed.bed.deadline(now.moment));
        if let Some(known) = self.deadlines.get_mut(at) {
            *known = deadline;
        }
    }

    fn name(&mut self, at: At, number: u32, code: &str, name: &str) {
        if let Some(bed) = self.beds.get_mut(at) {
            // Most codes come again and again: what is there already is written over.
            let known = bed.names.entry(number).or_default();
            code.clone_into(&mut known.code);
            name.clone_into(&mut known.name);
        }
    }

    fn actor(&mut self, name: &str) -> Actor {
        let known = self.people.iter().position(|person| person == name);
        let at = known.unwrap_or_else(|| {
            self.people.push(name.to_owned());
            self.people.len() - 1
        });
        Actor(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// An answer to an alert that is no longer open: one that just was is known. Who was first is in the
    /// record.
    fn too_late(&self, alert: AlertId) -> Said {
        let known = self.ledger.recently(alert).is_some();
        refused(if known { Refusal::Already } else { Refusal::Unknown })
    }
}

fn is_open(bed: &WardBed, alert: AlertId) -> bool {
    bed.bed.alert(alert).is_some_and(|alert| alert.state != AlertState::Resolved)
}

const fn refused(refusal: Refusal) -> Said {
    Said::Refused(refusal, None)
}

/// A number that tells a code or a name apart, the same on every day and machine.
fn number_of(text: &str) -> u32 {
    let MessageKey(key) = key_of(&[b"number", text.as_bytes()]);
    u32::try_from(key >> 32).unwrap_or(u32::MAX)
}

/// What the API calls the condition of an alert, with the code behind it where it has one.
fn code_of(condition: Condition, names: &HashMap<u32, Named>) -> String {
    let told = match condition {
        Condition::Laboratory(Analyte::Other(number), _) | Condition::DeviceRaised(number) => {
            names.get(&number).map_or("", |named| named.code.as_str())
        }
        _ => "",
    };
    words::code(condition, told)
}

#[cfg(test)]
mod tests;
