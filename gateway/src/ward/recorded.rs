//! What was recorded wins over what a replay came to.
//!
//! A replay under another policy, or over another list of beds, may raise the same alert at another bed and
//! so under another name, or not at all. After it every alert that the record holds as open is open once,
//! where a person can answer it, and goes on with the ladder that it was on; what the replay raised in its
//! place is dropped. What the record must learn of this is written with the ward's first tick.

use std::collections::HashSet;
use std::sync::Arc;

use rules::{Alert, AlertId, AlertState, Condition, Moment, Technical};

use super::places::At;
use super::{Named, Now, Turn, Ward, number_of};
use crate::journal::Record;
use crate::record::{AlertChange, AlertRecord};

/// The mark of an alert that the record knew and the replay did not reproduce.
const RECORDED: &str = "recorded before the last start";

/// Why a recorded alert is over though nobody ended it.
const NOT_HELD: &str = "ended at the start: the same is open under another name, or there was no room for it";

/// One alert whose record must be written again, and why.
#[derive(Debug)]
pub(super) struct PutRight {
    record: AlertRecord,
    what: &'static str,
}

impl Ward {
    /// Lets what was recorded win over what the replay came to by `now`.
    pub fn recorded(&mut self, mut records: Vec<AlertRecord>, now: Moment) {
        // Should two have been recorded for one condition of one bed, the one that changed last stays.
        records.sort_by_key(|record| record.alert.changed_at);
        let known: HashSet<AlertId> = records.iter().map(|record| record.alert.id).collect();
        let reproduced: HashSet<AlertId> = records
            .iter()
            .filter(|record| self.is_reproduced(record))
            .map(|record| record.alert.id)
            .collect();
        self.give_way(&records, &known);
        for record in records {
            let is_reproduced = reproduced.contains(&record.alert.id);
            self.put_back(record, is_reproduced);
        }
        self.end_what_no_bed_holds(&known);
        self.deadlines = self.beds.iter().map(|bed| bed.bed.deadline(now)).collect();
    }

    /// Writes down what the recovery changed; nothing, once it is written.
    pub(super) fn write_what_was_put_right(&mut self, now: Now, turn: &mut Turn) {
        for PutRight { mut record, what } in std::mem::take(&mut self.put_right) {
            if record.state == AlertState::Resolved {
                record.changed_at = now.wall();
            }
            turn.records.push(Record::Change(AlertChange {
                alert: record.id.clone(),
                at: now.wall(),
                what: what.to_owned(),
                actor: "rules".to_owned(),
                station: String::new(),
                reason: RECORDED.to_owned(),
            }));
            turn.alerts.push(record.id.clone());
            turn.alerts_changed = true;
            turn.records.push(Record::Alert(Arc::new(record)));
        }
    }

    /// Where a recorded alert belongs now: at the ward itself where its bed is gone.
    fn place_of(&self, record: &AlertRecord) -> At {
        record.bed.as_deref().and_then(|label| self.places.bed(label)).unwrap_or(0)
    }

    /// Whether the replay came to the same where the record has it, under whatever name.
    fn is_reproduced(&self, record: &AlertRecord) -> bool {
        let is_it = |alert: &Alert| alert.id == record.alert.id || alert.condition == record.alert.condition;
        let bed = self.beds.get(self.place_of(record));
        bed.is_some_and(|bed| bed.bed.alerts().any(|alert| alert.is_open() && is_it(alert)))
    }

    /// Takes out what the replay raised of what is recorded otherwise: the same alert at another bed, or
    /// another of the same condition.
    fn give_way(&mut self, records: &[AlertRecord], known: &HashSet<AlertId>) {
        for at in 0..self.beds.len() {
            let Some(bed) = self.beds.get(at) else { continue };
            let open = bed.bed.alerts().filter(|alert| alert.is_open());
            let gives_way = |alert: &Alert| records.iter().any(|record| self.wins(record, alert, at, known));
            let giving_way: Vec<Alert> = open.copied().filter(gives_way).collect();
            for alert in giving_way {
                self.take_out(at, alert);
            }
        }
    }

