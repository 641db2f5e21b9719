//! What truly happens to a patient: courses that pull signs away from their own level, drawn from the seed
//! alone. They are fixed before any noise or artefact is laid over what the monitor shows.
//!
//! The critical ones are those of the project's definition of a true critical event: asystole; ventricular
//! tachycardia of 30 s and more, by the monitor's own alarm; SpO2 below 80 % for 30 s; mean arterial pressure
//! below 50 mmHg for 60 s; rate below 40 or above 150 /min for 15 s; apnoea of 20 s; a ventilator that came
//! off; a first critical result; a first NEWS2 of 7. Every figure beside these is a proposal of this
//! simulator.

use super::chance::{Chance, between};
use super::patient::{Line, Patient};

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The heart stands still.
    Asystole,
    /// Ventricular tachycardia; the monitor says so itself.
    VentricularTachycardia,
    /// SpO2 below 80 %.
    Desaturation,
    /// Mean arterial pressure below 50 mmHg.
    Hypotension,
    /// Rate below 40 /min.
    Bradycardia,
    /// Rate above 150 /min.
    Tachycardia,
    /// No breath.
    Apnoea,
    /// The ventilator came off; it says so itself.
    VentilatorDisconnect,
    /// A course of hours, at whose height the signs score 7 and more.
    Sepsis,
    /// A result that no laboratory leaves until tomorrow.
    CriticalResult,
    /// True and not critical: care, coughing, pain, fever, a pressure that asks for a look.
    Excursion,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Asystole,
        Self::VentricularTachycardia,
        Self::Desaturation,
        Self::Hypotension,
        Self::Bradycardia,
        Self::Tachycardia,
        Self::Apnoea,
        Self::VentilatorDisconnect,
        Self::Sepsis,
        Self::CriticalResult,
        Self::Excursion,
    ];

    /// Its word in a file of labels.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asystole => "asystole",
            Self::VentricularTachycardia => "ventricular-tachycardia",
            Self::Desaturation => "desaturation",
            Self::Hypotension => "hypotension",
            Self::Bradycardia => "bradycardia",
            Self::Tachycardia => "tachycardia",
            Self::Apnoea => "apnoea",
            Self::VentilatorDisconnect => "ventilator-disconnect",
            Self::Sepsis => "sepsis",
            Self::CriticalResult => "critical-result",
            Self::Excursion => "excursion",
        }
    }

    /// For how long it must be true to count. A standstill is called within 10 s (AAMI EC13, from memory);
    /// what a device or a laboratory says itself counts from when it says so.
    #[must_use]
    pub const fn own_duration_s(self) -> u64 {
        match self {
            Self::Asystole => 10,
            Self::Bradycardia | Self::Tachycardia => 15,
            Self::Apnoea => 20,
            Self::VentricularTachycardia | Self::Desaturation => 30,
            Self::Hypotension | Self::Sepsis => 60,
            Self::VentilatorDisconnect | Self::CriticalResult | Self::Excursion => 0,
        }
    }

    /// Whether nobody may miss it.
    #[must_use]
    pub const fn is_critical(self) -> bool {
        !matches!(self, Self::Excursion)
    }
}

/// Where a course pulls the signs to, in tenths of their unit; `None` leaves a sign alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pull {
    pub(super) heart_rate: Option<i32>,
    pub(super) spo2: Option<i32>,
    pub(super) resp_rate: Option<i32>,
    pub(super) mean: Option<i32>,
    pub(super) temperature: Option<i32>,
    pub(super) etco2: Option<i32>,
}

/// One course of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    pub(super) kind: Kind,
    pub(super) starts_s: u64,
    ramp_s: u64,
    holds_s: u64,
    back_s: u64,
    pub(super) pull: Pull,
    /// How long the device takes to see it.
    pub(super) seen_after_s: u64,
    /// Whether the monitor raises an alarm of its own.
    pub(super) device_says_so: bool,
}

/// How far a course has pulled when it is at its height.
const WHOLE: i32 = 1_000;

impl Course {
    fn new(kind: Kind, starts_s: u64, [ramp_s, holds_s, back_s]: [u64; 3], pull: Pull) -> Self {
        let device_says_so = matches!(kind, Kind::VentricularTachycardia | Kind::VentilatorDisconnect);
        Self { kind, starts_s, ramp_s, holds_s, back_s, pull, seen_after_s: 0, device_says_so }
    }

    /// The first second in which it is at its height.
    pub(super) const fn height_s(&self) -> u64 {
        self.starts_s + self.ramp_s
    }

    /// The first second in which it is no longer at its height.
    pub(super) const fn turns_s(&self) -> u64 {
        self.height_s() + self.holds_s
    }

