//! One simulated patient: levels of his own, a slow drift around them, and the small play of a living body,
//! with the courses of [`super::truth`] laid over. No sensor has been at these numbers yet.
//!
//! Assumptions, all proposals of this simulator: the levels are those of intensive care (a mean pressure
//! of 66 to 98 mmHg, a rate of 62 to 104 /min, a saturation of 92.5 to 98.5 %), each patient keeps the
//! own one, and drifts around it within a quarter of an hour. Some therefore live near a limit and make
//! most of the noise, as in wards (a tenth of the patients cause half of the alarms: Lansdowne, BMC
//! Nursing 2016).

use super::chance::{Chance, between};
use super::truth::{Course, Pull};
use crate::sandbox::physiology::mix;

/// What is true of a patient in one second: whole units, the temperature in tenths of a degree Celsius.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// Heart rate, per minute.
    pub heart_rate: i32,
    /// Saturation, in percent.
    pub spo2: i32,
    /// Breaths, per minute.
    pub resp_rate: i32,
    /// Systolic pressure, in mmHg.
    pub systolic: i32,
    /// Mean pressure, in mmHg.
    pub mean: i32,
    /// Diastolic pressure, in mmHg.
    pub diastolic: i32,
    /// Temperature, in tenths of a degree Celsius.
    pub temperature: i32,
    /// End-tidal carbon dioxide, in mmHg.
    pub etco2: i32,
}

/// How the pressure is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// By an arterial line, every second.
    Arterial,
    /// By a cuff, every so many seconds; on the arm of the SpO2 probe or on the other.
    Cuff { every_s: u64, on_the_probe_s_arm: bool },
}

/// A patient. Levels in tenths of their unit; the temperature in hundredths of a degree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patient {
    seed: u64,
    pub(super) is_ventilated: bool,
    pub(super) line: Line,
    pub(super) heart_rate: i32,
    pub(super) spo2: i32,
    pub(super) resp_rate: i32,
    pub(super) mean: i32,
    pulse_pressure: i32,
    temperature: i32,
    etco2: i32,
}

/// Of a hundred patients so many are ventilated; of the others so many have an arterial line.
const VENTILATED_PERCENT: i32 = 45;
const LINE_PERCENT: i32 = 40;

/// Seconds between the turning points of the slow drift, and of the quick play.
const DRIFT_S: u64 = 900;
const PLAY_S: u64 = 7;

/// How far a sign wanders to either side, slowly and quickly, in tenths of its unit. `stream` keeps it apart
/// from the others.
struct Habit {
    stream: u64,
    drift: i32,
    play: i32,
}

const HEART_RATE: Habit = Habit { stream: 1, drift: 60, play: 15 };
const SPO2: Habit = Habit { stream: 2, drift: 10, play: 5 };
const RESP_RATE: Habit = Habit { stream: 3, drift: 25, play: 15 };
const VENTILATOR_RATE: Habit = Habit { stream: 3, drift: 5, play: 5 };
const MEAN: Habit = Habit { stream: 4, drift: 50, play: 15 };
const TEMPERATURE: Habit = Habit { stream: 5, drift: 20, play: 0 };
const ETCO2: Habit = Habit { stream: 6, drift: 30, play: 10 };

impl Patient {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::of(seed, 7);
        let is_ventilated = chance.in_percent(VENTILATED_PERCENT);
        let has_line = chance.in_percent(LINE_PERCENT) || is_ventilated;
        let every_s = 300 * chance.seconds(1, 3);
        let on_the_probe_s_arm = chance.in_percent(25);
        let line = if has_line { Line::Arterial } else { Line::Cuff { every_s, on_the_probe_s_arm } };
        Self {
            seed,
            is_ventilated,
            line,
            heart_rate: chance.between(620, 1_040),
            spo2: chance.between(925, 985),
            resp_rate: if is_ventilated { chance.between(120, 200) } else { chance.between(130, 220) },
            mean: chance.between(660, 980),
            pulse_pressure: chance.between(420, 640),
            temperature: chance.between(3_630, 3_790),
            etco2: chance.between(320, 420),
        }
    }

    /// What is true in a second.
    pub(super) fn at(&self, second: u64, courses: &[Course]) -> Signs {
        let led = |own: i32, habit: &Habit, pulled: fn(&Pull) -> Option<i32>| {
            let level = own + self.wander(habit.stream, second, DRIFT_S, habit.drift);
            let led = courses.iter().fold(level, |level, course| course.lead(second, level, pulled));
            // What stands still does not play.
            if led == 0 { 0 } else { led + self.wander(habit.stream, second, PLAY_S, habit.play) }
        };
        let breath = if self.is_ventilated { VENTILATOR_RATE } else { RESP_RATE };
        let mean = led(self.mean, &MEAN, |pull| pull.mean);
        // A failing circulation has a small pulse.
        let pulse_pressure = self.pulse_pressure * (mean / 10).clamp(10, 90) / 90;
        Signs {
            heart_rate: whole(led(self.heart_rate, &HEART_RATE, |pull| pull.heart_rate)),
            spo2: whole(led(self.spo2, &SPO2, |pull| pull.spo2).min(1_000)),
            resp_rate: whole(led(self.resp_rate, &breath, |pull| pull.resp_rate)),
            systolic: whole(mean + pulse_pressure * 2 / 3),
            mean: whole(mean),
            diastolic: whole(mean - pulse_pressure / 3),
            temperature: whole(led(self.temperature, &TEMPERATURE, |pull| pull.temperature)),
            etco2: whole(led(self.etco2, &ETCO2, |pull| pull.etco2)),
        }
    }

    /// A walk that stays within `reach` to either side: straight lines between random turning points.
    fn wander(&self, stream: u64, second: u64, every_s: u64, reach: i32) -> i32 {
        wander(self.seed ^ mix(stream), second, every_s, reach)
    }
}

/// A walk within `reach` to either side, a turning point every `every_s` seconds.
pub(super) fn wander(seed: u64, second: u64, every_s: u64, reach: i32) -> i32 {
    let turn = |number: u64| {
        let choices = 2 * u64::from(reach.unsigned_abs()) + 1;
        i32::try_from(mix(seed ^ mix(every_s ^ mix(number))) % choices).unwrap_or(0) - reach
    };
    let number = second / every_s;
    between(turn(number), turn(number + 1), second % every_s, every_s)
}

/// Tenths as a display rounds them.
const fn whole(tenths: i32) -> i32 {
    (tenths + 5).div_euclid(10)
}
