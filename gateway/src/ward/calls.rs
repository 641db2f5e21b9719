//! Carrying orders out: the record follows, and a due step becomes what is owed to people.
//!
//! Sound and board need nothing from here: they show the ward as it is. What leaves the room goes through the
//! outbox.

use std::sync::Arc;

use rules::alert::Condition;
use rules::bed::{Order, What};
use rules::event::ResultStatus;
use rules::ladder::{Channel, Recipient, Tell};
use rules::{Alert, AlertId, Kind, Priority, Technical};

use super::movements::is_of_place;
use super::places::At;
use super::reasons::{self, ReportContext, Scene};
use super::{Cause, Now, Turn, Ward, code_of};
use crate::config::roster::{Contact, recipient_word};
use crate::event::{Received, Stage};
use crate::journal::Record;
use crate::owed::{Call, Destination, Owed, Parcel};
use crate::record::{AlertRecord, Chain, Escalation};
use crate::strangers::is_about_one;
use crate::words;

/// A step of an alert's ladder that is due now.
#[derive(Clone, Copy, Debug)]
struct Due {
    alert: AlertId,
    step: u16,
    now: Now,
}

impl Ward {
    /// Carries one order of one bed out.
    pub(super) fn carry_out(&mut self, at: At, order: Order, cause: &Cause<'_>, turn: &mut Turn) {
        let (now, report) = (cause.now, cause.report);
        turn.alerts_changed = true;
        let id = order.alert;
        self.note_correction(id, order.what, report);
        self.remind(id, order.what, now);
        match order.what {
            What::Raised => {
                self.raise(at, id, report, now);
                self.call_it(id, now, turn);
            }
            What::Worsened | What::Returned => self.retell(at, id, report, now),
            What::Call { step } => self.call(at, Due { alert: id, step, now }, turn),
            _ => {}
        }
        if let Some(alert) = self.beds.get(at).and_then(|bed| bed.bed.alert(id)).copied() {
            self.ledger.follow(&alert, |moment| now.wall_of(moment));
        }
        turn.records.extend(self.told(id, order.what, now).into_iter().map(Record::Owed));
        turn.records.extend(self.task_done(id, order.what, now).map(Record::Owed));
        turn.records.extend(self.called_off(id, order.what, now));
        turn.records.push(Record::Change(self.ledger.note(id, order.what, &cause.by, now.wall())));
        turn.records.extend(self.ledger.write(id));
        turn.alerts.push(words::alert_id(id));
    }

    /// Once nobody need come any more, calls that did not get through are not owed. A laboratory critical is
    /// owed both its parts; a hand-over tells where a patient went, whoever has read it here; and what the
    /// gateway found wrong with itself, and nobody answered, may be well for a moment only.
    fn called_off(&self, id: AlertId, what: What, now: Now) -> Option<Record> {
        use What::{Accepted, Acknowledged, Resolved, Shelved, Withdrawn};
        if !matches!(what, Acknowledged | Shelved | Accepted | Resolved | Withdrawn) {
            return None;
        }
        let record = self.ledger.get(id)?;
        let goes_anyway = match record.alert.condition {
            Condition::Technical(Technical::HandOver(_)) => true,
            Condition::Technical(Technical::Judging | Technical::Store | Technical::Sound) => {
                record.alert.answered.acknowledged.is_none()
            }
            _ => false,
        };
        let may_wait = record.alert.steps_called > 0 && record.chain.leaves_the_room();
        (may_wait && !record.alert.is_owed_an_answer() && !goes_anyway)
            .then(|| Record::CalledOff { wall: now.wall(), alert: id })
    }

