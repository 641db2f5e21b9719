//! How loud the ward's alerts are, by day and by night. Never below a floor: nobody turns an alarm off by its
//! volume.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::Faults;
use crate::clock::Wall;

/// The least volume, in hundredths of full amplitude: 12 dB below full. It is the house's own figure, held
/// against no standard: the ward measures at its station what a nurse hears.
pub const FLOOR_PERCENT: u8 = 25;

/// Full volume.
pub const FULL_PERCENT: u8 = 100;

/// The section of `ward.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AudioSection {
    day_percent: u8,
    night_percent: u8,
    night_from: String,
    night_until: String,
}

impl Default for AudioSection {
    fn default() -> Self {
        Self {
            day_percent: FULL_PERCENT,
            night_percent: FULL_PERCENT,
            night_from: "22:00".to_owned(),
            night_until: "06:00".to_owned(),
        }
    }
}

/// How loud, when.
#[derive(Clone, Debug, PartialEq)]
pub struct Loudness {
    /// By day, in hundredths of full.
    pub day_percent: u8,
    /// By night, in hundredths of full.
    pub night_percent: u8,
    /// The night begins.
    pub from: Time,
    /// It ends, most often on the next day.
    pub until: Time,
    /// Where that night is.
    pub zone: TimeZone,
}

impl Default for Loudness {
    /// As shipped: full, at any hour.
    fn default() -> Self {
        Self::always(FULL_PERCENT)
    }
}

impl AudioSection {
    pub(super) fn read(&self, faults: &mut Faults) -> Loudness {
        for (key, percent) in [("day_percent", self.day_percent), ("night_percent", self.night_percent)] {
            if !(FLOOR_PERCENT..=FULL_PERCENT).contains(&percent) {
                faults.add(
                    format!("audio.{key}"),
                    format!(
                        "between {FLOOR_PERCENT} and {FULL_PERCENT}: nobody turns an alarm off by its volume"
                    ),
                );
            }
        }
        if self.night_percent > self.day_percent {
            faults.add("audio.night_percent", "the night is no louder than the day");
        }
        let mut time = |key: &str, text: &str| {
            let read: Option<Time> = text.parse().ok();
            if read.is_none() {
                faults.add(format!("audio.{key}"), format!("{text:?} is no time of day, such as 22:00"));
            }
            read.unwrap_or_default()
        };
        let (from, until) = (time("night_from", &self.night_from), time("night_until", &self.night_until));
        let (day_percent, night_percent) = (self.day_percent, self.night_percent);
        Loudness { day_percent, night_percent, from, until, zone: TimeZone::UTC }
    }
}

impl Loudness {
    /// The same at any hour.
    #[must_use]
    pub fn always(percent: u8) -> Self {
        Self {
            day_percent: percent,
            night_percent: percent,
            from: Time::midnight(),
            until: Time::midnight(),
            zone: TimeZone::UTC,
        }
    }

    /// How loud it is then, in hundredths of full.
    #[must_use]
    pub fn percent_at(&self, wall: Wall) -> u8 {
        let time = wall.timestamp().to_zoned(self.zone.clone()).time();
        let is_night = if self.from <= self.until {
            self.from <= time && time < self.until
        } else {
            self.from <= time || time < self.until
        };
        if is_night { self.night_percent } else { self.day_percent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Wall {
        Wall::from(text.parse::<jiff::Timestamp>().unwrap())
    }

    fn section(night_from: &str, night_until: &str) -> AudioSection {
        let (night_from, night_until) = (night_from.to_owned(), night_until.to_owned());
        AudioSection { night_percent: 60, night_from, night_until, ..AudioSection::default() }
    }

    fn faults_of(section: &AudioSection) -> Vec<String> {
        let mut faults = Faults::default();
        let _ = section.read(&mut faults);
        faults.0.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn the_night_is_the_wards_own_and_may_cross_midnight() {
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let night = section("22:00", "06:00").read(&mut Faults::default());
        let night = Loudness { zone, ..night };
        for (time, percent) in [("21:59", 100), ("22:00", 60), ("00:30", 60), ("05:59", 60), ("06:00", 100)] {
            let wall = at(&format!("2026-11-26T{time}:00+05:30"));
            assert_eq!(night.percent_at(wall), percent, "{time}");
        }
        let early = section("00:00", "05:00").read(&mut Faults::default());
        assert_eq!(early.percent_at(at("2026-11-26T04:59:59Z")), 60);
        assert_eq!(early.percent_at(at("2026-11-26T05:00:00Z")), 100);
    }

    #[test]
    fn as_shipped_it_is_full_at_any_hour() {
        assert!(faults_of(&AudioSection::default()).is_empty());
        let shipped = AudioSection::default().read(&mut Faults::default());
        for hour in 0..24 {
            let wall = at(&format!("2026-11-26T{hour:02}:00:00Z"));
            assert_eq!((shipped.percent_at(wall), Loudness::default().percent_at(wall)), (100, 100));
        }
    }

    #[test]
    fn what_is_below_the_floor_or_makes_no_sense_is_named() {
        let with = |day_percent, night_percent| {
            faults_of(&AudioSection { day_percent, night_percent, ..AudioSection::default() })
        };
        assert!(with(25, 25).is_empty() && with(100, 25).is_empty());
        assert_eq!(with(24, 24), ["audio.day_percent", "audio.night_percent"]);
        assert_eq!(with(101, 100), ["audio.day_percent"]);
        assert_eq!(with(50, 51), ["audio.night_percent"]);
        assert_eq!(faults_of(&section("dusk", "dawn")), ["audio.night_from", "audio.night_until"]);
    }
}