    fn wins(&self, record: &AlertRecord, alert: &Alert, at: At, known: &HashSet<AlertId>) -> bool {
        let elsewhere = self.place_of(record) != at;
        if record.alert.id == alert.id {
            return elsewhere;
        }
        // What is a patient's is wherever they are; the results of nobody are of as many as there are beds.
        let of_one_patient = record.alert.condition.patient().is_some() && record.patient.is_some();
        let same = record.alert.condition == alert.condition && (!elsewhere || of_one_patient);
        same && !known.contains(&alert.id)
    }

    fn take_out(&mut self, at: At, alert: Alert) {
        if let Some(bed) = self.beds.get_mut(at) {
            bed.bed.put_back(Alert { state: AlertState::Resolved, next_at: None, ..alert });
        }
        self.ledger.forget(alert.id);
    }

    /// Puts one alert back with its record, as it was.
    fn put_back(&mut self, mut record: AlertRecord, is_reproduced: bool) {
        let at = self.place_of(&record);
        let mut changed = None;
        if !is_reproduced && !record.notes.iter().any(|note| note == RECORDED) {
            record.notes.push(RECORDED.to_owned());
            changed = Some("put back at the start: what came before it does not lead to it any more");
        }
        if let Some(label) = record.bed.take_if(|_| at == 0) {
            record.notes.push(format!("raised at bed {label}, which is no bed of this ward any more"));
            record.alert.condition = of_no_bed(&record);
            changed = Some("moved to the ward at the start: its bed is gone");
        }
        if is_of_no_bed(&record) {
            self.name_what_is_of_no_bed(&record);
        }
        if let Some(bed) = self.beds.get_mut(at) {
            bed.bed.put_back(record.alert);
        }
        if let Some(what) = changed {
            self.put_right.push(PutRight { record: record.clone(), what });
        }
        self.ledger.put(record.alert.id, record);
    }

    /// Nothing will judge it again: whoever answers first ends it.
    fn name_what_is_of_no_bed(&mut self, record: &AlertRecord) {
        let (code, name) = (record.code.clone(), record.title.clone());
        let named = Named { code, name, passing: true, ..Named::default() };
        if let Some(ward) = self.beds.first_mut() {
            ward.names.insert(number_of(&record.id), named);
        }
    }

    /// An alert that no bed holds can be answered by nobody. What the record knows is ended with a line that
    /// says so; what only the replay knew never was.
    fn end_what_no_bed_holds(&mut self, known: &HashSet<AlertId>) {
        let lost: Vec<Arc<AlertRecord>> =
            self.ledger.open().filter(|record| !self.is_held(record)).map(Arc::clone).collect();
        for record in lost {
            let at = self.place_of(&record);
            self.take_out(at, record.alert);
            if known.contains(&record.alert.id) {
                let mut record = AlertRecord::clone(&record);
                (record.state, record.alert.state) = (AlertState::Resolved, AlertState::Resolved);
                (record.alert.next_at, record.escalation.next_at) = (None, None);
                record.notes.push(NOT_HELD.to_owned());
                tracing::error!(alert = record.id, NOT_HELD);
                self.put_right.retain(|before| before.record.alert.id != record.alert.id);
                self.put_right.push(PutRight { record, what: NOT_HELD });
            }
        }
    }

    /// Whether a bed has the alert. What folds comes back when it is said again, and of a bed that is gone
    /// nothing is.
    fn is_held(&self, record: &AlertRecord) -> bool {
        let id = record.alert.id;
        if is_of_no_bed(record) {
            return self.beds.first().is_some_and(|ward| super::is_open(ward, id));
        }
        self.beds.iter().any(|bed| bed.bed.holds_on_to(id))
    }
}

/// The condition under which the ward itself keeps an alert of a bed that is gone: one of its own, because
/// the same may have been open at two such beds, and nothing at the ward may end what it does not know. What
/// is a patient's stays so.
fn of_no_bed(record: &AlertRecord) -> Condition {
    let number = number_of(&record.id);
    match record.alert.condition {
        Condition::Laboratory(..) => record.alert.condition,
        Condition::Technical(_) => Condition::Technical(Technical::Raised(number)),
        _ => Condition::DeviceRaised(number),
    }
}

fn is_of_no_bed(record: &AlertRecord) -> bool {
    let own = record.alert.condition == of_no_bed(record);
    record.bed.is_none() && own && record.alert.condition.patient().is_none()
}
