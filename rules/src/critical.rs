//! Critical laboratory values: the rows of `charts/critical-values.md`, and how one result is judged by them.
//!
//! The page is the source; a test reads it and holds this table against it. A value whose unit is missing or
//! cannot be converted is never judged against our limits: the laboratory's own flag still counts (see
//! [`crate::bed`]).

use crate::alert::{Comparator, Crossed, Quantity, Side};
use crate::decimal::Decimal;
use crate::unit::Unit;

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
}

impl Known {
    /// Every analyte, in the order of the chart; `Known::ALL[known as usize] == known`.
    pub const ALL: [Self; 10] = [
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
        }
    }

    /// Whether the value is a pure number, so that a missing unit is no fault.
    #[must_use]
    pub const fn needs_no_unit(self) -> bool {
        matches!(self, Self::Ph | Self::Inr)
    }

    /// The shipped row of the chart.
    #[must_use]
    pub const fn row(self) -> Row {
        const fn d(digits: i64, places: u8) -> Decimal {
            Decimal::new(digits, places)
        }
        let (unit, low, high, plausible, other) = match self {
            Self::Potassium => (
                Unit::MmolPerL,
                Some(d(28, 1)),
                Some(d(62, 1)),
                (d(5, 1), d(20, 0)),
                Some((Unit::MeqPerL, 1, 1)),
            ),
            Self::Sodium => (
                Unit::MmolPerL,
                Some(d(120, 0)),
                Some(d(158, 0)),
                (d(60, 0), d(220, 0)),
                Some((Unit::MeqPerL, 1, 1)),
            ),
            Self::Glucose => {
                let range = (d(0, 0), d(200, 0));
                (Unit::MmolPerL, Some(d(26, 1)), Some(d(269, 1)), range, Some((Unit::MgPerDl, 555, 10_000)))
            }
            Self::CalciumIonised => {
                let range = (d(1, 1), d(5, 0));
                (Unit::MmolPerL, Some(d(82, 2)), Some(d(155, 2)), range, Some((Unit::MgPerDl, 2_495, 10_000)))
            }
            Self::CalciumTotal => {
                let range = (d(7_485, 4), d(10, 0));
                (
                    Unit::MmolPerL,
                    Some(d(165, 2)),
                    Some(d(322, 2)),
                    range,
                    Some((Unit::MgPerDl, 2_495, 10_000)),
                )
            }
            Self::Haemoglobin => {
                (Unit::GPerL, Some(d(66, 0)), None, (d(5, 0), d(300, 0)), Some((Unit::GPerDl, 10, 1)))
            }
            Self::Platelets => (Unit::GigaPerL, Some(d(37, 0)), None, (d(0, 0), d(5_000, 0)), None),
            Self::Lactate => {
                (Unit::MmolPerL, None, Some(d(4, 0)), (d(0, 0), d(50, 0)), Some((Unit::MgPerDl, 111, 1_000)))
            }
            Self::Ph => (Unit::One, Some(d(72, 1)), Some(d(76, 1)), (d(6, 0), d(85, 1)), None),
            Self::Inr => (Unit::One, None, Some(d(5, 0)), (d(0, 0), d(50, 0)), None),
        };
        Row { unit, low, high, plausible, other }
    }
}

/// One row of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Row {
    /// The chart's unit.
    pub unit: Unit,
    /// Below this a value is critical.
    pub low: Option<Decimal>,
    /// Above this a value is critical.
    pub high: Option<Decimal>,
    /// The range outside which nothing is judged.
    pub plausible: (Decimal, Decimal),
    /// Another unit that laboratories use, with the ratio that turns it into the chart's.
    pub other: Option<(Unit, u32, u32)>,
}

/// What the chart says of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Within the limits.
    Normal,
    /// Beyond one of them.
    Critical(Crossed),
    /// The unit is missing, and the analyte needs one.
    UnitMissing,
    /// The unit cannot be converted to the chart's.
    UnitUnknown,
    /// Outside what a body can show.
    Implausible,
}

