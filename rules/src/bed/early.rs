//! The early warning of a bed by the chart that speaks there, as far as it can be known. What calls is the
//! business of [`super::warning`].

use super::Bed;
use crate::age::Age;
use crate::event::{Breathing, Consciousness, FINDING_VALIDITY, URINE_VALIDITY, WORD_VALIDITY};
use crate::score::choice::Chart;
use crate::score::maternal::{self, Maternal, Mind};
use crate::score::news2::News2;
use crate::score::npews::{self, Amount, Device, NoPressure, Npews, Pressure, Said};
use crate::sign::{Parameter, Sign};
use crate::time::Moment;
use crate::vital::Absence;

/// What the chart that speaks for a patient says, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyWarning {
    /// For adults.
    News2(News2),
    /// For children.
    Npews(Npews),
    /// In pregnancy and after childbirth.
    Maternal(Maternal),
}

/// Diastolic pressure, as systolic: by the arterial line, else by the cuff.
const DIASTOLIC: [Sign; 2] = [Sign::ArterialDiastolic, Sign::CuffDiastolic];

impl Bed<'_> {
    /// The early warning by the chart that speaks here.
    #[must_use]
    pub fn early_warning(&self, now: Moment) -> EarlyWarning {
        match (self.choice(now).chart, self.state.age) {
            (Chart::Maternal, _) => EarlyWarning::Maternal(self.maternal(now)),
            (Chart::Npews, Some(age)) => EarlyWarning::Npews(self.npews(age, now)),
            // Without an age nobody is taken for a child.
            (Chart::News2, _) | (Chart::Npews, None) => EarlyWarning::News2(self.news2(now)),
        }
    }

    fn npews(&self, age: Age, now: Moment) -> Npews {
        let (signs, words) = (&self.state.signs, &self.state.entries.words);
        let value = |parameter| signs.parameter(parameter, now).map(|(_, value)| value);
        Npews::of(&npews::Inputs {
            age: npews::Age::of_months(age.in_months().into()),
            resp_rate: value(Parameter::RespRate),
            distress: words.distress.within(FINDING_VALIDITY, now),
            spo2: value(Parameter::SpO2),
            device: self.device(now),
            amount: self.amount(now),
            heart_rate: value(Parameter::PulseRate),
            pressure: self.pressure(now),
            refill: words.refill.within(FINDING_VALIDITY, now).map(i32::from),
            temperature: value(Parameter::Temperature),
            said: Said {
                sepsis: words.sepsis.within(WORD_VALIDITY, now),
                consciousness: self.state.entries.consciousness(now),
                pupils: words.pupils.within(WORD_VALIDITY, now),
                intuition: words.intuition.within(WORD_VALIDITY, now),
                carer: words.carer.within(WORD_VALIDITY, now),
            },
        })
    }

    /// Through what the patient breathes: as somebody said; else nothing, where it is known to be air.
    fn device(&self, now: Moment) -> Result<Device, Absence> {
        let entries = &self.state.entries;
        let said = entries.words.device.within(FINDING_VALIDITY, now);
        match (said, entries.breathing(&self.state.signs, now)) {
            (Ok(Device::Air), Ok(Breathing::Oxygen)) => Err(Absence::Contradicted),
            (Err(_), Ok(Breathing::Air)) => Ok(Device::Air),
            _ => said,
        }
    }

    /// How much oxygen: as the device is set, else as it is measured.
    fn amount(&self, now: Moment) -> Result<Amount, Absence> {
        let measured = self.believed(Sign::InspiredOxygen, now).map(Amount::Fraction);
        self.state.entries.words.amount.within(FINDING_VALIDITY, now).or_else(|why| measured.map_err(|_| why))
    }

    /// What was measured, else what a nurse says in its place. A concern that is newer than the measurement
    /// counts before it.
    fn pressure(&self, now: Moment) -> Result<Pressure, Absence> {
        let said = self.state.entries.words.no_pressure;
        let word = said.within(FINDING_VALIDITY, now);
        match self.state.signs.parameter(Parameter::Systolic, now) {
            Ok((sign, mmhg)) => {
                // A word is kept by the second; of the same second the concern counts.
                let taken = Moment(self.vital(sign).taken.0 / 1_000 * 1_000);
                let is_newer = said.at().is_some_and(|at| at >= taken);
                let concern =
                    word.ok().filter(|word| is_newer && *word == NoPressure::UnsuccessfulWithConcern);
                Ok(concern.map_or(Pressure::Measured(mmhg), Pressure::from))
            }
            Err(why) => word
                .map(Pressure::from)
                .map_err(|unsaid| if why == Absence::NeverHeard { unsaid } else { why }),
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