    fn raise(&mut self, at: At, id: AlertId, report: Option<&ReportContext<'_>>, now: Now) {
        let Some(bed) = self.beds.get(at) else { return };
        let Some(alert) = bed.bed.alert(id).copied() else { return };
        let settled = self.bindings.settled(at);
        let patient = match (alert.condition.kind(), report) {
            (Kind::Laboratory, Some(context)) => context.matched.patient.clone(),
            _ => settled.map(|binding| binding.patient.clone()),
        };
        let doubt = report.is_some_and(|context| context.matched.doubt.is_some());
        let held = settled.is_none() || doubt || report.is_some_and(|context| !context.matched.admitted);
        let attending = report
            .and_then(|context| context.report.attending.clone())
            .or_else(|| settled.and_then(|binding| binding.attending.clone()))
            .or_else(|| self.rosters.attending_of(patient.as_ref()));
        let scene = Scene { ward: self, bed, alert: &alert, report, now };
        let chain = self.freeze(&alert, attending.as_deref(), now);
        let record = AlertRecord {
            id: words::alert_id(id),
            bed: bed.label.clone(),
            patient,
            kind: alert.condition.kind(),
            code: code_of(alert.condition, &bed.names),
            title: reasons::title(&scene),
            priority: alert.priority,
            state: alert.state,
            raised_at: now.wall_of(alert.raised_at),
            changed_at: now.wall_of(alert.changed_at),
            reasons: reasons::reasons(&scene),
            notes: reasons::notes(&alert, report, at != 0, now),
            acknowledged: None,
            accepted: None,
            shelved: None,
            escalation: Escalation::default(),
            held_back: None,
            receipts: Vec::new(),
            attending,
            charting_held: held,
            whose_in_doubt: doubt,
            chain,
            alert,
        };
        self.ledger.put(id, record);
        let (channel, to) = ("gateway".to_owned(), "ward".to_owned());
        let computed = Received { alert: id, stage: Stage::Computed, channel, to, error: None };
        self.ledger.receipt(id, &computed, now.wall());
    }

    /// What the laboratory took back is told on the alert that stood on it.
    fn note_correction(&mut self, id: AlertId, what: What, report: Option<&ReportContext<'_>>) {
        let Some(item) = report.map(|context| context.item) else { return };
        self.ledger.edit(id, |record| {
            let before = record.reasons.first().and_then(|reason| reason.value.as_deref()).unwrap_or("?");
            let note = match (item.status, what) {
                _ if record.kind != Kind::Laboratory => return,
                (ResultStatus::Corrected, What::Worsened | What::Withdrawn) => {
                    format!("corrected by the laboratory: {before} → {}", item.text)
                }
                (ResultStatus::Withdrawn, What::Worsened | What::Withdrawn) => {
                    format!("withdrawn by the laboratory: {before}")
                }
                _ => return,
            };
            record.notes.push(note);
        });
    }

    /// A condition that worsened is told anew, with the values of now.
    fn retell(&mut self, at: At, id: AlertId, report: Option<&ReportContext<'_>>, now: Now) {
        let Some(bed) = self.beds.get(at) else { return };
        let Some(alert) = bed.bed.alert(id).copied() else { return };
        let scene = Scene { ward: self, bed, alert: &alert, report, now };
        let (title, reasons) = (reasons::title(&scene), reasons::reasons(&scene));
        self.ledger.edit(id, |record| (record.title, record.reasons) = (title, reasons));
    }

    /// Calls the attending doctor by every way there is, whatever the ladder says.
    pub(super) fn call_attending(&self, alert: AlertId, now: Now, turn: &mut Turn) {
        let Some(record) = self.ledger.get(alert) else { return };
        let due = Due { alert, step: 0, now };
        let owed = notices(record, Recipient::Attending, due).into_iter();
        let owed = owed.chain(self.phones(record, Recipient::Attending, due));
        turn.records.extend(owed.map(Record::Owed));
    }

    /// Calls IT by phone when somebody was turned away at a door of the house, whatever the ladder says: at
    /// the bedside nobody can do anything about it.
    fn call_it(&mut self, alert: AlertId, now: Now, turn: &mut Turn) {
        let Some(record) = self.ledger.get(alert) else { return };
        let Condition::Technical(what) = record.alert.condition else { return };
        if !is_about_one(what) {
            return;
        }
        let people = self.people(Recipient::It, None, now.wall());
        self.ledger.edit(alert, |record| record.chain.know(Recipient::It, people));
        let Some(record) = self.ledger.get(alert) else { return };
        let owed = self.phones(record, Recipient::It, Due { alert, step: 0, now });
        turn.records.extend(owed.into_iter().map(Record::Owed));
    }