impl Row {
    /// Judges a value as its sender wrote it. `bare` says that the analyte needs no unit.
    #[must_use]
    pub fn judge(&self, quantity: &Quantity, bare: bool) -> Verdict {
        let value = match self.in_chart_unit(quantity, bare) {
            Ok(value) => value,
            Err(verdict) => return verdict,
        };
        let (least, most) = self.plausible;
        // A bound below or above the range ("<0.1", ">10000") is how analysers report what they cannot count.
        if quantity.comparator == Comparator::Exactly && !(least..=most).contains(&value) {
            return Verdict::Implausible;
        }
        self.crossed(value, quantity.comparator).map_or(Verdict::Normal, Verdict::Critical)
    }

    /// The value in the chart's own unit.
    fn in_chart_unit(&self, quantity: &Quantity, bare: bool) -> Result<Decimal, Verdict> {
        match (quantity.unit, self.other) {
            (unit, _) if unit == self.unit => Ok(quantity.value),
            (unit, Some((other, numerator, denominator))) if unit == other => {
                Ok(quantity.value.scaled(numerator, denominator))
            }
            (Unit::Missing, _) if bare => Ok(quantity.value),
            (Unit::Missing, _) => Err(Verdict::UnitMissing),
            // A pure number may carry a decorative unit such as `{INR}` or `[pH]`.
            _ if bare => Ok(quantity.value),
            _ => Err(Verdict::UnitUnknown),
        }
    }

    /// Which limit the value is beyond. A bound counts when everything on its far side is beyond the limit.
    fn crossed(&self, value: Decimal, comparator: Comparator) -> Option<Crossed> {
        let below = self.low.filter(|low| match comparator {
            Comparator::Exactly | Comparator::AtMost => value < *low,
            Comparator::Below => value <= *low,
            Comparator::AtLeast | Comparator::Above => false,
        });
        let above = self.high.filter(|high| match comparator {
            Comparator::Exactly | Comparator::AtLeast => value > *high,
            Comparator::Above => value >= *high,
            Comparator::AtMost | Comparator::Below => false,
        });
        match (below, above) {
            (Some(limit), _) => Some(Crossed { side: Side::Low, limit, unit: self.unit }),
            (None, Some(limit)) => Some(Crossed { side: Side::High, limit, unit: self.unit }),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes()).unwrap()
    }

    fn judge(known: Known, comparator: Comparator, value: &str, unit: Unit) -> Verdict {
        known.row().judge(&Quantity { comparator, value: number(value), unit }, known.needs_no_unit())
    }

    fn is_critical(known: Known, value: &str, unit: Unit) -> Option<Side> {
        match judge(known, Comparator::Exactly, value, unit) {
            Verdict::Critical(crossed) => Some(crossed.side),
            Verdict::Normal => None,
            other => panic!("{known:?} {value}: {other:?}"),
        }
    }

    fn unit_named(name: &str) -> Unit {
        let units = [
            Unit::MmolPerL,
            Unit::MeqPerL,
            Unit::MgPerDl,
            Unit::GPerL,
            Unit::GPerDl,
            Unit::GigaPerL,
            Unit::One,
        ];
        units.into_iter().find(|unit| unit.ucum() == name).unwrap_or_else(|| panic!("no unit {name:?}"))
    }

    /// The page is the source: every figure on it must be the table's, and the table must have no other row.
    #[test]
    fn the_page_is_the_table() {
        let page = include_str!("../charts/critical-values.md");
        let rows: Vec<Vec<&str>> = page
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| analyte"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        assert_eq!(rows.len(), Known::ALL.len());
        for (cells, known) in rows.iter().zip(Known::ALL) {
            let row = known.row();
            assert_eq!(cells[0], known.word());
            assert_eq!(unit_named(cells[1]), row.unit, "{known:?}");
            let limit = |cell: &str| (cell != "-").then(|| number(cell));
            assert_eq!((limit(cells[2]), limit(cells[3])), (row.low, row.high), "{known:?}");
            assert_eq!((number(cells[4]), number(cells[5])), row.plausible, "{known:?}");
            let other = cells[6].split_once(' ').map(|(unit, ratio)| {
                let (numerator, denominator) = ratio.split_once('/').unwrap();
                (unit_named(unit), numerator.parse().unwrap(), denominator.parse().unwrap())
            });
            assert_eq!(other, row.other, "{known:?}");
        }
    }

