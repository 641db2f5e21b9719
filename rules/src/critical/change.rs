//! Changes that ask for another look at the specimen: too much, too soon after the sample before.
//!
//! The rows are those of `charts/critical-values.md`; which of them are on, the policy says. A change is no
//! critical value: nobody is called for it.

use super::{Band, Known};
use crate::alert::{Comparator, Quantity};
use crate::decimal::Decimal;
use crate::time::Span;

/// Which way a value changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Up or down.
    Either,
    /// Up.
    Up,
    /// Down.
    Down,
}

/// One row of the table of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// By more than so many of the chart's unit.
    pub by: Decimal,
    /// Which way.
    pub way: Way,
    /// Between two specimens no further apart than this.
    pub within: Span,
    /// Whether it ships switched on: its source is confirmed.
    pub ships_on: bool,
}

impl Known {
    /// The change that asks for another look, where the chart has one.
    #[must_use]
    pub const fn change(self) -> Option<Change> {
        const fn row(by: Decimal, way: Way, hours: u32, ships_on: bool) -> Change {
            Change { by, way, within: Span::hours(hours), ships_on }
        }
        Some(match self {
            Self::Potassium => row(Decimal::new(1, 0), Way::Either, 24, false),
            Self::Sodium => row(Decimal::new(13, 0), Way::Either, 72, true),
            Self::Haemoglobin => row(Decimal::new(20, 0), Way::Down, 24, false),
            Self::Lactate => row(Decimal::new(2, 0), Way::Up, 6, false),
            Self::Creatinine => row(Decimal::new(265, 1), Way::Up, 48, false),
            _ => return None,
        })
    }
}

impl Change {
    /// Whether `known` changed so between two values. What is a bound, or of a unit that cannot be converted,
    /// is not compared.
    #[must_use]
    pub fn is_between(&self, known: Known, before: &Quantity, after: &Quantity) -> bool {
        const PLACES: u8 = 6;
        let row = known.row(Band::Adult);
        let whole = |quantity: &Quantity| {
            let exact = quantity.comparator == Comparator::Exactly;
            let value = row.in_chart_unit(quantity, known.needs_no_unit()).ok().filter(|_| exact)?;
            row.is_plausible(value).then(|| value.rounded(PLACES))
        };
        let (Some(before), Some(after)) = (whole(before), whole(after)) else { return false };
        let change = after.saturating_sub(before);
        let by = self.by.rounded(PLACES);
        match self.way {
            Way::Either => change.saturating_abs() > by,
            Way::Up => change > by,
            Way::Down => change < -by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::page;
    use crate::unit::Unit;

    #[test]
    fn the_changes_are_those_of_the_page() {
        let tables = page::tables(include_str!("../../charts/critical-values.md"));
        let rows: Vec<[&str; 5]> = tables[4].iter().map(|row| row[..].try_into().unwrap()).collect();
        let with_change = Known::ALL.into_iter().filter(|known| known.change().is_some());
        assert!(with_change.map(Known::word).eq(rows.iter().map(|row| row[0])));
        for (known, [_, by, way, hours, ships]) in
            Known::ALL.into_iter().filter(|known| known.change().is_some()).zip(rows)
        {
            let way = match way {
                "either" => Way::Either,
                "up" => Way::Up,
                "down" => Way::Down,
                other => panic!("{other}"),
            };
            let by = Decimal::parse(by.as_bytes()).unwrap();
            let within = Span::hours(hours.parse().unwrap());
            assert_eq!(known.change(), Some(Change { by, way, within, ships_on: ships == "on" }));
        }
    }

    #[test]
    fn only_more_than_the_change_counts_and_only_its_way() {
        let between = |known: Known, before: &str, after: &str| {
            let unit = known.row(Band::Adult).unit;
            let value = |text: &str| Quantity::exactly(Decimal::parse(text.as_bytes()).unwrap(), unit);
            known.change().unwrap().is_between(known, &value(before), &value(after))
        };
        assert!(!between(Known::Sodium, "140", "153") && between(Known::Sodium, "140", "153.1"));
        assert!(!between(Known::Sodium, "140", "127") && between(Known::Sodium, "140", "126.9"));
        assert!(!between(Known::Haemoglobin, "100", "80") && between(Known::Haemoglobin, "100", "79"));
        assert!(!between(Known::Haemoglobin, "100", "130"), "a transfusion");
        assert!(!between(Known::Lactate, "2", "4") && between(Known::Lactate, "2", "4.1"));
        assert!(!between(Known::Lactate, "6", "1"), "clearing");
        assert!(!between(Known::Sodium, "140", "14"), "what cannot be is not compared");
    }

    #[test]
    fn units_are_converted_and_bounds_are_not_compared() {
        let value = |text: &str, unit| Quantity::exactly(Decimal::parse(text.as_bytes()).unwrap(), unit);
        let potassium = Known::Potassium.change().unwrap();
        let [low, high] = [value("4.0", Unit::MmolPerL), value("5.5", Unit::MeqPerL)];
        assert!(potassium.is_between(Known::Potassium, &low, &high));
        let bound = Quantity { comparator: Comparator::Above, ..high };
        assert!(!potassium.is_between(Known::Potassium, &low, &bound));
        let bare = Quantity { unit: Unit::Missing, ..high };
        assert!(!potassium.is_between(Known::Potassium, &low, &bare));
    }
}
