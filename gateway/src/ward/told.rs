//! What becomes of alerts, told to systems that asked for it: each start, change and end. It calls nobody.

use rules::AlertId;
use rules::bed::What;

use super::{Now, Ward};
use crate::owed::{Alarm, AlarmPhase, Destination, Owed, Parcel};
use crate::record::AlertRecord;

impl Ward {
    /// Says who is told what becomes of alerts.
    pub fn tells(&mut self, destinations: Vec<Destination>) {
        self.tells = destinations;
    }

    /// What an order of an alert is to those who are told.
    pub(super) fn told(&self, alert: AlertId, what: What, now: Now) -> Vec<Owed> {
        let Some((record, phase)) = self.ledger.get(alert).zip(phase(what)) else { return Vec::new() };
        let owed = |to: &Destination| Owed {
            key: format!("alarm-{}-{:x}-{}-{}", record.id, now.moment.0, word(phase), to.word()),
            destination: *to,
            alert: Some((alert, record.alert.steps_called)),
            due: now.moment,
            parcel: Parcel::Alarm(alarm(record, phase, now)),
        };
        self.tells.iter().map(owed).collect()
    }
}

/// Which phase an order is the beginning of; none where it changes nothing that others see.
const fn phase(what: What) -> Option<AlarmPhase> {
    match what {
        What::Raised => Some(AlarmPhase::Start),
        What::Resolved | What::Withdrawn => Some(AlarmPhase::End),
        What::Returned
        | What::Worsened
        | What::Eased
        | What::Recalled
        | What::Acknowledged
        | What::Shelved
        | What::Accepted
        | What::Rejected
        | What::Latched => Some(AlarmPhase::Continue),
        What::HeldBack
        | What::LetGo
        | What::Reminded
        | What::Call { .. }
        | What::Seen
        | What::Folded
        | What::Refused(_) => None,
    }
}

const fn word(phase: AlarmPhase) -> &'static str {
    match phase {
        AlarmPhase::Start => "start",
        AlarmPhase::Continue => "continue",
        AlarmPhase::End => "end",
    }
}

fn alarm(record: &AlertRecord, phase: AlarmPhase, now: Now) -> Alarm {
    Alarm {
        patient: record.settled_patient().cloned(),
        bed: record.bed.clone().unwrap_or_default(),
        alert: record.id.clone(),
        phase,
        kind: record.kind,
        code: record.code.clone(),
        title: record.title.clone(),
        value: record.value(),
        priority: record.priority,
        state: record.state,
        at: now.wall(),
    }
}
