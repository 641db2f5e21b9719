//! Critical laboratory values: the rows of `charts/critical-values.md`, and how one result is judged by them.
//!
//! The page is the source; a test reads it and holds this table against it. A value whose unit is missing or
//! cannot be converted is never judged against our limits: the laboratory's own flag still counts (see
//! [`crate::bed`]).

mod change;
mod known;
mod own;
mod rows;

pub use change::{Change, Way};
pub use known::{Known, Step};
pub use own::{OWN_CRITICAL_MOST, OwnCritical};
pub use rows::Band;

use crate::alert::{Comparator, Crossed, Quantity, Side};
use crate::decimal::Decimal;
use crate::unit::Unit;

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
    /// Below or above what a body can show.
    Implausible(Side),
}

impl Row {
    /// Judges a value as its sender wrote it. `bare` says that the analyte needs no unit.
    #[must_use]
    pub fn judge(&self, quantity: &Quantity, bare: bool) -> Verdict {
        let value = match self.in_chart_unit(quantity, bare) {
            Ok(value) => value,
            Err(verdict) => return verdict,
        };
        // A bound below or above the range ("<0.1", ">10000") is how analysers report what they cannot count.
        if quantity.comparator == Comparator::Exactly && !self.is_plausible(value) {
            return Verdict::Implausible(if value < self.plausible.0 { Side::Low } else { Side::High });
        }
        self.crossed(value, quantity.comparator).map_or(Verdict::Normal, Verdict::Critical)
    }

    /// Whether a body can show it.
    fn is_plausible(&self, value: Decimal) -> bool {
        (self.plausible.0..=self.plausible.1).contains(&value)
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
        let quantity = Quantity { comparator, value: number(value), unit };
        known.row(Band::Adult).judge(&quantity, known.needs_no_unit())
    }

    fn is_critical(known: Known, value: &str, unit: Unit) -> Option<Side> {
        match judge(known, Comparator::Exactly, value, unit) {
            Verdict::Critical(crossed) => Some(crossed.side),
            Verdict::Normal => None,
            other => panic!("{known:?} {value}: {other:?}"),
        }
    }

    #[test]
    fn the_limits_themselves_are_not_critical() {
        let rows = Known::ALL.into_iter().flat_map(|known| Band::ALL.map(|band| (known, known.row(band))));
        for (known, row) in rows {
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
        assert_eq!(is_critical(Known::Inr, "5.1", Unit::Unknown), Some(Side::High), "an INR may carry any");
    }

    #[test]
    fn the_calcium_mix_is_implausible_not_critical() {
        let calcium = |value, unit| judge(Known::CalciumTotal, Comparator::Exactly, value, unit);
        for ionised in ["1.15", "2.99"] {
            assert_eq!(calcium(ionised, Unit::MgPerDl), Verdict::Implausible(Side::Low), "{ionised}");
        }
        for perhaps in ["3", "4.6", "6.6"] {
            assert_eq!(
                is_critical(Known::CalciumTotal, perhaps, Unit::MgPerDl),
                Some(Side::Low),
                "{perhaps}"
            );
        }
        assert_eq!(is_critical(Known::CalciumTotal, "1.15", Unit::MmolPerL), Some(Side::Low));
        assert_eq!(is_critical(Known::CalciumTotal, "6.7", Unit::MgPerDl), None);
        assert_eq!(calcium("41", Unit::MgPerDl), Verdict::Implausible(Side::High));
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
            known in 0..Known::ALL.len(), band in 0..Band::ALL.len(), tenths in 0i64..400, worse in 0i64..100,
        ) {
            let row = Known::ALL[known].row(Band::ALL[band]);
            let at = |digits| row.judge(&Quantity::exactly(Decimal::new(digits, 1), row.unit), false);
            if let Verdict::Critical(crossed) = at(tenths) {
                let further = at(if crossed.side == Side::High { tenths + worse } else { tenths - worse });
                prop_assert!(matches!(further, Verdict::Critical(_) | Verdict::Implausible(_)));
            }
        }
    }
}
