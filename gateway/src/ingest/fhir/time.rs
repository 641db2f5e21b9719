//! Times as FHIR writes them (dateTime, instant, Period): with their zone, or not taken at all.
//!
//! A time of day without a zone is refused, because FHIR forbids it and nobody can tell what it means. A date
//! alone, a time that no calendar has, one from before devices knew the date, and one that is still to come
//! are read as no time: the arrival counts.

use jiff::Timestamp;

use super::element::Period;
use super::fault::{Fault, Issue};
use crate::clock::Wall;

/// Reads the element's time, as it stands when the message arrives.
///
/// # Errors
/// It is not written as FHIR writes times, or has no zone.
pub(super) fn read(element: &str, text: Option<&str>, arrived: Wall) -> Result<Option<Wall>, Fault> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let value = |why: &str| Err(Fault::new(Issue::Value, element, why));
    let written = |mark: char| mark.is_ascii_digit() || matches!(mark, '-' | ':' | '.' | '+' | 'T' | 'Z');
    if !text.starts_with(|mark: char| mark.is_ascii_digit()) || !text.chars().all(written) {
        return value("this is no time as FHIR writes it: 2026-09-12T10:15:00+05:30");
    }
    match text.split_once('T') {
        None => Ok(None),
        Some((_, clock)) if !clock.contains(['Z', '+', '-']) => {
            value("a time of day needs its zone: append Z or an offset such as +05:30")
        }
        Some(_) => {
            let time = text.parse::<Timestamp>().ok().map(Wall::from);
            Ok(time.filter(|time| *time >= Wall::EARLIEST && !time.is_still_to_come(arrived)))
        }
    }
}

/// Reads a period as the time at which its value was complete: its end, else its start.
///
/// # Errors
/// As [`read`].
pub(super) fn period(element: &str, period: Option<&Period>, arrived: Wall) -> Result<Option<Wall>, Fault> {
    let Some(period) = period else { return Ok(None) };
    let end = read(&format!("{element}.end"), period.end.as_deref(), arrived)?;
    let start = read(&format!("{element}.start"), period.start.as_deref(), arrived)?;
    Ok(end.or(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived() -> Wall {
        Wall::from("2026-09-12T12:00:00Z".parse::<Timestamp>().unwrap())
    }

    fn of(text: &str) -> Result<Option<String>, Fault> {
        let time = read("effectiveDateTime", Some(text), arrived())?;
        Ok(time.map(|time| time.timestamp().to_string()))
    }

    #[test]
    fn a_time_with_its_zone_is_read() {
        for (text, time) in [
            ("2026-09-12T10:15:00+05:30", "2026-09-12T04:45:00Z"),
            ("2026-09-12T10:15:00.250Z", "2026-09-12T10:15:00.25Z"),
        ] {
            assert_eq!(of(text), Ok(Some(time.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_placed_is_no_time_and_the_arrival_counts() {
        for text in [
            "2026",
            "2026-09",
            "2026-09-12",
            "2026-13-45T00:00:00Z",
            "1970-01-01T00:00:05Z",
            "2026-09-12T12:01:01Z",
            "",
        ] {
            assert_eq!(of(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_time_without_its_zone_and_what_is_no_time_are_refused() {
        for text in ["2026-09-12T10:15:00", "2026-09-12T10:15", "yesterday", "20260912 1015", "T10:15:00Z"] {
            assert!(of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_period_is_complete_at_its_end() {
        let time = |text: &str| Some(text.to_owned());
        let both = Period { start: time("2026-09-12T08:00:00Z"), end: time("2026-09-12T09:00:00Z") };
        let read = period("effectivePeriod", Some(&both), arrived()).unwrap().unwrap();
        assert_eq!(read.timestamp().to_string(), "2026-09-12T09:00:00Z");
        let open = Period { end: None, ..both };
        assert!(period("effectivePeriod", Some(&open), arrived()).unwrap().is_some());
        let bare = Period { end: time("2026-09-12T09:00:00"), ..Period::default() };
        let fault = period("effectivePeriod", Some(&bare), arrived()).unwrap_err();
        assert!(fault.to_string().starts_with("effectivePeriod.end"), "{fault}");
    }
}
