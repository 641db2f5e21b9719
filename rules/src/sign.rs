//! The vital signs a bed keeps, and the parameters its rules judge.
//!
//! A [`Sign`] is what one sensor measures: pulse by ECG and pulse by pleth are two signs. A [`Parameter`] is
//! what a chart asks for: *the* pulse rate, taken from the best live sign. Codes (MDC, LOINC) belong to the
//! adapters.

use crate::time::Span;
use crate::unit::Unit;

/// One measured sign. A bed keeps the latest reading of each; 48 is the bound, the array is this enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Sign {
    /// Heart rate from the ECG.
    HeartRate,
    /// Pulse rate from the pulse oximeter.
    PulseRatePleth,
    /// Pulse rate from an arterial line.
    PulseRateArterial,
    /// Pulse rate from the last cuff measurement; episodic, so never proof of a pulse now.
    PulseRateCuff,
    /// Oxygen saturation by pulse oximetry.
    SpO2,
    /// Respiratory rate, by impedance or where the device does not say how.
    RespRate,
    /// Respiratory rate from the capnograph.
    RespRateCo2,
    /// Respiratory rate measured by the ventilator.
    RespRateVentilator,
    /// Cuff pressure, systolic.
    CuffSystolic,
    /// Cuff pressure, diastolic.
    CuffDiastolic,
    /// Cuff pressure, mean.
    CuffMean,
    /// Arterial line pressure, systolic.
    ArterialSystolic,
    /// Arterial line pressure, diastolic.
    ArterialDiastolic,
    /// Arterial line pressure, mean.
    ArterialMean,
    /// Body temperature.
    Temperature,
    /// End-tidal carbon dioxide.
    EtCo2,
    /// Inspired oxygen, measured.
    InspiredOxygen,
    /// Positive end-expiratory pressure, measured.
    Peep,
    /// Peak airway pressure.
    PeakPressure,
    /// Tidal volume, measured.
    TidalVolume,
    /// Minute volume, measured.
    MinuteVolume,
    /// Central venous pressure, mean.
    CentralVenousPressure,
    /// Intracranial pressure, mean.
    IntracranialPressure,
}

/// What every reading of one sign has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignFacts {
    /// The unit that whole-unit values are in, after [`SignFacts::places`].
    pub unit: Unit,
    /// Decimal places of the whole unit: 1 means tenths (temperature 37.2 °C is the whole number 372).
    pub places: u8,
    /// The smallest plausible value in whole units. Zero is plausible wherever a stopped heart or chest can
    /// show it.
    pub least: i32,
    /// The largest plausible value in whole units.
    pub most: i32,
    /// How long a reading may be used after it was taken. The windows are the house's own proposal.
    pub validity: Span,
}

impl Sign {
    /// Every sign, in order; `Sign::ALL[sign as usize] == sign`.
    pub const ALL: [Self; 23] = [
        Self::HeartRate,
        Self::PulseRatePleth,
        Self::PulseRateArterial,
        Self::PulseRateCuff,
        Self::SpO2,
        Self::RespRate,
        Self::RespRateCo2,
        Self::RespRateVentilator,
        Self::CuffSystolic,
        Self::CuffDiastolic,
        Self::CuffMean,
        Self::ArterialSystolic,
        Self::ArterialDiastolic,
        Self::ArterialMean,
        Self::Temperature,
        Self::EtCo2,
        Self::InspiredOxygen,
        Self::Peep,
        Self::PeakPressure,
        Self::TidalVolume,
        Self::MinuteVolume,
        Self::CentralVenousPressure,
        Self::IntracranialPressure,
    ];

