//! The scores that are shown beside the early warning chart: qSOFA, the shock index, S/F, P/F, ROX.
//! They call nobody.
//!
//! They are for adults as the charts have it, so they stand only where NEWS2 does.

use super::Bed;
use crate::alert::{Analyte, Comparator, Quantity};
use crate::event::{FINDING_VALIDITY, LabResult, ResultStatus};
use crate::score::choice::Chart;
use crate::score::npews::{Amount, Device};
use crate::score::oxygenation::{self, Oxygenation};
use crate::score::qsofa::{self, Qsofa};
use crate::score::rox::{self, Rox, Support};
use crate::score::shock_index::{self, ShockIndex};
use crate::sign::{Parameter, Sign};
use crate::time::{Moment, Span};
use crate::unit::Unit;
use crate::vital::Absence;

/// How long an arterial oxygen counts after its specimen was taken.
pub(super) const ARTERIAL_VALIDITY: Span = Span::hours(4);

/// The scores beside, as far as they can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Three criteria, of use where an infection is suspected.
    pub qsofa: Qsofa,
    /// Pulse over systolic pressure.
    pub shock_index: ShockIndex,
    /// Saturation, and the laboratory's arterial oxygen, over inspired oxygen.
    pub oxygenation: Oxygenation,
    /// Saturation over inspired oxygen and respiratory rate; `None` where nobody has said that the patient is
    /// on high flow.
    pub rox: Option<Rox>,
}

impl Bed<'_> {
    /// The scores beside NEWS2; `None` where another chart speaks. The gateway knows under which number the
    /// laboratory's arterial oxygen is kept.
    #[must_use]
    pub fn beside(&self, arterial_oxygen: Analyte, now: Moment) -> Option<Beside> {
        if self.choice(now).chart != Chart::News2 {
            return None;
        }
        let value = |parameter| self.state.signs.parameter(parameter, now).map(|(_, value)| value);
        let systolic = value(Parameter::Systolic);
        Some(Beside {
            qsofa: Qsofa::of(&qsofa::Inputs {
                resp_rate: value(Parameter::RespRate),
                systolic,
                consciousness: self.state.entries.consciousness(now),
            }),
            shock_index: ShockIndex::of(&shock_index::Inputs {
                pulse: value(Parameter::PulseRate),
                systolic,
            }),
            oxygenation: Oxygenation::of(&oxygenation::Inputs {
                pao2: self.arterial_oxygen(arterial_oxygen, now),
                spo2: value(Parameter::SpO2),
                fio2: self.believed(Sign::InspiredOxygen, now),
                pressure: self.believed(Sign::Peep, now),
            }),
            rox: self.rox(now),
        })
    }

    /// The pressure of a specimen since which the inspired oxygen has not changed, in tenths of a mmHg: a
    /// ratio is of one moment.
    fn arterial_oxygen(&self, analyte: Analyte, now: Moment) -> Result<i32, Absence> {
        let patient = self.state.whose.unwrap_or_default();
        let result = self.state.laboratory.of(analyte, patient).ok_or(Absence::NeverHeard)?;
        let tenths = tenths_of_mmhg(result)?;
        if !result.is_timed {
            return Err(Absence::Unavailable);
        }
        let is_of_now = now.since(result.sampled) <= ARTERIAL_VALIDITY;
        let counts = is_of_now && self.state.signs.oxygen_is_as_at(result.sampled);
        if counts { Ok(tenths) } else { Err(Absence::Stale) }
    }

    /// Only while the last word on the device is high flow; once that is too old, the support is missing.
    fn rox(&self, now: Moment) -> Option<Rox> {
        let words = &self.state.entries.words;
        let is_high_flow = words.device.last() == Some(Device::HighFlow) && !self.is_ventilated(now);
        let value = |parameter| self.state.signs.parameter(parameter, now).map(|(_, value)| value);
        let hours = words.since.at().map_or(0, |since| now.since(since).0 / Span::hours(1).0);
        let device = words.device.within(FINDING_VALIDITY, now);
        is_high_flow.then(|| {
            Rox::of(&rox::Inputs {
                spo2: value(Parameter::SpO2),
                fio2: self.inspired_oxygen(now),
                resp_rate: value(Parameter::RespRate),
                support: device.map(|_| Support::HighFlow { hours: hours.cast_signed() }),
            })
        })
    }

    /// The share of oxygen as it is measured, else as somebody said that it is set.
    fn inspired_oxygen(&self, now: Moment) -> Result<i32, Absence> {
        self.believed(Sign::InspiredOxygen, now).or_else(|why| {
            match self.state.entries.words.amount.within(FINDING_VALIDITY, now) {
                Ok(Amount::Fraction(percent)) => Ok(percent),
                Ok(Amount::Flow(_)) | Err(Absence::NeverHeard) => Err(why),
                Err(unsaid) => Err(unsaid),
            }
        })
    }

    fn is_ventilated(&self, now: Moment) -> bool {
        self.state.entries.is_ventilated(&self.state.signs, now)
    }
}

fn tenths_of_mmhg(result: &LabResult) -> Result<i32, Absence> {
    let Quantity { comparator: Comparator::Exactly, value, unit } =
        result.quantity.ok_or(Absence::NotANumber)?
    else {
        return Err(Absence::NotANumber);
    };
    let value = match unit {
        _ if result.status == ResultStatus::Withdrawn => return Err(Absence::Invalid),
        Unit::MmHg => value,
        Unit::KiloPascal => value.scaled(100_000, 13_332),
        Unit::Missing => return Err(Absence::UnitMissing),
        _ => return Err(Absence::UnitUnknown),
    };
    i32::try_from(value.rounded(1)).map_err(|_| Absence::Implausible)
}