    #[test]
    fn the_limits_themselves_are_not_critical() {
        for known in Known::ALL {
            let row = known.row();
            for limit in [row.low, row.high].into_iter().flatten() {
                assert_eq!(
                    row.judge(&Quantity::exactly(limit, row.unit), false),
                    Verdict::Normal,
                    "{known:?} {limit}"
                );
            }
        }
        assert_eq!(is_critical(Known::Potassium, "6.21", Unit::MmolPerL), Some(Side::High));
        assert_eq!(is_critical(Known::Potassium, "2.79", Unit::MmolPerL), Some(Side::Low));
    }

    #[test]
    fn other_units_are_converted_first() {
        assert_eq!(is_critical(Known::Glucose, "38", Unit::MgPerDl), Some(Side::Low));
        assert_eq!(is_critical(Known::Glucose, "90", Unit::MgPerDl), None);
        assert_eq!(is_critical(Known::Haemoglobin, "6.5", Unit::GPerDl), Some(Side::Low));
        assert_eq!(is_critical(Known::Potassium, "6.8", Unit::MeqPerL), Some(Side::High));
    }

    #[test]
    fn a_unit_that_is_missing_or_strange_is_not_judged() {
        assert_eq!(judge(Known::Potassium, Comparator::Exactly, "7.1", Unit::Missing), Verdict::UnitMissing);
        assert_eq!(judge(Known::Potassium, Comparator::Exactly, "7.1", Unit::GPerL), Verdict::UnitUnknown);
        assert_eq!(is_critical(Known::Ph, "7.05", Unit::Missing), Some(Side::Low), "a pH needs no unit");
    }

    #[test]
    fn the_calcium_mix_is_implausible_not_critical() {
        assert_eq!(
            judge(Known::CalciumTotal, Comparator::Exactly, "1.15", Unit::MgPerDl),
            Verdict::Implausible
        );
        assert_eq!(is_critical(Known::CalciumTotal, "6.5", Unit::MgPerDl), Some(Side::Low));
    }

    #[test]
    fn bounds_are_critical_when_all_beyond_them_is() {
        let potassium = |comparator, value| judge(Known::Potassium, comparator, value, Unit::MmolPerL);
        assert!(matches!(potassium(Comparator::Above, "10"), Verdict::Critical(_)));
        assert!(matches!(potassium(Comparator::Above, "6.2"), Verdict::Critical(_)));
        assert_eq!(potassium(Comparator::AtLeast, "6.2"), Verdict::Normal);
        assert_eq!(potassium(Comparator::Above, "5"), Verdict::Normal, "above 5 may be 5.1");
        assert!(matches!(potassium(Comparator::Below, "2.8"), Verdict::Critical(_)));
        assert_eq!(potassium(Comparator::Below, "6.8"), Verdict::Normal);
    }

    proptest! {
        #[test]
        fn a_critical_value_made_worse_stays_critical(
            known in 0usize..10, tenths in 0i64..400, worse in 0i64..100,
        ) {
            let known = Known::ALL[known];
            let row = known.row();
            let at = |digits| row.judge(&Quantity::exactly(Decimal::new(digits, 1), row.unit), false);
            if let Verdict::Critical(crossed) = at(tenths) {
                let further = at(if crossed.side == Side::High { tenths + worse } else { tenths - worse });
                prop_assert!(matches!(further, Verdict::Critical(_) | Verdict::Implausible));
            }
        }
    }
}
