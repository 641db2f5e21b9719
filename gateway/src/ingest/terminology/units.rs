//! Units as devices write them, and their exact conversion to the unit that a sign is judged in.
//!
//! A factor is a ratio of whole numbers from UCUM's own definitions (m[Hg] = 133.322 kPa, m[H2O] = 9.80665
//! kPa); nothing here is a float. A unit of another dimension is refused, never guessed.

use rules::{Decimal, Unit};

/// A unit that devices send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sent {
    PerMinute,
    PerSecond,
    Percent,
    Fraction,
    MmHg,
    KiloPascal,
    HectoPascal,
    CmH2O,
    Celsius,
    Fahrenheit,
    Millilitre,
    Litre,
    LitrePerMinute,
    MillilitrePerMinute,
}

/// The spellings of a unit: UCUM first, then local ones, then MDC reference ids and numbers (262,144 + term).
#[rustfmt::skip]
static SPELLINGS: [(Sent, &[&str]); 14] = [
    (Sent::PerMinute, &["/min", "1/min", "bpm", "rpm", "beats/min", "breaths/min", "MDC_DIM_PER_MIN",
        "MDC_DIM_BEAT_PER_MIN", "MDC_DIM_RESP_PER_MIN", "264672", "264864", "264928"]),
    (Sent::PerSecond, &["/s", "1/s", "Hz", "MDC_DIM_HZ", "264640"]),
    (Sent::Percent, &["%", "MDC_DIM_PERCENT", "262688"]),
    (Sent::Fraction, &["1", "{fraction}", "MDC_DIM_DIMLESS", "262656"]),
    (Sent::MmHg, &["mm[Hg]", "mmHg", "MDC_DIM_MMHG", "266016"]),
    (Sent::KiloPascal, &["kPa", "MDC_DIM_KILO_PASCAL", "265987"]),
    (Sent::HectoPascal, &["hPa", "mbar", "MDC_DIM_HECTO_PASCAL", "265986"]),
    (Sent::CmH2O, &["cm[H2O]", "cmH2O", "MDC_DIM_CM_H2O", "266048"]),
    (Sent::Celsius, &["Cel", "°C", "degC", "MDC_DIM_DEGC", "268192"]),
    (Sent::Fahrenheit, &["[degF]", "°F", "degF", "MDC_DIM_FAHR", "266560", "268224"]),
    (Sent::Millilitre, &["mL", "MDC_DIM_MILLI_L", "263762"]),
    (Sent::Litre, &["L", "MDC_DIM_X_L", "263744"]),
    (Sent::LitrePerMinute, &["L/min", "MDC_DIM_X_L_PER_MIN", "MDC_DIM_L_PER_MIN", "265216"]),
    (Sent::MillilitrePerMinute, &["mL/min", "MDC_DIM_MILLI_L_PER_MIN", "265234"]),
];

/// The value in `wanted`, or `None` where the unit is not known or of another dimension.
pub(super) fn convert(value: Decimal, unit: &str, wanted: Unit) -> Option<Decimal> {
    let sent = sent_of(unit)?;
    if sent == Sent::Fahrenheit && wanted == Unit::Celsius {
        return celsius_of(value);
    }
    let (numerator, denominator) = ratio(sent, wanted)?;
    Some(if numerator == denominator { value } else { value.scaled(numerator, denominator) })
}

/// Whether a unit is one of the table, of whatever dimension.
#[must_use]
pub fn is_known(unit: &str) -> bool {
    sent_of(unit).is_some()
}

/// Reads a unit. Case does not matter: within this list no two units differ by case alone, and devices are
/// careless.
fn sent_of(unit: &str) -> Option<Sent> {
    let written = |spellings: &[&str]| spellings.iter().any(|spelling| spelling.eq_ignore_ascii_case(unit));
    if let Some((sent, _)) = SPELLINGS.iter().find(|(_, spellings)| written(spellings)) {
        return Some(*sent);
    }
    if let Some(number) = super::mdil(unit) {
        return sent_of(&number.to_string());
    }
    // UCUM lets the writer annotate a rate: `{beats}/min`, `{counts}/min`.
    let annotation = unit.strip_prefix('{')?.strip_suffix("}/min")?;
    (!annotation.contains(['{', '}'])).then_some(Sent::PerMinute)
}