    /// Its number, the same on every wire and in every version.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The sign of that number.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Unit, resolution, plausible range and validity window of this sign.
    #[must_use]
    pub const fn facts(self) -> SignFacts {
        const MONITOR: Span = Span::minutes(5);
        const CUFF: Span = Span::minutes(60);
        const THERMOMETER: Span = Span::hours(8);
        let (unit, places, least, most, validity) = match self {
            Self::HeartRate | Self::PulseRatePleth | Self::PulseRateArterial => {
                (Unit::PerMinute, 0, 0, 350, MONITOR)
            }
            Self::PulseRateCuff => (Unit::PerMinute, 0, 0, 350, CUFF),
            Self::SpO2 => (Unit::Percent, 0, 0, 100, MONITOR),
            Self::RespRate | Self::RespRateCo2 | Self::RespRateVentilator => {
                (Unit::PerMinute, 0, 0, 150, MONITOR)
            }
            Self::CuffSystolic | Self::CuffDiastolic | Self::CuffMean => (Unit::MmHg, 0, 0, 320, CUFF),
            // Below zero it is the transducer that is wrong, or a device's way to say that there is no value.
            Self::ArterialSystolic | Self::ArterialDiastolic | Self::ArterialMean => {
                (Unit::MmHg, 0, 0, 400, MONITOR)
            }
            Self::Temperature => (Unit::Celsius, 1, 100, 460, THERMOMETER),
            Self::EtCo2 => (Unit::MmHg, 0, 0, 150, MONITOR),
            Self::InspiredOxygen => (Unit::Percent, 0, 15, 100, MONITOR),
            Self::Peep => (Unit::CmH2O, 0, -20, 120, MONITOR),
            // A peak below zero is a device's way to say that there is no value.
            Self::PeakPressure => (Unit::CmH2O, 0, 0, 120, MONITOR),
            Self::TidalVolume => (Unit::Millilitre, 0, 0, 4_000, MONITOR),
            Self::MinuteVolume => (Unit::LitrePerMinute, 1, 0, 600, MONITOR),
            Self::CentralVenousPressure => (Unit::MmHg, 0, -20, 60, MONITOR),
            Self::IntracranialPressure => (Unit::MmHg, 0, -20, 150, MONITOR),
        };
        SignFacts { unit, places, least, most, validity }
    }

    /// Whether it is measured now and then, so that a device without a value between two measurements is no
    /// fault.
    #[must_use]
    pub const fn is_episodic(self) -> bool {
        matches!(
            self,
            Self::PulseRateCuff
                | Self::CuffSystolic
                | Self::CuffDiastolic
                | Self::CuffMean
                | Self::Temperature
        )
    }

    /// Whether it is a pressure of the arterial line: one transducer, three signs.
    #[must_use]
    pub const fn is_of_the_line(self) -> bool {
        matches!(self, Self::ArterialSystolic | Self::ArterialDiastolic | Self::ArterialMean)
    }

    /// The word a nurse would say.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::HeartRate => "heart rate",
            Self::PulseRatePleth => "pulse (SpO₂ probe)",
            Self::PulseRateArterial => "pulse (arterial line)",
            Self::PulseRateCuff => "pulse (cuff)",
            Self::SpO2 => "SpO₂",
            Self::RespRate => "respiratory rate",
            Self::RespRateCo2 => "respiratory rate (CO₂)",
            Self::RespRateVentilator => "respiratory rate (ventilator)",
            Self::CuffSystolic => "cuff systolic",
            Self::CuffDiastolic => "cuff diastolic",
            Self::CuffMean => "cuff mean",
            Self::ArterialSystolic => "arterial systolic",
            Self::ArterialDiastolic => "arterial diastolic",
            Self::ArterialMean => "arterial mean",
            Self::Temperature => "temperature",
            Self::EtCo2 => "end-tidal CO₂",
            Self::InspiredOxygen => "inspired oxygen",
            Self::Peep => "PEEP",
            Self::PeakPressure => "peak airway pressure",
            Self::TidalVolume => "tidal volume",
            Self::MinuteVolume => "minute volume",
            Self::CentralVenousPressure => "central venous pressure",
            Self::IntracranialPressure => "intracranial pressure",
        }
    }
}

/// What limits and scores ask for, whichever sign supplies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Parameter {
    /// The pulse rate: ECG, else pleth, else arterial line.
    PulseRate,
    /// Oxygen saturation.
    SpO2,
    /// Respiratory rate: capnograph, else impedance, else ventilator.
    RespRate,
    /// Systolic pressure: arterial line, else cuff.
    Systolic,
    /// Mean pressure: arterial line, else cuff.
    MeanPressure,
    /// Body temperature.
    Temperature,
    /// End-tidal carbon dioxide.
    EtCo2,
    /// Peak airway pressure, by the ventilator.
    PeakPressure,
    /// Tidal volume, by the ventilator.
    TidalVolume,
    /// Minute volume, by the ventilator.
    MinuteVolume,
}

