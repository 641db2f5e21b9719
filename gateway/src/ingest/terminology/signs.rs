//! The table of codes: which MDC reference ids, MDC numbers and LOINC codes name which sign.
//!
//! Sources: public device samples, the mdpnp device drivers, and the ICU module of the German Medical
//! Informatics Initiative, surveyed in 2026. A number is partition × 65,536 + term. A code
//! that names a *setting* (the measurement's number + 2^24, or `…_SETTING`) is left out on purpose, and so
//! are LOINC codes of settings (33438-3, 19994-3, 20112-9): what is not here is kept and exported, and not
//! judged.

use std::collections::HashMap;
use std::sync::LazyLock;

use rules::Sign;

/// One sign with all its codes.
struct Row {
    sign: Sign,
    /// The reference id that our own API uses.
    mdc: &'static str,
    /// The LOINC code that our own API uses. Several signs may share one: LOINC does not always name the
    /// method.
    loinc: &'static str,
    /// Further codes, reference ids and LOINC, by which the sign is heard.
    also: &'static [&'static str],
    /// The MDC numbers by which it is heard.
    numbers: &'static [u32],
}

const HEART_RATE: &str = "8867-4";
const RESP_RATE: &str = "9279-1";

#[rustfmt::skip]
static ROWS: [Row; Sign::ALL.len()] = [
    Row { sign: Sign::HeartRate, mdc: "MDC_ECG_HEART_RATE", loinc: HEART_RATE,
        also: &["MDC_ECG_CARD_BEAT_RATE", HEART_RATE], numbers: &[147_842] },
    // A pulse whose source is not named comes from a continuous sensor on the monitors that send it.
    Row { sign: Sign::PulseRatePleth, mdc: "MDC_PULS_OXIM_PULS_RATE", loinc: "8889-8",
        also: &["MDC_PULS_RATE", "8889-8"], numbers: &[149_530, 149_514] },
    Row { sign: Sign::PulseRateArterial, mdc: "MDC_BLD_PULS_RATE_INV", loinc: HEART_RATE,
        also: &[], numbers: &[149_522] },
    Row { sign: Sign::PulseRateCuff, mdc: "MDC_PULS_RATE_NON_INV", loinc: HEART_RATE,
        also: &[], numbers: &[149_546] },
    Row { sign: Sign::SpO2, mdc: "MDC_PULS_OXIM_SAT_O2", loinc: "59408-5",
        also: &["59408-5", "2708-6"], numbers: &[150_456] },
    Row { sign: Sign::RespRate, mdc: "MDC_RESP_RATE", loinc: RESP_RATE,
        also: &["MDC_TTHOR_RESP_RATE", "MDC_PULS_OXIM_PLETH_RESP_RATE", RESP_RATE],
        numbers: &[151_562, 151_578, 151_658] },
    Row { sign: Sign::RespRateCo2, mdc: "MDC_CO2_RESP_RATE", loinc: RESP_RATE,
        also: &["MDC_AWAY_RESP_RATE"], numbers: &[151_594, 151_570] },
    Row { sign: Sign::RespRateVentilator, mdc: "MDC_VENT_RESP_RATE", loinc: RESP_RATE,
        also: &[], numbers: &[151_586] },
    // A blood pressure whose method is not named is taken for the cuff's.
    Row { sign: Sign::CuffSystolic, mdc: "MDC_PRESS_BLD_NONINV_SYS", loinc: "76534-7",
        also: &["MDC_PRESS_CUFF_SYS", "MDC_PRESS_BLD_SYS", "76534-7", "8480-6"],
        numbers: &[150_021, 150_301, 150_017] },
    Row { sign: Sign::CuffDiastolic, mdc: "MDC_PRESS_BLD_NONINV_DIA", loinc: "76535-4",
        also: &["MDC_PRESS_CUFF_DIA", "MDC_PRESS_BLD_DIA", "76535-4", "8462-4"],
        numbers: &[150_022, 150_302, 150_018] },
    Row { sign: Sign::CuffMean, mdc: "MDC_PRESS_BLD_NONINV_MEAN", loinc: "76536-2",
        also: &["MDC_PRESS_CUFF_MEAN", "MDC_PRESS_BLD_MEAN", "76536-2", "8478-0"],
        numbers: &[150_023, 150_303, 150_019] },
    Row { sign: Sign::ArterialSystolic, mdc: "MDC_PRESS_BLD_ART_SYS", loinc: "76215-3",
        also: &["MDC_PRESS_BLD_ART_ABP_SYS", "76215-3"], numbers: &[150_033, 150_037] },
    Row { sign: Sign::ArterialDiastolic, mdc: "MDC_PRESS_BLD_ART_DIA", loinc: "76213-8",
        also: &["MDC_PRESS_BLD_ART_ABP_DIA", "76213-8"], numbers: &[150_034, 150_038] },
    Row { sign: Sign::ArterialMean, mdc: "MDC_PRESS_BLD_ART_MEAN", loinc: "76214-6",
        also: &["MDC_PRESS_BLD_ART_ABP_MEAN", "76214-6"], numbers: &[150_035, 150_039] },
    Row { sign: Sign::Temperature, mdc: "MDC_TEMP", loinc: "8310-5",
        also: &["MDC_TEMP_BODY", "MDC_TEMP_CORE", "MDC_TEMP_RECT", "MDC_TEMP_AXILLA", "MDC_TEMP_ORAL",
            "MDC_TEMP_TYMP", "MDC_TEMP_ESOPH", "8310-5", "8329-5", "60836-4"],
        numbers: &[150_344, 150_364, 150_368, 188_420, 188_496, 188_452, 188_424, 150_392, 150_372,
            188_436] },
    Row { sign: Sign::EtCo2, mdc: "MDC_CONC_AWAY_CO2_ET", loinc: "19891-1",
        also: &["MDC_AWAY_CO2_ET", "19891-1"], numbers: &[151_708, 151_728] },
    Row { sign: Sign::InspiredOxygen, mdc: "MDC_CONC_AWAY_O2_INSP", loinc: "71835-3",
        also: &["MDC_VENT_CONC_AWAY_O2_INSP", "71835-3", "3150-6"], numbers: &[152_196, 160_920] },
    Row { sign: Sign::Peep, mdc: "MDC_VENT_PRESS_AWAY_END_EXP_POS", loinc: "76248-4",
        also: &["76248-4"], numbers: &[151_976] },
    Row { sign: Sign::PeakPressure, mdc: "MDC_VENT_PRESS_MAX", loinc: "76531-3",
        also: &["MDC_PRESS_AWAY_INSP_MAX", "76531-3"], numbers: &[151_957, 151_973] },
    Row { sign: Sign::TidalVolume, mdc: "MDC_VOL_AWAY_TIDAL", loinc: "76222-9",
        also: &["MDC_VENT_VOL_TIDAL", "76222-9"], numbers: &[151_868, 151_980] },
    Row { sign: Sign::MinuteVolume, mdc: "MDC_VOL_MINUTE_AWAY", loinc: "76009-0",
        also: &["MDC_VENT_VOL_MINUTE_AWAY", "76009-0"], numbers: &[151_880, 152_004] },
    Row { sign: Sign::CentralVenousPressure, mdc: "MDC_PRESS_BLD_VEN_CENT_MEAN", loinc: "60985-9",
        also: &["MDC_PRESS_BLD_VEN_CENT", "60985-9"], numbers: &[150_087, 150_084] },
    Row { sign: Sign::IntracranialPressure, mdc: "MDC_PRESS_INTRA_CRAN_MEAN", loinc: "60956-0",
        also: &["MDC_PRESS_INTRA_CRAN", "60956-0"], numbers: &[153_611, 153_608] },
];

