//! The shifts of a day, on the ward's own clock. Who works in them is the roster's to know.

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::clock::Wall;

/// The shifts and the hours at which they begin. An Indian ward's usual three; nobody has confirmed them for
/// this hospital, and no alert hangs on them.
const SHIFTS: [(&str, i8); 3] = [("morning", 8), ("evening", 14), ("night", 20)];

/// The shifts where the ward is.
#[derive(Clone, Debug)]
pub struct Shifts {
    zone: TimeZone,
}

impl Shifts {
    /// The ward's, in its zone.
    #[must_use]
    pub const fn of_zone(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The shift in which something was.
    pub(super) fn of(&self, at: Wall) -> &'static str {
        begun_by(self.here(at).hour()).or(SHIFTS.last()).map_or("", |(word, _)| word)
    }

    /// When the shift began in which something is.
    #[must_use]
    pub fn began(&self, at: Wall) -> Wall {
        let here = self.here(at);
        let (day, hour) = match (begun_by(here.hour()), SHIFTS.last()) {
            (Some((_, begins)), _) => (Ok(here.date()), *begins),
            (None, Some((_, begins))) => (here.date().yesterday(), *begins),
            (None, None) => return at,
        };
        let first = day.and_then(|day| day.at(hour, 0, 0, 0).to_zoned(self.zone.clone()));
        first.map_or(at, |first| Wall::from(first.timestamp()))
    }

    fn here(&self, at: Wall) -> Zoned {
        at.timestamp().to_zoned(self.zone.clone())
    }

    /// Each with the hour at which it begins.
    pub(super) fn words() -> Vec<String> {
        SHIFTS.iter().map(|(word, begins)| format!("{word} from {begins:02}:00")).collect()
    }
}

/// The last shift that has begun by that hour of the day. None has before the first: it is still the last one
/// of the day before.
fn begun_by(hour: i8) -> Option<&'static (&'static str, i8)> {
    SHIFTS.iter().rev().find(|(_, begins)| *begins <= hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> Wall {
        Wall::from(text.parse::<jiff::Timestamp>().unwrap())
    }

    #[test]
    fn a_night_goes_on_until_the_morning_of_the_ward() {
        let shifts = Shifts::of_zone(TimeZone::get("Asia/Kolkata").unwrap());
        for (at, shift) in [
            ("2026-09-12T07:59:59+05:30", "night"),
            ("2026-09-12T08:00:00+05:30", "morning"),
            ("2026-09-12T13:59:59+05:30", "morning"),
            ("2026-09-12T14:00:00+05:30", "evening"),
            ("2026-09-12T20:00:00+05:30", "night"),
            ("2026-09-13T00:30:00+05:30", "night"),
        ] {
            assert_eq!(shifts.of(wall(at)), shift, "{at}");
        }
    }

    #[test]
    fn a_shift_began_at_its_hour_of_the_ward_also_after_midnight() {
        let shifts = Shifts::of_zone(TimeZone::get("Asia/Kolkata").unwrap());
        for (at, began) in [
            ("2026-09-12T07:59:59+05:30", "2026-09-11T20:00:00+05:30"),
            ("2026-09-12T08:00:00+05:30", "2026-09-12T08:00:00+05:30"),
            ("2026-09-12T19:59:59+05:30", "2026-09-12T14:00:00+05:30"),
            ("2026-09-13T00:30:00+05:30", "2026-09-12T20:00:00+05:30"),
        ] {
            assert_eq!(shifts.began(wall(at)), wall(began), "{at}");
        }
    }
}
