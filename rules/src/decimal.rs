//! Decimal numbers as they were written: `6.80` stays two places long until somebody rounds it.
//!
//! Devices and laboratories send decimal text. Reading it through binary floating point would move values
//! across the edge of a band (38.05 is not 38.05 in an `f64`), so it is read into whole digits and a number
//! of places, and rounded once, half away from zero, to the resolution of the chart that judges it.

use core::cmp::Ordering;

/// A decimal number: `digits` × 10^-`places`.
///
/// Equality and order are by value (`6.80 == 6.8`); [`Decimal::places`] remembers how it was written.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Decimal {
    digits: i64,
    places: u8,
}

/// The most places behind the point that are kept; further ones cannot change any chart's row and are
/// dropped.
const MOST_PLACES: u8 = 9;

/// The largest whole number that is taken: 12 digits, far beyond any sign or result.
const MOST_WHOLE: i64 = 999_999_999_999;

impl Decimal {
    /// The number `digits` × 10^-`places`; places beyond nine are dropped.
    #[must_use]
    pub const fn new(digits: i64, places: u8) -> Self {
        let mut kept = Self { digits, places };
        while kept.places > MOST_PLACES {
            kept.digits /= 10;
            kept.places -= 1;
        }
        kept
    }

    /// Reads plain decimal text: an optional sign, digits, an optional point with digits, an optional
    /// exponent.
    ///
    /// `None` for everything else: empty text, thousands separators, `NaN`, infinities, stray letters, and
    /// numbers outside ±999 999 999 999. Blanks around the number are not part of it and are refused too.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            Some((b'+', rest)) => (false, rest),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (text.get(..at)?, exponent(text.get(at + 1..)?)?),
            None => (text, 0),
        };
        let unsigned = mantissa_of(mantissa)?.shifted(exponent)?;
        let digits = if negative { -unsigned.digits } else { unsigned.digits };
        Some(Self { digits, places: unsigned.places })
    }

    /// The digits as one whole number.
    #[must_use]
    pub const fn digits(self) -> i64 {
        self.digits
    }

    /// How many of the digits stand behind the point.
    #[must_use]
    pub const fn places(self) -> u8 {
        self.places
    }

    /// The value in whole units of 10^-`places`, rounded half away from zero (38.05 to one place is 381).
    #[must_use]
    pub const fn rounded(self, places: u8) -> i64 {
        if places >= self.places {
            return self.digits.saturating_mul(power_of_ten(places - self.places));
        }
        let unit = power_of_ten(self.places - places);
        let half = self.digits.signum() * (unit / 2);
        self.digits.saturating_add(half) / unit
    }

    /// The value times `numerator` / `denominator`, exact to the sixth place behind the point.
    ///
    /// Unit conversions use it: a factor is a ratio of whole numbers, never a float.
    #[must_use]
    pub fn scaled(self, numerator: u32, denominator: u32) -> Self {
        const PLACES: u8 = 6;
        let product = i128::from(self.digits) * i128::from(numerator) * i128::from(power_of_ten(PLACES));
        let divisor = i128::from(denominator.max(1)) * i128::from(power_of_ten(self.places));
        let half = product.signum() * (divisor / 2);
        let digits = (product + half) / divisor;
        let bound = i128::from(i64::MAX);
        Self { digits: i64::try_from(digits.clamp(-bound, bound)).unwrap_or(i64::MAX), places: PLACES }
    }

    /// Moves the point by `exponent` places; `None` when the number leaves the range that is taken.
    fn shifted(self, exponent: i32) -> Option<Self> {
        let places = i32::from(self.places) - exponent;
        let shifted = if places >= 0 {
            let places = u8::try_from(places).ok()?;
            Self::new(self.digits, places)
        } else {
            let zeros = u32::try_from(-places).ok()?;
            Self { digits: self.digits.checked_mul(10_i64.checked_pow(zeros)?)?, places: 0 }
        };
        (shifted.rounded_toward_zero() <= MOST_WHOLE).then_some(shifted)
    }

    const fn rounded_toward_zero(self) -> i64 {
        self.digits / power_of_ten(self.places)
    }
}

/// 10^`places` for the places a [`Decimal`] may have; larger ones stop at 10^18.
const fn power_of_ten(places: u8) -> i64 {
    10_i64.pow(if places > 18 { 18 } else { places as u32 })
}

fn mantissa_of(text: &[u8]) -> Option<Decimal> {
    let mut digits: i64 = 0;
    let mut places: u8 = 0;
    let mut seen_digit = false;
    let mut seen_point = false;
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                seen_digit = true;
                if seen_point && places == MOST_PLACES {
                    continue;
                }
                digits = digits.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                places += u8::from(seen_point);
            }
            b'.' if !seen_point => seen_point = true,
            _ => return None,
        }
    }
    let number = Decimal { digits, places };
    (seen_digit && number.rounded_toward_zero() <= MOST_WHOLE).then_some(number)
}

fn exponent(text: &[u8]) -> Option<i32> {
    let text = core::str::from_utf8(text).ok()?;
    text.parse::<i32>().ok().filter(|exponent| (-18..=18).contains(exponent))
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = i128::from(self.digits) * i128::from(power_of_ten(other.places));
        let right = i128::from(other.digits) * i128::from(power_of_ten(self.places));
        left.cmp(&right)
    }
}

