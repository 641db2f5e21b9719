//! Under which codes a vital sign leaves by HL7: LOINC for the HIS, and the number and reference id of
//! ISO/IEEE 11073-10101 for those who know devices. The unit is the sign's own, in UCUM.

use rules::Sign;

/// The codes of one sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Codes {
    /// LOINC.
    pub(super) loinc: &'static str,
    /// The context-free number: partition × 65,536 + term.
    pub(super) number: u32,
    /// The reference id.
    pub(super) reference: &'static str,
}

/// The codes of a sign.
pub(super) const fn codes(sign: Sign) -> Codes {
    let (loinc, number, reference) = match sign {
        Sign::HeartRate => ("8867-4", 147_842, "MDC_ECG_HEART_RATE"),
        Sign::PulseRatePleth => ("8889-8", 149_530, "MDC_PULS_OXIM_PULS_RATE"),
        Sign::PulseRateArterial => ("8867-4", 149_514, "MDC_PULS_RATE"),
        Sign::PulseRateCuff => ("8867-4", 149_546, "MDC_PULS_RATE_NON_INV"),
        Sign::SpO2 => ("59408-5", 150_456, "MDC_PULS_OXIM_SAT_O2"),
        Sign::RespRate => ("9279-1", 151_562, "MDC_RESP_RATE"),
        Sign::RespRateCo2 => ("9279-1", 151_594, "MDC_CO2_RESP_RATE"),
        Sign::RespRateVentilator => ("9279-1", 151_586, "MDC_VENT_RESP_RATE"),
        Sign::CuffSystolic => ("8480-6", 150_021, "MDC_PRESS_BLD_NONINV_SYS"),
        Sign::CuffDiastolic => ("8462-4", 150_022, "MDC_PRESS_BLD_NONINV_DIA"),
        Sign::CuffMean => ("8478-0", 150_023, "MDC_PRESS_BLD_NONINV_MEAN"),
        Sign::ArterialSystolic => ("76215-3", 150_033, "MDC_PRESS_BLD_ART_SYS"),
        Sign::ArterialDiastolic => ("76213-8", 150_034, "MDC_PRESS_BLD_ART_DIA"),
        Sign::ArterialMean => ("76214-6", 150_035, "MDC_PRESS_BLD_ART_MEAN"),
        Sign::Temperature => ("8310-5", 150_344, "MDC_TEMP"),
        Sign::EtCo2 => ("19891-1", 151_708, "MDC_CONC_AWAY_CO2_ET"),
        Sign::InspiredOxygen => ("71835-3", 152_196, "MDC_CONC_AWAY_O2_INSP"),
        Sign::Peep => ("76248-4", 151_976, "MDC_VENT_PRESS_AWAY_END_EXP_POS"),
        Sign::PeakPressure => ("76531-3", 151_957, "MDC_VENT_PRESS_MAX"),
        Sign::TidalVolume => ("76222-9", 151_868, "MDC_VOL_AWAY_TIDAL"),
        Sign::MinuteVolume => ("76009-0", 151_880, "MDC_VOL_MINUTE_AWAY"),
        Sign::CentralVenousPressure => ("60985-9", 150_087, "MDC_PRESS_BLD_VEN_CENT_MEAN"),
        Sign::IntracranialPressure => ("60956-0", 153_611, "MDC_PRESS_INTRA_CRAN_MEAN"),
    };
    Codes { loinc, number, reference }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_signs_share_a_device_code() {
        let mut numbers: Vec<u32> = Sign::ALL.iter().map(|sign| codes(*sign).number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), Sign::ALL.len());
    }

    #[test]
    fn every_loinc_code_has_its_check_digit() {
        for sign in Sign::ALL {
            let (digits, check) = codes(sign).loinc.split_once('-').unwrap();
            let doubled = digits.bytes().rev().zip([2, 1].into_iter().cycle()).map(|(digit, times)| {
                let digit = u32::from(digit - b'0') * times;
                digit / 10 + digit % 10
            });
            let sum: u32 = doubled.sum();
            assert_eq!(check, ((10 - sum % 10) % 10).to_string(), "{sign:?}");
        }
    }
}