    /// The chain of a climb that begins now.
    fn freeze(&self, alert: &Alert, attending: Option<&str>, now: Now) -> Chain {
        let ladder = self.plan.policy.ladder(alert.class);
        Chain::frozen(alert, ladder, |whom| self.people(whom, attending, now.wall()))
    }

    /// A step is due: everybody whom it names, and whose part is still missing, is owed a call. After the
    /// last step nobody has answered, and the ward's own phone is called whatever the ladder says.
    fn call(&mut self, at: At, due: Due, turn: &mut Turn) {
        let Some(alert) = self.beds.get(at).and_then(|bed| bed.bed.alert(due.alert)).copied() else { return };
        let Some(chain) = self.chain_of(&alert, due.now) else { return };
        let mut tells = chain.step(due.step).to_vec();
        if chain.is_first_repeat(due.step) && chain.leaves_the_room() && !tells.contains(&EVERYBODY) {
            tells.push(EVERYBODY);
        }
        for tell in tells {
            if !(tell.whom.is_doctor() && alert.answered.accepted.is_some()) {
                turn.records.extend(self.tell(tell, due).into_iter().map(Record::Owed));
                turn.records.extend(self.tasks(due.alert, tell, due.now).into_iter().map(Record::Owed));
            }
        }
    }

    /// The chain of the climb that the alert is on, frozen now where it begins only now.
    fn chain_of(&mut self, alert: &Alert, now: Now) -> Option<Chain> {
        let record = self.ledger.get(alert.id)?;
        if record.chain.is_of(alert) {
            return Some(record.chain.clone());
        }
        let chain = self.freeze(alert, record.attending.as_deref(), now);
        self.ledger.edit(alert.id, |record| record.chain.clone_from(&chain));
        Some(chain)
    }

    fn tell(&mut self, tell: Tell, due: Due) -> Vec<Owed> {
        let Some(record) = self.ledger.get(due.alert).map(Arc::clone) else { return Vec::new() };
        match tell.by {
            Channel::Sound if self.sound_is_off => {
                self.sound_would_have_been(due);
                Vec::new()
            }
            Channel::Sound | Channel::Board => Vec::new(),
            Channel::His => notices(&record, tell.whom, due),
            Channel::WhatsApp => self.phones(&record, tell.whom, due),
        }
    }

    /// The receipt of a sound that configuration keeps off.
    fn sound_would_have_been(&mut self, due: Due) {
        let off = Received {
            alert: due.alert,
            stage: Stage::Computed,
            channel: "sound".to_owned(),
            to: "station".to_owned(),
            error: Some("off by configuration".to_owned()),
        };
        self.ledger.receipt(due.alert, &off, due.now.wall());
    }

    /// A message to each phone; whoever has none is called on the ward's.
    fn phones(&self, record: &AlertRecord, whom: Recipient, due: Due) -> Vec<Owed> {
        let people = record.chain.people(whom);
        let of_ward = || record.chain.people(Recipient::Ward).iter().find(|person| !person.phone.is_empty());
        let reach = |person: &Contact| {
            let has_one = !person.phone.is_empty();
            let number = if has_one { &person.phone } else { &of_ward()?.phone };
            let word = role_of(whom, person, people);
            let to = if has_one { word } else { format!("ward for {word}") };
            let parcel = Parcel::Phone {
                number: number.clone(),
                to,
                bed: record.bed.clone().unwrap_or_else(|| self.plan.name.clone()),
                high: record.priority == Priority::High,
                code: record.code.clone(),
                value: record.value(),
                alert: record.id.clone(),
            };
            (!number.is_empty()).then(|| owed(record, due, number, Destination::Whatsapp, parcel))
        };
        people.iter().filter_map(reach).collect()
    }

