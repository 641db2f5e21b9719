//! What device codes and units mean: MDC (ISO/IEEE 11073-10101) and LOINC codes become signs, UCUM and MDC
//! units become the sign's own unit, and decimal text becomes a whole-unit value or the reason why there is
//! none.
//!
//! Shared by every adapter that meets device observations. It reads text; it never reads a wire format, and
//! it never decides whether a value is good or bad for a patient.

pub mod events;
mod signs;
mod units;

use rules::{Absence, Decimal, Quality, Sign};

pub use signs::{is_setting, loinc, mdc, sign_of};
pub use units::is_known as is_unit;

/// What the rules may know of one observation. `None` for a code that no rule asks for, and for the code of a
/// setting: a setting is never judged as the measurement.
///
/// `value` is the text as it came, `unit` a UCUM or MDC unit, `status` a word of the contract (empty is
/// `ok`).
#[must_use]
pub fn judge(
    code: &str,
    value: &str,
    unit: &str,
    status: &str,
) -> Option<(Sign, Result<i32, Absence>, Quality)> {
    sign_of(code).map(|sign| judge_as(sign, value, unit, status))
}

/// What the rules may know of one observation whose sign is known already, as [`judge`] has it.
pub fn judge_as(sign: Sign, value: &str, unit: &str, status: &str) -> (Sign, Result<i32, Absence>, Quality) {
    let (absent, quality) = standing_of(status);
    let measured = absent.map_or_else(|| whole_units(sign, value.trim(), unit.trim()), Err);
    (sign, measured, quality)
}

/// The number that Philips writes as partition and term in hexadecimal: `0002-4bb8` is 150456.
fn mdil(code: &str) -> Option<u32> {
    let (partition, term) = code.split_once('-')?;
    let digits = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = format!("{partition}{term}");
    (digits(partition) && digits(term)).then(|| u32::from_str_radix(&number, 16).ok()).flatten()
}

/// What a status word says: why there is no value, or how far the device trusts the one it sent.
///
/// A word that nobody agreed on is not trusted and not thrown away: the value counts, marked questionable.
fn standing_of(status: &str) -> (Option<Absence>, Quality) {
    let absent = match status {
        "" | "ok" => return (None, Quality::Good),
        "invalid" => Absence::Invalid,
        "unavailable" => Absence::Unavailable,
        "setting" => Absence::Setting,
        "demo" => Absence::Demonstration,
        "test" => Absence::Test,
        "calibrating" => Absence::Calibrating,
        _ => return (None, Quality::Questionable),
    };
    (Some(absent), Quality::Good)
}

