//! The early warning of a bed by the chart that speaks there. It is computed when somebody looks; what calls
//! is the business of [`super::judge`].

use super::Bed;
use crate::event::{Consciousness, URINE_VALIDITY, WORD_VALIDITY};
use crate::score::choice::Chart;
use crate::score::maternal::{self, Maternal, Mind};
use crate::score::news2::News2;
use crate::sign::{Parameter, Sign};
use crate::time::Moment;
use crate::vital::Absence;

/// What the chart that speaks for a patient says, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyWarning {
    /// For adults.
    News2(News2),
    /// In pregnancy and after childbirth.
    Maternal(Maternal),
}

/// Diastolic pressure, as systolic: by the arterial line, else by the cuff.
const DIASTOLIC: [Sign; 2] = [Sign::ArterialDiastolic, Sign::CuffDiastolic];

impl Bed<'_> {
    /// The early warning by the chart that speaks here; `None` where no bed uses that chart yet.
    #[must_use]
    pub fn early_warning(&self, now: Moment) -> Option<EarlyWarning> {
        match self.choice(now).chart {
            Chart::News2 => Some(EarlyWarning::News2(self.news2(now))),
            Chart::Maternal => Some(EarlyWarning::Maternal(self.maternal(now))),
            Chart::Npews => None,
        }
    }

    fn maternal(&self, now: Moment) -> Maternal {
        let (signs, words) = (&self.state.signs, &self.state.entries.words);
        let value = |parameter| signs.parameter(parameter, now).map(|(_, value)| value);
        Maternal::of(&maternal::Inputs {
            systolic: value(Parameter::Systolic),
            diastolic: signs.first(&DIASTOLIC, now).map(|(_, value)| value),
            pulse: value(Parameter::PulseRate),
            resp_rate: value(Parameter::RespRate),
            spo2: value(Parameter::SpO2),
            breathing: self.state.entries.breathing(signs, now),
            urine: words.urine.within(URINE_VALIDITY, now).map(i32::from),
            mind: self.mind(now),
            pre_eclampsia: words.pre_eclampsia.within(WORD_VALIDITY, now),
        })
    }

    /// How she is found, by the later word: that of this chart, or a consciousness below alert. That she is
    /// alert says nothing of agitation.
    fn mind(&self, now: Moment) -> Result<Mind, Absence> {
        let entries = &self.state.entries;
        let said = entries.words.mind;
        let is_later = |at: Moment| said.at().is_none_or(|said| at > said);
        let consciousness = entries.consciousness(now).ok();
        match consciousness.filter(|_| entries.consciousness.is_some_and(|(_, at)| is_later(at))) {
            Some(Consciousness::Confusion) => Ok(Mind::Confused),
            Some(Consciousness::Voice | Consciousness::Pain | Consciousness::Unresponsive) => {
                Ok(Mind::Unresponsive)
            }
            Some(Consciousness::Alert) | None => said.within(WORD_VALIDITY, now),
        }
    }
}
