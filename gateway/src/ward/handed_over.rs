//! A patient who leaves the ward with an alert that is not over: whoever answers for them is told by message,
//! and the station is shown it until a person has read the one or the other. It ends no alert of theirs.

use std::sync::Arc;

use rules::alert::{AlertState, Condition, Technical};
use rules::ladder::Recipient;
use rules::{Alert, AlertId, Kind, Priority};

use super::places::At;
use super::{Cause, Now, Turn, Ward, number_of};
use crate::event::{Found, Received, Stage, Uhid};
use crate::record::AlertRecord;

impl Ward {
    /// What is open of a patient on these beds and must be known where they go. A low alert need not be.
    pub(super) fn open_of(&self, patient: &Uhid, beds: &[At]) -> Vec<Arc<AlertRecord>> {
        let labels: Vec<Option<String>> = beds.iter().map(|at| self.label(*at)).collect();
        let is_theirs = |record: &&Arc<AlertRecord>| {
            record.patient.as_ref() == Some(patient) && labels.contains(&record.bed)
        };
        let goes_along =
            |record: &&Arc<AlertRecord>| record.kind != Kind::Technical && record.priority > Priority::Low;
        let mut open: Vec<Arc<AlertRecord>> =
            self.ledger.open().filter(is_theirs).filter(goes_along).map(Arc::clone).collect();
        open.sort_by_key(|record| (std::cmp::Reverse(record.priority), record.raised_at));
        open
    }

    /// Hands over what was open of a patient who is on no bed of the ward any more; one who is back needs no
    /// hand-over.
    pub(super) fn hand_over(&mut self, patient: &Uhid, open: &[Arc<AlertRecord>], now: Now, turn: &mut Turn) {
        let what = hand_over_of(patient);
        if self.bindings.lies_on(patient).is_some() {
            return self.look_no_more(0, what, now, turn);
        }
        let Some(gravest) = open.first() else { return };
        let bed = gravest.bed.as_deref().unwrap_or_default();
        let more = match open.len() {
            1 => String::new(),
            all => format!(" and {} more", all - 1),
        };
        let text = format!(
            "the patient of bed {bed} has left with an alert that is not over: {}{more}; tell who takes over",
            gravest.title
        );
        self.found(&Found { bed: None, what, on: true, text }, now, turn);
        let Some(id) = self.open_hand_over(what) else { return };
        let named = gravest.attending.clone().or_else(|| self.rosters.attending_of(Some(patient)));
        let people = self.people(Recipient::Attending, named.as_deref(), now.wall());
        self.ledger.edit(id, |record| {
            record.patient = Some(patient.clone());
            record.attending = named;
            record.chain.know(Recipient::Attending, people);
        });
        self.call_attending(id, now, turn);
        turn.records.extend(self.ledger.write(id));
    }

    fn open_hand_over(&self, what: Technical) -> Option<AlertId> {
        let is_it = |alert: &&Alert| alert.condition == Condition::Technical(what) && alert.is_open();
        self.beds.first()?.bed.alerts().find(is_it).map(|alert| alert.id)
    }

    /// A hand-over is over once a person has read it: at the station, or where it was sent to.
    pub(super) fn end_what_was_handed_over(&mut self, id: AlertId, cause: &Cause<'_>, turn: &mut Turn) {
        let Some(alert) = self.beds.first().and_then(|ward| ward.bed.alert(id)) else { return };
        let (Condition::Technical(what @ Technical::HandOver(_)), AlertState::Acknowledged) =
            (alert.condition, alert.state)
        else {
            return;
        };
        self.look_no_more(0, what, cause.now, turn);
    }

    /// The message was opened: that ends a hand-over, and no other alert.
    pub(super) fn read_where_it_was_sent(&mut self, received: &Received, now: Now, turn: &mut Turn) {
        let alert = self.beds.first().and_then(|ward| ward.bed.alert(received.alert));
        let condition = alert.filter(|alert| alert.is_open()).map(|alert| alert.condition);
        let is_read = matches!(received.stage, Stage::Read | Stage::Accepted) && received.error.is_none();
        if let (Some(Condition::Technical(what @ Technical::HandOver(_))), true) = (condition, is_read) {
            self.look_no_more(0, what, now, turn);
        }
    }
}

fn hand_over_of(patient: &Uhid) -> Technical {
    Technical::HandOver(number_of(&format!("hand-over {}", patient.0)))
}
