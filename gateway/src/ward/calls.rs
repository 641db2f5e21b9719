//! Carrying orders out: the record follows, and a due step becomes what is owed to people.
//!
//! Sound and board need nothing from here: they show the ward as it is. What leaves the room goes through the
//! outbox.

use std::sync::Arc;

use rules::bed::{Order, What};
use rules::event::ResultStatus;
use rules::ladder::{Channel, Recipient, Tell};
use rules::{AlertId, Kind, Priority};

use super::movements::is_of_place;
use super::places::At;
use super::reasons::{self, ReportContext, Scene};
use super::{Cause, Now, Turn, Ward, code_of};
use crate::config::roster::recipient_word;
use crate::event::{Received, Stage};
use crate::journal::Record;
use crate::owed::{Call, Destination, Owed, Parcel};
use crate::record::{AlertRecord, Escalation};
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
        match order.what {
            What::Raised => self.raise(at, id, report, now),
            What::Worsened | What::Returned => self.retell(at, id, report, now),
            What::Call { step } => self.call(at, Due { alert: id, step, now }, turn),
            _ => {}
        }
        if let Some(alert) = self.beds.get(at).and_then(|bed| bed.bed.alert(id)).copied() {
            self.ledger.follow(&alert, |moment| now.wall_of(moment));
        }
        turn.records.extend(self.told(id, order.what, now).into_iter().map(Record::Owed));
        turn.records.extend(self.task_done(id, order.what, now).map(Record::Owed));
        turn.records.push(Record::Change(self.ledger.note(id, order.what, &cause.by, now.wall())));
        turn.records.extend(self.ledger.write(id));
        turn.alerts.push(words::alert_id(id));
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
            .or_else(|| settled.and_then(|binding| binding.attending.clone()));
        let scene = Scene { ward: self, bed, alert: &alert, report, now };
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
            escalation: Escalation::default(),
            held_back: None,
            receipts: Vec::new(),
            attending,
            charting_held: held,
            whose_in_doubt: doubt,
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

    /// A step is due: everybody whom it names, and whose part is still missing, is owed a call.
    fn call(&mut self, at: At, due: Due, turn: &mut Turn) {
        let Some(alert) = self.beds.get(at).and_then(|bed| bed.bed.alert(due.alert)).copied() else { return };
        let Some(tells) = self.plan.policy.ladder(alert.class).step(due.step).map(|step| step.tells.clone())
        else {
            return;
        };
        for tell in &tells {
            let doctors = matches!(tell.whom, Recipient::Attending | Recipient::DutyDoctor);
            if !(doctors && alert.answered.accepted.is_some()) {
                turn.records.extend(self.tell(*tell, due).map(Record::Owed));
                turn.records.extend(self.task(due.alert, *tell, due.now).map(Record::Owed));
            }
        }
    }

    fn tell(&mut self, tell: Tell, due: Due) -> Option<Owed> {
        let record = Arc::clone(self.ledger.get(due.alert)?);
        match tell.by {
            Channel::Sound if self.sound_is_off => {
                self.sound_would_have_been(due);
                None
            }
            Channel::Sound | Channel::Board => None,
            // What the chart must not yet know of waits until the binding is settled; the phone does not.
            Channel::His if record.charting_held && record.kind == Kind::Laboratory => None,
            Channel::His => self.notice(&record, tell.whom, due),
            Channel::WhatsApp => self.phone(&record, tell.whom, due),
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

    /// A notification in the HIS.
    fn notice(&self, record: &AlertRecord, whom: Recipient, due: Due) -> Option<Owed> {
        let contact = self.plan.roster.resolve(whom, record.attending.as_deref())?;
        if contact.his_user.is_empty() {
            return None;
        }
        let bed = record.bed.as_deref().unwrap_or("no bed of this ward");
        let parcel = Parcel::Notice {
            patient: record.patient.clone(),
            user: contact.his_user.clone(),
            to: recipient_word(whom).to_owned(),
            subject: format!(
                "{}: bed {bed}: {}",
                crate::record::priority::word(record.priority),
                record.title
            ),
            alert: record.id.clone(),
        };
        Some(owed(record, due, &contact.his_user, Destination::Frappe, parcel))
    }

    fn phone(&self, record: &AlertRecord, whom: Recipient, due: Due) -> Option<Owed> {
        let contact = self.plan.roster.resolve(whom, record.attending.as_deref())?;
        if contact.phone.is_empty() {
            return None;
        }
        let parcel = Parcel::Phone {
            number: contact.phone.clone(),
            to: recipient_word(whom).to_owned(),
            bed: record.bed.clone().unwrap_or_else(|| self.plan.name.clone()),
            high: record.priority == Priority::High,
            code: record.code.clone(),
            value: record.value(),
            alert: record.id.clone(),
        };
        Some(owed(record, due, &contact.phone, Destination::Whatsapp, parcel))
    }

    /// A binding was settled or ended: what was held for it is charted, and the mark goes. What no patient is
    /// named for is this one's only if it was taken after the binding began, and a result only if the binding
    /// was heard of after it called: who lay there all along was not named though they could have been.
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
        for id in held {
            self.ledger.edit(id, |record| {
                record.charting_held = false;
                record.patient = Some(binding.patient.clone());
                record.attending = record.attending.take().or_else(|| binding.attending.clone());
                record.notes.retain(|note| !is_of_place(note));
            });
            let Some(record) = self.ledger.get(id).cloned() else { continue };
            if record.kind == Kind::Laboratory {
                let owed = self.notice(&record, Recipient::Attending, Due { alert: id, step: 0, now });
                turn.records.extend(owed.map(Record::Owed));
                let tell = Tell { whom: Recipient::Attending, by: Channel::His };
                turn.records.extend(self.task(id, tell, now).map(Record::Owed));
            }
            turn.alerts_changed = true;
            turn.records.extend(self.ledger.write(id));
        }
    }
}

/// A parcel with its stable key: the same call to the same person for the same climb of the ladder is owed
/// once.
fn owed(record: &AlertRecord, due: Due, whom: &str, destination: Destination, parcel: Parcel) -> Owed {
    let call = Call { alert: record.alert.id, climb: record.alert.called_from, step: due.step };
    let key = call.key(destination, whom);
    Owed { key, destination, alert: Some((record.alert.id, due.step)), due: due.now.moment, parcel }
}
