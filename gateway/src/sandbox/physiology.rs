//! A simulated patient as a value: the same seed gives the same numbers at the same second, in any order of
//! asking.
//!
//! Every sign has a level of its own, drifts slowly around it, and flickers as a monitor's display does. A
//! course (a deterioration, a probe that falls off) pulls some signs away from that and gives them back.
//! Nothing here knows a limit or a score: what the gateway makes of the numbers must not depend on them.

#[cfg(test)]
mod tests;

/// What one patient shows in one second. Rates per minute, pressures in mmHg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signs {
    /// Heart rate by ECG.
    pub(super) heart_rate: i32,
    /// Pulse rate by the SpO2 probe.
    pub(super) pulse: i32,
    /// Saturation in percent.
    pub(super) spo2: i32,
    /// Respiratory rate.
    pub(super) resp_rate: i32,
    /// Systolic pressure.
    pub(super) systolic: i32,
    /// Diastolic pressure.
    pub(super) diastolic: i32,
    /// Mean pressure.
    pub(super) mean: i32,
    /// Temperature in tenths of a degree Celsius.
    pub(super) temperature_tenths: i32,
    /// End-tidal carbon dioxide.
    pub(super) etco2: i32,
    /// Tidal volume in millilitres.
    pub(super) tidal_ml: i32,
    /// Peak airway pressure in cmH2O.
    pub(super) airway_peak: i32,
}

/// What is pulled by a course. Tenths of the sign's unit; `None` leaves the sign alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pull {
    heart_rate: Option<i32>,
    spo2: Option<i32>,
    resp_rate: Option<i32>,
}

/// A point of a course: from one to the next the signs move in a straight line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waypoint {
    /// Seconds since the course began.
    at_s: u64,
    /// Where the signs are pulled to; `None` is the patient's own level.
    pull: Option<Pull>,
}

/// What happens to a patient, from a second of the patient's life on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Some signs leave their level and come back.
    Leans {
        /// The second in which it begins.
        from_s: u64,
        /// Its points, the first and the last at the patient's own level.
        path: &'static [Waypoint],
    },
    /// The SpO2 probe is off the finger: saturation and pulse read 0, the ECG goes on.
    ProbeOff {
        /// The first second without the probe.
        from_s: u64,
        /// The first second with it again.
        until_s: u64,
    },
}

const ILL: Pull = Pull { heart_rate: Some(1_040), spo2: Some(925), resp_rate: Some(225) };
const GRAVE: Pull = Pull { heart_rate: Some(1_170), spo2: Some(860), resp_rate: Some(280) };
const BREATHLESS: Pull = Pull { heart_rate: None, spo2: Some(840), resp_rate: None };

/// Breathing fails in two steps, a pause between them, so that both are seen and heard; then treatment works.
static DETERIORATION: [Waypoint; 6] = [
    Waypoint { at_s: 0, pull: None },
    Waypoint { at_s: 10, pull: Some(ILL) },
    Waypoint { at_s: 20, pull: Some(ILL) },
    Waypoint { at_s: 30, pull: Some(GRAVE) },
    Waypoint { at_s: 104, pull: Some(GRAVE) },
    Waypoint { at_s: 130, pull: None },
];

/// A saturation that sinks for three quarters of a minute and comes back by itself.
static DESATURATION: [Waypoint; 4] = [
    Waypoint { at_s: 0, pull: None },
    Waypoint { at_s: 8, pull: Some(BREATHLESS) },
    Waypoint { at_s: 45, pull: Some(BREATHLESS) },
    Waypoint { at_s: 55, pull: None },
];

/// For how long a fallen probe stays off, in seconds.
const PROBE_OFF_S: u64 = 40;

impl Course {
    /// A deterioration that is over after 130 s.
    pub(super) const fn deterioration(from_s: u64) -> Self {
        Self::Leans { from_s, path: &DETERIORATION }
    }

    /// A desaturation that is over after 55 s.
    pub(super) const fn desaturation(from_s: u64) -> Self {
        Self::Leans { from_s, path: &DESATURATION }
    }

    /// A probe that falls off and is put back after 40 s.
    pub(super) const fn probe_off(from_s: u64) -> Self {
        Self::ProbeOff { from_s, until_s: from_s + PROBE_OFF_S }
    }

    /// The level that this course makes of `own`, both in tenths.
    fn lean(&self, second: u64, own: i32, pulled: impl Fn(&Pull) -> Option<i32>) -> i32 {
        let Self::Leans { from_s, path } = self else { return own };
        let Some(age_s) = second.checked_sub(*from_s) else { return own };
        let level = |point: &Waypoint| point.pull.as_ref().and_then(&pulled).unwrap_or(own);
        let leg = path.array_windows().find(|[from, to]| (from.at_s..to.at_s).contains(&age_s));
        leg.map_or(own, |[from, to]| between(level(from), level(to), age_s - from.at_s, to.at_s - from.at_s))
    }

    fn takes_probe_off(&self, second: u64) -> bool {
        matches!(self, Self::ProbeOff { from_s, until_s } if (*from_s..*until_s).contains(&second))
    }
}

