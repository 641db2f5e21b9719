//! The scores that are shown beside the early warning chart: qSOFA, the shock index, S/F, ROX. They call
//! nobody.
//!
//! They are for adults as the charts have it, so they stand only where NEWS2 does.

use super::Bed;
use crate::event::FINDING_VALIDITY;
use crate::score::choice::Chart;
use crate::score::npews::{Amount, Device};
use crate::score::oxygenation::{self, Oxygenation};
use crate::score::qsofa::{self, Qsofa};
use crate::score::rox::{self, Rox, Support};
use crate::score::shock_index::{self, ShockIndex};
use crate::sign::{Parameter, Sign};
use crate::time::{Moment, Span};
use crate::vital::Absence;

/// The scores beside, as far as they can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Three criteria, of use where an infection is suspected.
    pub qsofa: Qsofa,
    /// Pulse over systolic pressure.
    pub shock_index: ShockIndex,
    /// Saturation over inspired oxygen. There is no arterial oxygen here: P/F is never formed.
    pub oxygenation: Oxygenation,
    /// Saturation over inspired oxygen and respiratory rate; `None` where nobody has said that the patient is on
    /// high flow.
    pub rox: Option<Rox>,
}

impl Bed<'_> {
    /// The scores beside NEWS2; `None` where another chart speaks.
    #[must_use]
    pub fn beside(&self, now: Moment) -> Option<Beside> {
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
                pao2: Err(Absence::NeverHeard),
                spo2: value(Parameter::SpO2),
                fio2: self.believed(Sign::InspiredOxygen, now),
                pressure: self.believed(Sign::Peep, now),
            }),
            rox: self.rox(now),
        })
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
