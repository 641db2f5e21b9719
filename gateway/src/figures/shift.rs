//! The shifts of a day, on the ward's own clock. Who works in them is the roster's to know.

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
        let hour = at.timestamp().to_zoned(self.zone.clone()).hour();
        let begun = SHIFTS.iter().rev().find(|(_, begins)| *begins <= hour);
        // Before the first one of the day it is still the last one of the day before.
        begun.or(SHIFTS.last()).map_or("", |(word, _)| word)
    }

    /// Each with the hour at which it begins.
    pub(super) fn words() -> Vec<String> {
        SHIFTS.iter().map(|(word, begins)| format!("{word} from {begins:02}:00")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(shifts.of(Wall::from(at.parse::<jiff::Timestamp>().unwrap())), shift, "{at}");
        }
    }
}