/// Decimal text in any known unit, as whole units of the sign: rounded once, half away from zero, then held
/// against the sign's plausible range.
fn whole_units(sign: Sign, value: &str, unit: &str) -> Result<i32, Absence> {
    if value.is_empty() {
        return Err(Absence::Unavailable);
    }
    let written = Decimal::parse(value.as_bytes()).ok_or(Absence::NotANumber)?;
    if unit.is_empty() {
        return Err(Absence::UnitMissing);
    }
    let facts = sign.facts();
    let converted = units::convert(written, unit, facts.unit).ok_or(Absence::UnitUnknown)?;
    i32::try_from(converted.rounded(facts.places))
        .ok()
        .filter(|whole| (facts.least..=facts.most).contains(whole))
        .ok_or(Absence::Implausible)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(code: &str, value: &str, unit: &str) -> Result<i32, Absence> {
        judge(code, value, unit, "").expect("a code of the table").1
    }

    #[test]
    fn a_value_is_rounded_once_and_away_from_zero() {
        assert_eq!(value("MDC_TEMP", "38.05", "Cel"), Ok(381));
        assert_eq!(value("MDC_TEMP", "38.04999", "Cel"), Ok(380));
        assert_eq!(value("8867-4", "118", "/min"), Ok(118));
        assert_eq!(value("150087", "-2.5", "mm[Hg]"), Ok(-3));
    }

    #[test]
    fn hexadecimal_codes_are_the_same_numbers() {
        assert_eq!(value("0002-4bb8", "97", "0004-0220"), Ok(97));
        assert_eq!(value("0002-4BB8", "97", "0004-0220"), Ok(97));
        assert_eq!(value("0002-4b48", "100.4", "0004-1140"), Ok(380), "Fahrenheit, as Efficia sends it");
        assert_eq!(judge("0402-4bb8", "97", "0004-0220", ""), None, "a setting of Philips's");
        for no_code in ["0002-4bbx", "00024bb8", "2-4bb8", "0002-4bb8-", "8867-4"] {
            assert_eq!(mdil(no_code), None, "{no_code}");
        }
    }

    #[test]
    fn the_units_that_devices_really_send_are_converted() {
        for (code, text, unit, whole) in [
            ("160920", "0.45", "262656", 45),
            ("152196", "45", "262688", 45),
            ("150344", "98.6", "266560", 370),
            ("150021", "16", "265987", 120),
            ("151708", "5.3", "kPa", 40),
            ("151976", "5", "mbar", 5),
            ("151868", "0.45", "L", 450),
        ] {
            assert_eq!(value(code, text, unit), Ok(whole), "{code} {text} {unit}");
        }
        assert_eq!(value("151708", "5.1", "%"), Err(Absence::UnitUnknown), "a share of an unknown pressure");
        assert_eq!(value("150456", ">97", "%"), Err(Absence::NotANumber), "a bound is no measurement");
    }

    #[test]
    fn zero_is_data() {
        assert_eq!(value("147842", "0", "264864"), Ok(0));
    }

    #[test]
    fn what_cannot_be_judged_says_why() {
        assert_eq!(value("59408-5", "97", ""), Err(Absence::UnitMissing));
        assert_eq!(value("59408-5", "97", "furlong"), Err(Absence::UnitUnknown));
        assert_eq!(value("59408-5", "97", "mm[Hg]"), Err(Absence::UnitUnknown));
        assert_eq!(value("59408-5", "NaN", "%"), Err(Absence::NotANumber));
        assert_eq!(value("59408-5", "1e999", "%"), Err(Absence::NotANumber));
        assert_eq!(value("59408-5", "", "%"), Err(Absence::Unavailable));
        assert_eq!(value("59408-5", "101", "%"), Err(Absence::Implausible));
        assert_eq!(value("59408-5", "999999999999", "%"), Err(Absence::Implausible));
    }

    #[test]
    fn every_status_word_of_the_contract_is_known() {
        let rows = [
            ("ok", Ok(97), Quality::Good),
            ("", Ok(97), Quality::Good),
            ("questionable", Ok(97), Quality::Questionable),
            ("invalid", Err(Absence::Invalid), Quality::Good),
            ("unavailable", Err(Absence::Unavailable), Quality::Good),
            ("setting", Err(Absence::Setting), Quality::Good),
            ("demo", Err(Absence::Demonstration), Quality::Good),
            ("test", Err(Absence::Test), Quality::Good),
            ("calibrating", Err(Absence::Calibrating), Quality::Good),
            ("wobbly", Ok(97), Quality::Questionable),
        ];
        for (status, measured, quality) in rows {
            assert_eq!(judge("150456", "97", "%", status), Some((Sign::SpO2, measured, quality)), "{status}");
        }
    }

    #[test]
    fn the_code_of_a_setting_is_never_a_measurement() {
        for code in
            ["16929196", "MDC_VOL_AWAY_TIDAL_SETTING", "MDC_VENT_VOL_TIDAL_SETTING", "20112-9", "19994-3"]
        {
            assert_eq!(judge(code, "430", "mL", ""), None, "{code}");
        }
        let settings = Sign::ALL.iter().map(|sign| format!("{}_SETTING", mdc(*sign)));
        assert!(settings.into_iter().all(|code| sign_of(&code).is_none()));
    }
}
