//! The Maternal Early Warning Criteria: `charts/maternal.md` is the source, and a test holds every figure of
//! the page against this file.
//!
//! It says which criteria are met, which are not and which nobody knows. It never takes what is missing for
//! not met, and remembers no measurement before this one.

use crate::event::Breathing;
use crate::time::Span;
use crate::vital::Absence;

/// Name and edition of the chart, as every alert that stands on it says.
pub const CHART: &str = "Maternal Early Warning Criteria (Mhyre 2014)";

/// Over how long at least the urine is the mean; what was counted for less is no input yet.
pub const URINE_SPAN: Span = Span::hours(2);

/// The criteria, in the order of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Part {
    /// Systolic pressure.
    Systolic,
    /// Diastolic pressure.
    Diastolic,
    /// Pulse rate.
    Pulse,
    /// Respiratory rate.
    RespRate,
    /// Oxygen saturation.
    SpO2,
    /// Oliguria.
    Urine,
    /// Agitation, confusion, unresponsiveness.
    Mind,
    /// Pre-eclampsia with one of its complaints.
    PreEclampsia,
}

impl Part {
    /// Every part; `Part::ALL[part as usize] == part`.
    pub const ALL: [Self; 8] = [
        Self::Systolic,
        Self::Diastolic,
        Self::Pulse,
        Self::RespRate,
        Self::SpO2,
        Self::Urine,
        Self::Mind,
        Self::PreEclampsia,
    ];

    /// The column name that files and interfaces use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Systolic => "systolic",
            Self::Diastolic => "diastolic",
            Self::Pulse => "pulse",
            Self::RespRate => "resp_rate",
            Self::SpO2 => "spo2",
            Self::Urine => "urine",
            Self::Mind => "mind",
            Self::PreEclampsia => "pre_eclampsia",
        }
    }
}

/// The criteria that a sensor measures.
pub const MEASURED: [Part; 5] = [Part::Systolic, Part::Diastolic, Part::Pulse, Part::RespRate, Part::SpO2];

/// How a nurse finds her.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Mind {
    /// Awake and as she is.
    Clear,
    /// Agitated.
    Agitated,
    /// Confused.
    Confused,
    /// Unresponsive.
    Unresponsive,
}

/// Pre-eclampsia, and what she complains of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PreEclampsia {
    /// None that anybody knows of.
    NoneKnown,
    /// Pre-eclampsia, with neither complaint.
    NeitherComplaint,
    /// Pre-eclampsia and a headache that does not remit.
    Headache,
    /// Pre-eclampsia and shortness of breath.
    Dyspnoea,
}

/// How one criterion stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Met.
    Met,
    /// Looked at, and not met.
    NotMet,
    /// There is a value, and the chart does not speak of it: a good saturation on oxygen.
    NotJudged,
    /// Nobody knows.
    Unknown(Absence),
}

impl Criterion {
    /// Whether it is met.
    #[must_use]
    pub const fn is_met(self) -> bool {
        matches!(self, Self::Met)
    }

    /// Whether it could still turn out to be met.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::NotJudged | Self::Unknown(_))
    }

    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::NotJudged => "not judged",
            Self::Unknown(_) => "not known",
        }
    }
}

/// What the criteria that are met ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Finding {
    /// None is met; some may be unknown.
    NoneMet,
    /// A single sign: measure it again.
    Verify,
    /// Urgent evaluation at the bedside.
    Evaluate,
}

impl Finding {
    /// The chart's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoneMet => "none met",
            Self::Verify => "verify",
            Self::Evaluate => "evaluate at the bedside",
        }
    }
}

/// What the criteria are judged by. Each input is a value or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// mmHg.
    pub systolic: Result<i32, Absence>,
    /// mmHg.
    pub diastolic: Result<i32, Absence>,
    /// Beats per minute.
    pub pulse: Result<i32, Absence>,
    /// Breaths per minute.
    pub resp_rate: Result<i32, Absence>,
    /// Percent.
    pub spo2: Result<i32, Absence>,
    /// Air or oxygen.
    pub breathing: Result<Breathing, Absence>,
    /// Millilitres per hour, the mean of at least [`URINE_SPAN`].
    pub urine: Result<i32, Absence>,
    /// How a nurse finds her.
    pub mind: Result<Mind, Absence>,
    /// Pre-eclampsia, and what she complains of.
    pub pre_eclampsia: Result<PreEclampsia, Absence>,
}

