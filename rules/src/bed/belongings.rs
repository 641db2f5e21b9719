//! What belongs to a patient and not to the devices of a bed: taken out of one bed and put into another, or
//! given another name. Nothing here raises, ends or calls: an alert keeps its name and its place on its
//! ladder.

use super::Bed;
use super::alerts::{ALERTS, FOLDED, Folded};
use super::laboratory::{ANALYTES, ANSWERED, Answered};
use super::own_critical::OwnRows;
use super::score::Entries;
use crate::alert::{Alert, AlertId, PatientKey};
use crate::event::{LabResult, Occupancy};
use crate::time::Moment;

/// What goes where a patient goes: the laboratory's newest results and open alerts, what of them was
/// answered, by which critical limits of their own they are judged, and what people entered.
#[derive(Clone, Debug)]
#[must_use = "what is taken out of a bed and put nowhere is an alert that nobody hears"]
pub struct Belongings {
    patient: PatientKey,
    pub(super) results: heapless::Vec<LabResult, ANALYTES>,
    pub(super) alerts: heapless::Vec<Alert, ALERTS>,
    pub(super) folded: heapless::Vec<Folded, FOLDED>,
    pub(super) answered: heapless::Vec<Answered, ANSWERED>,
    own_rows: OwnRows,
    entries: Option<Entries>,
}

/// What became of alerts that met others where they were put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// Over, because a newer sample of the same analyte of the same patient calls there.
    pub superseded: heapless::Vec<Alert, ALERTS>,
    /// Without room: they live on in the record and in "and n more".
    pub folded: heapless::Vec<AlertId, FOLDED>,
}

impl Belongings {
    fn none(patient: PatientKey) -> Self {
        Self {
            patient,
            results: heapless::Vec::new(),
            alerts: heapless::Vec::new(),
            folded: heapless::Vec::new(),
            answered: heapless::Vec::new(),
            own_rows: OwnRows::default(),
            entries: None,
        }
    }

    /// Whether nothing was there to be taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { patient: _, results, alerts, folded, answered, own_rows, entries } = self;
        let no_alert = alerts.is_empty() && folded.is_empty();
        let no_result = results.is_empty() && answered.is_empty() && own_rows.is_empty();
        no_alert && no_result && entries.is_none()
    }

    /// The names of the alerts among them.
    pub fn alerts(&self) -> impl Iterator<Item = AlertId> {
        self.alerts.iter().map(|alert| alert.id).chain(self.folded.iter().map(|folded| folded.id))
    }

    /// Leaves aside every result that no open alert stands beside. A ward's own bed has room for the alerts
    /// of patients who left, not for all that was ever measured of them.
    pub fn keep_only_alerts(&mut self) {
        let Self { results, alerts, answered, own_rows, .. } = self;
        answered.clear();
        *own_rows = OwnRows::default();
        results.retain(|result| alerts.iter().any(|alert| alert.condition == result.condition()));
    }

    /// The same of the same person under another name.
    fn renamed(mut self, into: PatientKey) -> Self {
        for result in &mut self.results {
            result.patient = into;
        }
        for condition in self.alerts.iter_mut().map(|alert| &mut alert.condition) {
            *condition = condition.of_patient(into);
        }
        for folded in &mut self.folded {
            folded.condition = folded.condition.of_patient(into);
        }
        for answered in &mut self.answered {
            *answered = answered.renamed(into);
        }
        for own in self.own_rows.each() {
            own.patient = into;
        }
        self.patient = into;
        self
    }
}

impl Bed<'_> {
    /// Takes out what belongs to `patient`. Alerts of the bed's devices stay: they speak of this bed.
    pub fn take_out(&mut self, patient: PatientKey) -> Belongings {
        let mut taken = Belongings::none(patient);
        self.state.laboratory.take_out(patient, &mut taken);
        self.state.alerts.take_out(patient, &mut taken);
        taken.own_rows = self.state.own_rows.take_out(|own| own.patient == patient);
        if self.state.whose == Some(patient) && self.state.entries != Entries::default() {
            taken.entries = Some(core::mem::take(&mut self.state.entries));
        }
        taken
    }

    /// Puts in what was taken out of another bed. What people entered is put in only where it is settled that
    /// the patient lies here.
    pub fn put_in(&mut self, belongings: Belongings, now: Moment) -> Put {
        let Belongings { patient, results, alerts, folded, answered, own_rows, entries } = belongings;
        self.state.own_rows.put_in(own_rows);
        for result in results {
            self.state.laboratory.put_in(result);
        }
        for one in answered {
            self.state.laboratory.put_in_answered(one);
        }
        if let Some(entries) = entries.filter(|_| self.state.whose == Some(patient)) {
            self.state.entries = entries;
        }
        let mut put = Put::default();
        for alert in alerts {
            self.state.alerts.put_in(alert, now, &mut put);
        }
        for one in folded {
            self.state.alerts.put_in_folded(one);
        }
        put
    }

    /// `from` turned out to be `into`: what is here of the one is the other's from now on.
    pub fn rename(&mut self, from: PatientKey, into: PatientKey, now: Moment) -> Put {
        let taken = self.take_out(from);
        if self.state.whose == Some(from) {
            self.state.whose = Some(into);
        }
        if let Some((left, _)) = self.state.left.as_mut().filter(|(left, _)| *left == from) {
            *left = into;
        }
        if self.state.occupancy == Occupancy::Bound(from) {
            self.state.occupancy = Occupancy::Bound(into);
        }
        self.put_in(taken.renamed(into), now)
    }
}
