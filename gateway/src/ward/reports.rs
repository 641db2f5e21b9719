//! The laboratory's reports: whose each is, and hence at which bed it calls. What it means is judged there.

use rules::alert::{Analyte, PatientKey};
use rules::event::{LabResult, OrderKey, ResultStatus};
use rules::{Condition, Moment};

use super::bindings::patient_key;
use super::orders::Whose;
use super::places::At;
use super::{Cause, Now, Turn, Ward, number_of, reasons};
use crate::event::{LabItem, LabReport, OrderNumber, Uhid, key_of};

/// Whose a report is, as far as anybody can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matched {
    /// The bed at which it calls; the ward itself where no bed is known.
    pub(super) at: At,
    /// The patient, where one is named by the message or by its order.
    pub(super) patient: Option<Uhid>,
    /// Whether the patient is known to be on that bed.
    pub(super) admitted: bool,
    /// Why the message itself leaves it in doubt whose result it is: then no admission ends the doubt.
    pub(super) doubt: Option<&'static str>,
    /// By which number the patient was found, where the message names none.
    pub(super) found_by: Option<&'static str>,
}

/// Two UHIDs of the hospital's own authority in one PID.
const SEVERAL: &str = "the message names more than one patient: whose result is this?";

/// The order is another patient's, or the numbers are of two orders.
const CONTRADICTED: &str = "the order is another patient's: whose result is this?";

impl Ward {
    pub(super) fn report(&mut self, report: &LabReport, now: Now, turn: &mut Turn) {
        let numbers = numbers(report);
        let matched = self.matched(report, &numbers, now.moment);
        self.orders.report(&numbers, report.patient.as_ref(), now.moment);
        let patient = matched.patient.as_ref().map_or_else(|| nobody(report), patient_key);
        let named = Some(report.accession.as_str()).filter(|number| !number.is_empty());
        let order = named.map(|number| OrderKey::of(number_of(number)));
        for item in &report.results {
            let mut result = LabResult { order, ..self.result(matched.at, item, patient, now) };
            if !result.is_timed {
                result.sampled = self.sampled(matched.at, &result, &numbers, now.moment);
            }
            let context = reasons::ReportContext { report, item, matched: &matched };
            let cause = Cause { report: Some(&context), ..Cause::rules(now) };
            self.judge(matched.at, &rules::Event::Result(result), &cause, turn);
        }
    }

    /// By patient id, then by the order's numbers, then by the place that the laboratory names. It calls
    /// where the patient is now, whatever the message says.
    fn matched(&self, report: &LabReport, numbers: &[OrderNumber], now: Moment) -> Matched {
        let whose = self.orders.whose(numbers, now);
        let (patient, doubt, found_by) = match (&report.patient, report.candidates.as_slice(), whose) {
            (None, [_, ..], _) => (None, Some(SEVERAL), None),
            (Some(patient), _, Whose::Ordered(other)) if other != *patient => {
                (Some(patient.clone()), Some(CONTRADICTED), None)
            }
            (Some(patient), _, Whose::Several) => (Some(patient.clone()), Some(CONTRADICTED), None),
            (Some(patient), ..) => (Some(patient.clone()), None, None),
            (None, [], Whose::Ordered(patient)) => (Some(patient), None, Some("its order")),
            (None, [], Whose::Reported(patient)) => (Some(patient), None, Some("an earlier result")),
            (None, [], Whose::Several) => (None, Some(CONTRADICTED), None),
            (None, [], Whose::Unknown) => (None, None, None),
        };
        let mut named = patient.iter().chain(&report.candidates);
        let lies = named.find_map(|patient| self.bindings.lies_on(patient));
        let at = lies.or_else(|| self.places.find(&report.place)).unwrap_or(0);
        Matched { at, admitted: patient.is_some() && lies.is_some(), patient, doubt, found_by }
    }

    fn result(&mut self, at: At, item: &LabItem, patient: PatientKey, now: Now) -> LabResult {
        let analyte = item.known.map_or_else(|| Analyte::Other(number_of(&item.code)), Analyte::Known);
        let number = match analyte {
            Analyte::Known(known) => known as u32,
            Analyte::Other(number) => number,
        };
        self.name(at, number, &item.code, &item.name);
        // A time that cannot be makes no result old or new.
        let sampled = item.sampled.filter(|sampled| !sampled.is_still_to_come(now.wall()));
        LabResult {
            analyte,
            patient,
            quantity: item.quantity,
            flag: item.flag,
            status: item.status,
            sampled: sampled.map_or(now.moment, |sampled| now.moment_of(sampled)),
            is_timed: sampled.is_some(),
            order: None,
            key: item.key,
        }
    }

    /// When a specimen was taken of which the laboratory does not say: at the latest when its order's first
    /// result came, so that a correction is of the same one. What takes something back without any number
    /// means what calls.
    fn sampled(&self, at: At, result: &LabResult, numbers: &[OrderNumber], now: Moment) -> Moment {
        let calls = || {
            let condition: Condition = result.condition();
            let bed = &self.beds.get(at)?.bed;
            bed.alerts()
                .find(|alert| alert.condition == condition && alert.is_open())
                .map(|a| a.evidence.taken)
        };
        let first = self.orders.reported_first(numbers, now);
        let taken_back = (result.status != ResultStatus::Stands).then(calls).flatten();
        taken_back.or(first).unwrap_or(now)
    }
}

/// All numbers of a report, its accession number among them.
fn numbers(report: &LabReport) -> Vec<OrderNumber> {
    let mut numbers = report.numbers.clone();
    let accession = OrderNumber::Accession(report.accession.clone());
    if !report.accession.is_empty() && !numbers.contains(&accession) {
        numbers.push(accession);
    }
    numbers
}

/// The key of a patient whom nobody names: two orders are two patients, as far as anybody knows.
fn nobody(report: &LabReport) -> PatientKey {
    match report.accession.as_str() {
        "" => patient_key(&Uhid(String::new())),
        accession => PatientKey(key_of(&[b"order", accession.as_bytes()]).0),
    }
}
