//! Who lay and lies on a bed, as JSON: intervals, each with whose word its ends are.

use serde::Serialize;

use super::bed::PatientJson;
use super::rfc3339;
use crate::view::{BindingInterval, Origin};

/// One patient on one bed.
#[derive(Debug, Serialize)]
pub(crate) struct IntervalJson<'a> {
    patient: PatientJson<'a>,
    since: String,
    until: Option<String>,
    began: OriginJson<'a>,
    ended: Option<OriginJson<'a>>,
    stands: bool,
}

#[derive(Debug, Serialize)]
struct OriginJson<'a> {
    by: &'a str,
    station: &'a str,
    reason: &'a str,
}

impl<'a> IntervalJson<'a> {
    pub(crate) fn of(interval: &'a BindingInterval) -> Self {
        let BindingInterval { patient, since, until, began, ended, stands } = interval;
        Self {
            patient: PatientJson { uhid: &patient.0 },
            since: rfc3339(*since),
            until: until.map(rfc3339),
            began: OriginJson::of(began),
            ended: ended.as_ref().map(OriginJson::of),
            stands: *stands,
        }
    }
}

impl<'a> OriginJson<'a> {
    fn of(origin: &'a Origin) -> Self {
        let Origin { by, station, reason } = origin;
        Self { by, station, reason }
    }
}
