//! Times as HL7 writes them (types TS and DTM): as precise as they were sent, with the zone they were sent
//! with.
//!
//! A time without a zone is the reader's to place: the zone is always given from outside. Impossible dates
//! are a value, never a fault; nothing here reads a clock.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use thiserror::Error;

/// How much of a time was sent; what was not sent reads as its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// `2026`
    Year,
    /// `202609`
    Month,
    /// `20260912`
    Day,
    /// `2026091210`
    Hour,
    /// `202609121015`
    Minute,
    /// `20260912101500`
    Second,
    /// `20260912101500.25`
    Fraction,
}

/// A point of time as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentTime {
    /// Date and time of day, on the clock of the sender's zone.
    pub civil: DateTime,
    /// How much of it was sent.
    pub precision: Precision,
    /// The offset from UTC, if the sender gave one. `-0000` says that the sender does not know it.
    pub offset: Option<Offset>,
}

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum NotATime {
    /// Not of the form YYYY\[MM\[DD\[HH\[MM\[SS\[.S…\]\]\]\]\]\]\[+ZZZZ\].
    #[error("not a time in HL7's form YYYYMMDDHHMMSS")]
    Malformed,
    /// Of that form, and no such day or hour exists.
    #[error("no such date or time exists")]
    Impossible,
}

impl SentTime {
    /// The point of time; `zone` is used where the sender gave no offset.
    ///
    /// A time that the change of clocks skips or repeats is read as jiff's "compatible" rule has it: forward
    /// over a gap, the first of two.
    ///
    /// # Errors
    /// [`NotATime::Impossible`] at the very ends of the calendar.
    pub fn timestamp(&self, zone: &TimeZone) -> Result<Timestamp, NotATime> {
        let placed = match self.offset {
            Some(offset) => offset.to_timestamp(self.civil),
            None => zone.to_timestamp(self.civil),
        };
        placed.map_err(|_| NotATime::Impossible)
    }
}

/// Reads a time; `None` where none was sent: empty, `""`, or nothing but zeros.
///
/// # Errors
/// Why it is none.
pub fn read(text: &str) -> Result<Option<SentTime>, NotATime> {
    let text = text.trim();
    let unquoted = text.trim_matches('"');
    if unquoted.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        return Ok(None);
    }
    let (clock, offset) = split_offset(text)?;
    let (digits, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    if !is_digits(digits) || !is_digits(fraction) || (!fraction.is_empty() && digits.len() != 14) {
        return Err(NotATime::Malformed);
    }
    let precision = precision_of(digits.len(), fraction).ok_or(NotATime::Malformed)?;
    let civil = civil(digits, fraction).ok_or(NotATime::Impossible)?;
    Ok(Some(SentTime { civil, precision, offset }))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn precision_of(digits: usize, fraction: &str) -> Option<Precision> {
    Some(match (digits, fraction.is_empty()) {
        (4, true) => Precision::Year,
        (6, true) => Precision::Month,
        (8, true) => Precision::Day,
        (10, true) => Precision::Hour,
        (12, true) => Precision::Minute,
        (14, true) => Precision::Second,
        (14, false) => Precision::Fraction,
        _ => return None,
    })
}

/// Takes the zone off the end of a time: `+0530`, `+05:30`, `Z`, or none.
fn split_offset(text: &str) -> Result<(&str, Option<Offset>), NotATime> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Ok((clock, Some(Offset::UTC)));
    }
    let Some(at) = text.find(['+', '-']) else { return Ok((text, None)) };
    let (clock, zone) = text.split_at_checked(at).ok_or(NotATime::Malformed)?;
    let (hours, minutes) = hours_and_minutes(zone).ok_or(NotATime::Malformed)?;
    if zone == "-0000" {
        return Ok((clock, None));
    }
    if minutes > 59 || hours > 15 {
        return Err(NotATime::Impossible);
    }
    let seconds = (hours * 60 + minutes) * 60;
    let signed = if zone.starts_with('-') { -seconds } else { seconds };
    Ok((clock, Some(Offset::from_seconds(signed).map_err(|_| NotATime::Impossible)?)))
}

/// The figures behind the sign of a zone: `0530` or `05:30`.
fn hours_and_minutes(zone: &str) -> Option<(i32, i32)> {
    let (hours, minutes) = zone.get(1..)?.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let is_pair = |text: &str| text.len() == 2 && is_digits(text);
    (is_pair(hours) && is_pair(minutes)).then_some((hours.parse().ok()?, minutes.parse().ok()?))
}

/// Date and time of day from digits whose number was checked; `None` where there is no such day or hour.
fn civil(digits: &str, fraction: &str) -> Option<DateTime> {
    let part = |range: std::ops::Range<usize>, otherwise: i8| match digits.get(range) {
        Some(text) => text.parse::<i8>().ok(),
        None => Some(otherwise),
    };
    let year: i16 = digits.get(..4)?.parse().ok()?;
    // A leap second is the last one of its minute: no clock here counts to sixty.
    let second = match part(12..14, 0)? {
        60 => 59,
        second => second,
    };
    let to_nine_places = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanoseconds = to_nine_places.fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    DateTime::new(
        year,
        part(4..6, 1)?,
        part(6..8, 1)?,
        part(8..10, 0)?,
        part(10..12, 0)?,
        second,
        nanoseconds,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> String {
        let zone = TimeZone::fixed(Offset::from_seconds(19_800).unwrap());
        read(text).unwrap().unwrap().timestamp(&zone).unwrap().to_string()
    }

    #[test]
    fn times_are_placed_by_their_own_zone_or_the_wards() {
        for (text, expected) in [
            ("20260912101500+0530", "2026-09-12T04:45:00Z"),
            ("20260912101500", "2026-09-12T04:45:00Z"),
            ("20260912101500-0000", "2026-09-12T04:45:00Z"),
            ("20260912101500Z", "2026-09-12T10:15:00Z"),
            ("20120111150457.5-0600", "2012-01-11T21:04:57.5Z"),
            ("20120111150457.1234567890-06:00", "2012-01-11T21:04:57.123456789Z"),
            ("202609121015", "2026-09-12T04:45:00Z"),
            (" 20260912 ", "2026-09-11T18:30:00Z"),
            ("202609+0000", "2026-09-01T00:00:00Z"),
            ("20161231235960+0000", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(at(text), expected, "{text}");
        }
    }

    #[test]
    fn precision_is_what_was_sent() {
        let precision = |text| read(text).unwrap().unwrap().precision;
        assert_eq!(precision("2026"), Precision::Year);
        assert_eq!(precision("20260912"), Precision::Day);
        assert_eq!(precision("202609121015+0530"), Precision::Minute);
        assert!(precision("20260912101500.1") > Precision::Second);
    }

    #[test]
    fn zeros_are_no_time() {
        for text in ["", "\"\"", "00000000000000", "00000000", "0", "  "] {
            assert_eq!(read(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn impossible_and_malformed_times_are_values() {
        for text in ["20260231", "20261301", "2026091225", "20260912101500+9900", "20260912006000"] {
            assert_eq!(read(text), Err(NotATime::Impossible), "{text}");
        }
        for text in ["2026-09-12", "202", "20260", "20260912.5", "today", "20260912101500+5", "２０２６"]
        {
            assert_eq!(read(text), Err(NotATime::Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9+.Z:\\-]{0,30}|.*") {
            if let Ok(Some(time)) = read(&text) {
                let _ = time.timestamp(&TimeZone::UTC);
            }
        }
    }
}