    /// A binding was settled or ended: what was held for it is its patient's, and the mark goes. What no
    /// patient is named for is this one's only if it was taken after the binding began, and a result only if
    /// the binding was heard of after it called: who lay there all along was not named though they could have
    /// been.
    pub(super) fn settle_charting(&mut self, at: At, now: Now, turn: &mut Turn) {
        let Some(binding) = self.bindings.settled(at).cloned() else { return };
        let label = self.beds.get(at).and_then(|bed| bed.label.clone());
        let since = now.moment_of(binding.since);
        let heard = now.moment_of(binding.heard);
        let is_theirs = |record: &AlertRecord| match &record.patient {
            Some(patient) => *patient == binding.patient,
            None if record.kind == Kind::Laboratory && record.alert.called_from >= heard => false,
            None => record.alert.evidence.taken >= since,
        };
        let held = self.ledger.open().filter(|record| {
            record.charting_held && !record.whose_in_doubt && record.bed == label && is_theirs(record)
        });
        let held: Vec<AlertId> = held.map(|record| record.alert.id).collect();
        let named = binding.attending.or_else(|| self.rosters.attending_of(Some(&binding.patient)));
        let attending = self.people(Recipient::Attending, named.as_deref(), now.wall());
        for id in held {
            self.ledger.edit(id, |record| {
                record.charting_held = false;
                record.patient = Some(binding.patient.clone());
                if record.attending.is_none() && named.is_some() {
                    record.attending.clone_from(&named);
                    record.chain.know(Recipient::Attending, attending.clone());
                }
                record.notes.retain(|note| !is_of_place(note));
            });
            let Some(record) = self.ledger.get(id).cloned() else { continue };
            if record.kind == Kind::Laboratory {
                turn.records.extend(self.told_by_now(&record, now).into_iter().map(Record::Owed));
            }
            turn.alerts_changed = true;
            turn.records.extend(self.ledger.write(id));
        }
    }

    /// What its attending doctor was told of a result in the HIS by now, for the one who became known only
    /// now. It is the same call of the same step: whoever had it is owed nothing more.
    fn told_by_now(&self, record: &AlertRecord, now: Now) -> Vec<Owed> {
        let called = (0..record.alert.steps_called).find(|step| record.chain.step(*step).contains(&BELL));
        let (Some(step), None) = (called, record.alert.answered.accepted.as_ref()) else { return Vec::new() };
        let due = Due { alert: record.alert.id, step, now };
        let mut owed = notices(record, Recipient::Attending, due);
        owed.extend(self.tasks(due.alert, BELL, now));
        owed
    }
}

/// The attending doctor, by the bell in the HIS.
const BELL: Tell = Tell { whom: Recipient::Attending, by: Channel::His };

/// Everybody, by the ward's own phone.
const EVERYBODY: Tell = Tell { whom: Recipient::Ward, by: Channel::WhatsApp };

/// What is said of a result after its title while it is not settled whose it is.
pub(super) fn doubted(record: &AlertRecord) -> &'static str {
    if record.kind == Kind::Laboratory && record.charting_held { "; whose it is, is not settled" } else { "" }
}

/// A notification in the HIS for everybody who has an account there. It calls as the phone does, whose alert
/// it may be; it names a patient there only where that is settled.
fn notices(record: &AlertRecord, whom: Recipient, due: Due) -> Vec<Owed> {
    let people = record.chain.people(whom);
    let bed = record.bed.as_ref().map_or("no bed of this ward".to_owned(), |bed| format!("bed {bed}"));
    let priority = crate::record::priority::word(record.priority);
    let notice = |person: &Contact| {
        let parcel = Parcel::Notice {
            patient: record.settled_patient().cloned(),
            user: person.his_user.clone(),
            to: role_of(whom, person, people),
            subject: format!("{priority}: {bed}: {}{}", record.title, doubted(record)),
            alert: record.id.clone(),
        };
        owed(record, due, &person.his_user, Destination::Frappe, parcel)
    };
    people.iter().filter(|person| !person.his_user.is_empty()).map(notice).collect()
}

/// The role for the receipt, and who of several it is.
pub(super) fn role_of(whom: Recipient, person: &Contact, people: &[Contact]) -> String {
    match people {
        [_, _, ..] if !person.id.is_empty() => format!("{} {}", recipient_word(whom), person.id),
        _ => recipient_word(whom).to_owned(),
    }
}

/// A parcel with its stable key: the same call to the same person for the same climb of the ladder is owed
/// once.
fn owed(record: &AlertRecord, due: Due, whom: &str, destination: Destination, parcel: Parcel) -> Owed {
    let call = Call { alert: record.alert.id, climb: record.alert.called_from, step: due.step };
    let key = call.key(destination, whom);
    Owed { key, destination, alert: Some((record.alert.id, due.step)), due: due.now.moment, parcel }
}