/// The criteria as far as their inputs allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maternal {
    /// How each criterion stands, in the order of [`Part::ALL`].
    pub parts: [Criterion; 8],
}

impl Maternal {
    /// Judges what is there.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let parts = [
            judged(inputs.systolic, |mmhg| !(90..=160).contains(&mmhg)),
            judged(inputs.diastolic, |mmhg| mmhg > 100),
            judged(inputs.pulse, |per_minute| !(50..=120).contains(&per_minute)),
            judged(inputs.resp_rate, |per_minute| !(10..=30).contains(&per_minute)),
            spo2(inputs),
            judged(inputs.urine, |ml_per_hour| ml_per_hour < 35),
            judged(inputs.mind, |mind| mind != Mind::Clear),
            judged(inputs.pre_eclampsia, |found| {
                matches!(found, PreEclampsia::Headache | PreEclampsia::Dyspnoea)
            }),
        ];
        Self { parts }
    }

    /// How many criteria are met, if every one is judged.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        (self.lower() == self.upper()).then(|| self.lower())
    }

    /// How many criteria are met for certain; these call.
    #[must_use]
    pub fn lower(&self) -> u8 {
        self.parts.iter().map(|part| u8::from(part.is_met())).sum()
    }

    /// How many could be met at most.
    #[must_use]
    pub fn upper(&self) -> u8 {
        self.parts.iter().map(|part| u8::from(part.is_met() || part.is_open())).sum()
    }

    /// How one criterion stands.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each criterion")]
    pub const fn stands(&self, part: Part) -> Criterion {
        self.parts[part as usize]
    }

    /// Which criteria are met.
    pub fn met(&self) -> impl Iterator<Item = Part> + '_ {
        Part::ALL.into_iter().zip(self.parts).filter_map(|(part, stands)| stands.is_met().then_some(part))
    }

    /// Which criteria nobody knows, and why.
    pub fn missing(&self) -> impl Iterator<Item = (Part, Absence)> + '_ {
        Part::ALL.into_iter().zip(self.parts).filter_map(|(part, stands)| match stands {
            Criterion::Unknown(why) => Some((part, why)),
            Criterion::Met | Criterion::NotMet | Criterion::NotJudged => None,
        })
    }

    /// What the criteria that are met ask for. Both pressures together are one sign.
    #[must_use]
    pub fn finding(&self) -> Finding {
        self.finding_of(self.lower())
    }

    /// What they ask for if no more than so many of her signs counted.
    #[must_use]
    pub fn finding_of(&self, most: u8) -> Finding {
        let [systolic, diastolic, pulse, resp_rate, spo2, others @ ..] = self.parts.map(Criterion::is_met);
        let signs = [systolic || diastolic, pulse, resp_rate, spo2];
        let others_met = others.contains(&true);
        match signs.into_iter().filter(|met| *met).count().min(most.into()) {
            0 if !others_met => Finding::NoneMet,
            1 if !others_met => Finding::Verify,
            _ => Finding::Evaluate,
        }
    }

    /// The criteria if every sign that was there before and is lost now were beyond its band; `None` where no
    /// sign is known.
    #[must_use]
    pub fn with_lost_signs(&self) -> Option<Self> {
        let mut worst = *self;
        let mut known = false;
        for (part, stands) in Part::ALL.iter().zip(&mut worst.parts) {
            match *stands {
                _ if !MEASURED.contains(part) => {}
                Criterion::Met | Criterion::NotMet | Criterion::NotJudged => known = true,
                Criterion::Unknown(Absence::NeverHeard) => {}
                Criterion::Unknown(_) => *stands = Criterion::Met,
            }
        }
        known.then_some(worst)
    }
}

fn judged<T: Copy>(value: Result<T, Absence>, meets: fn(T) -> bool) -> Criterion {
    match value {
        Ok(value) if meets(value) => Criterion::Met,
        Ok(_) => Criterion::NotMet,
        Err(why) => Criterion::Unknown(why),
    }
}

/// The criterion is one of air. What is low on oxygen would be no better on air; what is enough on oxygen
/// says nothing of it.
fn spo2(inputs: &Inputs) -> Criterion {
    let on_air = judged(inputs.spo2, |percent| percent < 95);
    match (on_air, inputs.breathing) {
        (Criterion::NotMet, Ok(Breathing::Oxygen)) => Criterion::NotJudged,
        (Criterion::NotMet, Err(why)) => Criterion::Unknown(why),
        (stands, _) => stands,
    }
}

#[cfg(test)]
mod tests;
