//! The analytes of the chart: their names, and by how much a value must change to be worse.
//!
//! New ones are added at the end: a record of last year names them by their place.

use crate::alert::Side;
use crate::decimal::Decimal;

/// An analyte with a row in the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Known {
    /// Potassium in serum, plasma or blood.
    Potassium,
    /// Sodium in serum, plasma or blood.
    Sodium,
    /// Glucose in serum, plasma or blood.
    Glucose,
    /// Ionised calcium.
    CalciumIonised,
    /// Total calcium.
    CalciumTotal,
    /// Haemoglobin in blood.
    Haemoglobin,
    /// Platelets in blood.
    Platelets,
    /// Lactate in blood or plasma.
    Lactate,
    /// pH of blood.
    Ph,
    /// International normalised ratio.
    Inr,
    /// Magnesium in serum or plasma.
    Magnesium,
    /// Phosphate in serum or plasma.
    Phosphate,
    /// Bicarbonate, or total carbon dioxide, in serum or plasma.
    Bicarbonate,
    /// Creatinine in serum or plasma.
    Creatinine,
    /// White cells in blood.
    WhiteCells,
    /// Fibrinogen in plasma.
    Fibrinogen,
    /// Partial pressure of carbon dioxide in blood.
    CarbonDioxide,
}

/// By how much a value must be further out to be worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// By so many of the chart's unit.
    By(Decimal),
    /// By a tenth of what it was.
    Tenth,
}

impl Known {
    /// Every analyte, in the order of the chart; `Known::ALL[known as usize] == known`.
    pub const ALL: [Self; 17] = [
        Self::Potassium,
        Self::Sodium,
        Self::Glucose,
        Self::CalciumIonised,
        Self::CalciumTotal,
        Self::Haemoglobin,
        Self::Platelets,
        Self::Lactate,
        Self::Ph,
        Self::Inr,
        Self::Magnesium,
        Self::Phosphate,
        Self::Bicarbonate,
        Self::Creatinine,
        Self::WhiteCells,
        Self::Fibrinogen,
        Self::CarbonDioxide,
    ];

    /// Its name in the chart.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Potassium => "potassium",
            Self::Sodium => "sodium",
            Self::Glucose => "glucose",
            Self::CalciumIonised => "ionised calcium",
            Self::CalciumTotal => "total calcium",
            Self::Haemoglobin => "haemoglobin",
            Self::Platelets => "platelets",
            Self::Lactate => "lactate",
            Self::Ph => "pH",
            Self::Inr => "INR",
            Self::Magnesium => "magnesium",
            Self::Phosphate => "phosphate",
            Self::Bicarbonate => "bicarbonate",
            Self::Creatinine => "creatinine",
            Self::WhiteCells => "white cells",
            Self::Fibrinogen => "fibrinogen",
            Self::CarbonDioxide => "pCO₂",
        }
    }

    /// Whether the value is a pure number, so that a missing unit is no fault.
    #[must_use]
    pub const fn needs_no_unit(self) -> bool {
        matches!(self, Self::Ph | Self::Inr)
    }

    /// By how much it must be further out to be worse.
    #[must_use]
    pub const fn step(self) -> Step {
        match self {
            Self::Ph => Step::By(Decimal::new(5, 2)),
            _ => Step::Tenth,
        }
    }

    /// Whether a value beyond that limit is as often one of another unit: a low total calcium is as likely an
    /// ionised one.
    #[must_use]
    pub const fn is_often_another_unit(self, side: Side) -> bool {
        matches!((self, side), (Self::CalciumTotal, Side::Low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::page;

    #[test]
    fn the_list_is_in_the_order_of_its_enum() {
        for (at, known) in Known::ALL.iter().enumerate() {
            assert_eq!(*known as usize, at);
        }
    }

    /// The table of steps on the page: one row names an analyte, the last one all others.
    #[test]
    fn the_steps_are_those_of_the_page() {
        let tables = page::tables(include_str!("../../charts/critical-values.md"));
        let [named @ .., rest] = tables[3].as_slice() else { panic!("no table of steps") };
        assert_eq!(*rest, ["all others", "10 %"]);
        for known in Known::ALL {
            let row = named.iter().find(|row| row[0] == known.word());
            let step = row.map_or(Step::Tenth, |row| Step::By(Decimal::parse(row[1].as_bytes()).unwrap()));
            assert_eq!(known.step(), step, "{known:?}");
        }
    }

    #[test]
    fn only_a_low_total_calcium_is_often_another_unit() {
        for known in Known::ALL {
            assert!(!known.is_often_another_unit(Side::High), "{known:?}");
            assert_eq!(known.is_often_another_unit(Side::Low), known == Known::CalciumTotal);
        }
    }
}
