//! How long a peer may be silent before the station is told. The laboratory is expected to speak by day; at
//! night its silence is nothing.

use jiff::Zoned;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use rules::Span;
use serde::Deserialize;

use super::Faults;
use crate::clock::Wall;
use crate::event::PeerKind;

/// The section of `ward.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SilenceSection {
    laboratory_min: u32,
    laboratory_from: String,
    laboratory_until: String,
    adt_min: u32,
}

impl Default for SilenceSection {
    fn default() -> Self {
        Self {
            laboratory_min: 120,
            laboratory_from: "06:00".to_owned(),
            laboratory_until: "22:00".to_owned(),
            adt_min: 720,
        }
    }
}

/// The bounds of an expected silence, in minutes: five minutes to a week.
const MINUTES: std::ops::RangeInclusive<u32> = 5..=7 * 24 * 60;

/// For how many days a silent day is looked for; more than any window can skip.
const DAYS_MOST: usize = 8;

/// How long peers may be silent.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// The laboratory's, counted within its day alone.
    pub laboratory: Span,
    /// The laboratory's day begins.
    pub from: Time,
    /// It ends.
    pub until: Time,
    /// The HIS's, for movements and orders, at any hour.
    pub adt: Span,
    /// Where that day is.
    pub zone: TimeZone,
}

impl Default for Silence {
    /// As shipped, in UTC.
    fn default() -> Self {
        SilenceSection::default().read(&mut Faults::default())
    }
}

impl SilenceSection {
    pub(super) fn read(&self, faults: &mut Faults) -> Silence {
        for (key, minutes) in [("laboratory_min", self.laboratory_min), ("adt_min", self.adt_min)] {
            if !MINUTES.contains(&minutes) {
                faults.add(format!("silence.{key}"), "between five minutes and a week");
            }
        }
        let mut time = |key: &str, text: &str| {
            let read: Option<Time> = text.parse().ok();
            if read.is_none() {
                faults.add(format!("silence.{key}"), format!("{text:?} is no time of day, such as 06:00"));
            }
            read.unwrap_or_default()
        };
        let from = time("laboratory_from", &self.laboratory_from);
        let until = time("laboratory_until", &self.laboratory_until);
        let laboratory = Span::minutes(self.laboratory_min);
        let day = until.duration_since(from).as_secs();
        if day <= i64::from(laboratory.whole_seconds()) {
            let text =
                "the laboratory's day must be longer than its expected silence, and end after it began";
            faults.add("silence.laboratory_until", text);
        }
        Silence { laboratory, from, until, adt: Span::minutes(self.adt_min), zone: TimeZone::UTC }
    }
}

impl Silence {
    /// From when on a peer is silent that was heard at `last` and never since.
    #[must_use]
    pub fn due(&self, kind: PeerKind, last: Wall) -> Wall {
        match kind {
            PeerKind::Adt => after(last, self.adt),
            PeerKind::Laboratory => self.by_day(last),
        }
    }

    /// The first moment at which a silence of the laboratory's own length lies within one of its days.
    fn by_day(&self, last: Wall) -> Wall {
        let first = last.timestamp().to_zoned(self.zone.clone()).date();
        let at = |date: jiff::civil::Date, time: Time| {
            date.to_datetime(time)
                .to_zoned(self.zone.clone())
                .map(|zoned: Zoned| Wall::from(zoned.timestamp()))
        };
        for date in first.series(jiff::Span::new().days(1)).take(DAYS_MOST) {
            let (Ok(from), Ok(until)) = (at(date, self.from), at(date, self.until)) else { continue };
            let due = after(last.max(from), self.laboratory);
            if due < until {
                return due;
            }
        }
        after(last, self.laboratory)
    }
}

fn after(wall: Wall, span: Span) -> Wall {
    Wall(wall.0.saturating_add(i64::from(span.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> Wall {
        Wall::from(text.parse::<jiff::Timestamp>().unwrap())
    }

    #[test]
    fn the_laboratory_is_expected_by_day_alone() {
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let silence = Silence { zone, ..Silence::default() };
        for (last, due) in [
            ("10:00", "2026-11-25T12:00:00+05:30"),
            ("19:59", "2026-11-25T21:59:00+05:30"),
            // What would be due at night is counted anew from the morning.
            ("20:00", "2026-11-26T08:00:00+05:30"),
            ("21:30", "2026-11-26T08:00:00+05:30"),
            ("23:00", "2026-11-26T08:00:00+05:30"),
            ("05:00", "2026-11-25T08:00:00+05:30"),
        ] {
            let last = wall(&format!("2026-11-25T{last}:00+05:30"));
            assert_eq!(silence.due(PeerKind::Laboratory, last), wall(due), "{last:?}");
        }
        let night = wall("2026-11-25T23:00:00+05:30");
        assert_eq!(silence.due(PeerKind::Adt, night), wall("2026-11-26T11:00:00+05:30"));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let faults_of = |section: SilenceSection| {
            let mut faults = Faults::default();
            let _ = section.read(&mut faults);
            faults.0.into_iter().map(|fault| fault.path).collect::<Vec<_>>()
        };
        assert!(faults_of(SilenceSection::default()).is_empty());
        let backwards = SilenceSection { laboratory_from: "23:00".to_owned(), ..SilenceSection::default() };
        assert_eq!(faults_of(backwards), ["silence.laboratory_until"]);
        let nonsense =
            SilenceSection { adt_min: 1, laboratory_from: "dawn".to_owned(), ..SilenceSection::default() };
        assert_eq!(faults_of(nonsense), ["silence.adt_min", "silence.laboratory_from"]);
    }
}
