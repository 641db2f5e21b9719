//! A patient's own limits as JSON: what was set, by whom, and until when. What is null is as the ward has it.

use rules::Decimal;
use rules::critical::Band;
use serde::Serialize;
use serde_json::{Number, Value};

use super::{Showing, number, rfc3339};
use crate::view::{OwnCriticalView, OwnLimitsView};
use crate::words;

/// A patient's own limits of one parameter.
#[derive(Debug, Serialize)]
pub(super) struct OwnLimitsJson<'a> {
    parameter: &'static str,
    red_low: Option<Value>,
    yellow_low: Option<Value>,
    yellow_high: Option<Value>,
    red_high: Option<Value>,
    unit: &'static str,
    until: String,
    ends_in_s: u32,
    by: &'a str,
}

/// A patient's own critical limits of one analyte.
#[derive(Debug, Serialize)]
pub(super) struct OwnCriticalJson<'a> {
    analyte: &'static str,
    critical_low: Option<Number>,
    critical_high: Option<Number>,
    unit: &'static str,
    until: String,
    ends_in_s: u32,
    by: &'a str,
}

impl<'a> OwnLimitsJson<'a> {
    /// None where no sign supplies the parameter.
    pub(super) fn of(own: &'a OwnLimitsView, showing: &Showing<'_>) -> Option<Self> {
        let limits = own.limits;
        let sign = *limits.parameter.signs().first()?;
        let show = |limit: Option<i32>| limit.map(|limit| number(sign, limit));
        Some(Self {
            parameter: words::parameter_key(limits.parameter),
            red_low: show(limits.low.red),
            yellow_low: show(limits.low.yellow),
            yellow_high: show(limits.high.yellow),
            red_high: show(limits.high.red),
            unit: limits.parameter.facts().unit.ucum(),
            until: rfc3339(showing.clock.wall_of(limits.until)),
            ends_in_s: limits.until.since(showing.clock.now()).whole_seconds(),
            by: &own.by,
        })
    }
}

impl<'a> OwnCriticalJson<'a> {
    pub(super) fn of(own: &'a OwnCriticalView, showing: &Showing<'_>) -> Self {
        let limits = own.limits;
        let show = |limit: Option<Decimal>| limit.and_then(|limit| limit.to_string().parse().ok());
        Self {
            analyte: words::analyte_key(limits.known),
            critical_low: show(limits.low),
            critical_high: show(limits.high),
            unit: limits.known.row(Band::Adult).unit.ucum(),
            until: rfc3339(showing.clock.wall_of(limits.until)),
            ends_in_s: limits.until.since(showing.clock.now()).whole_seconds(),
            by: &own.by,
        }
    }
}