    /// The first second in which nothing is left of it.
    pub(super) const fn ends_s(&self) -> u64 {
        self.turns_s() + self.back_s
    }

    /// How far it pulls, from 0 to 1,000.
    fn weight(&self, second: u64) -> i32 {
        if second < self.starts_s || second >= self.ends_s() {
            0
        } else if second < self.height_s() {
            between(0, WHOLE, second - self.starts_s, self.ramp_s)
        } else if second < self.turns_s() {
            WHOLE
        } else {
            between(WHOLE, 0, second - self.turns_s(), self.back_s)
        }
    }

    /// What it makes of a sign's level.
    pub(super) fn lead(&self, second: u64, own: i32, pulled: impl Fn(&Pull) -> Option<i32>) -> i32 {
        let Some(to) = pulled(&self.pull) else { return own };
        let weight = u64::try_from(self.weight(second)).unwrap_or(0);
        between(own, to, weight, 1_000)
    }
}

/// An hour: at most one critical event begins in it.
const SLOT_S: u64 = 3_600;

const SLOTS_OF_A_DAY: u64 = 24;

/// In so many of a hundred hours something critical happens: far more often than in a ward, so that three
/// thousand events fit a run; the rest of the day is as quiet as a patient's day is.
const CRITICAL_PERCENT: i32 = 55;

/// In so many of a hundred hours something lasts for minutes that is no emergency.
const LASTING_PERCENT: i32 = 8;

/// In so many of a hundred hours of a patient who breathes, sepsis begins.
const SEPSIS_PERCENT: i32 = 3;

/// How often in an hour a patient is turned, washed, coughs or wakes.
const CARE_MOST: i32 = 2;

/// The courses of a stay, by when they begin. Critical ones do not overlap.
pub(super) fn courses(seed: u64, patient: &Patient, lasts_s: u64) -> Vec<Course> {
    let mut chance = Chance::of(seed, 100);
    let mut courses = Vec::new();
    let (mut free_from, mut sepsis_from) = (1, 4);
    for slot in 0..lasts_s.div_ceil(SLOT_S) {
        let from = slot * SLOT_S;
        for _ in 0..chance.between(0, CARE_MOST) {
            let at = from + chance.seconds(0, SLOT_S - 1);
            courses.push(care(&mut chance, at, patient));
        }
        let at = from + chance.seconds(300, 2_000);
        let (sepsis, critical) = (chance.in_percent(SEPSIS_PERCENT), chance.in_percent(CRITICAL_PERCENT));
        let (kind, lasting) = (chance.one_of(kinds(patient)), chance.in_percent(LASTING_PERCENT));
        if slot < free_from {
            continue;
        }
        if sepsis && !patient.is_ventilated && slot >= sepsis_from {
            courses.push(self::sepsis(&mut chance, at));
            (free_from, sepsis_from) = (slot + 5, slot + SLOTS_OF_A_DAY + 5);
        } else if let Some(kind) = kind.filter(|_| critical) {
            courses.push(critical_course(&mut chance, kind, at));
        } else if lasting {
            courses.push(self::lasting(&mut chance, at, patient));
        }
    }
    courses.retain(|course| course.ends_s() + 120 < lasts_s);
    courses.sort_by_key(|course| course.starts_s);
    // Who lies dying is neither washed nor turned: care keeps five minutes' distance.
    let critical: Vec<Course> = courses.iter().filter(|course| course.kind.is_critical()).copied().collect();
    let near = |care: &Course, grave: &Course| {
        care.starts_s < grave.ends_s() + 300 && grave.starts_s < care.ends_s() + 300
    };
    courses.retain(|course| course.kind.is_critical() || !critical.iter().any(|grave| near(course, grave)));
    courses
}

/// What can be seen at this bed: a pressure only by an arterial line, a disconnection only of a ventilator,
/// an apnoea only in who breathes.
const fn kinds(patient: &Patient) -> &'static [Kind] {
    use Kind::{
        Apnoea, Asystole, Bradycardia, CriticalResult, Desaturation, Hypotension, Tachycardia,
        VentilatorDisconnect, VentricularTachycardia,
    };
    match (patient.is_ventilated, patient.line) {
        (true, _) => &[
            Asystole,
            VentricularTachycardia,
            Desaturation,
            Hypotension,
            Bradycardia,
            Tachycardia,
            VentilatorDisconnect,
            CriticalResult,
        ],
        (false, Line::Arterial) => &[
            Asystole,
            VentricularTachycardia,
            Desaturation,
            Hypotension,
            Bradycardia,
            Tachycardia,
            Apnoea,
            CriticalResult,
        ],
        (false, Line::Cuff { .. }) => &[
            Asystole,
            VentricularTachycardia,
            Desaturation,
            Bradycardia,
            Tachycardia,
            Apnoea,
            CriticalResult,
        ],
    }
}

