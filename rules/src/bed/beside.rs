//! The scores that are shown beside the early warning chart: qSOFA, the shock index, S/F. They call nobody.
//!
//! They are for adults as the charts have it, so they stand only where NEWS2 does.

use super::Bed;
use crate::score::choice::Chart;
use crate::score::oxygenation::{self, Oxygenation};
use crate::score::qsofa::{self, Qsofa};
use crate::score::shock_index::{self, ShockIndex};
use crate::sign::{Parameter, Sign};
use crate::time::Moment;
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
        })
    }
}