/// The sign that a code names: an MDC reference id, an MDC number or a LOINC code. `None` for every other
/// code, that of a setting included.
#[must_use]
pub fn sign_of(code: &str) -> Option<Sign> {
    match number_of(code) {
        Some(number) => ROWS.iter().find(|row| row.numbers.contains(&number)).map(|row| row.sign),
        None => BY_WORD.get(code).copied(),
    }
}

/// The signs by their words: asked for each reading of each frame. Of a word that two rows know the first row
/// has it.
static BY_WORD: LazyLock<HashMap<&str, Sign>> = LazyLock::new(|| {
    let words = |row: &'static Row| {
        std::iter::once(row.mdc).chain(row.also.iter().copied()).map(|word| (word, row.sign))
    };
    ROWS.iter().rev().flat_map(words).collect()
});

/// The number of a code: decimal, or in Philips's hexadecimal form.
fn number_of(code: &str) -> Option<u32> {
    super::mdil(code).or_else(|| {
        let digits = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| code.parse().ok()).flatten()
    })
}

/// Whether a code names a setting: a measurement's number + 2^24 (ISO/IEEE 11073), one of Philips's `0402`
/// partition, or a reference id that says so.
#[must_use]
pub fn is_setting(code: &str) -> bool {
    const SETTINGS: std::ops::Range<u32> = 1 << 24..1 << 25;
    const PHILIPS: u32 = 0x0402;
    code.ends_with("_SETTING")
        || number_of(code).is_some_and(|number| SETTINGS.contains(&number) || number >> 16 == PHILIPS)
}

/// The MDC reference id by which the API names a sign.
#[must_use]
pub fn mdc(sign: Sign) -> &'static str {
    row_of(sign).map_or("", |row| row.mdc)
}

/// The LOINC code by which the API names a sign. Not unique: three pulse rates share the code of the heart
/// rate.
#[must_use]
pub fn loinc(sign: Sign) -> &'static str {
    row_of(sign).map_or("", |row| row.loinc)
}

fn row_of(sign: Sign) -> Option<&'static Row> {
    ROWS.get(sign as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_in_the_order_of_the_signs() {
        for (row, sign) in ROWS.iter().zip(Sign::ALL) {
            assert_eq!(row.sign, sign);
            assert_eq!(mdc(sign), row.mdc);
            assert_eq!(loinc(sign), row.loinc);
        }
    }

    #[test]
    fn every_code_of_every_row_names_its_sign() {
        for row in &ROWS {
            assert_eq!(sign_of(row.mdc), Some(row.sign), "{}", row.mdc);
            for code in row.also {
                assert_eq!(sign_of(code), Some(row.sign), "{code}");
            }
            for number in row.numbers {
                assert_eq!(sign_of(&number.to_string()), Some(row.sign), "{number}");
                let setting = (number + (1 << 24)).to_string();
                assert_eq!((sign_of(&setting), is_setting(&setting)), (None, true), "{setting}");
                assert!(!is_setting(&number.to_string()), "{number}");
            }
        }
    }

    #[test]
    fn no_code_names_two_signs() {
        let mut seen = HashSet::new();
        for row in &ROWS {
            let texts = row.also.iter().chain([&row.mdc]).map(ToString::to_string);
            for code in texts.chain(row.numbers.iter().map(u32::to_string)) {
                assert!(seen.insert(code.clone()), "{code} stands in two rows");
            }
        }
    }

    #[test]
    fn other_codes_name_no_sign() {
        for code in ["", "MDC_ECG_V_P_C_RATE", "148066", "4711-0", "mdc_temp", "99999999999999999999"] {
            assert_eq!(sign_of(code), None, "{code}");
        }
    }
}