impl Parameter {
    /// Every parameter, in order; `Parameter::ALL[parameter as usize] == parameter`.
    pub const ALL: [Self; 10] = [
        Self::PulseRate,
        Self::SpO2,
        Self::RespRate,
        Self::Systolic,
        Self::MeanPressure,
        Self::Temperature,
        Self::EtCo2,
        Self::PeakPressure,
        Self::TidalVolume,
        Self::MinuteVolume,
    ];

    /// The signs that can supply it, the most trusted first. All have one unit and one resolution.
    #[must_use]
    pub const fn signs(self) -> &'static [Sign] {
        match self {
            Self::PulseRate => &[Sign::HeartRate, Sign::PulseRatePleth, Sign::PulseRateArterial],
            Self::SpO2 => &[Sign::SpO2],
            Self::RespRate => &[Sign::RespRateCo2, Sign::RespRate, Sign::RespRateVentilator],
            Self::Systolic => &[Sign::ArterialSystolic, Sign::CuffSystolic],
            Self::MeanPressure => &[Sign::ArterialMean, Sign::CuffMean],
            Self::Temperature => &[Sign::Temperature],
            Self::EtCo2 => &[Sign::EtCo2],
            Self::PeakPressure => &[Sign::PeakPressure],
            Self::TidalVolume => &[Sign::TidalVolume],
            Self::MinuteVolume => &[Sign::MinuteVolume],
        }
    }

    /// Unit and resolution of its whole-unit values.
    #[must_use]
    pub const fn facts(self) -> SignFacts {
        match self {
            Self::PulseRate => Sign::HeartRate.facts(),
            Self::SpO2 => Sign::SpO2.facts(),
            Self::RespRate => Sign::RespRate.facts(),
            Self::Systolic => Sign::ArterialSystolic.facts(),
            Self::MeanPressure => Sign::ArterialMean.facts(),
            Self::Temperature => Sign::Temperature.facts(),
            Self::EtCo2 => Sign::EtCo2.facts(),
            Self::PeakPressure => Sign::PeakPressure.facts(),
            Self::TidalVolume => Sign::TidalVolume.facts(),
            Self::MinuteVolume => Sign::MinuteVolume.facts(),
        }
    }

    /// The word a nurse would say.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PulseRate => "pulse rate",
            Self::SpO2 => "SpO₂",
            Self::RespRate => "respiratory rate",
            Self::Systolic => "systolic pressure",
            Self::MeanPressure => "mean pressure",
            Self::Temperature => "temperature",
            Self::EtCo2 => "end-tidal CO₂",
            Self::PeakPressure => "peak airway pressure",
            Self::TidalVolume => "tidal volume",
            Self::MinuteVolume => "minute volume",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_the_order_of_their_enums() {
        for (at, sign) in Sign::ALL.iter().enumerate() {
            assert_eq!(*sign as usize, at);
        }
        for (at, parameter) in Parameter::ALL.iter().enumerate() {
            assert_eq!(*parameter as usize, at);
        }
        assert!(Sign::ALL.len() <= 48, "a bed keeps at most 48 parameters");
    }

    /// Nodes and gateways of different versions speak by these numbers: a new sign goes last.
    #[test]
    fn numbers_never_change() {
        let pinned = [
            (Sign::HeartRate, 0),
            (Sign::SpO2, 4),
            (Sign::Temperature, 14),
            (Sign::IntracranialPressure, 22),
        ];
        for (sign, number) in pinned {
            assert_eq!(sign.number(), number);
        }
        for sign in Sign::ALL {
            assert_eq!(Sign::numbered(sign.number()), Some(sign));
        }
        assert_eq!(Sign::numbered(200), None);
    }

    #[test]
    fn all_signs_of_a_parameter_share_unit_and_resolution() {
        for parameter in Parameter::ALL {
            for sign in parameter.signs() {
                assert_eq!(sign.facts().unit, parameter.facts().unit, "{sign:?}");
                assert_eq!(sign.facts().places, parameter.facts().places, "{sign:?}");
            }
        }
    }

    #[test]
    fn zero_is_plausible_where_a_heart_or_a_chest_can_stop() {
        for sign in [Sign::HeartRate, Sign::PulseRatePleth, Sign::RespRate, Sign::SpO2, Sign::ArterialMean] {
            assert!(sign.facts().least <= 0, "{sign:?}");
        }
    }
}