/// How one sign behaves in a patient whom nothing ails. Tenths of the sign's unit.
#[derive(Clone, Copy)]
struct Habit {
    /// What keeps its randomness apart from that of the others.
    stream: u64,
    /// Between which levels a patient's own lies.
    own: (i32, i32),
    /// How far it drifts to either side within a quarter of an hour.
    drift: i32,
    /// How far it flickers to either side within seconds.
    flicker: i32,
}

const HEART_RATE: Habit = Habit { stream: 1, own: (620, 900), drift: 50, flicker: 15 };
const SPO2: Habit = Habit { stream: 2, own: (963, 983), drift: 6, flicker: 3 };
const RESP_RATE: Habit = Habit { stream: 3, own: (145, 175), drift: 12, flicker: 6 };
const SYSTOLIC: Habit = Habit { stream: 4, own: (1_170, 1_360), drift: 40, flicker: 12 };
const DIASTOLIC: Habit = Habit { stream: 5, own: (640, 760), drift: 30, flicker: 10 };
const TEMPERATURE: Habit = Habit { stream: 6, own: (365, 373), drift: 1, flicker: 0 };
const ETCO2: Habit = Habit { stream: 7, own: (350, 400), drift: 20, flicker: 5 };
const TIDAL_ML: Habit = Habit { stream: 8, own: (4_200, 4_800), drift: 150, flicker: 100 };
const AIRWAY_PEAK: Habit = Habit { stream: 9, own: (180, 220), drift: 10, flicker: 6 };
/// The probe counts the same heart a little differently.
const PULSE: Habit = Habit { stream: 10, own: (0, 0), drift: 0, flicker: 8 };

/// Seconds between the turning points of a drift.
const DRIFT_S: u64 = 900;

/// Seconds between the turning points of a flicker.
const FLICKER_S: u64 = 5;

/// One simulated patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patient {
    seed: u64,
}

impl Patient {
    /// The patient of one bed: the same seed and number are the same patient.
    pub(super) const fn new(seed: u64, number: u64) -> Self {
        Self { seed: mix(seed ^ mix(number)) }
    }

    /// What the patient shows in a second, with `courses` applied one after the other.
    pub(super) fn at(self, second: u64, courses: &[Course]) -> Signs {
        let led = |habit, pulled: fn(&Pull) -> Option<i32>| {
            let level = self.level(habit, second);
            let led = courses.iter().fold(level, |level, course| course.lean(second, level, pulled));
            led + self.flicker(habit, second)
        };
        let free = |habit| whole(self.level(habit, second) + self.flicker(habit, second));
        let heart_rate = led(HEART_RATE, |pull| pull.heart_rate);
        let (systolic, diastolic) = (free(SYSTOLIC), free(DIASTOLIC));
        let probe_off = courses.iter().any(|course| course.takes_probe_off(second));
        let by_probe = |tenths| if probe_off { 0 } else { whole(tenths) };
        Signs {
            heart_rate: whole(heart_rate),
            pulse: by_probe(heart_rate + self.flicker(PULSE, second)),
            spo2: by_probe(led(SPO2, |pull| pull.spo2).min(1_000)),
            resp_rate: whole(led(RESP_RATE, |pull| pull.resp_rate)),
            systolic,
            diastolic,
            mean: diastolic + (systolic - diastolic) / 3,
            temperature_tenths: self.level(TEMPERATURE, second) + self.flicker(TEMPERATURE, second),
            etco2: free(ETCO2),
            tidal_ml: free(TIDAL_ML),
            airway_peak: free(AIRWAY_PEAK),
        }
    }

    /// The level of a sign without any course and without the flicker.
    fn level(self, habit: Habit, second: u64) -> i32 {
        let (low, high) = habit.own;
        let own = low + draw(self.seed ^ mix(habit.stream), high - low);
        own + self.wander(habit.stream, second, DRIFT_S, habit.drift)
    }

    fn flicker(self, habit: Habit, second: u64) -> i32 {
        self.wander(habit.stream, second, FLICKER_S, habit.flicker)
    }

    /// A random walk that stays within `reach` to either side: straight lines between random turning points.
    fn wander(self, stream: u64, second: u64, every_s: u64, reach: i32) -> i32 {
        let turn =
            |number: u64| draw(self.seed ^ mix(stream ^ mix(every_s ^ mix(number))), 2 * reach) - reach;
        let number = second / every_s;
        between(turn(number), turn(number + 1), second % every_s, every_s)
    }
}

/// The point after `part` of `all` steps on the straight line from one number to another.
fn between(from: i32, to: i32, part: u64, all: u64) -> i32 {
    let (part, all) = (i64::try_from(part).unwrap_or(i64::MAX), i64::try_from(all).unwrap_or(i64::MAX));
    let moved = i64::from(to - from).saturating_mul(part) / all.max(1);
    from + i32::try_from(moved).unwrap_or(0)
}

/// Tenths as a display rounds them.
const fn whole(tenths: i32) -> i32 {
    (tenths + 5).div_euclid(10)
}

/// A number from 0 to `most`, both included.
fn draw(seed: u64, most: i32) -> i32 {
    let choices = u64::from(most.unsigned_abs()) + 1;
    i32::try_from(mix(seed) % choices).unwrap_or(0)
}

/// One step of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): neighbouring seeds give unrelated numbers.
pub(super) const fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