fn critical_course(chance: &mut Chance, kind: Kind, at: u64) -> Course {
    let some = |chance: &mut Chance, low: i32, high: i32| Some(chance.between(low, high) * 10);
    let mut pull = Pull::default();
    let times = match kind {
        Kind::Asystole => {
            (pull.heart_rate, pull.mean) = (Some(0), Some(150));
            [0, chance.seconds(20, 90), 6]
        }
        Kind::VentricularTachycardia => {
            (pull.heart_rate, pull.mean) = (some(chance, 160, 215), some(chance, 52, 62));
            [1, chance.seconds(35, 120), 10]
        }
        Kind::Desaturation => {
            pull.spo2 = some(chance, 60, 77);
            [chance.seconds(20, 90), chance.seconds(45, 240), chance.seconds(20, 60)]
        }
        Kind::Hypotension => {
            pull.mean = some(chance, 31, 46);
            [chance.seconds(20, 120), chance.seconds(80, 400), chance.seconds(30, 90)]
        }
        Kind::Bradycardia => {
            pull.heart_rate = some(chance, 25, 36);
            [chance.seconds(5, 30), chance.seconds(25, 180), chance.seconds(5, 30)]
        }
        Kind::Tachycardia => {
            pull.heart_rate = some(chance, 156, 195);
            [chance.seconds(2, 20), chance.seconds(25, 300), chance.seconds(5, 60)]
        }
        Kind::Apnoea => {
            pull.resp_rate = Some(0);
            [0, chance.seconds(30, 90), 5]
        }
        Kind::VentilatorDisconnect => {
            (pull.resp_rate, pull.etco2) = (Some(0), Some(0));
            [0, chance.seconds(25, 120), 5]
        }
        Kind::CriticalResult | Kind::Sepsis | Kind::Excursion => [0, 1, 0],
    };
    let (seen_after_s, device_says_so) = match kind {
        // The rate falls to 0 when the monitor has missed some beats; half of the monitors also say so.
        Kind::Asystole => (chance.seconds(4, 7), chance.in_percent(50)),
        Kind::VentricularTachycardia => (chance.seconds(2, 5), true),
        Kind::Apnoea => (chance.seconds(12, 19), false),
        Kind::VentilatorDisconnect => (chance.seconds(4, 9), true),
        _ => (0, false),
    };
    Course { seen_after_s, device_says_so, ..Course::new(kind, at, times, pull) }
}

/// Infection over hours: fever, rates up, pressure and saturation down.
fn sepsis(chance: &mut Chance, at: u64) -> Course {
    let pull = Pull {
        heart_rate: Some(chance.between(118, 130) * 10),
        spo2: Some(chance.between(895, 912)),
        resp_rate: Some(chance.between(26, 29) * 10),
        mean: Some(chance.between(62, 68) * 10),
        temperature: Some(chance.between(3_860, 3_940)),
        etco2: None,
    };
    Course::new(Kind::Sepsis, at, [chance.seconds(5_400, 7_200), chance.seconds(2_700, 4_800), 1_800], pull)
}

/// Turning, washing, coughing, waking: rates and pressure up for a minute or three.
fn care(chance: &mut Chance, at: u64, patient: &Patient) -> Course {
    let up = |own: i32, by: i32| Some(own + by * 10);
    let pull = Pull {
        heart_rate: up(patient.heart_rate, chance.between(5, 32)),
        resp_rate: up(patient.resp_rate, chance.between(2, 14)).filter(|_| !patient.is_ventilated),
        mean: up(patient.mean, chance.between(3, 26)),
        spo2: up(patient.spo2, -chance.between(0, 5)),
        ..Pull::default()
    };
    let times = [chance.seconds(10, 40), chance.seconds(10, 90), chance.seconds(20, 60)];
    Course::new(Kind::Excursion, at, times, pull)
}

/// Something that lasts and that a nurse wants to know of.
fn lasting(chance: &mut Chance, at: u64, patient: &Patient) -> Course {
    let mut pull = Pull::default();
    match chance.between(0, 5) {
        0 => pull.heart_rate = Some(chance.between(125, 142) * 10),
        1 => pull.heart_rate = Some(chance.between(42, 47) * 10),
        2 => pull.spo2 = Some(chance.between(825, 865)),
        3 if !patient.is_ventilated => pull.resp_rate = Some(chance.between(33, 38) * 10),
        4 => pull.temperature = Some(chance.between(3_960, 4_020)),
        _ => pull.mean = Some(chance.between(53, 57) * 10),
    }
    let times = [chance.seconds(60, 300), chance.seconds(300, 1_200), chance.seconds(60, 300)];
    Course::new(Kind::Excursion, at, times, pull)
}