impl core::fmt::Display for Decimal {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let unit = power_of_ten(self.places).unsigned_abs();
        let magnitude = self.digits.unsigned_abs();
        let sign = if self.digits < 0 { "-" } else { "" };
        write!(out, "{sign}{}", magnitude / unit)?;
        if self.places > 0 {
            write!(out, ".{:0width$}", magnitude % unit, width = usize::from(self.places))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<Decimal> {
        Decimal::parse(text.as_bytes())
    }

    #[test]
    fn text_is_kept_as_written() {
        assert_eq!(read("6.80").unwrap().to_string(), "6.80");
        assert_eq!(read(".5").unwrap().to_string(), "0.5");
        assert_eq!(read("-0.04").unwrap().to_string(), "-0.04");
        assert_eq!(read("1.12E2").unwrap().to_string(), "112");
        assert_eq!(read("+7").unwrap().to_string(), "7");
        assert_eq!(read("0").unwrap().to_string(), "0");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", ".", "-", "NaN", "inf", "1,234", "5,6", " 112", "112*", "1e999", "1e", "--1", "1.2.3", "１"]
        {
            assert!(read(text).is_none(), "{text:?} was taken for a number");
        }
        assert!(read("9999999999999").is_none(), "thirteen digits are beyond any sign");
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(read("38.05").unwrap().rounded(1), 381);
        assert_eq!(read("-38.05").unwrap().rounded(1), -381);
        assert_eq!(read("38.04999").unwrap().rounded(1), 380);
        assert_eq!(read("39.9").unwrap().rounded(0), 40);
        assert_eq!(read("7").unwrap().rounded(2), 700);
        assert_eq!(read("6.8").unwrap().rounded(2), 680);
    }

    #[test]
    fn equal_values_written_differently_are_equal() {
        assert_eq!(read("6.80"), read("6.8"));
        assert!(read("6.81") > read("6.8") && read("6.81") != read("6.8"));
        assert!(read("-1") < read("0"));
    }

    #[test]
    fn places_beyond_the_ninth_are_dropped() {
        let kept = |number: Decimal| (number.digits(), number.places());
        assert_eq!(kept(Decimal::new(1_999, 12)), (1, 9));
        assert_eq!(kept(Decimal::new(-1_999, 12)), (-1, 9));
        assert_eq!(kept(read("0.1234567899").unwrap()), (123_456_789, 9));
        assert_eq!(kept(read("7e-18").unwrap()), (0, 9));
    }

    #[test]
    fn an_exponent_moves_the_point_either_way() {
        let written = |text| read(text).map(|number| number.to_string());
        assert_eq!(written("12.5e-1").as_deref(), Some("1.25"));
        assert_eq!(written("0.5e2").as_deref(), Some("50"));
        assert_eq!(written("1.5e1").as_deref(), Some("15"));
        assert_eq!(written("-1e11").as_deref(), Some("-100000000000"));
        assert_eq!((written("1e-19"), written("0e19")), (None, None), "no sign has so many zeros");
    }

    #[test]
    fn the_largest_number_has_twelve_digits_however_it_is_written() {
        for text in ["999999999999", "999999999999.9", "99999999999.9e1", "-999999999999"] {
            assert!(read(text).is_some(), "{text}");
        }
        for text in ["1000000000000", "1e12", "100000000000e1"] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_conversion_rounds_once_and_stops_at_what_it_can_hold() {
        assert_eq!([1, -1].map(|whole| Decimal::new(whole, 0).scaled(1, 2_000_000).digits()), [1, -1]);
        assert_eq!([1, -1].map(|whole| Decimal::new(whole, 0).scaled(1, 2_000_001).digits()), [0, 0]);
        assert_eq!(read("-7.48").unwrap().scaled(3, 2).to_string(), "-11.220000");
        let most = Decimal::new(i64::MAX, 0).scaled(u32::MAX, 1);
        let least = Decimal::new(-i64::MAX, 0).scaled(u32::MAX, 1);
        assert_eq!((most.digits(), least.digits()), (i64::MAX, -i64::MAX));
    }

    #[test]
    fn more_places_than_a_number_can_have_are_as_many_as_fit() {
        assert_eq!(Decimal::new(1, 0).rounded(18), 1_000_000_000_000_000_000);
        assert_eq!(Decimal::new(1, 0).rounded(200), 1_000_000_000_000_000_000);
        assert_eq!(Decimal::new(i64::MAX, 0).rounded(1), i64::MAX);
    }

    #[test]
    fn glucose_turns_from_mass_to_moles() {
        let mmol = read("38").unwrap().scaled(555, 10_000);
        assert_eq!(mmol.rounded(2), 211);
    }

    proptest! {
        #[test]
        fn writing_and_reading_again_changes_nothing(
            digits in -999_999_999_999_i64..=999_999_999_999, places in 0u8..=9,
        ) {
            let number = Decimal::new(digits, places);
            let again = read(&number.to_string()).unwrap();
            prop_assert_eq!(again, number);
            prop_assert_eq!(again.places(), number.places());
        }

        #[test]
        fn no_text_makes_it_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Decimal::parse(&text);
        }
    }
}