/// The factor from one unit to another of the same dimension.
const fn ratio(sent: Sent, wanted: Unit) -> Option<(u32, u32)> {
    Some(match (sent, wanted) {
        (Sent::PerMinute, Unit::PerMinute)
        | (Sent::Percent, Unit::Percent)
        | (Sent::MmHg, Unit::MmHg)
        | (Sent::CmH2O, Unit::CmH2O)
        | (Sent::Celsius, Unit::Celsius)
        | (Sent::Millilitre, Unit::Millilitre)
        | (Sent::LitrePerMinute, Unit::LitrePerMinute) => (1, 1),
        (Sent::PerSecond, Unit::PerMinute) => (60, 1),
        (Sent::Fraction, Unit::Percent) => (100, 1),
        (Sent::KiloPascal, Unit::MmHg) => (1_000_000, 133_322),
        (Sent::HectoPascal, Unit::MmHg) => (100_000, 133_322),
        (Sent::CmH2O, Unit::MmHg) => (980_665, 1_333_220),
        (Sent::MmHg, Unit::CmH2O) => (1_333_220, 980_665),
        (Sent::KiloPascal, Unit::CmH2O) => (10_000_000, 980_665),
        (Sent::HectoPascal, Unit::CmH2O) => (1_000_000, 980_665),
        (Sent::Litre, Unit::Millilitre) => (1_000, 1),
        (Sent::MillilitrePerMinute, Unit::LitrePerMinute) => (1, 1_000),
        _ => return None,
    })
}

fn celsius_of(fahrenheit: Decimal) -> Option<Decimal> {
    let offset = 32_i64.checked_mul(10_i64.checked_pow(u32::from(fahrenheit.places()))?)?;
    let above = fahrenheit.digits().checked_sub(offset)?;
    Some(Decimal::new(above, fahrenheit.places()).scaled(5, 9))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(value: &str, unit: &str, wanted: Unit, places: u8) -> Option<i64> {
        let value = Decimal::parse(value.as_bytes()).unwrap();
        convert(value, unit, wanted).map(|value| value.rounded(places))
    }

    #[test]
    fn every_spelling_is_read_and_none_twice() {
        let mut seen = std::collections::HashSet::new();
        for (sent, spellings) in &SPELLINGS {
            for spelling in *spellings {
                assert_eq!(sent_of(spelling), Some(*sent), "{spelling}");
                assert_eq!(sent_of(&spelling.to_ascii_uppercase()), Some(*sent), "{spelling}");
                assert!(seen.insert(spelling.to_ascii_lowercase()), "{spelling} stands twice");
            }
        }
    }

    #[test]
    fn every_conversion_holds() {
        let rows = [
            ("72", "{beats}/min", Unit::PerMinute, 0, 72),
            ("1.2", "Hz", Unit::PerMinute, 0, 72),
            ("97", "%", Unit::Percent, 0, 97),
            ("0.405", "1", Unit::Percent, 0, 41),
            ("16", "kPa", Unit::MmHg, 2, 12_001),
            ("1013.25", "hPa", Unit::MmHg, 0, 760),
            ("10", "cm[H2O]", Unit::MmHg, 3, 7_356),
            ("10", "mmHg", Unit::CmH2O, 3, 13_595),
            ("2", "kPa", Unit::CmH2O, 2, 2_039),
            ("8", "mbar", Unit::CmH2O, 3, 8_158),
            ("38.05", "Cel", Unit::Celsius, 1, 381),
            ("100.4", "[degF]", Unit::Celsius, 1, 380),
            ("-40", "°F", Unit::Celsius, 1, -400),
            ("0.43", "L", Unit::Millilitre, 0, 430),
            ("430", "263762", Unit::Millilitre, 0, 430),
            ("7400", "mL/min", Unit::LitrePerMinute, 1, 74),
            ("7.4", "MDC_DIM_L_PER_MIN", Unit::LitrePerMinute, 1, 74),
            ("12", "266048", Unit::CmH2O, 0, 12),
        ];
        for (value, unit, wanted, places, whole) in rows {
            assert_eq!(converted(value, unit, wanted, places), Some(whole), "{value} {unit}");
        }
    }

    #[test]
    fn another_dimension_is_refused() {
        for (unit, wanted) in [
            ("%", Unit::MmHg),
            ("mm[Hg]", Unit::Percent),
            ("1", Unit::PerMinute),
            ("Cel", Unit::PerMinute),
            ("mL", Unit::LitrePerMinute),
            ("{}{}/min", Unit::PerMinute),
            ("", Unit::Percent),
        ] {
            assert_eq!(converted("5", unit, wanted, 0), None, "{unit}");
        }
    }
}
