//! Which early warning chart speaks for a patient, and whether its total may call: `charts/which-chart.md`
//! executed, row by row.
//!
//! It scores nothing, and never guesses an age: one that nobody told is said to be unknown.

use crate::age::{ADULT_YEARS, Age};
use crate::alert::Condition;

/// How far over the accepted baseline a total must be to call under ventilation or sedation.
pub const RISE_LEAST: u8 = 2;

/// A chart that gives an early warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chart {
    /// For adults.
    News2,
    /// For children.
    Npews,
    /// In pregnancy and after childbirth.
    Maternal,
}

impl Chart {
    /// Every chart.
    pub const ALL: [Self; 3] = [Self::News2, Self::Npews, Self::Maternal];

    /// What is wrong where it calls.
    #[must_use]
    pub const fn condition(self) -> Condition {
        match self {
            Self::News2 => Condition::News2,
            Self::Npews => Condition::Npews,
            Self::Maternal => Condition::Maternal,
        }
    }

    /// Its name on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::News2 => "NEWS2",
            Self::Npews => "National PEWS",
            Self::Maternal => "maternal criteria",
        }
    }
}

/// Which of the charts that ship silent may call: a hospital has signed the page. NEWS2 always may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Calling {
    /// National PEWS.
    pub npews: bool,
    /// The maternal criteria.
    pub maternal: bool,
}

impl Calling {
    /// Whether that chart may call.
    #[must_use]
    pub const fn may(self, chart: Chart) -> bool {
        match chart {
            Chart::News2 => true,
            Chart::Npews => self.npews,
            Chart::Maternal => self.maternal,
        }
    }
}

/// What becomes of the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Shown, charted, and calling as the chart says.
    Calls,
    /// Shown and charted; calls only on a rise over the accepted baseline.
    OnARise,
    /// Computed and shown; it calls nobody and is not charted.
    Shown,
}

impl Mode {
    /// Its name on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::OnARise => "on a rise",
            Self::Shown => "shown",
        }
    }
}

/// Why this chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Because {
    /// Old enough for NEWS2.
    Adult,
    /// Nobody has told the age.
    AgeUnknown,
    /// Too young for NEWS2.
    Child,
    /// NEWS2 is not for her.
    Pregnant,
}

impl Because {
    /// As a nurse reads it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Adult => "16 or older",
            Self::AgeUnknown => "age not known: taken as an adult",
            Self::Child => "under 16: NEWS2 is not for children",
            Self::Pregnant => "pregnant or after childbirth: NEWS2 is not for her",
        }
    }
}

/// What is known of a patient that decides on the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patient {
    /// How old, where that is known.
    pub age: Option<Age>,
    /// Whether a doctor has said that she is pregnant or has just given birth.
    pub pregnant: bool,
    /// Whether a machine breathes for them or they sleep by a drug.
    pub ventilated_or_sedated: bool,
}

/// The chart that speaks for a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which.
    pub chart: Chart,
    /// What becomes of its total.
    pub mode: Mode,
    /// Why this one.
    pub because: Because,
}

impl Choice {
    /// Chooses.
    #[must_use]
    pub fn of(patient: Patient, calling: Calling) -> Self {
        let (chart, because) = match patient.age {
            _ if patient.pregnant => (Chart::Maternal, Because::Pregnant),
            Some(age) if age.is_under(ADULT_YEARS) => (Chart::Npews, Because::Child),
            Some(_) => (Chart::News2, Because::Adult),
            None => (Chart::News2, Because::AgeUnknown),
        };
        let mode = match (calling.may(chart), patient.ventilated_or_sedated) {
            (true, false) => Mode::Calls,
            (true, true) => Mode::OnARise,
            (false, _) => Mode::Shown,
        };
        Self { chart, mode, because }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::page::tables;

    /// The page is the source: each row is asked, and there is a row for each question.
    #[test]
    fn every_row_of_the_page_is_what_is_chosen() {
        let [rows] = &tables(include_str!("../../charts/which-chart.md"))[..] else { panic!("one table") };
        let mut asked = Vec::new();
        for row in rows {
            let [age, pregnant, ventilated_or_sedated, chart, unsigned, signed, because] = row[..] else {
                panic!("seven cells: {row:?}")
            };
            let yes = |cell| ["no", "yes"].iter().position(|word| *word == cell).unwrap() == 1;
            let ages = match age {
                "16 and over" => [Some(Age::years(ADULT_YEARS)), Some(Age::years(93))],
                "under 16" => [Some(Age::months(0)), Some(Age::months(ADULT_YEARS * 12 - 1))],
                "not known" => [None, None],
                other => panic!("{other}"),
            };
            for age in ages {
                let patient = Patient {
                    age,
                    pregnant: yes(pregnant),
                    ventilated_or_sedated: yes(ventilated_or_sedated),
                };
                for (calling, mode) in [(false, unsigned), (true, signed)] {
                    let calling = Calling { npews: calling, maternal: calling };
                    let choice = Choice::of(patient, calling);
                    let words = [choice.chart.word(), choice.mode.word(), choice.because.word()];
                    assert_eq!(words, [chart, mode, because], "{row:?}");
                }
            }
            asked.push((age, pregnant, ventilated_or_sedated));
        }
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked.len(), 12, "each question has one row");
    }

    #[test]
    fn one_signature_lets_its_own_chart_call_and_no_other() {
        let may = |npews, maternal| Chart::ALL.map(|chart| Calling { npews, maternal }.may(chart));
        assert_eq!(may(false, false), [true, false, false]);
        assert_eq!(may(true, false), [true, true, false]);
        assert_eq!(may(false, true), [true, false, true]);
    }
}
